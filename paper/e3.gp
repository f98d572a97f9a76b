# title: the shortest relative deadline (E3)
# from: deadline-min
# caption: As E1 at 20 clients, deadlines uniform from the x axis to 22T. Bars: 95 %
#   intervals over 10 seeds.
load "paper/style.gp"
file = data("deadline-min")
present = "edf lcf rr imprecise oracle"
x = 'column("deadline.min") * 1e-6'
acc_low = 60; acc_high = 95; miss_high = 20; depth_high = 3.1
# The load is 20 T over the mean deadline, (22 T + x) / 2.
stats file using (column("load") * @x / (40 - 22 * column("load"))) name "T" nooutput
xname = sprintf("shortest relative deadline (ms); T is %.3f ms", T_mean)
to_load = "40 * T_mean / (22 * T_mean + x)"; to_x = "40 * T_mean / x - 22 * T_mean"; load_tics = "(1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8)"; x_high = 3.1
load "paper/pair.gp"
