# title: time of a decision, and its share, against the number of clients (E9)
# from: decisions
# caption: Measured where the figure was made and charged to the schedule, with earliest
#   deadline first for scale. Mean over all
#   decisions in the least disturbed of 10 runs; the re-plan at a release costs most of it. Right: all decisions / all
#   stages' time. Not reproducible to the byte.
load "paper/style.gp"
present = "edf imprecise:delta=0.1 imprecise:delta=0.03 imprecise:delta=0.01 imprecise:delta=0.003"
eval page(18.1, 5.6)
set multiplot layout 1,2 margins screen 0.065, screen 0.78, screen 0.19, screen 0.97 spacing screen 0.10
set xlabel "clients"
set xtics 8
set logscale y
set ylabel "mean time of a decision (µs)" offset 1, 0
unset key
style = "linewidth 1.2 linecolor rgb word(policy_colours, i) pointtype int(word(policy_marks, i)) pointsize 0.5"
plot for [i = 1:5] data(name) using "clients":(of(word(present, i), column("mean_us"))) with linespoints @style
set ylabel "share of the stages' time (%)" offset 1, 0
set key at screen 0.79, screen 0.97 left top Left reverse
plot for [i = 1:5] data(name) using "clients":(of(word(present, i), column("share"))) with linespoints @style title word(present, i)
unset multiplot
