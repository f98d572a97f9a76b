# title: the quantisation step: accuracy and time of scheduling (E8)
# from: delta decisions
# after: e8-differences e9
# caption: The step of the imprecise scheduler's dynamic programme (staged3). Left: accuracy,
#   middle: less that with step 0.001 on the same requests (bars: 95 % intervals of paired differences over 5
#   seeds), with the greedy move at completions, which is the default; with the idle refill alone;
#   with neither. Without both, a plan that flooring has cut short stays so. Right: wall
#   time of scheduler and simulator a decision, in the least disturbed of 5 runs on the
#   machine that made this (not reproducible to the byte), and the slope of 1/Δ, which a
#   table of all sums would follow; ours holds only what may lie on the best path.
load "paper/style.gp"
eval page(18.1, 5.8)
set multiplot layout 1,3 margins screen 0.055, screen 0.82, screen 0.165, screen 0.97 spacing screen 0.065
set logscale x
set xlabel "step Δ"
set xrange [0.0007:0.7]
set xtics (0.001, 0.01, 0.1, 0.5)
set ylabel "accuracy (%)" offset 1, 0
ks = "8 20 40"
hows = "greedy refill neither"
at(i, k, c) = (column("clients") == int(word(ks, i)) && strcol("how") eq word(hows, k) ? column(c) : NaN)
style = "linewidth 1.2 linecolor rgb word(series_colours, i) dashtype k pointtype int(word(word('7,5,9 6,4,8 1,2,3', k)[2 * i - 1:2 * i - 1], 1)) pointsize 0.5"
unset key
set yrange [76:91]
plot for [k = 1:3] for [i = 1:3] data(name) using "delta":(at(i, k, "accuracy")) with linespoints @style
set ylabel "difference (points)" offset 1, 0
set yrange [*:*]
set key at screen 0.83, screen 0.98 left top Left reverse samplen 2.5 spacing 1.15
plot for [k = 1:3] for [i = 1:3] data("e8-differences") using "delta":(at(i, k, "points")):(width(column("half"))) with yerrorlines @style title word(ks, i)." clients".(k == 1 ? "" : k == 2 ? ", refill" : ", neither")
cs = "8 16 32 48"
set key at screen 0.83, screen 0.44 left top Left reverse title "right:" left
set xrange [0.0007:0.15]
set xtics (0.001, 0.01, 0.1)
set logscale y
set ylabel "time a decision (µs)" offset 1, 0
took(i) = (column("clients") == int(word(cs, i)) ? column("mean_us") : NaN)
k = 1
style = "linewidth 1.2 linecolor rgb word(series_colours, i + 3) pointtype int(word(series_marks, i + 3)) pointsize 0.5"
plot for [i = 1:4] data("e9") using "delta":(took(i)) with linespoints @style title word(cs, i)." clients", \
	[0.002:0.02] 0.01 / x with lines linecolor rgb "#888888" dashtype 3 title "slope of 1/Δ"
unset multiplot
