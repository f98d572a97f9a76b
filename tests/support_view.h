/* A stage for policies without an engine: requests are released, stages end
 * and requests leave when the test says so, and what the policy decides comes
 * back as text. One network of a few depths at one setting. */
#ifndef LAXITY_SUPPORT_VIEW_H
#define LAXITY_SUPPORT_VIEW_H

#include "../sim/choice.h"

enum { SCENE_SLOTS = 2048, SCENE_DEVICES = 4 };

struct scene {
	struct view view;
	struct choice choice;
	void *state;
	struct arena arena;
	struct profile profile;
	struct profile_net net;
	struct profile_cell cell;
	struct request request[SCENE_SLOTS];
	struct device device[SCENE_DEVICES];
	int32_t live[SCENE_SLOTS];
	struct edf_entry edf[SCENE_SLOTS + 1];
	double *seen;
	int64_t number;             /* of the next request */
	char said[64];
};

/* p99 = p50 = mean = time[depth - 1]; mean_confidence likewise. Test aborts if
 * the policy text is not accepted. */
void scene_init(struct scene *s, const char *policy, int devices, int depths,
	int mandatory, const int64_t *time_ns, const double *mean_confidence);
void scene_fini(struct scene *s);

/* Set the clock. Nothing happens by itself: requests do not leave at their
 * deadlines unless the test says so. */
void scene_at(struct scene *s, int64_t now_ns);

/* Requests are named by their numbers, from 0; their slots differ from these.
 * Releases call on_release. */
void scene_release(struct scene *s, int64_t deadline_ns);
int scene_slot(const struct scene *s, int64_t number);

/* Release a request that has already reached a depth with these confidences;
 * on_release and on_stage_done are called accordingly. */
void scene_release_at_depth(struct scene *s, int64_t deadline_ns, int depth,
	const double *confidence);

/* Ask the idle device of lowest number and carry out the decision: "run 3",
 * "finish 0", "drop 1", "wait"; "busy" without asking if no device is idle. */
const char *scene_pick(struct scene *s);

/* The stage of this request ends with this confidence. At its last depth it
 * leaves. */
void scene_stage_done(struct scene *s, int64_t number, double confidence);

/* It leaves, as at its deadline; a stage in flight goes on. */
void scene_leave(struct scene *s, int64_t number);

#endif
