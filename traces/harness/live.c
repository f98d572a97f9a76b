/* The real clock of the engine. */
#include "live_energy.h"
#include "live_parts.h"
#include "live_thread.h"

#include "../../sim/msg.h"
#include "../../sim/version.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	LEAD_NS = 5000000,          /* from the first look to instant 0 */
	NAP_NS = 100000000,         /* longest sleep: a signal may wake another
	                             * thread instead of this one */
	GRACE_NS = 1000000000,      /* for the executor to notice by itself */
};
/* An executor that looks at its clock this much later than it meant to was not
 * late but away. */
#define PAUSE_LIMIT_NS 5000000000

const char *const live_ends[] = { "done", "interrupted", "failed", NULL };

struct runner {
	struct live *l;
	const struct workload *w;
	struct live_log *log;
	const volatile int *signal;
	int stop;                   /* the engine is to end */
	bool failed;
	int64_t origin_ns;          /* instant 0 on the monotonic clock */
	/* When it meant to look at the clock at the latest, and the longest
	 * that it was behind. */
	int64_t seen_ns, pause_ns;
	int64_t stage_ns;           /* of the stage in flight, in the trace */
	struct plan *plan;          /* with a stage in flight; else NULL */
	int32_t input;              /* of that stage */
	struct live_watch watch;
};

static bool told_to_stop(struct runner *r)
{
	if (*r->signal)
		r->stop = 1;
	return r->stop;
}

/* It goes no further, after one message: keep what there is. */
static void give_up(struct runner *r)
{
	r->failed = true;
	r->stop = 1;
}

/* Read the clock. False if it went on by itself: what was due meanwhile was
 * nobody's doing, and what comes after is no run of this workload, so it ends at
 * the last instant that was handled. */
static bool look(struct runner *r, int64_t *now_ns)
{
	int64_t now = backend_clock() - r->origin_ns;
	int64_t pause = now - r->seen_ns;

	if (pause > PAUSE_LIMIT_NS) {
		(void)msg_fail("nothing ran for %.3f s by the clock: the machine was "
			"suspended or moved, this process stopped, or a call of "
			"the backend hung", 1e-9 * (double)pause);
		give_up(r);
		return false;
	}
	if (pause > r->pause_ns)
		r->pause_ns = pause;
	*now_ns = r->seen_ns = now;
	return true;
}

/* ---- Stages --------------------------------------------------------------------- */

static int start(void *context, const struct launch *s, int64_t *start_ns,
	int64_t *duration_ns)
{
	struct runner *r = context;
	struct live *l = r->l;
	struct plan *plan = l->plan[s->net * l->settings + s->setting];
	struct live_stage *g;

	*duration_ns = -1;
	if (told_to_stop(r))
		return 0;
	if (s->slot >= l->slots) {
		(void)msg_fail("request %lld would be the %dth at once: --slots "
			"is %d", (long long)s->request, s->slot + 1, l->slots);
		give_up(r);
		return 0;
	}
	g = live_log_stage(r->log);
	*g = (struct live_stage){ .number = s->request,
		.picked_ns = s->decided_ns, .finished_ns = -1,
		.net = (uint8_t)s->net, .setting = (uint8_t)s->setting,
		.depth = (uint8_t)s->depth };
	r->plan = plan;
	r->input = s->input;
	r->stage_ns = s->sampled_ns;
	if (!look(r, start_ns)) {
		r->log->stages--;
		r->plan = NULL;
		return 0;
	}
	g->sent_ns = *start_ns;
	live_watch_enter(&r->watch, r->origin_ns + g->sent_ns);
	if (l->backend->send(plan, s->depth, s->slot,
		images_at(&l->images, s->input))) {
		live_watch_leave(&r->watch);
		give_up(r);
	}
	return 0;
}

/* The call that sent or polls the last stage does not come back. */
static void lost(void *context)
{
	struct runner *r = context;
	struct live *l = r->l;
	const struct live_stage *g = &r->log->stage[r->log->stages - 1];

	(void)msg_fail("request %lld: stage %d of %s: the backend has not come back "
		"for %.3g s: it is stuck", (long long)g->number, g->depth,
		l->net[g->net]->name, 1e-9 * (double)r->watch.limit_ns);
	live_log_fact(r->log, "energy", "none: the backend was stuck");
	live_log_fact(r->log, "ended", "%s", live_ends[LIVE_FAILED]);
	l->o.lost(l->o.lost_context, r->log);
}

/* What the trace says of it, to the digits that `laxity profile` writes: then
 * the policy is shown the very number of a simulation. */
static bool as_in_trace(const struct runner *r, const struct live_stage *g)
{
	const struct bundle_net *n = &r->w->bundle->net[r->w->net[g->net]];
	size_t at = (size_t)r->input * (size_t)n->depths + g->depth - 1;

	return fabs(n->confidence[at] - (double)g->confidence) <= 1e-6
		&& n->correct[at] == g->correct;
}

