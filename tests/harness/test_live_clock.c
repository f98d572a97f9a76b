/* A live run goes by the monotonic clock: whoever sets the wall clock meanwhile
 * (a time server, an operator) changes the date in its log and nothing else. If
 * the monotonic clock leaps, since a machine was suspended or moved, the run is
 * over, and what it measured before is kept. */
#include "support_live.h"

#include "../faults/inject.h"
#include "../support_program.h"

#include "../../sim/mem.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct inject *make_order(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct inject *order;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, sizeof *order), 0);
	order = mmap(NULL, sizeof *order, PROT_READ | PROT_WRITE, MAP_SHARED,
		fd, 0);
	ck_assert_ptr_ne(order, MAP_FAILED);
	(void)close(fd);
	return order;
}

static void write_workload(void)
{
	char *text = live_text("a", 300, "[arrivals]\nprocess = poisson\n"
		"load = 0.4\n[deadline]\ndistribution = constant\nvalue = 1s\n");

	test_write("w.ini", text);
	free(text);
}

/* `laxity live` with its clocks wrong from reading `at` on. Its log. */
static char *run_with(struct inject *order, int64_t at, int64_t jump_s,
	struct program *p)
{
	char *library = live_build_path("tests/faults/inject.so");

	order->kind = INJECT_CLOCK;
	order->sticky = 1;
	order->at = at;
	order->jump_s = jump_s;
	order->fired = 0;
	order->count[INJECT_CLOCK] = 0;
	ck_assert_int_eq(setenv("LD_PRELOAD", library, 1), 0);
	ck_assert_int_eq(setenv(INJECT_VARIABLE, "order", 1), 0);
	program_line(p, "live -w w.ini -p edf --backend replay --networks net "
		"--wait spin --log log.csv");
	(void)unsetenv("LD_PRELOAD");
	(void)unsetenv(INJECT_VARIABLE);
	free(library);
	return test_read("log.csv", NULL);
}

START_TEST(a_wall_clock_that_is_set_changes_only_the_date)
{
	static const int64_t jumps_s[] = { 0, -86400 * 365 * 30LL, 3600 };
	struct inject *order = make_order("order");
	struct program p = { 0 };

	write_workload();
	order->wall_only = 1;
	for (int i = 0; i < 3; i++) {
		char *log = run_with(order, 1, jumps_s[i], &p);
		ck_assert_msg(p.status == 0, "status %d: %s", p.status, p.err);
		ck_assert_int_ge(order->fired, 1);
		ck_assert_ptr_nonnull(strstr(log, "# ended = done\n"));
		ck_assert((strstr(log, "# began = 199") != NULL) == (i == 1));
		free(log);
	}
	program_fini(&p);
	(void)munmap(order, sizeof *order);
}
END_TEST

/* Wherever it leaps, in a stage or between two: one line says so, and what was
 * before is repeated to the last decision. Seconds are a pause, told as such. */
START_TEST(a_monotonic_clock_that_leaps_ends_the_run)
{
	struct inject *order = make_order("order");
	struct program p = { 0 };
	char *log, *pause;
	int64_t readings;

	write_workload();
	log = run_with(order, 0, 0, &p);
	ck_assert_msg(p.status == 0, "status %d: %s", p.status, p.err);
	ck_assert_ptr_nonnull(strstr(log, "# ended = done\n"));
	readings = order->count[INJECT_CLOCK];
	free(log);
	for (int i = 1; i < 8; i++) {
		log = run_with(order, readings * i / 10, 3600, &p);
		ck_assert_int_ge(order->fired, 1);
		ck_assert_int_eq(p.status, 1);
		ck_assert_msg(!strncmp(p.err, "laxity: nothing ran for 3600.", 29)
			&& strstr(p.err, " are measured, kept and marked as "
			"incomplete\n"), "%s", p.err);
		ck_assert_ptr_nonnull(strstr(log, "# ended = failed\n"));
		ck_assert_ptr_nonnull(strstr(log, " decisions again\n"));
		ck_assert_ptr_null(strstr(log, ",36000"));
		free(log);
	}
	log = run_with(order, readings / 2, 3, &p);
	ck_assert_msg(p.status == 0, "status %d: %s", p.status, p.err);
	pause = strstr(log, "# longest_pause = ");
	ck_assert_ptr_nonnull(pause);
	ck_assert_double_eq_tol(atof(pause + 18), 3e6, 0.5e6);
	free(log);
	program_fini(&p);
	(void)munmap(order, sizeof *order);
}
END_TEST

Suite *test_live_clock(void);
Suite *test_live_clock(void)
{
	Suite *s = suite_create("live clock");
	TCase *t = tcase_create("live clock");

	tcase_add_checked_fixture(t, live_place_enter, live_place_leave);
	tcase_set_timeout(t, 60);
#ifndef __SANITIZE_ADDRESS__    /* its library must be the first */
	tcase_add_test(t, a_wall_clock_that_is_set_changes_only_the_date);
	tcase_add_test(t, a_monotonic_clock_that_leaps_ends_the_run);
#else
	(void)a_wall_clock_that_is_set_changes_only_the_date;
	(void)a_monotonic_clock_that_leaps_ends_the_run;
#endif
	suite_add_tcase(s, t);
	return s;
}
