/* `laxity run`, through the real program. */
#include "../sim/mem.h"
#include "support_program.h"
#include "support_sql.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define W "run -w workloads/default.ini"
/* Small, so that a run takes milliseconds. */
#define SMALL W " --set workload.requests=300 --set workload.warmup=20"

static char *dir, *db, *csv, *json;
static struct program p;

static void setup(void)
{
	dir = test_directory();
	db = test_path(dir, "a.db");
	csv = test_path(dir, "a.csv");
	json = test_path(dir, "a.json");
	p = (struct program){ 0 };
}

static void teardown(void)
{
	program_fini(&p);
	free(db);
	free(csv);
	free(json);
	test_directory_free(dir);
}

/* ---- What is refused --------------------------------------------------------------- */

START_TEST(a_refused_run_leaves_no_file)
{
	char *text;

	program_line(&p, SMALL " -p edf --db %s --requests-out none/o.csv", db);
	ck_assert_int_eq(p.status, 2);
	ck_assert(access(db, F_OK) != 0);
	program_line(&p, SMALL " -p edf --requests-out %s --timeline none/o.json",
		csv);
	ck_assert_int_eq(p.status, 2);
	ck_assert(access(csv, F_OK) != 0);
	/* What was there stays. */
	test_write(csv, "mine\n");
	program_line(&p, SMALL " -p edf --requests-out %s --timeline none/o.json",
		csv);
	text = test_read(csv, NULL);
	ck_assert_str_eq(text, "mine\n");
	free(text);
}
END_TEST

/* ---- What is printed ------------------------------------------------------------------ */

START_TEST(csv_has_a_line_a_policy_and_replication)
{
	program_line(&p, SMALL " -p edf -p imprecise:predictor=max,delta=0.1 "
		"--replications 3 --seed 5 --format csv");
	ck_assert_int_eq(p.status, 0);
	ck_assert_str_eq(p.err, "");
	ck_assert_msg(strstr(p.out, "policy,seed,requests,missed,miss_ratio,"
		"accuracy,accuracy_answered,mean_depth,mean_confidence,"
		"response_p50_ns,response_p99_ns,utilisation,energy_j,"
		"energy_per_request_j,decisions,decision_mean_ns,corrections,bound,"
		"regret\nedf,5,300,") == p.out, "%s", p.out);
	ck_assert_int_eq(test_count(p.out, "\n"), 7);
	ck_assert_int_eq(test_count(p.out, "\nedf,"), 3);
	ck_assert_int_eq(test_count(p.out, "\n\"imprecise:predictor=max,delta=0.1\",7,"), 1);
	/* Without --bounds the last two fields are empty. */
	ck_assert_int_eq(test_count(p.out, ",,\n"), 6);
}
END_TEST

START_TEST(a_replication_alone_gives_the_same_line)
{
	struct program q = { 0 };

	program_line(&p, SMALL " -p edf --replications 3 --seed 5 --format csv");
	program_line(&q, SMALL " -p edf --seed 7 --format csv");
	ck_assert(strstr(p.out, strchr(q.out, '\n')) != NULL);
	program_fini(&q);
}
END_TEST

START_TEST(output_does_not_depend_on_the_number_of_jobs)
{
	static const char *const formats[] = { "table", "csv", "json" };
	struct program q = { 0 };

	for (int f = 0; f < 3; f++) {
		program_line(&p, SMALL " -p edf -p rr -p lcf --replications 5 "
			"--bounds --format %s --jobs 1", formats[f]);
		ck_assert_int_eq(p.status, 0);
		for (int jobs = 2; jobs <= 5; jobs += 3) {
			program_line(&q, SMALL " -p edf -p rr -p lcf --replications 5"
				" --bounds --format %s --jobs %d", formats[f], jobs);
			ck_assert_int_eq(q.status, 0);
			ck_assert_str_eq(p.out, q.out);
		}
	}
	program_fini(&q);
}
END_TEST

START_TEST(json_says_what_csv_says)
{
	struct program q = { 0 };
	char *line, *accuracy;

	program_line(&p, SMALL " -p edf -p lcf --replications 5 --bounds "
		"--format json");
	program_line(&q, SMALL " -p lcf --seed 3 --bounds --format csv");
	ck_assert_str_eq(sql_ask(":memory:", "select json_valid(?1)", p.out), "1");
	accuracy = mem_string(sql_ask(":memory:", "select ',' || json_extract(?1, "
		"'$.policies[1].replications[2].missed') || ',' || json_extract(?1, "
		"'$.policies[1].replications[2].miss_ratio') || ',' || json_extract("
		"?1, '$.policies[1].replications[2].accuracy') || ','", p.out));
	line = strchr(q.out, '\n') + 1;
	ck_assert_msg(strstr(line, accuracy) != NULL, "%s %s", line, accuracy);
	ck_assert_str_eq(sql_ask(":memory:", "select json_extract(?1, "
		"'$.policies[0].estimates.accuracy.n')", p.out), "5");
	ck_assert_str_eq(sql_ask(":memory:", "select json_type(?1, "
		"'$.policies[0].against_first')", p.out), "null");
	ck_assert_str_eq(sql_ask(":memory:", "select "
		"abs(json_extract(?1, '$.policies[1].against_first.accuracy.difference')"
		" - json_extract(?1, '$.policies[1].estimates.accuracy.mean')"
		" + json_extract(?1, '$.policies[0].estimates.accuracy.mean')) < 1e-8",
		p.out), "1");
	/* Never negative. */
	ck_assert_str_eq(sql_ask(":memory:", "select "
		"json_extract(?1, '$.policies[1].estimates.regret.mean') >= 0", p.out),
		"1");
	free(accuracy);
	program_fini(&q);
}
END_TEST

