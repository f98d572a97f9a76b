/* The relaxation behind bounds.h's lp and preempt: ladders of worthwhile
 * options, and the best mixture of them. */
#ifndef LAXITY_BOUNDS_LP_H
#define LAXITY_BOUNDS_LP_H

#include "bounds.h"

/* The options of each request that are worth something: its rungs
 * first[i] ... first[i + 1] - 1 rise strictly in time and utility, from (0, 0).
 */
struct ladders {
	int64_t requests;
	int64_t *first;
	int64_t *time_ns;
	double *utility;
};

void ladders_init(struct ladders *l, const struct bound_instance *in,
	const double *utility);
void ladders_fini(struct ladders *l);

/* A stretch of a request's concave upper hull, filled from `low` to `high`. */
struct piece {
	int64_t low, high;          /* rungs, counted from the request's first */
	int64_t length_ns, filled_ns;
	double slope;               /* utility per ns; INFINITY: must be done */
};

/* Hull of the rungs from..to of request i (counted from its first), steepest
 * piece first; a piece up to `from` that must be done comes before if from > 0.
 * Returns how many; room for to + 1 is needed. */
int64_t ladders_hull(const struct ladders *l, int64_t i, int64_t from,
	int64_t to, struct piece *out);

struct lp;
struct lp *lp_new(const struct bound_instance *in, const struct ladders *l);
void lp_free(struct lp *p);

/* Best mixture where request i gets between its rungs from[i] and to[i];
 * NULL: any. Returns its value, or -1 if what must be done does not fit. The
 * solution stays until the next call. */
double lp_solve(struct lp *p, const int32_t *from, const int32_t *to);
int64_t lp_work(const struct lp *p, int64_t i);
/* The piece of request i that is partly filled, or NULL. */
const struct piece *lp_partial(const struct lp *p, int64_t i);

#endif
