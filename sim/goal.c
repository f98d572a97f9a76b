#include "goal.h"

#include <math.h>

void goal_judge(const struct workload *w, const struct request_record *r,
	struct goal_outcome *out)
{
	const struct goal *g = &w->goal;
	int64_t from = r->start_ns >= 0 ? r->start_ns : r->release_ns;
	int64_t idle = r->deadline_ns - from - r->busy_ns;
	int setting = r->setting >= 0 ? r->setting : 0;
	struct goal_outcome o = { .late = r->missed };

	o.energy_j = r->energy_j + (idle > 0 ? (double)idle * 1e-9
		* w->profile->idle_power_w[setting] : 0);
	o.accuracy = r->missed ? 1.0 / w->bundle->classes
		: w->profile->net[r->net].accuracy[r->depth - 1];
	o.too_inaccurate = o.accuracy < g->accuracy;
	o.too_costly = o.energy_j > 1.01 * g->energy_j;
	o.violated = o.late || (g->objective == OBJECTIVE_ENERGY
		&& o.too_inaccurate) || (g->objective == OBJECTIVE_ACCURACY
		&& o.too_costly);
	*out = o;
}
