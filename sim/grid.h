/* A constraint grid: the evaluation of ALERT (paper/spec/alert.md 9, 11).
 *
 * A workload file with one more section gives, for each environment and each
 * objective, a cell of deadlines x levels settings; every policy runs every
 * setting. Requests are periodic, one at a time: the period is the deadline.
 *
 *     [grid]
 *     policies = alert app-only sys-only oracle-static ; arguments of -p
 *     deadlines = 0.4, 0.6, 0.8, 1, 1.25, 1.6, 2  ; the default; in units of
 *                          ; the mean time of the slowest anytime network
 *     levels = 5           ; the default
 *     environments = default, compute-stream, default+compute-stream
 *     bursts = 30, 80      ; the default
 *     replications = 5     ; the default
 *     seed = 1             ; the default
 *
 * A+B is an environment that changes: A and B in turn, for numbers of inputs
 * drawn uniformly from `bursts`, anew for each replication.
 *
 * Levels of the objective energy: accuracies spaced evenly from the least to
 * the greatest nominal one that any depth of any network has. Of the objective
 * accuracy: budgets deadline x power, the powers spaced evenly above the least
 * idle power up to the greatest that a configuration draws.
 *
 * A setting is violated by a policy if more than a tenth of its inputs violate
 * the goal (goal.h). Values are divided by oracle-static's, which must be among
 * the policies, and averaged over the settings of a cell that neither violates;
 * rows of cells by their harmonic mean. */
#ifndef LAXITY_GRID_H
#define LAXITY_GRID_H

#include "choice.h"
#include "mem.h"
#include "outcome.h"

#include <stdbool.h>

#define GRID_VIOLATED 0.1

struct grid_environment {
	const char *name;
	bool changes;
	const char *const *timeline; /* [replications] */
};

struct grid {
	const char *file;
	int environments, deadlines, levels, policies, replications;
	const struct grid_environment *environment;
	const double *deadline;     /* multiples */
	const int64_t *deadline_ns;
	const double *accuracy, *power_w; /* [levels] */
	struct choice *choice;      /* [policies], all different */
	int reference;              /* oracle-static among them */
	uint32_t seed;
	const char *device, *task;
	int modelled;
	const char *slowest;        /* the anytime network of the deadlines */
	double slowest_ns;
	struct grid_memory *memory;
};

/* One point: which workload. */
struct grid_setting {
	int environment, deadline, level;
	enum objective objective;
};

/* Read and check all of it, one workload included; sets override keys of the
 * file. NULL after one message. */
struct grid *grid_read(const char *path, int n, const char *const *sets);
void grid_free(struct grid *g);

/* Settings are numbered by environment, objective (energy first), deadline,
 * level. */
int grid_settings(const struct grid *g);
struct grid_setting grid_setting(const struct grid *g, int number);

/* The workload of a setting in one replication, the same in all unless the
 * environment changes. Freed by the caller before the grid. NULL after one
 * message. */
struct workload *grid_workload(const struct grid *g, int number, int replication);

/* What a policy did in a setting, one replication. */
struct grid_result { double violated, missed, energy_j, error, accuracy; };
struct grid_result grid_result(const struct outcome *o);

/* results[(setting * policies + policy) * replications + replication]. */

/* The tables for people; a line per setting and policy as CSV. */
void grid_table(const struct grid *g, const struct grid_result *results,
	struct text *out);
void grid_csv(const struct grid *g, const struct grid_result *results,
	struct text *out);

/* ---- Parts of the tables, for tests ------------------------------------ */

/* Of a policy in a cell: mean over the counted settings of its value divided
 * by the reference's, in each replication (NAN without any). */
struct grid_cell {
	int settings, dropped;      /* in the cell; violated by the reference */
	int violated;               /* by the policy, of those not dropped */
	int off;                    /* whose mean does not meet the goal, ditto */
	int counted;
	double *ratio;              /* [replications] */
};
void grid_cell(const struct grid *g, const struct grid_result *results,
	int environment, enum objective objective, int policy,
	struct grid_cell *out);

/* The same for the settings that neither a nor b nor the reference violates:
 * mean of a's value / b's in each replication. Returns how many there are. */
int grid_compare(const struct grid *g, const struct grid_result *results,
	int environment, enum objective objective, int a, int b, double *ratio);

double grid_harmonic_mean(const double *x, int n);

#endif
