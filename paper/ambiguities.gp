# title: which open readings matter
# from: ambiguities
# caption: What the specification leaves open: each reading's accuracy less that of the
#   policy with our defaults on the same requests, at 16, 24 and 40 clients (staged3;
#   bars: 95 % intervals of paired differences over 10 seeds; right: the same, enlarged).
#   Where clients send their next request at the response, not the deadline, there are
#   more requests, and other ones: the last rows compare by seed only. Skipping hopeless
#   stages and what least-confidence-first assumes of a request not begun decide
#   rankings; most of the rest is small.
load "paper/style.gp"
eval page(18.1, 8.4)
set multiplot layout 1,2 margins screen 0.225, screen 0.87, screen 0.105, screen 0.985 spacing screen 0.02
set xlabel "difference in accuracy (points)"
ks = "16 24 40"
unset grid
set grid xtics ytics linecolor rgb "#DDDDDD" linewidth 0.6
set arrow from 0, graph 0 to 0, graph 1 nohead linecolor rgb "#888888"
stats data(name) using "place" name "P" nooutput
set yrange [P_max + 0.6:0.4]
at(i) = (column("clients") == int(word(ks, i)) ? column("points") : NaN)
set ytics () noenhanced
style = "with xerrorbars linewidth 1.2 linecolor rgb word(series_colours, i) pointtype int(word(series_marks, i)) pointsize 0.45"
unset key
set xrange [-52:12]
set xtics 10
plot for [i = 1:3] data(name) using (at(i)):(column("place") + (i - 2) * 0.25):(width(column("half"))) @style, \
	data(name) using (at(2)):"place":ytic(strcol("policy")) with points pointsize 0 notitle
set xrange [-2.5:2.5]
set xtics 1
set ytics format "" scale 0
do for [k = 1:int(P_max)] { set ytics add ("" k) }
set xlabel "the same, enlarged"
set key at screen 0.88, screen 0.98 left top Left reverse
plot for [i = 1:3] data(name) using (at(i)):(column("place") + (i - 2) * 0.25):(width(column("half"))) @style title word(ks, i)." clients"
unset multiplot
