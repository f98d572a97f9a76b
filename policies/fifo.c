/* First in, first out. */
#include "plan.h"

static const char manual[] =
"Idea: serve requests in release order, each to full depth before the next\n"
"one starts. What a server does that knows neither deadlines nor depths.\n"
"Source: textbook; a baseline of Yao et al.'s later work (Eugene, ICDCS\n"
"2019), as we recall. Order: request number.\n"
"Rules of ours: a request whose next stage may not start (skip=on) stays\n"
"until its deadline and the next in order runs; none is finished or dropped\n"
"early.\n"
"Cost of a pick: O(live requests that may not start), usually one look.\n";

static struct decision pick(void *state, const struct view *v)
{
	const struct plan *p = state;

	for (int i = 0; i < v->lives; i++)
		if (plan_may_start(p, v, v->live[i]))
			return plan_run(v->live[i]);
	return decide_wait(TIME_NEVER);
}

static const struct param params[] = { PLAN_PARAMS, PLAN_PARAMS_END };

const struct policy policy_fifo = {
	.name = "fifo",
	.summary = "first in, first out, each to full depth",
	.manual = manual,
	.params = params,
	.state_size = sizeof(struct plan),
	.work_conserving = true,
	.init = plan_init_policy,
	.pick = pick,
};
