/* Energy windows: from one step of the counter to another, with a random mix
 * of depths and idle gaps between. The loop has duration_ns's own boundary
 * (send, wait, read), since the simulator multiplies power by that. */
#include "measure.h"

#include "../../sim/msg.h"
#include "../../sim/stream.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Mean power from a tick to one at least `seconds` later, doing nothing. */
static int idle_power(struct measure *m, double seconds, double *watts)
{
	struct tick from, to;

	if (measure_tick(m, 3, &from))
		return 1;
	measure_rest(seconds);
	if (measure_tick(m, 3, &to))
		return 1;
	*watts = (to.joules - from.joules)
		/ ((double)(to.at_ns - from.at_ns) * 1e-9);
	return 0;
}

/* To depth d only, as an early exit would. */
static int partial_pass(struct measure *m, int net, int setting, int depth,
	int input, struct window *w)
{
	struct sample s[BUNDLE_MAX_DEPTH];

	if (measure_pass(m, measure_plan(m, net, setting), depth, input, s))
		return -1;
	for (int d = 1; d <= depth; d++) {
		w->runs[d]++;
		w->busy_s[d] += (double)s[d - 1].duration_ns * 1e-9;
	}
	return 0;
}

/* mix: 0 full passes, else a random share for every depth. 1: the counter
 * stopped moving. */
static int run_window(struct measure *m, int net, int setting, int mix,
	struct stream *r, struct window *w)
{
	const int depths = m->net[net]->depths;
	double share[BUNDLE_MAX_DEPTH + 1], sum = 0, drift = 0;
	struct tick from, to;
	int64_t pass = 0;

	for (int d = 1; d <= depths; d++)
		sum += share[d] = mix ? -log(1 - stream_unit(r)) : d == depths;
	if (measure_tick(m, 3, &from))
		return 1;
	for (double end = m->o.window_s; !measure_interrupted;) {
		double u = stream_unit(r) * sum;
		int64_t begun = backend_clock();
		int d = 1;
		if ((double)(begun - from.at_ns) * 1e-9 >= end)
			break;
		for (; d < depths && u >= share[d]; d++)
			u -= share[d];
		if (partial_pass(m, net, setting, d,
			m->order[pass++ % m->images.count], w))
			return -1;
		/* Gaps drawn, not fixed, lest they beat with the counter;
		 * collected until they are worth a sleep. */
		drift += (double)(backend_clock() - begun) * 1e-9 * w->gap
			/ (1 - w->gap) * 2 * stream_unit(r);
		if (drift > 0.001) {
			int64_t slept = backend_clock();
			measure_rest(drift);
			drift -= (double)(backend_clock() - slept) * 1e-9;
		}
	}
	if (measure_interrupted)
		return -1;
	if (measure_tick(m, 3, &to))
		return 1;
	w->seconds = (double)(to.at_ns - from.at_ns) * 1e-9;
	w->joules = to.joules - from.joules;
	w->extra_j = to.extra - from.extra;
	/* Each end is known to one poll. */
	w->sigma_j = sqrt(2) * (m->poll_s + 1e-6) * w->joules / w->seconds;
	return 0;
}

static void put_window(struct measure *m, struct text *t, int net, int setting,
	const struct window *w)
{
	text_add(t, "%s,%s,%s,%.2f,%.6f,%.6f,%.6f", m->net[net]->name,
		m->setting[setting].name, w->closure ? "closure" : "fit", w->gap,
		w->seconds, w->joules, w->extra_j);
	for (int d = 1; d <= m->net[net]->depths; d++)
		text_add(t, "%c%lld:%.6f", d > 1 ? ';' : ',',
			(long long)w->runs[d], w->busy_s[d]);
	text_add(t, "\n");
}

int measure_pass_energy(struct measure *m, double *joules)
{
	struct window w = { .closure = 1 };
	struct stream r;
	int bad;

	if (!m->meter || !m->o.energy)
		return 1;
	stream_open(&r, m->o.seed, PURPOSE_RESAMPLING, 1);
	bad = run_window(m, 0, 0, 0, &r, &w);
	if (!bad)
		*joules = w.joules / (double)w.runs[1];
	return bad;
}

/* 2 (L + 1) windows for the fit, then full passes and a mix with gaps. */
static int measure_pair(struct measure *m, int net, int setting,
	struct stream *r, struct text *raw, struct progress *p, int64_t *done)
{
	static const double gaps[] = { 0, 0.25, 0.5 };
	const int depths = m->net[net]->depths, fits = 2 * (depths + 1);
	struct window *w = mem_new((size_t)fits + 2, sizeof *w);
	struct energy_fit *f = &m->fit[net * m->settings + setting];
	const char *why = "";
	int bad = measure_use(m, setting);

