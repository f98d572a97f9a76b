# title: time of scheduling against the number of clients (E9)
# from: decisions
# caption: Wall time of scheduler and simulator a decision, in the least disturbed of 5 runs
#   on the machine that made this figure, and the slope of a square; earliest deadline
#   first shows what the simulator takes. Right: of all decisions, as a share of the
#   stages' time. Not reproducible to the byte. `make bench` times single plans.
load "paper/style.gp"
present = "edf imprecise:delta=0.1 imprecise:delta=0.03 imprecise:delta=0.01 imprecise:delta=0.003 imprecise:delta=0.001"
titles = "edf imprecise,Δ=0.1 imprecise,Δ=0.03 imprecise,Δ=0.01 imprecise,Δ=0.003 imprecise,Δ=0.001"
# One policy, five shades of its colour.
shades = "#D55E00 #9ECAE9 #5FA8DB #0072B2 #00507D #002B45"
marks = "7 8 9 11 5 13"
eval page(18.1, 5.6)
set multiplot layout 1,2 margins screen 0.065, screen 0.83, screen 0.165, screen 0.97 spacing screen 0.085
set xlabel "clients"
set logscale x
set xtics (4, 8, 12, 16, 24, 32, 48)
set xrange [3.6:52]
set logscale y
set ylabel "time a decision (µs)" offset 1, 0
style = "linewidth 1.2 linecolor rgb word(shades, i) pointtype int(word(marks, i)) pointsize 0.5"
unset key
plot for [i = 1:6] data(name) using "clients":(of(word(present, i), column("mean_us"))) with linespoints @style, \
	[8:40] 0.01 * x**2 with lines linecolor rgb "#888888" dashtype 3
set ylabel "share of the stages' time (%)" offset 1, 0
set key at screen 0.845, screen 0.97 left top Left reverse
title_of(i) = system("echo '".word(titles, i)."' | tr , ' '")
plot for [i = 1:6] data(name) using "clients":(of(word(present, i), column("share"))) with linespoints @style title title_of(i), \
	NaN with lines linecolor rgb "#888888" dashtype 3 title "slope of K²"
unset multiplot
