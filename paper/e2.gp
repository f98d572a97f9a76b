# title: the longest relative deadline (E2)
# from: deadline-max
# caption: As E1 at 20 clients, deadlines uniform from 2T to the x axis. Later
#   deadlines also mean fewer requests in a second, as each client sends its
#   next at the deadline. Bars: 95 % intervals over 10 seeds.
load "paper/style.gp"
file = data("deadline-max")
present = "edf lcf rr imprecise oracle"
x = 'column("deadline.max") * 1e-6'
acc_low = 30; acc_high = 95; miss_high = 50; depth_high = 3.1
# The load is 20 T over the mean deadline, (2 T + x) / 2.
stats file using (column("load") * @x / (40 - 2 * column("load"))) name "T" nooutput
xname = sprintf("longest relative deadline (ms); T is %.3f ms", T_mean)
to_load = "40 * T_mean / (2 * T_mean + x)"; to_x = "40 * T_mean / x - 2 * T_mean"; load_tics = "(0.7, 1, 1.5, 2, 3, 5)"; x_high = 18.6
load "paper/pair.gp"
