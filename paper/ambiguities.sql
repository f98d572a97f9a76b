-- Each reading against the default of the same policy on the same requests: mean
-- difference in points of accuracy, half its 95 % interval, by clients.
with r as (select u.clients, u.seed, u.policy, u.accuracy, u.miss_ratio,
    case when instr(u.policy, ':') then substr(u.policy, 1, instr(u.policy, ':') - 1) else u.policy end as base
  from runs u join workload_key k on k.workload = u.workload
    and k.name = 'arrivals.reissue' and k.value = 'deadline'),
d as (select a.clients, a.policy, a.base, 100 * (a.accuracy - b.accuracy) as x,
    100 * (a.miss_ratio - b.miss_ratio) as m
  from r a join r b on b.clients = a.clients and b.seed = a.seed and b.policy = a.base
  where a.policy != a.base),
s as (select clients, policy, base, avg(x) as points, avg(m) as misses,
    case when count(*) = 5 then 2.776 else 2.262 end * sqrt(max(0, avg(x * x) - avg(x) * avg(x)) / (count(*) - 1.0)) as half
  from d group by clients, policy)
select clients, replace(policy, ',', ' ') as policy, points, half, misses, dense_rank() over (
    order by base = 'imprecise', base = 'lcf', base = 'rr', policy) as place
from s order by place, clients;
