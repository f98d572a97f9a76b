/* Live runs on devices that need no hardware. Nothing here depends on how
 * promptly this machine reacts: whatever the times were, their repetition
 * must take the same decisions and give the same numbers. */
#include "support_live.h"

#include "../support_program.h"

#include "../../sim/mem.h"
#include "../../sim/msg.h"
#include "../../traces/harness/backend.h"
#include "../../traces/harness/live_energy.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct { const char *policy, *networks, *rest; } runs[] = {
	{ "edf", "a", POISSON },
	{ "rr", "a", "[arrivals]\nprocess = poisson\nload = 1.5\n" },
	{ "lcf", "a", "[arrivals]\nprocess = closed\nclients = 6\nreissue = deadline\n" },
	{ "imprecise", "a", "[arrivals]\nprocess = poisson\nload = 1.2\n" },
	{ "threshold", "a", "[arrivals]\nprocess = closed\nclients = 3\n"
		"reissue = response\n" },
	{ "alert", "a, b", POISSON "[goal]\nobjective = energy\naccuracy = 0.7\n"
		"[overhead]\ndecision = trace\n" },
	{ "alert", "a, b", "[arrivals]\nprocess = closed\nclients = 1\nreissue = deadline\n"
		"[goal]\nobjective = accuracy\nenergy_j = 0.01\n" },
};

START_TEST(its_repetition_takes_every_decision_again)
{
	char *settings = mem_printf("%s\nsettings = s1, s2", runs[_i].networks);
	struct workload *w = live_workload(settings, 300, runs[_i].rest);
	struct live_options o = live_place_options("replay", "t", "t");
	struct live *l = live_open(w, &o);
	struct live_log *log;
	enum live_end end;
	struct metrics m;

	ck_assert_ptr_nonnull(l);
	log = live_run_and_repeat(l, w, runs[_i].policy, NULL, &end, &m);
	ck_assert_int_eq(end, LIVE_DONE);
	ck_assert_int_eq(m.requests, 300);
	ck_assert_int_eq(live_log_strange(log), 0);
	live_log_free(log);
	live_close(l);
	workload_free(w);
	free(settings);
}
END_TEST

/* ---- Environments and energy ----------------------------------------------------- */

/* The second half of the requests runs beside a load; the replayed device then
 * takes twice as long. */
START_TEST(the_timeline_switches_the_load)
{
	struct workload *w = live_workload("b", 100, POISSON FAR
		"[environment]\ntimeline = 0 default, 50% compute-stream\n");
	struct live_options o = live_place_options("replay", "t", "t");
	struct live *l = live_open(w, &o);
	int64_t slow = 0;
	struct live_log *log;
	enum live_end end;
	struct metrics m;

	ck_assert_ptr_nonnull(l);
	log = live_run_and_repeat(l, w, "fifo", NULL, &end, &m);
	ck_assert_int_eq(end, LIVE_DONE);
	ck_assert_int_eq(log->stages, 105);
	/* The load comes with the release of request 5 + 50, perhaps while
	 * earlier ones still wait. */
	for (int64_t i = 0; i < log->stages; i++) {
		int64_t took = log->stage[i].finished_ns - log->stage[i].sent_ns;
		ck_assert_int_ge(took, 2500);
		if (log->stage[i].number >= 55) {
			ck_assert_int_ge(took, 5000);
			slow++;
		}
	}
	ck_assert_int_eq(slow, 50);
	live_log_free(log);
	/* It is off again: the next run begins without. */
	log = live_run_and_repeat(l, w, "fifo", NULL, &end, &m);
	ck_assert_int_eq(end, LIVE_DONE);
	live_log_free(log);
	live_close(l);
	workload_free(w);
}
END_TEST

START_TEST(an_environment_that_is_no_load_is_refused)
{
	struct workload *w = live_workload("a", 100, POISSON
		"[environment]\ntimeline = 0 default, 50% slow\n");
	struct live_options o = live_place_options("replay", "t", "t");

	msg_capture(1);
	ck_assert(!live_open(w, &o));
	ck_assert_ptr_nonnull(strstr(msg_captured(), "environment 'slow': "));
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	msg_capture(0);
	workload_free(w);
}
END_TEST

