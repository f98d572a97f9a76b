/* One stream per purpose and request: deadlines, inputs, replayed rows. Seeds
 * are fixed; tolerances are four standard errors or more. */
#include "../sim/mem.h"
#include "support_workload.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

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
		ck_assert_int_eq(all[0][n].input, (int)(20 * stream_at(4,
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
		int64_t d = llround(4000 + 8000 * stream_at(6, PURPOSE_DEADLINES,
			(uint64_t)n, 0));
		int input = (int)(20 * stream_at(6, PURPOSE_INPUTS, (uint64_t)n, 0));
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
		if (!(stream_at(1, PURPOSE_THINNING, i, 0) < 0.3))
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

Suite *test_draws(void);
Suite *test_draws(void)
{
	Suite *s = suite_create("draws");
	TCase *t = tcase_create("draws");

	tcase_add_checked_fixture(t, place_enter, place_leave);
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
