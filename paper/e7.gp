# title: predictors of confidence (E7)
# from: predictors
# kept: yes
# caption: The imprecise scheduler with each predictor of the confidence of stages not
#   yet run, and the clairvoyant oracle, which knows them; staged3, deadlines
#   uniform on 2T to 22T. Bars: 95 % intervals over 10 seeds.
load "paper/style.gp"
file = data("predictors")
present = "imprecise imprecise:predictor=max imprecise:predictor=lin_time imprecise:predictor=lin_inc imprecise:predictor=mean imprecise:predictor=regress oracle"
titles = "exp|max|lin, by time|lin, by increment|mean of the exit|regression|oracle (clairvoyant)"
variants = 1
x = 'column("arrivals.clients")'
xname = "clients"
acc_low = 65; acc_high = 95; miss_high = 15
set xtics 8
load "paper/pair.gp"
