#include "results.h"

#include "mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void results_init(struct results *s, int policies, int replications,
	const struct result_policy *policy, const uint32_t *seed)
{
	size_t n = (size_t)policies * (size_t)replications;

	*s = (struct results){ .policies = policies,
		.replications = replications, .policy = policy, .seed = seed };
	s->outcome = mem_new(n, sizeof *s->outcome);
	s->done = mem_new(n, 1);
}

void results_fini(struct results *s)
{
	free(s->outcome);
	free(s->done);
	*s = (struct results){ 0 };
}

int results_count(const struct results *s, int policy)
{
	int n = 0;

	for (int r = 0; r < s->replications; r++)
		n += results_done(s, policy, r);
	return n;
}

void results_values(const struct results *s, int policy, const struct column *c,
	double *x)
{
	for (int r = 0; r < s->replications; r++)
		x[r] = results_done(s, policy, r)
			? outcome_get(results_at(s, policy, r), c) : NAN;
}

struct estimate results_estimate(const struct results *s, int policy,
	const struct column *c)
{
	double *x = mem_new((size_t)s->replications, sizeof *x);
	struct estimate e;
	int64_t trials = 0, of_one;

	results_values(s, policy, c, x);
	for (int r = 0; c->is_share && r < s->replications; r++) {
		memcpy(&of_one, (const char *)results_at(s, policy, r) + c->trials,
			sizeof of_one);
		/* A damaged file may hold any number. */
		if (results_done(s, policy, r) && of_one > 0)
			trials = of_one > INT64_MAX - trials ? INT64_MAX
				: trials + of_one;
	}
	e = stats_estimate(x, s->replications, trials);
	free(x);
	return e;
}

struct comparison results_compare(const struct results *s, int policy, int against,
	const struct column *c, int64_t m)
{
	double *x = mem_new((size_t)s->replications, sizeof *x);
	double *y = mem_new((size_t)s->replications, sizeof *y);
	struct comparison d;

	results_values(s, policy, c, x);
	results_values(s, against, c, y);
	d = stats_compare(x, y, s->replications, m, c->better);
	free(x);
	free(y);
	return d;
}

int results_has(const struct results *s, const struct column *c)
{
	for (int p = 0; p < s->policies; p++)
		for (int r = 0; r < s->replications; r++)
			if (results_done(s, p, r)
			    && !isnan(outcome_get(results_at(s, p, r), c)))
				return 1;
	return 0;
}

char *results_wording(const struct comparison *d, const struct column *c)
{
	const char *unit = strcmp(c->unit, "%") ? c->unit : "points";
	const char *blank = *unit ? " " : "";
	char mean[32], half[32], *words;

	(void)outcome_print_scaled(half, c, d->half);
	switch (d->verdict) {
	case VERDICT_NONE:
		(void)outcome_print_scaled(mean, c, d->mean);
		words = mem_printf("no evidence of a difference (%s ± %s%s%s)",
			mean, half, blank, unit);
		break;
	case VERDICT_BETTER:
	case VERDICT_WORSE:
		(void)outcome_print_scaled(mean, c, fabs(d->mean));
		words = mem_printf("%s by %s ± %s%s%s",
			d->verdict == VERDICT_BETTER ? "better" : "worse", mean,
			half, blank, unit);
		break;
	default:
		words = mem_string("");
	}
	return words;
}
