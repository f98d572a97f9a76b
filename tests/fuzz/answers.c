#include "answers.h"

#include "../../sim/mem.h"
#include "fuzz.h"
#include "kept.h"

#include <stdlib.h>
#include <string.h>

/* A value is a statement "select ?1" that stands at its row, so that what a
 * reader asks of it is answered by SQLite, with its own conversions. */
typedef sqlite3_stmt value;

enum { FLAG_ENDS = 1, FLAG_FAILS = 2, FLAG_TWICE = 4 };
enum { MOST_QUESTIONS = 48, MOST_CHANGES = 8 };

/* An answer is the rows up to the next execution of the same text. */
struct answer { int first, rows; };

static struct question {
	char *sql;
	size_t length;
	sqlite3_stmt *st;           /* of the good database */
	int columns, rows, answers, answer_room;
	size_t cells, room;
	value **cell, **good;       /* [rows][columns] */
	unsigned char *flags;       /* [rows] */
	struct answer *answer;
	/* While answers are given. */
	int open, running, asked, row, repeated;
} question[MOST_QUESTIONS];

static int questions;
static sqlite3 *recorded, *given, *holder;
static value *changed[MOST_CHANGES];

#define REAL(type, name, parameters) \
	type __real_sqlite3_##name parameters; \
	type __wrap_sqlite3_##name parameters; \
	type __wrap_sqlite3_##name parameters

/* The question that a statement stands for, or NULL. */
static struct question *of(sqlite3_stmt *st)
{
	struct question *q = (struct question *)(void *)st;

	return q >= question && q < question + MOST_QUESTIONS ? q : NULL;
}

static value *value_new(void)
{
	value *v = NULL;

	FUZZ_HOLDS(holder || !sqlite3_open(":memory:", &holder));
	FUZZ_HOLDS(!sqlite3_prepare_v2(holder, "select ?1", -1, &v, NULL));
	return v;
}

/* ---- Recording ------------------------------------------------------------------ */

void answers_record(sqlite3 *db)
{
	recorded = db;
}

void answers_give(sqlite3 *db)
{
	recorded = NULL;
	given = db;
	for (int i = 0; i < questions; i++) {
		struct question *q = &question[i];
		q->good = mem_new(q->cells, sizeof(value *));
		if (q->cells)
			memcpy(q->good, q->cell, q->cells * sizeof(value *));
		q->flags = mem_new((size_t)q->rows, 1);
		q->running = 0;
	}
	for (int i = 0; i < MOST_CHANGES; i++)
		changed[i] = value_new();
}

static void record(struct question *q, int code)
{
	if (!q->running) {
		MEM_ROOM(q->answer, q->answers, q->answer_room);
		q->answer[q->answers++] = (struct answer){ q->rows, 0 };
	}
	q->running = code == SQLITE_ROW;
	if (code != SQLITE_ROW)
		return;
	for (int i = 0; i < q->columns; i++) {
		value *v = value_new();
		FUZZ_HOLDS(!sqlite3_bind_value(v, 1,
			sqlite3_column_value(q->st, i)));
		FUZZ_HOLDS(sqlite3_step(v) == SQLITE_ROW);
		MEM_ROOM(q->cell, q->cells, q->room);
		q->cell[q->cells++] = v;
	}
	q->rows++;
	q->answer[q->answers - 1].rows++;
}

static struct question *being_recorded(sqlite3_stmt *st)
{
	for (int i = 0; recorded && i < questions; i++)
		if (question[i].st == st)
			return &question[i];
	return NULL;
}

/* ---- SQLite's calls --------------------------------------------------------------- */

REAL(int, prepare_v2, (sqlite3 *db, const char *sql, int n, sqlite3_stmt **out,
	const char **rest))
{
	struct question *q = question;
	size_t length = strlen(sql);
	int code;

	if (db != given && db != recorded)
		return kept_prepare(db, sql, n, out, rest);
	while (q < question + questions && (q->length != length
	    || memcmp(q->sql, sql, length)))
		q++;
	if (db == given) {
		/* Every question has been asked while they were recorded. */
		FUZZ_HOLDS(q < question + questions && !q->open);
		q->open = 1;
		q->running = 0;
		*out = (sqlite3_stmt *)(void *)q;
		return SQLITE_OK;
	}
	code = __real_sqlite3_prepare_v2(db, sql, n, out, rest);
	FUZZ_HOLDS(code == SQLITE_OK && q < question + MOST_QUESTIONS);
	if (q == question + questions) {
		questions++;
		q->sql = mem_string(sql);
		q->length = length;
		q->columns = sqlite3_column_count(*out);
	}
	q->st = *out;
	q->running = 0;
	return code;
}

REAL(int, step, (sqlite3_stmt *st))
{
	struct question *q = of(st);
	const struct answer *a;
	int code;

	if (!q) {
		code = __real_sqlite3_step(st);
		q = being_recorded(st);
		if (q)
			record(q, code);
		return code;
	}
	if (!q->answers)
		return SQLITE_DONE;
	if (!q->running) {
		q->running = 1;
		q->row = q->answer[q->asked++ % q->answers].first - 1;
		q->repeated = 1;
	}
	a = &q->answer[(q->asked - 1) % q->answers];
	if (q->row >= a->first && !q->repeated && q->flags[q->row] & FLAG_TWICE)
		q->repeated = 1;
	else {
		q->row++;
		q->repeated = 0;
	}
	if (q->row == a->first + a->rows || q->flags[q->row] & FLAG_ENDS) {
		q->running = 0;
		return SQLITE_DONE;
	}
	return q->flags[q->row] & FLAG_FAILS ? SQLITE_CORRUPT : SQLITE_ROW;
}

