# title: co-runners multiply or add
# from: trace
# caption: Each stage of seven networks under each co-runner against its time
#   alone (medians, bars from the 10 % to the 90 % quantile). One slowdown factor
#   would be a flat line on the left: the co-runner on a stream of the same process
#   comes near it, the one that takes time slices adds a constant instead, a flat
#   line on the right.
load "paper/style.gp"
eval page(18.1, 5.6)
set multiplot layout 1,2 margins screen 0.065, screen 0.83, screen 0.165, screen 0.91 spacing screen 0.085
set logscale y
set xlabel "time of the stage alone (µs)"
set xrange [0:*]
at(i, c) = (strcol("environment") eq word(environment_names, i) ? column(c) : NaN)
bar = "linecolor rgb word(environment_colours, i) pointtype 0"
style = "linecolor rgb word(environment_colours, i) pointtype int(word(environment_marks, i)) pointsize 0.5"
set title "Ratio: slowed / alone" offset 0, -0.4
set ylabel "ratio" offset 1, 0
unset key
plot for [i = 2:5] data(name) using (at(i, "alone")):"ratio":"ratio_low":"ratio_high" with yerrorbars @bar, \
	for [i = 2:5] "" using (at(i, "alone")):"ratio" with points @style
set title "Difference: slowed − alone" offset 0, -0.4
set ylabel "difference (µs)" offset 1, 0
set key at screen 0.845, screen 0.91 left top Left reverse
plot for [i = 2:5] data(name) using (at(i, "alone")):"added":"added_low":"added_high" with yerrorbars @bar notitle, \
	for [i = 2:5] "" using (at(i, "alone")):"added" with points @style title word(environment_titles, i)
unset multiplot
