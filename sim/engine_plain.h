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
	if (agenda_next(&e->deadlines) == at) {
		engine_leave(e, e->deadlines.head->slot, k);
		if (SELDOM(agenda_next(&e->deadlines) == at))
			return 0;
	}
	/* After a deadline often its client's next request: a release then costs
	 * no event that nobody can foresee. */
	if (e->release_ns == at)
		release(e, k);
	else if (e->rare_ns == at)
		return engine_rare_event(e);
	return 0;
}

/* The measured interval begins with an instant, so the picks of that instant
 * belong to it, also one that led to the release: called before the first event
 * of an instant, which is `next`. */
INLINE void forget_decisions(struct engine *e, int64_t next)
{
	if (!e->books.measuring && next > e->view.now_ns)
		e->books.decisions = 0;
}

/* What a copy's loop is made of; `k` is a constant there. */
INLINE int plain_loop(struct engine *e, const struct copy *k)
{
	static const volatile int never = 0;
	const volatile int *stop = e->run->stop ? e->run->stop : &never;
	struct station *st = &e->station[0];
	/* The device, when idle and after an instant's events. */
	bool asks = next_other(e) == e->view.now_ns;
	bool more = true;           /* of an instant's events, perhaps */

	for (;;) {
		int64_t at, until;
		int asked;

		while (SELDOM(more) && (at = next_other(e)) <= e->view.now_ns)
			if (other_event(e, at, k))
				return -1;
		if (*stop)
			return 0;
		if (!asks) {
			if (!agenda_count(&e->deadlines)
			    && e->books.released == e->total)
				return 0;
			at = next_other(e);
			if (at == TIME_NEVER)
				return msg_fail("no event left with requests "
					"unserved");
			/* Whatever comes next, the policy is asked then, and a
			 * time it wanted to be asked at is no more. */
			forget_decisions(e, at);
			books_idle_end(e, 0, at);
			st->idle_since_ns = at;
			e->view.now_ns = at;
			asks = more = true;
			set_timer(e, TIME_NEVER);
			continue;
		}
		asked = ask(e, k);
		if (asked < 0)
			return -1;
		if (asked != ASKED_RUNS) {
			asks = more = asked == ASKED_LEAVES;
			continue;
		}
		/* What is due before the stage's end comes first. */
		until = e->view.now_ns + st->duration_ns;
		if (SELDOM(!e->books.measuring))
			forget_decisions(e, until);
		while ((at = next_other(e)) < until)
			if (other_event(e, at, k))
				return -1;
		e->view.now_ns = until;
		complete(e, 0, k);
		/* Nearly never. */
		more = at == until || e->release_ns == until;
	}
}

#endif
