-- title: the platform and its settings (ALERT, tables 2 and 3 as recalled)
-- from: trace
-- caption: What the trace was measured on, from its own record; and the settings a policy may
--   choose from. Power caps are modelled: idle power as measured, times and power from
--   published facts about a V100.
select 'device' as what, device as "is" from origin
union all select 'driver, CUDA, cuDNN', driver || ', ' || cuda || ', ' || cudnn from origin
union all select 'framework', framework from origin
union all select 'precision', precision from origin
union all select 'date', date from origin
union all select * from (select setting || ', measured', sm_count || ' SMs, idle ' || printf('%.0f', idle_power_w) || ' W'
  from setting order by sm_count desc)
union all select * from (select setting || ', modelled', 'cap ' || printf('%.0f', power_cap_w) || ' W, idle ' || printf('%.0f', idle_power_w) || ' W'
  from cap order by power_cap_w desc);
