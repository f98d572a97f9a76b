/* Joules of a stage from windows of mixed work (paper/spec/measurement.md 11).
 *
 * A window lasts from one step of the energy counter to another. In it T
 * seconds passed, E joules were used, and stage k ran n_k times:
 *     E = P0 T + sum_k n_k e_k,
 * P0 the power of the gaps and e_k what a run of stage k adds. Weighted least
 * squares over windows of random depth mixes with and without idle gaps. */
#ifndef LAXITY_ENERGY_H
#define LAXITY_ENERGY_H

#include "../bundle.h"

struct window {
	double seconds, joules, extra_j;
	double sigma_j;         /* of joules: what an end's uncertainty costs */
	int64_t runs[BUNDLE_MAX_DEPTH + 1];     /* by stage, from 1 */
	double busy_s[BUNDLE_MAX_DEPTH + 1];    /* their durations in all */
	double gap;             /* share of idle time asked for */
	int closure;            /* 1: not in the fit */
};

struct energy_fit {
	int stages, windows;
	double p0_w, p0_stderr_w;
	double e_j[BUNDLE_MAX_DEPTH + 1], e_stderr_j[BUNDLE_MAX_DEPTH + 1];
	double t_s[BUNDLE_MAX_DEPTH + 1];       /* mean duration */
	double power_w[BUNDLE_MAX_DEPTH + 1], stderr_w[BUNDLE_MAX_DEPTH + 1];
	double condition;       /* of the columns, each scaled to length 1 */
	double lack_of_fit;     /* chi^2 / degrees of freedom */
	double closure;         /* largest relative error outside the fit; NAN
	                         * without closure windows */
};

/* At least 2 (stages + 1) windows outside closure. -1, without a message and
 * with *why set, where it cannot be fitted or a stage would give energy back. */
int energy_fit(const struct window *w, int windows, int stages,
	struct energy_fit *out, const char **why);

#endif
