# title: latency by network and co-runner (ALERT, figures 4 and 5 as recalled)
# from: trace
# caption: Time of a full pass: the median, a thick bar from the 25 % to the 75 % quantile and
#   whiskers from 10 % to 90 %, often smaller than the mark. Alone a pass hardly varies;
#   co-runners move the median by far more than the spread.
load "paper/style.gp"
names = "resnet8 resnet14 staged3 resnet20w2 resnet32w2 staged6 nested4"
eval page(18.1, 5.6)
set lmargin at screen 0.065
set rmargin at screen 0.83
set bmargin at screen 0.12
set tmargin at screen 0.97
set logscale y
set yrange [0.05:100]
set ylabel "time of a full pass (ms)" offset 1, 0
set xrange [-0.5:6.5]
set xtics () scale 0
do for [i = 1:7] { set xtics add (word(names, i) i - 1) }
do for [i = 0:5] { set arrow from i + 0.5, graph 0 to i + 0.5, graph 1 nohead linecolor rgb "#DDDDDD" }
set key at screen 0.845, screen 0.97 left top Left reverse
of_env(i, c) = (strcol("environment") eq word(environment_names, i) ? column(c) : NaN)
x(i) = column("place") + (i - 3) * 0.15
style = "linecolor rgb word(environment_colours, i)"
set bars 0.4
plot for [i = 1:5] data(name) using (x(i)):(of_env(i, "p50")):"p10":"p90" with yerrorbars linewidth 1 @style pointtype 0 notitle, \
	for [i = 1:5] "" using (x(i)):(of_env(i, "p25")):(0):(column("p75") - column("p25")) with vectors nohead linewidth 4 @style notitle, \
	for [i = 1:5] "" using (x(i)):(of_env(i, "p50")) with points @style pointtype int(word(environment_marks, i)) pointsize 0.5 title word(environment_titles, i)
