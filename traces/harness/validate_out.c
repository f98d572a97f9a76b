/* A validation for people and for figures. */
#include "validate.h"

#include "../../sim/out.h"
#include "../../sim/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* "+0.12"; what rounds to zero has no sign. */
static void add_signed(struct table *t, double x)
{
	char s[32];

	if (isnan(x)) {
		table_add(t, "%s", "");
		return;
	}
	(void)snprintf(s, sizeof s, "%+.3f", 100 * x);
	table_add(t, "%s", strspn(s, "+-0.") == strlen(s) ? s + 1 : s);
}

static void add_line(struct table *t, const struct validation *v,
	const struct validate_group *g, int metric)
{
	const struct column *c = outcome_column(validate_metrics[metric].column);
	struct validate_line l;
	char s[32];

	validation_line(v, g, metric, &l);
	if (!l.n)
		return;
	table_add(t, "%s", g->policy);
	table_add(t, "%s, %s", c->title, c->unit);
	table_add(t, "%s", outcome_print_scaled(s, c, l.simulated));
	table_add(t, "%s", outcome_print_scaled(s, c, l.live));
	add_signed(t, l.deviation);
	if (isnan(l.half))
		table_add(t, "%s", "");
	else
		table_add(t, "± %.3f", 100 * l.half);
	table_add(t, "%.4g", 100 * v->limit[metric]);
	table_add(t, "%s", l.within ? "" : "beyond");
	for (int p = 0; p < PARTS; p++)
		add_signed(t, l.part[p]);
}

static void add_lines(struct text *out, const struct validation *v, int from,
	int to)
{
	static const char *const heads[] = { "policy", "metric", "simulated",
		"live", "deviation", "", "limit", "", "workload", "dispatch",
		"stage time", "other" };
	struct table t;

	table_init(&t, 12);
	for (int i = 0; i < 12; i++)
		table_add(&t, "%s", heads[i]);
	for (int i = 0; i < 12; i++)
		table_add(&t, "%s", i < 4 || i == 5 || i == 7 ? "" : "%");
	for (int i = from; i < to; i++)
		for (int m = 0; m < VALIDATE_METRICS; m++)
			add_line(&t, v, &v->group[i], m);
	table_print(&t, 2, 0, out);
	table_fini(&t);
}

static void add_decisions(struct text *out, const struct validation *v, int from,
	int to)
{
	struct table t;

	table_init(&t, 7);
	table_add(&t, "policy");
	table_add(&t, "cost, us");
	table_add(&t, "seed");
	table_add(&t, "decisions");
	table_add(&t, "as simulated");
	table_add(&t, "repeated");
	table_add(&t, "strange outcomes");
	for (int i = from; i < to; i++)
		for (int r = 0; r < v->group[i].runs; r++) {
			const struct validate_run *x = &v->group[i].run[r];
			table_add(&t, "%s", v->group[i].policy);
			if (v->group[i].decision_ns < 0)
				table_add(&t, "trace");
			else
				table_add(&t, "%.2f", 1e-3
					* (double)v->group[i].decision_ns);
			table_add(&t, "%u", x->seed);
			table_add(&t, "%lld", (long long)x->decisions);
			table_add(&t, "%.3f %%", x->decisions ? 100
				* (double)x->same / (double)x->decisions : 100.0);
			table_add(&t, "%s", x->unrepeated ? "NO" : "all");
			table_add(&t, "%lld of %lld", (long long)x->strange,
				(long long)x->stages);
		}
	table_print(&t, 1, 0, out);
	table_fini(&t);
}

static void add_differences(struct text *out, const struct validation *v,
	int from, int to)
{
	for (int i = from; i < to; i++)
		for (int r = 0; r < v->group[i].runs; r++) {
			const struct validate_run *x = &v->group[i].run[r];
			if (x->unrepeated)
				text_add(out, "%s, seed %u: not repeated: %s\n",
					v->group[i].policy, x->seed,
					x->unrepeated);
			if (x->differing)
				text_add(out, "%s, seed %u: first differing %s\n",
					v->group[i].policy, x->seed,
					x->differing);
		}
}

