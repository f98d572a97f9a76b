/* Bounds: vectors worked out by hand and by enumeration, the chain of
 * paper/spec/imprecise.md 11 on random small instances, and a certificate that
 * the relaxation is solved to the optimum. */
#include "support_bounds.h"
#include "support_program.h"

#include "../sim/mem.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>

static double preempt(const struct bound_sample *s)
{
	int done;
	double value = bounds_preempt(&s->in, s->utility, 100000, &done);

	ck_assert(done);
	return value;
}

static double exact(const struct bound_sample *s)
{
	return bounds_exact(&s->in, s->utility, 1000000);
}

/* ---- By hand ------------------------------------------------------------ */

START_TEST(bounds_of_the_documented_instances)
{
	static const double d1[3][3] = { { 5, 8, 9 }, { 6, 7, 9 }, { 4, 8, 9 } };
	static const int64_t twos[] = { 2, 2, 2 };
	struct bound_sample s;

	sample_begin(&s, 1);
	sample_add(&s, 0, 4, 3, twos, d1[0]);
	sample_add(&s, 0, 7, 3, twos, d1[1]);
	sample_add(&s, 0, 9, 3, twos, d1[2]);
	/* Depth 3 of the first takes 6 > 4: its best is 8. */
	ck_assert_double_eq(bounds_solo(&s.in, s.utility), 26);
	ck_assert_double_eq(bounds_knapsack(&s.in, s.utility), 20.5);
	ck_assert_double_eq(bounds_lp(&s.in, s.utility, NULL), 20.5);
	ck_assert_double_eq(preempt(&s), 19);
	ck_assert_double_eq(exact(&s), 19);

	sample_begin(&s, 1);
	sample_add(&s, 0, 3, 2, (int64_t[]){ 1, 2 }, (double[]){ 3, 4 });
	sample_add(&s, 2, 9, 2, (int64_t[]){ 3, 1 }, (double[]){ 5, 7 });
	sample_add(&s, 4, 8, 2, (int64_t[]){ 3, 1 }, (double[]){ 4, 7 });
	ck_assert_double_eq(bounds_solo(&s.in, s.utility), 18);
	ck_assert_double_eq(bounds_knapsack(&s.in, s.utility), 17);
	ck_assert_double_eq(bounds_lp(&s.in, s.utility, NULL), 15.75);
	ck_assert_double_eq(preempt(&s), 15);
	ck_assert_double_eq(exact(&s), 14);
}
END_TEST

START_TEST(fewest_misses_of_the_documented_instances)
{
	static const struct { int n; int64_t p[4], d[4]; } vector[] = {
		{ 3, { 4, 1, 2 }, { 4, 5, 6 } },
		{ 4, { 3, 1, 4, 2 }, { 4, 5, 7, 8 } },
		{ 3, { 2, 2, 2 }, { 2, 3, 5 } },
	};
	static const double one[] = { 1 };
	struct bound_sample s;

	for (size_t v = 0; v < 3; v++) {
		/* Twice, one after the other: disjoint windows add up. And one
		 * request that cannot be answered at all. */
		sample_begin(&s, 1);
		for (int64_t turn = 0; turn < 2; turn++)
			for (int i = 0; i < vector[v].n; i++)
				sample_add(&s, turn * 8, turn * 8 + vector[v].d[i],
					1, &vector[v].p[i], one);
		ck_assert_int_eq(bounds_misses(&s.in, s.utility, 1000), 2);
		sample_add(&s, 20, 22, 1, (int64_t[]){ 3 }, one);
		ck_assert_int_eq(bounds_misses(&s.in, s.utility, 1000), 3);
	}
	/* Two devices keep up with all of the first. */
	sample_begin(&s, 2);
	for (int i = 0; i < 3; i++)
		sample_add(&s, 0, vector[0].d[i], 1, &vector[0].p[i], one);
	ck_assert_int_eq(bounds_misses(&s.in, s.utility, 1000), 0);
}
END_TEST

/* ---- Drawn, against slow ways -------------------------------------------- */

#define NEAR 1e-9

