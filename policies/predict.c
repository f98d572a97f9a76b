#include "predict.h"

static double clamp(double x)
{
	return x < 0 ? 0 : x > 1 ? 1 : x;
}

static double linear_in_time(const struct predict *p, int c, int l, double u)
{
	return clamp(u * (double)p->total_ns[l] / (double)p->total_ns[c]);
}

/* R^l from R^1..R^{l-1}, c the depth the formulas start from. */
static double predict_one(const struct predict *p, int c, int l,
	const double *reward)
{
	double last = reward[l - 2], u = reward[c - 1], x;

	switch (p->kind) {
	case PREDICT_EXP:
		return predict_exp(last, p->gain);
	case PREDICT_MAX:
		return 1;
	case PREDICT_LIN_TIME:
		return linear_in_time(p, c, l, u);
	case PREDICT_LIN_INC:
		return c < 2 ? linear_in_time(p, c, l, u)
			: clamp(last + (u - reward[c - 2]));
	case PREDICT_MEAN:
		x = p->net->confidence[l - 1];
		return x > last ? x : last;
	case PREDICT_REGRESS:
		return curve_at(&p->net->confidence_at[
			(c - 1) * p->net->depths + l - 1], u);
	}
	return last;
}

void predict_rewards(const struct predict *p, int depth, double *reward)
{
	int c = depth > 0 ? depth : 1;

	if (depth == 0)
		reward[0] = p->net->confidence[0];
	/* The default, without a choice at every depth. */
	if (p->kind == PREDICT_EXP) {
		for (int l = c; l < p->net->depths; l++)
			reward[l] = predict_exp(reward[l - 1], p->gain);
		return;
	}
	for (int l = c + 1; l <= p->net->depths; l++)
		reward[l - 1] = predict_one(p, c, l, reward);
}
