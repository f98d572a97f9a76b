-- Settings that ALERT and ALERT* (the mean alone) violate, and their error and energy
-- relative to each other, by environment, objective and preset; a row each.
with g as (select environment, objective, deadline, level, policy,
    cast(setting_violated as integer) as v, cast(miss_ratio as real) as m,
    case objective when 'energy' then cast(energy_j as real) else cast(error as real) end as x from grid)
select b.environment, b.objective, b.policy,
  avg(case when a.v = 0 and b.v = 0 then b.x / a.x end) as ratio,
  100 * avg(b.v) as violated, 100 * avg(b.m) as misses,
  case b.environment when 'default' then 0 when 'compute-stream' then 1
    when 'default+compute-stream' then 2 else 3 end as place
from g b join g a using (environment, objective, deadline, level)
where a.policy = 'alert' and b.policy in ('alert', 'alert:preset=calibrated', 'alert:mean_only=on')
group by 1, 2, 3 order by 2, 7, 3;
