/* Command lines that `laxity run` refuses. */
#include "support_program.h"

#include <check.h>

#define W "run -w workloads/default.ini"
#define EDF W " -p edf"

/* For program_refuses_so. */
static const struct { const char *line, *message; } bad[] = {
	{ "run", "run: which workload? -w FILE is missing" },
	{ "run -w", "run: -w: a value is missing" },
	{ W, "run: which policy? -p NAME is missing; laxity policies lists them" },
	{ "run -p edf", "run: which workload? -w FILE is missing" },
	{ "run -w nothing.ini -p edf",
		"nothing.ini: cannot open: No such file or directory" },
	{ "run -w workloads -p edf", "workloads: a directory, not a file" },
	{ W " -p", "run: -p: a value is missing" },
	{ W " -p nothing", "unknown policy 'nothing'; policies: fifo..." },
	{ EDF ":", "policy 'edf': a parameter is missing at the end of 'edf:'" },
	{ EDF ":skip",
		"policy 'edf': parameter 'skip' does not take ''; allowed: on "
		"| off" },
	{ EDF ":skip=maybe",
		"policy 'edf': parameter 'skip' does not take 'maybe'; "
		"allowed: on | off" },
	{ EDF ":skip=on,skip=on",
		"policy 'edf': parameter 'skip' given twice; parameters: "
		"skip, plan_quantile" },
	{ EDF ":slip=on",
		"policy 'edf': unknown parameter 'slip'; parameters: skip, "
		"plan_quantile" },
	{ EDF ":skip=on,",
		"policy 'edf': a parameter is missing at the end of "
		"'edf:skip=on,'" },
	{ W " -p imprecise:delta=0",
		"policy 'imprecise': parameter 'delta' does not take '0'; "
		"allowed: a number from 0.0001 to 1" },
	{ W " -p imprecise:delta=nan",
		"policy 'imprecise': parameter 'delta' does not take 'nan'; "
		"allowed: a number from 0.0001 to 1" },
	{ W " -p imprecise:plan_quantile=0.9",
		"policy 'imprecise': parameter 'plan_quantile' does not take "
		"'0.9'; allowed: 0.99 | 0.5" },
	{ W " -p ./none.so", "./none.so: cannot open: No such file or directory" },
	{ EDF " --seed 0",
		"run: --seed: '0' is no whole number from 1 to 4294967295" },
	{ EDF " --seed -1",
		"run: --seed: '-1' is no whole number from 1 to 4294967295" },
	{ EDF " --seed 1.5",
		"run: --seed: '1.5' is no whole number from 1 to 4294967295" },
	{ EDF " --seed 4294967296",
		"run: --seed: '4294967296' is no whole number from 1 to "
		"4294967295" },
	{ EDF " --seed 4294967295 --replications 2",
		"run: --seed 4294967295 with 2 replications goes past 2^32-1" },
	{ EDF " --replications 0",
		"run: --replications: '0' is no whole number from 1 to 1000000" },
	{ EDF " --replications ten",
		"run: --replications: 'ten' is no whole number from 1 to 1000000" },
	{ EDF " --replications 2 --replications 2",
		"run: --replications is given twice" },
	{ EDF " --format xml",
		"run: --format: 'xml' is none of table | csv | json" },
	{ EDF " --format", "run: --format: a value is missing" },
	{ EDF " --formt=csv", "run: unknown option '--formt'; options: -w..." },
	{ EDF " -x", "run: unknown option '-x'; options: -w..." },
	{ EDF " extra", "run: 'extra' is not an option" },
	{ EDF " --bounds=yes", "run: --bounds takes no value" },
	{ EDF " --jobs 0", "run: --jobs: '0' is no whole number from 1 to 1024" },
	{ EDF " --keep requests", "run: --keep: keep where? --db FILE is missing" },
	{ EDF " --db a.db --keep all",
		"run: --keep: 'all' is none of requests | stages" },
	{ EDF " -p rr --requests-out o.csv",
		"run: --requests-out is for one policy and one replication" },
	{ EDF " --replications 2 --estimates o.csv",
		"run: --estimates is for one policy and one replication" },
	{ EDF " --replications 2 --timeline o.json",
		"run: --timeline is for one policy and one replication" },
	{ EDF " --requests-out none/o.csv",
		"none/o.csv: cannot write: No such file or directory" },
	{ EDF " --timeline none/o.json",
		"none/o.json: cannot write: No such file or directory" },
	{ EDF " --requests-out workloads", "workloads: a directory, not a file" },
	{ EDF " --db none/a.db", "none/a.db: No such file or directory" },
	{ EDF " --db workloads", "workloads: is not a regular file" },
	{ EDF " --db workloads/default.ini",
		"run: -w and --db are the same file, workloads/default.ini" },
	{ EDF " --db README.md", "README.md: is not a SQLite database" },
	{ EDF " --set", "run: --set: a value is missing" },
	{ EDF " --set clients=3", "--set clients=3: section.key=value expected" },
	{ EDF " --set arrivals.clients",
		"--set arrivals.clients: section.key=value expected" },
	{ EDF " --set arrivals.clients=many",
		"--set arrivals.clients: clients = 'many': an integer from 1 "
		"to 1000000 expected" },
	{ EDF " --set arrivals.clients=-1",
		"--set arrivals.clients: clients = '-1': an integer from 1 to "
		"1000000 expected" },
	{ EDF " --set arrivals.load=1",
		"--set arrivals.load: load is not a key of process = closed" },
	{ EDF " --set deadline.min=2",
		"--set deadline.min: min = '2': a unit is missing: ns, us, "
		"ms, s or T" },
	{ EDF " --set deadline.min=30T",
		"workloads/default.ini:21: max = 22T is below min" },
	{ EDF " --set workload.trace=none",
		"none: cannot open: No such file or directory" },
	{ EDF " --set workload.networks=none",
		"--set workload.networks: networks: traces/h100-cifar10 has "
		"no network 'none'" },
	{ EDF " --set workload.settings=none",
		"--set workload.settings: settings: traces/h100-cifar10 has "
		"no setting 'none'" },
	{ EDF " --set workload.requests=0",
		"--set workload.requests: requests = '0': an integer from 1 "
		"to 1000000000000 expected" },
	{ EDF " --set workload.requests=1e3",
		"--set workload.requests: requests = '1e3': an integer from 1 "
		"to 1000000000000 expected" },
	{ EDF " --set workload.devices=0",
		"--set workload.devices: devices = '0': an integer from 1 to "
		"1024 expected" },
	{ EDF " --set environment.timeline=1s",
		"--set environment.timeline: timeline: 'instant name, ...' "
		"expected" },
	{ EDF " --set arrivals.reissue=response --bounds",
		"run: --bounds: with reissue = response the requests depend "
		"on the policy, so nothing bounds them all" },
	{ EDF " --set axis.arrivals.clients=1,2",
		"--set axis: [axis] belongs to an experiment (laxity sweep)" },
	{ EDF " --set workload.requests=10 --set workload.requests=20",
		"--set workload.requests: given twice" },
	{ "run -w /dev/null -p edf", "/dev/null: not a regular file" },
	{ "run -w /dev/zero -p edf", "/dev/zero: not a regular file" },
};

START_TEST(bad_lines_are_refused_in_one_line)
{
	program_refuses_so(bad[_i].line, bad[_i].message);
}
END_TEST

Suite *test_run_bad(void);
Suite *test_run_bad(void)
{
	Suite *s = suite_create("run_bad");
	TCase *t = tcase_create("run_bad");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, bad_lines_are_refused_in_one_line, 0,
		sizeof bad / sizeof *bad);
	suite_add_tcase(s, t);
	return s;
}
