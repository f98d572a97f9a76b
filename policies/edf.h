/* What edf decides, for edf.c and for the copy of the loop it is compiled into. */
#ifndef LAXITY_EDF_H
#define LAXITY_EDF_H

#include "plan.h"

static inline struct decision edf_pick(void *state, const struct view *v)
{
	const struct plan *p = state;

	for (int i = 0; i < v->lives; i++)
		if (plan_may_start(p, v, v->edf[i].slot))
			return plan_run(v->edf[i].slot);
	return decide_wait(TIME_NEVER);
}

#endif
