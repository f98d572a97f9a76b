-- A row a scheme and objective: harmonic mean over environments, the least and the
-- greatest of them, settings violated of all.
with c as (select *, 100.0 * violated / settings as v from over_fixed)
select objective, policy, count(ratio) / sum(1 / ratio) as ratio, min(ratio) as low,
  max(ratio) as high, avg(v) as violated,
  case policy when 'alert' then 1 when 'alert:preset=calibrated' then 2
    when 'alert:candidates=any,preset=calibrated' then 3
    when 'alert:candidates=trad,preset=calibrated' then 4 when 'alert:mean_only=on' then 5
    when 'app-only' then 6 when 'sys-only' then 7 when 'no-coord' then 8
    when 'joint' then 9 when 'alert-oracle' then 10 end as place
from c where policy != 'oracle-static' group by objective, policy order by objective, place;
