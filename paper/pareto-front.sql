-- asks: trace
-- Exits on all SMs, alone, that no other beats in both accuracy and time, or energy.
with e as (select network, depth, 100 * accuracy as accuracy, sum(mean_ns) over w / 1e6 as time_ms,
    1e3 * sum(energy_j) over w as energy_mj
  from info where environment = 'default' and setting = 'sm132'
  window w as (partition by network order by depth))
select 'time_ms' as axis, * from e where not exists (select 1 from e as b
    where b.time_ms < e.time_ms and b.accuracy >= e.accuracy)
union all
select 'energy_mj', * from e where not exists (select 1 from e as b
    where b.energy_mj < e.energy_mj and b.accuracy >= e.accuracy)
order by 1, 4;