struct counter { int64_t begun_ns; double watts, step_j; int fails; };

static int read_counter(void *context, double *joules)
{
	const struct counter *c = context;
	double j = c->watts * 1e-9 * (double)(backend_clock() - c->begun_ns);

	*joules = c->step_j > 0 ? floor(j / c->step_j) * c->step_j : j;
	return c->fails ? -1 : 0;
}

static void nap(int64_t ns)
{
	const struct timespec t = { .tv_sec = ns / 1000000000,
		.tv_nsec = ns % 1000000000 };

	(void)nanosleep(&t, NULL);
}

START_TEST(energy_is_what_the_counter_says_between_two_instants)
{
	struct counter c = { backend_clock(), 80, _i ? 8 : 0, 0 };
	struct live_energy *e = live_energy_start(&c, read_counter, 0);
	int64_t from = backend_clock(), to;
	double joules;

	nap(2200000000);
	to = backend_clock();
	live_energy_stop(e);
	joules = live_energy_between(e, from, to);
	/* Steps are seen late if this machine is busy. */
	ck_assert(fabs(joules / (80e-9 * (double)(to - from)) - 1)
		< (_i ? 0.5 : 0.05));
	ck_assert(isnan(live_energy_between(e, from, from + 1000)));
	ck_assert(isnan(live_energy_between(e, from - 3000000000, to)));
	ck_assert(isnan(live_energy_between(e, from, to + 3000000000)));
	live_energy_free(e);
}
END_TEST

START_TEST(a_counter_that_fails_or_stands_still_gives_no_energy)
{
	struct counter c = { backend_clock(), _i ? 0 : 80, 0, !_i };
	struct live_energy *e = live_energy_start(&c, read_counter, 0);
	int64_t from = backend_clock();

	nap(50000000);
	live_energy_stop(e);
	ck_assert(isnan(live_energy_between(e, from, from + 2500000000)));
	live_energy_free(e);
}
END_TEST

/* ---- Outputs ---------------------------------------------------------------------- */

static int lines(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += *s == '\n';
	return n;
}

static char *ask(const char *db, const char *sql)
{
	static char answer[256];
	sqlite3 *d;
	sqlite3_stmt *st;

	ck_assert_int_eq(sqlite3_open(db, &d), SQLITE_OK);
	ck_assert_msg(sqlite3_prepare_v2(d, sql, -1, &st, NULL) == SQLITE_OK, "%s",
		sqlite3_errmsg(d));
	ck_assert_int_eq(sqlite3_step(st), SQLITE_ROW);
	(void)snprintf(answer, sizeof answer, "%s",
		(const char *)sqlite3_column_text(st, 0));
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(d);
	return answer;
}

/* The columns are those of a simulated run, and the files agree with each
 * other. */
START_TEST(a_live_run_leaves_what_a_simulated_one_does)
{
	char *text = live_text("a", 80, POISSON FAR), *live, *simulated, *log;
	struct program p = { 0 }, q = { 0 };

	test_write("w.ini", text);
	program_line(&p, "live -w w.ini -p edf --backend replay --networks net "
		"--format csv --requests-out r.csv --timeline t.json --db a.db "
		"--keep requests --keep stages --log l.csv");
	ck_assert_msg(p.status == 0, "%s", p.err);
	program_line(&q, "run -w w.ini -p edf --format csv --requests-out s.csv "
		"--timeline u.json --db a.db");
	ck_assert_int_eq(q.status, 0);
	ck_assert_int_eq(strncmp(p.out, q.out, strcspn(q.out, "\n") + 1), 0);
	ck_assert_int_eq(lines(p.out), 2);
	ck_assert_ptr_nonnull(strstr(p.err, "noticed late"));
	ck_assert_ptr_nonnull(strstr(p.err, "repeated      all "));
	live = test_read("r.csv", NULL);
	simulated = test_read("s.csv", NULL);
	ck_assert_int_eq(strncmp(live, simulated, strcspn(live, "\n") + 1), 0);
	ck_assert_int_eq(lines(live), 81);
	ck_assert_int_eq(lines(simulated), 81);
	log = test_read("l.csv", NULL);
	ck_assert_ptr_nonnull(strstr(log, "\nrequest,"));
	ck_assert_int_eq(access("t.json", F_OK), 0);
	ck_assert_str_eq(ask("a.db", "select group_concat(kind || ended, ' ') "
		"from (select * from run order by kind)"),
		"livedone simulateddone");
	ck_assert_str_eq(ask("a.db", "select count(*) from requests"), "80");
	/* Three stages of each, warm-up included. */
	ck_assert_str_eq(ask("a.db", "select count(*) from stages"), "255");
	ck_assert_str_eq(ask("a.db", "select value from fact "
		"where name = 'device'"), "replay of tiny");
	/* What the table request says is what the CSV says. */
	ck_assert_str_eq(ask("a.db", "select count(*) from requests q join runs r "
		"using (run) where r.kind = 'live' and leave_ns < start_ns"), "0");
	free(live);
	free(simulated);
	free(log);
	free(text);
	program_fini(&p);
	program_fini(&q);
}
END_TEST

