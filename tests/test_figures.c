/* scripts/figures: what is there is not made again, what is gone or changed is;
 * and the paper's numbers are macros of what was measured. Small runs only. */
#include "../sim/mem.h"
#include "support_program.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *dir;

/* Its last line, and its exit status. */
static int figures(const char *arguments, char *last, int room)
{
	const char *program = getenv("LAXITY_PROGRAM");
	char *command = mem_printf("LAXITY_PROGRAM=%s scripts/figures --quick --out "
		"%s/out %s 2>&1", program ? program : "build/laxity", dir, arguments);
	FILE *f = popen(command, "r");
	int status;

	ck_assert_ptr_nonnull(f);
	*last = '\0';
	while (fgets(last, room, f))
		;
	status = pclose(f);
	free(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void expect(const char *name, const char *what)
{
	char last[1024];
	int status = figures(name, last, sizeof last);

	ck_assert_msg(!status && strstr(last, what), "status %d: %s", status, last);
}

static void setup(void)
{
	dir = test_directory();
}

static void teardown(void)
{
	test_directory_free(dir);
}

START_TEST(only_what_is_gone_or_changed_is_made_again)
{
	char *svg = test_path(dir, "out/e3.svg"), *csv = test_path(dir,
		"out/deadline-min.csv"), *manifest = test_path(dir, "out.manifest");
	char *a, *b;
	size_t n, m;

	expect("e3", "1 experiments run, 1 of 1 figures drawn");
	a = test_read(manifest, &n);
	ck_assert_ptr_nonnull(strstr(a, "figure\te3\t"));
	expect("e3", "0 experiments run, 0 of 1 figures drawn");
	ck_assert_int_eq(unlink(svg), 0);
	expect("e3", "0 experiments run, 1 of 1 figures drawn");
	b = test_read(manifest, &m);
	/* A picture's bytes hold no time of day, but the PDF's do. */
	ck_assert_uint_eq(n, m);
	ck_assert_int_eq(unlink(csv), 0);
	expect("e3", "1 experiments run, 0 of 1 figures drawn");
	free(a);
	free(b);
	free(svg);
	free(csv);
	free(manifest);
}
END_TEST

START_TEST(unknown_figures_are_refused)
{
	char last[1024];

	ck_assert_int_eq(figures("no-such-figure", last, sizeof last), 2);
	ck_assert_str_eq(last, "figures: no figure of that name\n");
	ck_assert_int_eq(figures("--no-such-option", last, sizeof last), 2);
}
END_TEST

Suite *test_figures(void);
Suite *test_figures(void)
{
	Suite *s = suite_create("figures");
	TCase *c = tcase_create("figures");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 300);
	tcase_add_test(c, only_what_is_gone_or_changed_is_made_again);
	tcase_add_test(c, unknown_figures_are_refused);
	suite_add_tcase(s, c);
	return s;
}
