-- Each reading against the default of the same policy on the same requests: mean
-- difference in points of accuracy, half its 95 % interval, by clients; and each
-- policy when clients ask again at the response, against itself at the deadline.
with r as (select u.clients, u.seed, u.policy, u.accuracy, k.value as reissue,
    case when instr(u.policy, ':') then substr(u.policy, 1, instr(u.policy, ':') - 1) else u.policy end as base
  from runs u join workload_key k on k.workload = u.workload and k.name = 'arrivals.reissue'),
d as (select a.clients, a.policy as reading, a.base, 0 as other, 100 * (a.accuracy - b.accuracy) as x
  from r a join r b on b.clients = a.clients and b.seed = a.seed and b.policy = a.base and b.reissue = 'deadline'
  where a.policy != a.base and a.reissue = 'deadline'
  union all
  select a.clients, a.policy || ',reissue=response', a.base, 1, 100 * (a.accuracy - b.accuracy)
  from r a join r b on b.clients = a.clients and b.seed = a.seed and b.policy = a.policy and b.reissue = 'deadline'
  where a.policy = a.base and a.policy != 'oracle' and a.reissue = 'response'),
s as (select clients, reading, base, other, avg(x) as points,
    case when count(*) = 5 then 2.776 else 2.262 end * sqrt(max(0, avg(x * x) - avg(x) * avg(x)) / (count(*) - 1.0)) as half
  from d group by clients, reading, base, other)
select clients, replace(reading, ',', ' ') as policy, points, half, dense_rank() over (
    order by other, base = 'imprecise', base = 'lcf', base = 'rr', reading) as place
from s order by place, clients;
