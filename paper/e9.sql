-- Mean time of a decision in the least disturbed of the runs (others on the same
-- machine only add to it), and all decisions' share of the stages' time.
select clients, policy,
  case when policy like '%delta=%' then cast(substr(policy, instr(policy, 'delta=') + 6) as real) end as delta,
  min(decision_mean_ns) / 1e3 as mean_us,
  100 * min(decision_mean_ns * decisions / busy_ns) as share
from runs group by clients, policy order by policy, clients;
