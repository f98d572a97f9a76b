/* One input at a time: what ALERT and the schemes it is compared with have in
 * common. At its first pick an input gets a course, a network and setting up
 * to a stop; its stages follow without interruption, then it is finished.
 * Inputs go in number order, one at a time per device. */
#ifndef LAXITY_COURSE_H
#define LAXITY_COURSE_H

#include "../sim/policy.h"

/* A policy's bytes per request begin with this. */
struct course {
	int32_t net, setting, stop; /* stop 0: not begun */
	int32_t ran;         /* stages that ended, late ones included */
	int64_t busy_ns;     /* their time, without decisions */
	double stages_j;     /* their energy, at the profile's watts */
	int64_t until_ns;    /* instant after which it is not carried on: its
	                      * deadline, or its share of a group's time */
	bool measured;
};

/* The input to serve: the lowest-numbered waiting one. A begun one comes
 * before all others, since numbers are begun in order. -1: none. */
int course_slot(const struct view *v);

/* Time for an input that starts now: what is left until its deadline, shared
 * with the members of its group that have not left, less one decision. In ns;
 * may be negative. */
double course_goal_ns(const struct view *v, int slot);

/* Begin: remember the choice and run the first stage. */
struct decision course_begin(const struct view *v, int slot, int net,
	int setting, int stop);

/* Go on with a begun input: next stage, or finish at the stop. */
struct decision course_go_on(const struct view *v, int slot);

/* The same for an input whose stop is the end of its time: it is finished
 * earlier if it has an output when its share of a group's time is over. */
struct decision course_run_out(const struct view *v, int slot);

/* Call from on_stage_done and on_leave. True, once per input, when its last
 * stage has ended: `ran` and `busy_ns` are then its measurement. */
bool course_stage_done(const struct view *v, int slot, int64_t duration_ns);
bool course_left(const struct view *v, int slot);

/* Energy of a measured input: its stages, and idling at its setting for the
 * rest of the time from its first start to its deadline, as in sim/goal.h. */
double course_energy_j(const struct view *v, int slot);

/* Profiled mean time of the stages to this depth, and the mean power over it. */
double course_time_ns(const struct profile *p, int net, int setting, int depth);
double course_power_w(const struct profile *p, int net, int setting, int depth);

#endif
