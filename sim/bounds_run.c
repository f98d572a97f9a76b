/* The instance of a run, and all bounds on it. */
#include "bounds.h"

#include "mem.h"
#include "msg.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

/* How far the searches go: some tenths of a second at the very most. */
#define EXACT_STATES 200000
#define PREEMPT_REQUESTS 100
#define PREEMPT_STEPS 3000
#define MISS_STEPS 4000000

/* The environments that a request may meet, and its draws. */
struct meeting {
	int environments, *environment; /* in force at some time while it lives */
	int64_t *seen;              /* [bundle's]: last request that met it */
	int64_t change;             /* in force at the latest release */
	/* First draws of its timing stream: one, or as many as there are
	 * stages if setting or environment may change between them. */
	int draws, depths;
	double unit[BUNDLE_MAX_DEPTH];
};

static int64_t change_at(const struct workload *w, const struct arrival *all,
	int64_t k)
{
	return w->timeline_by_request ? all[w->change[k].at].release_ns
		: w->change[k].at;
}

/* Requests are met in release order. A change at the instant of a release
 * comes before any stage of that request starts; one at the deadline is too
 * late for a stage that still counts. */
static void meet(struct meeting *m, const struct workload *w, uint32_t seed,
	const struct arrival *all, const struct arrival *request)
{
	struct stream s;

	while (m->change + 1 < w->changes
	       && change_at(w, all, m->change + 1) <= request->release_ns)
		m->change++;
	m->environments = 0;
	for (int64_t k = m->change; k < w->changes; k++) {
		int e = w->change[k].environment;

		if (k > m->change
		    && change_at(w, all, k) >= request->deadline_ns)
			break;
		if (m->seen[e] == request->number + 1)
			continue;
		m->seen[e] = request->number + 1;
		m->environment[m->environments++] = e;
	}
	m->draws = w->settings > 1 || m->environments > 1 ? m->depths : 1;
	stream_open(&s, seed, PURPOSE_TIMING, (uint64_t)request->number);
	for (int k = 0; k < m->draws; k++)
		m->unit[k] = stream_unit(&s);
}

/* Least time of a stage. Before stage `depth` a request draws at most `depth`
 * times. */
static int64_t least_time(const struct meeting *m, const struct workload *w,
	int net, int depth)
{
	const struct bundle *b = w->bundle;
	int draws = m->draws < depth ? m->draws : depth;
	int64_t least = INT64_MAX;

	for (int s = 0; s < w->settings; s++) {
		for (int e = 0; e < m->environments; e++) {
			const struct cell *c = bundle_cell(b, w->net[net],
				w->setting[s], m->environment[e]);

			for (int k = 0; k < draws && c->samples; k++) {
				int64_t at = (int64_t)(m->unit[k]
					* (double)c->samples);
				int64_t t = c->duration_ns[at
					* b->net[w->net[net]].depths + depth - 1];

				if (t < least)
					least = t;
			}
		}
	}
	assert(least < INT64_MAX);
	return least;
}

static struct bound_instance *instance_new(const struct workload *w)
{
	struct bound_instance *in = mem_new(1, sizeof *in);
	size_t n = (size_t)w->requests, options = 0;

	for (int net = 0; net < w->nets; net++)
		options += (size_t)w->bundle->net[w->net[net]].depths;
	in->devices = w->devices;
	in->requests = w->requests;
	in->release_ns = mem_new(n, sizeof *in->release_ns);
	in->deadline_ns = mem_new(n, sizeof *in->deadline_ns);
	in->first = mem_new(n + 1, sizeof *in->first);
	in->time_ns = mem_new(n * options, sizeof *in->time_ns);
	in->depth = mem_new(n * options, sizeof *in->depth);
	in->accuracy = mem_new(n * options, sizeof *in->accuracy);
	in->confidence = mem_new(n * options, sizeof *in->confidence);
	in->answered = mem_new(n * options, sizeof *in->answered);
	return in;
}

