#!/bin/sh
# seconds: 5
# The bundle itself, as tables: info (a line a network, setting, environment and
# depth), pass (a line a sample: its time against the profile's), stage (quantiles
# of each stage's time against the median alone), the modelled power caps, and
# origin, the record of where it was measured.
#   trace.sh PROGRAM FOLDER QUICK
set -eu
bundle=traces/h100-cifar10
db=$2/trace.db
rm -f "$db.tmp"
"$1" trace info $bundle --format csv >"$2/trace-info.csv.tmp"
"$1" trace info traces/h100-cifar10-caps --format csv >"$2/trace-caps.csv.tmp"
grep -v '^#' $bundle/timing.csv >"$2/trace-timing.csv.tmp"
grep -v '^#' $bundle/settings.csv >"$2/trace-settings.csv.tmp"
grep -v '^#' traces/h100-cifar10-caps/settings.csv >"$2/trace-cap.csv.tmp"
# "key = value" lines before the networks and under [provenance], as one row.
said() { sed -n "s/^$1 = //p" $bundle/trace.ini | head -n 1 | sed "s/'/''/g"; }
sqlite3 "$db.tmp" <<END
create table origin as select '$(said device)' as device, '$(said date)' as date,
  '$(said driver)' as driver, '$(said cuda)' as cuda, '$(said cudnn)' as cudnn,
  '$(said framework)' as framework, '$(said precision)' as precision,
  $(said inputs) as inputs;
create table info (network text, setting text, environment text, depth integer,
  accuracy real, mean_confidence real, ece real, samples integer, p50_ns integer,
  p99_ns integer, mean_ns real, power_w real, energy_j real);
create table caps as select * from info;
create table timing (network text, setting text, environment text,
  sample integer, depth integer, duration_ns integer, device_ns integer);
create table setting (setting text, sm_count integer, power_cap_w real,
  clock_mhz integer, idle_power_w real);
create table cap (setting text, sm_count integer, power_cap_w real,
  clock_mhz integer, idle_power_w real);
.import --csv --skip 1 $2/trace-info.csv.tmp info
.import --csv --skip 1 $2/trace-caps.csv.tmp caps
.import --csv --skip 1 $2/trace-timing.csv.tmp timing
.import --csv --skip 1 $2/trace-settings.csv.tmp setting
.import --csv --skip 1 $2/trace-cap.csv.tmp cap
create table pass as
  select network, setting, environment, sample, sum(duration_ns) as duration_ns,
    sum(duration_ns) / (select sum(mean_ns) from info i where i.network = t.network
      and i.setting = t.setting and i.environment = 'default') as slowdown
  from timing t group by network, setting, environment, sample;
create table stage as
  with ranked as (select network, environment, depth, duration_ns,
      row_number() over (partition by network, environment, depth
        order by duration_ns) as r,
      count(*) over (partition by network, environment, depth) as n
    from timing where setting = 'sm132')
  select network, environment, depth, n,
    max(case when r <= 0.10 * n + 0.5 then duration_ns end) as p10,
    max(case when r <= 0.25 * n + 0.5 then duration_ns end) as p25,
    max(case when r <= 0.50 * n + 0.5 then duration_ns end) as p50,
    max(case when r <= 0.75 * n + 0.5 then duration_ns end) as p75,
    max(case when r <= 0.90 * n + 0.5 then duration_ns end) as p90
  from ranked group by network, environment, depth;
drop table timing;
END
rm -f "$2"/trace-*.csv.tmp
mv "$db.tmp" "$db"
