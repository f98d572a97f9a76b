# The schemes of one grid, beside each other: what schemes.gp and schemes-caps.gp
# show, which set x_high, the end of the axis of quotients.
eval page(18.1, 6.2)
set multiplot layout 1,2 margins screen 0.20, screen 0.86, screen 0.13, screen 0.985 spacing screen 0.03
unset grid
set grid xtics ytics linecolor rgb "#DDDDDD" linewidth 0.6
names = "alert|alert, calibrated|anytime only, calibrated|single only, calibrated|alert, mean only|app-only|sys-only|no-coord|joint (ours)|oracle (clairvoyant)"
part(s, i) = (i == 1 ? (strstrt(s, "|") ? s[1:strstrt(s, "|") - 1] : s) : part(s[strstrt(s, "|") + 1:*], i - 1))
set yrange [10.5:0.5]
set ytics ()
do for [i = 1:10] { set ytics add (part(names, i) i) }
of_goal(o, c) = (strcol("objective") eq o ? column(c) : NaN)
energy = "linewidth 1.2 linecolor rgb word(series_colours, 1) pointtype 7 pointsize 0.6"
error = "linewidth 1.2 linecolor rgb word(series_colours, 2) pointtype 4 pointsize 0.6"
set xlabel "relative to the best fixed choice"
set xrange [0.9:x_high]
unset key
plot data(name) using (of_goal("energy", "ratio")):(column("place") - 0.15):"low":"high" with xerrorbars @energy, \
	"" using (of_goal("accuracy", "ratio")):(column("place") + 0.15):"low":"high" with xerrorbars @error
set ytics format "" scale 0
do for [i = 1:10] { set ytics add ("" i) }
set xlabel "settings violated (%)"
set xrange [-3:100]
set key at screen 0.87, screen 0.98 left top Left reverse
plot data(name) using (of_goal("energy", "violated")):(column("place") - 0.15) with points @energy title "least energy", \
	"" using (of_goal("accuracy", "violated")):(column("place") + 0.15) with points @error title "least error"
unset multiplot
