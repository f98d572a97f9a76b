# title: predictors of confidence (E7)
# from: predictors
# caption: The imprecise scheduler with each predictor of the confidence of stages not
#   yet run, and the clairvoyant oracle, which knows them; staged3, deadlines
#   uniform on 2T to 22T. Lower left: accuracy less that with exp, the default, on the same
#   requests. Bars: 95 % intervals over 10 seeds, there of paired differences.
load "paper/style.gp"
file = data("predictors")
present = "imprecise imprecise:predictor=max imprecise:predictor=lin_time imprecise:predictor=lin_inc imprecise:predictor=mean imprecise:predictor=regress oracle"
titles = "exp|max|lin, by time|lin, by increment|mean of the exit|regression|oracle (clairvoyant)"
x = 'column("arrivals.clients")'
xname = "clients"
acc_low = 65; acc_high = 95; miss_high = 15; depth_high = 3.1
stats file using (column("load") / column("arrivals.clients")) name "work" nooutput
to_load = "x * work_mean"; to_x = "x / work_mean"; load_tics = "(1, 2, 3, 4)"; x_high = 50
set xtics 8
base = "exp"
load "paper/pair.gp"
