/* How live runs end: by themselves after long, by a device that fails or hangs
 * at any call, by a signal. What was measured is kept and says so. */
#include "support_live.h"

#include "../support_program.h"

#include "../../sim/mem.h"
#include "../../sim/msg.h"
#include "../../traces/harness/backend.h"
#include "../../traces/harness/recorded.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(outcomes_that_the_trace_does_not_have_are_counted_and_repeated)
{
	struct workload *w = live_workload("a", 80, POISSON FAR);
	char *path = live_build_path("tests/plugins/failing_backend.so");
	struct live_options o = live_place_options(path, "good", "t");
	struct live *l = live_open(w, &o);
	struct live_log *log;
	enum live_end end;
	struct metrics m;

	ck_assert_ptr_nonnull(l);
	log = live_run_and_repeat(l, w, "imprecise", NULL, &end, &m);
	ck_assert_int_eq(end, LIVE_DONE);
	ck_assert_int_gt(live_log_strange(log), 0);
	ck_assert_str_eq(live_log_get(log, "failing"), "1");
	ck_assert_str_eq(live_log_get(log, "other"), "2");
	live_log_free(log);
	live_close(l);
	workload_free(w);
	free(path);
}
END_TEST

/* Fails at the N-th stage, whichever request that belongs to. */
START_TEST(a_device_that_fails_ends_the_run_and_what_was_measured_is_kept)
{
	static const struct { const char *where, *message; int prepared; } cases[] = {
		{ "open", "no device", 0 },
		{ "info", "no facts of the device", 0 },
		{ "plan", "the network does not fit", 0 },
		{ "send:7", "the device is lost", 0 },
		{ "poll:7", "the device reports an error", 0 },
		{ "stuck:7", "the device does not finish a stage of a", 0 },
		{ "send:60", "the device is lost", 1 },
		{ "poll:60", "the device reports an error", 1 },
		{ "stuck:60", "has not ended for 1 s: the device is stuck", 1 },
	};
	char *text = live_text("a", 400, POISSON FAR), *err, *log, *plugin
		= live_build_path("tests/plugins/failing_backend.so");
	struct program p = { 0 };
	struct live_log *back;
	struct workload *w;
	struct run run;
	struct recorded_check check;
	struct choice c;
	struct metrics m;

	test_write("w.ini", text);
	program_line(&p, "live -w w.ini -p edf --backend %s --device %s --data t "
		"--networks net --log log.csv --db a.db --format csv --timeout 1 "
		"--timeline t.json", plugin, cases[_i].where);
	ck_assert_msg(p.status == 1, "%s: %d", cases[_i].where, p.status);
	err = mem_printf("laxity: %s\n", cases[_i].message);
	if (!cases[_i].prepared) {
		ck_assert_str_eq(p.err, err);
		ck_assert_str_eq(p.out, "");
		ck_assert(access("log.csv", F_OK) && access("a.db", F_OK)
			&& access("t.json", F_OK));
	} else {
		ck_assert_msg(strstr(p.err, cases[_i].message) != NULL, "%s",
			p.err);
		ck_assert_msg(strstr(p.err, "marked as incomplete") != NULL, "%s",
			p.err);
		ck_assert_ptr_nonnull(strstr(p.out, "\nedf,1,"));
		ck_assert(!access("a.db", F_OK) && !access("t.json", F_OK));
		log = test_read("log.csv", NULL);
		ck_assert_ptr_nonnull(strstr(log, "# ended = failed\n"));
		free(log);
		/* 15 of the 60 were the warm-up. */
		back = live_log_read("log.csv", &w);
		ck_assert_ptr_nonnull(back);
		ck_assert_int_eq(back->stages, 45);
		ck_assert_int_eq(back->stage[44].finished_ns, -1);
		ck_assert_int_eq(choice_parse(&c, "edf"), 0);
		run = (struct run){ .workload = w, .choice = &c, .seed = 1 };
		ck_assert_int_eq(recorded_run(&run, back, RECORDED_ALL, &m,
			&check), 0);
		ck_assert(!check.differs);
		choice_fini(&c);
		live_log_free(back);
		workload_free(w);
	}
	free(err);
	free(text);
	free(plugin);
	program_fini(&p);
}
END_TEST

