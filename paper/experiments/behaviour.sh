#!/bin/sh
# seconds: 1
# What ALERT believes and chooses, input by input: least error within an energy
# budget, deadline 1.23 x the time of the largest single-exit network, a co-runner on inputs 46 to
# 119. With both kinds of network and with traditional ones alone.
#   behaviour.sh PROGRAM FOLDER QUICK
set -eu
db=$2/behaviour.db
rm -f "$db" "$db.tmp"
for candidates in all trad; do
	"$1" run -w paper/experiments/behaviour.part \
		-p alert:candidates=$candidates,preset=calibrated \
		--estimates "$2/behaviour-$candidates.csv.tmp" >/dev/null
	sqlite3 "$db.tmp" ".import --csv $2/behaviour-$candidates.csv.tmp $candidates"
	rm -f "$2/behaviour-$candidates.csv.tmp"
done
mv "$db.tmp" "$db"
