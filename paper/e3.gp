# title: the shortest relative deadline (E3)
# from: deadline-min
# caption: As E1 at 20 clients, deadlines uniform from the x axis to 22T. Bars: 95 %
#   intervals over 10 seeds.
load "paper/style.gp"
file = data("deadline-min")
present = "edf lcf rr imprecise oracle"
x = 'column("deadline.min") * 1e-6'
xname = "shortest relative deadline (ms); T is 0.300 ms"
acc_low = 60; acc_high = 95; miss_high = 20
load "paper/pair.gp"
