/* Bounds: vectors worked out by hand and by enumeration, the chain of
 * paper/spec/imprecise.md 11 on random small instances, and a certificate that
 * the relaxation is solved to the optimum. */
#include "../sim/bounds.h"

#include "../sim/mem.h"
#include "../sim/stream.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST 64                     /* requests of a test instance */
#define MOST_OPTIONS (MOST * 6)

/* An instance in fixed storage with one utility beside it. */
struct sample {
	struct bound_instance in;
	int64_t release[MOST], deadline[MOST], first[MOST + 1];
	int64_t time[MOST_OPTIONS];
	int32_t depth[MOST_OPTIONS];
	double utility[MOST_OPTIONS];
};

static void sample_begin(struct sample *s, int64_t devices)
{
	memset(s, 0, sizeof *s);
	s->in = (struct bound_instance){ .devices = devices,
		.release_ns = s->release, .deadline_ns = s->deadline,
		.first = s->first, .time_ns = s->time, .depth = s->depth };
}

/* A request and its network with `depths` stages of the given times. */
static void sample_add(struct sample *s, int64_t a, int64_t d, int depths,
	const int64_t *stage, const double *utility)
{
	int64_t n = s->in.requests++, k = s->first[n], time = 0;

	s->release[n] = a;
	s->deadline[n] = d;
	for (int l = 0; l < depths; l++, k++) {
		s->time[k] = time += stage[l];
		s->depth[k] = l + 1;
		s->utility[k] = utility[l];
	}
	s->first[n + 1] = k;
}

static double preempt(const struct sample *s)
{
	int done;
	double value = bounds_preempt(&s->in, s->utility, 100000, &done);

	ck_assert(done);
	return value;
}

static double exact(const struct sample *s)
{
	return bounds_exact(&s->in, s->utility, 1000000);
}

/* ---- By hand ------------------------------------------------------------ */

