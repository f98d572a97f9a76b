#include "store_private.h"

#include "mem.h"
#include "msg.h"
#include "store_schema.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long a writer waits for others. */
#define BUSY_MS 60000
/* How often a new file may be gone when it is to be written to. */
#define MOST_MOVES 100

int store_fault(const struct store *s, int code)
{
	const char *what = s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(code);

	switch (code & 0xff) {
	case SQLITE_NOTADB:
		return msg_bad("%s: is not a SQLite database", s->path);
	case SQLITE_CORRUPT:
		return msg_bad("%s: is damaged (%s)", s->path, what);
	case SQLITE_READONLY:
		return msg_bad("%s: is read-only", s->path);
	case SQLITE_CANTOPEN:
		if (s->db && (sqlite3_system_errno(s->db) == EMFILE
		    || sqlite3_system_errno(s->db) == ENFILE))
			return msg_fail("%s: %s", s->path,
				strerror(sqlite3_system_errno(s->db)));
		return msg_bad("%s: cannot be opened", s->path);
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return msg_bad("%s: cannot be opened", s->path);
	case SQLITE_FULL:
		return msg_fail("%s: no space left; what was stored before is "
			"intact", s->path);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return msg_fail("%s: another program has kept it locked for %d s",
			s->path, BUSY_MS / 1000);
	case SQLITE_NOMEM:
		/* As SQLite says also of some damaged definitions of tables. */
		return msg_fail("%s: %s, or damaged", s->path, what);
	case SQLITE_IOERR:
	case SQLITE_INTERRUPT:
		return msg_fail("%s: %s", s->path, what);
	default:
		/* While reading, whatever else goes wrong is in the file; and while
		 * a file that is to be written to is looked at. */
		return s->mode == STORE_READ || !s->ready
			? msg_bad("%s: is damaged (%s)", s->path, what)
			: msg_fail("%s: %s", s->path, what);
	}
}

int store_execute(struct store *s, const char *sql)
{
	int code = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : store_fault(s, code);
}

sqlite3_stmt *store_prepare(struct store *s, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int code = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);

	if (code != SQLITE_OK) {
		(void)store_fault(s, code);
		return NULL;
	}
	return st;
}

sqlite3_stmt *store_statement(struct store *s, enum statement which,
	const char *sql)
{
	if (s->statement[which])
		(void)sqlite3_reset(s->statement[which]);
	else
		s->statement[which] = store_prepare(s, sql);
	return s->statement[which];
}

int store_integer(struct store *s, const char *sql, const char *bind,
	int64_t none, int64_t *out)
{
	sqlite3_stmt *st = store_prepare(s, sql);
	int code;

	if (!st)
		return -1;
	if (bind)
		(void)sqlite3_bind_text(st, 1, bind, -1, SQLITE_STATIC);
	code = sqlite3_step(st);
	if (code == SQLITE_ROW)
		*out = sqlite3_column_type(st, 0) == SQLITE_NULL ? none
			: sqlite3_column_int64(st, 0);
	else if (code == SQLITE_DONE)
		*out = none;
	(void)sqlite3_finalize(st);
	if (code == SQLITE_ROW || code == SQLITE_DONE)
		return 0;
	(void)store_fault(s, code);
	return -1;
}

/* ---- Opening ------------------------------------------------------------------ */

static int same_objects(struct store *s)
{
	struct schema schema;
	sqlite3_stmt *st = store_prepare(s,
		"select sql from sqlite_schema where name = ?1");
	int failed = st ? 0 : -1;

	schema_init(&schema);
	for (int i = 0; !failed && i < schema.n; i++) {
		const struct schema_object *o = &schema.object[i];
		const unsigned char *sql;
		int code;
		(void)sqlite3_reset(st);
		(void)sqlite3_bind_text(st, 1, o->name, -1, SQLITE_STATIC);
		code = sqlite3_step(st);
		sql = code == SQLITE_ROW ? sqlite3_column_text(st, 0) : NULL;
		if (code != SQLITE_ROW && code != SQLITE_DONE)
			failed = store_fault(s, code);
		else if (!sql || strcmp((const char *)sql, o->sql))
			failed = msg_bad("%s: '%s' is not as in schema %d",
				s->path, o->name, STORE_SCHEMA);
	}
	schema_fini(&schema);
	(void)sqlite3_finalize(st);
	return failed;
}