START_TEST(the_chain_holds_and_its_ends_are_optimal)
{
	struct bound_sample s;
	struct stream r;
	const int turns = test_cases(20000, 5);
	int tight = 0, gaps = 0;

	stream_open(&r, 11, PURPOSE_POLICY, 0);
	for (int turn = 0; turn < turns; turn++) {
		int n = 1 + draw_below(&r, 5);
		double solo, knapsack, lp, whole, last, slow;

		sample_draw(&s, &r, 1 + turn % 4 / 3, n, draw_below(&r, 20), 2,
			n > 4 ? 2 : 3, (enum utilities)(turn % 3));
		solo = bounds_solo(&s.in, s.utility);
		knapsack = bounds_knapsack(&s.in, s.utility);
		lp = bounds_lp(&s.in, s.utility, NULL);
		whole = preempt(&s);
		ck_assert(knapsack <= solo + NEAR);
		ck_assert(lp <= knapsack + NEAR);
		ck_assert(whole <= lp + NEAR);
		slow = slow_preempt(&s);
		ck_assert_msg(fabs(whole - slow) < 2 * NEAR,
			"turn %d: %.12g, not %.12g", turn, whole, slow);
		gaps += lp > whole + NEAR;
		last = exact(&s);
		ck_assert((s.in.devices > 1) == (isnan(last) != 0));
		if (s.in.devices > 1)
			continue;
		ck_assert(last <= whole + NEAR);
		slow = slow_exact(&s);
		ck_assert_msg(fabs(last - slow) < NEAR,
			"turn %d: %.12g, not %.12g", turn, last, slow);
		tight += last < whole - NEAR;
	}
	/* The instances are such that the bounds differ. */
	ck_assert_int_gt(gaps, turns / 10);
	ck_assert_int_gt(tight, turns / 100);
}
END_TEST

START_TEST(the_relaxation_meets_its_dual)
{
	struct bound_sample s;
	struct stream r;
	const int turns = test_cases(3000, 5);
	struct bound_price *price = mem_new(MOST * MOST * 8, sizeof *price);
	int64_t work[MOST];
	int priced = 0;

	stream_open(&r, 12, PURPOSE_POLICY, 0);
	for (int turn = 0; turn < turns; turn++) {
		int n = 1 + draw_below(&r, turn % 10 ? 8 : 40), prices_n;
		double lp, b;

		sample_draw(&s, &r, 1 + turn % 5 / 3, n, draw_below(&r, 2 * n), 2, 3,
			(enum utilities)(turn % 3));
		lp = bounds_lp(&s.in, s.utility, work);
		ck_assert(sample_fits(&s, work));
		prices_n = bound_prices(&s, work, price);
		b = bound_dual(&s, price, prices_n);
		ck_assert_msg(fabs(b - lp) < NEAR * n,
			"turn %d: %.12g, dual %.12g", turn, lp, b);
		priced += prices_n > 1;
	}
	ck_assert_int_gt(priced, turns / 6);
	free(price);
}
END_TEST

START_TEST(any_prices_bound_the_optimum)
{
	struct bound_sample s;
	struct stream r;
	const int turns = test_cases(20000, 5);
	struct bound_price price[4];

	stream_open(&r, 13, PURPOSE_POLICY, 0);
	for (int turn = 0; turn < turns; turn++) {
		double b;

		sample_draw(&s, &r, 1, 1 + draw_below(&r, 5), 10, 1, 3,
			(enum utilities)(turn % 3));
		for (int k = 0; k < 4; k++) {
			price[k].a = draw_below(&r, 12);
			price[k].d = price[k].a + 1 + draw_below(&r, 20);
			price[k].lambda = stream_unit(&r)
				* (turn % 3 == WHOLE ? 2 : 0.3);
		}
		b = bound_dual(&s, price, 4);
		ck_assert(b >= exact(&s) - NEAR);
		ck_assert(b >= bounds_lp(&s.in, s.utility, NULL) - NEAR);
		ck_assert(fabs(bound_dual(&s, price, 0)
			- bounds_solo(&s.in, s.utility)) < NEAR);
	}
}
END_TEST

