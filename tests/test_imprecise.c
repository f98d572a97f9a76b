/* The imprecise scheduler online (paper/spec/imprecise.md 3), by hand. */
#include "../policies/online.h"
#include "support_assign.h"
#include "support_view.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static const int64_t twos[] = { 2, 2, 2 };
static const double means[] = { .6, .7, .8 };

static struct scene s;

#define SAYS(text) ck_assert_str_eq(scene_pick(&s), text)

static void begin(const char *policy)
{
	scene_init(&s, policy, 1, 3, 1, twos, means);
}

static int plan_of(int number)
{
	const struct online_request *r = view_memory(&s.view,
		scene_slot(&s, number));

	return r->task.plan;
}

static double reward_of(int number, int depth)
{
	const struct online_request *r = view_memory(&s.view,
		scene_slot(&s, number));

	return r->reward[depth - 1];
}

START_TEST(the_online_table_of_the_specification)
{
	enum { A, B, C };

	begin("imprecise");
	scene_release(&s, 10);
	ck_assert_int_eq(plan_of(A), 3);
	SAYS("run 0");
	scene_at(&s, 1);
	scene_release(&s, 7);
	ck_assert_int_eq(plan_of(A), 3);
	ck_assert_int_eq(plan_of(B), 2);
	scene_at(&s, 2);
	scene_stage_done(&s, A, .5);
	ck_assert_double_eq_tol(reward_of(A, 2), .75, 1e-12);
	ck_assert_double_eq_tol(reward_of(A, 3), .875, 1e-12);
	ck_assert_int_eq(plan_of(A), 3);
	ck_assert_int_eq(plan_of(B), 2);
	SAYS("run 1");
	scene_at(&s, 4);
	scene_stage_done(&s, B, .9);
	ck_assert_int_eq(plan_of(A), 3);
	ck_assert_int_eq(plan_of(B), 2);
	SAYS("run 1");
	scene_at(&s, 5);
	scene_release(&s, 9);
	ck_assert_int_eq(plan_of(A), 2);
	ck_assert_int_eq(plan_of(B), 2);
	ck_assert_int_eq(plan_of(C), 1);
	scene_at(&s, 6);
	scene_stage_done(&s, B, .95);
	SAYS("finish 1");
	SAYS("run 2");
	scene_at(&s, 8);
	scene_stage_done(&s, C, .3);
	SAYS("finish 2");
	SAYS("run 0");
	scene_at(&s, 10);
	scene_stage_done(&s, A, .8);
	SAYS("finish 0");
	SAYS("wait");
	scene_fini(&s);
}
END_TEST

START_TEST(a_completion_moves_time_to_whom_it_helps_more)
{
	static const struct { const char *policy; int x, y; } cases[] = {
		{ "imprecise", 3, 1 }, { "imprecise:update=dp", 3, 1 },
		{ "imprecise:update=none", 2, 2 },
	};

	for (int i = 0; i < 3; i++) {
		begin(cases[i].policy);
		scene_release(&s, 8);
		SAYS("run 0");
		scene_at(&s, 2);
		scene_stage_done(&s, 0, .6);
		SAYS("run 0");
		scene_at(&s, 3);
		scene_release(&s, 8);
		/* From 4 there is time for two stages. x, counted at depth 2
		 * with .8, could have .9; .8 + .8 is more than .9 + .6. */
		ck_assert_int_eq(plan_of(0), 2);
		ck_assert_int_eq(plan_of(1), 2);
		/* x turns out low: .4, so .7 + .6 is more than .4 + .8. */
		scene_at(&s, 4);
		scene_stage_done(&s, 0, .4);
		ck_assert_int_eq(plan_of(0), cases[i].x);
		ck_assert_int_eq(plan_of(1), cases[i].y);
		scene_fini(&s);
	}
}
END_TEST

START_TEST(a_late_stage_updates_nothing)
{
	begin("imprecise");
	scene_release(&s, 3);
	scene_release(&s, 60);
	SAYS("run 0");
	scene_at(&s, 3);
	scene_leave(&s, 0);
	scene_at(&s, 9);
	scene_stage_done(&s, 0, .1);
	ck_assert_double_eq_tol(reward_of(0, 2), .8, 1e-12);
	SAYS("run 1");
	scene_fini(&s);
}
END_TEST

