/* The results of several policies on one workload, replication by replication:
 * what `laxity run` has in memory and what a report reads back for a point. */
#ifndef LAXITY_RESULTS_H
#define LAXITY_RESULTS_H

#include "outcome.h"

struct result_policy {
	const char *text;           /* as given to -p */
	int clairvoyant;
};

struct results {
	int policies, replications;
	const struct result_policy *policy;
	const uint32_t *seed;       /* [replications]: of column r for all */
	struct outcome *outcome;    /* [policy * replications + r] */
	unsigned char *done;        /* the same; 0: not there */
	char bound_name[16];        /* "" without bounds */
};

/* Room for so many; policy and seed are the caller's. */
void results_init(struct results *s, int policies, int replications,
	const struct result_policy *policy, const uint32_t *seed);
void results_fini(struct results *s);

static inline struct outcome *results_at(const struct results *s, int policy, int r)
{
	return &s->outcome[(int64_t)policy * s->replications + r];
}

static inline int results_done(const struct results *s, int policy, int r)
{
	return s->done[(int64_t)policy * s->replications + r];
}

/* How many of a policy's replications are there. */
int results_count(const struct results *s, int policy);

/* x[r] = the value, NAN where there is none. */
void results_values(const struct results *s, int policy, const struct column *c,
	double *x);

struct estimate results_estimate(const struct results *s, int policy,
	const struct column *c);

/* `policy` against `against`, one of m comparisons printed together. */
struct comparison results_compare(const struct results *s, int policy, int against,
	const struct column *c, int64_t m);

/* 1 if the column is worth a place: some policy has a value. */
int results_has(const struct results *s, const struct column *c);

/* "better by 5.12 +- 0.20 points", "no evidence of a difference
 * (0.02 +- 0.11 points)", in the column's unit, percentages as points; +- is
 * the real sign. "" where nothing can be said: too few replications. The
 * caller frees it. */
char *results_wording(const struct comparison *d, const struct column *c);

#endif
