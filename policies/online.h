/* The online scheduler for imprecise computations (paper/spec/imprecise.md 3):
 * depths are planned at releases and adjusted at completions, answers are given
 * and stages started by pick. Policies `imprecise` and `oracle` differ only in
 * where rewards and stage times come from. */
#ifndef LAXITY_ONLINE_H
#define LAXITY_ONLINE_H

#include "assign.h"
#include "plan.h"

/* In the order of the words of the parameters. */
enum online_update { UPDATE_GREEDY, UPDATE_NONE, UPDATE_DP };
enum online_order { ORDER_EDF, ORDER_MANDATORY_FIRST };
extern const char *const online_updates[], *const online_answers[],
	*const online_orders[];

#define ONLINE_PARAM_DELTA \
	{ .name = "delta", .def = 0.01, .min = 1e-4, .max = 1, \
	  .help = "quantum of the rewards in the depth assignment; a plan is " \
	          "worth more than the best less N deltas" }
#define ONLINE_PARAM_UPDATE \
	{ .name = "update", .words = online_updates, \
	  .help = "at a completion: one greedy move, nothing, or a new plan" }
#define ONLINE_PARAM_REFILL \
	{ .name = "refill", .words = plan_on_off, \
	  .help = "plan again before the device would idle" }
#define ONLINE_PARAM_ANSWER \
	{ .name = "answer", .words = online_answers, \
	  .help = "leave at the planned depth, or only at the last depth or " \
	          "the deadline" }
#define ONLINE_PARAM_ORDER \
	{ .name = "order", .words = online_orders, \
	  .help = "of the planned stages; the second is an ablation" }

/* What the scheduler keeps for a request; the policy's request memory begins
 * with it. */
struct online_request {
	struct assign_task task;    /* task.plan is l_i; 0: dropped, unless
	                             * taken back */
	double reward[BUNDLE_MAX_DEPTH]; /* R^depth at [depth - 1]: as seen up
	                             * to the depth reached, then predicted */
};

struct online {
	struct plan plan;
	double delta;
	enum online_update update;
	enum online_order order;
	bool refill, hold;
	/* How long the stage to `depth` would take now, without the decision
	 * cost; NULL: plan with the profile. */
	int64_t (*foresee)(const struct view *v, int slot, int depth);

	struct assign *assign;
	struct arena *arena;
	int room;                   /* for tasks */
	struct assign_task **task;  /* those that take part, in EDF order */
	struct assign_slack *slack; /* scratch for as many */
	const unsigned char *memory; /* where rewards were */
	int64_t *total_ns;          /* [task][depth], if there is foresight */
	int64_t *flight_ns;         /* [device]: planning time of its stage */
	int64_t *free_ns;           /* [device]: when it is expected to be free */
	int64_t nothing_ns;         /* the refill found nothing at this instant,
	                             * and only answers were given since */
};

/* After the fields down to `foresee` have been set. */
void online_init(struct online *o, struct arena *a, const struct view *v);

/* The hooks; rewards of the request concerned must have been brought up to
 * date before. online_stage_done is for live requests only. */
void online_release(struct online *o, const struct view *v, int slot);
void online_stage_done(struct online *o, const struct view *v, int slot);
struct decision online_pick(struct online *o, const struct view *v);

#endif
