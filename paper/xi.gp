# title: distribution of the slowdown factor (ALERT, figure 11 as recalled)
# from: trace
# caption: Measured time of a full pass divided by its profiled mean, seven networks
#   pooled, with the normal density of the same mean and variance. ALERT models the
#   factor as normal with one mean for all networks: good alone, less so beside a
#   co-runner, and wrong where the co-runner adds a constant, which gives each network
#   a factor of its own.
load "paper/style.gp"
eval page(18.1, 4.8)
set multiplot layout 1,5 margins screen 0.045, screen 0.99, screen 0.195, screen 0.89 spacing screen 0.038
unset key
set xlabel "slowdown factor"
set style fill solid 0.5 noborder
set xtics autofreq
set yrange [0:*]
do for [i = 1:5] {
	set title word(environment_titles, i) offset 0, -0.4
	if (i == 1) { set ylabel "density" offset 0.5, 0 } else { unset ylabel }
	if (i == 1) { set xrange [0.9:1.1]; set xtics 0.1 } else { set xrange [*:*]; step = (i == 2 ? 0.4 : i == 4 ? 2 : 10); set xtics step }
	stats data(name) using (strcol("environment") eq word(environment_names, i) ? column("mean") : NaN) name "M" nooutput
	stats data(name) using (strcol("environment") eq word(environment_names, i) ? column("sd") : NaN) name "S" nooutput
	plot data(name) using (strcol("environment") eq word(environment_names, i) ? column("slowdown") : NaN):"density":"width" with boxes linecolor rgb "#9999BB", \
		exp(-((x - M_mean) / S_mean)**2 / 2) / (S_mean * sqrt(2 * pi)) linewidth 1.4 linecolor rgb "black" dashtype 2
}
unset multiplot
