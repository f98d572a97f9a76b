# Two panels beside each other, accuracy and miss ratio against one axis of a
# sweep: what E1 to E7 show. A figure sets before it
#   file      the experiment's means       present   its policies
#   x(c)      the axis as a number         xname     its label
#   acc_low, acc_high, miss_high           ranges in percent
# `titles` has a key's text for each policy, separated by |, if other than its name.
eval page(18.1, 5.6)
set multiplot layout 1,2 margins screen 0.065, screen 0.80, screen 0.19, screen 0.90 spacing screen 0.085
if (!exists("titles")) titles = ""
part(s, i) = (strstrt(s, "|") == 0 || i == 1 ? s[1:(strstrt(s, "|") > 0 ? strstrt(s, "|") - 1 : strlen(s))] : part(s[strstrt(s, "|") + 1:*], i - 1))
entry(i) = (titles eq "" ? label(word(present, i)) : part(titles, i))
# Variants of one policy are told apart by their place in the list.
colour_at(i) = (exists("variants") ? word(policy_colours, i) : colour(word(present, i)))
mark_at(i) = (exists("variants") ? int(word(policy_marks, i)) : mark(word(present, i)))
dash_at(i) = (exists("variants") ? (i > 5 ? i - 4 : i) : dash(word(present, i)))
look2 = "linewidth 1.3 pointsize 0.5 linecolor rgb colour_at(i) pointtype mark_at(i) dashtype dash_at(i)"
set xlabel xname
set ylabel "accuracy (%)" offset 1, 0
set yrange [acc_low:acc_high]
set title "Accuracy: right in time / all requests"
unset key
plot for [i = 1:words(present)] file using (of(word(present, i), @x)):(100 * column("accuracy")):(100 * width(column("accuracy_half"))) with yerrorlines @look2
set ylabel "miss ratio (%)" offset 1, 0
set yrange [-miss_high / 40.0:miss_high]
set title "Misses: no answer by the deadline / all"
set key at screen 0.82, screen 0.90 left top Left reverse
plot for [i = 1:words(present)] file using (of(word(present, i), @x)):(100 * column("miss_ratio")):(100 * width(column("miss_ratio_half"))) with yerrorlines @look2 title entry(i)
unset multiplot
unset output
