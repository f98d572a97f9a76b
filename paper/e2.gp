# title: the longest relative deadline (E2)
# from: deadline-max
# caption: As E1 at 20 clients, deadlines uniform from 2T to the x axis. Later
#   deadlines also mean fewer requests in a second, as each client sends its
#   next at the deadline. Bars: 95 % intervals over 10 seeds.
load "paper/style.gp"
file = data("deadline-max")
present = "edf lcf rr imprecise oracle"
x = 'column("deadline.max") * 1e-6'
xname = "longest relative deadline (ms); T is 0.300 ms"
acc_low = 30; acc_high = 95; miss_high = 50
load "paper/pair.gp"
