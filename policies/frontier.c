#include "frontier.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Prices of time at which a staged network's stopping is solved: from two per
 * pass, at which nobody goes on, to about a thousandth. */
enum { PRICES = 8, MOST_GROUPS = 64, MOST_POINTS = 2048 };
#define HIGHEST 2.0
#define STEP 0.4

struct frontier_work {
	const struct profile *p;
	const struct stretch *s;
	double price;        /* per joule */
	double overhead_ns;
	int points;
	struct frontier_point point[MOST_POINTS];
};

/* One stage: time, and what its energy costs. */
static double stage_ns(const struct frontier_work *j, int net, int setting,
	int depth)
{
	return stretch_ns(j->s, net, setting, depth);
}

static double stage_cost(const struct frontier_work *j, int net, int setting,
	int depth, double time_ns)
{
	if (!(j->price > 0))
		return 0;
	return j->price * 1e-9 * time_ns * (profile_cell(j->p, net, setting)
		->power_w[depth - 1] - j->p->idle_power_w[setting]);
}

static const struct curve *truth(const struct profile_net *n, int from, int depth)
{
	return &n->correct_at[(from - 1) * n->depths + depth - 1];
}

/* No depth is taken to be worth more than a deeper one: where a group seems to
 * lose by going on that is mostly chance, and choosing by it would promise
 * more than comes. */
static double worth(const struct profile_net *n, int depth, int group)
{
	double least = INFINITY;

	for (int l = depth; l <= n->depths; l++)
		least = fmin(least, truth(n, depth, l)->y[group]);
	return least;
}

/* Stop after `first` stages, or go on as long as it pays at this price of time:
 * expected further time and value, by group at depth `first`, into the mean. */
static void solve(const struct frontier_work *j, int net, int setting,
	int first, double price_ns, double *time, double *value)
{
	const struct profile_net *n = &j->p->net[net];
	double v[MOST_GROUPS], t[MOST_GROUPS], v_here[MOST_GROUPS];
	double t_here[MOST_GROUPS];
	int next = truth(n, n->depths, n->depths)->n, groups;

	for (int g = 0; g < next; g++) {
		v[g] = truth(n, n->depths, n->depths)->y[g];
		t[g] = 0;
	}
	for (int depth = n->depths - 1; depth >= first; depth--) {
		double lasts = stage_ns(j, net, setting, depth + 1);
		double cost = stage_cost(j, net, setting, depth + 1, lasts);
		double takes = lasts + j->overhead_ns;

		groups = truth(n, depth, depth)->n;
		for (int g = 0; g < groups; g++) {
			const double *move = n->moves[depth - 1] + g * next;
			double stop = worth(n, depth, g);
			double go = -cost, further = takes;

			for (int h = 0; h < next; h++) {
				go += move[h] * v[h];
				further += move[h] * t[h];
			}
			if (go - price_ns * further > stop) {
				v_here[g] = go;
				t_here[g] = further;
			} else {
				v_here[g] = stop;
				t_here[g] = 0;
			}
		}
		next = groups;
		memcpy(v, v_here, sizeof v);
		memcpy(t, t_here, sizeof t);
	}
	*time = *value = 0;
	for (int g = 0; g < next; g++) {
		*time += n->share[first - 1][g] * t[g];
		*value += n->share[first - 1][g] * v[g];
	}
}

static void add(struct frontier_work *j, int net, int setting, double time, double value)
{
	if (j->points < MOST_POINTS)
		j->point[j->points++] = (struct frontier_point){ net, setting,
			time, value };
}

static void add_candidate(struct frontier_work *j, int net, int setting)
{
	const struct profile_net *n = &j->p->net[net];
	int first = n->kind == NET_SINGLE ? n->depths : n->mandatory;
	double time = 0, cost = 0, more, value;
	double price = HIGHEST / profile_cell(j->p, net, setting)->pass_mean_ns;

	for (int d = 1; d <= first; d++) {
		double lasts = stage_ns(j, net, setting, d);

		time += lasts + j->overhead_ns;
		cost += stage_cost(j, net, setting, d, lasts);
	}
	add(j, net, setting, time, n->accuracy[first - 1] - cost);
	if (first == n->depths)
		return;
	for (int k = 0; k < PRICES; k++, price *= STEP) {
		solve(j, net, setting, first, price, &more, &value);
		if (more > 0)
			add(j, net, setting, time + more, value - cost);
	}
}

/* Without a price of energy only the fastest setting matters. */
static bool needless(const struct frontier_work *j, int net, int setting)
{
	double own = profile_cell(j->p, net, setting)->pass_mean_ns;

	for (int k = 0; k < j->p->settings && !(j->price > 0); k++) {
		double other = profile_cell(j->p, net, k)->pass_mean_ns;

		if (other < own || (other == own && k < setting))
			return true;
	}
	return false;
}

static int by_time(const void *a, const void *b)
{
	const struct frontier_point *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	if (x->value != y->value)
		return x->value > y->value ? -1 : 1;
	if (x->net != y->net)
		return x->net < y->net ? -1 : 1;
	return x->setting < y->setting ? -1 : x->setting > y->setting;
}

static double slope(const struct frontier_point *a, const struct frontier_point *b)
{
	return (b->value - a->value) / (b->time_ns - a->time_ns);
}

static const struct frontier_point origin;

/* Upper concave hull from the origin on: nothing done is worth nothing. */
static void hull(struct frontier *f, const struct frontier_work *j)
{
	int n = 0;

	for (int i = 0; i < j->points; i++) {
		const struct frontier_point *p = &j->point[i];

		if (n && p->value <= f->point[n - 1].value)
			continue;
		while (n && slope(n > 1 ? &f->point[n - 2] : &origin,
		    &f->point[n - 1]) <= slope(&f->point[n - 1], p))
			n--;
		if (n < FRONTIER_POINTS)
			f->point[n++] = *p;
	}
	f->n = n;
}

void frontier_init(struct frontier *f, struct arena *a, double overhead_ns)
{
	*f = (struct frontier){ .overhead_ns = overhead_ns,
		.work = arena_new(a, 1, sizeof *f->work) };
}

void frontier_update(struct frontier *f, const struct stretch *s, double price)
{
	const struct profile *p = s->profile;
	struct frontier_work *j = f->work;

	if (f->version == s->version && fabs(f->price - price) <= 0.04 * f->price)
		return;
	f->version = s->version;
	f->price = price;
	j->p = p;
	j->s = s;
	j->price = price;
	j->overhead_ns = f->overhead_ns;
	j->points = 0;
	for (int i = 0; i < p->nets; i++)
		for (int k = 0; k < p->settings; k++)
			if (!needless(j, i, k))
				add_candidate(j, i, k);
	qsort(j->point, (size_t)j->points, sizeof *j->point, by_time);
	hull(f, j);
	for (int i = 0; i < f->n; i++)
		f->rung[i] = (struct rung){
			f->point[i].time_ns - (i ? f->point[i - 1].time_ns : 0),
			slope(i ? &f->point[i - 1] : &origin, &f->point[i]) };
}
