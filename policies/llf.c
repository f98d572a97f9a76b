/* Least laxity first. */
#include "plan.h"

static const char manual[] =
"Idea: run the request that can wait least. Its laxity is\n"
"    deadline - now - planning time of all its remaining stages,\n"
"to full depth; the least goes first. Laxities are compared only at stage\n"
"boundaries, as stages are not preempted.\n"
"Source: Mok's thesis, MIT 1983. Order: (laxity, deadline, request number).\n"
"Rules of ours: a request whose next stage may not start (skip=on) stays\n"
"until its deadline and the next in order runs; none is finished or dropped\n"
"early. A negative laxity means that full depth is out of reach, not that\n"
"the request is lost.\n"
"Cost of a pick: O(live requests).\n";

static struct decision pick(void *state, const struct view *v)
{
	const struct plan *p = state;
	int64_t least = 0;
	int best = -1;

	for (int i = 0; i < v->lives; i++) {
		int slot = v->edf[i].slot;
		/* Without `now`, which is the same for all. */
		int64_t laxity = v->edf[i].deadline_ns - (p->total_ns[p->depths]
			- p->total_ns[v->req[slot].depth]);

		if ((best < 0 || laxity < least) && plan_may_start(p, v, slot)) {
			least = laxity;
			best = slot;
		}
	}
	return best < 0 ? decide_wait(TIME_NEVER) : plan_run(best);
}

static const struct param params[] = { PLAN_PARAMS, PLAN_PARAMS_END };

const struct policy policy_llf = {
	.name = "llf",
	.summary = "least laxity first, to full depth",
	.manual = manual,
	.params = params,
	.state_size = sizeof(struct plan),
	.work_conserving = true,
	.init = plan_init_policy,
	.pick = pick,
};
