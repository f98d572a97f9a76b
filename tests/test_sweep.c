/* `laxity sweep` and `export`, through the real program: what is run, what is run
 * again, what is refused. */
#include "../sim/mem.h"
#include "support_sql.h"
#include "support_sweep.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- What is run ------------------------------------------------------------------- */

START_TEST(every_point_policy_and_replication_is_run_once)
{
	char *expected = mem_printf("laxity: note: %s: %d runs stored, 0 were "
		"there\n", at.db, SWEEP_RUNS);

	sweep_ok(" --jobs 2");
	ck_assert_str_eq(at.p.err, expected);
	ck_assert_str_eq(at.p.out, "");
	ck_assert_int_eq(sql_number(at.db, "select count(*) from runs"), SWEEP_RUNS);
	ck_assert_int_eq(sql_number(at.db, "select count(*) from (select distinct "
		"workload, policy, seed from runs)"), SWEEP_RUNS);
	ck_assert_str_eq(sql_ask(at.db, "select group_concat(text, ' ') from "
		"(select text from policy order by position)", NULL),
		"edf lcf imprecise:predictor=max,delta=0.1");
	free(expected);
	/* Again: nothing is left to do, and nothing changes. */
	expected = mem_printf("laxity: note: %s: 0 runs stored, %d were there\n",
		at.db, SWEEP_RUNS);
	sweep_ok("");
	ck_assert_str_eq(at.p.err, expected);
	free(expected);
}
END_TEST

START_TEST(a_run_of_a_sweep_is_that_of_laxity_run)
{
	char *line;

	sweep_ok(" --bounds");
	line = sql_ask(at.db, "select printf('\nlcf,4,300,%d,%.9g,%.9g,', missed, "
		"miss_ratio, accuracy) from runs r where policy = 'lcf' "
		"and seed = 4 and clients = 32 and exists (select 1 from "
		"workload_key k where k.workload = r.workload and "
		"name = 'deadline.max' and value = '3597408ns')", NULL);
	test_write(at.ini, strstr(sweep_experiment, "[sweep]"));
	program_line(&at.p, "run -w workloads/default.ini --set workload.requests=300 "
		"--set workload.warmup=10 --set arrivals.clients=32 "
		"--set deadline.max=12T -p lcf --seed 4 --format csv --bounds");
	ck_assert_msg(strstr(at.p.out, line) != NULL, "%s%s%s", at.p.out, at.p.err, line);
	line = sql_ask(at.db, "select printf(',%.9g,%.9g\n', bound, regret) "
		"from runs r where policy = 'lcf' and seed = 4 and clients = 32 "
		"and exists (select 1 from workload_key k "
		"where k.workload = r.workload and name = 'deadline.max' "
		"and value = '3597408ns')", NULL);
	ck_assert_msg(strstr(at.p.out, line) != NULL, "%s%s%s", at.p.out, at.p.err, line);
}
END_TEST

START_TEST(results_do_not_depend_on_the_number_of_jobs)
{
	char *expected = sweep_reference(), *text;

	sweep_ok(" --jobs 3");
	text = sweep_export(at.db);
	ck_assert_str_eq(text, expected);
	free(text);
	free(expected);
}
END_TEST

START_TEST(a_dry_run_lists_the_runs_and_makes_nothing)
{
	int n = 0;

	program_line(&at.p, "sweep %s --dry-run", at.ini);
	ck_assert_int_eq(at.p.status, 0);
	ck_assert(strstr(at.p.out, "arrivals.clients,deadline.max,policy,seed,finished\n"
		"4,12T,edf,1,0\n4,12T,lcf,1,0\n"
		"4,12T,\"imprecise:predictor=max,delta=0.1\",1,0\n"
		"4,12T,edf,2,0\n") == at.p.out);
	for (const char *s = at.p.out; (s = strchr(s, '\n')); s++)
		n++;
	ck_assert_int_eq(n, 1 + SWEEP_RUNS);
	program_line(&at.p, "sweep %s --dry-run --db %s", at.ini, at.db);
	ck_assert_int_eq(at.p.status, 0);
	ck_assert(access(at.db, F_OK) != 0);
	sweep_ok(" --shard 1/3");
	program_line(&at.p, "sweep %s --dry-run --db %s", at.ini, at.db);
	ck_assert(strstr(at.p.out, "\n4,12T,edf,1,1\n") != NULL);
	ck_assert(strstr(at.p.out, "\n4,12T,edf,2,0\n") != NULL);
}
END_TEST

/* Field k of a CSV line, from 0; commas within quotes do not count. */
static const char *field(const char *line, int k)
{
	int quoted = 0;

	for (; k > 0 && *line && *line != '\n'; line++) {
		quoted ^= *line == '"';
		k -= *line == ',' && !quoted;
	}
	return line;
}

