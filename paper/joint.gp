# title: planning depth and network together
# from: joint
# kept: yes
# caption: joint, ours, may serve a request with any of seven networks; the others use
#   staged3. The same requests, deadlines uniform on 2T to 22T. Bars: 95 % intervals
#   over 10 seeds.
load "paper/style.gp"
file = data("joint")
present = "edf imprecise joint oracle"
titles = "edf|imprecise|joint|oracle (clairvoyant, staged3)"
x = 'column("arrivals.clients")'
xname = "clients"
acc_low = 30; acc_high = 95; miss_high = 50
set xtics 8
load "paper/pair.gp"
