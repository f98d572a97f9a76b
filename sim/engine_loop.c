/* The event loop, and the decisions checked. One event at a time, the least
 * by (instant, kind, number); when none is left at or before the instant, the
 * idle devices are asked for. At one instant, completions come first, then
 * deadlines, releases, changes of the environment, timers, delayed starts. */
#include "engine_loop.h"

#include "engine_request.h"
#include "msg.h"

#include <math.h>

/* ---- What is due next ------------------------------------------------------- */

/* At one instant the lower request number completes first. */
static void find_completion_among(struct engine *e)
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

INLINE void find_completion(struct engine *e)
{
	if (e->view.devices == 1)
		e->completion_ns = e->station[0].end_ns;
	else
		find_completion_among(e);
}

static void find_start(struct engine *e)
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

INLINE void set_timer(struct engine *e, int64_t at)
{
	if (e->timer_ns == at)
		return;
	e->timer_ns = at;
	engine_find_rare(e);
}

/* Instant of the earliest event; TIME_NEVER: none is known. */
INLINE int64_t next_instant(const struct engine *e)
{
	int64_t t = e->completion_ns, deadline = agenda_next(&e->deadlines);

	t = deadline < t ? deadline : t;
	t = e->release_ns < t ? e->release_ns : t;
	return e->rare_ns < t ? e->rare_ns : t;
}

/* ---- Stages -------------------------------------------------------------------- */

static COLD int start_by_clock(struct engine *e, int d, int64_t *begun,
	int64_t *duration)
{
	const struct device *dev = &e->device[d];
	struct launch l = { d, dev->slot, dev->net, dev->setting, dev->depth,
		e->booked[dev->slot].input, e->req[dev->slot].number,
		dev->decided_ns, *begun, *duration };

	return e->clock->start(e->clock->context, &l, begun, duration);
}

/* The stage a device was given begins: its sample is drawn in the environment
 * now in force, whether or not its request is still there. */
INLINE int begin_stage(struct engine *e, int d)
{
	const struct device *dev = &e->device[d];
	struct station *st = &e->station[d];
	struct request *r = &e->req[dev->slot];
	struct booked *b = &e->booked[dev->slot];
	int32_t pair = dev->net * e->w->settings + dev->setting;
	const struct cell *c = e->cell[pair];
	int64_t begun = e->view.now_ns, duration;

	if (b->cell != c) {
		b->cell = c;
		b->sample = engine_draw(c, &b->timing);
		b->duration_ns = c->duration_ns + (size_t)b->sample
			* (size_t)engine_net(e, dev->net)->depths;
	}
	duration = b->duration_ns[dev->depth - 1];
	if (e->clock && e->clock->start
	    && start_by_clock(e, d, &begun, &duration))
		return -1;
	books_idle_end(e, d, begun);
	st->begun_ns = begun;
	st->place = (size_t)pair * BUNDLE_MAX_DEPTH + (size_t)dev->depth - 1;
	st->sample = b->sample;
	st->environment = e->environment;
	st->confidence = NAN;
	if (b->first_start_ns < 0)
		b->first_start_ns = r->start_ns = begun;
	st->duration_ns = duration;
	st->end_ns = duration < 0 ? TIME_NEVER : begun + duration;
	find_completion(e);
	return 0;
}

static COLD int begin_delayed(struct engine *e, int d)
{
	e->station[d].start_ns = TIME_NEVER;
	find_start(e);
	return begin_stage(e, d);
}

