/* The parser is Debian's inih. As built there it cuts lines at 199 characters
 * and names at 49 without a word, so it is fed by a reader of ours: that one
 * takes a line of any allowed length, refuses what inih would forgive, keeps
 * the value, and hands over "key=." or "[section]", which always fits. */
#define INI_DEFINES
#include "ini.h"

#include "file.h"
#include "msg.h"
#include "num.h"

#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_FILE ((size_t)4 << 20)

struct feed {
	struct ini *d;
	const char *at, *end;       /* text not yet read */
	int line;
	const char *value;          /* of the line handed over */
	bool failed;
};

/* ---- Messages ---------------------------------------------------------------- */

static int bad_at(const struct ini *d, int line, const char *format,
	va_list args)
{
	char reason[2048];

	(void)vsnprintf(reason, sizeof reason, format, args);
	if (line > 0)
		return msg_bad("%s:%d: %s", d->file, line, reason);
	return msg_bad("%s: %s", d->file, reason);
}

int ini_bad_line(const struct ini *d, int line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)bad_at(d, line, format, args);
	va_end(args);
	return -1;
}

int ini_bad(const struct ini *d, const struct ini_entry *e, const char *format,
	...)
{
	char reason[2048];
	va_list args;

	va_start(args, format);
	if (e && !e->line) {
		(void)vsnprintf(reason, sizeof reason, format, args);
		(void)msg_bad("--set %s.%s: %s", e->section, e->key, reason);
	} else {
		(void)bad_at(d, e ? e->line : 0, format, args);
	}
	va_end(args);
	return -1;
}

static int fail(struct feed *f, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static int fail(struct feed *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)bad_at(f->d, f->line, format, args);
	va_end(args);
	f->failed = true;
	return -1;
}

/* ---- Finding ------------------------------------------------------------------ */

static struct ini_section *section_of(struct ini *d, const char *name)
{
	for (int i = 0; i < d->sections; i++)
		if (!strcmp(d->section[i].name, name))
			return &d->section[i];
	return NULL;
}

static struct ini_entry *entry_of(struct ini *d, const char *section,
	const char *key)
{
	for (int i = 0; i < d->entries; i++)
		if (!strcmp(d->entry[i].key, key)
		    && !strcmp(d->entry[i].section, section))
			return &d->entry[i];
	return NULL;
}

struct ini_section *ini_find_section(struct ini *d, const char *section)
{
	struct ini_section *s = section_of(d, section);

	if (s)
		s->used = true;
	return s;
}

struct ini_entry *ini_find(struct ini *d, const char *section, const char *key)
{
	struct ini_entry *e = entry_of(d, section, key);

	(void)ini_find_section(d, section);
	if (e)
		e->used = true;
	return e;
}

struct ini_entry *ini_need(struct ini *d, const char *section, const char *key)
{
	struct ini_entry *e = ini_find(d, section, key);
	const struct ini_section *s = section_of(d, section);

	if (!s)
		(void)ini_bad_line(d, 0, "no section [%s]", section);
	else if (!e)
		(void)ini_bad_line(d, s->line, "[%s] has no key '%s'", section,
			key);
	return e;
}

int ini_unused(const struct ini *d)
{
	for (int i = 0; i < d->sections; i++) {
		const struct ini_section *s = &d->section[i];
		if (!s->used && s->line)
			return ini_bad_line(d, s->line,
				"unknown section [%s]", s->name);
		if (!s->used)
			return msg_bad("--set %s: unknown section", s->name);
	}
	for (int i = 0; i < d->entries; i++)
		if (!d->entry[i].used)
			return ini_bad(d, &d->entry[i],
				"unknown key '%s' in [%s]", d->entry[i].key,
				d->entry[i].section);
	return 0;
}

/* ---- Values ------------------------------------------------------------------- */

int ini_integer(const struct ini *d, const struct ini_entry *e, int64_t min,
	int64_t max, int64_t *out)
{
	int64_t x;

	if (num_integer(e->value, &x) || x < min || x > max)
		return ini_bad(d, e, "%s = '%.80s': an integer from %lld to "
			"%lld expected", e->key, e->value, (long long)min,
			(long long)max);
	*out = x;
	return 0;
}

int ini_real(const struct ini *d, const struct ini_entry *e, double min,
	double max, double *out)
{
	double x;

	if (num_real(e->value, &x) || x < min || x > max)
		return ini_bad(d, e, "%s = '%.80s': a number from %.9g to %.9g "
			"expected", e->key, e->value, min, max);
	*out = x;
	return 0;
}

int ini_word(const struct ini *d, const struct ini_entry *e,
	const char *const *words, int *out)
{
	struct text list;

	for (int i = 0; words[i]; i++) {
		if (!strcmp(words[i], e->value)) {
			*out = i;
			return 0;
		}
	}
	text_init(&list);
	for (int i = 0; words[i]; i++)
		text_add(&list, "%s%s", i ? ", " : "", words[i]);
	(void)ini_bad(d, e, "%s = '%.80s': one of %s expected", e->key,
		e->value, list.s);
	text_fini(&list);
	return -1;
}

