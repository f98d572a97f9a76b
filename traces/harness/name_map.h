/* Numbers by name: a hash table of strings that the caller keeps alive. */
#ifndef LAXITY_NAME_MAP_H
#define LAXITY_NAME_MAP_H

#include <stddef.h>

struct name_map {
	struct { const char *name; int value; } *slot;
	size_t size, used;      /* size is 0 or a power of two */
};

/* Value of a name, or -1. */
int name_map_find(const struct name_map *t, const char *name);

/* Add a name, or give it another value (>= 0). */
void name_map_set(struct name_map *t, const char *name, int value);

void name_map_fini(struct name_map *t);

#endif
