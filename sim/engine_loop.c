/* The event loop, and the decisions checked. One event at a time, the least
 * by (instant, kind, number); when none is left at or before the instant, the
 * idle devices are asked for. At one instant, completions come first, then
 * deadlines, releases, changes of the environment, timers, delayed starts. */
#include "engine_loop.h"

#include "engine_request.h"
#include "msg.h"

#include <math.h>

/* Most runs have one device, simulated time, nobody who listens and decisions
 * that cost nothing, and judge requests by no goal. The loop is compiled twice from this one text: for these
 * *plain* runs, without what they do not need, and for all. `plain` is a
 * constant wherever it stands. */
static bool is_plain(const struct engine *e)
{
	return e->view.devices == 1 && !e->clock && !e->run->sink && !e->timed
		&& e->w->overhead == OVERHEAD_FIXED && e->w->decision_ns == 0
		&& e->w->goal.objective == OBJECTIVE_NONE;
}

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

INLINE void find_completion(struct engine *e, bool plain)
{
	if (plain || e->view.devices == 1)
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

/* ---- Leaving ------------------------------------------------------------------- */

static HOT void leave_plain(struct engine *e, int32_t slot)
{
	engine_leave(e, slot, true);
}

static HOT void leave_full(struct engine *e, int32_t slot)
{
	engine_leave(e, slot, false);
}

INLINE void leave(struct engine *e, int32_t slot, bool plain)
{
	if (plain)
		leave_plain(e, slot);
	else
		leave_full(e, slot);
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

/* An instant if there is one (>= 0), else another. Whether a stage is its
 * request's first can be foreseen by nobody, so that there is no branch. */
INLINE int64_t known_or(int64_t instant, int64_t other)
{
	int64_t none = -(int64_t)(instant < 0);

	return (instant & ~none) | (other & none);
}

/* The stage a device was given begins: its sample is drawn in the environment
 * now in force, whether or not its request is still there. */
INLINE int begin_stage(struct engine *e, int d, struct request *r,
	struct booked *b, bool plain)
{
	const struct device *dev = &e->device[d];
	struct station *st = &e->station[d];
	int32_t pair = dev->net * e->w->settings + dev->setting;
	const struct cell *c = e->cell[pair];
	int64_t begun = e->view.now_ns, duration;

	if (b->cell != c)
		engine_draw(e, b, r->number, c,
			engine_net(e, dev->net)->depths, b->first_start_ns < 0);
	duration = b->duration_ns[dev->depth - 1];
	if (!plain && e->clock && e->clock->start
	    && start_by_clock(e, d, &begun, &duration))
		return -1;
	books_idle_end(e, d, begun);
	st->begun_ns = begun;
	st->place = (size_t)pair * BUNDLE_MAX_DEPTH + (size_t)dev->depth - 1;
	if (!plain) {
		st->sample = b->sample;
		st->environment = e->environment;
		st->confidence = NAN;
	}
	b->first_start_ns = known_or(b->first_start_ns, begun);
	r->start_ns = b->first_start_ns;
	st->duration_ns = duration;
	st->end_ns = duration < 0 ? TIME_NEVER : begun + duration;
	find_completion(e, plain);
	return 0;
}

static COLD int begin_delayed(struct engine *e, int d)
{
	int32_t slot = e->device[d].slot;

	e->station[d].start_ns = TIME_NEVER;
	find_start(e);
	return begin_stage(e, d, &e->req[slot], &e->booked[slot], false);
}

INLINE void complete(struct engine *e, int d, bool plain)
{
	struct device *dev = &e->device[d];
	struct station *st = &e->station[d];
	int32_t slot = dev->slot;
	struct request *r = &e->req[slot];
	struct booked *b = &e->booked[slot];
	const struct hot_net *net = engine_net(e, dev->net);
	struct view *v = &e->view;

	books_stage(e, d, st->end_ns, plain);
	dev->slot = -1;
	r->device = -1;
	st->end_ns = TIME_NEVER;
	find_completion(e, plain);
	st->idle_since_ns = v->now_ns;
	st->idle_setting = dev->setting;
	e->busy_devices--;
	if (!r->gone) {
		size_t at = b->outcome + (size_t)r->depth;
		double confidence = net->confidence[at];
		bool correct = net->correct[at] != 0;

		if (!plain && !isnan(st->confidence)) {
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
		int64_t begun = policy_begins(e, plain);
		e->policy->on_stage_done(e->state, v, slot, st->duration_ns);
		policy_ends(e, begun, plain);
	}
	if (r->gone)
		engine_free_slot(e, slot, plain);
	else if (r->depth == net->depths)
		leave(e, slot, plain);
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
	find_completion(e, false);
	st->duration_ns = duration_ns;
	st->confidence = confidence;
	st->correct = correct;
}

/* ---- Events ------------------------------------------------------------------------ */

INLINE void release_of_client(struct engine *e, bool plain)
{
	int32_t client = turns_take(&e->turns);
	int64_t now = e->view.now_ns, number = e->next_number++;
	const struct drawn *d = source_drawn(e->source, number);
	struct arrival a = { .number = number, .release_ns = now,
		.deadline_ns = now + d->rel_deadline_ns, .input = d->input,
		.client = client, .group = -1 };

	e->release_ns = e->next_number < e->total ? turns_next_ns(&e->turns)
		: TIME_NEVER;
	engine_release(e, &a, plain);
}

static void release_of_source(struct engine *e)
{
	struct arrival a = e->pending;

	e->release_ns = source_next(e->source, &e->pending) == 1
		? e->pending.release_ns : TIME_NEVER;
	engine_release(e, &a, false);
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
INLINE int handle_event(struct engine *e, int64_t at, bool plain)
{
	e->view.now_ns = at;
	if (e->completion_ns == at) {
		complete(e, plain ? 0 : e->completing, plain);
		return 0;
	}
	if (agenda_next(&e->deadlines) == at) {
		leave(e, e->deadlines.head->slot, plain);
		return 0;
	}
	if (e->release_ns != at)
		return rare_event(e);
	if (e->w->process == PROCESS_CLOSED)
		release_of_client(e, plain);
	else
		release_of_source(e);
	return 0;
}

/* ---- Decisions ------------------------------------------------------------- */

static COLD int impossible(const struct engine *e, struct decision d,
	const char *why)
{
	static const char *const verbs[] = { "wait", "run", "finish", "drop" };
	long long number = d.slot >= 0 && d.slot < e->slots
		? (long long)e->req[d.slot].number : -1;

	return msg_fail("policy '%s': impossible decision at %lld ns: %s "
		"request %lld (network %d, setting %d): %s",
		e->run->choice->text, (long long)e->view.now_ns,
		(unsigned)d.kind < 4 ? verbs[d.kind] : "unknown kind,",
		number, d.net, d.setting, why);
}

INLINE bool is_live(const struct engine *e, int32_t slot)
{
	return (uint32_t)slot < (uint32_t)e->slots && !e->req[slot].gone;
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

static int64_t dispatch_delay(struct engine *e, int32_t slot, int32_t setting)
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

/* Its first stage is decided. */
static void book_start(struct engine *e, int32_t slot)
{
	struct booked *b = &e->booked[slot];

	b->start_environment = e->environment;
	if (e->policy->estimate)
		e->policy->estimate(e->state, &b->slowdown_mean,
			&b->slowdown_variance);
}

INLINE int run_stage(struct engine *e, struct decision d, bool plain)
{
	struct view *v = &e->view;
	int device = plain ? 0 : v->asking;
	struct device *dev = &e->device[device];
	struct request *r;
	int64_t delay;

	if (!is_live(e, d.slot))
		return impossible(e, d, "the request is not live");
	r = &e->req[d.slot];
	if (r->device >= 0)
		return impossible(e, d, "it has a stage in flight");
	if ((uint32_t)d.net >= (uint32_t)e->w->nets)
		return impossible(e, d, "no such candidate network");
	if ((uint32_t)d.setting >= (uint32_t)e->w->settings)
		return impossible(e, d, "no such candidate setting");
	/* It must be -1 or the one given; see known_or. */
	if ((r->net ^ d.net) & -(r->net >= 0))
		return impossible(e, d, "its network was fixed by its first stage");
	if (!plain && r->start_ns < 0)
		book_start(e, d.slot);
	delay = plain ? 0 : dispatch_delay(e, d.slot, d.setting);
	r->net = d.net;
	r->setting = d.setting;
	r->device = device;
	if (!plain) /* else begin_stage sets it */
		r->start_ns = known_or(r->start_ns, v->now_ns + delay);
	dev->slot = d.slot;
	dev->net = d.net;
	dev->setting = d.setting;
	dev->depth = r->depth + 1;
	dev->decided_ns = v->now_ns;
	e->busy_devices++;
	if (delay == 0)
		return begin_stage(e, device, r, &e->booked[d.slot], plain);
	/* Until it starts, the device idles at the setting it used last. */
	e->station[device].start_ns = v->now_ns + delay;
	find_start(e);
	return 0;
}

static int end_request(struct engine *e, struct decision d)
{
	const struct request *r;
	bool answered;

	if (!is_live(e, d.slot))
		return impossible(e, d, "the request is not live");
	r = &e->req[d.slot];
	if (r->device >= 0)
		return impossible(e, d, "it has a stage in flight");
	answered = r->net >= 0
		&& r->depth >= engine_net(e, r->net)->mandatory;
	if (d.kind == DECIDE_FINISH && !answered)
		return impossible(e, d, "it is below its mandatory depth");
	if (d.kind == DECIDE_DROP && answered)
		return impossible(e, d, "it has reached its mandatory depth");
	leave(e, d.slot, false);
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
INLINE int ask(struct engine *e, int64_t now, bool plain)
{
	struct view *v = &e->view;
	const struct sink *sink = plain ? NULL : e->run->sink;
	struct decision d;
	int64_t begun;

	v->asking = 0;
	while (!plain && e->device[v->asking].slot >= 0)
		v->asking++;
	v->now_ns = now;
	begun = policy_begins(e, plain);
	d = e->policy->pick(e->state, v);
	policy_ends(e, begun, plain);
	e->books.decision_draws += !plain && e->timed;
	e->books.decisions++;
	if (sink && sink->decision)
		sink->decision(sink->context, now, v, &d);
	switch (d.kind) {
	case DECIDE_RUN:
		return run_stage(e, d, plain);
	case DECIDE_FINISH:
	case DECIDE_DROP:
		return end_request(e, d);
	case DECIDE_WAIT:
		wait_until(e, d.until_ns);
		return 1;
	}
	return impossible(e, d, "no such kind of decision");
}

/* ---- The loop --------------------------------------------------------------- */

INLINE int loop(struct engine *e, bool plain)
{
	bool waits = !plain && e->clock && e->clock->wait;
	int32_t devices = plain ? 1 : e->view.devices;
	bool asks = false;          /* for idle devices, after events */
	int64_t now = INT64_MIN;
	const volatile int *stop = e->run->stop;

	for (;;) {
		int64_t next = next_instant(e);

		if (next > now) {
			if (asks && e->busy_devices < devices) {
				int waiting = ask(e, now, plain);
				if (waiting < 0)
					return -1;
				asks = !waiting;
				/* The only device runs: its end is all that is
				 * new. */
				if (!plain || e->busy_devices == 0)
					continue;
				next = e->completion_ns < next
					? e->completion_ns : next;
			}
			if (!e->view.lives && !e->busy_devices
			    && e->books.released == e->total)
				return 0;
			if (stop && *stop)
				return 0;
			/* The measured interval begins with an instant, so the
			 * picks of that instant belong to it, also one that
			 * led to the release. */
			if (!e->books.measuring)
				e->books.decisions = 0;
			asks = false;
			now = next;
			if (waits) {
				if (e->clock->wait(e->clock->context, e, next,
				    &now))
					return -1;
				continue;
			}
			if (next == TIME_NEVER)
				return msg_fail("no event left with requests "
					"unserved");
		}
		if (handle_event(e, next, plain))
			return -1;
		set_timer(e, TIME_NEVER);
		asks = true;
	}
}

static HOT int plain_loop(struct engine *e)
{
	return loop(e, true);
}

static HOT int full_loop(struct engine *e)
{
	return loop(e, false);
}

int engine_loop(struct engine *e)
{
	return is_plain(e) ? plain_loop(e) : full_loop(e);
}
