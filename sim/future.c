/* What policies declared clairvoyant may ask. */
#include "engine_state.h"

#include <assert.h>
#include <math.h>

static const struct engine *engine_of(const struct view *v)
{
	assert(v->future);
	return (const struct engine *)(const void *)v->future;
}

static size_t outcome_at(const struct engine *e, int slot, int net, int depth)
{
	return (size_t)e->booked[slot].input * (size_t)engine_net(e, net)->depths
		+ (size_t)depth - 1;
}

double future_confidence(const struct view *v, int slot, int net, int depth)
{
	const struct engine *e = engine_of(v);

	return outcome_confidence(engine_net(e, net)->outcome[outcome_at(e, slot,
		net, depth)]);
}

bool future_correct(const struct view *v, int slot, int net, int depth)
{
	const struct engine *e = engine_of(v);

	return outcome_correct(engine_net(e, net)->outcome[outcome_at(e, slot,
		net, depth)]);
}

int64_t future_duration(const struct view *v, int slot, int net, int setting,
	int depth)
{
	const struct engine *e = engine_of(v);
	const struct booked *b = &e->booked[slot];
	const struct cell *c = engine_cell(e, net, setting, e->environment);
	struct booked ahead = *b;

	if (ahead.cell != c)
		engine_draw(e, &ahead, e->req[slot].number, c,
			engine_net(e, net), b->first_start_ns < 0);
	return ahead.duration_ns[depth - 1];
}

/* ---- A whole run of one fixed choice ---------------------------------------- */

struct fixed { int net, setting, stop; };

static int fixed_init(void *state, struct arena *a, const struct view *v,
	const double *args)
{
	struct fixed *f = state;

	(void)a, (void)v;
	*f = (struct fixed){ (int)args[0], (int)args[1], (int)args[2] };
	return 0;
}

/* Requests in number order, one at a time per device, each to `stop`. */
static struct decision fixed_pick(void *state, const struct view *v)
{
	const struct fixed *f = state;

	for (int i = 0; i < v->lives; i++) {
		const struct request *r = &v->req[v->live[i]];
		if (r->device >= 0)
			continue;
		if (r->depth >= f->stop)
			return decide_finish(v->live[i]);
		return decide_run(v->live[i], f->net, f->setting);
	}
	return decide_wait(TIME_NEVER);
}

static const struct policy fixed_policy = {
	.name = "fixed", .state_size = sizeof(struct fixed),
	.init = fixed_init, .pick = fixed_pick,
};

int future_try(const struct view *v, int net, int setting, int stop,
	struct trial *out)
{
	const struct engine *e = engine_of(v);
	struct choice c = { .text = (char *)"fixed", .policy = &fixed_policy,
		.args = { net, setting, stop } };
	struct run r = { .workload = e->w, .choice = &c,
		.seed = e->run->seed };
	struct metrics m;

	if (engine_run(&r, &m))
		return -1;
	*out = (struct trial){ .requests = m.requests,
		.violations = llround(m.violated_ratio * (double)m.requests),
		.energy_j = m.goal_energy_j, .error = m.goal_error,
		.accuracy = m.accuracy };
	return 0;
}
