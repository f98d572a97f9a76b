/* `joint` and its parts: what stages take, what a request is worth, who gets
 * the time; and what the policy has to be as good as. */
#include "support_bundle.h"
#include "support_program.h"

#include "../policies/chooser.h"
#include "../policies/frontier.h"
#include "../policies/stretch.h"
#include "../sim/engine.h"

#include <check.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEAR(x, y) ck_assert_double_eq_tol((x), (y), 1e-9)

/* ---- A profile --------------------------------------------------------------- */

/* a: staged, 1000 1000 2000 ns; b: single, 3000 ns. Ten inputs; at exit 1 of `a`
 * five are unsure (confidence .2, right 1 of 5) and five sure (.9, all right);
 * exit 2 is right on 3 of the unsure, exit 3 on 4 of them. `b` is right on all.
 * Confidences at exit 2: .3 for the unsure, .9 for the others; the same at 3. */
static const struct tiny_net nets[] = {
	{ "a", NET_STAGED, 3,
	  "0.2 0.3 0.3  0.2 0.3 0.3  0.2 0.3 0.3  0.2 0.3 0.3  0.2 0.3 0.3 "
	  "0.9 0.9 0.9  0.9 0.9 0.9  0.9 0.9 0.9  0.9 0.9 0.9  0.9 0.9 0.9",
	  "1 1 1  0 1 1  0 1 1  0 0 1  0 0 0 "
	  "1 1 1  1 1 1  1 1 1  1 1 1  1 1 1", "1000 1000 2000",
	  "100 100 100" },
	{ "b", NET_SINGLE, 1, NULL, "1", "3000", "150" },
};
static const struct tiny tiny = { .nets = 2, .net = nets, .inputs = 10,
	.idle = "50" };

static struct {
	struct bundle *bundle;
	struct profile *profile;
	struct arena arena;
	struct stretch stretch;
} w;

static void enter(void)
{
	static const int both[] = { 0, 1 };

	w.bundle = tiny_read(&tiny);
	w.profile = profile_new(w.bundle, 2, both, 1, both);
	stretch_init(&w.stretch, &w.arena, w.profile);
}

static void leave(void)
{
	arena_fini(&w.arena);
	profile_free(w.profile);
	bundle_free(w.bundle);
}

/* ---- Stretch ------------------------------------------------------------------- */

static double expected(int net, int depth)
{
	return stretch_ns(&w.stretch, net, 0, depth);
}

START_TEST(calm_is_as_profiled)
{
	NEAR(expected(0, 1), 1000);
	NEAR(expected(0, 3), 2000);
	for (int i = 0; i < 50; i++) {
		stretch_update(&w.stretch, 0, 0, 1, 1000);
		stretch_update(&w.stretch, 0, 0, 3, 2000);
	}
	ck_assert_double_eq_tol(expected(1, 1), 3000, 1);
	ck_assert_int_eq(w.stretch.epoch, 1);
}
END_TEST

/* Twice as slow: known of the stage after one look, of others after two of
 * different length. */
START_TEST(a_factor_is_found)
{
	stretch_update(&w.stretch, 0, 0, 1, 2000);
	ck_assert_int_eq(w.stretch.epoch, 2);
	NEAR(expected(0, 1), 2000);
	for (int i = 0; i < 30; i++) {
		stretch_update(&w.stretch, 0, 0, 1, 2000);
		stretch_update(&w.stretch, 0, 0, 3, 4000);
	}
	ck_assert_double_eq_tol(expected(1, 1), 6000, 60);
	ck_assert_double_eq_tol(w.stretch.factor, 2, 0.05);
}
END_TEST

START_TEST(a_constant_is_found)
{
	for (int i = 0; i < 30; i++) {
		stretch_update(&w.stretch, 0, 0, 1, 6000);
		stretch_update(&w.stretch, 0, 0, 3, 7000);
	}
	ck_assert_double_eq_tol(expected(1, 1), 8000, 80);
	ck_assert_double_eq_tol(w.stretch.factor, 1, 0.05);
}
END_TEST

