-- title: the networks of several exits (T1)
-- from: trace
-- caption: Accuracy, mean confidence, expected calibration error over 15 bins, and the
--   time of the stage that leads to each exit; H100, CIFAR-10, setting sm132, alone.
select network, depth as exit, printf('%.2f', 100 * accuracy) as "accuracy (%)",
  printf('%.2f', 100 * mean_confidence) as "mean confidence (%)",
  printf('%.2f', 100 * ece) as "ECE (%)",
  printf('%.1f', p50_ns / 1e3) as "p50 (us)", printf('%.1f', p99_ns / 1e3) as "p99 (us)",
  printf('%.2f', 1e3 * energy_j) as "energy (mJ)"
from info where setting = 'sm132' and environment = 'default'
  and network in ('staged3', 'staged6', 'nested4')
order by network = 'nested4', network, depth;
