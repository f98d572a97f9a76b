# What E1 to E7 show against one axis of a sweep: accuracy and misses, of all
# requests; below, accuracy of those answered, and the mean depth. The upper axis
# is the offered load. A figure sets before it
#   file      the experiment's means       present   its policies
#   x         the axis as a number         xname     its label
#   to_load, to_x, load_tics               the load as a function of x, and back
#   x_high    the axis ends there
#   acc_low, acc_high, miss_high, depth_high         ranges: percent, exits
# `titles` has a key's text for each policy, separated by |, if other than its name;
# without depth_high the lower row is left out. With `base`, a policy, the third panel
# has differences in accuracy from it on the same requests, from the figure's own data.
if (!exists("titles")) titles = ""
part(s, i) = (strstrt(s, "|") == 0 || i == 1 ? s[1:(strstrt(s, "|") > 0 ? strstrt(s, "|") - 1 : strlen(s))] : part(s[strstrt(s, "|") + 1:*], i - 1))
entry(i) = (titles eq "" ? label(word(present, i)) : part(titles, i))
mean(i, c) = of(word(present, i), column(c))
half(c) = width(column(c."_half"))
percent(i, c) = 100 * mean(i, c)
look2 = "with yerrorlines linewidth 1.3 pointsize 0.5 linecolor rgb colour(word(present, i)) pointtype mark(word(present, i)) dashtype dash(word(present, i))"

if (exists("depth_high")) {
	eval page(18.1, 8.8)
	set multiplot layout 2,2 margins screen 0.065, screen 0.83, screen 0.095, screen 0.885 spacing screen 0.085, screen 0.06
	set xtics format ""
} else {
	eval page(18.1, 5.6)
	set multiplot layout 1,2 margins screen 0.065, screen 0.83, screen 0.15, screen 0.815 spacing screen 0.085
	set xlabel xname
}
set xrange [0:x_high]
stats file using (column("mandatory_load") / column("load")) name "mandatory" nooutput
set label 1 sprintf("offered load: work to\nfull depth / time; first\nstages alone: %.2f of it", mandatory_mean) at screen 0.85, screen (exists("depth_high") ? 0.38 : 0.30) textcolor rgb "#555555"
set x2label "offered load" offset 0, -0.7
set link x2 via @to_load inverse @to_x
set x2tics nomirror out scale 0.6 offset 0, -0.4 @load_tics format "%g"
unset key
set ylabel "accuracy, of all (%)" offset 1, 0
set yrange [acc_low:acc_high]
plot for [i = 1:words(present)] file using (@x):(percent(i, "accuracy")):(100 * half("accuracy")) @look2
set ylabel "misses, of all (%)"
set yrange [-miss_high / 40.0:miss_high]
set key at screen 0.845, screen (exists("depth_high") ? 0.88 : 0.815) left top Left reverse
plot for [i = 1:words(present)] file using (@x):(percent(i, "miss_ratio")):(100 * half("miss_ratio")) @look2 title entry(i)
unset key

if (exists("depth_high")) {
	unset label 1
	unset x2label
	unset link x2
	unset x2tics
	set xtics format "%g"
	set xlabel xname
	if (exists("base")) {
		set ylabel "difference from ".base." (points)"
		set yrange [*:*]
		plot for [i = 1:words(present)] data(name) using "x":(of(word(present, i), column("points"))):(width(column("half"))) @look2
	} else {
		set ylabel "accuracy, of the answered (%)"
		set yrange [70:95]
		plot for [i = 1:words(present)] file using (@x):(percent(i, "accuracy_answered")):(100 * half("accuracy_answered")) @look2
	}
	set ylabel "mean depth, of all"
	set yrange [0:depth_high]
	plot for [i = 1:words(present)] file using (@x):(mean(i, "mean_depth")):(half("mean_depth")) @look2
}
unset multiplot
unset output
