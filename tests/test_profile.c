#include "../sim/mem.h"
#include "../sim/msg.h"
#include "../sim/profile.h"
#include "support_bundle.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int first_two[] = { 0, 1 };

START_TEST(times_are_means_and_nearest_rank_quantiles)
{
	/* Sums of the passes: 110, 220, 330; of b: 7. */
	static const struct tiny_net nets[] = {
		{ "a", NET_STAGED, 2, NULL, NULL, "10 100 20 200 30 300", "5 6" },
		{ "b", NET_SINGLE, 1, NULL, NULL, "7", "9" },
	};
	const struct tiny t = { .nets = 2, .net = nets, .settings = "x y",
		.idle = "2 3" };
	static const int reversed[] = { 1, 0 };
	struct bundle *b = tiny_read(&t);
	struct profile *p = profile_new(b, 2, first_two, 2, reversed);
	const struct profile_cell *c = profile_cell(p, 0, 1);

	ck_assert(p->nets == 2 && p->settings == 2 && p->classes == 10);
	ck_assert_str_eq(p->net[0].name, "a");
	ck_assert(p->idle_power_w[0] == 3 && p->idle_power_w[1] == 2);
	ck_assert(c->mean_ns[0] == 20 && c->mean_ns[1] == 200);
	ck_assert(c->p50_ns[0] == 20 && c->p99_ns[0] == 30);
	ck_assert(c->pass_mean_ns == 220);
	ck_assert(c->power_w[0] == 5 && c->power_w[1] == 6);
	/* Candidate setting 0 is y, where all takes twice as long. */
	ck_assert(profile_cell(p, 0, 0)->mean_ns[1] == 400);
	ck_assert(profile_cell(p, 1, 1)->p50_ns[0] == 7
		&& profile_cell(p, 1, 1)->p99_ns[0] == 7
		&& profile_cell(p, 1, 1)->mean_ns[0] == 7);
	/* Ratios 1/2, 1, 3/2 at both settings, 1 twice: 4 x 1/4 over 8. */
	ck_assert_double_eq(p->pass_variance, 1.0 / 8);
	ck_assert(p->has_energy);
	profile_free(p);
	bundle_free(b);
}
END_TEST

/* Ranks ceil(n/2) and ceil(99n/100), also where 0.99 n in floating point is
 * just above a whole number. */
START_TEST(quantiles_are_exact_for_every_sample_count)
{
	for (int n = 1; n <= 400; n++) {
		struct tiny_net net = { "a", NET_SINGLE, 1, NULL, NULL, NULL,
			NULL };
		const struct tiny t = { .nets = 1, .net = &net };
		static const int zero[] = { 0 };
		struct text list;
		struct bundle *b;
		struct profile *p;

		if (n > 20 && n % 50)
			continue;
		text_init(&list);
		for (int i = n; i > 0; i--)
			text_add(&list, "%d ", i);
		net.durations = list.s;
		b = tiny_read(&t);
		p = profile_new(b, 1, zero, 1, zero);
		ck_assert_int_eq(p->cell->p50_ns[0], n / 2 + n % 2);
		ck_assert_int_eq(p->cell->p99_ns[0], n - n / 100);
		profile_free(p);
		bundle_free(b);
		text_fini(&list);
	}
}
END_TEST

START_TEST(a_missing_watt_leaves_the_profile_without_energy)
{
	static const struct tiny_net nets[] = {
		{ "a", NET_STAGED, 2, NULL, NULL, NULL, "5" },
		{ "b", NET_SINGLE, 1, NULL, NULL, NULL, NULL },
	};
	const struct tiny t = { .nets = 2, .net = nets };
	static const int zero[] = { 0 };
	struct bundle *b = tiny_read(&t);
	struct profile *one = profile_new(b, 1, zero, 1, zero);
	struct profile *two = profile_new(b, 2, first_two, 1, zero);

	ck_assert(one->has_energy && !two->has_energy);
	ck_assert(isnan(two->cell[1].power_w[0]));
	ck_assert(isnan(one->idle_power_w[0]));
	profile_free(one);
	profile_free(two);
	bundle_free(b);
}
END_TEST

