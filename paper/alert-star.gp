# title: what knowing the spread is worth (ALERT, figure 10 as recalled)
# from: alert-star
# caption: ALERT with the recalled and with calibrated constants, and with the mean of
#   the slowdown alone (ALERT*), each choosing among all networks, single-exit ones or
#   anytime ones: nominal error under an energy budget relative to the best fixed choice
#   in hindsight, over settings that none of the three violates (above; bars: from the least
#   to the greatest quotient of a setting), and inputs without an answer at the
#   deadline (below). With the recalled constants the variance never falls below 0.1,
#   so that ALERT is more cautious than this device needs. A group without marks above
#   has no such setting.
load "paper/style.gp"
eval page(18.1, 8.2)
set multiplot layout 2,4 columnsfirst margins screen 0.075, screen 0.87, screen 0.13, screen 0.93 spacing screen 0.02, screen 0.07
sets = "all trad any"
present = "alert alert:preset=calibrated alert:mean_only=on"
environments = "default compute-stream default+compute-stream default+compute-timeslice"
titles = "'alone' 'compute, stream' 'stream, on and off' 'slices, on and off'"
set xrange [-0.6:2.6]
set grid ytics
at(e, i, c) = (strcol("environment") eq word(environments, e) && strcol("variant") eq word(present, i) ? column(c) : NaN)
style = "linewidth 1.2 linecolor rgb colour(word(present, i)) pointtype mark(word(present, i)) pointsize 0.55"
unset key
do for [e = 1:4] {
	set title word(titles, e) offset 0, -0.5
	set xtics ("" 0, "" 1, "" 2)
	if (e == 1) { set ylabel "error / best fixed" offset 0.3, 0; set format y "%g" } else { unset ylabel; set format y "" }
	set yrange [0.8:2.6]
	plot for [i = 1:3] data(name) using (index(sets, strcol("candidates")) - 1 + (i - 2) * 0.2):(at(e, i, "ratio")):"low":"high" with yerrorbars @style
	unset title
	set xtics ("all" 0, "single" 1, "anytime" 2)
	if (e == 1) { set ylabel "no answer (%)" offset 0.3, 0 }
	if (e == 4) { set key at screen 0.88, screen 0.93 left top Left reverse }
	set yrange [-0.5:20]
	plot for [i = 1:3] data(name) using (index(sets, strcol("candidates")) - 1 + (i - 2) * 0.2):(at(e, i, "misses")) with points @style title word("ALERT calibrated ALERT*", i)
}
unset multiplot
