/* What a store holds, read back whole and put in an order that does not depend
 * on how it came there: for reports and exports.
 *
 * A *point* is a workload (and kind of run); an *axis* is a key of the workload
 * whose value differs between points, so axes need no experiment file. Points
 * are sorted by their axes' values, numbers as numbers; policies as they were
 * registered; runs by point, policy and seed. */
#ifndef LAXITY_STORED_H
#define LAXITY_STORED_H

#include "results.h"
#include "store.h"

struct stored_trace {
	const char *sha256, *path, *device, *task;
	int modelled;
};

struct stored_point {
	int64_t workload;           /* row of the table */
	const char *sha256, *resolved, *kind;
	int trace;                  /* index */
	const char *const *value;   /* [axes]; "" where the key is not given */
	int64_t first, runs;        /* in stored.run */
};

struct stored_run {
	int64_t id;                 /* row of the table */
	int32_t point, policy, replication;
	uint32_t seed;
	const char *ended;
	struct outcome outcome;
};

struct stored_program { const char *version, *revision, *code; int64_t runs; };

struct stored {
	int axes;
	const char *const *axis;    /* section.key, in the order of the text;
	                             * "trace sha256" and "kind" if they differ */
	int points, traces, policies, programs;
	struct stored_point *point;
	struct stored_trace *trace;
	struct result_policy *policy; /* the first is compared with */
	struct stored_program *program; /* most runs first */
	int64_t runs;
	struct stored_run *run;
	char bound_name[16];        /* "" without bounds */
	struct arena arena;
};

/* NULL after one message. */
struct stored *stored_read(struct store *s);
void stored_free(struct stored *d);

/* Make this policy (its text) the one that is compared with. -1 after one
 * message if there is none such. */
int stored_put_first(struct stored *d, const char *policy);

/* The point's results: columns are its seeds. *seeds receives them and is freed,
 * with results_fini, by the caller. Runs that did not end by themselves are
 * left out. */
void stored_results(const struct stored *d, int point, struct results *out,
	uint32_t **seeds);

/* An axis value for people: times in T and ms. The caller frees it. */
char *stored_show_value(const struct stored *d, int point, int axis);

/* The value as a number, for the x of a figure; NAN if it is none. A time is in
 * ns. */
double stored_number(const struct stored *d, int point, int axis);

#endif
