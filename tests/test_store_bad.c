/* Files that are no store, and writers that meet or end suddenly. */
#include "support_program.h"
#include "support_sql.h"
#include "support_store.h"

#include "../sim/msg.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
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

/* ---- What is refused ------------------------------------------------------------ */

static void refuses(const char *file, enum store_mode mode, const char *reason)
{
	char *text = mem_printf("laxity: %s%s\n", file, reason);

	msg_capture(1);
	ck_assert(store_open(file, mode) == NULL);
	ck_assert_str_eq(msg_captured(), text);
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	msg_capture(0);
	free(text);
}

START_TEST(what_is_no_store_is_refused_in_one_line)
{
	char *none = test_path(dir, "none/a.db"), *slash = test_path(dir, "new/");

	refuses(path, STORE_READ, ": No such file or directory");
	refuses(none, STORE_WRITE, ": No such file or directory");
	refuses(dir, STORE_WRITE, ": is not a regular file");
	msg_capture(1);
	ck_assert(!store_open("", STORE_WRITE));
	msg_capture(0);
	test_write(path, "this is text, and long enough to have been a header"
		"of a database; but it is not one, and that is what the message"
		"has to say about this file of more than a hundred bytes.");
	refuses(path, STORE_READ, ": is not a SQLite database");
	refuses(path, STORE_WRITE, ": is not a SQLite database");
	test_write(path, "");
	refuses(path, STORE_READ, ": holds no results");
	sql_change(path, "create table t (x)");
	refuses(path, STORE_WRITE, ": is a database, but not one of laxity");
	free(none);
	free(slash);
}
END_TEST

START_TEST(other_schemas_are_refused)
{
	stored_one(path);
	sql_change(path, "create table mine (x); create view also_mine as select 1");
	store_close(store_open(path, STORE_READ));   /* additions are welcome */
	sql_change(path, "pragma user_version = 3");
	refuses(path, STORE_READ, ": was made by a newer laxity (schema 3; this "
		"one knows 2)");
	sql_change(path, "pragma user_version = 0");
	refuses(path, STORE_WRITE, ": schema 0 is older than any this laxity "
		"reads (2)");
	sql_change(path, "pragma user_version = 2; alter table run add column x integer");
	refuses(path, STORE_WRITE, ": 'run' is not as in schema 2");
	sql_change(path, "alter table run drop column x; drop table bound");
	refuses(path, STORE_READ, ": 'bound' is not as in schema 2");
}
END_TEST

START_TEST(damaged_and_read_only_files_are_refused)
{
	struct stat st;

	stored_one(path);
	ck_assert_int_eq(chmod(path, 0444), 0);
	refuses(path, STORE_WRITE, ": is read-only");
	store_close(store_open(path, STORE_READ));
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(truncate(path, st.st_size / 2), 0);
	refuses(path, STORE_READ, ": is damaged (database disk image is malformed)");
}
END_TEST

/* Found by tests/fuzz: to be written to, such a file was a failure of the
 * program's, not the file's. */
START_TEST(a_format_of_another_sqlite_is_the_fault_of_the_file)
{
	const unsigned char format = 5;
	FILE *f;

	stored_one(path);
	f = fopen(path, "r+b");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fseek(f, 47, SEEK_SET), 0);
	ck_assert_uint_eq(fwrite(&format, 1, 1, f), 1);
	ck_assert_int_eq(fclose(f), 0);
	refuses(path, STORE_READ, ": is damaged (unsupported file format)");
	refuses(path, STORE_WRITE, ": is damaged (unsupported file format)");
}
END_TEST

/* Such a table's last row is not the newest run's. */
START_TEST(rows_of_no_run_are_found_before_others_join_them)
{
	struct store *s;
	struct stored_sample a;
	char *text = mem_printf("laxity: %s: is damaged (a request of no run)\n",
		path);
	int64_t id;

	stored_one(path);
	sql_change(path, "insert into request (id, input, release_ns, "
		"relative_deadline_ns, response_ns, depth, correct, missed, busy_ns) "
		"values (9 << 40, 0, 0, 0, 0, 0, 0, 0, 0)");
	stored_sample(&a, &stored_edf, "edf", 20, 2);
	s = store_open(path, STORE_WRITE);
	ck_assert_int_eq(store_begin(s), 0);
	ck_assert_int_eq(store_put_start(s, &a.run, &id), 0);
	for (int i = 0; i < 2; i++) {
		struct request_record r = { .number = i };
		ck_assert_int_eq(store_put_request(s, id, &r), 0);
	}
	msg_capture(1);
	ck_assert_int_ne(store_put_outcome(s, id, "done", 1, &a.outcome), 0);
	ck_assert_str_eq(msg_captured(), text);
	msg_capture(0);
	store_close(s);
	ck_assert_str_eq(sql_ask(path, "select count(*), max(id) >> 40 from request",
		NULL), "1|9");
	free(text);
}
END_TEST

