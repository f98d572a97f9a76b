/* Slow, plain forms of policies/assign.h, written from the specification
 * (paper/spec/imprecise.md 2, 3) without a look at the quick ones. */
#ifndef LAXITY_SUPPORT_ASSIGN_H
#define LAXITY_SUPPORT_ASSIGN_H

#include "../policies/assign.h"

/* The full table of 2.2. time[i][r] is P(i, r), TIME_NEVER for infinity;
 * depth[i][r] is S(i, r), 0 where there is none. Rows from 0 to n. */
struct slow_table {
	int n;
	int64_t top;                /* r runs from 0 to top, inclusive */
	int64_t *time;              /* use slow_cell */
	double *reward;
	int32_t *depth;
};

static inline int64_t slow_cell(const struct slow_table *t, int i, int64_t r)
{
	return i * (t->top + 1) + r;
}

void slow_table_init(struct slow_table *s, const struct assign_task *t, int n,
	double delta);
void slow_table_fini(struct slow_table *s);

/* Largest r with a finite time in the last row; -1 if there is none. */
int64_t slow_table_best(const struct slow_table *s);

/* As assign_depths and assign_move. */
int64_t slow_depths(struct assign_task *t, int n, double delta);
bool slow_move(struct assign_task *t, int n, int x);

/* Do the plans meet every deadline? 0 stands for no stage at all. */
bool slow_in_time(const struct assign_task *t, int n);

/* Try every combination of depths for the tasks: sets the most quanta and the
 * most reward of those in time. false: none is, all mandatory parts kept. */
bool slow_best(const struct assign_task *t, int n, double delta,
	int64_t *quanta, double *reward);

/* The most tasks whose mandatory parts can be kept, by trying every subset;
 * those at their mandatory depth already are in each. */
int slow_most_kept(const struct assign_task *t, int n);

/* Sum of the rewards that the plans promise. */
double slow_reward(const struct assign_task *t, int n);

/* Numbers for tests: 0 <= pick_below(s, n) < n, 0 <= pick_unit(s) < 1. */
int64_t pick_below(uint64_t *state, int64_t n);
double pick_unit(uint64_t *state);

#endif
