# Simulation against the device: how far each policy's live runs deviate, load by
# load, and of which parts the deviation is made. From a CSV of `laxity validate
# --out`; gnuplot -e "data='...'; name='results/validation'" paper/validation.gp
if (!exists("data")) data = "results/validation.csv"
if (!exists("name")) name = "results/validation"
load "paper/style.gp"

# Names go into commands below: the file's name must stand in quotes, and of the
# file's words only plain ones are taken.
if (strstrt(data, "'") || data[1:1] eq "-") exit error "validation.gp: this file name cannot stand in a command"
column_values(n) = system(sprintf("awk -F, 'NR > 1 && $%d ~ /^[A-Za-z0-9._:=+-]+$/ && !seen[$%d]++ { printf \"%%s \", $%d }' '%s'", n, n, n, data))
loads = column_values(1)
present = column_values(2)
metrics = column_values(3)
names = "miss_ratio accuracy response_p50_ns response_p99_ns energy_per_request_j"
titles = "'miss ratio, points' 'accuracy, points' 'median response, %' 'p99 response, %' 'energy, %'"
find(list, x) = int(sum [i = 1:words(list)] (word(list, i) eq x ? i : 0))
title_of(m) = word(titles, find(names, m))
row(m, p, x) = (strcol("metric") eq m && strcol("policy") eq p ? x : NaN)
limit_of(m) = 100 * real(system(sprintf("awk -F, '$3 == \"%s\" { print $10; exit }' '%s'", m, data)))

# These share a colour where they are not in one picture.
colour_of(p) = (bare(p) eq "alert" ? "#56B4E9" : bare(p) eq "joint" ? "#000000" : colour(p))
mark_of(p) = (bare(p) eq "alert" ? 13 : mark(p))

# Policies side by side, so that their bars can be told apart.
step = 0.7 / (words(present) > 1 ? words(present) : 2)
x_of(p) = find(loads, strcol("load")) + step * (find(present, p) - (words(present) + 1) / 2.0)
load_tics = ""
do for [i = 1:words(loads)] { load_tics = load_tics.sprintf("%s'%s' %d", i > 1 ? ", " : "", word(loads, i), i) }
set macros
size = "size 960,800 font 'DejaVu Sans,13'"
picture(kind, more) = (kind eq "png" ? "set terminal pngcairo ".size." enhanced; " : "set terminal svg size 960,800 font 'DejaVu Sans,15' enhanced background rgb 'white'; ").sprintf("set output '%s%s.%s'", name, more, kind)

parts = "workload dispatch stage_time other"
shades = "#0072B2 #E69F00 #009E73 #CC79A7"
said = "'late wake-ups' 'from pick to send' 'stage times' 'other'"
up(k, sign) = (sum [i = 1:k] (sign * column(word(parts, i)) > 0 ? column(word(parts, i)) : 0))

set offsets 0, 0, graph 0.03, graph 0.03
set style fill solid 0.9 noborder
set xrange [0.5:words(loads) + 0.5]
do for [kind in "png svg"] {
	eval picture(kind, "")
	set multiplot layout 3, 2 margins 0.075, 0.985, 0.07, 0.95 spacing 0.1, 0.1
	unset key
	set xtics (@load_tics) scale 0
	set ytics nomirror autofreq
	do for [i = 1:words(metrics)] {
		m = word(metrics, i)
		limit = limit_of(m)
		set object 1 rectangle from graph 0, first -limit to graph 1, first limit behind fillcolor rgb "#E8F0E8" fillstyle solid noborder
		set title "live - simulated: ".title_of(m) offset 0, -0.5
		set arrow 1 from graph 0, first 0 to graph 1, first 0 nohead linecolor rgb "#888888" back
		set yrange [* < -1.15 * limit : 1.15 * limit < *]
		if (i + 2 > words(metrics)) { set xlabel "load" offset 0, 0.6 }
		plot for [p in present] data using (x_of(p)):(row(m, p, 100 * column("deviation"))):(100 * width(column("half"))) with yerrorbars linecolor rgb colour_of(p) pointtype mark_of(p) pointsize 0.9 linewidth 1.5 notitle
	}
	unset object 1
	unset arrow 1
	unset title
	unset xlabel
	unset xtics
	unset ytics
	set border 0
	set key at screen 0.60, 0.25 left top Left reverse maxrows 3 width 2
	set label 1 "bars: 95 % intervals; band: within the limit" at screen 0.60, 0.09 textcolor rgb "#555555"
	set yrange [0:1]
	plot for [p in present] NaN with points linecolor rgb colour_of(p) pointtype mark_of(p) pointsize 0.9 linewidth 1.5 title label(p)
	unset label 1
	unset multiplot
	unset output
	set border 3

	# The parts, stacked upwards and downwards from zero.
	eval picture(kind, "-parts")
	set multiplot layout 2, 1 margins 0.075, 0.985, 0.175, 0.95 spacing 0.1, 0.12
	set xtics (@load_tics) scale 0
	set ytics nomirror autofreq
	set yrange [*:*]
	unset key
	do for [m in "response_p50_ns response_p99_ns"] {
		set title "live - simulated: ".title_of(m)
		if (m eq "response_p99_ns") { set key at screen 0.5, 0.01 center bottom horizontal maxcols 4 width -2; set xlabel "load; side by side: ".present noenhanced }
		plot for [k = words(parts):1:-1] for [s = 0:1] for [p in present] data using \
			(x_of(p)):(row(m, p, 100 * up(k, 1 - 2 * s))):(0.8 * step) \
			with boxes linecolor rgb word(shades, k) title (s == 0 && p eq word(present, 1) ? word(said, k) : "")
	}
	unset xlabel
	unset multiplot
	unset output
}
