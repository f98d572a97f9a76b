#include "filter.h"

#include <math.h>

struct slowdown_constants slowdown_preset(enum slowdown_preset preset,
	double pass_variance)
{
	struct slowdown_constants c = {
		.alpha = 0.3, .q0 = 0.1, .p0 = 0.1, .k0 = 0.5, .r = 1e-3,
		.mu0 = 1,
	};

	if (preset == SLOWDOWN_CALIBRATED)
		c.q0 = c.p0 = fmax(1e-4, pass_variance);
	return c;
}

void slowdown_init(struct slowdown *f, const struct slowdown_constants *c)
{
	/* The ablation has one start value; its P is already a prior. */
	*f = (struct slowdown){
		.c = *c, .mean = c->mu0, .variance = c->no_lag ? c->q0 : c->p0,
		.q = c->q0, .k = c->k0, .y = c->y0,
	};
}

static double process_noise(const struct slowdown *f)
{
	double step = f->k * f->y;

	return fmax(f->c.q0, f->c.alpha * f->q + (1 - f->c.alpha) * step * step);
}

void slowdown_update(struct slowdown *f, double ratio)
{
	if (!f->c.no_lag) {
		/* Predict from the last step, then correct. */
		f->q = process_noise(f);
		f->variance = (1 - f->k) * f->variance + f->q;
	}
	f->k = f->variance / (f->variance + f->c.r);
	f->y = ratio - f->mean;
	f->mean += f->k * f->y;
	if (f->c.no_lag) {
		f->q = process_noise(f);
		f->variance = (1 - f->k) * f->variance + f->q;
	}
}

const struct level_constants level_paper = { .m0 = 0.01, .s = 1e-4, .v = 1e-3 };

void level_init(struct level *f, const struct level_constants *c, double value)
{
	*f = (struct level){ .c = *c, .value = value, .m = c->m0 };
}

void level_update(struct level *f, double sample)
{
	double prior = f->m + f->c.s;

	f->w = prior / (prior + f->c.v);
	f->m = (1 - f->w) * prior;
	f->value += f->w * (sample - f->value);
}
