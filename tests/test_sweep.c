/* `laxity sweep`, `merge` and `export`, through the real program. */
#include "../sim/mem.h"
#include "support_program.h"
#include "support_sql.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char experiment[] =
	"[workload]\n"
	"trace = traces/h100-cifar10\n"
	"networks = staged3\n"
	"requests = 300\n"
	"warmup = 10\n"
	"[arrivals]\n"
	"process = closed\n"
	"reissue = deadline\n"
	"[deadline]\n"
	"distribution = uniform\n"
	"min = 2T\n"
	"max = 22T\n"
	"[axis]\n"
	"arrivals.clients = 4, 16, 32\n"
	"deadline.max = 12T, 22T\n"
	"[sweep]\n"
	"policies = edf lcf imprecise:predictor=max,delta=0.1\n"
	"replications = 5\n";
enum { RUNS = 3 * 2 * 3 * 5 };

static char *dir, *ini, *db;
static struct program p;

static void setup(void)
{
	dir = test_directory();
	ini = test_path(dir, "e.ini");
	db = test_path(dir, "a.db");
	test_write(ini, experiment);
	p = (struct program){ 0 };
}

static void teardown(void)
{
	program_fini(&p);
	free(ini);
	free(db);
	test_directory_free(dir);
}

/* The whole content in an order of its own. */
static char *export(const char *file)
{
	struct program q = { 0 };
	char *text;

	program_line(&q, "export csv %s", file);
	ck_assert_msg(q.status == 0, "%s", q.err);
	text = mem_string(q.out);
	program_fini(&q);
	return text;
}

static void sweep_ok(const char *options)
{
	program_line(&p, "sweep %s --db %s%s", ini, db, options);
	ck_assert_msg(p.status == 0, "%s", p.err);
}

/* What an uninterrupted sweep of one process gives. */
static char *reference(void)
{
	char *file = test_path(dir, "reference.db"), *text;

	program_line(&p, "sweep %s --db %s --jobs 1", ini, file);
	ck_assert_msg(p.status == 0, "%s", p.err);
	text = export(file);
	free(file);
	return text;
}

/* ---- What is run ------------------------------------------------------------------- */

START_TEST(every_point_policy_and_replication_is_run_once)
{
	char *expected = mem_printf("laxity: note: %s: %d runs stored, 0 were "
		"there\n", db, RUNS);

	sweep_ok(" --jobs 2");
	ck_assert_str_eq(p.err, expected);
	ck_assert_str_eq(p.out, "");
	ck_assert_int_eq(sql_number(db, "select count(*) from runs"), RUNS);
	ck_assert_int_eq(sql_number(db, "select count(*) from (select distinct "
		"workload, policy, seed from runs)"), RUNS);
	ck_assert_str_eq(sql_ask(db, "select group_concat(text, ' ') from "
		"(select text from policy order by position)", NULL),
		"edf lcf imprecise:predictor=max,delta=0.1");
	free(expected);
	/* Again: nothing is left to do, and nothing changes. */
	expected = mem_printf("laxity: note: %s: 0 runs stored, %d were there\n",
		db, RUNS);
	sweep_ok("");
	ck_assert_str_eq(p.err, expected);
	free(expected);
}
END_TEST

START_TEST(a_run_of_a_sweep_is_that_of_laxity_run)
{
	char *line;

	sweep_ok(" --bounds");
	line = sql_ask(db, "select printf('\nlcf,4,300,%d,%.9g,%.9g,', missed, "
		"miss_ratio, accuracy) from runs r where policy = 'lcf' "
		"and seed = 4 and clients = 32 and exists (select 1 from "
		"workload_key k where k.workload = r.workload and "
		"name = 'deadline.max' and value = '3597408ns')", NULL);
	test_write(ini, strstr(experiment, "[sweep]"));
	program_line(&p, "run -w workloads/default.ini --set workload.requests=300 "
		"--set workload.warmup=10 --set arrivals.clients=32 "
		"--set deadline.max=12T -p lcf --seed 4 --format csv --bounds");
	ck_assert_msg(strstr(p.out, line) != NULL, "%s%s%s", p.out, p.err, line);
	line = sql_ask(db, "select printf(',%.9g,%.9g\n', bound, regret) "
		"from runs r where policy = 'lcf' and seed = 4 and clients = 32 "
		"and exists (select 1 from workload_key k "
		"where k.workload = r.workload and name = 'deadline.max' "
		"and value = '3597408ns')", NULL);
	ck_assert_msg(strstr(p.out, line) != NULL, "%s%s%s", p.out, p.err, line);
}
END_TEST