START_TEST(calm_is_recognised_at_once)
{
	for (int i = 0; i < 30; i++)
		stretch_update(&w.stretch, 0, 0, 1 + i % 3, 6000);
	stretch_update(&w.stretch, 0, 0, 2, 1010);
	NEAR(w.stretch.spread, w.stretch.calm);
	ck_assert_double_eq_tol(expected(1, 1), 3000, 60);
	ck_assert_double_eq_tol(expected(0, 3), 2000, 40);
}
END_TEST

/* One stage a quarter too long says nothing; a second one does. */
START_TEST(a_small_change_needs_two_witnesses)
{
	for (int i = 0; i < 10; i++)
		stretch_update(&w.stretch, 0, 0, 1, 1000);
	stretch_update(&w.stretch, 0, 0, 1, 1250);
	NEAR(expected(0, 1), 1000);
	stretch_update(&w.stretch, 0, 0, 1, 1000);
	stretch_update(&w.stretch, 0, 0, 1, 1250);
	ck_assert_int_eq(w.stretch.epoch, 1);
	stretch_update(&w.stretch, 0, 0, 1, 1250);
	ck_assert_int_eq(w.stretch.epoch, 2);
	NEAR(expected(0, 1), 1250);
}
END_TEST

/* A network that is slowed down otherwise than the rest keeps its own mean, and
 * does not bend the line beyond reason. */
START_TEST(stages_seen_keep_their_own_means)
{
	for (int i = 0; i < 50; i++) {
		stretch_update(&w.stretch, 0, 0, 1, 2200);
		stretch_update(&w.stretch, 0, 0, 2, 1800);
		stretch_update(&w.stretch, 1, 0, 1, 4200);
	}
	ck_assert_double_eq_tol(expected(0, 1), 2200, 1);
	ck_assert_double_eq_tol(expected(0, 2), 1800, 1);
	ck_assert_double_eq_tol(expected(1, 1), 4200, 1);
	ck_assert_double_gt(expected(0, 3), 2000);
	ck_assert_double_lt(expected(0, 3), 4400);
}
END_TEST

START_TEST(versions_change_when_predictions_move)
{
	int32_t before = w.stretch.version;

	stretch_update(&w.stretch, 0, 0, 1, 1010);
	ck_assert_int_eq(w.stretch.version, before);
	stretch_update(&w.stretch, 0, 0, 1, 3000);
	ck_assert_int_gt(w.stretch.version, before);
}
END_TEST

/* ---- Frontier --------------------------------------------------------------------- */

/* Worked by hand. One stage: .6 for 1000. Then the unsure half may go on: to exit
 * 2, 500 on average for .2 (rate 4e-4), to exit 3, 1000 more for .1 (1e-4); the
 * others gain nothing. All of b: 1 for 3000. From (1500, .8) to (3000, 1) is
 * 1.33e-4, better than by (2500, .9). */
START_TEST(frontier_goes_on_only_where_it_pays)
{
	struct frontier f;

	frontier_init(&f, &w.arena, 0);
	frontier_update(&f, &w.stretch, 0);
	ck_assert_int_eq(f.n, 3);
	ck_assert_int_eq(f.point[0].net, 0);
	NEAR(f.point[0].time_ns, 1000);
	NEAR(f.point[0].value, 0.6);
	ck_assert_int_eq(f.point[1].net, 0);
	NEAR(f.point[1].time_ns, 1500);
	NEAR(f.point[1].value, 0.8);
	NEAR(f.rung[1].time_ns, 500);
	NEAR(f.rung[1].rate, 4e-4);
	ck_assert_int_eq(f.point[2].net, 1);
	NEAR(f.point[2].time_ns, 3000);
	NEAR(f.point[2].value, 1);
}
END_TEST

