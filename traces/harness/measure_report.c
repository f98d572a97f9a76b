/* The checks of measurement.md 12, each with value, limit and verdict, and the
 * report on standard output. */
#include "measure.h"

#include "../../sim/msg.h"
#include "../../sim/stats.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void check(struct measure *m, const char *name, int verdict,
	const char *limit, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

static void check(struct measure *m, const char *name, int verdict,
	const char *limit, const char *format, ...)
{
	struct check *c = &m->check[m->checks];
	va_list args;

	if (m->checks == (int)(sizeof m->check / sizeof *m->check))
		return;
	m->checks++;
	c->verdict = verdict;
	(void)snprintf(c->name, sizeof c->name, "%s", name);
	(void)snprintf(c->limit, sizeof c->limit, "%s", limit);
	va_start(args, format);
	(void)vsnprintf(c->value, sizeof c->value, format, args);
	va_end(args);
}

static const struct combo *default_combo(const struct measure *m, int net,
	int setting)
{
	return &m->combo[(net * m->settings + setting) * m->environments];
}

static void check_null(struct measure *m)
{
	check(m, "clock pair", m->clock_pair_ns < 100, "< 100 ns", "%.0f ns",
		m->clock_pair_ns);
	if (isnan(m->poll_effect))
		check(m, "polling the meter", -1, "< 1 %", "no meter");
	else
		check(m, "polling the meter", fabs(m->poll_effect) < 0.01,
			"< 1 %", "%+.2f %% of p50", 100 * m->poll_effect);
	if (!isnan(m->events_effect))
		check(m, "events", 1, "over 1 %: kept out", "%+.2f %% of p50",
			100 * m->events_effect);
}

static void check_agreement(struct measure *m)
{
	double worst = 0;

	for (int i = 0; i < m->nets * m->settings; i++)
		worst = fmax(worst, m->agreement[i]);
	if (m->info.tolerance > 0) {
		char limit[32];
		(void)snprintf(limit, sizeof limit, "%g", m->info.tolerance);
		check(m, "oracle", worst <= m->info.tolerance, limit,
			"probabilities to %.2g", worst);
	} else {
		check(m, "oracle", -1, "", "answers are made up");
	}
}

static void check_closure(struct measure *m)
{
	double span = 0, whole = NAN;

	for (int i = 0; i < m->nets * m->settings; i++) {
		if (!isnan(m->span_gap[i]))
			span = fmax(span, fabs(m->span_gap[i]));
		if (!isnan(m->whole_gap[i]))
			whole = isnan(whole) ? fabs(m->whole_gap[i])
				: fmax(whole, fabs(m->whole_gap[i]));
	}
	check(m, "sum of stages", span <= 0.01, "1 %",
		"%.2f %% from first send to last result", 100 * span);
	if (isnan(whole))
		check(m, "whole network", -1, "10 %", "no device time");
	else
		check(m, "whole network", whole <= 0.1, "10 %", "%.2f %%",
			100 * whole);
}

/* The reference is for the task's whole test set. */
static void check_accuracy(struct measure *m)
{
	double worst = 0;
	const char *where = "";
	int exits = 0, depth = 0;

	for (int i = 0; i < m->nets; i++) {
		const struct combo *c = default_combo(m, i, 0);
		for (int d = 0; d < c->depths; d++) {
			double right = 0, off;
			if (isnan(m->net[i]->reference[d])
			    || m->images.count < 10000 || m->images.numbered)
				continue;
			for (int k = 0; k < c->passes; k++)
				right += c->sample[k * c->depths + d].prediction
					== m->images.label[c->input[k]];
			off = right / c->passes - m->net[i]->reference[d];
			exits++;
			if (fabs(off) >= fabs(worst)) {
				worst = off;
				where = m->net[i]->name;
				depth = d + 1;
			}
		}
	}
	if (!exits)
		check(m, "accuracy", -1, "0.3 points",
			"not the whole test set, or no reference");
	else
		check(m, "accuracy", fabs(worst) <= 0.003, "0.3 points",
			"%d exits, most off %+.2f points (%s exit %d)", exits,
			100 * worst, where, depth);
}

static void check_again(struct measure *m)
{
	if (!m->again_done) {
		check(m, "repeat", -1, "2 %, 5 %", "not done");
		return;
	}
	check(m, "repeat p50", fabs(m->again_p50) <= 0.02, "2 %", "%+.2f %%",
		100 * m->again_p50);
	check(m, "repeat p99", fabs(m->again_p99) <= 0.05, "5 %", "%+.2f %%",
		100 * m->again_p99);
	if (!isnan(m->again_j))
		check(m, "repeat energy", fabs(m->again_j) <= 0.03, "3 %",
			"%+.2f %% of a pass", 100 * m->again_j);
	check(m, "repeat outcomes", !m->again_changed, "identical",
		"%d differ", m->again_changed);
}

/* A counter that samples, rather than adds up, mistakes loads that change as
 * often as it steps; windows of random gaps still average that out. */
