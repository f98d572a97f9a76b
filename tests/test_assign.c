/* Depth assignment: the vectors of paper/spec/imprecise.md 13, the quick forms
 * against slow ones (support_assign) and against everything tried, and the
 * properties of section 12. */
#include "support_assign.h"
#include "support_program.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 6, DEEPEST = 4, VERY_DEEP = 9, MANY = 60 };

/* Tasks with their own times and rewards. */
struct instance {
	int n;
	struct assign_task task[MOST];
	int64_t total[MOST][VERY_DEEP + 1];
	double reward[MOST][VERY_DEEP];
};

/* The functions under test, for tasks in an array. */
static int64_t plan_depths(struct assign *a, struct assign_task *t, int n,
	double delta)
{
	struct assign_task *p[MANY];

	for (int i = 0; i < n; i++)
		p[i] = &t[i];
	return assign_depths(a, p, n, delta);
}

static bool move(struct assign_task *t, int n, int x)
{
	struct assign_slack scratch[MANY];
	struct assign_task *p[MANY];

	for (int i = 0; i < n; i++)
		assign_settle(p[i] = &t[i]);
	return assign_move(p, n, x, scratch);
}

static bool extend(struct assign_task *t, int n)
{
	struct assign_task *p[MANY];

	for (int i = 0; i < n; i++)
		assign_settle(p[i] = &t[i]);
	return assign_extend(p, n);
}

static int instances(int wanted)
{
	return test_cases(wanted, 20);
}

static void put(struct instance *x, int i, int64_t left, int depths,
	const int64_t *time, const double *reward)
{
	struct assign_task *t = &x->task[i];

	*t = (struct assign_task){ .number = i, .left_ns = left,
		.alone_ns = left, .total_ns = x->total[i],
		.reward = x->reward[i], .mandatory = 1, .depths = depths };
	x->total[i][0] = 0;
	for (int l = 0; l < depths; l++) {
		x->total[i][l + 1] = x->total[i][l] + time[l];
		x->reward[i][l] = reward[l];
	}
}

/* ---- Vectors ------------------------------------------------------------------ */

struct vector {
	int n;
	struct { int64_t left, time[3]; double reward[3]; } task[4];
	int depth[4];
	int64_t time;
	double reward;
};

static const struct vector d1 = { 3, {
	{ 4, { 2, 2, 2 }, { 5, 8, 9 } }, { 7, { 2, 2, 2 }, { 6, 7, 9 } },
	{ 9, { 2, 2, 2 }, { 4, 8, 9 } } }, { 1, 1, 2 }, 8, 19 };
static const struct vector d2 = { 3, {
	{ 6, { 2, 2, 2 }, { 5, 8, 9 } }, { 8, { 2, 2, 2 }, { 6, 7, 9 } },
	{ 10, { 2, 2, 2 }, { 4, 8, 9 } } }, { 2, 1, 2 }, 10, 22 };
static const struct vector d3 = { 4, {
	{ 3, { 1, 2, 4 }, { .62, .81, .90 } }, { 8, { 2, 3, 1 }, { .40, .75, .93 } },
	{ 8, { 1, 1, 5 }, { .70, .72, .99 } },
	{ 12, { 2, 2, 2 }, { .55, .78, .83 } } }, { 1, 3, 1, 2 }, 12, 3.03 };
static const struct vector d4 = { 2, {
	{ 4, { 2, 2, 2 }, { 5, 8, 9 } }, { 4, { 2, 2, 2 }, { 5, 8, 9 } } },
	{ 1, 1 }, 4, 10 };
static const struct vector d5 = { 2, {
	{ 6, { 2, 2, 2 }, { 5, 8, 9 } }, { 6, { 2, 2, 2 }, { 5, 8, 9 } } },
	{ 2, 1 }, 6, 13 };

static void load(struct instance *x, const struct vector *v)
{
	x->n = v->n;
	for (int i = 0; i < v->n; i++)
		put(x, i, v->task[i].left, 3, v->task[i].time, v->task[i].reward);
}

