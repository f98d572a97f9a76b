/* Random workloads in memory, small and nasty: several networks, settings,
 * environments, devices, equal deadlines, tight and loose ones. The same seed
 * gives the same scenario. */
#ifndef LAXITY_SUPPORT_RANDOM_H
#define LAXITY_SUPPORT_RANDOM_H

#include "../sim/engine.h"

struct scenario {
	struct workload w;
	struct bundle b;
	struct arena arena;
};

/* one_at_a_time: a single setting, network and environment, power as well. */
void scenario_init(struct scenario *s, uint32_t seed);
void scenario_fini(struct scenario *s);

#endif
