#include "out_estimates.h"

#include "goal.h"
#include "num.h"

#include <math.h>

int out_estimates_begin(struct out_estimates *o, const char *path,
	const struct workload *w)
{
	*o = (struct out_estimates){ .workload = w };
	if (file_out_open(&o->file, path)) {
		o->workload = NULL;
		return -1;
	}
	(void)fputs("request,release_ns,deadline_ns,start_ns,environment,network,"
		"setting,depth,stages,slowdown_mean,slowdown_variance,"
		"slowdown_measured,missed,nominal_accuracy,energy_to_deadline_j,"
		"violated\n", o->file.stream);
	return 0;
}

/* NAN: no stage ran. */
static double measured(const struct workload *w, const struct request_record *r)
{
	double profiled = 0;

	if (r->net < 0)
		return NAN;
	for (int d = 0; d < r->stages; d++)
		profiled += profile_cell(w->profile, r->net, r->setting)->mean_ns[d];
	return r->stages ? (double)r->busy_ns / profiled : NAN;
}

void out_estimates_add(struct out_estimates *o, const struct request_record *r)
{
	const struct workload *w = o->workload;
	const struct bundle *b = w->bundle;
	FILE *f = o->file.stream;
	struct goal_outcome g;
	char start[32] = "", x[5][32];

	goal_judge(w, r, &g);
	if (r->start_ns >= 0)
		(void)snprintf(start, sizeof start, "%lld", (long long)r->start_ns);
	(void)fprintf(f, "%lld,%lld,%lld,%s,%s,%s,%s,%d,%d,%s,%s,%s,%d,%s,%s,%s\n",
		(long long)r->number, (long long)r->release_ns,
		(long long)r->deadline_ns, start,
		r->environment < 0 ? "" : b->environment[r->environment],
		r->net < 0 ? "" : b->net[w->net[r->net]].name,
		r->setting < 0 ? "" : b->setting[w->setting[r->setting]].name,
		r->depth, r->stages, num_print(x[0], r->slowdown_mean),
		num_print(x[1], r->slowdown_variance),
		num_print(x[2], measured(w, r)), r->missed,
		num_print(x[3], g.accuracy), num_print(x[4], g.energy_j),
		w->goal.objective == OBJECTIVE_NONE ? "" : g.violated ? "1" : "0");
}

int out_estimates_end(struct out_estimates *o, int keep)
{
	o->workload = NULL;
	if (keep)
		return file_out_commit(&o->file);
	file_out_abandon(&o->file);
	return 0;
}