START_TEST(results_do_not_depend_on_the_number_of_jobs)
{
	char *expected = reference(), *text;

	sweep_ok(" --jobs 3");
	text = export(db);
	ck_assert_str_eq(text, expected);
	free(text);
	free(expected);
}
END_TEST

START_TEST(a_dry_run_lists_the_runs_and_makes_nothing)
{
	int n = 0;

	program_line(&p, "sweep %s --dry-run", ini);
	ck_assert_int_eq(p.status, 0);
	ck_assert(strstr(p.out, "arrivals.clients,deadline.max,policy,seed,finished\n"
		"4,12T,edf,1,0\n4,12T,lcf,1,0\n"
		"4,12T,\"imprecise:predictor=max,delta=0.1\",1,0\n"
		"4,12T,edf,2,0\n") == p.out);
	for (const char *s = p.out; (s = strchr(s, '\n')); s++)
		n++;
	ck_assert_int_eq(n, 1 + RUNS);
	program_line(&p, "sweep %s --dry-run --db %s", ini, db);
	ck_assert_int_eq(p.status, 0);
	ck_assert(access(db, F_OK) != 0);
	sweep_ok(" --shard 1/3");
	program_line(&p, "sweep %s --dry-run --db %s", ini, db);
	ck_assert(strstr(p.out, "\n4,12T,edf,1,1\n") != NULL);
	ck_assert(strstr(p.out, "\n4,12T,edf,2,0\n") != NULL);
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
	ck_assert_int_eq(sql_number(db, "select count(*) from (select workload "
		"from (select workload, count(*) as n from runs group by policy, "
		"workload) group by workload having count(distinct n) > 1)"), 0);
	program_line(&p, "export summary %s", db);
	count = place(p.out, "n");
	half = place(p.out, "accuracy_half");
	for (char *line = strchr(p.out, '\n') + 1; *line;
	     line = strchr(line, '\n') + 1, points++) {
		double n = strtod(field(line, count), NULL);
		ck_assert(n == 5 || n == 8 || n == 12 || n == 18 || n == 27
			|| n == 30);
		ck_assert(n == 30 || strtod(field(line, half), NULL) <= 0.02);
		early += n < 30;
	}
	ck_assert_int_eq(points, 18);
	ck_assert(early > 0);
	ck_assert_int_gt(sql_number(db, "select count(*) from runs"), RUNS);
	sweep_ok(" --precision 0.02 --most 30 --jobs 1");
	ck_assert(strstr(p.err, ": 0 runs stored, ") != NULL);
	/* From nothing, with one process, the same. */
	text = export(db);
	ck_assert_int_eq(unlink(db), 0);
	sweep_ok(" --precision accuracy=0.02 --most 30 --jobs 1");
	again = export(db);
	ck_assert_str_eq(text, again);
	free(again);
	free(text);
}
END_TEST

/* ---- Interruptions ------------------------------------------------------------------- */

/* Each kill counted here struck a sweep at work: one that was faster is held
 * against the uninterrupted one and begun anew. */
START_TEST(killed_at_any_moment_it_goes_on_to_the_same_end)
{
	char *expected = reference(), *text;
	const char *line[] = { "sweep", ini, "--db", db, "--jobs", "2", NULL };
	int wanted = getenv("LAXITY_QUICK") ? 12 : 50, status;
	int64_t before = 0, now;

	for (int i = 0, kills = 0; kills < wanted; i++) {
		struct timespec t = { 0, 1000000L * (i * 37 % 113) };
		pid_t child = program_start(line);
		(void)nanosleep(&t, NULL);
		(void)kill(child, SIGKILL);
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		if (WIFEXITED(status)) {
			ck_assert_int_eq(WEXITSTATUS(status), 0);
			text = export(db);
			ck_assert_str_eq(text, expected);
			free(text);
			ck_assert_int_eq(unlink(db), 0);
			before = 0;
			continue;
		}
		kills++;
		if (access(db, F_OK))
			continue;
		ck_assert_str_eq(sql_ask(db, "pragma integrity_check", NULL), "ok");
		if (!sql_number(db, "select count(*) from sqlite_schema"))
			continue;
		now = sql_number(db, "select count(*) from runs");
		ck_assert_int_ge(now, before);
		ck_assert_int_eq(now, sql_number(db, "select count(*) from run "
			"where ended = 'done' and accuracy is not null"));
		before = now;
	}
	sweep_ok(" --jobs 2");
	text = export(db);
	ck_assert_str_eq(text, expected);
	free(text);
	free(expected);
}
END_TEST

