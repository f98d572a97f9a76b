/* Live runs on devices that need no hardware. Nothing here depends on how
 * promptly this machine reacts: whatever the times were, their repetition
 * must take the same decisions and give the same numbers. */
#include "support_live.h"

#include "../support_program.h"

#include "../../sim/mem.h"
#include "../../sim/msg.h"
#include "../../traces/harness/backend.h"
#include "../../traces/harness/live.h"
#include "../../traces/harness/live_energy.h"
#include "../../traces/harness/recorded.h"

#include <check.h>
#include <malloc.h>
#include <math.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POISSON "[arrivals]\nprocess = poisson\nload = 0.4\n"
/* So far away that a request is served even if this machine is busy with
 * something else for a while. */
#define FAR "[deadline]\ndistribution = uniform\nmin = 1s\nmax = 2s\n"

static struct live_options options(const char *backend, const char *device,
	const char *data)
{
	return (struct live_options){ .backend = backend, .device = device,
		.networks = "net", .data = data, .core = -1,
		.timeout_ns = 10000000000, .slots = 1024 };
}

/* Whatever does not depend on how long a pick took, or on a counter. */
static void expect_same(const struct metrics *a, const struct metrics *b)
{
	ck_assert_int_eq(a->requests, b->requests);
	ck_assert_int_eq(a->missed, b->missed);
	ck_assert_int_eq(a->correct, b->correct);
	ck_assert_int_eq(a->response_p50_ns, b->response_p50_ns);
	ck_assert_int_eq(a->response_p99_ns, b->response_p99_ns);
	ck_assert_int_eq(a->decisions, b->decisions);
	ck_assert_int_eq(a->busy_ns, b->busy_ns);
	ck_assert_int_eq(a->idle_ns, b->idle_ns);
	ck_assert_int_eq(a->run_end_ns, b->run_end_ns);
	ck_assert(a->response_sum_ns == b->response_sum_ns);
	ck_assert(a->mean_confidence == b->mean_confidence
		|| (isnan(a->mean_confidence) && isnan(b->mean_confidence)));
}

/* Run it live; the repetition must agree. The caller frees the log. */
static struct live_log *run_and_repeat(struct live *l, const struct workload *w,
	const char *policy, const volatile int *stop, enum live_end *end,
	struct metrics *m)
{
	struct recorded_check check;
	struct metrics again;
	struct live_log *log;
	struct choice c;
	struct run run = { .workload = w, .choice = &c, .seed = 7 };

	ck_assert_int_eq(choice_parse(&c, policy), 0);
	ck_assert_int_eq(live_run(l, w, &c, 7, stop, m, &log, end), 0);
	ck_assert_int_eq(recorded_run(&run, log, RECORDED_ALL, &again, &check), 0);
	if (check.differs)
		ck_abort_msg("%s: %s", policy, recorded_difference(&check, w));
	ck_assert_int_eq(check.compared, log->decisions);
	expect_same(m, &again);
	choice_fini(&c);
	return log;
}

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
	struct live_options o = options("replay", "t", "t");
	struct live *l = live_open(w, &o);
	struct live_log *log;
	enum live_end end;
	struct metrics m;

	ck_assert_ptr_nonnull(l);
	log = run_and_repeat(l, w, runs[_i].policy, NULL, &end, &m);
	ck_assert_int_eq(end, LIVE_DONE);
	ck_assert_int_eq(m.requests, 300);
	ck_assert_int_eq(live_log_strange(log), 0);
	live_log_free(log);
	live_close(l);
	workload_free(w);
	free(settings);
}
END_TEST

/* ---- The log -------------------------------------------------------------------- */

static struct live_log *some_log(struct workload **w, struct choice *c)
{
	struct live_options o = options("replay", "t", "t");
	struct live_log *log;
	enum live_end end;
	struct metrics m;
	struct live *l;

	*w = live_workload("a\nsettings = s1, s2", 60, POISSON FAR);
	l = live_open(*w, &o);
	ck_assert_ptr_nonnull(l);
	ck_assert_int_eq(choice_parse(c, "imprecise"), 0);
	ck_assert_int_eq(live_run(l, *w, c, 7, NULL, &m, &log, &end), 0);
	live_close(l);
	return log;
}

