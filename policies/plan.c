#include "plan.h"

#include <math.h>

const char *const plan_on_off[] = { "on", "off", NULL };
const double plan_quantiles[] = { 0.99, 0.5, NAN };

void plan_init_depths(struct plan *p, const struct view *v, bool skip)
{
	p->skip = skip;
	p->depths = v->profile->net[0].depths;
	p->mandatory = v->profile->net[0].mandatory;
}

void plan_init(struct plan *p, const struct view *v, const double *args)
{
	const struct profile_cell *cell = profile_cell(v->profile, 0, 0);
	const int64_t *profiled = args[PLAN_QUANTILE] > 0.75
		? cell->p99_ns : cell->p50_ns;

	plan_init_depths(p, v, args[PLAN_SKIP] == 0);
	for (int l = 0; l < p->depths; l++) {
		p->stage_ns[l] = profiled[l] + v->decision_ns;
		p->total_ns[l + 1] = p->total_ns[l] + p->stage_ns[l];
		p->room_ns[l] = p->skip ? p->stage_ns[l] : -TIME_MAX_NS;
	}
}

int plan_init_policy(void *state, struct arena *a, const struct view *v,
	const double *args)
{
	(void)a;
	plan_init(state, v, args);
	return 0;
}
