#!/bin/sh
# seconds: 4
# Replay of measured samples against replay of their means: the same bundle with
# one sample, the mean, for each stage (as simulators do that know one time a
# stage).
#   mean-replay.sh PROGRAM FOLDER QUICK
set -eu
from=traces/h100-cifar10 to=$2/mean-bundle
rm -rf "$to"
mkdir -p "$to"
cp $from/outcomes.csv $from/power.csv $from/settings.csv "$to"
grep -v '^#' $from/timing.csv | awk -F, -v OFS=, '
	NR == 1 { print; next }
	{ key = $1 OFS $2 OFS $3 OFS 0 OFS $5; sum[key] += $6; n[key]++ }
	END { for (k in sum) printf "%s,%.0f,\n", k, sum[k] / n[k] }' >"$to/timing.csv"
hash=$(sha256sum <"$to/timing.csv" | cut -d' ' -f1)
sed "s/^timing.csv = .*/timing.csv = $hash/" $from/trace.ini >"$to/trace.ini"
few=
[ "$3" = 0 ] || few=--set=workload.requests=400
for bundle in "$from" "$to"; do
	"$1" sweep paper/experiments/mean-replay.part --db "$2/mean-replay.db" \
		--jobs "${JOBS:-2}" \
		--set "workload.trace=$bundle" ${few:+"$few"}
done
"$1" export summary "$2/mean-replay.db" --out "$2/mean-replay.csv"
