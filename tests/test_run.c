/* `laxity run`, through the real program; what it prints, through out.h. */
#include "../sim/mem.h"
#include "../sim/out.h"
#include "../sim/out_requests.h"
#include "support_program.h"
#include "support_sql.h"

#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define W "run -w workloads/default.ini"
#define EDF W " -p edf"
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

/* Messages without "laxity: "; one that ends with ... may go on. */
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
	const char *message = bad[_i].message;
	size_t n = strlen(message);
	int open = n > 3 && !strcmp(message + n - 3, "...");
	char *expected = mem_printf("laxity: %.*s%s", (int)(open ? n - 3 : n),
		message, open ? "" : "\n");

	program_refuses(bad[_i].line, 2, expected);
	free(expected);
}
END_TEST

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

/* ---- Tables from numbers made by hand -------------------------------------------------- */

static const struct result_policy two[] = { { "first", 0 }, { "second", 1 } };
static const uint32_t seeds[] = { 1, 2, 3, 4, 5 };

static void fill(struct results *s, const double (*accuracy)[5],
	const double (*missed)[5])
{
	results_init(s, 2, 5, two, seeds);
	for (int k = 0; k < 2; k++) {
		for (int r = 0; r < 5; r++) {
			struct outcome *o = results_at(s, k, r);
			for (const struct column *c = outcome_columns; c->name; c++)
				outcome_set(o, c, NAN);
			o->metrics.requests = o->metrics.answered = 1000;
			o->metrics.accuracy = accuracy[k][r];
			o->metrics.miss_ratio = missed[k][r];
			s->done[k * 5 + r] = 1;
		}
	}
}

START_TEST(differences_are_put_into_words)
{
	/* d = .01 .02 .03 .04 .05: 3 +- 1.96 points, at 97.5 % (m = 2)
	 * t(0.9875, 4) = 3.4954 -> 2.47. Misses: d = 0, -.01, 0, .01, 0. */
	static const double accuracy[2][5] = { { .5, .6, .7, .6, .5 },
		{ .51, .62, .73, .64, .55 } };
	static const double missed[2][5] = { { .1, .1, .1, .1, .1 },
		{ .1, .09, .1, .11, .1 } };
	struct description d = { 0 };
	struct results s;
	struct text t;

	fill(&s, accuracy, missed);
	text_init(&t);
	out_table(&t, &s, &d);
	ck_assert_str_eq(t.s,
		"seeds       1 to 5: means of 5 replications; ± is half a 95 % "
		"confidence interval\n"
		"columns     accuracy: right answers in time, of all requests; miss: no "
		"answer by the deadline;\n"
		"            mean depth: stages completed in time; response: from "
		"release to leaving\n\n"
		"policy         accuracy      miss ratio   p50 response   p99 response\n"
		"                      %               %             ms             ms\n"
		"---------------------------------------------------------------------\n"
		"first     58.00 ± 10.39  10.000 ± 0.000  0.000 ± 0.000  0.000 ± 0.000\n"
		"second *  61.00 ± 10.57  10.000 ± 0.878  0.000 ± 0.000  0.000 ± 0.000\n"
		"\n"
		"Differences between runs on the same requests, seed by seed; ± is half "
		"a 95 % confidence interval.\n"
		"The words follow the interval in brackets, which holds for all 2 "
		"comparisons together (97.5 %).\n"
		"\n"
		"against first                               accuracy                  "
		"                                  miss ratio\n"
		"----------------------------------------------------------------------"
		"--------------------------------------------\n"
		"second *       better by 3.00 ± 1.96 points [± 2.47]  no evidence of a "
		"difference (0.000 ± 0.878 points) [± 1.105]\n"
		"\n"
		"* clairvoyant: it sees what no real scheduler can; a reference, not a "
		"competitor\n");
	text_fini(&t);
	results_fini(&s);
}
END_TEST

