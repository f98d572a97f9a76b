/* The event loop. One event at a time, the least by (instant, kind, number);
 * when none is left at or before the instant, the idle devices are asked for.
 * At one instant, completions come first, then deadlines, releases, changes of
 * the environment, timers, delayed starts. */
#include "engine_loop.h"

#include "engine_plain.h"

#include <math.h>

static bool is_plain(const struct engine *e)
{
	return e->view.devices == 1 && !e->clock && !e->run->sink && !e->timed
		&& e->w->overhead == OVERHEAD_FIXED && e->w->decision_ns == 0
		&& e->w->goal.objective == OBJECTIVE_NONE;
}

/* The two copies for any policy. */
static const struct copy plain = { .plain = true }, full = { .plain = false };

/* ---- Several devices ------------------------------------------------------------ */

/* At one instant the lower request number completes first. */
void engine_find_completion(struct engine *e)
{
	int64_t number = INT64_MAX;

	e->completion_ns = TIME_NEVER;
	for (int d = 0; d < e->view.devices; d++) {
		int64_t t = e->station[d].end_ns;
		if (t > e->completion_ns || t == TIME_NEVER)
			continue;
		if (t < e->completion_ns
		    || e->req[e->device[d].slot].number < number) {
			e->completion_ns = t;
			e->completing = d;
			number = e->req[e->device[d].slot].number;
		}
	}
}

void engine_find_start(struct engine *e)
{
	e->start_ns = TIME_NEVER;
	for (int d = 0; d < e->view.devices; d++) {
		if (e->station[d].start_ns < e->start_ns) {
			e->start_ns = e->station[d].start_ns;
			e->starting = d;
		}
	}
	engine_find_rare(e);
}

/* ---- Clocks --------------------------------------------------------------------- */

int engine_start_by_clock(struct engine *e, int d, int64_t *begun,
	int64_t *duration)
{
	const struct device *dev = &e->device[d];
	struct launch l = { d, dev->slot, dev->net, dev->setting, dev->depth,
		e->booked[dev->slot].input, e->req[dev->slot].number,
		dev->decided_ns, *begun, *duration };

	return e->clock->start(e->clock->context, &l, begun, duration);
}

bool engine_is_idle(const struct engine *e)
{
	return e->busy_devices < e->view.devices;
}

void engine_complete(struct engine *e, int device, int64_t end_ns,
	int64_t duration_ns, double confidence, bool correct)
{
	struct station *st = &e->station[device];

	st->end_ns = end_ns;
	find_completion(e, &full);
	st->duration_ns = duration_ns;
	st->confidence = confidence;
	st->correct = correct;
}

/* ---- Rare events ------------------------------------------------------------------ */

static int change_environment(struct engine *e)
{
	const struct workload *w = e->w;

	do {
		e->environment = w->change[e->next_change++].environment;
		/* Several may fall on one request when there are few, or on
		 * requests released at one instant. */
	} while (w->timeline_by_request && e->next_change < w->changes
		&& w->change[e->next_change].at < e->books.released);
	engine_find_cells(e);
	e->change_ns = !w->timeline_by_request && e->next_change < w->changes
		? w->change[e->next_change].at : TIME_NEVER;
	engine_find_rare(e);
	engine_find_notable(e);
	return e->clock && e->clock->change
		? e->clock->change(e->clock->context, e->environment) : 0;
}

static int begin_delayed(struct engine *e, int d)
{
	int32_t slot = e->device[d].slot;

	e->station[d].start_ns = TIME_NEVER;
	engine_find_start(e);
	return begin_stage(e, d, &e->req[slot], &e->booked[slot], &full);
}

int engine_rare_event(struct engine *e)
{
	if (e->change_ns == e->rare_ns)
		return change_environment(e);
	if (e->timer_ns == e->rare_ns) {
		set_timer(e, TIME_NEVER);
		return 0;
	}
	return begin_delayed(e, e->starting);
}

/* ---- Decisions -------------------------------------------------------------------- */

