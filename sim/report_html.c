#include "report.h"

#include "out.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Figures beyond this many of one metric say less than the table. */
#define MOST_FIGURES 24

void report_escape(struct text *out, const char *string)
{
	struct text quoted;

	text_init(&quoted);
	out_utf8(&quoted, string);
	for (const char *s = quoted.s; *s; s++) {
		switch (*s) {
		case '&': text_add(out, "&amp;"); break;
		case '<': text_add(out, "&lt;"); break;
		case '>': text_add(out, "&gt;"); break;
		case '"': text_add(out, "&quot;"); break;
		case '\'': text_add(out, "&#39;"); break;
		default: text_add_n(out, s, 1);
		}
	}
	text_fini(&quoted);
}

static const char head[] =
"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
"<meta name=\"color-scheme\" content=\"light dark\">\n"
"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
"style-src 'unsafe-inline'\">\n"
"<title>laxity report</title>\n<style>\n"
":root{--back:#fff;--text:#1a1a1a;--soft:#666;--rule:#ddd;--tint:#f5f5f3}\n"
"@media(prefers-color-scheme:dark){:root{--back:#131516;--text:#e4e4e2;"
"--soft:#a0a0a0;--rule:#3a3d40;--tint:#1c1f21}}\n"
"body{margin:0 auto;max-width:72rem;padding:1rem;background:var(--back);"
"color:var(--text);font:16px/1.5 system-ui,sans-serif}\n"
"h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.2rem;margin:2rem 0 .5rem;"
"border-bottom:1px solid var(--rule)}h3{font-size:1rem;margin:1.2rem 0 .3rem}\n"
"p{max-width:46rem}.soft{color:var(--soft)}\n"
".facts{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;"
"margin:.5rem 0}.facts dt{color:var(--soft)}"
".facts dd{margin:0;overflow-wrap:anywhere}\n"
".keys{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;list-style:none;padding:0}\n"
".key{width:36px;height:12px;margin-right:.4rem}\n"
".figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),"
"1fr));gap:.5rem 1rem}\n"
"figure{margin:0;max-width:34rem}figcaption{font-weight:600;font-size:.88rem;"
"margin-left:2.5rem}\n"
"figure svg{width:100%;height:auto}"
"figure text{font:12px system-ui,sans-serif;fill:var(--text)}\n"
".grid{stroke:var(--rule);fill:none}.axis{stroke:var(--soft);fill:none}\n"
".line{fill:none;stroke-width:1.6}.clairvoyant{stroke-dasharray:5 3}"
".bar{fill:none;stroke-width:1.4}\n"
".wide{overflow-x:auto;margin:.5rem 0}\n"
"table{border-collapse:collapse;font-size:.88rem;"
"font-variant-numeric:tabular-nums}\n"
"th,td{padding:.15rem .6rem;text-align:right;white-space:nowrap;"
"border-bottom:1px solid var(--rule)}\n"
"th:first-child,td:first-child{text-align:left;position:sticky;left:0;"
"background:var(--back)}th{font-weight:600}\n"
".better{font-weight:600}.none{color:var(--soft)}\n"
"pre{background:var(--tint);padding:.6rem .8rem;overflow-x:auto;font-size:.82rem;"
"line-height:1.4}summary{cursor:pointer}\n"
"@media(max-width:30rem){.facts{grid-template-columns:1fr}"
".facts dd{margin:0 0 .4rem}figure text{font-size:14px}}\n"
"@media print{details{display:block}}\n";

static void add_fact(struct text *out, const char *name, const char *value)
{
	text_add(out, "<dt>");
	report_escape(out, name);
	text_add(out, "</dt><dd>");
	report_escape(out, value);
	text_add(out, "</dd>\n");
}

static void add_facts(const struct report *r, struct text *out)
{
	const struct stored *d = r->stored;
	char *s = mem_printf("%lld, of %d policies at %d point%s",
		(long long)d->runs, d->policies, d->points,
		d->points == 1 ? "" : "s");

	text_add(out, "<dl class=\"facts\">\n");
	add_fact(out, "runs", s);
	free(s);
	for (int i = 0; i < r->common.n; i++)
		add_fact(out, r->common.line[i].name, r->common.line[i].text);
	s = report_seeds(r);
	add_fact(out, "seeds", s);
	free(s);
	for (int a = 0; a < d->axes; a++)
		add_fact(out, a ? "" : "axes", d->axis[a]);
	text_add(out, "</dl>\n");
}

static int has_clairvoyant(const struct stored *d)
{
	for (int p = 0; p < d->policies; p++)
		if (d->policy[p].clairvoyant)
			return 1;
	return 0;
}

static void add_policy_name(const struct report *r, struct text *out, int policy)
{
	report_escape(out, r->stored->policy[policy].text);
	if (r->stored->policy[policy].clairvoyant)
		text_add(out, " *");
}

