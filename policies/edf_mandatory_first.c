/* Earliest deadline first, mandatory stages before optional ones. */
#include "plan.h"

static const char manual[] =
"Idea: nothing optional runs while a mandatory stage could: requests below\n"
"their mandatory depth go before all others, earliest deadline first within\n"
"each group.\n"
"Source: the mandatory-first rule of imprecise computation (Shih, Liu and\n"
"Chung 1991 give the model); the form is ours. Order: (depth >= mandatory,\n"
"deadline, request number).\n"
"Rules of ours: a request whose next stage may not start (skip=on) stays\n"
"until its deadline and the next in order runs; none is finished or dropped\n"
"early.\n"
"Cost of a pick: O(live requests).\n";

static struct decision pick(void *state, const struct view *v)
{
	const struct plan *p = state;
	int optional = -1;

	for (int i = 0; i < v->lives; i++) {
		int slot = v->edf[i].slot;

		if (!plan_may_start(p, v, slot))
			continue;
		if (v->req[slot].depth < p->mandatory)
			return plan_run(slot);
		if (optional < 0)
			optional = slot;
	}
	return optional < 0 ? decide_wait(TIME_NEVER) : plan_run(optional);
}

static const struct param params[] = { PLAN_PARAMS, PLAN_PARAMS_END };

const struct policy policy_edf_mandatory_first = {
	.name = "edf-mandatory-first",
	.summary = "EDF, requests below the mandatory depth before all others",
	.manual = manual,
	.params = params,
	.state_size = sizeof(struct plan),
	.work_conserving = true,
	.init = plan_init_policy,
	.pick = pick,
};
