# title: distribution of the slowdown factor (ALERT, figure 11 as recalled)
# from: trace
# caption: Measured time of a full pass divided by its profiled mean, seven networks
#   pooled, with the normal density of the same mean and variance. ALERT models the
#   factor as normal with one mean for all networks: good alone, less so beside a
#   co-runner, and wrong where the co-runner adds a constant, which gives each network
#   a factor of its own.
load "paper/style.gp"
envs = "default compute-stream compute-timeslice memory-timeslice"
eval page(18.1, 4.8)
set multiplot layout 1,4 margins screen 0.05, screen 0.985, screen 0.20, screen 0.88 spacing screen 0.05
unset key
set xlabel "slowdown factor"
set style fill solid 0.5 noborder
set xtics autofreq
set yrange [0:*]
do for [i = 1:4] {
	set title word(envs, i)
	if (i == 1) { set ylabel "density" offset 0.5, 0 } else { unset ylabel }
	if (i == 1) { set xrange [0.9:1.1]; set xtics 0.1 } else { set xrange [*:*]; step = (i == 2 ? 0.2 : i == 3 ? 1 : 4); set xtics step }
	stats data(name) using (strcol("environment") eq word(envs, i) ? column("mean") : NaN) name "M" nooutput
	stats data(name) using (strcol("environment") eq word(envs, i) ? column("sd") : NaN) name "S" nooutput
	plot data(name) using (strcol("environment") eq word(envs, i) ? column("slowdown") : NaN):"density":"width" with boxes linecolor rgb "#0072B2", \
		exp(-((x - M_mean) / S_mean)**2 / 2) / (S_mean * sqrt(2 * pi)) linewidth 1.4 linecolor rgb "#D55E00" dashtype 2
}
unset multiplot
