/* Depth, network and setting planned together, for many requests at once. */
#include "chooser.h"
#include "course.h"
#include "estimate.h"
#include "frontier.h"
#include "stretch.h"

#include <math.h>

static const char manual[] =
"Idea: do what gains most expected accuracy per time, and let everything else\n"
"follow. For each request the gain of going deeper is read from the profile: how\n"
"often inputs with this confidence at this exit are right at that one (which is\n"
"not what the exit claims). A request that has not begun may take any network at\n"
"any setting, staged ones with stopping by confidence in mind. All steps of all\n"
"requests compete by gain per time; what fits before the deadlines in deadline\n"
"order is planned, answers before improvements, and the planned request of\n"
"earliest deadline runs.\n"
"  Objective: the sum of expected accuracies, less a price of energy. Two prices\n"
"are learned. Of time: steps that gain less per ns than the price are not\n"
"planned, since requests still to come will use the time better. It rises when\n"
"a request leaves with a better step undone, falls when the device idles or does\n"
"worse ones, so demand meets capacity (a subgradient of the dual). Of energy:\n"
"with a [goal] it rises while the mean energy is above energy_j, or the mean\n"
"expected accuracy above the goal, and falls otherwise.\n"
"  Slowdown: every stage's time updates an estimate of duration = factor x\n"
"profile + added, since a co-runner that takes time slices adds a constant.\n"
"  While requests come one at a time, with a [goal], each is treated as by ALERT\n"
"with that estimate: chosen once, then finished at its stop. The goal then holds\n"
"for each input; else for the mean over requests, idle energy shared by all.\n"
"Source: ours; it joins the planning of Yao et al. (RTCSA 2020) and the choice\n"
"of configuration of Wan et al. (ATC 2020).\n"
"Requests are answered when nothing is left to gain, or at their deadlines.\n"
"Cost of a pick: O(n log n) for n live requests, a few us at 20; now and then,\n"
"when the slowdown or a price has changed, below 0.2 ms for the frontier.\n";

enum { KAPPA, RESERVE, GOAL_GAIN };
static const struct param params[] = {
	{ .name = "kappa", .def = 0.1, .min = 0, .max = 10,
	  .help = "how fast the price of time moves: log change per full pass" },
	{ .name = "reserve", .def = 0.5, .min = 0, .max = 1,
	  .help = "share of the expected mandatory load to leave room for" },
	{ .name = "goal_gain", .def = 0.1, .min = 0, .max = 10,
	  .help = "how fast the price of energy moves: log change, in percent, "
	          "per request that is off by 1 % of energy or 0.01 of accuracy" },
	{ .name = NULL }
};

enum { MOST_STEPS = 12 };
#define CROWDED 0.2          /* share of releases from which requests are no
                              * longer thought to come one at a time */

/* Going deeper, from the profile: what is between two corners of the hull. */
struct step { double gain; int32_t depth; };

/* A request's own bytes. */
struct mind {
	int32_t net, setting;
	int32_t stop;        /* chosen as by ALERT; 0: not */
	int32_t steps;
	double expected;     /* accuracy of its answer so far */
	struct step step[MOST_STEPS];
};

struct joint {
	struct stretch stretch;
	struct frontier frontier;
	struct chooser *chooser;
	struct rung *rung;   /* scratch: room for rungs of `rungs` requests */
	int32_t *slot;
	int rungs;
	struct arena *arena;
	double kappa, reserve, goal_gain;
	double price;        /* of time, accuracy per ns */
	double pass_ns;      /* full pass of the reference network */
	int64_t idle_since;  /* -1: not idle */
	int64_t stuck_since; /* nothing seems to fit; -1: not so */
	int64_t busy_until;  /* end of the last stage */
	int64_t last_release;
	double gap_ns;       /* between releases, smoothed; 0: unknown */
	double crowd;        /* share of releases that met others, smoothed */
	/* Goals. */
	double energy_price; /* accuracy per joule */
	double least_price, most_price;
	double spent_j;      /* since the last request left */
	int64_t spent_until; /* idle energy is counted up to here */
	struct option_table table; /* for a request that is alone */
	double *time_ns;     /* its options', scratch */
	int32_t version;     /* of the stretch, for which they were set */
	struct aim aim, alone;
	struct option_hints hints;
};