/* Place of a column in a header. */
static int place(const char *header, const char *name)
{
	size_t n = strlen(name);
	int k = 0;

	while (strncmp(field(header, k), name, n) || !strchr(",\n",
	    field(header, k)[n]))
		k++;
	return k;
}

START_TEST(replications_go_on_until_the_interval_is_narrow)
{
	char *text, *again;
	int count, half, points = 0, early = 0;

	sweep_ok(" --precision 0.02 --most 30 --jobs 2");
	/* All policies of a point have the same replications. */
	ck_assert_int_eq(sql_number(at.db, "select count(*) from (select workload "
		"from (select workload, count(*) as n from runs group by policy, "
		"workload) group by workload having count(distinct n) > 1)"), 0);
	program_line(&at.p, "export summary %s", at.db);
	count = place(at.p.out, "n");
	half = place(at.p.out, "accuracy_half");
	for (char *line = strchr(at.p.out, '\n') + 1; *line;
	     line = strchr(line, '\n') + 1, points++) {
		double n = strtod(field(line, count), NULL);
		ck_assert(n == 5 || n == 8 || n == 12 || n == 18 || n == 27
			|| n == 30);
		ck_assert(n == 30 || strtod(field(line, half), NULL) <= 0.02);
		early += n < 30;
	}
	ck_assert_int_eq(points, 18);
	ck_assert(early > 0);
	ck_assert_int_gt(sql_number(at.db, "select count(*) from runs"), SWEEP_RUNS);
	sweep_ok(" --precision 0.02 --most 30 --jobs 1");
	ck_assert(strstr(at.p.err, ": 0 runs stored, ") != NULL);
	/* From nothing, with one process, the same. */
	text = sweep_export(at.db);
	ck_assert_int_eq(unlink(at.db), 0);
	sweep_ok(" --precision accuracy=0.02 --most 30 --jobs 1");
	again = sweep_export(at.db);
	ck_assert_str_eq(text, again);
	free(again);
	free(text);
}
END_TEST

/* ---- Change --------------------------------------------------------------------------- */

START_TEST(a_changed_trace_is_noticed)
{
	static const char *const files[] = { "outcomes.csv", "power.csv",
		"settings.csv", "timing.csv", "trace.ini" };
	char *text = mem_printf("[workload]\ntrace = %s\nnetworks = n3\n"
		"requests = 50\n[arrivals]\nprocess = poisson\nload = 0.8\n"
		"[deadline]\ndistribution = constant\nvalue = 20us\n[axis]\n"
		"arrivals.load = 0.5, 1\n[sweep]\npolicies = edf fifo\n", at.dir);
	char *trace = test_path(at.dir, "trace.ini");

	test_write(at.ini, text);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char *from = test_path("tests/schedules/trace", files[i]);
		char *to = test_path(at.dir, files[i]);
		test_copy(from, to);
		free(from);
		free(to);
	}
	sweep_ok("");
	ck_assert(strstr(at.p.err, ": 40 runs stored, 0 were there") != NULL);
	test_append(trace, "; measured again\n");
	sweep_ok("");
	ck_assert(strstr(at.p.err, ": 40 runs stored, 0 were there") != NULL);
	ck_assert_int_eq(sql_number(at.db, "select count(*) from trace"), 2);
	program_line(&at.p, "export csv %s", at.db);
	ck_assert(strstr(at.p.out, "arrivals.load,trace sha256,policy,") == at.p.out);
	free(trace);
	free(text);
}
END_TEST

START_TEST(a_run_by_other_code_is_done_again)
{
	char *before, *after;

	sweep_policies("edf");
	sweep_ok("");
	before = sweep_export(at.db);
	/* As if another program had made the runs of two seeds. */
	sql_change(at.db, "update run set key = 'other' || id, code = 'other', "
		"accuracy = 0.5 where seed < 3");
	sweep_ok("");
	ck_assert(strstr(at.p.err, ": 12 runs stored, 18 were there") != NULL);
	after = sweep_export(at.db);
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
}
END_TEST

/* ---- What is refused -------------------------------------------------------------------- */

