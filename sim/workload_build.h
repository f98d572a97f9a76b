/* Between the parts that read workloads: nobody else includes this. */
#ifndef LAXITY_WORKLOAD_BUILD_H
#define LAXITY_WORKLOAD_BUILD_H

#include "ini.h"
#include "workload.h"

struct workload_memory {
	struct arena arena;
	bool shared;                /* bundle and profile are the cache's */
};

/* What the file said where the workload keeps only what follows from it. */
enum rate_by { BY_NOTHING, BY_LOAD, BY_RATE, BY_PERIOD, BY_SCALE };
struct given {
	enum rate_by rate_by;
	double rate;                /* load, rate_hz or time_scale */
	int64_t period_ns;
	const double *rates;        /* mmpp, relative */
	bool window;                /* replay */
	int64_t from_ns, to_ns;
	const int64_t *percent;     /* [changes], of the timeline; see units */
};

/* One workload being read. */
struct reader {
	struct ini *d;
	struct workload *w;
	struct arena *arena;        /* lives as long as the workload */
	struct trace_cache *cache;
	uint32_t seed;
	struct given given;
};

/* As ini_find and ini_need; an override without a value takes its key out of
 * the file. */
struct ini_entry *reader_find(struct reader *r, const char *section,
	const char *key);
struct ini_entry *reader_need(struct reader *r, const char *section,
	const char *key);

/* A time of at least min (0 or 1 ns). */
int reader_time(struct reader *r, const struct ini_entry *e, int64_t min,
	int64_t *out);
int reader_bad_time(struct reader *r, const struct ini_entry *e,
	const char *text, const char *reason);

/* A path, copied. Paths stand in the resolved file, where a ; after a blank
 * begins a comment: such a path is refused. */
int reader_path(struct reader *r, const struct ini_entry *e, const char **out);

/* Cut a value at commas: *part gets n strings without blanks around them, in
 * *copy; the caller frees both, always. -1, no message, if one is empty. */
int reader_split(const char *value, char **copy, char ***part, int *n);

/* Sections, in the order in which they must be read: [workload] before all,
 * the process before the counts, these and [deadline] before the arrivals. */
int reader_process(struct reader *r);
int reader_arrivals(struct reader *r);
int reader_inputs(struct reader *r);
int reader_environment(struct reader *r);

/* Bundles and profiles that several workloads share, so that a sweep reads a
 * trace once. It outlives the workloads made with it. */
struct trace_cache;
struct trace_cache *trace_cache_new(void);
void trace_cache_free(struct trace_cache *c);
/* NULL after one message. */
struct bundle *trace_cache_bundle(struct trace_cache *c, const char *dir);
struct profile *trace_cache_profile(struct trace_cache *c,
	const struct bundle *b, int nets, const int *net, int settings,
	const int *setting);

/* A workload from its INI, all of which is used up; cache may be NULL. */
struct workload *workload_build(struct ini *d, uint32_t seed,
	struct trace_cache *cache);

/* The whole file, with every default; freed by free. */
char *workload_resolve(const struct workload *w, const struct given *g);

#endif
