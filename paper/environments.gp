# title: ranking of the policies beside each co-runner
# from: environments
# caption: Twenty clients on staged3, deadlines uniform on 10T to 60T, planned with the
#   profile taken alone, which policies are not told is wrong (bars: 95 % intervals
#   over 10 seeds). Where each stage takes 0.5 ms (compute) or 2 ms (memory) more, not
#   even all first stages fit, and planning from the profile loses its value.
load "paper/style.gp"
present = "edf rr threshold lcf utility-density imprecise oracle"
eval page(18.1, 5.6)
set multiplot layout 1,2 margins screen 0.065, screen 0.83, screen 0.17, screen 0.97 spacing screen 0.085
set xrange [-0.5:3.5]
set xtics ("alone" 0, "compute,\nstream" 1, "compute,\ntime slices" 2, "memory,\ntime slices" 3)
style = "linewidth 1.2 linecolor rgb colour(word(present, i)) pointtype mark(word(present, i)) pointsize 0.6"
unset key
set yrange [0:100]
set ylabel "accuracy (%)" offset 1, 0
plot for [i = 1:7] data(name) using (column("place") + (i - 4) * 0.1):(of(word(present, i), column("accuracy"))):(width(column("half"))) with yerrorbars @style
set ylabel "miss ratio (%)" offset 1, 0
set key at screen 0.845, screen 0.97 left top Left reverse
plot for [i = 1:7] data(name) using (column("place") + (i - 4) * 0.1):(of(word(present, i), column("misses"))):(width(column("misses_half"))) with yerrorbars @style title label(word(present, i))
unset multiplot
