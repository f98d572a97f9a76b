/* The releases of one run (paper/spec/workloads.md 2 to 5). */
#include "mem.h"
#include "msg.h"
#include "num.h"
#include "workload.h"

#include <assert.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

struct source {
	const struct workload *w;
	uint32_t seed;
	/* First draws by request number, and what comes of them. */
	struct stream_firsts deadlines, inputs;
	struct draws draws;
	gsl_rng *rng;               /* lent to one stream after another */
	int64_t number;             /* of the next request of an open process */
	int64_t release_ns;         /* of the one before; 0 at first */

	/* mmpp: the visit to a state under way */
	uint64_t visit;
	int state;
	int64_t state_end_ns;

	int32_t *permutation;       /* shuffled: of this pass */
	int64_t pass;
	int in_burst;               /* bursts: the last request was a hard one */
	int64_t *group_deadline_ns; /* replay: absolute; 0 until its first row */
};

/* ---- Inputs --------------------------------------------------------------- */

static void shuffle(struct source *s, int64_t pass)
{
	int32_t n = s->w->bundle->inputs;
	struct stream r;

	for (int32_t i = 0; i < n; i++)
		s->permutation[i] = i;
	stream_open(&r, s->seed, PURPOSE_ORDER, (uint64_t)pass);
	stream_gsl(s->rng, &r);
	gsl_ran_shuffle(s->rng, s->permutation, (size_t)n,
		sizeof *s->permutation);
	s->pass = pass;
}

/* One of n, by a uniform: as stream_below. */
static inline int32_t below(double u, int32_t n)
{
	return (int32_t)(u * n);
}

/* The chain of hard and easy stretches, one step a request. Stationary from
 * the first request on, so every input keeps probability 1 / N. */
static int32_t draw_burst(struct source *s, int64_t number, double in)
{
	const struct workload *w = s->w;
	int32_t easy = w->bundle->inputs - w->hard;
	double q = (double)w->hard / w->bundle->inputs, u;
	struct stream r;

	stream_open(&r, s->seed, PURPOSE_ORDER, (uint64_t)number);
	u = stream_unit(&r);
	if (number == 0)
		s->in_burst = u < q;
	else if (s->in_burst)
		s->in_burst = !(u < 1 / w->burst_length);
	else
		s->in_burst = u < q / ((1 - q) * w->burst_length);
	return s->in_burst ? w->hard_first[below(in, w->hard)]
		: w->hard_first[w->hard + below(in, easy)];
}

static int32_t draw_input(struct source *s, int64_t number, double u)
{
	int32_t n = s->w->bundle->inputs;

	switch (s->w->order) {
	case ORDER_SEQUENTIAL:
		return (int32_t)(number % n);
	case ORDER_SHUFFLED:
		if (number / n != s->pass)
			shuffle(s, number / n);
		return s->permutation[number % n];
	case ORDER_BURSTS:
		return draw_burst(s, number, u);
	case ORDER_UNIFORM: /* see source_draws */
		break;
	}
	return below(u, n);
}

/* ---- Deadlines -------------------------------------------------------------- */

/* llround of what is not negative, without a call. */
static inline int64_t round_ns(double x)
{
	int64_t whole = (int64_t)x;

	return whole + (x - (double)whole >= .5);
}

/* Deadlines, inputs and first uniforms of stage times for some requests at once: one
 * that waited for its own would make the whole engine wait. */
const struct draws *source_draws(struct source *s, int64_t number)
{
	int64_t min = s->w->deadline_min_ns, max = s->w->deadline_max_ns;
	double span = (double)(max - min), least = (double)min;
	int32_t inputs = s->w->bundle->inputs;
	struct draws *d = &s->draws;
	const double *unit;

	d->number = number;
	if (max > min) {
		stream_firsts_fill(&s->deadlines, (uint64_t)number);
		unit = s->deadlines.unit;
		/* The usual ones: from 1 to 2^52 rounding does not take a sum
		 * with a half across a whole number. */
		if (min >= 1 && max < INT64_C(1) << 52)
			for (int i = 0; i < STREAM_AHEAD; i++)
				d->rel_deadline_ns[i] = (int64_t)(least
					+ unit[i] * span + .5);
		else
			for (int i = 0; i < STREAM_AHEAD; i++)
				d->rel_deadline_ns[i] = round_ns(least
					+ unit[i] * span);
	} else {
		for (int i = 0; i < STREAM_AHEAD; i++)
			d->rel_deadline_ns[i] = min;
	}
	stream_firsts_fill(&s->inputs, (uint64_t)number);
	unit = s->inputs.unit;
	if (s->w->order == ORDER_UNIFORM) {
		for (int i = 0; i < STREAM_AHEAD; i++)
			d->input[i] = below(unit[i], inputs);
	} else {
		for (int i = 0; i < STREAM_AHEAD; i++)
			d->input[i] = draw_input(s, number + i, unit[i]);
	}
	stream_firsts_fill(&d->timing, (uint64_t)number);
	return d;
}

