/* The search for the option to take: branch and bound.
 *
 * 1. Of each network only the least stop is looked at that could reach the accuracy
 *    asked for, the gate; its settings are sorted by speed. What is too slow there
 *    to be in time often enough, or by a bound too dear, is so at deeper stops as
 *    well.
 * 2. The few settings left are listed.
 * 3. They are looked at stop by stop: probabilities, expectation, energy. For the
 *    least energy, those with the least bounds first.
 *
 * For the most accurate option the accuracy asked for is that of the best so far
 * less eps, beginning with the hint and its network; what is found on the way is
 * noted, and of the notes within eps of the best the cheapest is taken. Bounds are
 * rounded so that none turns away what an exact comparison would not:
 * tests/test_select.c holds the result against a search through everything. */
#include "estimate_terms.h"

#include <math.h>
#include <string.h>

/* Expectations and probabilities are known to within this. */
#define NEAR 1e-12

/* What a search may take, and the best it has found. */
struct search {
	const struct option_table *t;
	struct terms b;
	double floor;        /* least expected accuracy */
	double eps;          /* accuracies closer than this are equal */
	double energy_j, at; /* most energy, at slowdown `at` */
	double quality, probability; /* if > 0, an output this accurate must
	                              * be in time with this probability */
	int index;           /* -1: none yet */
	double expected, least_j; /* its accuracy and energy */
	int notes;           /* options noted in the table */
	double limit_j;      /* of what comes next, more is not wanted */
	struct bound {       /* the same for energy_from */
		double limit, idle_w, base_j, most_ns, extra_ns, per_j;
	} bound;
	double rate_z, rate_0; /* see rate_init */
};

/* The least stop of a network that could do, and the least rate (1 / time) it
 * must have there. */
struct gate { int stop; double rate; };

static inline bool affordable(const struct search *s, const struct option *o)
{
	return o->allowed && (s->energy_j == INFINITY || energy(o->time_ns,
		o->power_w, o->anytime, &s->b, s->at) <= s->energy_j);
}

/* Bounds of energy. Up to the deadline a time x costs
 *     power x + idle (goal - x),
 * where a deeper stop has a larger x and at least the least power that comes;
 * from there on, power x goal or more. So with x = slowdown time, at most goal,
 *     energy >= idle goal + (least power - idle) x,
 * the idle power being taken as at most the least of any option. In units that
 * leave one product a bound; rounded to the safe side. */
static void bound_limit(struct search *s, double limit_j)
{
	struct bound *b = &s->bound;

	s->limit_j = limit_j;
	b->limit = b->per_j > 0 ? (limit_j * (1 + 1e-9) - b->base_j) * b->per_j
		: INFINITY;
}

static void bound_init(struct search *s, double slowdown, double limit_j)
{
	const struct terms *b = &s->b;
	double share = 1, extra = 0;
	double idle = b->idle < s->t->least_w ? b->idle : s->t->least_w;

	if (b->idle_is_ratio) {
		/* power ((1 - ratio) x + ratio goal), which rises with ratio */
		share = 1 - fmin(b->idle, 0.5);
		extra = (1 - share) / share;
		idle = 0;
	}
	s->bound = (struct bound){ .idle_w = idle,
		.base_j = 1e-9 * (1 - 1e-9) * idle * b->goal_ns,
		.most_ns = slowdown > 0 ? b->goal_ns / slowdown : 0,
		.extra_ns = slowdown > 0 ? extra * b->goal_ns / slowdown : 0,
		.per_j = slowdown > 0 ? 1e9 / (share * slowdown) : 0 };
	bound_limit(s, limit_j);
}

/* For a stop of this time, or any deeper one. */
static inline double energy_from(double time_ns, double least_w,
	const struct bound *b)
{
	return (least_w - b->idle_w) * ((time_ns > b->most_ns ? b->most_ns
		: time_ns) + b->extra_ns);
}

/* Rates. With rate_z and rate_0 a rate of rate_z z + rate_0 leaves z deviations
 * to spare, rounded to the safe side. */
static void rate_init(struct search *s)
{
	const struct terms *b = &s->b;

	if (b->certain)
		s->rate_0 = b->goal_ns > 0 ? (1 - 1e-9) * b->mean / b->goal_ns : 0;
	else if (b->goal_ns > 0) {
		s->rate_z = (1 - 1e-9) / b->scale;
		s->rate_0 = s->rate_z * (b->shift - 1e-9);
	}
}

