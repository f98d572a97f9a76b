/* Databases: whole files as bytes, and tables that hold what no program of ours
 * would put there. */
#include "fuzz.h"

#include "../../sim/mem.h"
#include "../../sim/msg.h"
#include "../../sim/report.h"
#include "../../sim/store_private.h"
#include "../../sim/store_schema.h"
#include "targets.h"

#include <stdlib.h>
#include <string.h>

static struct store *memory_store(int loose);

static int read_all(struct store *s, const char *sql)
{
	sqlite3_stmt *st = store_prepare(s, sql);
	int code = SQLITE_DONE;

	if (!st)
		return -1;
	for (int rows = 0; rows < 50; rows++) {
		code = sqlite3_step(st);
		if (code != SQLITE_ROW)
			break;
	}
	(void)sqlite3_finalize(st);
	return code == SQLITE_ROW || code == SQLITE_DONE ? 0
		: store_fault(s, code);
}

/* The least that a report does. */
static int read_stored(struct store *from)
{
	struct stored *d = stored_read(from);
	struct report r;
	int refused = d ? report_init(&r, d, NULL) : -1;

	if (!refused)
		report_fini(&r);
	stored_free(d);
	return refused;
}

/* What reports make of it; slow, as they ask for everything. */
static int report_all(struct store *from)
{
	struct stored *d = stored_read(from);
	struct report r;
	struct text t;
	int refused;

	if (!d)
		return -1;
	refused = report_init(&r, d, NULL);
	if (!refused) {
		text_init(&t);
		report_text(&r, &t);
		report_html(&r, &t);
		text_fini(&t);
		report_fini(&r);
	}
	stored_free(d);
	return refused;
}

/* A store in memory with the tables and nothing in them, kept for all runs. */
static struct store *empty;

static void end_empty(void)
{
	(void)store_close(empty);
}

static struct store *need_empty(void)
{
	if (empty)
		return empty;
	empty = memory_store(0);
	(void)atexit(end_empty);
	return empty;
}

int fuzz_store(const uint8_t *bytes, size_t n)
{
	static const char *const queries[] = { "select * from runs",
		"select * from axes", "select * from requests",
		"select * from stages", "select * from paired",
		"select * from metrics" };
	const char *path = fuzz_real_file(".db", bytes, n);
	struct store *from = store_open(path, STORE_READ), *to;
	int refused = from ? 0 : -1;

	/* The last two views are unions over all columns: a hundred times as
	 * slow, and nothing new to find in most runs. */
	for (int i = 0; i < (n % 16 ? 4 : 6) && !refused; i++)
		refused = read_all(from, queries[i]);
	if (!refused && n % 4 == 0)
		refused = report_all(from);
	if (!refused) {
		to = need_empty();
		FUZZ_HOLDS(!store_begin(to));
		refused = store_merge(to, from) ? -1 : 0;
		store_rollback(to);
	}
	store_close(from);
	return refused;
}

int fuzz_report(const uint8_t *bytes, size_t n)
{
	struct store *s = store_open(fuzz_real_file(".db", bytes, n), STORE_READ);
	struct stored *d = s ? stored_read(s) : NULL;
	struct report r;
	struct text t;

	if (d) {
		text_init(&t);
		FUZZ_HOLDS(report_init(&r, d, NULL) == 0);
		report_text(&r, &t);
		/* A terminal must not be told what to do. */
		for (size_t i = 0; i < t.length; i++)
			FUZZ_HOLDS((unsigned char)t.s[i] >= ' ' || t.s[i] == '\n');
		report_html(&r, &t);
		report_fini(&r);
		text_fini(&t);
	}
	stored_free(d);
	store_close(s);
	return d ? 0 : -1;
}

/* ---- Rows ------------------------------------------------------------------------ */

/* SQLite itself looks at most of a file's bytes, so few mutated files get as far
 * as our code. Here the bytes are changes to the rows of a small store whose
 * tables have lost every constraint: what a damaged or made-up file may hold.
 *
 * A change is: which column of all, which row of its table (the fifth and later
 * mean all rows), a kind of value, and the value. */
struct edit { sqlite3_stmt *one, *all; };

static struct {
	struct store *store;
	int changes;
	struct edit change[200];
} rows;

/* The text of a table or view without what a file's rows are not held to. */
static char *without_constraints(const char *sql)
{
	static const char *const words[] = { ",\n  unique (workload, seed)",
		" strict", " not null", " unique",
		" references trace", " references workload", " references policy",
		" references run" };
	char *s = mem_string(sql);

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		for (char *at; (at = strstr(s, words[i]));) {
			size_t n = strlen(words[i]);
			/* ", without rowid" follows " strict". */
			n += at[n] == ',' && at[-1] == ')';
			memmove(at, at + n, strlen(at + n) + 1);
		}
	return s;
}

static struct store *memory_store(int loose)
{
	struct store *s = mem_new(1, sizeof *s);
	struct schema schema;

	s->path = mem_string("memory.db");
	s->mode = STORE_READ;
	s->ready = 1;
	FUZZ_HOLDS(!sqlite3_open(":memory:", &s->db));
	schema_init(&schema);
	for (int i = 0; i < schema.n; i++) {
		char *sql = loose ? without_constraints(schema.object[i].sql)
			: mem_string(schema.object[i].sql);
		FUZZ_HOLDS(!store_execute(s, sql));
		free(sql);
	}
	schema_fini(&schema);
	return s;
}

