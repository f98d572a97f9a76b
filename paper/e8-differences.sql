-- asks: delta
-- Accuracy less that of the same variant with the least step on the same requests.
with v as (select clients, seed, 100 * accuracy as accuracy,
    cast(substr(policy, instr(policy, 'delta=') + 6) as real) as delta,
    case when policy like '%refill=off%' then 'neither'
      when policy like '%update=none%' then 'refill' else 'greedy' end as how from runs),
d as (select a.clients, a.how, a.delta, a.accuracy - b.accuracy as x
  from v a join v b on b.clients = a.clients and b.seed = a.seed and b.how = a.how and b.delta = 0.001
  where a.delta > 0.001)
select clients, delta, how, avg(x) as points,
  case when count(*) = 5 then 2.776 else 2.262 end
    * sqrt(max(0, avg(x * x) - avg(x) * avg(x)) / (count(*) - 1.0)) as half
from d group by clients, delta, how order by clients, how, delta;
