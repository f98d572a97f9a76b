/* Replay files: who was released when.
 *
 *     # any = provenance; statistics among it are checked
 *     release_ns,relative_deadline_ns,input[,group]
 *     0,1000000,17
 *     250,,                  deadline and input are left to be drawn
 *
 * Text as in a trace bundle: UTF-8, LF, a final newline, no blanks or quotes;
 * `#` lines only before the header. Releases do not fall and are 0 to
 * TIME_MAX_NS, relative deadlines 1 to TIME_MAX_NS, groups are names. A `#`
 * line `key = value` whose key is count, span_ns, rate_hz, cv, lag1, idc100,
 * peak100, deadline_mean_ns, deadline_min_ns or deadline_max_ns states a
 * statistic of all rows (workload.h): a file that differs from it is refused,
 * integers by anything, reals by more than 1e-4 of the value or 1e-6. */
#ifndef LAXITY_REPLAY_H
#define LAXITY_REPLAY_H

#include "mem.h"
#include "workload.h"

#include <stdbool.h>

/* What a workload wants of a file. In this order: rows with from <= release <
 * to, moved by -from; of these each with probability keep; of these the first
 * `most`; their releases times a factor, by `scale` or by the rate wanted. */
struct replay_wish {
	int64_t from_ns, to_ns;     /* to TIME_NEVER: to the end */
	double keep;                /* by stream {seed, thinning, row of the file} */
	uint32_t seed;
	int64_t warmup, requests;   /* requests -1: all rows after the warm-up */
	double scale, rate_hz;      /* rate_hz NAN: by scale */
	int inputs;                 /* of the bundle */
	int64_t drawn_min_ns;       /* least deadline that can be drawn; 0: the
	                             * workload has no [deadline] */
};

struct replay {
	int64_t rows;
	struct replay_row *row;
	int groups;
	int32_t *group_size;
	const char **group_name;
	bool unchecked;             /* the file states no statistics */
	char sha256[65];
};

/* Arrays come from the arena. -1 after one message. */
int replay_read(const char *path, const struct replay_wish *wish,
	struct arena *a, struct replay *out);

/* `#` lines of the statistics, as replay_read checks them. */
void replay_add_stats(struct text *t, const struct arrival_stats *s);

/* The header line, with or without group. */
const char *replay_header(bool groups);

#endif