/* The least rate that makes it in time with probability p. */
static inline double rate_for(const struct search *s, double p)
{
	if (!(p > NEAR))
		return 0;
	return s->rate_0 + s->rate_z * normal_quantile_below(&s->t->normal,
		(p < 1 ? p : 1) - NEAR);
}

/* For an expected accuracy of `floor`, which the network's best output has.
 * What needs stop k expects at most before (1 - F_k) + most F_k. */
static inline struct gate gate_for(const struct search *s,
	const struct option_net *n, double floor)
{
	const double near = floor - NEAR;
	const struct option_stop *stop;
	int k = near > 0 ? n->start[(int)(near * OPTION_FLOORS)] : 0;

	while (n->upto[k] < near)
		k++;
	stop = &n->stop[k];
	return (struct gate){ k, rate_for(s, (floor - stop->before)
		* stop->per_gain) };
}

/* For an output of the asked quality with the asked probability. */
static struct gate gate_for_quality(const struct search *s,
	const struct option_net *n)
{
	struct gate g = { 0, rate_for(s, s->probability) };

	while (g.stop < n->stops && n->stop[g.stop].accuracy < s->quality)
		g.stop++;
	return g;
}

/* Take the option if it is better than the best so far: less energy; then, if
 * `accurate`, the more accurate; then the lower index. */
static void consider(struct search *s, int index, double expected, bool accurate)
{
	const struct option *o = &s->t->option[index];
	double e = energy(o->time_ns, o->power_w, o->anytime, &s->b, s->b.mean);

	if (e > s->limit_j || (e >= s->least_j - 1e-12 * s->least_j
	    && (accurate && expected != s->expected
	    ? expected < s->expected : index >= s->index)))
		return;
	s->index = index;
	s->expected = expected;
	if (e < s->least_j)
		s->least_j = e;
	bound_limit(s, s->least_j + 1e-12 * s->least_j);
}

/* What stops of a setting of a network may be expected to reach, from the gate on, one
 * after the other. `bound` is the expectation as if outputs before the gate were in
 * time for sure; only if that will do their probabilities are worth their while. */
struct glance {
	const struct option_net *net;
	const struct option *o;
	int gate, summed;
	double bound, sum, p[BUNDLE_MAX_DEPTH];
};

static inline void glance_at(struct glance *g, const struct search *s,
	const struct option_net *n, int gate, int setting)
{
	g->net = n;
	g->o = &s->t->option[n->first + setting * n->stops];
	g->gate = gate;
	g->summed = 0;
	g->bound = n->stop[gate].before;
	g->sum = s->t->fail;
}

/* On to stop k. */
static inline void glance_on(struct glance *g, const struct search *s, int k)
{
	const struct option_stop *stop = &g->net->stop[k];

	g->p[k] = in_time(s->t, &s->b, g->o[k].time_ns, g->o[k].rate);
	g->bound += g->p[k] * (k == g->gate ? stop->accuracy - stop->before
		: stop->gain);
}

/* Might a deeper stop than k still be expected to reach `least`? What it adds is in
 * time even less often. */
static inline bool glance_further(const struct glance *g, int k, double least)
{
	return g->bound + g->p[k] * (g->net->most - g->net->stop[k].accuracy)
		>= least;
}

/* The expectation of stop k. */
static inline double glance_sum(struct glance *g, const struct search *s, int k)
{
	const struct option_stop *stop = g->net->stop;

	for (; g->summed < g->gate; g->summed++)
		g->sum += stop[g->summed].gain * in_time(s->t, &s->b,
			g->o[g->summed].time_ns, g->o[g->summed].rate);
	for (; g->summed <= k; g->summed++)
		g->sum += stop[g->summed].gain * g->p[g->summed];
	return g->sum;
}

