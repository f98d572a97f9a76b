/* A run from start to empty: its memory, and what came before the first
 * event. */
#include "books.h"
#include "engine_loop.h"
#include "engine_request.h"

#include "msg.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static int64_t planned_overhead(const struct workload *w)
{
	const struct bundle_overhead *o;
	double decision = 0, launch = 0;

	if (w->overhead == OVERHEAD_FIXED)
		return w->decision_ns;
	if (w->overhead == OVERHEAD_MEASURED)
		return 0;
	/* As drawn at the default setting, on average. */
	o = &w->bundle->overhead[w->setting[0]];
	for (int i = 0; i < o->decisions; i++)
		decision += (double)o->decision_ns[i];
	for (int i = 0; i < o->launches; i++)
		launch += (double)o->launch_ns[i];
	return llround(decision / o->decisions + launch / o->launches);
}

double engine_uniform(const struct engine *e, int64_t number, int32_t before)
{
	struct stream s;

	stream_open(&s, e->run->seed, PURPOSE_TIMING, (uint64_t)number);
	while (before-- > 0)
		(void)stream_unit(&s);
	return stream_unit(&s);
}

void engine_find_cells(struct engine *e)
{
	for (int i = 0; i < e->w->nets; i++)
		for (int j = 0; j < e->w->settings; j++)
			e->cell[i * e->w->settings + j] = engine_cell(e, i, j,
				e->environment);
}

static void begin(struct engine *e)
{
	const struct workload *w = e->w;
	struct view *v = &e->view;
	size_t devices = (size_t)w->devices;

	e->total = w->warmup + w->requests;
	e->warmup = w->warmup;
	assert(w->nets > 0 && w->settings > 0);
	e->nets = (uint32_t)w->nets;
	e->settings = (uint32_t)w->settings;
	e->timed = w->overhead == OVERHEAD_MEASURED
		|| (e->clock && e->clock->real);
	e->completion_ns = TIME_NEVER;
	e->timer_ns = e->change_ns = e->start_ns = TIME_NEVER;
	e->environment = w->change[0].environment;
	e->next_change = 1;
	if (!w->timeline_by_request && w->changes > 1)
		e->change_ns = w->change[1].at;
	engine_find_rare(e);
	engine_find_notable(e);
	e->net = mem_new((size_t)w->nets, sizeof *e->net);
	for (int i = 0; i < w->nets; i++) {
		const struct bundle_net *n = &w->bundle->net[w->net[i]];
		e->net[i] = (struct hot_net){ n->depths, n->mandatory,
			n->outcome };
	}
	e->cell = mem_new((size_t)w->nets * (size_t)w->settings,
		sizeof *e->cell);
	engine_find_cells(e);
	e->device = mem_new(devices, sizeof *e->device);
	e->station = mem_new(devices, sizeof *e->station);
	for (int d = 0; d < w->devices; d++) {
		e->device[d] = (struct device){ .slot = -1, .net = -1 };
		e->station[d].start_ns = e->station[d].end_ns = TIME_NEVER;
	}
	if (w->groups) {
		e->group_left = mem_new((size_t)w->groups, sizeof *e->group_left);
		memcpy(e->group_left, w->group_size,
			(size_t)w->groups * sizeof *e->group_left);
	}
	*v = (struct view){ .decision_ns = planned_overhead(w),
		.devices = w->devices, .device = e->device,
		.memory_size = e->policy->request_size, .profile = w->profile,
		.goal = &w->goal, .random = &e->policy_stream,
		.group_left = e->group_left,
		.future = e->policy->clairvoyant ? (struct future *)e : NULL };
	for (int i = 0; i < w->nets; i++)
		if (engine_net(e, i)->depths > v->depth_stride)
			v->depth_stride = engine_net(e, i)->depths;
	stream_open(&e->policy_stream, e->run->seed, PURPOSE_POLICY, 0);
	agenda_init(&e->deadlines);
	v->edf = e->deadlines.head;
	engine_grow_slots(e);
	e->source = source_new(w, e->run->seed);
	if (w->process == PROCESS_CLOSED) {
		e->draws = source_draws(e->source, 0);
		turns_init(&e->turns, w->clients);
		for (int k = 0; k < w->clients; k++)
			turns_add(&e->turns, k, source_first(e->source, k));
		e->release_ns = e->total ? turns_next_ns(&e->turns) : TIME_NEVER;
	} else {
		e->release_ns = source_next(e->source, &e->pending) == 1
			? e->pending.release_ns : TIME_NEVER;
	}
	books_init(e);
}

static void end(struct engine *e)
{
	free(e->state);
	arena_fini(&e->arena);
	source_free(e->source);
	free(e->req);
	free(e->booked);
	free(e->dispatch);
	free(e->seen);
	free(e->memory);
	free(e->unused);
	free(e->live);
	agenda_fini(&e->deadlines);
	turns_fini(&e->turns);
	free(e->net);
	free(e->cell);
	free(e->device);
	free(e->station);
	free(e->group_left);
	books_fini(e);
}

static int suits(const struct run *r)
{
	const struct policy *p = r->choice->policy;
	const struct workload *w = r->workload;

	if (p->needs_goal && w->goal.objective == OBJECTIVE_NONE)
		return msg_bad("policy '%s' needs [goal] objective in %s",
			r->choice->text, w->file);
	if (p->needs_energy && !w->profile->has_energy)
		return msg_bad("policy '%s' needs power_w and idle_power_w of "
			"all candidates, which %s lacks", r->choice->text,
			w->bundle->dir);
	return 0;
}

int engine_run(const struct run *r, struct metrics *out)
{
	struct engine e = { .run = r, .w = r->workload,
		.policy = r->choice->policy, .clock = r->clock };
	int failed;

	if (suits(r))
		return -1;
	begin(&e);
	e.state = mem_new(1, e.policy->state_size);
	failed = e.policy->init
		&& e.policy->init(e.state, &e.arena, &e.view, r->choice->args);
	if (failed && !msg_status())
		(void)msg_bad("policy '%s': does not suit the workload, and does "
			"not say why", r->choice->text);
	if (!failed)
		failed = engine_loop(&e);
	if (!failed)
		books_close(&e, e.view.now_ns, out);
	end(&e);
	return failed ? -1 : 0;
}
