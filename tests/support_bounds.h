/* Small instances for the bounds, by hand or drawn, and slow ways to what they
 * bound; nothing here is shared with sim/bounds*.c. */
#ifndef LAXITY_SUPPORT_BOUNDS_H
#define LAXITY_SUPPORT_BOUNDS_H

#include "../sim/bounds.h"
#include "../sim/stream.h"

enum { MOST = 64, MOST_OPTIONS = MOST * 6 }; /* requests of an instance */

/* An instance in fixed storage with one utility beside it. */
struct bound_sample {
	struct bound_instance in;
	int64_t release[MOST], deadline[MOST], first[MOST + 1];
	int64_t time[MOST_OPTIONS];
	int32_t depth[MOST_OPTIONS];
	double utility[MOST_OPTIONS];
};

void sample_begin(struct bound_sample *s, int64_t devices);

/* A request and its network with `depths` stages of the given times. */
void sample_add(struct bound_sample *s, int64_t a, int64_t d, int depths,
	const int64_t *stage, const double *utility);

enum utilities { RIGHT_OR_WRONG, WHOLE, CONFIDENCES };

int draw_below(struct stream *r, int n);

/* n requests in order of release within `span`, up to `nets` networks of up to
 * `depths` stages each. */
void sample_draw(struct bound_sample *s, struct stream *r, int64_t devices,
	int n, int span, int nets, int depths, enum utilities kind);

/* Does each window hold the work of the requests wholly inside it? */
int sample_fits(const struct bound_sample *s, const int64_t *work);

/* The most utility of one device: all sequences of stages, each as early as it
 * can be; and with preemption: all choices of one option each. */
double slow_exact(const struct bound_sample *s);
double slow_preempt(const struct bound_sample *s);

/* With one release, rewards that are whole numbers and one device: the DP of
 * paper/spec/imprecise.md 2.2 with step 1. Requests in order of deadline. */
int64_t slow_dp(const struct bound_sample *s);

/* The requests that Moore and Hodgson drop in the best disjoint windows from t
 * on, each tried. end < 64. */
int slow_misses(const struct bound_sample *s, int64_t t, int64_t end);

/* What the time of a window is worth. */
struct bound_price { int64_t a, d; double lambda; };

/* B(lambda) of paper/spec/imprecise.md 11. */
double bound_dual(const struct bound_sample *s, const struct bound_price *w, int n);

/* Prices at which B equals the value of an optimal solution with this work: for
 * every slope, what is steeper or as steep fills some windows wholly; there the
 * time is worth the slope. `price` has room for MOST * MOST * 8 of them. Returns
 * how many there are. */
int bound_prices(const struct bound_sample *s, const int64_t *work,
	struct bound_price *price);

#endif
