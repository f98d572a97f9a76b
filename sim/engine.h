/* The engine: requests, devices, events, decisions checked, books kept.
 *
 * It is driven by a *clock*: the simulated one (a stage ends when its drawn
 * duration is over), or one given by the caller (live execution, exact
 * replay). Policies cannot tell the difference. The order of events at one
 * instant, the meaning of every decision and of every metric are those of
 * paper/spec/DESIGN.md, "Meaning". */
#ifndef LAXITY_ENGINE_H
#define LAXITY_ENGINE_H

#include "choice.h"
#include "workload.h"

/* Sums of products of times and counts, which 64 bits do not hold. */
__extension__ typedef __int128 wide;

/* ---- What happened, for those who listen --------------------------------- */

struct request_record {
	int64_t number;             /* as released; warm-up included */
	int64_t release_ns, deadline_ns, start_ns /* -1: none */, leave_ns;
	int32_t client, input, net, setting; /* candidates; -1: never started */
	int32_t depth;              /* deepest completed in time */
	bool correct, missed;
	double confidence;          /* NAN at depth 0 */
	double energy_j;            /* of its stages; NAN without power data */
	int32_t stages;             /* that ran, late ones included */
	int64_t busy_ns;            /* sum of its stages' durations */
	double slowdown_mean, slowdown_variance; /* the policy's estimate when
	                             * its first stage was decided; NAN: none */
	int32_t environment;        /* in force then; -1: never started */
};

struct stage_record {
	int64_t number;             /* of the request */
	int64_t decided_ns, start_ns, end_ns;
	int32_t device, client, net, setting, depth, environment, sample;
	bool counted;               /* ended in time for its request */
};

struct sink {
	void *context;
	/* When a request has left and no stage of it is in flight; in that
	 * order, not in number order. */
	void (*request)(void *context, const struct request_record *r);
	/* When a stage ends. */
	void (*stage)(void *context, const struct stage_record *s);
	/* Every decision with the view it was taken in, before it is carried
	 * out: for audits and exact replay. */
	void (*decision)(void *context, int64_t now_ns, const struct view *v,
		const struct decision *d);
	/* NULL members are not called. */
};

/* ---- Results ------------------------------------------------------------- */

/* Over the measured requests; NAN where undefined (no power data, a mean over
 * nothing). The columns of `laxity run`. */
struct metrics {
	int64_t requests, missed, answered, correct;
	double miss_ratio, accuracy, accuracy_answered, mean_depth;
	double mean_confidence;     /* over answered */
	int64_t response_p50_ns, response_p99_ns; /* -1 if requests is 0 */
	double response_mean_ns;
	double utilisation;
	double energy_j, energy_per_request_j;
	int64_t decisions;          /* picks from the instant of W's release on */
	double decision_mean_ns;    /* measured: of the policy's whole time, what
	                             * it is told included, over its picks */
	int64_t corrections;
	/* By goal.h, with idle time up to each deadline and nominal accuracies;
	 * NAN without a goal. */
	double violated_ratio, goal_energy_j, goal_error;
	/* Further books, for tests and reports. */
	int64_t measured_ns;        /* length of the measured interval */
	int64_t busy_ns, idle_ns;   /* over devices, clipped to it */
	int64_t stages, released, left;
	wide present_integral_ns, response_sum_ns;
	int64_t run_end_ns;
};

/* ---- Clocks ------------------------------------------------------------- */

struct engine;

/* A stage as the clock is asked to start it. */
struct launch {
	int32_t device, slot, net, setting, depth; /* net, setting: candidates */
	int32_t input;
	int64_t request;            /* number */
	int64_t decided_ns, start_ns;
	int64_t sampled_ns;         /* simulated duration, from the trace */
};

/* A clock decides how long stages take and when the engine looks. Its functions
 * return 0, or -1 after one message, which ends the run. */
struct clock {
	void *context;
	/* A stage is decided, or its decision cost over. *start_ns is now;
	 * a clock that knows when the device was really told moves it there.
	 * Simulated time: *duration_ns is what the trace says, to be kept or
	 * changed. Real time: send the stage and set *duration_ns to -1; its
	 * end comes from `wait`. */
	int (*start)(void *context, const struct launch *l, int64_t *start_ns,
		int64_t *duration_ns);
	/* The earliest event known is at `next_ns` (TIME_NEVER: none but
	 * completions). Return the instant to look at in *now_ns: next_ns in
	 * simulated time; in real time, sleep or poll until next_ns has come
	 * or a stage has ended. Ended stages are reported by
	 * engine_complete before returning. All events up to *now_ns are then
	 * handled, each at its own instant; picks are asked at *now_ns.
	 * An instant before next_ns is one without events.
	 * NULL: *now_ns = next_ns. */
	int (*wait)(void *context, struct engine *e, int64_t next_ns, int64_t *now_ns);
	/* The environment changes, to this one of the bundle; the first is in
	 * force from the start. NULL: nothing to do. */
	int (*change)(void *context, int environment);
	/* Decisions take the time that *start_ns says: the workload's decision
	 * cost is not added, policies only plan with it. */
	bool dispatches;
	bool real;                  /* the policy is timed, for
	                             * decision_mean_ns */
};

/* For clock.wait: is some device idle, so that events will be followed by
 * picks? */
bool engine_is_idle(const struct engine *e);

/* From clock.wait: the stage in flight on `device` ended at end_ns with this
 * result; duration_ns is what the policy is told. confidence NAN: take the
 * trace's outcome; else confidence and correct are as measured. */
void engine_complete(struct engine *e, int device, int64_t end_ns,
	int64_t duration_ns, double confidence, bool correct);

/* ---- Running ------------------------------------------------------------- */

struct run {
	const struct workload *workload;
	const struct choice *choice;
	uint32_t seed;
	const struct sink *sink;    /* or NULL */
	const struct clock *clock;  /* NULL: simulated */
	/* Set by others to end the run early (a signal): what was measured is
	 * kept. May be NULL. */
	const volatile int *stop;
};

/* Run from start to empty. -1 after one message: an impossible decision, a
 * policy that does not suit the workload, a clock that failed. */
int engine_run(const struct run *r, struct metrics *out);

#endif
