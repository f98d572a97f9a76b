/* App-only: one anytime network, the system left alone. */
#include "rivals.h"

static const char manual[] =
"Idea: adapt only the application. One anytime network at the default setting\n"
"runs until the deadline or its last output; the latest output counts.\n"
"Source: a scheme that ALERT is compared with, as recalled in\n"
"paper/spec/alert.md 8. Ours: the network is the first nested one of the\n"
"workload's list, else the first staged one; no early stop on accuracy; inputs\n"
"that share a deadline stop at the first output after their share of the time.\n"
"Cost of a decision: O(devices).\n";

struct app_only { int net; };

static int init(void *state, struct arena *a, const struct view *v,
	const double *args)
{
	struct app_only *s = state;

	(void)a;
	(void)args;
	s->net = rivals_anytime_net(v->profile, "app-only");
	return s->net < 0 ? -1 : 0;
}

static struct decision pick(void *state, const struct view *v)
{
	const struct app_only *s = state;
	int slot = course_slot(v);

	if (slot < 0)
		return decide_wait(TIME_NEVER);
	if (v->req[slot].start_ns >= 0)
		return course_run_out(v, slot);
	return course_begin(v, slot, s->net, 0, v->profile->net[s->net].depths);
}

const struct policy policy_app_only = {
	.name = "app-only",
	.summary = "an anytime network until the deadline, default setting",
	.manual = manual,
	.state_size = sizeof(struct app_only),
	.request_size = sizeof(struct course),
	.needs_goal = true, .needs_energy = true,
	.init = init,
	.pick = pick,
};