START_TEST(intervals_are_printed_from_five_replications_on)
{
	program_line(&p, SMALL " -p edf -p lcf");
	ck_assert(strstr(p.out, "\nseed        1\n") != NULL);
	ck_assert_int_eq(test_count(p.out, "±"), 0);
	program_line(&p, SMALL " -p edf -p lcf --replications 4");
	ck_assert(strstr(p.out, "1 to 4: means of 4 replications; from 5 on with "
		"confidence intervals\n") != NULL);
	ck_assert_int_eq(test_count(p.out, "±"), 0);
	program_line(&p, SMALL " -p edf -p lcf --replications 5");
	ck_assert_int_gt(test_count(p.out, "±"), 10);
	ck_assert(strstr(p.out, "against edf") != NULL);
	ck_assert(strstr(p.out, "holds for all 2 comparisons together (97.5 %)")
		!= NULL);
}
END_TEST

/* ---- Requests, timeline ------------------------------------------------------------------ */

START_TEST(requests_add_up_to_the_metrics)
{
	const char *sums = "select (select max(value) from metrics "
		"where metric = 'missed') = (select sum(missed) from requests) "
		"and (select accuracy from runs) = "
		"(select sum(correct) * 1.0 / count(*) from requests) "
		"and (select response_p99_ns from runs) = (select response_ns "
		"from requests order by response_ns limit 1 offset 296) "
		"and (select stages from runs) <= (select count(*) from stages) "
		"and (select sum(duration_ns) from stages) - "
		"(select run_end_ns from runs) <= 0 "
		"and (select count(*) from requests) = 300 "
		"and (select min(request) from requests) = 20";
	char *text;

	program_line(&p, SMALL " -p edf --db %s --keep requests --keep stages "
		"--requests-out %s --timeline %s", db, csv, json);
	ck_assert_msg(p.status == 0, "%s", p.err);
	ck_assert_str_eq(sql_ask(db, sums, NULL), "1");
	text = test_read(csv, NULL);
	ck_assert_int_eq(test_count(text, "\n"), 301);
	ck_assert(strstr(text, "request,client,input,network,setting,release_ns,"
		"deadline_ns,start_ns,leave_ns,depth,confidence,correct,missed,"
		"energy_j\n20,") == text);
	/* The same numbers in both. */
	ck_assert(strstr(text, sql_ask(db, "select printf('\n%d,%d,%d,%s,%s,%d,%d,"
		"%d,%d,%d,%.9g,%d,%d,%.9g\n', request, client, input, network, "
		"setting, release_ns, deadline_ns, start_ns, leave_ns, depth, "
		"confidence, correct, missed, energy_j) from requests "
		"where depth > 1 limit 1", NULL)) != NULL);
	free(text);

	text = test_read(json, NULL);
	ck_assert_str_eq(sql_ask(":memory:", "select json_valid(?1)", text), "1");
	ck_assert_str_eq(sql_ask(":memory:", "select count(*) from json_each(?1, "
		"'$.traceEvents') where json_extract(value, '$.cat') = 'request'",
		text), "320");
	/* A device runs one stage at a time. */
	ck_assert_str_eq(sql_ask(":memory:", "with s as (select "
		"json_extract(value, '$.ts') as ts, json_extract(value, '$.dur') as "
		"dur from json_each(?1, '$.traceEvents') "
		"where json_extract(value, '$.cat') = 'stage' order by ts) "
		"select count(*) from (select ts, lag(ts + dur) over (order by ts) "
		"as before from s) where ts < before - 1e-6", text), "0");
	ck_assert_str_eq(sql_ask(":memory:", "select count(*) from json_each(?1, "
		"'$.traceEvents') where json_extract(value, '$.name') = "
		"'thread_name'", text), "21");
	free(text);
}
END_TEST

START_TEST(a_schedule_worked_by_hand_comes_out_as_csv)
{
	char *text, *expected;

	program_line(&p, "run -w tests/schedules/preempt.ini -p edf "
		"--requests-out %s", csv);
	ck_assert_int_eq(p.status, 0);
	text = test_read(csv, NULL);
	expected = test_read("tests/schedules/preempt.out", NULL);
	ck_assert_str_eq(text, expected);
	free(text);
	free(expected);
}
END_TEST

