/* Every registered policy through random scenarios: what must hold whatever
 * it decides. A policy added to the registry is tested here without a word. */
#include "support_program.h"
#include "support_random.h"

#include "../sim/bounds.h"
#include "../sim/msg.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct audit {
	const struct scenario *s;
	const struct policy *policy;
	uint64_t hash;
	int64_t now_ns, requests, counted[3][BUNDLE_MAX_DEPTH];
	int64_t free_at[8];         /* by device: end of its last stage */
	double energy_j;
	char fault[160];
};

static void mix(struct audit *a, int64_t x)
{
	a->hash = (a->hash ^ (uint64_t)x) * 1099511628211u;
}

static void on_request(void *context, const struct request_record *r)
{
	struct audit *a = context;
	const int64_t words[] = { r->number, r->release_ns, r->deadline_ns,
		r->start_ns, r->leave_ns, r->client, r->input, r->net,
		r->setting, r->depth, r->correct, r->missed };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		mix(a, words[i]);
	a->requests++;
	if (r->leave_ns < r->release_ns || r->leave_ns > r->deadline_ns)
		snprintf(a->fault, sizeof a->fault, "request %lld left at %lld",
			(long long)r->number, (long long)r->leave_ns);
	if (r->missed && r->correct)
		snprintf(a->fault, sizeof a->fault, "a miss that is right");
}

static void on_stage(void *context, const struct stage_record *g)
{
	struct audit *a = context;
	const struct workload *w = &a->s->w;
	const struct cell *c = bundle_cell(w->bundle, w->net[g->net],
		w->setting[g->setting], g->environment);
	int64_t lasts = c->duration_ns[g->sample
		* w->bundle->net[w->net[g->net]].depths + g->depth - 1];

	mix(a, g->start_ns);
	mix(a, g->device);
	if (g->end_ns - g->start_ns != lasts)
		snprintf(a->fault, sizeof a->fault, "a stage of %lld ns, the "
			"trace has %lld", (long long)(g->end_ns - g->start_ns),
			(long long)lasts);
	if (g->start_ns < a->free_at[g->device])
		snprintf(a->fault, sizeof a->fault, "two stages on device %d",
			g->device);
	if (g->start_ns != g->decided_ns + w->decision_ns)
		snprintf(a->fault, sizeof a->fault, "a stage begins late");
	a->free_at[g->device] = g->end_ns;
}

static void on_decision(void *context, int64_t now, const struct view *v,
	const struct decision *d)
{
	struct audit *a = context;

	if (now < a->now_ns || v->now_ns != now)
		snprintf(a->fault, sizeof a->fault, "the clock went back");
	a->now_ns = now;
	if (v->edf[v->lives].deadline_ns != TIME_NEVER)
		snprintf(a->fault, sizeof a->fault, "the order has no end");
	for (int i = 1; i < v->lives; i++) {
		const struct edf_entry *x = &v->edf[i - 1], *y = &v->edf[i];
		if (v->req[v->live[i - 1]].number >= v->req[v->live[i]].number
		    || x->deadline_ns > y->deadline_ns
		    || (x->deadline_ns == y->deadline_ns
			&& v->req[x->slot].number >= v->req[y->slot].number))
			snprintf(a->fault, sizeof a->fault, "the order is wrong");
	}
	if (d->kind != DECIDE_WAIT || !a->policy->work_conserving)
		return;
	for (int i = 0; i < v->lives; i++) {
		const struct request *r = &v->req[v->live[i]];
		const struct profile_cell *c = profile_cell(v->profile,
			r->net < 0 ? 0 : r->net, r->setting < 0 ? 0 : r->setting);
		if (r->device < 0 && now + v->decision_ns + c->p99_ns[r->depth]
		    <= r->deadline_ns)
			snprintf(a->fault, sizeof a->fault, "waits at %lld "
				"though request %lld could run", (long long)now,
				(long long)r->number);
	}
}

static void run_once(const struct scenario *s, const struct choice *c,
	uint32_t seed, struct audit *a, struct metrics *m)
{
	struct sink sink = { a, on_request, on_stage, on_decision };
	struct run r = { .workload = &s->w, .choice = c, .seed = seed,
		.sink = &sink };

	*a = (struct audit){ .s = s, .policy = c->policy, .hash = 14695981039346656037u };
	msg_capture(1);
	ck_assert_msg(engine_run(&r, m) == 0, "%s, scenario %u: %s",
		c->text, seed, msg_captured());
	msg_capture(0);
	ck_assert_msg(!a->fault[0], "%s, scenario %u: %s", c->text, seed, a->fault);
}

