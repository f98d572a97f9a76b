/* What a policy may know of the hardware and the networks before the run:
 * statistics of the bundle's `default` environment, for the workload's
 * candidates only. Networks and settings are numbered by the workload's lists,
 * 0 being the reference network and the default setting. */
#ifndef LAXITY_PROFILE_H
#define LAXITY_PROFILE_H

#include "../traces/bundle.h"

/* Times of one (network, setting), by depth - 1, in ns. Quantiles are nearest
 * rank, means are sum / count in double in rising order of sample. */
struct profile_cell {
	double mean_ns[BUNDLE_MAX_DEPTH];
	int64_t p50_ns[BUNDLE_MAX_DEPTH], p99_ns[BUNDLE_MAX_DEPTH];
	double power_w[BUNDLE_MAX_DEPTH];  /* NAN without data */
	double pass_mean_ns;               /* mean of a pass's sum */
};

/* Piecewise linear, constant outside; x rises strictly. */
struct curve { int n; const double *x, *y; };

struct profile_net {
	const char *name;
	enum net_kind kind;
	int depths, mandatory;
	double accuracy[BUNDLE_MAX_DEPTH], confidence[BUNDLE_MAX_DEPTH];
	/* Regressions over the bundle's inputs: what to expect at depth l of
	 * an input whose confidence at depth c (1 <= c <= l) is known, as in
	 * paper/spec/imprecise.md 4, `regress`: the mean confidence and the
	 * share of right answers. Index (c - 1) * depths + l - 1; no points
	 * where l < c. The mean of a group is kept between its least and
	 * largest value, so that rounding does not tell equal groups apart. */
	const struct curve *confidence_at, *correct_at;
	/* How confidences go on. share[c - 1][g]: the part of all inputs that
	 * point g of the curves at depth c stands for. moves[c - 1][g * n + h]:
	 * the part of these that is in point h of the curves at depth c + 1,
	 * which have n points. */
	const double *const *share, *const *moves;
};

struct profile {
	int nets, settings, classes;
	const struct profile_net *net;
	const struct profile_cell *cell;   /* [net * settings + setting] */
	const double *idle_power_w;        /* [settings], NAN without data */
	int has_energy;                    /* every candidate has its watts at
	                                    * every depth; the idle power of a
	                                    * setting may still be NAN */
	/* Variance of (a pass's sum / its mean), pooled over the candidates,
	 * squares divided by n: ALERT's `calibrated` preset. */
	double pass_variance;
	struct profile_memory *memory;
};

static inline const struct profile_cell *profile_cell(const struct profile *p,
	int net, int setting)
{
	return &p->cell[net * p->settings + setting];
}

/* The y at x of a curve with n >= 1 points. */
double curve_at(const struct curve *c, double x);

/* Summarise the candidates; net[] and setting[] are the bundle's numbers.
 * Every candidate must have samples in `default`: NULL after one message. The
 * bundle must outlive the profile. Takes about 5 ms a network with 10000
 * inputs. */
struct profile *profile_new(const struct bundle *b, int nets, const int *net,
	int settings, const int *setting);
void profile_free(struct profile *p);

#endif
