/* Adjusting a plan without planning anew: the greedy update at a completion
 * and the extension of the idle refill (paper/spec/imprecise.md 3).
 *
 * Of the O(n L^2) moves nearly all gain nothing or do not fit. The prefix test
 * of a move is three comparisons with slacks found beforehand. Before that, two
 * comparisons with what is kept of each task tell that nearly all of them can
 * take no part at all. */
#include "assign.h"

#include <assert.h>
#include <math.h>

/* Gains within this are equal. */
#define SAME 1e-9

/* What it means to move a task to another depth. */
struct shift { double gain; int64_t added_ns; int32_t depth; };

/* A move of x, of y (unless NULL), or of both. */
struct move {
	double gain;
	int64_t added_ns;
	struct assign_task *y;
	int32_t own, other;         /* the depths moved to */
};

/* The best so far, and the gain that another must have to be looked at. */
struct contest { struct move best; double worth; };

void assign_settle(struct assign_task *t)
{
	int32_t now = t->plan > t->done ? t->plan : t->done;
	int32_t least = assign_least(t), next = now < least ? least : now + 1;
	double most = -INFINITY;

	t->now = now;
	t->now_ns = t->total_ns[now];
	t->cost_ns = t->now_ns - t->total_ns[t->done];
	t->now_reward = assign_reward(t, now);
	t->deeper_ns = next > t->depths ? TIME_NEVER
		: t->total_ns[next] - t->now_ns;
	for (int32_t l = least; l < now; l++)
		most = t->reward[l - 1] > most ? t->reward[l - 1] : most;
	t->shallower = most - t->now_reward;
}

static inline struct shift shift_to(const struct assign_task *t, int32_t depth)
{
	return (struct shift){ t->reward[depth - 1] - t->now_reward,
		t->total_ns[depth] - t->now_ns, depth };
}

/* Is `depth` a move at all, and an option? */
static bool may_move(const struct assign_task *t, int32_t depth)
{
	return depth != t->now && assign_fits_alone(t, assign_cost(t, depth));
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
	if (a->own != b->own)
		return a->own < b->own;
	return a->other < b->other;
}

static void propose(struct contest *c, struct move m)
{
	if (m.gain <= SAME || (c->best.gain > SAME && !better(&m, &c->best)))
		return;
	c->best = m;
	c->worth = m.gain - SAME;
}

/* Returns the first task that the present plan overruns, or n. */
static int find_slack(struct assign_task *const *t, int n, int x,
	struct assign_slack *s)
{
	int64_t sum = 0, low = TIME_MAX_NS;
	int late = n;

	for (int i = 0; i < n; i++) {
		sum += t[i]->cost_ns;
		s[i].own_ns = t[i]->left_ns - sum;
	}
	for (int i = n - 1; i >= 0; i--) {
		int64_t own = s[i].own_ns;

		late = own < 0 ? i : late;
		low = i == x - 1 || own < low ? own : low;
		s[i].low_ns = low;
	}
	return late;
}

/* The moves of x, by rising depth and time. */
struct moves {
	int n;
	double most;                /* largest gain of any */
	struct shift shift[BUNDLE_MAX_DEPTH];
	double upto[BUNDLE_MAX_DEPTH + 1]; /* [k]: of the first k */
};

/* The largest gain x could have in this time. */
static inline double most_within(const struct moves *own, int64_t limit_ns)
{
	int k = 0;

	for (int i = 0; i < own->n; i++) /* without a branch */
		k += own->shift[i].added_ns <= limit_ns;
	return own->upto[k];
}

static void propose_each(struct contest *c, const struct moves *own,
	struct assign_task *y, struct shift other, int64_t limit_ns)
{
	for (int i = 0; i < own->n && own->shift[i].added_ns <= limit_ns; i++)
		propose(c, (struct move){ own->shift[i].gain + other.gain,
			own->shift[i].added_ns + other.added_ns, y,
			own->shift[i].depth, other.depth });
}

/* Moves of x together with y: y by itself must not take more than y_ns, x not more
 * than x_ns, both not more than both_ns. */
static void propose_pairs(struct contest *c, const struct moves *own,
	struct assign_task *y, int64_t y_ns, int64_t x_ns, int64_t both_ns)
{
	const int64_t *total_ns = y->total_ns;
	const double *reward = y->reward - 1;
	const int64_t most_ns = y->now_ns + y_ns;
	const double most = own->most - y->now_reward;

