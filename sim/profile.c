#include "profile.h"

#include "mem.h"
#include "msg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Groups of inputs in a regression (paper/spec/imprecise.md 4, `regress`). */
#define MAX_GROUPS 20

struct profile_memory { struct arena arena; };

/* ---- Times ---------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Nearest rank: the ceil(percent/100 n)-th of n sorted values, from 1. */
static int64_t quantile(const int64_t *sorted, int64_t n, int64_t percent)
{
	return sorted[(n * percent + 99) / 100 - 1];
}

/* scratch holds as many values as there are samples. */
static void summarise_depth(struct profile_cell *p, const struct cell *cell,
	int depths, int d, int64_t *scratch)
{
	double sum = 0;

	for (int s = 0; s < cell->samples; s++) {
		scratch[s] = cell->duration_ns[(size_t)s * (size_t)depths
			+ (size_t)d];
		sum += (double)scratch[s];
	}
	qsort(scratch, (size_t)cell->samples, sizeof *scratch, by_value);
	p->mean_ns[d] = sum / cell->samples;
	p->p50_ns[d] = quantile(scratch, cell->samples, 50);
	p->p99_ns[d] = quantile(scratch, cell->samples, 99);
}

/* The double nearest to a pass's sum, which fits int64. */
static double pass_sum(const struct cell *cell, int depths, int sample)
{
	const int64_t *row = cell->duration_ns + (size_t)sample * (size_t)depths;
	int64_t sum = 0;

	for (int d = 0; d < depths; d++)
		sum += row[d];
	return (double)sum;
}

static void summarise_cell(struct profile_cell *p, const struct bundle *b,
	int net, int setting)
{
	const struct cell *cell = bundle_cell(b, net, setting, 0);
	int depths = b->net[net].depths;
	int64_t *scratch = mem_new((size_t)cell->samples, sizeof *scratch);
	double sum = 0;

	for (int d = 0; d < depths; d++) {
		summarise_depth(p, cell, depths, d, scratch);
		p->power_w[d] = bundle_power(b, net, setting, d + 1);
	}
	for (int s = 0; s < cell->samples; s++)
		sum += pass_sum(cell, depths, s);
	p->pass_mean_ns = sum / cell->samples;
	free(scratch);
}

/* Spread of a pass around its own candidate's mean, which is 1 in these
 * units; over all candidates' samples. */
static double pass_variance(const struct profile *p, const struct bundle *b,
	const int *net, const int *setting)
{
	double squares = 0;
	int64_t n = 0;

	for (int i = 0; i < p->nets; i++) {
		for (int j = 0; j < p->settings; j++) {
			const struct cell *c = bundle_cell(b, net[i],
				setting[j], 0);
			double mean = profile_cell(p, i, j)->pass_mean_ns;
			for (int s = 0; s < c->samples; s++) {
				double r = pass_sum(c, b->net[net[i]].depths, s)
					/ mean - 1;
				squares += r * r;
			}
			n += c->samples;
		}
	}
	return squares / (double)n;
}

/* ---- Regressions ---------------------------------------------------------------- */

struct ranked { double confidence; int input; };

static int by_confidence(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->confidence != y->confidence)
		return x->confidence < y->confidence ? -1 : 1;
	return x->input < y->input ? -1 : x->input > y->input;
}

/* Inputs by rising confidence at one depth, cut into groups; groups of equal
 * mean are one. Group g holds ranks end[g - 1] ... end[g] - 1. */
struct groups {
	const struct ranked *rank;
	int n, end[MAX_GROUPS];
	double mean[MAX_GROUPS];
};

static void make_groups(struct groups *g, struct ranked *rank, int inputs)
{
	int count = inputs < MAX_GROUPS ? inputs : MAX_GROUPS;

	qsort(rank, (size_t)inputs, sizeof *rank, by_confidence);
	*g = (struct groups){ .rank = rank };
	for (int k = 0, begin = 0, end; k < count; k++, begin = end) {
		double mean = 0;
		end = begin + inputs / count + (k < inputs % count);
		for (int i = begin; i < end; i++)
			mean += rank[i].confidence;
		mean /= end - begin;
		/* Rounding must not carry a mean beyond its own group, or
		 * groups of one value would not be seen to be equal. */
		mean = fmax(rank[begin].confidence, fmin(mean,
			rank[end - 1].confidence));
		if (g->n == 0 || mean != g->mean[g->n - 1])
			g->mean[g->n++] = mean;
		g->end[g->n - 1] = end;
	}
}

/* Mean over each group of what is known at depth l: exactly one of the two. */
static double *group_means(struct arena *a, const struct groups *g,
	const struct bundle_net *net, int l, const double *confidence,
	const unsigned char *correct)
{
	double *y = arena_new(a, (size_t)g->n, sizeof *y);

	for (int k = 0, i = 0; k < g->n; k++) {
		int begin = i;
		for (; i < g->end[k]; i++) {
			size_t place = (size_t)g->rank[i].input
				* (size_t)net->depths + (size_t)l - 1;
			y[k] += confidence ? confidence[place]
				: correct[place];
		}
		y[k] /= i - begin;
	}
	return y;
}

/* Which group each input is in. */
static void mark_groups(const struct groups *g, int *group)
{
	for (int k = 0, i = 0; k < g->n; k++)
		for (; i < g->end[k]; i++)
			group[g->rank[i].input] = k;
}

static double *group_shares(struct arena *a, const struct groups *g, int inputs)
{
	double *share = arena_new(a, (size_t)g->n, sizeof *share);

	for (int k = 0; k < g->n; k++)
		share[k] = (double)(g->end[k] - (k ? g->end[k - 1] : 0)) / inputs;
	return share;
}

