/* The standard normal distribution function without an erfc per value: a
 * policy that weighs a few hundred options per decision needs it to cost
 * nanoseconds.
 *
 * Around the nearest node z0 of a grid of step 1/64 the function is its Taylor
 * polynomial of degree 4, whose coefficients are Hermite polynomials times the
 * density. The remainder is at most |d|^5/120 max|(z^4 - 6z^2 + 3) density(z)|
 * = (1/128)^5/120 x 1.197 < 3e-13, beside the table's rounding; beyond +-8.5
 * the result is exactly 0 or 1 (error below 1e-17). */
#ifndef LAXITY_NORMAL_H
#define LAXITY_NORMAL_H

#include <stdint.h>
#include <string.h>

#define NORMAL_LIMIT 8.5
#define NORMAL_STEPS 64              /* nodes per unit */
#define NORMAL_NODES (2 * 8 * NORMAL_STEPS + NORMAL_STEPS + 3)
/* For the inverse: the smaller of p and 1 - p in 16 steps per power of two, from
 * 2^-44 to 1/2. */
#define NORMAL_FINE 4
#define NORMAL_POWERS 44
#define NORMAL_LEVELS ((NORMAL_POWERS - 1) << NORMAL_FINE)

struct normal {
	struct normal_node { double cdf, density; } node[NORMAL_NODES];
	float below[2][NORMAL_LEVELS + 1]; /* [p > 1/2][level]: z of a node */
};

/* Fills the tables with erfc and exp; about 50 us. */
void normal_init(struct normal *n);

static inline double normal_cdf(const struct normal *n, double z)
{
	if (!(z > -NORMAL_LIMIT))
		return 0;
	/* The node there is 1 exactly; a branch would be anyone's guess. */
	z = z < NORMAL_LIMIT ? z : NORMAL_LIMIT;
	/* Adding the limit first makes truncation round to the nearest. */
	int i = (int)((z + NORMAL_LIMIT) * NORMAL_STEPS + 0.5);
	double z0 = (double)i / NORMAL_STEPS - NORMAL_LIMIT, d = z - z0;
	double zz = z0 * z0;

	return n->node[i].cdf + n->node[i].density * d * (1 + d * (-z0 / 2
		+ d * ((zz - 1) / 6 + d * (3 - zz) * z0 / 24)));
}

/* A z whose cdf is at most p, 0 < p < 1, less than 0.1 below the largest such if p
 * is not within 2^-44 of an end. */
static inline double normal_quantile_below(const struct normal *n, double p)
{
	double tail = p > 0.5 ? 1 - p : p;
	uint64_t bits;
	int64_t level;

	/* Its exponent and first digits, as an integer. */
	memcpy(&bits, &tail, sizeof bits);
	level = (int64_t)(bits >> (52 - NORMAL_FINE))
		- ((1023 - NORMAL_POWERS) << NORMAL_FINE);
	return n->below[p > 0.5][level > 0 ? level : 0];
}

#endif
