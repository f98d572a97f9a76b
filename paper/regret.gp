# title: what a bound leaves to each policy
# from: regret
# caption: Regret: an upper bound on the accuracy of any schedule of the same requests,
#   found from their true outcomes and times, less the accuracy; staged3, 600 requests
#   (bars: 95 % intervals over 5 seeds). A part of it is out of reach of all that do
#   not know which exits are right. Right: misses above a lower bound on misses.
load "paper/style.gp"
present = "edf rr threshold lcf utility-density imprecise oracle"
eval page(18.1, 5.6)
set multiplot layout 1,2 margins screen 0.065, screen 0.83, screen 0.165, screen 0.97 spacing screen 0.085
set xlabel "clients"
set xtics 8
set xrange [6:50]
style = "linewidth 1.2 linecolor rgb colour(word(present, i)) pointtype mark(word(present, i)) pointsize 0.5 dashtype dash(word(present, i))"
unset key
set yrange [0:*]
set ylabel "regret (points of accuracy)" offset 1, 0
plot for [i = 1:7] data("regret") using (column("arrivals.clients")):(of(word(present, i), 100 * column("regret"))):(100 * width(column("regret_half"))) with yerrorlines @style
set ylabel "misses above the bound (points)" offset 1, 0
set key at screen 0.845, screen 0.97 left top Left reverse
plot for [i = 1:7] data("regret") using (column("arrivals.clients")):(of(word(present, i), 100 * column("regret_missed"))):(100 * width(column("regret_missed_half"))) with yerrorlines @style title label(word(present, i))
unset multiplot
