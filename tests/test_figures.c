/* scripts/figures: what is there is not made again, what is gone or changed is,
 * and no more than that. Small runs only. */
#include "../sim/mem.h"
#include "support_program.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *dir;

/* Run scripts/figures of `tree` in a quick try; all it says, and its exit status.
 * The caller frees it. */
static int figures(const char *tree, const char *program, const char *arguments,
	char **said)
{
	char *command = mem_printf("LAXITY_PROGRAM=%s %s/scripts/figures --quick "
		"--out %s/out %s >%s/said 2>&1", program, tree, dir, arguments, dir);
	char *path = test_path(dir, "said");
	int status = system(command);

	*said = test_read(path, NULL);
	free(path);
	free(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static char *program_path(void)
{
	const char *program = getenv("LAXITY_PROGRAM");
	char here[4096];

	if (!program)
		program = "build/laxity";
	if (*program == '/')
		return mem_string(program);
	ck_assert_ptr_nonnull(getcwd(here, sizeof here));
	return mem_printf("%s/%s", here, program);
}

static char *expect_of(const char *tree, const char *program, const char *names,
	const char *what)
{
	char *said;
	int status = figures(tree, program, names, &said);

	ck_assert_msg(!status && strstr(said, what), "status %d, not '%s': %s",
		status, what, said);
	return said;
}

static void expect(const char *tree, const char *names, const char *what)
{
	char *program = program_path();

	free(expect_of(tree, program, names, what));
	free(program);
}

static void write_in(const char *tree, const char *file, const char *text)
{
	char *path = test_path(tree, file);

	test_write(path, text);
	free(path);
}

/* Bytes that do not change what is drawn. */
static void append(const char *tree, const char *file, const char *text)
{
	char *path = test_path(tree, file);

	test_append(path, text);
	free(path);
}

static void shell(const char *format, const char *a, const char *b)
{
	char *command = mem_printf(format, a, b);

	ck_assert_int_eq(system(command), 0);
	free(command);
}

/* The program as it would be if that policy's file were another: its hash in the
 * program is. */
static char *with_other_code(const char *program, const char *policy)
{
	char *lines = NULL, *other = test_path(dir, "laxity"), *bytes, *hash, *at;
	struct program p = { 0 };
	size_t n;
	int found = 0;

	program_line(&p, "policies --code");
	lines = mem_printf("\n%s", p.out);
	hash = mem_printf("\n%s ", policy);
	at = strstr(lines, hash);
	ck_assert_ptr_nonnull(at);
	at = strchr(strchr(at + 1, ' ') + 1, ' ') + 1;
	at[64] = '\0';
	bytes = test_read(program, &n);
	for (size_t i = 0; i + 64 <= n; i++)
		if (!memcmp(bytes + i, at, 64)) {
			bytes[i] = bytes[i] == '0' ? '1' : '0';
			found++;
		}
	ck_assert_int_eq(found, 1);
	{
		FILE *f = fopen(other, "wb");
		ck_assert_ptr_nonnull(f);
		ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
		ck_assert_int_eq(fclose(f), 0);
		shell("chmod +x %s%s", other, "");
	}
	program_fini(&p);
	free(bytes);
	free(hash);
	free(lines);
	return other;
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
	char *tree = test_path(dir, "tree"), *here = getcwd(NULL, 0);
	char *program = program_path(), *other, *said, *a, *b;
	const char *both = "e3 twin";

	/* A tree with a second figure from one experiment. */
	shell("mkdir %s && cp -r paper scripts %s", tree, tree);
	shell("ln -s %s/traces %s/traces", here, tree);
	shell("cp %s/paper/e3.gp %s/paper/twin.gp", tree, tree);
	expect(tree, both, "1 experiments run, 2 of 2 figures drawn");
	a = test_read(manifest, NULL);
	ck_assert_ptr_nonnull(strstr(a, "figure\te3\t"));
	expect(tree, both, "0 experiments run, 0 of 2 figures drawn");

	/* What is gone comes back the same. */
	ck_assert_int_eq(unlink(svg), 0);
	expect(tree, both, "0 experiments run, 1 of 2 figures drawn");
	ck_assert_int_eq(unlink(csv), 0);
	expect(tree, both, "1 experiments run, 0 of 2 figures drawn");
	b = test_read(manifest, NULL);
	ck_assert_str_eq(a, b);

	/* Bytes count, not dates; each picture on its own, the look for all. */
	shell("touch %s/paper/*.gp %s/paper/experiments/*", tree, tree);
	expect(tree, both, "0 experiments run, 0 of 2 figures drawn");
	append(tree, "paper/twin.gp", "# changed\n");
	expect(tree, both, "0 experiments run, 1 of 2 figures drawn");
	append(tree, "paper/style.gp", "# changed\n");
	expect(tree, both, "0 experiments run, 2 of 2 figures drawn");

	/* Another's query is asked, and counts. */
	write_in(tree, "paper/asked.sql", "-- from: deadline-min\n"
		"select count(*) as runs from run;\n");
	write_in(tree, "paper/asking.sql", "-- from: deadline-min\n"
		"-- query: asked\n");
	expect(tree, "asked asking", "0 experiments run, 2 of 2 figures drawn");
	shell("cmp %s/out/asked.csv %s/out/asking.csv", dir, dir);
	shell("grep -q '| *200 *|' %s/out/asking.md%s", dir, "");
	append(tree, "paper/asked.sql", "-- changed\n");
	expect(tree, "asking", "0 experiments run, 1 of 1 figures drawn");
	expect(tree, "asking", "0 experiments run, 0 of 1 figures drawn");

	/* A changed policy re-runs its own runs, of 200; one that is not in the
	 * experiment nothing. */
	other = with_other_code(program, "joint");
	free(expect_of(tree, other, both, "0 experiments run, 0 of 2 figures drawn"));
	free(other);
	other = with_other_code(program, "edf");
	said = expect_of(tree, other, both, "1 experiments run, 0 of 2 figures drawn");
	ck_assert_msg(strstr(said, "40 runs stored, 160 were there") != NULL, "%s",
		said);
	free(said);
	free(other);

	/* A changed experiment starts afresh; a comment is no change. */
	append(tree, "paper/experiments/deadline-min.ini", "; changed\n");
	expect(tree, both, "1 experiments run, 0 of 2 figures drawn");
	expect(tree, both, "0 experiments run, 0 of 2 figures drawn");
	shell("sed -i s/10T/11T/ %s/paper/experiments/deadline-min.ini%s", tree, "");
	said = expect_of(tree, program, both,
		"1 experiments run, 2 of 2 figures drawn");
	ck_assert_msg(strstr(said, "200 runs stored, 0 were there") != NULL, "%s",
		said);
	free(said);
	free(a);
	free(b);
	free(program);
	free(here);
	free(tree);
	free(svg);
	free(csv);
	free(manifest);
}
END_TEST

START_TEST(unknown_figures_are_refused)
{
	char *program = program_path(), *said;

	ck_assert_int_eq(figures(".", program, "no-such-figure", &said), 2);
	ck_assert_str_eq(said, "figures: no figure of that name\n");
	free(said);
	ck_assert_int_eq(figures(".", program, "--no-such-option", &said), 2);
	free(said);
	free(program);
}
END_TEST

Suite *test_figures(void);
Suite *test_figures(void)
{
	Suite *s = suite_create("figures");
	TCase *c = tcase_create("figures");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 300);
	/* What it does is the script's doing, whichever build is below. */
	if (!getenv("LAXITY_QUICK"))
		tcase_add_test(c, only_what_is_gone_or_changed_is_made_again);
	tcase_add_test(c, unknown_figures_are_refused);
	suite_add_tcase(s, c);
	return s;
}
