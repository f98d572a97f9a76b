#include "support_options.h"

#include <check.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>

static struct estimate estimates[4096];

#define NEAR(x, y) ck_assert_double_eq_tol((x), (y), 1e-9)

/* ---- Vectors of paper/spec/alert.md 12 ----------------------------------- */

START_TEST(accuracy_of_a_traditional_network)
{
	struct belief b = { .mean = 1.2, .deviation = 0.15, .goal_ns = 100 * MS };

	world_begin(1, 1, 200);
	set_net(0, NET_SINGLE, 1, 1, (double[]){ 0.93 });
	set_cell(0, 0, 40, (double[]){ 80 });
	options_init(&world.table, &world.arena, &world.profile, OPTIONS_ALL);
	ck_assert_int_eq(world.table.n, 1);
	estimate_all(&b, estimates);
	NEAR(estimates[0].in_time, 0.630558659818);
	NEAR(estimates[0].accuracy, 0.588266760332);
	b.deviation = 0; /* ALERT* */
	estimate_all(&b, estimates);
	NEAR(estimates[0].accuracy, 0.93);
	world_end();
}
END_TEST

START_TEST(energy_runs_then_idles_to_the_deadline)
{
	struct belief b = { .mean = 1.2, .goal_ns = 100 * MS, .idle = 0.25,
		.idle_is_ratio = true };
	struct option o = { .power_w = 40, .time_ns = 80 * MS };

	NEAR(option_energy(&o, &b, b.mean), 3.88);
	NEAR(option_energy(&o, &b, 1.392232735), 4.455144752);
	o.power_w = 20;
	o.time_ns = 60 * MS;
	NEAR(option_energy(&o, &b, b.mean), 1.58);
	b.idle_is_ratio = false;
	b.idle = 10;
	NEAR(option_energy(&o, &b, b.mean), 1.72);
	b.idle = 0.25;
	b.idle_is_ratio = true;
	o.power_w = 40;
	o.time_ns = 95 * MS;
	NEAR(option_energy(&o, &b, b.mean), 4.56);
	o.anytime = true;
	NEAR(option_energy(&o, &b, b.mean), 4.00);
}
END_TEST

START_TEST(estimates_of_the_selection_example)
{
	static const struct { int net, setting, stop; double p, q, e; } want[] = {
		{ 0, 0, 1, 1.000000000, 0.850000000, 1.755 },
		{ 0, 1, 1, 1.000000000, 0.850000000, 2.520 },
		{ 1, 0, 1, 0.007579219, 0.012010778, 3.080 },
		{ 1, 1, 1, 0.999968329, 0.929970704, 3.840 },
		{ 2, 0, 1, 1.000000000, 0.800000000, 1.5075 },
		{ 2, 0, 2, 0.990184671, 0.859411080, 2.085 },
		{ 2, 0, 3, 0.001349898, 0.859492074, 2.400 },
		{ 2, 1, 1, 1.000000000, 0.800000000, 2.190 },
		{ 2, 1, 2, 1.000000000, 0.860000000, 2.850 },
		{ 2, 1, 3, 0.998428978, 0.919905739, 4.038 },
	};

	selection_world(true);
	ck_assert_int_eq(world.table.n, 10);
	estimate_all(&selection_belief, estimates);
	for (int k = 0; k < 10; k++) {
		const struct option *o = &world.table.option[k];

		ck_assert_int_eq(o->net, want[k].net);
		ck_assert_int_eq(o->setting, want[k].setting);
		ck_assert_int_eq(o->stop, want[k].stop);
		NEAR(estimates[k].in_time, want[k].p);
		NEAR(estimates[k].accuracy, want[k].q);
		NEAR(estimates[k].energy_j, want[k].e);
	}
	/* The first is 0.85 - 1e-10, not 0.85. */
	ck_assert_double_lt(estimates[0].accuracy, 0.85);
	world_end();
}
END_TEST

/* ---- The table against the direct formula --------------------------------- */

static double direct_cdf(double z)
{
	return 0.5 * erfc(-z / sqrt(2));
}

START_TEST(normal_table_is_exact_to_3e_13)
{
	static struct normal n;
	double worst = 0;

	normal_init(&n);
	for (int i = -1000000; i <= 1000000; i++) {
		double z = i * 9.1234567e-6;

		worst = fmax(worst, fabs(normal_cdf(&n, z) - direct_cdf(z)));
	}
	ck_assert_double_lt(worst, 3e-13);
	ck_assert(normal_cdf(&n, 9) == 1 && normal_cdf(&n, -9) == 0);
	ck_assert(normal_cdf(&n, 1e300) == 1 && normal_cdf(&n, -1e300) == 0);
	ck_assert(normal_cdf(&n, 0) == 0.5);
}
END_TEST

