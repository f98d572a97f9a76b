#include "agenda.h"

#include <stdlib.h>

void agenda_init(struct agenda *a)
{
	enum { ROOM = 256 };

	a->entry = mem_new(ROOM, sizeof *a->entry);
	a->limit = a->entry + ROOM;
	a->entry[0].deadline_ns = INT64_MIN;
	a->head = a->tail = a->entry + 1;
	a->head->deadline_ns = TIME_NEVER;
}

void agenda_fini(struct agenda *a)
{
	free(a->entry);
	*a = (struct agenda){ 0 };
}

/* Back to the front, or into twice the room. */
void agenda_make_room(struct agenda *a)
{
	ptrdiff_t begin = a->head - a->entry, room = a->limit - a->entry;
	size_t count = agenda_count(a);

	if (begin <= room / 2) {
		room *= 2;
		a->entry = mem_resize(a->entry, (size_t)room, sizeof *a->entry);
		a->limit = a->entry + room;
		a->head = a->entry + begin;
	} else {
		memmove(a->entry + 1, a->head, (count + 1) * sizeof *a->head);
		a->head = a->entry + 1;
	}
	a->tail = a->head + count;
}

void agenda_remove_far(struct agenda *a, int64_t deadline_ns, int32_t slot)
{
	size_t count = agenda_count(a), low = 0, high = count;

	while (high - low > AGENDA_SCAN) {
		size_t mid = (low + high) / 2;
		if (a->head[mid].deadline_ns < deadline_ns)
			low = mid + 1;
		else
			high = mid;
	}
	while (a->head[low].slot != slot)
		low++;
	if (low < count / 2) {
		memmove(a->head + 1, a->head, low * sizeof *a->head);
		a->head->deadline_ns = INT64_MIN;
		a->head++;
	} else {
		memmove(a->head + low, a->head + low + 1,
			(count - low) * sizeof *a->head);
		a->tail--;
	}
}
