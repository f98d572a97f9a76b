/* What a live run leaves: every decision, when the device was told, when its
 * stages were seen to end, and how late the executor woke up. That is all a
 * simulation needs to repeat the run decision by decision (recorded.h).
 *
 * While a run lasts the log only grows in memory that is there beforehand. As
 * a file it is a CSV whose head holds facts of the run ("# name = value") and
 * the resolved workload ("#| line"); `laxity live --help` describes its
 * columns. Instants count from the start of the run. */
#ifndef LAXITY_LIVE_LOG_H
#define LAXITY_LIVE_LOG_H

#include "../../sim/engine.h"

#include <stdio.h>

#define LIVE_LOG_FORMAT 1

/* A round of the executor while the device was idle: due at one instant,
 * awake at another. */
struct live_wake { int64_t due_ns, at_ns; };

struct live_decision {
	int64_t at_ns, number;      /* number -1: a wait */
	int64_t until_ns;           /* of a wait; 0: the next event */
	int8_t kind;                /* enum decision_kind */
	uint8_t depth;              /* of a run: that it leads to */
	uint8_t net, setting;       /* of a run: candidates */
};

/* In the order of the run decisions. */
struct live_stage {
	int64_t number, picked_ns, sent_ns;
	int64_t finished_ns;        /* seen to be done; -1: never */
	float confidence;
	int16_t answer;             /* class */
	uint8_t net, setting, depth;
	uint8_t correct;
	uint8_t strange;            /* 1: not the outcome in the trace */
};

/* Filled in after the run, from its repetition; only of those that left. */
struct live_request {
	int64_t release_ns, noticed_ns, leave_ns; /* release -1: not here */
	int32_t depth;
	bool correct, missed;
};

struct live_fact { char *name, *value; };

struct live_log {
	int64_t wakes, decisions, stages, requests;
	int64_t wake_room, decision_room, stage_room, request_room;
	struct live_wake *wake;
	struct live_decision *decision;
	struct live_stage *stage;
	struct live_request *request; /* [requests], by number */
	int facts;
	size_t fact_room;
	struct live_fact *fact;
};

/* Room for a run of the workload, touched so that no page is missing later;
 * if it is not enough, more is taken during the run. */
struct live_log *live_log_new(const struct workload *w);
void live_log_free(struct live_log *log);

static inline struct live_wake *live_log_wake(struct live_log *log)
{
	MEM_ROOM(log->wake, log->wakes, log->wake_room);
	return &log->wake[log->wakes++];
}

static inline struct live_stage *live_log_stage(struct live_log *log)
{
	MEM_ROOM(log->stage, log->stages, log->stage_room);
	return &log->stage[log->stages++];
}

static inline struct live_decision *live_log_decision(struct live_log *log)
{
	MEM_ROOM(log->decision, log->decisions, log->decision_room);
	return &log->decision[log->decisions++];
}

/* A decision as the engine's sink gives it. */
struct live_decision live_decision_of(int64_t now_ns, const struct view *v,
	const struct decision *d);
bool live_decision_equal(const struct live_decision *a,
	const struct live_decision *b);
/* "run request 17 to depth 2 on staged3 at sm132"; the caller frees it. */
char *live_decision_text(const struct live_decision *d, const struct workload *w);

/* Facts: names are [a-z_]+; values one line. Setting one again replaces it. */
void live_log_fact(struct live_log *log, const char *name, const char *format,
	...) __attribute__((format(printf, 3, 4)));
/* "" if there is none. */
const char *live_log_get(const struct live_log *log, const char *name);

/* When every release was noticed: at the first round that was not before it.
 * Sets request[].noticed_ns. */
void live_log_notice(struct live_log *log);

/* Order statistics of what was late, ns; all -1 if there is nothing. */
struct live_lateness { int64_t count, p50, p99, largest; };
void live_log_wake_lateness(const struct live_log *log, struct live_lateness *out);
void live_log_notice_lateness(const struct live_log *log, struct live_lateness *out);
/* From the pick to the moment before `send`. */
void live_log_dispatch(const struct live_log *log, struct live_lateness *out);
/* The mean of that without the slowest hundredth, in which the machine did
 * something else: what a decision costs here, ns. 0 without stages. */
int64_t live_log_decision_cost(const struct live_log *log);

/* How many stages came out otherwise than in the trace. */
int64_t live_log_strange(const struct live_log *log);

void live_log_write(const struct live_log *log, FILE *f,
	const struct workload *w);

/* Read it back with the workload it is of (the trace must be where the log
 * says, and be the same one). NULL after one message. The caller frees both. */
struct live_log *live_log_read(const char *path, struct workload **w);

#endif
