/* The best mixture of options that fits every window.
 *
 * Give request i the work w_i inside [a_i, d_i]. The work vectors for which
 * every window holds the requests inside it are a polymatroid (each set of
 * requests may use the length of the union of its windows, times the devices),
 * and the value of w_i is concave and piecewise linear: the upper hull of its
 * options. So the greedy solution, steepest piece first, is optimal (Edmonds
 * 1970), and so is what comes from taking the pieces in any other order, if on
 * conflict the least steep piece of the smallest tight set gives way.
 *
 * The order used is by deadline. Then the windows that matter end at the
 * present deadline d, and only their starts remain: slack(a) = devices (d - a)
 * - work of the requests released at or after a. Two trees over the requests
 * by release find the least slack and the least steep piece; a request costs
 * O(log n) for each piece placed or taken back. All work is in whole
 * nanoseconds, so nothing drifts. */
#include "bounds_lp.h"

#include "mem.h"

#include <math.h>
#include <stdlib.h>

__extension__ typedef __int128 wide;
#define WIDE_MAX ((wide)1 << 120)

/* ---- Ladders ------------------------------------------------------------- */

struct rung { int64_t time_ns; double utility; };

/* Put a rung into its place among n sorted ones, unless another is as good in
 * no more time; remove those it beats. There are few. */
static int64_t insert(struct rung *r, int64_t n, struct rung new)
{
	int64_t at = n, end;

	while (at > 0 && r[at - 1].time_ns >= new.time_ns)
		at--;
	if ((at > 0 && r[at - 1].utility >= new.utility)
	    || (at < n && r[at].time_ns == new.time_ns
		&& r[at].utility >= new.utility))
		return n;
	for (end = at; end < n && r[end].utility <= new.utility; )
		end++;
	if (end == at)
		for (int64_t k = n; k > at; k--)
			r[k] = r[k - 1];
	else
		for (int64_t k = end; k < n; k++)
			r[k - (end - at) + 1] = r[k];
	r[at] = new;
	return n + 1 - (end - at);
}

void ladders_init(struct ladders *l, const struct bound_instance *in,
	const double *utility)
{
	int64_t most = 0, rungs = 0;
	struct rung *r;

	for (int64_t i = 0; i < in->requests; i++)
		if (in->first[i + 1] - in->first[i] > most)
			most = in->first[i + 1] - in->first[i];
	r = mem_new((size_t)most + 1, sizeof *r);
	l->requests = in->requests;
	l->first = mem_new((size_t)in->requests + 1, sizeof *l->first);
	l->time_ns = mem_new((size_t)(in->first[in->requests] + in->requests),
		sizeof *l->time_ns);
	l->utility = mem_new((size_t)(in->first[in->requests] + in->requests),
		sizeof *l->utility);
	for (int64_t i = 0; i < in->requests; i++) {
		int64_t n = 1, left = in->deadline_ns[i] - in->release_ns[i];

		r[0] = (struct rung){ 0, 0 };
		for (int64_t k = in->first[i]; k < in->first[i + 1]; k++)
			if (in->time_ns[k] <= left)
				n = insert(r, n, (struct rung){
					in->time_ns[k], utility[k] });
		for (int64_t k = 0; k < n; k++, rungs++) {
			l->time_ns[rungs] = r[k].time_ns;
			l->utility[rungs] = r[k].utility;
		}
		l->first[i + 1] = rungs;
	}
	free(r);
}

void ladders_fini(struct ladders *l)
{
	free(l->first);
	free(l->time_ns);
	free(l->utility);
}

