/* The engine through the real program: schedules worked by hand, byte for
 * byte, and policies that ask for the impossible. Each schedule is described
 * in the first lines of its tests/schedules/NAME.ini; its requests are in
 * NAME.csv, what must come out in NAME.out. */
#include "support_program.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct { const char *name, *policy; } schedules[] = {
	{ "preempt", "edf" }, { "in_flight", "edf:skip=off" },
	{ "skip", "edf" }, { "equal", "edf" }, { "infeasible", "imprecise" },
	{ "two_devices", "edf" }, { "round_robin", "rr" },
	{ "overhead", "edf" }, { "least_confident", "lcf" },
	{ "environment", "edf" }, { "changes_at_once", "edf" }, { "warm_up", "fifo" },
	{ "online", "imprecise" }, { "oracle", "oracle" },
};
enum { SCHEDULES = sizeof schedules / sizeof *schedules };

START_TEST(schedule_is_as_worked_by_hand)
{
	const char *name = schedules[_i].name;
	struct program p = { 0 };
	char *dir = test_directory(), *out = test_path(dir, "requests.csv");
	char path[128], *want, *got;

	program_line(&p, "run -w tests/schedules/%s.ini -p %s --requests-out %s",
		name, schedules[_i].policy, out);
	ck_assert_msg(p.status == 0, "%s: status %d: %s", name, p.status, p.err);
	snprintf(path, sizeof path, "tests/schedules/%s.out", name);
	want = test_read(path, NULL);
	got = test_read(out, NULL);
	ck_assert_msg(!strcmp(want, got), "%s:\nexpected\n%sgot\n%s", name, want,
		got);
	free(want);
	free(got);
	free(out);
	test_directory_free(dir);
	program_fini(&p);
}
END_TEST

static const struct { const char *does, *says; } faults[] = {
	{ "run_unknown", "run request -1 (network 0, setting 0): the request is not live" },
	{ "negative", "run request -1 (network 0, setting 0): the request is not live" },
	{ "run_gone", "the request is not live" },
	{ "run_running", "it has a stage in flight" },
	{ "finish_running", "it has a stage in flight" },
	{ "bad_net", "run request 0 (network 1, setting 0): no such candidate network" },
	{ "bad_setting", "run request 0 (network 0, setting 1): no such candidate setting" },
	{ "finish_early", "finish request 0 (network 0, setting 0): it is below its mandatory depth" },
	{ "drop_late", "drop request 0 (network 0, setting 0): it has reached its mandatory depth" },
	{ "bad_kind", "no such kind of decision" },
};
enum { FAULTS = sizeof faults / sizeof *faults };

static const char *plugin(void)
{
	static char path[256];
	const char *build = getenv("LAXITY_BUILD");

	snprintf(path, sizeof path, "%s/tests/plugins/bad_policy.so",
		build ? build : "build");
	return path;
}

START_TEST(impossible_decision_stops_the_run)
{
	struct program p = { 0 };

	program_line(&p, "run -w workloads/default.ini --set workload.devices=2 "
		"--set workload.requests=50 -p ./%s:does=%s", plugin(),
		faults[_i].does);
	ck_assert_msg(p.status == 1, "%s: status %d, %s", faults[_i].does,
		p.status, p.err);
	ck_assert_msg(strstr(p.err, faults[_i].says) != NULL, "%s: %s",
		faults[_i].does, p.err);
	ck_assert_msg(strchr(p.err, '\n') == p.err + p.err_length - 1,
		"%s: more than a line: %s", faults[_i].does, p.err);
	program_fini(&p);
}
END_TEST

START_TEST(network_is_fixed_by_the_first_stage)
{
	struct program p = { 0 };

	program_line(&p, "run -w workloads/default.ini --set workload.requests=10 "
		"--set workload.networks=staged3,resnet8 -p ./%s:does=change_net",
		plugin());
	ck_assert_int_eq(p.status, 1);
	ck_assert_msg(strstr(p.err, "its network was fixed by its first stage")
		!= NULL, "%s", p.err);
	program_fini(&p);
}
END_TEST

