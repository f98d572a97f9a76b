/* The dynamic program, exactly as specified but sparsely.
 *
 * P(i, r) is wanted for every r only to find the path to the largest feasible
 * r* at the end. A row is therefore kept as a Pareto front, the states (r, time)
 * by falling r, without those that cannot lie on that path:
 *
 * - dominated ones: if some r2 > r has time2 <= time, whatever completes (r,
 *   time) completes (r2, time2) to a larger sum. For the same reason a state
 *   left in has all its equally good predecessors left in, so ties come out as
 *   in the full table.
 * - hopeless ones: with prices lambda_j >= 0 on the prefix constraints and
 *   price_i = sum of lambda_j, j >= i, a state after row i ends at most at
 *       r + sum_{j>i} lambda_j (D_j - time) + sum_{k>i} max_l (q_k^l - price_k C_k^l),
 *   which is r - price_{i+1} time + a constant of the row. Below the value of a
 *   known plan the state is hopeless. A greedy filling by slope q/C gives both
 *   the plan and prices, those of the linear relaxation, so few states are left.
 *
 * Neither changes the result: tests/test_assign.c holds this against the full
 * table. */
#include "assign.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Rewards within this are equal. */
#define SAME 1e-9

/* A depth that a task may be planned for. */
struct option { int64_t cost_ns; double reward; int32_t quanta, depth; };

/* A cell of a row: time P(i, r) at r quanta, its unquantised reward, the depth
 * S(i, r), and the cell of row i - 1 it came from. */
struct state { int64_t time_ns; double reward; int32_t quanta, depth, parent; };

/* A step up the concave hull of a row's options, between two of them. */
struct step { double slope; int32_t row; int16_t from, to; };

/* What the program knows of a kept task: its options and its place. */
struct row {
	int32_t task, option, options; /* index of the task; of its options */
	int32_t state, states;         /* its cells */
	bool closed;                /* a step of it did not fit */
	int64_t left_ns;
	double price, best, beyond; /* see above; beyond: the row's constant */
};

struct assign {
	struct arena *arena;
	int tasks, options, states, scratches; /* room */
	struct row *row;
	int64_t *low_ns;            /* [row] of the greedy plan: the least that
	                             * is left before a deadline from there on */
	struct option *option;
	struct step *step;
	struct state *state, *scratch[3];
};

struct assign *assign_new(struct arena *arena)
{
	struct assign *a = arena_new(arena, 1, sizeof *a);

	a->arena = arena;
	return a;
}

/* Room for n objects in storage that keeps its first `used`: what is outgrown
 * stays in the arena, at most as much again as is in use. */
static void *grow(struct assign *a, const void *old, int used, int n, size_t size)
{
	void *p = arena_new(a->arena, (size_t)n, size);

	if (used)
		memcpy(p, old, (size_t)used * size);
	return p;
}

static void room_for_tasks(struct assign *a, struct assign_task *const *t, int n)
{
	int options = 0;

	for (int i = 0; i < n; i++)
		options += t[i]->depths;
	if (n > a->tasks) {
		a->tasks = 2 * n;
		a->row = grow(a, NULL, 0, a->tasks + 1, sizeof *a->row);
		a->low_ns = grow(a, NULL, 0, a->tasks, sizeof *a->low_ns);
	}
	if (options > a->options) {
		a->options = 2 * options;
		a->option = grow(a, NULL, 0, a->options, sizeof *a->option);
		a->step = grow(a, NULL, 0, a->options, sizeof *a->step);
	}
}

static void room_for_states(struct assign *a, int used, int more)
{
	if (used + more > a->states) {
		a->states = 2 * (used + more);
		a->state = grow(a, a->state, used, a->states, sizeof *a->state);
	}
}

static void room_for_scratch(struct assign *a, int n)
{
	if (n > a->scratches) {
		a->scratches = 2 * n;
		for (int i = 0; i < 3; i++)
			a->scratch[i] = grow(a, NULL, 0, a->scratches,
				sizeof *a->scratch[i]);
	}
}

