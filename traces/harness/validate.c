#include "validate.h"

#include "../../sim/msg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const validate_parts[] = { "workload", "dispatch", "stage_time",
	"other", NULL };

const struct validate_metric validate_metrics[VALIDATE_METRICS] = {
	{ "miss_ratio", 0, 0.01 },
	{ "accuracy", 0, 0.005 },
	{ "response_p50_ns", 1, 0.02 },
	{ "response_p99_ns", 1, 0.05 },
	{ "energy_per_request_j", 1, 0.05 },
};

/* ---- The same decisions? ---------------------------------------------------------- */

/* What the live run decided on each request: by stage the candidates it ran
 * on, and how the policy ended it. */
struct told {
	const struct live_log *log;
	const struct workload *w;
	int depths;
	uint32_t *code;             /* [number * (depths + 1) + depth - 1]; the
	                             * last: its end */
	int64_t at;                 /* in log->decision, behind the last compared */
	int64_t live, simulated, same; /* decisions other than to wait */
	char *differing;
};

static uint32_t *place(const struct told *t, const struct live_decision *d)
{
	int depth = d->kind == DECIDE_RUN ? d->depth - 1 : t->depths;

	return &t->code[d->number * (t->depths + 1) + depth];
}

static uint32_t code(const struct live_decision *d)
{
	if (d->kind != DECIDE_RUN)
		return (uint32_t)d->kind;
	return 0x10000u | (uint32_t)d->net << 8 | (uint32_t)d->setting;
}

static int alike(const struct live_decision *a, const struct live_decision *b)
{
	return a->kind == b->kind && a->number == b->number
		&& a->depth == b->depth && a->net == b->net
		&& a->setting == b->setting;
}

/* The next decision in order that is not to wait; NULL: none. */
static const struct live_decision *next_live(struct told *t)
{
	while (t->at < t->log->decisions) {
		const struct live_decision *d = &t->log->decision[t->at++];
		if (d->kind != DECIDE_WAIT)
			return d;
	}
	return NULL;
}

static void note_difference(struct told *t, const struct live_decision *live,
	const struct live_decision *simulated)
{
	char *a = live ? live_decision_text(live, t->w) : mem_string("nothing");
	char *b = simulated ? live_decision_text(simulated, t->w)
		: mem_string("nothing");

	t->differing = mem_printf("decision %lld: live %s%s%.6f ms, simulated "
		"%s%s%.6f ms", (long long)t->simulated, a, live ? " at " : "; ",
		live ? 1e-6 * (double)live->at_ns : 0, b,
		simulated ? " at " : "; ",
		simulated ? 1e-6 * (double)simulated->at_ns : 0);
	free(a);
	free(b);
}

static void on_decision(void *context, int64_t now, const struct view *v,
	const struct decision *d)
{
	struct told *t = context;
	struct live_decision x = live_decision_of(now, v, d);
	const struct live_decision *live;

	if (x.kind == DECIDE_WAIT || x.number < 0)
		return;
	t->same += *place(t, &x) == code(&x);
	if (!t->differing) {
		live = next_live(t);
		if (!live || !alike(live, &x))
			note_difference(t, live, &x);
	}
	t->simulated++;
}

static void told_init(struct told *t, const struct workload *w,
	const struct live_log *log)
{
	*t = (struct told){ .log = log, .w = w, .depths = 1 };
	for (int i = 0; i < w->nets; i++)
		if (w->bundle->net[w->net[i]].depths > t->depths)
			t->depths = w->bundle->net[w->net[i]].depths;
	t->code = mem_new((size_t)(w->warmup + w->requests)
		* (size_t)(t->depths + 1), sizeof *t->code);
	for (int64_t i = 0; i < log->decisions; i++) {
		const struct live_decision *d = &log->decision[i];
		if (d->kind == DECIDE_WAIT || d->number < 0)
			continue;
		*place(t, d) = code(d);
		t->live++;
	}
}

/* ---- One run ------------------------------------------------------------------------ */

static void complete(struct outcome *o, const struct workload *w)
{
	outcome_set_load(o, w);
	outcome_set_bounds(o, NULL);
}

static int simulate_plainly(const struct run *r, const struct live_log *log,
	struct validate_run *out)
{
	struct told told;
	const struct sink sink = { .context = &told, .decision = on_decision };
	struct run run = *r;
	const struct live_decision *more;
	int failed;

	told_init(&told, r->workload, log);
	run.sink = &sink;
	run.clock = NULL;
	failed = engine_run(&run, &out->outcome[STEP_S0].metrics);
	if (!failed && !told.differing && (more = next_live(&told)))
		note_difference(&told, more, NULL);
	out->decisions = told.live > told.simulated ? told.live : told.simulated;
	out->same = told.same;
	out->differing = told.differing;
	free(told.code);
	return failed;
}

int validate_run(const struct run *r, struct live_log *log, double energy_j,
	struct validate_run *out)
{
	static const unsigned given[STEP_LIVE] = { [STEP_S1] = RECORDED_WAKES,
		[STEP_S2] = RECORDED_WAKES | RECORDED_DISPATCH,
		[STEP_S3] = RECORDED_ALL & ~RECORDED_OUTCOMES };
	struct metrics *live = &out->outcome[STEP_LIVE].metrics;
	struct recorded_check check;

