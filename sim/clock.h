/* Real time, for progress, live runs and durations that are reported. What a
 * clock does changes no simulated number, but under `decision = measured`. */
#ifndef LAXITY_CLOCK_H
#define LAXITY_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds from an arbitrary origin. */
static inline int64_t clock_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Seconds from the same. */
static inline double clock_seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds since then, at least 0: virtual machines that move to another host
 * have been seen to turn even this clock back. */
static inline double clock_since(double begun_s)
{
	double spent = clock_seconds() - begun_s;

	return spent > 0 ? spent : 0;
}

#endif
