#include "report.h"

#include "out.h"
#include "table.h"
#include "utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Without control characters: a terminal obeys some. */
static char *printable(const char *s)
{
	char *copy = mem_string(s);

	utf8_make_plain(copy);
	return copy;
}

static void add_line(struct text *out, const char *name, const char *value)
{
	char *s = printable(value);

	text_add(out, "%-12s%s\n", name, s);
	free(s);
}

static void add_head(const struct report *r, struct text *out)
{
	const struct stored *d = r->stored;
	char *s = mem_printf("%lld, of %d policies at %d point%s",
		(long long)d->runs, d->policies, d->points,
		d->points == 1 ? "" : "s");

	add_line(out, "runs", s);
	free(s);
	for (int i = 0; i < d->programs; i++) {
		const struct stored_program *p = &d->program[i];
		s = mem_printf("laxity %s, commit %s, code %.12s: %lld runs",
			p->version, p->revision, p->code, (long long)p->runs);
		add_line(out, i ? "" : "made by", s);
		free(s);
	}
	for (int i = 0; i < r->common.n; i++)
		add_line(out, r->common.line[i].name, r->common.line[i].text);
	s = report_seeds(r);
	add_line(out, "seeds", s);
	free(s);
	for (int a = 0; a < d->axes; a++)
		add_line(out, a ? "" : "axes", d->axis[a]);
}

/* Where the loads differ between points they are worth a column. */
static int has_loads(const struct report *r)
{
	for (int i = 1; i < r->stored->points; i++)
		if (r->load[i] != r->load[0] && !isnan(r->load[i]))
			return 1;
	return 0;
}

static void add_axis_heads(const struct report *r, struct table *t)
{
	for (int a = 0; a < r->stored->axes; a++)
		table_add(t, "%s", r->stored->axis[a]);
	if (has_loads(r))
		table_add(t, "load");
}

static void add_axis_cells(const struct report *r, struct table *t, int point)
{
	for (int a = 0; a < r->stored->axes; a++) {
		char *value = stored_show_value(r->stored, point, a);
		char *s = printable(value);
		table_add(t, "%s", s);
		free(s);
		free(value);
	}
	if (has_loads(r))
		table_add(t, "%.3f", r->load[point]);
}

static void add_policy_head(const struct report *r, struct table *t, int policy)
{
	char *s = printable(r->stored->policy[policy].text);

	table_add(t, "%s%s", s, r->stored->policy[policy].clairvoyant ? " *" : "");
	free(s);
}

static void add_metric(const struct report *r, const struct column *c,
	struct text *out)
{
	const struct stored *d = r->stored;
	struct table t;

	text_add(out, "\n%s%s%s%s\n\n", c->title, *c->unit ? " (" : "", c->unit,
		*c->unit ? ")" : "");
	table_init(&t, d->axes + has_loads(r) + d->policies);
	add_axis_heads(r, &t);
	for (int p = 0; p < d->policies; p++)
		add_policy_head(r, &t, p);
	for (int i = 0; i < d->points; i++) {
		add_axis_cells(r, &t, i);
		for (int p = 0; p < d->policies; p++) {
			struct estimate e = results_estimate(&r->results[i], p, c);
			char *cell = out_estimate(&e, c);
			table_add(&t, "%s", *cell ? cell : "-");
			free(cell);
		}
	}
	table_print(&t, 1, 2, out);
	table_fini(&t);
}

static void add_comparison(const struct report *r, const struct column *c,
	struct text *out)
{
	const struct stored *d = r->stored;
	char *first = printable(d->policy[0].text);
	struct table t;

	text_add(out, "\n%s against %s (%s)\n\n", c->title, first,
		strcmp(c->unit, "%") ? c->unit : "points");
	free(first);
	table_init(&t, d->axes + has_loads(r) + d->policies - 1);
	add_axis_heads(r, &t);
	for (int p = 1; p < d->policies; p++)
		add_policy_head(r, &t, p);
	for (int i = 0; i < d->points; i++) {
		add_axis_cells(r, &t, i);
		for (int p = 1; p < d->policies; p++) {
			struct comparison e = report_compare(r, i, p, c);
			char *cell = report_verdict(&e, c);
			table_add(&t, "%s", *cell ? cell : "-");
			free(cell);
		}
	}
	table_print(&t, 1, 2, out);
	table_fini(&t);
}

static void add_comparisons(const struct report *r, struct text *out)
{
	text_add(out, "\nDifferences between runs on the same requests, seed by seed; "
		"± is half a 95 %% confidence\ninterval. better and worse: the "
		"interval at %.5g %% (%lld comparisons together) excludes 0;\n"
		"none: no evidence of a difference.\n",
		100 * (1 - 0.05 / (double)r->comparisons),
		(long long)r->comparisons);
	for (int i = 0; report_compared[i]; i++)
		add_comparison(r, outcome_column(report_compared[i]), out);
}

void report_text(const struct report *r, struct text *out)
{
	const struct stored *d = r->stored;

	add_head(r, out);
	if (!d->runs)
		return;
	if (d->points == 1) {
		text_add(out, "\n");
		out_table_policies(out, &r->results[0], 0);
	} else {
		for (int i = 0; i < r->metrics; i++)
			add_metric(r, r->metric[i], out);
	}
	if (r->comparisons)
		add_comparisons(r, out);
	text_add(out, "\n");
	for (int p = 0; p < d->policies; p++) {
		if (d->policy[p].clairvoyant) {
			text_add(out, "* clairvoyant: it sees what no real scheduler "
				"can; a reference, not a competitor\n");
			break;
		}
	}
	text_add(out, "± half a 95 %% confidence interval of the mean over "
		"replications, from 5 on; ≤ ≥ the same in every replication: a\n"
		"  limit with 95 %% confidence, if requests were independent\n");
}
