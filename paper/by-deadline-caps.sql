-- asks: alert-grid-caps
-- by-deadline.sql on the modelled power caps: energy by deadline and policy over the levels that each meets.
with g as (select environment, objective, cast(deadline as real) as deadline, level, policy,
    cast(setting_violated as integer) as v, cast(energy_j as real) as e from grid
  where objective = 'energy')
select g.deadline, g.policy, 1e3 * avg(g.e) as mean, 1e3 * min(g.e) as low, 1e3 * max(g.e) as high,
  count(*) as settings
from g join g as s on s.environment = g.environment and s.deadline = g.deadline
  and s.level = g.level and s.policy = 'oracle-static'
where s.v = 0 and g.v = 0 and g.environment = 'default+compute-stream'
  and g.policy in ('alert', 'alert:preset=calibrated', 'alert-oracle', 'oracle-static')
group by g.deadline, g.policy order by g.policy, g.deadline;
