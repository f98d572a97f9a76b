/* Predictions by hand, among them those of paper/spec/imprecise.md 13. */
#include "../policies/predict.h"

#include <check.h>

static const int64_t equal[] = { 0, 5, 10, 15 }, unequal[] = { 0, 4, 5, 8 };
static struct profile_net net = { .depths = 3,
	.confidence = { .78, .87, .90 } };

/* Rewards after `depth` stages, whose confidences are given. */
static void check(enum predictor kind, const int64_t *total_ns, int depth,
	double r1, double r2, double r3, double want1, double want2,
	double want3)
{
	struct predict p = { kind, .5, &net, total_ns };
	double reward[3] = { r1, r2, r3 };

	predict_rewards(&p, depth, reward);
	ck_assert_double_eq_tol(reward[0], want1, 1e-12);
	ck_assert_double_eq_tol(reward[1], want2, 1e-12);
	ck_assert_double_eq_tol(reward[2], want3, 1e-12);
}

START_TEST(after_the_first_stage)
{
	check(PREDICT_EXP, equal, 1, .6, -1, -1, .6, .8, .9);
	check(PREDICT_MAX, equal, 1, .6, -1, -1, .6, 1, 1);
	check(PREDICT_LIN_TIME, equal, 1, .6, -1, -1, .6, 1, 1);
	check(PREDICT_LIN_TIME, unequal, 1, .6, -1, -1, .6, .75, 1);
	check(PREDICT_LIN_INC, equal, 1, .4, -1, -1, .4, .8, 1);
	check(PREDICT_MEAN, equal, 1, .6, -1, -1, .6, .87, .9);
	check(PREDICT_MEAN, equal, 1, .88, -1, -1, .88, .88, .9);
}
END_TEST

START_TEST(after_the_second_stage)
{
	check(PREDICT_EXP, equal, 2, .3, .5, -1, .3, .5, .75);
	check(PREDICT_MAX, equal, 2, .3, .5, -1, .3, .5, 1);
	check(PREDICT_LIN_TIME, equal, 2, .3, .5, -1, .3, .5, .75);
	check(PREDICT_LIN_INC, equal, 2, .3, .5, -1, .3, .5, .7);
	check(PREDICT_LIN_INC, equal, 2, .5, .9, -1, .5, .9, 1);
	check(PREDICT_LIN_INC, equal, 2, .6, .2, -1, .6, .2, 0);
	check(PREDICT_MEAN, equal, 2, .3, .95, -1, .3, .95, .95);
}
END_TEST

START_TEST(before_any_stage_the_prior_stands_in_for_depth_1)
{
	check(PREDICT_EXP, equal, 0, -1, -1, -1, .78, .89, .945);
	check(PREDICT_MAX, equal, 0, -1, -1, -1, .78, 1, 1);
	check(PREDICT_LIN_TIME, unequal, 0, -1, -1, -1, .78, .975, 1);
	check(PREDICT_LIN_INC, unequal, 0, -1, -1, -1, .78, .975, 1);
	check(PREDICT_MEAN, equal, 0, -1, -1, -1, .78, .87, .9);
}
END_TEST

START_TEST(what_was_seen_is_kept)
{
	for (int k = PREDICT_EXP; k <= PREDICT_REGRESS; k++)
		check((enum predictor)k, equal, 3, .3, .2, .1, .3, .2, .1);
}
END_TEST

START_TEST(exp_takes_its_gain)
{
	struct predict p = { PREDICT_EXP, .25, &net, equal };
	double reward[3] = { .6 };

	predict_rewards(&p, 1, reward);
	ck_assert_double_eq_tol(reward[1], .7, 1e-12);
	ck_assert_double_eq_tol(reward[2], .775, 1e-12);
}
END_TEST

START_TEST(regress_reads_the_curve_of_its_depths)
{
	static const double x[] = { .4, .8 }, y12[] = { .6, .9 },
		y13[] = { .7, .9 }, y23[] = { .1, .2 };
	struct curve curves[9] = { 0 };

	curves[0 * 3 + 1] = (struct curve){ 2, x, y12 };
	curves[0 * 3 + 2] = (struct curve){ 2, x, y13 };
	curves[1 * 3 + 2] = (struct curve){ 2, x, y23 };
	net.confidence_at = curves;
	check(PREDICT_REGRESS, equal, 1, .5, -1, -1, .5, .675, .75);
	check(PREDICT_REGRESS, equal, 1, .9, -1, -1, .9, .9, .9);
	check(PREDICT_REGRESS, equal, 2, .9, .6, -1, .9, .6, .15);
	check(PREDICT_REGRESS, equal, 0, -1, -1, -1, .78, .885, .89);
	net.confidence_at = NULL;
}
END_TEST

Suite *test_predict(void);
Suite *test_predict(void)
{
	Suite *s = suite_create("predict");
	TCase *t = tcase_create("predict");

	tcase_add_test(t, after_the_first_stage);
	tcase_add_test(t, after_the_second_stage);
	tcase_add_test(t, before_any_stage_the_prior_stands_in_for_depth_1);
	tcase_add_test(t, what_was_seen_is_kept);
	tcase_add_test(t, exp_takes_its_gain);
	tcase_add_test(t, regress_reads_the_curve_of_its_depths);
	suite_add_tcase(s, t);
	return s;
}
