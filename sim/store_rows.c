/* Rows go into a table by one `insert ... select` for some tens of them, from a
 * virtual table that is the array they wait in. Against a statement with bound
 * values a row has a fifth fewer instructions: SQLite takes each value where it
 * stands, and starts and ends a statement seldom. */
#include "store_private.h"

#include "mem.h"
#include "msg.h"

#include <assert.h>
#include <math.h>

/* ---- Tables ------------------------------------------------------------------------ */

const struct store_table store_request_table = { "request", STATEMENT_REQUEST,
	18, 1 << 10 | 1 << 13 | 1 << 16 | 1 << 17 };
	/* confidence, energy_j, slowdown_mean, slowdown_variance */
const struct store_table store_stage_table = { "stage", STATEMENT_STAGE, 12, 0 };

/* ---- The array as SQLite sees it ----------------------------------------------- */

/* The type of the pointer that is the table's argument. */
#define ROWS "laxity_rows"

struct cursor {
	sqlite3_vtab_cursor base;
	const struct store_rows *rows;
	const union store_value (*at)[STORE_COLUMNS];
};

static int connect(sqlite3 *db, void *context, int argc,
	const char *const *argv, sqlite3_vtab **table, char **message)
{
	int code = sqlite3_declare_vtab(db, "create table x (c0, c1, c2, c3, "
		"c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, "
		"array hidden)");

	(void)context, (void)argc, (void)argv, (void)message;
	if (code != SQLITE_OK)
		return code;
	/* Nothing in a stranger's schema may name it. */
	(void)sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
	*table = sqlite3_malloc(sizeof **table);
	if (!*table)
		return SQLITE_NOMEM;
	**table = (sqlite3_vtab){ 0 };
	return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *table)
{
	sqlite3_free(table);
	return SQLITE_OK;
}

/* One plan: every row of the array that is given. */
static int best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
	(void)table;
	for (int i = 0; i < info->nConstraint; i++) {
		if (info->aConstraint[i].iColumn != STORE_COLUMNS
		    || !info->aConstraint[i].usable)
			continue;
		info->aConstraintUsage[i].argvIndex = 1;
		info->aConstraintUsage[i].omit = 1;
		return SQLITE_OK;
	}
	return SQLITE_CONSTRAINT;
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **cursor)
{
	struct cursor *c = sqlite3_malloc(sizeof *c);

	(void)table;
	if (!c)
		return SQLITE_NOMEM;
	*c = (struct cursor){ 0 };
	*cursor = &c->base;
	return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *cursor)
{
	sqlite3_free(cursor);
	return SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *cursor, int plan, const char *name,
	int argc, sqlite3_value **argv)
{
	struct cursor *c = (struct cursor *)cursor;

	(void)plan, (void)name, (void)argc;
	c->rows = sqlite3_value_pointer(argv[0], ROWS);
	assert(c->rows);
	c->at = c->rows->value;
	return SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *cursor)
{
	((struct cursor *)cursor)->at++;
	return SQLITE_OK;
}

static int at_end(sqlite3_vtab_cursor *cursor)
{
	const struct cursor *c = (const struct cursor *)cursor;

	return c->at == c->rows->value + c->rows->pending;
}

/* Without a result it is NULL. */
static int column(sqlite3_vtab_cursor *cursor, sqlite3_context *out, int i)
{
	const struct cursor *c = (const struct cursor *)cursor;
	const union store_value *x = &(*c->at)[i];

	if (c->rows->table->reals >> i & 1) {
		if (!isnan(x->real))
			sqlite3_result_double(out, x->real);
	} else if (x->integer != STORE_NULL) {
		sqlite3_result_int64(out, x->integer);
	}
	return SQLITE_OK;
}

static int row_id(sqlite3_vtab_cursor *cursor, sqlite3_int64 *out)
{
	const struct cursor *c = (const struct cursor *)cursor;

	*out = c->at - c->rows->value;
	return SQLITE_OK;
}

static const sqlite3_module module = {
	.xConnect = connect, .xDisconnect = disconnect,
	.xBestIndex = best_index, .xOpen = open_cursor, .xClose = close_cursor,
	.xFilter = filter, .xNext = next, .xEof = at_end, .xColumn = column,
	.xRowid = row_id,
};

/* ---- Rows ------------------------------------------------------------------------ */

int store_rows_begin(struct store *s)
{
	int code = sqlite3_create_module(s->db, "laxity_rows", &module, NULL);

	return code == SQLITE_OK ? 0 : store_fault(s, code);
}

/* A failure ends the transaction, so a statement need not be able to undo its
 * first rows ("or fail"), for which SQLite would copy each page that it changes. */
static sqlite3_stmt *insert_statement(struct store *s, struct store_rows *r)
{
	const struct store_table *t = r->table;
	sqlite3_stmt *st = s->statement[t->statement];
	struct text sql;

	if (st)
		return st;
	text_init(&sql);
	text_add(&sql, "insert or fail into %s select c0", t->name);
	for (int i = 1; i < t->columns; i++)
		text_add(&sql, ", c%d", i);
	text_add(&sql, " from laxity_rows(?1)");
	st = store_statement(s, t->statement, sql.s);
	text_fini(&sql);
	if (st)
		(void)sqlite3_bind_pointer(st, 1, r, ROWS, NULL);
	return st;
}

int store_rows_flush(struct store *s, struct store_rows *r)
{
	sqlite3_stmt *st;
	int failed;

	if (r->pending == 0)
		return 0;
	st = insert_statement(s, r);
	failed = st ? store_step(s, st) : -1;
	r->pending = 0;
	if (failed)
		return -1;
	/* The newest run has the largest id, so its rows end the table. */
	if (sqlite3_last_insert_rowid(s->db) != r->last)
		return msg_bad("%s: is damaged (a %s of no run)", s->path,
			r->table->name);
	return 0;
}

/* Without an id a row gets the one after the table's last, and SQLite appends
 * it without a search, which takes a fifth of the time. What ids those were is
 * checked by the last, so none that is given may come behind them. */
union store_value *store_rows_add(struct store *s, struct store_rows *r,
	int64_t id)
{
	int follows = id == r->largest + 1;
	union store_value *value;

	if (r->pending && (r->pending == STORE_ROWS || (!follows
	    && r->value[r->pending - 1][0].integer == STORE_NULL))
	    && store_rows_flush(s, r))
		return NULL;
	value = r->value[r->pending++];
	value[0].integer = follows ? STORE_NULL : id;
	r->last = id;
	if (id > r->largest)
		r->largest = id;
	return value;
}

void store_rows_forget(struct store_rows *r)
{
	r->pending = 0;
	r->largest = 0;
}
