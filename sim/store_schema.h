/* The objects of a store's schema, for store.c alone. */
#ifndef LAXITY_STORE_SCHEMA_H
#define LAXITY_STORE_SCHEMA_H

#include "mem.h"

#define STORE_APPLICATION_ID 0x4c415859 /* "LAXY" */

/* A request's row number is run << STORE_ROW_BITS | its number, so that rows
 * are appended to the tree and a run's rows are one range. */
#define STORE_ROW_BITS 40

struct schema_object { char *name, *sql; };

struct schema { int n; struct schema_object object[20]; };

/* Every table and view, in the order in which they are made; the text is what
 * sqlite_schema holds afterwards. */
void schema_init(struct schema *s);
void schema_fini(struct schema *s);

#endif
