/* A modelled power-cap axis: measured stage times, slowed down as a GPU was
 * measured to slow down under power limits.
 *
 * What the model says. Under a cap of c watts every stage of every network
 * takes time(c) / time(highest cap) times as long, and draws power(c) /
 * power(highest cap) times as much, but never less than the idle power and
 * never more than the cap. Idle power stays as measured, at most the cap. All
 * environments are slowed down alike. At the highest cap everything is as
 * measured.
 *
 * What it does not say. One factor per cap for all stages is exact only if
 * each loads the device as the measured workload did. A stage that draws far
 * less than the cap would not be slowed down at all; to have a bundle that
 * agrees with itself, `full_power_w` replaces the stages' own watts at the
 * highest cap by those of a loaded device. Either way the result is marked
 * `modelled`. */
#ifndef LAXITY_SCALE_H
#define LAXITY_SCALE_H

#include "../sim/mem.h"
#include "../sim/sha256.h"
#include "bundle.h"

/* One measured limit; time and power are relative to the highest one. */
struct power_limit { double cap_w, time, power; };

struct power_limits {
	int limits;
	struct power_limit *limit;  /* by falling cap: the first is 1, 1 */
	int remarks;
	char **remark;              /* the file's `#` lines, without "# " */
	char sha256[SHA256_HEX];
	struct arena arena;
};

/* Read either of two tables, told apart by their header:
 *
 *     power_cap_w,relative_time,relative_power
 *     dataset,network,batch_size,optimizer,power_limit,time_per_epoch,average_power
 *
 * In both only the ratios to the row of the highest cap count, so seconds and
 * watts serve as well as ratios. In the second, which is that of the traces
 * published with Zeus (You et al., NSDI 2023), rows of other batch sizes than
 * `batch_size` are left out; 0 takes all, which must then have one batch size.
 * At least two caps, each once. 0, or -1 after one message. */
int power_limits_read(struct power_limits *p, const char *path,
	int64_t batch_size);
void power_limits_fini(struct power_limits *p);

struct scaling {
	/* Caps are multiplied so that the highest becomes this; NAN: the
	 * power_cap_w of the bundle's default setting, or the table's own
	 * watts if that is empty. */
	double max_cap_w;
	double full_power_w;        /* NAN: each stage's own */
	const char *command;        /* for the provenance */
};

/* Write as directory `out` the bundle `in` with one setting `cap<watts>` per
 * limit, from the highest, in place of its settings; the base is its default
 * setting. *raised counts the (network, depth, cap) whose power was raised to
 * the idle power. -1 after one message. */
int bundle_scale(const char *out, const struct bundle *in,
	const struct power_limits *p, const struct scaling *s, int *raised);

#endif
