/* Sweeps that are killed, lose a worker or the disk, or share a database: what is
 * stored is whole, and a later one goes on from it. */
#include "../sim/mem.h"
#include "support_sql.h"
#include "support_sweep.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each kill counted here struck a sweep at work: one that was faster is held
 * against the uninterrupted one and begun anew. */
START_TEST(killed_at_any_moment_it_goes_on_to_the_same_end)
{
	char *expected = sweep_reference(), *text;
	const char *line[] = { "sweep", at.ini, "--db", at.db, "--jobs", "2", NULL };
	int wanted = getenv("LAXITY_QUICK") ? 12 : 50, status;
	int64_t before = 0, now;

	for (int i = 0, kills = 0; kills < wanted; i++) {
		int child = program_start(line);
		test_sleep_ms(i * 37 % 113);
		(void)kill(child, SIGKILL);
		status = test_wait(child);
		if (status != 128 + SIGKILL) {
			ck_assert_int_eq(status, 0);
			text = sweep_export(at.db);
			ck_assert_str_eq(text, expected);
			free(text);
			ck_assert_int_eq(unlink(at.db), 0);
			before = 0;
			continue;
		}
		kills++;
		if (access(at.db, F_OK))
			continue;
		ck_assert_str_eq(sql_ask(at.db, "pragma integrity_check", NULL), "ok");
		if (!sql_number(at.db, "select count(*) from sqlite_schema"))
			continue;
		now = sql_number(at.db, "select count(*) from runs");
		ck_assert_int_ge(now, before);
		ck_assert_int_eq(now, sql_number(at.db, "select count(*) from run "
			"where ended = 'done' and accuracy is not null"));
		before = now;
	}
	sweep_ok(" --jobs 2");
	text = sweep_export(at.db);
	ck_assert_str_eq(text, expected);
	free(text);
	free(expected);
}
END_TEST

START_TEST(two_sweeps_on_one_database_lose_and_double_nothing)
{
	char *expected = sweep_reference(), *text;
	const char *line[] = { "sweep", at.ini, "--db", at.db, "--jobs", "1", NULL };
	int one = program_start(line), two = program_start(line);

	ck_assert_int_eq(test_wait(one), 0);
	ck_assert_int_eq(test_wait(two), 0);
	ck_assert_int_eq(sql_number(at.db, "select count(*) from run"), SWEEP_RUNS);
	text = sweep_export(at.db);
	ck_assert_str_eq(text, expected);
	free(text);
	free(expected);
}
END_TEST

START_TEST(a_worker_that_dies_ends_the_sweep_and_keeps_what_is_done)
{
	char *killed = test_built("tests/plugins/killed.so");
	char *policies = mem_printf("edf %s", killed);

	sweep_ok("");
	sweep_policies(policies);
	program_line(&at.p, "sweep %s --db %s --jobs 2", at.ini, at.db);
	ck_assert_int_eq(at.p.status, 1);
	ck_assert_str_eq(at.p.err, "laxity: a worker process was ended by signal 9\n");
	ck_assert_int_eq(sql_number(at.db, "select count(*) from run"), SWEEP_RUNS);
	free(policies);
	free(killed);
}
END_TEST

START_TEST(a_policy_that_errs_is_reported_once_whatever_the_jobs)
{
	char *bad = test_built("tests/plugins/bad_policy.so"), *first = NULL;
	char *policies = mem_printf("edf %s:does=finish_early", bad);

	sweep_policies(policies);
	for (int jobs = 1; jobs <= 3; jobs++) {
		program_line(&at.p, "sweep %s --db %s --jobs %d", at.ini, at.db, jobs);
		ck_assert_int_eq(at.p.status, 1);
		if (!first)
			first = mem_string(at.p.err);
		ck_assert(strchr(at.p.err, '\n') == at.p.err + at.p.err_length - 1);
		ck_assert_str_eq(at.p.err, first);
	}
	/* The good policy's first runs are there. */
	ck_assert_int_gt(sql_number(at.db, "select count(*) from runs "
		"where policy = 'edf'"), 0);
	ck_assert_int_eq(sql_number(at.db, "select count(*) from runs "
		"where policy <> 'edf'"), 0);
	free(first);
	free(policies);
	free(bad);
}
END_TEST

#ifndef __SANITIZE_ADDRESS__
START_TEST(a_full_disk_is_reported_and_earlier_runs_are_intact)
{
	char *expected = mem_printf("laxity: %s: no space left; what was stored "
		"before is intact\n", at.db);
	char *preload = test_built("tests/plugins/full_disk.so");
	int64_t runs, size;
	char *bytes;

	sweep_policies("edf");
	sweep_ok("");
	runs = sql_number(at.db, "select count(*) from run");
	size = sql_number(at.db, "select page_count * page_size from "
		"pragma_page_count, pragma_page_size");
	test_write(at.ini, sweep_experiment);
	bytes = mem_printf("%lld", (long long)size);
	ck_assert_int_eq(setenv("LD_PRELOAD", preload, 1), 0);
	ck_assert_int_eq(setenv("DISK_BYTES", bytes, 1), 0);
	program_line(&at.p, "sweep %s --db %s --jobs 2", at.ini, at.db);
	(void)unsetenv("LD_PRELOAD");
	(void)unsetenv("DISK_BYTES");
	ck_assert_int_eq(at.p.status, 1);
	ck_assert_str_eq(at.p.err, expected);
	ck_assert_str_eq(sql_ask(at.db, "pragma integrity_check", NULL), "ok");
	ck_assert_int_ge(sql_number(at.db, "select count(*) from run"), runs);
	/* With room again it goes on. */
	sweep_ok("");
	ck_assert_int_eq(sql_number(at.db, "select count(*) from run"), SWEEP_RUNS);
	free(bytes);
	free(preload);
	free(expected);
}
END_TEST
#endif

Suite *test_sweep_ends(void);
Suite *test_sweep_ends(void)
{
	Suite *s = suite_create("sweep_ends");
	TCase *t = tcase_create("sweep_ends");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, sweep_setup, sweep_teardown);
	tcase_add_test(t, killed_at_any_moment_it_goes_on_to_the_same_end);
	tcase_add_test(t, two_sweeps_on_one_database_lose_and_double_nothing);
	tcase_add_test(t, a_worker_that_dies_ends_the_sweep_and_keeps_what_is_done);
	tcase_add_test(t, a_policy_that_errs_is_reported_once_whatever_the_jobs);
#ifndef __SANITIZE_ADDRESS__
	tcase_add_test(t, a_full_disk_is_reported_and_earlier_runs_are_intact);
#endif
	suite_add_tcase(s, t);
	return s;
}