/* ---- Moore-Hodgson ------------------------------------------------------- */

/* Of the first n tasks the one kept with the largest remaining mandatory time;
 * ties: the higher number. -1 if all weigh nothing. */
static int heaviest(struct assign_task *const *t, int n)
{
	int64_t most = 0;
	int found = -1;

	for (int i = 0; i < n; i++) {
		int64_t cost = assign_cost(t[i], t[i]->plan);

		if (cost > most || (found >= 0 && cost == most
		    && t[i]->number > t[found]->number)) {
			most = cost;
			found = i;
		}
	}
	return found;
}

/* Plan the least depth for as many tasks as possible, 0 for the others. */
static void keep_most(struct assign_task *const *t, int n)
{
	int64_t sum = 0;

	for (int i = 0; i < n; i++) {
		int64_t cost = assign_cost(t[i], assign_least(t[i]));

		t[i]->plan = assign_fits_alone(t[i], cost) ? assign_least(t[i]) : 0;
		if (t[i]->plan)
			sum += cost;
		if (sum > t[i]->left_ns) {
			int k = heaviest(t, i + 1);
			if (k >= 0) {
				sum -= assign_cost(t[k], t[k]->plan);
				t[k]->plan = 0;
			}
		}
	}
}

/* ---- Options -------------------------------------------------------------- */

/* Rows for the tasks kept and their options by rising depth, without those
 * that cost more for no more quanta: dominated like states. */
static int list_options(struct assign *a, struct assign_task *const *t, int n,
	double delta)
{
	int rows = 0, options = 0;

	for (int i = 0; i < n; i++) {
		struct row *w = &a->row[rows];
		int32_t most = -1;

		if (!t[i]->plan)
			continue;
		*w = (struct row){ .task = i, .option = options,
			.left_ns = t[i]->left_ns };
		for (int l = assign_least(t[i]); l <= t[i]->depths; l++) {
			struct option *o = &a->option[options];

			o->depth = l;
			o->cost_ns = assign_cost(t[i], l);
			if (o->cost_ns > t[i]->left_ns
			    || !assign_fits_alone(t[i], o->cost_ns))
				break;
			o->reward = assign_reward(t[i], l);
			o->quanta = (int32_t)(o->reward / delta + SAME);
			if (o->quanta > most) {
				most = o->quanta;
				options++;
			}
		}
		w->options = options - w->option;
		rows++;
	}
	return rows;
}

/* ---- Prices --------------------------------------------------------------- */

static double slope_between(const struct option *from, const struct option *to)
{
	return (double)(to->quanta - from->quanta)
		/ (double)(to->cost_ns - from->cost_ns);
}

/* Append the steps up the upper concave hull of a row's options. */
static int add_steps(struct step *s, const struct option *o, int n, int row)
{
	int steps = 0;

	for (int l = 1; l < n; l++) {
		struct step next = { slope_between(&o[l - 1], &o[l]), row,
			(int16_t)(l - 1), (int16_t)l };

		for (; steps && s[steps - 1].slope <= next.slope; steps--) {
			next.from = s[steps - 1].from;
			next.slope = slope_between(&o[next.from], &o[l]);
		}
		s[steps++] = next;
	}
	return steps;
}

/* By falling slope. Shell's sort: short, in place, quick for these sizes. */
static void sort_steps(struct step *s, int n)
{
	static const int gaps[] = { 1750, 701, 301, 132, 57, 23, 10, 4, 1 };

	for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++) {
		for (int i = gaps[g]; i < n; i++) {
			struct step x = s[i];
			int k = i;

			for (; k >= gaps[g] && s[k - gaps[g]].slope < x.slope;
			     k -= gaps[g])
				s[k] = s[k - gaps[g]];
			s[k] = x;
		}
	}
}

