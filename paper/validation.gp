# title: simulation against the device
# from: validation
# caption: How far live runs deviate from their simulations: at each load, policy by policy,
#   live less simulated (bars: 95 % intervals over the replications, where there are
#   several; shaded: within the limit), and below, for response times, of which parts the
#   deviation is made, stacked from zero upwards and downwards. The device is named in the
#   data that `laxity validate` leaves.
# Also by hand, from a CSV of `laxity validate --out`, to FOLDER/validation.pdf:
#     gnuplot -e "data = 'FOLDER/validation.csv'; name = 'FOLDER/validation'" paper/validation.gp
if (exists("data")) here = ""
load "paper/style.gp"
file = (exists("data") ? data : data("validation"))

# Names go into commands below: the file's name must stand in quotes, and of the
# file's words only plain ones are taken.
if (strstrt(file, "'") || file[1:1] eq "-") exit error "validation.gp: this file name cannot stand in a command"
column_values(n) = system(sprintf("awk -F, 'NR > 1 && $%d ~ /^[A-Za-z0-9._:=+-]+$/ && !seen[$%d]++ { printf \"%%s \", $%d }' '%s'", n, n, n, file))
loads = column_values(1)
present = column_values(2)
metrics = column_values(3)
known_metrics = "miss_ratio accuracy response_p50_ns response_p99_ns energy_per_request_j"
titles = "'misses (points)' 'accuracy (points)' 'median response (%)' 'p99 response (%)' 'energy (%)'"
title_of(m) = word(titles, index(known_metrics, m))
row(m, p, x) = (strcol("metric") eq m && strcol("policy") eq p ? x : NaN)
limit_of(m) = 100 * real(system(sprintf("awk -F, '$3 == \"%s\" { print $10; exit }' '%s'", m, file)))

# Policies side by side, so that their bars can be told apart.
step = 0.7 / (words(present) > 1 ? words(present) : 2)
x_of(p) = index(loads, strcol("load")) + step * (index(present, p) - (words(present) + 1) / 2.0)

parts = "workload dispatch stage_time other"
shades = "#332288 #DDAA33 #88AACC #666666"
patterns = "3 0 1 2"
said = "'late wake-ups' 'from pick to send' 'stage times' 'other'"
up(k, sign) = (sum [i = 1:k] (sign * column(word(parts, i)) > 0 ? column(word(parts, i)) : 0))

eval page(18.1, 11.8)
set multiplot layout 3,3 margins screen 0.06, screen 0.985, screen 0.09, screen 0.965 spacing screen 0.06, screen 0.09
set xrange [0.5:words(loads) + 0.5]
set xtics () scale 0
do for [i = 1:words(loads)] { set xtics add (word(loads, i) i) }
set offsets 0, 0, graph 0.05, graph 0.05
unset key
do for [i = 1:words(metrics)] {
	m = word(metrics, i)
	limit = limit_of(m)
	set object 1 rectangle from graph 0, first -limit to graph 1, first limit behind fillcolor rgb "#E6E6E6" fillstyle solid noborder
	set arrow 1 from graph 0, first 0 to graph 1, first 0 nohead linecolor rgb "#888888" back
	set title title_of(m) offset 0, -0.5
	if (i % 3 == 1) { set ylabel "live − simulated" offset 1, 0 } else { unset ylabel }
	set yrange [* < -1.2 * limit : 1.2 * limit < *]
	if (i == words(metrics)) { set key at screen 0.72, screen 0.61 left top Left reverse maxrows 6 }
	plot for [p in present] file using (x_of(p)):(row(m, p, 100 * column("deviation"))):(100 * width(column("half"))) with yerrorbars linecolor rgb colour(p) pointtype mark(p) pointsize 0.5 linewidth 1.1 title label(p)
}
unset object 1
unset key
unset offsets
do for [i = words(metrics):5] { set multiplot next }

# The parts of the deviation of response times.
set yrange [*:*]
set xlabel "load; side by side: ".present noenhanced
set style fill pattern 1 border
do for [m in "response_p50_ns response_p99_ns"] {
	set title title_of(m).": its parts"
	if (m eq "response_p50_ns") { set ylabel "live − simulated" offset 1, 0 } else { unset ylabel; set key at screen 0.72, screen 0.26 left top Left reverse }
	plot for [k = words(parts):1:-1] for [s = 0:1] for [p in present] file using \
		(x_of(p)):(row(m, p, 100 * up(k, 1 - 2 * s))):(0.8 * step) \
		with boxes fillstyle pattern int(word(patterns, k)) linecolor rgb word(shades, k) title (s == 0 && p eq word(present, 1) ? word(said, k) : "")
}
unset multiplot
