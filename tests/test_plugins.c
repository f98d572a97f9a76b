/* Policies from shared objects that misbehave in each possible way: the outcome
 * is one clear line, or a run in which the consequence is counted; and whatever
 * was stored before is intact. */
#include "support_program.h"
#include "support_sql.h"

#include "../sim/mem.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* Two devices, so that a request can be running while another is asked about. */
#define RUN "run -w tests/faults/workload.ini --set workload.devices=2 --set " \
	"workload.networks=triple,pair --set workload.settings=fast,slow "

/* ---- Not a policy ---------------------------------------------------------------- */

static const struct { const char *file, *says; } strangers[] = {
	{ "absent.so", "cannot open" },
	{ "full_disk.so", "does not export laxity_policy and laxity_policy_abi" },
	{ "old_policy.so", "built for interface" },
	{ "no_pick.so", "name or pick is NULL" },
	{ "../../laxity", "cannot dynamically load" },
};
enum { STRANGERS = sizeof strangers / sizeof *strangers };

START_TEST(a_file_that_is_no_policy_is_refused)
{
	char *name = test_path("tests/plugins", strangers[_i].file);
	char *path = test_built(name);
	struct program p = { 0 };

	program_line(&p, RUN "-p %s", path);
	ck_assert_msg(p.status == 2 && strstr(p.err, strangers[_i].says)
		&& strchr(p.err, '\n') == p.err + p.err_length - 1,
		"%s: status %d: %s", path, p.status, p.err);
	free(name);
	free(path);
	program_fini(&p);
}
END_TEST

/* ---- Decisions -------------------------------------------------------------------- */

static const struct { const char *does; int status; const char *says; } ways[] = {
	{ "init_says", 2, "policy 'bad': not on a Saturday" },
	{ "init_silent", 2, "does not suit the workload, and does not say why" },
	{ "run_unknown", 1, "run request -1 (network 0, setting 0): the request is not live" },
	{ "run_negative", 1, "run request -1 (network 0, setting 0): the request is not live" },
	{ "run_gone", 1, "the request is not live" },
	{ "run_running", 1, "it has a stage in flight" },
	{ "bad_net", 1, "run request 0 (network 2, setting 0): no such candidate network" },
	{ "negative_net", 1, "run request 0 (network -1, setting 0): no such candidate network" },
	{ "bad_setting", 1, "run request 0 (network 0, setting 2): no such candidate setting" },
	{ "negative_setting", 1, "run request 0 (network 0, setting -1): no such candidate setting" },
	{ "change_net", 1, "its network was fixed by its first stage" },
	{ "finish_unknown", 1, "finish request -1 (network 0, setting 0): the request is not live" },
	{ "finish_gone", 1, "the request is not live" },
	{ "finish_running", 1, "it has a stage in flight" },
	{ "finish_early", 1, "finish request 0 (network 0, setting 0): it is below its mandatory depth" },
	{ "drop_unknown", 1, "drop request -1 (network 0, setting 0): the request is not live" },
	{ "drop_gone", 1, "the request is not live" },
	{ "drop_running", 1, "it has a stage in flight" },
	{ "drop_late", 1, "it has reached its mandatory depth" },
	{ "bad_kind", 1, "no such kind of decision" },
	{ "negative_kind", 1, "no such kind of decision" },
	{ "exit", 1, "ended by a policy or a backend, with nothing finished" },
	/* Allowed; what they cost is seen in the results. */
	{ "wait_past", 0, "" }, { "wait_for_ever", 0, "" }, { "wait_short", 0, "" },
	{ "change_setting", 0, "" },
};
enum { WAYS = sizeof ways / sizeof *ways };

START_TEST(a_policy_that_misbehaves_is_named_and_nothing_is_stored)
{
	char *path = test_built("tests/plugins/bad_policy.so"), *dir = test_directory();
	char *db = test_path(dir, "results.db");
	struct program p = { 0 };
	int64_t stored;

	program_line(&p, RUN "-p edf --db %s", db);
	ck_assert_msg(p.status == 0, "%s", p.err);
	program_line(&p, RUN "-p %s:does=%s --db %s --format csv", path,
		ways[_i].does, db);
	ck_assert_msg(p.status == ways[_i].status
		&& strstr(p.err, ways[_i].says), "%s: status %d: %s",
		ways[_i].does, p.status, p.err);
	if (p.status)
		ck_assert_msg(strchr(p.err, '\n') == p.err + p.err_length - 1
			&& !*p.out, "%s: %s%s", ways[_i].does, p.err, p.out);
	stored = sql_number(db, "select count(*) from run");
	ck_assert_int_eq(stored, p.status ? 1 : 2);
	printf("plug-ins: %-18s %s\n", ways[_i].does, p.status
		? ways[_i].says : "allowed, and counted");
	(void)fflush(stdout);
	program_fini(&p);
	free(db);
	free(path);
	test_directory_free(dir);
}
END_TEST

/* A column of the one line of CSV, as a number. */
static double column(const char *csv, const char *name)
{
	const char *head = csv, *line = strchr(csv, '\n') + 1;

	while (strncmp(head, name, strlen(name))) {
		head = strchr(head, ',') + 1;
		line = strchr(line, ',') + 1;
	}
	return strtod(line, NULL);
}

