/* Entries in order of (instant, number): the live requests by deadline, the
 * clients by next release. A sorted array with room at both ends: the head is
 * taken off in O(1), and new entries, which mostly belong near the end, are
 * shifted into place. At the few dozen entries of a real queue this beats a
 * heap, and policies get the whole order for nothing. */
#ifndef LAXITY_AGENDA_H
#define LAXITY_AGENDA_H

#include "policy.h"

#include <string.h>

struct agenda {
	struct edf_entry *entry;    /* entry[begin] ... entry[begin+count-1] */
	size_t begin, count, capacity;
};

static inline bool agenda_before(const struct edf_entry *a, int64_t at,
	int64_t number)
{
	return a->deadline_ns < at || (a->deadline_ns == at && a->number < number);
}

static inline const struct edf_entry *agenda_head(const struct agenda *a)
{
	return &a->entry[a->begin];
}

/* Instant of the head, or TIME_NEVER. */
static inline int64_t agenda_next(const struct agenda *a)
{
	return a->count ? a->entry[a->begin].deadline_ns : TIME_NEVER;
}

void agenda_make_room(struct agenda *a);

static inline void agenda_insert(struct agenda *a, int64_t at, int64_t number,
	int32_t slot)
{
	struct edf_entry *e;

	if (a->begin + a->count == a->capacity)
		agenda_make_room(a);
	e = a->entry + a->begin + a->count;
	while (e > a->entry + a->begin && !agenda_before(e - 1, at, number)) {
		*e = *(e - 1);
		e--;
	}
	*e = (struct edf_entry){ at, number, slot };
	a->count++;
}

static inline void agenda_pop(struct agenda *a)
{
	a->begin++;
	a->count--;
}

/* Searches halve down to this many entries and go through those one by one: at
 * a few dozen, halving costs more in mispredicted branches than a scan. */
#define AGENDA_SCAN 32

/* Take out an entry that is there. */
static inline void agenda_remove(struct agenda *a, int64_t at, int64_t number)
{
	size_t low = 0, high = a->count;
	struct edf_entry *base = a->entry + a->begin;

	if (base->deadline_ns == at && base->number == number) {
		agenda_pop(a);
		return;
	}
	while (high - low > AGENDA_SCAN) {
		size_t mid = (low + high) / 2;
		if (agenda_before(&base[mid], at, number))
			low = mid + 1;
		else
			high = mid;
	}
	while (agenda_before(&base[low], at, number))
		low++;
	if (low < a->count / 2) {
		memmove(base + 1, base, low * sizeof *base);
		a->begin++;
	} else {
		memmove(base + low, base + low + 1,
			(a->count - low - 1) * sizeof *base);
	}
	a->count--;
}

void agenda_fini(struct agenda *a);

#endif
