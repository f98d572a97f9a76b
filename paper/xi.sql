-- Density of the slowdown factor by environment: 60 bins over the middle 99 % of
-- each, with the normal density of the same mean and variance.
with m as (select environment, avg(slowdown) as mean,
    sqrt(avg(slowdown * slowdown) - avg(slowdown) * avg(slowdown)) as sd
  from pass where setting = 'sm132' group by environment),
r as (select environment, slowdown,
    row_number() over (partition by environment order by slowdown) as r,
    count(*) over (partition by environment) as n from pass where setting = 'sm132'),
e as (select environment, min(slowdown) as low, max(slowdown) as high, max(n) as n
  from r where r > 0.005 * n and r <= 0.995 * n group by environment)
select e.environment, e.low + (cast((slowdown - low) / (high - low) * 40 as integer) + 0.5)
    * (high - low) / 40 as slowdown,
  count(*) / (e.n * (high - low) / 40) as density, m.mean, m.sd,
  (high - low) / 40 as width
from r join e on e.environment = r.environment join m on m.environment = e.environment
where slowdown between low and high group by 1, 2 order by 1, 2;
