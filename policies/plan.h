/* What every stage-level policy plans with: the planning times of the stages
 * of the workload's first network at its first setting, and the skip test.
 *
 * The planning time of a stage is a quantile of its profiled duration plus the
 * workload's fixed decision cost (paper/spec/imprecise.md 1); a plan for depth
 * l sums those of the stages that lead there. */
#ifndef LAXITY_PLAN_H
#define LAXITY_PLAN_H

#include "../sim/policy.h"

struct plan {
	bool skip;
	int32_t depths, mandatory;
	int64_t stage_ns[BUNDLE_MAX_DEPTH];     /* [depth - 1] */
	int64_t total_ns[BUNDLE_MAX_DEPTH + 1]; /* [depth]: stages 1..depth */
	int64_t room_ns[BUNDLE_MAX_DEPTH];      /* [depth - 1]: what must be
	                                         * left before the deadline:
	                                         * the stage, or anything */
};

/* The parameters all of them share, to open a policy's table with, and the
 * places of their values in args; its own begin at PLAN_OWN. */
enum { PLAN_SKIP, PLAN_QUANTILE, PLAN_OWN };
extern const char *const plan_on_off[];         /* 0: on, 1: off */
extern const double plan_quantiles[];
#define PLAN_PARAM_SKIP \
	{ .name = "skip", .words = plan_on_off, \
	  .help = "on: never start a stage whose planning time ends after " \
	          "the deadline" }
#define PLAN_PARAMS \
	PLAN_PARAM_SKIP, \
	{ .name = "plan_quantile", .def = 0.99, .min = 0.5, .max = 0.99, \
	  .numbers = plan_quantiles, \
	  .help = "quantile of the profiled stage times (ns) to plan with" }
#define PLAN_PARAMS_END { .name = NULL }

/* From the view and the values of the shared parameters, in a policy's init. */
void plan_init(struct plan *p, const struct view *v, const double *args);
/* Network's depths only; times stay 0. For policies that know better ones. */
void plan_init_depths(struct plan *p, const struct view *v, bool skip);

/* init for a policy whose state begins with its struct plan and that has no
 * other parameters. Never fails. */
int plan_init_policy(void *state, struct arena *a, const struct view *v,
	const double *args);

/* What must be left before its deadline for its next stage to start. */
static inline int64_t plan_room(const struct plan *p, const struct view *v,
	int slot)
{
	return p->room_ns[v->req[slot].depth];
}

/* May the idle device start this request's next stage? It is waiting, and
 * with skip=on the stage is planned to end by the deadline. */
static inline bool plan_may_start(const struct plan *p, const struct view *v,
	int slot)
{
	return view_waiting(v, slot) && v->now_ns + plan_room(p, v, slot)
		<= v->req[slot].deadline_ns;
}

/* Its next stage, on the first network and setting. */
static inline struct decision plan_run(int slot)
{
	return decide_run(slot, 0, 0);
}

#endif
