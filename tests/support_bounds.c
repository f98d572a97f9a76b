#include "support_bounds.h"

#include <math.h>
#include <string.h>

void sample_begin(struct bound_sample *s, int64_t devices)
{
	memset(s, 0, sizeof *s);
	s->in = (struct bound_instance){ .devices = devices,
		.release_ns = s->release, .deadline_ns = s->deadline,
		.first = s->first, .time_ns = s->time, .depth = s->depth };
}

void sample_add(struct bound_sample *s, int64_t a, int64_t d, int depths,
	const int64_t *stage, const double *utility)
{
	int64_t n = s->in.requests++, k = s->first[n], time = 0;

	s->release[n] = a;
	s->deadline[n] = d;
	for (int l = 0; l < depths; l++, k++) {
		s->time[k] = time += stage[l];
		s->depth[k] = l + 1;
		s->utility[k] = utility[l];
	}
	s->first[n + 1] = k;
}

/* ---- Random instances --------------------------------------------------- */

int draw_below(struct stream *r, int n)
{
	return (int)stream_below(r, n);
}

void sample_draw(struct bound_sample *s, struct stream *r, int64_t devices,
	int n, int span, int nets, int depths, enum utilities kind)
{
	int64_t a[MOST];

	sample_begin(s, devices);
	for (int i = 0; i < n; i++) {
		int k = i;

		a[i] = draw_below(r, span + 1);
		for (; k > 0 && a[k - 1] > a[k]; k--) {
			int64_t swap = a[k];
			a[k] = a[k - 1];
			a[k - 1] = swap;
		}
	}
	for (int i = 0; i < n; i++) {
		int64_t k = s->first[i];

		s->release[i] = a[i];
		s->deadline[i] = a[i] + 1 + draw_below(r, 15);
		for (int net = draw_below(r, nets) + 1; net > 0; net--) {
			int64_t time = 0;
			int32_t last = draw_below(r, depths) + 1;

			for (int32_t l = 1; l <= last; l++, k++) {
				s->time[k] = time += 1 + draw_below(r, 5);
				s->depth[k] = l;
				s->utility[k] = kind == RIGHT_OR_WRONG
					? draw_below(r, 2) : kind == WHOLE
					? draw_below(r, 10) : stream_unit(r);
			}
		}
		s->first[i + 1] = k;
	}
	s->in.requests = n;
}

/* ---- Slow ways to the same ---------------------------------------------- */

/* All sequences of stages, each as early as it can be. */
static double enumerate(const struct bound_sample *s, int64_t now, int64_t *at)
{
	double best = 0;

	for (int64_t i = 0; i < s->in.requests; i++)
		if (at[i] >= 0)
			best += s->utility[at[i]];
	for (int64_t i = 0; i < s->in.requests; i++) {
		int64_t was = at[i], begin = now > s->release[i] ? now : s->release[i];

		for (int64_t k = s->first[i]; k < s->first[i + 1]; k++) {
			int64_t end = begin + s->time[k];
			double value;

			if (s->depth[k] == 1 ? was >= 0 : was != k - 1)
				continue;
			if (s->depth[k] > 1)
				end -= s->time[k - 1];
			if (end > s->deadline[i])
				continue;
			at[i] = k;
			value = enumerate(s, end, at);
			best = value > best ? value : best;
			at[i] = was;
		}
	}
	return best;
}

double slow_exact(const struct bound_sample *s)
{
	int64_t at[MOST];

	for (int i = 0; i < MOST; i++)
		at[i] = -1;
	return enumerate(s, 0, at);
}

/* Time that the window leaves beside the given work, negative if too much. */
static int64_t slack(const struct bound_sample *s, const int64_t *work, int64_t a,
	int64_t d)
{
	int64_t left = s->in.devices * (d - a);

	for (int64_t i = 0; i < s->in.requests; i++)
		if (s->release[i] >= a && s->deadline[i] <= d)
			left -= work[i];
	return left;
}

int sample_fits(const struct bound_sample *s, const int64_t *work)
{
	for (int64_t i = 0; i < s->in.requests; i++)
		for (int64_t j = 0; j < s->in.requests; j++)
			if (s->deadline[j] > s->release[i]
			    && slack(s, work, s->release[i], s->deadline[j]) < 0)
				return 0;
	return 1;
}

/* All choices of one option each. */
static double choose(const struct bound_sample *s, int64_t i, int64_t *work,
	double sum)
{
	double best;

	if (i == s->in.requests)
		return sample_fits(s, work) ? sum : -1;
	work[i] = 0;
	best = choose(s, i + 1, work, sum);
	for (int64_t k = s->first[i]; k < s->first[i + 1]; k++) {
		double value = -1;

		work[i] = s->time[k];
		if (s->release[i] + work[i] <= s->deadline[i])
			value = choose(s, i + 1, work, sum + s->utility[k]);
		best = value > best ? value : best;
	}
	work[i] = 0;
	return best;
}

double slow_preempt(const struct bound_sample *s)
{
	int64_t work[MOST];

	return choose(s, 0, work, 0);
}

int64_t slow_dp(const struct bound_sample *s)
{
	enum { TOP = 200 };
	int64_t least[TOP + 1], next[TOP + 1], best = 0;

	for (int r = 1; r <= TOP; r++)
		least[r] = INT64_MAX;
	least[0] = 0;
	for (int64_t i = 0; i < s->in.requests; i++) {
		memcpy(next, least, sizeof next);
		for (int64_t k = s->first[i]; k < s->first[i + 1]; k++) {
			int q = (int)s->utility[k];

			for (int r = q; r <= TOP; r++)
				if (least[r - q] < INT64_MAX
				    && least[r - q] + s->time[k]
					<= s->deadline[i] - s->release[i]
				    && least[r - q] + s->time[k] < next[r])
					next[r] = least[r - q] + s->time[k];
		}
		memcpy(least, next, sizeof next);
	}
	for (int r = 0; r <= TOP; r++)
		if (least[r] < INT64_MAX)
			best = r;
	return best;
}