/* ---- Beginning ------------------------------------------------------------------- */

static int init(void *state, struct arena *a, const struct view *v,
	const double *args)
{
	struct joint *s = state;
	const struct profile *p = v->profile;
	double pass = p->cell[0].pass_mean_ns;

	*s = (struct joint){ .arena = a, .kappa = args[KAPPA],
		.reserve = args[RESERVE], .goal_gain = args[GOAL_GAIN],
		.price = 1e-12, .pass_ns = pass, .idle_since = -1,
		.stuck_since = -1,
		.last_release = -1, .chooser = chooser_new(a) };
	stretch_init(&s->stretch, a, p);
	frontier_init(&s->frontier, a, (double)v->decision_ns);
	if (v->goal->objective == OBJECTIVE_NONE || !p->has_energy)
		return 0;
	options_init(&s->table, a, p, OPTIONS_ALL);
	s->time_ns = arena_new(a, (size_t)s->table.n, sizeof *s->time_ns);
	s->aim = (struct aim){ .objective = v->goal->objective, .eps = 1e-4,
		.accuracy = v->goal->accuracy, .energy_j = v->goal->energy_j };
	/* The energy goal is to hold for 19 inputs of 20 (1 % over counts as
	 * met), not just on average as in ALERT. */
	s->alone = s->aim;
	s->alone.energy_j *= 1.01;
	s->alone.probability_z = 1.6448536269514722;
	/* A pass of the reference network may cost between next to nothing
	 * and many times all accuracy there is. */
	s->most_price = 30 / (1e-9 * pass * p->cell[0].power_w[0]);
	s->least_price = 1e-6 * s->most_price;
	s->energy_price = 1e-4 * s->most_price;
	return 0;
}

/* ---- Prices ------------------------------------------------------------------------ */

/* time > 0: more was wanted than there was; < 0: there was time left over. */
static void move_price(struct joint *s, double time_ns)
{
	s->price *= exp(fmax(-1, fmin(1, s->kappa * time_ns / s->pass_ns)));
	s->price = fmax(1e-15, fmin(1, s->price));
}

static void end_idle(struct joint *s, const struct view *v)
{
	if (s->idle_since >= 0)
		move_price(s, (double)(s->idle_since - v->now_ns));
	s->idle_since = -1;
}

static double nominal(const struct view *v, const struct request *r)
{
	const struct profile_net *n = r->net < 0 ? NULL : &v->profile->net[r->net];

	return n && r->depth >= n->mandatory ? n->accuracy[r->depth - 1]
		: 1.0 / v->profile->classes;
}

/* Idle devices draw power all the time; stages are counted as they end. */
static void count_idle(struct joint *s, const struct view *v)
{
	double idle = 0;

	for (int d = 0; d < v->devices; d++)
		idle += v->profile->idle_power_w[v->device[d].setting];
	s->spent_j += idle * 1e-9 * (double)(v->now_ns - s->spent_until);
	s->spent_until = v->now_ns;
}

static void move_energy_price(struct joint *s, const struct view *v,
	double accuracy)
{
	double off;

	count_idle(s, v);
	off = s->aim.objective == OBJECTIVE_ACCURACY
		? 100 * (s->spent_j / s->aim.energy_j - 1)
		: 100 * (accuracy - s->aim.accuracy);
	s->spent_j = 0;
	s->energy_price *= exp(fmax(-0.5, fmin(0.5, 0.01 * s->goal_gain * off)));
	s->energy_price = fmax(s->least_price, fmin(s->most_price,
		s->energy_price));
}

/* Below this the goal does not bind. */
static double price_per_j(const struct joint *s)
{
	return s->energy_price > 2 * s->least_price ? s->energy_price : 0;
}

/* ---- Steps --------------------------------------------------------------------------- */