static void add_keys(const struct report *r, struct text *out)
{
	text_add(out, "<ul class=\"keys\">\n");
	for (int p = 0; p < r->stored->policies; p++) {
		text_add(out, "<li>");
		report_svg_key(r, out, p);
		add_policy_name(r, out, p);
		text_add(out, "</li>\n");
	}
	text_add(out, "</ul>\n<p class=\"soft\">Bars are 95 %% confidence intervals of "
		"the mean over replications, often smaller than the marks.%s</p>\n",
		has_clairvoyant(r->stored) ? " * clairvoyant: it sees what no real "
		"scheduler can; a reference, not a competitor." : "");
}

/* ---- Figures --------------------------------------------------------------------------- */

/* Equal in all axes but x? */
static int same_group(const struct stored *d, int a, int b, int x)
{
	for (int i = 0; i < d->axes; i++)
		if (i != x && strcmp(d->point[a].value[i], d->point[b].value[i]))
			return 0;
	return 1;
}

static char *group_title(const struct stored *d, int point, int x)
{
	struct text t;

	text_init(&t);
	for (int a = 0; a < d->axes; a++) {
		const char *dot = strrchr(d->axis[a], '.');
		char *value;
		if (a == x)
			continue;
		value = stored_show_value(d, point, a);
		text_add(&t, "%s%s %s", t.length ? ", " : "",
			dot ? dot + 1 : d->axis[a], value);
		free(value);
	}
	return t.s;
}

struct by_x { double x; int point; };

static int compare_x(const void *a, const void *b)
{
	const struct by_x *m = a, *n = b;

	return m->x < n->x ? -1 : m->x > n->x ? 1 : m->point - n->point;
}

/* The group that begins with point `first`, in order of x. */
static int find_group(const struct report *r, int first, int axis, int *points)
{
	const struct stored *d = r->stored;
	struct by_x *all = mem_new((size_t)d->points, sizeof *all);
	int n = 0;

	for (int i = first; i < d->points; i++)
		if (same_group(d, first, i, axis))
			all[n++] = (struct by_x){ stored_number(d, i, axis), i };
	qsort(all, (size_t)n, sizeof *all, compare_x);
	for (int i = 0; i < n; i++)
		points[i] = all[i].point;
	free(all);
	return n;
}

static void add_figures(const struct report *r, struct text *out)
{
	const struct stored *d = r->stored;
	int *points = mem_new((size_t)d->points, sizeof *points);
	int axis = report_x_axis(r);

	text_add(out, "<h2>Figures</h2>\n");
	add_keys(r, out);
	text_add(out, "<div class=\"figures\">\n");
	for (int m = 0; m < r->metrics; m++) {
		int drawn = 0;
		if (axis < 0) {
			for (int i = 0; i < d->points; i++)
				points[i] = i;
			report_svg(r, out, r->metric[m], -1, points, d->points, "");
			continue;
		}
		for (int i = 0; i < d->points && drawn < MOST_FIGURES; i++) {
			char *title;
			int n, earlier = 0;
			for (int k = 0; k < i && !earlier; k++)
				earlier = same_group(d, k, i, axis);
			if (earlier)
				continue;
			n = find_group(r, i, axis, points);
			title = group_title(d, i, axis);
			report_svg(r, out, r->metric[m], axis, points, n, title);
			free(title);
			drawn++;
		}
	}
	text_add(out, "</div>\n");
	free(points);
}

/* ---- Tables ------------------------------------------------------------------------------ */

static void add_row_head(const struct report *r, struct text *out, int point)
{
	const struct stored *d = r->stored;

	text_add(out, "<tr><td>");
	if (!d->axes)
		text_add(out, "all");
	for (int a = 0; a < d->axes; a++) {
		char *value = stored_show_value(d, point, a);
		if (a)
			text_add(out, "</td><td>");
		report_escape(out, value);
		free(value);
	}
	text_add(out, "</td><td>");
	if (!isnan(r->load[point]))
		text_add(out, "%.3f", r->load[point]);
	text_add(out, "</td>");
}

static void add_table_head(const struct report *r, struct text *out, int first)
{
	const struct stored *d = r->stored;

	text_add(out, "<div class=\"wide\"><table>\n<thead><tr>");
	if (!d->axes)
		text_add(out, "<th></th>");
	for (int a = 0; a < d->axes; a++) {
		text_add(out, "<th>");
		report_escape(out, d->axis[a]);
		text_add(out, "</th>");
	}
	text_add(out, "<th>load</th>");
	for (int p = first; p < d->policies; p++) {
		text_add(out, "<th>");
		add_policy_name(r, out, p);
		text_add(out, "</th>");
	}
	text_add(out, "</tr></thead>\n<tbody>\n");
}

static void add_title(struct text *out, const struct column *c, const char *unit)
{
	text_add(out, "<h3>");
	report_escape(out, c->title);
	if (*unit)
		text_add(out, " (%s)", unit);
	text_add(out, "</h3>\n");
}

