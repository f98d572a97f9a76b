/* Simulation against the device: sums worked by hand, and the program on a
 * device that replays a bundle. No expectation here depends on how promptly
 * this machine reacts. */
#include "support_live.h"

#include "../support_program.h"

#include "../../sim/mem.h"
#include "../../sim/msg.h"
#include "../../traces/harness/validate.h"
#include "../../traces/harness/validate_stages.h"

#include <check.h>
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- By hand ---------------------------------------------------------------------- */

/* A request every 100 us on an idle device: woken 1000 ns late, 300 ns from
 * pick to send, 5000 ns in place of the trace's 2500 or 2600. */
static void write_by_hand(struct live_log *log, const struct workload *w)
{
	struct arrival *all = source_all(w, 1);
	int64_t n = w->warmup + w->requests;

	for (int64_t i = 0; i < n; i++) {
		int64_t woken = all[i].release_ns + 1000;
		*live_log_wake(log) = (struct live_wake){ all[i].release_ns,
			woken };
		*live_log_decision(log) = (struct live_decision){ .at_ns = woken,
			.number = i, .kind = DECIDE_RUN, .depth = 1 };
		*live_log_stage(log) = (struct live_stage){ .number = i,
			.picked_ns = woken, .sent_ns = woken + 300,
			.finished_ns = woken + 5300, .depth = 1,
			.confidence = 0.7f };
		*live_log_decision(log) = (struct live_decision){
			.at_ns = woken + 5300, .number = -1,
			.kind = DECIDE_WAIT };
	}
	free(all);
}

static const char lone[] = "[arrivals]\nprocess = periodic\nperiod = 100us\n"
	"[deadline]\ndistribution = constant\nvalue = 20us\n";

START_TEST(parts_are_what_was_late_and_add_up)
{
	struct workload *w = live_workload("b", 50, lone);
	struct live_log *log = live_log_new(w);
	struct run run = { .workload = w, .seed = 1 };
	struct validate_run v = { 0 };
	const int64_t expected[] = { 1000, 300 };
	struct choice c;

	ck_assert_int_eq(choice_parse(&c, "fifo"), 0);
	run.choice = &c;
	write_by_hand(log, w);
	ck_assert_int_eq(validate_run(&run, log, 2.5, &v), 0);
	ck_assert_msg(!v.unrepeated, "%s", v.unrepeated);
	ck_assert_msg(!v.differing, "%s", v.differing);
	ck_assert_int_eq(v.decisions, 55);
	ck_assert_int_eq(v.same, 55);
	ck_assert_int_eq(v.stages, 55);
	ck_assert_int_eq(v.strange, 0);
	for (int s = STEP_S0; s < STEP_S2; s++)
		ck_assert_int_eq(v.outcome[s + 1].metrics.response_p50_ns,
			v.outcome[s].metrics.response_p50_ns + expected[s]);
	for (int s = STEP_S3; s <= STEP_LIVE; s++) {
		ck_assert_int_eq(v.outcome[s].metrics.response_p50_ns, 6300);
		ck_assert_int_eq(v.outcome[s].metrics.response_p99_ns, 6300);
		ck_assert_int_eq(v.outcome[s].metrics.busy_ns, 50 * 5000);
	}
	/* Joules by the counter, over 50 requests; the trace's watts before. */
	ck_assert(v.outcome[STEP_LIVE].metrics.energy_per_request_j == 0.05);
	ck_assert(v.outcome[STEP_S3].metrics.energy_j > 0);
	validate_run_fini(&v);

	/* A decision that was not taken. */
	log->decision[10].number++;
	v = (struct validate_run){ 0 };
	ck_assert_int_eq(validate_run(&run, log, NAN, &v), 0);
	ck_assert_ptr_nonnull(v.unrepeated);
	ck_assert_ptr_nonnull(strstr(v.unrepeated, "decision 10 at "));
	ck_assert_ptr_nonnull(v.differing);
	ck_assert_ptr_nonnull(strstr(v.differing, "decision 5: live run request 6 "
		"to depth 1 on b at s1"));
	ck_assert_int_lt(v.same, 55);
	ck_assert(isnan(v.outcome[STEP_LIVE].metrics.energy_j));
	validate_run_fini(&v);
	live_log_free(log);
	choice_fini(&c);
	workload_free(w);
}
END_TEST