static void check_books(const struct scenario *s, const struct choice *c,
	uint32_t seed, const struct metrics *m)
{
	const struct workload *w = &s->w;

	ck_assert_msg(m->requests == w->requests && m->released == m->left
		&& m->released == w->requests + w->warmup
		&& m->answered + m->missed == m->requests
		&& m->correct <= m->answered, "%s, scenario %u: requests lost",
		c->text, seed);
	ck_assert_msg(m->busy_ns + m->idle_ns == m->measured_ns * w->devices,
		"%s, scenario %u: time lost", c->text, seed);
	ck_assert(m->present_integral_ns == m->response_sum_ns);
	ck_assert(m->energy_j > 0 && m->corrections == 0);
}

static void check_bounds(const struct scenario *s, const struct choice *c,
	uint32_t seed, const struct metrics *m)
{
	double confidence = 0;
	struct bounds b;

	if (s->w.process == PROCESS_CLOSED && s->w.reissue == REISSUE_RESPONSE)
		return;
	ck_assert_int_eq(bounds_compute(&s->w, seed, &b), 0);
	ck_assert_msg(m->accuracy <= b.accuracy.mean,
		"%s, scenario %u: accuracy %g above the bound %g", c->text, seed,
		m->accuracy, b.accuracy.mean);
	if (m->answered)
		confidence = m->mean_confidence * (double)m->answered
			/ (double)m->requests;
	ck_assert_msg(confidence <= b.confidence.mean,
		"%s, scenario %u: confidence %g above the bound %g", c->text,
		seed, confidence, b.confidence.mean);
	ck_assert_msg(m->missed >= b.misses, "%s, scenario %u: %lld misses, at "
		"least %lld proved", c->text, seed, (long long)m->missed,
		(long long)b.misses);
}

static bool same(double a, double b)
{
	return (a <= b && a >= b) || (isnan(a) && isnan(b));
}

static bool same_books(const struct metrics *p, const struct metrics *q)
{
	return p->requests == q->requests && p->missed == q->missed
		&& p->correct == q->correct && p->stages == q->stages
		&& p->decisions == q->decisions && p->busy_ns == q->busy_ns
		&& p->idle_ns == q->idle_ns && p->measured_ns == q->measured_ns
		&& p->response_p50_ns == q->response_p50_ns
		&& p->response_p99_ns == q->response_p99_ns
		&& p->present_integral_ns == q->present_integral_ns
		&& p->response_sum_ns == q->response_sum_ns
		&& p->run_end_ns == q->run_end_ns
		&& same(p->mean_depth, q->mean_depth)
		&& same(p->mean_confidence, q->mean_confidence)
		&& same(p->energy_j, q->energy_j);
}

/* Where nobody listens and no goal is judged, the engine may run a loop of its
 * own, which keeps less; and for some policies one in which they are compiled,
 * but not for an equal one that it does not know. What they say must be the
 * same. */
static void check_plain(const struct scenario *s, const struct choice *c,
	uint32_t seed)
{
	static const struct sink deaf;
	struct workload w = s->w;
	struct policy stranger = *c->policy;
	struct choice other = *c;
	struct run r = { .workload = &w, .choice = c, .seed = seed };
	struct metrics p, q;

	if (!c->policy->needs_goal)
		w.goal.objective = OBJECTIVE_NONE;
	other.policy = &stranger;
	ck_assert_int_eq(engine_run(&r, &p), 0);
	r.choice = &other;
	ck_assert_int_eq(engine_run(&r, &q), 0);
	ck_assert_msg(same_books(&p, &q), "%s, scenario %u: differs when "
		"the engine does not know it", c->text, seed);
	r.sink = &deaf;
	ck_assert_int_eq(engine_run(&r, &q), 0);
	ck_assert_msg(same_books(&p, &q), "%s, scenario %u: differs when "
		"nobody listens", c->text, seed);
}

/* Loop index: the policy. */
START_TEST(every_policy_keeps_the_rules)
{
	const struct policy *p = policy_table[_i];
	struct choice c = { .text = (char *)p->name, .policy = p };
	uint32_t scenarios = (uint32_t)test_cases(60, 3);

	for (int i = 0; p->params && p->params[i].name; i++)
		c.args[i] = p->params[i].def;
	for (uint32_t seed = 1; seed <= scenarios; seed++) {
		struct scenario s;
		struct audit once, twice;
		struct metrics m, again;

		scenario_init(&s, seed);
		run_once(&s, &c, seed, &once, &m);
		run_once(&s, &c, seed, &twice, &again);
		ck_assert_msg(once.hash == twice.hash && once.requests
			== s.w.requests + s.w.warmup, "%s, scenario %u: "
			"differs when run again", c.text, seed);
		check_books(&s, &c, seed, &m);
		check_plain(&s, &c, seed);
		check_bounds(&s, &c, seed, &m);
		scenario_fini(&s);
	}
}
END_TEST

Suite *test_conformance(void);
Suite *test_conformance(void)
{
	Suite *s = suite_create("conformance");
	TCase *t = tcase_create("conformance");
	int policies = 0;

	while (policy_table[policies])
		policies++;
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, every_policy_keeps_the_rules, 0, policies);
	suite_add_tcase(s, t);
	return s;
}