/* Is it ours, and of our age? *empty: it holds nothing at all. */
static int check_schema(struct store *s, int *empty)
{
	int64_t objects, application, schema;

	if (store_integer(s, "select count(*) from sqlite_schema", NULL, 0, &objects)
	    || store_integer(s, "pragma application_id", NULL, 0, &application)
	    || store_integer(s, "pragma user_version", NULL, 0, &schema))
		return -1;
	*empty = objects == 0 && application == 0 && schema == 0;
	if (*empty)
		return 0;
	if (application != STORE_APPLICATION_ID)
		return msg_bad("%s: is a database, but not one of laxity", s->path);
	if (schema > STORE_SCHEMA)
		return msg_bad("%s: was made by a newer laxity (schema %lld; this "
			"one knows %d)", s->path, (long long)schema, STORE_SCHEMA);
	if (schema < STORE_SCHEMA)
		return msg_bad("%s: schema %lld is older than any this laxity "
			"reads (%d)", s->path, (long long)schema, STORE_SCHEMA);
	return same_objects(s);
}

/* Returns SQLite's code. */
static int open_file(struct store *s, int flags)
{
	/* A name of SQLite's own ("", ":memory:", "file:...") must be a file. */
	char *name = s->path[0] == '/' ? mem_string(s->path)
		: mem_printf("./%s", s->path);
	int code = sqlite3_open_v2(name, &s->db, flags | SQLITE_OPEN_NOMUTEX,
		NULL);

	free(name);
	return code;
}

static int connect(struct store *s, int flags)
{
	int code = open_file(s, flags);

	if (code != SQLITE_OK)
		return store_fault(s, code);
	(void)sqlite3_extended_result_codes(s->db, 1);
	(void)sqlite3_busy_timeout(s->db, BUSY_MS);
	/* The file may come from a stranger: nothing in its schema runs. */
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	if (store_rows_begin(s))
		return -1;
	return store_execute(s, "pragma trusted_schema = off;"
		"pragma cell_size_check = on; pragma cache_size = -16384;");
}

static int open_existing(struct store *s, const struct stat *st)
{
	int empty = 0;

	if (!S_ISREG(st->st_mode))
		return msg_bad("%s: is not a regular file", s->path);
	/* Opened for writing also to read, if it may be: a journal that a
	 * killed writer left has to be rolled back first. */
	if (connect(s, SQLITE_OPEN_READWRITE) || check_schema(s, &empty))
		return -1;
	if (s->mode == STORE_READ && empty)
		return msg_bad("%s: holds no results", s->path);
	/* Permission bits mean something to people even where the superuser
	 * could ignore them. */
	if (s->mode == STORE_WRITE && (sqlite3_db_readonly(s->db, "main") == 1
	    || !(st->st_mode & (S_IWUSR | S_IWGRP | S_IWOTH))))
		return msg_bad("%s: is read-only", s->path);
	if (s->mode == STORE_READ && store_execute(s, "pragma query_only = on"))
		return -1;
	s->ready = !empty;
	return 0;
}

/* No file yet: would it be possible to make it? */
static int check_place(const struct store *s)
{
	const char *slash = strrchr(s->path, '/');
	char *dir = slash ? mem_string_n(s->path, (size_t)(slash - s->path) + 1)
		: mem_string(".");
	int failed = 0;

	if (!*s->path || (slash && !slash[1]))
		failed = msg_bad("'%s': is not a file name", s->path);
	else if (access(dir, W_OK | X_OK))
		failed = msg_bad("%s: %s", s->path, strerror(errno));
	free(dir);
	return failed;
}

struct store *store_open(const char *path, enum store_mode mode)
{
	struct store *s = mem_new(1, sizeof *s);
	struct stat st;
	int failed;

	s->path = mem_string(path);
	s->mode = mode;
	s->requests.table = &store_request_table;
	s->stages.table = &store_stage_table;
	if (stat(path, &st) == 0)
		failed = open_existing(s, &st);
	else if (errno == ENOENT && mode == STORE_WRITE)
		failed = check_place(s);
	else
		failed = *path ? msg_bad("%s: %s", path, strerror(errno))
			: msg_bad("an empty file name");
	if (failed) {
		store_close(s);
		return NULL;
	}
	return s;
}

