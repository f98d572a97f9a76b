/* Parts of the schemes that ALERT is compared with (paper/spec/alert.md 8):
 * the networks that adapt only the application or only the system, and the
 * manager that adapts the system. */
#ifndef LAXITY_RIVALS_H
#define LAXITY_RIVALS_H

#include "course.h"
#include "filter.h"

/* App-only's network: the first nested one of the workload's list, else the
 * first staged one. -1 after a message that names the policy: there is none. */
int rivals_anytime_net(const struct profile *p, const char *policy);

/* Sys-only's: the single one with the least mean time at the first setting. */
int rivals_single_net(const struct profile *p, const char *policy);

/* A manager in the line of CALOREE and POET: it takes one network as given,
 * all its stages always run, and follows the mean slowdown alone.
 * Least energy: the setting of least energy whose mean time fits.
 * Most accuracy: the fastest setting whose energy is allowed.
 * If there is none, the fastest setting. */
struct manager {
	int net;
	struct slowdown slowdown;
	struct level idle;       /* watts */
	const double *time_ns, *power_w; /* by setting, full depth */
};

void manager_init(struct manager *m, struct arena *a, const struct view *v,
	int net);
int manager_setting(const struct manager *m, const struct view *v, int slot);

/* Hooks of a policy whose state is a manager. It observes the time that an
 * input took, in the belief that all stages ran. */
void manager_stage_done(void *state, const struct view *v, int slot,
	int64_t duration_ns);
void manager_left(void *state, const struct view *v, int slot);
void manager_estimate(const void *state, double *mean, double *variance);

#endif