static void check_vector(const struct vector *v, double delta, int64_t quanta)
{
	struct arena arena = { 0 };
	struct instance x;
	int64_t time = 0;

	load(&x, v);
	ck_assert_int_eq(plan_depths(assign_new(&arena), x.task, x.n, delta),
		quanta);
	for (int i = 0; i < v->n; i++) {
		ck_assert_int_eq(x.task[i].plan, v->depth[i]);
		time += assign_cost(&x.task[i], x.task[i].plan);
	}
	ck_assert_int_eq(time, v->time);
	ck_assert_double_eq_tol(slow_reward(x.task, x.n), v->reward, 1e-12);
	arena_fini(&arena);
}

START_TEST(the_vectors_of_the_specification_come_out)
{
	check_vector(&d1, 1, 19);
	check_vector(&d2, 1, 22);
	check_vector(&d3, .01, 303);
	check_vector(&d3, .1, 29);
	check_vector(&d3, .2, 13);
	check_vector(&d4, 1, 10);
	check_vector(&d5, 1, 13);
}
END_TEST

/* r:time/depth of every finite cell, "i " before each row. */
static void print_table(struct text *t, const struct slow_table *s)
{
	for (int i = 1; i <= s->n; i++) {
		text_add(t, "%s%d", i > 1 ? "; " : "", i);
		for (int64_t r = 0; r <= s->top; r++) {
			int64_t c = slow_cell(s, i, r);
			if (s->time[c] != TIME_NEVER)
				text_add(t, " %d:%d/%d", (int)r,
					(int)s->time[c], s->depth[c]);
		}
	}
}

START_TEST(the_slow_table_has_the_rows_of_the_specification)
{
	static const struct { const struct vector *v; const char *rows; } cases[] = {
		{ &d1, "1 5:2/1 8:4/2; 2 11:4/1 12:6/2 14:6/1; "
			"3 15:6/1 16:8/1 18:8/1 19:8/2" },
		{ &d2, "1 5:2/1 8:4/2 9:6/3; 2 11:4/1 12:6/2 14:6/1 15:8/1; "
			"3 15:6/1 16:8/1 18:8/1 19:8/2 20:10/2 22:10/2" },
	};

	for (int k = 0; k < 2; k++) {
		struct instance x;
		struct slow_table s;
		struct text t;

		load(&x, cases[k].v);
		slow_table_init(&s, x.task, x.n, 1);
		text_init(&t);
		print_table(&t, &s);
		ck_assert_str_eq(t.s, cases[k].rows);
		text_fini(&t);
		slow_table_fini(&s);
	}
}
END_TEST

START_TEST(moore_hodgson_drops_the_longest_then_the_latest)
{
	static const struct { int n; int64_t time[4], left[4]; int dropped; }
	cases[] = {
		{ 3, { 4, 1, 2 }, { 4, 5, 6 }, 0 },
		{ 4, { 3, 1, 4, 2 }, { 4, 5, 7, 8 }, 2 },
		{ 3, { 2, 2, 2 }, { 2, 3, 5 }, 1 },
	};
	static const double reward[] = { .5 };

	for (int k = 0; k < 3; k++) {
		struct arena arena = { 0 };
		struct instance x = { .n = cases[k].n };

		for (int i = 0; i < x.n; i++)
			put(&x, i, cases[k].left[i], 1, &cases[k].time[i], reward);
		ck_assert_int_eq(plan_depths(assign_new(&arena), x.task, x.n,
			.01), 50 * (x.n - 1));
		for (int i = 0; i < x.n; i++)
			ck_assert_int_eq(x.task[i].plan, i != cases[k].dropped);
		arena_fini(&arena);
	}
}
END_TEST

