/* Releases: statistics, laws, grids, clients. Seeds are fixed; tolerances are
 * four standard errors or more. */
#include "../sim/mem.h"
#include "../sim/num.h"
#include "support_workload.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct arrival_stats stats_of(const struct workload *w,
	const struct arrival *all)
{
	struct arrival_stats s;

	arrival_stats_of(w, all, w->warmup + w->requests, &s);
	return s;
}

/* ---- Statistics ------------------------------------------------------------------ */

START_TEST(statistics_of_a_list_worked_by_hand)
{
	/* Gaps 1, 2, 3, 6: mean 3, squares 4 + 1 + 0 + 9 = 14, products
	 * (-2)(-1) + (-1)(0) + (0)(3) = 2. */
	static const int64_t t[] = { 5, 6, 8, 11, 17 };
	struct arrival_stats s;

	arrival_stats(t, 5, &s);
	ck_assert_int_eq(s.count, 5);
	ck_assert_int_eq(s.span_ns, 12);
	ck_assert_double_eq_tol(s.rate_hz, 4 / 12e-9, 1e-3);
	ck_assert_double_eq_tol(s.cv, sqrt(14.0 / 3) / 3, 1e-12);
	ck_assert_double_eq_tol(s.lag1, 2.0 / 14, 1e-12);
	ck_assert(isnan(s.idc100) && isnan(s.peak100) && isnan(s.load));
	arrival_stats(t, 1, &s);
	ck_assert(s.count == 1 && s.span_ns == 0 && isnan(s.rate_hz));
	arrival_stats(t, 0, &s);
	ck_assert(s.count == 0 && isnan(s.cv));
}
END_TEST

/* Counts in windows by another way: each release finds its window. */
START_TEST(windows_are_whole_and_of_100_mean_gaps)
{
	enum { N = 1234, WINDOWS = 12 };
	int64_t t[N], count[WINDOWS] = { 0 }, most = 0;
	double mean = 0, squares = 0, window;
	struct arrival_stats s;

	t[0] = 1000;
	for (int i = 1; i < N; i++)
		t[i] = t[i - 1] + 100 + i * i % 977;
	window = 100 * (double)(t[N - 1] - t[0]) / (N - 1);
	for (int i = 0; i < N; i++) {
		int k = (int)((double)(t[i] - t[0]) / window);
		if (k < WINDOWS)
			count[k]++;
	}
	for (int k = 0; k < WINDOWS; k++) {
		mean += (double)count[k] / WINDOWS;
		most = count[k] > most ? count[k] : most;
	}
	for (int k = 0; k < WINDOWS; k++)
		squares += ((double)count[k] - mean) * ((double)count[k] - mean);
	arrival_stats(t, N, &s);
	ck_assert_double_eq_tol(s.idc100, squares / (WINDOWS - 1) / mean, 1e-9);
	ck_assert_double_eq_tol(s.peak100, (double)most / mean, 1e-9);
}
END_TEST

/* ---- Random processes -------------------------------------------------------------- */

START_TEST(poisson_gaps_are_exponential_draws_of_their_own_stream)
{
	struct workload *w = workload_good("requests = 200000",
		"[arrivals]\nprocess = poisson\nload = 0.8\n");
	struct arrival *all = source_all(w, 3);
	struct arrival_stats s = stats_of(w, all), y;
	int64_t t = 0;

	ck_assert_double_eq_tol(w->rate_hz, 0.8 / 4000e-9, 1e-6);
	for (uint64_t n = 0; n < 1000; n++) {
		t += llround(-5000 * log1p(-stream_at(3, PURPOSE_ARRIVALS, n, 0)));
		ck_assert_int_eq(all[n].release_ns, t);
		ck_assert_int_eq(all[n].number, (int64_t)n);
		ck_assert_int_eq(all[n].client, -1);
		ck_assert_int_eq(all[n].group, -1);
	}
	arrival_theory(w, &y);
	ck_assert(y.cv == 1 && y.lag1 == 0 && y.idc100 == 1);
	ck_assert_double_eq_tol(s.rate_hz / y.rate_hz, 1, 0.01);
	ck_assert_double_eq_tol(s.cv, 1, 0.01);
	ck_assert_double_eq_tol(s.lag1, 0, 0.01);
	/* 2000 windows. */
	ck_assert_double_eq_tol(s.idc100, 1, 0.13);
	ck_assert_double_eq_tol(s.load, 0.8, 1e-12);
	ck_assert_double_eq_tol(s.mandatory_load, 0.2, 1e-12);
	free(all);
	workload_free(w);
}
END_TEST