/* Where each limit is first crossed, by policy. */
static void add_crossings(struct text *out, const struct validation *v)
{
	int beyond = 0, lines = 0, unrepeated = 0;

	for (int i = 0; i < v->groups; i++) {
		const struct validate_group *g = &v->group[i];
		for (int r = 0; r < g->runs; r++)
			unrepeated += g->run[r].unrepeated != NULL;
		for (int m = 0; m < VALIDATE_METRICS; m++) {
			const struct column *c
				= outcome_column(validate_metrics[m].column);
			struct validate_line l;
			int earlier = 0;
			validation_line(v, g, m, &l);
			lines += l.n > 0;
			if (!l.n || l.within)
				continue;
			beyond++;
			for (int k = 0; k < i && !earlier; k++) {
				validation_line(v, &v->group[k], m, &l);
				earlier = l.n && !l.within
					&& !strcmp(v->group[k].policy, g->policy);
			}
			if (!earlier)
				text_add(out, "%s: %s is beyond its limit from "
					"load %.4g on\n", g->policy, c->title,
					g->load);
		}
	}
	for (int i = 0; i < v->groups; i++)
		if (validate_group_is_empty(&v->group[i]))
			text_add(out, "%s, load %.4g: hardly any stage was run, so "
				"that nothing is compared: are the trace's p99 "
				"beyond the deadlines?\n", v->group[i].policy,
				v->group[i].load);
	if (unrepeated)
		text_add(out, "%d live runs could not be repeated from their logs: "
			"a fault of laxity, or of a policy that looks at more "
			"than its view\n", unrepeated);
	text_add(out, "%d of %d deviations are within their limits\n",
		lines - beyond, lines);
}

static int next_load(const struct validation *v, int from)
{
	int to = from;

	while (to < v->groups && (v->group[to].load == v->group[from].load
	    || (isnan(v->group[to].load) && isnan(v->group[from].load))))
		to++;
	return to;
}

void validation_table(const struct validation *v, struct text *t)
{
	for (int i = 0, next; i < v->groups; i = next) {
		next = next_load(v, i);
		text_add(t, "Load %.4g: %d replication%s of %lld requests\n\n",
			v->group[i].load, v->group[i].runs,
			v->group[i].runs == 1 ? "" : "s",
			(long long)v->group[i].requests);
		add_lines(t, v, i, next);
		text_add(t, "\n");
		add_decisions(t, v, i, next);
		text_add(t, "\n");
		add_differences(t, v, i, next);
		text_add(t, "\n");
	}
	if (!v->groups)
		return;
	text_add(t, "Deviation: live - simulated, of response and energy relative "
		"to simulated; it is the sum of\nits parts: late wake-ups "
		"(workload), times from pick to send (dispatch), the stages' own\n"
		"times, and other: outcomes that the trace does not have, watts "
		"against the counter.\nCost: of a decision, as simulated and "
		"planned with.\n\n");
	add_crossings(t, v);
}

/* ---- CSV ------------------------------------------------------------------------------ */

static void add_real(struct text *t, double x)
{
	char s[32];

	text_add(t, ",%s", num_print(s, x));
}

void validation_csv(const struct validation *v, struct text *t)
{
	text_add(t, "load,policy,metric,replications,requests,simulated,live,"
		"deviation,half,limit,within,workload,dispatch,stage_time,other,"
		"decisions,same,strange,repeated,decision_ns\n");
	for (int i = 0; i < v->groups; i++) {
		const struct validate_group *g = &v->group[i];
		int64_t decisions = 0, same = 0, strange = 0, repeated = 1;
		for (int r = 0; r < g->runs; r++) {
			decisions += g->run[r].decisions;
			same += g->run[r].same;
			strange += g->run[r].strange;
			repeated &= !g->run[r].unrepeated;
		}
		for (int m = 0; m < VALIDATE_METRICS; m++) {
			struct validate_line l;
			char s[32];
			validation_line(v, g, m, &l);
			if (!l.n)
				continue;
			text_add(t, "%s,", num_print(s, g->load));
			out_csv_field(t, g->policy);
			text_add(t, ",%s,%lld,%lld", validate_metrics[m].column,
				(long long)l.n, (long long)g->requests);
			add_real(t, l.simulated);
			add_real(t, l.live);
			add_real(t, l.deviation);
			add_real(t, l.half);
			add_real(t, v->limit[m]);
			text_add(t, ",%d", l.within);
			for (int p = 0; p < PARTS; p++)
				add_real(t, l.part[p]);
			text_add(t, ",%lld,%lld,%lld,%lld,",
				(long long)decisions, (long long)same,
				(long long)strange, (long long)repeated);
			if (g->decision_ns >= 0)
				text_add(t, "%lld", (long long)g->decision_ns);
			text_add(t, "\n");
		}
	}
}
