/* What a list of releases looks like (paper/spec/workloads.md 7). */
#include "msg.h"
#include "mem.h"
#include "num.h"
#include "workload.h"

#include <math.h>
#include <stdlib.h>

enum { WINDOW_GAPS = 100 };

/* Mean and variance of the gaps, and how successive ones go together: two
 * passes, since the mean must be known before the deviations. */
static void gap_stats(const int64_t *t, int64_t n, struct arrival_stats *out)
{
	double mean = (double)out->span_ns / (double)(n - 1);
	double squares = 0, products = 0, last = 0;

	for (int64_t i = 1; i < n; i++) {
		double d = (double)(t[i] - t[i - 1]) - mean;
		squares += d * d;
		if (i > 1)
			products += last * d;
		last = d;
	}
	if (n > 2 && mean > 0)
		out->cv = sqrt(squares / (double)(n - 2)) / mean;
	if (n > 2 && squares > 0)
		out->lag1 = products / squares;
}

__extension__ typedef __int128 wide;

/* Counts in whole windows of 100 mean gaps from the first release on. Window
 * k ends at (k + 1) 100 span / (n - 1); all of it in integers. */
static void count_stats(const int64_t *t, int64_t n, struct arrival_stats *out)
{
	int64_t windows = (n - 1) / WINDOW_GAPS, at = 0, largest = 0;
	wide squares = 0;

	if (!windows || !out->span_ns)
		return;
	for (int64_t k = 0; k < windows; k++) {
		int64_t begin = at;
		while (at < n && (wide)(t[at] - t[0]) * (n - 1)
		    < (wide)(k + 1) * WINDOW_GAPS * out->span_ns)
			at++;
		if (at - begin > largest)
			largest = at - begin;
		squares += (wide)(at - begin) * (at - begin);
	}
	out->peak100 = (double)largest * (double)windows / (double)at;
	if (windows > 1)
		out->idc100 = (double)(squares * windows - (wide)at * at)
			/ (double)(windows - 1) / (double)at;
}

void arrival_stats(const int64_t *release_ns, int64_t n,
	struct arrival_stats *out)
{
	*out = (struct arrival_stats){ .count = n, .rate_hz = NAN, .cv = NAN,
		.lag1 = NAN, .idc100 = NAN, .peak100 = NAN,
		.deadline_mean_ns = NAN, .load = NAN, .mandatory_load = NAN };
	if (n < 2)
		return;
	out->span_ns = release_ns[n - 1] - release_ns[0];
	if (out->span_ns)
		out->rate_hz = (double)(n - 1) / ((double)out->span_ns * 1e-9);
	gap_stats(release_ns, n, out);
	count_stats(release_ns, n, out);
}

void arrival_stats_of(const struct workload *w, const struct arrival *all,
	int64_t n, struct arrival_stats *out)
{
	int64_t *release_ns = mem_new((size_t)n, sizeof *release_ns);
	double sum = 0;

	for (int64_t i = 0; i < n; i++)
		release_ns[i] = all[i].release_ns;
	arrival_stats(release_ns, n, out);
	free(release_ns);
	for (int64_t i = 0; i < n; i++) {
		int64_t d = all[i].deadline_ns - all[i].release_ns;
		if (!i || d < out->deadline_min_ns)
			out->deadline_min_ns = d;
		if (!i || d > out->deadline_max_ns)
			out->deadline_max_ns = d;
		sum += (double)d;
	}
	if (n)
		out->deadline_mean_ns = sum / (double)n;
	workload_load(w, &out->load, &out->mandatory_load);
}

/* " NAME VALUE (THEORY)", nothing if there is no value. */
static void add(struct text *t, const char *name, double value, double theory)
{
	if (isnan(value))
		return;
	text_add(t, ", %s %.6g", name, value);
	if (!isnan(theory))
		text_add(t, " (theory %.6g)", theory);
}

void arrival_stats_remark(const struct arrival_stats *s,
	const struct arrival_stats *theory)
{
	static const struct arrival_stats silent = { .rate_hz = NAN, .cv = NAN,
		.lag1 = NAN, .idc100 = NAN, .peak100 = NAN };
	const struct arrival_stats *y = theory ? theory : &silent;
	struct text t;

	text_init(&t);
	text_add(&t, "arrivals: count %lld, span_ns %lld", (long long)s->count,
		(long long)s->span_ns);
	add(&t, "rate_hz", s->rate_hz, y->rate_hz);
	add(&t, "cv", s->cv, y->cv);
	add(&t, "lag1", s->lag1, y->lag1);
	add(&t, "idc100", s->idc100, y->idc100);
	add(&t, "peak100", s->peak100, y->peak100);
	msg_remark("%s", t.s);
	text_fini(&t);
	if (!isnan(s->deadline_mean_ns))
		msg_remark("relative deadlines: mean %.9g ns, least %lld ns, "
			"greatest %lld ns", s->deadline_mean_ns,
			(long long)s->deadline_min_ns,
			(long long)s->deadline_max_ns);
	if (!isnan(s->load))
		msg_remark("offered load %.6g of capacity at full depth, %.6g "
			"at the mandatory depth", s->load, s->mandatory_load);
}