START_TEST(gamma_gaps_have_the_given_variation)
{
	static const double cv[] = { 0.25, 1, 3 };

	for (int i = 0; i < 3; i++) {
		char *rest = mem_printf("[arrivals]\nprocess = gamma\n"
			"rate_hz = 1000\ncv = %g\n", cv[i]);
		struct workload *w = workload_good("requests = 200000", rest);
		struct arrival *all = source_all(w, 1);
		struct arrival_stats s = stats_of(w, all), y;
		arrival_theory(w, &y);
		ck_assert(y.cv == cv[i] && y.lag1 == 0);
		ck_assert_double_eq_tol(s.rate_hz, 1000, 10 * cv[i]);
		ck_assert_double_eq_tol(s.cv / cv[i], 1, i == 2 ? 0.04 : 0.01);
		ck_assert_double_eq_tol(s.lag1, 0, 0.01);
		free(all);
		workload_free(w);
		free(rest);
	}
}
END_TEST

/* Variance over mean of the counts in windows of t ns. */
static double idc_of(const struct arrival *all, int64_t n, int64_t t)
{
	int64_t windows = all[n - 1].release_ns / t, at = 0;
	double sum = 0, squares = 0, mean;

	for (int64_t k = 0; k < windows; k++) {
		int64_t begin = at;
		while (at < n && all[at].release_ns < (k + 1) * t)
			at++;
		sum += (double)(at - begin);
		squares += (double)(at - begin) * (double)(at - begin);
	}
	mean = sum / (double)windows;
	return (squares - sum * mean) / (double)(windows - 1) / mean;
}

static const char two_states[] = "[arrivals]\nprocess = mmpp\nrate_hz = 4\n"
	"rates = 1, 5\nstay = 3s, 1s\n";

START_TEST(mmpp_of_two_states_has_the_published_dispersion)
{
	struct workload *w = workload_good("requests = 500000", two_states);
	struct arrival *all = source_all(w, 1);
	struct arrival_stats s = stats_of(w, all), y;
	/* c: rate at which the state forgets. */
	double c = 1.0 / 3 + 1, t = 50;

	/* rates 2 and 10 /s, stays 3 and 1 s: rate 4 /s and 5.5 */
	ck_assert_double_eq_tol(w->state_rate_hz[0], 2, 1e-12);
	ck_assert_double_eq_tol(w->state_rate_hz[1], 10, 1e-12);
	ck_assert_double_eq_tol(arrival_mmpp_idc(w, INFINITY), 5.5, 1e-12);
	/* The textbook's finite form for two states. */
	ck_assert_double_eq_tol(arrival_mmpp_idc(w, t * 1e9),
		1 + 4.5 * (1 - (1 - exp(-c * t)) / (c * t)), 1e-9);
	ck_assert_double_eq_tol(arrival_mmpp_idc(w, 1e6),
		1 + 4.5 * (1 - (1 - exp(-c / 1e3)) / (c / 1e3)), 1e-9);
	/* 2500 windows: a standard error of 2.8 %. */
	ck_assert_double_eq_tol(idc_of(all, 500000, 50000000000) / 5.4325, 1,
		0.11);
	arrival_theory(w, &y);
	ck_assert_double_eq_tol(y.idc100, 1 + 4.5 * (1 - (1 - exp(-c * 25))
		/ (c * 25)), 1e-9);
	ck_assert_double_eq_tol(s.rate_hz, 4, 0.04);
	ck_assert_double_eq_tol(s.cv / y.cv, 1, 0.01);
	ck_assert_double_eq_tol(s.lag1, y.lag1, 0.01);
	ck_assert_double_eq_tol(s.idc100 / y.idc100, 1, 0.08);
	free(all);
	workload_free(w);
}
END_TEST

