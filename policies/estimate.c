#include "estimate_terms.h"

#include <math.h>

/* List the options of a network at a setting; its stops are in *n already. */
static void add_options(struct option_table *t, const struct profile *p,
	const struct option_net *n, int net, int setting)
{
	const struct profile_cell *c = profile_cell(p, net, setting);
	int shallowest = p->net[net].depths - n->stops + 1, first = t->n;
	double time = 0, work = 0;

	for (int depth = 1; depth <= p->net[net].depths; depth++) {
		const struct option_stop *s;

		time += c->mean_ns[depth - 1];
		work += c->mean_ns[depth - 1] * c->power_w[depth - 1];
		if (depth < shallowest)
			continue;
		s = &n->stop[depth - shallowest];
		t->option[t->n++] = (struct option){
			.net = net, .setting = setting, .stop = depth,
			.first = first, .anytime = n->anytime, .allowed = true,
			.time_ns = time, .power_w = work / time,
			.accuracy = s->accuracy, .rate = 1 / time,
			.gain = s->gain,
		};
	}
}

static void add_net(struct option_table *t, struct arena *a,
	const struct profile *p, int net)
{
	const struct profile_net *d = &p->net[net];
	bool anytime = d->kind != NET_SINGLE;
	int shallowest = anytime ? d->mandatory : d->depths, place = t->nets++;
	struct option_net n = { .first = t->n, .anytime = anytime,
		.stops = d->depths - shallowest + 1, .most = t->fail };
	double before = t->fail;

	n.stop = arena_new(a, (size_t)n.stops, sizeof *n.stop);
	n.upto = arena_new(a, (size_t)n.stops, sizeof *n.upto);
	n.row = arena_new(a, (size_t)(n.stops * (t->settings + 1)),
		sizeof *n.row);
	for (int k = 0; k < n.stops; k++) {
		double q = d->accuracy[shallowest + k - 1];

		n.stop[k] = (struct option_stop){ .gain = q - before,
			.accuracy = q, .before = n.most };
		n.upto[k] = n.most = fmax(n.most, q);
		before = q;
	}
	for (int k = 0; k < n.stops; k++)
		n.stop[k].per_gain = 1 / (n.most - n.stop[k].before);
	for (int i = 0, k = 0; i <= OPTION_FLOORS; i++) {
		while (k < n.stops && n.upto[k] < (double)i / OPTION_FLOORS)
			k++;
		n.start[i] = (uint8_t)k;
	}
	for (int j = 0; j < t->settings; j++)
		add_options(t, p, &n, net, j);
	for (; place > 0 && t->net[place - 1].most < n.most; place--)
		t->net[place] = t->net[place - 1];
	t->net[place] = n;
}

static bool wanted(enum net_kind kind, enum option_kinds kinds)
{
	return kinds == OPTIONS_ALL
		|| (kinds == OPTIONS_TRADITIONAL) == (kind == NET_SINGLE);
}

/* Put settings in order of speed. */
static void sort_rows(struct option_row *r, int n)
{
	for (int i = 1; i < n; i++) {
		struct option_row x = r[i];
		int k = i;

		for (; k > 0 && r[k - 1].rate < x.rate; k--)
			r[k] = r[k - 1];
		r[k] = x;
	}
}

/* What a search reads of the options. */
static void fill_rows(struct option_table *t)
{
	t->least_w = INFINITY;
	for (int k = 0; k < t->n; k++)
		t->least_w = fmin(t->least_w, t->option[k].power_w);
	for (int i = 0; i < t->nets; i++) {
		const struct option_net *n = &t->net[i];
		struct option_row *row = n->row;

		for (int k = 0; k < n->stops; k++, row += t->settings + 1) {
			for (int j = 0; j < t->settings; j++) {
				const struct option *o = &t->option[n->first
					+ j * n->stops];
				double least = INFINITY;

				for (int l = k; l < n->stops; l++)
					least = fmin(least, o[l].power_w);
				row[j] = (struct option_row){ o[k].rate,
					o[k].time_ns, least, j };
			}
			sort_rows(row, t->settings);
			row[t->settings].rate = -INFINITY;
		}
	}
}

void options_init(struct option_table *t, struct arena *a,
	const struct profile *p, enum option_kinds kinds)
{
	size_t depths = 0, settings = (size_t)p->settings;

	for (int i = 0; i < p->nets; i++)
		depths += (size_t)p->net[i].depths;
	t->option = arena_new(a, depths * settings, sizeof *t->option);
	t->net = arena_new(a, (size_t)p->nets, sizeof *t->net);
	t->listed = arena_new(a, (size_t)p->nets * settings, sizeof *t->listed);
	t->noted = arena_new(a, depths * settings + 1, sizeof *t->noted);
	t->place = arena_new(a, (size_t)p->nets, sizeof *t->place);
	t->row = arena_new(a, settings + 1, sizeof *t->row);
	t->settings = p->settings;
	t->fail = 1.0 / p->classes;
	t->n = t->nets = 0;
	for (int i = 0; i < p->nets; i++)
		if (wanted(p->net[i].kind, kinds))
			add_net(t, a, p, i);
	for (int i = 0; i < t->nets; i++)
		t->place[t->option[t->net[i].first].net] = i;
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

double option_in_time(const struct option_table *t, const struct belief *b,
	int index)
{
	struct terms s = terms_of(b);
	const struct option *o = &t->option[index];

	return in_time(t, &s, o->time_ns, o->rate);
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
