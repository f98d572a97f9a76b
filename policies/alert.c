/* ALERT: network and setting chosen together, once per input. */
#include "course.h"
#include "estimate.h"
#include "filter.h"

#include "../sim/msg.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

static const char manual[] =
"Idea: one slowdown factor, measured time over profiled time, describes what\n"
"the world does to every network at every setting. A Kalman filter follows its\n"
"mean and variance, so one measurement says how likely each configuration is to\n"
"be in time. For each input the expected accuracy (what is late counts as a\n"
"random guess) and the energy of every network, setting and stop are worked out\n"
"and the best that meets the goal is run: least energy for an accuracy, or most\n"
"accuracy for an energy, as [goal] says. If none meets it, the most accurate.\n"
"Source: Wan et al., ALERT, USENIX ATC 2020, as reconstructed from its abstract\n"
"and memory in paper/spec/alert.md, which marks what is whose.\n"
"Departures, ours: each depth of a staged or nested network is an option to\n"
"stop at; ties and infeasible goals as in that document; idle power is filtered\n"
"itself instead of its ratio to the running power (`phi_mode=paper` for that).\n"
"Requests are taken in number order, one at a time per device, and a hopeless\n"
"one is run too.\n"
"`preset=paper` keeps the deviation above 0.316 for ever; `calibrated` takes the\n"
"noise from the profile. `mean_only=on` is ALERT*, which ignores the variance.\n"
"Cost of a decision: O(options) at worst; mostly a few of them are weighed, one\n"
"comparison telling of most settings that they are too slow or too dear.\n";

enum { PRESET, NO_LAG, PHI_MODE, EPS, FALLBACK, PRTH, BANK, WINDOW, CANDIDATES,
	MEAN_ONLY, P_GOAL, ALPHA, Q0, P0, K0, R, MU0, Y0, M0, S, V };
static const char *const preset_words[] = { "paper", "calibrated", NULL };
static const char *const off_on[] = { "off", "on", NULL };
static const char *const phi_words[] = { "abs", "paper", NULL };
static const char *const fallback_words[] = { "best_accuracy", "min_energy", NULL };
static const char *const candidate_words[] = { "all", "any", "trad", NULL };
static const struct param params[] = {
	{ .name = "preset", .words = preset_words,
	  .help = "constants of the slowdown filter: as recalled, or noise from "
	          "the profile" },
	{ .name = "no_lag", .words = off_on,
	  .help = "let a measurement enter the variance at once (ablation)" },
	{ .name = "phi_mode", .words = phi_words,
	  .help = "filter idle watts, or their ratio to running watts" },
	{ .name = "eps", .def = 1e-4, .min = 0, .max = 1,
	  .help = "accuracies this close are equal" },
	{ .name = "energy_fallback", .words = fallback_words,
	  .help = "objective accuracy, no option affordable: what to take" },
	{ .name = "prth", .def = 0, .min = 0, .max = 0.999999,
	  .help = "probability with which the goal must hold; 0: in expectation" },
	{ .name = "bank", .words = off_on,
	  .help = "carry unused energy over to later inputs" },
	{ .name = "acc_window", .def = 0, .min = 0, .max = 10000,
	  .help = "inputs over which the accuracy goal is averaged; 0: each one" },
	{ .name = "candidates", .words = candidate_words,
	  .help = "all networks, anytime ones only, traditional ones only" },
	{ .name = "mean_only", .words = off_on,
	  .help = "ignore the variance (ALERT*)" },
	{ .name = "p_goal_w", .def = NAN, .min = 0, .max = 1e6,
	  .help = "most watts a configuration may draw while it runs" },
#define CONSTANT(n, low, high, text) \
	{ .name = n, .def = NAN, .min = low, .max = high, .help = text }
	CONSTANT("alpha", 0, 1, "forgetting factor (0.3)"),
	CONSTANT("q0", 0, 1e6, "process noise at first and its floor, a variance (0.1)"),
	CONSTANT("p0", 0, 1e6, "variance of the slowdown at first (0.1)"),
	CONSTANT("k0", 0, 1, "gain at first (0.5)"),
	CONSTANT("r", 1e-12, 1e6, "measurement noise, a variance (0.001)"),
	CONSTANT("mu0", 0, 1e6, "slowdown at first (1)"),
	CONSTANT("y0", -1e6, 1e6, "innovation at first (0)"),
	CONSTANT("m0", 0, 1e6, "idle filter: variance at first (0.01)"),
	CONSTANT("s", 0, 1e6, "idle filter: process noise, a variance (0.0001)"),
	CONSTANT("v", 1e-12, 1e6, "idle filter: measurement noise, a variance (0.001)"),
	{ .name = NULL }
};

struct alert {
	struct option_table table;
	struct slowdown slowdown;
	struct level idle;
	struct aim aim;
	bool idle_is_ratio, mean_only, bank;
	struct option_hints hints;
	/* Goal adjustment. */
	double goal_accuracy, goal_energy_j, most_accurate;
	int64_t begun;
	double spent_j;      /* by the inputs measured so far */
	int window, recalled;/* deliveries looked back on, and how many there are */
	double *delivered, delivered_sum; /* ring */
	int64_t left;
};

static double idle_sample(const struct alert *a, const struct view *v,
	int net, int setting, int stop)
{
	double w = v->profile->idle_power_w[setting];

	return a->idle_is_ratio
		? w / course_power_w(v->profile, net, setting, stop) : w;
}

