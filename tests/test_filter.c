#include "../policies/filter.h"

#include <check.h>
#include <gsl/gsl_rng.h>
#include <math.h>

#define NEAR(x, y) ck_assert_double_eq_tol((x), (y), 1e-9)

static const double ratios[] = { 1.00, 1.05, 0.98, 1.50, 1.60, 1.55, 1.02, 1.00 };

/* Table of paper/spec/alert.md 12. */
START_TEST(slowdown_follows_the_published_recursion)
{
	static const double want[8][5] = { /* Q, K, y, mean, variance */
		{ .100000000, .993377483, .000000000, 1.000000000, .150000000 },
		{ .100000000, .990195442, .050000000, 1.049509772, .100993377 },
		{ .100000000, .990195136, -.069509772, .980681534, .100990195 },
		{ .100000000, .990195136, .519318466, 1.494908153, .100990195 },
		{ .215100311, .995393626, .105091847, 1.599515908, .216090506 },
		{ .100000000, .990195636, -.049515908, 1.550485472, .100995394 },
		{ .100000000, .990195136, -.530485472, 1.025201338, .100990196 },
		{ .223146395, .995558252, -.025201338, 1.000111938, .224136590 },
	};
	struct slowdown_constants c = slowdown_preset(SLOWDOWN_PAPER, 0);
	struct slowdown f;

	slowdown_init(&f, &c);
	NEAR(f.mean, 1);
	NEAR(f.variance, 0.1);
	for (int n = 0; n < 8; n++) {
		slowdown_update(&f, ratios[n]);
		NEAR(f.q, want[n][0]);
		NEAR(f.k, want[n][1]);
		NEAR(f.y, want[n][2]);
		NEAR(f.mean, want[n][3]);
		NEAR(f.variance, want[n][4]);
	}
}
END_TEST

START_TEST(no_lag_uses_the_present_innovation)
{
	struct slowdown_constants c = slowdown_preset(SLOWDOWN_PAPER, 0);
	struct slowdown f;

	c.q0 = c.r = 1e-3;
	c.p0 = 77;       /* p0 and k0 are ignored */
	c.k0 = 0;
	c.no_lag = true;
	slowdown_init(&f, &c);
	NEAR(f.variance, 1e-3);
	for (int n = 0; n < 4; n++)
		slowdown_update(&f, ratios[n]);
	NEAR(f.k, 0.617647059);
	NEAR(f.y, 0.500769231);
	NEAR(f.mean, 1.308529412);
	NEAR(f.q, 0.067265955);
	NEAR(f.variance, 0.067883602);
}
END_TEST

START_TEST(calibrated_preset_takes_the_profiles_variance)
{
	struct slowdown_constants c = slowdown_preset(SLOWDOWN_CALIBRATED, 0.02);

	NEAR(c.q0, 0.02);
	NEAR(c.p0, 0.02);
	NEAR(c.r, 1e-3);
	c = slowdown_preset(SLOWDOWN_CALIBRATED, 0);
	NEAR(c.q0, 1e-4);
}
END_TEST

/* The textbook filter for x(n) = x(n-1) + w, z(n) = x(n) + v: predict, then
 * update, posterior variance kept. The literal recursion must be the same with
 * the same process noise, its variance being the textbook's prior one. */
START_TEST(slowdown_is_the_textbook_kalman_filter)
{
	gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);

	for (int run = 0; run < 50; run++) {
		struct slowdown_constants c = {
			.alpha = gsl_rng_uniform(random), .q0 = gsl_rng_uniform(random),
			.p0 = gsl_rng_uniform(random), .k0 = gsl_rng_uniform(random),
			.r = 1e-4 + gsl_rng_uniform(random), .mu0 = 1,
		};
		struct slowdown f;
		double x = c.mu0, posterior = (1 - c.k0) * c.p0;
		double q = c.q0, correction = 0;

		slowdown_init(&f, &c);
		for (int n = 0; n < 200; n++) {
			double z = 0.5 + 2 * gsl_rng_uniform(random);
			double prior, gain;

			q = fmax(c.q0, c.alpha * q
				+ (1 - c.alpha) * correction * correction);
			prior = posterior + q;            /* predict */
			gain = prior / (prior + c.r);     /* update */
			correction = gain * (z - x);
			x += correction;
			posterior = prior * c.r / (prior + c.r);

			slowdown_update(&f, z);
			NEAR(f.mean, x);
			NEAR(f.variance, prior);
			NEAR(f.k, gain);
		}
	}
	gsl_rng_free(random);
}
END_TEST