/* With b twice as slow its point leaves the hull, and (2500, .9) comes in. */
START_TEST(frontier_follows_the_stretch)
{
	struct frontier f;

	frontier_init(&f, &w.arena, 0);
	frontier_update(&f, &w.stretch, 0);
	stretch_update(&w.stretch, 1, 0, 1, 6000);
	stretch_update(&w.stretch, 0, 0, 1, 1000);
	stretch_update(&w.stretch, 1, 0, 1, 6000);
	for (int d = 1; d <= 3; d++)
		stretch_update(&w.stretch, 0, 0, d, d == 3 ? 2000 : 1000);
	stretch_update(&w.stretch, 1, 0, 1, 6000);
	frontier_update(&f, &w.stretch, 0);
	ck_assert_int_eq(f.n, 4);
	NEAR(f.point[2].time_ns, 2500);
	NEAR(f.point[2].value, 0.9);
	NEAR(f.point[3].time_ns, 6000);
}
END_TEST

/* 1000 accuracy per joule: a's stage of 1000 ns costs 50 W x 1 us x 1000 = .05,
 * b costs .3: it is worth .7 only. */
START_TEST(frontier_pays_for_energy)
{
	struct frontier f;

	frontier_init(&f, &w.arena, 0);
	frontier_update(&f, &w.stretch, 1000);
	NEAR(f.point[0].value, 0.6 - 0.05);
	NEAR(f.point[1].value, 0.8 - 0.075);
	for (int i = 0; i < f.n; i++)
		ck_assert_int_eq(f.point[i].net, 0);
}
END_TEST

/* ---- Chooser ------------------------------------------------------------------------ */

enum { MOST = 12, LADDER = 4 };
struct instance {
	int n;
	struct chooser_task task[MOST];
	struct rung rung[MOST][LADDER];
};

static double between(gsl_rng *r, double a, double b)
{
	return a + (b - a) * gsl_rng_uniform(r);
}

static void random_instance(gsl_rng *r, struct instance *x)
{
	double deadline = 0;

	x->n = 1 + (int)gsl_rng_uniform_int(r, MOST);
	for (int i = 0; i < x->n; i++) {
		struct chooser_task *t = &x->task[i];
		double rate = between(r, 0.5, 2);

		deadline += between(r, 0, 6);
		*t = (struct chooser_task){ .slack_ns = deadline
			- between(r, 0, 1), .alone_ns = deadline,
			.rung = x->rung[i], .must = gsl_rng_uniform(r) < 0.3,
			.rungs = (int)gsl_rng_uniform_int(r, LADDER + 1) };
		for (int k = 0; k < LADDER; k++)
			x->rung[i][k] = (struct rung){ between(r, 0.5, 4),
				rate *= between(r, 0.3, 1) };
	}
}

static bool feasible(const struct instance *x)
{
	double sum = 0;

	for (int i = 0; i < x->n; i++) {
		double own = 0;

		for (int k = 0; k < x->task[i].taken; k++)
			own += x->rung[i][k].time_ns;
		sum += own;
		/* Tasks that take nothing forbid all the same, as in `fits`. */
		if (own > x->task[i].alone_ns + 1e-9
		    || sum > x->task[i].slack_ns + 1e-9)
			return false;
	}
	return true;
}

/* The order of gain / time, each rung tried in turn: as the header says. A task
 * whose next rung does not fit is out. A rung disturbs only its own task and
 * later ones. */
static void obvious(struct instance *x, double price)
{
	bool out[MOST] = { false };

	for (int i = 0; i < x->n; i++)
		x->task[i].taken = 0;
	for (;;) {
		int best = -1;
		double top = 0, sum = 0, own = 0;
		bool fits = true;

		for (int i = 0; i < x->n; i++) {
			const struct chooser_task *t = &x->task[i];
			double rate;

			if (out[i] || t->taken == t->rungs)
				continue;
			rate = t->must && !t->taken ? INFINITY
				: t->rung[t->taken].rate;
			if (rate >= price && (best < 0 || rate > top)) {
				best = i;
				top = rate;
			}
		}
		if (best < 0)
			return;
		x->task[best].taken++;
		for (int i = 0; i < x->n; i++) {
			for (int k = 0; k < x->task[i].taken; k++) {
				sum += x->rung[i][k].time_ns;
				own += i == best ? x->rung[i][k].time_ns : 0;
			}
			fits &= i < best || sum <= x->task[i].slack_ns;
		}
		if (!fits || own > x->task[best].alone_ns) {
			x->task[best].taken--;
			out[best] = true;
		}
	}
}

