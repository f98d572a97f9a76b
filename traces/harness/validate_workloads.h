/* The workloads of a validation: the file at each load, long enough, and with
 * what a decision costs.
 *
 * A decision's cost is the policy's own, so no bundle can know it: each policy
 * is first run live for a while at each load, on other requests than those
 * compared, and what passed there from pick to send becomes the workload's
 * [overhead] decision, for planning and for the plain simulation alike. */
#ifndef LAXITY_VALIDATE_WORKLOADS_H
#define LAXITY_VALIDATE_WORKLOADS_H

#include "../../sim/options.h"
#include "../../sim/workload.h"

enum validate_overhead { VALIDATE_MEASURED, VALIDATE_TRACE, VALIDATE_WORKLOAD };
extern const char *const validate_overheads[]; /* names, ending with NULL */

struct validate_source {
	const char *file;
	struct option_list sets;    /* section.key=value */
	const char *loads;          /* "0.3,0.6"; NULL: by default */
	int64_t seed, seconds;
	int overhead;               /* enum validate_overhead */
};

/* One workload for each load; NAN: as the file says. */
struct validate_loads {
	int n;
	double *load;
	struct workload **workload;
};

/* -1 after one message. In either case validate_loads_fini ends it. */
int validate_loads_read(struct validate_loads *v, const struct validate_source *s);
void validate_loads_fini(struct validate_loads *v);

/* Is the decision cost of workload k for us to say? */
int validate_cost_is_open(const struct validate_source *s,
	const struct validate_loads *v, int k);

/* Workload k once more: shorter, to measure what decisions cost; or with that
 * cost. NULL after one message. */
struct workload *validate_rehearsal(const struct validate_source *s,
	const struct validate_loads *v, int k);
struct workload *validate_with_cost(const struct validate_source *s,
	const struct validate_loads *v, int k, int64_t decision_ns);

#endif
