/* Stage times must not depend on what the policy decides, or no trace could
 * stand for the device: a live run under random decisions, and for each stage
 * the median of its time after the same request's stage before, after a stage
 * of another request, and after an idle device, against the trace's median
 * (paper/spec/measurement.md, section 15, last point). */
#ifndef LAXITY_VALIDATE_STAGES_H
#define LAXITY_VALIDATE_STAGES_H

#include "live_log.h"

#include "../../sim/choice.h"

/* Any waiting request, any candidate, each equally likely. Not in the registry:
 * it is no scheduler. */
extern const struct choice validate_random;

/* Beyond this a stage is flagged. */
#define VALIDATE_STAGE_LIMIT 0.02
/* A median of fewer stages says nothing. */
#define VALIDATE_STAGE_LEAST 30

/* The table, and the number of flagged medians. */
int validate_stages(const struct live_log *log, const struct workload *w,
	struct text *out);

#endif
