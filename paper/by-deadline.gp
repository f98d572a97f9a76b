# title: energy by deadline (ALERT, figure 7 as recalled)
# from: alert-grid alert-grid-caps
# after: by-deadline-caps
# caption: Energy of an input up to its deadline, least energy for an accuracy, with the
#   co-runner (compute, stream) on and off: mean over the accuracy levels that each
#   scheme meets, and their range. Left, as measured, most of it is idling to the
#   deadline at 123 W, so that all agree; right, on the modelled power caps, accuracy
#   costs energy, and seeing the future saves some.
load "paper/style.gp"
present = "alert alert:preset=calibrated alert-oracle oracle-static"
titles = "'alert' 'alert, calibrated' 'oracle (clairvoyant)' 'best fixed choice'"
deadlines = "0.4 0.6 0.8 1 1.25 1.6 2"
eval page(18.1, 5.6)
set multiplot layout 1,2 margins screen 0.065, screen 0.83, screen 0.165, screen 0.90 spacing screen 0.075
set xlabel "deadline (times nested4's mean time)"
set ylabel "energy of an input (mJ)" offset 1, 0
set xrange [0.4:7.6]
set xtics () scale 0
do for [i = 1:7] { set xtics add (word(deadlines, i) i) }
x(i) = index(deadlines, sprintf("%g", column("deadline"))) + (i - 2.5) * 0.17
style = "with yerrorbars linewidth 1.2 linecolor rgb colour(word(present, i)) pointtype mark(word(present, i)) pointsize 0.45"
set yrange [0:500]
unset key
set title "measured (all SMs)" offset 0, -0.4
plot for [i = 1:4] data(name) using (x(i)):(of(word(present, i), column("mean"))):"low":"high" @style
set key at screen 0.845, screen 0.90 left top Left reverse
set title "power caps (modelled)"
plot for [i = 1:4] data("by-deadline-caps") using (x(i)):(of(word(present, i), column("mean"))):"low":"high" @style title word(titles, i)
unset multiplot
