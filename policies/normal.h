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

#define NORMAL_LIMIT 8.5
#define NORMAL_STEPS 64              /* nodes per unit */
#define NORMAL_NODES (2 * 8 * NORMAL_STEPS + NORMAL_STEPS + 3)

struct normal {
	struct normal_node { double cdf, density; } node[NORMAL_NODES];
};

/* Fills the table with erfc and exp; about 50 us. */
void normal_init(struct normal *n);

static inline double normal_cdf(const struct normal *n, double z)
{
	if (!(z > -NORMAL_LIMIT))
		return 0;
	if (z >= NORMAL_LIMIT)
		return 1;
	/* Adding the limit first makes truncation round to the nearest. */
	int i = (int)((z + NORMAL_LIMIT) * NORMAL_STEPS + 0.5);
	double z0 = (double)i / NORMAL_STEPS - NORMAL_LIMIT, d = z - z0;
	double zz = z0 * z0;

	return n->node[i].cdf + n->node[i].density * d * (1 + d * (-z0 / 2
		+ d * ((zz - 1) / 6 + d * (3 - zz) * z0 / 24)));
}

/* A z whose cdf is at most p, less than 1/64 below the largest such; at least
 * -NORMAL_LIMIT. */
double normal_quantile_below(const struct normal *n, double p);

#endif
