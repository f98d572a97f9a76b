/* A live run goes by the monotonic clock: whoever sets the wall clock meanwhile
 * (a time server, an operator) changes the date in its log and nothing else. */
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

START_TEST(a_wall_clock_that_is_set_changes_only_the_date)
{
	static const int64_t jumps_s[] = { 0, -86400 * 365 * 30LL, 3600 };
	char *text = live_text("a", 300, "[arrivals]\nprocess = poisson\n"
		"load = 0.4\n[deadline]\ndistribution = constant\nvalue = 1s\n");
	char *library = live_build_path("tests/faults/inject.so"), *log;
	struct inject *order = make_order("order");
	struct program p = { 0 };

	test_write("w.ini", text);
	order->kind = INJECT_CLOCK;
	order->sticky = 1;
	order->wall_only = 1;
	for (int i = 0; i < 3; i++) {
		order->jump_s = jumps_s[i];
		order->at = 1;
		order->fired = 0;
		ck_assert_int_eq(setenv("LD_PRELOAD", library, 1), 0);
		ck_assert_int_eq(setenv(INJECT_VARIABLE, "order", 1), 0);
		program_line(&p, "live -w w.ini -p edf --backend replay "
			"--networks net --log log%d.csv", i);
		(void)unsetenv("LD_PRELOAD");
		(void)unsetenv(INJECT_VARIABLE);
		ck_assert_msg(p.status == 0, "status %d: %s", p.status, p.err);
		ck_assert_int_ge(order->fired, 1);
		log = mem_printf("log%d.csv", i);
		free(text);
		text = test_read(log, NULL);
		free(log);
		ck_assert_ptr_nonnull(strstr(text, "# ended = done\n"));
		ck_assert((strstr(text, "# began = 199") != NULL) == (i == 1));
	}
	program_fini(&p);
	(void)munmap(order, sizeof *order);
	free(library);
	free(text);
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
#else
	(void)a_wall_clock_that_is_set_changes_only_the_date;
#endif
	suite_add_tcase(s, t);
	return s;
}
