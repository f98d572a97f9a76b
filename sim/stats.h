/* Statistics of replications: means with intervals, paired differences and
 * what may be said of them, quantiles, batch means. The definitions are those
 * of paper/spec/workloads.md 8.
 *
 * A missing value is NAN and is left out; n counts what is left. Nothing here
 * fails: where a number is undefined (a mean over nothing, an interval from
 * too few values) it is NAN. */
#ifndef LAXITY_STATS_H
#define LAXITY_STATS_H

#include <stdint.h>

/* Intervals are printed from this many replications on. */
#define STATS_ENOUGH 5

/* Nearest rank: the 1-based rank of the q-quantile (0 < q <= 1) of n >= 1
 * values, ceil(q n). */
int64_t stats_rank(double q, int64_t n);

double stats_mean(const double *x, int64_t n);

/* Sample standard deviation, n - 1 in the denominator; NAN below two values. */
double stats_deviation(const double *x, int64_t n);

/* Half the width of Student's interval at `level` (0.95) for the mean. */
double stats_half_width(const double *x, int64_t n, double level);

/* A mean over replications. */
struct estimate {
	int64_t n;
	double mean;
	double half;                /* 95 %; NAN below STATS_ENOUGH values */
	/* A share that was 0 (or 1) in every replication: the t interval would
	 * have no width, so `half` is NAN and the true share is at most (at
	 * least) this with 95 % confidence, if trials are independent
	 * (Clopper-Pearson, one-sided, about 3 / trials). Else NAN. */
	double limit;
};

/* trials: over how many cases the shares x were taken, all replications
 * together; 0 if x is no share. */
struct estimate stats_estimate(const double *x, int64_t n, int64_t trials);

/* One-sided Clopper-Pearson limit at 95 % for 0 of n (upper), or n of n
 * (lower). NAN if n < 1. */
double stats_limit_none(int64_t n);
double stats_limit_all(int64_t n);

/* The differences a[r] - b[r], pair by pair: replications with the same seed
 * see the same requests, so most of the noise cancels. */
enum verdict { VERDICT_UNKNOWN, VERDICT_NONE, VERDICT_BETTER, VERDICT_WORSE };
enum better { BETTER_NEITHER, BETTER_HIGHER, BETTER_LOWER };

struct comparison {
	int64_t n;                  /* pairs with both values */
	double mean;
	double half;                /* 95 %; NAN below STATS_ENOUGH pairs */
	double half_joint;          /* at 1 - 0.05 / m (Bonferroni) */
	enum verdict verdict;       /* of a against b, from half_joint */
};

/* m >= 1: how many comparisons are printed together. The verdict is UNKNOWN
 * without an interval, NONE if the interval at 1 - 0.05 / m contains 0. With
 * BETTER_NEITHER every difference counts as better if positive: its sign alone
 * means something. */
struct comparison stats_compare(const double *a, const double *b, int64_t n,
	int64_t m, enum better better);

/* 95 % interval for the mean of one long run: STATS_BATCHES batches of equal
 * numbers of successive values (those over at the end are left out), t
 * interval over the batch means. If successive batch means still correlate
 * (lag-1 above 0.3), the batches are too short to count as independent:
 * too_short is 1 and half is NAN. */
#define STATS_BATCHES 32
struct batches {
	int64_t batch;              /* values in each; 0: fewer than batches */
	double mean, half, lag1;
	int too_short;
};
struct batches stats_batches(const double *x, int64_t n);

/* Autocorrelation of successive values; NAN if there is no variation. */
double stats_lag1(const double *x, int64_t n);

#endif
