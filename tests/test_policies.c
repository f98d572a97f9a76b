/* What each stage-level policy picks, by hand. */
#include "support_program.h"
#include "support_view.h"

#include "../sim/mem.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t twos[] = { 2, 2, 2 };
static const double means[] = { .6, .7, .8 };

static struct scene s;

#define SAYS(text) ck_assert_str_eq(scene_pick(&s), text)

static void begin(const char *policy)
{
	scene_init(&s, policy, 1, 3, 1, twos, means);
}

/* Pick, which should run `number`, and end that stage two units later. */
static void stage(int number, double confidence)
{
	char text[32];

	(void)snprintf(text, sizeof text, "run %d", number);
	SAYS(text);
	scene_at(&s, s.view.now_ns + 2);
	scene_stage_done(&s, number, confidence);
}

START_TEST(fifo_goes_by_number_to_full_depth)
{
	begin("fifo");
	SAYS("wait");
	scene_release(&s, 90);
	scene_release(&s, 20);
	stage(0, .1);
	stage(0, .9);
	stage(0, .95);
	stage(1, .5);
	scene_fini(&s);
}
END_TEST

START_TEST(edf_preempts_at_stage_boundaries_and_breaks_ties_by_number)
{
	begin("edf");
	scene_release(&s, 50);
	scene_release(&s, 50);
	stage(0, .1);
	scene_release(&s, 40);
	stage(2, .1);
	stage(2, .1);
	stage(2, .1);
	stage(0, .1);
	stage(0, .1);
	stage(1, .1);
	scene_fini(&s);
}
END_TEST

START_TEST(skip_leaves_what_cannot_end_in_time_and_goes_on)
{
	static const char *const names[] = { "fifo", "edf", "edf-mandatory-first",
		"llf", "lcf", "rr", "threshold", "utility-density" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char text[64];

		begin(names[i]);
		scene_release(&s, 5);
		scene_release(&s, 9);
		scene_at(&s, 3);
		SAYS("run 0"); /* ends exactly at its deadline */
		scene_fini(&s);
		begin(names[i]);
		scene_release(&s, 5);
		scene_release(&s, 6);
		scene_at(&s, 4);
		SAYS("run 1");
		scene_at(&s, 6);
		scene_stage_done(&s, 1, .5);
		SAYS("wait");
		scene_fini(&s);

		(void)snprintf(text, sizeof text, "%s:skip=off", names[i]);
		begin(text);
		scene_release(&s, 5);
		scene_release(&s, 6);
		scene_at(&s, 4);
		SAYS("run 0");
		scene_fini(&s);
	}
}
END_TEST

START_TEST(planning_times_are_the_quantile_asked_for_plus_the_decision)
{
	static const struct { const char *policy; int64_t cost, latest; } cases[] = {
		{ "edf", 0, 15 }, { "edf:plan_quantile=0.99", 1, 14 },
		{ "edf:plan_quantile=0.5", 0, 18 },
	};

	for (int i = 0; i < 3; i++) {
		const struct policy *p;

		begin(cases[i].policy);
		s.cell.p99_ns[0] = 5;
		s.view.decision_ns = cases[i].cost;
		p = s.choice.policy;
		memset(s.state, 0, p->state_size);
		ck_assert_int_eq(p->init(s.state, &s.arena, &s.view,
			s.choice.args), 0);
		scene_release(&s, 20);
		scene_at(&s, cases[i].latest + 1);
		SAYS("wait");
		scene_at(&s, cases[i].latest);
		SAYS("run 0");
		scene_fini(&s);
	}
}
END_TEST

START_TEST(mandatory_stages_go_before_optional_ones)
{
	begin("edf-mandatory-first");
	scene_release(&s, 30);
	stage(0, .1);
	scene_release(&s, 60);
	scene_release(&s, 50);
	stage(2, .1);
	stage(1, .1);
	stage(0, .1);
	stage(0, .1);
	stage(2, .1);
	scene_fini(&s);
}
END_TEST

START_TEST(llf_takes_the_least_laxity)
{
	begin("llf");
	scene_release(&s, 20);      /* laxity 14 */
	stage(0, .1);               /* now 20 - 2 - 4 = 14 */
	scene_release(&s, 21);      /* 21 - 2 - 6 = 13 */
	stage(1, .1);               /* then 21 - 4 - 4 = 13, and 12 for 0 */
	stage(0, .1);               /* 0: 20 - 6 - 2 = 12; 1: 21 - 6 - 4 = 11 */
	stage(1, .1);               /* 0: 10; 1: 11 */
	stage(0, .1);
	stage(1, .1);
	/* Equal laxities: the earlier deadline. */
	scene_release_at_depth(&s, 42, 0, NULL);
	scene_release_at_depth(&s, 40, 1, (double[]){ .1 });
	stage(3, .1);
	scene_fini(&s);
}
END_TEST

START_TEST(rr_rejoins_between_earlier_and_simultaneous_releases)
{
	begin("rr");
	scene_release(&s, 90);
	SAYS("run 0");
	scene_at(&s, 1);
	scene_release(&s, 80);
	scene_at(&s, 2);
	scene_stage_done(&s, 0, .5);
	scene_release(&s, 70);
	stage(1, .5);
	stage(0, .5);
	stage(2, .5);
	scene_leave(&s, 1);
	stage(0, .5);
	stage(2, .5);
	stage(2, .5);
	SAYS("wait");
	scene_fini(&s);
}
END_TEST

