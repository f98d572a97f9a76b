/* What a store holds: runs, requests and stages, their keys; merging. */
#include "support_program.h"
#include "support_sql.h"
#include "support_store.h"

#include "../sim/msg.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *dir, *path;
static void setup(void)
{
	dir = test_directory();
	path = test_path(dir, "a.db");
}
static void teardown(void)
{
	free(path);
	test_directory_free(dir);
}

/* ---- Storing ---------------------------------------------------------------- */

START_TEST(a_stored_run_is_in_the_views_with_every_number)
{
	struct outcome_bounds bounds = { "lp", 0.625, 0.75, 0.0625 };
	struct stored_sample a;
	struct store *s = store_open(path, STORE_WRITE);

	stored_sample(&a, &stored_edf, "edf", 20, 3);
	ck_assert(access(path, F_OK) != 0);     /* nothing before the commit */
	stored_put(s, &a);
	store_close(s);
	ck_assert_str_eq(sql_ask(path, "select policy, clairvoyant, networks, process, "
		"clients, trace, device, modelled, seed, replication, kind, ended, "
		"requests, missed, miss_ratio, accuracy, response_p99_ns, energy_j, "
		"load, regret, took_s, version from runs", NULL),
		"edf|0|staged3|closed|20|traces/a|GPU|0|3|2|simulated|done|100|10|"
		"0.1|0.503|1152921504606846977|-|1.5|-|0.25|0.1.0");
	s = store_open(path, STORE_WRITE);
	ck_assert_int_eq(store_begin(s), 0);
	ck_assert_int_eq(store_put_bounds(s, &a.workload, a.hash, 3, &bounds), 0);
	ck_assert_int_eq(store_commit(s), 0);
	store_close(s);
	/* Confidence over all: 0.5 over the 90 answered is 0.45. */
	ck_assert_str_eq(sql_ask(path, "select bound, round(regret, 9), "
		"round(regret_confidence, 9), round(regret_missed, 9), bound_name "
		"from runs", NULL), "0.625|0.122|0.3|0.0375|lp");
	ck_assert_str_eq(sql_ask(path, "select policy, value from metrics "
		"where metric = 'accuracy'", NULL), "edf|0.503");
}
END_TEST

START_TEST(paired_compares_with_the_first_policy_by_seed)
{
	struct store *s = store_open(path, STORE_WRITE);
	struct stored_sample a, b, c;

	stored_sample(&a, &stored_edf, "edf", 20, 1);
	stored_sample(&b, &stored_imprecise, "imprecise", 20, 1);
	stored_sample(&c, &stored_oracle, "oracle", 20, 2);
	b.outcome.metrics.accuracy = 0.75;
	ck_assert_int_eq(store_begin(s), 0);
	ck_assert_int_eq(store_put_policies(s, 1, &a.choice), 0);
	ck_assert_int_eq(store_commit(s), 0);
	/* Stored in another order. */
	stored_put(s, &c);
	stored_put(s, &b);
	stored_put(s, &a);
	store_close(s);
	ck_assert_str_eq(sql_ask(path, "select policy, against, seed, difference "
		"from paired where metric = 'accuracy'", NULL),
		"imprecise|edf|1|0.249");
	ck_assert_str_eq(sql_ask(path, "select policy, clairvoyant from runs "
		"order by policy", NULL), "edf|0\nimprecise|0\noracle|1");
}
END_TEST

START_TEST(axes_are_the_keys_that_differ)
{
	struct store *s = store_open(path, STORE_WRITE);
	struct stored_sample a;

	for (int clients = 4; clients <= 8; clients += 4) {
		stored_sample(&a, &stored_edf, "edf", clients, 1);
		stored_put(s, &a);
	}
	store_close(s);
	ck_assert_str_eq(sql_ask(path, "select name, value from axes order by 2", NULL),
		"arrivals.clients|4\narrivals.clients|8");
}
END_TEST

START_TEST(what_determines_a_run_determines_its_key)
{
	struct stored_sample a, b;
	struct store_key k, l;

	stored_sample(&a, &stored_imprecise, "imprecise", 20, 1);
	store_key(&k, &a.run);
	/* The same policy spelt out. */
	stored_sample(&b, &stored_imprecise, "imprecise:delta=0.01", 20, 1);
	store_key(&l, &b.run);
	ck_assert_str_eq(k.key, l.key);
#define DIFFERS(what, change) do { \
		stored_sample(&b, &stored_imprecise, "imprecise", 20, 1); \
		change; \
		store_hash_workload(&b.workload, b.hash); \
		store_key(&l, &b.run); \
		ck_assert_msg(strcmp(k.key, l.key) && strcmp(k.subject, l.subject), \
			"%s", what); \
	} while (0)
	DIFFERS("trace", b.bundle.sha256[0]++);
	DIFFERS("workload", b.resolved[70]++);
	DIFFERS("replayed file", b.workload.replay_sha256[0]++);
	DIFFERS("parameter", b.choice.args[0] = 0.1);
	DIFFERS("policy", b.text[0]++);
	DIFFERS("seed", b.run.seed++);
	DIFFERS("kind", b.run.kind = "replayed");
	DIFFERS("time of a live run", b.run.live_at = "2026");
	/* How long it took does not matter. */
	stored_sample(&b, &stored_imprecise, "imprecise", 20, 1);
	b.run.took_s = 2;
	b.run.ended = "interrupted";
	store_hash_workload(&b.workload, b.hash);
	store_key(&l, &b.run);
	ck_assert_str_eq(k.key, l.key);
}
END_TEST

