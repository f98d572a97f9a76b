/* What a policy is, and what it may know. The only header of the core that a
 * policy includes.
 *
 * A policy is one constant `struct policy` with a function `pick`. The core
 * (simulated, replayed or live: the same code) owns the clock and the
 * requests and calls the policy's hooks; the policy answers with decisions.
 * It sees the world through `struct view` alone. The future is not in it:
 * confidences only up to the depth reached, times only as profiled.
 *
 * A request is named by its *slot*, a small integer that is reused after the
 * request has left. `number` is its place in release order; every comparison
 * between requests ends with the number, never with the slot. */
#ifndef LAXITY_POLICY_H
#define LAXITY_POLICY_H

#include "mem.h"
#include "num.h"
#include "profile.h"
#include "stream.h"
#include "workload.h"

#include <stdbool.h>
#include <stdint.h>

struct request {
	int64_t number;
	int64_t release_ns, deadline_ns;   /* deadline is absolute */
	int32_t depth;      /* stages completed, from 0 */
	int32_t net;        /* candidate; -1 before the first stage */
	int32_t setting;    /* of the last stage started; -1 before the first */
	int32_t device;     /* with a stage in flight; else -1 */
	int32_t group;      /* inputs of one sentence; -1: none */
	int32_t client;     /* -1 for open processes */
	int64_t start_ns;   /* instant at which its first stage starts; -1 */
	bool gone;          /* has left; seen only in on_stage_done, on_leave */
};

struct device {
	int32_t slot;       /* whose stage it runs; -1: idle. May be gone */
	int32_t net, setting; /* of that stage, or of the last one; at first
	                     * -1 and the default setting 0 */
	int32_t depth;      /* that the stage in flight leads to */
	int64_t decided_ns; /* instant of the decision that started it. Its
	                     * expected end is decided_ns + view.decision_ns
	                     * + profiled time */
};

/* A slot with its deadline: the live requests in EDF order. */
struct edf_entry { int64_t deadline_ns; int32_t slot; };

struct view {
	int64_t now_ns;
	int64_t decision_ns;       /* fixed cost of a run decision, or 0: add
	                            * it to each stage when planning */
	int32_t devices;
	const struct device *device;
	int32_t asking;            /* in pick: the idle device that asks */
	int32_t lives;             /* released and not left */
	const int32_t *live;       /* their slots by rising number */
	const struct edf_entry *edf; /* the same by deadline, then number; behind
	                            * the last a deadline of TIME_NEVER */
	const struct request *req; /* [slot]; moves when slots are added */
	const double *seen;        /* use view_confidence */
	int32_t depth_stride;
	unsigned char *memory;     /* use view_memory */
	size_t memory_size;
	const struct profile *profile;
	const struct goal *goal;
	struct stream *random;     /* the policy's own stream */
	const int32_t *group_left; /* by group: members that have not left,
	                            * those not yet released included */
	const struct future *future; /* NULL unless the policy is declared
	                              * clairvoyant */
};

/* Confidence that the exit at `depth` gave; 1 <= depth <= depth reached. */
static inline double view_confidence(const struct view *v, int slot, int depth)
{
	return v->seen[slot * v->depth_stride + depth - 1];
}

/* The policy's own bytes for this request: policy.request_size of them,
 * zeroed before on_release, valid until on_leave returns (and in the
 * on_stage_done of a stage that ends after that). Moves like req. */
static inline void *view_memory(const struct view *v, int slot)
{
	return v->memory + (size_t)slot * v->memory_size;
}

static inline bool view_waiting(const struct view *v, int slot)
{
	return v->req[slot].device < 0;
}

/* ---- The future, for policies declared clairvoyant ---------------------- */

/* True confidence and correctness at any depth of candidate network `net`. */
double future_confidence(const struct view *v, int slot, int net, int depth);
bool future_correct(const struct view *v, int slot, int net, int depth);
/* Time the stage to `depth` would take if the request's next stage started
 * now on (net, setting): its sample if it holds one for these and this
 * environment, else its next draw. Without overhead. */
int64_t future_duration(const struct view *v, int slot, int net, int setting,
	int depth);

/* What a whole run would give if every request ran `net` at `setting` up to
 * depth `stop`, one at a time in number order, and then finished; requests
 * that violate the goal as in paper/spec/alert.md 11.6. Costs a run; call
 * from init only. */
