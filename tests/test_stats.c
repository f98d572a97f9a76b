#include "../sim/stats.h"
#include "../sim/splitmix.h"

#include <check.h>
#include <math.h>

static const double five[] = { 1, 2, 3, 4, 5 };

START_TEST(rank_is_the_ceiling_of_q_n_in_whole_numbers)
{
	for (int64_t percent = 1; percent <= 100; percent++)
		for (int64_t n = 1; n <= 2000; n++)
			ck_assert_int_eq(stats_rank((double)percent / 100, n),
				(percent * n + 99) / 100);
	ck_assert_int_eq(stats_rank(0.5, 1), 1);
	ck_assert_int_eq(stats_rank(0.99, 20000000001), 19800000001);
}
END_TEST

START_TEST(t_interval_of_one_to_five_is_that_of_the_table)
{
	/* s = sqrt(2.5), t(0.975, 4) = 2.776445. */
	struct estimate e = stats_estimate(five, 5, 0);

	ck_assert_int_eq(e.n, 5);
	ck_assert(e.mean == 3);
	ck_assert_double_eq_tol(stats_deviation(five, 5), 1.5811388301, 1e-9);
	ck_assert_double_eq_tol(e.half, 2.776445105 * 1.5811388301 / sqrt(5), 1e-8);
	ck_assert(isnan(e.limit));
}
END_TEST

START_TEST(missing_values_are_left_out)
{
	const double x[] = { NAN, 1, 2, NAN, 3, 4, 5 };
	struct estimate e = stats_estimate(x, 7, 0), full = stats_estimate(five, 5, 0);

	ck_assert_int_eq(e.n, 5);
	ck_assert(e.mean == full.mean && e.half == full.half);
	e = stats_estimate(x, 1, 0);
	ck_assert_int_eq(e.n, 0);
	ck_assert(isnan(e.mean) && isnan(e.half));
}
END_TEST

START_TEST(below_five_replications_there_is_no_interval)
{
	const double zero[4] = { 0 };
	struct estimate e = stats_estimate(five, 4, 0);

	ck_assert(e.mean == 2.5 && isnan(e.half));
	e = stats_estimate(zero, 4, 1000);
	ck_assert(e.mean == 0 && isnan(e.half) && isnan(e.limit));
}
END_TEST

START_TEST(a_share_of_nothing_or_all_has_a_clopper_pearson_limit)
{
	const double zero[5] = { 0 }, one[5] = { 1, 1, 1, 1, 1 };
	const double mixed[5] = { 0, 0, 0, 0, 0.5 };
	struct estimate e = stats_estimate(zero, 5, 100);

	/* In closed form 1 - 0.05^(1/n), about 3 / n. */
	ck_assert_double_eq_tol(e.limit, 1 - pow(0.05, 0.01), 1e-12);
	ck_assert_double_eq_tol(e.limit, 0.0295130, 1e-7);
	ck_assert(isnan(e.half));
	e = stats_estimate(one, 5, 100);
	ck_assert_double_eq_tol(e.limit, pow(0.05, 0.01), 1e-12);
	e = stats_estimate(mixed, 5, 100);
	ck_assert(isnan(e.limit) && e.half > 0);
	/* No share: zeros in every replication are a fact, with no width. */
	e = stats_estimate(zero, 5, 0);
	ck_assert(isnan(e.limit) && e.half == 0);
	ck_assert(isnan(stats_limit_none(0)));
	ck_assert_double_eq_tol(stats_limit_none(200000) * 200000, 2.9957, 1e-3);
}
END_TEST

START_TEST(differences_are_taken_pair_by_pair)
{
	/* The pairs differ by 1, 2, 3, 4, 5 whatever their common noise. */
	const double a[] = { 101, 2, -47, 4, 10.5, NAN };
	const double b[] = { 100, 0, -50, 0, 5.5, 7 };
	struct comparison c = stats_compare(a, b, 6, 1, BETTER_HIGHER);

	ck_assert_int_eq(c.n, 5);
	ck_assert_double_eq_tol(c.mean, 3, 1e-12);
	ck_assert_double_eq_tol(c.half, 1.963243161, 1e-8);
	ck_assert(c.half == c.half_joint);
	ck_assert_int_eq(c.verdict, VERDICT_BETTER);
	ck_assert_int_eq(stats_compare(a, b, 6, 1, BETTER_LOWER).verdict,
		VERDICT_WORSE);
	ck_assert_int_eq(stats_compare(b, a, 6, 1, BETTER_LOWER).verdict,
		VERDICT_BETTER);
	ck_assert_int_eq(stats_compare(a, b, 4, 1, BETTER_LOWER).verdict,
		VERDICT_UNKNOWN);
}
END_TEST

