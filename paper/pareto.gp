# title: time, energy and accuracy of every configuration (ALERT, figure 2 as recalled)
# from: trace
# after: pareto-front
# caption: Mean time and energy to each exit of seven networks on 132, 32 and 8 SMs,
#   alone; grey: the front of what nothing is both faster (of less energy) and more
#   accurate than, on 132 SMs. Fewer SMs hardly change these small networks' times at
#   batch 1, and their energy by a few percent: the settings of this trace leave
#   little to choose but the network.
load "paper/style.gp"
sets = "sm132 sm32 sm8"
eval page(18.1, 6.4)
set multiplot layout 1,2 margins screen 0.06, screen 0.86, screen 0.15, screen 0.97 spacing screen 0.06
set ylabel "accuracy (%)" offset 1, 0
set yrange [74:92]
set logscale x
pick(i, j, c) = (strcol("network") eq word(network_names, i) && strcol("setting") eq word(sets, j) ? column(c) : NaN)
front(c) = (strcol("axis") eq c ? column(c) : NaN)
style = 'linewidth 1 linecolor rgb word(series_colours, i) dashtype j pointtype int(word(series_marks, i)) pointsize (j == 1 ? 0.6 : 0.4)'
grey = 'with steps linewidth 4 linecolor rgb "#DDDDDD"'
set xlabel "mean time to the exit (ms)"
set xtics (0.1, 0.2, 0.5, 1, 2)
set xrange [0.07:1.3]
unset key
plot data("pareto-front") using (front("time_ms")):"accuracy" @grey, \
	for [j = 1:3] for [i = 1:7] data(name) using (pick(i, j, "time_ms")):"accuracy" with linespoints @style
set xlabel "energy to the exit (mJ)"
set xtics (10, 20, 50, 100, 200, 500)
set xrange [10:200]
set key at screen 0.87, screen 0.97 left top Left reverse
plot data("pareto-front") using (front("energy_mj")):"accuracy" @grey title "front", \
	for [j = 1:3] for [i = 1:7] data(name) using (pick(i, j, "energy_mj")):"accuracy" with linespoints @style notitle, \
	for [i = 1:7] NaN with linespoints linewidth 1 linecolor rgb word(series_colours, i) pointtype int(word(series_marks, i)) pointsize 0.6 title word(network_names, i), \
	for [j = 1:3] NaN with lines linewidth 1 linecolor rgb "black" dashtype j title word("132 32 8", j)." SMs"
unset multiplot
