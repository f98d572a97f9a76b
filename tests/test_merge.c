/* `laxity merge` and the shards of a sweep, through the real program. */
#include "../sim/mem.h"
#include "support_sql.h"
#include "support_sweep.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

START_TEST(shards_merge_into_the_whole)
{
	char *expected = sweep_reference(), *text, *part[7];
	int64_t sum = 0, all;

	for (int i = 0; i < 7; i++) {
		char *name = mem_printf("part%d.db", i);
		part[i] = test_path(at.dir, name);
		free(name);
		program_line(&at.p, "sweep %s --db %s --shard %d/7", at.ini, part[i],
			i + 1);
		ck_assert_msg(at.p.status == 0, "%s", at.p.err);
		sum += sql_number(part[i], "select count(*) from run");
		/* 30 replications among 7. */
		all = sql_number(part[i], "select count(*) from run");
		ck_assert(all == 12 || all == 15);
	}
	ck_assert_int_eq(sum, SWEEP_RUNS);
	/* Backwards, and one of them twice. */
	program_line(&at.p, "merge %s %s %s %s %s %s %s %s %s", at.db, part[6], part[5],
		part[4], part[3], part[2], part[1], part[0], part[3]);
	ck_assert_msg(at.p.status == 0, "%s", at.p.err);
	text = sweep_export(at.db);
	ck_assert_str_eq(text, expected);
	free(text);
	free(expected);
	for (int i = 0; i < 7; i++)
		free(part[i]);
}
END_TEST

START_TEST(a_shard_without_runs_can_be_merged)
{
	char *whole = test_path(at.dir, "whole.db");

	sweep_ok(" --shard 31/31");
	ck_assert_int_eq(sql_number(at.db, "select count(*) from run"), 0);
	program_line(&at.p, "merge %s %s", whole, at.db);
	ck_assert_msg(at.p.status == 0, "%s", at.p.err);
	free(whole);
}
END_TEST

START_TEST(a_merge_conflict_leaves_no_file)
{
	char *other = test_path(at.dir, "b.db"), *out = test_path(at.dir, "out.db");

	sweep_policies("edf");
	sweep_ok("");
	program_line(&at.p, "merge %s %s", other, at.db);
	ck_assert_int_eq(at.p.status, 0);
	sql_change(other, "update run set missed = 7777 where id = 5");
	program_line(&at.p, "merge %s %s %s", out, at.db, other);
	ck_assert_int_eq(at.p.status, 2);
	ck_assert_msg(strstr(at.p.err, "laxity: merge: edf, seed ") == at.p.err
		&& strstr(at.p.err, ": missed is ") && strstr(at.p.err, " but 7777 in "),
		"%s", at.p.err);
	ck_assert(access(out, F_OK) != 0);
	free(out);
	free(other);
}
END_TEST

Suite *test_merge(void);
Suite *test_merge(void)
{
	Suite *s = suite_create("merge");
	TCase *t = tcase_create("merge");

	tcase_set_timeout(t, 120);
	tcase_add_checked_fixture(t, sweep_setup, sweep_teardown);
	tcase_add_test(t, shards_merge_into_the_whole);
	tcase_add_test(t, a_shard_without_runs_can_be_merged);
	tcase_add_test(t, a_merge_conflict_leaves_no_file);
	suite_add_tcase(s, t);
	return s;
}