	/* Deeper takes longer. */
	for (int32_t l = assign_least(y); l <= y->depths && total_ns[l]
	     <= most_ns; l++) {
		int64_t limit = both_ns + y->now_ns - total_ns[l];
		struct shift other;

		if (l == y->now || reward[l] + most < c->worth - 1e-12)
			continue;
		limit = limit < x_ns ? limit : x_ns;
		other = shift_to(y, l);
		if (most_within(own, limit) + other.gain >= c->worth
		    && may_move(y, l))
			propose_each(c, own, y, other, limit);
	}
}

/* Could y take part, having y_ns? Only if there is time for a deeper option or
 * if it does not lose more than x gains at most. Nearly none can. */
static inline bool may_gain(const struct contest *c, const struct moves *own,
	const struct assign_task *y, int64_t y_ns)
{
	return y->deeper_ns <= y_ns || y->shallower + own->most >= c->worth;
}

static void list_moves(struct moves *own, const struct assign_task *x)
{
	own->n = 0;
	own->upto[0] = -INFINITY;
	for (int32_t l = assign_least(x); l <= x->depths; l++) {
		struct shift s;

		if (l != x->now && !may_move(x, l))
			continue;
		s = shift_to(x, l);
		own->shift[own->n] = s;
		own->upto[own->n + 1] = s.gain > own->upto[own->n] ? s.gain
			: own->upto[own->n];
		own->n++;
	}
	own->most = own->upto[own->n];
}

/* The earlier of x and y shifts all deadlines from its own on, the later one those
 * from its own on too; before the earlier nothing may be late already. What y may
 * take is less what x takes at least. */
static void propose_all_pairs(struct contest *c, const struct moves *own,
	struct assign_task *const *t, int n, int x, int late,
	const struct assign_slack *s)
{
	int64_t between = TIME_MAX_NS, after = x < n ? s[x].low_ns : TIME_MAX_NS;
	int64_t least = own->shift[0].added_ns;

	for (int y = 0; y < x && y <= late; y++) {
		int64_t y_ns = s[y].low_ns < after - least ? s[y].low_ns
			: after - least;

		if (may_gain(c, own, t[y], y_ns))
			propose_pairs(c, own, t[y], y_ns, TIME_MAX_NS, after);
	}
	for (int y = x + 1; y < n && late >= x; y++) {
		int64_t y_ns = s[y].low_ns - least;

		between = s[y - 1].own_ns < between ? s[y - 1].own_ns : between;
		if (may_gain(c, own, t[y], y_ns))
			propose_pairs(c, own, t[y], y_ns, between, s[y].low_ns);
	}
}

static void set_plan(struct assign_task *t, int32_t depth)
{
	t->plan = depth;
	assign_settle(t);
}

bool assign_move(struct assign_task *const *t, int n, int x,
	struct assign_slack *slack)
{
	struct contest c = { .worth = SAME };
	/* Without an x its place is the end. */
	int at = x < 0 ? n : x, late = find_slack(t, n, at, slack);
	struct moves own;

	if (x >= 0) {
		list_moves(&own, t[x]);
		for (int i = 0; i < own.n; i++)
			if (late >= x && own.shift[i].added_ns <= slack[x].low_ns)
				propose(&c, (struct move){
					own.shift[i].gain, own.shift[i].added_ns,
					NULL, own.shift[i].depth, 0 });
	} else {
		own.n = 1;  /* to stay */
		own.shift[0] = (struct shift){ 0 };
		own.upto[0] = -INFINITY;
		own.upto[1] = own.most = 0;
	}
	if (own.n)
		propose_all_pairs(&c, &own, t, n, at, late, slack);
	if (c.best.gain <= SAME)
		return false;
	if (x >= 0)
		set_plan(t[x], c.best.own);
	if (c.best.y)
		set_plan(c.best.y, c.best.other);
	return true;
}

bool assign_extend(struct assign_task *const *t, int n)
{
	struct contest c = { .worth = SAME };

	for (int i = 0; i < n; i++) {
		for (int32_t l = assign_least(t[i]); l <= t[i]->depths; l++) {
			struct shift s = shift_to(t[i], l);

			if (may_move(t[i], l))
				propose(&c, (struct move){ s.gain, s.added_ns,
					t[i], 0, l });
		}
	}
	if (c.best.gain <= SAME)
		return false;
	assert(c.best.y);               /* whose move the gain is */
	set_plan(c.best.y, c.best.other);
	return true;
}
