/* Inside the engine: shared by engine.c (begin and end of a run),
 * engine_loop.c, engine_plain.h and engine_stage.h (events and decisions),
 * engine_request.[ch] (release and leaving), books.[ch] (accounts) and future.c
 * (what clairvoyant policies may ask). */
#ifndef LAXITY_ENGINE_STATE_H
#define LAXITY_ENGINE_STATE_H

#include "agenda.h"
#include "engine.h"
#include "hot.h"
#include "quantile.h"
#include "turns.h"

#include <assert.h>

/* A request as the engine alone knows it, beside the `struct request` that
 * policies see; same slot. */
struct booked {
	double uniform;             /* its first draw of a sample */
	int32_t draws;              /* of samples, before the one it holds; see
	                             * engine_draw */
	int32_t depths, mandatory;  /* of the network of `cell`; 1 or more */
	int32_t input;
	/* The sample it holds is one of these (a network, a setting and an
	 * environment), with its durations and what comes out, by depth - 1. */
	const struct cell *cell;
	const int64_t *duration_ns;
	const double *outcomes;     /* see bundle_outcome */
	int64_t first_start_ns;
	/* In plain runs, of which nobody is told of single requests, all that
	 * follows is not kept. Of the deepest depth completed in time: */
	double confidence;
	bool correct;
	int32_t sample, stages, start_environment;
	int64_t leave_ns, busy_ns;
	double energy_j;
	double slowdown_mean, slowdown_variance;
	int64_t filler;
};
/* A power of two: a slot's place is then found by a shift. */
static_assert(sizeof(struct booked) == 128, "struct booked");

/* A device, beside the `struct device` that policies see. */
struct station {
	int64_t start_ns;           /* delayed start due then; TIME_NEVER: none */
	int64_t end_ns;             /* completion due then; TIME_NEVER: none.
	                             * Not kept in plain runs */
	int64_t begun_ns;           /* when the stage in flight began */
	int64_t duration_ns;        /* of it, as the policy is told */
	int64_t idle_since_ns;      /* if it is idle; until then its time is in
	                             * the accounts */
	int32_t idle_setting;       /* that it used last */
	int32_t sample, environment;/* of the stage in flight */
	double confidence;          /* as measured by a clock; NAN: the trace's */
	bool correct;
	size_t place;               /* of the stage in flight, see below */
};

/* So few that a byte says where each stands, and that all can be looked
 * through for less than one mispredicted branch. */
enum { FEW_SLOTS = 128 };

/* A candidate network, flat: what the loop reads at every stage. */
struct hot_net {
	int32_t depths, mandatory;
	const double *outcome;      /* [input * depths + depth - 1] */
};

/* A compensated sum, so that runs of any length keep the last digit:
 * its value is total + rest. */
struct sum { double total, rest; };

/* A sum of times, which 64 bits do not hold: low + 2^64 high. Times are not
 * negative. The compiler makes two instructions of this, of __int128 more. */
struct total { uint64_t low, high; };

INLINE void total_add(struct total *t, int64_t ns)
{
	t->low += (uint64_t)ns;
	t->high += t->low < (uint64_t)ns;
}

INLINE wide total_of(const struct total *t)
{
	return (wide)t->high << 64 | t->low;
}

/* Counts over the measured interval; integers, so that nothing drifts however
 * long the run. */
struct books {
	bool measuring;             /* request W has been released */
	int64_t measured_from_ns;   /* its release */
	/* By [net][setting][depth - 1], see engine_place. */
	int64_t *busy_ns;
	double *power_w;            /* NAN without power data */
	int64_t *idle_ns;           /* [setting] */
	int64_t missed, correct, depth_sum, requests;
	struct sum confidence;
	/* Against the workload's goal, if it has one. */
	int64_t violations;
	struct sum goal_energy, goal_error;
	struct quantile *response;
	int64_t decisions, corrections, stages, released;
	int64_t warmed;             /* that have left before them */
	int64_t decision_draws_ns, decision_draws;
	/* All releases and leavings, as instants: the number of requests
	 * present, integrated over time, is their difference. */
	struct total released_ns, left_ns;
	struct total measured_response_ns, warm_response_ns;
};

struct engine {
	const struct run *run;
	const struct workload *w;
	const struct policy *policy;
	void *state;
	struct arena arena;
	struct view view;
	struct stream policy_stream;
	struct source *source;
	const struct draws *draws;  /* closed: of the requests to come */
	const struct clock *clock;