INLINE void complete(struct engine *e, int d)
{
	struct device *dev = &e->device[d];
	struct station *st = &e->station[d];
	int32_t slot = dev->slot;
	struct request *r = &e->req[slot];
	struct booked *b = &e->booked[slot];
	const struct hot_net *net = engine_net(e, dev->net);
	struct view *v = &e->view;

	books_stage(e, d, st->end_ns);
	dev->slot = -1;
	r->device = -1;
	st->end_ns = TIME_NEVER;
	find_completion(e);
	st->idle_since_ns = v->now_ns;
	st->idle_setting = dev->setting;
	e->busy_devices--;
	if (!r->gone) {
		size_t at = (size_t)b->input * (size_t)net->depths
			+ (size_t)r->depth;
		double confidence = net->confidence[at];
		bool correct = net->correct[at] != 0;

		if (!isnan(st->confidence)) {
			confidence = st->confidence;
			correct = st->correct;
		}
		b->confidence = confidence;
		b->correct = correct;
		e->seen[(size_t)slot * (size_t)v->depth_stride
			+ (size_t)r->depth] = confidence;
		r->depth++;
	}
	if (e->policy->on_stage_done) {
		int64_t begun = policy_begins(e);
		e->policy->on_stage_done(e->state, v, slot, st->duration_ns);
		policy_ends(e, begun);
	}
	if (r->gone)
		engine_free_slot(e, slot);
	else if (r->depth == net->depths)
		engine_leave(e, slot);
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
	find_completion(e);
	st->duration_ns = duration_ns;
	st->confidence = confidence;
	st->correct = correct;
}

/* ---- Events ------------------------------------------------------------------------ */

INLINE void release_of_client(struct engine *e)
{
	int32_t client = turns_next(&e->turns);
	struct arrival a;

	source_draw(e->source, e->next_number++, client, e->view.now_ns, &a);
	turns_set(&e->turns, client, e->w->reissue == REISSUE_DEADLINE
		? a.deadline_ns : TIME_NEVER);
	e->release_ns = e->next_number < e->total ? turns_next_ns(&e->turns)
		: TIME_NEVER;
	engine_release(e, &a);
}

static void release_of_source(struct engine *e)
{
	struct arrival a = e->pending;

	e->release_ns = source_next(e->source, &e->pending) == 1
		? e->pending.release_ns : TIME_NEVER;
	engine_release(e, &a);
}

static COLD int change_environment(struct engine *e)
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
	return e->clock && e->clock->change
		? e->clock->change(e->clock->context, e->environment) : 0;
}

static int rare_event(struct engine *e)
{
	if (e->change_ns == e->rare_ns)
		return change_environment(e);
	if (e->timer_ns == e->rare_ns) {
		set_timer(e, TIME_NEVER);
		return 0;
	}
	return begin_delayed(e, e->starting);
}

/* The first event of the instant `at`, which has one. */
INLINE int handle_event(struct engine *e, int64_t at)
{
	e->view.now_ns = at;
	if (e->completion_ns == at) {
		complete(e, e->completing);
		return 0;
	}
	if (agenda_next(&e->deadlines) == at) {
		engine_leave(e, e->deadlines.head->slot);
		return 0;
	}
	if (e->release_ns != at)
		return rare_event(e);
	if (e->w->process == PROCESS_CLOSED)
		release_of_client(e);
	else
		release_of_source(e);
	return 0;
}

/* ---- Decisions ------------------------------------------------------------- */

