/* What is expected of one option, inline: for estimate.c and select.c alone. */
#ifndef LAXITY_ESTIMATE_TERMS_H
#define LAXITY_ESTIMATE_TERMS_H

#include "estimate.h"

/* A belief in the form the loops need: time left / time = slowdown + z deviation
 * has the solution z = scale / time - shift. */
struct terms {
	double goal_ns, mean, scale, shift, idle;
	bool certain, idle_is_ratio;
};

static inline struct terms terms_of(const struct belief *b)
{
	double goal = b->goal_ns > 0 ? b->goal_ns : 0;
	bool certain = !(b->deviation > 0);

	return (struct terms){
		.goal_ns = goal, .mean = b->mean, .certain = certain,
		.scale = certain ? 0 : goal / b->deviation,
		.shift = certain ? 0 : b->mean / b->deviation,
		.idle = b->idle, .idle_is_ratio = b->idle_is_ratio,
	};
}

/* How many deviations later than expected it may end and still be in time. */
static inline double margin(const struct terms *b, double time_ns, double rate)
{
	if (b->certain)
		return b->mean * time_ns <= b->goal_ns
			? NORMAL_LIMIT : -NORMAL_LIMIT;
	return b->scale * rate - b->shift;
}

static inline double in_time(const struct option_table *t,
	const struct terms *b, double time_ns, double rate)
{
	return normal_cdf(&t->normal, margin(b, time_ns, rate));
}

static inline double energy(double time_ns, double power_w, bool anytime,
	const struct terms *b, double slowdown)
{
	double run = slowdown * time_ns, rest = b->goal_ns - run;
	double idle = b->idle_is_ratio ? b->idle * power_w : b->idle;

	if (rest >= 0)
		return 1e-9 * (power_w * run + idle * rest);
	/* An anytime network is stopped at the deadline. */
	return 1e-9 * (power_w * (anytime ? b->goal_ns : run));
}

/* With F_k the probability that output k is in time, the events being nested,
 *   E = fail (1 - F_first) + sum q_k (F_k - F_{k+1})
 *     = fail + sum (q_k - q_{k-1}) F_k,   q before the first being fail,
 * so each stop adds one term to the stop before it. */
static inline double accuracy(const struct option_table *t,
	const struct terms *b, const struct option *o)
{
	double sum = t->fail;

	for (const struct option *k = &t->option[o->first]; k <= o; k++)
		sum += k->gain * in_time(t, b, k->time_ns, k->rate);
	return sum;
}

#endif
