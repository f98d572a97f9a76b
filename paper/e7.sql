-- Accuracy of each predictor less that of the default on the same requests.
with d as (select a.clients as x, a.policy, 100 * (a.accuracy - b.accuracy) as d
  from runs a join runs b on b.workload = a.workload and b.seed = a.seed and b.policy = 'imprecise')
select x, policy, avg(d) as points,
  case when count(*) = 5 then 2.776 else 2.262 end
    * sqrt(max(0, avg(d * d) - avg(d) * avg(d)) / (count(*) - 1.0)) as half
from d group by x, policy order by policy, x;