START_TEST(two_sweeps_on_one_database_lose_and_double_nothing)
{
	char *expected = reference(), *text;
	const char *line[] = { "sweep", ini, "--db", db, "--jobs", "1", NULL };
	pid_t one = program_start(line), two = program_start(line);
	int status;

	ck_assert_int_eq(waitpid(one, &status, 0), one);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(waitpid(two, &status, 0), two);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(sql_number(db, "select count(*) from run"), RUNS);
	text = export(db);
	ck_assert_str_eq(text, expected);
	free(text);
	free(expected);
}
END_TEST

/* A sweep that can be told from others by its first policy. */
static void write_experiment(const char *policies)
{
	char *text = mem_printf("%.*spolicies = %s\nreplications = 5\n",
		(int)(strstr(experiment, "policies") - experiment), experiment,
		policies);

	test_write(ini, text);
	free(text);
}

START_TEST(a_worker_that_dies_ends_the_sweep_and_keeps_what_is_done)
{
	char *killed = test_built("tests/plugins/killed.so");
	char *policies = mem_printf("edf %s", killed);

	sweep_ok("");
	write_experiment(policies);
	program_line(&p, "sweep %s --db %s --jobs 2", ini, db);
	ck_assert_int_eq(p.status, 1);
	ck_assert_str_eq(p.err, "laxity: a worker process was ended by signal 9\n");
	ck_assert_int_eq(sql_number(db, "select count(*) from run"), RUNS);
	free(policies);
	free(killed);
}
END_TEST

START_TEST(a_policy_that_errs_is_reported_once_whatever_the_jobs)
{
	char *bad = test_built("tests/plugins/bad_policy.so"), *first = NULL;
	char *policies = mem_printf("edf %s:does=finish_early", bad);

	write_experiment(policies);
	for (int jobs = 1; jobs <= 3; jobs++) {
		program_line(&p, "sweep %s --db %s --jobs %d", ini, db, jobs);
		ck_assert_int_eq(p.status, 1);
		if (!first)
			first = mem_string(p.err);
		ck_assert(strchr(p.err, '\n') == p.err + p.err_length - 1);
		ck_assert_str_eq(p.err, first);
	}
	/* The good policy's first runs are there. */
	ck_assert_int_gt(sql_number(db, "select count(*) from runs "
		"where policy = 'edf'"), 0);
	ck_assert_int_eq(sql_number(db, "select count(*) from runs "
		"where policy <> 'edf'"), 0);
	free(first);
	free(policies);
	free(bad);
}
END_TEST

#ifndef __SANITIZE_ADDRESS__
START_TEST(a_full_disk_is_reported_and_earlier_runs_are_intact)
{
	char *expected = mem_printf("laxity: %s: no space left; what was stored "
		"before is intact\n", db);
	char *preload = test_built("tests/plugins/full_disk.so");
	int64_t runs, size;
	char *bytes;

	write_experiment("edf");
	sweep_ok("");
	runs = sql_number(db, "select count(*) from run");
	size = sql_number(db, "select page_count * page_size from "
		"pragma_page_count, pragma_page_size");
	test_write(ini, experiment);
	bytes = mem_printf("%lld", (long long)size);
	ck_assert_int_eq(setenv("LD_PRELOAD", preload, 1), 0);
	ck_assert_int_eq(setenv("DISK_BYTES", bytes, 1), 0);
	program_line(&p, "sweep %s --db %s --jobs 2", ini, db);
	(void)unsetenv("LD_PRELOAD");
	(void)unsetenv("DISK_BYTES");
	ck_assert_int_eq(p.status, 1);
	ck_assert_str_eq(p.err, expected);
	ck_assert_str_eq(sql_ask(db, "pragma integrity_check", NULL), "ok");
	ck_assert_int_ge(sql_number(db, "select count(*) from run"), runs);
	/* With room again it goes on. */
	sweep_ok("");
	ck_assert_int_eq(sql_number(db, "select count(*) from run"), RUNS);
	free(bytes);
	free(preload);
	free(expected);
}
END_TEST
#endif

/* ---- Shards --------------------------------------------------------------------------- */

