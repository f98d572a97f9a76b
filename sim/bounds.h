/* What no policy can beat on one run's requests (paper/spec/imprecise.md 11).
 *
 * Releases, deadlines, outcomes and samples of a run are fixed by workload and
 * seed as long as releases do not depend on the policy, so a clairvoyant
 * optimum is defined; these are relaxations of it, each an upper bound on the
 * total utility of the measured requests:
 *
 *   solo      every request alone on the device
 *   knapsack  one budget: all work fits between first release and last deadline
 *   lp        in every window [a, d] the work of the requests inside it fits,
 *             and a request may be a mixture of its options
 *   preempt   the same without mixtures: the optimum if stages could be
 *             preempted anywhere
 *   exact     the optimum with whole stages in some order, on one device
 *
 * exact <= preempt <= lp <= knapsack <= solo. Warm-up requests are left out,
 * which only loosens them. */
#ifndef LAXITY_BOUNDS_H
#define LAXITY_BOUNDS_H

#include "workload.h"

#include <stdint.h>

/* From loosest to tightest. */
enum bound_kind { BOUND_SOLO, BOUND_KNAPSACK, BOUND_LP, BOUND_PREEMPT,
	BOUND_EXACT, BOUND_KINDS };
extern const char *const bound_name[BOUND_KINDS];

/* On one utility. */
struct bound {
	double sum[BOUND_KINDS];    /* over the measured requests; NAN: not
	                             * computed at this size */
	enum bound_kind kind;       /* the tightest that was computed */
	double mean;                /* sum[kind] / measured requests, raised by
	                             * what rounding may have cost: regret =
	                             * mean - the policy's is never negative */
};

struct bounds {
	/* Utility 1 where the exit is right. Compare with accuracy. */
	struct bound accuracy;
	/* Utility = true confidence. Compare with the sum of confidences of
	 * answered requests over *all* measured ones. */
	struct bound confidence;
	/* Utility 1 at the mandatory depth: the most that can be answered. */
	struct bound answered;
	/* At least so many of the measured requests miss: the larger of what
	 * `answered` leaves and of what windows force (bounds_misses). */
	int64_t requests, misses;
};

/* The bounds of one run. solo, knapsack and lp always; exact and preempt for
 * few requests, as the search for them ends within a fixed number of steps
 * (about 8 and 100 requests). Costs about as much as sorting the requests.
 * -1 after one message (exit 2) if releases depend on the policy. */
int bounds_compute(const struct workload *w, uint32_t seed, struct bounds *out);

/* ---- The parts, over instances in memory -------------------------------- */

/* Requests in release order. The options of request i are first[i] ...
 * first[i + 1] - 1: depths 1, 2, ... of one network, then those of the next,
 * each with the time to reach it from nothing, which rises with depth.
 * Utilities are given beside, by option, >= 0; depth 0 is worth 0. Options
 * that do not fit between release and deadline may be among them and are
 * ignored. */
struct bound_instance {
	int64_t devices, requests;
	int64_t *release_ns, *deadline_ns; /* release < deadline */
	int64_t *first;             /* [requests + 1] */
	int64_t *time_ns;
	int32_t *depth;
	double *accuracy, *confidence, *answered; /* utilities of the workload */
};

/* The measured requests of a run. The time of a stage is the least it can take
 * under any policy: over the candidate settings, the environments in force
 * between release and deadline and, where a change of either can make the
 * request draw again, its later draws. NULL after one message as above. */
struct bound_instance *bounds_instance_new(const struct workload *w,
	uint32_t seed);
void bounds_instance_free(struct bound_instance *in);

double bounds_solo(const struct bound_instance *in, const double *utility);
double bounds_knapsack(const struct bound_instance *in, const double *utility);

/* Exact up to rounding. work_ns: NULL, or receives the time given to each
 * request in an optimal solution, whole nanoseconds. */
double bounds_lp(const struct bound_instance *in, const double *utility,
	int64_t *work_ns);

/* Branch and bound over lp, at most `steps` relaxations. *done = 1 if that was
 * enough; otherwise the value is between preempt and lp, a valid bound too. */
double bounds_preempt(const struct bound_instance *in, const double *utility,
	int64_t steps, int *done);

/* NAN if there are several devices or more than `states` combinations of
 * progress, the product over requests of (options + 1). */
double bounds_exact(const struct bound_instance *in, const double *utility,
	int64_t states);

/* At least so many requests get none of their options with positive utility:
 * those that cannot even alone, and over the best set of disjoint windows what
 * Moore and Hodgson's rule drops if all requests inside are released at its
 * beginning. Only windows of at most about `steps` / requests requests are
 * tried. */
int64_t bounds_misses(const struct bound_instance *in, const double *answered,
	int64_t steps);

#endif
