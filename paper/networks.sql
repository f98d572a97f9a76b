-- title: the networks, and what co-runners do to them (ALERT, table 1 as recalled)
-- from: trace
-- caption: Accuracy at full depth, mean time and energy of a full pass on all SMs alone; and
--   the median of its time beside each co-runner over that alone. H100, CIFAR-10, batch 1.
with e as (select network, max(depth) as exits, sum(mean_ns) / 1e6 as ms, 1e3 * sum(energy_j) as mj
    from info where environment = 'default' and setting = 'sm132' group by network),
a as (select network, 100 * accuracy as accuracy, max(depth) from info
    where environment = 'default' and setting = 'sm132' group by network),
r as (select network, environment, duration_ns,
    row_number() over (partition by network, environment order by duration_ns) as r,
    count(*) over (partition by network, environment) as n
  from pass where setting = 'sm132'),
m as (select network, environment, max(case when r <= 0.5 * n + 0.5 then duration_ns end) as p50
  from r group by network, environment)
select e.network, e.exits, printf('%.2f', a.accuracy) as "accuracy (%)",
  printf('%.3f', e.ms) as "time (ms)", printf('%.1f', e.mj) as "energy (mJ)",
  printf('%.2f', max(case when m.environment = 'compute-stream' then 1.0 * m.p50 / d.p50 end)) as "compute, stream",
  printf('%.1f', max(case when m.environment = 'memory-stream' then 1.0 * m.p50 / d.p50 end)) as "memory, stream",
  printf('%.2f', max(case when m.environment = 'compute-timeslice' then 1.0 * m.p50 / d.p50 end)) as "compute, slices",
  printf('%.1f', max(case when m.environment = 'memory-timeslice' then 1.0 * m.p50 / d.p50 end)) as "memory, slices"
from e join a using (network) join m using (network)
  join m as d on d.network = e.network and d.environment = 'default'
group by e.network order by e.exits > 1, e.ms;