START_TEST(quantiles_from_the_table_are_just_below)
{
	static struct normal n;
	gsl_rng *r = gsl_rng_alloc(gsl_rng_mt19937);

	normal_init(&n);
	for (int i = 0; i < 100000; i++) {
		double p = i % 2 ? gsl_rng_uniform_pos(r)
			: exp(-28 * gsl_rng_uniform_pos(r));
		double z;

		p = i % 3 ? p : 1 - p;
		if (!(p > 1e-12 && p < 1 - 1e-12))
			continue;
		z = normal_quantile_below(&n, p);
		ck_assert_double_le(normal_cdf(&n, z), p);
		ck_assert_double_gt(normal_cdf(&n, z + 0.1), p);
	}
	ck_assert(normal_quantile_below(&n, 1e-300) == -NORMAL_LIMIT);
	gsl_rng_free(r);
}
END_TEST

/* Section 4's sum as it stands there. */
static double direct_accuracy(const struct option *chain, int s,
	const struct belief *b, double fail)
{
	double f[64], e;

	for (int k = 0; k < s; k++)
		f[k] = direct_cdf((b->goal_ns / chain[k].time_ns - b->mean)
			/ b->deviation);
	f[s] = 0;
	e = fail * (1 - f[0]);
	for (int k = 0; k < s; k++)
		e += chain[k].accuracy * (f[k] - f[k + 1]);
	return e;
}

START_TEST(estimates_equal_the_direct_sums_and_keep_their_bounds)
{
	gsl_rng *r = gsl_rng_alloc(gsl_rng_mt19937);

	for (int run = 0; run < 300; run++) {
		struct belief b, later;
		static struct estimate more[4096];

		random_world(r, 4, 3);
		b = later = random_belief(r);
		later.goal_ns += between(r, 0, 50) * MS;
		estimate_all(&b, estimates);
		estimate_all(&later, more);
		for (int k = 0; k < world.table.n; k++) {
			const struct option *o = &world.table.option[k];
			double q = estimates[k].accuracy;
			double direct = direct_accuracy(
				&world.table.option[o->first], k - o->first + 1,
				&b, world.table.fail);

			ck_assert_double_eq_tol(q, direct, 1e-11);
			if (!o->anytime)
				ck_assert_double_eq_tol(q,
					estimates[k].in_time * o->accuracy
					+ (1 - estimates[k].in_time)
					* world.table.fail, 1e-12);
			ck_assert_double_ge(q, world.table.fail - 1e-12);
			ck_assert_double_le(q, o->accuracy + 1e-12);
			ck_assert_double_ge(more[k].accuracy, q - 1e-12);
		}
		world_end();
	}
	gsl_rng_free(r);
}
END_TEST

START_TEST(a_small_deviation_tends_to_certainty)
{
	gsl_rng *r = gsl_rng_alloc(gsl_rng_mt19937);

	for (int run = 0; run < 200; run++) {
		static struct estimate certain[4096];
		struct belief b;

		random_world(r, 3, 2);
		b = random_belief(r);
		b.deviation = 1e-9;
		estimate_all(&b, estimates);
		b.deviation = 0;
		estimate_all(&b, certain);
		for (int k = 0; k < world.table.n; k++)
			NEAR(estimates[k].accuracy, certain[k].accuracy);
		world_end();
	}
	gsl_rng_free(r);
}
END_TEST

START_TEST(energy_is_continuous_at_the_deadline)
{
	struct belief b = { .mean = 1.3, .goal_ns = 130 * MS, .idle = 20 };
	struct option o = { .power_w = 70, .time_ns = 100 * MS };

	for (int anytime = 0; anytime < 2; anytime++) {
		o.anytime = anytime;
		b.goal_ns = 130 * MS;
		double at = option_energy(&o, &b, b.mean);
		NEAR(at, 9.1);
		b.goal_ns = 130 * MS - 1e-3;
		NEAR(option_energy(&o, &b, b.mean), at);
		b.goal_ns = 130 * MS + 1e-3;
		NEAR(option_energy(&o, &b, b.mean), at);
	}
}
END_TEST

