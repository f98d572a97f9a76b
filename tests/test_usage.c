/* What people do wrong at the command line, and what a shell may do to a
 * program: closed streams, limits, one name given twice. One clear line, the
 * status that belongs to it, and nothing half written or lost. */
#include "../sim/mem.h"
#include "support_program.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKLOAD "tests/faults/workload.ini"
#define DATABASE "tests/compat/database-2.db"

/* ---- Help -------------------------------------------------------------------- */

START_TEST(without_arguments_the_commands_are_listed)
{
	struct program p = { 0 };

	program_run(&p, (const char *[]){ NULL });
	ck_assert_int_eq(p.status, 2);
	ck_assert_uint_eq(p.out_length, 0);
	ck_assert_ptr_nonnull(strstr(p.err, "usage: laxity COMMAND"));
	ck_assert_ptr_nonnull(strstr(p.err, "\n  run "));
	program_fini(&p);
}
END_TEST

START_TEST(help_names_a_command_and_no_more)
{
	struct program p = { 0 }, q = { 0 };

	program_line(&p, "help sweep");
	program_line(&q, "sweep --help");
	ck_assert_int_eq(p.status, 0);
	ck_assert_str_eq(p.out, q.out);
	program_fini(&p);
	program_fini(&q);
	program_refuses("help nonesuch", 2, "laxity: unknown command 'nonesuch'");
	program_refuses("help run sweep", 2, "laxity: help: 'sweep' is one too "
		"many\n");
	program_refuses("--version 1", 2, "laxity: --version: '1' is one too "
		"many\n");
	/* What follows -- is no option. */
	program_refuses("run -- --help", 2, "laxity: run: '--help' is not an "
		"option\n");
	program_refuses("merge --db x", 2, "laxity: merge: unknown option '--db'; "
		"it takes none\n");
}
END_TEST

START_TEST(an_empty_name_is_called_that)
{
	static const char *const commands[][5] = { { "grid", "" },
		{ "report", "" }, { "run", "-w", "", "-p", "edf" } };

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		const char *arguments[6] = { NULL };
		struct program p = { 0 };
		memcpy(arguments, commands[i], sizeof commands[i]);
		program_run(&p, arguments);
		ck_assert_int_eq(p.status, 2);
		ck_assert_str_eq(p.err, "laxity: an empty file name\n");
		program_fini(&p);
	}
}
END_TEST

/* 0x9b begins an escape sequence by itself, in UTF-8 as c2 9b. */
START_TEST(messages_tell_a_terminal_nothing)
{
	struct program p = { 0 };

	program_run(&p, (const char *[]){ "report", "/no\x9b" "31m\xc2\x9b" "1m\033"
		"[m\x7f\xe2\x82\xac\xe2\x82", NULL });
	ck_assert_int_eq(p.status, 2);
	ck_assert_str_eq(p.err, "laxity: /no\\x9b31m\\xc2\\x9b1m\\x1b[m\\x7f"
		"\xe2\x82\xac\\xe2\\x82: No such file or directory\n");
	program_fini(&p);
}
END_TEST

/* ---- One file twice ------------------------------------------------------------- */

static void refuse_and_keep(const char *kept, const char *original,
	const char *line, const char *why)
{
	size_t n, m;
	char *before = test_read(original, &n), *after;

	test_copy(original, kept);
	program_refuses(line, 2, why);
	after = test_read(kept, &m);
	ck_assert_uint_eq(n, m);
	ck_assert_int_eq(memcmp(before, after, n), 0);
	free(before);
	free(after);
}

START_TEST(an_output_never_replaces_what_is_read)
{
	char *dir = test_directory(), *old = test_path(dir, "x"), *line;
	char *link_to = test_path(dir, "y");
	static const struct { const char *original, *line, *why; } cases[] = {
		{ DATABASE, "report %s --html %s", "laxity: report: --html would "
		  "replace " },
		{ DATABASE, "export csv %s --out %s", "laxity: export: --out would "
		  "replace " },
		{ WORKLOAD, "workload %s --arrivals %s", "laxity: workload: "
		  "--arrivals would replace " },
		{ WORKLOAD, "run -p edf -w %s --requests-out %s", "laxity: run: -w "
		  "and --requests-out are the same file, " },
		{ WORKLOAD, "run -p edf -w %s --db %s", "laxity: run: -w and --db "
		  "are the same file, " },
		{ "tests/fuzz/corpus/llm-2023/rows", "trace import azure-llm-2023 "
		  "%s --out %s", "laxity: trace import: --out would replace " },
	};

	ck_assert_int_eq(symlink(old, link_to), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (int linked = 0; linked < 2; linked++) {
			const char *first = strstr(cases[i].line, "%s");
			line = mem_printf("%.*s%s%.*s%s", (int)(first - cases[i].line),
				cases[i].line, old, (int)(strlen(first) - 4),
				first + 2, linked ? link_to : old);
			refuse_and_keep(old, cases[i].original, line,
				cases[i].why);
			free(line);
		}
	}
	/* Two outputs, one not yet there. */
	line = mem_printf("run -w " WORKLOAD " -p edf --timeline %s/z "
		"--requests-out %s/z", dir, dir);
	program_refuses(line, 2, "laxity: run: --requests-out and --timeline are "
		"the same file, ");
	free(line);
	free(old);
	free(link_to);
	test_directory_free(dir);
}
END_TEST

