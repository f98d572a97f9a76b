/* Most predicted gain per unit of time. */
#include "plan.h"
#include "predict.h"

static const char manual[] =
"Idea: greedy knapsack. Run the next stage with the largest\n"
"    (R^{c+1} - R^c) / planning time of that stage,\n"
"c the depth reached, R^c the confidence seen there (R^0 = 0) and R^{c+1} the\n"
"one predicted: R^1 is the network's mean confidence at depth 1, later ones\n"
"halve the distance to 1 (predictor `exp`, gain 1/2).\n"
"Source: utility density of Jensen, Locke and Tokuda's time/utility\n"
"scheduling (RTSS 1985), applied to stages by us. Order: (density falling,\n"
"deadline, request number). Deadlines matter only through ties and skip.\n"
"Rules of ours: a request whose next stage may not start (skip=on) stays\n"
"until its deadline and the next in order runs; none is finished or dropped\n"
"early.\n"
"Cost of a pick: O(live requests).\n";

struct density { struct plan plan; double prior; };

static struct decision pick(void *state, const struct view *v)
{
	const struct density *d = state;
	double most = 0;
	int best = -1;

	for (int i = 0; i < v->lives; i++) {
		int slot = v->edf[i].slot, depth = v->req[slot].depth;
		double gain, density;

		if (!plan_may_start(&d->plan, v, slot))
			continue;
		if (depth) {
			double seen = view_confidence(v, slot, depth);
			gain = predict_exp(seen, 0.5) - seen;
		} else {
			gain = d->prior;
		}
		density = gain / (double)d->plan.stage_ns[depth];
		if (best < 0 || density > most) {
			most = density;
			best = slot;
		}
	}
	return best < 0 ? decide_wait(TIME_NEVER) : plan_run(best);
}

static const struct param params[] = { PLAN_PARAMS, PLAN_PARAMS_END };

static int init(void *state, struct arena *a, const struct view *v,
	const double *args)
{
	struct density *d = state;

	(void)a;
	plan_init(&d->plan, v, args);
	d->prior = v->profile->net[0].confidence[0];
	return 0;
}

const struct policy policy_utility_density = {
	.name = "utility-density",
	.summary = "most predicted gain in confidence per unit of time",
	.manual = manual,
	.params = params,
	.state_size = sizeof(struct density),
	.work_conserving = true,
	.init = init,
	.pick = pick,
};
