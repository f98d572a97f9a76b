# title: six stages: longest relative deadline (E5)
# from: six-deadline-max
# caption: As E2 with staged6 (CIFAR-10). We have no ImageNet trace: the network of six
#   stages stands in for the second data set. Bars: 95 % intervals over 10
#   seeds.
load "paper/style.gp"
file = data("six-deadline-max")
present = "edf lcf rr imprecise oracle"
x = 'column("deadline.max") * 1e-6'
acc_low = 50; acc_high = 95; miss_high = 36; depth_high = 6.2
# The load is 20 T over the mean deadline, (2 T + x) / 2.
stats file using (column("load") * @x / (40 - 2 * column("load"))) name "T" nooutput
xname = sprintf("longest relative deadline (ms); T is %.3f ms", T_mean)
to_load = "40 * T_mean / (2 * T_mean + x)"; to_x = "40 * T_mean / x - 2 * T_mean"; load_tics = "(0.7, 1, 1.5, 2, 3, 5)"; x_high = 32.5
load "paper/pair.gp"
