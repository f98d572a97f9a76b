/* How far simulation is from the device, and why
 * (paper/spec/measurement.md, section 15).
 *
 * Each live run is simulated on the trace with the same requests, in four
 * steps that are given more and more of the live log:
 *
 *     S0  nothing: the plain simulation
 *     S1  and how late the executor woke up       S1 - S0: workload
 *     S2  and the times from pick to send         S2 - S1: dispatch
 *     S3  and the stages' times                   S3 - S2: stage time
 *
 * S3 is the live run once more, decision by decision, unless stages came out
 * otherwise than in the trace. What is left, live - S3, is `other`: such
 * outcomes, and for energy the trace's watts against the device's counter. The
 * parts add up to live - S0 for every run. */
#ifndef LAXITY_VALIDATE_H
#define LAXITY_VALIDATE_H

#include "recorded.h"

#include "../../sim/outcome.h"

enum validate_step { STEP_S0, STEP_S1, STEP_S2, STEP_S3, STEP_LIVE, STEPS };
enum validate_part { PART_WORKLOAD, PART_DISPATCH, PART_STAGE_TIME, PART_OTHER,
	PARTS };
extern const char *const validate_parts[]; /* "workload", ... */

/* What is compared. Shares deviate by live - simulated, the others by that
 * over simulated. */
enum { VALIDATE_METRICS = 5 };
struct validate_metric {
	const char *column;         /* of outcome_columns */
	int relative;
	double limit;               /* by default */
};
extern const struct validate_metric validate_metrics[VALIDATE_METRICS];

/* One live run and its simulations. */
struct validate_run {
	uint32_t seed;
	struct outcome outcome[STEPS];
	int64_t stages, strange;    /* started; not the outcome in the trace */
	char *unrepeated;           /* NULL: every decision came out again */
	/* Decisions other than to wait, and how many of them the plain
	 * simulation takes too (of the larger number of both), at whatever
	 * instant; the first that differs in order. */
	int64_t decisions, same;
	char *differing;            /* NULL: none */
};

/* Analyse a finished run. r: workload, choice and seed of the log, whose
 * requests are filled in. energy_j: by the counter over the measured interval,
 * or NAN. The caller ends it with validate_run_fini. -1 after one message. */
int validate_run(const struct run *r, struct live_log *log, double energy_j,
	struct validate_run *out);
void validate_run_fini(struct validate_run *v);

/* The replications of one policy at one load. */
struct validate_group {
	char *policy;               /* as given to -p */
	char *workload;             /* resolved */
	double load;                /* NAN: unknown */
	int64_t decision_ns;        /* that the workload says; -1: other costs */
	int64_t requests;
	int runs;
	size_t room;
	struct validate_run *run;
};

/* All of them, in the order in which they are printed. */
struct validation {
	double limit[VALIDATE_METRICS];
	int groups;
	size_t room;
	struct validate_group *group;
};

void validation_init(struct validation *v);
void validation_fini(struct validation *v);

/* NAME=VALUE for a limit. -1 after one message. */
int validation_set_limit(struct validation *v, const char *text);

/* A place for a run of that policy and workload, zeroed. */
struct validate_run *validation_run(struct validation *v, const char *policy,
	const struct workload *w);

/* By load, then policy in order of appearance. */
void validation_sort(struct validation *v);

/* A metric over a group's replications. */
struct validate_line {
	int64_t n;                  /* runs that have it; 0: nothing to say */
	double simulated, live;     /* means */
	double deviation, half;     /* half a 95 % interval; NAN: too few runs */
	double part[PARTS];         /* of the deviation */
	int within;                 /* the limit */
};
void validation_line(const struct validation *v, const struct validate_group *g,
	int metric, struct validate_line *out);

/* 1 if so few stages were run live, less than one for ten requests, that nothing
 * is compared but requests given up: the trace's planning times are beyond the
 * deadlines, say. */
int validate_group_is_empty(const struct validate_group *g);

/* 1 if every deviation is within its limit, every run was repeated and no group
 * is empty. */
int validation_holds(const struct validation *v);

/* For people, and for figures (validate_out.c). CSV columns: load, policy,
 * metric, replications, requests, simulated, live, deviation, half, limit,
 * within, workload, dispatch, stage_time, other, then of the group decisions,
 * same, strange, repeated, decision_ns. Parts are of the deviation. */
void validation_table(const struct validation *v, struct text *t);
void validation_csv(const struct validation *v, struct text *t);

#endif