static struct validate_run *add_run(struct validation *v, const struct workload *w,
	double s0, double s1, double s2, double s3, double live)
{
	const double x[] = { s0, s1, s2, s3, live };
	struct validate_run *r = validation_run(v, "edf", w);

	r->stages = 5;                  /* of 50 requests: just enough */
	for (int s = 0; s < STEPS; s++) {
		struct metrics *m = &r->outcome[s].metrics;
		m->miss_ratio = x[s];
		m->accuracy = 0.5 - x[s];
		m->response_p50_ns = llround(100000 * (1 + x[s]));
		m->response_p99_ns = 1000000;
		m->energy_per_request_j = NAN;
	}
	return r;
}

START_TEST(deviations_are_paired_means_held_against_limits)
{
	struct workload *w = live_workload("b", 50, lone);
	struct validation v;
	struct validate_line l;
	struct text csv;

	validation_init(&v);
	for (int r = 0; r < 5; r++) {
		double base = 0.02 * r, wobble = 0.0005 * (r - 2);
		(void)add_run(&v, w, base, base + 0.001, base + 0.003,
			base + 0.006, base + 0.006 + wobble);
	}
	ck_assert_int_eq(v.groups, 1);
	validation_line(&v, &v.group[0], 0, &l);
	ck_assert_int_eq(l.n, 5);
	ck_assert(fabs(l.deviation - 0.006) < 1e-12);
	/* t(0.975, 4) = 2.776445 times 0.0005 sqrt(2.5) / sqrt(5) */
	ck_assert(fabs(l.half - 2.776445 * 0.0005 * sqrt(0.5)) < 1e-9);
	ck_assert(fabs(l.part[PART_WORKLOAD] - 0.001) < 1e-12);
	ck_assert(fabs(l.part[PART_DISPATCH] - 0.002) < 1e-12);
	ck_assert(fabs(l.part[PART_STAGE_TIME] - 0.003) < 1e-12);
	ck_assert(fabs(l.part[PART_OTHER]) < 1e-12);
	ck_assert_int_eq(l.within, 1);          /* 0.6 points of 1 */
	validation_line(&v, &v.group[0], 1, &l);
	ck_assert(fabs(l.deviation + 0.006) < 1e-12);
	ck_assert_int_eq(l.within, 0);          /* 0.6 points of 0.5 */
	validation_line(&v, &v.group[0], 2, &l);
	/* 600 ns of the mean 104000 ns */
	ck_assert(fabs(l.deviation - 600.0 / 104000) < 1e-6);
	ck_assert_int_eq(l.within, 1);
	validation_line(&v, &v.group[0], 4, &l);
	ck_assert_int_eq(l.n, 0);               /* no counter: nothing to say */
	ck_assert_int_eq(validation_holds(&v), 0);
	ck_assert_int_eq(validation_set_limit(&v, "accuracy=0.007"), 0);
	ck_assert_int_eq(validation_holds(&v), 1);
	v.group[0].run[2].stages--;
	ck_assert_int_eq(validation_holds(&v), 0);
	v.group[0].run[2].stages++;
	v.group[0].run[3].unrepeated = mem_string("decision 3");
	ck_assert_int_eq(validation_holds(&v), 0);
	text_init(&csv);
	validation_csv(&v, &csv);
	ck_assert_ptr_nonnull(strstr(csv.s, ",edf,miss_ratio,5,50,0.04,0.046,0.006,"));
	ck_assert(!strstr(csv.s, "energy"));
	text_fini(&csv);
	msg_capture(1);
	ck_assert_int_eq(validation_set_limit(&v, "speed=1"), -1);
	ck_assert_int_eq(validation_set_limit(&v, "accuracy"), -1);
	ck_assert_int_eq(validation_set_limit(&v, "accuracy=-1"), -1);
	msg_capture(0);
	validation_fini(&v);
	workload_free(w);
}
END_TEST

