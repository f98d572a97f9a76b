# title: six stages: shortest relative deadline (E6)
# from: six-deadline-min
# caption: As E3 with staged6 (CIFAR-10). We have no ImageNet trace: the network of six
#   stages stands in for the second data set. Bars: 95 % intervals over 10
#   seeds.
load "paper/style.gp"
file = data("six-deadline-min")
present = "edf lcf rr imprecise oracle"
x = 'column("deadline.min") * 1e-6'
xname = "shortest relative deadline (ms); T is 0.525 ms"
acc_low = 60; acc_high = 95; miss_high = 20
load "paper/pair.gp"
