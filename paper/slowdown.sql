-- Each stage under each co-runner against itself alone, in microseconds: medians,
-- and the 10 % and 90 % quantiles of the slowed one.
select s.network, s.depth, s.environment,
  a.p50 / 1e3 as alone, s.p50 * 1.0 / a.p50 as ratio, s.p10 * 1.0 / a.p50 as ratio_low,
  s.p90 * 1.0 / a.p50 as ratio_high, (s.p50 - a.p50) / 1e3 as added,
  (s.p10 - a.p50) / 1e3 as added_low, (s.p90 - a.p50) / 1e3 as added_high
from stage s join stage a on a.network = s.network and a.depth = s.depth
  and a.environment = 'default'
where s.environment != 'default' order by s.environment, alone;
