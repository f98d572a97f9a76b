#include "chooser.h"

#include <math.h>

/* Slacks as a tree of minima: node k covers nodes 2k and 2k + 1; `least` of a
 * node is relative to the sum of `shift` of the nodes above it. */
struct node { double least, shift; };

struct chooser {
	struct arena *arena;
	int room;               /* tasks; a power of 2 */
	struct chooser_task *task;
	struct node *node;      /* [2 room] */
	int *heap, heaped;
	double *rate;           /* [task]: gain / time of its next rung */
	double *rest;           /* [task]: least slack of it and later ones */
};

struct chooser *chooser_new(struct arena *a)
{
	struct chooser *c = arena_new(a, 1, sizeof *c);

	c->arena = a;
	return c;
}

struct chooser_task *chooser_tasks(struct chooser *c, int n)
{
	size_t room;

	if (c->room && n <= c->room)
		return c->task;
	for (room = 64; room < (size_t)n; room *= 2)
		;
	c->room = (int)room;
	c->task = arena_new(c->arena, room, sizeof *c->task);
	c->node = arena_new(c->arena, 2 * room, sizeof *c->node);
	c->heap = arena_new(c->arena, room, sizeof *c->heap);
	c->rate = arena_new(c->arena, room, sizeof *c->rate);
	c->rest = arena_new(c->arena, room, sizeof *c->rest);
	return c->task;
}

/* ---- Slacks -------------------------------------------------------------------- */

static int leaves(int n)
{
	int size = 1;

	while (size < n)
		size *= 2;
	return size;
}

static void build(struct chooser *c, int n)
{
	int size = leaves(n);
	double sum = 0;

	for (int i = 0; i < n; i++) {
		sum += c->task[i].time_ns;
		c->node[size + i] = (struct node){ c->task[i].slack_ns - sum, 0 };
	}
	for (int i = n; i < size; i++)
		c->node[size + i] = (struct node){ INFINITY, 0 };
	for (int k = size - 1; k > 0; k--)
		c->node[k] = (struct node){ fmin(c->node[2 * k].least,
			c->node[2 * k + 1].least), 0 };
}

/* Least slack of tasks i and later. */
static double least_from(const struct chooser *c, int n, int i)
{
	int k = leaves(n) + i;
	double least = c->node[k].least + c->node[k].shift;

	for (; k > 1; k /= 2) {
		if (k % 2 == 0) {
			double right = c->node[k + 1].least
				+ c->node[k + 1].shift;
			least = right < least ? right : least;
		}
		least += c->node[k / 2].shift;
	}
	return least;
}

/* Take time from tasks i and later. */
static void take_from(struct chooser *c, int n, int i, double time)
{
	int k = leaves(n) + i;

	c->node[k].shift -= time;
	for (; k > 1; k /= 2) {
		struct node *left = &c->node[k & ~1], *right = &c->node[k | 1];
		double a, b;

		if (k % 2 == 0)
			right->shift -= time;
		a = left->least + left->shift;
		b = right->least + right->shift;
		c->node[k / 2].least = a < b ? a : b;
	}
}

/* ---- The heap of next rungs ---------------------------------------------------- */

static bool before(const struct chooser *c, int a, int b)
{
	return c->rate[a] != c->rate[b] ? c->rate[a] > c->rate[b] : a < b;
}

static void sink(struct chooser *c, int at)
{
	int task = c->heap[at];

	for (;;) {
		int child = 2 * at + 1;

		if (child >= c->heaped)
			break;
		if (child + 1 < c->heaped && before(c, c->heap[child + 1],
		    c->heap[child]))
			child++;
		if (before(c, task, c->heap[child]))
			break;
		c->heap[at] = c->heap[child];
		at = child;
	}
	c->heap[at] = task;
}

/* Rate of the next rung; false if there is none. */
static bool look(struct chooser *c, int i)
{
	const struct chooser_task *t = &c->task[i];

	if (t->taken >= t->rungs)
		return false;
	c->rate[i] = t->must && !t->taken ? INFINITY : t->rung[t->taken].rate;
	return true;
}

static bool fits(const struct chooser *c, int n, int i)
{
	const struct chooser_task *t = &c->task[i];
	double time = t->rung[t->taken].time_ns;

	return time <= t->alone_ns - t->time_ns && time <= least_from(c, n, i);
}

/* Everybody takes all that is worth this price; whether that fits. What fits
 * together the greedy order takes as well, whatever the order. */
static bool take_all(struct chooser *c, int n, double price)
{
	double sum = 0;
	bool fit = true;

	for (int i = 0; i < n; i++) {
		struct chooser_task *t = &c->task[i];
		int k = t->must && t->rungs;
		double time = k ? t->rung[0].time_ns : 0;

		for (; k < t->rungs && t->rung[k].rate >= price; k++)
			time += t->rung[k].time_ns;
		t->taken = k;
		t->time_ns = time;
		sum += time;
		fit = fit && sum <= t->slack_ns && time <= t->alone_ns;
	}
	return fit;
}

/* If not all that is worth the price fits, what is worth a higher one may: then
 * only the rest must be compared one by one. */
static bool take_most(struct chooser *c, int n, double price)
{
	double low = price, high = price;

	if (take_all(c, n, price))
		return true;
	for (int i = 0; i < n; i++)
		if (c->task[i].rungs && c->task[i].rung[0].rate > high)
			high = c->task[i].rung[0].rate;
	high *= 1.001;
	if (!take_all(c, n, high)) {
		/* Not even what must be. */
		for (int i = 0; i < n; i++) {
			c->task[i].taken = 0;
			c->task[i].time_ns = 0;
		}
		return false;
	}
	low = fmax(low, 1e-6 * high);
	while (high > 1.05 * low) {
		double middle = sqrt(low * high);

		if (take_all(c, n, middle))
			high = middle;
		else
			low = middle;
	}
	(void)take_all(c, n, high);
	return false;
}

void chooser_take(struct chooser *c, int n, double price)
{
	if (take_most(c, n, price))
		return;
	build(c, n);
	c->heaped = 0;
	for (int i = 0; i < n; i++)
		if (look(c, i) && c->rate[i] >= price)
			c->heap[c->heaped++] = i;
	for (int k = c->heaped / 2 - 1; k >= 0; k--)
		sink(c, k);
	while (c->heaped) {
		int i = c->heap[0];
		struct chooser_task *t = &c->task[i];
		double time = t->rung[t->taken].time_ns;
		bool fit = fits(c, n, i);

		if (fit) {
			take_from(c, n, i, time);
			t->time_ns += time;
			t->taken++;
		}
		if (!fit || !look(c, i) || c->rate[i] < price)
			c->heap[0] = c->heap[--c->heaped];
		if (c->heaped)
			sink(c, 0);
	}
}

int chooser_spare(struct chooser *c, int n)
{
	double sum = 0, least = INFINITY;
	int best = -1;

	for (int i = 0; i < n; i++)
		c->rest[i] = c->task[i].slack_ns - (sum += c->task[i].time_ns);
	for (int i = n - 1; i >= 0; i--) {
		const struct chooser_task *t = &c->task[i];
		double time;

		least = c->rest[i] < least ? c->rest[i] : least;
		if (!look(c, i) || !(c->rate[i] > 0))
			continue;
		time = t->rung[t->taken].time_ns;
		if (time <= t->alone_ns - t->time_ns && time <= least
		    && (best < 0 || before(c, i, best)))
			best = i;
	}
	return best;
}
