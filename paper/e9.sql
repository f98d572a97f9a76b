-- Wall time of the simulator a request, in the least disturbed of the runs (others on
-- the same machine only add to it), and its share of the stages' time.
select clients, policy,
  case when policy like '%delta=%' then cast(substr(policy, instr(policy, 'delta=') + 6) as real) end as delta,
  min(took_s * 1e6 / (requests + 500)) as mean_us,
  100 * min(took_s * 1e9 / (requests + 500)) / avg(busy_ns * 1.0 / requests) as share
from runs group by clients, policy order by delta, clients;
