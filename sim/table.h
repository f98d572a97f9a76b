/* A table of text, its columns as wide as what is in them. */
#ifndef LAXITY_TABLE_H
#define LAXITY_TABLE_H

#include "mem.h"

struct table { int columns, cells, capacity; char **cell; };

void table_init(struct table *t, int columns);
void table_fini(struct table *t);

/* The next cell, row by row. UTF-8; each character counts as one wide. */
void table_add(struct table *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The first column is aligned left, the others right; `heads` rows at the top
 * are set off by a rule. `indent` blanks come before each line. */
void table_print(const struct table *t, int heads, int indent, struct text *out);

#endif