START_TEST(shards_merge_into_the_whole)
{
	char *expected = reference(), *text, *part[7];
	int64_t sum = 0, all;

	for (int i = 0; i < 7; i++) {
		char *name = mem_printf("part%d.db", i);
		part[i] = test_path(dir, name);
		free(name);
		program_line(&p, "sweep %s --db %s --shard %d/7", ini, part[i],
			i + 1);
		ck_assert_msg(p.status == 0, "%s", p.err);
		sum += sql_number(part[i], "select count(*) from run");
		/* 30 replications among 7. */
		all = sql_number(part[i], "select count(*) from run");
		ck_assert(all == 12 || all == 15);
	}
	ck_assert_int_eq(sum, RUNS);
	/* Backwards, and one of them twice. */
	program_line(&p, "merge %s %s %s %s %s %s %s %s %s", db, part[6], part[5],
		part[4], part[3], part[2], part[1], part[0], part[3]);
	ck_assert_msg(p.status == 0, "%s", p.err);
	text = export(db);
	ck_assert_str_eq(text, expected);
	free(text);
	free(expected);
	for (int i = 0; i < 7; i++)
		free(part[i]);
}
END_TEST

START_TEST(a_shard_without_runs_can_be_merged)
{
	char *whole = test_path(dir, "whole.db");

	sweep_ok(" --shard 31/31");
	ck_assert_int_eq(sql_number(db, "select count(*) from run"), 0);
	program_line(&p, "merge %s %s", whole, db);
	ck_assert_msg(p.status == 0, "%s", p.err);
	free(whole);
}
END_TEST

START_TEST(a_merge_conflict_leaves_no_file)
{
	char *other = test_path(dir, "b.db"), *out = test_path(dir, "out.db");

	write_experiment("edf");
	sweep_ok("");
	program_line(&p, "merge %s %s", other, db);
	ck_assert_int_eq(p.status, 0);
	sql_change(other, "update run set missed = 7777 where id = 5");
	program_line(&p, "merge %s %s %s", out, db, other);
	ck_assert_int_eq(p.status, 2);
	ck_assert_msg(strstr(p.err, "laxity: merge: edf, seed ") == p.err
		&& strstr(p.err, ": missed is ") && strstr(p.err, " but 7777 in "),
		"%s", p.err);
	ck_assert(access(out, F_OK) != 0);
	free(out);
	free(other);
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
		"arrivals.load = 0.5, 1\n[sweep]\npolicies = edf fifo\n", dir);
	char *trace = test_path(dir, "trace.ini");

	test_write(ini, text);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char *from = test_path("tests/schedules/trace", files[i]);
		char *to = test_path(dir, files[i]);
		test_copy(from, to);
		free(from);
		free(to);
	}
	sweep_ok("");
	ck_assert(strstr(p.err, ": 40 runs stored, 0 were there") != NULL);
	test_append(trace, "; measured again\n");
	sweep_ok("");
	ck_assert(strstr(p.err, ": 40 runs stored, 0 were there") != NULL);
	ck_assert_int_eq(sql_number(db, "select count(*) from trace"), 2);
	program_line(&p, "export csv %s", db);
	ck_assert(strstr(p.out, "arrivals.load,trace sha256,policy,") == p.out);
	free(trace);
	free(text);
}
END_TEST

START_TEST(a_run_by_other_code_is_done_again)
{
	char *before, *after;

	write_experiment("edf");
	sweep_ok("");
	before = export(db);
	/* As if another program had made the runs of two seeds. */
	sql_change(db, "update run set key = 'other' || id, code = 'other', "
		"accuracy = 0.5 where seed < 3");
	sweep_ok("");
	ck_assert(strstr(p.err, ": 12 runs stored, 18 were there") != NULL);
	after = export(db);
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
}
END_TEST

/* ---- What is refused -------------------------------------------------------------------- */