START_TEST(mmpp_theory_agrees_with_draws_for_more_states)
{
	struct workload *w = workload_good("requests = 300000",
		"[arrivals]\nprocess = mmpp\nload = 0.5\nrates = 0, 1, 20\n"
		"stay = 100us, 200us, 30us\n");
	struct arrival *all = source_all(w, 7);
	struct arrival_stats s = stats_of(w, all), y;
	double time = 0, work = 0;

	arrival_theory(w, &y);
	for (int i = 0; i < 3; i++) {
		time += w->stay_ns[i];
		work += w->stay_ns[i] * w->state_rate_hz[i];
	}
	ck_assert_double_eq_tol(work / time, w->rate_hz, 1e-6);
	ck_assert_double_eq_tol(s.rate_hz / y.rate_hz, 1, 0.02);
	ck_assert_double_eq_tol(s.cv / y.cv, 1, 0.02);
	ck_assert_double_eq_tol(s.lag1, y.lag1, 0.02);
	ck_assert_double_eq_tol(s.idc100 / y.idc100, 1, 0.1);
	free(all);
	workload_free(w);
}
END_TEST

/* With equal rates the states cannot be told from outside. */
START_TEST(mmpp_of_equal_rates_is_poisson)
{
	struct workload *w = workload_good("requests = 200000",
		"[arrivals]\nprocess = mmpp\nrate_hz = 1000\nrates = 7, 7\n"
		"stay = 3ms, 1ms\n");
	struct arrival *all = source_all(w, 1);
	struct arrival_stats s = stats_of(w, all), y;

	arrival_theory(w, &y);
	ck_assert_double_eq_tol(y.cv, 1, 1e-9);
	ck_assert_double_eq_tol(y.lag1, 0, 1e-9);
	ck_assert_double_eq_tol(y.idc100, 1, 1e-9);
	ck_assert_double_eq_tol(s.cv, 1, 0.01);
	ck_assert_double_eq_tol(s.lag1, 0, 0.01);
	free(all);
	workload_free(w);
}
END_TEST

/* The first state is one found in the long run: over many seeds, the chance
 * of a release within 50 ms is that of the mixture. */
START_TEST(mmpp_starts_in_the_long_run)
{
	enum { SEEDS = 20000 };
	struct workload *w = workload_good("requests = 1", two_states);
	int early = 0;
	/* Some leave their state before: P = p exp(Q - L) t, done here by
	 * small steps of the two states' chances of no release so far. */
	double a = 0.75, b = 0.25, h = 50e-3 / 10000;

	for (int i = 0; i < 10000; i++) {
		double a2 = a + h * (-a / 3 + b - 2 * a);
		double b2 = b + h * (a / 3 - b - 10 * b);
		a = a2;
		b = b2;
	}
	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		struct source *s = source_new(w, seed);
		struct arrival x;
		ck_assert_int_eq(source_next(s, &x), 1);
		early += x.release_ns <= 50000000;
		ck_assert_int_eq(source_next(s, &x), 0);
		source_free(s);
	}
	ck_assert_double_eq_tol((double)early / SEEDS, 1 - a - b, 0.011);
	workload_free(w);
}
END_TEST

/* ---- Grids --------------------------------------------------------------------------- */

START_TEST(a_periodic_grid_does_not_drift)
{
	/* T / 1.2 = 10000 / 3 ns: releases at 10000 n / 3, half away from 0. */
	struct workload *w = workload_good("requests = 1000000",
		"[arrivals]\nprocess = periodic\nload = 1.2\noffset = 7ns\n");
	struct source *s = source_new(w, 1);
	struct arrival x;

	/* An assertion that holds costs more than a release. */
	for (int64_t n = 0; source_next(s, &x); n++)
		if (x.release_ns != 7 + (2 * 10000 * n + 3) / 6)
			ck_abort_msg("release %lld at %lld", (long long)n,
				(long long)x.release_ns);
	ck_assert_int_eq(x.number, 999999);
	source_free(s);
	workload_free(w);
}
END_TEST

/* Releases at 601 n / 1.2 = 3005 n / 6 ns: every sixth is a half. */
START_TEST(halves_of_a_grid_are_rounded_away_from_zero)
{
	struct workload *w = workload_good("networks = b\nrequests = 300000",
		"[arrivals]\nprocess = periodic\nload = 1.2\n");
	struct source *s = source_new(w, 1);
	struct arrival x;

	for (int64_t n = 0; source_next(s, &x); n++)
		if (x.release_ns != (3005 * n + 3) / 6)
			ck_abort_msg("release %lld at %lld", (long long)n,
				(long long)x.release_ns);
	source_free(s);
	workload_free(w);
}
END_TEST