static void add_change(const char *table, const char *column, const char *key)
{
	struct edit *c = &rows.change[rows.changes++];
	char *sql = mem_printf("update or ignore %s set %s = ?1", table, column);

	FUZZ_HOLDS((size_t)rows.changes
		< sizeof rows.change / sizeof *rows.change);
	c->all = store_prepare(rows.store, sql);
	free(sql);
	sql = mem_printf("update or ignore %s set %s = ?1 where (%s) in "
		"(select %s from %s limit 1 offset ?2)", table, column, key, key,
		table);
	c->one = store_prepare(rows.store, sql);
	free(sql);
	FUZZ_HOLDS(c->one && c->all);
}

static const struct { const char *name, *key; } tables[] = { { "trace", "id" },
	{ "workload", "id" }, { "workload_key", "workload, name" },
	{ "policy", "id" }, { "run", "id" }, { "bound", "id" },
	{ "candidate", "workload, kind, number" }, { "request", "id" },
	{ "stage", "id" }, { "fact", "run, name" },
	{ "validation", "run, metric" } };
enum { TABLES_OF_STORE = sizeof tables / sizeof *tables };

static void end_rows(void)
{
	for (int i = 0; i < rows.changes; i++) {
		(void)sqlite3_finalize(rows.change[i].one);
		(void)sqlite3_finalize(rows.change[i].all);
	}
	store_close(rows.store);
}

static void need_rows(void)
{
	if (rows.store)
		return;
	rows.store = memory_store(1);
	(void)atexit(end_rows);
	FUZZ_HOLDS(!store_execute(rows.store,
		"attach 'tests/fuzz/corpus/report/small' as good"));
	for (int i = 0; i < TABLES_OF_STORE; i++) {
		char *sql = mem_printf("insert into main.%s select * from good.%s",
			tables[i].name, tables[i].name);
		sqlite3_stmt *st;
		FUZZ_HOLDS(!store_execute(rows.store, sql));
		free(sql);
		sql = mem_printf("select name from pragma_table_info('%s')",
			tables[i].name);
		st = store_prepare(rows.store, sql);
		free(sql);
		while (sqlite3_step(st) == SQLITE_ROW)
			add_change(tables[i].name, (const char *)
				sqlite3_column_text(st, 0), tables[i].key);
		(void)sqlite3_finalize(st);
	}
	FUZZ_HOLDS(!store_execute(rows.store, "detach good"));
}

/* A value of up to *n bytes from `at`; what it took is gone from both. */
static void bind_value(sqlite3_stmt *st, const uint8_t **at, size_t *n)
{
	uint8_t kind = *n ? **at : 0;
	size_t size = kind >> 4;
	int64_t whole = 0;
	double real;

	*at += *n > 0;
	*n -= *n > 0;
	size = size < *n ? size : *n;
	memcpy(&whole, *at, size < 8 ? size : 8);
	memcpy(&real, &whole, sizeof real);
	switch (kind & 7) {
	case 0:
		(void)sqlite3_bind_null(st, 1);
		break;
	case 1:
		(void)sqlite3_bind_int64(st, 1, whole);
		break;
	case 2:
		(void)sqlite3_bind_int64(st, 1, -whole);
		break;
	case 3:
		(void)sqlite3_bind_double(st, 1, real);
		break;
	case 4:
		(void)sqlite3_bind_double(st, 1, (double)whole / 256);
		break;
	case 5:
		(void)sqlite3_bind_blob(st, 1, *at, (int)size, SQLITE_TRANSIENT);
		break;
	default:
		(void)sqlite3_bind_text(st, 1, (const char *)*at, (int)size,
			SQLITE_TRANSIENT);
	}
	*at += size;
	*n -= size;
}

static void change_rows(const uint8_t *bytes, size_t n)
{
	for (int i = 0; i < 8 && n > 1; i++) {
		const struct edit *c = &rows.change[*bytes % rows.changes];
		int row = bytes[1] % 5;
		sqlite3_stmt *st = row < 4 ? c->one : c->all;
		bytes += 2;
		n -= 2;
		bind_value(st, &bytes, &n);
		if (row < 4)
			(void)sqlite3_bind_int(st, 2, row);
		(void)sqlite3_step(st);
		(void)sqlite3_reset(st);
		(void)sqlite3_clear_bindings(st);
	}
}

/* stored_read's own transaction lies within that of the changes. */
int __wrap_store_execute(struct store *s, const char *sql);
int __real_store_execute(struct store *s, const char *sql);

int __wrap_store_execute(struct store *s, const char *sql)
{
	static const char *const inner[] = { "begin", "commit" };

	if (s == rows.store)
		for (int i = 0; i < 2; i++)
			if (!strcmp(sql, inner[i]))
				return 0;
	return __real_store_execute(s, sql);
}

int fuzz_rows(const uint8_t *bytes, size_t n)
{
	struct store *to = need_empty();
	int refused;

	need_rows();
	FUZZ_HOLDS(!store_execute(rows.store, "savepoint good"));
	change_rows(bytes, n);
	/* Drawing takes ten times as long as reading. */
	if (n % 4) {
		refused = n % 16 == 1 ? report_all(rows.store)
			: read_stored(rows.store);
	} else {
		FUZZ_HOLDS(!store_begin(to));
		refused = store_merge(to, rows.store);
		store_rollback(to);
	}
	FUZZ_HOLDS(!store_execute(rows.store,
		"rollback to good; release good"));
	return refused;
}
