/* Live runs on devices that need no hardware. Nothing here depends on how
 * promptly this machine reacts: whatever the times were, their repetition
 * must take the same decisions and give the same numbers. */
#include "support_live.h"

#include "../support_program.h"

#include "../../sim/mem.h"
#include "../../sim/msg.h"
#include "../../traces/harness/live.h"
#include "../../traces/harness/recorded.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POISSON "[arrivals]\nprocess = poisson\nload = 0.4\n"

static struct live_options options(const char *backend, const char *device,
	const char *data)
{
	return (struct live_options){ .backend = backend, .device = device,
		.networks = "net", .data = data, .core = -1,
		.timeout_ns = 10000000000, .slots = 64 };
}

/* Every member that does not depend on how long a pick took. */
static void expect_same(const struct metrics *a, const struct metrics *b)
{
	struct metrics x = *a, y = *b;

	x.decision_mean_ns = y.decision_mean_ns = 0;
	/* NAN where there are no watts. */
	if (isnan(x.energy_j))
		x.energy_j = x.energy_per_request_j = 0;
	if (isnan(y.energy_j))
		y.energy_j = y.energy_per_request_j = 0;
	ck_assert_int_eq(x.requests, y.requests);
	ck_assert_int_eq(x.missed, y.missed);
	ck_assert_int_eq(x.correct, y.correct);
	ck_assert_int_eq(x.response_p50_ns, y.response_p50_ns);
	ck_assert_int_eq(x.response_p99_ns, y.response_p99_ns);
	ck_assert_int_eq(x.decisions, y.decisions);
	ck_assert_int_eq(x.busy_ns, y.busy_ns);
	ck_assert_int_eq(x.idle_ns, y.idle_ns);
	ck_assert_int_eq(x.run_end_ns, y.run_end_ns);
	ck_assert(x.energy_j == y.energy_j);
	ck_assert(x.mean_confidence == y.mean_confidence
		|| (isnan(x.mean_confidence) && isnan(y.mean_confidence)));
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

Suite *test_live(void);
Suite *test_live(void)
{
	Suite *s = suite_create("live");
	TCase *t = tcase_create("runs");

	tcase_add_checked_fixture(t, live_place_enter, live_place_leave);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, its_repetition_takes_every_decision_again, 0,
		sizeof runs / sizeof *runs);
	suite_add_tcase(s, t);
	return s;
}
