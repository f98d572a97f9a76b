-- Energy of an input up to its deadline where at most 10 % of them miss a goal.
select cast(p.value as real) * case when p.value like '%us' then 1e-3 when p.value like '%ns' then 1e-6 else 1 end as deadline_ms,
  100 * cast(a.value as real) as goal, case when s.value = 'cap700' then 'app'
    when n.value = 'resnet32w2' then 'sys' else 'both' end as choice,
  1e3 * u.goal_energy_j as energy_mj, u.violated_ratio,
  case when u.violated_ratio <= 0.1 then 1e3 * u.goal_energy_j end as met
from runs u join workload_key p on p.workload = u.workload and p.name = 'deadline.value'
  join workload_key a on a.workload = u.workload and a.name = 'goal.accuracy'
  join workload_key s on s.workload = u.workload and s.name = 'workload.settings'
  join workload_key n on n.workload = u.workload and n.name = 'workload.networks'
order by choice, goal, deadline_ms;
