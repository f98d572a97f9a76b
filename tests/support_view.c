#include "support_view.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int scene_slot(const struct scene *s, int64_t number)
{
	(void)s;
	assert(number < SCENE_SLOTS);
	return SCENE_SLOTS - 1 - (int)number;
}

void scene_init(struct scene *s, const char *policy, int devices, int depths,
	int mandatory, const int64_t *time_ns, const double *mean_confidence)
{
	const struct policy *p;

	memset(s, 0, sizeof *s);
	if (choice_parse(&s->choice, policy))
		abort();
	p = s->choice.policy;
	s->net = (struct profile_net){ .name = "net", .depths = depths,
		.mandatory = mandatory };
	for (int l = 0; l < depths; l++) {
		s->cell.mean_ns[l] = (double)time_ns[l];
		s->cell.p50_ns[l] = s->cell.p99_ns[l] = time_ns[l];
		s->cell.pass_mean_ns += (double)time_ns[l];
		s->net.confidence[l] = mean_confidence[l];
	}
	s->profile = (struct profile){ .nets = 1, .settings = 1, .classes = 10,
		.net = &s->net, .cell = &s->cell };
	s->seen = mem_new((size_t)(SCENE_SLOTS * depths), sizeof *s->seen);
	s->view = (struct view){ .devices = devices, .device = s->device,
		.asking = -1, .live = s->live, .edf = s->edf, .req = s->request,
		.seen = s->seen, .depth_stride = depths,
		.memory = mem_new(SCENE_SLOTS, p->request_size),
		.memory_size = p->request_size, .profile = &s->profile };
	s->edf[0].deadline_ns = TIME_NEVER;
	for (int k = 0; k < devices; k++)
		s->device[k] = (struct device){ .slot = -1, .net = -1 };
	s->state = mem_new(1, p->state_size);
	if (p->init && p->init(s->state, &s->arena, &s->view, s->choice.args))
		abort();
}

void scene_fini(struct scene *s)
{
	free(s->state);
	free(s->view.memory);
	free(s->seen);
	arena_fini(&s->arena);
	choice_fini(&s->choice);
}

void scene_at(struct scene *s, int64_t now_ns)
{
	s->view.now_ns = now_ns;
}

void scene_release(struct scene *s, int64_t deadline_ns)
{
	int64_t number = s->number++;
	int slot = scene_slot(s, number), i = s->view.lives++;

	s->request[slot] = (struct request){ .number = number,
		.release_ns = s->view.now_ns, .deadline_ns = deadline_ns,
		.net = -1, .setting = -1, .device = -1, .group = -1,
		.client = -1, .start_ns = -1 };
	s->live[i] = slot;
	s->edf[i + 1].deadline_ns = TIME_NEVER;
	for (; i > 0 && s->edf[i - 1].deadline_ns > deadline_ns; i--)
		s->edf[i] = s->edf[i - 1];
	s->edf[i] = (struct edf_entry){ deadline_ns, slot };
	if (s->choice.policy->on_release)
		s->choice.policy->on_release(s->state, &s->view, slot);
}

void scene_leave(struct scene *s, int64_t number)
{
	int slot = scene_slot(s, number), n = 0, m = 0;

	for (int i = 0; i < s->view.lives; i++) {
		if (s->live[i] != slot)
			s->live[n++] = s->live[i];
		if (s->edf[i].slot != slot)
			s->edf[m++] = s->edf[i];
	}
	assert(n == s->view.lives - 1);
	s->view.lives = n;
	s->edf[n].deadline_ns = TIME_NEVER;
	s->request[slot].gone = true;
	if (s->choice.policy->on_leave)
		s->choice.policy->on_leave(s->state, &s->view, slot);
}

/* Book a stage's end: depth and confidence first, then the policy hears. */
static void count_stage(struct scene *s, int slot, double confidence,
	int64_t duration_ns)
{
	struct request *q = &s->request[slot];

	q->device = -1;
	if (!q->gone)
		s->seen[slot * s->net.depths + q->depth++] = confidence;
	if (s->choice.policy->on_stage_done)
		s->choice.policy->on_stage_done(s->state, &s->view, slot,
			duration_ns);
}

void scene_release_at_depth(struct scene *s, int64_t deadline_ns, int depth,
	const double *confidence)
{
	int slot = scene_slot(s, s->number);

	scene_release(s, deadline_ns);
	for (int l = 0; l < depth; l++)
		count_stage(s, slot, confidence[l], s->cell.p50_ns[l]);
}

void scene_stage_done(struct scene *s, int64_t number, double confidence)
{
	int slot = scene_slot(s, number);
	struct request *q = &s->request[slot];
	struct device *d;

	assert(q->device >= 0);
	d = &s->device[q->device];
	d->slot = -1;
	count_stage(s, slot, confidence, s->view.now_ns - d->decided_ns);
	if (!q->gone && q->depth == s->net.depths)
		scene_leave(s, number);
}

const char *scene_pick(struct scene *s)
{
	struct decision d;
	struct request *q;
	int k = 0;

	while (k < s->view.devices && s->device[k].slot >= 0)
		k++;
	if (k == s->view.devices)
		return "busy";
	s->view.asking = k;
	d = s->choice.policy->pick(s->state, &s->view);
	s->view.asking = -1;
	if (d.kind == DECIDE_WAIT)
		return "wait";
	q = &s->request[d.slot];
	assert(!q->gone && q->device < 0);
	if (d.kind == DECIDE_RUN) {
		assert(d.net == 0 && d.setting == 0);
		q->device = k;
		q->net = q->setting = 0;
		if (q->start_ns < 0)
			q->start_ns = s->view.now_ns;
		s->device[k] = (struct device){ .slot = d.slot, .net = 0,
			.depth = q->depth + 1, .decided_ns = s->view.now_ns };
	} else {
		assert(d.kind == DECIDE_FINISH
			? q->depth >= s->net.mandatory
			: q->depth < s->net.mandatory);
		scene_leave(s, q->number);
	}
	(void)snprintf(s->said, sizeof s->said, "%s %d",
		d.kind == DECIDE_RUN ? "run" : d.kind == DECIDE_FINISH ? "finish"
		: "drop", (int)q->number);
	return s->said;
}
