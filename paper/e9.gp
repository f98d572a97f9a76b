# title: time of scheduling against the number of clients (E9)
# from: decisions
# caption: Wall time of the simulator a request, policy and engine together, in the least
#   disturbed of 5 runs on the machine that made this figure; earliest deadline first
#   shows what the engine takes. Right: as a share of the stages' time. `make
#   bench-assign` times single decisions. Not reproducible to the byte.
load "paper/style.gp"
present = "edf imprecise:delta=0.1 imprecise:delta=0.03 imprecise:delta=0.01 imprecise:delta=0.003 imprecise:delta=0.001"
titles = "edf Δ=0.1 Δ=0.03 Δ=0.01 Δ=0.003 Δ=0.001"
eval page(18.1, 5.6)
set multiplot layout 1,2 margins screen 0.065, screen 0.84, screen 0.19, screen 0.97 spacing screen 0.10
set xlabel "clients"
set xtics 8
set xrange [0:50]
set logscale y
set ylabel "time a request (µs)" offset 1, 0
unset key
style = "linewidth 1.2 linecolor rgb word(policy_colours, i) pointtype int(word(policy_marks, i)) pointsize 0.5"
plot for [i = 1:6] data(name) using "clients":(of(word(present, i), column("mean_us"))) with linespoints @style
set ylabel "share of the stages' time (%)" offset 1, 0
set key at screen 0.85, screen 0.97 left top Left reverse
plot for [i = 1:6] data(name) using "clients":(of(word(present, i), column("share"))) with linespoints @style title word(titles, i)
unset multiplot
