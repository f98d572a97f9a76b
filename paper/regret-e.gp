# title: regret in E2 to E6
# from: regret-deadline-max regret-deadline-min regret-six-clients regret-six-deadline-max regret-six-deadline-min
# caption: As regret, for the other axes and the network of six stages: an upper bound on
#   the accuracy of any schedule of the same requests, less the accuracy (600 requests; bars: 95 %
#   intervals over 5 seeds).
load "paper/style.gp"
present = "edf lcf rr imprecise oracle"
eval page(18.1, 8.8)
set multiplot layout 2,3 margins screen 0.055, screen 0.985, screen 0.105, screen 0.955 spacing screen 0.055, screen 0.155
style = "with yerrorlines linewidth 1.2 linecolor rgb colour(word(present, i)) pointtype mark(word(present, i)) pointsize 0.45 dashtype dash(word(present, i))"
regret(i) = of(word(present, i), 100 * column("regret"))
set yrange [0:42]
unset key
set title offset 0, -0.5
set ylabel "regret (points)" offset 1, 0
set xrange [0:*]
set title "staged3, 20 clients (E2)"
set xlabel "longest deadline (ms)"
plot for [i = 1:5] data("regret-deadline-max") using (1e-6 * column("deadline.max")):(regret(i)):(100 * width(column("regret_half"))) @style
unset ylabel
set title "staged3, 20 clients (E3)"
set xlabel "shortest deadline (ms)"
plot for [i = 1:5] data("regret-deadline-min") using (1e-6 * column("deadline.min")):(regret(i)):(100 * width(column("regret_half"))) @style
set title "staged6 (E4)"
set xlabel "clients"
set xtics 8
plot for [i = 1:5] data("regret-six-clients") using (column("arrivals.clients")):(regret(i)):(100 * width(column("regret_half"))) @style
set xtics autofreq
set ylabel "regret (points)" offset 1, 0
set title "staged6, 20 clients (E5)"
set xlabel "longest deadline (ms)"
plot for [i = 1:5] data("regret-six-deadline-max") using (1e-6 * column("deadline.max")):(regret(i)):(100 * width(column("regret_half"))) @style
unset ylabel
set title "staged6, 20 clients (E6)"
set xlabel "shortest deadline (ms)"
set key at screen 0.75, screen 0.40 left top Left reverse
plot for [i = 1:5] data("regret-six-deadline-min") using (1e-6 * column("deadline.min")):(regret(i)):(100 * width(column("regret_half"))) @style title label(word(present, i))
unset multiplot
