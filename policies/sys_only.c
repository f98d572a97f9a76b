/* Sys-only: one fast network, the setting adapted. */
#include "rivals.h"

static const char manual[] =
"Idea: adapt only the system. The fastest traditional network, so as not to\n"
"miss, under a manager that follows the mean slowdown and picks the setting:\n"
"least energy that is in time, or, where accuracy is the objective, the fastest\n"
"setting whose energy is allowed; if there is none, the fastest.\n"
"Source: a scheme that ALERT is compared with (the line of CALOREE and POET), as\n"
"recalled in paper/spec/alert.md 8. Ours: the filter is ALERT's with the paper's\n"
"constants, its variance ignored.\n"
"Cost of a decision: O(settings).\n";

static int init(void *state, struct arena *a, const struct view *v,
	const double *args)
{
	int net = rivals_single_net(v->profile, "sys-only");

	(void)args;
	if (net < 0)
		return -1;
	manager_init(state, a, v, net);
	return 0;
}

static struct decision pick(void *state, const struct view *v)
{
	const struct manager *m = state;
	int net = m->net, slot = course_slot(v);

	if (slot < 0)
		return decide_wait(TIME_NEVER);
	if (v->req[slot].start_ns >= 0)
		return course_go_on(v, slot);
	return course_begin(v, slot, net, manager_setting(m, v, slot),
		v->profile->net[net].depths);
}

const struct policy policy_sys_only = {
	.name = "sys-only",
	.summary = "the fastest traditional network, setting adapted",
	.manual = manual,
	.state_size = sizeof(struct manager),
	.request_size = sizeof(struct course),
	.needs_goal = true, .needs_energy = true,
	.init = init,
	.pick = pick,
	.on_stage_done = manager_stage_done,
	.on_leave = manager_left,
	.estimate = manager_estimate,
};