	out->seed = r->seed;
	out->stages = log->stages;
	out->strange = live_log_strange(log);
	if (simulate_plainly(r, log, out))
		return -1;
	for (int s = STEP_S1; s <= STEP_S3; s++)
		if (recorded_run(r, log, given[s], &out->outcome[s].metrics, NULL))
			return -1;
	if (recorded_repeat(r, log, live, &check))
		return -1;
	if (check.differs)
		out->unrepeated = recorded_difference(&check, r->workload);
	live->energy_j = energy_j;
	live->energy_per_request_j = energy_j / (double)live->requests;
	for (int s = 0; s < STEPS; s++)
		complete(&out->outcome[s], r->workload);
	return 0;
}

void validate_run_fini(struct validate_run *v)
{
	free(v->unrepeated);
	free(v->differing);
}

/* ---- All runs ------------------------------------------------------------------------- */

void validation_init(struct validation *v)
{
	*v = (struct validation){ 0 };
	for (int i = 0; i < VALIDATE_METRICS; i++)
		v->limit[i] = validate_metrics[i].limit;
}

void validation_fini(struct validation *v)
{
	for (int i = 0; i < v->groups; i++) {
		for (int k = 0; k < v->group[i].runs; k++)
			validate_run_fini(&v->group[i].run[k]);
		free(v->group[i].run);
		free(v->group[i].policy);
		free(v->group[i].workload);
	}
	free(v->group);
}

int validation_set_limit(struct validation *v, const char *text)
{
	const char *equals = strchr(text, '=');
	size_t n = equals ? (size_t)(equals - text) : strlen(text);
	double x;

	for (int i = 0; i < VALIDATE_METRICS; i++) {
		const char *name = validate_metrics[i].column;
		if (strlen(name) != n || strncmp(name, text, n))
			continue;
		if (!equals || num_real(equals + 1, &x) || !(x >= 0))
			return msg_bad("validate: --limit %s: a number of at "
				"least 0", text);
		v->limit[i] = x;
		return 0;
	}
	return msg_bad("validate: --limit %s: none of miss_ratio, accuracy, "
		"response_p50_ns, response_p99_ns, energy_per_request_j", text);
}

static struct validate_group *find_group(struct validation *v,
	const char *policy, const struct workload *w)
{
	struct validate_group *g;
	double mandatory;

	for (int i = 0; i < v->groups; i++) {
		g = &v->group[i];
		if (!strcmp(g->policy, policy) && !strcmp(g->workload, w->resolved))
			return g;
	}
	MEM_ROOM(v->group, v->groups, v->room);
	g = &v->group[v->groups++];
	*g = (struct validate_group){ .policy = mem_string(policy),
		.workload = mem_string(w->resolved), .requests = w->requests,
		.decision_ns = w->overhead == OVERHEAD_FIXED ? w->decision_ns
			: -1 };
	workload_load(w, &g->load, &mandatory);
	return g;
}

struct validate_run *validation_run(struct validation *v, const char *policy,
	const struct workload *w)
{
	struct validate_group *g = find_group(v, policy, w);

	MEM_ROOM(g->run, g->runs, g->room);
	g->run[g->runs] = (struct validate_run){ 0 };
	return &g->run[g->runs++];
}

/* Stable: insertion. */
void validation_sort(struct validation *v)
{
	for (int i = 1; i < v->groups; i++) {
		struct validate_group g = v->group[i];
		int k = i;
		for (; k > 0 && v->group[k - 1].load > g.load; k--)
			v->group[k] = v->group[k - 1];
		v->group[k] = g;
	}
}

/* ---- Lines ------------------------------------------------------------------------------ */

void validation_line(const struct validation *v, const struct validate_group *g,
	int metric, struct validate_line *out)
{
	const struct validate_metric *m = &validate_metrics[metric];
	const struct column *c = outcome_column(m->column);
	size_t n = (size_t)g->runs;
	double *x[STEPS], scale;
	struct comparison d;

	*out = (struct validate_line){ .half = NAN };
	for (int s = 0; s < STEPS; s++) {
		x[s] = mem_new(n, sizeof(double));
		for (int r = 0; r < g->runs; r++)
			x[s][r] = outcome_get(&g->run[r].outcome[s], c);
	}
	d = stats_compare(x[STEP_LIVE], x[STEP_S0], g->runs, 1, BETTER_NEITHER);
	out->n = d.n;
	if (d.n) {
		out->simulated = stats_mean(x[STEP_S0], g->runs);
		out->live = stats_mean(x[STEP_LIVE], g->runs);
		scale = m->relative ? out->simulated : 1;
		out->deviation = d.mean / scale;
		out->half = d.half / scale;
		for (int p = 0; p < PARTS; p++)
			out->part[p] = stats_compare(x[p + 1], x[p], g->runs, 1,
				BETTER_NEITHER).mean / scale;
		out->within = fabs(out->deviation) <= v->limit[metric];
	}
	for (int s = 0; s < STEPS; s++)
		free(x[s]);
}

int validate_group_is_empty(const struct validate_group *g)
{
	int64_t stages = 0;

	for (int r = 0; r < g->runs; r++)
		stages += g->run[r].stages;
	return stages * 10 < g->requests * g->runs;
}

int validation_holds(const struct validation *v)
{
	struct validate_line l;

	for (int i = 0; i < v->groups; i++) {
		if (validate_group_is_empty(&v->group[i]))
			return 0;
		for (int r = 0; r < v->group[i].runs; r++)
			if (v->group[i].run[r].unrepeated)
				return 0;
		for (int m = 0; m < VALIDATE_METRICS; m++) {
			validation_line(v, &v->group[i], m, &l);
			if (l.n && !l.within)
				return 0;
		}
	}
	return 1;
}
