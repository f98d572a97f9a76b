/* What the energy counter is worth, before any window: how often it steps, what
 * asking costs, whether it adds up or samples, and whether it agrees with the
 * board's other instrument. */
#include "measure.h"

#include <math.h>
#include <time.h>

void measure_rest(double seconds)
{
	struct timespec t = { (time_t)seconds,
		(long)((seconds - floor(seconds)) * 1e9) };

	if (seconds > 0)
		(void)nanosleep(&t, NULL);
}

int measure_tick(struct measure *m, double limit_s, struct tick *out)
{
	double first, now, extra;
	int64_t begun = backend_clock();

	if (meter_energy(m->meter, &first, &extra))
		return 1;
	do {
		int64_t before = backend_clock();
		if (meter_energy(m->meter, &now, &extra)
		    || (double)(before - begun) * 1e-9 > limit_s)
			return 1;
		out->at_ns = before;
	} while (now <= first);
	out->joules = now;
	out->extra = extra;
	return 0;
}

int measure_counter_steps(struct measure *m, struct text *raw)
{
	const int ticks = m->o.quick || m->o.budget_s ? 10 : 50;
	double gap[50], joules, extra, mean = 0, worst = 0;
	int64_t poll[101];
	struct tick t, last;

	for (int i = 0; i < 101; i++) {
		int64_t from = backend_clock();
		if (meter_energy(m->meter, &joules, &extra))
			return 1;
		poll[i] = backend_clock() - from;
	}
	m->poll_s = (double)measure_quantile(poll, 101, 0.5) * 1e-9;
	if (measure_tick(m, 3, &last))
		return 1;
	text_add(raw, "tick,interval_s,joules\n");
	for (int i = 0; i < ticks; i++, last = t) {
		if (measure_tick(m, 3, &t))
			return 1;
		gap[i] = (double)(t.at_ns - last.at_ns) * 1e-9;
		mean += gap[i] / ticks;
		text_add(raw, "%d,%.6f,%.6f\n", i, gap[i], t.joules
			- last.joules);
	}
	for (int i = 0; i < ticks; i++)
		worst = fmax(worst, fabs(gap[i] - mean));
	m->tick_s = measure_median(gap, ticks);
	m->tick_jitter = worst;
	return 0;
}

/* ---- Does the counter add up, or sample? ------------------------------------------ */

/* Watts from a step to a later one, while passes run for `on` of every
 * `period` seconds, from `shift` after the first step. busy: share of the time
 * that passes took. */
static int square_wave(struct measure *m, double period, double on,
	double shift, double seconds, double *watts, double *busy)
{
	const int depths = m->net[0]->depths;
	struct sample s[BUNDLE_MAX_DEPTH];
	struct tick from, to;
	double spent = 0;
	int64_t pass = 0;

	if (measure_tick(m, 3, &from))
		return 1;
	for (;;) {
		int64_t begun = backend_clock();
		double t = (double)(begun - from.at_ns) * 1e-9;
		double phase = fmod(t + period - shift, period);
		if (measure_interrupted)
			return -1;
		if (t >= seconds)
			break;
		if (phase >= on) {
			measure_rest(fmin(period - phase, seconds - t));
			continue;
		}
		if (measure_pass(m, measure_plan(m, 0, 0), depths,
			m->order[pass++ % m->images.count], s))
			return -1;
		spent += (double)(backend_clock() - begun) * 1e-9;
	}
	/* Idle until the step that ends it, as at any window's end. */
	if (measure_tick(m, 3, &to))
		return 1;
	*watts = (to.joules - from.joules)
		/ ((double)(to.at_ns - from.at_ns) * 1e-9);
	*busy = spent / ((double)(to.at_ns - from.at_ns) * 1e-9);
	return 0;
}

/* Half load with the counter's own period, at several phases. One that adds up
 * sees the same watts at each; one that samples sees more or less of the load.
 * What the busy share explains is taken out. */
int measure_counter_waves(struct measure *m, struct text *raw)
{
	enum { PHASES = 4 };
	const double seconds = (m->o.quick || m->o.budget_s ? 10 : 20)
		* m->tick_s;
	double idle, load, watts, busy, full, low = INFINITY, high = -INFINITY;
	int bad;

	if ((bad = square_wave(m, m->tick_s, 0, 0, seconds, &idle, &busy))
	    || (bad = square_wave(m, m->tick_s, m->tick_s, 0, seconds, &load,
		&full)))
		return bad;
	text_add(raw, "period_s,on_s,shift_s,busy,power_w\n%.6f,0,0,0,%.3f\n"
		"%.6f,%.6f,0,%.4f,%.3f\n", m->tick_s, idle, m->tick_s,
		m->tick_s, full, load);
	for (int k = 0; k < PHASES; k++) {
		double shift = m->tick_s * k / PHASES, explained;
		if ((bad = square_wave(m, m->tick_s, m->tick_s / 2, shift,
			seconds, &watts, &busy)))
			return bad;
		text_add(raw, "%.6f,%.6f,%.6f,%.4f,%.3f\n", m->tick_s,
			m->tick_s / 2, shift, busy, watts);
		explained = idle + (load - idle) * busy / full;
		low = fmin(low, watts - explained);
		high = fmax(high, watts - explained);
	}
	/* A load that is not seen at all tells nothing. */
	if (load > 1.02 * idle)
		m->aliasing = (high - low) / (load - idle);
	return 0;
}

int measure_counter_readings(struct measure *m)
{
	const double seconds = m->o.quick || m->o.budget_s ? 1 : 3;
	const int depths = m->net[0]->depths;
	struct sample s[BUNDLE_MAX_DEPTH];
	struct meter_state state;
	struct tick from, to;
	double sum = 0;
	int n = 0;

	if (measure_tick(m, 3, &from))
		return 1;
	while ((double)(backend_clock() - from.at_ns) * 1e-9 < seconds) {
		for (int i = 0; i < 20; i++)
			if (measure_interrupted || measure_pass(m,
				measure_plan(m, 0, 0), depths, m->order[i
				% m->images.count], s))
				return -1;
		meter_read_state(m->meter, &state);
		if (state.power_w >= 0) {
			sum += state.power_w;
			n++;
		}
	}
	if (measure_tick(m, 3, &to))
		return 1;
	if (n)
		m->counter_ratio = (to.joules - from.joules)
			/ ((double)(to.at_ns - from.at_ns) * 1e-9) / (sum / n);
	return 0;
}