static volatile int alarm_rang;

static void on_alarm(int number)
{
	(void)number;
	alarm_rang = 1;
}

/* Wherever the signal comes: at work, waiting, or before the first release. */
START_TEST(an_interrupted_run_keeps_what_was_measured)
{
	static const char *const loads[] = { "0.2", "0.01", "0.000001" };
	char *rest = mem_printf("[arrivals]\nprocess = poisson\nload = %s\n",
		loads[_i]);
	struct workload *w = live_workload("a", 200000, rest);
	struct live_options o = live_place_options("replay", "t", "t");
	struct sigaction ring = { .sa_handler = on_alarm }, before;
	const struct itimerval soon = { .it_value = { .tv_usec = 300000 } };
	struct live *l = live_open(w, &o);
	struct live_log *log;
	enum live_end end;
	struct metrics m;

	ck_assert_ptr_nonnull(l);
	alarm_rang = 0;
	ck_assert_int_eq(sigaction(SIGALRM, &ring, &before), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &soon, NULL), 0);
	log = live_run_and_repeat(l, w, "edf", &alarm_rang, &end, &m);
	ck_assert_int_eq(sigaction(SIGALRM, &before, NULL), 0);
	ck_assert_int_eq(end, LIVE_INTERRUPTED);
	ck_assert_int_lt(m.requests, 200000);
	ck_assert_str_eq(live_log_get(log, "ended"), "interrupted");
	live_log_free(log);
	live_close(l);
	workload_free(w);
	free(rest);
}
END_TEST

/* ---- Every call of the backend ------------------------------------------------------ */

#define FAULTY "live -w w.ini -p edf --backend %s --device %s --data t " \
	"--networks net --log log.csv --db a.db --format csv --timeout 1"

/* Three stages of each request, beside a load from the middle on. */
static void place_faulty(void)
{
	char *text = live_text("a", 12, POISSON FAR "[environment]\n"
		"timeline = 0 default, 50% compute-stream\n");

	test_write("w.ini", text);
	free(text);
}

/* How many calls a run makes that can fail. */
static long count_calls(const char *plugin)
{
	struct program p = { 0 };
	const char *said;
	long n;

	program_line(&p, FAULTY, plugin, "count");
	ck_assert_msg(p.status == 0, "%s", p.err);
	said = strstr(p.err, " calls\n");
	ck_assert_ptr_nonnull(said);
	while (said > p.err && said[-1] != ' ')
		said--;
	n = atol(said);
	ck_assert_int_gt(n, 100);
	program_fini(&p);
	ck_assert_int_eq(unlink("log.csv") | unlink("a.db"), 0);
	return n;
}

/* What is in log.csv is part of a run, says so, and comes out again. */
static void expect_incomplete(void)
{
	struct recorded_check check;
	struct workload *w;
	struct live_log *log = live_log_read("log.csv", &w);
	struct choice c;
	struct run run = { .choice = &c, .seed = 1 };
	struct metrics m;

	ck_assert_ptr_nonnull(log);
	ck_assert_str_eq(live_log_get(log, "ended"), "failed");
	ck_assert_int_eq(choice_parse(&c, "edf"), 0);
	run.workload = w;
	ck_assert_int_eq(recorded_run(&run, log, RECORDED_ALL, &m, &check), 0);
	if (check.differs)
		ck_abort_msg("%s", recorded_difference(&check, w));
	choice_fini(&c);
	live_log_free(log);
	workload_free(w);
}

