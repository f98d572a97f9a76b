/* The engine against a loop written by hand for one model: a closed loop of
 * clients that re-issue at their deadlines, three stages, EDF with the skip
 * test, one device. Both make the same draws from the same streams, so they
 * must agree on every count; the hand-written loop keeps nothing else and
 * checks nothing. An event is a stage end or a deadline that expires.
 *
 *     bench_engine [REQUESTS [PAIRS]]
 *
 * `trace` replays the H100 bundle, a row of 10,000 outcomes and 300 samples a
 * request; `drawn` has so few of both that they stay in the first cache, as if
 * stage times were drawn from a distribution; `21 configurations` has as many
 * in play, of which edf uses the first.
 *
 * Time is taken of runs of SLICE requests, by hand and in the engine by turns,
 * so short that both of a pair meet the same machine: neighbours that share its
 * units slow the engine, which has more instructions and fewer surprises, by more
 * than the loop, and they come and go within seconds. CSV on stdout: what,
 * median and least ns of processor time an event, median over the pairs of the
 * ratio to the hand-written loop of the same model, and the ratio's quartiles.
 * First come the counts of `trace` with all requests, that other programs should
 * agree with: stages, expiries, missed. */
#include "../../sim/engine.h"
#include "../../sim/msg.h"
#include "../../traces/bundle_write.h"
#include "../support_bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CLIENTS = 64, DEPTHS = 3, SLICE = 20000 };

struct counts { int64_t stages, expiries, missed, correct, depth_sum; };

/* ---- By hand ---------------------------------------------------------------- */

struct client {
	int64_t deadline, number;
	const int64_t *duration;    /* of its sample */
	int32_t input, depth, live;
};

/* Clients by deadline; those of one deadline by number, as they come in that
 * order. It moves through the room, and back to its front. The one before the
 * first is earlier than all. */
struct queued { int64_t deadline; int32_t client; };
enum { ROOM = 4096 };

struct model {
	const struct workload *w;
	const struct bundle_net *net;
	const struct cell *cell;
	struct stream_firsts deadlines, inputs, timing;
	double min, span;
	struct client client[MOST_CLIENTS];
	struct queued room[ROOM], *first, *end;
};