/* 40 requests of three stages: the second stage takes 2 % longer if another
 * request was served before it, the first 10 % after an idle device. */
START_TEST(stage_times_are_told_apart_by_what_ran_before)
{
	struct workload *w = live_workload("a", 200, "[arrivals]\n"
		"process = poisson\nload = 0.5\n");
	const struct profile_cell *p = profile_cell(w->profile, 0, 0);
	struct live_log *log = live_log_new(w);
	int64_t now = 0;
	struct text t;

	for (int i = 0; i < 40; i++) {
		const struct { int64_t number; uint8_t depth; int64_t idle;
			double slower; } step[] = {
			{ 2 * i, 1, 50, 1.1 }, { 2 * i + 1, 1, 0, 1 },
			{ 2 * i, 2, 0, 1.03 }, { 2 * i, 3, 0, 1 } };
		for (int k = 0; k < 4; k++) {
			int64_t took = num_scale_ns(p->p50_ns[step[k].depth - 1],
				step[k].slower), picked = now + step[k].idle;
			now = picked + 10 + took;
			*live_log_stage(log) = (struct live_stage){
				.number = step[k].number, .picked_ns = picked,
				.sent_ns = picked + 10, .finished_ns = now,
				.depth = step[k].depth };
		}
	}
	text_init(&t);
	ck_assert_int_eq(validate_stages(log, w, &t), 2);
	ck_assert_ptr_nonnull(strstr(t.s, "2 medians are flagged"));
	ck_assert_ptr_nonnull(strstr(t.s, "+3.00 % !"));
	ck_assert_ptr_nonnull(strstr(t.s, "+10.00 % !"));
	text_fini(&t);
	/* Too few to say. */
	log->stages = 4 * 20;
	text_init(&t);
	ck_assert_int_eq(validate_stages(log, w, &t), 0);
	ck_assert_ptr_nonnull(strstr(t.s, "+3.00 % ?"));
	text_fini(&t);
	live_log_free(log);
	workload_free(w);
}
END_TEST

/* ---- The program -------------------------------------------------------------------- */

#define ANY " --limit miss_ratio=1e9 --limit accuracy=1e9" \
	" --limit response_p50_ns=1e9 --limit response_p99_ns=1e9"
#define LIVE "validate -w w.ini --backend replay --networks net --seconds 0 "

static struct program p;

static void setup(void)
{
	char *text = live_text("a, b", 60, "[arrivals]\nprocess = poisson\n"
		"load = 1\n[goal]\nobjective = energy\naccuracy = 0.7\n"
		"[deadline]\ndistribution = uniform\nmin = 1s\nmax = 2s\n");

	live_place_enter();
	test_write("w.ini", text);
	free(text);
}

static void teardown(void)
{
	program_fini(&p);
	live_place_leave();
}

static int64_t count(const char *db, const char *sql)
{
	sqlite3 *d;
	sqlite3_stmt *st;
	int64_t n;

	ck_assert_int_eq(sqlite3_open(db, &d), SQLITE_OK);
	ck_assert_msg(sqlite3_prepare_v2(d, sql, -1, &st, NULL) == SQLITE_OK, "%s",
		sqlite3_errmsg(d));
	ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(d);
	return n;
}

