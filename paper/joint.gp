# title: planning depth and network together
# from: joint
# caption: joint, ours, may serve a request with any of seven networks; the others use
#   staged3. The same requests, deadlines uniform on 2T to 22T. Bars: 95 % intervals
#   over 10 seeds.
load "paper/style.gp"
file = data("joint")
present = "edf imprecise joint oracle"
titles = "edf|imprecise|joint (ours)|oracle (clairvoyant)"
x = 'column("arrivals.clients")'
xname = "clients"
acc_low = 30; acc_high = 95; miss_high = 50
stats file using (column("load") / column("arrivals.clients")) name "work" nooutput
to_load = "x * work_mean"; to_x = "x / work_mean"; load_tics = "(1, 2, 3, 4, 5)"; x_high = 66
set xtics 8
load "paper/pair.gp"