static void add_tables(const struct report *r, struct text *out)
{
	const struct stored *d = r->stored;

	text_add(out, "<h2>Tables</h2>\n<p class=\"soft\">Means over replications with "
		"half a 95 %% confidence interval, from 5 replications on. ≤ and ≥: the "
		"same in every replication; a limit with 95 %% confidence, if requests "
		"were independent. load: work to full depth offered over capacity."
		"</p>\n");
	for (int m = 0; m < r->metrics; m++) {
		add_title(out, r->metric[m], r->metric[m]->unit);
		add_table_head(r, out, 0);
		for (int i = 0; i < d->points; i++) {
			add_row_head(r, out, i);
			for (int p = 0; p < d->policies; p++) {
				struct estimate e = results_estimate(&r->results[i], p,
					r->metric[m]);
				char *cell = out_estimate(&e, r->metric[m]);
				text_add(out, "<td>%s</td>", cell);
				free(cell);
			}
			text_add(out, "</tr>\n");
		}
		text_add(out, "</tbody></table></div>\n");
	}
}

static void add_comparison(const struct report *r, struct text *out,
	const struct column *c)
{
	static const char *const classes[] = { "", "none", "better", "worse" };
	const struct stored *d = r->stored;

	add_title(out, c, strcmp(c->unit, "%") ? c->unit : "points");
	add_table_head(r, out, 1);
	for (int i = 0; i < d->points; i++) {
		add_row_head(r, out, i);
		for (int p = 1; p < d->policies; p++) {
			struct comparison e = report_compare(r, i, p, c);
			char *cell = report_verdict(&e, c), joint[32];
			text_add(out, "<td class=\"%s\"%s", classes[e.verdict],
				*cell ? "" : ">");
			if (*cell)
				text_add(out, " title=\"± %s at %.5g %%\">%s",
					outcome_print_scaled(joint, c,
						e.half_joint),
					100 * (1 - 0.05 / (double)r->comparisons),
					cell);
			text_add(out, "</td>");
			free(cell);
		}
		text_add(out, "</tr>\n");
	}
	text_add(out, "</tbody></table></div>\n");
}

static void add_comparisons(const struct report *r, struct text *out)
{
	if (!r->comparisons)
		return;
	text_add(out, "<h2>Against ");
	report_escape(out, r->stored->policy[0].text);
	text_add(out, "</h2>\n<p class=\"soft\">Differences between runs on the same "
		"requests, seed by seed, with half a 95 %% confidence interval. better "
		"and worse: the interval at %.5g %%, which holds for all %lld "
		"comparisons together, excludes 0. none: no evidence of a difference."
		"</p>\n", 100 * (1 - 0.05 / (double)r->comparisons),
		(long long)r->comparisons);
	for (int i = 0; report_compared[i]; i++)
		add_comparison(r, out, outcome_column(report_compared[i]));
}

/* ---- Where it came from ------------------------------------------------------------------ */

static void add_provenance(const struct report *r, struct text *out)
{
	const struct stored *d = r->stored;
	char *s;

	text_add(out, "<h2>Where it came from</h2>\n<dl class=\"facts\">\n");
	for (int i = 0; i < d->programs; i++) {
		const struct stored_program *p = &d->program[i];
		s = mem_printf("laxity %s, commit %s, sources with SHA-256 %s: %lld "
			"runs", p->version, p->revision, p->code,
			(long long)p->runs);
		add_fact(out, i ? "" : "program", s);
		free(s);
	}
	for (int i = 0; i < d->traces; i++) {
		const struct stored_trace *t = &d->trace[i];
		s = mem_printf("%s, SHA-256 of its files %s: %s, %s%s", t->path,
			t->sha256, t->device, t->task, t->modelled
			? "; modelled: not all of it is measured"
			: "; measured");
		add_fact(out, i ? "" : "trace", s);
		free(s);
	}
	if (*d->bound_name)
		add_fact(out, "bound", d->bound_name);
	text_add(out, "</dl>\n");
}

static void add_commands(const struct report *r, struct text *out)
{
	const struct stored *d = r->stored;

	text_add(out, "<h2>Run it again</h2>\n<p>Build laxity at the commit above "
		"(<code>make</code>), check the trace with <code>laxity trace "
		"check</code>, and save this as <code>workload.ini</code>:</p>\n"
		"<details open><summary>workload.ini</summary><pre>");
	report_escape(out, d->point[0].resolved);
	text_add(out, "</pre></details>\n<p>Then, for each row of the tables:</p>\n"
		"<details%s><summary>%d command%s</summary><pre>",
		d->points <= 30 ? " open" : "", d->points,
		d->points == 1 ? "" : "s");
	for (int i = 0; i < d->points; i++) {
		char *command = report_command(r, i);
		report_escape(out, command);
		text_add(out, "\n");
		free(command);
	}
	text_add(out, "</pre></details>\n");
}

void report_html(const struct report *r, struct text *out)
{
	text_add_n(out, head, sizeof head - 1);
	report_svg_style(r, out);
	text_add(out, "</style>\n</head>\n<body>\n<h1>laxity report</h1>\n");
	add_facts(r, out);
	if (r->stored->runs) {
		add_figures(r, out);
		add_tables(r, out);
		add_comparisons(r, out);
		add_provenance(r, out);
		add_commands(r, out);
	}
	text_add(out, "</body>\n</html>\n");
}