START_TEST(a_log_that_was_tampered_with_is_found_out)
{
	struct recorded_check check;
	struct live_stage *g;
	struct workload *w;
	struct choice c;
	struct live_log *log = some_log(&w, &c);
	struct run run = { .workload = w, .choice = &c, .seed = 7 };
	struct metrics m;
	char *text;

	g = &log->stage[log->stages / 2];
	g->finished_ns += 1;
	ck_assert_int_eq(recorded_run(&run, log, RECORDED_ALL, &m, &check), 0);
	ck_assert(check.differs);
	ck_assert_int_gt(check.compared, 0);
	ck_assert_int_lt(check.compared, log->decisions);
	/* The first decision after that stage is a nanosecond late. */
	ck_assert_int_eq(check.repeated.at_ns, check.live.at_ns + 1);
	text = recorded_difference(&check, w);
	ck_assert_ptr_nonnull(strstr(text, "(+1 ns)"));
	free(text);
	g->finished_ns -= 1;
	log->decision[3].number++;
	ck_assert_int_eq(recorded_run(&run, log, RECORDED_ALL, &m, &check), 0);
	ck_assert(check.differs);
	ck_assert_int_eq(check.compared, 3);
	log->decision[3].number--;
	log->decisions--;
	ck_assert_int_eq(recorded_run(&run, log, RECORDED_ALL, &m, &check), 0);
	ck_assert(check.differs);
	ck_assert_int_eq(check.compared, log->decisions);
	ck_assert_int_eq(check.live.kind, -1);
	log->decisions++;
	ck_assert_int_eq(recorded_run(&run, log, RECORDED_ALL, &m, &check), 0);
	ck_assert(!check.differs);
	live_log_free(log);
	choice_fini(&c);
	workload_free(w);
}
END_TEST

static void write_log(const struct live_log *log, const char *path,
	const struct workload *w)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	live_log_write(log, f, w);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(a_log_reads_back_as_it_was)
{
	struct recorded_check check;
	struct workload *w, *w2;
	struct choice c;
	struct live_log *log = some_log(&w, &c), *back;
	struct run run = { .workload = w, .choice = &c, .seed = 7 };
	struct metrics m;

	ck_assert_int_eq(recorded_repeat(&run, log, &m, &check), 0);
	/* Whatever the run was like, one of each kind of row. */
	log->stage[4].strange = 1;
	log->stage[4].confidence = 0.1f;
	*live_log_decision(log) = (struct live_decision){ .at_ns
		= log->decision[log->decisions - 1].at_ns, .number = 9,
		.kind = DECIDE_DROP };
	write_log(log, "log.csv", w);
	back = live_log_read("log.csv", &w2);
	ck_assert_ptr_nonnull(back);
	ck_assert_str_eq(w->resolved, w2->resolved);
	ck_assert_int_eq(back->facts, log->facts);
	for (int i = 0; i < log->facts; i++)
		ck_assert_str_eq(live_log_get(back, log->fact[i].name),
			log->fact[i].value);
	ck_assert_int_eq(back->wakes, log->wakes);
	ck_assert_int_eq(back->decisions, log->decisions);
	ck_assert_int_eq(back->stages, log->stages);
	ck_assert_int_eq(back->requests, log->requests);
	for (int64_t i = 0; i < log->wakes; i++)
		ck_assert(back->wake[i].at_ns == log->wake[i].at_ns
			&& back->wake[i].due_ns == log->wake[i].due_ns);
	for (int64_t i = 0; i < log->decisions; i++)
		ck_assert(live_decision_equal(&back->decision[i],
			&log->decision[i]));
	for (int64_t i = 0; i < log->stages; i++) {
		const struct live_stage *a = &log->stage[i];
		const struct live_stage *b = &back->stage[i];
		ck_assert(a->number == b->number && a->picked_ns == b->picked_ns
			&& a->sent_ns == b->sent_ns
			&& a->finished_ns == b->finished_ns
			&& a->confidence == b->confidence
			&& a->answer == b->answer && a->net == b->net
			&& a->setting == b->setting && a->depth == b->depth
			&& a->correct == b->correct && a->strange == b->strange);
	}
	for (int64_t i = 0; i < log->requests; i++) {
		ck_assert_int_eq(back->request[i].noticed_ns,
			log->request[i].noticed_ns);
		ck_assert_int_ge(back->request[i].noticed_ns,
			back->request[i].release_ns);
		ck_assert_int_eq(back->request[i].leave_ns,
			log->request[i].leave_ns);
		ck_assert_int_eq(back->request[i].depth, log->request[i].depth);
	}
	live_log_free(back);
	workload_free(w2);
	live_log_free(log);
	choice_fini(&c);
	workload_free(w);
}
END_TEST