int engine_impossible(const struct engine *e, const struct decision *d,
	const char *why)
{
	static const char *const verbs[] = { "wait", "run", "finish", "drop" };
	long long number = d->slot >= 0 && d->slot < e->slots
		? (long long)e->req[d->slot].number : -1;

	return msg_fail("policy '%s': impossible decision at %lld ns: %s "
		"request %lld (network %d, setting %d): %s",
		e->run->choice->text, (long long)e->view.now_ns,
		(unsigned)d->kind < 4 ? verbs[d->kind] : "unknown kind,",
		number, d->net, d->setting, why);
}

static COLD int64_t draw_delay(struct engine *e, int32_t slot, int32_t setting)
{
	const struct bundle_overhead *o
		= &e->w->bundle->overhead[e->w->setting[setting]];
	struct stream *s = &e->dispatch[slot];
	int64_t decision = o->decision_ns[stream_below(s, o->decisions)];

	e->books.decision_draws_ns += decision;
	e->books.decision_draws++;
	return decision + o->launch_ns[stream_below(s, o->launches)];
}

int64_t engine_dispatch_delay(struct engine *e, int32_t slot, int32_t setting)
{
	int64_t spent = e->spent_ns;

	e->spent_ns = 0;
	if (e->clock && e->clock->dispatches)
		return 0;
	if (e->w->overhead == OVERHEAD_FIXED)
		return e->w->decision_ns;
	return e->w->overhead == OVERHEAD_MEASURED ? spent
		: draw_delay(e, slot, setting);
}

void engine_book_start(struct engine *e, int32_t slot)
{
	struct booked *b = &e->booked[slot];

	b->start_environment = e->environment;
	if (e->policy->estimate)
		e->policy->estimate(e->state, &b->slowdown_mean,
			&b->slowdown_variance);
}

/* ---- The loop --------------------------------------------------------------- */

/* The first event of the instant `at`, which has one. */
static inline int handle_event(struct engine *e, int64_t at)
{
	if (e->completion_ns != at)
		return other_event(e, at, &full);
	e->view.now_ns = at;
	complete(e, e->completing, &full);
	return 0;
}

/* For the idle device of the lowest number. */
static inline int ask_first_idle(struct engine *e, int64_t now)
{
	struct view *v = &e->view;

	v->asking = 0;
	while (e->device[v->asking].slot >= 0)
		v->asking++;
	v->now_ns = now;
	return ask(e, &full);
}

static HOT int full_loop(struct engine *e)
{
	bool asks = false;          /* for idle devices, after events */
	int64_t now = INT64_MIN;
	const volatile int *stop = e->run->stop;

	for (;;) {
		int64_t next = next_other(e);

		next = e->completion_ns < next ? e->completion_ns : next;
		if (next > now) {
			if (asks && engine_is_idle(e)) {
				int asked = ask_first_idle(e, now);
				if (asked < 0)
					return -1;
				asks = asked != ASKED_WAITS;
				continue;
			}
			if (!e->view.lives && !e->busy_devices
			    && e->books.released == e->total)
				return 0;
			if (stop && *stop)
				return 0;
			forget_decisions(e, next);
			asks = false;
			now = next;
			if (e->clock && e->clock->wait) {
				if (e->clock->wait(e->clock->context, e, next,
				    &now))
					return -1;
				continue;
			}
			if (next == TIME_NEVER)
				return msg_fail("no event left with requests "
					"unserved");
		}
		if (handle_event(e, next))
			return -1;
		set_timer(e, TIME_NEVER);
		asks = true;
	}
}

static HOT int any_plain_loop(struct engine *e)
{
	return plain_loop(e, &plain);
}

int engine_loop(struct engine *e)
{
	const struct compiled *c = engine_compiled;

	if (!is_plain(e))
		return full_loop(e);
	while (c->policy && c->policy != e->policy)
		c++;
	if (!c->policy)
		return any_plain_loop(e);
	return e->w->process == PROCESS_CLOSED
		&& e->w->reissue == REISSUE_DEADLINE ? c->closed_loop(e)
		: c->loop(e);
}
