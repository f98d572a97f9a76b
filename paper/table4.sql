-- title: energy and error of each scheme over the constraint grid (ALERT, table 4 as recalled)
-- from: alert-grid
-- caption: Mean over 35 settings an environment of energy (least energy for an accuracy)
--   and nominal error (least error for an energy), each divided by that of the best fixed
--   choice in hindsight, over settings that neither violates; in brackets how many
--   settings the scheme violates, of those that the fixed choice does not. Schemes marked
--   * see the future. Two of the environments are not described by one slowdown factor.
with g as (select environment, objective, deadline, level, policy,
    cast(setting_violated as integer) as v, cast(energy_j as real) as e, cast(error as real) as q from grid),
s as (select * from g where policy = 'oracle-static'),
r as (select g.environment, g.objective, g.policy, g.v,
    case g.objective when 'energy' then g.e / s.e else g.q / s.q end as x
  from g join s using (environment, objective, deadline, level) where s.v = 0)
select objective as "least", policy || case when policy in ('alert-oracle', 'oracle-static') then ' *' else '' end as scheme,
  max(case when environment = 'default' then cell end) as "alone",
  max(case when environment = 'compute-stream' then cell end) as "compute, stream",
  max(case when environment = 'default+compute-stream' then cell end) as "stream, on and off",
  max(case when environment = 'default+compute-timeslice' then cell end) as "time slices, on and off"
from (select environment, objective, policy,
    printf('%.3f [%d]', avg(case when v = 0 then x end), sum(v)) as cell
  from r group by environment, objective, policy)
group by objective, policy
order by objective != 'energy', policy in ('alert-oracle', 'oracle-static'), policy;