/* Replace `old` in log.csv and expect this one line. */
static void refuse_log(const char *good, const char *old, const char *new,
	const char *why)
{
	const char *at = strstr(good, old);
	struct workload *w;
	char *bad;

	ck_assert_msg(at != NULL, "%s", old);
	bad = mem_printf("%.*s%s%s", (int)(at - good), good, new,
		at + strlen(old));
	test_write("bad.csv", bad);
	msg_capture(1);
	ck_assert_msg(!live_log_read("bad.csv", &w), "%s -> %s", old, new);
	ck_assert_msg(strstr(msg_captured(), why) != NULL, "%s", msg_captured());
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	msg_capture(0);
	free(bad);
}

START_TEST(a_bad_log_is_refused_with_its_line)
{
	struct recorded_check check;
	struct workload *w;
	struct choice c;
	struct live_log *log = some_log(&w, &c);
	struct run run = { .workload = w, .choice = &c, .seed = 7 };
	struct metrics m;
	char *good;

	ck_assert_int_eq(recorded_repeat(&run, log, &m, &check), 0);
	log->decision[0].number = 0;
	log->stage[0].number = 0;
	write_log(log, "log.csv", w);
	good = test_read("log.csv", NULL);
	refuse_log(good, "format 1\n", "format 2\n", "newer laxity (format 2; "
		"this one knows 1)");
	refuse_log(good, "# laxity live log", "# another log",
		"not a live log");
	refuse_log(good, "# seed = 7", "# seed = x", "no '# seed = '");
	refuse_log(good, "# policy = ", "# police = ", "no '# policy = '");
	refuse_log(good, "# trace_sha256 = ", "# trace_sha256 = 0",
		"another version of t");
	refuse_log(good, "#| networks = a", "#| networks = b",
		"network 'a' is no candidate");
	refuse_log(good, "\nwake,", "\nwoke,", "event 'woke' is none of");
	refuse_log(good, "\nrun,", "\nrun,-", "at_ns '-");
	refuse_log(good, ",as_trace\n", "\n", "the header must be");
	free(good);
	live_log_free(log);
	choice_fini(&c);
	workload_free(w);
}
END_TEST

/* As written for format 1: tests/compat/README.md. */
START_TEST(logs_of_format_1_are_read_and_repeated)
{
	struct recorded_check check;
	struct workload *w;
	struct live_log *log = live_log_read("tests/compat/live-log-1.csv", &w);
	struct choice c;
	struct run run = { .choice = &c, .seed = 1 };
	struct metrics m;

	ck_assert_ptr_nonnull(log);
	ck_assert_int_eq(log->stages, 18);
	ck_assert_int_eq(log->decisions, 32);
	ck_assert_str_eq(live_log_get(log, "policy"), "threshold:stop=0.5");
	ck_assert_int_eq(choice_parse(&c, live_log_get(log, "policy")), 0);
	run.workload = w;
	ck_assert_int_eq(recorded_run(&run, log, RECORDED_ALL, &m, &check), 0);
	ck_assert(!check.differs);
	ck_assert_int_eq(m.requests, 6);
	ck_assert_int_eq(m.correct, 3);
	ck_assert_int_eq(m.response_p50_ns, 25771);
	choice_fini(&c);
	live_log_free(log);
	workload_free(w);
}
END_TEST

/* ---- What is given ---------------------------------------------------------------- */

/* Late by 1000 ns at every wake-up, 300 ns from pick to send: a lone request
 * on an idle device then takes so much longer. */