/* Equal lengths at one deadline: the number decides, not the place. */
START_TEST(moore_hodgson_ties_go_by_number)
{
	static const int64_t time[] = { 3 };
	static const double reward[] = { .5 };
	struct arena arena = { 0 };
	struct instance x = { .n = 2 };

	put(&x, 0, 4, 1, time, reward);
	put(&x, 1, 5, 1, time, reward);
	x.task[0].number = 9;
	(void)plan_depths(assign_new(&arena), x.task, 2, .01);
	ck_assert_int_eq(x.task[0].plan, 0);
	ck_assert_int_eq(x.task[1].plan, 1);
	arena_fini(&arena);
}
END_TEST

START_TEST(quotients_are_floored_with_care)
{
	/* 0.3 / 0.1 is below 3 in binary. */
	static const int64_t time[] = { 1 };
	static const double reward[] = { .3 };
	struct arena arena = { 0 };
	struct instance x = { .n = 1 };

	put(&x, 0, 4, 1, time, reward);
	ck_assert_int_eq(plan_depths(assign_new(&arena), x.task, 1, .1), 3);
	arena_fini(&arena);
}
END_TEST

START_TEST(a_greedy_move_trades_one_depth_for_another)
{
	static const int64_t time[] = { 2, 2, 2 };
	static const double of_x[] = { .9, .98, .99 }, of_y[] = { .6, .8, .9 };
	struct arena arena = { 0 };
	struct assign *a = assign_new(&arena);
	struct instance x = { .n = 2 };

	put(&x, 0, 4, 3, time, of_x);
	put(&x, 1, 4, 3, time, of_y);
	x.task[0].done = 2;
	x.task[0].plan = 3;
	x.task[1].plan = 1;
	ck_assert(move(x.task, 2, 0));
	ck_assert_int_eq(x.task[0].plan, 2);
	ck_assert_int_eq(x.task[1].plan, 2);
	ck_assert(!move(x.task, 2, 0));
	(void)plan_depths(a, x.task, 2, .01);
	ck_assert_int_eq(x.task[0].plan, 2);
	ck_assert_int_eq(x.task[1].plan, 2);
	arena_fini(&arena);
}
END_TEST

/* ---- Random instances ------------------------------------------------------------ */

/* 1-6 tasks of 1-4 stages, partly executed, with unequal times, many equal
 * deadlines and rewards; every reward a multiple of 1/steps. One in four is
 * as on several devices: depths limited by themselves too. */
static void make(struct instance *x, uint64_t *s, int steps)
{
	int64_t left = 0;
	bool devices = pick_below(s, 4) == 0;

	x->n = 1 + (int)pick_below(s, MOST);
	for (int i = 0; i < x->n; i++) {
		int depths = 1 + (int)pick_below(s, DEEPEST);
		int64_t time[DEEPEST];
		double reward[DEEPEST];

		left += pick_below(s, 3) ? pick_below(s, 8) : 0;
		for (int l = 0; l < depths; l++) {
			time[l] = 1 + pick_below(s, 4);
			reward[l] = (double)pick_below(s, steps + 1) / steps;
		}
		put(x, i, left + 1, depths, time, reward);
		x->task[i].done = (int)pick_below(s, depths + 1);
		x->task[i].mandatory = pick_below(s, 3) ? 1
			: 1 + (int)pick_below(s, depths);
		if (devices)
			x->task[i].alone_ns = left / 2 + pick_below(s, 4) - 2;
	}
}

static bool same_plans(const struct instance *x, const struct instance *y)
{
	for (int i = 0; i < x->n; i++)
		if (x->task[i].plan != y->task[i].plan)
			return false;
	return true;
}

static struct instance copy(const struct instance *x)
{
	struct instance y = *x;

	for (int i = 0; i < y.n; i++) {
		y.task[i].total_ns = x->total[i];
		y.task[i].reward = x->reward[i];
	}
	return y;
}

