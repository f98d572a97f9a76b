# title: what knowing the spread is worth (ALERT, figure 10 as recalled)
# from: alert-grid
# caption: ALERT with the mean of the slowdown alone (ALERT*) and with calibrated
#   constants against ALERT with the recalled ones: error under an energy budget, over
#   settings neither violates, and inputs without an answer at the deadline.
load "paper/style.gp"
present = "alert alert:preset=calibrated alert:mean_only=on"
eval page(18.1, 5.2)
set multiplot layout 1,2 margins screen 0.07, screen 0.84, screen 0.20, screen 0.97 spacing screen 0.08
set xrange [-0.5:3.5]
set xtics ("alone" 0, "stream" 1, "stream,\non and off" 2, "slices,\non and off" 3)
style = "linewidth 1.2 linecolor rgb word('#0072B2 #E69F00 #D55E00', i) pointtype int(word('7 5 9', i)) pointsize 0.7"
err(i, c) = (strcol("objective") eq "accuracy" && strcol("policy") eq word(present, i) ? column(c) : NaN)
unset key
set ylabel "error / ALERT's" offset 1, 0
plot for [i = 1:3] data(name) using (column("place") + (i - 2) * 0.12):(err(i, "ratio")) with points @style
set ylabel "inputs without an answer (%)" offset 1, 0
set yrange [0:*]
set key at screen 0.85, screen 0.96 left top Left reverse
plot for [i = 1:3] data(name) using (column("place") + (i - 2) * 0.12):(err(i, "misses")) with points @style title word("ALERT calibrated ALERT*", i)
unset multiplot