START_TEST(wake_ups_and_dispatch_enter_one_after_the_other)
{
	struct workload *w = live_workload("b", 50, "[arrivals]\n"
		"process = periodic\nperiod = 100us\n[deadline]\n"
		"distribution = constant\nvalue = 20us\n");
	struct live_wake wake = { 5, 1005 };
	struct live_stage stage = { .picked_ns = 10, .sent_ns = 310,
		.finished_ns = 7310 };
	struct live_log log = { .wakes = 1, .wake = &wake, .stages = 1,
		.stage = &stage };
	struct run run = { .workload = w, .seed = 1 };
	static const int64_t more[][2] = { { RECORDED_NOTHING, 0 },
		{ RECORDED_WAKES, 1000 }, { RECORDED_DISPATCH, 300 },
		{ RECORDED_WAKES | RECORDED_DISPATCH, 1300 } };
	struct metrics plain, m;
	struct choice c;

	ck_assert_int_eq(choice_parse(&c, "fifo"), 0);
	run.choice = &c;
	ck_assert_int_eq(engine_run(&run, &plain), 0);
	for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
		ck_assert_int_eq(recorded_run(&run, &log, (unsigned)more[i][0],
			&m, NULL), 0);
		ck_assert_int_eq(m.response_p50_ns, plain.response_p50_ns
			+ more[i][1]);
		ck_assert_int_eq(m.response_p99_ns, plain.response_p99_ns
			+ more[i][1]);
		ck_assert_int_eq(m.missed, 0);
		/* The device is at work as long; it only begins later. */
		ck_assert_int_eq(m.busy_ns, plain.busy_ns);
	}
	choice_fini(&c);
	workload_free(w);
}
END_TEST

/* ---- Ends -------------------------------------------------------------------------- */

