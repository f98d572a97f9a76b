/* CSV of one strict kind, read fast: UTF-8, lines end with LF, the last one
 * too; `#` lines, then the header, then rows of as many fields; no quotes,
 * blanks, empty lines. One pass over the file in memory, nothing allocated
 * per row; a fault is explained afterwards, when speed no longer matters.
 *
 *     if (csv_open(&c, path, limit, columns)) ...
 *     while (csv_next(&c))
 *             if (csv_integer(&c, 0, 9, &n) || csv_real(&c, 0, 1, &x)) ...
 *     csv_close(&c);
 *
 * Each reading function takes the next field of the row, in column order, and
 * returns 0, or -1 after one message "PATH:LINE: reason". */
#ifndef LAXITY_CSV_H
#define LAXITY_CSV_H

#include "sha256.h"

#include <stddef.h>
#include <stdint.h>

struct csv {
	const char *path;
	char *text;
	size_t length;
	const char *at, *end;       /* the next field; behind the last byte */
	const char *row;            /* start of the current row */
	int64_t line;               /* of the current row, from 1 */
	const char *const *column;
	int columns, field;         /* field: number of the next one, from 0 */
	int kind;                   /* see csv_open_any */
	int64_t comments;           /* `#` lines before the header */
};

/* Read the file and check its head. `columns` ends with NULL and must outlive
 * the reading; `path` too. */
int csv_open(struct csv *c, const char *path, size_t limit,
	const char *const *columns);

/* The same for a table of one of several kinds, told apart by their headers;
 * kinds ends with NULL, and c->kind is the number of the one found. */
int csv_open_any(struct csv *c, const char *path, size_t limit,
	const char *const *const *kinds);
void csv_close(struct csv *c);

/* The next row: 1, or 0 at the end. Every field of the row before must have
 * been read. */
int csv_next(struct csv *c);

int csv_integer(struct csv *c, int64_t min, int64_t max, int64_t *out);

/* Correctly rounded; max may be INFINITY. */
int csv_real(struct csv *c, double min, double max, double *out);

/* An empty field gives `absent`, or NAN. */
int csv_optional_integer(struct csv *c, int64_t min, int64_t max,
	int64_t absent, int64_t *out);
int csv_optional_real(struct csv *c, double min, double max, double *out);

/* A name, [A-Za-z0-9._-]+, not closed by a NUL. */
int csv_name(struct csv *c, const char **s, size_t *n);

/* An empty field gives n = 0. */
int csv_optional_name(struct csv *c, const char **s, size_t *n);

/* Names that a column may hold, numbered. Rows mostly repeat the name of the
 * row before or take the next, so those are tried first. */
struct names {
	const char **name;
	int count, last;
	size_t room;
};
int names_find(struct names *t, const char *s, size_t n);
/* Append; the string is not copied. */
int names_add(struct names *t, const char *name);
void names_fini(struct names *t);

/* The number of the name in this field, or -1; and the name as csv_name. */
int csv_lookup(struct csv *c, struct names *t, int *out, const char **s,
	size_t *n);

/* The number of the name in this field; an unknown one is an error. */
int csv_known(struct csv *c, struct names *t, int *out);

/* "laxity: PATH:LINE: ..." about the current row. Always -1. */
int csv_bad(const struct csv *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
#if defined __clang_analyzer__ && !defined CSV_DEFINES /* as in msg.h */
#define csv_bad(...) (csv_bad(__VA_ARGS__), -1)
#endif

#endif
