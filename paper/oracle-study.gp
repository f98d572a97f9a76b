# title: choosing the network, the power cap, or both (ALERT, figure 6 as recalled)
# from: oracle-study
# caption: Least energy of an input up to its deadline when every choice is made in
#   hindsight, by deadline and accuracy goal; nothing drawn where over 10 % of the
#   inputs miss a goal. Modelled power caps, 280 to 700 W; the cap alone is set for
#   resnet32w2, where all goals cost the same. Short deadlines are met by small networks
#   alone.
load "paper/style.gp"
goals = "76 80 84 87 89.5 90.4"
names = "app sys both"
eval page(18.1, 5.2)
set multiplot layout 1,3 margins screen 0.06, screen 0.86, screen 0.20, screen 0.88 spacing screen 0.05
set xlabel "deadline (ms)"
set xrange [0.1:1.4]
set yrange [0:420]
set xtics 0, 0.4
unset key
met(n, i) = (strcol("choice") eq word(names, n) && abs(column("goal") - real(word(goals, i))) < 0.01 ? column("met") : NaN)
do for [n = 1:3] {
	set title word("network\\_only cap\\_only both", n)
	if (n == 1) { set title "network, at the full cap"; set ylabel "energy of an input (mJ)" offset 1, 0 }
	if (n == 2) { set title "cap, with resnet32w2"; unset ylabel }
	if (n == 3) { set title "both"; set key at screen 0.87, screen 0.90 left top Left reverse title "accuracy" }
	plot for [i = 1:6] data(name) using "deadline_ms":(met(n, i)) with linespoints linewidth 1.2 linecolor rgb word(series_colours, i) pointtype int(word(series_marks, i)) pointsize 0.6 title word(goals, i)." %"
}
unset multiplot
