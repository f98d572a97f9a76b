# Accuracy and miss ratio against the number of clients: from results/clients.csv,
# which scripts/make-run exports from the runs of paper/experiments/clients.ini.
load "paper/style.gp"
data = "results/clients.csv"
present = "edf lcf rr imprecise oracle"

set xlabel "clients, each with one request at a time"
set xtics 8
set xrange [0:66]
# The load is proportional to the number of clients.
stats data using (column("load") / column("arrivals.clients")) name "full" nooutput
stats data using (column("mandatory_load") / column("arrivals.clients")) name "mandatory" nooutput
set title offset 0, 0.6
set x2label "offered load: work to full depth / capacity"
set link x2 via x * full_mean inverse x / full_mean
set x2tics 1 format "%.0f"
set arrow 1 from first 1 / full_mean, graph 0 to first 1 / full_mean, graph 1 nohead linecolor rgb "#888888" dashtype 2
set arrow 2 from first 1 / mandatory_mean, graph 0 to first 1 / mandatory_mean, graph 1 nohead linecolor rgb "#888888" dashtype 2

set label 3 "bars: 95 % intervals\nover 10 seeds, mostly\nsmaller than the marks" at screen 0.71, 0.28 textcolor rgb "#555555"

do for [kind in "png svg"] {
	set label 1 "full depth fills\nthe device" at first 1 / full_mean, graph 0.11 offset 0.6, 0 textcolor rgb "#555555"
	set label 2 "first stages alone\nfill the device" at first 1 / mandatory_mean, graph 0.11 offset 0.6, 0 textcolor rgb "#555555"
	eval (kind eq "png" ? png("results/clients-accuracy.png") : svg("results/clients-accuracy.svg"))
	set title "Accuracy: right answers in time / all requests"
	set ylabel "accuracy (%)"
	set yrange [30:95]
	plot for [p in present] data using (of(p, column("arrivals.clients"))):(100 * column("accuracy")):(100 * width(column("accuracy_half"))) with yerrorlines @look title label(p)

	set label 1 "full depth fills\nthe device" at first 1 / full_mean, graph 0.94 offset 0.6, 0
	set label 2 "first stages alone\nfill the device" at first 1 / mandatory_mean, graph 0.94 offset 0.6, 0
	eval (kind eq "png" ? png("results/clients-misses.png") : svg("results/clients-misses.svg"))
	set title "Miss ratio: no answer by the deadline / all requests"
	set ylabel "miss ratio (%)"
	set yrange [-1:50]
	plot for [p in present] data using (of(p, column("arrivals.clients"))):(100 * column("miss_ratio")):(100 * width(column("miss_ratio_half"))) with yerrorlines @look title label(p)
	unset output
}