static const struct { const char *line, *message; } bad[] = {
	{ "sweep", "sweep: one EXPERIMENT.ini" },
	{ "sweep a.ini b.ini --db x.db", "sweep: one EXPERIMENT.ini" },
	{ "sweep a.ini", "sweep: where to? --db FILE is missing" },
	{ "sweep none.ini --db x.db", "none.ini: cannot open: No such file or "
		"directory" },
	{ "sweep E --db none/x.db", "none/x.db: No such file or directory" },
	{ "sweep E --db workloads/default.ini", "workloads/default.ini: is not a "
		"SQLite database" },
	{ "sweep E --db x.db --shard 3", "sweep: --shard: '3' is not i/n with "
		"1 <= i <= n" },
	{ "sweep E --db x.db --shard 0/2", "sweep: --shard: '0/2' is not i/n with "
		"1 <= i <= n" },
	{ "sweep E --db x.db --shard 3/2", "sweep: --shard: '3/2' is not i/n with "
		"1 <= i <= n" },
	{ "sweep E --db x.db --shard 1/2/3", "sweep: --shard: '1/2/3' is not i/n "
		"with 1 <= i <= n" },
	{ "sweep E --db x.db --jobs 0", "sweep: --jobs: '0' is no whole number from "
		"1 to 1024" },
	{ "sweep E --db x.db --precision 0", "sweep: --precision: '0' is not "
		"METRIC=NUMBER with a number above 0" },
	{ "sweep E --db x.db --precision speed=1", "sweep: --precision: 'speed' is "
		"no column of runs" },
	{ "sweep E --db x.db --precision regret=1", "sweep: --precision: 'regret' is "
		"no column of runs" },
	{ "sweep E --db x.db --most 10", "sweep: --most is for --precision" },
	{ "sweep E --db x.db --set sweep.policies=none", "unknown policy 'none'; "
		"policies: fifo..." },
	{ "sweep E --db x.db --set axis.arrivals.clients=4,many", "--set "
		"arrivals.clients: clients = 'many': an integer from 1 to 1000000 "
		"expected" },
	{ "sweep E --db x.db --set arrivals.reissue=response --bounds", "sweep: "
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
	const char *message = bad[_i].message, *e = strstr(bad[_i].line, " E ");
	size_t n = strlen(message);
	int open = n > 3 && !strcmp(message + n - 3, "...");
	char *expected = mem_printf("laxity: %.*s%s", (int)(open ? n - 3 : n),
		message, open ? "" : "\n");
	char *line = e ? mem_printf("%.*s %s %s", (int)(e - bad[_i].line),
		bad[_i].line, ini, e + 3) : mem_string(bad[_i].line);

	program_refuses(line, 2, expected);
	ck_assert(access("x.db", F_OK) != 0);
	free(line);
	free(expected);
}
END_TEST

START_TEST(equal_policies_are_refused)
{
	char *expected = mem_printf("laxity: %s: policies 'edf' and 'edf:skip=on' "
		"are the same\n", ini);

	write_experiment("edf lcf edf:skip=on");
	program_line(&p, "sweep %s --db %s", ini, db);
	ck_assert_int_eq(p.status, 2);
	ck_assert_str_eq(p.err, expected);
	ck_assert(access(db, F_OK) != 0);
	free(expected);
}
END_TEST

Suite *test_sweep(void);
Suite *test_sweep(void)
{
	Suite *s = suite_create("sweep");
	TCase *t = tcase_create("sweep");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, every_point_policy_and_replication_is_run_once);
	tcase_add_test(t, a_run_of_a_sweep_is_that_of_laxity_run);
	tcase_add_test(t, results_do_not_depend_on_the_number_of_jobs);
	tcase_add_test(t, a_dry_run_lists_the_runs_and_makes_nothing);
	tcase_add_test(t, replications_go_on_until_the_interval_is_narrow);
	tcase_add_test(t, killed_at_any_moment_it_goes_on_to_the_same_end);
	tcase_add_test(t, two_sweeps_on_one_database_lose_and_double_nothing);
	tcase_add_test(t, a_worker_that_dies_ends_the_sweep_and_keeps_what_is_done);
	tcase_add_test(t, a_policy_that_errs_is_reported_once_whatever_the_jobs);
#ifndef __SANITIZE_ADDRESS__
	tcase_add_test(t, a_full_disk_is_reported_and_earlier_runs_are_intact);
#endif
	tcase_add_test(t, shards_merge_into_the_whole);
	tcase_add_test(t, a_shard_without_runs_can_be_merged);
	tcase_add_test(t, a_merge_conflict_leaves_no_file);
	tcase_add_test(t, a_changed_trace_is_noticed);
	tcase_add_test(t, a_run_by_other_code_is_done_again);
	tcase_add_loop_test(t, bad_lines_are_refused_in_one_line, 0,
		sizeof bad / sizeof *bad);
	tcase_add_test(t, equal_policies_are_refused);
	suite_add_tcase(s, t);
	return s;
}
