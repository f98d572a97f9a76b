-- Accuracy and misses by environment and policy.
with r as (select substr(k.value, 3) as environment, u.policy, u.accuracy, u.miss_ratio
  from runs u join workload_key k on k.workload = u.workload and k.name = 'environment.timeline')
select environment, policy, 100 * avg(accuracy) as accuracy, 100 * avg(miss_ratio) as misses,
  100 * case when count(*) = 5 then 2.776 else 2.262 end * sqrt(max(0, avg(accuracy * accuracy) - avg(accuracy) * avg(accuracy)) / (count(*) - 1.0)) as half,
  100 * case when count(*) = 5 then 2.776 else 2.262 end * sqrt(max(0, avg(miss_ratio * miss_ratio) - avg(miss_ratio) * avg(miss_ratio)) / (count(*) - 1.0)) as misses_half,
  case environment when 'default' then 0 when 'compute-stream' then 1 when 'compute-timeslice' then 2 else 3 end as place
from r group by environment, policy order by place, policy;
