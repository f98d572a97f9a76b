-- Wall time of scheduler and simulator a decision, in the least disturbed of the runs
-- (others on the same machine only add to it), and of all decisions as a share of the
-- stages' time. took_s covers the warm-up of 500 requests, too, the others do not.
select clients, policy,
  case when policy like '%delta=%' then cast(substr(policy, instr(policy, 'delta=') + 6) as real) end as delta,
  1e6 * min(took_s * requests / (requests + 500) / decisions) as mean_us,
  1e9 * 100 * min(took_s * requests / (requests + 500) / busy_ns) as share
from runs group by clients, policy order by delta, clients;
