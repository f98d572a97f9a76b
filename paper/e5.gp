# title: six stages: longest relative deadline (E5)
# from: six-deadline-max
# caption: As E2 with staged6 (CIFAR-10). We have no ImageNet trace: the network of six
#   stages stands in for the second data set. Bars: 95 % intervals over 10
#   seeds.
load "paper/style.gp"
file = data("six-deadline-max")
present = "edf lcf rr imprecise oracle"
x = 'column("deadline.max") * 1e-6'
xname = "longest relative deadline (ms); T is 0.525 ms"
acc_low = 20; acc_high = 95; miss_high = 60
load "paper/pair.gp"