START_TEST(a_candidate_without_samples_is_refused)
{
	static const struct tiny_net nets[] = {
		{ "a", NET_STAGED, 2, NULL, NULL, NULL, NULL } };
	static const struct tiny_cell none[] = { { "a", "y", "default", "" } };
	const struct tiny t = { .nets = 1, .net = nets, .settings = "x y",
		.cells = 1, .cell = none };
	struct bundle *b = tiny_read(&t);
	char *want = mem_printf("laxity: %s/timing.csv: network a, setting y: "
		"no samples in environment default\n", b->dir);

	msg_capture(1);
	ck_assert_ptr_null(profile_new(b, 1, first_two, 2, first_two));
	ck_assert_str_eq(msg_captured(), want);
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	msg_capture(0);
	free(want);
	bundle_free(b);
}
END_TEST

/* ---- Regressions ---------------------------------------------------------------- */

/* Four inputs, so each is a group of its own unless confidences are equal: at
 * depth 1 inputs 0 and 1 are one group (.2), 2 (.5) and 3 (.9) two more; at depth
 * 2 input 3 (.3) is alone, then 0 (.4), and 1 and 2 (.8) together. */
START_TEST(moves_say_how_confidences_go_on)
{
	static const struct tiny_net nets[] = { { "a", NET_STAGED, 2,
		"0.2 0.4  0.2 0.8  0.5 0.8  0.9 0.3", NULL, NULL, NULL } };
	static const double share[2][3] = { { .5, .25, .25 }, { .25, .25, .5 } };
	static const double moves[9] = { 0, .5, .5,  0, 0, 1,  1, 0, 0 };
	const struct tiny t = { .nets = 1, .net = nets, .inputs = 4 };
	static const int zero[] = { 0 };
	struct bundle *b = tiny_read(&t);
	struct profile *p = profile_new(b, 1, zero, 1, zero);

	for (int c = 0; c < 2; c++) {
		ck_assert_int_eq(p->net[0].correct_at[c * 2 + 1].n, 3);
		for (int g = 0; g < 3; g++)
			ck_assert(p->net[0].share[c][g] == share[c][g]);
	}
	for (int k = 0; k < 9; k++)
		ck_assert(p->net[0].moves[0][k] == moves[k]);
	profile_free(p);
	bundle_free(b);
}
END_TEST

START_TEST(curves_are_linear_between_and_constant_outside)
{
	static const double x[] = { 1, 2, 4 }, y[] = { 10, 30, 20 };
	const struct curve c = { 3, x, y }, point = { 1, x, y };

	ck_assert(curve_at(&c, 0) == 10 && curve_at(&c, 1) == 10);
	ck_assert(curve_at(&c, 1.5) == 20 && curve_at(&c, 2) == 30);
	ck_assert(curve_at(&c, 3) == 25 && curve_at(&c, 4) == 20);
	ck_assert(curve_at(&c, 9) == 20);
	ck_assert(curve_at(&point, 0) == 10 && curve_at(&point, 5) == 10);
}
END_TEST

/* Three inputs, three groups; two of them equal at depth 1 are joined. */
START_TEST(few_inputs_make_a_group_each)
{
	static const struct tiny_net nets[] = { { "a", NET_STAGED, 2,
		"0.5 0.75  0.25 0.5  0.5 1", "0 1  1 0  0 0", NULL, NULL } };
	const struct tiny t = { .nets = 1, .net = nets, .inputs = 3 };
	static const int zero[] = { 0 };
	struct bundle *b = tiny_read(&t);
	struct profile *p = profile_new(b, 1, zero, 1, zero);
	const struct curve *c = &p->net->confidence_at[0 * 2 + 1];
	const struct curve *r = &p->net->correct_at[0 * 2 + 1];

	ck_assert_int_eq(c->n, 2);
	ck_assert(c->x[0] == 0.25 && c->x[1] == 0.5);
	ck_assert(c->y[0] == 0.5 && c->y[1] == 0.875);
	ck_assert(r->y[0] == 0 && r->y[1] == 0.5);
	ck_assert(curve_at(c, 0.375) == 0.6875);
	/* At its own depth a confidence predicts itself. */
	c = &p->net->confidence_at[1 * 2 + 1];
	ck_assert(c->n == 3 && c->x[1] == 0.75 && c->y[1] == 0.75);
	profile_free(p);
	bundle_free(b);
}
END_TEST

/* The place of an input in the order, by counting those before it. */
static int rank_of(const double *x, int n, int i)
{
	int before = 0;

	for (int k = 0; k < n; k++)
		before += x[k] < x[i] || (x[k] == x[i] && k < i);
	return before;
}

/* 20 groups by a slow, independent way: from ranks, in whole numbers. The
 * confidences are multiples of 1/1024, so every sum is exact. */
