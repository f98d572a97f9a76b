/* Axes, points, policies; overrides of each; what is refused. */
#include "../sim/experiment.h"
#include "../sim/mem.h"
#include "../sim/msg.h"
#include "support_workload.h"

#include <stdlib.h>
#include <string.h>

#define BASE "[workload]\ntrace = t\nnetworks = a\nrequests = 10\n" \
	"[arrivals]\nprocess = poisson\nload = 1\n" \
	"[deadline]\ndistribution = constant\nvalue = 2T\n"
#define SWEEP "[sweep]\npolicies = edf  imprecise:predictor=max,delta=0.1\n"

static struct experiment *read_text(const char *text, int n,
	const char *const *sets)
{
	place_put("e.ini", text);
	return experiment_read("e.ini", n, sets);
}

START_TEST(axes_multiply_and_the_last_moves_fastest)
{
	static const char *const load[] = { "0.5", "1", "1.5" };
	struct experiment *e = read_text(BASE "[axis]\narrivals.load = 0.5, 1,1.5\n"
		"workload.devices = 1, 2\n" SWEEP, 0, NULL);

	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(e->points, 6);
	ck_assert_int_eq(e->axes, 2);
	ck_assert_str_eq(e->axis[0].key, "arrivals.load");
	ck_assert_int_eq(e->replications, 10);
	ck_assert_uint_eq(e->seed, 1);
	ck_assert_int_eq(e->policies, 2);
	ck_assert_str_eq(e->policy[0], "edf");
	ck_assert_str_eq(e->policy[1], "imprecise:predictor=max,delta=0.1");
	for (int64_t p = 0; p < 6; p++) {
		struct workload *w = experiment_workload(e, p, 1);
		ck_assert_ptr_nonnull(w);
		ck_assert_str_eq(experiment_value(e, p, 0), load[p / 2]);
		ck_assert_int_eq(w->devices, 1 + (int)(p % 2));
		ck_assert_double_eq_tol(w->rate_hz, strtod(load[p / 2], NULL)
			* w->devices / 4000e-9, 1e-3);
		ck_assert_ptr_null(strstr(w->resolved, "axis"));
		workload_free(w);
	}
	experiment_free(e);
}
END_TEST

START_TEST(without_axes_there_is_one_point)
{
	struct experiment *e = read_text(BASE "[sweep]\npolicies = edf\n"
		"replications = 3\nseed = 4294967293\n", 0, NULL);
	struct workload *w;

	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(e->points, 1);
	ck_assert_int_eq(e->replications, 3);
	ck_assert_uint_eq(e->seed, 4294967293);
	w = experiment_workload(e, 0, 1);
	ck_assert_ptr_nonnull(w);
	workload_free(w);
	experiment_free(e);
}
END_TEST

START_TEST(values_with_commas_are_separated_by_bars)
{
	struct experiment *e = read_text(BASE "[axis]\n"
		"environment.timeline = 0 default | 0 default, 50% slow\n"
		"workload.networks = a, b |\n" SWEEP, 0, NULL);
	struct workload *w;

	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(e->points, 2);
	ck_assert_str_eq(experiment_value(e, 0, 1), "a, b");
	w = experiment_workload(e, 1, 1);
	ck_assert_ptr_nonnull(w);
	ck_assert_int_eq(w->changes, 2);
	ck_assert_int_eq(w->nets, 2);
	workload_free(w);
	experiment_free(e);
}
END_TEST

START_TEST(overrides_reach_axes_the_sweep_and_every_point)
{
	static const char *const sets[] = { "axis.arrivals.load=0.25",
		"axis.workload.warmup=1,2", "sweep.replications=2",
		"sweep.policies=rr", "workload.requests=77", "sweep.seed=9" };
	struct experiment *e = read_text(BASE "[axis]\narrivals.load = 1, 2, 3\n"
		SWEEP, 6, sets);
	struct workload *w;

	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(e->points, 2);
	ck_assert_int_eq(e->replications, 2);
	ck_assert_uint_eq(e->seed, 9);
	ck_assert(e->policies == 1 && !strcmp(e->policy[0], "rr"));
	w = experiment_workload(e, 1, 1);
	ck_assert_ptr_nonnull(w);
	ck_assert_int_eq(w->requests, 77);
	ck_assert_int_eq(w->warmup, 2);
	ck_assert_double_eq_tol(w->rate_hz, 62500, 1e-6);
	workload_free(w);
	experiment_free(e);
}
END_TEST

/* A point is the same workload as the file with these values set. */
START_TEST(a_point_resolves_as_its_values_by_hand)
{
	static const char *const sets[] = { "arrivals.load=0.5",
		"goal.objective=energy", "goal.accuracy=0.5" };
	struct experiment *e = read_text(BASE "[axis]\narrivals.load = 1, 0.5\n"
		"goal.objective = energy\ngoal.accuracy = 0.4, 0.5\n" SWEEP, 0,
		NULL);
	struct workload *a, *b;

	ck_assert_ptr_nonnull(e);
	a = experiment_workload(e, 3, 1);
	b = workload_parse("w.ini", BASE, strlen(BASE), 3, sets, 1);
	ck_assert(a && b);
	ck_assert_str_eq(a->resolved, b->resolved);
	workload_free(a);
	workload_free(b);
	experiment_free(e);
}
END_TEST

