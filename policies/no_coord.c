/* No-coord: App-only's network under Sys-only's manager, neither knowing. */
#include "rivals.h"

static const char manual[] =
"Idea: adapt both, without coordination. App-only's anytime network runs until\n"
"the deadline or its last output, at the setting that Sys-only's manager picks\n"
"in the belief that the last output is always needed. What the network stops\n"
"early looks like speed to the manager, which then slows the system down: that\n"
"is the effect to be shown.\n"
"Source: a scheme that ALERT is compared with, as recalled in\n"
"paper/spec/alert.md 8. Ours: as for `app-only` and `sys-only`; the manager\n"
"observes the time used divided by the profiled time of the last output.\n"
"Cost of a decision: O(settings).\n";

static int init(void *state, struct arena *a, const struct view *v,
	const double *args)
{
	int net = rivals_anytime_net(v->profile, "no-coord");

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
		return course_run_out(v, slot);
	return course_begin(v, slot, net, manager_setting(m, v, slot),
		v->profile->net[net].depths);
}

const struct policy policy_no_coord = {
	.name = "no-coord",
	.summary = "app-only's network and sys-only's manager, uncoordinated",
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
