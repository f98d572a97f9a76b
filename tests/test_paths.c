/* Names with blanks, quotes, line ends, shell's and printf's own characters, in
 * every place that takes one: they work as any other name, or are refused with
 * one line. No name is ever given to a shell. */
#include "../sim/mem.h"
#include "support_program.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const names[] = {
	"with blanks in it", "it's", "\"two\" quotes", "line\nend", "tab\there",
	"$(touch pwned)", "`touch pwned`", "; touch pwned; #", "a|b>pwned&",
	"*?[x]", "100%s%n", "back\\slash", "-w", "file:x?mode=ro#y",
	"\xc3\xa9t\xc3\xa9", "no\xfeutf8", "'; drop table run; --", "~", "{a,b}",
};
enum { NAMES = sizeof names / sizeof *names };

static char *dir, *stem;

static void place(const char *from, const char *suffix)
{
	char *to = mem_printf("%s%s", stem, suffix);

	test_copy(from, to);
	free(to);
}

static void place_bundle(void)
{
	static const char *const files[] = { "trace.ini", "settings.csv",
		"outcomes.csv", "timing.csv", "power.csv", "overhead.csv" };
	char *to = mem_printf("%s.bundle", stem);

	ck_assert_int_eq(mkdir(to, 0777), 0);
	free(to);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		char *from = mem_printf("tests/traces/tiny/%s", files[i]);
		char *suffix = mem_printf(".bundle/%s", files[i]);
		place(from, suffix);
		free(from);
		free(suffix);
	}
}

/* The arguments, ending with NULL; "@" stands for the directory and the name.
 * The command must succeed and make DIR/NAME + each of `makes`, or, where the
 * name cannot stand in a file (`may_refuse`), say so in one line. */
struct use {
	const char *arguments[16], *makes[4];
	int may_refuse;
};

static const struct use uses[] = {
	{ .arguments = { "trace", "check", "@.bundle" } },
	{ .arguments = { "trace", "info", "@.bundle" } },
	{ .arguments = { "trace", "import", "azure-llm-2023", "@.llm", "--out",
		"@.arrivals" }, .makes = { ".arrivals" } },
	{ .arguments = { "trace", "scale", "@.bundle", "@.capped",
		"--power-limit", "@.limits" }, .makes = { ".capped/trace.ini" },
	  .may_refuse = 1 },        /* the command line goes into trace.ini */
	{ .arguments = { "workload", "@.ini", "--arrivals", "@.releases" },
	  .makes = { ".releases" } },
	{ .arguments = { "run", "-w", "@.ini", "-p", "edf", "--requests-out",
		"@.requests", "--timeline", "@.json", "--estimates", "@.est",
		"--db", "@.db" },
	  .makes = { ".requests", ".json", ".est", ".db" } },
	{ .arguments = { "run", "-w", "@.ini", "-p", "edf", "--set",
		"workload.trace=@.bundle" }, .may_refuse = 1 },
	{ .arguments = { "run", "-w", "@.ini", "-p", "@.so" },
	  .may_refuse = 1 },        /* a colon ends the name of a policy */
	{ .arguments = { "sweep", "@.exp", "--db", "@.sweep", "--jobs", "1" },
	  .makes = { ".sweep" } },
	{ .arguments = { "merge", "@.merged", "@.db", "@.sweep" },
	  .makes = { ".merged" } },
	{ .arguments = { "report", "@.sweep", "--html", "@.html" },
	  .makes = { ".html" } },
	{ .arguments = { "export", "csv", "@.db", "--out", "@.csv" },
	  .makes = { ".csv" } },
};

static void try_use(const struct use *u, const char *name)
{
	char *arguments[17] = { NULL };
	struct program p = { 0 };
	int n = 0, lines = 0;

	for (; u->arguments[n]; n++) {
		const char *s = u->arguments[n], *at = strchr(s, '@');
		arguments[n] = at ? mem_printf("%.*s%s%s", (int)(at - s), s,
			stem, at + 1) : mem_string(s);
	}
	program_run(&p, (const char *const *)arguments);
	for (const char *s = p.err; *s; s++)
		lines += *s == '\n' && strncmp(p.err, "laxity: note: ", 14);
	if (p.status != 0)
		ck_assert_msg(u->may_refuse && p.status == 2 && lines == 1,
			"'%s', %s: status %d\n%s", name, u->arguments[0],
			p.status, p.err);
	for (int i = 0; p.status == 0 && i < 4 && u->makes[i]; i++) {
		char *made = mem_printf("%s%s", stem, u->makes[i]);
		ck_assert_msg(access(made, F_OK) == 0, "'%s', %s: no %s", name,
			u->arguments[0], u->makes[i]);
		free(made);
	}
	for (int i = 0; i < n; i++)
		free(arguments[i]);
	program_fini(&p);
}

/* Everything there begins with the name: nothing was cut at a blank. */
static void check_names(const char *name)
{
	DIR *d = opendir(dir);

	ck_assert_ptr_nonnull(d);
	for (struct dirent *e; (e = readdir(d));)
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			ck_assert_msg(!strncmp(e->d_name, name, strlen(name)),
				"'%s' made '%s'", name, e->d_name);
	(void)closedir(d);
	ck_assert_int_ne(access("pwned", F_OK), 0);
}

START_TEST(any_name_works_or_is_refused_in_one_line)
{
	const char *name = names[_i * (NAMES / test_cases(NAMES, 3))];
	char *plugin = test_built("tests/plugins/template.so");

	dir = test_directory();
	stem = mem_printf("%s/%s", dir, name);
	place_bundle();
	place("tests/faults/workload.ini", ".ini");
	place("tests/faults/experiment.ini", ".exp");
	place("tests/fuzz/corpus/llm-2023/rows", ".llm");
	place("tests/fuzz/corpus/limits/plain", ".limits");
	place(plugin, ".so");
	for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
		try_use(&uses[i], name);
	check_names(name);
	free(plugin);
	free(stem);
	test_directory_free(dir);
}
END_TEST

/* A policy by path needs no special character to be refused, so: the plain and
 * the quoted work. */
START_TEST(a_policy_is_loaded_from_a_name_with_blanks)
{
	char *plugin = test_built("tests/plugins/template.so"), *path;
	struct program p = { 0 };

	dir = test_directory();
	stem = mem_printf("%s/it's a \"policy\"", dir);
	path = mem_printf("%s.so", stem);
	place(plugin, ".so");
	program_run(&p, (const char *[]){ "run", "-w", "tests/faults/workload.ini",
		"-p", path, NULL });
	ck_assert_msg(p.status == 0, "%s", p.err);
	program_fini(&p);
	free(plugin);
	free(path);
	free(stem);
	test_directory_free(dir);
}
END_TEST

Suite *test_paths(void);
Suite *test_paths(void)
{
	Suite *s = suite_create("paths");
	TCase *t = tcase_create("paths");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, any_name_works_or_is_refused_in_one_line, 0,
		test_cases(NAMES, 3));
	tcase_add_test(t, a_policy_is_loaded_from_a_name_with_blanks);
	suite_add_tcase(s, t);
	return s;
}