int64_t ladders_hull(const struct ladders *l, int64_t i, int64_t from,
	int64_t to, struct piece *out)
{
	const int64_t *time = &l->time_ns[l->first[i]];
	const double *utility = &l->utility[l->first[i]];
	int64_t n = 0, forced = from > 0;

	if (forced)
		out[n++] = (struct piece){ 0, from, time[from], 0, INFINITY };
	for (int64_t k = from + 1; k <= to; k++) {
		int64_t low = k - 1;
		double slope;

		/* Slopes are compared as computed, so they fall strictly. */
		for (;;) {
			slope = (utility[k] - utility[low])
				/ (double)(time[k] - time[low]);
			if (n == forced || out[n - 1].slope > slope)
				break;
			low = out[--n].low;
		}
		out[n++] = (struct piece){ low, k, time[k] - time[low], 0, slope };
	}
	return n;
}

/* ---- Trees over the requests in release order ------------------------------- */

struct lp {
	const struct bound_instance *in;
	const struct ladders *ladders;
	int64_t *by_deadline;
	int64_t *group_first, *group_last; /* requests of equal release */
	struct piece *piece;        /* of request i from ladders.first[i] */
	int64_t *pieces, *filled;   /* how many it has, has begun to fill */
	int64_t leaves, levels;     /* leaves = 2^levels >= requests */
	/* Node 1 is the root, 2v and 2v + 1 the children of v. low: the least
	 * slack below v, less what `add` of its ancestors adds. */
	wide *low, *add;
	/* The request below v whose last filled piece is least steep. */
	int64_t *flattest;
};

static double slope_of(const struct lp *p, int64_t i)
{
	return i < p->in->requests && p->filled[i]
		? p->piece[p->ladders->first[i] + p->filled[i] - 1].slope
		: INFINITY;
}

static void slope_changed(struct lp *p, int64_t i)
{
	for (int64_t v = (p->leaves + i) / 2; v; v /= 2) {
		int64_t a = p->flattest[2 * v], b = p->flattest[2 * v + 1];
		p->flattest[v] = slope_of(p, b) < slope_of(p, a) ? b : a;
	}
}

/* The request from i on whose last piece is least steep. */
static int64_t flattest_from(const struct lp *p, int64_t i)
{
	int64_t best = i;

	for (int64_t v = p->leaves + i; v > 1; v /= 2)
		if (v % 2 == 0) {
			int64_t other = p->flattest[v + 1];
			if (slope_of(p, other) < slope_of(p, best))
				best = other;
		}
	return best;
}

/* Add x to the slack of requests 0 ... i. */
static void slack_add(struct lp *p, int64_t i, wide x)
{
	int64_t v = p->leaves + i;

	p->low[v] += x;
	for (; v > 1; v /= 2) {
		wide a, b;

		if (v % 2) {
			p->low[v - 1] += x;
			p->add[v - 1] += x;
		}
		a = p->low[v];
		b = p->low[v ^ 1];
		p->low[v / 2] = (a < b ? a : b) + p->add[v / 2];
	}
}

/* Least slack of requests 0 ... i. */
static wide slack_least(const struct lp *p, int64_t i)
{
	int64_t v = p->leaves + i;
	wide least = p->low[v];

	for (; v > 1; v /= 2) {
		if (v % 2 && p->low[v - 1] < least)
			least = p->low[v - 1];
		least += p->add[v / 2];
	}
	return least;
}

/* Least slack of requests after i, up to j > i. */
static wide slack_between(const struct lp *p, int64_t i, int64_t j)
{
	int64_t a = p->leaves + i, b = p->leaves + j;
	wide left = WIDE_MAX, right = p->low[b];

	for (; a / 2 != b / 2; a /= 2, b /= 2) {
		if (a % 2 == 0 && p->low[a + 1] < left)
			left = p->low[a + 1];
		if (b % 2 && p->low[b - 1] < right)
			right = p->low[b - 1];
		left += p->add[a / 2];
		right += p->add[b / 2];
	}
	if (left < right)
		right = left;
	for (b /= 2; b; b /= 2)
		right += p->add[b];
	return right;
}

