#!/bin/sh
# seconds: 1
# needs: results/reference/validation-gpu.csv results/reference/validation-cpu.csv
# Live runs against simulations, as `laxity validate --out` wrote them on the
# machine with the device: on a GPU if the repository has that, else on a CPU.
#   validation.sh PROGRAM FOLDER QUICK
set -eu
for kind in gpu cpu; do
	from=results/reference/validation-$kind.csv
	[ -e "$from" ] || continue
	cp "$from" "$2/validation.csv"
	rm -f "$2/validation.db"
	sqlite3 "$2/validation.db" ".import --csv $from validation" \
		"create table origin as select '$kind' as kind"
	exit 0
done
exit 1
