/* Least confidence first. */
#include "plan.h"

static const char manual[] =
"Idea: spend the device where the answer is least sure: the next stage of the\n"
"request with the lowest current confidence runs.\n"
"Source: as we recall a baseline of Yao et al., RTCSA 2020. Order: (current\n"
"confidence, deadline or nothing, request number).\n"
"What counts as the confidence of a request that has not started is not known\n"
"to us and decides the ranking: `unstarted=zero` puts new requests before all\n"
"others, which makes the policy mandatory-first and strong; `prior` assumes\n"
"the network's mean confidence at depth 1, so that doubtful answers are\n"
"refined while new requests wait.\n"
"Rules of ours: a request whose next stage may not start (skip=on) stays\n"
"until its deadline and the next in order runs; none is finished or dropped\n"
"early.\n"
"Cost of a pick: O(live requests).\n";

struct lcf { struct plan plan; double unstarted; bool fifo; };

static struct decision pick(void *state, const struct view *v)
{
	const struct lcf *l = state;
	double least = 0;
	int best = -1;

	for (int i = 0; i < v->lives; i++) {
		int slot = l->fifo ? v->live[i] : v->edf[i].slot;
		int depth = v->req[slot].depth;
		double confidence = depth ? view_confidence(v, slot, depth)
			: l->unstarted;

		if ((best < 0 || confidence < least)
		    && plan_may_start(&l->plan, v, slot)) {
			least = confidence;
			best = slot;
		}
	}
	return best < 0 ? decide_wait(TIME_NEVER) : plan_run(best);
}

enum { UNSTARTED = PLAN_OWN, TIE };
static const char *const unstarted_words[] = { "zero", "prior", NULL };
static const char *const tie_words[] = { "deadline", "fifo", NULL };
static const struct param params[] = {
	PLAN_PARAMS,
	{ .name = "unstarted", .words = unstarted_words,
	  .help = "confidence assumed before stage 1: 0, or the network's mean "
	          "at depth 1" },
	{ .name = "tie", .words = tie_words,
	  .help = "among equal confidences: earliest deadline, or lowest number" },
	PLAN_PARAMS_END
};

static int init(void *state, struct arena *a, const struct view *v,
	const double *args)
{
	struct lcf *l = state;

	(void)a;
	plan_init(&l->plan, v, args);
	l->unstarted = args[UNSTARTED] == 0 ? 0
		: v->profile->net[0].confidence[0];
	l->fifo = args[TIE] != 0;
	return 0;
}

const struct policy policy_lcf = {
	.name = "lcf",
	.summary = "least confidence first",
	.manual = manual,
	.params = params,
	.state_size = sizeof(struct lcf),
	.work_conserving = true,
	.init = init,
	.pick = pick,
};
