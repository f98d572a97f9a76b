#include "bounds.h"

#include "bounds_lp.h"
#include "mem.h"

#include <stdlib.h>

__extension__ typedef __int128 wide;

const char *const bound_name[BOUND_KINDS] = {
	"solo", "knapsack", "lp", "preempt", "exact",
};

/* ---- The loose bounds --------------------------------------------------- */

static double top_sum(const struct ladders *l)
{
	double sum = 0;

	for (int64_t i = 0; i < l->requests; i++)
		sum += l->utility[l->first[i + 1] - 1];
	return sum;
}

double bounds_solo(const struct bound_instance *in, const double *utility)
{
	struct ladders l;
	double sum;

	ladders_init(&l, in, utility);
	sum = top_sum(&l);
	ladders_fini(&l);
	return sum;
}

struct step { double slope, gain; int64_t length_ns, order; };

static int steeper(const void *a, const void *b)
{
	const struct step *x = a, *y = b;

	if (x->slope != y->slope)
		return x->slope > y->slope ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

double bounds_knapsack(const struct bound_instance *in, const double *utility)
{
	struct ladders l;
	struct piece *piece;
	struct step *step;
	int64_t steps = 0, k = 0, end = INT64_MIN;
	double sum = 0;
	wide room;

	ladders_init(&l, in, utility);
	piece = mem_new((size_t)l.first[l.requests], sizeof *piece);
	step = mem_new((size_t)l.first[l.requests], sizeof *step);
	for (int64_t i = 0; i < l.requests; i++) {
		const double *u = &l.utility[l.first[i]];
		int64_t n = ladders_hull(&l, i, 0,
			l.first[i + 1] - l.first[i] - 1, piece);

		for (int64_t q = 0; q < n; q++, steps++)
			step[steps] = (struct step){ piece[q].slope,
				u[piece[q].high] - u[piece[q].low],
				piece[q].length_ns, steps };
		if (in->deadline_ns[i] > end)
			end = in->deadline_ns[i];
	}
	qsort(step, (size_t)steps, sizeof *step, steeper);
	room = l.requests
		? (wide)in->devices * (end - in->release_ns[0]) : 0;
	for (; k < steps && step[k].length_ns <= room; k++) {
		room -= step[k].length_ns;
		sum += step[k].gain;
	}
	if (k == steps)
		sum = top_sum(&l);  /* all fits: without the rounding */
	else
		sum += step[k].gain * ((double)room / (double)step[k].length_ns);
	free(step);
	free(piece);
	ladders_fini(&l);
	return sum;
}

double bounds_lp(const struct bound_instance *in, const double *utility,
	int64_t *work_ns)
{
	struct ladders l;
	struct lp *lp;
	double value;

	ladders_init(&l, in, utility);
	lp = lp_new(in, &l);
	value = lp_solve(lp, NULL, NULL);
	if (work_ns)
		for (int64_t i = 0; i < in->requests; i++)
			work_ns[i] = lp_work(lp, i);
	lp_free(lp);
	ladders_fini(&l);
	return value;
}