static void run_bad(struct program *p, const char *workload, const char *does)
{
	char *path = test_built("tests/plugins/bad_policy.so");

	program_line(p, "run -w %s --format csv -p %s:does=%s", workload, path,
		does);
	ck_assert_msg(p->status == 0, "%s: %s", does, p->err);
	free(path);
}

START_TEST(what_is_allowed_is_counted)
{
	struct program p = { 0 };

	/* At 0 and 6 (in us) it waits for an instant before now. */
	run_bad(&p, "tests/schedules/preempt.ini", "wait_past");
	ck_assert_double_ge(column(p.out, "corrections"), 1);
	/* Nothing is ever run: all miss their deadlines, and the run ends. */
	run_bad(&p, "tests/faults/workload.ini", "wait_for_ever");
	ck_assert_double_eq(column(p.out, "miss_ratio"), 1);
	ck_assert_double_eq(column(p.out, "utilisation"), 0);
	ck_assert_double_eq(column(p.out, "corrections"), 0);
	/* The same, asked every nanosecond. */
	run_bad(&p, "tests/schedules/preempt.ini", "wait_short");
	ck_assert_double_eq(column(p.out, "miss_ratio"), 1);
	ck_assert_double_ge(column(p.out, "decisions"), 1000);
	program_fini(&p);
}
END_TEST

/* ---- Worse than wrong --------------------------------------------------------------- */

/* A crash in a worker leaves a line and the runs of others; without workers the
 * process dies of it. Nothing is half stored. */
START_TEST(a_policy_that_crashes_takes_its_process_along)
{
	char *path = test_built("tests/plugins/bad_policy.so"), *dir = test_directory();
	char *db = test_path(dir, "results.db");
	struct program p = { 0 };

	program_line(&p, RUN "-p edf --db %s", db);
	ck_assert_msg(p.status == 0, "%s", p.err);
	program_line(&p, RUN "-p edf -p %s:does=crash --db %s --jobs 2", path, db);
	ck_assert_int_eq(p.status, 1);
	ck_assert_msg(!strncmp(p.err, "laxity: a worker process", 24)
		&& strchr(p.err, '\n') == p.err + p.err_length - 1, "%s", p.err);
	program_line(&p, RUN "-p edf -p %s:does=exit --db %s --jobs 2", path, db);
	ck_assert_int_eq(p.status, 1);
	ck_assert_str_eq(p.err,
		"laxity: a worker process ended with status 1\n");
	program_line(&p, RUN "-p %s:does=crash --db %s", path, db);
	ck_assert_int_ne(p.status, 0);
	ck_assert_str_eq(sql_ask(db, "select count(*), sum(ended = 'done') "
		"from run", NULL), "1|1");
	ck_assert_str_eq(sql_ask(db, "pragma integrity_check", NULL), "ok");
	program_fini(&p);
	free(db);
	free(path);
	test_directory_free(dir);
}
END_TEST

/* Until the child takes SIGTERM itself, on however busy a machine. */
static void wait_for_handler(pid_t child)
{
	char *path = mem_printf("/proc/%ld/status", (long)child), *text, *caught;
	int takes = 0;

	for (int i = 0; i < 1000 && !takes; i++) {
		test_sleep_ms(10);
		text = test_read(path, NULL);
		caught = strstr(text, "SigCgt:");
		takes = caught && strtoull(caught + 7, NULL, 16)
			>> (SIGTERM - 1) & 1;
		free(text);
	}
	ck_assert(takes);
	free(path);
}

/* The first signal asks, and asks in vain; the second ends it, and its workers. */
START_TEST(a_policy_that_never_returns_is_ended_by_a_second_signal)
{
	char *bad = test_built("tests/plugins/bad_policy.so"), *path;
	const char *arguments[] = { "run", "-w", "tests/faults/workload.ini", "-p",
		NULL, "-p", "edf", "--jobs", _i ? "2" : "1", NULL };
	int status;
	pid_t child;

	arguments[4] = path = mem_printf("%s:does=loop", bad);
	child = program_start(arguments);
	wait_for_handler(child);
	test_sleep_ms(150);
	ck_assert_int_eq(kill(child, SIGTERM), 0);
	test_sleep_ms(50);
	ck_assert_int_eq(waitpid(child, &status, WNOHANG), 0);
	ck_assert_int_eq(kill(child, SIGTERM), 0);
	ck_assert(waitpid(child, &status, 0) == child);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	free(path);
	free(bad);
}
END_TEST

Suite *test_plugins(void);
Suite *test_plugins(void)
{
	Suite *s = suite_create("plugins");
	TCase *t = tcase_create("plugins");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, a_file_that_is_no_policy_is_refused, 0, STRANGERS);
	tcase_add_loop_test(t,
		a_policy_that_misbehaves_is_named_and_nothing_is_stored, 0, WAYS);
	tcase_add_test(t, what_is_allowed_is_counted);
	tcase_add_test(t, a_policy_that_crashes_takes_its_process_along);
	tcase_add_loop_test(t,
		a_policy_that_never_returns_is_ended_by_a_second_signal, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
