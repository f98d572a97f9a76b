#include "normal.h"

#include <math.h>

void normal_init(struct normal *n)
{
	const double root_half = 0.70710678118654752440;
	const double density0 = 0.39894228040143267794; /* 1/sqrt(2 pi) */

	for (int i = 0; i < NORMAL_NODES; i++) {
		double z = (double)i / NORMAL_STEPS - NORMAL_LIMIT;

		n->node[i].cdf = 0.5 * erfc(-z * root_half);
		n->node[i].density = density0 * exp(-z * z / 2);
	}
}

double normal_quantile_below(const struct normal *n, double p)
{
	int low = 0, high = NORMAL_NODES - 1; /* the answer is in [low, high) */

	while (high - low > 1) {
		int middle = (low + high) / 2;

		if (n->node[middle].cdf <= p)
			low = middle;
		else
			high = middle;
	}
	return (double)low / NORMAL_STEPS - NORMAL_LIMIT;
}
