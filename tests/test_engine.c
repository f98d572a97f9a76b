/* The engine through the real program: schedules worked by hand, byte for
 * byte. Each is described in the first lines of its tests/schedules/NAME.ini;
 * its requests are in NAME.csv, what must come out in NAME.out. */
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
	char *csv = test_path(dir, "requests.csv"), *rows;
	char *plugin = test_built("tests/plugins/slow_policy.so");
	long long least = 1000000000;
	int n = 0;

	test_write(file, "[workload]\ntrace = tests/schedules/trace\n"
		"networks = n3\nrequests = 20\n"
		"[arrivals]\nprocess = periodic\nperiod = 1s\n"
		"[deadline]\ndistribution = constant\nvalue = 900ms\n"
		"[overhead]\ndecision = measured\n");
	program_line(&p, "run -w %s -p %s --requests-out %s", file, plugin, csv);
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
	free(plugin);
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
	tcase_add_test(t, picks_of_the_instant_at_which_measuring_begins_count);
	tcase_add_test(t, measured_decisions_include_what_is_planned_at_releases);
	suite_add_tcase(s, t);
	return s;
}