START_TEST(a_run_by_changed_code_replaces_the_old_one)
{
	struct store *s = store_open(path, STORE_WRITE);
	struct request_record r = { .confidence = NAN, .number = 7 };
	struct store_key k, old;
	struct stored_sample a;
	int64_t id;

	stored_sample(&a, &stored_edf, "./edf.so", 20, 1);
	store_key(&old, &a.run);
	ck_assert_int_eq(store_has(s, &old), 0);
	ck_assert_int_eq(store_begin(s), 0);
	ck_assert_int_eq(store_put_start(s, &a.run, &id), 0);
	ck_assert_int_eq(store_put_request(s, id, &r), 0);
	ck_assert_int_eq(store_put_outcome(s, id, "done", NAN, &a.outcome), 0);
	ck_assert_int_eq(store_commit(s), 0);
	ck_assert_int_eq(store_has(s, &old), 1);

	(void)strcpy(a.choice.code, "bbbb");
	a.outcome.metrics.accuracy = 0.25;
	store_key(&k, &a.run);
	ck_assert_str_eq(k.subject, old.subject);
	ck_assert_int_eq(store_has(s, &k), 0);
	stored_put(s, &a);
	ck_assert_int_eq(store_has(s, &k), 1);
	ck_assert_int_eq(store_has(s, &old), 0);
	store_close(s);
	ck_assert_str_eq(sql_ask(path, "select count(*), max(accuracy) from runs", NULL),
		"1|0.25");
	ck_assert_str_eq(sql_ask(path, "select count(*) from request", NULL), "0");
}
END_TEST

START_TEST(requests_and_stages_are_stored_under_their_run)
{
	struct store *s = store_open(path, STORE_WRITE);
	struct request_record r = { .number = 500, .release_ns = 10,
		.deadline_ns = 100, .start_ns = -1, .leave_ns = 100, .client = -1,
		.input = 9, .net = -1, .setting = -1, .missed = true,
		.confidence = NAN, .energy_j = 0, .slowdown_mean = NAN,
		.slowdown_variance = NAN, .environment = -1 };
	struct stage_record g = { .number = 501, .decided_ns = 5, .start_ns = 6,
		.end_ns = 16, .depth = 1, .environment = 1, .sample = 3,
		.counted = true };
	struct stored_sample a;
	int64_t id;

	stored_sample(&a, &stored_edf, "edf", 20, 1);
	ck_assert_int_eq(store_begin(s), 0);
	ck_assert_int_eq(store_put_start(s, &a.run, &id), 0);
	ck_assert_int_eq(store_put_request(s, id, &r), 0);
	r = (struct request_record){ .number = 501, .release_ns = 20,
		.deadline_ns = 90, .start_ns = 30, .leave_ns = 60, .client = 4,
		.input = 8, .depth = 2, .correct = true, .confidence = 0.5,
		.energy_j = 0.25, .busy_ns = 12, .slowdown_mean = 1.5,
		.slowdown_variance = 2, .environment = 1 };
	ck_assert_int_eq(store_put_request(s, id, &r), 0);
	ck_assert_int_eq(store_put_stage(s, id, &g), 0);
	ck_assert_int_eq(store_put_stage(s, id, &g), 0);
	ck_assert_int_eq(store_put_outcome(s, id, "done", NAN, &a.outcome), 0);
	ck_assert_int_eq(store_commit(s), 0);
	store_close(s);
	ck_assert_str_eq(sql_ask(path, "select * from requests", NULL),
		"1|500|-|9|-|-|10|100|-|100|90|0|-|0|1|0.0|0|-|-|-\n"
		"1|501|4|8|staged3|sm132|20|90|30|60|40|2|0.5|1|0|0.25|12|busy|"
		"1.5|2.0");
	ck_assert_str_eq(sql_ask(path, "select * from stages limit 1", NULL),
		"1|501|0|staged3|sm132|1|busy|3|5|6|16|10|1");
	ck_assert_str_eq(sql_ask(path, "select count(*) from stages", NULL), "2");
}
END_TEST

