/* A workload: which requests are released when, with which deadlines and
 * inputs, on which candidates. Read from an INI file (DESIGN.md in paper/spec
 * is the manual), resolved against its trace bundle, then constant. */
#ifndef LAXITY_WORKLOAD_H
#define LAXITY_WORKLOAD_H

#include "../traces/bundle.h"
#include "profile.h"
#include "stream.h"

#include <stdint.h>

enum process { PROCESS_CLOSED, PROCESS_PERIODIC, PROCESS_POISSON,
	PROCESS_GAMMA, PROCESS_MMPP, PROCESS_REPLAY };
enum reissue { REISSUE_DEADLINE, REISSUE_RESPONSE };
enum objective { OBJECTIVE_NONE, OBJECTIVE_ACCURACY, OBJECTIVE_ENERGY };
enum overhead_kind { OVERHEAD_FIXED, OVERHEAD_TRACE, OVERHEAD_MEASURED };
enum input_order { ORDER_UNIFORM, ORDER_SEQUENTIAL, ORDER_SHUFFLED, ORDER_BURSTS };

/* [goal]; NAN where not given. Energy in joules per request. */
struct goal { enum objective objective; double accuracy, energy_j; };

/* A change of environment: at an instant, or at the release of a request
 * (number); exactly one applies, by workload.timeline_by_request. */
struct change { int64_t at; int environment; };

struct replay_row {
	int64_t release_ns, rel_deadline_ns; /* 0: to be drawn */
	int32_t input;              /* -1: to be drawn */
	int32_t group;              /* -1: none; else numbered from 0 */
};

struct workload {
	const char *file;           /* as given */
	struct bundle *bundle;      /* owned */
	struct profile *profile;    /* owned */
	int nets, settings;         /* candidates */
	const int *net, *setting;   /* the bundle's numbers */
	int64_t requests, warmup;
	int devices;
	int64_t full_ns;            /* T */

	enum process process;
	int clients; enum reissue reissue;       /* closed */
	double rate_hz;             /* open: lambda; NAN for replay unscaled */
	double cv;                  /* gamma */
	int64_t offset_ns, jitter_ns;            /* periodic */
	int states; const double *state_rate_hz, *stay_s; /* mmpp, scaled */
	int64_t rows; const struct replay_row *row; /* replay, as kept */
	int groups; const int32_t *group_size;

	int64_t deadline_min_ns, deadline_max_ns; /* equal: constant; 0: none */
	double mean_deadline_ns;    /* E[D] */

	enum input_order order;
	double hard_share, burst_length;

	int timeline_by_request, changes;
	const struct change *change; /* change[0].at is 0 */

	struct goal goal;
	enum overhead_kind overhead;
	int64_t decision_ns;        /* OVERHEAD_FIXED */

	char *resolved;             /* the whole file with every default and
	                             * override filled in; stored with a run */
	struct workload_memory *memory;
};

/* Read, override and resolve. sets holds `section.key=value` (n of them).
 * `seed` matters only for the thinning of a replay. NULL after one message.
 * Sections of sweeps ([axis], [sweep]) are refused here. */
struct workload *workload_read(const char *path, int n, const char *const *sets,
	uint32_t seed);
/* The same from text; `name` stands in messages. */
struct workload *workload_parse(const char *name, const char *text, size_t length,
	int n, const char *const *sets, uint32_t seed);
void workload_free(struct workload *w);

/* ---- The requests of one run ------------------------------------------ */

struct arrival {
	int64_t number, release_ns, deadline_ns; /* deadline is absolute */
	int32_t input, client;      /* client -1 for open processes */
	int32_t group;              /* -1: none */
	int32_t pad;
};

/* Everything about releases of one run, from its seed; constant memory. */
struct source;
struct source *source_new(const struct workload *w, uint32_t seed);
void source_free(struct source *s);

/* Open processes: the next request in release order. 1, or 0 when W + R have
 * been given. Closed: source_draw fills deadline and input of request
 * `number` for a client released at release_ns; source_first gives client k's
 * first release. Numbers are asked for in rising order, each once. */
int source_next(struct source *s, struct arrival *out);
int64_t source_first(const struct source *s, int client);
void source_draw(struct source *s, int64_t number, int client,
	int64_t release_ns, struct arrival *out);

/* The whole list of W + R arrivals, for processes that do not depend on the
 * policy (open, or closed with reissue = deadline): the caller frees it. */
struct arrival *source_all(const struct workload *w, uint32_t seed);

/* Statistics of paper/spec/workloads.md 7. NAN where undefined. */
struct arrival_stats {
	int64_t count, span_ns;
	double rate_hz, cv, lag1, idc100, peak100;
	double deadline_mean_ns; int64_t deadline_min_ns, deadline_max_ns;
	double load, mandatory_load;
};
void arrival_stats(const int64_t *release_ns, int64_t n, struct arrival_stats *out);

#endif