/* ---- Several writers, sudden ends ------------------------------------------------- */

static void write_runs(int writer, int n)
{
	struct store *s = store_open(path, STORE_WRITE);
	struct stored_sample a;

	if (!s)
		_exit(1);
	for (int i = 0; i < n; i++) {
		stored_sample(&a, &stored_edf, "edf", 20, (uint32_t)(1 + writer + 10 * i));
		if (store_begin(s) || store_put_run(s, &a.run, &a.outcome)
		    || store_commit(s))
			_exit(1);
	}
	store_close(s);
	_exit(0);
}

START_TEST(a_file_without_a_commit_goes_again_and_others_make_it_anew)
{
	struct store *first = store_open(path, STORE_WRITE), *second;
	struct stored_sample a;

	stored_sample(&a, &stored_edf, "edf", 20, 1);
	ck_assert_int_eq(store_begin(first), 0);
	ck_assert_int_eq(store_put_run(first, &a.run, &a.outcome), 0);
	store_rollback(first);
	second = store_open(path, STORE_WRITE);
	ck_assert_ptr_nonnull(second);
	store_close(first);
	ck_assert_int_ne(access(path, F_OK), 0);
	stored_put(second, &a);
	store_close(second);
	ck_assert_str_eq(sql_ask(path, "select count(*) from run", NULL), "1");
	/* One that another is writing to stays. */
	ck_assert_int_eq(unlink(path), 0);
	first = store_open(path, STORE_WRITE);
	second = store_open(path, STORE_WRITE);
	ck_assert_int_eq(store_begin(first), 0);
	store_rollback(first);
	ck_assert_int_eq(store_begin(second), 0);
	store_close(first);
	ck_assert_int_eq(store_put_run(second, &a.run, &a.outcome), 0);
	ck_assert_int_eq(store_commit(second), 0);
	store_close(second);
	ck_assert_str_eq(sql_ask(path, "select count(*) from run", NULL), "1");
}
END_TEST

START_TEST(four_writers_of_a_new_file_lose_nothing)
{
	int status;

	for (int i = 0; i < 4; i++)
		if (fork() == 0)
			write_runs(i, 25);
	for (int i = 0; i < 4; i++) {
		ck_assert(wait(&status) > 0);
		ck_assert_int_eq(status, 0);
	}
	ck_assert_str_eq(sql_ask(path, "select count(*), count(distinct seed) from run", NULL),
		"100|100");
	ck_assert_str_eq(sql_ask(path, "pragma integrity_check", NULL), "ok");
}
END_TEST

START_TEST(a_killed_writer_leaves_whole_runs)
{
	for (int i = 0; i < 20; i++) {
		pid_t child = fork();
		struct store *s;
		if (child == 0)
			write_runs(0, 1000000);
		test_sleep_ms(1 + i * 7 % 23);
		(void)kill(child, SIGKILL);
		(void)waitpid(child, NULL, 0);
		if (access(path, F_OK))
			continue;
		/* Reading rolls back what was in flight. */
		s = store_open(path, STORE_WRITE);
		ck_assert(s != NULL);
		if (store_exists(s))
			ck_assert_str_eq(sql_ask(path, "select count(*) from run "
				"where ended <> 'done' or accuracy is null", NULL), "0");
		store_close(s);
		ck_assert_str_eq(sql_ask(path, "pragma integrity_check", NULL), "ok");
	}
}
END_TEST

Suite *test_store_bad(void);
Suite *test_store_bad(void)
{
	Suite *s = suite_create("store_bad");
	TCase *t = tcase_create("store_bad");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_is_no_store_is_refused_in_one_line);
	tcase_add_test(t, other_schemas_are_refused);
	tcase_add_test(t, damaged_and_read_only_files_are_refused);
	tcase_add_test(t, a_format_of_another_sqlite_is_the_fault_of_the_file);
	tcase_add_test(t, rows_of_no_run_are_found_before_others_join_them);
	tcase_add_test(t,
		a_file_without_a_commit_goes_again_and_others_make_it_anew);
	tcase_add_test(t, four_writers_of_a_new_file_lose_nothing);
	tcase_add_test(t, a_killed_writer_leaves_whole_runs);
	suite_add_tcase(s, t);
	return s;
}