START_TEST(outcomes_that_the_trace_does_not_have_are_counted_and_repeated)
{
	struct workload *w = live_workload("a", 80, POISSON FAR);
	char *path = live_build_path("tests/plugins/failing_backend.so");
	struct live_options o = options(path, "good", "t");
	struct live *l = live_open(w, &o);
	struct live_log *log;
	enum live_end end;
	struct metrics m;

	ck_assert_ptr_nonnull(l);
	log = run_and_repeat(l, w, "imprecise", NULL, &end, &m);
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
	struct live_options o = options("replay", "t", "t");
	struct sigaction ring = { .sa_handler = on_alarm }, before;
	struct live *l = live_open(w, &o);
	struct live_log *log;
	enum live_end end;
	struct metrics m;

	ck_assert_ptr_nonnull(l);
	alarm_rang = 0;
	ck_assert_int_eq(sigaction(SIGALRM, &ring, &before), 0);
	(void)alarm(1);
	log = run_and_repeat(l, w, "edf", &alarm_rang, &end, &m);
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

START_TEST(control_c_ends_the_program_and_keeps_the_log)
{
	static const char *const line[] = { "live", "-w", "w.ini", "-p", "edf",
		"--backend", "replay", "--networks", "net", "--log", "log.csv",
		"--db", "a.db", NULL };
	char *text = live_text("a", 200000, "[arrivals]\n"
		"process = poisson\nload = 0.01\n"), *log;
	int status = 0, begun = 0;

	test_write("w.ini", text);
	/* Too early, and it is not yet listening, or has not yet begun: then
	 * once more, and later. */
	for (int wait = 1; wait < 33 && !begun; wait += wait) {
		int child = program_start(line);
		(void)sleep((unsigned)wait);
		ck_assert_int_eq(kill(child, SIGINT), 0);
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
	free(text);
}
END_TEST

/* ---- Environments and energy ----------------------------------------------------- */

/* The second half of the requests runs beside a load; the replayed device then
 * takes twice as long. */
START_TEST(the_timeline_switches_the_load)
{
	struct workload *w = live_workload("b", 100, POISSON FAR
		"[environment]\ntimeline = 0 default, 50% compute-stream\n");
	struct live_options o = options("replay", "t", "t");
	struct live *l = live_open(w, &o);
	int64_t slow = 0;
	struct live_log *log;
	enum live_end end;
	struct metrics m;

	ck_assert_ptr_nonnull(l);
	log = run_and_repeat(l, w, "fifo", NULL, &end, &m);
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
	log = run_and_repeat(l, w, "fifo", NULL, &end, &m);
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
	struct live_options o = options("replay", "t", "t");

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
	struct live_options o = options(cases[_i].backend, NULL,
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
	log = run_and_repeat(l, w, cases[_i].policy, NULL, &end, &m);
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

/* ---- Long runs -------------------------------------------------------------------------- */

/* Memory in use, in bytes, of what malloc gave. */
static int64_t in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return (int64_t)(m.uordblks + m.hblkhd);
}

START_TEST(a_long_run_neither_leaks_nor_drifts)
{
	struct workload *w = live_workload("b", 200000,
		"[arrivals]\nprocess = poisson\nload = 0.5\n");
	struct live_options o = options("replay", "t", "t");
	struct live *l = live_open(w, &o);
	struct arrival *all = source_all(w, 7);
	int64_t begun = backend_clock(), took, last, before, after;
	struct live_log *log;
	enum live_end end;
	struct metrics m;

	ck_assert_ptr_nonnull(l);
	log = run_and_repeat(l, w, "edf", NULL, &end, &m);
	live_log_free(log);
	before = in_use();
	begun = backend_clock();
	{
		struct choice c;
		ck_assert_int_eq(choice_parse(&c, "edf"), 0);
		ck_assert_int_eq(live_run(l, w, &c, 7, NULL, &m, &log, &end), 0);
		choice_fini(&c);
	}
	took = backend_clock() - begun;
	ck_assert_int_eq(end, LIVE_DONE);
	ck_assert_int_eq(m.requests, 200000);
	/* The last request decides when it ends: nothing was put off. */
	last = all[w->warmup + w->requests - 1].deadline_ns;
	ck_assert_int_ge(m.run_end_ns, all[w->warmup + w->requests - 1].release_ns);
	ck_assert_int_le(m.run_end_ns, last + 500000000);
	ck_assert_int_le(took, last + 3000000000);
	live_log_free(log);
	/* A second run left nothing behind that the first had not. */
	after = in_use();
	ck_assert_int_le(after, before + 4096);
	free(all);
	live_close(l);
	workload_free(w);
}
END_TEST

START_TEST(all_ways_of_waiting_come_to_the_same_end)
{
	struct workload *w = live_workload("a", 200, "[arrivals]\n"
		"process = poisson\nload = 0.05\n");
	struct live_options o = options("replay", "t", "t");
	struct live_log *log;
	enum live_end end;
	struct metrics m;
	struct live *l;

	o.wait = _i;
	l = live_open(w, &o);
	ck_assert_ptr_nonnull(l);
	log = run_and_repeat(l, w, "rr", NULL, &end, &m);
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
	struct live_options o = options("replay", "t", "t");
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
	log = run_and_repeat(l, w, "rr", NULL, &end, &m);
	ck_assert_int_eq(end, LIVE_DONE);
	live_log_free(log);
	live_close(l);
	workload_free(w);
	w = live_workload("a", 500, "[arrivals]\nprocess = poisson\nload = 3\n"
		FAR);
	o.slots = 3;
	l = live_open(w, &o);
	msg_capture(1);
	log = run_and_repeat(l, w, "rr", NULL, &end, &m);
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
	tcase_add_test(t, a_log_that_was_tampered_with_is_found_out);
	tcase_add_test(t, a_log_reads_back_as_it_was);
	tcase_add_test(t, a_bad_log_is_refused_with_its_line);
	tcase_add_test(t, wake_ups_and_dispatch_enter_one_after_the_other);
	tcase_add_test(t,
		outcomes_that_the_trace_does_not_have_are_counted_and_repeated);
	tcase_add_loop_test(t,
		a_device_that_fails_ends_the_run_and_what_was_measured_is_kept,
		0, 9);
	tcase_add_loop_test(t, an_interrupted_run_keeps_what_was_measured, 0, 3);
	tcase_add_test(t, control_c_ends_the_program_and_keeps_the_log);
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
	tcase_add_test(t, a_long_run_neither_leaks_nor_drifts);
	suite_add_tcase(s, t);
	t = tcase_create("formats");
	tcase_add_test(t, logs_of_format_1_are_read_and_repeated);
	suite_add_tcase(s, t);
	return s;
}