/* ---- Building ----------------------------------------------------------------- */

static const char *keep(struct ini *d, const char *s, size_t n)
{
	char *copy = arena_new(&d->arena, n + 1, 1);

	memcpy(copy, s, n);
	return copy;
}

static const char *add_section(struct ini *d, const char *name, int line)
{
	MEM_ROOM(d->section, d->sections, d->section_room);
	d->section[d->sections] = (struct ini_section){
		.name = keep(d, name, strlen(name)), .line = line };
	return d->section[d->sections++].name;
}

static void add_entry(struct ini *d, const char *section, const char *key,
	const char *value, int line)
{
	MEM_ROOM(d->entry, d->entries, d->entry_room);
	d->entry[d->entries++] = (struct ini_entry){ .section = section,
		.key = keep(d, key, strlen(key)), .value = value,
		.line = line };
}

/* Set or add; the value is the document's already. */
static void put(struct ini *d, const char *section, const char *key,
	const char *value, int line)
{
	const struct ini_section *s = section_of(d, section);
	struct ini_entry *e = entry_of(d, section, key);

	if (e) {
		e->value = value;
		e->line = line;
	} else {
		add_entry(d, s ? s->name : add_section(d, section, line), key,
			value, line);
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void trim(const char **s, const char **end)
{
	while (*s < *end && is_blank(**s))
		++*s;
	while (*end > *s && is_blank((*end)[-1]))
		--*end;
}

/* Names separated by single blanks; 0 if s is anything else. */
static bool is_section_name(const char *s)
{
	char word[INI_LONGEST_NAME + 1];

	for (;;) {
		size_t n = strcspn(s, " ");
		memcpy(word, s, n);
		word[n] = 0;
		if (!num_is_name(word))
			return false;
		if (!s[n])
			return true;
		s += n + 1;
	}
}

/* Copy a section's or key's name, at most 49 characters. */
static int take_name(struct feed *f, const char *what, const char *s,
	const char *end, char name[INI_LONGEST_NAME + 1])
{
	size_t n = (size_t)(end - s);

	if (n == 0)
		return fail(f, "an empty %s", what);
	if (n > INI_LONGEST_NAME)
		return fail(f, "%s '%.*s...': more than %d characters", what,
			20, s, INI_LONGEST_NAME);
	memcpy(name, s, n);
	name[n] = 0;
	return 0;
}

static int read_section(struct feed *f, const char *s, const char *end,
	char *out, size_t size)
{
	char name[INI_LONGEST_NAME + 1];
	const char *close = memchr(s, ']', (size_t)(end - s)), *rest;

	if (!close)
		return fail(f, "a section without ']'");
	if (take_name(f, "section name", s + 1, close, name))
		return -1;
	if (!is_section_name(name))
		return fail(f, "section '%s': letters, digits and . _ - "
			"expected, words separated by one blank", name);
	rest = close + 1;
	trim(&rest, &end);
	if (rest < end && !(*rest == ';' && is_blank(close[1])))
		return fail(f, "text after the section's ']'");
	if (section_of(f->d, name))
		return fail(f, "section [%s] is given twice (first on line %d)",
			name, section_of(f->d, name)->line);
	(void)add_section(f->d, name, f->line);
	(void)snprintf(out, size, "[%s]\n", name);
	return 0;
}

static int read_entry(struct feed *f, const char *s, const char *end,
	char *out, size_t size)
{
	char key[INI_LONGEST_NAME + 1];
	const char *equals = memchr(s, '=', (size_t)(end - s));
	const char *key_end = equals, *value;

	if (!equals)
		return fail(f, "neither a [section] nor key = value: '%.*s'",
			end - s > 40 ? 40 : (int)(end - s), s);
	trim(&s, &key_end);
	if (take_name(f, "key", s, key_end, key))
		return -1;
	if (!num_is_name(key))
		return fail(f, "key '%s': letters, digits and . _ - expected",
			key);
	value = equals + 1;
	for (const char *p = value; p + 1 < end; p++) {
		if (is_blank(*p) && p[1] == ';') {
			end = p;
			break;
		}
	}
	trim(&value, &end);
	f->value = keep(f->d, value, (size_t)(end - value));
	(void)snprintf(out, size, "%s=.\n", key);
	return 0;
}

/* inih's view of a file: the next line into out, NULL at the end. */
static char *next_line(char *out, int size, void *feed)
{
	struct feed *f = feed;
	const char *s = f->at, *end;
	size_t bad;
	const char *what;

	if (f->failed || s == f->end)
		return NULL;
	end = memchr(s, '\n', (size_t)(f->end - s));
	f->at = end ? end + 1 : f->end;
	if (!end)
		end = f->end;
	f->line++;
	bad = file_check_text(s, (size_t)(end - s), &what);
	if (what) {
		(void)fail(f, "%s in column %zu", what, bad + 1);
		return NULL;
	}
	if (end - s > INI_LONGEST_LINE) {
		(void)fail(f, "a line of more than %d characters",
			INI_LONGEST_LINE);
		return NULL;
	}
	trim(&s, &end);
	/* Also for a line that failed, as inih then asks once more. */
	(void)snprintf(out, (size_t)size, "\n");
	if (s < end && *s == '[')
		(void)read_section(f, s, end, out, (size_t)size);
	else if (s < end && *s != ';' && *s != '#')
		(void)read_entry(f, s, end, out, (size_t)size);
	return f->failed ? NULL : out;
}

/* inih's report of a key; it keeps track of the section. */
static int take_entry(void *feed, const char *section, const char *key,
	const char *placeholder)
{
	struct feed *f = feed;
	const struct ini_section *s = section_of(f->d, section);
	const struct ini_entry *e = entry_of(f->d, section, key);

	(void)placeholder;
	if (!s) {
		(void)fail(f, "key '%s' before the first section", key);
		return 0;
	}
	if (e) {
		(void)fail(f, "key '%s' is given twice in [%s] (first on line "
			"%d)", key, section, e->line);
		return 0;
	}
	if (f->d->entries == INI_MOST_ENTRIES) {
		(void)fail(f, "more than %d keys", INI_MOST_ENTRIES);
		return 0;
	}
	add_entry(f->d, s->name, key, f->value, f->line);
	return 1;
}

struct ini *ini_read_text(const char *file, const char *text, size_t length)
{
	struct ini *d = mem_new(1, sizeof *d);
	struct feed f = { .d = d, .at = text, .end = text + length };
	int status;

	d->file = keep(d, file, strlen(file));
	status = ini_parse_stream(next_line, &f, take_entry, &f);
	if (status && !f.failed)
		(void)fail(&f, "inih does not understand line %d", status);
	if (f.failed) {
		ini_free(d);
		return NULL;
	}
	return d;
}

struct ini *ini_read(const char *path)
{
	char *text;
	size_t length;
	struct ini *d;

	if (file_read(path, LARGEST_FILE, &text, &length))
		return NULL;
	d = ini_read_text(path, text, length);
	free(text);
	return d;
}

void ini_free(struct ini *d)
{
	if (!d)
		return;
	free(d->section);
	free(d->entry);
	arena_fini(&d->arena);
	free(d);
}

int ini_set(struct ini *d, const char *assignment)
{
	const char *equals = strchr(assignment, '=');
	const char *dot = strchr(assignment, '.');
	const char *value, *end = assignment + strlen(assignment), *what;
	char section[INI_LONGEST_NAME + 1], key[INI_LONGEST_NAME + 1];
	const struct ini_entry *e;
	size_t n, m;

	if (!equals || !dot || dot > equals)
		return msg_bad("--set %s: section.key=value expected",
			assignment);
	n = (size_t)(dot - assignment);
	m = (size_t)(equals - dot - 1);
	if (n > INI_LONGEST_NAME || m > INI_LONGEST_NAME)
		return msg_bad("--set %.60s...: a name of more than %d "
			"characters", assignment, INI_LONGEST_NAME);
	memcpy(section, assignment, n);
	section[n] = 0;
	memcpy(key, dot + 1, m);
	key[m] = 0;
	if (!is_section_name(section) || !num_is_name(key))
		return msg_bad("--set %s: section.key=value expected",
			assignment);
	value = equals + 1;
	(void)file_check_text(value, (size_t)(end - value), &what);
	if (what || strchr(value, '\n'))
		return msg_bad("--set %s.%s: %s in the value", section, key,
			what ? what : "a line end");
	if (end - value > INI_LONGEST_LINE)
		return msg_bad("--set %s.%s: a value of more than %d "
			"characters", section, key, INI_LONGEST_LINE);
	trim(&value, &end);
	e = entry_of(d, section, key);
	if (e && !e->line)
		return msg_bad("--set %s.%s: given twice", section, key);
	put(d, section, key, keep(d, value, (size_t)(end - value)), 0);
	return 0;
}

void ini_put(struct ini *d, const char *section, const char *key,
	const char *value, int line)
{
	put(d, section, key, keep(d, value, strlen(value)), line);
}

void ini_drop(struct ini *d, const char *section)
{
	int n = 0;

	for (int i = 0; i < d->entries; i++)
		if (strcmp(d->entry[i].section, section))
			d->entry[n++] = d->entry[i];
	d->entries = n;
	n = 0;
	for (int i = 0; i < d->sections; i++)
		if (strcmp(d->section[i].name, section))
			d->section[n++] = d->section[i];
	d->sections = n;
}
