/* The live requests by deadline, those of one deadline by number: a sorted
 * array with room at both ends. The head is taken off in O(1), and new entries,
 * which mostly belong near the end, are shifted into place. At the few dozen
 * entries of a real queue this beats a heap, and policies get the whole order
 * for nothing.
 *
 * An entry before the first is earlier than all, one behind the last later
 * than all, so that scans need no second test and the next deadline of an
 * empty agenda is TIME_NEVER. */
#ifndef LAXITY_AGENDA_H
#define LAXITY_AGENDA_H

#include "hot.h"
#include "policy.h"

#include <string.h>

struct agenda {
	struct edf_entry *head, *tail; /* from head to before tail */
	struct edf_entry *entry;    /* the room; entry[0] is never an entry */
	const struct edf_entry *limit; /* the end of the room */
};

static inline size_t agenda_count(const struct agenda *a)
{
	return (size_t)(a->tail - a->head);
}

/* An agenda of zeros is opened by this. */
void agenda_init(struct agenda *a);
void agenda_fini(struct agenda *a);

void agenda_make_room(struct agenda *a); /* for agenda_insert alone */

/* Deadline of the head, or TIME_NEVER. */
static inline int64_t agenda_next(const struct agenda *a)
{
	return a->head->deadline_ns;
}

/* Add the request of the highest number so far: behind all of its deadline. */
INLINE void agenda_insert(struct agenda *a, int64_t deadline_ns, int32_t slot)
{
	struct edf_entry *e;

	if (a->tail + 1 == a->limit)
		agenda_make_room(a);
	e = a->tail++;
	e[1].deadline_ns = TIME_NEVER;
	for (; e[-1].deadline_ns > deadline_ns; e--)
		*e = e[-1];
	*e = (struct edf_entry){ deadline_ns, slot };
}

/* For agenda_remove alone: the same by halving. */
void agenda_remove_far(struct agenda *a, int64_t deadline_ns, int32_t slot);

/* Up to this many entries a scan is faster than halving, which costs more in
 * mispredicted branches. */
#define AGENDA_SCAN 32

/* Take out an entry that is there. Those before it, few or none as a rule, move
 * up by one. */
INLINE void agenda_remove(struct agenda *a, int64_t deadline_ns, int32_t slot)
{
	struct edf_entry *e = a->head, moved = *e;

	if (moved.slot != slot && agenda_count(a) > AGENDA_SCAN) {
		agenda_remove_far(a, deadline_ns, slot);
		return;
	}
	while (moved.slot != slot) {
		struct edf_entry next = *++e;
		*e = moved;
		moved = next;
	}
	a->head->deadline_ns = INT64_MIN;
	a->head++;
}

#endif
