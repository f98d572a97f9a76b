/* The engine's accounts: what happened, in numbers. What is called at every
 * stage or request is here, to be compiled into the loop; the rest is in
 * books.c. */
#ifndef LAXITY_BOOKS_H
#define LAXITY_BOOKS_H

#include "engine_state.h"

#include <math.h>

void books_init(struct engine *e);
void books_fini(struct engine *e);
void books_close(struct engine *e, int64_t end_ns, struct metrics *out);

/* Hand the request's record to the listener, judge it against the goal; only
 * for books_emit. */
void books_emit_record(struct engine *e, int32_t slot, bool judged);

/* The measured interval begins: accounts of time start from nothing, less what
 * stages in flight and idle devices will be credited with from before. */
void books_measure(struct engine *e, int64_t now_ns) COLD;

/* The stage in flight on device d has ended. Per request only what metrics do
 * not need is kept, so a plain run does not. */
INLINE void books_stage(struct engine *e, int d, int64_t end_ns,
	const struct copy *k)
{
	const struct device *dev = &e->device[d];
	const struct station *st = &e->station[d];
	const struct request *r = &e->req[dev->slot];
	struct booked *b = &e->booked[dev->slot];
	const struct sink *sink = e->run->sink;
	int64_t lasted = k->plain ? st->duration_ns : end_ns - st->begun_ns;

	e->books.stages++;
	e->books.busy_ns[st->place] += lasted;
	if (k->plain)
		return;
	b->busy_ns += lasted;
	b->stages++;
	b->energy_j += e->books.power_w[st->place] * ((double)lasted * 1e-9);
	if (sink && sink->stage) {
		struct stage_record s = { r->number, dev->decided_ns,
			st->begun_ns, end_ns, d, r->client, dev->net,
			dev->setting, dev->depth, st->environment, st->sample,
			!r->gone };
		sink->stage(sink->context, &s);
	}
}

/* The device, idle so far, is not any more. */
INLINE void books_idle_end(struct engine *e, int d, int64_t now_ns)
{
	const struct station *st = &e->station[d];

	e->books.idle_ns[st->idle_setting] += now_ns - st->idle_since_ns;
}

/* What rounding takes from the sum, exactly and without a branch (Knuth, TAOCP 2,
 * 4.2.2, theorem B); the same bits as Neumaier's way of asking which is larger. */
INLINE void books_add(struct sum *s, double x)
{
	double total = s->total + x, added = total - s->total;

	s->rest += (s->total - (total - added)) + (x - added);
	s->total = total;
}

/* The request has left; its answer is that of its depth. */
INLINE void books_left(struct engine *e, int32_t slot, int64_t now_ns,
	const struct copy *k)
{
	const struct request *r = &e->req[slot];
	const struct booked *b = &e->booked[slot];
	struct books *all = &e->books;
	int64_t response = now_ns - r->release_ns;
	bool answered = r->depth >= b->mandatory;

	if (r->number < e->warmup) {
		all->warmed++;
		total_add(&all->warm_response_ns, response);
		return;
	}
	all->requests++;
	all->depth_sum += r->depth;
	total_add(&all->measured_response_ns, response);
	if (answered) {
		double outcome = b->outcomes[r->depth - 1];
		all->correct += k->plain ? outcome_correct(outcome)
			: b->correct;
		books_add(&all->confidence, k->plain
			? outcome_confidence(outcome) : b->confidence);
	} else {
		all->missed++;
	}
	quantile_add(all->response, response);
}

/* The request has left and none of its stages is in flight. */
INLINE void books_emit(struct engine *e, int32_t slot)
{
	const struct sink *sink = e->run->sink;
	bool judged = e->w->goal.objective != OBJECTIVE_NONE
		&& e->req[slot].number >= e->w->warmup;

	if (judged || (sink && sink->request))
		books_emit_record(e, slot, judged);
}

#endif
