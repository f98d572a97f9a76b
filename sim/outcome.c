#include "outcome.h"

#include "bounds.h"
#include "num.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define AT(member) offsetof(struct outcome, member)
#define COUNT(n, csv) \
	.name = #n, .kind = COLUMN_COUNT, .offset = AT(metrics.n), .in_csv = csv
#define NS(n, csv) \
	.name = #n, .kind = COLUMN_NS, .offset = AT(metrics.n), .in_csv = csv, \
	.unit = "ms", .scale = 1e-6, .decimals = 3
#define REAL(n, member, csv) \
	.name = #n, .kind = COLUMN_REAL, .is_double = 1, .offset = AT(member), \
	.in_csv = csv
#define PERCENT .unit = "%", .scale = 100, .decimals = 2
#define PLAIN(d) .unit = "", .scale = 1, .decimals = d

const struct column outcome_columns[] = {
	{ COUNT(requests, 1), PLAIN(0), .title = "requests" },
	{ COUNT(missed, 1), PLAIN(0), .title = "missed", .better = BETTER_LOWER },
	{ REAL(miss_ratio, metrics.miss_ratio, 1), .unit = "%", .scale = 100,
		.decimals = 3, .title = "miss ratio",
		.better = BETTER_LOWER, .is_share = 1, .trials = AT(metrics.requests) },
	{ REAL(accuracy, metrics.accuracy, 1), PERCENT, .title = "accuracy",
		.better = BETTER_HIGHER, .is_share = 1, .trials = AT(metrics.requests) },
	{ REAL(accuracy_answered, metrics.accuracy_answered, 1), PERCENT,
		.title = "accuracy of answers", .better = BETTER_HIGHER,
		.is_share = 1, .trials = AT(metrics.answered) },
	{ REAL(mean_depth, metrics.mean_depth, 1), PLAIN(3), .title = "mean depth" },
	{ REAL(mean_confidence, metrics.mean_confidence, 1), PLAIN(4),
		.title = "mean confidence" },
	{ NS(response_p50_ns, 1), .title = "p50 response", .better = BETTER_LOWER },
	{ NS(response_p99_ns, 1), .title = "p99 response", .better = BETTER_LOWER },
	{ REAL(utilisation, metrics.utilisation, 1), PERCENT,
		.title = "utilisation" },
	{ REAL(energy_j, metrics.energy_j, 1), .title = "energy",
		.better = BETTER_LOWER, .unit = "J", .scale = 1, .decimals = 2 },
	{ REAL(energy_per_request_j, metrics.energy_per_request_j, 1),
		.title = "energy/request", .better = BETTER_LOWER,
		.unit = "mJ", .scale = 1e3, .decimals = 3 },
	{ COUNT(decisions, 1), PLAIN(0), .title = "decisions" },
	{ NS(decision_mean_ns, 1), .is_double = 1, .title = "time per decision",
		.better = BETTER_LOWER },
	{ COUNT(corrections, 1), PLAIN(0), .title = "corrections" },
	{ REAL(bound, bound, 1), .of_bounds = 1, PERCENT,
		.title = "bound on accuracy" },
	{ REAL(regret, regret, 1), .of_bounds = 1, PERCENT, .title = "regret",
		.better = BETTER_LOWER },

	{ REAL(bound_confidence, bound_confidence, 0), .of_bounds = 1, PLAIN(4),
		.title = "bound on confidence" },
	{ REAL(regret_confidence, regret_confidence, 0), .of_bounds = 1, PLAIN(4),
		.title = "regret in confidence", .better = BETTER_LOWER },
	{ REAL(bound_missed, bound_missed, 0), .of_bounds = 1, PERCENT,
		.title = "bound on miss ratio" },
	{ REAL(regret_missed, regret_missed, 0), .of_bounds = 1, PERCENT,
		.title = "regret in miss ratio", .better = BETTER_LOWER },
	{ REAL(violated_ratio, metrics.violated_ratio, 0), PERCENT,
		.title = "goal violated", .better = BETTER_LOWER,
		.trials = AT(metrics.requests) },
	{ REAL(goal_energy_j, metrics.goal_energy_j, 0),
		.title = "energy to the deadline", .better = BETTER_LOWER,
		.unit = "mJ", .scale = 1e3, .decimals = 3 },
	{ REAL(goal_error, metrics.goal_error, 0), PERCENT,
		.title = "nominal error", .better = BETTER_LOWER },
	{ REAL(load, load, 0), PLAIN(3), .title = "load" },
	{ REAL(mandatory_load, mandatory_load, 0), PLAIN(3),
		.title = "mandatory load" },
	{ COUNT(answered, 0), PLAIN(0), .title = "answered" },
	{ COUNT(correct, 0), PLAIN(0), .title = "correct" },
	{ COUNT(stages, 0), PLAIN(0), .title = "stages run" },
	{ NS(measured_ns, 0), .title = "measured interval" },
	{ NS(busy_ns, 0), .title = "busy time" },
	{ NS(idle_ns, 0), .title = "idle time" },
	{ NS(run_end_ns, 0), .title = "end of the run" },
	{ 0 }
};