/* What deeper exits would gain this request, as the hull of (time, accuracy). */
static void find_steps(const struct joint *s, const struct view *v, int slot)
{
	struct mind *m = view_memory(v, slot);
	const struct request *r = &v->req[slot];
	const struct profile_net *n = &v->profile->net[r->net];
	const struct curve *truth = &n->correct_at[(r->depth - 1) * n->depths];
	double seen = view_confidence(v, slot, r->depth), time = 0;
	struct corner { double time, value; int32_t depth; }
		corner[BUNDLE_MAX_DEPTH + 1];
	int k = 0;

	for (int l = r->depth; l <= n->depths; l++) {
		double value = 0;

		if (l > r->depth)
			time += stretch_ns(&s->stretch, r->net, m->setting, l);
		if (l > r->depth && l < n->mandatory)
			continue;
		if (l >= n->mandatory)
			value = curve_at(&truth[l - 1], seen);
		if (l == r->depth)
			m->expected = value;
		if (k && value <= corner[k - 1].value)
			continue;
		while (k > 1) {
			struct corner *a = &corner[k - 2], *b = &corner[k - 1];

			if ((b->value - a->value) * (time - b->time)
			    > (value - b->value) * (b->time - a->time))
				break;
			k--;
		}
		corner[k++] = (struct corner){ time, value, l };
	}
	m->steps = k - 1 < MOST_STEPS ? k - 1 : MOST_STEPS;
	for (int i = 0; i < m->steps; i++)
		m->step[i] = (struct step){ corner[i + 1].value
			- corner[i].value, corner[i + 1].depth };
}

static bool begun(const struct view *v, int slot)
{
	return v->req[slot].start_ns >= 0;
}

/* The ladder of one that has begun, at present prices; its length. */
static int make_rungs(const struct joint *s, const struct view *v, int slot,
	struct rung *rung)
{
	const struct mind *m = view_memory(v, slot);
	const struct profile_cell *c = profile_cell(v->profile, m->net, m->setting);
	double price = price_per_j(s) * 1e-9;

	for (int i = 0, depth = v->req[slot].depth; i < m->steps; i++) {
		double time = 0, cost = 0;

		while (depth < m->step[i].depth) {
			double lasts = stretch_ns(&s->stretch, m->net,
				m->setting, ++depth);

			time += lasts + (double)v->decision_ns;
			if (price > 0)
				cost += price * lasts * (c->power_w[depth - 1]
					- v->profile->idle_power_w[m->setting]);
		}
		rung[i] = (struct rung){ time, (m->step[i].gain - cost) / time };
	}
	return m->steps;
}

/* How much longer than expected its next stage may well take: a high quantile,
 * as profiled or as the world now is. */
static double risk_ns(const struct joint *s, const struct view *v, int slot)
{
	const struct request *r = &v->req[slot];
	const struct mind *m = view_memory(v, slot);
	bool b = begun(v, slot);
	int net = b ? m->net : s->frontier.point[0].net;
	int setting = b ? m->setting : s->frontier.point[0].setting;
	const struct profile_cell *c = profile_cell(v->profile, net, setting);
	int depth = r->depth + 1;

	return fmax((double)c->p99_ns[depth - 1] - c->mean_ns[depth - 1],
		2.3 * stretch_deviation_ns(&s->stretch, net, setting, depth));
}

/* ---- Planning -------------------------------------------------------------------------- */

static int plan(struct joint *s, const struct view *v)
{
	struct chooser_task *t = chooser_tasks(s->chooser, v->lives);
	double load, keep;
	int n = 0;

	if (v->lives > s->rungs) {
		s->rungs = 2 * v->lives;
		s->rung = arena_new(s->arena, (size_t)s->rungs * MOST_STEPS,
			sizeof *s->rung);
		s->slot = arena_new(s->arena, (size_t)s->rungs, sizeof *s->slot);
	}
	frontier_update(&s->frontier, &s->stretch, price_per_j(s));
	/* Requests still to come will want their first answers. */
	load = s->gap_ns > 0 ? s->frontier.point[0].time_ns
		/ (s->gap_ns * v->devices) : 0;
	keep = 1 - s->reserve * fmin(load, 1);
	for (int i = 0; i < v->lives; i++) {
		int slot = v->edf[i].slot;
		struct rung *own = s->rung + n * MOST_STEPS;
		double left = (double)(v->edf[i].deadline_ns - v->now_ns), risk;

		if (!view_waiting(v, slot))
			continue;
		if (begun(v, slot))
			t[n] = (struct chooser_task){ .rung = own,
				.rungs = make_rungs(s, v, slot, own) };
		else
			t[n] = (struct chooser_task){ .rung = s->frontier.rung,
				.rungs = s->frontier.n };
		if (!t[n].rungs)
			continue;
		risk = risk_ns(s, v, slot);
		t[n].alone_ns = left - risk;
		t[n].slack_ns = keep * left * v->devices - risk;
		if (t[n].rung[0].time_ns > t[n].alone_ns) {
			/* It can no longer be served: it wants nothing and is
			 * in nobody's way. */
			t[n].slack_ns = INFINITY;
			t[n].rungs = 0;
		}
		t[n].must = v->req[slot].depth < (begun(v, slot)
			? v->profile->net[v->req[slot].net].mandatory : 1);
		s->slot[n++] = slot;
	}
	chooser_take(s->chooser, n, s->price);
	return n;
}

