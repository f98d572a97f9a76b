#include "estimate.h"

#include <math.h>

static void add_options(struct option_table *t, const struct profile *p,
	int net, int setting)
{
	const struct profile_net *d = &p->net[net];
	const struct profile_cell *c = profile_cell(p, net, setting);
	bool anytime = d->kind != NET_SINGLE;
	int shallowest = anytime ? d->mandatory : d->depths, first = t->n;
	int place = t->chains++;
	double time = 0, work = 0, before = t->fail, most = t->fail, earlier;

	for (int depth = 1; depth <= d->depths; depth++) {
		double q = d->accuracy[depth - 1];

		time += c->mean_ns[depth - 1];
		work += c->mean_ns[depth - 1] * c->power_w[depth - 1];
		if (depth < shallowest)
			continue;
		earlier = most;
		most = fmax(most, q);
		t->option[t->n++] = (struct option){
			.net = net, .setting = setting, .stop = depth,
			.first = first, .anytime = anytime, .allowed = true,
			.time_ns = time, .power_w = work / time, .accuracy = q,
			.rate = 1 / time, .gain = q - before, .most = most,
			.before = earlier,
		};
		before = q;
	}
	for (; place > 0 && t->chain[place - 1].most < most; place--)
		t->chain[place] = t->chain[place - 1];
	t->chain[place] = (struct option_chain){ first, t->n, most };
}

static bool wanted(enum net_kind kind, enum option_kinds kinds)
{
	return kinds == OPTIONS_ALL
		|| (kinds == OPTIONS_TRADITIONAL) == (kind == NET_SINGLE);
}

/* What may have changed since the options were listed. */
static void fill_rows(struct option_table *t)
{
	for (int i = 0; i < t->n; i++) {
		struct option_row *r = &t->by_most[i];
		const struct option *o = &t->option[r->index];

		r->time_ns = o->time_ns;
		r->power_w = o->power_w;
		r->first_rate = t->option[o->first].rate;
		r->allowed = o->allowed;
	}
}

void options_init(struct option_table *t, struct arena *a,
	const struct profile *p, enum option_kinds kinds)
{
	size_t depths = 0, settings = (size_t)p->settings;

	for (int i = 0; i < p->nets; i++)
		depths += (size_t)p->net[i].depths;
	t->option = arena_new(a, depths * settings, sizeof *t->option);
	t->by_most = arena_new(a, depths * settings, sizeof *t->by_most);
	t->chain = arena_new(a, (size_t)p->nets * settings, sizeof *t->chain);
	t->fail = 1.0 / p->classes;
	t->n = t->chains = 0;
	for (int i = 0; i < p->nets; i++)
		for (int j = 0; j < p->settings; j++)
			if (wanted(p->net[i].kind, kinds))
				add_options(t, p, i, j);
	for (int k = 0; k < t->n; k++) {
		int i = k;

		for (; i > 0 && t->by_most[i - 1].most < t->option[k].most; i--)
			t->by_most[i] = t->by_most[i - 1];
		t->by_most[i] = (struct option_row){ .most = t->option[k].most,
			.index = k, .anytime = t->option[k].anytime };
	}
	fill_rows(t);
	normal_init(&t->normal);
}

int options_limit_power(struct option_table *t, double limit_w)
{
	double least = INFINITY;
	int above;

	for (int k = 0; k < t->n; k++)
		least = fmin(least, t->option[k].power_w);
	above = least > limit_w;
	for (int k = 0; k < t->n; k++)
		t->option[k].allowed = t->option[k].power_w
			<= (above ? least : limit_w);
	fill_rows(t);
	return above ? -1 : 0;
}

void options_set_times(struct option_table *t, const double *time_ns)
{
	for (int k = 0; k < t->n; k++) {
		t->option[k].time_ns = time_ns[k];
		t->option[k].rate = 1 / time_ns[k];
	}
	fill_rows(t);
}

/* ---- Estimates ----------------------------------------------------------- */

/* A belief in the form the loops need: time left / time = slowdown + z deviation
 * has the solution z = scale / time - shift. */
struct terms {
	double goal_ns, mean, scale, shift, idle;
	bool certain, idle_is_ratio;
};

