/* Sections [inputs] and [environment] of a workload file
 * (paper/spec/workloads.md 5 and 6). */
#include "mem.h"
#include "workload_build.h"
#include "workload_units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- [inputs] ------------------------------------------------------------------------ */

struct hardness { double confidence; int32_t input; };

static int by_confidence(const void *a, const void *b)
{
	const struct hardness *x = a, *y = b;

	if (x->confidence != y->confidence)
		return x->confidence < y->confidence ? -1 : 1;
	return (x->input > y->input) - (x->input < y->input);
}

static int by_number(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
	return (x > y) - (x < y);
}

static int read_bursts(struct reader *r, const struct ini_entry *share,
	const struct ini_entry *burst)
{
	struct workload *w = r->w;
	const struct bundle_net *net = &w->bundle->net[w->net[0]];
	int n = w->bundle->inputs;
	struct hardness *list;
	int32_t *order;
	double least;

	w->hard_share = 0.25;
	w->burst_length = 50;
	if ((share && ini_real(r->d, share, 0, 1, &w->hard_share))
	    || (burst && ini_real(r->d, burst, 1, 1e12, &w->burst_length)))
		return -1;
	w->hard = (int)llround(w->hard_share * n);
	if (w->hard < 1 || w->hard >= n)
		return ini_bad(r->d, share, "share: %d of %d inputs are hard; "
			"both sets need one", w->hard, n);
	least = 1 / (1 - (double)w->hard / n);
	if (w->burst_length < least)
		return ini_bad(r->d, burst, "burst: at least 1 / (1 - q) = %.9g "
			"expected", least);
	list = mem_new((size_t)n, sizeof *list);
	w->hard_first = order = arena_new(r->arena, (size_t)n, sizeof *order);
	for (int i = 0; i < n; i++)
		list[i] = (struct hardness){ net->confidence[i * net->depths], i };
	qsort(list, (size_t)n, sizeof *list, by_confidence);
	for (int i = 0; i < n; i++)
		order[i] = list[i].input;
	qsort(order, (size_t)w->hard, sizeof *order, by_number);
	qsort(order + w->hard, (size_t)(n - w->hard), sizeof *order, by_number);
	free(list);
	return 0;
}

int reader_inputs(struct reader *r)
{
	static const char *const words[] = { "uniform", "sequential", "shuffled",
		"bursts", NULL };
	const struct ini_entry *e = reader_find(r, "inputs", "order");
	const struct ini_entry *share = reader_find(r, "inputs", "share");
	const struct ini_entry *burst = reader_find(r, "inputs", "burst");
	int order = ORDER_UNIFORM;

	if (e && ini_word(r->d, e, words, &order))
		return -1;
	r->w->order = (enum input_order)order;
	if (order == ORDER_BURSTS)
		return read_bursts(r, share, burst);
	if (share || burst)
		return ini_bad(r->d, share ? share : burst, "%s is a key of "
			"order = bursts, not of %s", share ? "share" : "burst",
			words[order]);
	return 0;
}

/* ---- [environment] ---------------------------------------------------------------------- */

/* Every candidate must have been measured there. */
static int check_environment(struct reader *r, const struct ini_entry *e,
	int environment, const char *name)
{
	const struct workload *w = r->w;
	const struct bundle *b = w->bundle;

	if (environment < 0)
		return ini_bad(r->d, e, "timeline: %s has no environment '%.60s'",
			b->dir, name);
	for (int i = 0; i < w->nets; i++)
		for (int k = 0; k < w->settings; k++)
			if (!bundle_cell(b, w->net[i], w->setting[k],
			    environment)->samples)
				return ini_bad(r->d, e, "timeline: %s has no "
					"samples of '%s' at setting '%s' in the "
					"environment '%s'", b->dir,
					b->net[w->net[i]].name,
					b->setting[w->setting[k]].name, name);
	return 0;
}

/* p % = the release of request W + floor(p R / 100). */
static int64_t request_at(const struct workload *w, int64_t percent)
{
	__extension__ typedef __int128 wide;
	return w->warmup + (int64_t)((wide)percent * w->requests
		/ ((wide)100 * UNITS_PERCENT));
}

/* "INSTANT NAME", the i-th of the timeline. */
static int read_change(struct reader *r, const struct ini_entry *e, int i,
	char *text, struct change *change, int64_t *percent)
{
	struct workload *w = r->w;
	char *name = text + strcspn(text, " \t");
	int64_t at;
	bool by_request;
	const char *reason;

	if (*name)
		*name++ = 0;
	name += strspn(name, " \t");
	if (!*text || !*name)
		return ini_bad(r->d, e, "timeline: 'instant name, ...' expected");
	by_request = strchr(text, '%');
	reason = by_request ? units_percent(text, &at)
		: units_time(text, w->full_ns, &at);
	if (!reason && i == 0 && at)
		reason = "the first instant must be 0";
	if (!reason && i > 1 && by_request != w->timeline_by_request)
		reason = "times and percentages mixed";
	if (!reason && i > 0
	    && at <= (by_request ? percent[i - 1] : change[i - 1].at))
		reason = "instants must rise";
	if (reason)
		return ini_bad(r->d, e, "timeline: '%.40s': %s", text, reason);
	if (i > 0)
		w->timeline_by_request = by_request;
	percent[i] = by_request ? at : 0;
	change[i].at = by_request && i ? request_at(w, at) : at;
	change[i].environment = bundle_find_environment(w->bundle, name);
	return check_environment(r, e, change[i].environment, name);
}

int reader_environment(struct reader *r)
{
	const struct ini_entry *e = reader_find(r, "environment", "timeline");
	struct workload *w = r->w;
	char *copy, **part;
	struct change *change;
	int64_t *percent;
	int n, failed = 0;

	(void)reader_split(e ? e->value : "0 default", &copy, &part, &n);
	w->change = change = arena_new(r->arena, (size_t)n, sizeof *change);
	r->given.percent = percent = arena_new(r->arena, (size_t)n,
		sizeof *percent);
	w->changes = n;
	for (int i = 0; i < n && !failed; i++)
		failed = read_change(r, e, i, part[i], change, percent);
	free(part);
	free(copy);
	return failed;
}