static COLD int impossible(const struct engine *e, const struct decision *d,
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

INLINE bool is_live(const struct engine *e, int32_t slot)
{
	return slot >= 0 && slot < e->slots && !e->req[slot].gone;
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

INLINE int64_t dispatch_delay(struct engine *e, int32_t slot,
	int32_t setting)
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

INLINE int run_stage(struct engine *e, const struct decision *d)
{
	struct view *v = &e->view;
	int device = v->asking;
	struct device *dev = &e->device[device];
	struct request *r;
	int64_t delay;

	if (!is_live(e, d->slot))
		return impossible(e, d, "the request is not live");
	r = &e->req[d->slot];
	if (r->device >= 0)
		return impossible(e, d, "it has a stage in flight");
	if (d->net < 0 || d->net >= e->w->nets)
		return impossible(e, d, "no such candidate network");
	if (d->setting < 0 || d->setting >= e->w->settings)
		return impossible(e, d, "no such candidate setting");
	if (r->net >= 0 && r->net != d->net)
		return impossible(e, d, "its network was fixed by its first stage");
	if (r->start_ns < 0) {
		struct booked *b = &e->booked[d->slot];
		b->start_environment = e->environment;
		if (e->policy->estimate)
			e->policy->estimate(e->state, &b->slowdown_mean,
				&b->slowdown_variance);
	}
	delay = dispatch_delay(e, d->slot, d->setting);
	r->net = d->net;
	r->setting = d->setting;
	r->device = device;
	if (r->start_ns < 0)
		r->start_ns = v->now_ns + delay;
	dev->slot = d->slot;
	dev->net = d->net;
	dev->setting = d->setting;
	dev->depth = r->depth + 1;
	dev->decided_ns = v->now_ns;
	e->busy_devices++;
	if (delay == 0)
		return begin_stage(e, device);
	/* Until it starts, the device idles at the setting it used last. */
	e->station[device].start_ns = v->now_ns + delay;
	find_start(e);
	return 0;
}

static int end_request(struct engine *e, const struct decision *d)
{
	const struct request *r;
	bool answered;

	if (!is_live(e, d->slot))
		return impossible(e, d, "the request is not live");
	r = &e->req[d->slot];
	if (r->device >= 0)
		return impossible(e, d, "it has a stage in flight");
	answered = r->net >= 0
		&& r->depth >= engine_net(e, r->net)->mandatory;
	if (d->kind == DECIDE_FINISH && !answered)
		return impossible(e, d, "it is below its mandatory depth");
	if (d->kind == DECIDE_DROP && answered)
		return impossible(e, d, "it has reached its mandatory depth");
	engine_leave(e, d->slot);
	return 0;
}

static void wait_until(struct engine *e, int64_t until_ns)
{
	/* Thought while there was nothing to do delays nothing. */
	e->spent_ns = 0;
	if (until_ns > e->view.now_ns)
		set_timer(e, until_ns);
	else
		e->books.corrections++;
}

/* Ask for the idle device of the lowest number. 1 if it waits, 0 if it does
 * not, -1 after a message. */
INLINE int ask(struct engine *e, int64_t now)
{
	struct view *v = &e->view;
	const struct sink *sink = e->run->sink;
	struct decision d;
	int64_t begun;

	v->asking = 0;
	while (e->device[v->asking].slot >= 0)
		v->asking++;
	v->now_ns = now;
	set_timer(e, TIME_NEVER);
	begun = policy_begins(e);
	d = e->policy->pick(e->state, v);
	policy_ends(e, begun);
	e->books.decision_draws += e->timed;
	e->books.decisions++;
	if (sink && sink->decision)
		sink->decision(sink->context, now, v, &d);
	switch (d.kind) {
	case DECIDE_RUN:
		return run_stage(e, &d);
	case DECIDE_FINISH:
	case DECIDE_DROP:
		return end_request(e, &d);
	case DECIDE_WAIT:
		wait_until(e, d.until_ns);
		return 1;
	}
	return impossible(e, &d, "no such kind of decision");
}

/* ---- The loop --------------------------------------------------------------- */

int engine_loop(struct engine *e)
{
	bool waits = e->clock && e->clock->wait;
	bool asks = false;          /* for idle devices, after events */
	int64_t now = INT64_MIN;

	for (;;) {
		int64_t next = next_instant(e);

		if (next <= now) {
			if (handle_event(e, next))
				return -1;
			asks = true;
			continue;
		}
		if (asks && e->busy_devices < e->view.devices) {
			int waiting = ask(e, now);
			if (waiting < 0)
				return -1;
			asks = !waiting;
			continue;
		}
		if (!e->view.lives && !e->busy_devices
		    && e->books.released == e->total)
			return 0;
		if (e->run->stop && *e->run->stop)
			return 0;
		/* The measured interval begins with an instant, so the picks of
		 * that instant belong to it, also one that led to the release. */
		if (!e->books.measuring)
			e->books.decisions = 0;
		asks = false;
		now = next;
		if (waits) {
			if (e->clock->wait(e->clock->context, e, next, &now))
				return -1;
		} else if (next == TIME_NEVER) {
			return msg_fail("no event left with requests unserved");
		}
	}
}