static double *group_moves(struct arena *a, const int *from, int n_from,
	const int *to, int n_to, int inputs)
{
	double *share = arena_new(a, (size_t)n_from * (size_t)n_to, sizeof *share);
	int *count = mem_new((size_t)n_from, sizeof *count);

	for (int i = 0; i < inputs; i++) {
		share[from[i] * n_to + to[i]]++;
		count[from[i]]++;
	}
	for (int g = 0; g < n_from; g++)
		for (int h = 0; h < n_to; h++)
			share[g * n_to + h] /= count[g];
	free(count);
	return share;
}

static void regress(struct profile_net *p, const struct bundle_net *net,
	int inputs, struct arena *a)
{
	size_t n = (size_t)net->depths * (size_t)net->depths;
	struct curve *confidence = arena_new(a, n, sizeof *confidence);
	struct curve *correct = arena_new(a, n, sizeof *correct);
	const double **share = arena_new(a, (size_t)net->depths, sizeof *share);
	const double **moves = arena_new(a, (size_t)net->depths, sizeof *moves);
	struct ranked *rank = mem_new((size_t)inputs, sizeof *rank);
	int *group = mem_new(2 * (size_t)inputs, sizeof *group), before = 0;

	for (int c = 1; c <= net->depths; c++) {
		int *here = group + c % 2 * inputs, *last = group + (c + 1) % 2
			* inputs;
		struct groups g;
		double *x;

		for (int i = 0; i < inputs; i++)
			rank[i] = (struct ranked){ net->confidence[(size_t)i
				* (size_t)net->depths + (size_t)c - 1], i };
		make_groups(&g, rank, inputs);
		mark_groups(&g, here);
		share[c - 1] = group_shares(a, &g, inputs);
		if (c > 1)
			moves[c - 2] = group_moves(a, last, before, here, g.n,
				inputs);
		before = g.n;
		x = arena_new(a, (size_t)g.n, sizeof *x);
		memcpy(x, g.mean, (size_t)g.n * sizeof *x);
		for (int l = c; l <= net->depths; l++) {
			int k = (c - 1) * net->depths + l - 1;
			confidence[k] = (struct curve){ g.n, x, l == c ? x
				: group_means(a, &g, net, l, net->confidence,
					NULL) };
			correct[k] = (struct curve){ g.n, x, group_means(a, &g,
				net, l, NULL, net->correct) };
		}
	}
	free(rank);
	free(group);
	p->share = share;
	p->moves = moves;
	p->confidence_at = confidence;
	p->correct_at = correct;
}

double curve_at(const struct curve *c, double x)
{
	int low = 0, high = c->n - 1;

	if (x <= c->x[low])
		return c->y[low];
	if (x >= c->x[high])
		return c->y[high];
	/* x[low] < x < x[high] */
	while (high - low > 1) {
		int middle = (low + high) / 2;
		if (c->x[middle] <= x)
			low = middle;
		else
			high = middle;
	}
	return c->y[low] + (c->y[high] - c->y[low]) * (x - c->x[low])
		/ (c->x[high] - c->x[low]);
}

/* ---- All of it ------------------------------------------------------------------ */

static int check_candidates(const struct bundle *b, int nets, const int *net,
	int settings, const int *setting)
{
	for (int i = 0; i < nets; i++)
		for (int j = 0; j < settings; j++)
			if (!bundle_cell(b, net[i], setting[j], 0)->samples)
				return msg_bad("%s/timing.csv: network %s, "
					"setting %s: no samples in environment "
					"default", b->dir, b->net[net[i]].name,
					b->setting[setting[j]].name);
	return 0;
}

static void summarise_net(struct profile_net *p, const struct bundle *b,
	const struct bundle_net *net, struct arena *a)
{
	p->name = net->name;
	p->kind = net->kind;
	p->depths = net->depths;
	p->mandatory = net->mandatory;
	memcpy(p->accuracy, net->accuracy, sizeof p->accuracy);
	memcpy(p->confidence, net->mean_confidence, sizeof p->confidence);
	regress(p, net, b->inputs, a);
}

struct profile *profile_new(const struct bundle *b, int nets, const int *net,
	int settings, const int *setting)
{
	struct profile *p;
	struct profile_net *n;
	struct profile_cell *cell;
	double *idle;
	struct arena *a;

	if (check_candidates(b, nets, net, settings, setting))
		return NULL;
	p = mem_new(1, sizeof *p);
	p->memory = mem_new(1, sizeof *p->memory);
	a = &p->memory->arena;
	p->nets = nets;
	p->settings = settings;
	p->classes = b->classes;
	p->net = n = arena_new(a, (size_t)nets, sizeof *n);
	p->cell = cell = arena_new(a, (size_t)nets * (size_t)settings,
		sizeof *cell);
	p->idle_power_w = idle = arena_new(a, (size_t)settings, sizeof *idle);
	p->has_energy = 1;
	for (int j = 0; j < settings; j++)
		idle[j] = b->setting[setting[j]].idle_power_w;
	for (int i = 0; i < nets; i++) {
		summarise_net(&n[i], b, &b->net[net[i]], a);
		for (int j = 0; j < settings; j++) {
			struct profile_cell *c = &cell[i * settings + j];
			summarise_cell(c, b, net[i], setting[j]);
			for (int d = 0; d < n[i].depths; d++)
				p->has_energy &= !isnan(c->power_w[d]);
		}
	}
	p->pass_variance = pass_variance(p, b, net, setting);
	return p;
}

void profile_free(struct profile *p)
{
	if (!p)
		return;
	arena_fini(&p->memory->arena);
	free(p->memory);
	free(p);
}
