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

/* Gains and rewards within this are equal (2.2, 3). */
#define SAME 1e-9

/* A depth that a task may be planned for. */
struct option { int64_t cost_ns; double reward; int32_t quanta, depth; };

/* A cell of a row: time P(i, r) at r quanta, its unquantised reward, the depth
 * S(i, r), and the cell of row i - 1 it came from. */
struct state { int64_t time_ns; double reward; int32_t quanta, depth, parent; };

/* A step up the concave hull of a task's options. */
struct step { double slope; int64_t cost_ns; int32_t quanta, row; };

/* What the program knows of a kept task: its options and its place. */
struct row {
	int32_t task, option, options; /* index of the task; of its options */
	int32_t state, states;         /* its cells */
	int64_t left_ns;
	int64_t slack_ns, low_ns;   /* of the greedy plan: here, least from here on */
	bool closed;                /* a step of it did not fit */
	double price, best, beyond; /* see above; beyond: the row's constant */
};

struct assign {
	struct arena *arena;
	int tasks, options, states, scratches; /* room */
	struct row *row;
	struct option *option;
	struct step *step;
	struct state *state, *scratch[2];
	int64_t *slack_ns, *low_ns; /* of assign_move */
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

static void room_for_tasks(struct assign *a, const struct assign_task *t, int n)
{
	int options = 0;

	for (int i = 0; i < n; i++)
		options += t[i].depths;
	if (n > a->tasks) {
		a->tasks = 2 * n;
		a->row = grow(a, NULL, 0, a->tasks + 1, sizeof *a->row);
		a->slack_ns = grow(a, NULL, 0, a->tasks + 1, sizeof *a->slack_ns);
		a->low_ns = grow(a, NULL, 0, a->tasks + 1, sizeof *a->low_ns);
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
		for (int i = 0; i < 2; i++)
			a->scratch[i] = grow(a, NULL, 0, a->scratches,
				sizeof *a->scratch[i]);
	}
}

static bool fits_alone(const struct assign_task *t, int64_t cost_ns)
{
	return cost_ns <= 0 || cost_ns <= t->alone_ns;
}

/* ---- Moore-Hodgson ------------------------------------------------------- */

/* Of the first n tasks the one kept with the largest remaining mandatory time;
 * ties: the higher number. -1 if all weigh nothing. */
static int heaviest(const struct assign_task *t, int n)
{
	int64_t most = 0;
	int found = -1;

	for (int i = 0; i < n; i++) {
		int64_t cost = assign_cost(&t[i], t[i].plan);

		if (cost > most || (found >= 0 && cost == most
		    && t[i].number > t[found].number)) {
			most = cost;
			found = i;
		}
	}
	return found;
}

/* Plan the least depth for as many tasks as possible, 0 for the others. */
static void keep_most(struct assign_task *t, int n)
{
	int64_t sum = 0;

	for (int i = 0; i < n; i++) {
		int64_t cost = assign_cost(&t[i], assign_least(&t[i]));

		t[i].plan = fits_alone(&t[i], cost) ? assign_least(&t[i]) : 0;
		if (t[i].plan)
			sum += cost;
		if (sum > t[i].left_ns) {
			int k = heaviest(t, i + 1);
			if (k >= 0) {
				sum -= assign_cost(&t[k], t[k].plan);
				t[k].plan = 0;
			}
		}
	}
}

/* ---- Options -------------------------------------------------------------- */

/* Rows for the tasks kept and their options by rising depth, without those
 * that cost more for no more quanta: dominated like states. */
static int list_options(struct assign *a, const struct assign_task *t, int n,
	double delta)
{
	int rows = 0, options = 0;

	for (int i = 0; i < n; i++) {
		struct row *w = &a->row[rows];
		int32_t most = -1;

		if (!t[i].plan)
			continue;
		*w = (struct row){ .task = i, .option = options,
			.left_ns = t[i].left_ns };
		for (int l = assign_least(&t[i]); l <= t[i].depths; l++) {
			struct option *o = &a->option[options];

			o->depth = l;
			o->cost_ns = assign_cost(&t[i], l);
			if (o->cost_ns > t[i].left_ns
			    || !fits_alone(&t[i], o->cost_ns))
				break;
			o->reward = assign_reward(&t[i], l);
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

/* Append the steps up the upper concave hull of a row's options. */
static int add_steps(struct step *s, const struct option *o, int n, int row)
{
	int steps = 0;

	for (int l = 1; l < n; l++) {
		struct step next = { 0, o[l].cost_ns - o[l - 1].cost_ns,
			o[l].quanta - o[l - 1].quanta, row };

		next.slope = (double)next.quanta / (double)next.cost_ns;
		for (; steps && s[steps - 1].slope <= next.slope; steps--) {
			next.cost_ns += s[steps - 1].cost_ns;
			next.quanta += s[steps - 1].quanta;
			next.slope = (double)next.quanta / (double)next.cost_ns;
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

/* Take a step of row k if every prefix stays in time. */
static bool take_step(struct row *w, int rows, int k, int64_t cost_ns)
{
	if (w[k].low_ns < cost_ns)
		return false;
	for (int i = k; i < rows; i++) {
		w[i].slack_ns -= cost_ns;
		w[i].low_ns -= cost_ns;
	}
	for (int i = k - 1; i >= 0 && w[i].low_ns > w[i + 1].low_ns; i--)
		w[i].low_ns = w[i + 1].low_ns;
	return true;
}

/* A feasible plan by rising through the steps of greatest slope; returns its
 * quanta. The first step that no longer fits sets the price of time for all
 * the rows up to the last prefix that it overruns. */
static int32_t fill_greedily(struct assign *a, int rows)
{
	struct row *w = a->row;
	int steps = 0, priced = 0;
	int32_t quanta = 0;
	int64_t sum = 0;

	for (int i = 0; i < rows; i++) {
		const struct option *o = &a->option[w[i].option];

		sum += o->cost_ns;
		quanta += o->quanta;
		w[i].slack_ns = w[i].low_ns = w[i].left_ns - sum;
		steps += add_steps(a->step + steps, o, w[i].options, i);
	}
	for (int i = rows - 2; i >= 0; i--)
		if (w[i].low_ns > w[i + 1].low_ns)
			w[i].low_ns = w[i + 1].low_ns;
	sort_steps(a->step, steps);
	for (int s = 0; s < steps; s++) {
		const struct step *x = &a->step[s];
		int last = rows - 1;

		/* Once a step of a row does not fit, its later ones, less
		 * steep, are not to be had either. */
		if (w[x->row].closed)
			continue;
		if (take_step(w, rows, x->row, x->cost_ns)) {
			quanta += x->quanta;
			continue;
		}
		w[x->row].closed = true;
		while (last >= priced && w[last].slack_ns >= x->cost_ns)
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

/* ---- Rows ------------------------------------------------------------------- */

/* What one option makes of the row before: its states shifted, by falling
 * quanta and time, those out of time or hope left out. */
struct shifted {
	const struct state *state;
	int i, n, offset;           /* offset: of state[0] in assign.state */
	const struct option *option;
	const struct row *row;
	double price, hope;
	struct state now;           /* quanta -1: no more */
};

static void shifted_next(struct shifted *s)
{
	const struct option *o = s->option;

	for (; s->i < s->n; s->i++) {
		const struct state *from = &s->state[s->i];
		int64_t time = from->time_ns + o->cost_ns;
		int32_t quanta = from->quanta + o->quanta;

		if (time > s->row->left_ns
		    || quanta - s->price * (double)time < s->hope)
			continue;
		s->now = (struct state){ time, from->reward + o->reward,
			quanta, o->depth, s->offset + s->i++ };
		return;
	}
	s->now.quanta = -1;
}

/* Does the later (deeper) option win a cell? */
static bool replaces(const struct state *x, const struct state *old)
{
	return x->time_ns < old->time_ns || (x->time_ns == old->time_ns
		&& x->reward > old->reward + SAME);
}

/* Merge a front of n states with what a deeper option makes. */
static int merge(struct state *out, const struct state *front, int n,
	struct shifted *s)
{
	int64_t least = INT64_MAX;
	int made = 0;

	shifted_next(s);
	for (int i = 0; i < n || s->now.quanta >= 0; ) {
		int32_t quanta = i < n ? front[i].quanta : -1;
		struct state x;

		if (quanta >= s->now.quanta)
			x = front[i++];
		else
			x = s->now;
		if (quanta <= s->now.quanta) {
			if (quanta == s->now.quanta && replaces(&s->now, &x))
				x = s->now;
			shifted_next(s);
		}
		/* Dominated unless quicker than all that is worth more. */
		if (x.time_ns < least) {
			least = x.time_ns;
			out[made++] = x;
		}
	}
	return made;
}

/* Make row i from the one before it, or from the empty plan. */
static void make_row(struct assign *a, int i, int used, double hope)
{
	struct row *w = &a->row[i];
	const struct option *o = &a->option[w->option];
	int from = i ? w[-1].state : 0, n = i ? w[-1].states : 1;
	struct shifted s = { .n = n, .offset = from, .row = w,
		.price = w[1].price, .hope = hope - w[1].beyond };
	const struct state *front = NULL;
	int made = 0;

	room_for_states(a, used, n * w->options);
	room_for_scratch(a, n * w->options);
	s.state = a->state + from;
	for (int l = 0; l < w->options; l++) {
		struct state *out = l + 1 == w->options ? a->state + used
			: a->scratch[l & 1];

		s.i = 0;
		s.option = &o[l];
		made = merge(out, front, made, &s);
		front = out;
	}
	w->state = used;
	w->states = made;
}

int64_t assign_depths(struct assign *a, struct assign_task *t, int n,
	double delta)
{
	int rows, used = 1;
	double hope;

	room_for_tasks(a, t, n);
	keep_most(t, n);
	rows = list_options(a, t, n, delta);
	if (!rows)
		return 0;
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
		t[a->row[i].task].plan = a->state[s].depth;
		s = a->state[s].parent;
	}
	return a->state[a->row[rows - 1].state].quanta;
}

/* ---- The greedy update ---------------------------------------------------- */

/* Some task to another depth, and what that changes. */
struct shift { double gain; int64_t added_ns; int32_t depth; };

/* Of x, if it moves, and of y, if there is one. */
struct move {
	struct shift own, other;
	const struct assign_task *y;
	double gain;
	int64_t added_ns;
};

/* Where the plan leaves a task: what is done stays done. */
static int32_t planned_depth(const struct assign_task *t)
{
	return t->plan > t->done ? t->plan : t->done;
}

/* The depths from `least` on that t may move to; `stay` counts its present
 * one, if that is in range, as a move too. */
static int list_shifts(struct shift *s, const struct assign_task *t,
	int32_t least, bool stay)
{
	int32_t now = planned_depth(t);
	double reward = assign_reward(t, now);
	int64_t cost_ns = assign_cost(t, now);
	int n = 0;

	for (int32_t l = least; l <= t->depths; l++) {
		int64_t c = assign_cost(t, l);

		if (l == now ? stay : fits_alone(t, c))
			s[n++] = (struct shift){ assign_reward(t, l) - reward,
				c - cost_ns, l };
	}
	return n;
}

/* Gains within SAME are equal; then less time, x alone, the lower y, the
 * smaller depths. */
static bool better(const struct move *a, const struct move *b)
{
	if (a->gain > b->gain + SAME || a->gain < b->gain - SAME)
		return a->gain > b->gain;
	if (a->added_ns != b->added_ns)
		return a->added_ns < b->added_ns;
	if (a->y != b->y)
		return !a->y || (b->y && a->y->number < b->y->number);
	if (a->own.depth != b->own.depth)
		return a->own.depth < b->own.depth;
	return a->other.depth < b->other.depth;
}

static void propose(struct move *best, struct move m)
{
	if (m.gain > SAME && (best->gain <= SAME || better(&m, best)))
		*best = m;
}

/* slack_ns[i]: what is left before the deadline of i; low_ns[i]: the least from
 * i on. Returns the first task that the present plan overruns, or n. */
static int find_slack(struct assign *a, const struct assign_task *t, int n)
{
	int64_t sum = 0;
	int late = n;

	for (int i = 0; i < n; i++) {
		sum += assign_cost(&t[i], t[i].plan);
		a->slack_ns[i] = t[i].left_ns - sum;
		if (a->slack_ns[i] < 0 && late == n)
			late = i;
	}
	a->low_ns[n] = INT64_MAX;
	for (int i = n - 1; i >= 0; i--)
		a->low_ns[i] = a->slack_ns[i] < a->low_ns[i + 1]
			? a->slack_ns[i] : a->low_ns[i + 1];
	return late;
}

/* The moves of x (if it is to move) together with task y. `between_ns`: least
 * slack from the earlier of the two up to the later one, which feels only the
 * earlier's shift; `after_ns`: from the later one on. */
static void propose_pairs(struct move *best, const struct shift *own, int owns,
	const struct assign_task *y, bool y_first, int64_t between_ns,
	int64_t after_ns)
{
	struct shift other[BUNDLE_MAX_DEPTH];
	int others = list_shifts(other, y, assign_least(y), false);

	for (int k = 0; k < others; k++) {
		for (int i = 0; i < owns; i++) {
			struct move m = { own[i], other[k], y,
				own[i].gain + other[k].gain,
				own[i].added_ns + other[k].added_ns };

			if ((y_first ? other[k] : own[i]).added_ns <= between_ns
			    && m.added_ns <= after_ns)
				propose(best, m);
		}
	}
}

bool assign_move(struct assign *a, struct assign_task *t, int n, int x)
{
	struct shift own[BUNDLE_MAX_DEPTH] = { { 0 } };
	struct move best = { .gain = 0 };
	int owns = 1, late, at = x < 0 ? n : x;
	int64_t between;

	room_for_tasks(a, t, n);
	late = find_slack(a, t, n);
	if (x >= 0) {
		owns = list_shifts(own, &t[x], assign_least(&t[x]), true);
		for (int i = 0; i < owns; i++)
			if (late >= x && own[i].added_ns <= a->low_ns[x])
				propose(&best, (struct move){ .own = own[i],
					.gain = own[i].gain,
					.added_ns = own[i].added_ns });
	}
	/* Without an x, all others come before the end. */
	between = INT64_MAX;
	for (int y = at - 1; y >= 0; y--) {
		if (a->slack_ns[y] < between)
			between = a->slack_ns[y];
		if (late >= y)
			propose_pairs(&best, own, owns, &t[y], true, between,
				a->low_ns[at]);
	}
	between = INT64_MAX;
	for (int y = at + 1; y < n && late >= at; y++) {
		if (a->slack_ns[y - 1] < between)
			between = a->slack_ns[y - 1];
		propose_pairs(&best, own, owns, &t[y], false, between,
			a->low_ns[y]);
	}
	if (best.gain <= SAME)
		return false;
	if (x >= 0)
		t[x].plan = best.own.depth;
	if (best.y)
		t[best.y - t].plan = best.other.depth;
	return true;
}

bool assign_extend(struct assign_task *t, int n)
{
	struct move best = { .gain = 0 };

	for (int i = 0; i < n; i++) {
		struct shift other[BUNDLE_MAX_DEPTH];
		int others = list_shifts(other, &t[i], assign_least(&t[i]), false);

		for (int k = 0; k < others; k++)
			propose(&best, (struct move){ .other = other[k],
				.y = &t[i], .gain = other[k].gain,
				.added_ns = other[k].added_ns });
	}
	if (best.gain <= SAME)
		return false;
	t[best.y - t].plan = best.other.depth;
	return true;
}
