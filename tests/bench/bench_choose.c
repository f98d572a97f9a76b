/* What a choice of ALERT costs where there is much to choose from: 8 networks at
 * 8 settings with all their stop points. Each choice is timed by itself, with
 * hints from those before, as in the policy; the clock's own cost is taken off.
 * CSV on stdout: what, median (and 99th percentile), unit.
 *
 * `in a run`: a goal holds for 200 choices, the belief walks, and time left is
 * drawn anew for each. `anywhere`: goal and belief are drawn anew too, so that
 * the choice before says nothing about the next.
 *
 * Half the networks are single ones, or all have eight stages; times and watts
 * are those of no device, accuracies rise with the time spent. */
#include "../../policies/estimate.h"
#include "../../sim/clock.h"
#include "../support_assign.h"
#include "../support_bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { NETS = 8, SETTINGS = 8, STATES = 20000 };

static struct profile_net net[NETS];
static struct profile_cell cell[NETS * SETTINGS];
static double idle_w[SETTINGS];
static const struct profile profile = { .nets = NETS, .settings = SETTINGS,
	.classes = 10, .net = net, .cell = cell, .idle_power_w = idle_w,
	.has_energy = 1 };
static int64_t spent[STATES];

static void make_net(int i, enum net_kind kind, int depths)
{
	net[i] = (struct profile_net){ .name = "net", .kind = kind,
		.depths = depths, .mandatory = 1 };
	for (int d = 0; d < depths; d++) {
		double done = (d + 1.0) / depths * (i + 2) / (NETS + 1);

		net[i].accuracy[d] = .95 - .35 * exp(-3 * done);
		for (int j = 0; j < SETTINGS; j++) {
			struct profile_cell *c = &cell[i * SETTINGS + j];

			/* Slower settings draw less, and less than they slow. */
			c->mean_ns[d] = 1e6 * (i + 2) / depths * (1 + .35 * j);
			c->power_w[d] = 300 / (1 + .25 * j) + 5 * i;
		}
	}
}

static void draw_goal(struct aim *aim, uint64_t *seed)
{
	aim->accuracy = .7 + .24 * pick_unit(seed);
	aim->energy_j = .3 + 2 * pick_unit(seed);
}

static void draw_belief(struct belief *b, uint64_t *seed)
{
	b->mean = .8 + .8 * pick_unit(seed);
	b->deviation = .02 + .3 * pick_unit(seed);
}

static void bench(const char *what, enum objective objective, bool run,
	int64_t clock_cost)
{
	struct aim aim = { .objective = objective, .eps = 1e-4 };
	struct belief b = { .idle = 90 };
	struct option_table table;
	struct arena arena = { 0 };
	uint64_t seed = 1;
	struct option_hints hints = { { 0 } };
	bool met;

	options_init(&table, &arena, &profile, OPTIONS_ALL);
	for (int i = 0; i < STATES; i++) {
		int64_t begun;

		if (!run || i % 200 == 0) {
			draw_goal(&aim, &seed);
			draw_belief(&b, &seed);
		}
		b.mean *= 1 + .02 * (pick_unit(&seed) - .5);
		b.goal_ns = 1e6 * (1 + 14 * pick_unit(&seed));
		begun = clock_ns();
		(void)options_select(&table, &b, &aim, &hints, &met);
		spent[i] = clock_ns() - begun - clock_cost;
	}
	for (int percent = 50; percent < 100; percent += 49)
		printf("alert choice; %s; %d options; %s; %s%s,%.4g,us\n", what,
			table.n, objective == OBJECTIVE_ENERGY ? "energy"
			: "accuracy", run ? "in a run" : "anywhere",
			percent == 50 ? "" : "; p99",
			(double)bench_percentile(spent, STATES, percent) / 1000);
	arena_fini(&arena);
}

static void bench_all(const char *what, int64_t clock_cost)
{
	for (int run = 1; run >= 0; run--) {
		bench(what, OBJECTIVE_ENERGY, run, clock_cost);
		bench(what, OBJECTIVE_ACCURACY, run, clock_cost);
	}
}

int main(void)
{
	static const int depths[] = { 3, 4, 6, 8 };
	const int64_t clock_cost = bench_clock_cost();

	for (int i = 0; i < NETS; i++)
		make_net(i, i < 4 ? NET_STAGED : NET_SINGLE, i < 4 ? depths[i] : 1);
	bench_all("8 x 8", clock_cost);
	for (int i = 0; i < NETS; i++)
		make_net(i, NET_STAGED, 8);
	bench_all("8 x 8 all staged", clock_cost);
	return 0;
}
