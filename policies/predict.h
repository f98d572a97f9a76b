/* Predicted rewards of stages not yet run (paper/spec/imprecise.md 4).
 *
 * The reward of depth l is the confidence that its exit is expected to give.
 * Before the first stage that of depth 1 is the prior, the mean confidence at
 * depth 1 of the network in use, and the formulas go on from there. */
#ifndef LAXITY_PREDICT_H
#define LAXITY_PREDICT_H

#include "../sim/policy.h"

/* The order of the words of the parameter `predictor`. With u the confidence
 * at the depth c reached, R^l for l > c is
 *   exp       R^{l-1} + gain (1 - R^{l-1})
 *   max       1
 *   lin_time  min(1, u T^l / T^c), T^l the planning time of stages 1..l
 *   lin_inc   R^{l-1} + (R^c - R^{c-1}), clamped to [0, 1]; lin_time for c < 2
 *   mean      max(R^{l-1}, mean confidence of exit l)
 *   regress   the profile's regression of conf_l on conf_c at u */
enum predictor { PREDICT_EXP, PREDICT_MAX, PREDICT_LIN_TIME, PREDICT_LIN_INC,
	PREDICT_MEAN, PREDICT_REGRESS };

struct predict {
	enum predictor kind;
	double gain;                /* of exp, in [0, 1] */
	const struct profile_net *net;
	const int64_t *total_ns;    /* [depth]: planning time of stages 1..depth */
};

/* reward[l - 1] holds the confidence seen at depth l for l <= depth; fill in
 * the rest, up to the network's depths. */
void predict_rewards(const struct predict *p, int depth, double *reward);

/* One step of exp. */
static inline double predict_exp(double reward, double gain)
{
	return reward + gain * (1 - reward);
}

#endif