/* Look at a setting of a network for anything cheaper, from the floor on. */
static void look_at(struct search *s, const struct option_listed *l, bool accurate)
{
	struct glance g;

	glance_at(&g, s, l->net, l->stop, l->row->setting);
	for (int k = g.gate; k < g.net->stops; k++) {
		double sum;

		if (k > g.gate && energy_from(g.o[k].time_ns,
		    l->row->least_w, &s->bound) > s->bound.limit)
			return;
		glance_on(&g, s, k);
		if (k == g.gate && g.p[k] < s->probability)
			return;
		if (s->probability <= 0 && g.bound < s->floor - NEAR) {
			if (!glance_further(&g, k, s->floor - NEAR))
				return;
			continue;
		}
		sum = glance_sum(&g, s, k);
		if (sum >= s->floor && affordable(s, &g.o[k]))
			consider(s, (int)(&g.o[k] - s->t->option), sum, accurate);
	}
}

/* Begin with the hint: if it will do, what is dearer need not be looked at. */
static void weigh_hint(struct search *s, int hint, bool accurate)
{
	const struct option *o = &s->t->option[hint], *k = &s->t->option[o->first];
	double expected = accuracy(s->t, &s->b, o);

	while (k < o && k->accuracy < s->quality)
		k++;
	if (expected >= s->floor && affordable(s, o) && (s->probability <= 0
	    || (k->accuracy >= s->quality && in_time(s->t, &s->b, k->time_ns,
	    k->rate) >= s->probability)))
		consider(s, hint, expected, accurate);
}

/* List the settings of a network that could do: fast enough for the gate, and not
 * surely too dear. Returns the end of the list. */
static inline struct option_listed *list_net(const struct search *s,
	const struct option_net *n, struct gate g, struct option_listed *end)
{
	const struct option_row *r = n->row + g.stop * (s->t->settings + 1);
	const struct bound b = s->bound;

	for (; r->rate >= g.rate; r++) {
		end->least = energy_from(r->time_ns, r->least_w, &b);
		end->net = n;
		end->row = r;
		end->stop = g.stop;
		end += end->least <= b.limit; /* without a branch */
	}
	return end;
}

/* Look for something cheaper among those listed, the least bounds first. */
static void look_for_cheaper(struct search *s, struct option_listed *end,
	bool accurate)
{
	struct option_listed *list = s->t->listed;

	while (end > list) {
		struct option_listed *least = list;

		for (struct option_listed *l = list + 1; l < end; l++)
			least = l->least < least->least ? l : least;
		if (least->least > s->bound.limit)
			return;
		look_at(s, least, accurate);
		*least = *--end;
	}
}

/* The least energy, ties to the more accurate if `accurate`, then to the lower
 * index; -1: none. What was found before holds, and the energy bound is that of
 * the mean slowdown. */
static int cheapest(struct search *s, bool accurate)
{
	const struct option_table *t = s->t;
	struct option_listed *end = t->listed;

	for (int i = t->nets - 1; i >= 0; i--) {
		const struct option_net *n = &t->net[i];
		struct gate g;

		if (n->most < s->floor - NEAR)
			continue;
		g = s->probability > 0 ? gate_for_quality(s, n)
			: gate_for(s, n, s->floor);
		if (g.stop < n->stops)
			end = list_net(s, n, g, end);
	}
	look_for_cheaper(s, end, accurate);
	return s->index;
}

/* The same from the beginning, or from the hint. */
static int cheapest_from(struct search *s, int hint, bool accurate)
{
	bound_init(s, s->b.mean, INFINITY);
	if (hint >= 0)
		weigh_hint(s, hint, accurate);
	return cheapest(s, accurate);
}

/* Is the setting still worth a look, now that the floor has risen? */
static inline bool still_listed(const struct search *s,
	const struct option_net *n, const struct option_row *r)
{
	const struct option *o;
	struct gate g;

	/* Above its own best by rounding alone, but gates end there. */
	if (n->most < s->floor - s->eps - NEAR)
		return false;
	g = gate_for(s, n, s->floor - s->eps);
	o = &s->t->option[n->first + r->setting * n->stops + g.stop];
	return o->rate >= g.rate && energy_from(o->time_ns, r->least_w,
		&s->bound) <= s->bound.limit;
}

/* An affordable option within eps of the most accurate so far, or more accurate. */
static inline void note(struct search *s, int index, double expected)
{
	s->t->noted[s->notes++] = (struct option_noted){ index, expected };
	s->floor = expected > s->floor ? expected : s->floor;
}

