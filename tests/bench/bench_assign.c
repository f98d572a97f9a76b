/* What the decisions of the stage-level policies cost, against the number of
 * live requests: the re-plan of `imprecise` at a release, its update at a
 * completion, and picks. Each call is timed by itself, the clock's own cost
 * taken off; medians and 99th percentiles over many random states, in ns.
 *
 * Times are those of staged3 on the H100 bundle, deadlines uniform on
 * [2T, 22T] per 20 requests. `steady`: a random part of its time is left to
 * each request, a third each at depths 0, 1 and 2. `burst`: all just released. */
#include "../../sim/clock.h"
#include "../support_assign.h"
#include "../support_bench.h"
#include "../support_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATES = 2000 };

static const int64_t times[] = { 92840, 90890, 159140 };
static const double means[] = { .7965, .9068, .9586 };
#define T 299785.0

static struct scene s;
static int64_t spent[STATES];
static int64_t clock_cost;

static void report(const char *what, const char *state, int n, int count)
{
	printf("%s,%s,%d,%d,%lld,%lld\n", what, state, n, count,
		(long long)(bench_percentile(spent, count, 50) - clock_cost),
		(long long)(bench_percentile(spent, count, 99) - clock_cost));
}

static double confidence(uint64_t *seed)
{
	double x = pick_unit(seed);

	return 1 - .7 * x * x;
}

/* n live requests at a random instant. */
static void fill(const char *policy, int n, bool burst, uint64_t *seed)
{
	scene_init(&s, policy, 1, 3, 1, times, means);
	s.view.now_ns = 1000000000;
	for (int i = 0; i < n; i++) {
		double left = (2 + 20 * pick_unit(seed)) * T * n / 20;
		double seen[2] = { confidence(seed), confidence(seed) };

		if (!burst)
			left *= pick_unit(seed);
		scene_release_at_depth(&s, s.view.now_ns + 1 + (int64_t)left,
			burst ? 0 : (int)pick_below(seed, 3), seen);
	}
}

static void bench_release(int n, bool burst, int count)
{
	uint64_t seed = 1;

	for (int i = 0; i < count; i++) {
		int64_t begun;

		fill("imprecise", n, burst, &seed);
		begun = clock_ns();
		s.choice.policy->on_release(s.state, &s.view,
			s.view.live[n - 1]);
		spent[i] = clock_ns() - begun;
		scene_fini(&s);
	}
	report("re-plan", burst ? "burst" : "steady", n, count);
}

static void bench_update(int n, bool burst, int count)
{
	uint64_t seed = 2;

	for (int i = 0; i < count; i++) {
		struct request *q;
		int slot = -1, number;
		int64_t begun;

		fill("imprecise", n, burst, &seed);
		while (sscanf(scene_pick(&s), "run %d", &number) != 1)
			scene_release(&s, s.view.now_ns + (int64_t)(9 * T));
		slot = scene_slot(&s, number);
		q = &s.request[slot];
		s.view.now_ns += times[q->depth] * 84 / 100;
		s.device[0].slot = q->device = -1;
		s.seen[slot * 3 + q->depth++] = confidence(&seed);
		begun = clock_ns();
		s.choice.policy->on_stage_done(s.state, &s.view, slot, 0);
		spent[i] = clock_ns() - begun;
		scene_fini(&s);
	}
	report("update", burst ? "burst" : "steady", n, count);
}

static void bench_pick(const char *policy, int n, int count)
{
	uint64_t seed = 3;

	for (int i = 0; i < count; i++) {
		int64_t begun;

		fill(policy, n, false, &seed);
		s.view.asking = 0;
		begun = clock_ns();
		for (int k = 0; k < 100; k++)
			(void)s.choice.policy->pick(s.state, &s.view);
		spent[i] = (clock_ns() - begun - clock_cost) / 100 + clock_cost;
		scene_fini(&s);
	}
	report(policy, "pick", n, count);
}

int main(void)
{
	static const int lives[] = { 5, 10, 20, 50, 100, 200, 500 };
	static const char *const policies[] = { "fifo", "rr", "edf",
		"edf-mandatory-first", "llf", "lcf", "threshold",
		"utility-density", "imprecise" };

	clock_cost = bench_clock_cost();
	printf("what,state,live,calls,median_ns,p99_ns\n");
	for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
		int count = lives[i] > 50 ? STATES / 40 : STATES;

		for (int burst = 0; burst < 2; burst++) {
			bench_release(lives[i], burst, count);
			bench_update(lives[i], burst, count);
		}
	}
	for (size_t p = 0; p < sizeof policies / sizeof *policies; p++)
		for (size_t i = 0; i < sizeof lives / sizeof *lives; i++)
			bench_pick(policies[p], lives[i], 20);
	return 0;
}