START_TEST(rr_keeps_the_place_of_one_that_may_not_start)
{
	static const int64_t times[] = { 2, 5, 2 };

	scene_init(&s, "rr", 1, 3, 1, times, means);
	scene_release(&s, 90);
	scene_release(&s, 6);
	scene_release(&s, 90);
	stage(0, .5);
	stage(1, .5);               /* at 4; its next would end at 9 */
	scene_leave(&s, 0);
	stage(2, .5);
	stage(2, .5);
	scene_fini(&s);
}
END_TEST

START_TEST(rr_forgets_a_request_that_left_with_its_stage_in_flight)
{
	begin("rr:skip=off");
	scene_release(&s, 1);
	scene_release(&s, 90);
	SAYS("run 0");
	scene_at(&s, 1);
	scene_leave(&s, 0);
	scene_at(&s, 2);
	scene_stage_done(&s, 0, .5);
	stage(1, .5);
	stage(1, .5);
	scene_fini(&s);
}
END_TEST

START_TEST(lcf_takes_the_least_confident)
{
	static const double low[] = { .5 }, high[] = { .7 };

	begin("lcf");
	scene_release_at_depth(&s, 50, 1, high);
	scene_release_at_depth(&s, 60, 1, low);
	scene_release(&s, 70);
	scene_release(&s, 65);
	stage(3, .8);               /* unstarted first, the earlier deadline */
	stage(2, .6);
	stage(1, .65);
	stage(2, .75);
	stage(1, .9);
	stage(0, .9);
	scene_fini(&s);

	begin("lcf:tie=fifo");
	scene_release(&s, 70);
	scene_release(&s, 65);
	stage(0, .8);
	scene_fini(&s);

	begin("lcf:unstarted=prior"); /* .6 */
	scene_release_at_depth(&s, 50, 1, high);
	scene_release_at_depth(&s, 60, 1, low);
	scene_release(&s, 70);
	stage(1, .65);
	stage(2, .9);
	stage(1, .9);
	scene_fini(&s);
}
END_TEST

START_TEST(threshold_finishes_the_lowest_number_that_is_sure)
{
	static const double sure[] = { .9 }, doubtful[] = { .89 };

	begin("threshold");
	scene_release_at_depth(&s, 80, 1, doubtful);
	scene_release_at_depth(&s, 90, 1, sure);
	scene_release_at_depth(&s, 60, 1, sure);
	SAYS("finish 1");
	SAYS("finish 2");
	stage(0, .91);
	SAYS("finish 0");
	SAYS("wait");
	scene_fini(&s);

	scene_init(&s, "threshold:stop=0.5", 1, 3, 2, twos, means);
	scene_release_at_depth(&s, 80, 1, sure);
	stage(0, .5);               /* below the mandatory depth before */
	SAYS("finish 0");
	scene_fini(&s);
}
END_TEST

START_TEST(utility_density_takes_the_most_gain_for_its_time)
{
	static const int64_t times[] = { 4, 1, 2 };
	static const double seen[] = { .5, .6 };

	scene_init(&s, "utility-density", 1, 3, 1, times, means);
	scene_release(&s, 90);                     /* .6 / 4 = .15 */
	scene_release_at_depth(&s, 99, 1, seen);   /* .25 / 1 */
	scene_release_at_depth(&s, 95, 2, seen);   /* .2 / 2 = .1 */
	stage(1, .76);                             /* .12 / 2 = .06 */
	stage(0, .9);
	stage(2, .9);
	stage(1, .9);
	stage(0, .9);
	scene_fini(&s);
}
END_TEST

START_TEST(the_template_works_as_a_shared_object)
{
	char *plugin = test_built("tests/plugins/template.so");
	char *policy = mem_printf("%s:patience=2", plugin);

	begin(policy);
	free(policy);
	free(plugin);
	ck_assert_str_eq(s.choice.policy->name, "template");
	scene_release(&s, 3);
	scene_release(&s, 9);
	SAYS("drop 0");
	stage(1, .5);
	stage(1, .5);
	scene_at(&s, 6);
	SAYS("finish 1");
	scene_fini(&s);
}
END_TEST

Suite *test_policies(void);
Suite *test_policies(void)
{
	Suite *suite = suite_create("policies");
	TCase *t = tcase_create("policies");

	tcase_add_test(t, fifo_goes_by_number_to_full_depth);
	tcase_add_test(t, edf_preempts_at_stage_boundaries_and_breaks_ties_by_number);
	tcase_add_test(t, skip_leaves_what_cannot_end_in_time_and_goes_on);
	tcase_add_test(t,
		planning_times_are_the_quantile_asked_for_plus_the_decision);
	tcase_add_test(t, mandatory_stages_go_before_optional_ones);
	tcase_add_test(t, llf_takes_the_least_laxity);
	tcase_add_test(t, rr_rejoins_between_earlier_and_simultaneous_releases);
	tcase_add_test(t, rr_keeps_the_place_of_one_that_may_not_start);
	tcase_add_test(t, rr_forgets_a_request_that_left_with_its_stage_in_flight);
	tcase_add_test(t, lcf_takes_the_least_confident);
	tcase_add_test(t, threshold_finishes_the_lowest_number_that_is_sure);
	tcase_add_test(t, utility_density_takes_the_most_gain_for_its_time);
	tcase_add_test(t, the_template_works_as_a_shared_object);
	suite_add_tcase(suite, t);
	return suite;
}
