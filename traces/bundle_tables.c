/* The tables with one row per thing: settings, outcomes, power, overhead. */
#include "bundle_parts.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const bundle_overhead_kinds[] = { "decision", "launch", "boundary",
	NULL };

static const char *keep(struct bundle *b, const char *s, size_t n)
{
	return memcpy(arena_new(&b->memory->arena, n + 1, 1), s, n);
}

/* ---- settings.csv --------------------------------------------------------------- */

int bundle_take_settings(struct bundle *b, struct csv *c)
{
	struct names *names = &b->memory->settings;
	struct bundle_setting *setting = NULL;
	size_t room = 0;
	int status = -1;

	while (csv_next(c)) {
		struct bundle_setting *s;
		int64_t sm_count;
		const char *name;
		size_t n;

		if (csv_name(c, &name, &n))
			goto out;
		if (names_find(names, name, n) >= 0) {
			(void)csv_bad(c, "setting '%.*s' is given twice", (int)n,
				name);
			goto out;
		}
		if (names->count == BUNDLE_MAX_NAMES
		    || b->nets * (names->count + 1) > BUNDLE_MAX_PAIRS) {
			(void)csv_bad(c, "more than %d settings, or %d pairs of "
				"network and setting", BUNDLE_MAX_NAMES,
				BUNDLE_MAX_PAIRS);
			goto out;
		}
		MEM_ROOM(setting, names->count, room);
		assert(setting);
		s = &setting[names->count];
		s->name = keep(b, name, n);
		(void)names_add(names, s->name);
		if (csv_optional_integer(c, 1, INT32_MAX, 0, &sm_count)
		    || csv_optional_real(c, 0, INFINITY, &s->power_cap_w)
		    || csv_optional_real(c, 0, INFINITY, &s->clock_mhz)
		    || csv_optional_real(c, 0, INFINITY, &s->idle_power_w))
			goto out;
		s->sm_count = sm_count ? (double)sm_count : NAN;
	}
	if (names->count == 0) {
		(void)csv_bad(c, "no setting");
		goto out;
	}
	assert(setting);
	b->settings = names->count;
	b->setting = memcpy(arena_new(&b->memory->arena, (size_t)b->settings,
		sizeof *setting), setting, (size_t)b->settings * sizeof *setting);
	status = 0;
out:
	free(setting);
	return status;
}

/* ---- outcomes.csv --------------------------------------------------------------- */

#define NOT_SEEN 255            /* in place of 0 or 1 */

/* Rows that should be there. A row takes at least 10 bytes, so a file that is
 * too short for them is refused before memory is taken for what trace.ini
 * merely claims. */
static int outcomes_room(struct bundle *b, const struct csv *c, int64_t *rows)
{
	*rows = 0;
	for (int i = 0; i < b->nets; i++)
		*rows += (int64_t)b->inputs * b->net[i].depths;
	if ((uint64_t)*rows > c->length / 10)
		return csv_bad(c, "too short for %lld rows (each input and depth "
			"of %d networks)", (long long)*rows, b->nets);
	return 0;
}

static int outcomes_missing(const struct bundle *b, const struct csv *c)
{
	for (int i = 0; i < b->nets; i++) {
		const struct bundle_net *net = &b->net[i];
		const unsigned char *p = memchr(net->correct, NOT_SEEN,
			(size_t)b->inputs * (size_t)net->depths);
		int64_t place = p ? p - net->correct : 0;

		if (p)
			return csv_bad(c, "the file ends without a row for "
				"network %s, input %lld, depth %lld", net->name,
				(long long)(place / net->depths),
				(long long)(place % net->depths) + 1);
	}
	return 0;
}

/* Sums in rising order of input: the definition, down to the last bit. */
static void take_means(struct bundle *b, struct bundle_net *net)
{
	for (int d = 0; d < net->depths; d++) {
		double confidence = 0, correct = 0;
		for (int64_t i = 0; i < b->inputs; i++) {
			confidence += net->confidence[i * net->depths + d];
			correct += net->correct[i * net->depths + d];
		}
		net->mean_confidence[d] = confidence / b->inputs;
		net->accuracy[d] = correct / b->inputs;
	}
}

int bundle_take_outcomes(struct bundle *b, struct csv *c)
{
	struct arena *a = &b->memory->arena;
	double **confidence = arena_new(a, (size_t)b->nets, sizeof *confidence);
	double **outcome = arena_new(a, (size_t)b->nets, sizeof *outcome);
	unsigned char **correct = arena_new(a, (size_t)b->nets, sizeof *correct);
	int64_t rows, seen = 0;

	if (outcomes_room(b, c, &rows))
		return -1;
	for (int i = 0; i < b->nets; i++) {
		size_t n = (size_t)b->inputs * (size_t)b->net[i].depths;
		confidence[i] = arena_new(a, n, sizeof **confidence);
		outcome[i] = arena_new(a, n, sizeof **outcome);
		correct[i] = arena_new(a, n, 1);
		memset(correct[i], NOT_SEEN, n);
		b->memory->net[i].confidence = confidence[i];
		b->memory->net[i].correct = correct[i];
		b->memory->net[i].outcome = outcome[i];
	}
	for (; csv_next(c); seen++) {
		int64_t input, depth, right;
		size_t place;
		double x;
		int net;

		if (csv_known(c, &b->memory->nets, &net)
		    || csv_integer(c, 0, b->inputs - 1, &input)
		    || csv_integer(c, 1, b->net[net].depths, &depth)
		    || csv_real(c, 0, 1, &x)
		    || csv_integer(c, 0, 1, &right))
			return -1;
		place = (size_t)(input * b->net[net].depths + depth - 1);
		if (correct[net][place] != NOT_SEEN)
			return csv_bad(c, "a second row for network %s, input "
				"%lld, depth %lld", b->net[net].name,
				(long long)input, (long long)depth);
		correct[net][place] = (unsigned char)right;
		confidence[net][place] = x;
		outcome[net][place] = bundle_outcome(x, (int)right);
	}
	if (seen < rows)
		return outcomes_missing(b, c);
	for (int i = 0; i < b->nets; i++)
		take_means(b, &b->memory->net[i]);
	return 0;
}

