#include "agenda.h"

#include <stdlib.h>

void agenda_make_room(struct agenda *a)
{
	if (a->begin > a->capacity / 2) {
		memmove(a->entry, a->entry + a->begin,
			a->count * sizeof *a->entry);
		a->begin = 0;
		return;
	}
	a->capacity = a->capacity ? a->capacity * 2 : 64;
	a->entry = mem_resize(a->entry, a->capacity, sizeof *a->entry);
}

void agenda_fini(struct agenda *a)
{
	free(a->entry);
	*a = (struct agenda){ 0 };
}
