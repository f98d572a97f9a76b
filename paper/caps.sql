-- A full pass under each power cap, and the energy of a period of 2 ms with one.
select c.network, k.power_cap_w, sum(c.mean_ns) / 1e6 as time_ms,
  1e3 * sum(c.energy_j) as energy_mj,
  1e3 * (sum(c.energy_j) + k.idle_power_w * (2e-3 - sum(c.mean_ns) / 1e9)) as period_mj
from caps c join cap k on k.setting = c.setting
where c.environment = 'default' group by c.network, k.power_cap_w order by 1, 2;
