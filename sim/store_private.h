/* Shared by store*.c alone. */
#ifndef LAXITY_STORE_PRIVATE_H
#define LAXITY_STORE_PRIVATE_H

#include "store.h"

#include <sqlite3.h>

enum statement {
	STATEMENT_HAS, STATEMENT_HAS_BOUND, STATEMENT_REQUEST,
	STATEMENT_REQUESTS, STATEMENT_STAGE,
	STATEMENT_RUN, STATEMENT_OUTCOME, STATEMENTS
};

/* Requests stored by one statement: the cost of starting and ending one is as
 * large as that of a row. */
#define STORE_ROWS 16
#define STORE_REQUEST_COLUMNS 18

struct store {
	char *path;
	enum store_mode mode;
	sqlite3 *db;                /* NULL: not there yet */
	int ready;                  /* its schema is */
	int in_transaction;
	sqlite3_stmt *statement[STATEMENTS];
	int64_t last_stage_run, stages; /* rows of that run so far */
	int64_t pending_run; int pendings; /* requests not yet in a row */
	int64_t last_row;           /* of the requests put; 0: none yet */
	struct request_record pending[STORE_ROWS];
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

/* A statement for one use; the caller finalizes it. NULL after one message. */
sqlite3_stmt *store_prepare(struct store *s, const char *sql);

/* The first column of the first row; `none` if there is no row or it is NULL.
 * bind may be NULL: the text for parameter 1. */
int store_integer(struct store *s, const char *sql, const char *bind,
	int64_t none, int64_t *out);

#endif
