# title: six stages: clients (E4)
# from: six-clients
# caption: As E1 with staged6 (CIFAR-10). We have no ImageNet trace: the network of six
#   stages stands in for the second data set. Bars: 95 % intervals over 10
#   seeds.
load "paper/style.gp"
file = data("six-clients")
present = "edf lcf rr imprecise oracle"
x = 'column("arrivals.clients")'
xname = "clients"
acc_low = 50; acc_high = 95; miss_high = 36; depth_high = 6.2
stats file using (column("load") / column("arrivals.clients")) name "work" nooutput
to_load = "x * work_mean"; to_x = "x / work_mean"; load_tics = "(1, 2, 3, 4)"; x_high = 50
set xtics 8
load "paper/pair.gp"
