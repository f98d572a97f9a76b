/* A live run once more, in simulated time: the same policy on the same
 * requests, given from the log as much as is asked for.
 *
 * With everything given it is the exact repetition: from each pick to the
 * moment its stage was seen to be done, and how late each wake-up was. Then
 * every decision must come out as it was; one that does not is a bug in the
 * executor or the engine, or a policy that looks at something else than its
 * view. With less it is a simulation that differs from the live run for one
 * reason less than the plain one, so that the reasons can be told apart
 * (paper/spec/measurement.md, section 15). */
#ifndef LAXITY_RECORDED_H
#define LAXITY_RECORDED_H

#include "live_log.h"

enum recorded {
	RECORDED_NOTHING = 0,
	RECORDED_WAKES = 1,         /* how late idle rounds were; used in turn,
	                             * from the first again after the last */
	RECORDED_DISPATCH = 2,      /* pick to send, likewise, instead of the
	                             * workload's decision cost; those of
	                             * stages right after another apart */
	RECORDED_STAGES = 4,        /* send to seen done, in turn; when they
	                             * are used up the run ends. Needs the two
	                             * above */
	RECORDED_OUTCOMES = 8,      /* confidence and correctness of stages that
	                             * came out otherwise than in the trace */
	RECORDED_ALL = 15
};

struct recorded_check {
	int64_t compared;           /* decisions until the first difference */
	bool differs;
	/* That one: in the log, and as repeated; kind -1: there is none. */
	struct live_decision live, repeated;
};

/* r->clock is not looked at; r->sink hears of the repetition. check may be
 * NULL. -1 after one message. */
int recorded_run(const struct run *r, const struct live_log *log,
	unsigned given, struct metrics *out, struct recorded_check *check);

/* The exact repetition; fills in log->request. */
int recorded_repeat(const struct run *r, struct live_log *log,
	struct metrics *out, struct recorded_check *check);

/* "decision 812 at 12.345678 ms: live ..., repeated ..."; the caller frees it. */
char *recorded_difference(const struct recorded_check *c,
	const struct workload *w);

#endif
