-- title: energy and error of each scheme over the grid on power caps (modelled)
-- from: alert-grid-caps
-- caption: As table4, on the modelled power caps: mean over 35 settings an environment of
--   energy (least energy for an accuracy)
--   and nominal error (least error for an energy), each divided by that of the best fixed
--   choice in hindsight, over settings that neither violates; in brackets how many
--   settings the scheme violates, of those that the fixed choice does not. Schemes marked
--   * see the future. One of the environments, time slices, is not described by one
--   slowdown factor.
select case objective when 'energy' then 'energy' else 'error' end as "least", policy || case when policy in ('alert-oracle', 'oracle-static') then ' *' else '' end as scheme,
  max(case when environment = 'default' then cell end) as "alone",
  max(case when environment = 'compute-stream' then cell end) as "compute, stream",
  max(case when environment = 'default+compute-stream' then cell end) as "stream, on and off",
  max(case when environment = 'default+compute-timeslice' then cell end) as "slices, on and off",
  printf('%.3f', count(ratio) / sum(1 / ratio)) as "harmonic mean"
from (select *, printf('%.3f [%d]', ratio, violated) as cell from over_fixed)
group by objective, policy
order by objective != 'energy', policy in ('alert-oracle', 'oracle-static'), policy;
