-- Input by input, both sets of candidates.
with both as (select 'all' as candidates, * from "all" union all select 'trad', * from trad)
select candidates, cast(request as integer) as request,
  (cast(start_ns as integer) - cast(release_ns as integer)) / 1e6 as wait_ms,
  environment, network, cast(depth as integer) as depth,
  cast(slowdown_mean as real) as mean, sqrt(cast(slowdown_variance as real)) as sd,
  cast(slowdown_measured as real) as measured, cast(missed as integer) as missed,
  100 * cast(nominal_accuracy as real) as accuracy,
  1e3 * cast(energy_to_deadline_j as real) as energy_mj
from both order by candidates, request;