/* The ablation is the same filter seen one half-step later. */
START_TEST(no_lag_is_the_textbook_filter_after_its_prediction)
{
	struct slowdown_constants c = slowdown_preset(SLOWDOWN_PAPER, 0);
	struct slowdown f;
	gsl_rng *random = gsl_rng_alloc(gsl_rng_mt19937);
	double x = 1, prior, q;

	c.no_lag = true;
	c.r = 0.05;
	prior = q = c.q0;
	slowdown_init(&f, &c);
	for (int n = 0; n < 500; n++) {
		double z = 0.5 + 2 * gsl_rng_uniform(random);
		double gain = prior / (prior + c.r), correction = gain * (z - x);

		x += correction;
		q = fmax(c.q0, c.alpha * q + (1 - c.alpha) * correction * correction);
		prior = prior * c.r / (prior + c.r) + q;
		slowdown_update(&f, z);
		NEAR(f.mean, x);
		NEAR(f.variance, prior);
	}
	gsl_rng_free(random);
}
END_TEST

/* A constant truth is found, and the literal variance reacts to a jump exactly
 * one measurement later than the mean. */
START_TEST(variance_lags_one_step_behind_a_jump)
{
	struct slowdown_constants c = slowdown_preset(SLOWDOWN_CALIBRATED, 0);
	struct slowdown lag, direct;
	double calm;

	slowdown_init(&lag, &c);
	c.no_lag = true;
	slowdown_init(&direct, &c);
	for (int n = 0; n < 100; n++) {
		slowdown_update(&lag, 1.2);
		slowdown_update(&direct, 1.2);
	}
	NEAR(lag.mean, 1.2);
	calm = lag.variance;
	slowdown_update(&lag, 2.2);
	slowdown_update(&direct, 2.2);
	NEAR(lag.variance, calm);
	ck_assert_double_gt(direct.variance, 10 * calm);
	slowdown_update(&lag, 2.2);
	ck_assert_double_gt(lag.variance, 10 * calm);
}
END_TEST

START_TEST(level_follows_the_published_recursion)
{
	static const double sample[] = { .25, .27, .26, .40, .41 };
	static const double value[] = { .254504505, .262290453, .261429331,
		.306114985, .336968857 };
	static const double gain[] = { .909909910, .502465262, .375961512,
		.322475558, .297000223 };
	struct level f;

	level_init(&f, &level_paper, 0.30);
	for (int n = 0; n < 5; n++) {
		level_update(&f, sample[n]);
		NEAR(f.value, value[n]);
		NEAR(f.w, gain[n]);
		NEAR(f.m, gain[n] / 1000);
	}
}
END_TEST

Suite *test_filter(void);
Suite *test_filter(void)
{
	Suite *s = suite_create("filter");
	TCase *t = tcase_create("filter");

	tcase_add_test(t, slowdown_follows_the_published_recursion);
	tcase_add_test(t, no_lag_uses_the_present_innovation);
	tcase_add_test(t, calibrated_preset_takes_the_profiles_variance);
	tcase_add_test(t, slowdown_is_the_textbook_kalman_filter);
	tcase_add_test(t, no_lag_is_the_textbook_filter_after_its_prediction);
	tcase_add_test(t, variance_lags_one_step_behind_a_jump);
	tcase_add_test(t, level_follows_the_published_recursion);
	suite_add_tcase(s, t);
	return s;
}