/* The last of requests 0 ... i whose slack is x, which is the least there. */
static int64_t slack_last(const struct lp *p, int64_t i, wide x)
{
	wide above[64];             /* by height of the node: of its ancestors */
	int64_t v = p->leaves + i, height = 0;

	above[p->levels] = 0;
	for (int64_t h = p->levels; h > 0; h--)
		above[h - 1] = above[h] + p->add[v >> h];
	if (p->low[v] + above[0] != x) {
		while (v % 2 == 0 || p->low[v - 1] + above[height] != x) {
			v /= 2;
			height++;
		}
		v--;
		x -= above[height];
		while (v < p->leaves) {
			x -= p->add[v];
			v = 2 * v + (p->low[2 * v + 1] == x);
		}
	}
	return v - p->leaves;
}

/* ---- Solving ----------------------------------------------------------- */

struct due { int64_t deadline_ns, request; };

static int sooner(const void *a, const void *b)
{
	const struct due *x = a, *y = b;

	if (x->deadline_ns != y->deadline_ns)
		return x->deadline_ns < y->deadline_ns ? -1 : 1;
	return (x->request > y->request) - (x->request < y->request);
}

struct lp *lp_new(const struct bound_instance *in, const struct ladders *l)
{
	struct lp *p = mem_new(1, sizeof *p);
	size_t n = (size_t)in->requests;
	struct due *due = mem_new(n, sizeof *due);

	p->in = in;
	p->ladders = l;
	for (p->leaves = 1; p->leaves < in->requests; p->leaves *= 2)
		p->levels++;
	p->by_deadline = mem_new(n, sizeof *p->by_deadline);
	p->group_first = mem_new(n, sizeof *p->group_first);
	p->group_last = mem_new(n, sizeof *p->group_last);
	p->piece = mem_new((size_t)l->first[n], sizeof *p->piece);
	p->pieces = mem_new(n, sizeof *p->pieces);
	p->filled = mem_new(n, sizeof *p->filled);
	p->low = mem_new((size_t)p->leaves * 2, sizeof *p->low);
	p->add = mem_new((size_t)p->leaves * 2, sizeof *p->add);
	p->flattest = mem_new((size_t)p->leaves * 2, sizeof *p->flattest);
	for (int64_t i = 0; i < in->requests; i++) {
		due[i] = (struct due){ in->deadline_ns[i], i };
		p->group_first[i] = i > 0
			&& in->release_ns[i - 1] == in->release_ns[i]
			? p->group_first[i - 1] : i;
	}
	for (int64_t i = in->requests - 1; i >= 0; i--)
		p->group_last[i] = i + 1 < in->requests
			&& in->release_ns[i + 1] == in->release_ns[i]
			? p->group_last[i + 1] : i;
	qsort(due, n, sizeof *due, sooner);
	for (size_t k = 0; k < n; k++)
		p->by_deadline[k] = due[k].request;
	free(due);
	return p;
}

void lp_free(struct lp *p)
{
	if (!p)
		return;
	free(p->by_deadline);
	free(p->group_first);
	free(p->group_last);
	free(p->piece);
	free(p->pieces);
	free(p->filled);
	free(p->low);
	free(p->add);
	free(p->flattest);
	free(p);
}

/* Nothing is done yet. Slacks are kept without the devices * d that they all
 * share: `full`, the value that means none is left, falls as d grows. */
static void start(struct lp *p, const int32_t *from, const int32_t *to)
{
	const struct bound_instance *in = p->in;

	for (int64_t i = 0; i < in->requests; i++) {
		const int64_t *first = &p->ladders->first[i];

		p->pieces[i] = ladders_hull(p->ladders, i, from ? from[i] : 0,
			to ? to[i] : first[1] - first[0] - 1,
			&p->piece[*first]);
		p->filled[i] = 0;
	}
	for (int64_t i = 0; i < p->leaves; i++) {
		p->low[p->leaves + i] = i < in->requests
			? -(wide)in->devices * in->release_ns[i] : WIDE_MAX;
		p->add[p->leaves + i] = 0;
		p->flattest[p->leaves + i] = i;
	}
	for (int64_t v = p->leaves - 1; v > 0; v--) {
		wide a = p->low[2 * v], b = p->low[2 * v + 1];

		p->low[v] = a < b ? a : b;
		p->add[v] = 0;
		p->flattest[v] = p->flattest[2 * v];
	}
}