START_TEST(the_skip_test_settles_for_the_depth_reached)
{
	for (int skip = 0; skip < 2; skip++) {
		begin(skip ? "imprecise:refill=off"
			: "imprecise:refill=off,skip=off");
		scene_release(&s, 6);
		ck_assert_int_eq(plan_of(0), 3);
		SAYS("run 0");
		scene_at(&s, 5);    /* later than planned */
		scene_stage_done(&s, 0, .5);
		SAYS(skip ? "finish 0" : "run 0");
		scene_fini(&s);
	}
	/* Below the mandatory depth there is nothing to settle for. */
	begin("imprecise");
	scene_release(&s, 6);
	scene_at(&s, 5);
	SAYS("wait");
	ck_assert_int_eq(plan_of(0), 0);
	scene_fini(&s);
}
END_TEST

START_TEST(answers_are_held_on_demand)
{
	begin("imprecise:answer=hold,refill=off");
	scene_release(&s, 4);
	scene_release(&s, 4);
	SAYS("run 0");
	scene_at(&s, 2);
	scene_stage_done(&s, 0, .5);
	SAYS("run 1");
	scene_at(&s, 4);
	scene_stage_done(&s, 1, .5);
	SAYS("wait");
	scene_fini(&s);
}
END_TEST

/* .93 and .965 are the same number of tenths. */
START_TEST(the_refill_takes_what_quantisation_hides)
{
	begin("imprecise:delta=0.1,refill=off");
	scene_release(&s, 20);
	SAYS("run 0");
	scene_at(&s, 2);
	scene_stage_done(&s, 0, .93);
	scene_release(&s, 20);      /* plan again, with .93 known */
	ck_assert_int_eq(plan_of(0), 1);
	SAYS("finish 0");
	scene_fini(&s);

	begin("imprecise:delta=0.1");
	scene_release(&s, 20);
	SAYS("run 0");
	scene_at(&s, 2);
	scene_stage_done(&s, 0, .93);
	scene_at(&s, 15);
	scene_release(&s, 19);      /* .6 .8 .9 in 4: two stages */
	ck_assert_int_eq(plan_of(0), 1);
	ck_assert_int_eq(plan_of(1), 2);
	SAYS("finish 0");           /* there is still work: no refill */
	scene_fini(&s);

	begin("imprecise:delta=0.1");
	scene_release(&s, 20);
	SAYS("run 0");
	scene_at(&s, 2);
	scene_stage_done(&s, 0, .93);
	SAYS("run 0");
	scene_at(&s, 3);
	scene_release(&s, 5);       /* from 4 too short for a stage */
	ck_assert_int_eq(plan_of(0), 2);
	ck_assert_int_eq(plan_of(1), 0);
	scene_at(&s, 4);
	scene_stage_done(&s, 0, .96);
	ck_assert_int_eq(plan_of(0), 3); /* the update sees .96 -> .98 */
	scene_fini(&s);

	begin("imprecise:delta=0.1,update=none");
	scene_release(&s, 20);
	SAYS("run 0");
	scene_at(&s, 1);
	scene_release(&s, 3);       /* from 2 too short; .6 .8 .9 for 0 */
	scene_at(&s, 2);
	scene_stage_done(&s, 0, .93);
	scene_leave(&s, 1);
	scene_release(&s, 3);       /* plans 0 with .93 known: 1 stage */
	ck_assert_int_eq(plan_of(0), 1);
	SAYS("run 0");              /* planning again does not, step 2 does */
	ck_assert_int_eq(plan_of(0), 3);
	scene_fini(&s);
}
END_TEST

START_TEST(mandatory_first_reorders_planned_stages_only)
{
	begin("imprecise:order=mandatory_first");
	scene_release(&s, 20);
	SAYS("run 0");
	scene_at(&s, 2);
	scene_stage_done(&s, 0, .5);
	scene_release(&s, 40);
	scene_release(&s, 30);
	SAYS("run 2");
	scene_at(&s, 4);
	scene_stage_done(&s, 2, .5);
	SAYS("run 1");
	scene_at(&s, 6);
	scene_stage_done(&s, 1, .5);
	SAYS("run 0");
	scene_fini(&s);
}
END_TEST