START_TEST(requests_may_be_put_in_any_order)
{
	static const int64_t order[] = { 5, 3, 4, 6, 7, 20, 21, 1, 2, 22, 8 };
	enum { N = sizeof order / sizeof *order };
	struct store *s = store_open(path, STORE_WRITE);
	struct stored_sample a;
	int64_t id;

	/* Two runs, so that the second begins behind rows of the first. */
	for (uint32_t seed = 1; seed <= 2; seed++) {
		stored_sample(&a, &stored_edf, "edf", 20, seed);
		ck_assert_int_eq(store_begin(s), 0);
		ck_assert_int_eq(store_put_start(s, &a.run, &id), 0);
		/* More than one statement takes. */
		for (int i = 0; i < 200; i++) {
			struct request_record r = { .number = i < N ? order[i]
				: 100 + i, .input = i };
			struct stage_record g = { .number = i, .sample = i };
			ck_assert_int_eq(store_put_request(s, id, &r), 0);
			ck_assert_int_eq(store_put_stage(s, id, &g), 0);
		}
		ck_assert_int_eq(store_put_outcome(s, id, "done", NAN,
			&a.outcome), 0);
		ck_assert_int_eq(store_commit(s), 0);
	}
	store_close(s);
	ck_assert_str_eq(sql_ask(path, "select group_concat(request || ':' || input) "
		"from (select * from requests where run = 2 order by request) "
		"where request < 100", NULL),
		"1:7,2:8,3:1,4:2,5:0,6:3,7:4,8:10,20:5,21:6,22:9");
	ck_assert_str_eq(sql_ask(path, "select count(*), sum(request - 100 = input) "
		"from requests", NULL), "400|378");
	ck_assert_str_eq(sql_ask(path, "select count(*), sum(id & 255 = request "
		"and request = sample), min(id >> 40), max(id >> 40) from stage",
		NULL), "400|400|1|2");
}
END_TEST

/* ---- Merging ----------------------------------------------------------------------- */

static int merge(const char *out, const char *in)
{
	struct store *s = store_open(out, STORE_WRITE);
	struct store *from = store_open(in, STORE_READ);
	int failed = store_begin(s) || store_merge(s, from) || store_commit(s);

	store_close(s);
	store_close(from);
	return failed;
}

START_TEST(merging_joins_runs_under_their_names)
{
	char *other = test_path(dir, "b.db");
	struct request_record r = { .number = 5, .net = -1, .setting = -1,
		.environment = -1 };
	struct stored_sample a, b, c;
	struct store *s;
	int64_t id;

	stored_sample(&a, &stored_edf, "edf", 20, 1);
	stored_sample(&b, &stored_imprecise, "imprecise", 4, 2);
	stored_sample(&c, &stored_oracle, "oracle", 20, 1);
	stored_put_into(path, &a);
	stored_put_into(other, &c);
	s = store_open(other, STORE_WRITE);
	ck_assert_int_eq(store_begin(s), 0);
	ck_assert_int_eq(store_put_start(s, &b.run, &id), 0);
	ck_assert_int_eq(store_put_request(s, id, &r), 0);
	ck_assert_int_eq(store_put_outcome(s, id, "done", NAN, &b.outcome), 0);
	ck_assert_int_eq(store_commit(s), 0);
	store_close(s);
	stored_put_into(other, &a);            /* the same run in both */

	ck_assert_int_eq(merge(path, other), 0);
	ck_assert_int_eq(merge(path, other), 0);   /* again: nothing new */
	ck_assert_str_eq(sql_ask(path, "select policy, clients, seed, clairvoyant "
		"from runs order by run", NULL),
		"edf|20|1|0\noracle|20|1|1\nimprecise|4|2|0");
	ck_assert_str_eq(sql_ask(path, "select r.policy, request from requests "
		"join runs r using (run)", NULL), "imprecise|5");
	ck_assert_str_eq(sql_ask(path, "select text from policy order by position", NULL),
		"edf\noracle\nimprecise");
	free(other);
}
END_TEST