START_TEST(whichever_call_fails_the_end_is_clear)
{
	char *plugin = live_build_path("tests/plugins/failing_backend.so");
	struct program p = { 0 };
	long calls, tried = 0, begun = 0;
	int step = getenv("LAXITY_QUICK") ? 9 : 1;

	place_faulty();
	calls = count_calls(plugin);
	for (long k = 1; k <= calls; k += step, tried++) {
		char where[32], said[64];
		(void)snprintf(where, sizeof where, "fail:%ld", k);
		(void)snprintf(said, sizeof said, "laxity: call %ld fails\n", k);
		program_line(&p, FAULTY, plugin, where);
		ck_assert_msg(p.status == 1, "%s: %d: %s", where, p.status, p.err);
		ck_assert_msg(strstr(p.err, said) != NULL, "%s: %s", where, p.err);
		if (access("log.csv", F_OK)) {
			ck_assert_str_eq(p.out, "");
			ck_assert(access("a.db", F_OK) != 0);
			continue;
		}
		begun++;
		ck_assert_ptr_nonnull(strstr(p.out, "\nedf,1,"));
		ck_assert_ptr_nonnull(strstr(p.err, "marked as incomplete"));
		expect_incomplete();
		ck_assert_int_eq(unlink("log.csv") | unlink("a.db"), 0);
	}
	ck_assert_int_gt(begun, tried / 2);
	ck_assert_int_lt(begun, tried);
	(void)printf("live: %ld of a backend's %ld calls made to fail, one at a "
		"time: %ld before the run began, %ld during it, all reported, "
		"kept and repeated\n", tried, calls, tried - begun, begun);
	free(plugin);
	program_fini(&p);
}
END_TEST

/* The last calls are of the run: one sends a stage, the next asks for it. */
START_TEST(a_call_that_does_not_come_back_ends_the_run_too)
{
	char *plugin = live_build_path("tests/plugins/failing_backend.so");
	struct program p = { 0 };
	char where[32];

	place_faulty();
	(void)snprintf(where, sizeof where, "hang:%ld", count_calls(plugin) / 2
		+ _i);
	program_line(&p, FAULTY, plugin, where);
	ck_assert_msg(p.status == 1, "%s: %d: %s", where, p.status, p.err);
	ck_assert_msg(strstr(p.err, "of a: the backend has not come back for 2 s: "
		"it is stuck\n") != NULL, "%s", p.err);
	ck_assert_ptr_nonnull(strstr(p.err, "marked as incomplete"));
	ck_assert_ptr_nonnull(strstr(p.out, "\nedf,1,"));
	ck_assert_int_eq(access("a.db", F_OK), 0);
	expect_incomplete();
	free(plugin);
	program_fini(&p);
}
END_TEST