START_TEST(chooser_equals_the_obvious_greedy)
{
	gsl_rng *r = gsl_rng_alloc(gsl_rng_mt19937);
	struct arena a = { 0 };
	struct chooser *c = chooser_new(&a);
	int unequal = 0, full = 0, runs = test_cases(20000, 5);

	for (int run = 0; run < runs; run++) {
		struct instance x;
		double price = between(r, 0, 0.8);
		struct chooser_task *t;
		int all = 0;

		random_instance(r, &x);
		t = chooser_tasks(c, x.n);
		memcpy(t, x.task, (size_t)x.n * sizeof *t);
		chooser_take(c, x.n, price);
		obvious(&x, price);
		for (int i = 0; i < x.n; i++) {
			unequal += t[i].taken != x.task[i].taken;
			all += t[i].taken < t[i].rungs && t[i].rung[t[i].taken].rate
				>= price;
		}
		full += !all;
	}
	ck_assert_int_eq(unequal, 0);
	/* Both cases occur: room for all, and not. */
	ck_assert_int_gt(full, runs / 20);
	ck_assert_int_lt(full, runs - runs / 20);
	arena_fini(&a);
	gsl_rng_free(r);
}
END_TEST

/* Gain of the best feasible choice, by trying all of them. */
static double best_gain(struct instance *x, int i)
{
	double best = -1;

	if (i == x->n) {
		double gain = 0;

		if (!feasible(x))
			return -1;
		for (int k = 0; k < x->n; k++)
			for (int j = 0; j < x->task[k].taken; j++)
				gain += x->rung[k][j].rate * x->rung[k][j].time_ns;
		return gain;
	}
	for (int k = 0; k <= x->task[i].rungs; k++) {
		x->task[i].taken = k;
		best = fmax(best, best_gain(x, i + 1));
	}
	return best;
}

/* Steps that are small against the slacks: within one step of the optimum. */
START_TEST(chooser_is_within_a_step_of_the_optimum)
{
	gsl_rng *r = gsl_rng_alloc(gsl_rng_mt19937);
	struct arena a = { 0 };
	struct chooser *c = chooser_new(&a);

	for (int run = 0; run < 300; run++) {
		struct instance x;
		struct chooser_task *t;
		double gain = 0, largest = 0, best;

		random_instance(r, &x);
		x.n = x.n > 5 ? 5 : x.n;
		for (int i = 0; i < x.n; i++) {
			x.task[i].must = false;
			x.task[i].slack_ns = x.task[i].alone_ns += 5;
			for (int k = 0; k < LADDER; k++)
				largest = fmax(largest, x.rung[i][k].rate
					* x.rung[i][k].time_ns);
		}
		t = chooser_tasks(c, x.n);
		memcpy(t, x.task, (size_t)x.n * sizeof *t);
		chooser_take(c, x.n, 0);
		for (int i = 0; i < x.n; i++) {
			for (int k = 0; k < t[i].taken; k++)
				gain += x.rung[i][k].rate * x.rung[i][k].time_ns;
			x.task[i].taken = t[i].taken;
		}
		ck_assert(feasible(&x));
		best = best_gain(&x, 0);
		ck_assert_double_le(gain, best + 1e-9);
		ck_assert_double_ge(gain, best - largest);
	}
	arena_fini(&a);
	gsl_rng_free(r);
}
END_TEST