static struct decision run(struct joint *s, const struct view *v, int slot,
	int rungs)
{
	struct mind *m = view_memory(v, slot);

	if (!begun(v, slot)) {
		const struct frontier_point *p = &s->frontier.point[rungs - 1];

		m->net = p->net;
		m->setting = p->setting;
	}
	s->stuck_since = -1;
	return decide_run(slot, m->net, m->setting);
}

/* Nothing that anybody would miss is left to do for it. */
static int answered(const struct view *v)
{
	for (int i = 0; i < v->lives; i++) {
		int slot = v->live[i];
		const struct mind *m = view_memory(v, slot);

		if (view_waiting(v, slot) && begun(v, slot) && !m->steps
		    && v->req[slot].depth >= v->profile->net[m->net].mandatory)
			return slot;
	}
	return -1;
}

/* If nothing seems to fit, the world may have become better unseen: once that
 * has lasted as long as the most hopeful stage is thought to take, it is tried.
 * So no more than half of the time is lost to hopeless stages, and none to a
 * belief that is never put to the test. */
static struct decision stuck(struct joint *s, const struct view *v, int n)
{
	const struct chooser_task *t = chooser_tasks(s->chooser, n);
	int64_t until;
	int best = 0;

	if (!n) {
		s->stuck_since = -1;
		return decide_wait(TIME_NEVER);
	}
	for (int i = 1; i < n; i++)
		if (t[i].alone_ns - t[i].rung[0].time_ns
		    > t[best].alone_ns - t[best].rung[0].time_ns)
			best = i;
	if (s->stuck_since < 0)
		s->stuck_since = v->now_ns;
	until = s->stuck_since + (int64_t)t[best].rung[0].time_ns;
	if (v->now_ns < until)
		return decide_wait(until);
	return run(s, v, s->slot[best], 1);
}

static struct decision plan_and_pick(struct joint *s, const struct view *v)
{
	const struct chooser_task *t;
	struct decision d;
	int done = answered(v), n, spare;

	if (done >= 0)
		return decide_finish(done);
	n = plan(s, v);
	t = chooser_tasks(s->chooser, n);
	for (int i = 0; i < n; i++)
		if (t[i].taken)
			return run(s, v, s->slot[i], t[i].taken);
	spare = chooser_spare(s->chooser, n);
	if (spare >= 0) {
		move_price(s, -t[spare].rung[0].time_ns);
		return run(s, v, s->slot[spare], 1);
	}
	d = stuck(s, v, n);
	if (d.kind == DECIDE_WAIT)
		s->idle_since = v->now_ns;
	return d;
}

/* ---- Alone -------------------------------------------------------------------------------- */

static struct decision as_alert(struct joint *s, const struct view *v, int slot)
{
	struct mind *m = view_memory(v, slot);
	const struct option *o;
	int best;
	bool met;
	struct belief b = {
		.mean = 1, .deviation = sqrt(s->stretch.spread),
		.goal_ns = course_goal_ns(v, slot),
		.idle = v->profile->idle_power_w[v->device[v->asking].setting],
	};