/* The expectation against 200000 draws of the slowdown, each delivering the
 * deepest output in time: within five standard errors. */
START_TEST(anytime_expectation_agrees_with_monte_carlo)
{
	enum { DRAWS = 200000 };
	struct belief b = { .mean = 1.15, .deviation = 0.5, .goal_ns = 60 * MS };
	gsl_rng *r = gsl_rng_alloc(gsl_rng_mt19937);

	world_begin(1, 1, 10);
	set_net(0, NET_NESTED, 4, 1, (double[]){ 0.55, 0.71, 0.86, 0.91 });
	set_cell(0, 0, 100, (double[]){ 40, 70, 95, 140 });
	options_init(&world.table, &world.arena, &world.profile, OPTIONS_ALL);
	estimate_all(&b, estimates);
	for (int s = 0; s < 4; s++) {
		double sum = 0, squares = 0, mean, error;

		for (int i = 0; i < DRAWS; i++) {
			double x = b.mean + gsl_ran_gaussian(r, b.deviation);
			double q = world.table.fail;

			for (int k = 0; k <= s; k++)
				if (x * world.table.option[k].time_ns <= b.goal_ns)
					q = world.table.option[k].accuracy;
			sum += q;
			squares += q * q;
		}
		mean = sum / DRAWS;
		error = sqrt((squares / DRAWS - mean * mean) / DRAWS);
		ck_assert_double_gt(error, 1e-5); /* so that it can fail */
		ck_assert_double_eq_tol(estimates[s].accuracy, mean, 5 * error);
	}
	gsl_rng_free(r);
	world_end();
}
END_TEST

START_TEST(other_times_may_be_believed_in)
{
	static const double time[] = { 100 * MS, 40 * MS };

	selection_world(false);
	world.table.n = 2;
	options_set_times(&world.table, time);
	estimate_all(&selection_belief, estimates);
	NEAR(estimates[0].in_time, direct_cdf((1.2 - 1.1) / 0.1));
	NEAR(estimates[0].energy_j, 20 * 0.110 + 0.25 * 20 * 0.010);
	NEAR(estimates[1].energy_j, 2.520);
	world_end();
}
END_TEST

START_TEST(kinds_and_mandatory_depth_limit_the_options)
{
	world_begin(2, 1, 10);
	set_net(0, NET_STAGED, 4, 3, (double[]){ 0.5, 0.6, 0.7, 0.8 });
	set_cell(0, 0, 100, (double[]){ 1, 2, 3, 4 });
	set_net(1, NET_SINGLE, 2, 1, (double[]){ 0.5, 0.9 });
	set_cell(1, 0, 100, (double[]){ 1, 2 });
	options_init(&world.table, &world.arena, &world.profile, OPTIONS_ALL);
	ck_assert_int_eq(world.table.n, 3);
	ck_assert_int_eq(world.table.option[0].stop, 3);
	NEAR(world.table.option[0].gain, 0.7 - 0.1);
	NEAR(world.table.option[1].gain, 0.1);
	ck_assert_int_eq(world.table.option[2].stop, 2);
	NEAR(world.table.option[2].time_ns, 2 * MS);
	options_init(&world.table, &world.arena, &world.profile, OPTIONS_ANYTIME);
	ck_assert_int_eq(world.table.n, 2);
	options_init(&world.table, &world.arena, &world.profile, OPTIONS_TRADITIONAL);
	ck_assert_int_eq(world.table.n, 1);
	world_end();
}
END_TEST

Suite *test_estimate(void);
Suite *test_estimate(void)
{
	Suite *s = suite_create("estimate");
	TCase *t = tcase_create("estimate");

	tcase_add_test(t, accuracy_of_a_traditional_network);
	tcase_add_test(t, energy_runs_then_idles_to_the_deadline);
	tcase_add_test(t, estimates_of_the_selection_example);
	tcase_add_test(t, normal_table_is_exact_to_3e_13);
	tcase_add_test(t, quantiles_from_the_table_are_just_below);
	tcase_add_test(t, estimates_equal_the_direct_sums_and_keep_their_bounds);
	tcase_add_test(t, a_small_deviation_tends_to_certainty);
	tcase_add_test(t, energy_is_continuous_at_the_deadline);
	tcase_add_test(t, anytime_expectation_agrees_with_monte_carlo);
	tcase_add_test(t, other_times_may_be_believed_in);
	tcase_add_test(t, kinds_and_mandatory_depth_limit_the_options);
	suite_add_tcase(s, t);
	return s;
}
