/* Databases in memory that stay open from one run to the next, with every
 * statement made once: opening one and making its statements takes twenty times
 * as long as reading the few rows in it. */
#ifndef LAXITY_FUZZ_KEPT_H
#define LAXITY_FUZZ_KEPT_H

#include <sqlite3.h>
#include <stddef.h>

/* From now on, what is prepared for this connection is kept, and finalizing it
 * only resets it. */
void kept_statements(sqlite3 *db);
int kept_is(const sqlite3 *db);

/* Where calls of sqlite3_prepare_v2 and sqlite3_finalize end (answers.c). */
int kept_prepare(sqlite3 *db, const char *sql, int n, sqlite3_stmt **out,
	const char **rest);
int kept_finalize(sqlite3_stmt *st);

/* Statements of this connection that nobody has finalized. */
int kept_in_use(const sqlite3 *db);

/* Really finalize those of this connection. */
void kept_forget(sqlite3 *db);

/* Until kept_file(NULL, 0), opening any database opens these bytes, which are
 * the caller's and stay in use until it is closed. */
void kept_file(unsigned char *bytes, size_t n);

#endif