/* Spend time in row k if every prefix stays in time. */
static bool spend(struct assign *a, int rows, int k, int64_t cost_ns)
{
	int64_t *low = a->low_ns;

	if (low[k] < cost_ns)
		return false;
	for (int i = k; i < rows; i++)
		low[i] -= cost_ns;
	for (int i = k - 1; i >= 0 && low[i] > low[i + 1]; i--)
		low[i] = low[i + 1];
	return true;
}

/* The least options of all rows and what they leave. Returns their quanta. */
static int32_t start_filling(struct assign *a, int rows)
{
	int64_t sum = 0, low = INT64_MAX;
	int32_t quanta = 0;

	for (int i = 0; i < rows; i++) {
		const struct option *o = &a->option[a->row[i].option];

		sum += o->cost_ns;
		quanta += o->quanta;
		a->low_ns[i] = a->row[i].left_ns - sum;
	}
	for (int i = rows - 1; i >= 0; i--) {
		low = a->low_ns[i] < low ? a->low_ns[i] : low;
		a->low_ns[i] = low;
	}
	return quanta;
}

/* A feasible plan by rising through the steps of greatest slope; returns its
 * quanta. The first step that no longer fits sets the price of time for all
 * the rows up to the last prefix that it overruns. */
static int32_t fill_greedily(struct assign *a, int rows)
{
	struct row *w = a->row;
	int32_t quanta = start_filling(a, rows);
	int steps = 0, priced = 0;

	for (int i = 0; i < rows; i++)
		steps += add_steps(a->step + steps, &a->option[w[i].option],
			w[i].options, i);
	sort_steps(a->step, steps);
	for (int s = 0; s < steps; s++) {
		const struct step *x = &a->step[s];
		const struct option *o = &a->option[w[x->row].option];
		int64_t cost_ns = o[x->to].cost_ns - o[x->from].cost_ns;
		int last = rows - 1;

		/* Once a step of a row does not fit, its later ones, less
		 * steep, are not to be had either. */
		if (w[x->row].closed)
			continue;
		if (spend(a, rows, x->row, cost_ns)) {
			quanta += o[x->to].quanta - o[x->from].quanta;
			continue;
		}
		w[x->row].closed = true;
		while (last >= priced && a->low_ns[last] >= cost_ns)
			last--;
		for (; priced <= last; priced++)
			w[priced].price = x->slope;
	}
	return quanta;
}

/* Fill in `best` and `beyond`, and drop options that cannot be in a plan of
 * `known` quanta. Returns the least value of a state's bound that gives hope:
 * `known` less what rounding may have done. */
static double bound_rows(struct assign *a, int rows, int32_t known)
{
	struct row *w = a->row;
	double beyond = 0, size = 0, hope;

	w[rows] = (struct row){ 0 };
	for (int i = rows - 1; i >= 0; i--) {
		const struct option *o = &a->option[w[i].option];
		double best = -INFINITY, reserve = (w[i].price - w[i + 1].price)
			* (double)w[i].left_ns;

		for (int l = 0; l < w[i].options; l++) {
			double x = o[l].quanta
				- w[i].price * (double)o[l].cost_ns;
			if (x > best)
				best = x;
		}
		w[i].best = best;
		w[i].beyond = beyond += reserve + best;
		size += reserve + fabs(best);
	}
	hope = known - 1e-3 - 1e-9 * size;
	for (int i = 0; i < rows; i++) {
		struct option *o = &a->option[w[i].option];
		double rest = beyond - w[i].best;
		int kept = 0;

		for (int l = 0; l < w[i].options; l++)
			if (rest + o[l].quanta
			    - w[i].price * (double)o[l].cost_ns >= hope)
				o[kept++] = o[l];
		w[i].options = kept;
	}
	return hope;
}

/* ---- Rows ------------------------------------------------------------------ */

/* Fronts end with a state of -1 quanta. The loops over them choose without
 * branching, since what comes next is anyone's guess. */

