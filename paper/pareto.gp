# title: time, energy and accuracy of every configuration (ALERT, figure 2 as recalled)
# from: trace
# kept: yes
# caption: Mean time and energy to each exit of seven networks on 132, 32 and 8 SMs,
#   alone. Fewer SMs hardly change these small networks' times at batch 1, and their
#   energy by a few percent: the settings of this trace leave little to choose but the
#   network.
load "paper/style.gp"
nets = "staged3 staged6 nested4 resnet8 resnet14 resnet20w2 resnet32w2"
sets = "sm132 sm32 sm8"
eval page(18.1, 5.8)
set multiplot layout 1,2 margins screen 0.06, screen 0.81, screen 0.18, screen 0.97 spacing screen 0.07
set ylabel "accuracy (%)" offset 1, 0
set yrange [74:92]
set logscale x
pick(i, j, c) = (strcol("network") eq word(nets, i) && strcol("setting") eq word(sets, j) ? column(c) : NaN)
style = 'linewidth 1 linecolor rgb word(policy_colours, i) pointtype int(word("7 6 1", j)) pointsize 0.6'
set xlabel "mean time to the exit (ms)"
set xtics (0.1, 0.2, 0.5, 1, 2)
set xrange [0.07:1.3]
unset key
plot for [j = 1:3] for [i = 1:7] data(name) using (pick(i, j, "time_ms")):"accuracy" with linespoints @style
set xlabel "energy to the exit (mJ)"
set xtics (10, 20, 50, 100, 200, 500)
set xrange [10:260]
set key at screen 0.82, screen 0.96 left top Left reverse
plot for [j = 1:3] for [i = 1:7] data(name) using (pick(i, j, "energy_mj")):"accuracy" with linespoints @style notitle, \
	for [i = 1:7] NaN with lines linewidth 2 linecolor rgb word(policy_colours, i) title word(nets, i), \
	for [j = 1:3] NaN with points linecolor rgb "black" pointtype int(word("7 6 1", j)) title word("132 32 8", j)." SMs"
unset multiplot
