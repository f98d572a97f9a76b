/* Bounds of whole runs: the instance that workload and seed give. */
#include "../sim/bounds.h"

#include "../sim/mem.h"
#include "../sim/msg.h"
#include "../sim/engine.h"
#include "../sim/policy.h"
#include "support_bundle.h"
#include "support_random.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static char *dir;

static void make_dir(void)
{
	dir = tiny_dir_new();
}

static void remove_dir(void)
{
	tiny_dir_remove(dir);
}

/* A workload on the bundle t, replaying `rows`; `more` sections follow. */
static struct workload *read_workload(const struct tiny *t, const char *networks,
	const char *settings, const char *rows, const char *more)
{
	char *trace = mem_printf("%s/t", dir), *text = mem_printf(
		"[workload]\ntrace = %s\nnetworks = %s\nsettings = %s\n"
		"[arrivals]\nprocess = replay\nfile = %s/rows.csv\n%s",
		trace, networks, settings, dir, more);
	char *csv = mem_printf("release_ns,relative_deadline_ns,input\n%s", rows);
	struct workload *w;

	tiny_write(t, trace);
	tiny_put(dir, "rows.csv", csv, strlen(csv));
	w = workload_parse("test", text, strlen(text), 0, NULL, 1);
	ck_assert_ptr_nonnull(w);
	free(csv);
	free(text);
	free(trace);
	return w;
}

/* One sample, so that all is known:
 *   request 0  [0, 250]    right from depth 2 (200) on
 *   request 1  [0, 100]    right at depth 1 (100)
 *   request 2  [50, 250]   wrong
 *   request 3  [1000, 1050] no depth fits
 * Of 0 and 1 both can be right only with 300 in 250. Of the first three all
 * can be answered in 250 if each gets 100: no. */
START_TEST(bounds_of_a_run_worked_out_by_hand)
{
	static const struct tiny_net net = { "a", NET_STAGED, 2,
		"0.5 0.9  0.75 0.5  0.25 0.25", "0 1  1 0  0 0", "100 100", NULL };
	struct tiny t = { .nets = 1, .net = &net, .inputs = 3 };
	struct workload *w = read_workload(&t, "a", "s",
		"0,250,0\n0,100,1\n50,200,2\n1000,50,0\n", "");
	struct bounds b;

	ck_assert_int_eq(bounds_compute(w, 1, &b), 0);
	ck_assert_int_eq(b.requests, 4);
	/* lp: 100 for request 1, then 150 of the 200 for request 0. */
	ck_assert_double_eq(b.accuracy.sum[BOUND_SOLO], 2);
	ck_assert_double_eq(b.accuracy.sum[BOUND_KNAPSACK], 2);
	ck_assert_double_eq(b.accuracy.sum[BOUND_LP], 1.75);
	ck_assert_double_eq(b.accuracy.sum[BOUND_PREEMPT], 1);
	ck_assert_double_eq(b.accuracy.sum[BOUND_EXACT], 1);
	ck_assert_int_eq(b.accuracy.kind, BOUND_EXACT);
	ck_assert_double_eq(b.accuracy.mean, 0.25);
	/* 0.75 + 0.5, against 0.75 + 0.25 and 0.9 alone. */
	ck_assert_double_eq(b.confidence.sum[BOUND_EXACT], 1.25);
	ck_assert_double_eq(b.answered.sum[BOUND_LP], 2.5);
	ck_assert_int_eq(b.misses, 2);
	workload_free(w);
}
END_TEST

