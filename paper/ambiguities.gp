# title: which open readings matter
# from: ambiguities
# kept: yes
# caption: What the specification leaves open: each reading's accuracy less that of the
#   policy with our defaults on the same requests, at 16, 24 and 40 clients (staged3;
#   bars: 95 % intervals of paired differences over 10 seeds). Skipping hopeless stages
#   and what least-confidence-first assumes of a request not begun decide rankings; the
#   rest is small.
load "paper/style.gp"
eval page(18.1, 7.6)
set lmargin at screen 0.24
set rmargin at screen 0.86
set bmargin at screen 0.13
set tmargin at screen 0.97
set xlabel "difference in accuracy (points)"
ks = "16 24 40"
unset grid
set grid xtics ytics linecolor rgb "#DDDDDD" linewidth 0.6
set arrow from 0, graph 0 to 0, graph 1 nohead linecolor rgb "#888888"
set key at screen 0.87, screen 0.96 left top Left reverse
set yrange [*:*] reverse
set offsets 0, 0, 0.5, 0.5
at(i) = (column("clients") == int(word(ks, i)) ? column("points") : NaN)
set ytics () noenhanced
plot for [i = 1:3] data(name) using (at(i)):(column("place") + (i - 2) * 0.2):(width(column("half"))) with xerrorbars linewidth 1.2 linecolor rgb word(policy_colours, i) pointtype int(word("7 5 11", i)) pointsize 0.5 title word(ks, i)." clients", \
	data(name) using (at(2)):"place":ytic(strcol("policy")) with points pointsize 0 notitle
