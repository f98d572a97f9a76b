# title: energy, error and violations of each scheme on power caps (modelled)
# from: alert-grid-caps
# query: schemes
# caption: The same as schemes with seven modelled power caps, which trade time for energy:
#   app-only and no-coord, which choose the network without them, need several times the
#   energy. Harmonic mean over four environments, bars from the least to the greatest of
#   them; settings that a scheme violates are left out and counted on the right.
load "paper/style.gp"
x_high = 4.2
load "paper/schemes-pair.gp"