/* Nothing is measured yet: a signal ends the program as usual. */
START_TEST(a_device_that_hangs_when_opened_can_be_interrupted)
{
	char *plugin = live_build_path("tests/plugins/failing_backend.so");
	const char *const line[] = { "live", "-w", "w.ini", "-p", "edf",
		"--backend", plugin, "--device", "hang:1", "--data", "t",
		"--networks", "net", "--log", "log.csv", NULL };
	int status, child;

	place_faulty();
	child = program_start(line);
	test_sleep_ms(300);
	ck_assert_int_eq(waitpid(child, &status, WNOHANG), 0);
	ck_assert_int_eq(kill(child, SIGINT), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	ck_assert(access("log.csv", F_OK) != 0);
	free(plugin);
}
END_TEST

/* ---- Signals ------------------------------------------------------------------------ */

static const char *const endless[] = { "live", "-w", "w.ini", "-p", "edf",
	"--backend", "replay", "--networks", "net", "--log", "log.csv",
	"--db", "a.db", NULL };

static void place_endless(int requests)
{
	char *text = live_text("a", requests, "[arrivals]\n"
		"process = poisson\nload = 0.01\n");

	test_write("w.ini", text);
	free(text);
}

START_TEST(a_signal_ends_the_program_and_keeps_the_log)
{
	static const int signals[] = { SIGINT, SIGTERM };
	int status = 0, begun = 0;
	char *log;

	place_endless(200000);
	/* Too early, and it is not yet listening, or has not yet begun: then
	 * once more, and later. */
	for (int ms = 300; ms < 20000 && !begun; ms += ms) {
		int child = program_start(endless);
		test_sleep_ms(ms);
		ck_assert_int_eq(kill(child, signals[_i]), 0);
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		if (!WIFEXITED(status))
			continue;
		ck_assert_int_eq(WEXITSTATUS(status), 1);
		ck_assert_int_eq(access("a.db", F_OK), 0);
		log = test_read("log.csv", NULL);
		ck_assert_ptr_nonnull(strstr(log, "# ended = interrupted\n"));
		begun = strstr(log, "\nwake,") != NULL;
		free(log);
	}
	ck_assert(begun);
}
END_TEST

/* Against SIGKILL nothing helps; but nothing is half written either, and the
 * same command then works. */
START_TEST(killed_it_leaves_nothing_half_written)
{
	struct program p = { 0 };
	int status;

	place_endless(200000);
	for (int i = 0; i < 2; i++) {
		int child = program_start(endless);
		test_sleep_ms(300);
		ck_assert_int_eq(kill(child, SIGKILL), 0);
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		ck_assert(access("log.csv", F_OK) != 0);
	}
	place_endless(40);
	program_run(&p, endless);
	ck_assert_msg(p.status == 0, "%s", p.err);
	program_line(&p, "export csv a.db");
	ck_assert_int_eq(p.status, 0);
	/* A header, and the run that was not killed. */
	ck_assert_ptr_nonnull(strchr(p.out, '\n'));
	ck_assert_str_eq(strchr(strchr(p.out, '\n') + 1, '\n'), "\n");
	program_fini(&p);
}
END_TEST

/* ---- Long runs -------------------------------------------------------------------------- */

/* Memory in use, in bytes, of what malloc gave; and the most that this process
 * ever had. */
static int64_t in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return (int64_t)(m.uordblks + m.hblkhd);
}

static int64_t peak(void)
{
	struct rusage r;

	ck_assert_int_eq(getrusage(RUSAGE_SELF, &r), 0);
	return (int64_t)r.ru_maxrss * 1024;
}