START_TEST(wait_for_the_past_is_corrected_and_counted)
{
	struct program p = { 0 };
	const char *last;

	program_line(&p, "run -w tests/schedules/preempt.ini --format csv "
		"-p ./%s:does=wait_past", plugin());
	ck_assert_msg(p.status == 0, "%s", p.err);
	/* Columns ...,corrections,bound,regret; the last two are empty. At 0
	 * and 6 (in us) the plug-in waits for an instant before now. */
	last = strrchr(p.out, '\n');
	while (last > p.out && last[-1] == ',')
		last--;
	while (last > p.out && last[-1] != ',')
		last--;
	ck_assert_msg(atoi(last) >= 1, "no correction in %s", p.out);
	program_fini(&p);
}
END_TEST

/* Request 0 warms up. 0 its stage; at 2 us it is finished, its client asks
 * again at once, request 1 is run; at 4 us it is finished, then a wait. The
 * first of these picks leads to the release at 2, and is of that instant. */
START_TEST(picks_of_the_instant_at_which_measuring_begins_count)
{
	struct program p = { 0 };
	char *dir = test_directory(), *file = test_path(dir, "workload.ini");

	test_write(file, "[workload]\ntrace = tests/schedules/trace\n"
		"networks = n3\nwarmup = 1\nrequests = 1\n"
		"[arrivals]\nprocess = closed\nclients = 1\n"
		"reissue = response\n"
		"[deadline]\ndistribution = constant\nvalue = 100us\n");
	program_line(&p, "run -w %s -p threshold:stop=0 --format csv", file);
	ck_assert_msg(p.status == 0, "%s", p.err);
	ck_assert_msg(strstr(p.out, ",4,0,0,,\n") != NULL, "%s", p.out);
	program_fini(&p);
	free(file);
	test_directory_free(dir);
}
END_TEST

/* What a policy thinks at a release is paid for like what it thinks when asked,
 * before the stage starts: 200 us each. What it thinks when there is nothing
 * to run delays nothing. */
START_TEST(measured_decisions_include_what_is_planned_at_releases)
{
	struct program p = { 0 };
	char *dir = test_directory(), *file = test_path(dir, "workload.ini");
	char *csv = test_path(dir, "requests.csv"), *rows, plugin_path[256];
	const char *build = getenv("LAXITY_BUILD");
	long long least = 1000000000;
	int n = 0;

	(void)snprintf(plugin_path, sizeof plugin_path,
		"%s/tests/plugins/slow_policy.so", build ? build : "build");
	test_write(file, "[workload]\ntrace = tests/schedules/trace\n"
		"networks = n3\nrequests = 20\n"
		"[arrivals]\nprocess = periodic\nperiod = 1s\n"
		"[deadline]\ndistribution = constant\nvalue = 900ms\n"
		"[overhead]\ndecision = measured\n");
	program_line(&p, "run -w %s -p ./%s --requests-out %s", file,
		plugin_path, csv);
	ck_assert_msg(p.status == 0, "%s", p.err);
	rows = test_read(csv, NULL);
	for (char *row = strchr(rows, '\n') + 1; *row; n++) {
		long long release, start;
		/* request,client,input,network,setting,release,deadline,start */
		ck_assert_int_eq(sscanf(row, "%*d,,%*d,%*[^,],%*[^,],%lld,%*d,"
			"%lld", &release, &start), 2);
		ck_assert_int_ge(start - release, 400000);
		least = start - release < least ? start - release : least;
		row = strchr(row, '\n') + 1;
	}
	ck_assert_int_eq(n, 20);
	ck_assert_int_lt(least, 600000);
	free(rows);
	free(csv);
	free(file);
	test_directory_free(dir);
	program_fini(&p);
}
END_TEST

Suite *test_engine(void);
Suite *test_engine(void)
{
	Suite *s = suite_create("engine");
	TCase *t = tcase_create("engine");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, schedule_is_as_worked_by_hand, 0, SCHEDULES);
	tcase_add_loop_test(t, impossible_decision_stops_the_run, 0, FAULTS);
	tcase_add_test(t, network_is_fixed_by_the_first_stage);
	tcase_add_test(t, wait_for_the_past_is_corrected_and_counted);
	tcase_add_test(t, picks_of_the_instant_at_which_measuring_begins_count);
	tcase_add_test(t, measured_decisions_include_what_is_planned_at_releases);
	suite_add_tcase(s, t);
	return s;
}
