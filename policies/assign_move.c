/* Adjusting a plan without planning anew: the greedy update at a completion
 * and the extension of the idle refill (paper/spec/imprecise.md 3).
 *
 * Of the O(n L^2) moves nearly all gain nothing or do not fit. The prefix test of a
 * move is three comparisons with slacks found beforehand, and of the moves of x the
 * best that takes at most so much time is looked up. Bounds kept with each task tell
 * of nearly all that they can take no part. Where this runs its branches have been
 * forgotten, and each that goes wrong costs as much as fifty instructions: so
 * the loops over all tasks have none. */
#include "assign.h"

#include <assert.h>
#include <math.h>
#include <string.h>

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

/* The moves of x by rising depth and time, to stay among them: what time each
 * adds, and the best of the first k for every k, which is the best of them in any
 * company. Times are without a sign, the least there is being 0: how many are above
 * another is then counted in two instructions each. */
struct moves {
	int n;
	int32_t depth[BUNDLE_MAX_DEPTH + 1]; /* [0]: none, 0 */
	double gain[BUNDLE_MAX_DEPTH + 1]; /* [0]: none, -INFINITY */
	uint64_t added[BUNDLE_MAX_DEPTH];  /* at least AT_ONCE, then the most */
};
enum { AT_ONCE = 4 };

struct contest {
	const struct assign_task *x; /* NULL: none */
	struct moves own;
	struct move best;
	double worth;               /* what another must gain to be looked at */
	double loss;                /* of a y, which no move of x makes up for */
};