	for (int i = 0; i < fits + 2 && !bad; i++) {
		w[i].closure = i >= fits;
		w[i].gap = i == fits ? 0 : i > fits ? 0.25 : gaps[i % 3];
		bad = run_window(m, net, setting, i != fits, r, &w[i]);
		if (!bad)
			put_window(m, raw, net, setting, &w[i]);
		progress_step(p, ++*done);
	}
	if (!bad && energy_fit(w, fits + 2, depths, f, &why))
		text_add(m->remark, "energy_%s_%s = not fitted: %s\n",
			m->net[net]->name, m->setting[setting].name, why);
	free(w);
	return bad;
}

static int64_t count_windows(const struct measure *m)
{
	int64_t n = 0;

	for (int i = 0; i < m->nets; i++)
		n += 2 * m->net[i]->depths + 4;
	return n * m->settings;
}

static int all_pairs(struct measure *m, struct text *raw)
{
	struct progress p;
	struct stream r;
	int64_t done = 0;
	int bad = 0;

	stream_open(&r, m->o.seed, PURPOSE_RESAMPLING, 0);
	progress_begin(&p, "energy windows", count_windows(m));
	text_add(raw, "network,setting,use,gap,seconds,joules,extra_j,"
		"runs_and_busy_s\n");
	for (int s = 0; s < m->settings && !bad; s++) {
		bad = measure_use(m, s);
		for (int i = 0; i < m->nets && !bad; i++) {
			double takes = (2 * m->net[i]->depths + 4)
				* (m->o.window_s + 0.2);
			/* The repeat and the idle power come yet. */
			if (measure_has_time(m, takes + 30))
				bad = measure_pair(m, i, s, &r, raw, &p, &done);
			else
				text_add(m->remark, "energy_%s_%s = not "
					"measured: no time left\n",
					m->net[i]->name, m->setting[s].name);
		}
		if (!measure_has_time(m, 15))
			continue;
		/* Context idle: from two seconds after load. */
		if (!bad) {
			measure_rest(m->o.quick ? 0.5 : 2);
			bad = idle_power(m, m->o.quick ? 1 : 10, &m->idle_w[s]);
		}
	}
	progress_step(&p, count_windows(m));
	return bad;
}

/* How power falls after the last load. */
static int decay(struct measure *m, struct text *raw)
{
	int64_t begun = backend_clock();
	double watts;

	text_add(raw, "after_s,power_w\n");
	for (int i = 0; i < 12 && !measure_interrupted; i++) {
		if (idle_power(m, 5, &watts))
			return 1;
		text_add(raw, "%.1f,%.3f\n", (double)(backend_clock() - begun)
			* 1e-9, watts);
	}
	return 0;
}

int measure_energy(struct measure *m)
{
	struct text ticks, windows, after, waves;
	int bad;

	if (!m->meter || !m->o.energy)
		return 0;
	text_init(&ticks);
	text_init(&windows);
	text_init(&after);
	text_init(&waves);
	bad = measure_counter_steps(m, &ticks);
	if (!bad)
		bad = measure_use(m, 0) ? -1 : measure_counter_waves(m, &waves);
	if (!bad)
		bad = measure_counter_readings(m);
	if (!bad)
		bad = all_pairs(m, &windows);
	if (!bad)
		bad = measure_use(m, 0) ? -1 : !measure_has_time(m, 25) ? 0
			: measure_pass_energy(m, &m->pass_j);
	if (!bad && !m->o.quick && !m->o.budget_s)
		bad = decay(m, &after);
	if (bad > 0) {
		/* A counter that is not there, or never moves, is no error. */
		m->no_meter = "the energy counter does not move";
		m->aliasing = m->counter_ratio = NAN;
		msg_remark("no energy: %s; power.csv stays empty", m->no_meter);
		memset(m->fit, 0, (size_t)(m->nets * m->settings)
			* sizeof *m->fit);
		for (int s = 0; s < m->settings; s++)
			m->idle_w[s] = NAN;
		bad = 0;
	}
	if (!bad)
		bad = measure_store_text(m, "ticks.csv", &ticks)
			|| measure_store_text(m, "windows.csv", &windows)
			|| measure_store_text(m, "decay.csv", &after)
			|| measure_store_text(m, "waves.csv", &waves);
	text_fini(&ticks);
	text_fini(&windows);
	text_fini(&after);
	text_fini(&waves);
	return bad ? -1 : 0;
}
