# The look of every figure: one colour, mark and line a policy, the same
# everywhere, told apart by people who do not see colours and in black and white.
# The first are those of Okabe and Ito (2008); sim/report_svg.c has the same list.
# A figure loads this first, then
#     plot for [p in present] FILE using (of(p, X)):... @look title label(p)
policy_names = "edf lcf rr imprecise oracle fifo edf-mandatory-first llf threshold utility-density joint alert alert-oracle oracle-static app-only sys-only no-coord"
policy_colours = "#D55E00 #009E73 #CC79A7 #0072B2 #000000 #E69F00 #56B4E9 #999999 #7F3C8D #8C6D31 #882255 #117733 #222222 #666666 #AA6600 #44AA99 #AA4499"
policy_marks = "7 5 9 11 4 13 6 8 10 12 15 11 4 6 13 5 7"
policy_dashes = "1 1 1 1 2 1 3 4 5 2 1 1 2 3 1 1 1"

# The policy without its parameters, and its place in the lists.
bare(p) = (strstrt(p, ":") > 0 ? p[1:strstrt(p, ":") - 1] : p)
place(p) = (sum [i = 1:words(policy_names)] (word(policy_names, i) eq bare(p) ? i : 0))
known(p) = (place(p) > 0 ? place(p) : words(policy_names))
colour(p) = word(policy_colours, known(p))
mark(p) = int(word(policy_marks, known(p)))
dash(p) = int(word(policy_dashes, known(p)))
look = "linewidth 1.5 linecolor rgb colour(p) pointtype mark(p) pointsize 0.9 dashtype dash(p)"

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
set pointintervalbox 0

# Screen pictures; papers set their own terminals.
png(file) = sprintf("set terminal pngcairo size 960,560 font 'DejaVu Sans,13' enhanced; set output '%s'", file)
svg(file) = sprintf("set terminal svg size 960,560 font 'DejaVu Sans,16' enhanced background rgb 'white'; set output '%s'", file)

# Pictures for a page, in centimetres: 8.8 wide for a column, 18.1 for both.
# scripts/figures sets `kind` (pdf or svg), `here` (the folder of the results) and
# `name`; a figure calls open(width, height) where it begins to draw.
if (!exists("here")) here = "results/figures"
page(width, height) = (kind eq "pdf" \
	? sprintf("set terminal pdfcairo size %gcm,%gcm font 'DejaVu Sans,7' enhanced; set output '%s/%s.pdf'", width, height, here, name) \
	: sprintf("set terminal svg size %d,%d font 'DejaVu Sans,11' enhanced background rgb 'white'; set output '%s/%s.svg'", width * 50, height * 50, here, name))
data(file) = here."/".file.".csv"
