/* Which improvements of which requests to make with the time there is: the
 * planning step of `joint`.
 *
 * Each request has a ladder of steps, each with a time and a gain of expected
 * accuracy; the first ones are worth most per time (their hull is concave).
 * Steps are taken in falling order of gain / time, each if all requests still
 * end in time when they run in order of deadline, that is, if for every i
 *     sum over j <= i of the times taken for j  <=  slack of i.
 * This is the greedy solution of a knapsack with nested capacities; for steps
 * that are small against the slacks it is within one step of the optimum.
 * O(steps log n) for n requests. */
#ifndef LAXITY_CHOOSER_H
#define LAXITY_CHOOSER_H

#include "../sim/policy.h"

struct rung { double time_ns, rate; }; /* rate: gain / time */

struct chooser_task {
	double slack_ns;        /* device time until its deadline */
	double alone_ns;        /* time until its deadline on one device */
	const struct rung *rung;
	int32_t rungs;
	bool must;              /* its first rung is taken whatever it gains */
	int32_t taken;          /* rungs taken: the result */
	double time_ns;         /* their time */
};

struct chooser;
struct chooser *chooser_new(struct arena *a);

/* Room for n tasks; the caller fills them in order of deadline (slack need not
 * be monotone). Valid until the next call. */
struct chooser_task *chooser_tasks(struct chooser *c, int n);

/* Take all rungs that gain at least `price` per ns and fit. */
void chooser_take(struct chooser *c, int n, double price);

/* After that: the task whose next rung gains most per ns of those that gain
 * anything and fit, by themselves, beside what was taken; -1: none. */
int chooser_spare(struct chooser *c, int n);

#endif
