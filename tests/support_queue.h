/* A single-server (or many-server) queue as a workload in memory: one network
 * of one stage whose samples are the given service times. For answers known
 * from queueing theory; needs no files. */
#ifndef LAXITY_SUPPORT_QUEUE_H
#define LAXITY_SUPPORT_QUEUE_H

#include "../sim/engine.h"

struct queue {
	struct workload w;
	struct bundle b;
	struct bundle_net net;
	struct bundle_setting setting;
	struct cell cell;
	double confidence, outcome;
	double power[BUNDLE_MAX_DEPTH], no_stderr[BUNDLE_MAX_DEPTH];
	unsigned char correct;
	struct bundle_overhead overhead;
	const char *environment;
	int zero;
	struct change change;
};

/* service[n] in ns must outlive q. The process and its parameters are left
 * for the caller to set in q->w. */
void queue_init(struct queue *q, const int64_t *service, int n);
void queue_fini(struct queue *q);

#endif
