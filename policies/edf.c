/* Earliest deadline first. */
#include "edf.h"

static const char manual[] =
"Idea: always run the next stage of the request that is due first. All\n"
"stages of a request run before the next one's, but a request with an\n"
"earlier deadline goes first at the next stage boundary.\n"
"Source: Jackson 1955; as we recall a baseline of Yao et al., RTCSA 2020.\n"
"Order: (deadline, request number).\n"
"Rules of ours: a request whose next stage may not start (skip=on) stays\n"
"until its deadline and the next in order runs; none is finished or dropped\n"
"early. Without skip, overload spends the device on stages that end late.\n"
"Cost of a pick: O(live requests that may not start), usually one look, as\n"
"the view lists requests by deadline.\n";

static struct decision pick(void *state, const struct view *v)
{
	return edf_decide(state, v, false);
}

static const struct param params[] = { PLAN_PARAMS, PLAN_PARAMS_END };

const struct policy policy_edf = {
	.name = "edf",
	.summary = "earliest deadline first, to full depth",
	.manual = manual,
	.params = params,
	.state_size = sizeof(struct plan),
	.work_conserving = true,
	.init = plan_init_policy,
	.pick = pick,
};
