/* What stages take in the world as it is, learned from the stages that ran.
 *
 * ALERT multiplies all profiled times by one factor. A co-runner that takes
 * time slices adds a constant to every stage instead, however short, and one
 * that competes for the same units slows some kernels more than others. So:
 *
 * - A line, duration = factor x profiled + added, describes stages not seen of
 *   late. It is a Kalman filter on (factor, added) whose measurement noise
 *   follows its residuals, so that it settles slowly where stages scatter
 *   around the line and fast where they do not.
 * - For a stage seen since the world last changed the mean of what was
 *   measured holds.
 * - The world has changed when a stage takes much longer or shorter than was
 *   to be expected: once by half, or twice running by a sixth and three
 *   deviations. What was measured before is then forgotten, and the line is
 *   made uncertain enough to explain the new time (a strong tracking filter);
 *   but if calm explains it (profiled times), the line starts anew from there. */
#ifndef LAXITY_STRETCH_H
#define LAXITY_STRETCH_H

#include "../sim/policy.h"

struct stretch_seen {
	double mean_ns, reported_ns; /* reported: at the last version */
	int32_t count, epoch;
};

struct stretch {
	const struct profile *profile;
	double unit_ns;          /* a typical stage */
	double factor, added;    /* the line; added in units */
	double paa, pab, pbb;    /* covariance, before the next measurement */
	double noise, calm;      /* variance around the line, unit^2; in calm */
	double spread;           /* relative variance of stages around the
	                          * means of what was measured */
	int32_t spread_count;    /* stages it is taken over */
	int32_t epoch;           /* changes of the world so far, and 1 */
	int32_t suspect;         /* -1, 0, 1: the last stage was too short,
	                          * as expected, too long */
	int32_t version;         /* changes when a prediction has moved by 4 %
	                          * since it last changed; from 1 */
	int32_t stride;
	struct stretch_seen *seen;
};

void stretch_init(struct stretch *s, struct arena *a, const struct profile *p);

/* The stage to this depth took so long. */
void stretch_update(struct stretch *s, int net, int setting, int depth,
	double measured_ns);

/* Expected duration of the stage to `depth`, at least an eighth of what is
 * profiled. */
double stretch_ns(const struct stretch *s, int net, int setting, int depth);

/* Its deviation, what is not known of the mean included. */
double stretch_deviation_ns(const struct stretch *s, int net, int setting,
	int depth);

#endif