REAL(int, reset, (sqlite3_stmt *st))
{
	struct question *q = of(st);

	if (q) {
		q->running = 0;
		return SQLITE_OK;
	}
	q = being_recorded(st);
	if (q)
		q->running = 0;
	return __real_sqlite3_reset(st);
}

REAL(int, finalize, (sqlite3_stmt *st))
{
	struct question *q = of(st);

	if (!q)
		return recorded && being_recorded(st) ? sqlite3_reset(st)
			: kept_finalize(st);
	FUZZ_HOLDS(q->open);
	q->open = 0;
	return SQLITE_OK;
}

/* The value that a reader asks for; it must stand at a row. */
static value *at(sqlite3_stmt *st, int *column)
{
	struct question *q = of(st);
	int i = *column;

	if (!q)
		return st;
	FUZZ_HOLDS(q->open && q->running && i >= 0 && i < q->columns);
	*column = 0;
	return q->cell[q->row * q->columns + i];
}

#define COLUMN(type, name) \
	REAL(type, column_##name, (sqlite3_stmt *st, int i)) \
	{ \
		value *v = at(st, &i); \
		return __real_sqlite3_column_##name(v, i); \
	}
COLUMN(int, type)
COLUMN(int, int)
COLUMN(sqlite3_int64, int64)
COLUMN(double, double)
COLUMN(const unsigned char *, text)
COLUMN(sqlite3_value *, value)

REAL(int, column_count, (sqlite3_stmt *st))
{
	return of(st) ? of(st)->columns : __real_sqlite3_column_count(st);
}

REAL(const char *, column_name, (sqlite3_stmt *st, int i))
{
	return __real_sqlite3_column_name(of(st) ? of(st)->st : st, i);
}

/* What is asked is the same whatever is bound. */
REAL(int, bind_int64, (sqlite3_stmt *st, int i, sqlite3_int64 x))
{
	return of(st) ? SQLITE_OK : __real_sqlite3_bind_int64(st, i, x);
}

REAL(int, bind_text, (sqlite3_stmt *st, int i, const char *s, int n,
	void (*end)(void *)))
{
	return of(st) ? SQLITE_OK : __real_sqlite3_bind_text(st, i, s, n, end);
}

REAL(int, bind_value, (sqlite3_stmt *st, int i, const sqlite3_value *x))
{
	return of(st) ? SQLITE_OK : __real_sqlite3_bind_value(st, i, x);
}

/* ---- Changes ---------------------------------------------------------------------- */

/* A value of up to *n bytes from `at`; what it took is gone from both. */
static void set_value(value *v, const uint8_t **at, size_t *n)
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
	(void)sqlite3_reset(v);
	switch (kind & 7) {
	case 0:
		(void)sqlite3_bind_null(v, 1);
		break;
	case 1:
		(void)sqlite3_bind_int64(v, 1, whole);
		break;
	case 2:
		(void)sqlite3_bind_int64(v, 1,
			(int64_t)(0 - (uint64_t)whole));
		break;
	case 3:
		(void)sqlite3_bind_double(v, 1, real);
		break;
	case 4:
		(void)sqlite3_bind_double(v, 1, (double)whole / 256);
		break;
	case 5:
		(void)sqlite3_bind_blob(v, 1, *at, (int)size, SQLITE_TRANSIENT);
		break;
	default:
		(void)sqlite3_bind_text(v, 1, (const char *)*at, (int)size,
			SQLITE_TRANSIENT);
	}
	FUZZ_HOLDS(sqlite3_step(v) == SQLITE_ROW);
	*at += size;
	*n -= size;
}

void answers_change(const uint8_t *bytes, size_t n)
{
	static const unsigned char flag[] = { FLAG_ENDS, FLAG_FAILS, FLAG_TWICE };
	enum { USUAL = 13, CHANGE = 4 };

	for (int i = 0; i < MOST_CHANGES && n >= CHANGE; i++) {
		struct question *q = &question[bytes[0] % questions];
		int all = bytes[1] >= 240, what = bytes[3] % (USUAL + 3);
		int first = all || !q->rows ? 0 : bytes[1] % q->rows;
		int last = all || !q->rows ? q->rows : first + 1;
		int column = bytes[2] % q->columns;
		bytes += CHANGE;
		n -= CHANGE;
		set_value(changed[i], &bytes, &n);
		for (int row = first; row < last; row++) {
			if (what < USUAL)
				q->cell[row * q->columns + column] = changed[i];
			else
				q->flags[row] |= flag[what - USUAL];
		}
	}
}

void answers_restore(void)
{
	for (int i = 0; i < questions; i++) {
		struct question *q = &question[i];
		if (q->rows) {
			memcpy(q->cell, q->good, q->cells * sizeof(value *));
			memset(q->flags, 0, (size_t)q->rows);
		}
		q->asked = q->running = 0;
	}
}

int answers_open(void)
{
	int n = 0;

	for (int i = 0; i < questions; i++)
		n += question[i].open;
	return n;
}

void answers_end(void)
{
	given = NULL;
	for (int i = 0; i < questions; i++) {
		struct question *q = &question[i];
		for (size_t k = 0; k < q->cells; k++)
			(void)__real_sqlite3_finalize(q->good[k]);
		(void)__real_sqlite3_finalize(q->st);
		free(q->sql);
		free(q->cell);
		free(q->good);
		free(q->flags);
		free(q->answer);
	}
	questions = 0;
	for (int i = 0; i < MOST_CHANGES; i++)
		(void)__real_sqlite3_finalize(changed[i]);
	(void)sqlite3_close(holder);
	holder = NULL;
}