START_TEST(a_period_may_be_a_time_a_rate_or_a_load)
{
	static const char *const rate[] = { "period = 1.25T", "rate_hz = 200000",
		"load = 0.8", "period = 5us" };

	for (int i = 0; i < 4; i++) {
		char *rest = mem_printf("[arrivals]\nprocess = periodic\n%s\n",
			rate[i]);
		struct workload *w = workload_good(NULL, rest);
		struct arrival *all = source_all(w, 1);
		for (int64_t n = 0; n < 1000; n++)
			ck_assert_int_eq(all[n].release_ns, 5000 * n);
		ck_assert_double_eq_tol(w->rate_hz, 2e5, 1e-6);
		free(all);
		workload_free(w);
		free(rest);
	}
}
END_TEST

START_TEST(jitter_moves_releases_off_the_grid_and_keeps_their_order)
{
	struct workload *w = workload_good("requests = 100000",
		"[arrivals]\nprocess = periodic\nperiod = 1us\njitter = 1us\n");
	struct arrival *all = source_all(w, 5);
	struct arrival_stats s = stats_of(w, all), y;
	double sum = 0;

	for (int64_t n = 0; n < 100000; n++) {
		int64_t off = all[n].release_ns - 1000 * n;
		ck_assert_int_eq(off, llround(1000 * stream_at(5, PURPOSE_ARRIVALS,
			(uint64_t)n, 0)));
		ck_assert(!n || all[n].release_ns >= all[n - 1].release_ns);
		sum += (double)off;
	}
	ck_assert_double_eq_tol(sum / 100000, 500, 4);
	arrival_theory(w, &y);
	ck_assert_double_eq_tol(y.cv, 1 / sqrt(6), 1e-12);
	ck_assert_double_eq_tol(s.cv, y.cv, 0.005);
	ck_assert_double_eq_tol(s.lag1, -0.5, 0.01);
	free(all);
	workload_free(w);
}
END_TEST

START_TEST(a_load_counts_all_devices)
{
	struct workload *w = workload_good("requests = 1\ndevices = 3",
		"[arrivals]\nprocess = poisson\nload = 0.9\n");
	double full, mandatory;

	ck_assert_double_eq_tol(w->rate_hz, 0.9 * 3 / 4000e-9, 1e-6);
	workload_load(w, &full, &mandatory);
	ck_assert_double_eq_tol(full, 0.9, 1e-12);
	ck_assert_double_eq_tol(mandatory, 0.9 / 4, 1e-12);
	workload_free(w);
}
END_TEST

/* ---- Closed ---------------------------------------------------------------------------- */

START_TEST(clients_start_staggered_and_re_issue_at_the_deadline)
{
	/* E[D] = 2 T = 8000; 3 clients at 0, 2667 and 5333. */
	struct workload *w = workload_good(NULL,
		"[arrivals]\nprocess = closed\nclients = 3\nreissue = deadline\n");
	struct arrival *all = source_all(w, 2);
	struct source *s = source_new(w, 2);
	int64_t next[3] = { 0, 2667, 5333 };
	struct arrival_stats x, y;
	double full, mandatory;

	for (int k = 0; k < 3; k++)
		ck_assert_int_eq(source_first(s, k), next[k]);
	/* The obvious way: look for the earliest client each time. */
	for (int64_t n = 0; n < 1000; n++) {
		int k = 0;
		for (int i = 1; i < 3; i++)
			if (next[i] < next[k])
				k = i;
		ck_assert_int_eq(all[n].number, n);
		ck_assert_int_eq(all[n].client, k);
		ck_assert_int_eq(all[n].release_ns, next[k]);
		ck_assert_int_eq(all[n].deadline_ns - all[n].release_ns,
			llround(4000 + 8000 * stream_at(2, PURPOSE_DEADLINES,
				(uint64_t)n, 0)));
		next[k] = all[n].deadline_ns;
	}
	arrival_theory(w, &y);
	ck_assert_double_eq_tol(y.rate_hz, 3 / 8000e-9, 1e-6);
	arrival_stats_of(w, all, 1000, &x);
	ck_assert_double_eq_tol(x.rate_hz / y.rate_hz, 1, 0.03);
	workload_load(w, &full, &mandatory);
	ck_assert_double_eq_tol(full, 1.5, 1e-12);
	ck_assert_double_eq_tol(mandatory, 0.375, 1e-12);
	source_free(s);
	free(all);
	workload_free(w);
}
END_TEST

