/* For raw/ only: the first stage under conditions that the bundle does not
 * know, and whole networks without the host between their stages. */
#include "measure.h"

#include "../../sim/msg.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

static void rest_ms(double ms)
{
	struct timespec t = { (time_t)(ms / 1000),
		(long)(fmod(ms, 1000) * 1e6) };

	(void)nanosleep(&t, NULL);
}

/* What happens before each sample. */
struct condition {
	const char *name;
	double idle_ms;
	double duty;            /* 0: no gap */
	int other_net, other_setting, flush;
};

static int sample_one(struct measure *m, int net, const struct condition *c,
	int64_t *out)
{
	struct sample s[BUNDLE_MAX_DEPTH];
	const int depths = m->net[net]->depths, input = m->order[0];
	int other = c->other_net ? (net + 1) % m->nets : net;
	int setting = c->other_setting ? 1 : 0;
	int64_t busy = 0;

	if (measure_use(m, setting) || measure_pass(m, measure_plan(m, other,
		setting), m->net[other]->depths, input, s)
	    || measure_use(m, 0))
		return -1;
	for (int d = 0; d < m->net[other]->depths; d++)
		busy += s[d].duration_ns;
	if (c->duty > 0)
		rest_ms((double)busy * 1e-6 * (1 - c->duty) / c->duty);
	if (c->idle_ms > 0)
		rest_ms(c->idle_ms);
	if (c->flush && m->backend->flush(m->dev))
		return -1;
	if (measure_pass(m, measure_plan(m, net, 0), depths, input, s))
		return -1;
	*out = s[0].duration_ns;
	return 0;
}

int measure_conditions(struct measure *m)
{
	static const struct condition conditions[] = {
		{ .name = "same" }, { .name = "other-network", .other_net = 1 },
		{ .name = "other-setting", .other_setting = 1 },
		{ .name = "idle-1ms", .idle_ms = 1 },
		{ .name = "idle-10ms", .idle_ms = 10 },
		{ .name = "idle-100ms", .idle_ms = 100 },
		{ .name = "idle-1s", .idle_ms = 1000 },
		{ .name = "duty-0.5", .duty = 0.5 },
		{ .name = "duty-0.1", .duty = 0.1 },
		{ .name = "flushed", .flush = 1 } };
	enum { COUNT = sizeof conditions / sizeof *conditions };
	struct text t;
	int bad = 0;

	if (m->o.quick || m->o.budget_s)
		return 0;
	text_init(&t);
	text_add(&t, "network,condition,sample,first_stage_ns\n");
	for (int i = 0; i < m->nets && !bad; i++)
		for (int k = 0; k < COUNT && !bad; k++) {
			const struct condition *c = &conditions[k];
			int samples = c->idle_ms > 100 ? 5 : 20;
			if ((c->other_net && m->nets < 2)
			    || (c->other_setting && m->settings < 2)
			    || (c->flush && !m->backend->flush))
				continue;
			for (int s = 0; s < samples && !bad; s++) {
				int64_t ns;
				bad = measure_interrupted
					|| sample_one(m, i, c, &ns);
				if (!bad)
					text_add(&t, "%s,%s,%d,%lld\n",
						m->net[i]->name, c->name, s,
						(long long)ns);
			}
		}
	bad = bad || measure_store_text(m, "conditions.csv", &t);
	text_fini(&t);
	return bad ? -1 : 0;
}

/* ---- Closure of time --------------------------------------------------------- */

/* Sum over the stages of the median of A in the default environment; NAN if
 * the passes carry none. */
static double sum_of_a(const struct measure *m, int net, int setting)
{
	const struct combo *c = &m->combo[(net * m->settings + setting)
		* m->environments];
	double sum = 0;

	for (int d = 1; d <= c->depths; d++)
		sum += measure_device_us(c, d, 0.5) * 1e3;
	return sum;
}

static int whole_of(struct measure *m, int net, int setting)
{
	enum { RUNS = 31 };
	int64_t c[RUNS], stage[BUNDLE_MAX_DEPTH + 1];
	const int depths = m->net[net]->depths;
	double empty = isnan(m->empty_ns) ? 0 : m->empty_ns;
	struct outcome out;

	for (int i = 0; i < RUNS; i++) {
		if (m->backend->whole(measure_plan(m, net, setting), 0,
			images_at(&m->images, m->order[i % m->images.count]),
			&out, stage))
			return -1;
		c[i] = stage[0];
	}
	m->whole_gap[net * m->settings + setting] = (sum_of_a(m, net, setting)
		- (depths - 1) * empty) / (double)measure_quantile(c, RUNS, 0.5)
		- 1;
	return 0;
}

/* What the host spends between stages, over the sum of B. */
static double span_of(const struct combo *c)
{
	double *x = mem_new((size_t)c->passes, sizeof *x);
	double median;

	for (int i = 0; i < c->passes; i++) {
		const struct sample *s = &c->sample[i * c->depths];
		const struct sample *last = &s[c->depths - 1];
		int64_t sum = 0;
		for (int d = 0; d < c->depths; d++)
			sum += s[d].duration_ns;
		x[i] = (double)(last->send_ns + last->duration_ns - s->send_ns)
			/ (double)sum - 1;
	}
	median = measure_median(x, c->passes);
	free(x);
	return median;
}

int measure_whole(struct measure *m)
{
	for (int i = 0; i < m->nets; i++)
		for (int s = 0; s < m->settings; s++) {
			int k = i * m->settings + s;
			m->whole_gap[k] = m->span_gap[k] = NAN;
			if (!m->combo[k * m->environments].passes)
				continue;
			m->span_gap[k] = span_of(&m->combo[k * m->environments]);
			if (m->backend->whole && (measure_use(m, s)
			    || whole_of(m, i, s)))
				return -1;
		}
	return 0;
}
