#include "support_sql.h"

#include "../sim/num.h"

#include <check.h>
#include <sqlite3.h>
#include <stdio.h>

char *sql_ask(const char *file, const char *sql, const char *text)
{
	static char answer[65536];
	sqlite3 *db;
	sqlite3_stmt *st;
	size_t n = 0;
	int code;

	answer[0] = 0;
	ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
	ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK,
		"%s: %s", sql, sqlite3_errmsg(db));
	if (text)
		(void)sqlite3_bind_text(st, 1, text, -1, SQLITE_STATIC);
	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(st); i++)
			n += (size_t)snprintf(answer + n, sizeof answer - n, "%s%s",
				i ? "|" : n ? "\n" : "",
				sqlite3_column_type(st, i) == SQLITE_NULL ? "-"
				: (const char *)sqlite3_column_text(st, i));
		ck_assert(n < sizeof answer);
	}
	ck_assert_msg(code == SQLITE_DONE, "%s: %s", sql, sqlite3_errmsg(db));
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(db);
	return answer;
}

int64_t sql_number(const char *file, const char *sql)
{
	int64_t x = -1;

	ck_assert_msg(num_integer(sql_ask(file, sql, NULL), &x) == 0, "%s: %s", sql,
		sql_ask(file, sql, NULL));
	return x;
}

void sql_change(const char *file, const char *sql)
{
	sqlite3 *db;

	ck_assert_int_eq(sqlite3_open(file, &db), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK,
		"%s: %s", sql, sqlite3_errmsg(db));
	(void)sqlite3_close(db);
}