/* ---- Refusals ------------------------------------------------------------------------ */

START_TEST(what_cannot_be_run_live_is_refused_in_one_line)
{
	static const struct { const char *arguments, *message; } cases[] = {
		{ "-p edf --backend replay", "live: which workload? -w FILE is "
			"missing" },
		{ "-w w.ini --backend replay", "live: which policy? " },
		{ "-w w.ini -p edf", "live: on what? --backend NAME is missing" },
		{ "-w w.ini -p edf --backend plain", "which images? --data PATH is "
			"missing" },
		{ "-w w.ini -p edf --backend replay --networks none",
			"none/a.onnx: " },
		{ "-w w.ini -p edf --backend replay --networks net --set "
			"workload.devices=2", "w.ini: devices = 2; live runs have "
			"one" },
		{ "-w w.ini -p oracle --backend replay --networks net",
			"policy 'oracle' looks into the future" },
		{ "-w w.ini -p edf --backend replay --networks net --keep requests",
			"live: --keep: keep where?" },
		{ "-w w.ini -p edf --backend replay --networks net --log no/l.csv",
			"no/l.csv: " },
		{ "-w w.ini -p edf --backend nonesuch --data t --networks net",
			"backend 'nonesuch': " },
		{ "-w w.ini -p alert --backend replay --networks net",
			"policy 'alert' needs [goal]" },
		{ "-w w.ini -p edf --backend replay --networks net --wait long",
			"live: --wait" },
	};
	char *text = live_text("a", 100, POISSON), *line, *err;

	test_write("w.ini", text);
	line = mem_printf("live %s", cases[_i].arguments);
	err = mem_printf("laxity: %s", cases[_i].message);
	program_refuses(line, 2, err);
	free(line);
	free(err);
	free(text);
}
END_TEST

/* ---- Networks that are really computed ------------------------------------------------ */

START_TEST(a_shipped_network_runs_on_the_processor)
{
	static const struct { const char *backend, *policy, *rest; } cases[] = {
		{ "plain", "edf", "" }, { "onednn", "edf", "" },
		{ "onednn", "imprecise", "" },
		{ "onednn", "alert", "[goal]\nobjective = energy\naccuracy = 0.4\n" },
	};
	char *networks = live_source_path("workloads/networks");
	char *text = mem_printf("[workload]\ntrace = c\nnetworks = resnet8\n"
		"requests = 30\n[arrivals]\nprocess = poisson\nload = 0.3\n"
		"[deadline]\ndistribution = constant\nvalue = 8T\n%s",
		cases[_i].rest), *name, *file;
	struct live_options o = live_place_options(cases[_i].backend, NULL,
		"cifar.bin");
	struct workload *w;
	struct live_log *log;
	enum live_end end;
	struct metrics m;
	struct live *l;

	/* oneDNN may not be there. */
	name = mem_printf("backend-%s.so", cases[_i].backend);
	file = live_build_path(name);
	if (access(file, F_OK))
		goto end;
	live_place_cifar(6);
	w = workload_parse("w.ini", text, strlen(text), 0, NULL, 1);
	ck_assert_ptr_nonnull(w);
	o.networks = networks;
	l = live_open(w, &o);
	ck_assert_ptr_nonnull(l);
	log = live_run_and_repeat(l, w, cases[_i].policy, NULL, &end, &m);
	ck_assert_int_eq(end, LIVE_DONE);
	ck_assert_int_eq(m.requests, 30);
	ck_assert_int_gt(log->stages, 0);
	live_log_free(log);
	live_close(l);
	workload_free(w);
end:
	free(name);
	free(file);
	free(networks);
	free(text);
}
END_TEST