static void check_counter(struct measure *m)
{
	if (!isnan(m->aliasing))
		check(m, "aliasing", fabs(m->aliasing) <= 0.1 ? 1 : 2,
			"10 %, flagged", "%.1f %% of a square wave",
			100 * m->aliasing);
	if (!isnan(m->counter_ratio))
		check(m, "counter", fabs(m->counter_ratio - 1) <= 0.05 ? 1 : 2,
			"5 %, flagged", "%+.2f %% of the power readings",
			100 * (m->counter_ratio - 1));
}

static void check_energy(struct measure *m)
{
	double worst = 0, gap = 0;
	int fits = 0;

	for (int i = 0; i < m->nets; i++)
		for (int s = 0; s < m->settings; s++) {
			const struct energy_fit *f =
				&m->fit[i * m->settings + s];
			if (!f->stages)
				continue;
			fits++;
			worst = fmax(worst, f->closure);
			if (!isnan(m->idle_w[s]))
				gap = fmax(gap, fabs(f->p0_w / m->idle_w[s] - 1));
		}
	if (!fits) {
		check(m, "closure of energy", -1, "5 %", "%.60s", m->no_meter
			? m->no_meter : "no fit");
		return;
	}
	check(m, "closure of energy", worst <= 0.03 ? 1 : worst <= 0.05 ? 2 : 0,
		"3 % good, 5 % flagged", "%.2f %%, %d of %d fitted",
		100 * worst, fits, m->nets * m->settings);
	check(m, "gap power", gap <= 0.05 ? 1 : 2, "5 % of idle, flagged",
		"%.2f %%", 100 * gap);
}

static void check_steady(struct measure *m)
{
	int flagged = 0, alive = 1, short_of = 0, left_out = 0;
	char limit[32];

	for (int i = 0; i < m->combos; i++) {
		const struct combo *c = &m->combo[i];
		flagged += c->flagged;
		left_out += !c->passes;
		short_of += c->passes && c->passes < c->due;
	}
	for (int i = 0; i < m->combos; i++)
		if (m->combo[i].passes && m->combo[i].environment)
			alive &= m->co_alive[m->combo[i].environment];
	(void)snprintf(limit, sizeof limit, "1 %% within %.0f s", m->o.warm_s);
	check(m, "warm-up", !m->warm_flagged, limit, "%.1f s", m->warm_s);
	check(m, "intervals", !flagged ? 1 : m->o.budget_s ? 2 : 0, "p50 0.5 %, p99 3 % in 60 s",
		"%d of %d combinations wider", flagged, m->combos);
	check(m, "throttling", !m->unclean_blocks, "none", "%d blocks",
		m->unclean_blocks);
	if (m->environments > 1)
		check(m, "loads alive", alive, "all", alive ? "all"
			: "one ended early");
	/* Short for want of time is no fault of the measurement. */
	check(m, "rows", !short_of ? 1 : m->o.budget_s ? 2 : 0,
		"passes x depths", "%d combinations short", short_of);
	if (m->o.budget_s)
		check(m, "budget", left_out ? 2 : 1, "all combinations",
			"%d of %d left out for want of time", left_out,
			m->combos);
}

/* measurement.md 13: half of what one graph per stage costs elsewhere. */
static void check_speed(struct measure *m)
{
	int net = 0, depth = 0;
	double worst = measure_speed_worst(m, &net, &depth);

	if (!isnan(worst))
		check(m, "speed", worst <= 0.5 ? 1 : 2, "half of the other's p50",
			"at most %.2f (%.24s stage %d)", worst,
			m->net[net]->name, depth);
}

/* Predictions that another setting rounds differently. */
static void check_changes(struct measure *m)
{
	int64_t changed = 0, seen = 0;
	struct text t;

	text_init(&t);
	text_add(&t, "network,setting,environment,input,depth,prediction,"
		"default_prediction\n");
	for (int k = 0; k < m->combos; k++) {
		const struct combo *c = &m->combo[k];
		const struct combo *o = default_combo(m, c->net, 0);
		int *where = mem_new((size_t)m->images.count, sizeof *where);
		for (int i = 0; i < o->passes; i++)
			where[o->input[i]] = i;
		for (int i = 0; i < c->passes && c != o; i++)
			for (int d = 0; d < c->depths; d++) {
				int a = c->sample[i * c->depths + d].prediction;
				int b = o->sample[where[c->input[i]] * c->depths
					+ d].prediction;
				seen++;
				if (a == b)
					continue;
				changed++;
				text_add(&t, "%s,%s,%s,%d,%d,%d,%d\n",
					m->net[c->net]->name,
					m->setting[c->setting].name,
					m->environment[c->environment].name,
					c->input[i], d + 1, a, b);
			}
		free(where);
	}
	text_add(m->remark, "predictions_changed = %lld of %lld outside the "
		"default combination\n", (long long)changed, (long long)seen);
	(void)measure_store_text(m, "changed.csv", &t);
	text_fini(&t);
}

/* ---- The report ------------------------------------------------------------------ */

