#include "kept.h"

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_KEPT = 400, MOST_CONNECTIONS = 8 };

static struct kept { sqlite3 *db; sqlite3_stmt *st; size_t length; int used; }
	kept[MOST_KEPT];
static int kept_count;
static const sqlite3 *connection[MOST_CONNECTIONS];
static int connections;

int __real_sqlite3_prepare_v2(sqlite3 *db, const char *sql, int n,
	sqlite3_stmt **out, const char **rest);
int __real_sqlite3_finalize(sqlite3_stmt *st);

void kept_statements(sqlite3 *db)
{
	FUZZ_HOLDS(connections < MOST_CONNECTIONS);
	connection[connections++] = db;
}

int kept_is(const sqlite3 *db)
{
	for (int i = 0; i < connections; i++)
		if (connection[i] == db)
			return 1;
	return 0;
}

int kept_prepare(sqlite3 *db, const char *sql, int n,
	sqlite3_stmt **out, const char **rest)
{
	size_t length = strlen(sql);
	struct kept *k = kept;
	int code;

	if (!kept_is(db))
		return __real_sqlite3_prepare_v2(db, sql, n, out, rest);
	for (; k < kept + kept_count; k++)
		if (k->db == db && k->length == length && !k->used
		    && !memcmp(sqlite3_sql(k->st), sql, length)) {
			k->used = 1;
			*out = k->st;
			return SQLITE_OK;
		}
	code = __real_sqlite3_prepare_v2(db, sql, n, out, rest);
	/* Texts that depend on what is in a file would fill it. */
	FUZZ_HOLDS(kept_count < MOST_KEPT);
	if (code == SQLITE_OK)
		kept[kept_count++] = (struct kept){ db, *out, length, 1 };
	return code;
}

int kept_finalize(sqlite3_stmt *st)
{
	for (struct kept *k = kept; st && k < kept + kept_count; k++) {
		int code;
		if (k->st != st)
			continue;
		FUZZ_HOLDS(k->used);
		k->used = 0;
		code = sqlite3_reset(st);
		(void)sqlite3_clear_bindings(st);
		return code;
	}
	return __real_sqlite3_finalize(st);
}

int kept_in_use(const sqlite3 *db)
{
	int n = 0;

	for (int i = 0; i < kept_count; i++)
		n += kept[i].db == db && kept[i].used;
	return n;
}

void kept_forget(sqlite3 *db)
{
	int n = 0;

	for (int i = 0; i < kept_count; i++) {
		if (kept[i].db == db)
			(void)__real_sqlite3_finalize(kept[i].st);
		else
			kept[n++] = kept[i];
	}
	kept_count = n;
	for (int i = 0; i < connections; i++)
		if (connection[i] == db)
			connection[i] = connection[--connections];
}

/* ---- Files ------------------------------------------------------------------------ */

static struct { unsigned char *bytes; size_t n; } opened;

void kept_file(unsigned char *bytes, size_t n)
{
	opened.bytes = bytes;
	opened.n = n;
}

int __real_sqlite3_open_v2(const char *path, sqlite3 **db, int flags,
	const char *vfs);
int __wrap_sqlite3_open_v2(const char *path, sqlite3 **db, int flags,
	const char *vfs);

int __wrap_sqlite3_open_v2(const char *path, sqlite3 **db, int flags,
	const char *vfs)
{
	int code;

	if (!opened.bytes)
		return __real_sqlite3_open_v2(path, db, flags, vfs);
	code = __real_sqlite3_open_v2(":memory:", db, flags, vfs);
	return code != SQLITE_OK ? code : sqlite3_deserialize(*db, "main",
		opened.bytes, (sqlite3_int64)opened.n, (sqlite3_int64)opened.n, 0);
}
