-- What is asked of a grid (`laxity grid --format csv`, imported as the table grid).

-- Its settings, with types; x is what the objective makes small.
create view setting as
  select environment, objective, cast(deadline as real) as deadline, cast(level as real) as level,
    policy, cast(setting_violated as integer) as violated, cast(miss_ratio as real) as misses,
    cast(case objective when 'energy' then energy_j else error end as real) as x
  from grid;

-- ALERT's energy, or error, over each other's, by environment: mean of the quotients over
-- the settings that neither violates.
create view alert_over as
  select b.objective, b.policy, b.environment, avg(a.x / b.x) as ratio, count(*) as settings
  from setting a join setting b using (environment, objective, deadline, level)
  where a.policy = 'alert' and a.violated = 0 and b.violated = 0
  group by 1, 2, 3;

-- The same over environments: harmonic mean, least and greatest of them.
create view alert_over_all as
  select objective, policy, count(*) / sum(1 / ratio) as ratio, min(ratio) as least,
    max(ratio) as greatest, sum(settings) as settings
  from alert_over group by 1, 2;

-- Everybody's over that of the best fixed choice, by environment; violated settings count
-- of those that the fixed choice does not violate.
create view over_fixed as
  select g.environment, g.objective, g.policy,
    avg(case when g.violated = 0 then g.x / s.x end) as ratio,
    sum(g.violated) as violated, count(*) as settings
  from setting g join setting s using (environment, objective, deadline, level)
  where s.policy = 'oracle-static' and s.violated = 0
  group by 1, 2, 3;