/* Let the piece of i take up to `wanted` of the time of the flattest piece in
 * the smallest tight window around i. 0 if none there is flatter. */
static int64_t displace(struct lp *p, int64_t i, int64_t wanted, double slope,
	wide full)
{
	int64_t mine = p->group_last[i], theirs;
	int64_t tight = slack_last(p, mine, full);
	int64_t j = flattest_from(p, p->group_first[tight]);
	struct piece *q;

	if (slope_of(p, j) >= slope)
		return 0;
	q = &p->piece[p->ladders->first[j] + p->filled[j] - 1];
	theirs = p->group_last[j];
	if (wanted > q->filled_ns)
		wanted = q->filled_ns;
	if (theirs < mine) {
		/* i lies inside windows that j is not in. */
		wide room = slack_between(p, theirs, mine) - full;
		if (wanted > room)
			wanted = (int64_t)room;
	}
	if (theirs != mine) {
		slack_add(p, theirs, wanted);
		slack_add(p, mine, -(wide)wanted);
	}
	q->filled_ns -= wanted;
	if (!q->filled_ns) {
		p->filled[j]--;
		slope_changed(p, j);
	}
	return wanted;
}

/* Fill the pieces of i, steepest first, while that pays. */
static int place(struct lp *p, int64_t i)
{
	wide full = -(wide)p->in->devices * p->in->deadline_ns[i];

	for (int64_t k = 0; k < p->pieces[i]; k++) {
		struct piece *q = &p->piece[p->ladders->first[i] + k];

		while (q->filled_ns < q->length_ns) {
			int64_t more = q->length_ns - q->filled_ns;
			wide room = slack_least(p, p->group_last[i]) - full;

			if (room > 0) {
				more = more < room ? more : (int64_t)room;
				slack_add(p, p->group_last[i], -(wide)more);
			} else {
				more = displace(p, i, more, q->slope, full);
			}
			if (!more)
				return q->slope == INFINITY ? -1 : 0;
			if (!q->filled_ns) {
				p->filled[i] = k + 1;
				slope_changed(p, i);
			}
			q->filled_ns += more;
		}
	}
	return 0;
}

double lp_solve(struct lp *p, const int32_t *from, const int32_t *to)
{
	double whole = 0, parts = 0;

	start(p, from, to);
	for (int64_t k = 0; k < p->in->requests; k++)
		if (place(p, p->by_deadline[k]))
			return -1;
	for (int64_t i = 0; i < p->in->requests; i++) {
		const double *utility = &p->ladders->utility[p->ladders->first[i]];
		const struct piece *q = lp_partial(p, i);

		if (q) {
			whole += utility[q->low];
			parts += (utility[q->high] - utility[q->low])
				* ((double)q->filled_ns / (double)q->length_ns);
		} else if (p->filled[i]) {
			q = &p->piece[p->ladders->first[i] + p->filled[i] - 1];
			whole += utility[q->high];
		}
	}
	return whole + parts;
}

int64_t lp_work(const struct lp *p, int64_t i)
{
	int64_t work = 0;

	for (int64_t k = 0; k < p->filled[i]; k++)
		work += p->piece[p->ladders->first[i] + k].filled_ns;
	return work;
}

const struct piece *lp_partial(const struct lp *p, int64_t i)
{
	const struct piece *q;

	if (!p->filled[i])
		return NULL;
	q = &p->piece[p->ladders->first[i] + p->filled[i] - 1];
	return q->filled_ns < q->length_ns ? q : NULL;
}