START_TEST(a_validation_prints_its_table_and_goes_on_from_its_logs)
{
	char *first, *second, *log, *cost, *wanted;

	program_line(&p, LIVE "-p edf -p imprecise -p alert --loads 0.2,0.5 "
		"--replications 2 --logs logs --out v.csv --db v.db" ANY);
	ck_assert_msg(p.status == 0, "%d: %s", p.status, p.err);
	ck_assert_ptr_nonnull(strstr(p.out, "Load 0.2: 2 replications of 60 "));
	ck_assert_ptr_nonnull(strstr(p.out, "Load 0.5: 2 replications of 60 "));
	ck_assert_ptr_nonnull(strstr(p.out, "\nalert "));
	ck_assert_ptr_nonnull(strstr(p.out, "24 of 24 deviations are within "
		"their limits\n"));
	ck_assert_int_eq(count("v.db", "select count(*) from run "
		"where kind = 'live'"), 12);
	ck_assert_int_eq(count("v.db", "select count(*) from run "
		"where kind = 'simulated'"), 12);
	ck_assert_int_eq(count("v.db", "select count(*) from validation v "
		"join runs r using (run) where r.kind = 'live' and abs(v.live "
		"- v.simulated - v.workload - v.dispatch - v.stage_time "
		"- v.other) <= 1e-12 + 1e-9 * v.live"), 48);
	ck_assert_int_eq(count("v.db", "select count(*) from fact "
		"where name = 'device' and value like 'replay of %'"), 12);
	/* Decisions cost what they did in a run before, of other requests. */
	log = test_read("logs/alert-0.5-overhead.csv", NULL);
	ck_assert_ptr_nonnull(strstr(log, "\n# purpose = decision cost\n"));
	ck_assert_ptr_nonnull(strstr(log, "\n# seed = 3\n"));
	ck_assert_ptr_nonnull(strstr(log, "\n#| decision = 0\n"));
	cost = strstr(log, "\n# decision_cost_ns = ");
	ck_assert_ptr_nonnull(cost);
	cost += strlen("\n# decision_cost_ns = ");
	wanted = mem_printf("\n#| decision = %.*sns\n", (int)strcspn(cost, "\n"),
		cost);
	free(log);
	log = test_read("logs/alert-0.5-2.csv", NULL);
	ck_assert_msg(strstr(log, wanted) != NULL, "%s", wanted);
	free(wanted);
	free(log);

	/* Everything is there: the same again, without the device. */
	first = test_read("v.csv", NULL);
	program_line(&p, LIVE "-p edf -p imprecise -p alert --loads 0.2,0.5 "
		"--replications 2 --logs logs --format csv" ANY);
	ck_assert_int_eq(p.status, 0);
	ck_assert_str_eq(p.out, first);
	program_line(&p, "validate logs/edf-0.2-1.csv logs/edf-0.2-2.csv "
		"logs/imprecise-0.2-1.csv logs/imprecise-0.2-2.csv "
		"logs/alert-0.2-1.csv logs/alert-0.2-2.csv "
		"logs/edf-0.5-1.csv logs/edf-0.5-2.csv "
		"logs/imprecise-0.5-1.csv logs/imprecise-0.5-2.csv "
		"logs/alert-0.5-1.csv logs/alert-0.5-2.csv "
		"logs/alert-0.5-overhead.csv --out w.csv" ANY);
	ck_assert_int_eq(p.status, 0);
	second = test_read("w.csv", NULL);
	ck_assert_str_eq(second, first);
	free(first);
	free(second);
}
END_TEST

/* The first `old` behind `from` becomes `new`. */
static void edit(const char *file, const char *from, const char *old,
	const char *new)
{
	char *text = test_read(file, NULL), *at = strstr(text, from), *out;

	ck_assert_ptr_nonnull(at);
	at = strstr(at, old);
	ck_assert_ptr_nonnull(at);
	out = mem_printf("%.*s%s%s", (int)(at - text), text, new,
		at + strlen(old));
	test_write(file, out);
	free(out);
	free(text);
}

START_TEST(decisions_may_cost_what_the_trace_says_or_nothing)
{
	static const char *const lines[] = { "\n#| decision = trace\n",
		"\n#| decision = 0\n" };
	static const char *const words[] = { "trace", "workload" };
	char *log;

	program_line(&p, LIVE "-p edf --loads 0.3 --replications 1 --logs logs "
		"--overhead %s" ANY, words[_i]);
	ck_assert_msg(p.status == 0, "%d: %s", p.status, p.err);
	ck_assert(access("logs/edf-0.3-overhead.csv", F_OK));
	log = test_read("logs/edf-0.3-1.csv", NULL);
	ck_assert_ptr_nonnull(strstr(log, lines[_i]));
	free(log);
}
END_TEST