/* Poll until the stage has ended; *now_ns stays if it does not. */
static void await_stage(struct runner *r, struct engine *e, int64_t *now_ns)
{
	struct live *l = r->l;
	struct live_stage *g = &r->log->stage[r->log->stages - 1];
	struct outcome out;
	int64_t now = g->sent_ns;
	int got = 0;

	/* A call may take as long as the stage, on a bad day. */
	do {
		r->seen_ns += 10 * r->stage_ns;
		got = l->backend->poll(r->plan, &out);
		if (got >= 0 && !look(r, &now))
			got = -1;
	} while (!got && now - g->sent_ns < l->o.timeout_ns);
	live_watch_leave(&r->watch);
	if (!got)
		(void)msg_fail("request %lld: stage %d of %s has not ended for "
			"%.3g s: the device is stuck", (long long)g->number,
			g->depth, l->net[g->net]->name,
			1e-9 * (double)l->o.timeout_ns);
	if (got <= 0) {
		give_up(r);
		return;
	}
	g->finished_ns = *now_ns = now;
	r->plan = NULL;
	g->confidence = out.confidence;
	g->answer = (int16_t)out.prediction;
	g->correct = out.prediction == l->images.label[r->input];
	g->strange = !as_in_trace(r, g);
	engine_complete(e, 0, g->finished_ns, g->finished_ns - g->sent_ns,
		g->strange ? (double)g->confidence : NAN, g->correct);
}

static int change(void *context, int environment)
{
	struct runner *r = context;

	if (live_load_change(r->l, environment))
		give_up(r);
	r->seen_ns = backend_clock() - r->origin_ns;
	return 0;
}

/* ---- Instants ------------------------------------------------------------------- */

static void sleep_until(struct runner *r, int64_t at_ns)
{
	int64_t ns = r->origin_ns + at_ns;
	struct timespec t = { .tv_sec = ns / 1000000000,
		.tv_nsec = ns % 1000000000 };

	r->seen_ns = at_ns;
	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static void await_event(struct runner *r, int64_t next_ns, int64_t *now_ns)
{
	int64_t early = r->l->o.wait == LIVE_SPIN ? INT64_MAX
		: r->l->o.wait == LIVE_BOTH ? LIVE_SPIN_NS : 0, now;

	for (;;) {
		if (!look(r, &now))
			return;
		if (now >= next_ns) {
			*live_log_wake(r->log) = (struct live_wake){ next_ns, now };
			*now_ns = now;
			return;
		}
		if (told_to_stop(r))
			return;
		if (next_ns - now > early)
			sleep_until(r, next_ns - now > NAP_NS ? now + NAP_NS
				: next_ns - early);
	}
}

static int await(void *context, struct engine *e, int64_t next_ns, int64_t *now_ns)
{
	struct runner *r = context;

	if (r->origin_ns == 0) {
		r->origin_ns = backend_clock() + LEAD_NS;
		r->seen_ns = -LEAD_NS;
	}
	*now_ns = next_ns - 1;
	if (r->plan)
		await_stage(r, e, now_ns);
	else
		await_event(r, next_ns, now_ns);
	return 0;
}

/* ---- What is kept ----------------------------------------------------------------- */

static void on_decision(void *context, int64_t now, const struct view *v,
	const struct decision *d)
{
	struct runner *r = context;

	*live_log_decision(r->log) = live_decision_of(now, v, d);
}

static void put_versions(struct live_log *log, const char *versions)
{
	char *copy = mem_string(versions);

	for (char *p = copy, *next; p && *p; p = next) {
		char *equals;
		next = strchr(p, ';');
		if (next)
			*next++ = 0;
		if ((equals = strchr(p, '=')))
			*equals = 0;
		live_log_fact(log, p, "%s", equals ? equals + 1 : "");
	}
	free(copy);
}

/* What the board says of itself: driver, limits, clocks. */
static void put_meter(const struct live *l, struct live_log *log)
{
	struct meter_state state;
	struct text t;

	if (!l->meter)
		return;
	text_init(&t);
	meter_facts(l->meter, &t);
	for (char *line = t.s, *next; line && *line; line = next) {
		char *equals;
		if ((next = strchr(line, '\n')))
			*next++ = 0;
		if (!(equals = strstr(line, " = ")))
			continue;
		*equals = 0;
		live_log_fact(log, line, "%s", equals + 3);
	}
	text_fini(&t);
	meter_read_state(l->meter, &state);
	if (state.sm_mhz >= 0)
		live_log_fact(log, "at_start", "SM %d MHz, memory %d MHz, %d C, "
			"events 0x%llx", state.sm_mhz, state.memory_mhz,
			state.temperature_c, (unsigned long long)state.events);
}

static void put_facts(const struct live *l, struct live_log *log,
	const struct workload *w, const struct choice *c, uint32_t seed)
{
	time_t now = time(NULL);
	struct tm t;
	char date[32];

	(void)gmtime_r(&now, &t);
	(void)strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &t);
	live_log_fact(log, "began", "%s", date);
	live_log_fact(log, "tool", "laxity %s (%s)", LAXITY_VERSION, laxity_commit);
	live_log_fact(log, "policy", "%s", c->text);
	live_log_fact(log, "seed", "%u", seed);
	live_log_fact(log, "trace_sha256", "%s", w->bundle->sha256);
	live_log_fact(log, "backend", "%s", l->backend->name);
	live_log_fact(log, "device", "%s", l->info.name);
	live_log_fact(log, "precision", "%s", l->info.precision);
	live_log_fact(log, "layout", "%s", l->info.layout);
	live_log_fact(log, "completion", "%s", l->info.completion);
	put_versions(log, l->info.versions);
	put_meter(l, log);
	live_log_fact(log, "data", "%s", l->images.file);
	live_log_fact(log, "clock", "CLOCK_MONOTONIC");
	live_log_fact(log, "wait", "%s", live_waits[l->o.wait]);
	live_log_fact(log, "priority", "%s", l->priority);
	live_log_fact(log, "core", "%d", l->core);
	live_log_fact(log, "memory", "%s", l->locked ? "locked" : "not locked");
	live_log_fact(log, "slots", "%d", l->slots);
}

