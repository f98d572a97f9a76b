# title: replaying samples against replaying means
# from: mean-replay
# caption: Accuracy and misses with each stage's mean time instead of measured samples,
#   less those with samples, on the same requests (bars: 95 % intervals of paired
#   differences over 10 seeds). Alone, stages hardly vary, and the means would do but
#   for policies that plan with the 99 % quantile, which the mean bundle lowers.
load "paper/style.gp"
present = "edf lcf rr imprecise"
eval page(18.1, 5.4)
set multiplot layout 1,2 margins screen 0.07, screen 0.87, screen 0.165, screen 0.97 spacing screen 0.10
set xlabel "clients (marks set apart)"
set arrow from graph 0, first 0 to graph 1, first 0 nohead linecolor rgb "#888888"
set xtics 8
set xrange [4:52]
style = "linewidth 1.2 linecolor rgb colour(word(present, i)) pointtype mark(word(present, i)) pointsize 0.6"
unset key
set ylabel "accuracy, means − samples (points)" offset 1, 0
plot for [i = 1:4] data(name) using (column("clients") + (i - 2.5) * 0.5):(of(word(present, i), column("accuracy"))):(width(column("half"))) with yerrorlines @style
set ylabel "misses, means − samples (points)" offset 1, 0
set key at screen 0.88, screen 0.97 left top Left reverse
plot for [i = 1:4] data(name) using (column("clients") + (i - 2.5) * 0.5):(of(word(present, i), column("misses"))):(width(column("misses_half"))) with yerrorlines @style title label(word(present, i))
unset multiplot