const struct column *outcome_column(const char *name)
{
	for (const struct column *c = outcome_columns; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

int64_t outcome_get_whole(const struct outcome *o, const struct column *c)
{
	int64_t whole;

	memcpy(&whole, (const char *)o + c->offset, sizeof whole);
	return whole;
}

void outcome_set_whole(struct outcome *o, const struct column *c, int64_t value)
{
	memcpy((char *)o + c->offset, &value, sizeof value);
}

double outcome_get(const struct outcome *o, const struct column *c)
{
	double real;

	if (!c->is_double)
		return (double)outcome_get_whole(o, c);
	memcpy(&real, (const char *)o + c->offset, sizeof real);
	return real;
}

void outcome_set(struct outcome *o, const struct column *c, double value)
{
	if (c->is_double)
		memcpy((char *)o + c->offset, &value, sizeof value);
	else
		outcome_set_whole(o, c, isnan(value) ? 0 : llround(value));
}

char *outcome_print(char *buffer, const struct outcome *o, const struct column *c)
{
	double x = c->is_double ? outcome_get(o, c) : 0;

	if (c->kind == COLUMN_REAL)
		return num_print(buffer, x);
	if (isnan(x))
		buffer[0] = 0;
	else
		(void)snprintf(buffer, 32, "%lld", c->is_double ? llround(x)
			: (long long)outcome_get_whole(o, c));
	return buffer;
}

char *outcome_print_scaled(char *buffer, const struct column *c, double value)
{
	if (isnan(value)) {
		buffer[0] = 0;
		return buffer;
	}
	(void)snprintf(buffer, 32, "%.*f", c->decimals, value * c->scale);
	/* What rounds to zero has no sign. */
	if (buffer[0] == '-' && strspn(buffer + 1, "0.") == strlen(buffer + 1))
		memmove(buffer, buffer + 1, strlen(buffer));
	return buffer;
}

void outcome_set_bounds(struct outcome *o, const struct outcome_bounds *b)
{
	const struct metrics *m = &o->metrics;
	double confidence = m->answered && m->requests ? m->mean_confidence
		* (double)m->answered / (double)m->requests : 0;

	o->bound = o->bound_confidence = o->bound_missed = NAN;
	o->regret = o->regret_confidence = o->regret_missed = NAN;
	if (!b)
		return;
	o->bound = b->accuracy;
	o->regret = b->accuracy - m->accuracy;
	o->bound_confidence = b->confidence;
	o->regret_confidence = b->confidence - confidence;
	o->bound_missed = b->missed;
	o->regret_missed = m->miss_ratio - b->missed;
}

void outcome_set_load(struct outcome *o, const struct workload *w)
{
	const struct profile_cell *cell = profile_cell(w->profile, 0, 0);
	double mandatory_ns = 0, rate;

	workload_load(w, &o->load, &o->mandatory_load);
	if (!isnan(o->load) || o->metrics.measured_ns <= 0)
		return;
	/* Only the run can tell: per device and ns. */
	rate = (double)o->metrics.requests / (double)o->metrics.measured_ns
		/ w->devices;
	for (int d = 0; d < w->profile->net[0].mandatory; d++)
		mandatory_ns += cell->mean_ns[d];
	o->load = rate * (double)w->full_ns;
	o->mandatory_load = rate * mandatory_ns;
}

int outcome_of_run(const struct run *r, struct outcome *o)
{
	if (engine_run(r, &o->metrics))
		return -1;
	outcome_set_load(o, r->workload);
	outcome_set_bounds(o, NULL);
	return r->stop && *r->stop;
}

int outcome_bounds_of_run(const struct workload *w, uint32_t seed,
	struct outcome_bounds *b)
{
	struct bounds found;

	if (bounds_compute(w, seed, &found))
		return -1;
	(void)snprintf(b->name, sizeof b->name, "%s",
		bound_name[found.accuracy.kind]);
	b->accuracy = found.accuracy.mean;
	b->confidence = found.confidence.mean;
	b->missed = (double)found.misses / (double)found.requests;
	return 0;
}
