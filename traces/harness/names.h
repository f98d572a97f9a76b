/* Numbers by name: a hash table of strings that the caller keeps alive. */
#ifndef LAXITY_NAMES_H
#define LAXITY_NAMES_H

#include <stddef.h>

struct names {
	struct { const char *name; int value; } *slot;
	size_t size, used;      /* size is 0 or a power of two */
};

/* Value of a name, or -1. */
int names_find(const struct names *t, const char *name);

/* Add a name, or give it another value (>= 0). */
void names_set(struct names *t, const char *name, int value);

void names_fini(struct names *t);

#endif
