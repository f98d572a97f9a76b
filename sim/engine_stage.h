/* Releases, stages and decisions checked: what every copy of the loop does, each
 * compiled for itself (struct copy). What happens seldom is in engine_loop.c. */
#ifndef LAXITY_ENGINE_STAGE_H
#define LAXITY_ENGINE_STAGE_H

#include "engine_request.h"

/* ---- What happens seldom ---------------------------------------------------- */

/* completion_ns and its device, among several devices. */
void engine_find_completion(struct engine *e) COLD;
/* start_ns and its device. */
void engine_find_start(struct engine *e) COLD;
/* The clock is told of a stage; it says when it began and how long it takes. */
int engine_start_by_clock(struct engine *e, int d, int64_t *begun,
	int64_t *duration) COLD;
/* What rare_ns stands for: a change of environment, a timer, a delayed start. */
int engine_rare_event(struct engine *e) COLD;
/* The policy's decision cannot be: -1 after a message. */
int engine_impossible(const struct engine *e, const struct decision *d,
	const char *why) COLD;
/* From the decision until its stage starts. */
int64_t engine_dispatch_delay(struct engine *e, int32_t slot, int32_t setting);
/* A request's first stage is decided. */
void engine_book_start(struct engine *e, int32_t slot);

/* By reference only here, so that decisions stay in registers elsewhere. */
INLINE int impossible(const struct engine *e, struct decision d, const char *why)
{
	return engine_impossible(e, &d, why);
}

INLINE void set_timer(struct engine *e, int64_t at)
{
	if (e->timer_ns == at)
		return;
	e->timer_ns = at;
	engine_find_rare(e);
}

/* ---- Stages -------------------------------------------------------------------- */

/* A plain run looks at its device's end itself. */
INLINE void find_completion(struct engine *e, const struct copy *k)
{
	if (k->plain)
		return;
	if (e->view.devices == 1)
		e->completion_ns = e->station[0].end_ns;
	else
		engine_find_completion(e);
}

/* When a request's first stage started: as known, or now if that is -1. Whether
 * a stage is the first can be foreseen by nobody, so that there is no branch: as
 * a number without sign, -1 is later than all. */
INLINE int64_t first_start(int64_t known, int64_t now)
{
	return (uint64_t)known < (uint64_t)now ? known : now;
}

/* The stage a device was given begins: its sample is drawn in the environment
 * now in force, whether or not its request is still there. */
INLINE int begin_stage(struct engine *e, int d, struct request *r,
	struct booked *b, const struct copy *k)
{
	struct station *st = &e->station[d];
	int32_t pair = r->net * (int32_t)e->settings + r->setting;
	const struct cell *c = e->cell[pair];
	int64_t begun = e->view.now_ns, duration;

	if (SELDOM(b->cell != c))
		engine_draw(e, b, r->number, c, engine_net(e, r->net),
			k->pick ? r->depth == 0 : b->first_start_ns < 0);
	duration = b->duration_ns[r->depth];
	if (!k->plain && e->clock && e->clock->start
	    && engine_start_by_clock(e, d, &begun, &duration))
		return -1;
	if (!k->plain)
		books_idle_end(e, d, begun);
	st->idle_setting = r->setting;
	st->begun_ns = begun;
	st->place = (size_t)pair * BUNDLE_MAX_DEPTH + (size_t)r->depth;
	if (!k->plain) {
		st->sample = b->sample;
		st->environment = e->environment;
		st->confidence = NAN;
	}
	if (!k->pick) {
		b->first_start_ns = first_start(b->first_start_ns, begun);
		r->start_ns = b->first_start_ns;
	}
	st->duration_ns = duration;
	if (!k->plain)
		st->end_ns = duration < 0 ? TIME_NEVER : begun + duration;
	find_completion(e, k);
	return 0;
}

INLINE void complete(struct engine *e, int d, const struct copy *k)
{
	struct device *dev = &e->device[d];
	struct station *st = &e->station[d];
	int32_t slot = dev->slot;
	struct request *r = &e->req[slot];
	struct booked *b = &e->booked[slot];
	struct view *v = &e->view;

	st->idle_since_ns = v->now_ns;
	books_stage(e, d, st->end_ns, k);
	dev->slot = -1;
	if (!k->pick)
		r->device = -1;
	if (!k->plain) {
		st->end_ns = TIME_NEVER;
		find_completion(e, k);
		e->busy_devices--;
	}
	if (!SELDOM(r->gone)) {
		double outcome = b->outcomes[r->depth];
		double confidence = outcome_confidence(outcome);

		if (!k->plain) {
			bool measured = !isnan(st->confidence);
			confidence = measured ? st->confidence : confidence;
			b->confidence = confidence;
			b->correct = measured ? st->correct
				: outcome_correct(outcome);
		}
		if (!k->pick)
			e->seen[(size_t)slot * (size_t)v->depth_stride
				+ (size_t)r->depth] = confidence;
		r->depth++;
	}
	if (!k->pick && e->policy->on_stage_done) {
		int64_t begun = policy_begins(e, k);
		e->policy->on_stage_done(e->state, v, slot, st->duration_ns);
		policy_ends(e, begun, k);
	}
	if (SELDOM(r->gone))
		engine_free_slot(e, slot, k);
	else if (r->depth == b->depths)
		engine_leave(e, slot, k);
}

/* ---- Releases ---------------------------------------------------------------- */

/* The request that is due: of the client that has rested longest, or the one
 * that an open process has drawn ahead. */
