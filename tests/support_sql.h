/* Questions to a database, for tests. */
#ifndef SUPPORT_SQL_H
#define SUPPORT_SQL_H

#include <stdint.h>

/* All rows, columns separated by | and rows by newlines (none at the end), NULL
 * as -. Parameter 1 is bound to `text` unless that is NULL. A file of
 * ":memory:" is an empty database, for SQLite's own functions. The answer is
 * valid until the next call; the test fails on errors. */
char *sql_ask(const char *file, const char *sql, const char *text);

/* The same, one whole number. */
int64_t sql_number(const char *file, const char *sql);

/* Run statements. */
void sql_change(const char *file, const char *sql);

#endif
