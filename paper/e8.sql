-- Accuracy of each step at three numbers of clients, and of what adjusts its plans.
with v as (select clients, seed, accuracy,
    cast(substr(policy, instr(policy, 'delta=') + 6) as real) as delta,
    case when policy like '%refill=off%' then 'neither'
      when policy like '%update=none%' then 'refill' else 'greedy' end as how from runs)
select clients, delta, how, 100 * avg(accuracy) as accuracy
from v group by clients, delta, how order by clients, how, delta;