START_TEST(warm_up_requests_are_left_out)
{
	static const struct tiny_net net = { "a", NET_STAGED, 2, NULL, NULL,
		"100 100", NULL };
	struct tiny t = { .nets = 1, .net = &net, .mandatory = 2 };
	struct workload *w = read_workload(&t, "a", "s",
		"0,50,0\n0,250,0\n10,240,0\n", "");
	struct bound_instance *in;

	w->warmup = 1;
	w->requests = 2;
	in = bounds_instance_new(w, 1);
	ck_assert_int_eq(in->requests, 2);
	ck_assert_int_eq(in->release_ns[0], 0);
	ck_assert_int_eq(in->deadline_ns[0], 250);
	ck_assert_int_eq(in->release_ns[1], 10);
	ck_assert_int_eq(in->first[2], 4);
	/* Depth 1 is below the mandatory depth. */
	ck_assert_int_eq(in->time_ns[2], 100);
	ck_assert_double_eq(in->accuracy[2], 0);
	ck_assert_double_eq(in->confidence[2], 0);
	ck_assert_double_eq(in->answered[2], 0);
	ck_assert_int_eq(in->time_ns[3], 200);
	ck_assert_double_eq(in->accuracy[3], 1);
	ck_assert_double_eq(in->confidence[3], 0.5);
	ck_assert_double_eq(in->answered[3], 1);
	bounds_instance_free(in);
	workload_free(w);
}
END_TEST

/* The stages from depth + 1 on in every way that a policy has: any setting for
 * each, the environment never going back, a draw whenever one of them is
 * another than for the stage before. least[l]: least time to depth l. */
struct walk {
	const struct workload *w;
	int net;
	const double *unit;         /* draws of the request, in order */
	int from, to;               /* changes in force while it lives */
	int64_t least[8];
};

static void walk_on(struct walk *k, int depth, int64_t time, int setting,
	int change, int64_t sample, int draws)
{
	const struct workload *w = k->w;
	int depths = w->bundle->net[w->net[k->net]].depths;

	if (time < k->least[depth])
		k->least[depth] = time;
	if (depth == depths)
		return;
	for (int s = 0; s < w->settings; s++) {
		for (int c = change; c <= k->to; c++) {
			const struct cell *cell = bundle_cell(w->bundle,
				w->net[k->net], w->setting[s],
				w->change[c].environment);
			int again = depth == 0 || s != setting
				|| w->change[c].environment
				!= w->change[change].environment;
			int64_t x = again ? (int64_t)(k->unit[draws]
				* cell->samples) : sample;

			walk_on(k, depth + 1, time + cell->duration_ns[
				x * depths + depth], s, c, x, draws + again);
		}
	}
}

/* With changes, times are not beaten; without, they are those of the first
 * draw. */
