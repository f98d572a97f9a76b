#include "name_map.h"

#include "../../sim/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a, 64 bits. */
static uint64_t hash(const char *s)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
	return h ^ h >> 32;
}

static size_t place(const struct name_map *t, const char *name)
{
	size_t i = (size_t)hash(name) & (t->size - 1);

	while (t->slot[i].name && strcmp(t->slot[i].name, name))
		i = (i + 1) & (t->size - 1);
	return i;
}

int name_map_find(const struct name_map *t, const char *name)
{
	size_t i;

	if (!t->size)
		return -1;
	i = place(t, name);
	return t->slot[i].name ? t->slot[i].value : -1;
}

static void grow(struct name_map *t)
{
	struct name_map wider = { .size = t->size ? 2 * t->size : 64 };

	wider.slot = mem_new(wider.size, sizeof *wider.slot);
	for (size_t i = 0; i < t->size; i++)
		if (t->slot[i].name)
			name_map_set(&wider, t->slot[i].name, t->slot[i].value);
	free(t->slot);
	*t = wider;
}

void name_map_set(struct name_map *t, const char *name, int value)
{
	size_t i;

	if (2 * t->used >= t->size)
		grow(t);
	i = place(t, name);
	if (!t->slot[i].name)
		t->used++;
	t->slot[i].name = name;
	t->slot[i].value = value;
}

void name_map_fini(struct name_map *t)
{
	free(t->slot);
	*t = (struct name_map){ 0 };
}