static void issue(struct model *m, int32_t k, int64_t now, int64_t number)
{
	struct client *c = &m->client[k];
	uint64_t i = (uint64_t)number;
	struct queued *q;

	c->deadline = now + (int64_t)(.5 + (m->min
		+ stream_first(&m->deadlines, i) * m->span));
	c->input = (int32_t)(stream_first(&m->inputs, i) * m->w->bundle->inputs);
	c->duration = m->cell->duration_ns + DEPTHS
		* (int32_t)(stream_first(&m->timing, i) * m->cell->samples);
	__builtin_prefetch(&m->net->correct[c->input * DEPTHS]);
	__builtin_prefetch(c->duration);
	c->number = number;
	c->depth = 0;
	c->live = 1;
	if (m->end == m->room + ROOM) {
		size_t n = (size_t)(m->end - m->first);
		memmove(m->room + 1, m->first, n * sizeof *m->room);
		m->first = m->room + 1;
		m->end = m->first + n;
	}
	m->first[-1].deadline = INT64_MIN;
	for (q = m->end++; q[-1].deadline > c->deadline; q--)
		*q = q[-1];
	*q = (struct queued){ c->deadline, k };
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
	const int64_t *planned = profile_cell(w->profile, 0, 0)->p99_ns;
	struct model m = { .w = w, .net = &w->bundle->net[w->net[0]],
		.cell = bundle_cell(w->bundle, w->net[0], w->setting[0], 0),
		.min = (double)w->deadline_min_ns,
		.span = (double)(w->deadline_max_ns - w->deadline_min_ns) };
	struct counts n = { 0 };
	int64_t total = w->warmup + w->requests, number = 0, first[MOST_CLIENTS];
	int64_t now, end = TIME_NEVER, fresh;
	int clients = w->clients, started = 0;
	struct client *running = NULL;
	int64_t run = 0;            /* the number it had when it started */

	m.first = m.end = m.room + 1;
	stream_firsts_init(&m.deadlines, seed, PURPOSE_DEADLINES);
	stream_firsts_init(&m.inputs, seed, PURPOSE_INPUTS);
	stream_firsts_init(&m.timing, seed, PURPOSE_TIMING);
	for (int k = 0; k < clients; k++)
		first[k] = llround(k * w->mean_deadline_ns / clients);
	fresh = total ? first[0] : TIME_NEVER;
	for (;;) {
		int64_t due = m.first < m.end ? m.first->deadline : TIME_NEVER;

		if (end <= due && end <= fresh) {
			struct client *c = running;
			if (end == TIME_NEVER)
				break;
			now = end;
			end = TIME_NEVER;
			running = NULL;
			n.stages++;
			if (c->number == run && c->live
			    && ++c->depth == DEPTHS)
				left(&m, c, &n);
		} else if (due <= fresh) {
			int32_t k = m.first++->client;
			struct client *c = &m.client[k];
			now = due;
			if (c->live) {
				n.expiries++;
				left(&m, c, &n);
			}
			if (number < total)
				issue(&m, k, now, number++);
		} else {
			now = fresh;
			issue(&m, started++, now, number++);
			fresh = started < clients && number < total
				? first[started] : TIME_NEVER;
		}
		/* The instant's other events come first. */
		if (running || fresh == now
		    || (m.first < m.end && m.first->deadline == now))
			continue;
		for (const struct queued *q = m.first; q < m.end; q++) {
			struct client *c = &m.client[q->client];
			if (!c->live || now + planned[c->depth] > q->deadline)
				continue;
			running = c;
			run = c->number;
			end = now + c->duration[c->depth];
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
		exit((int)msg_status());
	*out = (struct counts){ .stages = m.stages, .missed = m.missed,
		.correct = m.correct,
		.depth_sum = llround(m.mean_depth * (double)m.requests) };
}

/* ---- Timing ----------------------------------------------------------------- */

/* One model: by hand, and in the engine. */
struct pair {
	const char *name;
	struct workload *w;
	struct counts by_hand;
	double *hand_ns, *engine_ns, *ratio;
};

/* Both once, and they must agree. ns[0], ns[1]: an event of each. */
static int measure(struct pair *p, const struct choice *edf, double ns[2])
{
	const struct counts *a = &p->by_hand;
	struct counts b;
	double t[3], events;

	t[0] = bench_seconds();
	by_hand(p->w, 1, &p->by_hand);
	t[1] = bench_seconds();
	by_engine(p->w, edf, 1, &b);
	t[2] = bench_seconds();
	if (a->stages != b.stages || a->missed != b.missed
	    || a->correct != b.correct || a->depth_sum != b.depth_sum)
		return msg_fail("%s: the counts differ: stages %lld %lld, "
			"missed %lld %lld, correct %lld %lld", p->name,
			(long long)a->stages, (long long)b.stages,
			(long long)a->missed, (long long)b.missed,
			(long long)a->correct, (long long)b.correct);
	events = (double)(a->stages + a->expiries);
	ns[0] = (t[1] - t[0]) * 1e9 / events;
	ns[1] = (t[2] - t[1]) * 1e9 / events;
	return 0;
}

static void report(struct pair *p, int n)
{
	double hand = bench_median(p->hand_ns, n);
	double engine = bench_median(p->engine_ns, n);
	double ratio = bench_median(p->ratio, n);

	printf("hand-written %s,%.1f,%.1f,1.00,1.00,1.00\n", p->name, hand,
		p->hand_ns[0]);
	printf("engine %s,%.1f,%.1f,%.2f,%.2f,%.2f\n", p->name, engine,
		p->engine_ns[0], ratio, p->ratio[n / 4], p->ratio[n * 3 / 4]);
}

/* Stage times about those of the H100 bundle. A sample, an input: a row. */
static int drawn_bundle(const char *dir)
{
	enum { ROWS = 32 };
	static const double mean[DEPTHS] = { 78000, 76000, 140000 };
	static const char *const environment[] = { "default" };
	static const struct bundle_setting setting = { "s", NAN, NAN, NAN, NAN };
	static const struct bundle_overhead overhead;
	int64_t duration[ROWS * DEPTHS];
	double confidence[ROWS * DEPTHS], power[DEPTHS] = { NAN, NAN, NAN };
	unsigned char correct[ROWS * DEPTHS];
	struct cell cell = { ROWS, duration, NULL };
	struct bundle_net net = { .name = "staged3", .kind = NET_STAGED,
		.depths = DEPTHS, .mandatory = 1, .confidence = confidence,
		.correct = correct };
	struct bundle b = { .device = "drawn", .task = "bench", .classes = 10,
		.inputs = ROWS, .mandatory_depth = 1, .nets = 1, .settings = 1,
		.environments = 1, .net = &net, .setting = &setting,
		.environment = environment, .cell = &cell, .power_w = power,
		.stderr_w = power, .overhead = &overhead };
	struct stream s;

	stream_open(&s, 1, PURPOSE_TIMING, 0);
	for (int i = 0; i < ROWS * DEPTHS; i++) {
		duration[i] = llround(mean[i % DEPTHS]
			* (1 + (stream_unit(&s) - .5) / 4));
		confidence[i] = stream_unit(&s);
		correct[i] = stream_unit(&s) < confidence[i];
	}
	return bundle_write(dir, &b, NULL);
}

int main(int argc, char **argv)
{
	char *requests = mem_printf("workload.requests=%s",
		argc > 1 ? argv[1] : "400000");
	int pairs = argc > 2 ? atoi(argv[2]) : 101;
	char *dir = bench_directory();
	char *drawn = mem_printf("workload.trace=%s", dir);
	const char *const sets[3][3] = {
		{ requests },
		{ requests, "workload.networks=staged3,staged6,nested4,resnet8,"
			"resnet14,resnet20w2,resnet32w2",
			"workload.settings=sm132,sm32,sm8" },
		{ requests, drawn, "workload.settings=s" },
	};
	struct pair pair[3] = { { .name = "trace" },
		{ .name = "21 configurations" }, { .name = "drawn" } };
	struct choice edf;

	if (choice_parse(&edf, "edf") || pairs < 1 || !dir
	    || drawn_bundle(dir))
		return (int)msg_status();
	for (int i = 0; i < 3; i++) {
		struct pair *p = &pair[i];
		double ns[2];
		p->w = workload_read("workloads/default.ini", i ? 3 : 1,
			sets[i], 1);
		if (!p->w || measure(p, &edf, ns))
			return (int)msg_status();
		p->hand_ns = mem_new((size_t)pairs, sizeof *p->hand_ns);
		p->engine_ns = mem_new((size_t)pairs, sizeof *p->engine_ns);
		p->ratio = mem_new((size_t)pairs, sizeof *p->ratio);
	}
	bench_directory_free(dir);
	printf("counts,%lld,%lld,%lld\n", (long long)pair[0].by_hand.stages,
		(long long)pair[0].by_hand.expiries,
		(long long)pair[0].by_hand.missed);
	for (int i = 0; i < pairs * 3; i++) {
		struct pair *p = &pair[i % 3];
		double ns[2];
		if (p->w->requests > SLICE)
			p->w->requests = SLICE;
		if (measure(p, &edf, ns))
			return (int)msg_status();
		p->hand_ns[i / 3] = ns[0];
		p->engine_ns[i / 3] = ns[1];
		p->ratio[i / 3] = ns[1] / ns[0];
	}
	for (int k = 0; k < 3; k++)
		report(&pair[k], pairs);
	return STATUS_OK;
}