/* ---- Energy --------------------------------------------------------------------- */

static int read_meter(void *context, double *joules)
{
	double extra;

	return meter_energy(context, joules, &extra);
}

/* Joules are the device's or none: the trace's watts are no measurement. */
static void take_energy(const struct runner *r, const struct live_energy *e,
	struct metrics *m)
{
	int64_t end = r->origin_ns + m->run_end_ns;
	double joules = e ? live_energy_between(e, end - m->measured_ns, end)
		: NAN;

	m->energy_j = joules;
	m->energy_per_request_j = joules / (double)m->requests;
	if (!isnan(joules)) {
		live_log_fact(r->log, "energy_j", "%.9g", joules);
		live_log_fact(r->log, "energy", "counter of %s, %.1f s",
			meter_name(r->l->meter), 1e-9 * (double)m->measured_ns);
	} else {
		live_log_fact(r->log, "energy", "none: %s", e
			? "the counter did not move, or too short a run"
			: r->l->meter ? "not asked for" : r->l->no_meter);
	}
}

/* ---- A run ---------------------------------------------------------------------- */

int live_run(struct live *l, const struct workload *w, const struct choice *c,
	uint32_t seed, const volatile int *stop, struct metrics *out,
	struct live_log **log, enum live_end *end)
{
	static const int never = 0;
	struct runner r = { .l = l, .w = w, .signal = stop ? stop : &never,
		.log = live_log_new(w) };
	const struct clock clock = { .context = &r, .start = start,
		.wait = await, .change = change, .dispatches = true,
		.real = true };
	const struct sink sink = { .context = &r, .decision = on_decision };
	const struct run run = { .workload = w, .choice = c, .seed = seed,
		.sink = &sink, .clock = &clock, .stop = &r.stop };

	struct live_energy *energy = NULL;
	int failed;

	*log = NULL;
	put_facts(l, r.log, w, c, seed);
	if (c->policy->clairvoyant) {
		(void)msg_bad("policy '%s' looks into the future, which a live "
			"run does not have", c->text);
		goto failed;
	}
	if (live_load_change(l, w->change[0].environment))
		goto failed;
	if (l->meter && l->counting)
		energy = live_energy_start(l->meter, read_meter, l->core);
	if (l->o.lost)
		live_watch_start(&r.watch, l->o.timeout_ns + GRACE_NS, l->core,
			lost, &r);
	failed = engine_run(&run, out);
	if (l->o.lost)
		live_watch_stop(&r.watch);
	if (live_load_change(l, 0))
		give_up(&r);
	if (energy)
		live_energy_stop(energy);
	if (!failed)
		take_energy(&r, energy, out);
	live_energy_free(energy);
	if (failed)
		goto failed;
	*end = r.failed ? LIVE_FAILED : r.stop ? LIVE_INTERRUPTED : LIVE_DONE;
	live_log_fact(r.log, "ended", "%s", live_ends[*end]);
	live_log_fact(r.log, "longest_pause", "%.1f us", 1e-3 * (double)r.pause_ns);
	*log = r.log;
	return 0;
failed:
	live_log_free(r.log);
	return -1;
}