START_TEST(what_is_beyond_a_limit_or_not_repeated_gives_status_3)
{
	struct live_log *log;
	struct workload *w;
	FILE *f;

	program_line(&p, LIVE "-p edf --loads 0.3 --replications 1 --logs logs"
		" --overhead workload" ANY);
	ck_assert_int_eq(p.status, 0);
	program_line(&p, "validate logs/edf-0.3-1.csv" ANY);
	ck_assert_int_eq(p.status, 0);
	program_line(&p, "validate logs/edf-0.3-1.csv"
		" --limit response_p50_ns=0");
	ck_assert_int_eq(p.status, 3);
	ck_assert_ptr_nonnull(strstr(p.out, "edf: p50 response is beyond its limit "
		"from load 0.3 on\n"));

	/* A stage that ended a little later than the policy's answer to it. */
	log = live_log_read("logs/edf-0.3-1.csv", &w);
	ck_assert_ptr_nonnull(log);
	log->stage[7].finished_ns++;
	f = fopen("bad.csv", "w");
	ck_assert_ptr_nonnull(f);
	live_log_write(log, f, w);
	ck_assert_int_eq(fclose(f), 0);
	live_log_free(log);
	workload_free(w);
	program_line(&p, "validate bad.csv" ANY);
	ck_assert_int_eq(p.status, 3);
	ck_assert_ptr_nonnull(strstr(p.out, "edf, seed 1: not repeated: decision "));
	ck_assert_ptr_nonnull(strstr(p.out, "1 live runs could not be repeated"));
}
END_TEST

START_TEST(incomplete_logs_are_left_out_and_made_again)
{
	program_line(&p, LIVE "-p edf --loads 0.3 --replications 1 --logs logs" ANY);
	ck_assert_int_eq(p.status, 0);
	edit("logs/edf-0.3-1.csv", "# ended", "done", "interrupted");
	program_line(&p, "validate logs/edf-0.3-1.csv" ANY);
	ck_assert_int_eq(p.status, 2);
	ck_assert_ptr_nonnull(strstr(p.err, "logs/edf-0.3-1.csv: left out"));
	ck_assert_ptr_nonnull(strstr(p.err, "no complete live run to compare"));
	program_line(&p, LIVE "-p edf --loads 0.3 --replications 1 --logs logs" ANY);
	ck_assert_int_eq(p.status, 0);
	program_line(&p, "validate logs/edf-0.3-1.csv" ANY);
	ck_assert_int_eq(p.status, 0);
	ck_assert_str_eq(p.err, "");
}
END_TEST

START_TEST(random_decisions_show_whether_stages_depend_on_them)
{
	program_line(&p, LIVE "-p edf --loads 0.5 --replications 1 --logs logs "
		"--policy-check --set workload.settings=s1,s2" ANY);
	ck_assert_msg(p.status == 0, "%d: %s", p.status, p.err);
	ck_assert_ptr_nonnull(strstr(p.out, "Stage times under random decisions"));
	ck_assert_ptr_nonnull(strstr(p.out, " medians are flagged\n"));
	program_line(&p, "validate logs/random-0.5-1.csv");
	ck_assert_int_eq(p.status, 0);
	ck_assert_ptr_nonnull(strstr(p.out, " medians are flagged\n"));
}
END_TEST

START_TEST(a_device_that_fails_ends_the_validation_with_what_there_is)
{
	char *plugin = live_build_path("tests/plugins/failing_backend.so");

	/* 5 stages of warm-up, 65 to see what decisions cost, 65 of the first
	 * run. */
	program_line(&p, "validate -w w.ini --backend %s --device poll:165 "
		"--data t --networks net --seconds 0 -p fifo --loads 0.01 "
		"--replications 3 --logs logs --out v.csv --set workload.networks=b "
		"--set deadline.min=1s --set deadline.max=2s",
		plugin);
	ck_assert_msg(p.status == 1, "%d: %s%s", p.status, p.err, p.out);
	ck_assert_ptr_nonnull(strstr(p.err, "the device reports an error"));
	ck_assert_ptr_nonnull(strstr(p.out, "Load 0.01: "));
	ck_assert_int_eq(access("logs/fifo-0.01-1.csv", F_OK), 0);
	ck_assert_int_eq(access("v.csv", F_OK), 0);
	free(plugin);
}
END_TEST