void assign_settle(struct assign_task *t)
{
	int32_t now = t->plan > t->done ? t->plan : t->done;
	int32_t least = assign_least(t), next = now < least ? least : now + 1;
	double most = -INFINITY, deepest = -INFINITY;

	t->now = now;
	t->now_ns = t->total_ns[now];
	t->cost_ns = t->now_ns - t->total_ns[t->done];
	t->now_reward = assign_reward(t, now);
	t->deeper_ns = t->total_ns[next < t->depths ? next : t->depths]
		- t->now_ns;
	for (int32_t l = least; l < now; l++)
		most = t->reward[l - 1] > most ? t->reward[l - 1] : most;
	for (int32_t l = next; l <= t->depths; l++)
		deepest = t->reward[l - 1] > deepest ? t->reward[l - 1] : deepest;
	t->shallower = most - t->now_reward;
	t->deepest = deepest - t->now_reward;
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
static inline bool better(const struct move *a, const struct move *b)
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

static inline void propose(struct contest *c, struct move m)
{
	if (m.gain <= SAME || (c->best.gain > SAME && !better(&m, &c->best)))
		return;
	c->best = m;
	c->worth = m.gain - SAME;
}

/* ---- Moves of x ------------------------------------------------------------- */

static inline uint64_t unsign(int64_t x)
{
	return (uint64_t)x + ((uint64_t)1 << 63);
}

static inline void add_move(struct moves *own, struct shift s)
{
	int k = own->n++;
	bool best = s.gain > own->gain[k] + SAME;

	own->added[k] = unsign(s.added_ns);
	own->gain[k + 1] = best ? s.gain : own->gain[k];
	own->depth[k + 1] = best ? s.depth : own->depth[k];
}

/* Without an x there is one move, to do nothing. */
static void list_moves(struct moves *own, const struct assign_task *x)
{
	static const struct moves none = {
		.gain = { -INFINITY, -INFINITY, -INFINITY, -INFINITY, -INFINITY },
		.added = { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX },
	};

	own->n = 0;
	memcpy(own->depth, none.depth, (AT_ONCE + 1) * sizeof *own->depth);
	memcpy(own->gain, none.gain, (AT_ONCE + 1) * sizeof *own->gain);
	memcpy(own->added, none.added, AT_ONCE * sizeof *own->added);
	if (!x) {
		add_move(own, (struct shift){ 0 });
		return;
	}
	for (int32_t l = assign_least(x); l <= x->depths; l++)
		if ((l == x->now) | assign_fits_alone(x, assign_cost(x, l)))
			add_move(own, shift_to(x, l));
}

/* How many add no more than this: the first ones. */
static inline size_t count_within(const struct moves *own, int64_t limit_ns)
{
	const uint64_t *added = own->added, limit = unsign(limit_ns);
	size_t k = limit >= added[0];

	k += limit >= added[1];
	k += limit >= added[2];
	k += limit >= added[3];
	for (int i = AT_ONCE; i < own->n; i++)
		k += limit >= added[i];
	return k;
}

/* The first k of them, together with y moved to depth `other`, or alone. */
static inline struct move combine(const struct contest *c, size_t k, double gain,
	int64_t added_ns, struct assign_task *y, int32_t other)
{
	int32_t own = c->own.depth[k];

	if (c->x)
		added_ns += c->x->total_ns[own] - c->x->now_ns;
	return (struct move){ gain, added_ns, y, own, other };
}

/* ---- Pairs ------------------------------------------------------------------ */

/* What the present plan leaves of each task's time. Returns the least from x on. */
static int64_t find_slack(struct assign_task *const *t, int n, int x,
	struct assign_slack *s)
{
	int64_t sum = 0, low = TIME_MAX_NS;

	for (int i = 0; i < x; i++) {
		sum += t[i]->cost_ns;
		s[i].own_ns = t[i]->left_ns - sum;
	}
	for (int i = x; i < n; i++) {
		int64_t own;

		sum += t[i]->cost_ns;
		own = t[i]->left_ns - sum;
		s[i].own_ns = own;
		s[i].before_ns = low;
		low = own < low ? own : low;
	}
	return low;
}

/* Could y take part, if it and x may take this time? Its deeper options must gain
 * enough with the best of x that leaves time for the least of them, or its
 * shallower ones with the best of x. */
static inline bool may_gain(const struct contest *c, const struct assign_task *y,
	int64_t both_ns)
{
	size_t k = count_within(&c->own, both_ns - y->deeper_ns);

	return (c->own.gain[k] + y->deepest >= c->worth)
		| (y->shallower >= c->loss);
}

/* List who could take part, the last first. The earlier of x and y shifts all
 * deadlines from its own on, the later one those from its own on too. `after`: the
 * least slack from x on. Returns how many. */
static int list_partners(const struct contest *c, struct assign_task *const *t,
	int n, int x, int64_t after, struct assign_slack *s)
{
	struct assign_slack *p = s;
	int64_t low = TIME_MAX_NS;

	for (int y = n - 1; y > x; y--) {
		low = s[y].own_ns < low ? s[y].own_ns : low;
		p->low_ns = low;
		p->partner = y;
		p += may_gain(c, t[y], low);
	}
	low = TIME_MAX_NS;
	for (int y = x - 1; y >= 0; y--) {
		low = s[y].own_ns < low ? s[y].own_ns : low;
		p->low_ns = low;
		p->partner = y;
		p += may_gain(c, t[y], after);
	}
	return (int)(p - s);
}

/* Moves of x together with y: y by itself must not take more than y_ns, x not more
 * than x_ns, both not more than both_ns. */
static inline void propose_pairs(struct contest *c, struct assign_task *y,
	int64_t y_ns, int64_t x_ns, int64_t both_ns)
{
	const int64_t *total_ns = y->total_ns;
	const double *reward = y->reward - 1;
	int32_t l = assign_least(y);

	if (y->shallower < c->loss && l <= y->now)
		l = y->now + 1;
	/* Deeper takes longer. */
	for (; l <= y->depths; l++) {
		int64_t added = total_ns[l] - y->now_ns, limit = both_ns - added;
		size_t k = count_within(&c->own, limit < x_ns ? limit : x_ns);
		double gain = c->own.gain[k] + (reward[l] - y->now_reward);

		if (added > y_ns)
			break;
		if ((l != y->now) & (gain >= c->worth) && may_move(y, l))
			propose(c, combine(c, k, gain, added, y, l));
	}
}

static void set_plan(struct assign_task *t, int32_t depth)
{
	t->plan = depth;
	assign_settle(t);
}

/* All moves of x and of pairs. Before the earlier of x and y nothing may be late
 * already; without an x its place is the end. */
static void propose_all(struct contest *c, struct assign_task *const *t, int n,
	int x, struct assign_slack *s)
{
	int64_t after = find_slack(t, n, x, s);
	int late = 0, partners;

	while (late < x && s[late].own_ns >= 0)
		late++;
	if (late == x) {
		size_t k = count_within(&c->own, after);

		if (c->own.gain[k] > SAME) /* so there is one */
			propose(c, combine(c, k, c->own.gain[k], 0, NULL, 0));
	}
	c->loss = c->worth - c->own.gain[c->own.n] - SAME;
	partners = list_partners(c, t, n, x, after, s);
	while (partners--) {
		int y = s[partners].partner;
		int64_t low = s[partners].low_ns;

		if (late < x && y > late)
			return;
		propose_pairs(c, t[y], y < x ? low : TIME_MAX_NS,
			y < x ? TIME_MAX_NS : s[y].before_ns,
			y < x ? after : low);
	}
}

bool assign_move(struct assign_task *const *t, int n, int x,
	struct assign_slack *slack)
{
	struct assign_task *mine = x < 0 ? NULL : t[x];
	struct contest c;

	c.x = mine;
	c.best = (struct move){ 0 };
	c.worth = SAME;
	if (mine)
		mine->now_reward = assign_reward(mine, mine->now);
	list_moves(&c.own, mine);
	if (c.own.n)
		propose_all(&c, t, n, x < 0 ? n : x, slack);
	if (mine)
		set_plan(mine, c.best.gain > SAME ? c.best.own : mine->plan);
	if (c.best.gain > SAME && c.best.y)
		set_plan(c.best.y, c.best.other);
	return c.best.gain > SAME;
}

bool assign_extend(struct assign_task *const *t, int n)
{
	struct contest c;

	c.best = (struct move){ 0 };
	c.worth = SAME;
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
