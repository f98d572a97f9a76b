# title: energy, error and violations of each scheme (ALERT, figure 8 as recalled)
# from: alert-grid
# kept: yes
# caption: Energy and error divided by those of the best fixed choice in hindsight:
#   harmonic mean over four environments, bars from the least to the greatest of them;
#   settings that a scheme violates are left out and counted on the right. On this
#   hardware the full device dominates every smaller one, so that the choice is one of
#   networks.
load "paper/style.gp"
eval page(18.1, 5.6)
set multiplot layout 1,2 margins screen 0.20, screen 0.86, screen 0.16, screen 0.97 spacing screen 0.03
unset grid
set grid xtics ytics linecolor rgb "#DDDDDD" linewidth 0.6
set yrange [0.5:9.5] reverse
names = "alert|alert, calibrated|anytime only, calibrated|single only, calibrated|alert, mean only|app-only|sys-only|no-coord|oracle (clairvoyant)"
part(s, i) = (i == 1 ? (strstrt(s, "|") ? s[1:strstrt(s, "|") - 1] : s) : part(s[strstrt(s, "|") + 1:*], i - 1))
set ytics ()
do for [i = 1:9] { set ytics add (part(names, i) i) }
set xlabel "relative to the best fixed choice"
set key at screen 0.87, screen 0.96 left top Left reverse
of_goal(o, c) = (strcol("objective") eq o ? column(c) : NaN)
unset key
plot data(name) using (of_goal("energy", "ratio")):(column("place") - 0.13):"low":"high" with xerrorbars linewidth 1.2 linecolor rgb "#0072B2" pointtype 7 pointsize 0.6, \
	"" using (of_goal("accuracy", "ratio")):(column("place") + 0.13):"low":"high" with xerrorbars linewidth 1.2 linecolor rgb "#D55E00" pointtype 4 pointsize 0.6
unset ytics
set grid noytics
set xlabel "settings violated (%)"
set xrange [-2:*]
set key at screen 0.87, screen 0.96 left top Left reverse
plot data(name) using (of_goal("energy", "violated")):(column("place") - 0.13) with points linewidth 1.2 linecolor rgb "#0072B2" pointtype 7 pointsize 0.6 title "least energy", \
	"" using (of_goal("accuracy", "violated")):(column("place") + 0.13) with points linewidth 1.2 linecolor rgb "#D55E00" pointtype 4 pointsize 0.6 title "least error"
unset multiplot
