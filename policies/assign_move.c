/* Adjusting a plan without planning anew: the greedy update at a completion
 * and the extension of the idle refill (paper/spec/imprecise.md 3).
 *
 * Of the O(n L^2) moves nearly all gain nothing or do not fit. The prefix test
 * of a move is three comparisons with slacks found beforehand, and most moves
 * are turned down by one comparison before that. */
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

/* Where the plan leaves a task: what is done stays done. */
static int32_t planned_depth(const struct assign_task *t)
{
	return t->plan > t->done ? t->plan : t->done;
}

static inline struct shift shift_to(const struct assign_task *t, int32_t depth)
{
	int32_t now = planned_depth(t);

	return (struct shift){ t->reward[depth - 1] - assign_reward(t, now),
		t->total_ns[depth] - t->total_ns[now], depth };
}

/* Is `depth` a move at all, and an option? */
static bool may_move(const struct assign_task *t, int32_t depth)
{
	return depth != planned_depth(t)
		&& assign_fits_alone(t, assign_cost(t, depth));
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

/* Fill in slack_ns, what is left before the deadline, and low_ns, the least
 * slack from there on, or from there up to x if that comes first. Returns the
 * first task that the present plan overruns, or n. */
static int find_slack(struct assign_task *const *t, int n, int x)
{
	int64_t sum = 0, low = TIME_MAX_NS;
	int late = n;

	for (int i = 0; i < n; i++) {
		sum += t[i]->total_ns[planned_depth(t[i])]
			- t[i]->total_ns[t[i]->done];
		t[i]->slack_ns = t[i]->left_ns - sum;
	}
	for (int i = n - 1; i >= 0; i--) {
		if (t[i]->slack_ns < 0)
			late = i;
		if (t[i]->slack_ns < low || i == x - 1)
			low = t[i]->slack_ns;
		t[i]->low_ns = low;
	}
	return late;
}

/* The moves of x, by rising depth and time. */
struct moves {
	int n;
	double most;                /* largest gain of any */
	struct shift shift[BUNDLE_MAX_DEPTH];
};

/* The largest gain x could have in this time. */
static double most_within(const struct moves *own, int64_t limit_ns)
{
	double most = -INFINITY;

	for (int i = 0; i < own->n; i++)
		if (own->shift[i].added_ns <= limit_ns
		    && own->shift[i].gain > most)
			most = own->shift[i].gain;
	return most;
}

/* Moves of x together with y to depth `other`, x having limit_ns for it. */
static void propose_pair(struct contest *c, const struct moves *own,
	struct assign_task *y, struct shift other, int64_t limit_ns)
{
	if (most_within(own, limit_ns) + other.gain < c->worth
	    || !may_move(y, other.depth))
		return;
	for (int i = 0; i < own->n; i++) {
		const struct shift *s = &own->shift[i];

		if (s->added_ns <= limit_ns)
			propose(c, (struct move){ s->gain + other.gain,
				s->added_ns + other.added_ns, y, s->depth,
				other.depth });
	}
}

/* The same for all depths of y: y by itself must not take more than y_ns, x not
 * more than x_ns, both not more than both_ns. Nearly all pairs do not fit or
 * gain nothing, which the first two tests find out cheaply. */
static void propose_pairs(struct contest *c, const struct moves *own,
	struct assign_task *y, int64_t y_ns, int64_t x_ns, int64_t both_ns)
{
	const int64_t *total_ns = y->total_ns;
	int32_t now = planned_depth(y);
	int64_t now_ns = total_ns[now];
	double reward = assign_reward(y, now);

	/* What there would be if x took the least. */
	if (both_ns - own->shift[0].added_ns < y_ns)
		y_ns = both_ns - own->shift[0].added_ns;
	for (int32_t l = assign_least(y); l <= y->depths; l++) {
		int64_t added = total_ns[l] - now_ns;
		double gain = y->reward[l - 1] - reward;

		if (added > y_ns)
			break;      /* deeper takes longer still */
		if (gain + own->most < c->worth)
			continue;
		propose_pair(c, own, y, (struct shift){ gain, added, l },
			both_ns - added < x_ns ? both_ns - added : x_ns);
	}
}

static void list_moves(struct moves *own, const struct assign_task *x)
{
	own->n = 0;
	own->most = -INFINITY;
	for (int32_t l = assign_least(x); l <= x->depths; l++) {
		if (l != planned_depth(x) && !may_move(x, l))
			continue;
		own->shift[own->n] = shift_to(x, l);
		if (own->shift[own->n].gain > own->most)
			own->most = own->shift[own->n].gain;
		own->n++;
	}
}

bool assign_move(struct assign_task *const *t, int n, int x)
{
	struct contest c = { .worth = SAME };
	struct moves own;
	/* Without an x its place is the end. */
	int at = x < 0 ? n : x, late = find_slack(t, n, at);
	int64_t between = TIME_MAX_NS, after = TIME_MAX_NS;

	own.n = 1;
	own.most = 0;
	own.shift[0] = (struct shift){ 0 };
	if (x >= 0) {
		after = t[x]->low_ns;
		list_moves(&own, t[x]);
		for (int i = 0; i < own.n; i++)
			if (late >= x && own.shift[i].added_ns <= after)
				propose(&c, (struct move){
					own.shift[i].gain, own.shift[i].added_ns,
					NULL, own.shift[i].depth, 0 });
	}
	/* The earlier of x and y shifts all deadlines from its own on, the later
	 * one those from its own on too; before the earlier nothing may be late
	 * already. */
	for (int y = 0; y < n && own.n && late >= (y < at ? y : at); y++) {
		bool first = y < at;

		if (y > at && t[y - 1]->slack_ns < between)
			between = t[y - 1]->slack_ns;
		if (y != at)
			propose_pairs(&c, &own, t[y],
				first ? t[y]->low_ns : TIME_MAX_NS,
				first ? TIME_MAX_NS : between,
				first ? after : t[y]->low_ns);
	}
	if (c.best.gain <= SAME)
		return false;
	if (x >= 0)
		t[x]->plan = c.best.own;
	if (c.best.y)
		c.best.y->plan = c.best.other;
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
	c.best.y->plan = c.best.other;
	return true;
}