static inline struct terms terms_of(const struct belief *b)
{
	double goal = b->goal_ns > 0 ? b->goal_ns : 0;
	bool certain = !(b->deviation > 0);

	return (struct terms){
		.goal_ns = goal, .mean = b->mean, .certain = certain,
		.scale = certain ? 0 : goal / b->deviation,
		.shift = certain ? 0 : b->mean / b->deviation,
		.idle = b->idle, .idle_is_ratio = b->idle_is_ratio,
	};
}

/* How many deviations later than expected it may end and still be in time. */
static inline double margin(const struct terms *b, const struct option *o)
{
	if (b->certain)
		return b->mean * o->time_ns <= b->goal_ns
			? NORMAL_LIMIT : -NORMAL_LIMIT;
	return b->scale * o->rate - b->shift;
}

static inline double in_time(const struct option_table *t,
	const struct terms *b, const struct option *o)
{
	return normal_cdf(&t->normal, margin(b, o));
}

static inline double energy(double time_ns, double power_w, bool anytime,
	const struct terms *b, double slowdown)
{
	double run = slowdown * time_ns, rest = b->goal_ns - run;
	double idle = b->idle_is_ratio ? b->idle * power_w : b->idle;

	if (rest >= 0)
		return 1e-9 * (power_w * run + idle * rest);
	/* An anytime network is stopped at the deadline. */
	return 1e-9 * (power_w * (anytime ? b->goal_ns : run));
}

/* With F_k the probability that output k is in time, the events being nested,
 *   E = fail (1 - F_first) + sum q_k (F_k - F_{k+1})
 *     = fail + sum (q_k - q_{k-1}) F_k,   q before the first being fail,
 * so each stop adds one term to the stop before it. */
static inline double accuracy(const struct option_table *t,
	const struct terms *b, const struct option *o)
{
	double sum = t->fail;

	for (const struct option *k = &t->option[o->first]; k <= o; k++)
		sum += k->gain * in_time(t, b, k);
	return sum;
}

double option_in_time(const struct option_table *t, const struct belief *b,
	int index)
{
	struct terms s = terms_of(b);

	return in_time(t, &s, &t->option[index]);
}

double option_accuracy(const struct option_table *t, const struct belief *b,
	int index)
{
	struct terms s = terms_of(b);

	return accuracy(t, &s, &t->option[index]);
}

double option_energy(const struct option *o, const struct belief *b,
	double slowdown)
{
	struct terms s = terms_of(b);

	return energy(o->time_ns, o->power_w, o->anytime, &s, slowdown);
}

/* ---- Selection ----------------------------------------------------------- */

/* What a search may take. */
struct search {
	const struct option_table *t;
	struct terms b;
	double floor;        /* least expected accuracy */
	double energy_j, at; /* most energy, at slowdown `at` */
	double quality, probability; /* if > 0, an output this accurate must
	                              * be in time with this probability */
	int hint;            /* where to look first; -1: nowhere special */
};

static inline bool affordable(const struct search *s, const struct option *o)
{
	return o->allowed && (s->energy_j == INFINITY || energy(o->time_ns,
		o->power_w, o->anytime, &s->b, s->at) <= s->energy_j);
}

static bool good_enough(const struct search *s, const struct option *o)
{
	if (s->probability <= 0)
		return true;
	for (const struct option *k = &s->t->option[o->first]; k <= o; k++)
		if (k->accuracy >= s->quality)
			return in_time(s->t, &s->b, k) >= s->probability;
	return false;
}

/* An expected accuracy of `floor` needs its first output in time with a
 * probability F that satisfies fail + F (most - fail) >= floor, and so within a
 * time: all that is hopelessly late is turned away by one comparison of rates
 * (1 / time). Rounded to the safe side. */
static double least_rate(const struct search *s, double floor)
{
	const struct option_table *t = s->t;
	double most = t->chain[0].most - t->fail, z;

	if (!(floor > t->fail && most > 0 && s->b.goal_ns > 0))
		return 0;
	if (s->b.certain)
		return s->b.mean / s->b.goal_ns * (1 - 1e-9);
	z = normal_quantile_below(&t->normal, (floor - t->fail) / most - 1e-12);
	return (z - 1e-9 + s->b.shift) / s->b.scale * (1 - 1e-9);
}