START_TEST(no_way_through_a_request_is_faster_than_its_instance)
{
	static const struct tiny_net nets[] = {
		{ "a", NET_STAGED, 3, NULL, NULL, NULL, NULL },
		{ "b", NET_NESTED, 2, NULL, NULL, NULL, NULL } };
	struct tiny_cell cells[] = {
		{ "a", "s", "default", "50 61 72  83 94 35  46 57 68" },
		{ "a", "s", "x", "40 91 12  73 24 75" },
		{ "a", "s", "y", "33 31 99" },
		{ "a", "r", "default", "90 20 30  21 92 33" },
		{ "a", "r", "x", "41 42 43  44 45 46  47 48 49  20 70 90" },
		{ "a", "r", "y", "88 77 11  12 76 87" },
		{ "b", "s", "default", "100 90  95 105  99 98  97 96" },
		{ "b", "s", "x", "10 95  94 20" },
		{ "b", "s", "y", "80 81  82 79  60 99" },
		{ "b", "r", "default", "85 60  61 84" },
		{ "b", "r", "x", "70 71  72 73" },
		{ "b", "r", "y", "50 99  98 51" },
	};
	struct tiny t = { .nets = 2, .net = nets, .settings = "s r",
		.environments = "x y", .cells = 12, .cell = cells };
	struct text rows;
	int alone = 0, met[4] = { 0 };

	text_init(&rows);
	for (int i = 0; i < 100; i++)
		text_add(&rows, "%d,%d,%d\n", i * 37, 30 + i * 53 % 400, i % 2);
	for (int both = 0; both < 2; both++) {
		struct workload *w = read_workload(&t, "b, a",
			both ? "s, r" : "s", rows.s, "[environment]\ntimeline = "
			"0 default, 800ns x, 1000ns default, 1111ns y, 1600ns y, "
			"1700ns x, 2000ns default\n");
		struct bound_instance *in = bounds_instance_new(w, 5);

		for (int64_t i = 0; i < 100; i++) {
			double unit[8];
			struct stream draws;
			struct walk k = { .w = w, .unit = unit };
			int64_t option = in->first[i];
			int same = 1;

			stream_open(&draws, 5, PURPOSE_TIMING, (uint64_t)i);
			for (int j = 0; j < 8; j++)
				unit[j] = stream_unit(&draws);
			for (int c = 0; c < w->changes; c++) {
				if (w->change[c].at <= in->release_ns[i])
					k.from = c;
				if (w->change[c].at < in->deadline_ns[i])
					k.to = c;
			}
			for (int c = k.from; c <= k.to; c++)
				same &= w->change[c].environment
					== w->change[k.from].environment;
			met[k.to - k.from > 3 ? 3 : k.to - k.from]++;
			for (k.net = 0; k.net < 2; k.net++) {
				int depths = k.net == 0 ? 2 : 3;

				for (int l = 0; l < 8; l++)
					k.least[l] = INT64_MAX;
				walk_on(&k, 0, 0, -1, k.from, -1, 0);
				for (int l = 1; l <= depths; l++, option++) {
					ck_assert_int_eq(in->depth[option], l);
					ck_assert_int_le(in->time_ns[option],
						k.least[l]);
					if (l > 1 && (!same || both))
						continue;
					/* The first stage is always exact. */
					ck_assert_int_eq(in->time_ns[option],
						k.least[l]);
					alone++;
				}
			}
			ck_assert_int_eq(option, in->first[i + 1]);
		}
		bounds_instance_free(in);
		workload_free(w);
		remove_dir();
		make_dir();
	}
	text_fini(&rows);
	ck_assert_int_gt(alone, 400);
	for (int c = 0; c < 3; c++)
		ck_assert_int_gt(met[c], 0);
}
END_TEST

START_TEST(a_percentage_changes_the_environment_at_that_release)
{
	static const struct tiny_net net = { "a", NET_SINGLE, 1, NULL, NULL,
		"100", NULL };
	struct tiny t = { .nets = 1, .net = &net, .environments = "x" };
	struct workload *w = read_workload(&t, "a", "s",
		"0,100,0\n100,500,0\n200,500,0\n300,500,0\n", "[environment]\n"
		"timeline = 0 x, 50% default\n");
	struct bound_instance *in = bounds_instance_new(w, 1);

	/* x takes 200. Request 0 is gone at 200, when the change comes. */
	ck_assert_int_eq(in->time_ns[0], 200);
	ck_assert_int_eq(in->time_ns[1], 100);
	ck_assert_int_eq(in->time_ns[2], 100);
	ck_assert_int_eq(in->time_ns[3], 100);
	bounds_instance_free(in);
	workload_free(w);
}
END_TEST

/* 20 clients on a staged network; deadlines from 2 T to max. */
static struct workload *read_closed(const char *reissue, const char *max,
	int requests)
{
	static const struct tiny_net net = { "a", NET_STAGED, 3,
		"0.6 0.7 0.8  0.9 0.8 0.99  0.5 0.5 0.4  0.3 0.9 0.7",
		"1 1 1  0 1 1  0 0 1  1 0 0",
		"80 79 81  90 85 70  81 82 83  99 79 78", NULL };
	struct tiny t = { .nets = 1, .net = &net, .inputs = 4 };
	char *trace = mem_printf("%s/%s", dir, max);
	char *text = mem_printf("[workload]\ntrace = %s\nnetworks = a\n"
		"requests = %d\nwarmup = 100\n[arrivals]\nprocess = closed\n"
		"clients = 20\nreissue = %s\n[deadline]\n"
		"distribution = uniform\nmin = 2T\nmax = %s\n",
		trace, requests, reissue, max);
	struct workload *w;

	tiny_write(&t, trace);
	w = workload_parse("test", text, strlen(text), 0, NULL, 1);
	ck_assert_ptr_nonnull(w);
	free(text);
	free(trace);
	return w;
}

