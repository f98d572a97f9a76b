/* An experiment: a workload file with two more sections.
 *
 *     [axis]                     ; every combination is a point
 *     workload.devices = 1, 2    ; any section.key; replaces what the file has
 *     environment.timeline = 0 default | 0 default, 50% compute-stream
 *     [sweep]
 *     policies = edf imprecise:predictor=max   ; arguments of -p
 *     replications = 10          ; default 10
 *     seed = 1                   ; default 1; replication r uses seed + r
 *
 * Values of an axis are separated by commas, or, where the text holds a |, by
 * | alone, so that values may hold commas; a | at the end is ignored, so that
 * `a, b |` is one value. `--set axis.KEY=...` replaces an axis or adds one;
 * setting a key that is an axis is an error. */
#ifndef LAXITY_EXPERIMENT_H
#define LAXITY_EXPERIMENT_H

#include "workload.h"

struct experiment_axis {
	const char *key;            /* section.key */
	int values;
	const char *const *value;
};

struct experiment {
	const char *file;           /* as given */
	int axes;
	const struct experiment_axis *axis; /* in the order of the file */
	int64_t points;             /* product of the axes' values; 1 without */
	int policies;
	const char *const *policy;  /* as for -p, each once; not yet parsed */
	int replications;
	uint32_t seed;              /* seed + replications - 1 fits 32 bits */
	struct experiment_memory *memory;
};

/* Read, override (sets as for workload_read, axes and sweep included). NULL
 * after one message. What concerns one point is found by
 * experiment_workload. */
struct experiment *experiment_read(const char *path, int n,
	const char *const *sets);
void experiment_free(struct experiment *e);

/* The value of an axis at a point, 0 <= point < points; the last axis moves
 * fastest. Lives as long as the experiment. */
const char *experiment_value(const struct experiment *e, int64_t point, int axis);

/* The workload of a point; the caller frees it before the experiment, which
 * keeps the trace bundles for all points. `seed` matters only for the thinning
 * of a replay. NULL after one message, which names the axis' line. */
struct workload *experiment_workload(struct experiment *e, int64_t point,
	uint32_t seed);

#endif
