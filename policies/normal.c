#include "normal.h"

#include <math.h>

static float node_z(int i)
{
	return (float)i / NORMAL_STEPS - (float)NORMAL_LIMIT;
}

/* The least probability of a level. */
static double level_of(int level)
{
	const int steps = 1 << NORMAL_FINE;

	return ldexp(1 + (double)(level % steps) / steps,
		level / steps - NORMAL_POWERS);
}

void normal_init(struct normal *n)
{
	const double root_half = 0.70710678118654752440;
	const double density0 = 0.39894228040143267794; /* 1/sqrt(2 pi) */

	for (int i = 0; i < NORMAL_NODES; i++) {
		double z = (double)i / NORMAL_STEPS - NORMAL_LIMIT;

		n->node[i].cdf = 0.5 * erfc(-z * root_half);
		n->node[i].density = density0 * exp(-z * z / 2);
	}
	for (int level = 0, low = 0, high = NORMAL_NODES - 1;
	     level <= NORMAL_LEVELS; level++) {
		/* From this level on p is at least `least`, or at most 1 less
		 * the next level. */
		double least = level ? level_of(level) : 0;
		double most = 1 - level_of(level + 1);

		while (n->node[low + 1].cdf <= least)
			low++;
		while (n->node[high].cdf > most)
			high--;
		n->below[0][level] = node_z(low);
		n->below[1][level] = node_z(high);
	}
}