/* Worked by hand: twice as slow from the second request on. alert sees that
 * only afterwards: by a gain of .15/.151 in the mean. */
START_TEST(estimates_say_what_was_believed_and_chosen)
{
	static const char ini[] = "[workload]\ntrace = tests/schedules/trace\n"
		"networks = n3\n[arrivals]\nprocess = replay\nfile = %s/a.csv\n"
		"[environment]\ntimeline = 0 default, 10us slow\n"
		"[goal]\nobjective = energy\naccuracy = 0.74\n";
	char *text, *file = test_path(dir, "w.ini");
	char *rows = test_path(dir, "a.csv");

	text = mem_printf(ini, dir);
	test_write(file, text);
	free(text);
	test_write(rows, "release_ns,relative_deadline_ns,input\n"
		"0,10000,0\n20000,9000,1\n40000,13000,2\n");
	program_line(&p, "run -w %s -p alert:mean_only=on --estimates %s", file, csv);
	ck_assert_int_eq(p.status, 0);
	text = test_read(csv, NULL);
	ck_assert_str_eq(text, "request,release_ns,deadline_ns,start_ns,environment,"
		"network,setting,depth,stages,slowdown_mean,slowdown_variance,"
		"slowdown_measured,missed,nominal_accuracy,energy_to_deadline_j,"
		"violated\n"
		"0,0,10000,0,default,n3,full,2,2,1,0.1,1,0,0.75,0.0007,0\n"
		"1,20000,29000,20000,slow,n3,full,2,2,1,0.15,2,0,0.75,0.00085,0\n"
		"2,40000,53000,40000,slow,n3,full,2,2,1.99019544,0.100993377,2,0,"
		"0.75,0.00105,0\n");
	free(text);
	free(file);
	free(rows);
}
END_TEST

/* ---- The database --------------------------------------------------------------------------- */

START_TEST(the_database_holds_what_is_printed)
{
	char *line;

	program_line(&p, SMALL " -p edf -p lcf:tie=fifo,skip=off --replications 3 "
		"--bounds --format csv --db %s", db);
	ck_assert_int_eq(p.status, 0);
	line = sql_ask(db, "select printf('\n\"%s\",%d,%d,%d,%.9g,%.9g,', policy, "
		"seed, requests, missed, miss_ratio, accuracy) from runs "
		"where policy like 'lcf%' and seed = 2", NULL);
	ck_assert_msg(strstr(p.out, line) != NULL, "%s%s", p.out, line);
	line = sql_ask(db, "select printf(',%.9g,%.9g\n', bound, regret) from runs "
		"where policy = 'edf' and seed = 3", NULL);
	ck_assert_msg(strstr(p.out, line) != NULL, "%s%s", p.out, line);
	ck_assert_str_eq(sql_ask(db, "select count(*) from runs", NULL), "6");
	ck_assert_str_eq(sql_ask(db, "select count(*) from paired "
		"where metric = 'accuracy'", NULL), "3");
	/* Again: the same runs, not more. */
	program_line(&p, SMALL " -p edf --replications 4 --db %s", db);
	ck_assert_str_eq(sql_ask(db, "select count(*) from runs", NULL), "7");
	ck_assert_str_eq(sql_ask(db, "pragma integrity_check", NULL), "ok");
}
END_TEST

START_TEST(what_is_finished_is_kept_when_interrupted)
{
	const char *line[] = { "run", "-w", "workloads/default.ini", "-p", "edf",
		"--replications", "100000", "--db", db, "--jobs", "2", NULL };
	int child = program_start(line);

	for (int i = 0; i < 1000 && access(db, F_OK); i++)
		test_sleep_ms(20);
	test_sleep_ms(20);
	ck_assert_int_eq(kill(child, SIGINT), 0);
	ck_assert_int_eq(test_wait(child), 1);
	ck_assert_str_eq(sql_ask(db, "select count(*) > 0 and "
		"count(*) = sum(ended = 'done') from runs", NULL), "1");
	ck_assert_str_eq(sql_ask(db, "pragma integrity_check", NULL), "ok");
}
END_TEST

Suite *test_run(void);
Suite *test_run(void)
{
	Suite *s = suite_create("run");
	TCase *t = tcase_create("run");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_refused_run_leaves_no_file);
	tcase_add_test(t, csv_has_a_line_a_policy_and_replication);
	tcase_add_test(t, a_replication_alone_gives_the_same_line);
	tcase_add_test(t, output_does_not_depend_on_the_number_of_jobs);
	tcase_add_test(t, json_says_what_csv_says);
	tcase_add_test(t, intervals_are_printed_from_five_replications_on);
	tcase_add_test(t, requests_add_up_to_the_metrics);
	tcase_add_test(t, a_schedule_worked_by_hand_comes_out_as_csv);
	tcase_add_test(t, estimates_say_what_was_believed_and_chosen);
	tcase_add_test(t, the_database_holds_what_is_printed);
	tcase_add_test(t, what_is_finished_is_kept_when_interrupted);
	suite_add_tcase(s, t);
	return s;
}