#define E "tests/experiment.ini"
static const struct { const char *line, *message; } bad[] = {
	{ "sweep", "sweep: one EXPERIMENT.ini" },
	{ "sweep a.ini b.ini --db x.db", "sweep: one EXPERIMENT.ini" },
	{ "sweep a.ini", "sweep: where to? --db FILE is missing" },
	{ "sweep none.ini --db x.db", "none.ini: cannot open: No such file or "
		"directory" },
	{ "sweep " E " --db none/x.db", "none/x.db: No such file or directory" },
	{ "sweep " E " --db workloads/default.ini", "workloads/default.ini: is not a "
		"SQLite database" },
	{ "sweep " E " --db x.db --shard 3", "sweep: --shard: '3' is not i/n with "
		"1 <= i <= n" },
	{ "sweep " E " --db x.db --shard 0/2", "sweep: --shard: '0/2' is not i/n with "
		"1 <= i <= n" },
	{ "sweep " E " --db x.db --shard 3/2", "sweep: --shard: '3/2' is not i/n with "
		"1 <= i <= n" },
	{ "sweep " E " --db x.db --shard 1/2/3", "sweep: --shard: '1/2/3' is not i/n "
		"with 1 <= i <= n" },
	{ "sweep " E " --db x.db --jobs 0", "sweep: --jobs: '0' is no whole number from "
		"1 to 1024" },
	{ "sweep " E " --db x.db --precision 0", "sweep: --precision: '0' is not "
		"METRIC=NUMBER with a number above 0" },
	{ "sweep " E " --db x.db --precision speed=1", "sweep: --precision: 'speed' is "
		"no column of runs" },
	{ "sweep " E " --db x.db --precision regret=1", "sweep: --precision: 'regret' is "
		"no column of runs" },
	{ "sweep " E " --db x.db --most 10", "sweep: --most is for --precision" },
	{ "sweep " E " --db x.db --set sweep.policies=none", "unknown policy 'none'; "
		"policies: fifo..." },
	{ "sweep " E " --db x.db --set axis.arrivals.clients=4,many", "--set "
		"arrivals.clients: clients = 'many': an integer from 1 to 1000000 "
		"expected" },
	{ "sweep " E " --db x.db --set arrivals.reissue=response --bounds", "sweep: "
		"--bounds: with reissue = response the requests depend on the "
		"policy, so nothing bounds them all" },
	{ "merge", "merge: OUT.db and at least one IN.db" },
	{ "merge x.db", "merge: OUT.db and at least one IN.db" },
	{ "merge x.db none.db", "none.db: No such file or directory" },
	{ "merge x.db workloads/default.ini", "workloads/default.ini: is not a "
		"SQLite database" },
	{ "merge workloads/default.ini workloads/default.ini", "merge: "
		"workloads/default.ini and workloads/default.ini are the same "
		"file" },
	{ "merge x.db y.db --force", "merge: unknown option '--force'; it takes "
		"none" },
	{ "export", "export: csv | summary | requests | stages, and one database" },
	{ "export csv", "export: csv | summary | requests | stages, and one "
		"database" },
	{ "export xml x.db", "export: 'xml' is none of csv | summary | requests | "
		"stages" },
	{ "export csv none.db", "none.db: No such file or directory" },
	{ "export csv traces", "traces: is not a regular file" },
	{ "export csv workloads/default.ini", "workloads/default.ini: is not a "
		"SQLite database" },
};

START_TEST(bad_lines_are_refused_in_one_line)
{
	program_refuses_so(bad[_i].line, bad[_i].message);
	ck_assert(access("x.db", F_OK) != 0);
}
END_TEST

START_TEST(equal_policies_are_refused)
{
	char *expected = mem_printf("laxity: %s: policies 'edf' and 'edf:skip=on' "
		"are the same\n", at.ini);

	sweep_policies("edf lcf edf:skip=on");
	program_line(&at.p, "sweep %s --db %s", at.ini, at.db);
	ck_assert_int_eq(at.p.status, 2);
	ck_assert_str_eq(at.p.err, expected);
	ck_assert(access(at.db, F_OK) != 0);
	free(expected);
}
END_TEST

Suite *test_sweep(void);
Suite *test_sweep(void)
{
	Suite *s = suite_create("sweep");
	TCase *t = tcase_create("sweep");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, sweep_setup, sweep_teardown);
	tcase_add_test(t, every_point_policy_and_replication_is_run_once);
	tcase_add_test(t, a_run_of_a_sweep_is_that_of_laxity_run);
	tcase_add_test(t, results_do_not_depend_on_the_number_of_jobs);
	tcase_add_test(t, a_dry_run_lists_the_runs_and_makes_nothing);
	tcase_add_test(t, replications_go_on_until_the_interval_is_narrow);
	tcase_add_test(t, a_changed_trace_is_noticed);
	tcase_add_test(t, a_run_by_other_code_is_done_again);
	tcase_add_loop_test(t, bad_lines_are_refused_in_one_line, 0,
		sizeof bad / sizeof *bad);
	tcase_add_test(t, equal_policies_are_refused);
	suite_add_tcase(s, t);
	return s;
}
