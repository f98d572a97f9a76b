/* The best fixed network, setting and stop in hindsight. */
#include "course.h"
#include "estimate.h"

#include <math.h>

static const char manual[] =
"Idea: what no adaptation can do at best. Every network, setting and stop is\n"
"tried on the very requests of this run; the one used is the best by the mean\n"
"objective among those that violate the goal on at most 10 % of the inputs, and\n"
"if there is none that with the fewest violations (then the best objective).\n"
"Source: a scheme that ALERT is compared with, as recalled in\n"
"paper/spec/alert.md 8. It is chosen on the evaluation itself.\n"
"Cost: a whole run per option before the first request; then O(devices).\n";

struct fixed { struct option option; };

/* Whether a is better than b, which came before it. */
static bool better(const struct view *v, const struct trial *a,
	const struct trial *b)
{
	bool good_a = a->violations * 10 <= a->requests;
	bool good_b = b->violations * 10 <= b->requests;

	if (good_a != good_b)
		return good_a;
	if (!good_a && a->violations != b->violations)
		return a->violations < b->violations;
	return v->goal->objective == OBJECTIVE_ENERGY
		? a->energy_j < b->energy_j : a->error < b->error;
}

static int init(void *state, struct arena *a, const struct view *v,
	const double *args)
{
	struct fixed *s = state;
	struct option_table table;
	struct trial best, t;

	(void)args;
	options_init(&table, a, v->profile, OPTIONS_ALL);
	for (int k = 0; k < table.n; k++) {
		const struct option *o = &table.option[k];

		if (future_try(v, o->net, o->setting, o->stop, &t))
			return -1;
		if (!k || better(v, &t, &best)) {
			best = t;
			s->option = *o;
		}
	}
	return 0;
}

static struct decision pick(void *state, const struct view *v)
{
	const struct option *o = &((const struct fixed *)state)->option;
	int slot = course_slot(v);

	if (slot < 0)
		return decide_wait(TIME_NEVER);
	if (v->req[slot].start_ns >= 0)
		return course_go_on(v, slot);
	return course_begin(v, slot, o->net, o->setting, o->stop);
}

const struct policy policy_oracle_static = {
	.name = "oracle-static",
	.summary = "the best fixed network, setting and stop in hindsight",
	.manual = manual,
	.state_size = sizeof(struct fixed),
	.request_size = sizeof(struct course),
	.clairvoyant = true,
	.needs_goal = true, .needs_energy = true,
	.init = init,
	.pick = pick,
};