/* The finished run is worth its lines; the other is a log that says so. */
START_TEST(a_backend_that_hangs_ends_the_validation_with_what_there_is)
{
	char *plugin = live_build_path("tests/plugins/failing_backend.so"), *log;

	/* open, info, plan; two calls a stage: 5 of warm-up, 65 to see what
	 * decisions cost, 65 of the first run. */
	program_line(&p, "validate -w w.ini --backend %s --device hang:333 "
		"--data t --networks net --seconds 0 -p fifo --loads 0.01 "
		"--replications 3 --logs logs --db v.db --timeout 1 "
		"--set workload.networks=b --set deadline.min=1s "
		"--set deadline.max=2s", plugin);
	ck_assert_msg(p.status == 1, "%d: %s%s", p.status, p.err, p.out);
	ck_assert_ptr_nonnull(strstr(p.err, "it is stuck"));
	ck_assert_ptr_nonnull(strstr(p.out, "Load 0.01: "));
	ck_assert_int_eq(count("v.db", "select count(*) from run "
		"where kind = 'live'"), 1);
	log = test_read("logs/fifo-0.01-2.csv", NULL);
	ck_assert_ptr_nonnull(strstr(log, "# ended = failed\n"));
	free(log);
	free(plugin);
}
END_TEST

START_TEST(bad_arguments_are_refused_in_one_line)
{
	static const struct { const char *arguments, *message; } cases[] = {
		{ "", "validate: which workload? -w FILE is missing; or name live "
			"logs" },
		{ "-w w.ini", "validate: which policies? -p NAME is missing" },
		{ "-w w.ini -p edf", "validate: on what? --backend NAME is missing" },
		{ "-w w.ini a.csv", "validate: either live logs, or -w" },
		{ "none.csv", "none.csv: " },
		{ "w.ini", "w.ini:1: " },
		{ "-w w.ini -p edf --backend replay --loads 0.3,x",
			"validate: --loads: 'x' is no positive number" },
		{ "-w w.ini -p nobody --backend replay", "" },
		{ "-w w.ini -p edf --backend replay --limit speed=3",
			"validate: --limit speed=3: none of miss_ratio, " },
		{ "-w w.ini -p edf --backend replay --seed 4294967295",
			"validate: --seed 4294967295 with 5 replications" },
	};
	char *line = mem_printf("validate %s", cases[_i].arguments);
	char *err = mem_printf("laxity: %s", cases[_i].message);

	program_refuses(line, 2, err);
	free(line);
	free(err);
}
END_TEST

Suite *test_validate(void);
Suite *test_validate(void)
{
	Suite *s = suite_create("validate");
	TCase *t = tcase_create("validate");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, parts_are_what_was_late_and_add_up);
	tcase_add_test(t, deviations_are_paired_means_held_against_limits);
	tcase_add_test(t, stage_times_are_told_apart_by_what_ran_before);
	tcase_add_test(t, a_validation_prints_its_table_and_goes_on_from_its_logs);
	tcase_add_loop_test(t, decisions_may_cost_what_the_trace_says_or_nothing,
		0, 2);
	tcase_add_test(t, what_is_beyond_a_limit_or_not_repeated_gives_status_3);
	tcase_add_test(t, incomplete_logs_are_left_out_and_made_again);
	tcase_add_test(t, random_decisions_show_whether_stages_depend_on_them);
	tcase_add_test(t, a_device_that_fails_ends_the_validation_with_what_there_is);
	tcase_add_test(t, a_backend_that_hangs_ends_the_validation_with_what_there_is);
	tcase_add_loop_test(t, bad_arguments_are_refused_in_one_line, 0, 10);
	suite_add_tcase(s, t);
	return s;
}
