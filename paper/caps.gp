# title: power caps, modelled (ALERT, figure 3 as recalled)
# from: trace
# caption: Modelled, not measured: time and energy of a full pass under power caps of an
#   H100, from the relative slowdown and power of a V100 training ResNet-50
#   (traces/power-limit) on the networks' times. Right: with idling at 123 W to the
#   end of a period of 2 ms.
load "paper/style.gp"
eval page(18.1, 5.0)
set multiplot layout 1,3 margins screen 0.055, screen 0.87, screen 0.18, screen 0.96 spacing screen 0.065
set xlabel "power cap, modelled (W)"
set xrange [260:720]
set xtics 140, 140
of_net(i, c) = (strcol("network") eq word(network_names, i) ? column(c) : NaN)
style = "linewidth 1.2 linecolor rgb word(series_colours, i) pointtype int(word(series_marks, i)) pointsize 0.45"
unset key
set yrange [0:*]
set ylabel "time of a full pass (ms)" offset 1, 0
plot for [i = 1:7] data(name) using (of_net(i, "power_cap_w")):"time_ms" with linespoints @style
set ylabel "energy of a full pass (mJ)" offset 1, 0
plot for [i = 1:7] data(name) using (of_net(i, "power_cap_w")):"energy_mj" with linespoints @style
set ylabel "energy of a 2 ms period (mJ)" offset 1, 0
set key at screen 0.88, screen 0.96 left top Left reverse
plot for [i = 1:7] data(name) using (of_net(i, "power_cap_w")):"period_mj" with linespoints @style title word(network_names, i)
unset multiplot