/* Lines 11 on come after BASE. */
static const struct { const char *rest, *set, *message; } bad[] = {
	{ "", NULL, "e.ini: no section [sweep]" },
	{ "[sweep]\nseed = 1\n", NULL, "e.ini:11: [sweep] has no key 'policies'" },
	{ "[sweep]\npolicies =\n", NULL,
		"e.ini:12: policies: at least one expected" },
	{ "[sweep]\npolicies = edf rr edf\n", NULL,
		"e.ini:12: policies: 'edf' is listed twice" },
	{ SWEEP "jobs = 2\n", NULL, "e.ini:13: unknown key 'jobs' in [sweep]" },
	{ SWEEP "replications = 0\n", NULL, "e.ini:13: replications = '0': "
		"an integer from 1 to 1000000 expected" },
	{ SWEEP "seed = 0\n", NULL, "e.ini:13: seed = '0': an integer from 1 to "
		"4294967295 expected" },
	{ SWEEP "seed = 4294967290\n", NULL, "e.ini:13: seed: the last "
		"replication's would be past 2^32-1" },
	{ SWEEP "[axis]\nload = 1, 2\n", NULL,
		"e.ini:14: axis load: section.key expected" },
	{ SWEEP "[axis]\nsweep.seed = 1, 2\n", NULL,
		"e.ini:14: axis sweep.seed: not a key of a workload" },
	{ SWEEP "[axis]\naxis.x = 1, 2\n", NULL,
		"e.ini:14: axis axis.x: not a key of a workload" },
	{ SWEEP "[axis]\narrivals.load = 1, 2, 1\n", NULL,
		"e.ini:14: axis arrivals.load: '1' is listed twice" },
	{ SWEEP "[axis]\narrivals.load = 1,, 2\n", NULL,
		"e.ini:14: axis arrivals.load: an empty value" },
	{ SWEEP "[axis]\narrivals.load = 1,\n", NULL,
		"e.ini:14: axis arrivals.load: an empty value" },
	{ SWEEP "[axis]\narrivals.load =\n", NULL,
		"e.ini:14: axis arrivals.load: an empty value" },
	{ SWEEP "[axis]\narrivals.load = | 1\n", NULL,
		"e.ini:14: axis arrivals.load: an empty value" },
	{ SWEEP "[axis]\narrivals.load = 1\narrivals.load = 2\n", NULL,
		"e.ini:15: key 'arrivals.load' is given twice in [axis] (first "
		"on line 14)" },
	{ SWEEP "[axis]\narrivals.load = 1, 2\n", "arrivals.load=3",
		"--set arrivals.load: an axis of this experiment; set "
		"axis.arrivals.load" },
	{ SWEEP, "axis.load=1,2", "--set axis.load: axis load: section.key "
		"expected" },
	{ SWEEP, "sweep.jobs=1", "--set sweep.jobs: unknown key 'jobs' in "
		"[sweep]" },
};

START_TEST(a_bad_experiment_gets_one_line)
{
	char *text = mem_printf("%s%s", BASE, bad[_i].rest);

	msg_capture(1);
	ck_assert_ptr_null(read_text(text, bad[_i].set != NULL, &bad[_i].set));
	expect_refusal(bad[_i].message);
	free(text);
}
END_TEST

START_TEST(more_than_a_billion_points_are_refused)
{
	struct text t;

	text_init(&t);
	text_add(&t, "%s%s[axis]\n", BASE, SWEEP);
	for (int i = 0; i < 10; i++)
		text_add(&t, "a.k%d = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10\n", i);
	msg_capture(1);
	ck_assert_ptr_null(read_text(t.s, 0, NULL));
	expect_refusal("e.ini:23: more than 1000000000 points");
	text_fini(&t);
}
END_TEST

START_TEST(a_bad_value_is_named_by_the_axis_line)
{
	struct experiment *e = read_text(BASE SWEEP "[axis]\n"
		"arrivals.load = 1, many\narrivals.lod = 1\n", 0, NULL);

	ck_assert_ptr_nonnull(e);
	msg_capture(1);
	ck_assert_ptr_null(experiment_workload(e, 1, 1));
	expect_refusal("e.ini:14: load = 'many': a number from 1e-06 to 1000000 "
		"expected");
	msg_capture(1);
	ck_assert_ptr_null(experiment_workload(e, 0, 1));
	expect_refusal("e.ini:15: unknown key 'lod' in [arrivals]");
	experiment_free(e);
}
END_TEST

Suite *test_experiment(void);
Suite *test_experiment(void)
{
	Suite *s = suite_create("experiment");
	TCase *t = tcase_create("experiment");

	tcase_add_checked_fixture(t, place_enter, place_leave);
	tcase_add_test(t, axes_multiply_and_the_last_moves_fastest);
	tcase_add_test(t, without_axes_there_is_one_point);
	tcase_add_test(t, values_with_commas_are_separated_by_bars);
	tcase_add_test(t, overrides_reach_axes_the_sweep_and_every_point);
	tcase_add_test(t, a_point_resolves_as_its_values_by_hand);
	tcase_add_loop_test(t, a_bad_experiment_gets_one_line, 0,
		sizeof bad / sizeof *bad);
	tcase_add_test(t, more_than_a_billion_points_are_refused);
	tcase_add_test(t, a_bad_value_is_named_by_the_axis_line);
	suite_add_tcase(s, t);
	return s;
}
