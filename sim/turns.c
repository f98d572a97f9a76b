#include "turns.h"

#include "mem.h"
#include "num.h"

#include <stdlib.h>
#include <string.h>

void turns_init(struct turns *t, int clients)
{
	size_t room = 4 * (size_t)clients + 16;

	t->room = mem_new(room, sizeof *t->room);
	t->end = t->room + room;
	t->head = t->tail = t->room + room / 2;
	t->head->at_ns = TIME_NEVER;
}

void turns_fini(struct turns *t)
{
	free(t->room);
	*t = (struct turns){ 0 };
}

/* To the middle of the room, with what stands behind the last. */
void turns_center(struct turns *t)
{
	size_t n = (size_t)(t->tail - t->head) + 1;
	struct turn *to = t->room + ((size_t)(t->end - t->room) - n) / 2;

	memmove(to, t->head, n * sizeof *to);
	t->head = to;
	t->tail = to + n - 1;
}