/* ---- Releases --------------------------------------------------------------- */

/* Rare long gaps of a heavy tail end at the last instant there is. */
static int64_t later(int64_t t, double gap_ns)
{
	return gap_ns < (double)(TIME_MAX_NS - t) ? t + llround(gap_ns)
		: TIME_MAX_NS;
}

/* Draw the state of the visit that begins at t, then how long it lasts. The
 * first state is as found in the long run, the next one any other. */
static void begin_visit(struct source *s, int64_t t)
{
	const struct workload *w = s->w;
	struct stream r;
	double u, sum = 0;
	int i;

	stream_open(&r, s->seed, PURPOSE_MMPP, s->visit);
	stream_gsl(s->rng, &r);
	u = stream_unit(&r);
	if (s->visit == 0) {
		for (i = 0; i < w->states; i++)
			sum += w->stay_ns[i];
		u *= sum;
		for (i = 0, sum = w->stay_ns[0]; i < w->states - 1 && u >= sum; )
			sum += w->stay_ns[++i];
		s->state = i;
	} else {
		i = (int)(u * (w->states - 1));
		s->state = i + (i >= s->state);
	}
	s->state_end_ns = later(t, gsl_ran_exponential(s->rng,
		w->stay_ns[s->state]));
	s->visit++;
}

/* The gap ends when the rate, integrated over time, reaches a unit
 * exponential. States change at whole nanoseconds, so only the last piece of
 * a gap is rounded. */
static int64_t mmpp_next(struct source *s)
{
	/* Drawn first: begin_visit lends the generator to another stream. */
	double need = gsl_ran_exponential(s->rng, 1);
	int64_t t = s->release_ns;

	if (s->visit == 0)
		begin_visit(s, 0);
	for (;;) {
		double rate = s->w->state_rate_hz[s->state] * 1e-9;
		double have = rate * (double)(s->state_end_ns - t);
		if (rate > 0 && need <= have)
			return later(t, need / rate);
		if (s->state_end_ns >= TIME_MAX_NS)
			return TIME_MAX_NS;
		need -= have;
		t = s->state_end_ns;
		begin_visit(s, t);
	}
}

static int64_t release_of_next(struct source *s)
{
	const struct workload *w = s->w;
	struct stream r;

	if (w->process == PROCESS_REPLAY)
		return w->row[s->number].release_ns;
	stream_open(&r, s->seed, PURPOSE_ARRIVALS, (uint64_t)s->number);
	stream_gsl(s->rng, &r);
	switch (w->process) {
	case PROCESS_PERIODIC: {
		int64_t t = w->offset_ns + llround((double)s->number
			* w->gap_ns);
		return w->jitter_ns ? t + llround(stream_unit(&r)
			* (double)w->jitter_ns) : t;
	}
	case PROCESS_POISSON:
		return later(s->release_ns, gsl_ran_exponential(s->rng,
			w->gap_ns));
	case PROCESS_GAMMA:
		return later(s->release_ns, gsl_ran_gamma(s->rng,
			1 / (w->cv * w->cv), w->cv * w->cv * w->gap_ns));
	case PROCESS_MMPP:
		return mmpp_next(s);
	case PROCESS_CLOSED:
	case PROCESS_REPLAY:
		break;
	}
	/* The caller asks only open processes. */
	assert(w->process != PROCESS_CLOSED && w->process != PROCESS_REPLAY);
	return 0;
}

