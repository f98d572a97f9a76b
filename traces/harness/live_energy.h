/* The device's energy counter, read beside a live run by a thread of its own
 * that sleeps almost always and stays off the executor's core.
 *
 * Counters move in steps (NVML's every 100 ms), so what counts are the moments
 * at which a step was seen; between two of them the power is taken to be
 * constant. Polling every LIVE_ENERGY_POLL_NS sees a step that much late, at
 * both ends of an interval alike. */
#ifndef LAXITY_LIVE_ENERGY_H
#define LAXITY_LIVE_ENERGY_H

#include <stdint.h>

#define LIVE_ENERGY_POLL_NS 20000000
/* An interval shorter than this is not worth stating: its ends are 100 ms
 * steps and one poll uncertain. */
#define LIVE_ENERGY_LEAST_NS 2000000000

struct live_energy;

/* read: joules since some moment, -1 if they cannot be had (no message). Comes
 * back when a step has been seen, or after a second without one. */
struct live_energy *live_energy_start(void *context,
	int (*read)(void *context, double *joules), int avoid_core);

/* Wait for the next step (at most half a second), then end the thread. */
void live_energy_stop(struct live_energy *e);

/* Joules between two instants of the monotonic clock; NAN if no step was seen
 * before the first or after the last, reading failed, or they are less than
 * LIVE_ENERGY_LEAST_NS apart. After stop. */
double live_energy_between(const struct live_energy *e, int64_t from_ns,
	int64_t to_ns);
void live_energy_free(struct live_energy *e);

#endif
