#!/bin/sh
# seconds: 4
# Least energy for an accuracy by a deadline, every choice in hindsight: the
# network alone (at the full cap), the cap alone (with the most accurate single
# network), both. On the modelled power caps.
#   oracle-study.sh PROGRAM FOLDER QUICK
set -eu
db=$2/oracle-study.db
all='nested4, staged3, staged6, resnet8, resnet14, resnet20w2, resnet32w2'
caps='cap700, cap630, cap560, cap490, cap420, cap350, cap280'
for deadline in 200 300 400 600 800 1000 1300; do
	for level in app sys both; do
		networks=$all settings=$caps
		case $level in
		app) settings=cap700 ;;
		sys) networks=resnet32w2 ;;
		esac
		"$1" sweep paper/experiments/oracle-study.part --db "$db" --jobs "${JOBS:-2}" \
			--set "workload.networks=$networks" \
			--set "workload.settings=$settings" \
			--set "arrivals.period=${deadline}us" \
			--set "deadline.value=${deadline}us"
	done
done 2>/dev/null
"$1" export summary "$db" --out "$2/oracle-study.csv"