INLINE void release(struct engine *e, const struct copy *k)
{
	struct arrival a;

	if (k->closed || e->w->process == PROCESS_CLOSED) {
		int64_t i;
		a.number = e->books.released;
		a.release_ns = e->view.now_ns;
		a.client = turns_take(&e->turns);
		a.group = -1;
		i = source_drawn(e->source, &e->draws, a.number);
		a.deadline_ns = a.release_ns + e->draws->rel_deadline_ns[i];
		a.input = e->draws->input[i];
		a.timing = e->draws->timing.unit[i];
		e->release_ns = a.number + 1 < e->total
			? turns_next_ns(&e->turns) : TIME_NEVER;
	} else {
		a = e->pending;
		e->release_ns = source_next(e->source, &e->pending) == 1
			? e->pending.release_ns : TIME_NEVER;
	}
	engine_release(e, &a, k);
}

/* ---- Decisions ------------------------------------------------------------- */

INLINE bool is_live(const struct engine *e, int32_t slot)
{
	return (uint32_t)slot < (uint32_t)e->slots && !e->req[slot].gone;
}

/* A plain run asks when its only device is idle. */
INLINE bool has_stage(const struct request *r, const struct copy *k)
{
	return !k->plain && r->device >= 0;
}

/* Workloads have at least one: said to the compiler, so that the check of a decision
 * costs nothing where a policy compiled in always names the first. */
INLINE uint32_t some(uint32_t candidates)
{
	if (candidates == 0)
		__builtin_unreachable();
	return candidates;
}

INLINE int run_stage(struct engine *e, struct decision d, const struct copy *k)
{
	struct view *v = &e->view;
	int device = k->plain ? 0 : v->asking;
	struct device *dev = &e->device[device];
	struct request *r;
	int64_t delay;

	if (!is_live(e, d.slot))
		return impossible(e, d, "the request is not live");
	r = &e->req[d.slot];
	if (has_stage(r, k))
		return impossible(e, d, "it has a stage in flight");
	if ((uint32_t)d.net >= some(e->nets))
		return impossible(e, d, "no such candidate network");
	if ((uint32_t)d.setting >= some(e->settings))
		return impossible(e, d, "no such candidate setting");
	/* It must be -1 or the one given. One test, for which of the two it is
	 * can be foreseen by nobody: a number with -1 gives a negative one. */
	if ((r->net ^ d.net) > 0)
		return impossible(e, d,
			"its network was fixed by its first stage");
	if (!k->plain && r->start_ns < 0)
		engine_book_start(e, d.slot);
	delay = k->plain ? 0 : engine_dispatch_delay(e, d.slot, d.setting);
	r->net = d.net;
	r->setting = d.setting;
	dev->slot = d.slot;
	if (!k->pick) {
		r->device = device;
		dev->net = d.net;
		dev->setting = d.setting;
		dev->depth = r->depth + 1;
		dev->decided_ns = v->now_ns;
	}
	if (!k->plain) { /* else begin_stage sets it */
		r->start_ns = first_start(r->start_ns, v->now_ns + delay);
		e->busy_devices++;
	}
	if (delay == 0)
		return begin_stage(e, device, r, &e->booked[d.slot], k);
	/* Until it starts, the device idles at the setting it used last. */
	e->station[device].start_ns = v->now_ns + delay;
	engine_find_start(e);
	return 0;
}

INLINE int end_request(struct engine *e, struct decision d, const struct copy *k)
{
	const struct request *r;
	bool answered;

	if (!is_live(e, d.slot))
		return impossible(e, d, "the request is not live");
	r = &e->req[d.slot];
	if (has_stage(r, k))
		return impossible(e, d, "it has a stage in flight");
	answered = r->net >= 0
		&& r->depth >= engine_net(e, r->net)->mandatory;
	if (d.kind == DECIDE_FINISH && !answered)
		return impossible(e, d, "it is below its mandatory depth");
	if (d.kind == DECIDE_DROP && answered)
		return impossible(e, d,
			"it has reached its mandatory depth");
	engine_leave(e, d.slot, k);
	return 0;
}

INLINE void wait_until(struct engine *e, int64_t until_ns)
{
	/* Thought while there was nothing to do delays nothing. */
	e->spent_ns = 0;
	if (until_ns > e->view.now_ns)
		set_timer(e, until_ns);
	else
		e->books.corrections++;
}

/* Ask for the device v->asking. -1 after a message, or what the policy did: it
 * gave the device a stage, it let a request leave, or it waits. */
enum { ASKED_RUNS, ASKED_LEAVES, ASKED_WAITS };
INLINE int ask(struct engine *e, const struct copy *k)
{
	struct view *v = &e->view;
	const struct sink *sink = k->plain ? NULL : e->run->sink;
	int64_t begun = policy_begins(e, k);
	struct decision d = k->pick ? k->pick(e->state, v)
		: e->policy->pick(e->state, v);

	policy_ends(e, begun, k);
	e->books.decision_draws += !k->plain && e->timed;
	e->books.decisions++;
	if (sink && sink->decision)
		sink->decision(sink->context, v->now_ns, v, &d);
	switch (d.kind) {
	case DECIDE_RUN:
		/* Unless told so, the compiler takes what comes after this for
		 * what nearly never does, like a decision that cannot be, and
		 * makes it small. */
		return SELDOM(run_stage(e, d, k)) ? -1 : ASKED_RUNS;
	case DECIDE_FINISH:
	case DECIDE_DROP:
		return end_request(e, d, k) ? -1 : ASKED_LEAVES;
	case DECIDE_WAIT:
		wait_until(e, d.until_ns);
		return ASKED_WAITS;
	}
	return impossible(e, d, "no such kind of decision");
}

#endif
