#define CSV_DEFINES
#include "csv.h"

#include "file.h"
#include "mem.h"
#include "msg.h"
#include "num.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Messages ----------------------------------------------------------------- */

int csv_bad(const struct csv *c, const char *format, ...)
{
	char reason[2048];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(reason, sizeof reason, format, args);
	va_end(args);
	return msg_bad("%s:%lld: %s", c->path, (long long)c->line, reason);
}

static const char *line_end(const struct csv *c, const char *s)
{
	const char *newline = memchr(s, '\n', (size_t)(c->end - s));

	return newline ? newline : c->end;
}

/* What is not text on this line; 0 if all is. */
static int explain_bytes(const struct csv *c, const char *s)
{
	const char *what;
	size_t bad = file_check_text(s, (size_t)(line_end(c, s) - s), &what);

	if (!what)
		return 0;
	return csv_bad(c, "%s at byte %zu of the line", what, bad + 1);
}

static int header(const struct csv *c, char *out, size_t size)
{
	size_t n = 0;

	out[0] = 0;
	for (int i = 0; i < c->columns && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s%s",
			i ? "," : "", c->column[i]);
	return (int)n;
}

/* The field `c->field` is not what was expected: say what is wrong with the
 * row, the coarsest fault first. */
static int explain(const struct csv *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static int explain(const struct csv *c, const char *format, ...)
{
	const char *end = line_end(c, c->row), *s = c->row;
	char expected[128], columns[256];
	int commas = 0;
	size_t n;
	va_list args;

	if (explain_bytes(c, c->row))
		return -1;
	if (s == end)
		return csv_bad(c, "an empty line");
	if (*s == '#')
		return csv_bad(c, "a '#' line behind the header");
	for (const char *p = s; p < end; p++) {
		if (*p == '"' || *p == '\'')
			return csv_bad(c, "a quote: fields have none");
		if (*p == ' ' || *p == '\t')
			return csv_bad(c, "a blank: fields have none");
		commas += *p == ',';
	}
	if (commas != c->columns - 1) {
		(void)header(c, columns, sizeof columns);
		return csv_bad(c, "%d field%s, %d expected (%s)", commas + 1,
			commas ? "s" : "", c->columns, columns);
	}
	for (int i = 0; i < c->field; i++)
		s = strchr(s, ',') + 1;
	n = strcspn(s, ",\n");
	va_start(args, format);
	(void)vsnprintf(expected, sizeof expected, format, args);
	va_end(args);
	if (n == 0)
		return csv_bad(c, "%s is empty: %s expected",
			c->column[c->field], expected);
	return csv_bad(c, "%s '%.*s': %s expected", c->column[c->field],
		n > 60 ? 60 : (int)n, s, expected);
}

/* ---- Head --------------------------------------------------------------------- */

/* Take the first of the allowed heads that this line is; -1 after a message
 * that shows them. */
static int choose_columns(struct csv *c, const char *end,
	const char *const *const *kinds)
{
	struct text all;

	text_init(&all);
	for (int k = 0; kinds[k]; k++) {
		char expected[256];
		size_t n;

		c->kind = k;
		c->column = kinds[k];
		for (c->columns = 0; c->column[c->columns];)
			c->columns++;
		n = (size_t)header(c, expected, sizeof expected);
		text_add(&all, "%s'%s'", k ? " or " : "", expected);
		if ((size_t)(end - c->at) == n && !memcmp(c->at, expected, n)) {
			text_fini(&all);
			return 0;
		}
	}
	(void)csv_bad(c, "the header must be %s", all.s);
	text_fini(&all);
	return -1;
}

static int read_head(struct csv *c, const char *const *const *kinds)
{
	const char *end;

	c->at = c->text;
	c->end = c->text + c->length;
	c->line = 1;
	if (c->length == 0)
		return csv_bad(c, "an empty file");
	if (c->end[-1] != '\n') {
		for (const char *p = c->text; p < c->end; p++)
			c->line += *p == '\n';
		return csv_bad(c, "the last line has no line end: cut short?");
	}
	for (; c->at < c->end && *c->at == '#'; c->line++) {
		if (explain_bytes(c, c->at))
			return -1;
		c->at = line_end(c, c->at) + 1;
		c->comments++;
	}
	if (c->at < c->end && explain_bytes(c, c->at))
		return -1;
	end = c->at < c->end ? line_end(c, c->at) : c->end;
	if (choose_columns(c, end, kinds))
		return -1;
	c->at = end + 1;
	return 0;
}

int csv_open(struct csv *c, const char *path, size_t limit,
	const char *const *columns)
{
	const char *const *const kinds[] = { columns, NULL };

	return csv_open_any(c, path, limit, kinds);
}

int csv_open_any(struct csv *c, const char *path, size_t limit,
	const char *const *const *kinds)
{
	*c = (struct csv){ .path = path };
	if (file_read(path, limit, &c->text, &c->length))
		return -1;
	if (read_head(c, kinds)) {
		csv_close(c);
		return -1;
	}
	return 0;
}

void csv_close(struct csv *c)
{
	free(c->text);
	c->text = NULL;
}

int csv_next(struct csv *c)
{
	if (c->at == c->end)
		return 0;
	c->row = c->at;
	c->line++;
	c->field = 0;
	return 1;
}

/* ---- Fields ------------------------------------------------------------------- */

/* A field's last byte is before p. The text ends with a newline, so no scan
 * that stops at one can run beyond it. */
static int ends_field(struct csv *c, const char *p)
{
	if (*p != (c->field == c->columns - 1 ? '\n' : ','))
		return 0;
	c->at = p + 1;
	c->field++;
	return 1;
}

int csv_integer(struct csv *c, int64_t min, int64_t max, int64_t *out)
{
	const char *p = c->at;
	uint64_t x = 0;

	/* 19 digits stay below 10^19 < 2^64. */
	while (*p >= '0' && *p <= '9' && p - c->at < 19)
		x = x * 10 + (uint64_t)(*p++ - '0');
	/* More of them are in range only if they begin with zeros. */
	if (*p >= '0' && *p <= '9') {
		const char *q = c->at;
		for (; *q == '0' && q[1] >= '0' && q[1] <= '9'; q++)
			;
		x = 0;
		for (p = q; *p >= '0' && *p <= '9' && p - q < 19;)
			x = x * 10 + (uint64_t)(*p++ - '0');
	}
	if (p == c->at || x > INT64_MAX || (int64_t)x < min
	    || (int64_t)x > max || !ends_field(c, p)) {
		if (max == INT64_MAX)
			return explain(c, "an integer of at least %lld",
				(long long)min);
		return explain(c, "an integer from %lld to %lld",
			(long long)min, (long long)max);
	}
	*out = (int64_t)x;
	return 0;
}

/* Powers of ten that a double holds exactly. */
static const double power_of_ten[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7,
	1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };

/* Up to 15 digits and no exponent: an integer below 2^53 over an exact power
 * of ten, so the one division rounds correctly. Returns the end, or NULL. */
static const char *read_short(const char *p, double *out)
{
	const char *begin = p, *dot = NULL;
	uint64_t x = 0;

	for (; *p >= '0' && *p <= '9'; p++)
		x = x * 10 + (uint64_t)(*p - '0');
	if (p == begin || p - begin > 15)
		return NULL;
	if (*p == '.') {
		dot = p++;
		for (; *p >= '0' && *p <= '9'; p++)
			x = x * 10 + (uint64_t)(*p - '0');
		if (p == dot + 1 || p - begin > 16)
			return NULL;
	}
	*out = dot ? (double)x / power_of_ten[p - dot - 1] : (double)x;
	return p;
}

/* Anything else that num_real takes. It wants a NUL behind the number. */
static const char *read_long(struct csv *c, double *out)
{
	char *end = c->text + (c->at - c->text) + strcspn(c->at, ",\n");
	char separator = *end;
	int status;

	*end = 0;
	status = num_real(c->at, out);
	*end = separator;
	return status ? NULL : end;
}

int csv_real(struct csv *c, double min, double max, double *out)
{
	double x = 0;
	const char *p = read_short(c->at, &x);

	if (!p || (*p != ',' && *p != '\n'))
		p = read_long(c, &x);
	if (!p || x < min || x > max || !ends_field(c, p)) {
		if (isinf(max))
			return explain(c, "a number of at least %.9g", min);
		return explain(c, "a number from %.9g to %.9g", min, max);
	}
	*out = x == 0 ? 0 : x; /* no negative zero */
	return 0;
}

static int is_empty(const struct csv *c)
{
	return *c->at == (c->field == c->columns - 1 ? '\n' : ',');
}

int csv_optional_integer(struct csv *c, int64_t min, int64_t max,
	int64_t absent, int64_t *out)
{
	if (!is_empty(c))
		return csv_integer(c, min, max, out);
	*out = absent;
	return ends_field(c, c->at) ? 0 : -1;
}

int csv_optional_real(struct csv *c, double min, double max, double *out)
{
	if (!is_empty(c))
		return csv_real(c, min, max, out);
	*out = NAN;
	return ends_field(c, c->at) ? 0 : -1;
}

static int is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
		|| (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

int csv_name(struct csv *c, const char **s, size_t *n)
{
	const char *begin = c->at, *p = begin;

	while (is_name_byte(*p))
		p++;
	if (p == begin || !ends_field(c, p))
		return explain(c, "a name (letters, digits and . _ -)");
	*s = begin;
	*n = (size_t)(p - begin);
	return 0;
}

int csv_optional_name(struct csv *c, const char **s, size_t *n)
{
	if (!is_empty(c))
		return csv_name(c, s, n);
	*s = c->at;
	*n = 0;
	return ends_field(c, c->at) ? 0 : -1;
}

/* ---- Names -------------------------------------------------------------------- */

static int is_named(const struct names *t, int i, const char *s, size_t n)
{
	return i < t->count && !strncmp(t->name[i], s, n) && !t->name[i][n];
}

int names_find(struct names *t, const char *s, size_t n)
{
	if (is_named(t, t->last, s, n))
		return t->last;
	if (is_named(t, t->last + 1, s, n))
		return ++t->last;
	for (int i = 0; i < t->count; i++)
		if (is_named(t, i, s, n))
			return t->last = i;
	return -1;
}

int names_add(struct names *t, const char *name)
{
	MEM_ROOM(t->name, t->count, t->room);
	t->name[t->count] = name;
	return t->last = t->count++;
}

void names_fini(struct names *t)
{
	free(t->name);
	*t = (struct names){ 0 };
}

int csv_lookup(struct csv *c, struct names *t, int *out, const char **s,
	size_t *n)
{
	const char *name = t->count ? t->name[t->last] : "", *p = c->at;

	/* Mostly the row above had it: compare without looking for its end. */
	while (*name && *p == *name) {
		p++;
		name++;
	}
	*s = c->at;
	*n = (size_t)(p - c->at);
	if (!*name && *n && ends_field(c, p)) {
		*out = t->last;
		return 0;
	}
	if (csv_name(c, s, n))
		return -1;
	*out = names_find(t, *s, *n);
	return 0;
}

int csv_known(struct csv *c, struct names *t, int *out)
{
	const char *s;
	size_t n;
	int i;

	if (csv_lookup(c, t, &i, &s, &n))
		return -1;
	if (i < 0)
		return csv_bad(c, "unknown %s '%.*s'", c->column[c->field - 1],
			n > 60 ? 60 : (int)n, s);
	*out = i;
	return 0;
}
