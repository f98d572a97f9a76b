/* The engine against a loop written by hand for one model: a closed loop of
 * clients that re-issue at their deadlines, three stages, EDF with the skip
 * test, one device. Both make the same draws from the same streams, so they
 * must agree on every count; the hand-written loop keeps nothing else and
 * checks nothing. An event is a stage end or a deadline that expires.
 *
 *     bench_engine [REQUESTS [REPEATS]]
 *
 * Interleaved repeats; CSV on stdout: what, median and least ns of processor
 * time an event, ratio of medians to the hand-written loop. */
#include "../../sim/engine.h"
#include "../../sim/msg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_CLIENTS = 64, DEPTHS = 3 };

struct counts { int64_t stages, expiries, missed, correct, depth_sum; };

/* ---- By hand ---------------------------------------------------------------- */

struct client {
	int64_t deadline, number;
	int32_t input, sample, depth;
	int32_t in_flight, live;
};

struct model {
	const struct workload *w;
	const struct bundle_net *net;
	const struct cell *cell;
	const int64_t *planned;
	uint32_t seed;
	struct client client[MOST_CLIENTS];
	int32_t order[MOST_CLIENTS]; /* clients by deadline, number */
	int released;               /* of order */
};

static void insert(struct model *m, int32_t k)
{
	int i = m->released++;

	while (i > 0) {
		const struct client *a = &m->client[m->order[i - 1]];
		if (a->deadline < m->client[k].deadline
		    || (a->deadline == m->client[k].deadline
			&& a->number < m->client[k].number))
			break;
		m->order[i] = m->order[i - 1];
		i--;
	}
	m->order[i] = k;
}

static void issue(struct model *m, int32_t k, int64_t now, int64_t number)
{
	struct client *c = &m->client[k];
	const struct workload *w = m->w;
	struct stream s;

	stream_open(&s, m->seed, PURPOSE_DEADLINES, (uint64_t)number);
	c->deadline = now + llround((double)w->deadline_min_ns + stream_unit(&s)
		* (double)(w->deadline_max_ns - w->deadline_min_ns));
	stream_open(&s, m->seed, PURPOSE_INPUTS, (uint64_t)number);
	c->input = (int32_t)stream_below(&s, w->bundle->inputs);
	stream_open(&s, m->seed, PURPOSE_TIMING, (uint64_t)number);
	c->sample = m->cell->samples > 1
		? (int32_t)stream_below(&s, m->cell->samples) : 0;
	c->number = number;
	c->depth = 0;
	c->live = 1;
	insert(m, k);
}

static void left(const struct model *m, struct client *c, struct counts *n)
{
	c->live = 0;
	if (c->number < m->w->warmup)
		return;
	n->missed += c->depth == 0;
	n->correct += c->depth && m->net->correct[c->input * DEPTHS
		+ c->depth - 1];
	n->depth_sum += c->depth;
}

static void by_hand(const struct workload *w, uint32_t seed, struct counts *out)
{
	struct model m = { .w = w, .net = &w->bundle->net[w->net[0]],
		.cell = bundle_cell(w->bundle, w->net[0], w->setting[0], 0),
		.planned = profile_cell(w->profile, 0, 0)->p99_ns,
		.seed = seed };
	struct counts n = { 0 };
	int64_t total = w->warmup + w->requests, number = 0, first[MOST_CLIENTS];
	int64_t now, end = TIME_NEVER;
	int clients = w->clients, started = 0, running = -1, orphan = 0;

	for (int k = 0; k < clients; k++)
		first[k] = llround(k * w->mean_deadline_ns / clients);
	for (;;) {
		int64_t due = m.released ? m.client[m.order[0]].deadline
			: TIME_NEVER;
		int64_t fresh = started < clients && number < total
			? first[started] : TIME_NEVER;

		if (end <= due && end <= fresh && end != TIME_NEVER) {
			struct client *c = &m.client[running];
			now = end;
			end = TIME_NEVER;
			n.stages++;
			if (!orphan) {
				c->in_flight = 0;
				if (++c->depth == DEPTHS)
					left(&m, c, &n);
			}
			running = -1;
		} else if (due <= fresh && due != TIME_NEVER) {
			int32_t k = m.order[0];
			struct client *c = &m.client[k];
			now = due;
			memmove(m.order, m.order + 1,
				(size_t)--m.released * sizeof *m.order);
			if (c->live) {
				n.expiries++;
				left(&m, c, &n);
			}
			if (running == k && !orphan && c->in_flight) {
				orphan = 1;
				c->in_flight = 0;
			}
			if (number < total)
				issue(&m, k, now, number++);
		} else if (fresh != TIME_NEVER) {
			now = fresh;
			issue(&m, started++, now, number++);
		} else {
			break;
		}
		if (running >= 0)
			continue;
		/* The instant's other events come first. */
		if (m.released && m.client[m.order[0]].deadline == now)
			continue;
		if (started < clients && first[started] == now)
			continue;
		for (int i = 0; i < m.released; i++) {
			struct client *c = &m.client[m.order[i]];
			if (!c->live || now + m.planned[c->depth] > c->deadline)
				continue;
			running = m.order[i];
			orphan = 0;
			c->in_flight = 1;
			end = now + m.cell->duration_ns[c->sample * DEPTHS
				+ c->depth];
			break;
		}
	}
	*out = n;
}

