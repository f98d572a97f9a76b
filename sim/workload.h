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
	double rate_hz;             /* open: lambda, for a replay that of its
	                             * rows; NAN if closed */
	double gap_ns;              /* open, but not replay: 1 / lambda */
	double cv;                  /* gamma */
	int64_t offset_ns, jitter_ns;            /* periodic */
	int states; const double *state_rate_hz, *stay_ns; /* mmpp, scaled */
	int64_t rows; const struct replay_row *row; /* replay: as kept, W + R */
	int groups; const int32_t *group_size;   /* of the rows kept */
	const char *const *group_name;
	const char *replay_file;    /* replay: as given; else NULL */
	char replay_sha256[65];     /* of it */
	int replay_unchecked;       /* it states no statistics to check */
	double replay_keep;         /* below 1 the rows depend on the seed */

	int64_t deadline_min_ns, deadline_max_ns; /* equal: constant; 0: none */
	double mean_deadline_ns;    /* E[D] of these */

	enum input_order order;
	double hard_share, burst_length;         /* bursts */
	int hard; const int32_t *hard_first;     /* all inputs: the hard set,
	                             * then the others, each by number */

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

/* What a user should be told about it, once, as remarks. */
void workload_remark(const struct workload *w);

/* ---- The requests of one run ------------------------------------------ */

struct arrival {
	int64_t number, release_ns, deadline_ns; /* deadline is absolute */
	int32_t input, client;      /* client -1 for open processes */
	int32_t group;              /* -1: none */
	int32_t pad;
	double timing;              /* first uniform of its stage times */
};

/* Everything about releases of one run, from its seed; constant memory. */
struct source;
struct source *source_new(const struct workload *w, uint32_t seed);
void source_free(struct source *s);

/* Open processes: the next request in release order. 1, or 0 when W + R have
 * been given. Closed: source_draws gives what is drawn for request `number` and
 * the next ones, one struct that each call writes anew; source_first gives client
 * k's first release. Numbers are asked for in rising order. */
int source_next(struct source *s, struct arrival *out);
int64_t source_first(const struct source *s, int client);
struct draws {
	int64_t number;             /* of place 0 */
	int64_t rel_deadline_ns[STREAM_AHEAD];
	int32_t input[STREAM_AHEAD];
	struct stream_firsts timing; /* unit: as arrival.timing */
};
const struct draws *source_draws(struct source *s, int64_t number);

/* The place of one request in *ahead, which is drawn anew where it ends. */
static inline int64_t source_drawn(struct source *s, const struct draws **ahead,
	int64_t number)
{
	if ((uint64_t)(number - (*ahead)->number) >= STREAM_AHEAD)
		*ahead = source_draws(s, number);
	return number - (*ahead)->number;
}

/* The whole list of W + R arrivals, for processes that do not depend on the
 * policy (open, or closed with reissue = deadline): the caller frees it. */
struct arrival *source_all(const struct workload *w, uint32_t seed);

/* ---- Statistics (paper/spec/workloads.md 7) ------------------------------- */

/* NAN where undefined (for integers: where `count` makes them so, 0). */
struct arrival_stats {
	int64_t count, span_ns;
	double rate_hz, cv, lag1, idc100, peak100;
	/* Relative deadlines. */
	double deadline_mean_ns; int64_t deadline_min_ns, deadline_max_ns;
	/* Work offered over capacity, at full and at mandatory depth. */
	double load, mandatory_load;
};

/* Of n releases in order; deadlines and loads are left undefined. */
void arrival_stats(const int64_t *release_ns, int64_t n, struct arrival_stats *out);

/* Of n requests of a workload, with everything. The loads are those that the
 * workload offers by its definition, not by its draws. */
void arrival_stats_of(const struct workload *w, const struct arrival *all,
	int64_t n, struct arrival_stats *out);

/* What theory says of the same numbers, NAN where it is silent: Poisson,
 * gamma, periodic, the m-state MMPP, the rate of clients that re-issue at the
 * deadline. idc100 is the index of dispersion over windows of 100 mean gaps. */
void arrival_theory(const struct workload *w, struct arrival_stats *out);

/* Index of dispersion of an mmpp's counts over windows of t_ns (INFINITY: its
 * limit): variance / mean. */
double arrival_mmpp_idc(const struct workload *w, double t_ns);

/* As remarks on stderr; theory may be NULL. */
void arrival_stats_remark(const struct arrival_stats *s,
	const struct arrival_stats *theory);

/* Offered load rho and the same to the mandatory depth; NAN where only a run
 * can tell (reissue = response) or nothing is known (a replay of one row). */
void workload_load(const struct workload *w, double *full, double *mandatory);

#endif
