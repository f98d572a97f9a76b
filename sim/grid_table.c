/* What a constraint grid's results say. */
#include "grid.h"

#include "num.h"
#include "out.h"
#include "stats.h"
#include "table.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Settings ---------------------------------------------------------------- */

static const struct grid_result *at(const struct grid *g,
	const struct grid_result *results, int setting, int policy)
{
	return &results[((int64_t)setting * g->policies + policy)
		* g->replications];
}

static double value(const struct grid_result *r, enum objective objective)
{
	return objective == OBJECTIVE_ENERGY ? r->energy_j : r->error;
}

/* All replications' inputs together. */
static bool violated(const struct grid *g, const struct grid_result *results,
	int setting, int policy)
{
	const struct grid_result *r = at(g, results, setting, policy);
	double sum = 0;

	for (int k = 0; k < g->replications; k++)
		sum += r[k].violated;
	return sum > (GRID_VIOLATED + 1e-12) * g->replications;
}

/* The milder verdict: do the means meet the goal, and are deadlines kept? */
static bool off(const struct grid *g, const struct grid_result *results,
	int setting, int policy)
{
	const struct grid_result *r = at(g, results, setting, policy);
	struct grid_setting s = grid_setting(g, setting);
	double missed = 0, energy = 0, error = 0, n = g->replications;

	for (int k = 0; k < g->replications; k++) {
		missed += r[k].missed;
		energy += r[k].energy_j;
		error += r[k].error;
	}
	return missed > (GRID_VIOLATED + 1e-12) * n
		|| (s.objective == OBJECTIVE_ENERGY
		? 1 - error / n < g->accuracy[s.level] - 1e-12
		: energy / n > 1.01e-9 * g->power_w[s.level]
		* (double)g->deadline_ns[s.deadline]);
}

static int first_setting(const struct grid *g, int environment,
	enum objective objective)
{
	return (environment * 2 + (objective == OBJECTIVE_ACCURACY))
		* g->deadlines * g->levels;
}

/* ---- Cells --------------------------------------------------------------------- */

int grid_compare(const struct grid *g, const struct grid_result *results,
	int environment, enum objective objective, int a, int b, double *ratio)
{
	int first = first_setting(g, environment, objective), n = 0;

	for (int k = 0; k < g->replications; k++)
		ratio[k] = 0;
	for (int s = first; s < first + g->deadlines * g->levels; s++) {
		if (violated(g, results, s, g->reference)
		    || violated(g, results, s, a) || violated(g, results, s, b))
			continue;
		n++;
		for (int k = 0; k < g->replications; k++)
			ratio[k] += value(at(g, results, s, a) + k, objective)
				/ value(at(g, results, s, b) + k, objective);
	}
	for (int k = 0; k < g->replications; k++)
		ratio[k] = n ? ratio[k] / n : NAN;
	return n;
}

void grid_cell(const struct grid *g, const struct grid_result *results,
	int environment, enum objective objective, int policy,
	struct grid_cell *out)
{
	int first = first_setting(g, environment, objective);

	out->settings = g->deadlines * g->levels;
	out->dropped = out->violated = out->off = 0;
	for (int s = first; s < first + out->settings; s++) {
		if (violated(g, results, s, g->reference)) {
			out->dropped++;
			continue;
		}
		out->violated += violated(g, results, s, policy);
		out->off += off(g, results, s, policy);
	}
	out->counted = grid_compare(g, results, environment, objective, policy,
		g->reference, out->ratio);
}

double grid_harmonic_mean(const double *x, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += 1 / x[i];
	return n / sum;
}

/* ---- For people ------------------------------------------------------------------- */

static void add_ratio(struct table *t, const double *x, int n, const char *note)
{
	struct estimate e = stats_estimate(x, n, 0);

	if (e.n == 0)
		table_add(t, "-%s", note);
	else if (isnan(e.half))
		table_add(t, "%.3f%s", e.mean, note);
	else if (e.half < 0.0005)
		table_add(t, "%.3f ± <.001%s", e.mean, note);
	else
		table_add(t, "%.3f ± %.3f%s", e.mean, e.half, note);
}

/* The environments' ratios become one by replication; those without any are
 * left out. */
static void add_harmonic(const struct grid *g, struct table *t,
	double *const *row)
{
	double *x = mem_new((size_t)g->environments, sizeof *x);
	double *joined = mem_new((size_t)g->replications, sizeof *joined);

	for (int k = 0; k < g->replications; k++) {
		int n = 0;

		for (int i = 0; i < g->environments; i++)
			if (!isnan(row[i][k]))
				x[n++] = row[i][k];
		joined[k] = n ? grid_harmonic_mean(x, n) : NAN;
	}
	add_ratio(t, joined, g->replications, "");
	free(x);
	free(joined);
}

/* One row: a policy against the reference, with counts, or the first policy
 * against it. */
static void add_row(const struct grid *g, const struct grid_result *results,
	enum objective objective, int policy, bool counts, struct table *t)
{
	double **row = mem_new((size_t)g->environments, sizeof *row);
	char note[64] = "";

	table_add(t, "%s%s", g->choice[policy].text,
		g->choice[policy].policy->clairvoyant ? " *" : "");
	for (int i = 0; i < g->environments; i++) {
		struct grid_cell c;

		row[i] = c.ratio = mem_new((size_t)g->replications, sizeof *c.ratio);
		if (counts) {
			grid_cell(g, results, i, objective, policy, &c);
			(void)snprintf(note, sizeof note, " [%d/%d]", c.violated,
				c.off);
		} else {
			(void)snprintf(note, sizeof note, " (%d)", grid_compare(g,
				results, i, objective, 0, policy, c.ratio));
		}
		add_ratio(t, c.ratio, g->replications, note);
	}
	add_harmonic(g, t, row);
	for (int i = 0; i < g->environments; i++)
		free(row[i]);
	free(row);
}

