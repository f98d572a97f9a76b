-- The same, a row a scheme and objective: harmonic mean over environments, settings
-- violated of all, for the bars.
with g as (select environment, objective, deadline, level, policy,
    cast(setting_violated as integer) as v, cast(energy_j as real) as e, cast(error as real) as q from grid),
s as (select * from g where policy = 'oracle-static'),
r as (select g.environment, g.objective, g.policy, g.v,
    case g.objective when 'energy' then g.e / s.e else g.q / s.q end as x
  from g join s using (environment, objective, deadline, level) where s.v = 0),
c as (select environment, objective, policy, avg(case when v = 0 then x end) as x,
    min(case when v = 0 then x end) as low, max(case when v = 0 then x end) as high,
    avg(v) as v from r group by environment, objective, policy)
select objective, policy, count(x) / sum(1 / x) as ratio, min(x) as low, max(x) as high,
  100 * avg(v) as violated,
  case policy when 'alert' then 1 when 'alert:preset=calibrated' then 2
    when 'alert:candidates=any,preset=calibrated' then 3
    when 'alert:candidates=trad,preset=calibrated' then 4 when 'alert:mean_only=on' then 5
    when 'app-only' then 6 when 'sys-only' then 7 when 'no-coord' then 8 else 9 end as place
from c where policy != 'oracle-static' group by objective, policy order by objective, place;
