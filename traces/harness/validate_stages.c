#include "validate_stages.h"

#include "../../sim/table.h"

#include <math.h>
#include <stdlib.h>

/* ---- The policy ------------------------------------------------------------------ */

static struct decision pick(void *state, const struct view *v)
{
	const struct profile *p = v->profile;
	int waiting = 0, chosen, net, setting;

	(void)state;
	for (int i = 0; i < v->lives; i++)
		waiting += view_waiting(v, v->live[i]);
	if (!waiting)
		return decide_wait(0);
	chosen = (int)stream_below(v->random, waiting);
	for (int i = 0;; i++) {
		int slot = v->live[i];
		if (!view_waiting(v, slot) || chosen-- > 0)
			continue;
		net = v->req[slot].net;
		if (net < 0)
			net = (int)stream_below(v->random, p->nets);
		setting = (int)stream_below(v->random, p->settings);
		return decide_run(slot, net, setting);
	}
}

static const struct policy random_policy = { .name = "random",
	.summary = "any waiting request on any candidate", .pick = pick };

static char random_text[] = "random";
const struct choice validate_random = { .text = random_text,
	.policy = &random_policy };

/* ---- The medians ------------------------------------------------------------------- */

enum after { AFTER_SAME, AFTER_ANOTHER, AFTER_IDLE, AFTERS };

struct sample { int cell; enum after after; int64_t ns; };

static int by_cell(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;

	if (x->cell != y->cell)
		return x->cell - y->cell;
	if (x->after != y->after)
		return (int)x->after - (int)y->after;
	return x->ns < y->ns ? -1 : x->ns > y->ns;
}

static int cell_of(const struct workload *w, const struct live_stage *g)
{
	return (g->net * w->settings + g->setting) * BUNDLE_MAX_DEPTH + g->depth
		- 1;
}

static int64_t collect(const struct live_log *log, const struct workload *w,
	struct sample *out)
{
	int64_t n = 0;

	for (int64_t i = 0; i < log->stages; i++) {
		const struct live_stage *g = &log->stage[i];
		enum after after = AFTER_IDLE;
		if (g->finished_ns < 0)
			continue;
		if (i && g[-1].finished_ns == g->picked_ns)
			after = g[-1].number == g->number ? AFTER_SAME
				: AFTER_ANOTHER;
		out[n++] = (struct sample){ cell_of(w, g), after,
			g->finished_ns - g->sent_ns };
	}
	qsort(out, (size_t)n, sizeof *out, by_cell);
	return n;
}

/* Those of one cell and kind, from s: their number, and the median by nearest
 * rank, as in the profile. */
static int64_t run_length(const struct sample *s, const struct sample *end)
{
	const struct sample *p = s;

	while (p < end && p->cell == s->cell && p->after == s->after)
		p++;
	return p - s;
}

int validate_stages(const struct live_log *log, const struct workload *w,
	struct text *out)
{
	struct sample *all = mem_new((size_t)log->stages, sizeof *all);
	const struct sample *end = all + collect(log, w, all);
	static const char *const kinds[] = { "the same request",
		"another request", "idle" };
	struct table t;
	int flagged = 0;

	table_init(&t, 8);
	table_add(&t, "network");
	table_add(&t, "setting");
	table_add(&t, "depth");
	table_add(&t, "after");
	table_add(&t, "stages");
	table_add(&t, "trace, us");
	table_add(&t, "live, us");
	table_add(&t, "deviation");
	for (const struct sample *s = all; s < end;) {
		int64_t n = run_length(s, end), median = s[(n + 1) / 2 - 1].ns;
		int pair = s->cell / BUNDLE_MAX_DEPTH;
		int depth = s->cell % BUNDLE_MAX_DEPTH;
		int64_t trace = profile_cell(w->profile, pair / w->settings,
			pair % w->settings)->p50_ns[depth];
		double deviation = (double)median / (double)trace - 1;
		int far = n >= VALIDATE_STAGE_LEAST
			&& fabs(deviation) > VALIDATE_STAGE_LIMIT;

		flagged += far;
		table_add(&t, "%s", w->profile->net[pair / w->settings].name);
		table_add(&t, "%s", w->bundle->setting[w->setting[pair
			% w->settings]].name);
		table_add(&t, "%d", depth + 1);
		table_add(&t, "%s", kinds[s->after]);
		table_add(&t, "%lld", (long long)n);
		table_add(&t, "%.1f", 1e-3 * (double)trace);
		table_add(&t, "%.1f", 1e-3 * (double)median);
		table_add(&t, "%+.2f %%%s", 100 * deviation, far ? " !"
			: n < VALIDATE_STAGE_LEAST ? " ?" : "");
		s += n;
	}
	text_add(out, "Stage times under random decisions: medians against the "
		"trace's\n\n");
	table_print(&t, 1, 0, out);
	table_fini(&t);
	text_add(out, "\n! beyond %.0f %%: this stage's time depends on what ran "
		"before, or the trace is of another state\n? of fewer than %d "
		"stages\n%d medians are flagged\n\n", 100 * VALIDATE_STAGE_LIMIT,
		VALIDATE_STAGE_LEAST, flagged);
	free(all);
	return flagged;
}
