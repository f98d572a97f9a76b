/* A policy that misbehaves in each possible way, to see what comes of it
 * (tests/test_plugins.c). Until it does, it runs requests in number order. */
#include "../../sim/policy.h"

#include "../../sim/msg.h"

#include <signal.h>
#include <stdlib.h>

enum { INIT_SAYS, INIT_SILENT,
	RUN_UNKNOWN, RUN_NEGATIVE, RUN_GONE, RUN_RUNNING, BAD_NET, NEGATIVE_NET,
	BAD_SETTING, NEGATIVE_SETTING, CHANGE_NET,
	FINISH_UNKNOWN, FINISH_GONE, FINISH_RUNNING, FINISH_EARLY,
	DROP_UNKNOWN, DROP_GONE, DROP_RUNNING, DROP_LATE,
	BAD_KIND, NEGATIVE_KIND, WAIT_PAST, WAIT_FOR_EVER, WAIT_SHORT,
	CHANGE_SETTING, CRASH, EXIT, LOOP };

static const char *const words[] = { "init_says", "init_silent",
	"run_unknown", "run_negative", "run_gone", "run_running", "bad_net",
	"negative_net", "bad_setting", "negative_setting", "change_net",
	"finish_unknown", "finish_gone", "finish_running", "finish_early",
	"drop_unknown", "drop_gone", "drop_running", "drop_late",
	"bad_kind", "negative_kind", "wait_past", "wait_for_ever", "wait_short",
	"change_setting", "crash", "exit", "loop", NULL };

static const struct param params[] = {
	{ "does", "what it does wrong", RUN_UNKNOWN, 0, 0, words, NULL },
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
	if (s->does == INIT_SAYS)
		return msg_bad("policy 'bad': not on a Saturday");
	return s->does == INIT_SILENT ? -1 : 0;
}

static void on_leave(void *state, const struct view *v, int slot)
{
	(void)v;
	((struct state *)state)->last = slot;
}

static int running(const struct view *v)
{
	for (int i = 0; i < v->lives; i++)
		if (!view_waiting(v, v->live[i]))
			return v->live[i];
	return -1;
}

static struct decision misbehave(const struct state *s, const struct view *v,
	int slot)
{
	const struct request *r = &v->req[slot];
	int other = running(v);
	bool gone = s->last >= 0 && v->req[s->last].gone;

	switch (s->does) {
	case RUN_UNKNOWN: return decide_run(1000000, 0, 0);
	case RUN_NEGATIVE: return decide_run(-7, 0, 0);
	case RUN_GONE:
		if (gone)
			return decide_run(s->last, 0, 0);
		break;
	case RUN_RUNNING:
		if (other >= 0)
			return decide_run(other, 0, 0);
		break;
	case BAD_NET: return decide_run(slot, v->profile->nets, 0);
	case NEGATIVE_NET: return decide_run(slot, -1, 0);
	case BAD_SETTING: return decide_run(slot, 0, v->profile->settings);
	case NEGATIVE_SETTING: return decide_run(slot, 0, -1);
	case CHANGE_NET:
		if (r->depth > 0)
			return decide_run(slot, 1, 0);
		break;
	case FINISH_UNKNOWN: return decide_finish(1000000);
	case FINISH_GONE:
		if (gone)
			return decide_finish(s->last);
		break;
	case FINISH_RUNNING:
		if (other >= 0)
			return decide_finish(other);
		break;
	case FINISH_EARLY: return decide_finish(slot);
	case DROP_UNKNOWN: return decide_drop(-1);
	case DROP_GONE:
		if (gone)
			return decide_drop(s->last);
		break;
	case DROP_RUNNING:
		if (other >= 0)
			return decide_drop(other);
		break;
	case DROP_LATE:
		if (r->net >= 0 && r->depth >= v->profile->net[r->net].mandatory)
			return decide_drop(slot);
		break;
	case BAD_KIND:
		return (struct decision){ .kind = (enum decision_kind)99, .slot = slot };
	case NEGATIVE_KIND:
		return (struct decision){ .kind = (enum decision_kind)-1, .slot = slot };
	case WAIT_PAST:
		if (v->now_ns % 3 == 0)
			return decide_wait(v->now_ns - 1);
		break;
	case WAIT_FOR_EVER: return decide_wait(TIME_NEVER);
	case WAIT_SHORT: return decide_wait(v->now_ns + 1);
	case CHANGE_SETTING:
		return decide_run(slot, 0, r->depth % v->profile->settings);
	case CRASH: (void)raise(SIGILL); break;
	case EXIT: exit(0);
	case LOOP:
		for (volatile int i = 0; ; )
			i = !i;
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