/* What the file says of a replayed request wins over what was drawn. */
static void apply_row(struct source *s, const struct replay_row *row,
	struct arrival *out)
{
	if (row->rel_deadline_ns)
		out->deadline_ns = out->release_ns + row->rel_deadline_ns;
	if (row->input >= 0)
		out->input = row->input;
	out->group = row->group;
	if (row->group >= 0) {
		int64_t *shared = &s->group_deadline_ns[row->group];
		if (!*shared)
			*shared = out->deadline_ns;
		out->deadline_ns = *shared;
	}
}

struct source *source_new(const struct workload *w, uint32_t seed)
{
	struct source *s = mem_new(1, sizeof *s);

	s->w = w;
	s->seed = seed;
	s->pass = -1;
	s->draws.number = -STREAM_AHEAD;
	stream_firsts_init(&s->deadlines, seed, PURPOSE_DEADLINES);
	stream_firsts_init(&s->inputs, seed, PURPOSE_INPUTS);
	stream_firsts_init(&s->draws.timing, seed, PURPOSE_TIMING);
	s->rng = gsl_rng_alloc(stream_gsl_type);
	if (!s->rng) {
		(void)msg_fail("out of memory");
		exit(STATUS_FAILED);
	}
	if (w->order == ORDER_SHUFFLED)
		s->permutation = mem_new((size_t)w->bundle->inputs,
			sizeof *s->permutation);
	if (w->groups)
		s->group_deadline_ns = mem_new((size_t)w->groups,
			sizeof *s->group_deadline_ns);
	return s;
}

void source_free(struct source *s)
{
	if (!s)
		return;
	gsl_rng_free(s->rng);
	free(s->permutation);
	free(s->group_deadline_ns);
	free(s);
}

static void arrive(struct source *s, int64_t number, int client,
	int64_t release_ns, struct arrival *out)
{
	const struct draws *ahead = &s->draws;
	int64_t i = source_drawn(s, &ahead, number);

	*out = (struct arrival){ .number = number, .release_ns = release_ns,
		.deadline_ns = release_ns + ahead->rel_deadline_ns[i],
		.input = ahead->input[i], .client = client, .group = -1,
		.timing = ahead->timing.unit[i] };
}

int source_next(struct source *s, struct arrival *out)
{
	if (s->number == s->w->warmup + s->w->requests)
		return 0;
	s->release_ns = release_of_next(s);
	arrive(s, s->number, -1, s->release_ns, out);
	if (s->w->process == PROCESS_REPLAY)
		apply_row(s, &s->w->row[s->number], out);
	s->number++;
	return 1;
}

int64_t source_first(const struct source *s, int client)
{
	return llround(client * s->w->mean_deadline_ns / s->w->clients);
}

/* ---- All of them -------------------------------------------------------------- */

/* Clients by (next release, number): a heap with the earliest on top. */
struct turn { int64_t release_ns; int client; };

static int before(const struct turn *a, const struct turn *b)
{
	return a->release_ns != b->release_ns ? a->release_ns < b->release_ns
		: a->client < b->client;
}

static void sink_top(struct turn *heap, int n)
{
	struct turn x = heap[0];
	int i = 0;

	for (int child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && before(&heap[child + 1], &heap[child]))
			child++;
		if (!before(&heap[child], &x))
			break;
		heap[i] = heap[child];
	}
	heap[i] = x;
}

static void all_closed(struct source *s, struct arrival *all, int64_t n)
{
	int clients = s->w->clients;
	struct turn *heap = mem_new((size_t)clients, sizeof *heap);

	/* First releases rise with the client, which is a heap. */
	for (int k = 0; k < clients; k++)
		heap[k] = (struct turn){ source_first(s, k), k };
	for (int64_t i = 0; i < n; i++) {
		arrive(s, i, heap[0].client, heap[0].release_ns, &all[i]);
		heap[0].release_ns = all[i].deadline_ns;
		sink_top(heap, clients);
	}
	free(heap);
}

struct arrival *source_all(const struct workload *w, uint32_t seed)
{
	int64_t n = w->warmup + w->requests;
	struct arrival *all = mem_new((size_t)n, sizeof *all);
	struct source *s = source_new(w, seed);

	if (w->process == PROCESS_CLOSED) {
		assert(w->reissue == REISSUE_DEADLINE);
		all_closed(s, all, n);
	} else {
		for (int64_t i = 0; i < n; i++)
			(void)source_next(s, &all[i]);
	}
	source_free(s);
	return all;
}