START_TEST(depths_are_the_best_of_all_and_those_of_the_table)
{
	struct arena arena = { 0 };
	struct assign *a = assign_new(&arena);
	uint64_t seed = 1;
	int feasible = 0, infeasible = 0;

	for (int k = 0; k < instances(40000); k++) {
		static const int steps[] = { 100, 10, 3 };
		int step = steps[k % 3];
		double delta = 1.0 / step, reward;
		struct instance x, y;
		int64_t quanta, best;

		make(&x, &seed, step);
		y = copy(&x);
		quanta = plan_depths(a, x.task, x.n, delta);
		ck_assert_int_eq(quanta, slow_depths(y.task, y.n, delta));
		ck_assert(same_plans(&x, &y));
		ck_assert(slow_in_time(x.task, x.n));
		if (slow_best(x.task, x.n, delta, &best, &reward)) {
			feasible++;
			ck_assert_int_eq(quanta, best);
			ck_assert_double_eq_tol(slow_reward(x.task, x.n), reward,
				1e-9);
		} else {
			int kept = 0;
			infeasible++;
			for (int i = 0; i < x.n; i++)
				kept += x.task[i].plan > 0;
			ck_assert_int_eq(kept, slow_most_kept(x.task, x.n));
		}
	}
	/* Both kinds in number, or the test shows nothing. */
	ck_assert_int_ge(feasible, instances(20000));
	ck_assert_int_ge(infeasible, instances(4000));
	arena_fini(&arena);
}
END_TEST

START_TEST(the_loss_is_below_n_delta)
{
	static const double deltas[] = { .001, .03, .1, .25, .7, 1 };
	struct arena arena = { 0 };
	struct assign *a = assign_new(&arena);
	uint64_t seed = 2;

	for (int k = 0; k < instances(5000); k++) {
		struct instance x;
		int64_t quanta, last = 0;
		double best, kept;

		make(&x, &seed, 97);
		if (!slow_best(x.task, x.n, 1, &quanta, &best))
			continue;
		for (int d = 0; d < 6; d++) {
			quanta = plan_depths(a, x.task, x.n, deltas[d]);
			kept = slow_reward(x.task, x.n);
			ck_assert_double_gt(kept, best - x.n * deltas[d]);
			ck_assert_double_ge(kept,
				(double)quanta * deltas[d] - 1e-8);
		}
		/* Halving delta never loses a quantum's worth. */
		for (double d = 1; d > 1e-4; d /= 2) {
			quanta = plan_depths(a, x.task, x.n, d);
			ck_assert_int_ge(quanta, 2 * last);
			last = quanta;
		}
	}
	arena_fini(&arena);
}
END_TEST

