# title: energy, error and violations of each scheme (ALERT, figure 8 as recalled)
# from: alert-grid
# caption: Energy and error divided by those of the best fixed choice in hindsight:
#   harmonic mean over four environments, bars from the least to the greatest of them;
#   settings that a scheme violates are left out and counted on the right. On this
#   hardware the full device dominates every smaller one, so that the choice is one of
#   networks; app-only and no-coord are the same then.
load "paper/style.gp"
x_high = 1.75
load "paper/schemes-pair.gp"
