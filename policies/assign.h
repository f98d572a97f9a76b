/* Depth assignment for imprecise computations (paper/spec/imprecise.md 2, 3):
 * which depth to plan for each live request, so that all planned stages, run
 * in deadline order, end in time and the predicted rewards add up to the most.
 *
 * Requests come as tasks, in EDF order (deadline, then number), by pointers, so
 * that a task may live with what else is known of its request.
 * The stages planned for task i up to depth l take C_i^l, the sum of their
 * planning times, and a plan is feasible iff for every i
 *     sum over j <= i of C_j  <=  left_ns of i.
 * All functions are exact in time (int64 ns) and deterministic. */
#ifndef LAXITY_ASSIGN_H
#define LAXITY_ASSIGN_H

#include "../sim/policy.h"

struct assign_task {
	int64_t number;             /* of the request */
	int64_t left_ns;            /* device time until its deadline, D_i;
	                             * does not fall along the array */
	int64_t alone_ns;           /* a depth whose own C is above this, or
	                             * above 0 if this is negative, is no option */
	const int64_t *total_ns;    /* [depth]: planning time of stages 1..depth,
	                             * strictly rising from total_ns[0] = 0 */
	const double *reward;       /* [depth - 1]: R^depth >= 0; those below depth
	                             * max(done, mandatory) are not used */
	int32_t done;               /* stages over or in flight, c_i */
	int32_t mandatory, depths;  /* m_i, L_i */
	int32_t plan;               /* l_i; 0: dropped, below the mandatory depth */
	int32_t now;                /* from here on by assign_settle: where the
	                             * plan leaves it, what is done staying so */
	int64_t now_ns, cost_ns;    /* total_ns of that depth, C of it */
	int64_t deeper_ns;          /* to the next option, if there is one */
	double now_reward;          /* of that depth */
	double shallower, deepest;  /* most that a shallower, a deeper option
	                             * gains; -INFINITY: there is none */
};

/* Least depth at which the task has an answer. */
static inline int32_t assign_least(const struct assign_task *t)
{
	return t->done > t->mandatory ? t->done : t->mandatory;
}

/* C^l for l >= done; 0 for what needs no further stage. */
static inline int64_t assign_cost(const struct assign_task *t, int32_t depth)
{
	return depth > t->done ? t->total_ns[depth] - t->total_ns[t->done] : 0;
}

/* Reward of stopping at a depth: nothing below the mandatory one. */
static inline double assign_reward(const struct assign_task *t, int32_t depth)
{
	return depth < t->mandatory ? 0 : t->reward[depth - 1];
}

/* May a depth of this cost be an option, by itself? */
static inline bool assign_fits_alone(const struct assign_task *t, int64_t cost_ns)
{
	return (cost_ns <= 0) | (cost_ns <= t->alone_ns);
}

/* Storage reused from call to call, grown only when more tasks or states are in
 * play than ever before; lives as long as the arena. */
struct assign;
struct assign *assign_new(struct arena *arena);

/* The dynamic program of 2.2 with rewards quantised to multiples of delta,
 * its ties included, after Moore-Hodgson where not all mandatory parts fit.
 * Sets every plan. Returns r*, the quantised reward of the plan. */
int64_t assign_depths(struct assign *a, struct assign_task *const *t, int n,
	double delta);

/* Work out where the plan leaves a task. To be called after a change of plan, done,
 * total_ns or rewards; assign_depths, assign_move and assign_extend do it for what
 * they change. */
void assign_settle(struct assign_task *t);

/* What is left before a task's deadline, and the least between x and it. Also a
 * list of those who could be moved together with x, and the least from there on, or
 * up to x. */
struct assign_slack { int64_t own_ns, before_ns, low_ns; int32_t partner; };

/* The greedy update of section 3 at a completion of task x (an index; -1: it
 * takes no part): make the one move that gains most, if any gains at all. The
 * tasks have been settled, x but for its rewards. slack: room for n, not read.
 * Returns whether a plan changed. O(n L^2). */
bool assign_move(struct assign_task *const *t, int n, int x,
	struct assign_slack *slack);

/* The second step of the idle refill: of all tasks given, none of which has a
 * stage planned, take one deeper, the extension with the largest gain that
 * fits its alone_ns. Returns whether there was one. */
bool assign_extend(struct assign_task *const *t, int n);

#endif