START_TEST(a_link_to_nothing_stays_a_link)
{
	char *dir = test_directory(), *name = test_path(dir, "link");
	char *line = mem_printf("run -w " WORKLOAD " -p edf --requests-out %s",
		name);
	char *why = mem_printf("laxity: %s: cannot write: ", name);
	struct stat st;

	for (int loop = 0; loop < 2; loop++) {
		ck_assert_int_eq(symlink(loop ? name : "/nonesuch", name), 0);
		program_refuses(line, 2, why);
		ck_assert_int_eq(lstat(name, &st), 0);
		ck_assert(S_ISLNK(st.st_mode));
		ck_assert_int_eq(unlink(name), 0);
	}
	free(why);
	free(line);
	free(name);
	test_directory_free(dir);
}
END_TEST

/* ---- Streams and limits ------------------------------------------------------------ */

static int files_in(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	(void)closedir(d);
	return n - 2;
}

/* A script of ours for the shell, in which $0 is the program and $1 the
 * directory. The status; what it says goes to DIR/said. */
static int shell(const char *dir, const char *script)
{
	const char *program = getenv("LAXITY_PROGRAM");
	pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (!child) {
		(void)execl("/bin/sh", "sh", "-c", script, program ? program
			: "build/laxity", dir, (char *)NULL);
		_exit(126);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void expect(const char *script, int status, const char *said, int files)
{
	char *dir = test_directory(), *path = test_path(dir, "said"), *text;
	int got = shell(dir, script);

	text = test_read(path, NULL);
	ck_assert_msg(got == status, "%s: status %d\n%s", script, got, text);
	ck_assert_msg(!strncmp(text, said, strlen(said)), "%s: %s", script, text);
	if (*said)
		ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	ck_assert_msg(files_in(dir) == files + 1, "%s: %d files", script,
		files_in(dir) - 1);
	free(text);
	free(path);
	test_directory_free(dir);
}

#define FEW "exec 2>\"$1\"/said >/dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; "
#define RUN "\"$0\" run -w " WORKLOAD " -p edf "

START_TEST(a_closed_or_full_stream_is_a_failure_and_mixes_nothing)
{
	static const char full[] = "laxity: standard output: cannot write\n";

	expect(RUN "2>\"$1\"/said >&-", 1, full, 0);
	expect(RUN "--format json 2>\"$1\"/said >/dev/full", 1, full, 0);
	expect("\"$0\" --help 2>\"$1\"/said >/dev/full", 1, full, 0);
	expect("\"$0\" report " DATABASE " 2>\"$1\"/said >&-", 1, full, 0);
	expect(RUN "2>\"$1\"/said >/dev/null <&-", 0, "", 0);
	/* All three closed: files take no stream's number. */
	expect(": >\"$1\"/said; " RUN "--requests-out \"$1\"/r.csv --db \"$1\"/r.db "
		"<&- >&- 2>&-; [ $? = 1 ] && grep -q ^request \"$1\"/r.csv && "
		"! grep -q ^edf \"$1\"/r.csv && "
		"\"$0\" export csv \"$1\"/r.db >/dev/null", 0, "", 2);
	expect(RUN "--requests-out /dev/full 2>\"$1\"/said >/dev/null", 1,
		"laxity: /dev/full: cannot write: ", 0);
	expect(RUN "--requests-out /dev/stdout | sed 1q >\"$1\"/said", 0,
		"request,", 0);
}
END_TEST

/* Nobody reads what is printed, which is longer than stdio's buffer: the file
 * is there all the same. It once was lost, its temporary one left. */
START_TEST(a_reader_that_goes_away_takes_no_file_along)
{
	expect("{ sleep 0.2; \"$0\" run -w " WORKLOAD " -p edf --format json "
		"--requests-out \"$1\"/r 2>\"$1\"/said; echo $? >\"$1\"/status; } "
		"| true; while ! [ -s \"$1\"/status ]; do sleep 0.05; done; "
		"[ \"$(cat \"$1\"/status)\" = 1 ] && grep -q ^request \"$1\"/r", 0,
		"laxity: standard output: cannot write\n", 2);
}
END_TEST

/* Sizes in blocks of 512 bytes: the system's answer to a file beyond the limit
 * is a signal, which once left temporary files (found by use, 2026-11). */
START_TEST(limits_of_files_end_in_one_line)
{
#ifndef __SANITIZE_ADDRESS__ /* that build's counters of lines are files, too */
	expect("ulimit -f 1; " RUN "--requests-out \"$1\"/r 2>\"$1\"/said >/dev/null",
		1, "laxity: ", 0);
	expect("ulimit -f 1; \"$0\" export csv " DATABASE " --out \"$1\"/x "
		"2>\"$1\"/said", 1, "laxity: ", 0);
#endif
	/* The fourth is for the libraries. */
	expect(FEW "ulimit -n 4; exec " RUN "-p fifo --replications 3 --jobs 2", 1,
		"laxity: cannot make a pipe: ", 0);
	expect(FEW "ulimit -n 4; exec \"$0\" sweep tests/faults/experiment.ini "
		"--db \"$1\"/s.db", 1, "laxity: ", 0);
}
END_TEST

/* ---- Scripts ------------------------------------------------------------------------ */

/* Names that would become commands of gnuplot, sqlite3 or slurm.conf. */
START_TEST(scripts_refuse_names_that_they_cannot_quote)
{
	expect("scripts/figures --out \"$1/a'b\" 2>\"$1\"/said", 2, "figures: ", 0);
	expect("scripts/figures --out \"$1/a b\" 2>\"$1\"/said", 2, "figures: ", 0);
	expect("scripts/slurm-local up \"$1/a b\" 2>\"$1\"/said", 2,
		"slurm-local: ", 0);
}
END_TEST

/* gnuplot asks awk which policies a table has: the table's name and its words
 * stand in that command. */
START_TEST(a_table_for_a_figure_runs_no_command)
{
	if (shell(".", "command -v gnuplot >/dev/null"))
		return;
	expect("cd \"$1\" && t=$OLDPWD; n='x $(touch pwned)`touch pwned`;.csv'; "
		"{ cat \"$t\"/tests/usage-validation.csv; "
		"sed -n 2p \"$t\"/tests/usage-validation.csv | "
		"sed \"s/,miss_ratio,/,a';touch pwned;',/\"; "
		"echo \"'.system('touch pwned').'\",edf,accuracy,1; } >\"$n\"; "
		"GNUPLOT_LIB=$t gnuplot -e \"data='$n'; name='p'\" "
		"\"$t\"/paper/validation.gp >said 2>&1; rm -f p.pdf \"$n\"; "
		": >said; ! ls pwned 2>said", 0, "ls: ", 0);
	expect("GNUPLOT_LIB=$PWD gnuplot -e \"data='-f'; name='$1/p'\" "
		"paper/validation.gp >\"$1\"/out 2>&1; grep -h 'cannot stand' "
		"\"$1\"/out >\"$1\"/said; rm \"$1\"/out", 0, "\"paper/validation.gp", 0);
}
END_TEST

Suite *test_usage(void);
Suite *test_usage(void)
{
	Suite *s = suite_create("usage");
	TCase *t = tcase_create("usage");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, without_arguments_the_commands_are_listed);
	tcase_add_test(t, help_names_a_command_and_no_more);
	tcase_add_test(t, an_empty_name_is_called_that);
	tcase_add_test(t, messages_tell_a_terminal_nothing);
	tcase_add_test(t, an_output_never_replaces_what_is_read);
	tcase_add_test(t, a_link_to_nothing_stays_a_link);
	tcase_add_test(t, a_closed_or_full_stream_is_a_failure_and_mixes_nothing);
	tcase_add_test(t, a_reader_that_goes_away_takes_no_file_along);
	tcase_add_test(t, limits_of_files_end_in_one_line);
	tcase_add_test(t, scripts_refuse_names_that_they_cannot_quote);
	tcase_add_test(t, a_table_for_a_figure_runs_no_command);
	suite_add_tcase(s, t);
	return s;
}