static void disconnect(struct store *s)
{
	for (int i = 0; i < STATEMENTS; i++) {
		(void)sqlite3_finalize(s->statement[i]);
		s->statement[i] = NULL;
	}
	(void)sqlite3_close(s->db);
	s->db = NULL;
}

/* A file that was made for a commit that never came goes again. Whoever waits
 * for the lock meanwhile sees that it has moved (store_begin). */
static void remove_empty(struct store *s)
{
	sqlite3_file *f;
	sqlite3_int64 size;

	/* Afresh, as what failed may have been opening it or its journal's
	 * end: a question rolls that back. Then by the lock alone, since an
	 * exclusive transaction writes a journal. */
	disconnect(s);
	if (open_file(s, SQLITE_OPEN_READWRITE) != SQLITE_OK
	    || sqlite3_exec(s->db, "pragma schema_version", NULL, NULL, NULL)
		!= SQLITE_OK
	    || sqlite3_file_control(s->db, NULL, SQLITE_FCNTL_FILE_POINTER, &f)
		!= SQLITE_OK)
		return;
	if (f->pMethods->xLock(f, SQLITE_LOCK_SHARED) == SQLITE_OK
	    && f->pMethods->xLock(f, SQLITE_LOCK_EXCLUSIVE) == SQLITE_OK
	    && f->pMethods->xFileSize(f, &size) == SQLITE_OK && size == 0)
		(void)unlink(sqlite3_db_filename(s->db, "main"));
	(void)f->pMethods->xUnlock(f, SQLITE_LOCK_NONE);
}

void store_close(struct store *s)
{
	if (!s)
		return;
	store_rollback(s);
	if (s->made && !s->ready)
		remove_empty(s);
	disconnect(s);
	free(s->path);
	free(s);
}

int store_exists(const struct store *s)
{
	return s->ready;
}

/* ---- Transactions ----------------------------------------------------------- */

/* Inside a transaction, so of two that make the same file one finds it made. */
static int make_schema(struct store *s)
{
	struct schema schema;
	char *pragma = mem_printf("pragma application_id = %d;"
		"pragma user_version = %d", STORE_APPLICATION_ID, STORE_SCHEMA);
	int failed = 0;

	schema_init(&schema);
	for (int i = 0; !failed && i < schema.n; i++)
		failed = store_execute(s, schema.object[i].sql);
	if (!failed)
		failed = store_execute(s, pragma);
	schema_fini(&schema);
	free(pragma);
	return failed;
}

/* *moved: another has taken its empty file away while this one waited for it, so
 * that whatever was begun is nowhere. */
static int begin(struct store *s, int *moved)
{
	int code;

	*moved = 0;
	if (!s->db) {
		s->made = 1;
		if (connect(s, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE))
			return -1;
	}
	code = sqlite3_exec(s->db, "begin immediate", NULL, NULL, NULL);
	s->in_transaction = code == SQLITE_OK;
	if (!s->ready)
		(void)sqlite3_file_control(s->db, NULL, SQLITE_FCNTL_HAS_MOVED,
			moved);
	return code == SQLITE_OK || *moved ? 0 : store_fault(s, code);
}

int store_begin(struct store *s)
{
	int empty = 0, moved, failed = begin(s, &moved);

	for (int again = 0; moved && again < MOST_MOVES; again++) {
		store_rollback(s);
		disconnect(s);
		failed = begin(s, &moved);
	}
	if (moved)
		return msg_fail("%s: others take it away again and again", s->path);
	if (failed)
		return -1;
	if (s->ready)
		return 0;
	if (check_schema(s, &empty))
		return -1;
	return empty ? make_schema(s) : 0;
}

int store_commit(struct store *s)
{
	if (store_execute(s, "commit"))
		return -1;
	s->in_transaction = 0;
	s->ready = 1;
	return 0;
}

void store_rollback(struct store *s)
{
	for (int i = 0; i < STATEMENTS; i++)
		(void)sqlite3_reset(s->statement[i]);
	/* SQLite rolls back by itself after some errors. */
	if (s->in_transaction && !sqlite3_get_autocommit(s->db))
		(void)sqlite3_exec(s->db, "rollback", NULL, NULL, NULL);
	s->in_transaction = 0;
	s->workload_hash[0] = 0;
	store_rows_forget(&s->requests);
	store_rows_forget(&s->stages);
}