struct bound_instance *bounds_instance_new(const struct workload *w,
	uint32_t seed)
{
	struct bound_instance *in;
	struct arrival *all;
	struct meeting m = { 0 };
	int64_t k = 0;

	if (w->process == PROCESS_CLOSED && w->reissue == REISSUE_RESPONSE) {
		(void)msg_bad("%s: no bounds with reissue = response, where "
			"releases depend on the policy", w->file);
		return NULL;
	}
	in = instance_new(w);
	all = source_all(w, seed);
	m.environment = mem_new((size_t)w->bundle->environments,
		sizeof *m.environment);
	m.seen = mem_new((size_t)w->bundle->environments, sizeof *m.seen);
	for (int net = 0; net < w->nets; net++)
		if (w->bundle->net[w->net[net]].depths > m.depths)
			m.depths = w->bundle->net[w->net[net]].depths;
	for (int64_t i = 0; i < w->requests; i++) {
		const struct arrival *r = &all[w->warmup + i];

		meet(&m, w, seed, all, r);
		in->release_ns[i] = r->release_ns;
		in->deadline_ns[i] = r->deadline_ns;
		for (int net = 0; net < w->nets; net++) {
			const struct bundle_net *b = &w->bundle->net[w->net[net]];
			size_t outcome = (size_t)r->input * (size_t)b->depths;
			int64_t time = 0;

			for (int l = 1; l <= b->depths; l++, k++, outcome++) {
				int counts = l >= b->mandatory;

				time += least_time(&m, w, net, l);
				in->time_ns[k] = time;
				in->depth[k] = l;
				in->answered[k] = counts;
				in->accuracy[k] = counts && b->correct[outcome];
				in->confidence[k] = counts
					? b->confidence[outcome] : 0;
			}
		}
		in->first[i + 1] = k;
	}
	free(m.environment);
	free(m.seen);
	free(all);
	return in;
}

void bounds_instance_free(struct bound_instance *in)
{
	if (!in)
		return;
	free(in->release_ns);
	free(in->deadline_ns);
	free(in->first);
	free(in->time_ns);
	free(in->depth);
	free(in->accuracy);
	free(in->confidence);
	free(in->answered);
	free(in);
}

/* ---- All of it ---------------------------------------------------------- */

/* A sum of n doubles is off by at most n epsilon / 2 of itself, and so is the
 * policy's. If utilities are whole, so is what a policy reaches: a bound that
 * is a whole number but for rounding is that number. */
static double outward(double sum, int64_t n, int whole)
{
	double off = sum * DBL_EPSILON * (double)(n + 4);

	if (!whole)
		return sum + off;
	return fabs(sum - round(sum)) <= off ? round(sum) : sum;
}

static void bound_all(const struct bound_instance *in, const double *utility,
	int whole, struct bound *out)
{
	int done = 0;

	out->sum[BOUND_SOLO] = bounds_solo(in, utility);
	out->sum[BOUND_KNAPSACK] = bounds_knapsack(in, utility);
	out->sum[BOUND_LP] = bounds_lp(in, utility, NULL);
	out->sum[BOUND_PREEMPT] = in->requests <= PREEMPT_REQUESTS
		? bounds_preempt(in, utility, PREEMPT_STEPS, &done) : NAN;
	if (!done)
		out->sum[BOUND_PREEMPT] = NAN;
	out->sum[BOUND_EXACT] = bounds_exact(in, utility, EXACT_STATES);
	out->kind = BOUND_EXACT;
	while (isnan(out->sum[out->kind]))
		out->kind--;
	out->mean = outward(out->sum[out->kind], in->requests, whole)
		/ (double)in->requests;
}

int bounds_compute(const struct workload *w, uint32_t seed, struct bounds *out)
{
	struct bound_instance *in = bounds_instance_new(w, seed);
	int64_t windows;
	double most;

	if (!in)
		return -1;
	out->requests = in->requests;
	bound_all(in, in->accuracy, 1, &out->accuracy);
	bound_all(in, in->confidence, 0, &out->confidence);
	bound_all(in, in->answered, 1, &out->answered);
	most = floor(outward(out->answered.sum[out->answered.kind],
		in->requests, 1));
	out->misses = in->requests - (int64_t)most;
	/* If lp answers all that can be answered alone, no window overruns. */
	if (most < out->answered.sum[BOUND_SOLO]) {
		windows = bounds_misses(in, in->answered, MISS_STEPS);
		if (windows > out->misses)
			out->misses = windows;
	}
	bounds_instance_free(in);
	return 0;
}
