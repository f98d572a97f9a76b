-- Accuracy of each step at three numbers of clients, idle refill on and off.
with v as (select clients, seed, accuracy,
    cast(substr(policy, instr(policy, 'delta=') + 6) as real) as delta,
    policy like '%refill=off' as off from runs)
select clients, delta, off, 100 * avg(accuracy) as accuracy,
  100 * case when count(*) = 5 then 2.776 else 2.262 end / sqrt(count(*)) * sqrt(max(0,
    avg(accuracy * accuracy) - avg(accuracy) * avg(accuracy)) * count(*) / (count(*) - 1.0)) as half
from v group by clients, delta, off order by clients, off, delta;
