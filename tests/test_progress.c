/* What a person at a terminal sees of a long run: percent and time left, also
 * when the clock jumps under it. The jumps of tests/faults/inject.h make a run of
 * some milliseconds a long one. */
#define _XOPEN_SOURCE 700

#include "faults/inject.h"
#include "support_program.h"

#include "../sim/mem.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static struct inject *order;
static char *dir, *order_path;

static void enter(void)
{
	int fd;

	dir = test_directory();
	order_path = test_path(dir, "order");
	fd = open(order_path, O_RDWR | O_CREAT, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, sizeof *order), 0);
	order = mmap(NULL, sizeof *order, PROT_READ | PROT_WRITE, MAP_SHARED,
		fd, 0);
	ck_assert_ptr_ne(order, MAP_FAILED);
	(void)close(fd);
	order->kind = INJECT_CLOCK;
	order->sticky = 1;
}

static void leave(void)
{
	(void)munmap(order, sizeof *order);
	free(order_path);
	test_directory_free(dir);
}

static void become(int terminal, const char *const *arguments)
{
	const char *program = getenv("LAXITY_PROGRAM");
	char *library = test_built("tests/faults/inject.so");
	union { const char *const *in; char *const *out; } u = { arguments };

	(void)dup2(open("/dev/null", O_RDWR), 1);
	(void)dup2(terminal, 2);
	(void)setenv("LD_PRELOAD", library, 1);
	(void)setenv(INJECT_VARIABLE, order_path, 1);
	(void)execv(program ? program : "build/laxity", u.out);
	_exit(127);
}

/* Run it with a terminal as standard error; what was written there, to be
 * freed. */
static char *seen(const char *const *arguments)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave, status;
	struct text t;
	char part[256];
	ssize_t n;
	pid_t child;

	ck_assert(master >= 0 && !grantpt(master) && !unlockpt(master));
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	ck_assert_int_ge(slave, 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		become(slave, arguments);
	(void)close(slave);
	text_init(&t);
	while ((n = read(master, part, sizeof part)) > 0)
		text_add_n(&t, part, (size_t)n);
	(void)close(master);
	ck_assert(waitpid(child, &status, 0) == child);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", t.s);
	return t.s;
}

/* Every "NN % (DONE of TOTAL), SS s left" is possible; how many there are. */
static int check_lines(const char *text, const char *what)
{
	int lines = 0;

	for (const char *at = text; (at = strstr(at, what)); at++) {
		double percent, left;
		long long done, total;

		ck_assert_msg(sscanf(at + strlen(what),
			" %lf %% (%lld of %lld), %lf s left", &percent, &done,
			&total, &left) == 4, "%s", at);
		ck_assert(percent >= 0 && percent <= 100);
		ck_assert(done > 0 && done <= total);
		ck_assert(left >= 0 && left < 1e12);
		lines++;
	}
	return lines;
}

static const struct { int64_t jump_s, at; int shown; } jumps[] = {
	{ 0, 0, 0 },                /* over before there is anything to say */
	{ 1000, 4, 1 }, { 1262304000, 4, 1 },
	{ -1000, 4, 0 }, { -1262304000, 4, 0 },
};
enum { JUMPS = sizeof jumps / sizeof *jumps };

START_TEST(a_run_shows_how_far_it_is)
{
	static const char *const run[] = { "laxity", "run", "-w",
		"tests/faults/workload.ini", "--set", "workload.requests=20000",
		"-p", "edf", NULL };
	char *text;

	order->jump_s = jumps[_i].jump_s;
	order->at = jumps[_i].at;
	text = seen(run);
	ck_assert_int_eq(check_lines(text, "run") > 0, jumps[_i].shown);
	/* The line is wiped away in the end. */
	ck_assert_msg(!jumps[_i].shown || strstr(strrchr(text, '('), "\r\033[K"),
		"%s", text);
	free(text);
}
END_TEST

START_TEST(a_sweep_shows_how_far_it_is)
{
	char *db = test_path(dir, "results.db"), *text;
	const char *const sweep[] = { "laxity", "sweep",
		"tests/faults/experiment.ini", "--db", db, "--jobs",
		_i % 2 ? "1" : "2", NULL };

	order->jump_s = jumps[_i].jump_s;
	order->at = jumps[_i].at;
	text = seen(sweep);
	(void)check_lines(text, "sweep");
	ck_assert_ptr_nonnull(strstr(text, "8 runs stored, 0 were there"));
	free(text);
	free(db);
}
END_TEST

Suite *test_progress(void);
Suite *test_progress(void)
{
	Suite *s = suite_create("progress");
	TCase *t = tcase_create("progress");

	tcase_add_checked_fixture(t, enter, leave);
#ifndef __SANITIZE_ADDRESS__    /* its library must be the first */
	tcase_add_loop_test(t, a_run_shows_how_far_it_is, 0, JUMPS);
	tcase_add_loop_test(t, a_sweep_shows_how_far_it_is, 0, JUMPS);
#else
	(void)a_run_shows_how_far_it_is;
	(void)a_sweep_shows_how_far_it_is;
#endif
	suite_add_tcase(s, t);
	return s;
}
