/* `laxity profile` interrupted or killed, and gone on with. */
#include "support_measure.h"

#include "../../sim/mem.h"
#include "../../traces/bundle.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Start the line, whose bundle goes to DIR, and send the signal when the partial
 * bundle has a few blocks. One that was faster is begun anew. */
static int start_and_signal(const char *line, const char *dir, int signal)
{
	char *path = test_path(dir, "bundle.partial/raw/block.csv");
	int status = 0;

	for (int tries = 0; tries < 20; tries++) {
		int pid = program_start_line(line);
		struct stat st;

		for (int i = 0; i < 10000 && (stat(path, &st)
		    || st.st_size < 250) && !test_exists(dir, "bundle"); i++)
			test_sleep_ms(3);
		(void)kill(pid, signal);
		status = test_wait(pid);
		if (!test_exists(dir, "bundle"))
			break;
		test_directory_free(test_path(dir, "bundle"));
	}
	free(path);
	return status;
}

START_TEST(interrupted_or_killed_it_leaves_no_bundle_and_resumes)
{
	char *dir = test_directory(), *out = test_path(dir, "bundle");
	char *line = mem_printf(REPLAY " --networks resnet8,staged6 --inputs "
		"500 --quick --no-energy --out %s", out);
	char *again = mem_printf("%s --resume", line);
	char *other = mem_printf("%s --resume --seed 2", line);
	struct bundle *a, *b;
	struct program p = { 0 };
	int x, y;

	ck_assert_int_eq(start_and_signal(line, dir, _i ? SIGKILL : SIGINT),
		_i ? 128 + SIGKILL : 1);
	ck_assert(!test_exists(dir, "bundle"));
	ck_assert(test_exists(dir, "bundle.partial/raw/pass.csv"));
	ck_assert(!test_exists(dir, "bundle.partial/trace.ini"));
	/* Neither begun anew over it nor gone on with something else. */
	program_line(&p, "%s", line);
	ck_assert_int_eq(p.status, 2);
	ck_assert_ptr_nonnull(strstr(p.err, "did not end; --resume goes on"));
	program_line(&p, "%s", other);
	ck_assert_int_eq(p.status, 2);
	ck_assert_ptr_nonnull(strstr(p.err, "begun for other networks"));
	if (_i) { /* a torn line, as after a power cut */
		char *path = test_path(dir, "bundle.partial/raw/block.csv");
		FILE *f = fopen(path, "a");
		(void)fputs("17,resnet8,sm1", f);
		(void)fclose(f);
		free(path);
	}
	program_line(&p, "%s", again);
	measured_well(&p);
	measured_check(&p, "rows", "good");
	a = bundle_read(H100);
	b = bundle_read(out);
	ck_assert_ptr_nonnull(b);
	x = bundle_find_net(a, "staged6");
	y = bundle_find_net(b, "staged6");
	for (int i = 0; i < 500 * 6; i++)
		ck_assert_int_eq(a->net[x].correct[i], b->net[y].correct[i]);
	ck_assert(!test_exists(dir, "bundle.partial"));
	bundle_free(a);
	bundle_free(b);
	program_fini(&p);
	free(line);
	free(again);
	free(other);
	free(out);
	test_directory_free(dir);
}
END_TEST

static int lines_of(const char *dir, const char *name)
{
	char *path = test_path(dir, name), *text = test_read(path, NULL);
	int n = 0;

	for (const char *s = text; *s; s++)
		n += *s == '\n';
	free(text);
	free(path);
	return n;
}

/* Device times from passes in between are kept with the blocks they were taken
 * in: an interrupted measurement ends with as many as one that was not, its
 * first ones among them. */
START_TEST(device_times_measured_apart_outlive_an_interruption)
{
	char *dir = test_directory(), *out = test_path(dir, "bundle");
	char *whole = test_path(dir, "whole");
	char *device = test_path(dir, "bundle.partial/raw/device.csv");
	const char *build = getenv("LAXITY_BUILD");
	char *line = mem_printf("profile --warm-up 0 --backend %s%s/tests/plugins/"
		"slower_backend.so --device " H100 " --data " H100 " --networks "
		"staged3 --inputs 1200 --quick --no-energy --no-repeat --out",
		build && *build == '/' ? "" : "./", build ? build : "build");
	static const char *const files[] = { "raw/device.csv", "raw/pass.csv",
		"timing.csv", "outcomes.csv", "settings.csv", "overhead.csv" };
	char *first, *last, *name, *command;
	struct program p = { 0 };
	FILE *f;

	program_line(&p, "%s %s", line, whole);
	measured_well(&p);
	command = mem_printf("%s %s", line, out);
	ck_assert_int_eq(start_and_signal(command, dir, SIGINT), 1);
	first = test_read(device, NULL);
	ck_assert_int_gt(lines_of(dir, "bundle.partial/raw/device.csv"), 300);
	/* Of a block that did not end. */
	f = fopen(device, "a");
	(void)fputs("staged3,sm132,7,1,12345,99\nstaged3,sm1", f);
	(void)fclose(f);
	program_line(&p, "%s --resume", command);
	measured_well(&p);
	name = test_path(out, "raw/device.csv");
	last = test_read(name, NULL);
	ck_assert_int_eq(strncmp(first, last, strlen(first)), 0);
	ck_assert_ptr_null(strstr(last, ",12345,"));
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		ck_assert_msg(lines_of(out, files[i]) == lines_of(whole, files[i]),
			"%s: %d and %d lines", files[i], lines_of(out, files[i]),
			lines_of(whole, files[i]));
	ck_assert_int_eq(lines_of(out, "raw/device.csv"), 1 + 1000 * 3);
	free(name);
	name = test_path(out, "timing.csv");
	free(last);
	last = test_read(name, NULL);
	/* Those that count are without. */
	ck_assert_ptr_nonnull(strstr(last, ",\n"));
	program_fini(&p);
	free(first);
	free(last);
	free(name);
	free(command);
	free(line);
	free(device);
	free(whole);
	free(out);
	test_directory_free(dir);
}
END_TEST

Suite *test_measure_resume(void);
Suite *test_measure_resume(void)
{
	Suite *s = suite_create("measure_resume");
	TCase *t = tcase_create("measure_resume");

	tcase_set_timeout(t, 180);
	tcase_add_loop_test(t,
		interrupted_or_killed_it_leaves_no_bundle_and_resumes, 0, 2);
	tcase_add_test(t, device_times_measured_apart_outlive_an_interruption);
	suite_add_tcase(s, t);
	return s;
}