START_TEST(with_one_release_the_optimum_is_that_of_the_dp)
{
	struct bound_sample s;
	struct stream r;
	const int turns = test_cases(10000, 5);

	stream_open(&r, 14, PURPOSE_POLICY, 0);
	for (int turn = 0; turn < turns; turn++) {
		sample_draw(&s, &r, 1, 1 + draw_below(&r, 6), 0, 1, 3, WHOLE);
		for (int64_t i = 1; i < s.in.requests; i++)
			if (s.deadline[i] < s.deadline[i - 1])
				s.deadline[i] = s.deadline[i - 1];
		ck_assert_double_eq(exact(&s), (double)slow_dp(&s));
		ck_assert_double_eq(preempt(&s), (double)slow_dp(&s));
	}
}
END_TEST

/* A search that is stopped still bounds; and with many steps it ends. */
START_TEST(a_stopped_search_is_a_bound)
{
	struct bound_sample s;
	struct stream r;
	const int turns = test_cases(300, 5);
	int stopped = 0;

	stream_open(&r, 15, PURPOSE_POLICY, 0);
	for (int turn = 0; turn < turns; turn++) {
		double lp, best, last = INFINITY;

		sample_draw(&s, &r, 1, 20, 30, 1, 3, CONFIDENCES);
		lp = bounds_lp(&s.in, s.utility, NULL);
		best = preempt(&s);
		for (int64_t steps = 1; steps < 1000; steps *= 3) {
			int done;
			double b = bounds_preempt(&s.in, s.utility, steps, &done);

			ck_assert(b >= best - NEAR);
			ck_assert(b <= lp + NEAR);
			ck_assert(b <= last + NEAR);
			ck_assert(!done || fabs(b - best) < 2 * NEAR);
			stopped += !done;
			last = b;
		}
	}
	ck_assert_int_gt(stopped, turns);
}
END_TEST

START_TEST(the_miss_bound_is_below_the_fewest_misses)
{
	struct bound_sample s;
	struct stream r;
	const int turns = test_cases(10000, 5);
	int some = 0, loose = 0;

	stream_open(&r, 16, PURPOSE_POLICY, 0);
	for (int turn = 0; turn < turns; turn++) {
		int n = 1 + draw_below(&r, 6), late, alone = 0;
		int64_t least;

		sample_draw(&s, &r, 1 + turn % 5 / 4, n,
			turn % 2 ? draw_below(&r, 20) : 0, 1, 1, WHOLE);
		for (int64_t i = 0; i < n; i++) {
			s.utility[i] = 1;
			alone += s.time[i] > s.deadline[i] - s.release[i];
		}
		late = (int)bounds_misses(&s.in, s.utility, 1000000);
		ck_assert_int_eq(late, alone + slow_misses(&s, 0, 40));
		/* A smaller budget tries fewer windows. */
		ck_assert_int_le(bounds_misses(&s.in, s.utility, 0), late);
		if (s.in.devices > 1)
			continue;
		least = n - (int64_t)slow_exact(&s);
		ck_assert_int_le(late, least);
		if (turn % 2 == 0)
			ck_assert_int_eq(late, least);
		some += late > 0;
		loose += late < least;
	}
	ck_assert_int_gt(some, turns / 10);
	ck_assert_int_gt(loose, 0);
}
END_TEST

Suite *test_bounds(void);
Suite *test_bounds(void)
{
	Suite *s = suite_create("bounds");
	TCase *t = tcase_create("bounds");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, bounds_of_the_documented_instances);
	tcase_add_test(t, fewest_misses_of_the_documented_instances);
	tcase_add_test(t, the_chain_holds_and_its_ends_are_optimal);
	tcase_add_test(t, the_relaxation_meets_its_dual);
	tcase_add_test(t, any_prices_bound_the_optimum);
	tcase_add_test(t, with_one_release_the_optimum_is_that_of_the_dp);
	tcase_add_test(t, a_stopped_search_is_a_bound);
	tcase_add_test(t, the_miss_bound_is_below_the_fewest_misses);
	suite_add_tcase(s, t);
	return s;
}
