# title: the quantisation step: accuracy and time of a decision (E8)
# from: delta decisions
# after: e9
# caption: Left: accuracy of the imprecise scheduler against the step of its dynamic
#   programme at 8, 20 and 40 clients, with the idle refill and without (staged3; bars:
#   95 % intervals over 5 seeds). Right: wall time of the simulator a request, policy and
#   engine together, in the least disturbed of 5 runs on the machine that made this.
load "paper/style.gp"
eval page(18.1, 5.6)
set multiplot layout 1,2 margins screen 0.065, screen 0.80, screen 0.19, screen 0.97 spacing screen 0.10
set logscale x
set xlabel "step Δ"
set xrange [0.0007:0.7]
set ylabel "accuracy (%)" offset 1, 0
ks = "8 20 40"
at(i, o) = (column("clients") == int(word(ks, i)) && column("off") == o ? column("accuracy") : NaN)
set key at screen 0.815, screen 0.97 left top Left reverse
plot for [o = 0:1] for [i = 1:3] data(name) using "delta":(at(i, o)):"half" with yerrorlines linewidth 1.2 linecolor rgb word(policy_colours, i) pointtype int(word(o ? "6 4 10" : "7 5 11", i)) pointsize 0.5 dashtype o + 1 title word(ks, i)." clients".(o ? ", no refill" : "")
set key at screen 0.815, screen 0.55 left top Left reverse
cs = "8 16 32 48"
set xrange [0.0007:0.15]
set logscale y
set ylabel "time a request (µs)" offset 1, 0
took(i) = (column("clients") == int(word(cs, i)) ? column("mean_us") : NaN)
plot for [i = 1:4] data("e9") using "delta":(took(i)) with linespoints linewidth 1.2 linecolor rgb word(policy_colours, i) pointtype int(word(policy_marks, i)) pointsize 0.5 title word(cs, i)." clients"
unset multiplot