START_TEST(releases_that_depend_on_the_policy_are_refused)
{
	struct workload *w = read_closed("response", "22T", 100);
	struct bounds b;

	msg_capture(1);
	ck_assert_int_eq(bounds_compute(w, 1, &b), -1);
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	ck_assert_ptr_nonnull(strstr(msg_captured(), "reissue = response"));
	msg_capture(0);
	workload_free(w);
}
END_TEST

/* A policy that reaches a bound may add up in another order. */
START_TEST(rounding_is_no_regret)
{
	static const struct tiny_net net = { "a", NET_SINGLE, 1,
		"0.1 0.7 0.3 0.9 0.6 0.77", NULL, "10", NULL };
	struct tiny t = { .nets = 1, .net = &net, .inputs = 6 };
	struct workload *w;
	struct text rows;
	struct bounds b;
	double down = 0, up = 0;

	text_init(&rows);
	for (int i = 0; i < 600; i++)
		text_add(&rows, "%d,10,%d\n", 10 * i, i % 6);
	w = read_workload(&t, "a", "s", rows.s, "");
	ck_assert_int_eq(bounds_compute(w, 1, &b), 0);
	for (int i = 0; i < 600; i++) {
		up += w->bundle->net[0].confidence[i % 6];
		down += w->bundle->net[0].confidence[5 - i % 6];
	}
	ck_assert(up < down);
	ck_assert(b.confidence.sum[BOUND_LP] == up);
	ck_assert(b.confidence.mean >= down / 600);
	ck_assert_double_eq_tol(b.confidence.mean, down / 600, 1e-12);
	ck_assert(b.accuracy.mean == 1);
	text_fini(&rows);
	workload_free(w);
}
END_TEST

static void check_chain(const struct bound *b, int64_t requests)
{
	double last = INFINITY;

	for (int k = 0; k < BOUND_KINDS; k++) {
		ck_assert(k > BOUND_LP || !isnan(b->sum[k]));
		if (isnan(b->sum[k]))
			continue;
		ck_assert(b->sum[k] >= 0 && b->sum[k] <= last + 1e-6);
		last = b->sum[k];
		ck_assert_int_ge((int)b->kind, k);
	}
	ck_assert(b->mean >= last / (double)requests);
	ck_assert_double_eq_tol(b->mean, last / (double)requests, 1e-10);
}

START_TEST(long_runs_are_bounded_at_once_and_the_same_again)
{
	static const char *const max[] = { "22T", "5T" };

	for (int k = 0; k < 2; k++) {
		struct workload *w = read_closed("deadline", max[k], 20000);
		struct bounds b, again;

		ck_assert_int_eq(bounds_compute(w, 3, &b), 0);
		check_chain(&b.accuracy, 20000);
		check_chain(&b.confidence, 20000);
		check_chain(&b.answered, 20000);
		ck_assert_int_eq(b.accuracy.kind, BOUND_LP);
		/* Exits 1, 2, 3 are right first; input 3 needs only the
		 * first. */
		ck_assert(b.accuracy.mean > (k ? 0.3 : 0.99));
		/* 20 clients ask every 3.5 T for at least T / 3. */
		ck_assert((b.misses > 20000 / 3) == (k == 1));
		memset(&again, 0, sizeof again);
		ck_assert_int_eq(bounds_compute(w, 3, &again), 0);
		ck_assert(b.accuracy.mean == again.accuracy.mean);
		ck_assert(b.confidence.mean == again.confidence.mean);
		ck_assert_int_eq(b.misses, again.misses);
		workload_free(w);
	}
}
END_TEST

/* ---- Anything a policy might do ------------------------------------------- */

struct wild { struct stream r; };