static struct slowdown_constants constants(const struct view *v,
	const double *args)
{
	struct slowdown_constants c = slowdown_preset(args[PRESET] != 0
		? SLOWDOWN_CALIBRATED : SLOWDOWN_PAPER, v->profile->pass_variance);
	const struct { int arg; double *to; } own[] = {
		{ ALPHA, &c.alpha }, { Q0, &c.q0 }, { P0, &c.p0 },
		{ K0, &c.k0 }, { R, &c.r }, { MU0, &c.mu0 }, { Y0, &c.y0 },
	};

	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (!isnan(args[own[i].arg]))
			*own[i].to = args[own[i].arg];
	c.no_lag = args[NO_LAG] != 0;
	return c;
}

static int init(void *state, struct arena *arena, const struct view *v,
	const double *args)
{
	struct alert *a = state;
	const struct profile *p = v->profile;
	struct slowdown_constants c = constants(v, args);
	struct level_constants l = level_paper;

	options_init(&a->table, arena, p, (enum option_kinds)args[CANDIDATES]);
	if (!a->table.n)
		return msg_bad("policy 'alert': candidates=%s: the workload "
			"lists no such network", candidate_words[(int)args[CANDIDATES]]);
	if (!isnan(args[P_GOAL]) && options_limit_power(&a->table, args[P_GOAL]))
		msg_remark("alert: every configuration draws more than %.9g W; "
			"those that draw least are used", args[P_GOAL]);
	for (int k = 0; k < a->table.n; k++)
		if (a->table.option[k].allowed)
			a->most_accurate = fmax(a->most_accurate,
				a->table.option[k].accuracy);

	a->idle_is_ratio = args[PHI_MODE] != 0;
	a->mean_only = args[MEAN_ONLY] != 0;
	a->bank = args[BANK] != 0;
	slowdown_init(&a->slowdown, &c);
	l.m0 = isnan(args[M0]) ? l.m0 : args[M0];
	l.s = isnan(args[S]) ? l.s : args[S];
	l.v = isnan(args[V]) ? l.v : args[V];
	level_init(&a->idle, &l, idle_sample(a, v, 0, 0, p->net[0].depths));

	a->goal_accuracy = v->goal->accuracy;
	a->goal_energy_j = v->goal->energy_j;
	a->aim = (struct aim){
		.objective = v->goal->objective, .eps = args[EPS],
		.least_energy = args[FALLBACK] != 0, .probability = args[PRTH],
		.probability_z = args[PRTH] > 0
			? gsl_cdf_ugaussian_Pinv(args[PRTH]) : 0,
	};
	a->window = args[WINDOW] >= 1 ? (int)args[WINDOW] - 1 : 0;
	a->delivered = arena_new(arena, (size_t)a->window, sizeof *a->delivered);
	return 0;
}

/* The goal of this input: what it was given, corrected for what the inputs
 * before it left over or used up. */
static void adjust_goal(struct alert *a)
{
	double n = (double)a->begun + 1;

	a->aim.accuracy = a->goal_accuracy;
	a->aim.energy_j = a->goal_energy_j;
	if (a->bank)
		a->aim.energy_j = fmin(fmax(n * a->goal_energy_j - a->spent_j,
			0.5 * a->goal_energy_j), 2 * a->goal_energy_j);
	if (a->window)
		a->aim.accuracy = fmin(fmax((a->recalled + 1) * a->goal_accuracy
			- a->delivered_sum, 0), a->most_accurate);
}

static struct decision pick(void *state, const struct view *v)
{
	struct alert *a = state;
	int slot = course_slot(v), best;
	const struct option *o;
	bool met;

	if (slot < 0)
		return decide_wait(TIME_NEVER);
	if (v->req[slot].start_ns >= 0)
		return course_go_on(v, slot);

	struct belief b = {
		.mean = a->slowdown.mean,
		.deviation = a->mean_only ? 0 : sqrt(a->slowdown.variance),
		.goal_ns = course_goal_ns(v, slot),
		.idle = a->idle.value, .idle_is_ratio = a->idle_is_ratio,
	};
	adjust_goal(a);
	best = options_select(&a->table, &b, &a->aim, &a->hints, &met);
	a->begun++;
	o = &a->table.option[best];
	return course_begin(v, slot, o->net, o->setting, o->stop);
}

static void measure(struct alert *a, const struct view *v, int slot)
{
	const struct course *c = view_memory(v, slot);

	slowdown_update(&a->slowdown, (double)c->busy_ns
		/ course_time_ns(v->profile, c->net, c->setting, c->ran));
	level_update(&a->idle, idle_sample(a, v, c->net, c->setting, c->stop));
	a->spent_j += course_energy_j(v, slot);
}

static void on_stage_done(void *state, const struct view *v, int slot,
	int64_t duration_ns)
{
	if (course_stage_done(v, slot, duration_ns))
		measure(state, v, slot);
}

static void on_leave(void *state, const struct view *v, int slot)
{
	struct alert *a = state;
	const struct request *r = &v->req[slot];
	double q = a->table.fail, *old;

	if (course_left(v, slot))
		measure(a, v, slot);
	if (!a->window)
		return;
	if (r->net >= 0 && r->depth >= v->profile->net[r->net].mandatory)
		q = v->profile->net[r->net].accuracy[r->depth - 1];
	old = &a->delivered[a->left++ % a->window];
	a->delivered_sum += q - *old;
	*old = q;
	if (a->recalled < a->window)
		a->recalled++;
}

static void estimate(const void *state, double *mean, double *variance)
{
	const struct alert *a = state;

	*mean = a->slowdown.mean;
	*variance = a->slowdown.variance;
}

const struct policy policy_alert = {
	.name = "alert",
	.summary = "network and setting chosen together from an estimated slowdown",
	.manual = manual,
	.params = params,
	.state_size = sizeof(struct alert),
	.request_size = sizeof(struct course),
	.needs_goal = true, .needs_energy = true,
	.init = init,
	.pick = pick,
	.on_stage_done = on_stage_done,
	.on_leave = on_leave,
	.estimate = estimate,
};