struct trial {
	int64_t requests, violations;
	double energy_j;            /* mean per request, idle included */
	double error;               /* 1 - mean nominal accuracy delivered */
	double accuracy;            /* by the labels */
};
int future_try(const struct view *v, int net, int setting, int stop,
	struct trial *out);

/* ---- Decisions ------------------------------------------------------------ */

enum decision_kind { DECIDE_WAIT, DECIDE_RUN, DECIDE_FINISH, DECIDE_DROP };

/* Sixteen bytes, which a function returns in two registers. */
struct decision {
	enum decision_kind kind;
	int32_t slot;
	union {
		struct { int32_t net, setting; }; /* run */
		int64_t until_ns;          /* wait */
	};
};

/* Run the request's next stage on the asking device. */
static inline struct decision decide_run(int slot, int net, int setting)
{
	return (struct decision){ DECIDE_RUN, slot, { { net, setting } } };
}
/* Let it leave with the answer of its present depth (>= mandatory). */
static inline struct decision decide_finish(int slot)
{
	return (struct decision){ .kind = DECIDE_FINISH, .slot = slot };
}
/* Let it leave without an answer (depth < mandatory). */
static inline struct decision decide_drop(int slot)
{
	return (struct decision){ .kind = DECIDE_DROP, .slot = slot };
}
/* Ask again at the next event, or at until_ns if that is sooner. */
static inline struct decision decide_wait(int64_t until_ns)
{
	return (struct decision){ .kind = DECIDE_WAIT, .slot = -1,
		.until_ns = until_ns };
}

/* ---- The policy ------------------------------------------------------------ */

struct param {                     /* one number or word a user may set */
	const char *name, *help;   /* help states the unit */
	double def, min, max;      /* def NAN: not given is a value of its own */
	const char *const *words;  /* NULL, or the allowed words, ending
	                            * with NULL: they stand for 0, 1, ... */
	const double *numbers;     /* NULL, or the only allowed numbers,
	                            * ending with NAN */
};

#define POLICY_MAX_PARAMS 32
#define POLICY_ABI 2

struct policy {
	const char *name;          /* what -p takes */
	const char *summary;       /* one line, for `laxity policies` */
	const char *manual;        /* paragraphs for `laxity policies NAME`:
	                            * idea, source, departures, cost */
	const struct param *params;/* ends with a NULL name; may be NULL */
	size_t state_size;         /* the core allocates, zeroes, frees it */
	size_t request_size;       /* bytes per request, see view_memory */
	bool clairvoyant;          /* may use view.future; marked in outputs */
	bool work_conserving;      /* never waits while a waiting request's
	                            * next stage, as planned (p99), could
	                            * still end in time (a promise that the
	                            * tests check) */
	bool needs_goal, needs_energy; /* refuse workloads without, exit 2 */

	/* Required: what should the idle device v->asking do now? Called after
	 * the events of an instant, again after each finish and drop, and for
	 * each further idle device, until it waits. */
	struct decision (*pick)(void *state, const struct view *v);

	/* Optional; NULL means there is nothing to do. init runs before time
	 * 0 with no request live; args holds a value per param. It returns 0,
	 * or -1 after one message when the workload does not suit the policy.
	 * The arena lives as long as the run; hooks may take more from it. */
	int  (*init)(void *state, struct arena *a, const struct view *v,
	             const double *args);
	/* At its release, already in view.live. */
	void (*on_release)(void *state, const struct view *v, int slot);
	/* A stage of it ended: depth and confidence are already counted. Also
	 * for a stage that ends after its request has left: the request is
	 * then marked as gone; nothing else changes. duration_ns is the
	 * stage's own time, without overhead. */
	void (*on_stage_done)(void *state, const struct view *v, int slot,
	                      int64_t duration_ns);
	/* It finished, was dropped, reached its last depth or its deadline;
	 * already marked gone and out of view.live. */
	void (*on_leave)(void *state, const struct view *v, int slot);
	/* Present estimate of the slowdown, for records: mean, variance. */
	void (*estimate)(const void *state, double *mean, double *variance);
};

/* policies/registry.c: all built-in policies, ending with NULL. */
extern const struct policy *const policy_table[];

/* A shared object exports `const struct policy laxity_policy` and
 * `const unsigned laxity_policy_abi = POLICY_ABI`. */

#endif