static int wild_init(void *state, struct arena *a, const struct view *v,
	const double *args)
{
	struct wild *s = state;

	(void)a;
	(void)v;
	stream_open(&s->r, 1, PURPOSE_POLICY, (uint64_t)args[0]);
	return 0;
}

/* A random request, network and setting; sometimes an early answer, sometimes
 * nothing. */
static struct decision wild_pick(void *state, const struct view *v)
{
	struct wild *s = state;
	const struct request *q;
	int32_t slot, setting, net, waiting = 0;

	for (int i = 0; i < v->lives; i++)
		waiting += view_waiting(v, v->live[i]);
	if (!waiting || stream_unit(&s->r) < 0.02)
		return decide_wait(TIME_NEVER);
	do
		slot = v->live[stream_below(&s->r, v->lives)];
	while (!view_waiting(v, slot));
	q = &v->req[slot];
	if (q->depth > 0 && q->depth >= v->profile->net[q->net].mandatory
	    && stream_unit(&s->r) < 0.3)
		return decide_finish(slot);
	net = q->net < 0 ? (int32_t)stream_below(&s->r, v->profile->nets) : q->net;
	setting = (int32_t)stream_below(&s->r, v->profile->settings);
	return decide_run(slot, net, setting);
}

/* On few requests the best of many random runs comes near the optimum, so that
 * a bound that is too low would be passed. */
START_TEST(no_random_run_beats_the_bounds)
{
	static const struct policy wild = { .name = "wild",
		.state_size = sizeof(struct wild), .init = wild_init,
		.pick = wild_pick };
	int reached = 0, scenarios = 0;

	for (uint32_t seed = 1; seed <= 150; seed++) {
		struct scenario s;
		struct bounds b;
		double best = 0;

		scenario_init(&s, seed);
		s.w.warmup = seed % 2;
		s.w.requests = 1 + seed % 4;
		if (s.w.timeline_by_request)
			s.w.changes = 1;
		if (s.w.process == PROCESS_CLOSED
		    && s.w.reissue == REISSUE_RESPONSE)
			s.w.reissue = REISSUE_DEADLINE;
		ck_assert_int_eq(bounds_compute(&s.w, seed, &b), 0);
		for (int turn = 0; turn < 100; turn++) {
			struct choice c = { .text = (char *)wild.name,
				.policy = &wild, .args = { turn } };
			struct run run = { .workload = &s.w, .choice = &c,
				.seed = seed };
			struct metrics m;

			ck_assert_int_eq(engine_run(&run, &m), 0);
			ck_assert_msg(m.accuracy <= b.accuracy.mean,
				"scenario %u, turn %d", seed, turn);
			ck_assert_msg(m.answered == 0 || m.mean_confidence
				* (double)m.answered / (double)m.requests
				<= b.confidence.mean, "scenario %u, turn %d",
				seed, turn);
			ck_assert_int_ge(m.missed, b.misses);
			if (m.accuracy > best)
				best = m.accuracy;
		}
		reached += best == b.accuracy.mean;
		scenarios++;
		scenario_fini(&s);
	}
	ck_assert_int_gt(reached, scenarios * 8 / 10);
}
END_TEST

Suite *test_bounds_run(void);
Suite *test_bounds_run(void)
{
	Suite *s = suite_create("bounds_run");
	TCase *t = tcase_create("bounds_run");

	tcase_add_checked_fixture(t, make_dir, remove_dir);
	tcase_set_timeout(t, 30);
	tcase_add_test(t, bounds_of_a_run_worked_out_by_hand);
	tcase_add_test(t, warm_up_requests_are_left_out);
	tcase_add_test(t, no_way_through_a_request_is_faster_than_its_instance);
	tcase_add_test(t, a_percentage_changes_the_environment_at_that_release);
	tcase_add_test(t, releases_that_depend_on_the_policy_are_refused);
	tcase_add_test(t, rounding_is_no_regret);
	tcase_add_test(t, long_runs_are_bounded_at_once_and_the_same_again);
	tcase_add_test(t, no_random_run_beats_the_bounds);
	suite_add_tcase(s, t);
	return s;
}
