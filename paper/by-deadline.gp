# title: energy by deadline (ALERT, figure 7 as recalled)
# from: alert-grid
# caption: Energy of an input up to its deadline, least energy for an accuracy, with the
#   co-runner (compute, stream) on and off: mean over the accuracy levels that each
#   scheme meets, and their range. Most of it is idling to the deadline at 123 W.
load "paper/style.gp"
present = "alert alert:preset=calibrated alert-oracle oracle-static"
eval page(8.8, 6.2)
set lmargin at screen 0.14
set rmargin at screen 0.97
set bmargin at screen 0.30
set tmargin at screen 0.97
set xlabel "deadline (times nested4's mean time)"
set ylabel "energy of an input (mJ)" offset 1, 0
set yrange [0:300]
set key at screen 0.55, screen 0.07 center center horizontal maxrows 2 samplen 2
plot for [i = 1:4] data(name) using (column("deadline") + (i - 2.5) * 0.03):(of(word(present, i), column("mean"))):"low":"high" with yerrorbars linewidth 1.2 linecolor rgb word("#0072B2 #E69F00 #000000 #666666", i) pointtype int(word("7 5 4 9", i)) pointsize 0.5 title word("ALERT calibrated oracle\* fixed\*", i)
