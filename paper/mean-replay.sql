-- Samples against means, by policy and clients.
with r as (select clients, seed, policy, accuracy, miss_ratio, response_p99_ns,
  trace like '%mean-bundle' as mean from runs)
select a.clients, a.policy, 100 * avg(b.accuracy - a.accuracy) as accuracy,
  100 * avg(b.miss_ratio - a.miss_ratio) as misses,
  100 * avg(b.response_p99_ns * 1.0 / a.response_p99_ns - 1) as p99,
  case when count(*) = 5 then 277.6 else 226.2 end * sqrt(max(0, avg((b.accuracy - a.accuracy) * (b.accuracy - a.accuracy)) - avg(b.accuracy - a.accuracy) * avg(b.accuracy - a.accuracy)) / (count(*) - 1.0)) as half,
  case when count(*) = 5 then 277.6 else 226.2 end * sqrt(max(0, avg((b.miss_ratio - a.miss_ratio) * (b.miss_ratio - a.miss_ratio)) - avg(b.miss_ratio - a.miss_ratio) * avg(b.miss_ratio - a.miss_ratio)) / (count(*) - 1.0)) as misses_half
from r a join r b on b.clients = a.clients and b.seed = a.seed and b.policy = a.policy
  and b.mean = 1 where a.mean = 0 group by a.clients, a.policy;
