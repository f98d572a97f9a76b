#!/bin/sh
# seconds: 3
# What a choice of configuration costs: wall time of policy and simulator an input,
# among the measured configurations and among those of the modelled power caps; one
# run at a time. Not reproducible to the byte, by its nature.
# with: alone
#   overhead.sh PROGRAM FOLDER QUICK
set -eu
few=
[ "$3" = 0 ] || few=--set=workload.requests=200
caps='cap700, cap630, cap560, cap490, cap420, cap350, cap280'
for settings in sm132 "$caps"; do
	trace=traces/h100-cifar10
	[ "$settings" = sm132 ] || trace=$trace-caps
	"$1" sweep paper/experiments/overhead.part --db "$2/overhead.db" --jobs 1 \
		--set "workload.trace=$trace" --set "workload.settings=$settings" \
		${few:+"$few"}
done
