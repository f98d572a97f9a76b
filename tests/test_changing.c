/* Files that change while they are read: cut, emptied, grown or overwritten by
 * another program, before each call that reads. The program must end by itself,
 * with the outcome of what was there before, of what is there now (where nothing
 * vouches for the bytes), or with one line. A bundle's tables have hashes: what
 * is accepted of one is all of it.
 *
 * A file that is mapped would end the program with SIGBUS when it is cut: none
 * is, and this is what notices.
 *
 * `make check` changes them before every few reads; LAXITY_FAULTS=full before
 * each: 1012 changes. */
#include "support_faults.h"

#include "../sim/mem.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TINY "tests/traces/tiny/"
#define BUNDLE { TINY "trace.ini", "trace.ini" }, \
	{ TINY "settings.csv", "settings.csv" }, \
	{ TINY "outcomes.csv", "outcomes.csv" }, \
	{ TINY "timing.csv", "timing.csv" }, { TINY "power.csv", "power.csv" }, \
	{ TINY "overhead.csv", "overhead.csv" }

static const struct changing {
	struct fault_command command;
	int vouched_for;            /* an outcome is the one of the good files */
} changing[] = {
	{ { .name = "trace check", .arguments = { "trace", "check", "@" },
	    .copies = { BUNDLE } }, 1 },
	{ { .name = "run, bundle", .arguments = { "run", "-w",
		"tests/faults/workload.ini", "-p", "edf", "--format", "csv",
		"--set", "workload.trace=@" }, .copies = { BUNDLE } }, 1 },
	{ { .name = "workload", .arguments = { "workload", "@/w.ini" },
	    .copies = { { "tests/faults/workload.ini", "w.ini" } } }, 0 },
	{ { .name = "trace import", .arguments = { "trace", "import",
		"azure-llm-2023", "@/rows", "--out", "@/arrivals.csv" },
	    .files = { "+arrivals.csv" },
	    .copies = { { "tests/fuzz/corpus/llm-2023/rows", "rows" } } }, 0 },
	{ { .name = "report", .arguments = { "report", "@/d.db" },
	    .copies = { { "tests/compat/database-2.db", "d.db" } } }, 0 },
	{ { .name = "export", .arguments = { "export", "csv", "@/d.db" },
	    .copies = { { "tests/compat/database-2.db", "d.db" } } }, 0 },
	{ { .name = "merge", .arguments = { "merge", "@/to.db", "@/d.db" },
	    .files = { "+to.db", "+d.db-journal", "+to.db-journal" },
	    .copies = { { "tests/compat/database-2.db", "d.db" } } }, 0 },
};

static int lines(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void check_end(const struct place *p, const struct program *program,
	int vouched_for, const char *what)
{
	ck_assert_msg(program->status <= 2, "%s: status %d\n%s", what,
		program->status, program->err);
	if (program->status)
		ck_assert_msg(lines(program->err) == 1
			&& !strncmp(program->err, "laxity: ", 8)
			&& program->out_length == 0, "%s: said\n%s%s", what,
			program->err, program->out);
	else if (vouched_for)
		ck_assert_msg(!strcmp(program->out, p->out), "%s: said\n%s",
			what, program->out);
}

START_TEST(a_file_that_changes_is_read_whole_or_refused)
{
	static const struct { int change; const char *name; } changes[] = {
		{ INJECT_CUT, "cut" }, { INJECT_EMPTY, "emptied" },
		{ INJECT_GROW, "grown" }, { INJECT_OVERWRITE, "overwritten" } };
	const struct changing *c = &changing[_i];
	struct program program = { 0 };
	int tried = 0, refused = 0;
	struct place p;
	int64_t step;

	place_init(&p, &c->command);
	(void)snprintf(p.order->under, sizeof p.order->under, "%s/", p.dir);
	/* About ten of the reads, or all of them. */
	step = getenv("LAXITY_FAULTS") ? 1 : p.counts[INJECT_READ] / 10 + 1;
	for (int64_t at = 1; at <= p.counts[INJECT_READ]; at += step) {
		for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
			char *what = mem_printf("laxity %s: %s before read %lld",
				c->command.name, changes[i].name, (long long)at);
			place_restore(&p);
			p.order->kind = INJECT_READ;
			p.order->error = changes[i].change;
			p.order->at = at;
			place_run(&p, &program);
			check_end(&p, &program, c->vouched_for, what);
			tried++;
			refused += program.status != 0;
			free(what);
		}
	}
	printf("changing: %-14s %5d changes while reading, %d refused\n",
		c->command.name, tried, refused);
	(void)fflush(stdout);
	/* The changes arrive. */
	ck_assert_int_gt(refused, 0);
	program_fini(&program);
	place_fini(&p);
}
END_TEST

Suite *test_changing(void);
Suite *test_changing(void)
{
	Suite *s = suite_create("changing");
	TCase *t = tcase_create("changing");

	/* Not with a preloaded library before the sanitizer's. */
	if (!SANITIZED)
		tcase_add_loop_test(t,
			a_file_that_changes_is_read_whole_or_refused, 0,
			sizeof changing / sizeof *changing);
	suite_add_tcase(s, t);
	return s;
}
