/* What one run gave, and the columns under which every output knows it.
 *
 * CSV, JSON, tables, the result store and reports all walk the one list
 * `outcome_columns`, so a number is defined, named and rounded once. */
#ifndef LAXITY_OUTCOME_H
#define LAXITY_OUTCOME_H

#include "engine.h"
#include "stats.h"

#include <stddef.h>

struct outcome {
	struct metrics metrics;
	/* Offered at full depth, and to the mandatory depth, over capacity
	 * (paper/spec/workloads.md 7); 1 is all the devices can do. */
	double load, mandatory_load;
	/* Bounds no policy can beat on this run's requests, as shares of the
	 * measured requests, and what is left to them (bound - own value, for
	 * misses own - bound: never negative). NAN without --bounds. */
	double bound, regret;
	double bound_confidence, regret_confidence;
	double bound_missed, regret_missed;
};

/* The bounds of one request sequence, the same for every policy. */
struct outcome_bounds {
	char name[16];              /* of the accuracy bound, "" if none */
	double accuracy, confidence, missed;
};

/* Set the bound and regret members from b (NULL: all NAN). */
void outcome_set_bounds(struct outcome *o, const struct outcome_bounds *b);

/* Set load and mandatory_load. Of a closed workload with reissue = response
 * the rate is what the run measured: requests / measured interval. */
void outcome_set_load(struct outcome *o, const struct workload *w);

/* Run it. 0; 1 if *stop ended it early, so that *o does not count as a run; -1
 * after one message. */
int outcome_of_run(const struct run *r, struct outcome *o);

/* -1 after one message (exit 2): releases depend on the policy. */
int outcome_bounds_of_run(const struct workload *w, uint32_t seed,
	struct outcome_bounds *b);

enum column_kind { COLUMN_COUNT, COLUMN_NS, COLUMN_REAL };

struct column {
	const char *name;           /* in CSV, JSON and SQL */
	enum column_kind kind;      /* COLUMN_NS members may be double */
	int is_double;
	size_t offset;              /* in struct outcome */
	int in_csv;                 /* a column of `laxity run --format csv` */
	int of_bounds;              /* from outcome_set_bounds */
	enum better better;
	int is_share;               /* of the int64_t count at offset trials */
	size_t trials;
	/* For people: what it is, and value x scale in unit with decimals. */
	const char *title, *unit;
	double scale;
	int decimals;
};

/* Ends with a NULL name; the CSV's columns first, in their order. */
extern const struct column outcome_columns[];

/* By name; NULL if there is none, no message. */
const struct column *outcome_column(const char *name);

/* As a double, NAN if missing; and back. */
double outcome_get(const struct outcome *o, const struct column *c);
void outcome_set(struct outcome *o, const struct column *c, double value);

/* Members that are int64_t (not is_double), exactly; and back. */
int64_t outcome_get_whole(const struct outcome *o, const struct column *c);
void outcome_set_whole(struct outcome *o, const struct column *c, int64_t value);

/* As CSV and JSON print it: counts and ns as integers, reals %.9g, "" if
 * missing. buffer holds 32 characters; returns buffer. */
char *outcome_print(char *buffer, const struct outcome *o, const struct column *c);

/* A value of this column for people, without unit: "87.32"; "" for NAN. */
char *outcome_print_scaled(char *buffer, const struct column *c, double value);

#endif
