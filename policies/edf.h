/* What edf decides, for edf.c and for the copy of the loop it is compiled into. */
#ifndef LAXITY_EDF_H
#define LAXITY_EDF_H

#include "plan.h"

/* `alone`: nothing is in flight, so that nobody need be asked whether it is. */
static inline struct decision edf_decide(const struct plan *p,
	const struct view *v, bool alone)
{
	const struct edf_entry *at = v->edf;

	for (; at->deadline_ns != TIME_NEVER; at++)
		if ((alone || view_waiting(v, at->slot))
		    && v->now_ns + plan_room(p, v, at->slot) <= at->deadline_ns)
			return plan_run(at->slot);
	return decide_wait(TIME_NEVER);
}

#endif