START_TEST(groups_of_equal_size_agree_with_counting_ranks)
{
	enum { INPUTS = 87 };
	static const int zero[] = { 0 };
	struct tiny_net net = { "a", NET_STAGED, 2, NULL, NULL, NULL, NULL };
	const struct tiny t = { .nets = 1, .net = &net, .inputs = INPUTS };
	double first[INPUTS];
	int second[INPUTS], right[INPUTS];
	uint64_t state = 7;
	struct text c, r;
	struct bundle *b;
	struct profile *p;
	const struct curve *got;
	int n = 0;

	text_init(&c);
	text_init(&r);
	for (int i = 0; i < INPUTS; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		/* Many ties, a whole group among them. */
		first[i] = i % 3 ? (double)(state >> 54) / 1024 : 0.5;
		second[i] = (int)(state >> 40) & 1023;
		right[i] = (int)(state >> 30) & 1;
		text_add(&c, "%.17g %.17g ", first[i], second[i] / 1024.0);
		text_add(&r, "0 %d ", right[i]);
	}
	net.confidences = c.s;
	net.correct = r.s;
	b = tiny_read(&t);
	p = profile_new(b, 1, zero, 1, zero);
	got = &p->net->confidence_at[1];
	for (int g = 0, begin = 0; g < 20; n++) {
		double x = -1;
		int sum = 0, rights = 0, count = 0;
		/* Take groups until the next has another mean. */
		for (; g < 20; g++) {
			int size = INPUTS / 20 + (g < INPUTS % 20);
			double own = 0;
			for (int i = 0; i < INPUTS; i++) {
				int k = rank_of(first, INPUTS, i) - begin;
				own += k >= 0 && k < size ? first[i] : 0;
			}
			own /= size;
			if (count && own != x)
				break;
			x = own;
			for (int i = 0; i < INPUTS; i++) {
				int k = rank_of(first, INPUTS, i) - begin;
				sum += k >= 0 && k < size ? second[i] : 0;
				rights += k >= 0 && k < size ? right[i] : 0;
			}
			count += size;
			begin += size;
		}
		ck_assert_int_lt(n, got->n);
		ck_assert(got->x[n] == x);
		ck_assert_double_eq_tol(got->y[n], sum / 1024.0 / count, 1e-15);
		ck_assert_double_eq_tol(p->net->correct_at[1].y[n],
			(double)rights / count, 1e-15);
	}
	ck_assert_int_eq(n, got->n);
	ck_assert_int_lt(n, 20);
	profile_free(p);
	bundle_free(b);
	text_fini(&c);
	text_fini(&r);
}
END_TEST

/* Sums of 0.9999 round differently for groups of 5 and of 4; such groups are
 * equal all the same. */
START_TEST(x_rises_strictly_whatever_rounding_does)
{
	static const struct tiny_net nets[] = { { "a", NET_STAGED, 2,
		"0.9999 0.1 0.9999 0.2 0.9998 0.3 0.9999 0.4 0.7 0.5",
		NULL, NULL, NULL } };
	const struct tiny t = { .nets = 1, .net = nets, .inputs = 99 };
	static const int zero[] = { 0 };
	struct bundle *b = tiny_read(&t);
	struct profile *p = profile_new(b, 1, zero, 1, zero);
	const struct curve *c = &p->net->confidence_at[1];

	for (int i = 1; i < c->n; i++)
		ck_assert(c->x[i] > c->x[i - 1]);
	ck_assert(c->x[c->n - 1] == 0.9999);
	profile_free(p);
	bundle_free(b);
}
END_TEST

Suite *test_profile(void);
Suite *test_profile(void)
{
	Suite *s = suite_create("profile");
	TCase *t = tcase_create("profile");

	tcase_add_test(t, times_are_means_and_nearest_rank_quantiles);
	tcase_add_test(t, quantiles_are_exact_for_every_sample_count);
	tcase_add_test(t, a_missing_watt_leaves_the_profile_without_energy);
	tcase_add_test(t, a_candidate_without_samples_is_refused);
	tcase_add_test(t, moves_say_how_confidences_go_on);
	tcase_add_test(t, curves_are_linear_between_and_constant_outside);
	tcase_add_test(t, few_inputs_make_a_group_each);
	tcase_add_test(t, groups_of_equal_size_agree_with_counting_ranks);
	tcase_add_test(t, x_rises_strictly_whatever_rounding_does);
	suite_add_tcase(s, t);
	return s;
}