START_TEST(shares_of_none_and_all_are_printed_with_their_limit)
{
	static const double accuracy[2][5] = { { 1, 1, 1, 1, 1 },
		{ .5, .5, .5, .5, .75 } };
	static const double missed[2][5] = { { 0 }, { 0, 0, 0, 0, .25 } };
	struct results s;
	struct text t;

	fill(&s, accuracy, missed);
	text_init(&t);
	out_table_policies(&t, &s, 0);
	/* 1 - 0.05^(1/5000) = 0.000599; 0.05^(1/5000) = 0.999401. */
	ck_assert_msg(strstr(t.s, "\nfirst     100.00 (≥ 99.94)  0.000 (≤ 0.06)")
		!= NULL, "%s", t.s);
	ck_assert_msg(strstr(t.s, "\nsecond *     55.00 ± 13.88  5.000 ± 13.882")
		!= NULL, "%s", t.s);
	out_table_notes(&t, &s);
	ck_assert(strstr(t.s, "≤ ≥ the same in every replication: a limit with "
		"95 % confidence, if requests were independent\n") != NULL);
	text_fini(&t);
	results_fini(&s);
}
END_TEST

START_TEST(policies_with_commas_or_quotes_are_quoted)
{
	struct text t;

	text_init(&t);
	out_csv_field(&t, "edf");
	text_add(&t, "|");
	out_csv_field(&t, "a:x=1,y=2");
	text_add(&t, "|");
	out_csv_field(&t, "./a\"b.so");
	ck_assert_str_eq(t.s, "edf|\"a:x=1,y=2\"|\"./a\"\"b.so\"");
	text_fini(&t);
	text_init(&t);
	out_json_string(&t, "a\"\\\n\x01\xff\xc3\xa4\xe2\x82");
	ck_assert_str_eq(t.s, "\"a\\\"\\\\\\n\xef\xbf\xbd\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\"");
	text_fini(&t);
}
END_TEST

/* ---- Requests, timeline ------------------------------------------------------------------ */

static int64_t emitted[1000];
static int emits;

static void keep_number(void *context, const struct request_record *r)
{
	(void)context;
	emitted[emits++] = r->number;
}

START_TEST(requests_come_out_in_order_whatever_the_order_they_leave_in)
{
	struct reorder o;

	/* From 10 on: blocks of 300, each backwards; fewer are left out. */
	emits = 0;
	reorder_init(&o, 10, NULL, keep_number);
	for (int64_t block = 0; block < 900; block += 300)
		for (int64_t i = 299; i >= 0; i--) {
			struct request_record r = { .number = block + i };
			reorder_add(&o, &r);
		}
	ck_assert_int_eq(emits, 890);
	for (int i = 0; i < emits; i++)
		ck_assert_int_eq(emitted[i], i + 10);
	reorder_fini(&o);
}
END_TEST

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
	struct timespec tick = { 0, 20000000 };
	pid_t child = program_start(line);
	int status;

	for (int i = 0; i < 1000 && access(db, F_OK); i++)
		(void)nanosleep(&tick, NULL);
	(void)nanosleep(&tick, NULL);
	ck_assert_int_eq(kill(child, SIGINT), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 1);
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
	tcase_add_loop_test(t, bad_lines_are_refused_in_one_line, 0,
		sizeof bad / sizeof *bad);
	tcase_add_test(t, a_refused_run_leaves_no_file);
	tcase_add_test(t, csv_has_a_line_a_policy_and_replication);
	tcase_add_test(t, a_replication_alone_gives_the_same_line);
	tcase_add_test(t, output_does_not_depend_on_the_number_of_jobs);
	tcase_add_test(t, json_says_what_csv_says);
	tcase_add_test(t, intervals_are_printed_from_five_replications_on);
	tcase_add_test(t, differences_are_put_into_words);
	tcase_add_test(t, shares_of_none_and_all_are_printed_with_their_limit);
	tcase_add_test(t, policies_with_commas_or_quotes_are_quoted);
	tcase_add_test(t, requests_come_out_in_order_whatever_the_order_they_leave_in);
	tcase_add_test(t, requests_add_up_to_the_metrics);
	tcase_add_test(t, a_schedule_worked_by_hand_comes_out_as_csv);
	tcase_add_test(t, estimates_say_what_was_believed_and_chosen);
	tcase_add_test(t, the_database_holds_what_is_printed);
	tcase_add_test(t, what_is_finished_is_kept_when_interrupted);
	suite_add_tcase(s, t);
	return s;
}
