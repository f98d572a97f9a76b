-- ALERT's variants under an energy budget by set of candidates and environment:
-- error over the best fixed choice's in the settings that neither it nor any of the
-- three violates; inputs without an answer over all settings.
with g as (select environment, deadline, level,
    case when policy like '%candidates=any%' then 'any'
      when policy like '%candidates=trad%' then 'trad' else 'all' end as candidates,
    case when policy like '%calibrated%' then 'alert:preset=calibrated'
      when policy like '%mean_only=on%' then 'alert:mean_only=on'
      when policy like 'alert%' then 'alert' else policy end as variant,
    cast(setting_violated as integer) as v, 100 * cast(miss_ratio as real) as misses,
    cast(error as real) as x
  from grid where objective = 'accuracy'),
s as (select environment, deadline, level, v, x from g where variant = 'oracle-static'),
worst as (select environment, deadline, level, candidates, max(v) as v from g
  where variant != 'oracle-static' group by 1, 2, 3, 4)
select g.environment, candidates, variant, avg(case when w.v = 0 and s.v = 0 then g.x / s.x end) as ratio,
  min(case when w.v = 0 and s.v = 0 then g.x / s.x end) as low,
  max(case when w.v = 0 and s.v = 0 then g.x / s.x end) as high,
  sum(w.v = 0 and s.v = 0) as settings, avg(g.misses) as misses
from g join s using (environment, deadline, level)
  join worst w using (environment, deadline, level, candidates)
where variant != 'oracle-static'
group by 1, 2, 3 order by 1, 2, 3;
