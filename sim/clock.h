/* Real time, for progress and durations that are reported. Never an input of
 * a result: what a clock does changes no simulated number. */
#ifndef LAXITY_CLOCK_H
#define LAXITY_CLOCK_H

#include <time.h>

/* Seconds from an arbitrary origin. */
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