	if (s->version != s->stretch.version) {
		s->version = s->stretch.version;
		for (int k = 0; k < s->table.n; k++) {
			o = &s->table.option[k];
			s->time_ns[k] = 0;
			for (int d = 1; d <= o->stop; d++)
				s->time_ns[k] += stretch_ns(&s->stretch,
					o->net, o->setting, d);
		}
		options_set_times(&s->table, s->time_ns);
	}
	best = options_select(&s->table, &b, &s->alone, &s->hints, &met);
	o = &s->table.option[best];
	/* One that cannot be answered in time would only delay the next; but
	 * once in a while the world is put to the test, as in stuck(). */
	if (option_accuracy(&s->table, &b, best) < s->table.fail + 1e-3
	    && (double)(v->now_ns - s->busy_until) < o->time_ns)
		return decide_drop(slot);
	m->net = o->net;
	m->setting = o->setting;
	m->stop = o->stop;
	return decide_run(slot, m->net, m->setting);
}

/* To its stop, unless the next stage seems to end too late to count. */
static struct decision go_on_alone(const struct joint *s, const struct view *v,
	int slot)
{
	const struct mind *m = view_memory(v, slot);
	const struct request *r = &v->req[slot];

	if (r->depth >= m->stop || (r->depth
	    >= v->profile->net[m->net].mandatory && stretch_ns(&s->stretch,
	    m->net, m->setting, r->depth + 1) > (double)(r->deadline_ns
	    - v->now_ns - v->decision_ns)))
		return decide_finish(slot);
	return decide_run(slot, m->net, m->setting);
}

static struct decision pick(void *state, const struct view *v)
{
	struct joint *s = state;

	end_idle(s, v);
	if (v->lives == 1 && s->table.n && s->crowd < CROWDED
	    && view_waiting(v, v->live[0])) {
		int slot = v->live[0];
		const struct mind *m = view_memory(v, slot);

		if (!begun(v, slot))
			return as_alert(s, v, slot);
		if (m->stop)
			return go_on_alone(s, v, slot);
	}
	return plan_and_pick(s, v);
}

/* ---- What happens ----------------------------------------------------------------------------- */

static void on_release(void *state, const struct view *v, int slot)
{
	struct joint *s = state;
	double gap = (double)(v->now_ns - s->last_release);

	(void)slot;
	s->crowd += 0.05 * ((v->lives > 1) - s->crowd);
	if (s->last_release >= 0)
		s->gap_ns = s->gap_ns > 0 ? 0.98 * s->gap_ns + 0.02 * gap : gap;
	s->last_release = v->now_ns;
}

static void on_stage_done(void *state, const struct view *v, int slot,
	int64_t duration_ns)
{
	struct joint *s = state;
	const struct request *r = &v->req[slot];
	const struct mind *m = view_memory(v, slot);
	const struct profile_cell *c = profile_cell(v->profile, m->net, m->setting);
	int depth = r->gone ? r->depth + 1 : r->depth;

	s->busy_until = v->now_ns;
	stretch_update(&s->stretch, m->net, m->setting, depth,
		(double)duration_ns);
	if (s->table.n)
		s->spent_j += (c->power_w[depth - 1] - v->profile->idle_power_w
			[m->setting]) * 1e-9 * (double)duration_ns;
	if (!r->gone)
		find_steps(s, v, slot);
}

static void on_leave(void *state, const struct view *v, int slot)
{
	struct joint *s = state;
	const struct request *r = &v->req[slot];
	const struct mind *m = view_memory(v, slot);
	struct rung own[MOST_STEPS], *next = own;
	int rungs = s->frontier.n;

	if (begun(v, slot))
		rungs = make_rungs(s, v, slot, own);
	else
		next = s->frontier.rung;
	if (r->device < 0 && !m->stop && rungs > 0 && next->rate >= s->price)
		move_price(s, next->time_ns);
	if (s->table.n)
		move_energy_price(s, v, r->net >= 0 && r->depth
			>= v->profile->net[r->net].mandatory && !m->stop
			? m->expected : nominal(v, r));
}

static void estimate(const void *state, double *mean, double *variance)
{
	const struct joint *s = state;
	const struct stretch *w = &s->stretch;

	/* Of a stage of typical length, added time included. */
	*mean = w->factor + w->added;
	*variance = w->spread;
}

const struct policy policy_joint = {
	.name = "joint",
	.summary = "depth, network and setting planned together, prices learned",
	.manual = manual,
	.params = params,
	.state_size = sizeof(struct joint),
	.request_size = sizeof(struct mind),
	.init = init,
	.pick = pick,
	.on_release = on_release,
	.on_stage_done = on_stage_done,
	.on_leave = on_leave,
	.estimate = estimate,
};