START_TEST(spare_time_goes_to_the_best_that_fits)
{
	static const struct rung ladder[3][1] = { { { 10, 0.5 } }, { { 3, 0.4 } },
		{ { 3, 0.3 } } };
	struct arena a = { 0 };
	struct chooser *c = chooser_new(&a);
	struct chooser_task *t = chooser_tasks(c, 3);

	for (int i = 0; i < 3; i++)
		t[i] = (struct chooser_task){ .slack_ns = 5 + i, .alone_ns = 5 + i,
			.rung = ladder[i], .rungs = 1 };
	chooser_take(c, 3, 1);
	ck_assert_int_eq(t[1].taken, 0);
	ck_assert_int_eq(chooser_spare(c, 3), 1);
	t[1].alone_ns = 2;
	ck_assert_int_eq(chooser_spare(c, 3), 2);
	t[2].slack_ns = 2;
	ck_assert_int_eq(chooser_spare(c, 3), -1);
	arena_fini(&a);
}
END_TEST

/* ---- The policy -------------------------------------------------------------------------- */

static void simulate(const char *file, int n, const char *const *sets,
	const char *policy, struct metrics *m)
{
	struct workload *wl = workload_read(file, n, sets, 1);
	struct choice c;

	ck_assert_ptr_nonnull(wl);
	ck_assert_int_eq(choice_parse(&c, policy), 0);
	ck_assert_int_eq(engine_run(&(struct run){ .workload = wl, .choice = &c,
		.seed = 1 }, m), 0);
	choice_fini(&c);
	workload_free(wl);
}

/* One network, no goal, nothing else on the device: at least as good as the
 * imprecise-computation scheduler and least confidence first, at every load,
 * with next to no misses. */
START_TEST(joint_is_at_least_as_good_as_the_stage_policies)
{
	static const char *const clients[] = { "arrivals.clients=8",
		"arrivals.clients=20", "arrivals.clients=28",
		"arrivals.clients=36" };
	static const double ahead[] = { -0.0005, 0.001, 0.004, 0.006 };

	for (int i = 0; i < 4; i++) {
		const char *const sets[] = { clients[i], "workload.requests=6000" };
		struct metrics joint, imprecise, lcf;

		simulate("workloads/default.ini", 2, sets, "joint", &joint);
		simulate("workloads/default.ini", 2, sets, "imprecise", &imprecise);
		simulate("workloads/default.ini", 2, sets, "lcf", &lcf);
		ck_assert_double_ge(joint.accuracy, imprecise.accuracy + ahead[i]);
		ck_assert_double_ge(joint.accuracy, lcf.accuracy + ahead[i]);
		ck_assert_int_le(joint.missed, 1);
	}
}
END_TEST

/* One input at a time with a goal: as few violations as ALERT, as good an
 * objective; and where time slices are taken, far fewer. */
START_TEST(joint_is_alert_when_requests_come_one_at_a_time)
{
	static const struct { const char *timeline; double error, energy; }
		world[] = {
		{ "environment.timeline=0 default", 1.005, 1.005 },
		{ "environment.timeline=0 compute-stream", 1.005, 1.005 },
		{ "environment.timeline=0 default, 20% compute-timeslice, "
			"40% default, 60% compute-timeslice, 80% default", 0.9,
			1.03 },
	};

	for (int i = 0; i < 3; i++) {
		const char *const sets[] = { world[i].timeline,
			"workload.requests=1500", "deadline.value=900us",
			"goal.accuracy=0.88" };
		struct metrics joint, alert;

		simulate("workloads/goal-energy.ini", 4, sets, "joint", &joint);
		simulate("workloads/goal-energy.ini", 4, sets,
			"alert:preset=calibrated", &alert);
		ck_assert_double_le(joint.violated_ratio,
			alert.violated_ratio + 0.002);
		ck_assert_double_le(joint.goal_energy_j, alert.goal_energy_j
			* world[i].energy);
		ck_assert_double_le(joint.goal_error, alert.goal_error
			* world[i].error);
	}
}
END_TEST

