/* A policy that misbehaves in each possible way, to see the engine refuse it.
 * Until it does, it runs requests in number order. */
#include "../../sim/policy.h"

enum { RUN_UNKNOWN, RUN_GONE, RUN_RUNNING, BAD_NET, BAD_SETTING, CHANGE_NET,
	FINISH_EARLY, FINISH_RUNNING, DROP_LATE, BAD_KIND, WAIT_PAST, NEGATIVE };

static const char *const words[] = { "run_unknown", "run_gone", "run_running",
	"bad_net", "bad_setting", "change_net", "finish_early",
	"finish_running", "drop_late", "bad_kind", "wait_past", "negative", NULL };

static const struct param params[] = {
	{ "does", "what it does wrong", 0, 0, 0, words, NULL },
	{ 0 }
};

struct state { int does, last; };

static int init(void *state, struct arena *a, const struct view *v,
	const double *args)
{
	struct state *s = state;

	(void)a, (void)v;
	s->does = (int)args[0];
	s->last = -1;
	return 0;
}

static void on_leave(void *state, const struct view *v, int slot)
{
	(void)v;
	((struct state *)state)->last = slot;
}

static struct decision misbehave(const struct state *s, const struct view *v,
	int slot)
{
	const struct request *r = &v->req[slot];

	switch (s->does) {
	case RUN_UNKNOWN: return decide_run(1000000, 0, 0);
	case NEGATIVE: return decide_run(-7, 0, 0);
	case RUN_GONE:
		if (s->last >= 0 && v->req[s->last].gone)
			return decide_run(s->last, 0, 0);
		break;
	case RUN_RUNNING: case FINISH_RUNNING:
		for (int i = 0; i < v->lives; i++)
			if (v->req[v->live[i]].device >= 0)
				return s->does == RUN_RUNNING
					? decide_run(v->live[i], 0, 0)
					: decide_finish(v->live[i]);
		break;
	case BAD_NET: return decide_run(slot, v->profile->nets, 0);
	case BAD_SETTING: return decide_run(slot, 0, v->profile->settings);
	case CHANGE_NET:
		if (r->depth > 0)
			return decide_run(slot, 1, 0);
		break;
	case FINISH_EARLY: return decide_finish(slot);
	case DROP_LATE:
		if (r->depth > 0)
			return decide_drop(slot);
		break;
	case BAD_KIND:
		return (struct decision){ .kind = (enum decision_kind)99, .slot = slot };
	case WAIT_PAST:
		if (v->now_ns % 3 == 0)
			return decide_wait(v->now_ns - 1);
		break;
	}
	return decide_run(slot, 0, 0);
}

static struct decision pick(void *state, const struct view *v)
{
	for (int i = 0; i < v->lives; i++)
		if (view_waiting(v, v->live[i]))
			return misbehave(state, v, v->live[i]);
	return decide_wait(TIME_NEVER);
}

extern const struct policy laxity_policy;
extern const unsigned laxity_policy_abi;
const unsigned laxity_policy_abi = POLICY_ABI;
const struct policy laxity_policy = {
	.name = "bad", .summary = "misbehaves in each possible way",
	.params = params, .state_size = sizeof(struct state),
	.pick = pick, .init = init, .on_leave = on_leave,
};
