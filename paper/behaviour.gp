# title: what ALERT believes and chooses (ALERT, figure 9 as recalled)
# from: behaviour
# caption: ALERT, calibrated, least error within 75 mJ an input, one input each 0.42 ms; a
#   co-runner (compute, stream) on inputs 46 to 119, shaded. From the top: the slowdown
#   factor as measured and as believed; the network chosen, nominal accuracy delivered and
#   energy (dotted: the budget), with both kinds of network and with single-exit ones
#   alone. Staged and nested networks are slowed more than single-exit ones, so that each
#   change between them moves a belief that holds one factor for all, and ALERT swings.
load "paper/style.gp"
eval page(8.8, 12.4)
set multiplot layout 4,1 margins screen 0.19, screen 0.97, screen 0.13, screen 0.985 spacing screen 0.02
set object 1 rectangle from 46, graph 0 to 119.5, graph 1 fillcolor rgb "#EEEEEE" fillstyle solid noborder behind
set xrange [0:160]
set xtics 20 format ""
who(w, c) = (strcol("candidates") eq w ? column(c) : NaN)
chosen(w) = (strcol("candidates") eq w ? index(network_names, strcol("network")) : NaN)
all = "linewidth 1.2 linecolor rgb colour('alert')"
single = "linewidth 1.2 linecolor rgb colour('alert:preset=calibrated') dashtype 2"
set ylabel "slowdown factor"
set key inside left top Left reverse samplen 1.5 spacing 1.1 width -1
set yrange [0.8:2.6]
plot data(name) using "request":(who("all", "measured")) with points pointtype 7 pointsize 0.25 linecolor rgb "#888888" title "measured", \
	"" using "request":(who("all", "mean")) with lines @all title "believed"
unset ylabel
set yrange [0.5:7.5]
set ytics ()
do for [i = 1:7] { set ytics add (word(network_names, i) i) }
unset key
plot data(name) using "request":(chosen("all")) with points pointtype 7 pointsize 0.3 linecolor rgb colour("alert"), \
	"" using "request":(chosen("trad")) with points pointtype 6 pointsize 0.45 linecolor rgb colour("alert:preset=calibrated")
set ylabel "nominal accuracy (%)"
set ytics autofreq
set yrange [0:105]
plot data(name) using "request":(who("all", "accuracy")) with lines @all, \
	"" using "request":(who("trad", "accuracy")) with lines @single
set ylabel "energy (mJ)"
set yrange [20:130]
set xtics format "%.0f"
set xlabel "input"
set arrow 1 from 0, 75 to 160, 75 nohead linecolor rgb "#888888" dashtype 3
set key at screen 0.56, screen 0.03 center center horizontal maxrows 1
plot data(name) using "request":(who("all", "energy_mj")) with lines @all title "all networks (filled)", \
	"" using "request":(who("trad", "energy_mj")) with lines @single title "single-exit only (open)"
unset multiplot
