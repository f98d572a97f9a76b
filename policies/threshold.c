/* EDF with early exit on confidence. */
#include "plan.h"

static const char manual[] =
"Idea: stop when sure enough. A waiting request at or above its mandatory\n"
"depth whose confidence has reached `stop` is finished (lowest number first)\n"
"before any stage is started; among the rest the earliest deadline runs.\n"
"Source: the early-exit rule of staged networks (e.g. BranchyNet, ICPR 2016,\n"
"there with an entropy threshold), over EDF; the combination is ours. Order:\n"
"(deadline, request number).\n"
"Rules of ours: a request whose next stage may not start (skip=on) stays\n"
"until its deadline and the next in order runs; none is dropped.\n"
"Cost of a pick: O(live requests).\n";

struct threshold { struct plan plan; double stop; };

static struct decision pick(void *state, const struct view *v)
{
	const struct threshold *t = state;
	const struct plan *p = &t->plan;

	for (int i = 0; i < v->lives; i++) {
		int slot = v->live[i], depth = v->req[slot].depth;

		if (depth >= p->mandatory && view_waiting(v, slot)
		    && view_confidence(v, slot, depth) >= t->stop)
			return decide_finish(slot);
	}
	for (int i = 0; i < v->lives; i++)
		if (plan_may_start(p, v, v->edf[i].slot))
			return plan_run(v->edf[i].slot);
	return decide_wait(TIME_NEVER);
}

enum { STOP = PLAN_OWN };
static const struct param params[] = {
	PLAN_PARAMS,
	{ .name = "stop", .def = 0.9, .min = 0, .max = 1,
	  .help = "confidence (a ratio) at which a request is finished" },
	PLAN_PARAMS_END
};

static int init(void *state, struct arena *a, const struct view *v,
	const double *args)
{
	struct threshold *t = state;

	(void)a;
	plan_init(&t->plan, v, args);
	t->stop = args[STOP];
	return 0;
}

const struct policy policy_threshold = {
	.name = "threshold",
	.summary = "EDF, finishing once the confidence reaches a threshold",
	.manual = manual,
	.params = params,
	.state_size = sizeof(struct threshold),
	.work_conserving = true,
	.init = init,
	.pick = pick,
};
