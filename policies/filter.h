/* What ALERT learns while it runs: by how much the world slows inference down,
 * and how much power an idle device draws. Two scalar Kalman filters, usable
 * by any policy (paper/spec/alert.md 3, from which the numbers come). */
#ifndef LAXITY_FILTER_H
#define LAXITY_FILTER_H

#include <stdbool.h>

/* ---- Slowdown: measured / profiled time, one factor for everything ------- */

struct slowdown_constants {
	double alpha;    /* forgetting factor of the process noise, 0...1 */
	double q0;       /* process noise at first, and its floor; a variance */
	double p0;       /* variance at first */
	double k0;       /* gain at first, 0...1 */
	double r;        /* measurement noise, a variance > 0 */
	double mu0, y0;  /* mean and innovation at first */
	bool no_lag;     /* ablation, see below */
};

/* Presets. PAPER: as recalled; its process noise, taken as a variance, keeps
 * the deviation above 0.316 for ever. CALIBRATED: noise as in the profile,
 * whose relative variance of a pass is `pass_variance` (at least 1e-4). */
enum slowdown_preset { SLOWDOWN_PAPER, SLOWDOWN_CALIBRATED };
struct slowdown_constants slowdown_preset(enum slowdown_preset preset,
	double pass_variance);

struct slowdown {
	struct slowdown_constants c;
	double mean, variance;   /* what decisions use */
	double q, k, y;          /* process noise, gain, innovation, last step */
};

void slowdown_init(struct slowdown *f, const struct slowdown_constants *c);

/* Fold in one measurement, measured time / profiled time.
 *
 * The literal recursion computes the new process noise from the previous
 * step's gain and innovation, and hands out the variance *before* this
 * measurement: the mean follows a jump at once, the variance one step later.
 * With no_lag this step's own gain and innovation enter, and the variance is
 * the one predicted for the next input. */
void slowdown_update(struct slowdown *f, double ratio);

/* ---- A level that is observed with noise (idle power, idle ratio) -------- */

struct level_constants {
	double m0;       /* variance at first */
	double s, v;     /* process noise, measurement noise: variances */
};
extern const struct level_constants level_paper;

struct level {
	struct level_constants c;
	double value;
	double m, w;     /* variance, gain of the last step */
};

void level_init(struct level *f, const struct level_constants *c, double value);
void level_update(struct level *f, double sample);

#endif