/* Many requests, many networks, and a world that changes: better than both. */
START_TEST(joint_beats_both_where_both_effects_are_present)
{
	static const char networks[] = "workload.networks=staged3, resnet8, "
		"resnet14, resnet20w2, resnet32w2";
	static const char timeline[] = "environment.timeline=0 default, "
		"20% compute-stream, 40% default, 60% compute-timeslice, "
		"70% default";
	static const char *const sets[] = { networks, timeline,
		"workload.requests=4000", "arrivals.clients=14",
		"goal.objective=accuracy", "goal.energy_j=1000" };
	struct metrics joint, alert, imprecise;

	simulate("workloads/default.ini", 6, sets, "joint", &joint);
	simulate("workloads/default.ini", 6, sets, "alert:preset=calibrated",
		&alert);
	simulate("workloads/default.ini", 6, sets, "imprecise", &imprecise);
	ck_assert_double_gt(joint.accuracy, imprecise.accuracy + 0.05);
	ck_assert_double_gt(joint.accuracy, alert.accuracy + 0.05);
	ck_assert_double_lt(joint.miss_ratio, imprecise.miss_ratio);
}
END_TEST

/* A goal that binds is met on average: the price of energy finds it. */
START_TEST(joint_meets_goals_that_bind)
{
	static const char networks[] = "workload.networks=staged3, resnet8, "
		"resnet32w2";
	const char *const accuracy[] = { networks, "workload.requests=6000", "arrivals.clients=14",
		"goal.objective=energy", "goal.accuracy=0.88" };
	const char *const energy[] = { accuracy[0], accuracy[1], accuracy[2],
		"goal.objective=accuracy", "goal.energy_j=0.0365" };
	const char *const none[] = { accuracy[0], accuracy[1], accuracy[2] };
	struct metrics m, free;

	simulate("workloads/default.ini", 3, none, "joint", &free);
	simulate("workloads/default.ini", 5, accuracy, "joint", &m);
	ck_assert_double_gt(m.accuracy, 0.875);
	ck_assert_double_lt(m.accuracy, free.accuracy - 0.004);
	ck_assert_double_lt(m.energy_per_request_j, free.energy_per_request_j);
	simulate("workloads/default.ini", 5, energy, "joint", &m);
	ck_assert_double_gt(free.energy_per_request_j, 0.037);
	ck_assert_double_lt(m.energy_per_request_j, 0.0367);
	ck_assert_double_gt(m.accuracy, 0.84);
}
END_TEST

Suite *test_joint(void);
Suite *test_joint(void)
{
	Suite *s = suite_create("joint");
	TCase *parts = tcase_create("parts"), *t = tcase_create("policy");

	tcase_add_checked_fixture(parts, enter, leave);
	tcase_set_timeout(parts, 60);
	tcase_add_test(parts, calm_is_as_profiled);
	tcase_add_test(parts, a_factor_is_found);
	tcase_add_test(parts, a_constant_is_found);
	tcase_add_test(parts, calm_is_recognised_at_once);
	tcase_add_test(parts, a_small_change_needs_two_witnesses);
	tcase_add_test(parts, stages_seen_keep_their_own_means);
	tcase_add_test(parts, versions_change_when_predictions_move);
	tcase_add_test(parts, frontier_goes_on_only_where_it_pays);
	tcase_add_test(parts, frontier_follows_the_stretch);
	tcase_add_test(parts, frontier_pays_for_energy);
	tcase_add_test(parts, chooser_equals_the_obvious_greedy);
	tcase_add_test(parts, chooser_is_within_a_step_of_the_optimum);
	tcase_add_test(parts, spare_time_goes_to_the_best_that_fits);
	suite_add_tcase(s, parts);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, joint_is_at_least_as_good_as_the_stage_policies);
	tcase_add_test(t, joint_is_alert_when_requests_come_one_at_a_time);
	tcase_add_test(t, joint_beats_both_where_both_effects_are_present);
	tcase_add_test(t, joint_meets_goals_that_bind);
	suite_add_tcase(s, t);
	return s;
}