/* What option o makes of the row before (states from `first` on): its states
 * shifted, without those that are late or hopeless. Returns how many. */
static int shift_states(const struct assign *a, struct state *out, int first,
	int n, const struct row *w, const struct option *o, double hope)
{
	const struct state *from = a->state + first;
	double price = w[1].price;
	int i = 0, made = 0;

	hope -= w[1].beyond;
	while (i < n && from[i].time_ns + o->cost_ns > w->left_ns)
		i++;                /* times fall */
	for (; i < n; i++) {
		int64_t time = from[i].time_ns + o->cost_ns;
		int32_t quanta = from[i].quanta + o->quanta;

		out[made] = (struct state){ time, from[i].reward + o->reward,
			quanta, o->depth, first + i };
		made += quanta - price * (double)time >= hope;
	}
	out[made].quanta = -1;
	return made;
}

/* Does y, of a deeper option, take the cell from x? Ties of 2.2. */
static bool replaces(const struct state *y, const struct state *x)
{
	return y->time_ns < x->time_ns || (y->time_ns == x->time_ns
		&& y->reward > x->reward + SAME);
}

/* Merge fronts x and y, y of a deeper option, into one. Returns its length. */
static int merge(struct state *out, const struct state *x, const struct state *y)
{
	int64_t least = INT64_MAX;
	int made = 0;

	while ((x->quanta & y->quanta) >= 0) { /* not both at their ends */
		int32_t quanta = x->quanta;
		const struct state *next = quanta >= y->quanta ? x : y;

		if (quanta == y->quanta && replaces(y, x))
			next = y;
		out[made] = *next;
		x += quanta >= y->quanta;
		y += y->quanta >= quanta;
		/* Dominated unless quicker than all that is worth more. */
		made += out[made].time_ns < least;
		least = next->time_ns < least ? next->time_ns : least;
	}
	out[made].quanta = -1;
	return made;
}

/* Make row i from the one before it, or from the empty plan; its states go to
 * the place `used`. */
static void make_row(struct assign *a, int i, int used, double hope)
{
	struct row *w = &a->row[i];
	const struct option *o = &a->option[w->option];
	int first = i ? w[-1].state : 0, n = i ? w[-1].states : 1;
	struct state *front, *spare, *out;

	room_for_states(a, used, n * w->options + 1);
	room_for_scratch(a, n * w->options + 1);
	front = a->scratch[0];
	spare = a->scratch[1];
	out = w->options == 1 ? a->state + used : front;
	w->state = used;
	w->states = shift_states(a, out, first, n, w, &o[0], hope);
	for (int l = 1; l < w->options; l++) {
		(void)shift_states(a, a->scratch[2], first, n, w, &o[l], hope);
		out = l + 1 == w->options ? a->state + used : spare;
		w->states = merge(out, front, a->scratch[2]);
		spare = front;
		front = out;
	}
}

static void settle_all(struct assign_task *const *t, int n)
{
	for (int i = 0; i < n; i++)
		assign_settle(t[i]);
}

int64_t assign_depths(struct assign *a, struct assign_task *const *t, int n,
	double delta)
{
	int rows, used = 1;
	double hope;

	room_for_tasks(a, t, n);
	keep_most(t, n);
	rows = list_options(a, t, n, delta);
	if (!rows) {
		settle_all(t, n);
		return 0;
	}
	hope = bound_rows(a, rows, fill_greedily(a, rows));
	room_for_states(a, 0, 1);
	a->state[0] = (struct state){ 0 };
	for (int i = 0; i < rows; i++) {
		make_row(a, i, used, hope);
		used += a->row[i].states;
	}
	/* The first state of the last row is worth most. */
	assert(a->row[rows - 1].states);
	for (int i = rows - 1, s = a->row[i].state; i >= 0; i--) {
		t[a->row[i].task]->plan = a->state[s].depth;
		s = a->state[s].parent;
	}
	settle_all(t, n);
	return a->state[a->row[rows - 1].state].quanta;
}