/* Moore and Hodgson on the window [a, d], with the time of option 1. */
static int late_in(const struct bound_sample *s, int64_t a, int64_t d)
{
	int64_t kept[MOST], n = 0, work = 0, at = a;
	int dropped = 0;

	/* By deadline: the next instant at which one is due, all due then. */
	while (at < d) {
		int64_t next = d + 1;

		for (int64_t i = 0; i < s->in.requests; i++)
			if (s->release[i] >= a && s->deadline[i] > at
			    && s->deadline[i] < next)
				next = s->deadline[i];
		at = next;
		for (int64_t i = 0; i < s->in.requests && at <= d; i++) {
			int64_t longest = 0;

			if (s->release[i] < a || s->deadline[i] != at
			    || s->time[s->first[i]] > at - s->release[i])
				continue;
			kept[n++] = s->time[s->first[i]];
			work += kept[n - 1];
			if (work <= s->in.devices * (at - a))
				continue;
			for (int64_t k = 1; k < n; k++)
				if (kept[k] > kept[longest])
					longest = k;
			work -= kept[longest];
			kept[longest] = kept[--n];
			dropped++;
		}
	}
	return dropped;
}

int slow_misses(const struct bound_sample *s, int64_t t, int64_t end)
{
	int best[64];

	for (int64_t a = end; a >= t; a--) {
		best[a] = a < end ? best[a + 1] : 0;
		for (int64_t d = a + 1; d <= end; d++) {
			int here = late_in(s, a, d) + best[d];
			best[a] = here > best[a] ? here : best[a];
		}
	}
	return best[t];
}

/* ---- The dual ----------------------------------------------------------- */

double bound_dual(const struct bound_sample *s, const struct bound_price *w, int n)
{
	double sum = 0;

	for (int k = 0; k < n; k++)
		sum += w[k].lambda * (double)(s->in.devices * (w[k].d - w[k].a));
	for (int64_t i = 0; i < s->in.requests; i++) {
		double pi = 0, best = 0;

		for (int k = 0; k < n; k++)
			if (w[k].a <= s->release[i] && s->deadline[i] <= w[k].d)
				pi += w[k].lambda;
		for (int64_t k = s->first[i]; k < s->first[i + 1]; k++) {
			double x = s->utility[k] - pi * (double)s->time[k];

			if (s->release[i] + s->time[k] <= s->deadline[i]
			    && x > best)
				best = x;
		}
		sum += best;
	}
	return sum;
}

/* Pieces of a request's upper hull by gift wrapping: slope and length. */
static int hull(const struct bound_sample *s, int64_t i, double *slope,
	int64_t *length)
{
	int64_t at = 0;
	double u = 0;
	int n = 0;

	for (;;) {
		int64_t next = -1;

		slope[n] = 0;
		for (int64_t k = s->first[i]; k < s->first[i + 1]; k++) {
			double x;

			if (s->time[k] <= at
			    || s->release[i] + s->time[k] > s->deadline[i])
				continue;
			x = (s->utility[k] - u) / (double)(s->time[k] - at);
			if (x > 0 && x >= slope[n]) {
				slope[n] = x;
				next = k;
			}
		}
		if (next < 0)
			return n;
		length[n++] = s->time[next] - at;
		at = s->time[next];
		u = s->utility[next];
	}
}

int bound_prices(const struct bound_sample *s, const int64_t *work,
	struct bound_price *price)
{
	static double slope[MOST][8];
	static int64_t length[MOST][8];
	int pieces[MOST], n = 0;
	double level = INFINITY;

	for (int64_t i = 0; i < s->in.requests; i++)
		pieces[i] = hull(s, i, slope[i], length[i]);
	for (;;) {
		int64_t part[MOST];
		double next = 0, below = 0;
		int64_t from, to;

		/* The next slope, and the one after it. */
		for (int64_t i = 0; i < s->in.requests; i++)
			for (int k = 0; k < pieces[i]; k++)
				if (slope[i][k] < level && slope[i][k] > next)
					next = slope[i][k];
		if (next <= 0)
			return n;
		for (int64_t i = 0; i < s->in.requests; i++) {
			int64_t steep = 0;

			for (int k = 0; k < pieces[i]; k++)
				if (slope[i][k] >= next)
					steep += length[i][k];
				else if (slope[i][k] > below)
					below = slope[i][k];
			part[i] = work[i] < steep ? work[i] : steep;
		}
		/* Full windows, joined where they meet. */
		from = to = -1;
		for (int64_t i = 0; i < s->in.requests; i++) {
			int64_t a = s->release[i], last = -1;

			for (int64_t j = 0; j < s->in.requests; j++)
				if (s->deadline[j] > a && s->deadline[j] > last
				    && slack(s, part, a, s->deadline[j]) == 0)
					last = s->deadline[j];
			if (last < 0)
				continue;
			if (from >= 0 && a > to) {
				price[n++] = (struct bound_price){ from, to,
					next - below };
				from = -1;
			}
			from = from < 0 ? a : from;
			to = last > to ? last : to;
		}
		if (from >= 0)
			price[n++] = (struct bound_price){ from, to, next - below };
		level = next;
	}
}
