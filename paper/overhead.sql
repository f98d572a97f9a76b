-- title: what choosing a configuration costs (ALERT, text as recalled)
-- from: overhead
-- caption: Wall time of policy and simulator an input, in the least disturbed of 5 runs on the
--   machine that made this, and as a share of the input's time on the GPU; app-only, which
--   never chooses, shows what the simulator takes. Not reproducible to the byte.
select case when s.value like '%,%' then '7 networks x 7 power caps (modelled)' else '7 networks' end as "choice among",
  u.policy, printf('%.2f', 1e6 * min(took_s / requests)) as "time an input (us)",
  printf('%.2f', 100 * min(took_s * 1e9 / u.busy_ns)) as "share of inference (%)"
from runs u join workload_key s on s.workload = u.workload and s.name = 'workload.settings'
group by 1, u.policy order by 1, min(took_s);