	struct request *req;        /* [slots] */
	struct booked *booked;      /* [slots] */
	struct stream *dispatch;    /* [slots]: their draws of decision and
	                             * launch costs; only if these are drawn */
	double *seen;
	unsigned char *memory;
	int32_t slots;
	int32_t *unused, *unused_end; /* free slots */
	int32_t *live, live_room;
	uint8_t place[FEW_SLOTS];   /* in `live`, from 1, while slots are few;
	                             * 0: not there */
	struct hot_net *net;        /* [candidates] */
	/* [net * settings + setting], in the environment in force. */
	const struct cell **cell;
	struct agenda deadlines;    /* of the live requests */
	struct turns turns;         /* closed: the clients that rest */
	struct device *device;
	struct station *station;

	/* Of the workload, what is looked at for each request or stage. */
	int64_t warmup, total;      /* W, W + R */
	uint32_t nets, settings;
	struct arrival pending;     /* open: the next to be released */
	/* When the next event of each kind is due; TIME_NEVER: none known.
	 * That of a deadline is the head of `deadlines`. rare_ns is the least
	 * of those that few runs have, change_ns, timer_ns and start_ns. */
	int64_t completion_ns, release_ns, rare_ns;
	int64_t change_ns, timer_ns, start_ns;
	int completing, starting;   /* their devices */
	int environment;
	int next_change;            /* in w->change: that of change_ns */
	int64_t notable;            /* the next request that begins something by
	                             * its release */
	int32_t *group_left;
	int busy_devices;           /* with a stage or a delayed start */
	bool timed;                 /* the policy is, by the wall clock */
	int64_t spent_ns;           /* by it since it last ran a stage or waited */
	struct books books;
};

/* The loop is compiled several times, from one text (engine_stage.h and what it
 * includes). What a copy is for stands in one of these, a constant where the
 * copy is made, so that what it does not need is not in it. */
struct copy {
	bool plain;                 /* for plain runs: see engine_plain.h */
	bool closed;                /* for clients that re-issue at their
	                             * deadlines, if plain */
	/* For a policy compiled in: its only hook. It takes no memory for
	 * requests, and what it does not look at is not kept: view.live and
	 * .lives, confidences, the device, where and when a request started.
	 * NULL: any policy. */
	struct decision (*pick)(void *state, const struct view *v);
};

static inline void engine_find_rare(struct engine *e)
{
	int64_t t = e->change_ns;

	t = e->timer_ns < t ? e->timer_ns : t;
	e->rare_ns = e->start_ns < t ? e->start_ns : t;
}

/* `notable`, after what it was made of has changed. */
void engine_find_notable(struct engine *e);

/* The cells of the environment in force. */
void engine_find_cells(struct engine *e);

static inline const struct cell *engine_cell(const struct engine *e, int net,
	int setting, int environment)
{
	return bundle_cell(e->w->bundle, e->w->net[net], e->w->setting[setting],
		environment);
}

static inline const struct hot_net *engine_net(const struct engine *e, int net)
{
	return &e->net[net];
}

/* The uniform of this request's timing stream after `before` others. */
double engine_uniform(const struct engine *e, int64_t number, int32_t before) COLD;

/* Let a request hold the sample of this cell, one of the candidate network's,
 * that a uniform says. */
INLINE void engine_hold(struct booked *b, double uniform, const struct cell *c,
	const struct hot_net *net)
{
	size_t depths = (size_t)net->depths;

	b->cell = c;
	b->sample = (int32_t)(uniform * c->samples);
	b->duration_ns = c->duration_ns + (size_t)b->sample * depths;
	b->outcomes = net->outcome + (size_t)b->input * depths;
	b->depths = net->depths;
	b->mandatory = net->mandatory;
}

/* Let it hold another one than it does.
 *
 * A sample is drawn when a stage starts in a cell other than the one before;
 * where there is but one, none is needed. But most requests start in the first
 * candidate's cell of the environment at their release: drawn then, the sample
 * is there when the stage's end is asked for, and no branch depends on whether
 * a stage is the first. If that guess was wrong, the draw is taken back:
 * `first` says that no stage has begun. */
static inline void engine_draw(const struct engine *e, struct booked *b,
	int64_t number, const struct cell *c, const struct hot_net *net, bool first)
{
	double u = b->uniform;

	if (!first)
		b->draws += b->cell->samples > 1;
	if (b->draws > 0 && c->samples > 1)
		u = engine_uniform(e, number, b->draws);
	engine_hold(b, u, c, net);
}

/* Index of a stage in the accounts: candidate network and setting, and the
 * depth it leads to. */
static inline size_t engine_place(const struct engine *e, int net, int setting,
	int depth)
{
	return ((size_t)net * (size_t)e->w->settings + (size_t)setting)
		* BUNDLE_MAX_DEPTH + (size_t)depth - 1;
}

#endif
