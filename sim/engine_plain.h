/* The loop of a *plain* run: one device, simulated time, nobody who listens,
 * decisions that cost nothing, no goal that requests are judged by. Most runs
 * are. The order of events is that of engine_loop.c, which has the words.
 *
 * While the device runs, deadlines and releases are all that can happen before
 * its stage ends, and nobody is asked. */
#ifndef LAXITY_ENGINE_PLAIN_H
#define LAXITY_ENGINE_PLAIN_H

#include "engine_stage.h"
#include "msg.h"

/* Instant of the earliest event but the end of a stage; TIME_NEVER: none. */
INLINE int64_t next_other(const struct engine *e)
{
	int64_t t = agenda_next(&e->deadlines);

	t = e->release_ns < t ? e->release_ns : t;
	return e->rare_ns < t ? e->rare_ns : t;
}

/* That event. */
INLINE int other_event(struct engine *e, int64_t at, const struct copy *k)
{
	e->view.now_ns = at;
	if (agenda_next(&e->deadlines) == at)
		engine_leave(e, e->deadlines.head->slot, k);
	else if (e->release_ns == at)
		release(e, k);
	else
		return engine_rare_event(e);
	return 0;
}

/* The measured interval begins with an instant, so the picks of that instant
 * belong to it, also one that led to the release: called before the first event
 * of an instant. */
INLINE void forget_decisions(struct engine *e)
{
	if (!e->books.measuring)
		e->books.decisions = 0;
}

/* What a copy's loop is made of; `k` is a constant there. */
INLINE int plain_loop(struct engine *e, const struct copy *k)
{
	const volatile int *stop = e->run->stop;
	struct station *st = &e->station[0];
	bool runs = false;          /* a stage, to its end at `until` */
	bool asks = false;          /* when idle, after the instant's events */
	int64_t until = 0;          /* what is due before it comes first */

	for (;;) {
		int64_t at;

		while ((at = next_other(e)) < until)
			if (other_event(e, at, k))
				return -1;
		if (runs) {
			e->view.now_ns = until;
			until++;
			runs = false;
			asks = true;
			complete(e, 0, k);
			/* Does the instant have others? Nearly never. */
			if (SELDOM(at < until || e->release_ns < until))
				continue;
		}
		if (stop && *stop)
			return 0;
		if (asks) {
			int asked = ask(e, k);
			if (asked < 0)
				return -1;
			if (asked != ASKED_RUNS) {
				asks = asked == ASKED_LEAVES;
				continue;
			}
			runs = true;
			until = st->end_ns;
			if (until > e->view.now_ns)
				forget_decisions(e);
			continue;
		}
		if (!e->view.lives && e->books.released == e->total)
			return 0;
		if (at == TIME_NEVER)
			return msg_fail("no event left with requests unserved");
		/* Whatever comes next, the policy is asked then, and a time it
		 * wanted to be asked at is no more. */
		forget_decisions(e);
		e->view.now_ns = at;
		until = at + 1;
		asks = true;
		set_timer(e, TIME_NEVER);
	}
}

#endif
