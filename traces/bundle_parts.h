/* Inside of the bundle reader: what its parts share. Not for others. */
#ifndef LAXITY_BUNDLE_PARTS_H
#define LAXITY_BUNDLE_PARTS_H

#include "../sim/csv.h"
#include "../sim/mem.h"
#include "bundle.h"

/* The tables, in the order in which they are read. */
enum { TABLE_SETTINGS, TABLE_OUTCOMES, TABLE_TIMING, TABLE_POWER,
	TABLE_OVERHEAD, TABLES };

struct bundle_table {
	const char *file;
	const char *const *columns; /* ends with NULL */
	int optional;
};
extern const struct bundle_table bundle_table[TABLES];

extern const char *const bundle_net_kinds[];      /* by enum net_kind */
extern const char *const bundle_overhead_kinds[]; /* decision, launch, ... */

/* A bundle's own storage. */
struct bundle_memory {
	struct arena arena;
	struct bundle_net *net;     /* the same as b->net, still to be filled */
	struct names nets, settings, environments;
};

/* Limits that keep the tables of a bundle, which have a place for every
 * combination, within memory. */
#define BUNDLE_MAX_NAMES 1000   /* networks; settings; environments */
#define BUNDLE_MAX_PAIRS 65536  /* networks x settings */
#define BUNDLE_MAX_CELLS 1048576 /* networks x settings x environments */
#define BUNDLE_MAX_INPUTS 100000000
#define BUNDLE_MAX_BYTES ((size_t)1 << 30) /* of one table's file */

/* Each reads one table, opened and positioned before its first row, into b.
 * 0, or -1 after one message. */
int bundle_take_settings(struct bundle *b, struct csv *c);
int bundle_take_outcomes(struct bundle *b, struct csv *c);
int bundle_take_timing(struct bundle *b, struct csv *c);
int bundle_take_power(struct bundle *b, struct csv *c);
int bundle_take_overhead(struct bundle *b, struct csv *c);

/* SHA-256 that names the whole bundle, from the hashes of trace.ini and of
 * the tables ("" where absent). */
void bundle_hash(char out[SHA256_HEX], const char ini[SHA256_HEX],
	char table[TABLES][SHA256_HEX]);

#endif
