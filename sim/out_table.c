#include "out.h"

#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a table shows, if there is anything to show. */
static const char *const shown[] = { "accuracy", "miss_ratio", "mean_depth",
	"response_p50_ns", "response_p99_ns", "utilisation",
	"energy_per_request_j", "decision_mean_ns", "regret", NULL };

/* What policies are compared in. */
static const char *const compared[] = { "accuracy", "miss_ratio", NULL };

static int is_shown(const struct results *s, const struct column *c)
{
	/* A decision that costs nothing is not worth a column. */
	if (!strcmp(c->name, "decision_mean_ns"))
		return results_done(s, 0, 0)
			&& results_at(s, 0, 0)->metrics.decision_mean_ns > 0;
	return results_has(s, c);
}

char *out_estimate(const struct estimate *e, const struct column *c)
{
	char mean[32], half[32];
	int all = e->mean > 0;

	(void)outcome_print_scaled(mean, c, e->mean);
	(void)outcome_print_scaled(half, c, e->half);
	if (!isnan(e->limit))
		return mem_printf("%s (%s %.*g)", mean, all ? "≥" : "≤",
			all ? 5 : 2, e->limit * c->scale);
	return *half ? mem_printf("%s ± %s", mean, half) : mem_string(mean);
}

void out_table_policies(struct text *out, const struct results *s, int indent)
{
	const struct column *column[16];
	struct table t;
	int n = 0;

	for (int i = 0; shown[i]; i++) {
		const struct column *c = outcome_column(shown[i]);
		if (is_shown(s, c))
			column[n++] = c;
	}
	table_init(&t, n + 1);
	table_add(&t, "policy");
	for (int i = 0; i < n; i++)
		table_add(&t, "%s", column[i]->title);
	table_add(&t, "%s", "");
	for (int i = 0; i < n; i++)
		table_add(&t, "%s", column[i]->unit);
	for (int p = 0; p < s->policies; p++) {
		if (!results_count(s, p))
			continue;
		table_add(&t, "%s%s", s->policy[p].text,
			s->policy[p].clairvoyant ? " *" : "");
		for (int i = 0; i < n; i++) {
			struct estimate e = results_estimate(s, p, column[i]);
			char *cell = out_estimate(&e, column[i]);
			table_add(&t, "%s", cell);
			free(cell);
		}
	}
	table_print(&t, 2, indent, out);
	table_fini(&t);
}

int64_t out_comparisons(const struct results *s)
{
	int64_t n = 0;

	for (int p = 1; p < s->policies; p++)
		for (int i = 0; compared[i]; i++)
			n += results_compare(s, p, 0, outcome_column(compared[i]),
				1).verdict != VERDICT_UNKNOWN;
	return n;
}

void out_table_comparisons(struct text *out, const struct results *s, int64_t m,
	int indent)
{
	struct table t;

	table_init(&t, 3);
	table_add(&t, "against %s", s->policy[0].text);
	for (int i = 0; compared[i]; i++)
		table_add(&t, "%s", outcome_column(compared[i])->title);
	for (int p = 1; p < s->policies; p++) {
		if (!results_count(s, p))
			continue;
		table_add(&t, "%s%s", s->policy[p].text,
			s->policy[p].clairvoyant ? " *" : "");
		for (int i = 0; compared[i]; i++) {
			const struct column *c = outcome_column(compared[i]);
			struct comparison d = results_compare(s, p, 0, c, m);
			char *words = results_wording(&d, c), joint[32];
			(void)outcome_print_scaled(joint, c, d.half_joint);
			table_add(&t, m > 1 && *words ? "%s [± %s]" : "%s", words,
				joint);
			free(words);
		}
	}
	table_print(&t, 1, indent, out);
	table_fini(&t);
}

static int has_limit(const struct results *s)
{
	for (int p = 0; p < s->policies; p++)
		for (int i = 0; shown[i]; i++)
			if (!isnan(results_estimate(s, p,
			    outcome_column(shown[i])).limit))
				return 1;
	return 0;
}

void out_table_notes(struct text *t, const struct results *s)
{
	const struct column *bound = outcome_column("bound");
	char mean[32];

	for (int p = 0; p < s->policies; p++) {
		if (s->policy[p].clairvoyant) {
			text_add(t, "* clairvoyant: it sees what no real scheduler can; "
				"a reference, not a competitor\n");
			break;
		}
	}
	if (has_limit(s))
		text_add(t, "≤ ≥ the same in every replication: a limit with 95 %% "
			"confidence, if requests were independent\n");
	for (int p = 0; p < s->policies; p++) {
		int64_t n = 0;
		for (int r = 0; r < s->replications; r++)
			n += results_at(s, p, r)->metrics.corrections;
		if (n)
			text_add(t, "%s: %lld of its decisions were adjusted "
				"(corrections)\n", s->policy[p].text, (long long)n);
	}
	if (results_has(s, bound) && results_count(s, 0)) {
		struct estimate e = results_estimate(s, 0, bound);
		text_add(t, "No policy can have a higher accuracy than %s %% on these "
			"requests (bound: %s); regret is what is left to it\n",
			outcome_print_scaled(mean, bound, e.mean), s->bound_name);
	}
}

/* How many replications every policy has at most, for the head. */
static int most(const struct results *s)
{
	int n = 0;

	for (int p = 0; p < s->policies; p++)
		if (results_count(s, p) > n)
			n = results_count(s, p);
	return n;
}

void out_table(struct text *t, const struct results *s,
	const struct description *d)
{
	int64_t m = out_comparisons(s);
	int n = most(s);

	for (int i = 0; i < d->n; i++)
		text_add(t, "%-12s%s\n", d->line[i].name, d->line[i].text);
	if (s->replications == 1)
		text_add(t, "%-12s%u\n", "seed", s->seed[0]);
	else
		text_add(t, "%-12s%u to %u: means of %d replications%s\n", "seeds",
			s->seed[0], s->seed[s->replications - 1], n,
			n >= STATS_ENOUGH ? "; ± is half a 95 % confidence interval"
			: "; from 5 on with confidence intervals");
	text_add(t, "%-12s%s\n%-12s%s\n\n", "columns", "accuracy: right answers in time, "
		"of all requests; miss: no answer by the deadline;", "",
		"mean depth: stages completed in time; response: from release to "
		"leaving");
	out_table_policies(t, s, 0);
	if (m) {
		text_add(t, "\nDifferences between runs on the same requests, seed by "
			"seed; ± is half a 95 %% confidence interval.\n");
		if (m > 1)
			text_add(t, "The words follow the interval in brackets, which "
				"holds for all %lld comparisons together (%.4g %%).\n",
				(long long)m, 100 * (1 - 0.05 / (double)m));
		text_add(t, "\n");
		out_table_comparisons(t, s, m, 0);
	}
	text_add(t, "\n");
	out_table_notes(t, s);
	/* Without notes, no blank line at the end. */
	if (t->length > 1 && t->s[t->length - 2] == '\n')
		t->s[--t->length] = 0;
}