START_TEST(bounds_of_the_documented_instances)
{
	static const double d1[3][3] = { { 5, 8, 9 }, { 6, 7, 9 }, { 4, 8, 9 } };
	static const int64_t twos[] = { 2, 2, 2 };
	struct sample s;

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
	struct sample s;

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

/* ---- Slow ways to the same ---------------------------------------------- */

/* All sequences of stages, each as early as it can be. */
static double enumerate(const struct sample *s, int64_t now, int64_t *at)
{
	double best = 0;

	for (int64_t i = 0; i < s->in.requests; i++)
		if (at[i] >= 0)
			best += s->utility[at[i]];
	for (int64_t i = 0; i < s->in.requests; i++) {
		int64_t was = at[i], begin = now > s->release[i] ? now : s->release[i];

		for (int64_t k = s->first[i]; k < s->first[i + 1]; k++) {
			int64_t end = begin + s->time[k];
			double value;

			if (s->depth[k] == 1 ? was >= 0 : was != k - 1)
				continue;
			if (s->depth[k] > 1)
				end -= s->time[k - 1];
			if (end > s->deadline[i])
				continue;
			at[i] = k;
			value = enumerate(s, end, at);
			best = value > best ? value : best;
			at[i] = was;
		}
	}
	return best;
}

static double exact_slowly(const struct sample *s)
{
	int64_t at[MOST];

	for (int i = 0; i < MOST; i++)
		at[i] = -1;
	return enumerate(s, 0, at);
}

/* Time that the window leaves beside the given work, negative if too much. */
static int64_t slack(const struct sample *s, const int64_t *work, int64_t a,
	int64_t d)
{
	int64_t left = s->in.devices * (d - a);

	for (int64_t i = 0; i < s->in.requests; i++)
		if (s->release[i] >= a && s->deadline[i] <= d)
			left -= work[i];
	return left;
}

static int fits(const struct sample *s, const int64_t *work)
{
	for (int64_t i = 0; i < s->in.requests; i++)
		for (int64_t j = 0; j < s->in.requests; j++)
			if (s->deadline[j] > s->release[i]
			    && slack(s, work, s->release[i], s->deadline[j]) < 0)
				return 0;
	return 1;
}

/* All choices of one option each. */
static double choose(const struct sample *s, int64_t i, int64_t *work, double sum)
{
	double best;

	if (i == s->in.requests)
		return fits(s, work) ? sum : -1;
	work[i] = 0;
	best = choose(s, i + 1, work, sum);
	for (int64_t k = s->first[i]; k < s->first[i + 1]; k++) {
		double value = -1;

		work[i] = s->time[k];
		if (s->release[i] + work[i] <= s->deadline[i])
			value = choose(s, i + 1, work, sum + s->utility[k]);
		best = value > best ? value : best;
	}
	work[i] = 0;
	return best;
}

static double preempt_slowly(const struct sample *s)
{
	int64_t work[MOST];

	return choose(s, 0, work, 0);
}

/* With one release, rewards that are whole numbers and one device: the DP of
 * paper/spec/imprecise.md 2.2 with step 1. Requests in order of deadline. */
static int64_t dp(const struct sample *s)
{
	enum { TOP = 200 };
	int64_t least[TOP + 1], next[TOP + 1], best = 0;

	for (int r = 1; r <= TOP; r++)
		least[r] = INT64_MAX;
	least[0] = 0;
	for (int64_t i = 0; i < s->in.requests; i++) {
		memcpy(next, least, sizeof next);
		for (int64_t k = s->first[i]; k < s->first[i + 1]; k++) {
			int q = (int)s->utility[k];

			for (int r = q; r <= TOP; r++)
				if (least[r - q] < INT64_MAX
				    && least[r - q] + s->time[k]
					<= s->deadline[i] - s->release[i]
				    && least[r - q] + s->time[k] < next[r])
					next[r] = least[r - q] + s->time[k];
		}
		memcpy(least, next, sizeof next);
	}
	for (int r = 0; r <= TOP; r++)
		if (least[r] < INT64_MAX)
			best = r;
	return best;
}

/* Moore and Hodgson on the window [a, d], with the time of option 1. */
static int late_in(const struct sample *s, int64_t a, int64_t d)
{
	int64_t kept[MOST], n = 0, work = 0, at = a;
	int dropped = 0;

	/* By deadline: the next instant at which one is due, all due then. */
	while (at < d) {
		int64_t next = d + 1;

		for (int64_t i = 0; i < s->in.requests; i++)
			if (s->release[i] >= a && s->deadline[i] > at
			    && s->deadline[i] < next)
				next = s->deadline[i];
		at = next;
		for (int64_t i = 0; i < s->in.requests && at <= d; i++) {
			int64_t longest = 0;

			if (s->release[i] < a || s->deadline[i] != at
			    || s->time[s->first[i]] > at - s->release[i])
				continue;
			kept[n++] = s->time[s->first[i]];
			work += kept[n - 1];
			if (work <= s->in.devices * (at - a))
				continue;
			for (int64_t k = 1; k < n; k++)
				if (kept[k] > kept[longest])
					longest = k;
			work -= kept[longest];
			kept[longest] = kept[--n];
			dropped++;
		}
	}
	return dropped;
}

/* Best disjoint windows from t on, each tried. */
static int late_after(const struct sample *s, int64_t t, int64_t end)
{
	int best[64];

	for (int64_t a = end; a >= t; a--) {
		best[a] = a < end ? best[a + 1] : 0;
		for (int64_t d = a + 1; d <= end; d++) {
			int here = late_in(s, a, d) + best[d];
			best[a] = here > best[a] ? here : best[a];
		}
	}
	return best[t];
}

/* ---- The dual ----------------------------------------------------------- */

struct price { int64_t a, d; double lambda; };

/* B(lambda) of paper/spec/imprecise.md 11. */
static double dual(const struct sample *s, const struct price *w, int n)
{
	double sum = 0;

	for (int k = 0; k < n; k++)
		sum += w[k].lambda * (double)(s->in.devices * (w[k].d - w[k].a));
	for (int64_t i = 0; i < s->in.requests; i++) {
		double pi = 0, best = 0;

		for (int k = 0; k < n; k++)
			if (w[k].a <= s->release[i] && s->deadline[i] <= w[k].d)
				pi += w[k].lambda;
		for (int64_t k = s->first[i]; k < s->first[i + 1]; k++) {
			double x = s->utility[k] - pi * (double)s->time[k];

			if (s->release[i] + s->time[k] <= s->deadline[i]
			    && x > best)
				best = x;
		}
		sum += best;
	}
	return sum;
}

/* Pieces of a request's upper hull by gift wrapping: slope and length. */
static int hull(const struct sample *s, int64_t i, double *slope, int64_t *length)
{
	int64_t at = 0;
	double u = 0;
	int n = 0;

	for (;;) {
		int64_t next = -1;

		slope[n] = 0;
		for (int64_t k = s->first[i]; k < s->first[i + 1]; k++) {
			double x;

			if (s->time[k] <= at
			    || s->release[i] + s->time[k] > s->deadline[i])
				continue;
			x = (s->utility[k] - u) / (double)(s->time[k] - at);
			if (x > 0 && x >= slope[n]) {
				slope[n] = x;
				next = k;
			}
		}
		if (next < 0)
			return n;
		length[n++] = s->time[next] - at;
		at = s->time[next];
		u = s->utility[next];
	}
}

/* Prices at which B equals the value of an optimal solution with this work: for
 * every slope, what is steeper or as steep fills some windows wholly; there the
 * time is worth the slope. `price` has room for MOST * MOST of them. */
static int prices(const struct sample *s, const int64_t *work,
	struct price *price)
{
	static double slope[MOST][8];
	static int64_t length[MOST][8];
	int pieces[MOST], n = 0;
	double level = INFINITY;

	for (int64_t i = 0; i < s->in.requests; i++)
		pieces[i] = hull(s, i, slope[i], length[i]);
	for (;;) {
		int64_t part[MOST];
		double next = 0, below = 0;
		int64_t from, to;

		/* The next slope, and the one after it. */
		for (int64_t i = 0; i < s->in.requests; i++)
			for (int k = 0; k < pieces[i]; k++)
				if (slope[i][k] < level && slope[i][k] > next)
					next = slope[i][k];
		if (next <= 0)
			return n;
		for (int64_t i = 0; i < s->in.requests; i++) {
			int64_t steep = 0;

			for (int k = 0; k < pieces[i]; k++)
				if (slope[i][k] >= next)
					steep += length[i][k];
				else if (slope[i][k] > below)
					below = slope[i][k];
			part[i] = work[i] < steep ? work[i] : steep;
		}
		/* Full windows, joined where they meet. */
		from = to = -1;
		for (int64_t i = 0; i < s->in.requests; i++) {
			int64_t a = s->release[i], last = -1;

			for (int64_t j = 0; j < s->in.requests; j++)
				if (s->deadline[j] > a && s->deadline[j] > last
				    && slack(s, part, a, s->deadline[j]) == 0)
					last = s->deadline[j];
			if (last < 0)
				continue;
			if (from >= 0 && a > to) {
				price[n++] = (struct price){ from, to,
					next - below };
				from = -1;
			}
			from = from < 0 ? a : from;
			to = last > to ? last : to;
		}
		if (from >= 0)
			price[n++] = (struct price){ from, to, next - below };
		level = next;
	}
}

/* ---- Random instances --------------------------------------------------- */

enum utilities { RIGHT_OR_WRONG, WHOLE, CONFIDENCES };

static int below(struct stream *r, int n)
{
	return (int)stream_below(r, n);
}

/* n requests in order of release within `span`, up to `nets` networks of up to
 * `depths` stages each. */
static void sample_draw(struct sample *s, struct stream *r, int64_t devices,
	int n, int span, int nets, int depths, enum utilities kind)
{
	int64_t a[MOST];

	sample_begin(s, devices);
	for (int i = 0; i < n; i++) {
		int k = i;

		a[i] = below(r, span + 1);
		for (; k > 0 && a[k - 1] > a[k]; k--) {
			int64_t swap = a[k];
			a[k] = a[k - 1];
			a[k - 1] = swap;
		}
	}
	for (int i = 0; i < n; i++) {
		int64_t k = s->first[i];

		s->release[i] = a[i];
		s->deadline[i] = a[i] + 1 + below(r, 15);
		for (int net = below(r, nets) + 1; net > 0; net--) {
			int64_t time = 0;
			int32_t last = below(r, depths) + 1;

			for (int32_t l = 1; l <= last; l++, k++) {
				s->time[k] = time += 1 + below(r, 5);
				s->depth[k] = l;
				s->utility[k] = kind == RIGHT_OR_WRONG
					? below(r, 2) : kind == WHOLE
					? below(r, 10) : stream_unit(r);
			}
		}
		s->first[i + 1] = k;
	}
	s->in.requests = n;
}

#define NEAR 1e-9

START_TEST(the_chain_holds_and_its_ends_are_optimal)
{
	struct sample s;
	struct stream r;
	int tight = 0, gaps = 0;

	stream_open(&r, 11, PURPOSE_POLICY, 0);
	for (int turn = 0; turn < 20000; turn++) {
		int n = 1 + below(&r, 5);
		double solo, knapsack, lp, whole, last, slow;

		sample_draw(&s, &r, 1 + turn % 4 / 3, n, below(&r, 20), 2,
			n > 4 ? 2 : 3, (enum utilities)(turn % 3));
		solo = bounds_solo(&s.in, s.utility);
		knapsack = bounds_knapsack(&s.in, s.utility);
		lp = bounds_lp(&s.in, s.utility, NULL);
		whole = preempt(&s);
		ck_assert(knapsack <= solo + NEAR);
		ck_assert(lp <= knapsack + NEAR);
		ck_assert(whole <= lp + NEAR);
		slow = preempt_slowly(&s);
		ck_assert_msg(fabs(whole - slow) < 2 * NEAR,
			"turn %d: %.12g, not %.12g", turn, whole, slow);
		gaps += lp > whole + NEAR;
		last = exact(&s);
		ck_assert((s.in.devices > 1) == (isnan(last) != 0));
		if (s.in.devices > 1)
			continue;
		ck_assert(last <= whole + NEAR);
		slow = exact_slowly(&s);
		ck_assert_msg(fabs(last - slow) < NEAR,
			"turn %d: %.12g, not %.12g", turn, last, slow);
		tight += last < whole - NEAR;
	}
	/* The instances are such that the bounds differ. */
	ck_assert_int_gt(gaps, 2000);
	ck_assert_int_gt(tight, 200);
}
END_TEST

START_TEST(the_relaxation_meets_its_dual)
{
	struct sample s;
	struct stream r;
	struct price *price = mem_new(MOST * MOST * 8, sizeof *price);
	int64_t work[MOST];
	int priced = 0;

	stream_open(&r, 12, PURPOSE_POLICY, 0);
	for (int turn = 0; turn < 3000; turn++) {
		int n = 1 + below(&r, turn % 10 ? 8 : 40), prices_n;
		double lp, b;

		sample_draw(&s, &r, 1 + turn % 5 / 3, n, below(&r, 2 * n), 2, 3,
			(enum utilities)(turn % 3));
		lp = bounds_lp(&s.in, s.utility, work);
		ck_assert(fits(&s, work));
		prices_n = prices(&s, work, price);
		b = dual(&s, price, prices_n);
		ck_assert_msg(fabs(b - lp) < NEAR * n,
			"turn %d: %.12g, dual %.12g", turn, lp, b);
		priced += prices_n > 1;
	}
	ck_assert_int_gt(priced, 500);
	free(price);
}
END_TEST

START_TEST(any_prices_bound_the_optimum)
{
	struct sample s;
	struct stream r;
	struct price price[4];

	stream_open(&r, 13, PURPOSE_POLICY, 0);
	for (int turn = 0; turn < 20000; turn++) {
		double b;

		sample_draw(&s, &r, 1, 1 + below(&r, 5), 10, 1, 3,
			(enum utilities)(turn % 3));
		for (int k = 0; k < 4; k++) {
			price[k].a = below(&r, 12);
			price[k].d = price[k].a + 1 + below(&r, 20);
			price[k].lambda = stream_unit(&r)
				* (turn % 3 == WHOLE ? 2 : 0.3);
		}
		b = dual(&s, price, 4);
		ck_assert(b >= exact(&s) - NEAR);
		ck_assert(b >= bounds_lp(&s.in, s.utility, NULL) - NEAR);
		ck_assert(fabs(dual(&s, price, 0)
			- bounds_solo(&s.in, s.utility)) < NEAR);
	}
}
END_TEST

START_TEST(with_one_release_the_optimum_is_that_of_the_dp)
{
	struct sample s;
	struct stream r;

	stream_open(&r, 14, PURPOSE_POLICY, 0);
	for (int turn = 0; turn < 10000; turn++) {
		sample_draw(&s, &r, 1, 1 + below(&r, 6), 0, 1, 3, WHOLE);
		for (int64_t i = 1; i < s.in.requests; i++)
			if (s.deadline[i] < s.deadline[i - 1])
				s.deadline[i] = s.deadline[i - 1];
		ck_assert_double_eq(exact(&s), (double)dp(&s));
		ck_assert_double_eq(preempt(&s), (double)dp(&s));
	}
}
END_TEST

/* A search that is stopped still bounds; and with many steps it ends. */
START_TEST(a_stopped_search_is_a_bound)
{
	struct sample s;
	struct stream r;
	int stopped = 0;

	stream_open(&r, 15, PURPOSE_POLICY, 0);
	for (int turn = 0; turn < 300; turn++) {
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
	ck_assert_int_gt(stopped, 300);
}
END_TEST

START_TEST(the_miss_bound_is_below_the_fewest_misses)
{
	struct sample s;
	struct stream r;
	int some = 0, loose = 0;

	stream_open(&r, 16, PURPOSE_POLICY, 0);
	for (int turn = 0; turn < 10000; turn++) {
		int n = 1 + below(&r, 6), late, alone = 0;
		int64_t least;

		sample_draw(&s, &r, 1 + turn % 5 / 4, n,
			turn % 2 ? below(&r, 20) : 0, 1, 1, WHOLE);
		for (int64_t i = 0; i < n; i++) {
			s.utility[i] = 1;
			alone += s.time[i] > s.deadline[i] - s.release[i];
		}
		late = (int)bounds_misses(&s.in, s.utility, 1000000);
		ck_assert_int_eq(late, alone + late_after(&s, 0, 40));
		/* A smaller budget tries fewer windows. */
		ck_assert_int_le(bounds_misses(&s.in, s.utility, 0), late);
		if (s.in.devices > 1)
			continue;
		least = n - (int64_t)exact_slowly(&s);
		ck_assert_int_le(late, least);
		if (turn % 2 == 0)
			ck_assert_int_eq(late, least);
		some += late > 0;
		loose += late < least;
	}
	ck_assert_int_gt(some, 1000);
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