START_TEST(wording_follows_the_interval_for_all_comparisons_together)
{
	/* Mean 3, s = sqrt(2.5): alone the interval is 3 +- 1.96; for m = 100
	 * it is t(0.99975, 4) = 10.3063 -> 3 +- 7.29, which holds 0. */
	const double none[5] = { 0 };
	struct comparison c = stats_compare(five, none, 5, 100, BETTER_HIGHER);

	ck_assert_double_eq_tol(c.half, 1.963243161, 1e-8);
	ck_assert_double_eq_tol(c.half_joint, 10.3063 * 1.5811388301 / sqrt(5), 1e-3);
	ck_assert_int_eq(c.verdict, VERDICT_NONE);
	/* m = 5 is the 99 % interval: t(0.995, 4) = 4.604095. */
	c = stats_compare(five, none, 5, 5, BETTER_HIGHER);
	ck_assert_double_eq_tol(c.half_joint, 4.604094871 * 1.5811388301 / sqrt(5),
		1e-8);
	c = stats_compare(none, none, 5, 1, BETTER_HIGHER);
	ck_assert_int_eq(c.verdict, VERDICT_NONE);
}
END_TEST

START_TEST(t_interval_holds_the_mean_as_often_as_it_says)
{
	/* 20000 means of 10 uniforms: 95 %, +- 5 standard errors. */
	uint64_t state = 1;
	int covered = 0;

	for (int i = 0; i < 20000; i++) {
		double x[10];
		struct estimate e;
		for (int k = 0; k < 10; k++)
			x[k] = splitmix_unit(&state);
		e = stats_estimate(x, 10, 0);
		covered += fabs(e.mean - 0.5) <= e.half;
	}
	ck_assert_int_gt(covered, 18840);
	ck_assert_int_lt(covered, 19160);
}
END_TEST

START_TEST(batch_means_need_32_batches_that_do_not_correlate)
{
	double x[100];
	struct batches b;

	/* Batches of 3 with means 0, 1, 0, 1, ...; 4 values are left over. */
	for (int i = 0; i < 100; i++)
		x[i] = i < 96 ? i / 3 % 2 + i % 3 - 1 : 1e9;
	b = stats_batches(x, 100);
	ck_assert_int_eq(b.batch, 3);
	ck_assert_double_eq_tol(b.mean, 0.5, 1e-12);
	ck_assert(!b.too_short);
	ck_assert_double_eq_tol(b.lag1, -31.0 / 32, 1e-12);
	/* s = sqrt(8 / 31), t(0.975, 31) = 2.039513. */
	ck_assert_double_eq_tol(b.half, 2.039513446 * sqrt(8.0 / 31 / 32), 1e-8);

	/* A drift. */
	for (int i = 0; i < 100; i++)
		x[i] = i;
	b = stats_batches(x, 100);
	ck_assert(b.too_short && isnan(b.half) && b.lag1 > 0.85);

	b = stats_batches(x, 31);
	ck_assert_int_eq(b.batch, 0);
	ck_assert(isnan(b.mean) && isnan(b.half));
	for (int i = 0; i < 32; i++)
		x[i] = 4;
	b = stats_batches(x, 32);
	ck_assert(b.mean == 4 && b.half == 0 && isnan(b.lag1) && !b.too_short);
}
END_TEST

Suite *test_stats(void);
Suite *test_stats(void)
{
	Suite *s = suite_create("stats");
	TCase *t = tcase_create("stats");

	tcase_add_test(t, rank_is_the_ceiling_of_q_n_in_whole_numbers);
	tcase_add_test(t, t_interval_of_one_to_five_is_that_of_the_table);
	tcase_add_test(t, missing_values_are_left_out);
	tcase_add_test(t, below_five_replications_there_is_no_interval);
	tcase_add_test(t, a_share_of_nothing_or_all_has_a_clopper_pearson_limit);
	tcase_add_test(t, differences_are_taken_pair_by_pair);
	tcase_add_test(t, wording_follows_the_interval_for_all_comparisons_together);
	tcase_add_test(t, t_interval_holds_the_mean_as_often_as_it_says);
	tcase_add_test(t, batch_means_need_32_batches_that_do_not_correlate);
	suite_add_tcase(s, t);
	return s;
}
