# title: latency by network and co-runner (ALERT, figures 4 and 5 as recalled)
# from: trace
# caption: Time of a full pass: boxes from the 25 % to the 75 % quantile with the
#   median, whiskers from 10 % to 90 %. Alone a pass hardly varies; co-runners move
#   the median by far more than the spread.
load "paper/style.gp"
envs = "default compute-stream memory-stream compute-timeslice memory-timeslice"
names = "resnet8 resnet14 staged3 resnet20w2 resnet32w2 staged6 nested4"
eval page(18.1, 5.6)
set lmargin at screen 0.065
set rmargin at screen 0.79
set bmargin at screen 0.14
set tmargin at screen 0.96
set logscale y
set yrange [0.05:100]
set ylabel "time of a full pass (ms)" offset 1, 0
set xrange [-0.5:6.5]
set xtics ()
do for [i = 1:7] { set xtics add (word(names, i) i - 1) }
set key at screen 0.805, screen 0.95 left top Left reverse
set boxwidth 0.12
of_env(i, c) = (strcol("environment") eq word(envs, i) ? column(c) : NaN)
plot for [i = 1:5] data(name) using (column("place") + (i - 3) * 0.15):(of_env(i, "p25")):"p10":"p90":"p75" with candlesticks whiskerbars 0.5 linewidth 1 linecolor rgb word("#000000 #D55E00 #009E73 #CC79A7 #0072B2", i) fillstyle pattern i - 1 title word(envs, i), \
	for [i = 1:5] data(name) using (column("place") + (i - 3) * 0.15):(of_env(i, "p50")):"p50":"p50":"p50" with candlesticks linewidth 1.4 linecolor rgb "black" notitle
