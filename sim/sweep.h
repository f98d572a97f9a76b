/* An experiment's runs: every point of its axes, every policy, every
 * replication, by worker processes into one store.
 *
 * A run that the store has under its key is not run again, so an interrupted
 * sweep goes on where it was, and only what has changed (a trace, a policy, the
 * program) is done anew. Results are committed a few times a second; SIGKILL
 * costs what came since. Several sweeps may work on one store: each looks
 * again before it begins a run, and when it meets another one, it goes on
 * somewhere else. */
#ifndef LAXITY_SWEEP_H
#define LAXITY_SWEEP_H

#include "choice.h"
#include "experiment.h"
#include "outcome.h"

struct sweep {
	struct experiment *experiment;
	struct choice *choice;      /* [experiment->policies], all different */
	const char *db;
	int jobs;                   /* 0: one a processor (one alone where
	                             * decisions are measured) */
	int shard, shards;          /* 1 ... shards: this part of the runs */
	int bounds;                 /* also what bounds each replication */
	/* Go on replicating until the 95 % interval of the metric is at most
	 * +- precision for every policy of a point; NULL: as the experiment
	 * says. At most `most` replications. A shard then has whole points,
	 * else whole replications. */
	const struct column *metric;
	double precision;
	int most;
};

/* Read and check the experiment's policies. Freed by sweep_fini, the
 * experiment is the caller's. -1 after one message. */
int sweep_init(struct sweep *s, struct experiment *e);
void sweep_fini(struct sweep *s);

/* Run what is missing. Every point is checked before the first run. -1 after
 * one message; what was finished is in the store. */
int sweep_run(const struct sweep *s);

/* Print the runs as CSV instead: axes, policy, seed, and whether the store
 * (which need not be there) has it. */
int sweep_list(const struct sweep *s);

#endif