/* Note what a setting of a network has from the gate on. */
static void look_higher(struct search *s, const struct option_net *n, int gate,
	const struct option_row *r)
{
	struct glance g;

	glance_at(&g, s, n, gate, r->setting);
	for (int k = gate; k < n->stops; k++) {
		const double least = s->floor - s->eps;
		double sum;

		if (k > gate && energy_from(g.o[k].time_ns, r->least_w,
		    &s->bound) > s->bound.limit)
			return;
		glance_on(&g, s, k);
		if (g.bound < least - NEAR) {
			if (!glance_further(&g, k, least - NEAR))
				return;
			continue;
		}
		sum = glance_sum(&g, s, k);
		if (sum >= least && affordable(s, &g.o[k]))
			note(s, (int)(&g.o[k] - s->t->option), sum);
	}
}

/* The same of all its settings. */
static void look_through(struct search *s, const struct option_net *n)
{
	const struct option_row **row = s->t->row, **end = row;
	const struct bound b = s->bound;
	const double before = s->floor;
	struct gate g;

	if (n->most < before - s->eps - NEAR)
		return;
	g = gate_for(s, n, before - s->eps);
	for (const struct option_row *r = n->row + g.stop * (s->t->settings + 1);
	     r->rate >= g.rate; r++) {
		*end = r;           /* without a branch */
		end += energy_from(r->time_ns, r->least_w, &b) <= b.limit;
	}
	for (; row < end; row++)
		if (s->floor == before || still_listed(s, n, *row))
			look_higher(s, n, g.stop, *row);
}

/* Raise the floor to the most accurate option of all that are affordable, from
 * that of the hint on, and note all that may be within eps of it. */
static void raise_floor(struct search *s, int hint)
{
	const struct option_table *t = s->t;
	const struct option_net *first = NULL;

	s->floor = -1;
	if (hint >= 0) {
		first = &t->net[t->place[t->option[hint].net]];
		if (affordable(s, &t->option[hint]))
			note(s, hint, accuracy(t, &s->b, &t->option[hint]));
		look_through(s, first);
	}
	for (int i = t->nets - 1; i >= 0; i--)
		if (&t->net[i] != first)
			look_through(s, &t->net[i]);
}

/* The cheapest of the most accurate, accuracies within eps being equal. */
static int most_accurate(struct search *s, int hint)
{
	bound_init(s, s->at, s->energy_j);
	raise_floor(s, hint);
	bound_limit(s, INFINITY);
	for (const struct option_noted *o = s->t->noted, *end = o + s->notes;
	     o < end; o++)
		if (o->expected >= s->floor - s->eps)
			consider(s, o->index, o->expected, false);
	return s->index;
}

/* Places by powers of two of the time left, and by quarters between them. */
static int32_t *hint_for(struct option_hints *h, double goal_ns)
{
	uint64_t bits;

	memcpy(&bits, &goal_ns, sizeof bits);
	return &h->last[(bits >> 50) % 64];
}

static int select_from(const struct option_table *t, const struct belief *b,
	const struct aim *aim, int hint, bool *met)
{
	struct search all = { .t = t, .b = terms_of(b),
		.floor = -INFINITY, .eps = aim->eps, .energy_j = INFINITY,
		.at = b->mean,
		.index = -1, .least_j = INFINITY };
	bool energy_is_least = aim->objective == OBJECTIVE_ENERGY;
	struct search s;
	int best;

	rate_init(&all);
	s = all;
	if (energy_is_least && aim->probability > 0) {
		s.quality = aim->accuracy;
		s.probability = aim->probability;
	} else if (energy_is_least) {
		s.floor = aim->accuracy - aim->eps;
	} else {
		s.energy_j = aim->energy_j * (1 + 1e-9);
		s.at += aim->probability_z * b->deviation;
	}
	best = energy_is_least ? cheapest_from(&s, hint, true)
		: most_accurate(&s, hint);
	*met = best >= 0;
	if (*met)
		return best;
	s = all;
	return !energy_is_least && aim->least_energy ? cheapest_from(&s, hint, true)
		: most_accurate(&s, hint);
}

int options_select(const struct option_table *t, const struct belief *b,
	const struct aim *aim, struct option_hints *hints, bool *met)
{
	int32_t *hint = hints ? hint_for(hints, b->goal_ns) : NULL;
	int best = select_from(t, b, aim, hint ? *hint : -1, met);

	if (hint)
		*hint = best;
	return best;
}