static void add_head(const struct grid *g, const char *first, struct table *t)
{
	table_init(t, g->environments + 2);
	table_add(t, "%s", first);
	for (int i = 0; i < g->environments; i++)
		table_add(t, "%s", g->environment[i].name);
	table_add(t, "harmonic mean");
}

static void objective_table(const struct grid *g,
	const struct grid_result *results, enum objective objective,
	struct text *out)
{
	bool energy = objective == OBJECTIVE_ENERGY;
	struct table t;

	text_add(out, "%s\n\n", energy
		? "Least energy for an accuracy: energy of an input / oracle-static's"
		: "Least error for an energy: nominal error / oracle-static's");
	add_head(g, "policy", &t);
	for (int p = 0; p < g->policies; p++)
		add_row(g, results, objective, p, true, &t);
	table_print(&t, 1, 2, out);
	table_fini(&t);
	text_add(out, "\n  %s's %s / that of\n\n", g->choice[0].text,
		energy ? "energy" : "error");
	add_head(g, "policy", &t);
	for (int p = 1; p < g->policies; p++)
		add_row(g, results, objective, p, false, &t);
	table_print(&t, 1, 2, out);
	table_fini(&t);
	text_add(out, "\n");
}

static void dropped(const struct grid *g, const struct grid_result *results,
	struct text *out)
{
	struct grid_cell c;

	c.ratio = mem_new((size_t)g->replications, sizeof *c.ratio);
	text_add(out, "Settings that oracle-static itself violates, dropped for "
		"all, of %d a cell:", g->deadlines * g->levels);
	for (int i = 0; i < g->environments; i++) {
		text_add(out, "%s %s", i ? ";" : "", g->environment[i].name);
		for (int k = 0; k < 2; k++) {
			grid_cell(g, results, i, k ? OBJECTIVE_ACCURACY
				: OBJECTIVE_ENERGY, g->reference, &c);
			text_add(out, "%s%d %s", k ? ", " : " ", c.dropped,
				k ? "(error)" : "(energy)");
		}
	}
	text_add(out, ".\n");
	free(c.ratio);
}

void grid_table(const struct grid *g, const struct grid_result *results,
	struct text *out)
{
	text_add(out, "%s on %s%s\n%d deadlines x %d levels, deadlines in units of "
		"%.9g us, the mean time of %s; %d replications from seed %u\n\n",
		g->task, g->device, g->modelled ? " (MODELLED trace)" : "",
		g->deadlines, g->levels, g->slowest_ns / 1000, g->slowest,
		g->replications, g->seed);
	objective_table(g, results, OBJECTIVE_ENERGY, out);
	objective_table(g, results, OBJECTIVE_ACCURACY, out);
	text_add(out, "[v/m]: v settings of those counted are violated, on more "
		"than 10 %% of their inputs; of m the\nmeans miss the goal or over "
		"10 %% of the deadlines are missed. Violated settings are not in\n"
		"the averages. (n): settings that neither violates. * sees the "
		"future. oracle-static is chosen\non these very inputs.\n");
	dropped(g, results, out);
}

/* ---- For programs ------------------------------------------------------------------ */

static double mean_of(const struct grid *g, const struct grid_result *r,
	size_t offset)
{
	double sum = 0;

	for (int k = 0; k < g->replications; k++)
		sum += *(const double *)(const void *)((const char *)&r[k] + offset);
	return sum / g->replications;
}

static void csv_row(const struct grid *g, const struct grid_result *results,
	int setting, int policy, struct text *out)
{
	static const size_t member[] = { offsetof(struct grid_result, violated),
		offsetof(struct grid_result, missed),
		offsetof(struct grid_result, energy_j),
		offsetof(struct grid_result, error),
		offsetof(struct grid_result, accuracy) };
	const struct grid_result *r = at(g, results, setting, policy);
	struct grid_setting s = grid_setting(g, setting);
	int64_t deadline = g->deadline_ns[s.deadline];
	bool energy = s.objective == OBJECTIVE_ENERGY;
	double level = energy ? g->accuracy[s.level] : g->power_w[s.level];
	char x[32];

	text_add(out, "%s,%s,%s,%lld,", g->environment[s.environment].name,
		energy ? "energy" : "accuracy", num_print(x, g->deadline[s.deadline]),
		(long long)deadline);
	text_add(out, "%s,", num_print(x, level));
	out_csv_field(out, g->choice[policy].text);
	text_add(out, ",%d,%d", violated(g, results, setting, policy),
		off(g, results, setting, policy));
	for (size_t i = 0; i < sizeof member / sizeof *member; i++)
		text_add(out, ",%s", num_print(x, mean_of(g, r, member[i])));
	text_add(out, "\n");
}

void grid_csv(const struct grid *g, const struct grid_result *results,
	struct text *out)
{
	text_add(out, "environment,objective,deadline,deadline_ns,level,policy,"
		"setting_violated,mean_off,violated_ratio,miss_ratio,energy_j,"
		"error,accuracy\n");
	for (int s = 0; s < grid_settings(g); s++)
		for (int p = 0; p < g->policies; p++)
			csv_row(g, results, s, p, out);
}
