# The look of every figure: one colour, mark and line a policy, the same
# everywhere, told apart by people who do not see colours and in black and white.
# The first are those of Okabe and Ito (2008); sim/report_svg.c has the same list.
# A figure loads this first, then
#     plot for [p in present] FILE using (of(p, X)):... @look title label(p)
policy_names = "edf lcf rr imprecise oracle fifo edf-mandatory-first llf threshold utility-density joint alert alert-oracle oracle-static app-only sys-only no-coord"
policy_colours = "#D55E00 #009E73 #CC79A7 #0072B2 #000000 #E69F00 #56B4E9 #999999 #7F3C8D #8C6D31 #882255 #117733 #222222 #666666 #AA6600 #44AA99 #AA4499"
policy_marks = "7 5 9 11 4 13 6 8 10 12 15 13 4 6 5 9 8"
policy_dashes = "1 1 1 1 2 1 3 4 5 2 1 1 2 3 1 1 1"

# Variants that are drawn beside their own policy with its defaults.
variant_names = "imprecise:predictor=max imprecise:predictor=lin_time imprecise:predictor=lin_inc imprecise:predictor=mean imprecise:predictor=regress alert:preset=calibrated alert:mean_only=on"
variant_colours = "#E69F00 #56B4E9 #999999 #882255 #009E73 #332288 #DDAA33"
variant_marks = "5 8 12 10 6 7 10"
variant_dashes = "2 3 4 5 3 2 3"

# The policy without its parameters, and its place in the lists.
bare(p) = (strstrt(p, ":") > 0 ? p[1:strstrt(p, ":") - 1] : p)
index(list, w) = int(sum [i = 1:words(list)] (word(list, i) eq w ? i : 0))
place(p) = index(policy_names, bare(p))
known(p) = (place(p) > 0 ? place(p) : words(policy_names))
of_lists(p, variants, policies) = (index(variant_names, p) > 0 ? word(variants, index(variant_names, p)) : word(policies, known(p)))
colour(p) = of_lists(p, variant_colours, policy_colours)
mark(p) = int(of_lists(p, variant_marks, policy_marks))
dash(p) = int(of_lists(p, variant_dashes, policy_dashes))
look = "linewidth 1.5 linecolor rgb colour(p) pointtype mark(p) pointsize 0.9 dashtype dash(p)"

# What is no policy has colours and marks of its own: networks, what else runs
# on the device, and series without a name (numbers of clients, goals), by place.
network_names = "staged3 staged6 nested4 resnet8 resnet14 resnet20w2 resnet32w2"
environment_names = "default compute-stream memory-stream compute-timeslice memory-timeslice"
environment_titles = "'alone' 'compute, stream' 'memory, stream' 'compute, slices' 'memory, slices'"
environment_colours = "#000000 #EE7733 #009988 #CC3377 #0077BB"
environment_marks = "4 7 5 9 11"
series_colours = "#332288 #CC6677 #117733 #AA4499 #88AACC #999933 #444444"
series_marks = "7 5 9 6 4 8 13"

# Clairvoyant policies are references, and say so in the key.
label(p) = (bare(p) eq "oracle" || bare(p) eq "alert-oracle" || bare(p) eq "oracle-static" ? p." (clairvoyant)" : p)

# Rows of other policies count as missing, so that lines go on over them.
set datafile separator ","
set datafile columnheaders
set datafile missing NaN
of(p, x) = (strcol("policy") eq p ? x : NaN)
# Half an interval; none where every replication gave the same.
width(x) = (x == x ? x : 0)

set encoding utf8
set border 3 linewidth 0.8
set tics nomirror out scale 0.6
set grid ytics linecolor rgb "#DDDDDD" linewidth 0.6
set key outside right center Left reverse samplen 3 spacing 1.3
set bars 0.6
set pointintervalbox 0.001

# Screen pictures; papers set their own terminals.
png(file) = sprintf("set terminal pngcairo size 960,560 font 'DejaVu Sans,13' enhanced; set output '%s'", file)
svg(file) = sprintf("set terminal svg size 960,560 font 'DejaVu Sans,16' enhanced background rgb 'white'; set output '%s'", file)

# Pictures for a page, in centimetres: 8.8 wide for a column, 18.1 for both.
# scripts/figures sets `here` (the folder of the results) and `name`, and makes the
# SVG from the PDF, so that there is one picture to look at; a figure calls
# page(width, height) where it begins to draw.
if (!exists("here")) here = "results/figures"
page(width, height) = sprintf("set terminal pdfcairo size %gcm,%gcm font 'DejaVu Sans,7' enhanced; set output '%s.pdf'", width, height, here eq "" ? name : here."/".name)
data(file) = here."/".file.".csv"