/* Correlation of stage 1 with itself one pass later, and with stage 2. */
static void correlations(const struct combo *c, double *lag, double *stages)
{
	double *x = mem_new((size_t)c->passes, sizeof *x);
	double mean[2] = { 0, 0 }, product = 0, square[2] = { 0, 0 };

	for (int i = 0; i < c->passes; i++) {
		x[i] = (double)c->sample[i * c->depths].duration_ns;
		for (int d = 0; d < 2 && d < c->depths; d++)
			mean[d] += (double)c->sample[i * c->depths + d]
				.duration_ns / c->passes;
	}
	*lag = stats_lag1(x, c->passes);
	for (int i = 0; i < c->passes && c->depths > 1; i++) {
		double a = x[i] - mean[0], b = (double)c->sample[i * c->depths
			+ 1].duration_ns - mean[1];
		product += a * b;
		square[0] += a * a;
		square[1] += b * b;
	}
	*stages = c->depths > 1 ? product / sqrt(square[0] * square[1]) : NAN;
	free(x);
}

static void print_stages(struct measure *m)
{
	printf("%-12s %-10s %5s %10s %10s %8s %8s %9s %9s\n", "network",
		"setting", "depth", "p50 us", "p99 us", "kernels", "floor us",
		"accuracy", "watts");
	for (int i = 0; i < m->nets; i++)
	for (int s = 0; s < m->settings; s++) {
		const struct combo *c = default_combo(m, i, s);
		const struct energy_fit *f = &m->fit[i * m->settings + s];
		struct plan_info info;
		if (!c->passes)
			continue;
		m->backend->plan_info(measure_plan(m, i, s), &info);
		for (int d = 0; d < c->depths; d++) {
			double right = 0, floor_us = isnan(m->empty_ns) ? NAN
				: (m->empty_ns + (info.kernels[d + 1] - 1)
					* m->chain_ns) * 1e-3;
			for (int k = 0; k < c->passes; k++)
				right += c->sample[k * c->depths + d].prediction
					== m->images.label[c->input[k]];
			printf("%-12s %-10s %5d %10.1f %10.1f %8d ",
				m->net[i]->name, m->setting[s].name, d + 1,
				measure_stage_us(c, d + 1, 0.5),
				measure_stage_us(c, d + 1, 0.99),
				info.kernels[d + 1]);
			if (isnan(floor_us))
				printf("%8s", "-");
			else
				printf("%8.1f", floor_us);
			printf(" %9.4f ", right / c->passes);
			if (d < f->stages)
				printf("%9.2f\n", f->power_w[d + 1]);
			else
				printf("%9s\n", "-");
		}
	}
	printf("\n");
	for (int i = 0; i < m->nets; i++) {
		double lag, stages;
		correlations(default_combo(m, i, 0), &lag, &stages);
		printf("%-12s correlation of stage 1: at lag 1 %.2f",
			m->net[i]->name, lag);
		if (!isnan(stages))
			printf(", with stage 2 of its pass %.2f", stages);
		printf("\n");
	}
}

static void print_fits(const struct measure *m)
{
	for (int i = 0; i < m->nets; i++)
	for (int s = 0; s < m->settings; s++) {
		const struct energy_fit *f = &m->fit[i * m->settings + s];
		if (!f->stages)
			continue;
		printf("%-12s %-10s P0 %.2f +- %.2f W, condition %.1f, lack of "
			"fit %.2f, closure %.2f %%\n", m->net[i]->name,
			m->setting[s].name, f->p0_w, 1.96 * f->p0_stderr_w,
			f->condition, f->lack_of_fit, 100 * f->closure);
		for (int d = 1; d <= f->stages; d++)
			printf("%-12s %-10s   stage %d %.6g +- %.2g J\n", "", "",
				d, f->e_j[d], 1.96 * f->e_stderr_j[d]);
	}
}

static int print_checks(const struct measure *m)
{
	static const char *const words[] = { "FAILED", "good", "flagged" };
	int failed = 0;

	printf("\n%-18s %-9s %-26s %s\n", "check", "verdict", "limit", "value");
	for (int i = 0; i < m->checks; i++) {
		const struct check *c = &m->check[i];
		printf("%-18s %-9s %-26s %s\n", c->name, c->verdict < 0
			? "not done" : words[c->verdict], c->limit, c->value);
		failed += !c->verdict;
	}
	return failed;
}

int measure_report(struct measure *m)
{
	struct bundle *written;
	int failed;

	check_null(m);
	check_agreement(m);
	check_closure(m);
	check_accuracy(m);
	check_again(m);
	check_energy(m);
	check_counter(m);
	check_speed(m);
	check_steady(m);
	check_changes(m);
	if (measure_bundle(m))
		return -1;
	/* What was written must read back. */
	written = bundle_read(m->o.out);
	bundle_free(written);
	if (!written)
		return -1;
	check(m, "bundle", 1, "reads back", "yes");
	print_stages(m);
	measure_speed_print(m);
	print_fits(m);
	failed = print_checks(m);
	printf("\n%s: %d networks, %d settings, %d environments, %d inputs%s\n",
		m->o.out, m->nets, m->settings, m->environments,
		m->images.count, m->o.quick ? " (quick)" : "");
	if (!failed)
		return STATUS_OK;
	printf("%d checks failed: the bundle says so in its provenance\n",
		failed);
	return STATUS_CLAIM;
}
