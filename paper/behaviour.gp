# title: what ALERT believes and chooses (ALERT, figure 9 as recalled)
# from: behaviour
# caption: ALERT, calibrated, least error within 75 mJ an input, one input each 0.42 ms; a
#   co-runner (compute, stream) on inputs 46 to 119, shaded. Top: the slowdown factor as
#   measured and as believed. Middle and bottom: nominal accuracy delivered and energy,
#   with both kinds of network and with single-exit ones alone. Staged networks are
#   slowed more than single-exit ones, so that each change of network moves a belief
#   that holds one factor for all, and ALERT swings between them.
load "paper/style.gp"
eval page(8.8, 10.5)
set multiplot layout 3,1 margins screen 0.15, screen 0.97, screen 0.17, screen 0.98 spacing screen 0.025
set object 1 rectangle from 46, graph 0 to 119.5, graph 1 fillcolor rgb "#EEEEEE" fillstyle solid noborder behind
set xrange [0:160]
set xtics 20 format ""
set ylabel "slowdown factor"
who(w, c) = (strcol("candidates") eq w ? column(c) : NaN)
set key inside right top Left reverse samplen 1.5 spacing 1.1 horizontal maxrows 1
set yrange [0.8:2.6]
plot data(name) using "request":(who("all", "measured")) with points pointtype 7 pointsize 0.25 linecolor rgb "#888888" title "measured", \
	"" using "request":(who("all", "mean")) with lines linewidth 1.2 linecolor rgb "#0072B2" title "believed"
set ylabel "nominal accuracy (%)"
set yrange [0:105]
plot data(name) using "request":(who("all", "accuracy")) with lines linewidth 1.2 linecolor rgb "#0072B2" notitle, \
	"" using "request":(who("trad", "accuracy")) with lines linewidth 1.2 linecolor rgb "#D55E00" dashtype 2 notitle
set ylabel "energy (mJ)"
set yrange [30:130]
set xtics format "%.0f"
set xlabel "input"
set arrow 1 from 0, 75 to 160, 75 nohead linecolor rgb "#888888" dashtype 3
set key at screen 0.56, screen 0.045 center center horizontal maxrows 1
plot data(name) using "request":(who("all", "energy_mj")) with lines linewidth 1.2 linecolor rgb "#0072B2" title "all networks", \
	"" using "request":(who("trad", "energy_mj")) with lines linewidth 1.2 linecolor rgb "#D55E00" dashtype 2 title "single-exit only"
unset multiplot