START_TEST(the_dropped_stay_and_are_taken_back)
{
	begin("imprecise");
	scene_release(&s, 2);
	scene_release(&s, 2);
	scene_release(&s, 5);
	ck_assert_int_eq(plan_of(0), 1);
	ck_assert_int_eq(plan_of(1), 0);
	ck_assert_int_eq(plan_of(2), 1);
	/* Number 0 goes by some accident: its time is free again. */
	scene_leave(&s, 0);
	scene_release(&s, 50);
	ck_assert_int_eq(plan_of(1), 1);
	SAYS("run 1");
	scene_at(&s, 2);
	scene_stage_done(&s, 1, .9);
	SAYS("finish 1");
	SAYS("run 2");
	scene_fini(&s);
}
END_TEST

START_TEST(a_stage_in_flight_counts_as_done_and_delays_the_rest)
{
	begin("imprecise");
	scene_release(&s, 9);
	scene_at(&s, 3);
	SAYS("run 0");              /* 3 to 5 */
	scene_at(&s, 4);
	scene_release(&s, 5);       /* over before anything could start */
	scene_release(&s, 6);       /* from 5 too short for a stage */
	scene_release(&s, 7);
	ck_assert_int_eq(plan_of(0), 2);
	ck_assert_int_eq(plan_of(1), 0);
	ck_assert_int_eq(plan_of(2), 0);
	ck_assert_int_eq(plan_of(3), 1);
	/* Overdue: from now on. */
	scene_at(&s, 6);
	scene_release(&s, 99);
	ck_assert_int_eq(plan_of(0), 2);
	ck_assert_int_eq(plan_of(3), 0);
	scene_fini(&s);
}
END_TEST

START_TEST(who_is_due_before_the_device_is_free_keeps_its_depth)
{
	begin("imprecise:skip=off");
	scene_release(&s, 7);
	SAYS("run 0");
	scene_at(&s, 2);
	scene_stage_done(&s, 0, .5);
	scene_release(&s, 6);
	ck_assert_int_eq(plan_of(0), 2);
	ck_assert_int_eq(plan_of(1), 1);
	scene_at(&s, 5);
	SAYS("run 1");              /* late, until 7 */
	scene_at(&s, 6);
	scene_release(&s, 99);
	ck_assert_int_eq(plan_of(0), 1);
	scene_fini(&s);
}
END_TEST

START_TEST(decisions_cost_planning_time)
{
	begin("imprecise");
	s.view.decision_ns = 1;
	memset(s.state, 0, s.choice.policy->state_size);
	ck_assert_int_eq(s.choice.policy->init(s.state, &s.arena, &s.view,
		s.choice.args), 0);
	scene_release(&s, 8);
	ck_assert_int_eq(plan_of(0), 2);
	SAYS("run 0");
	scene_release(&s, 8);       /* from 3 */
	ck_assert_int_eq(plan_of(0), 1);
	ck_assert_int_eq(plan_of(1), 1);
	scene_fini(&s);
}
END_TEST

START_TEST(two_devices_share_the_time_left)
{
	scene_init(&s, "imprecise", 2, 3, 1, twos, means);
	scene_release(&s, 4);       /* alone: two stages, not three */
	ck_assert_int_eq(plan_of(0), 2);
	SAYS("run 0");
	scene_at(&s, 1);
	scene_release(&s, 4);       /* device 1 is free for 3, device 0 for 2 */
	ck_assert_int_eq(plan_of(0), 2);
	ck_assert_int_eq(plan_of(1), 1);
	SAYS("run 1");
	SAYS("busy");
	/* Free at 2 and 3: D is 2 + 1 for deadline 4 and 4 + 3 for 6. By
	 * itself 0 has 2 left, 1 has 1, and the newcomer 4. */
	scene_release(&s, 6);
	ck_assert_int_eq(plan_of(0), 2);
	ck_assert_int_eq(plan_of(1), 1);
	ck_assert_int_eq(plan_of(2), 2);
	scene_at(&s, 2);
	scene_stage_done(&s, 0, .9);
	SAYS("run 0");
	scene_fini(&s);
}
END_TEST

