/* The imprecise scheduler with true confidences and stage times. */
#include "online.h"

static const char manual[] =
"Idea: what would `imprecise` reach with perfect prediction? The same\n"
"scheduler, but the reward of a depth is the confidence that its exit will\n"
"give for this very input, and a stage's planning time is what the stage\n"
"would take if it started now, in the environment in force.\n"
"Source: as we recall Yao et al., RTCSA 2020, compare with a clairvoyant\n"
"reference; its form is ours (paper/spec/imprecise.md 4, 5).\n"
"It knows neither future releases nor changes of the environment, and it\n"
"maximises confidence, not accuracy: a reference for prediction, not a bound.\n"
"Cost: as `imprecise`, plus reading the future once per stage and plan.\n";

static int64_t foresee(const struct view *v, int slot, int depth)
{
	return future_duration(v, slot, 0, 0, depth);
}

static void on_release(void *state, const struct view *v, int slot)
{
	struct online *o = state;
	struct online_request *r = view_memory(v, slot);

	for (int l = 1; l <= o->plan.depths; l++)
		r->reward[l - 1] = future_confidence(v, slot, 0, l);
	online_release(o, v, slot);
}

static void on_stage_done(void *state, const struct view *v, int slot,
	int64_t duration_ns)
{
	(void)duration_ns;
	if (!v->req[slot].gone)
		online_stage_done(state, v, slot);
}

static struct decision pick(void *state, const struct view *v)
{
	return online_pick(state, v);
}

enum { SKIP, DELTA, UPDATE, REFILL, ANSWER, ORDER };
static const struct param params[] = {
	PLAN_PARAM_SKIP,
	ONLINE_PARAM_DELTA,
	ONLINE_PARAM_UPDATE,
	ONLINE_PARAM_REFILL,
	ONLINE_PARAM_ANSWER,
	ONLINE_PARAM_ORDER,
	PLAN_PARAMS_END
};

static int init(void *state, struct arena *a, const struct view *v,
	const double *args)
{
	struct online *o = state;

	plan_init_depths(&o->plan, v, args[SKIP] == 0);
	o->delta = args[DELTA];
	o->update = (enum online_update)args[UPDATE];
	o->refill = args[REFILL] == 0;
	o->hold = args[ANSWER] != 0;
	o->order = (enum online_order)args[ORDER];
	o->foresee = foresee;
	online_init(o, a, v);
	return 0;
}

const struct policy policy_oracle = {
	.name = "oracle",
	.summary = "imprecise with true confidences and stage times",
	.manual = manual,
	.params = params,
	.state_size = sizeof(struct online),
	.request_size = sizeof(struct online_request),
	.clairvoyant = true,
	.init = init,
	.pick = pick,
	.on_release = on_release,
	.on_stage_done = on_stage_done,
};
