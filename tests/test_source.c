/* Releases, deadlines and inputs: laws, grids, and one stream per purpose and
 * request. Seeds are fixed; tolerances are four standard errors or more. */
#include "../sim/mem.h"
#include "../sim/num.h"
#include "support_workload.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The k-th uniform draw of {seed, purpose, index}. */
static double draw(uint32_t seed, enum purpose p, uint64_t index, int k)
{
	struct stream s;
	double u = 0;

	stream_open(&s, seed, p, index);
	for (int i = 0; i <= k; i++)
		u = stream_unit(&s);
	return u;
}

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
		t += llround(-5000 * log1p(-draw(3, PURPOSE_ARRIVALS, n, 0)));
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

	for (int64_t n = 0; source_next(s, &x); n++)
		ck_assert_int_eq(x.release_ns, 7 + (2 * 10000 * n + 3) / 6);
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
		ck_assert_int_eq(x.release_ns, (3005 * n + 3) / 6);
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
		ck_assert_int_eq(off, llround(1000 * draw(5, PURPOSE_ARRIVALS,
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
			llround(4000 + 8000 * draw(2, PURPOSE_DEADLINES,
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
	double full, mandatory;

	for (int64_t n = 0; n < 1000; n++) {
		struct arrival x, y;
		source_draw(a, n, 0, 10 * n, &x);
		source_draw(b, n, 1, 17 * n, &y);
		ck_assert_int_eq(x.deadline_ns - x.release_ns,
			y.deadline_ns - y.release_ns);
		ck_assert_int_eq(x.input, y.input);
		ck_assert(x.client == 0 && y.client == 1);
	}
	workload_load(w, &full, &mandatory);
	ck_assert(isnan(full) && isnan(mandatory));
	source_free(a);
	source_free(b);
	workload_free(w);
}
END_TEST

/* ---- Draws ------------------------------------------------------------------------------- */

START_TEST(draws_of_one_purpose_do_not_shift_those_of_another)
{
	/* Gamma draws take a varying number of words. */
	static const char *const process[] = {
		"[arrivals]\nprocess = poisson\nload = 1\n",
		"[arrivals]\nprocess = gamma\nload = 1\ncv = 2.5\n",
		"[arrivals]\nprocess = closed\nclients = 5\nreissue = deadline\n",
		("[arrivals]\nprocess = mmpp\nload = 1\nrates = 1, 9\n"
			"stay = 9us, 5us\n"),
	};
	struct arrival *all[4];

	for (int i = 0; i < 4; i++) {
		struct workload *w = workload_good(NULL, process[i]);
		all[i] = source_all(w, 4);
		workload_free(w);
	}
	for (int n = 0; n < 1000; n++) {
		for (int i = 1; i < 4; i++) {
			ck_assert_int_eq(all[i][n].input, all[0][n].input);
			ck_assert_int_eq(all[i][n].deadline_ns
				- all[i][n].release_ns, all[0][n].deadline_ns
				- all[0][n].release_ns);
		}
		ck_assert_int_eq(all[0][n].input, (int)(20 * draw(4,
			PURPOSE_INPUTS, (uint64_t)n, 0)));
	}
	for (int i = 0; i < 4; i++)
		free(all[i]);
}
END_TEST

START_TEST(seeds_differ_and_repeat)
{
	struct workload *w = workload_good(NULL,
		"[arrivals]\nprocess = poisson\nload = 1\n");
	struct arrival *a = source_all(w, 1), *b = source_all(w, 1);
	struct arrival *c = source_all(w, 2);
	int same = 0;

	ck_assert_mem_eq(a, b, 1000 * sizeof *a);
	for (int n = 0; n < 1000; n++)
		same += a[n].input == c[n].input;
	ck_assert(same > 20 && same < 90); /* 1 in 20 by chance */
	free(a);
	free(b);
	free(c);
	workload_free(w);
}
END_TEST

START_TEST(deadlines_stay_in_their_range)
{
	struct workload *w = workload_good("requests = 100000",
		"[arrivals]\nprocess = poisson\nload = 1\n"
		"[deadline]\ndistribution = uniform\nmin = 10ns\nmax = 13ns\n");
	struct arrival *all = source_all(w, 1);
	int count[4] = { 0 };

	for (int n = 0; n < 100000; n++) {
		int64_t d = all[n].deadline_ns - all[n].release_ns;
		ck_assert(d >= 10 && d <= 13);
		count[d - 10]++;
	}
	/* Rounded from [10, 13): half a share at both ends. */
	ck_assert_double_eq_tol(count[0] / 1e5, 1.0 / 6, 0.005);
	ck_assert_double_eq_tol(count[1] / 1e5, 1.0 / 3, 0.006);
	ck_assert_double_eq_tol(count[3] / 1e5, 1.0 / 6, 0.005);
	free(all);
	workload_free(w);
}
END_TEST

/* ---- Inputs -------------------------------------------------------------------------------- */

static struct workload *with_inputs(int64_t requests, const char *inputs)
{
	char *counts = mem_printf("requests = %" PRId64, requests);
	char *rest = mem_printf("[arrivals]\nprocess = poisson\nload = 1\n"
		"[inputs]\n%s\n", inputs);
	struct workload *w = workload_good(counts, rest);

	free(counts);
	free(rest);
	return w;
}

START_TEST(uniform_inputs_are_all_alike)
{
	struct workload *w = with_inputs(200000, "order = uniform");
	struct arrival *all = source_all(w, 1);
	int count[20] = { 0 };

	for (int n = 0; n < 200000; n++)
		count[all[n].input]++;
	for (int i = 0; i < 20; i++)
		ck_assert_double_eq_tol(count[i], 10000, 400);
	free(all);
	workload_free(w);
}
END_TEST

START_TEST(sequential_inputs_go_round)
{
	struct workload *w = with_inputs(45, "order = sequential");
	struct arrival *all = source_all(w, 1);

	for (int n = 0; n < 45; n++)
		ck_assert_int_eq(all[n].input, n % 20);
	free(all);
	workload_free(w);
}
END_TEST

START_TEST(shuffled_inputs_take_each_once_a_pass)
{
	struct workload *w = with_inputs(20 * 500, "order = shuffled");
	struct arrival *all = source_all(w, 1);
	int first[20] = { 0 }, repeats = 0;

	for (int pass = 0; pass < 500; pass++) {
		int seen[20] = { 0 };
		for (int i = 0; i < 20; i++)
			ck_assert_int_eq(seen[all[20 * pass + i].input]++, 0);
		first[all[20 * pass].input]++;
		repeats += pass && !memcmp(&all[20 * pass].input,
			&all[20 * pass - 20].input, sizeof(int32_t));
	}
	/* Every input comes first in 25 passes, give or take 5. */
	for (int i = 0; i < 20; i++)
		ck_assert(first[i] >= 5 && first[i] <= 50);
	ck_assert(repeats < 60);
	free(all);
	workload_free(w);
}
END_TEST

START_TEST(hard_inputs_are_those_of_least_confidence)
{
	struct workload *w = with_inputs(1, "order = bursts\nshare = 0.2");
	/* 0.05 x (7 i mod 20): 0 at input 0, 0.05 at 3 and 6, 0.15 at 9. */
	static const int32_t hard[] = { 0, 3, 6, 9, 1, 2, 4 };

	ck_assert_int_eq(w->hard, 4);
	ck_assert_mem_eq(w->hard_first, hard, sizeof hard);
	workload_free(w);
	/* Of the two that tie the lower number. */
	w = with_inputs(1, "order = bursts\nshare = 0.1");
	ck_assert_int_eq(w->hard, 2);
	ck_assert_mem_eq(w->hard_first, ((int32_t[]){ 0, 3, 1, 2, 4, 5, 6 }),
		7 * sizeof(int32_t));
	workload_free(w);
}
END_TEST

START_TEST(bursts_keep_each_input_s_share_and_have_the_stated_correlation)
{
	enum { N = 400000 };
	struct workload *w = with_inputs(N, "order = bursts\nshare = 0.25\n"
		"burst = 8");
	struct arrival *all = source_all(w, 1);
	double hard = 0, both = 0, bursts = 0, q = 0.25;
	int is_hard[20] = { 0 }, count[20] = { 0 };

	for (int i = 0; i < w->hard; i++)
		is_hard[w->hard_first[i]] = 1;
	for (int n = 0; n < N; n++) {
		int h = is_hard[all[n].input];
		count[all[n].input]++;
		hard += h;
		both += n && h && is_hard[all[n - 1].input];
		bursts += h && (!n || !is_hard[all[n - 1].input]);
	}
	ck_assert_double_eq_tol(hard / N, q, 0.009);
	ck_assert_double_eq_tol(hard / bursts, 8, 0.3);
	ck_assert_double_eq_tol((both / N - q * q) / (q * (1 - q)),
		1 - 1 / ((1 - q) * 8), 0.01);
	for (int i = 0; i < 20; i++)
		ck_assert_double_eq_tol(count[i] / (double)N, 0.05, 0.0025);
	free(all);
	workload_free(w);
}
END_TEST

/* No warm-up of the chain: the first request is hard in a share q of runs. */
START_TEST(bursts_start_in_the_long_run)
{
	enum { SEEDS = 4000 };
	struct workload *w = with_inputs(1, "order = bursts\nshare = 0.25\n"
		"burst = 8");
	int hard = 0;

	for (uint32_t seed = 1; seed <= SEEDS; seed++) {
		struct arrival *x = source_all(w, seed);
		for (int i = 0; i < w->hard; i++)
			hard += x->input == w->hard_first[i];
		free(x);
	}
	ck_assert_double_eq_tol(hard / (double)SEEDS, 0.25, 0.03);
	workload_free(w);
}
END_TEST

/* ---- Replay --------------------------------------------------------------------------------- */

#define REPLAY "[arrivals]\nprocess = replay\nfile = r.csv\n"
#define HEAD "release_ns,relative_deadline_ns,input\n"

START_TEST(a_replay_gives_its_rows_and_draws_what_they_leave_out)
{
	struct workload *w;
	struct arrival *all;

	place_put("r.csv", HEAD "0,10,5\n7,,3\n7,12,\n9,,\n");
	w = workload_good("", REPLAY);
	ck_assert_int_eq(w->requests, 4);
	all = source_all(w, 6);
	for (int n = 0; n < 4; n++) {
		static const int64_t release[] = { 0, 7, 7, 9 };
		int64_t d = llround(4000 + 8000 * draw(6, PURPOSE_DEADLINES,
			(uint64_t)n, 0));
		int input = (int)(20 * draw(6, PURPOSE_INPUTS, (uint64_t)n, 0));
		ck_assert_int_eq(all[n].release_ns, release[n]);
		ck_assert_int_eq(all[n].deadline_ns, release[n]
			+ (n == 0 ? 10 : n == 2 ? 12 : d));
		ck_assert_int_eq(all[n].input, n == 0 ? 5 : n == 1 ? 3 : input);
	}
	free(all);
	workload_free(w);
}
END_TEST

static void expect_releases(const char *counts, const char *keys, int n,
	const int64_t *release)
{
	char *rest = mem_printf(REPLAY "%s\n", keys);
	struct workload *w = workload_good(counts, rest);
	struct arrival *all = source_all(w, 1);

	ck_assert_int_eq(w->warmup + w->requests, n);
	for (int i = 0; i < n; i++)
		ck_assert_int_eq(all[i].release_ns, release[i]);
	free(all);
	workload_free(w);
	free(rest);
}

START_TEST(a_replay_is_cut_and_scaled)
{
	place_put("r.csv", HEAD "0,9,\n10,9,\n20,9,\n40,9,\n90,9,\n");
	expect_releases("warmup = 2", "", 5, (int64_t[]){ 0, 10, 20, 40, 90 });
	expect_releases("requests = 2\nwarmup = 1", "", 3,
		(int64_t[]){ 0, 10, 20 });
	/* from <= release < to, moved to 0. */
	expect_releases("", "window = 10ns..90ns", 3, (int64_t[]){ 0, 10, 30 });
	expect_releases("", "window = 5ns..1T", 4, (int64_t[]){ 5, 15, 35, 85 });
	expect_releases("", "time_scale = 0.25", 5,
		(int64_t[]){ 0, 3, 5, 10, 23 });
	/* 4 gaps in 90 ns become 4 in 45; rows that are ignored count for
	 * nothing: 2 gaps in 20 ns become 2 in 40. */
	expect_releases("", "rate_hz = 88888888.88888889", 5,
		(int64_t[]){ 0, 5, 10, 20, 45 });
	expect_releases("requests = 3", "rate_hz = 5e7", 3,
		(int64_t[]){ 0, 20, 40 });
	/* load 100: a gap of T / 100 = 40 ns. */
	expect_releases("requests = 3", "load = 100", 3,
		(int64_t[]){ 0, 40, 80 });
	expect_releases("", "window = 10ns..1us\ntime_scale = 2", 4,
		(int64_t[]){ 0, 20, 60, 160 });
}
END_TEST

START_TEST(thinning_keeps_rows_by_their_own_stream)
{
	struct text t;
	struct workload *w;
	int64_t kept = 0;

	text_init(&t);
	text_add(&t, "%s", HEAD);
	for (int i = 0; i < 5000; i++)
		text_add(&t, "%d,9,\n", 10 * i);
	place_put("r.csv", t.s);
	text_fini(&t);
	w = workload_good("", REPLAY "window = 1us..1s\nkeep = 0.3\n");
	/* Rows are counted in the file, before the window. */
	for (uint64_t i = 100; i < 5000; i++) {
		if (!(draw(1, PURPOSE_THINNING, i, 0) < 0.3))
			continue;
		ck_assert_int_eq(w->row[kept].release_ns,
			10 * (int64_t)i - 1000);
		kept++;
	}
	ck_assert_int_eq(kept, w->rows);
	ck_assert_double_eq_tol((double)kept, 1470, 130);
	workload_free(w);
}
END_TEST

START_TEST(a_group_shares_its_first_row_s_deadline)
{
	struct workload *w;
	struct arrival *all;
	static const int64_t deadline[] = { 50, 105, 50, 40, 50 };

	place_put("r.csv", "release_ns,relative_deadline_ns,input,group\n"
		"0,50,1,two\n5,100,2,\n10,7,3,two\n20,20,4,one\n49,,5,two\n");
	w = workload_good("", REPLAY);
	all = source_all(w, 1);
	ck_assert_int_eq(w->groups, 2);
	for (int n = 0; n < 5; n++)
		ck_assert_int_eq(all[n].deadline_ns, deadline[n]);
	ck_assert_int_eq(all[1].group, -1);
	ck_assert_int_eq(all[0].group, all[2].group);
	ck_assert_int_eq(all[0].group, all[4].group);
	ck_assert_int_ne(all[0].group, all[3].group);
	ck_assert_int_eq(w->group_size[all[0].group], 3);
	ck_assert_int_eq(w->group_size[all[3].group], 1);
	ck_assert_str_eq(w->group_name[all[0].group], "two");
	free(all);
	workload_free(w);
	/* Members that the run leaves out are no members. */
	w = workload_good("requests = 3", REPLAY);
	ck_assert_int_eq(w->groups, 1);
	ck_assert_int_eq(w->group_size[0], 2);
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
	tcase_add_test(t, draws_of_one_purpose_do_not_shift_those_of_another);
	tcase_add_test(t, seeds_differ_and_repeat);
	tcase_add_test(t, deadlines_stay_in_their_range);
	tcase_add_test(t, uniform_inputs_are_all_alike);
	tcase_add_test(t, sequential_inputs_go_round);
	tcase_add_test(t, shuffled_inputs_take_each_once_a_pass);
	tcase_add_test(t, hard_inputs_are_those_of_least_confidence);
	tcase_add_test(t, bursts_keep_each_input_s_share_and_have_the_stated_correlation);
	tcase_add_test(t, bursts_start_in_the_long_run);
	tcase_add_test(t, a_replay_gives_its_rows_and_draws_what_they_leave_out);
	tcase_add_test(t, a_replay_is_cut_and_scaled);
	tcase_add_test(t, thinning_keeps_rows_by_their_own_stream);
	tcase_add_test(t, a_group_shares_its_first_row_s_deadline);
	suite_add_tcase(s, t);
	return s;
}
