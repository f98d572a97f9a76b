/* The clients of a closed loop that rest, from the end of a request until they
 * send the next one, by instant and client: a sorted array with room at both
 * ends. A client whose request ends at its deadline is the next, in front of
 * all; one whose request ends early mostly comes after most of the others. */
#ifndef LAXITY_TURNS_H
#define LAXITY_TURNS_H

#include "hot.h"

#include <stddef.h>
#include <stdint.h>

struct turn { int64_t at_ns; int32_t client; };

struct turns {
	struct turn *head, *tail;   /* from head to before tail, whose instant
	                             * is TIME_NEVER */
	struct turn *room, *end;    /* four times what all clients need */
};

/* None rests. turns_fini of zeros does nothing. */
void turns_init(struct turns *t, int clients);
void turns_fini(struct turns *t);

void turns_center(struct turns *t); /* for turns_add alone */

/* Instant of the next turn, or TIME_NEVER. */
static inline int64_t turns_next_ns(const struct turns *t)
{
	return t->head->at_ns;
}

/* Whose it is; if there is one. That client does not rest any more. */
static inline int32_t turns_take(struct turns *t)
{
	return t->head++->client;
}

/* A client that does not rest does so until at_ns. */
INLINE void turns_add(struct turns *t, int32_t client, int64_t at_ns)
{
	struct turn *e = t->head;

	if (at_ns < e->at_ns || (at_ns == e->at_ns && client < e->client)) {
		if (e == t->room)
			turns_center(t);
		e = --t->head;
	} else {
		if (t->tail + 2 >= t->end)
			turns_center(t);
		e = t->tail++;
		e[1] = e[0];
		for (; e[-1].at_ns > at_ns || (e[-1].at_ns == at_ns
			&& e[-1].client > client); e--)
			*e = e[-1];
	}
	*e = (struct turn){ at_ns, client };
}

#endif