/* ---- Waiting, slots ----------------------------------------------------------------- */

START_TEST(all_ways_of_waiting_come_to_the_same_end)
{
	struct workload *w = live_workload("a", 200, "[arrivals]\n"
		"process = poisson\nload = 0.05\n");
	struct live_options o = live_place_options("replay", "t", "t");
	struct live_log *log;
	enum live_end end;
	struct metrics m;
	struct live *l;

	o.wait = _i;
	l = live_open(w, &o);
	ck_assert_ptr_nonnull(l);
	log = live_run_and_repeat(l, w, "rr", NULL, &end, &m);
	ck_assert_int_eq(end, LIVE_DONE);
	ck_assert_int_eq(m.requests, 200);
	ck_assert_str_eq(live_log_get(log, "wait"), live_waits[_i]);
	for (int64_t i = 0; i < log->wakes; i++)
		ck_assert_int_ge(log->wake[i].at_ns, log->wake[i].due_ns);
	live_log_free(log);
	live_close(l);
	workload_free(w);
}
END_TEST

START_TEST(slots_suffice_for_all_that_can_be_present)
{
	struct workload *w = live_workload("a", 500,
		"[arrivals]\nprocess = poisson\nload = 3\n[deadline]\n"
		"distribution = constant\nvalue = 40T\n");
	struct arrival *all = source_all(w, 7);
	struct live_options o = live_place_options("replay", "t", "t");
	struct live_log *log;
	enum live_end end;
	struct metrics m;
	struct live *l;
	int most = 0;

	for (int i = 0; i < 505; i++) {
		int n = 0;
		for (int k = 0; k <= i; k++)
			n += all[k].deadline_ns > all[i].release_ns;
		most = n > most ? n : most;
	}
	o.slots = live_slots(w, 7);
	ck_assert_int_eq(o.slots, most + 1);
	l = live_open(w, &o);
	log = live_run_and_repeat(l, w, "rr", NULL, &end, &m);
	ck_assert_int_eq(end, LIVE_DONE);
	live_log_free(log);
	live_close(l);
	workload_free(w);
	w = live_workload("a", 500, "[arrivals]\nprocess = poisson\nload = 3\n"
		FAR);
	o.slots = 3;
	l = live_open(w, &o);
	msg_capture(1);
	log = live_run_and_repeat(l, w, "rr", NULL, &end, &m);
	ck_assert_int_eq(end, LIVE_FAILED);
	ck_assert_ptr_nonnull(strstr(msg_captured(), "at once: --slots is 3"));
	msg_capture(0);
	live_log_free(log);
	live_close(l);
	free(all);
	workload_free(w);
}
END_TEST

Suite *test_live(void);
Suite *test_live(void)
{
	Suite *s = suite_create("live");
	TCase *t = tcase_create("runs");

	tcase_add_checked_fixture(t, live_place_enter, live_place_leave);
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, its_repetition_takes_every_decision_again, 0,
		sizeof runs / sizeof *runs);
	tcase_add_test(t, the_timeline_switches_the_load);
	tcase_add_test(t, an_environment_that_is_no_load_is_refused);
	tcase_add_loop_test(t,
		energy_is_what_the_counter_says_between_two_instants, 0, 2);
	tcase_add_loop_test(t,
		a_counter_that_fails_or_stands_still_gives_no_energy, 0, 2);
	tcase_add_test(t, a_live_run_leaves_what_a_simulated_one_does);
	tcase_add_loop_test(t, what_cannot_be_run_live_is_refused_in_one_line, 0,
		12);
	tcase_add_loop_test(t, a_shipped_network_runs_on_the_processor, 0, 4);
	tcase_add_loop_test(t, all_ways_of_waiting_come_to_the_same_end, 0, 3);
	tcase_add_test(t, slots_suffice_for_all_that_can_be_present);
	suite_add_tcase(s, t);
	return s;
}