START_TEST(clients_released_together_are_numbered_by_client)
{
	/* Deadlines of 10 ns, 20 clients: first releases in pairs, then again
	 * and again at the same instants. */
	struct workload *w = workload_good("requests = 100",
		"[arrivals]\nprocess = closed\nclients = 20\nreissue = deadline\n"
		"[deadline]\ndistribution = constant\nvalue = 10ns\n");
	struct arrival *all = source_all(w, 1);

	/* llround(k / 2): 0 1 1 2 2 ... 9 9 10; client 19 first releases at
	 * 10, with client 0's second. */
	for (int n = 0; n < 19; n++) {
		ck_assert_int_eq(all[n].client, n);
		ck_assert_int_eq(all[n].release_ns, (n + 1) / 2);
	}
	for (int n = 19; n < 99; n++) {
		static const int after_19[] = { 0, 19 };
		int turn = (n - 19) % 20;
		ck_assert_int_eq(all[n].client, turn < 2 ? after_19[turn]
			: turn - 1);
	}
	free(all);
	workload_free(w);
}
END_TEST

START_TEST(with_reissue_at_the_response_draws_belong_to_the_number)
{
	struct workload *w = workload_good(NULL,
		"[arrivals]\nprocess = closed\nclients = 2\nreissue = response\n");
	struct source *a = source_new(w, 9), *b = source_new(w, 9);
	const struct draws *ahead_a = source_draws(a, 0);
	const struct draws *ahead_b = source_draws(b, 0);
	double full, mandatory;

	for (int64_t n = 0; n < 1000; n++) {
		int64_t i = source_drawn(a, &ahead_a, n), k;
		struct stream s;

		/* Nothing depends on what was asked for before. */
		if (n % 7 == 0)
			continue;
		k = source_drawn(b, &ahead_b, n);
		ck_assert_int_eq(ahead_a->rel_deadline_ns[i],
			ahead_b->rel_deadline_ns[k]);
		ck_assert_int_eq(ahead_a->input[i], ahead_b->input[k]);
		stream_open(&s, 9, PURPOSE_TIMING, (uint64_t)n);
		ck_assert(ahead_a->timing.unit[i] == stream_unit(&s));
		ck_assert(ahead_b->timing.unit[k] == ahead_a->timing.unit[i]);
		stream_open(&s, 9, PURPOSE_INPUTS, (uint64_t)n);
		ck_assert_int_eq(ahead_a->input[i],
			stream_below(&s, w->bundle->inputs));
		stream_open(&s, 9, PURPOSE_DEADLINES, (uint64_t)n);
		ck_assert_int_eq(ahead_a->rel_deadline_ns[i], llround(
			(double)w->deadline_min_ns + stream_unit(&s) * (double)
			(w->deadline_max_ns - w->deadline_min_ns)));
	}
	workload_load(w, &full, &mandatory);
	ck_assert(isnan(full) && isnan(mandatory));
	source_free(a);
	source_free(b);
	workload_free(w);
}
END_TEST

Suite *test_source(void);
Suite *test_source(void)
{
	Suite *s = suite_create("source");
	TCase *t = tcase_create("source");

	tcase_add_checked_fixture(t, place_enter, place_leave);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, statistics_of_a_list_worked_by_hand);
	tcase_add_test(t, windows_are_whole_and_of_100_mean_gaps);
	tcase_add_test(t, poisson_gaps_are_exponential_draws_of_their_own_stream);
	tcase_add_test(t, gamma_gaps_have_the_given_variation);
	tcase_add_test(t, mmpp_of_two_states_has_the_published_dispersion);
	tcase_add_test(t, mmpp_theory_agrees_with_draws_for_more_states);
	tcase_add_test(t, mmpp_of_equal_rates_is_poisson);
	tcase_add_test(t, mmpp_starts_in_the_long_run);
	tcase_add_test(t, a_periodic_grid_does_not_drift);
	tcase_add_test(t, halves_of_a_grid_are_rounded_away_from_zero);
	tcase_add_test(t, a_period_may_be_a_time_a_rate_or_a_load);
	tcase_add_test(t, jitter_moves_releases_off_the_grid_and_keeps_their_order);
	tcase_add_test(t, a_load_counts_all_devices);
	tcase_add_test(t, clients_start_staggered_and_re_issue_at_the_deadline);
	tcase_add_test(t, clients_released_together_are_numbered_by_client);
	tcase_add_test(t, with_reissue_at_the_response_draws_belong_to_the_number);
	suite_add_tcase(s, t);
	return s;
}
