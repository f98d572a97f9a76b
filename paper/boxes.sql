-- Full passes: quantiles by network and environment, in milliseconds.
with ranked as (select network, environment, duration_ns / 1e6 as t,
    row_number() over (partition by network, environment order by duration_ns) as r,
    count(*) over (partition by network, environment) as n
  from pass where setting = 'sm132')
select network, environment,
  max(case when r <= 0.10 * n + 0.5 then t end) as p10,
  max(case when r <= 0.25 * n + 0.5 then t end) as p25,
  max(case when r <= 0.50 * n + 0.5 then t end) as p50,
  max(case when r <= 0.75 * n + 0.5 then t end) as p75,
  max(case when r <= 0.90 * n + 0.5 then t end) as p90,
  instr('resnet8   resnet14  staged3   resnet20w2resnet32w2staged6   nested4', network) / 10 as place
from ranked group by network, environment order by place, environment;