START_TEST(live_runs_keep_their_facts_and_stay_apart)
{
	const struct store_validation v = { "accuracy", 0.51, 0.5, 0.001, 0.002,
		0.007, NAN };
	char *other = test_path(dir, "b.db");
	struct stored_sample a, b;
	struct store *s;
	int64_t id;

	stored_sample(&a, &stored_edf, "edf", 20, 1);
	stored_sample(&b, &stored_edf, "edf", 20, 1);
	b.run.kind = "live";
	b.run.live_at = "2026-11-28T10:00:00Z";
	stored_put_into(path, &a);
	stored_put_into(other, &a);
	s = store_open(other, STORE_WRITE);
	for (int again = 0; again < 2; again++) {
		ck_assert_int_eq(store_begin(s), 0);
		ck_assert_int_eq(store_put_start(s, &b.run, &id), 0);
		ck_assert_int_eq(store_put_fact(s, id, "device", "old"), 0);
		ck_assert_int_eq(store_put_fact(s, id, "device", "GPU"), 0);
		ck_assert_int_eq(store_put_validation(s, id, &v), 0);
		ck_assert_int_eq(store_put_outcome(s, id, "interrupted", 1,
			&b.outcome), 0);
		ck_assert_int_eq(store_commit(s), 0);
	}
	store_close(s);
	ck_assert_int_eq(merge(path, other), 0);
	for (int i = 0; i < 2; i++) {
		const char *file = i ? path : other;
		ck_assert_str_eq(sql_ask(file, "select kind, ended, made_at, f.name, "
			"f.value from runs join fact f using (run)", NULL),
			"live|interrupted|2026-11-28T10:00:00Z|device|GPU");
		ck_assert_str_eq(sql_ask(file, "select kind, v.* from runs "
			"join validation v using (run)", NULL),
			"live|2|accuracy|0.51|0.5|0.001|0.002|0.007|-");
		ck_assert_str_eq(sql_ask(file, "select count(*), count(distinct kind) "
			"from metrics where metric = 'accuracy'", NULL), "2|2");
	}
	free(other);
}
END_TEST

START_TEST(a_conflict_shows_both_sides_and_changes_nothing)
{
	char *other = test_path(dir, "b.db"), *expected;
	struct stored_sample a;

	stored_sample(&a, &stored_edf, "edf", 20, 1);
	stored_put_into(path, &a);
	a.outcome.metrics.accuracy = 0.125;
	stored_put_into(other, &a);
	stored_sample(&a, &stored_edf, "edf", 20, 2);
	stored_put_into(other, &a);
	msg_capture(1);
	ck_assert_int_ne(merge(path, other), 0);
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	expected = mem_printf("laxity: merge: edf, seed 1, workload %.12s: accuracy "
		"is 0.501 in %s (commit ", a.hash, path);
	ck_assert_msg(!strncmp(msg_captured(), expected, strlen(expected)), "%s%s",
		msg_captured(), expected);
	free(expected);
	expected = mem_printf(") but 0.125 in %s (commit ", other);
	ck_assert_msg(strstr(msg_captured(), expected) != NULL, "%s",
		msg_captured());
	msg_capture(0);
	ck_assert_str_eq(sql_ask(path, "select count(*) from run", NULL), "1");
	free(expected);
	free(other);
}
END_TEST

/* Found by tests/fuzz: the file that was written to was blamed, as if it had
 * failed. A schema that nobody enforced lets any value into a file. */
START_TEST(a_value_no_column_takes_is_the_fault_of_the_file_read)
{
	char *other = test_path(dir, "b.db"), *expected;
	struct stored_sample a;

	stored_sample(&a, &stored_edf, "edf", 20, 1);
	stored_put_into(other, &a);
	/* The text column written as if it were an untyped one: the type in
	 * the row's header becomes that of a blob of the same length. */
	sql_change(other, "pragma writable_schema = on;"
		"create table kept as select sql from sqlite_schema where name = 'run';"
		"update sqlite_schema set sql = replace(sql, ') strict', ')') "
		"where name = 'run'");
	sql_change(other, "pragma writable_schema = on;"
		"update run set made_at = x'00ff';"
		"update sqlite_schema set sql = (select sql from kept) "
		"where name = 'run'; drop table kept");

	msg_capture(1);
	ck_assert_int_ne(merge(path, other), 0);
	expected = mem_printf("laxity: %s: is damaged (cannot store BLOB value in "
		"TEXT column run.made_at)\n", other);
	ck_assert_str_eq(msg_captured(), expected);
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	msg_capture(0);
	free(expected);
	free(other);
}
END_TEST

Suite *test_store(void);
Suite *test_store(void)
{
	Suite *s = suite_create("store");
	TCase *t = tcase_create("store");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, a_stored_run_is_in_the_views_with_every_number);
	tcase_add_test(t, paired_compares_with_the_first_policy_by_seed);
	tcase_add_test(t, axes_are_the_keys_that_differ);
	tcase_add_test(t, what_determines_a_run_determines_its_key);
	tcase_add_test(t, a_run_by_changed_code_replaces_the_old_one);
	tcase_add_test(t, requests_and_stages_are_stored_under_their_run);
	tcase_add_test(t, requests_may_be_put_in_any_order);
	tcase_add_test(t, merging_joins_runs_under_their_names);
	tcase_add_test(t, live_runs_keep_their_facts_and_stay_apart);
	tcase_add_test(t, a_conflict_shows_both_sides_and_changes_nothing);
	tcase_add_test(t,
		a_value_no_column_takes_is_the_fault_of_the_file_read);
	suite_add_tcase(s, t);
	return s;
}