/* ---- power.csv ------------------------------------------------------------------ */

int bundle_take_power(struct bundle *b, struct csv *c)
{
	size_t n = (size_t)b->nets * (size_t)b->settings * BUNDLE_MAX_DEPTH;
	double *power = arena_new(&b->memory->arena, n, sizeof *power);
	double *error = arena_new(&b->memory->arena, n, sizeof *error);
	unsigned char *seen = mem_new(n, 1);
	int status = -1;

	for (size_t i = 0; i < n; i++)
		power[i] = error[i] = NAN;
	while (csv_next(c)) {
		int64_t depth;
		double watts, spread;
		int net, setting;
		size_t place;

		if (csv_known(c, &b->memory->nets, &net)
		    || csv_known(c, &b->memory->settings, &setting)
		    || csv_integer(c, 1, b->net[net].depths, &depth)
		    || csv_optional_real(c, 0, INFINITY, &watts)
		    || csv_optional_real(c, 0, INFINITY, &spread))
			goto out;
		place = (size_t)(net * b->settings + setting) * BUNDLE_MAX_DEPTH
			+ (size_t)depth - 1;
		if (seen[place]) {
			(void)csv_bad(c, "a second row for network %s, setting "
				"%s, depth %lld", b->net[net].name,
				b->setting[setting].name, (long long)depth);
			goto out;
		}
		seen[place] = 1;
		power[place] = watts;
		error[place] = spread;
	}
	b->power_w = power;
	b->stderr_w = error;
	status = 0;
out:
	free(seen);
	return status;
}

/* ---- overhead.csv --------------------------------------------------------------- */

struct cost { int64_t sample, duration_ns, line; int place; };

static int by_place_and_sample(const void *a, const void *b)
{
	const struct cost *x = a, *y = b;

	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	if (x->sample != y->sample)
		return x->sample < y->sample ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static int read_costs(struct bundle *b, struct csv *c, struct cost **out,
	size_t *count)
{
	struct names kinds = { 0 };
	struct cost *cost = NULL;
	size_t n = 0, room = 0;
	int status = -1;

	for (int k = 0; bundle_overhead_kinds[k]; k++)
		(void)names_add(&kinds, bundle_overhead_kinds[k]);
	while (csv_next(c)) {
		int setting, kind;

		MEM_ROOM(cost, n, room);
		if (csv_known(c, &b->memory->settings, &setting)
		    || csv_known(c, &kinds, &kind)
		    || csv_integer(c, 0, INT64_MAX, &cost[n].sample)
		    || csv_integer(c, 0, INT64_MAX, &cost[n].duration_ns))
			goto out;
		cost[n].line = c->line;
		cost[n++].place = setting * kinds.count + kind;
	}
	if (n)
		qsort(cost, n, sizeof *cost, by_place_and_sample);
	for (size_t i = 1; i < n; i++) {
		if (cost[i].place != cost[i - 1].place
		    || cost[i].sample != cost[i - 1].sample)
			continue;
		c->line = cost[i].line;
		(void)csv_bad(c, "a second row for this setting, kind and "
			"sample (first on line %lld)",
			(long long)cost[i - 1].line);
		goto out;
	}
	*out = cost;
	*count = n;
	cost = NULL;
	status = 0;
out:
	free(cost);
	names_fini(&kinds);
	return status;
}

int bundle_take_overhead(struct bundle *b, struct csv *c)
{
	struct arena *a = &b->memory->arena;
	struct bundle_overhead *overhead = arena_new(a, (size_t)b->settings,
		sizeof *overhead);
	struct cost *cost;
	size_t n;
	int64_t *durations;

	if (read_costs(b, c, &cost, &n))
		return -1;
	durations = arena_new(a, n, sizeof *durations);
	for (size_t i = 0; i < n; i++) {
		struct bundle_overhead *o = &overhead[cost[i].place / 3];
		int *count = cost[i].place % 3 == 0 ? &o->decisions
			: cost[i].place % 3 == 1 ? &o->launches : &o->boundaries;
		const int64_t **first = cost[i].place % 3 == 0 ? &o->decision_ns
			: cost[i].place % 3 == 1 ? &o->launch_ns
			: &o->boundary_ns;

		durations[i] = cost[i].duration_ns;
		if ((*count)++ == 0)
			*first = &durations[i];
	}
	free(cost);
	b->overhead = overhead;
	return 0;
}