static int by_deadline(const void *a, const void *b)
{
	const struct assign_task *x = a, *y = b;

	if (x->left_ns != y->left_ns)
		return x->left_ns < y->left_ns ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

START_TEST(more_time_never_lowers_the_plan_and_equal_deadlines_commute)
{
	struct arena arena = { 0 };
	struct assign *a = assign_new(&arena);
	uint64_t seed = 3;

	for (int k = 0; k < instances(5000); k++) {
		struct instance x;
		int64_t quanta, all;
		double best;
		int i;

		make(&x, &seed, 10);
		for (i = 0; i < x.n; i++)
			x.task[i].alone_ns = x.task[i].left_ns;
		if (!slow_best(x.task, x.n, .1, &all, &best))
			continue;
		quanta = plan_depths(a, x.task, x.n, .1);
		for (i = 0; i < x.n; i++)
			x.task[i].number = pick_below(&seed, 1000) * 10 + i;
		qsort(x.task, (size_t)x.n, sizeof *x.task, by_deadline);
		ck_assert_int_eq(quanta, plan_depths(a, x.task, x.n, .1));
		i = (int)pick_below(&seed, x.n);
		x.task[i].left_ns += 1 + pick_below(&seed, 5);
		x.task[i].alone_ns = x.task[i].left_ns;
		qsort(x.task, (size_t)x.n, sizeof *x.task, by_deadline);
		ck_assert_int_le(quanta, plan_depths(a, x.task, x.n, .1));
	}
	arena_fini(&arena);
}
END_TEST

/* Instances of the size and scale that really occur, where the quick form
 * leaves out most of the table: times in ns, confidences with all digits. */
START_TEST(large_plans_are_those_of_the_table)
{
	enum { N = MANY };
	static struct assign_task task[N], slow[N];
	static int64_t total[N][5];
	static double reward[N][4];
	struct arena arena = { 0 };
	struct assign *a = assign_new(&arena);
	uint64_t seed = 4;

	for (int k = 0; k < instances(600); k++) {
		int n = 1 + (int)pick_below(&seed, N);
		double load = .2 + 2 * pick_unit(&seed);
		/* Equal times and levels make ties, odd ones make none. */
		bool even = k & 1, deep = k & 2;
		double delta = k % 3 ? .01 : .05;

		for (int i = 0; i < n; i++) {
			int depths = deep ? 4 : 3;
			for (int l = 0; l < depths; l++) {
				int64_t time = even ? 75000 : 50000
					+ pick_below(&seed, 100000);
				double last = l ? reward[i][l - 1] : 0;
				total[i][l + 1] = total[i][l] + time;
				reward[i][l] = last + (1 - last)
					* (even ? .5 : pick_unit(&seed));
				if (even && l == 0)
					reward[i][l] = .3 + .1
						* (double)pick_below(&seed, 7);
			}
			task[i] = (struct assign_task){ .number = i,
				.left_ns = (int64_t)(pick_unit(&seed) * n * 3e5
					/ load), .total_ns = total[i],
				.reward = reward[i], .mandatory = 1,
				.depths = depths,
				.done = (int)pick_below(&seed, depths + 1) / 2 };
			task[i].alone_ns = task[i].left_ns;
		}
		qsort(task, (size_t)n, sizeof *task, by_deadline);
		memcpy(slow, task, sizeof slow);
		ck_assert_int_eq(plan_depths(a, task, n, delta),
			slow_depths(slow, n, delta));
		for (int i = 0; i < n; i++)
			ck_assert_int_eq(task[i].plan, slow[i].plan);
	}
	arena_fini(&arena);
}
END_TEST

START_TEST(the_greedy_update_is_the_plain_one_and_stays_in_time)
{
	struct arena arena = { 0 };
	struct assign *a = assign_new(&arena);
	uint64_t seed = 5;
	int moved = 0, late = 0;

	for (int k = 0; k < instances(40000); k++) {
		struct instance x, y;
		double before;
		bool in_time;
		int at;

		make(&x, &seed, k & 1 ? 100 : 5);
		(void)plan_depths(a, x.task, x.n, .01);
		/* Time has passed, confidences have changed. */
		if (k % 3 == 0)
			for (int i = 0; i < x.n; i++)
				x.task[i].left_ns -= 2;
		at = (int)pick_below(&seed, x.n + 1) - 1;
		for (int i = 0; i < x.n; i++)
			for (int l = 0; l < x.task[i].depths; l++)
				if (i == at || pick_below(&seed, 3) == 0)
					x.reward[i][l] = (double)
						pick_below(&seed, k & 1 ? 101 : 5)
						/ 100;
		if (k % 5 == 0 && x.n > 1)
			x.task[pick_below(&seed, x.n)].plan = 0;
		y = copy(&x);
		in_time = slow_in_time(x.task, x.n);
		before = slow_reward(x.task, x.n);
		late += !in_time;
		if (move(x.task, x.n, at)) {
			moved++;
			ck_assert(slow_in_time(x.task, x.n));
			ck_assert_double_gt(slow_reward(x.task, x.n), before);
			(void)slow_move(y.task, y.n, at);
			ck_assert(same_plans(&x, &y));
		} else {
			ck_assert(!slow_move(y.task, y.n, at));
			ck_assert_int_eq(in_time, slow_in_time(x.task, x.n));
		}
		ck_assert(same_plans(&x, &y));
	}
	ck_assert_int_ge(moved, instances(5000));
	ck_assert_int_ge(late, instances(1000));
	arena_fini(&arena);
}
END_TEST

/* More moves of the completed request than are counted at once. */
START_TEST(the_greedy_update_of_deep_networks_is_the_plain_one)
{
	uint64_t seed = 9;
	int moved = 0;

	for (int k = 0; k < instances(3000); k++) {
		struct instance x = { .n = 1 + (int)pick_below(&seed, 3) }, y;
		int at = (int)pick_below(&seed, x.n);
		int64_t left = 0;
		bool any;

		for (int i = 0; i < x.n; i++) {
			int64_t time[VERY_DEEP];
			double reward[VERY_DEEP];

			for (int l = 0; l < VERY_DEEP; l++) {
				time[l] = 1 + pick_below(&seed, 4);
				reward[l] = (double)pick_below(&seed, 30) / 30;
			}
			left += pick_below(&seed, 20);
			put(&x, i, left + 1, VERY_DEEP, time, reward);
			x.task[i].plan = 1 + (int32_t)pick_below(&seed, 4);
		}
		y = copy(&x);
		any = move(x.task, x.n, at);
		moved += any;
		ck_assert_int_eq(slow_move(y.task, y.n, at), any);
		ck_assert(same_plans(&x, &y));
	}
	ck_assert_int_ge(moved, instances(1000));
}
END_TEST

START_TEST(an_extension_is_the_largest_gain_that_fits_alone)
{
	static const int64_t time[] = { 2, 2, 2 };
	static const double r0[] = { .5, .6, .8 }, r1[] = { .5, .7, .75 },
		r2[] = { .5, .81, .81 };
	struct arena arena = { 0 };
	struct instance x = { .n = 3 };

	put(&x, 0, 9, 3, time, r0);
	put(&x, 1, 9, 3, time, r1);
	put(&x, 2, 9, 3, time, r2);
	for (int i = 0; i < 3; i++) {
		x.task[i].done = x.task[i].plan = 1;
		x.task[i].alone_ns = 4;
	}
	/* .31 for one stage. */
	ck_assert(extend(x.task, 3));
	ck_assert_int_eq(x.task[2].plan, 2);
	/* Without it .30 for two stages, or .2 if only one fits: the lower
	 * number of equals. */
	ck_assert(extend(x.task, 2));
	ck_assert_int_eq(x.task[0].plan, 3);
	x.task[0].plan = 1;
	x.task[0].alone_ns = x.task[1].alone_ns = 3;
	x.reward[0][1] = .7;
	ck_assert(extend(x.task, 2));
	ck_assert_int_eq(x.task[0].plan, 2);
	x.task[0].alone_ns = x.task[1].alone_ns = 1;
	x.task[0].plan = 1;
	ck_assert(!extend(x.task, 2));
	arena_fini(&arena);
}
END_TEST

Suite *test_assign(void);
Suite *test_assign(void)
{
	Suite *s = suite_create("assign");
	TCase *t = tcase_create("assign");

	tcase_add_test(t, the_vectors_of_the_specification_come_out);
	tcase_add_test(t, the_slow_table_has_the_rows_of_the_specification);
	tcase_add_test(t, moore_hodgson_drops_the_longest_then_the_latest);
	tcase_add_test(t, moore_hodgson_ties_go_by_number);
	tcase_add_test(t, quotients_are_floored_with_care);
	tcase_add_test(t, a_greedy_move_trades_one_depth_for_another);
	tcase_add_test(t, depths_are_the_best_of_all_and_those_of_the_table);
	tcase_add_test(t, the_loss_is_below_n_delta);
	tcase_add_test(t,
		more_time_never_lowers_the_plan_and_equal_deadlines_commute);
	tcase_add_test(t, large_plans_are_those_of_the_table);
	tcase_add_test(t, the_greedy_update_is_the_plain_one_and_stays_in_time);
	tcase_add_test(t, the_greedy_update_of_deep_networks_is_the_plain_one);
	tcase_add_test(t, an_extension_is_the_largest_gain_that_fits_alone);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return s;
}