/* No request with a planned stage waits behind a later deadline. Called when
 * `number` has just been started. */
static void check_edf(int number)
{
	int slot = scene_slot(&s, number), i = 0;

	for (; s.edf[i].slot != slot; i++) {
		const struct request *other = &s.request[s.edf[i].slot];
		ck_assert_int_ge(other->depth, plan_of((int)other->number));
	}
}

/* Section 12: planned times come true, nothing more is released: nobody whose
 * depth was planned misses it, and stages go by deadline. */
START_TEST(plans_are_kept_when_times_come_true)
{
	uint64_t seed = 7;

	for (int k = 0; k < 2000; k++) {
		int n = 1 + (int)pick_below(&seed, 12), planned[12], reached[12];
		int64_t times[3];

		for (int l = 0; l < 3; l++)
			times[l] = 1 + pick_below(&seed, 5);
		scene_init(&s, k & 1 ? "imprecise:update=none,refill=off"
			: "imprecise", 1, 3, 1, times, means);
		for (int i = 0; i < n; i++)
			scene_release(&s, 1 + pick_below(&seed, 60));
		for (int i = 0; i < n; i++) {
			planned[i] = plan_of(i);
			reached[i] = 0;
		}
		for (;;) {
			const char *said = scene_pick(&s);
			int i;
			if (sscanf(said, "run %d", &i) == 1) {
				int64_t due = s.request[scene_slot(&s, i)]
					.deadline_ns;
				check_edf(i);
				scene_at(&s, s.view.now_ns + times[reached[i]]);
				/* The prediction come true, or not. */
				scene_stage_done(&s, i, k & 1
					? reward_of(i, reached[i] + 1)
					: pick_unit(&seed));
				reached[i]++;
				ck_assert_int_le(s.view.now_ns, due);
			} else if (sscanf(said, "finish %d", &i) != 1) {
				ck_assert_str_eq(said, "wait");
				break;
			}
		}
		for (int i = 0; i < n; i++) {
			if (k & 1)
				ck_assert_int_eq(planned[i], reached[i]);
			else if (planned[i])
				ck_assert_int_ge(reached[i], 1);
		}
		scene_fini(&s);
	}
}
END_TEST

START_TEST(many_requests_at_once)
{
	begin("imprecise");
	for (int i = 0; i < 500; i++)
		scene_release(&s, 3000 + i % 7);
	ck_assert_int_eq(plan_of(0), 3);
	SAYS("run 0");
	scene_fini(&s);
}
END_TEST

Suite *test_imprecise(void);
Suite *test_imprecise(void)
{
	Suite *suite = suite_create("imprecise");
	TCase *t = tcase_create("imprecise");

	tcase_add_test(t, the_online_table_of_the_specification);
	tcase_add_test(t, a_completion_moves_time_to_whom_it_helps_more);
	tcase_add_test(t, a_late_stage_updates_nothing);
	tcase_add_test(t, the_skip_test_settles_for_the_depth_reached);
	tcase_add_test(t, answers_are_held_on_demand);
	tcase_add_test(t, the_refill_takes_what_quantisation_hides);
	tcase_add_test(t, mandatory_first_reorders_planned_stages_only);
	tcase_add_test(t, the_dropped_stay_and_are_taken_back);
	tcase_add_test(t, a_stage_in_flight_counts_as_done_and_delays_the_rest);
	tcase_add_test(t, who_is_due_before_the_device_is_free_keeps_its_depth);
	tcase_add_test(t, decisions_cost_planning_time);
	tcase_add_test(t, two_devices_share_the_time_left);
	tcase_add_test(t, plans_are_kept_when_times_come_true);
	tcase_add_test(t, many_requests_at_once);
	tcase_set_timeout(t, 60);
	suite_add_tcase(suite, t);
	return suite;
}
