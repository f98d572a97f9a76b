/* Shared by store*.c alone. */
#ifndef LAXITY_STORE_PRIVATE_H
#define LAXITY_STORE_PRIVATE_H

#include "store.h"

#include <sqlite3.h>

enum statement {
	STATEMENT_HAS, STATEMENT_HAS_BOUND, STATEMENT_REQUEST, STATEMENT_STAGE,
	STATEMENT_RUN, STATEMENT_OUTCOME, STATEMENTS
};

/* ---- Rows by the million (store_rows.c) ---------------------------------------- */

#define STORE_ROWS 64           /* stored by one statement */
#define STORE_COLUMNS 18        /* of a row at most */
#define STORE_NULL INT64_MIN    /* an integer that is missing; a real: NAN */

union store_value { int64_t integer; double real; };

struct store_table {
	const char *name;
	enum statement statement;
	int columns;
	unsigned reals;             /* bit i: column i has reals */
};
extern const struct store_table store_request_table, store_stage_table;

/* Rows that wait for their place in a table. */
struct store_rows {
	const struct store_table *table;
	int pending;
	int64_t last, largest;      /* ids of those added; largest 0: none yet */
	union store_value value[STORE_ROWS][STORE_COLUMNS];
};

/* ---- Stores ----------------------------------------------------------------------- */

struct store {
	char *path;
	enum store_mode mode;
	sqlite3 *db;                /* NULL: not there yet */
	int ready;                  /* its schema is */
	int made;                   /* the file, or perhaps, by this store */
	int in_transaction;
	sqlite3_stmt *statement[STATEMENTS];
	int64_t last_stage_run, stages_stored; /* rows of that run so far */
	struct store_rows requests, stages;
	/* The workload looked up last, valid until a rollback. */
	char workload_hash[SHA256_HEX];
	int64_t workload_id;
};

/* Report the failure of a call with this result code. Always -1. */
int store_fault(const struct store *s, int code);

/* Run SQL without results. */
int store_execute(struct store *s, const char *sql);

/* A statement made once and kept. NULL after one message. */
sqlite3_stmt *store_statement(struct store *s, enum statement which,
	const char *sql);

/* Once, of a statement without results, which is then reset. */
int store_step(struct store *s, sqlite3_stmt *st);

/* A statement for one use; the caller finalizes it. NULL after one message. */
sqlite3_stmt *store_prepare(struct store *s, const char *sql);

/* The first column of the first row; `none` if there is no row or it is NULL.
 * bind may be NULL: the text for parameter 1. */
int store_integer(struct store *s, const char *sql, const char *bind,
	int64_t none, int64_t *out);

/* Before any rows are added. */
int store_rows_begin(struct store *s);
/* The values of one more row, to be set all but the first, its id; NULL after
 * one message. Rows are fastest in rising order. */
union store_value *store_rows_add(struct store *s, struct store_rows *r,
	int64_t id);
/* Store those that wait. */
int store_rows_flush(struct store *s, struct store_rows *r);
/* Those that wait are not to be stored, after all. */
void store_rows_forget(struct store_rows *r);

#endif
