-- What each network, exit and number of SMs costs, alone.
select network, setting, depth, 100 * accuracy as accuracy,
  sum(mean_ns) over w / 1e6 as time_ms, 1e3 * sum(energy_j) over w as energy_mj
from info where environment = 'default'
window w as (partition by network, setting order by depth) order by setting, network, depth;
