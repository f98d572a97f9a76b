# title: accuracy and misses against the number of clients (E1)
# from: clients
# caption: Five policies on staged3, H100, CIFAR-10: 4 to 64 clients, each with one
#   request at a time, deadlines uniform on 2T to 22T. The device is full at 12
#   clients if all requests run to full depth. Bars: 95 % intervals over 10
#   seeds.
load "paper/style.gp"
file = data("clients")
present = "edf lcf rr imprecise oracle"
x = 'column("arrivals.clients")'
xname = "clients"
acc_low = 30; acc_high = 95; miss_high = 50; depth_high = 3.1
stats file using (column("load") / column("arrivals.clients")) name "work" nooutput
to_load = "x * work_mean"; to_x = "x / work_mean"; load_tics = "(1, 2, 3, 4, 5)"; x_high = 66
set xtics 8
load "paper/pair.gp"