/* Expected accuracy if it is at least `floor`; else -1, mostly without the
 * probabilities of all outputs. */
static inline double accuracy_from(const struct search *s, const struct option *o,
	double floor)
{
	double q;

	if (o->before + in_time(s->t, &s->b, o) * (o->most - o->before)
	    < floor - 1e-12)
		return -1;
	q = accuracy(s->t, &s->b, o);
	return q < floor ? -1 : q;
}

/* The least energy, ties to the more accurate if `accurate`, then to the lower
 * index; -1: none. */
static int cheapest(const struct search *s, bool accurate)
{
	const struct option_table *t = s->t;
	double bound = (s->floor > s->quality ? s->floor : s->quality) - 1e-12;
	double slowest = least_rate(s, s->floor);
	double limit = INFINITY, least = INFINITY, best_accuracy = 0;
	const struct terms b = s->b; /* in registers */
	int best = -1;

	if (s->hint >= 0 && affordable(s, &t->option[s->hint])) {
		const struct option *o = &t->option[s->hint];

		best_accuracy = accuracy_from(s, o, s->floor);
		if (best_accuracy >= s->floor && good_enough(s, o)) {
			best = s->hint;
			least = energy(o->time_ns, o->power_w, o->anytime,
				&s->b, s->b.mean);
			limit = least + 1e-12 * least;
		}
	}
	for (const struct option_row *r = t->by_most, *end = r + t->n;
	     r < end && r->most >= bound; r++) {
		const struct option *o = &t->option[r->index];
		double e = energy(r->time_ns, r->power_w, r->anytime, &b, b.mean);
		double q;

		if (e > limit || r->first_rate < slowest || !affordable(s, o))
			continue;
		q = accuracy_from(s, o, s->floor);
		if (q < s->floor || !good_enough(s, o))
			continue;
		if (e >= least - 1e-12 * least && (accurate && q != best_accuracy
		    ? q < best_accuracy : r->index >= best))
			continue;
		best = r->index;
		best_accuracy = q;
		least = e < least ? e : least;
		limit = least + 1e-12 * least;
	}
	return best;
}

/* The cheapest of the most accurate, accuracies within eps being equal. */
static int most_accurate(struct search *s, double eps)
{
	const struct option_table *t = s->t;
	double top = -1, slowest = 0;

	if (s->hint >= 0 && affordable(s, &t->option[s->hint])) {
		top = accuracy(t, &s->b, &t->option[s->hint]);
		slowest = least_rate(s, top);
	}
	for (int i = 0; i < t->chains && t->chain[i].most > top; i++) {
		const struct option_chain *c = &t->chain[i];
		double q = t->fail, above = c->most - t->fail, before = top;

		if (t->option[c->first].rate < slowest)
			continue;
		for (int k = c->first; k < c->end; k++) {
			const struct option *o = &t->option[k];
			double f = in_time(t, &s->b, o);

			/* Later outputs are in time less often still. */
			if (q + f * above <= top)
				break;
			q += o->gain * f;
			above -= o->gain;
			if (q > top && affordable(s, o))
				top = q;
		}
		if (top > before)
			slowest = least_rate(s, top);
	}
	if (top < 0)
		return -1;
	s->floor = top - eps;
	return cheapest(s, false);
}

int options_select(const struct option_table *t, const struct belief *b,
	const struct aim *aim, int hint, bool *met)
{
	const struct search all = { .t = t, .b = terms_of(b),
		.floor = -INFINITY, .energy_j = INFINITY, .at = b->mean, .hint = hint };
	bool energy_is_least = aim->objective == OBJECTIVE_ENERGY;
	struct search s = all;
	int best;

	if (energy_is_least && aim->probability > 0) {
		s.quality = aim->accuracy;
		s.probability = aim->probability;
	} else if (energy_is_least) {
		s.floor = aim->accuracy - aim->eps;
	} else {
		s.energy_j = aim->energy_j * (1 + 1e-9);
		s.at += aim->probability_z * b->deviation;
	}
	best = energy_is_least ? cheapest(&s, true)
		: most_accurate(&s, aim->eps);
	*met = best >= 0;
	if (*met)
		return best;
	s = all;
	return !energy_is_least && aim->least_energy ? cheapest(&s, true)
		: most_accurate(&s, aim->eps);
}