/* ---- The engine ---------------------------------------------------------------- */

static void by_engine(const struct workload *w, const struct choice *c,
	uint32_t seed, struct counts *out)
{
	struct run r = { .workload = w, .choice = c, .seed = seed };
	struct metrics m;

	if (engine_run(&r, &m))
		exit(msg_status());
	*out = (struct counts){ .stages = m.stages, .missed = m.missed,
		.correct = m.correct,
		.depth_sum = llround(m.mean_depth * (double)m.requests) };
}

/* ---- Timing ----------------------------------------------------------------- */

static double seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct timing { const char *what; double *ns; };

static void report(const struct timing *t, int n, double bound)
{
	qsort(t->ns, (size_t)n, sizeof *t->ns, by_value);
	printf("%s,%.1f,%.1f,%.2f\n", t->what, t->ns[n / 2], t->ns[0],
		t->ns[n / 2] / bound);
}

int main(int argc, char **argv)
{
	const char *requests = argc > 1 ? argv[1] : "400000";
	int repeats = argc > 2 ? atoi(argv[2]) : 9;
	char *set = mem_printf("workload.requests=%s", requests);
	const char *one[] = { set };
	/* 20 configurations of which edf uses the first: they are in play for
	 * the memory, in the profile and in the candidates' tables. */
	const char *many[] = { set, "workload.networks=staged3,staged6,nested4,"
		"resnet8,resnet14,resnet20w2,resnet32w2",
		"workload.settings=sm132,sm32,sm8" };
	struct workload *w = workload_read("workloads/default.ini", 1, one, 1);
	struct workload *broad = workload_read("workloads/default.ini", 3, many, 1);
	struct choice edf;
	struct timing hand = { "hand-written", NULL }, engine = { "engine", NULL },
		wider = { "engine, 21 configurations", NULL };

	if (!w || !broad || choice_parse(&edf, "edf") || repeats < 1)
		return msg_status();
	hand.ns = mem_new((size_t)repeats, sizeof *hand.ns);
	engine.ns = mem_new((size_t)repeats, sizeof *engine.ns);
	wider.ns = mem_new((size_t)repeats, sizeof *wider.ns);
	for (int i = 0; i < repeats; i++) {
		struct counts a, b, c;
		double t[4], events;

		t[0] = seconds();
		by_hand(w, 1, &a);
		t[1] = seconds();
		by_engine(w, &edf, 1, &b);
		t[2] = seconds();
		by_engine(broad, &edf, 1, &c);
		t[3] = seconds();
		if (a.stages != b.stages || a.missed != b.missed
		    || a.correct != b.correct || a.depth_sum != b.depth_sum) {
			(void)msg_fail("the counts differ: stages %lld %lld, "
				"missed %lld %lld, correct %lld %lld",
				(long long)a.stages, (long long)b.stages,
				(long long)a.missed, (long long)b.missed,
				(long long)a.correct, (long long)b.correct);
			return STATUS_FAILED;
		}
		events = (double)(a.stages + a.expiries);
		hand.ns[i] = (t[1] - t[0]) * 1e9 / events;
		engine.ns[i] = (t[2] - t[1]) * 1e9 / events;
		wider.ns[i] = (t[3] - t[2]) * 1e9 / events;
	}
	printf("what,median_ns_per_event,least_ns_per_event,ratio\n");
	qsort(hand.ns, (size_t)repeats, sizeof *hand.ns, by_value);
	report(&hand, repeats, hand.ns[repeats / 2]);
	report(&engine, repeats, hand.ns[repeats / 2]);
	report(&wider, repeats, hand.ns[repeats / 2]);
	return STATUS_OK;
}
