/* The resolved workload file: every default and override filled in, times
 * in exact units. It reads back to the same workload. */
#include "mem.h"
#include "num.h"
#include "workload_build.h"
#include "workload_units.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void add_time(struct text *t, const char *key, int64_t ns)
{
	char b[32];
	text_add(t, "%s = %s\n", key, units_print_time(b, ns));
}

static void add_real(struct text *t, const char *key, double x)
{
	char b[32];
	text_add(t, "%s = %s\n", key, units_print_real(b, x));
}

static void add_workload(struct text *t, const struct workload *w)
{
	const struct bundle *b = w->bundle;

	text_add(t, "[workload]\ntrace = %s\n; sha256 %s\nnetworks = ", b->dir,
		b->sha256);
	for (int i = 0; i < w->nets; i++)
		text_add(t, "%s%s", i ? ", " : "", b->net[w->net[i]].name);
	text_add(t, "\nsettings = ");
	for (int i = 0; i < w->settings; i++)
		text_add(t, "%s%s", i ? ", " : "",
			b->setting[w->setting[i]].name);
	text_add(t, "\nrequests = %" PRId64 "\nwarmup = %" PRId64
		"\ndevices = %d\n; T is %" PRId64 "ns\n", w->requests,
		w->warmup, w->devices, w->full_ns);
}

static void add_rate(struct text *t, const struct workload *w,
	const struct given *g)
{
	switch (g->rate_by) {
	case BY_LOAD: add_real(t, "load", g->rate); break;
	case BY_RATE: add_real(t, "rate_hz", g->rate); break;
	case BY_PERIOD: add_time(t, "period", g->period_ns); break;
	case BY_SCALE: add_real(t, "time_scale", g->rate); break;
	case BY_NOTHING:
		if (w->process == PROCESS_REPLAY)
			add_real(t, "time_scale", 1);
		break;
	}
}

static void add_states(struct text *t, const struct workload *w,
	const struct given *g)
{
	char b[32];

	text_add(t, "rates = ");
	for (int i = 0; i < w->states; i++)
		text_add(t, "%s%s", i ? ", " : "",
			units_print_real(b, g->rates[i]));
	text_add(t, "\nstay = ");
	for (int i = 0; i < w->states; i++)
		text_add(t, "%s%s", i ? ", " : "",
			units_print_time(b, (int64_t)w->stay_ns[i]));
	text_add(t, "\n");
}

static void add_replay(struct text *t, const struct workload *w,
	const struct given *g)
{
	char from[32], to[32];

	text_add(t, "file = %s\n; sha256 %s\n", w->replay_file, w->replay_sha256);
	if (g->window)
		text_add(t, "window = %s..%s\n",
			units_print_time(from, g->from_ns),
			units_print_time(to, g->to_ns));
	add_real(t, "keep", w->replay_keep);
}

static void add_arrivals(struct text *t, const struct workload *w,
	const struct given *g)
{
	static const char *const names[] = { "closed", "periodic", "poisson",
		"gamma", "mmpp", "replay" };

	text_add(t, "\n[arrivals]\nprocess = %s\n", names[w->process]);
	add_rate(t, w, g);
	switch (w->process) {
	case PROCESS_CLOSED:
		text_add(t, "clients = %d\nreissue = %s\n", w->clients,
			w->reissue == REISSUE_DEADLINE ? "deadline" : "response");
		break;
	case PROCESS_PERIODIC:
		add_time(t, "offset", w->offset_ns);
		add_time(t, "jitter", w->jitter_ns);
		break;
	case PROCESS_GAMMA:
		add_real(t, "cv", w->cv);
		break;
	case PROCESS_MMPP:
		add_states(t, w, g);
		break;
	case PROCESS_REPLAY:
		add_replay(t, w, g);
		break;
	case PROCESS_POISSON:
		break;
	}
}

static void add_deadline(struct text *t, const struct workload *w)
{
	if (!w->deadline_min_ns)
		return;
	text_add(t, "\n[deadline]\n");
	if (w->deadline_min_ns == w->deadline_max_ns) {
		text_add(t, "distribution = constant\n");
		add_time(t, "value", w->deadline_min_ns);
	} else {
		text_add(t, "distribution = uniform\n");
		add_time(t, "min", w->deadline_min_ns);
		add_time(t, "max", w->deadline_max_ns);
	}
}

static void add_inputs(struct text *t, const struct workload *w)
{
	static const char *const names[] = { "uniform", "sequential", "shuffled",
		"bursts" };

	text_add(t, "\n[inputs]\norder = %s\n", names[w->order]);
	if (w->order == ORDER_BURSTS) {
		add_real(t, "share", w->hard_share);
		add_real(t, "burst", w->burst_length);
	}
}

static void add_environment(struct text *t, const struct workload *w,
	const struct given *g)
{
	char b[32];

	text_add(t, "\n[environment]\ntimeline = ");
	for (int i = 0; i < w->changes; i++)
		text_add(t, "%s%s %s", i ? ", " : "", w->timeline_by_request && i
			? units_print_percent(b, g->percent[i])
			: units_print_time(b, w->change[i].at),
			w->bundle->environment[w->change[i].environment]);
	text_add(t, "\n");
}

static void add_goal(struct text *t, const struct goal *g)
{
	if (g->objective == OBJECTIVE_NONE)
		return;
	text_add(t, "\n[goal]\nobjective = %s\n",
		g->objective == OBJECTIVE_ENERGY ? "energy" : "accuracy");
	if (!isnan(g->accuracy))
		add_real(t, "accuracy", g->accuracy);
	if (!isnan(g->energy_j))
		add_real(t, "energy_j", g->energy_j);
}

static void add_overhead(struct text *t, const struct workload *w)
{
	text_add(t, "\n[overhead]\n");
	if (w->overhead == OVERHEAD_FIXED)
		add_time(t, "decision", w->decision_ns);
	else
		text_add(t, "decision = %s\n", w->overhead == OVERHEAD_TRACE
			? "trace" : "measured");
}

char *workload_resolve(const struct workload *w, const struct given *g)
{
	struct text t;

	text_init(&t);
	add_workload(&t, w);
	add_arrivals(&t, w, g);
	add_deadline(&t, w);
	add_inputs(&t, w);
	add_environment(&t, w, g);
	add_goal(&t, &w->goal);
	add_overhead(&t, w);
	return t.s;
}
