/* How one request did against the workload's [goal] (paper/spec/alert.md
 * 11.6): by the nominal accuracy of what was delivered, never by labels. */
#ifndef LAXITY_GOAL_H
#define LAXITY_GOAL_H

#include "engine.h"

struct goal_outcome {
	double energy_j;            /* of its stages, and of the idle time from
	                             * its first start to its deadline (never
	                             * started: from its release, at the first
	                             * setting); NAN without power data */
	double accuracy;            /* nominal accuracy delivered; 1 / classes
	                             * if none */
	bool late, too_inaccurate, too_costly;
	bool violated;              /* late, or the goal's own constraint: accuracy
	                             * when energy is minimised, energy (1 % slack)
	                             * when accuracy is maximised */
};

void goal_judge(const struct workload *w, const struct request_record *r,
	struct goal_outcome *out);

#endif
