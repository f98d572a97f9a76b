/* What the policy believed of the world and chose for each request, as CSV,
 * for figures of its behaviour over time. Fed like out_requests. */
#ifndef LAXITY_OUT_ESTIMATES_H
#define LAXITY_OUT_ESTIMATES_H

#include "engine.h"
#include "file.h"

/* Columns:
 *   request, release_ns, deadline_ns, start_ns      (start empty: none)
 *   environment       in force when its first stage was decided
 *   network, setting  of the last stage started
 *   depth             deepest completed in time
 *   stages            that ran, late ones included
 *   slowdown_mean, slowdown_variance   the policy's estimate when its first
 *                     stage was decided; empty if it makes none
 *   slowdown_measured time of the stages that ran / their profiled time
 *   missed            0 or 1
 *   nominal_accuracy  of the output delivered; 1 / classes if missed
 *   energy_to_deadline_j   stages, and idling from its start to its deadline
 *   violated          0 or 1 against [goal]; empty without one */
struct out_estimates {
	struct file_out file;
	const struct workload *workload;
};

/* As in out_requests.h. */
int out_estimates_begin(struct out_estimates *o, const char *path,
	const struct workload *w);
void out_estimates_add(struct out_estimates *o, const struct request_record *r);
int out_estimates_end(struct out_estimates *o, int keep);

#endif