static int64_t log_bytes(const struct live_log *log)
{
	return log->wake_room * (int64_t)sizeof *log->wake
		+ log->decision_room * (int64_t)sizeof *log->decision
		+ log->stage_room * (int64_t)sizeof *log->stage;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Median lateness of the wake-ups from..to. */
static int64_t lateness(const struct live_log *log, int64_t from, int64_t to)
{
	int64_t *x = mem_new((size_t)(to - from), sizeof *x), median;

	for (int64_t i = from; i < to; i++)
		x[i - from] = log->wake[i].at_ns - log->wake[i].due_ns;
	qsort(x, (size_t)(to - from), sizeof *x, by_size);
	median = x[(to - from) / 2];
	free(x);
	return median;
}

/* A run ten times as long needs a longer log, taken beforehand, and not another
 * byte; and at its end the executor wakes up as promptly as at its beginning:
 * what is late does not add up. */
START_TEST(a_long_run_neither_leaks_nor_drifts)
{
	int quick = getenv("LAXITY_QUICK") != NULL;
	int requests = quick ? 20000 : 200000;
	const char *arrivals = "[arrivals]\nprocess = poisson\nload = 0.5\n";
	struct workload *brief = live_workload("b", requests / 10, arrivals);
	struct workload *w = live_workload("b", requests, arrivals);
	struct live_options o = live_place_options("replay", "t", "t");
	struct live *l = live_open(w, &o);
	struct arrival *all = source_all(w, 7);
	int64_t begun, took, last, before, after, rooms, peaks, more;
	int64_t first = -1, final = -1;
	struct live_log *log;
	enum live_end end;
	struct metrics m;
	struct choice c;

	ck_assert_ptr_nonnull(l);
	ck_assert_int_eq(choice_parse(&c, "edf"), 0);
	ck_assert_int_eq(live_run(l, brief, &c, 7, NULL, &m, &log, &end), 0);
	rooms = log_bytes(log);
	live_log_free(log);
	peaks = peak();
	before = in_use();
	begun = backend_clock();
	ck_assert_int_eq(live_run(l, w, &c, 7, NULL, &m, &log, &end), 0);
	took = backend_clock() - begun;
	ck_assert_int_eq(end, LIVE_DONE);
	ck_assert_int_eq(m.requests, requests);
	/* The log has not grown during the run, and nothing else has. */
	ck_assert_int_ge(log->wake_room, 2 * requests);
	ck_assert_int_lt(log->wake_room, 2 * requests + 100);
	ck_assert_int_lt(log->stage_room, requests + 100);
	ck_assert_int_lt(log->decision_room, 2 * requests + 100);
	if (!quick)                     /* sanitizers keep what is freed */
		ck_assert_int_le(peak() - peaks, log_bytes(log) - rooms
			+ (1 << 20));
	/* The last request decides when it ends: nothing was put off. */
	last = all[w->warmup + w->requests - 1].deadline_ns;
	ck_assert_int_ge(m.run_end_ns, all[w->warmup + w->requests - 1].release_ns);
	ck_assert_int_le(m.run_end_ns, last + 500000000);
	ck_assert_int_le(took, last + 3000000000);
	/* On a machine with better things to do it is never idle. */
	if (log->wakes >= 100) {
		first = lateness(log, 0, log->wakes / 10);
		final = lateness(log, log->wakes * 9 / 10, log->wakes);
		ck_assert_int_le(final, first + 20000000);
	}
	more = peak() - peaks;
	rooms = log_bytes(log) - rooms;
	live_log_free(log);
	after = in_use();
	ck_assert_int_le(after, before + 4096);
	(void)printf("live: %d requests in %.2f s: %.0f KiB more at the peak than "
		"for a tenth, of which the log %.0f; woken late by %.2f us at "
		"first, %.2f us at last\n", requests, 1e-9 * (double)took,
		(double)more / 1024, (double)rooms / 1024, 1e-3 * (double)first,
		1e-3 * (double)final);
	choice_fini(&c);
	free(all);
	live_close(l);
	workload_free(brief);
	workload_free(w);
}
END_TEST

Suite *test_live_ends(void);
Suite *test_live_ends(void)
{
	Suite *s = suite_create("live_ends");
	TCase *t = tcase_create("ends");

	tcase_add_checked_fixture(t, live_place_enter, live_place_leave);
	tcase_set_timeout(t, 120);
	tcase_add_test(t,
		outcomes_that_the_trace_does_not_have_are_counted_and_repeated);
	tcase_add_loop_test(t,
		a_device_that_fails_ends_the_run_and_what_was_measured_is_kept,
		0, 9);
	tcase_add_loop_test(t, an_interrupted_run_keeps_what_was_measured, 0, 3);
	tcase_add_test(t, whichever_call_fails_the_end_is_clear);
	tcase_add_loop_test(t, a_call_that_does_not_come_back_ends_the_run_too,
		0, 2);
	tcase_add_test(t, a_device_that_hangs_when_opened_can_be_interrupted);
	tcase_add_loop_test(t, a_signal_ends_the_program_and_keeps_the_log, 0, 2);
	tcase_add_test(t, killed_it_leaves_nothing_half_written);
	tcase_add_test(t, a_long_run_neither_leaks_nor_drifts);
	suite_add_tcase(s, t);
	return s;
}
