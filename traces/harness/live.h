/* The executor: a workload's requests on a real device, in real time, under
 * the same policy object and the same engine as a simulation.
 *
 * One thread handles events, picks, sends and polls; it is pinned to a core,
 * its memory is locked, and it has real-time priority where that is granted
 * and does no harm. Releases are absolute instants of the monotonic clock: a
 * late executor notices them later, it never moves them, and responses count
 * from them. While a stage is in flight the thread polls for its end and
 * nothing else; what falls due meanwhile is handled then, with its own time.
 * A run ends where the clock goes on by seconds without the thread.
 * What happened stays in memory until the run is over. */
#ifndef LAXITY_LIVE_H
#define LAXITY_LIVE_H

#include "live_log.h"

/* How the executor waits for an instant: sleep until LIVE_SPIN_NS before and
 * spin (both), spin alone, sleep alone. */
enum live_wait { LIVE_BOTH, LIVE_SPIN, LIVE_SLEEP };
extern const char *const live_waits[]; /* their names, ending with NULL */
#define LIVE_SPIN_NS 100000

struct live_options {
	const char *backend;        /* name or path */
	const char *device;         /* NULL: its first */
	const char *networks;       /* folder of NAME.onnx, NAME.ini */
	const char *data;           /* images, see images.h */
	int wait;                   /* enum live_wait */
	int core;                   /* to be pinned to; -1: the first allowed */
	int64_t timeout_ns;         /* a stage may take */
	const char *nvml, *powercap; /* where energy meters look; NULL: as usual */
	int no_energy;              /* leave the counter alone */
	int slots;                  /* requests that may be under way; 0: as many
	                             * as live_slots says */
	/* A call of the backend does not come back: called in another thread
	 * with what is logged, ended as LIVE_FAILED, after one message; to save
	 * it, for the program ends when this returns. NULL: waits for ever. */
	void (*lost)(void *context, struct live_log *log);
	void *lost_context;
};

struct live;

/* Most requests of the run that can be present at once, and so begun. */
int live_slots(const struct workload *w, uint32_t seed);

/* Fill in what was not given: networks; for the backend `replay`, which has
 * no device and no images, the workload's bundle. */
void live_options_complete(struct live_options *o, const struct workload *w);

/* Open the device, read networks and images, prepare every candidate and let
 * each run a few times. Further runs may be of other workloads with the same
 * bundle and candidates. o->slots must be set. NULL after one message. */
struct live *live_open(const struct workload *w, const struct live_options *o);
void live_close(struct live *l);

/* Whether the next runs take energy from the counter, which costs each a
 * second or more to wait for it to move; at first they do. */
void live_count_energy(struct live *l, int on);

enum live_end { LIVE_DONE, LIVE_INTERRUPTED, LIVE_FAILED };
extern const char *const live_ends[]; /* "done", "interrupted", "failed" */

/* One run. However it ends, *out and the log hold what was measured, and
 * *end says how: by itself, because *stop was set, or because the device
 * failed or the clock leapt (after one message). Its energies are those of the device's counter
 * over the measured interval, NAN without one. The log is the caller's to free; its facts say
 * where and how it was made. -1 after one message: the policy did what cannot
 * be done or does not suit the workload; then *log is NULL. */
int live_run(struct live *l, const struct workload *w, const struct choice *c,
	uint32_t seed, const volatile int *stop, struct metrics *out,
	struct live_log **log, enum live_end *end);

#endif
