/* Memory that is there: a failed allocation prints one line and ends the
 * program with status 1. Nothing is lost by that, since files are written
 * under temporary names and results in transactions. */
#ifndef LAXITY_MEM_H
#define LAXITY_MEM_H

#include <stddef.h>

/* Zeroed storage for n objects of the given size; n may be 0. Freed by free. */
void *mem_new(size_t n, size_t size);

/* The same for a table that is looked up all over, in large pages where the
 * system has them: the processor remembers the places of few small ones. */
void *mem_new_table(size_t n, size_t size);

/* Resize to n objects; new ones are not zeroed. p may be NULL. */
void *mem_resize(void *p, size_t n, size_t size);

/* Copies, freed by free. mem_printf formats into fresh storage. */
char *mem_string(const char *s);
char *mem_string_n(const char *s, size_t n);
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Make room for one more object in a growing array: *p holds n objects and
 * has room for *capacity. Evaluates its arguments more than once. */
#define MEM_ROOM(p, n, capacity) do { \
	if ((size_t)(n) >= (size_t)(capacity)) { \
		(capacity) = (capacity) ? (capacity) * 2 : 16; \
		(p) = mem_resize((p), (size_t)(capacity), sizeof *(p)); \
	} \
} while (0)

/* Many allocations, one end: what a policy takes in init lives as long as
 * the run. */
struct arena { struct arena_block *first; };

/* Zeroed, aligned for any type, valid until arena_fini. */
void *arena_new(struct arena *a, size_t n, size_t size);
void arena_fini(struct arena *a);

/* Text that grows; s is always a valid string once text_init has run. */
struct text { char *s; size_t length, capacity; };
void text_init(struct text *t);
void text_fini(struct text *t);
void text_add(struct text *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void text_add_n(struct text *t, const char *s, size_t n);

#endif
