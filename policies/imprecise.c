/* The scheduler for imprecise computations of Yao et al. */
#include "online.h"
#include "predict.h"

static const char manual[] =
"Idea: a staged network gives an answer after every stage, so a request is a\n"
"mandatory part followed by optional ones. At every release a dynamic program\n"
"chooses how deep each live request shall go, so that the predicted\n"
"confidences add up to the most and all planned stages end in time; at every\n"
"completion the confidence now known may move the plan a little; stages run\n"
"in deadline order; a request is answered when it has what was planned.\n"
"Source: Yao et al., \"Scheduling Real-time Deep Learning Services as\n"
"Imprecise Computations\", RTCSA 2020, as far as its abstract and our memory\n"
"go; paper/spec/imprecise.md marks what is stated, recalled and ours. With\n"
"q = floor(R / delta) and C the planned time,\n"
"    P(i, r) = min over depths l of P(i-1, r - q_i^l) + C_i^l, if <= D_i.\n"
"Ours: the ties, the form of the greedy update, the idle refill, the order of\n"
"answers, Moore-Hodgson when not all mandatory parts fit, several devices.\n"
"Cost: of a plan for N requests of L depths O(N^2 L / delta) at worst, in\n"
"practice a small part of that, as the table is kept as a pruned Pareto\n"
"front; of the greedy update O(N L^2); of a pick O(N).\n";

struct imprecise { struct online online; struct predict predict; };

static void on_release(void *state, const struct view *v, int slot)
{
	struct imprecise *s = state;
	struct online_request *r = view_memory(v, slot);

	predict_rewards(&s->predict, 0, r->reward);
	online_release(&s->online, v, slot);
}

static void on_stage_done(void *state, const struct view *v, int slot,
	int64_t duration_ns)
{
	struct imprecise *s = state;
	struct online_request *r = view_memory(v, slot);
	int depth = v->req[slot].depth;

	(void)duration_ns;
	if (v->req[slot].gone)
		return;
	r->reward[depth - 1] = view_confidence(v, slot, depth);
	predict_rewards(&s->predict, depth, r->reward);
	online_stage_done(&s->online, v, slot);
}

static struct decision pick(void *state, const struct view *v)
{
	return online_pick(&((struct imprecise *)state)->online, v);
}

enum { DELTA = PLAN_OWN, PREDICTOR, EXP_GAIN, UPDATE, REFILL, ANSWER, ORDER };
static const char *const predictors[] = { "exp", "max", "lin_time", "lin_inc",
	"mean", "regress", NULL };
static const struct param params[] = {
	PLAN_PARAMS,
	ONLINE_PARAM_DELTA,
	{ .name = "predictor", .words = predictors,
	  .help = "of the confidence at depths not yet reached" },
	{ .name = "exp_gain", .def = 0.5, .min = 0, .max = 1,
	  .help = "share of the distance to 1 that `exp` expects a stage to close" },
	ONLINE_PARAM_UPDATE,
	ONLINE_PARAM_REFILL,
	ONLINE_PARAM_ANSWER,
	ONLINE_PARAM_ORDER,
	PLAN_PARAMS_END
};

static int init(void *state, struct arena *a, const struct view *v,
	const double *args)
{
	struct imprecise *s = state;
	struct online *o = &s->online;

	plan_init(&o->plan, v, args);
	o->delta = args[DELTA];
	o->update = (enum online_update)args[UPDATE];
	o->refill = args[REFILL] == 0;
	o->hold = args[ANSWER] != 0;
	o->order = (enum online_order)args[ORDER];
	online_init(o, a, v);
	s->predict = (struct predict){ (enum predictor)args[PREDICTOR],
		args[EXP_GAIN], &v->profile->net[0], o->plan.total_ns };
	return 0;
}

const struct policy policy_imprecise = {
	.name = "imprecise",
	.summary = "plans depths by predicted confidence, runs them by deadline",
	.manual = manual,
	.params = params,
	.state_size = sizeof(struct imprecise),
	.request_size = sizeof(struct online_request),
	.init = init,
	.pick = pick,
	.on_release = on_release,
	.on_stage_done = on_stage_done,
};
