#include "options.h"

#include "mem.h"
#include "msg.h"
#include "num.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MOST 64                 /* options in a table */

static void list_add(struct option_list *l, const char *item)
{
	l->item = mem_resize(l->item, (size_t)l->n + 1, sizeof *l->item);
	l->item[l->n++] = item;
}

void options_list_fini(struct option_list *l)
{
	free(l->item);
	*l = (struct option_list){ 0 };
}

static int unknown(const char *command, const char *name, size_t length,
	const struct option *table)
{
	struct text t;

	text_init(&t);
	for (const struct option *o = table; o->name; o++)
		text_add(&t, "%s%s", o == table ? "" : ", ", o->name);
	(void)msg_bad("%s: unknown option '%.*s'; %s%s", command, (int)length,
		name, t.length ? "options: " : "it takes none", t.s);
	text_fini(&t);
	return -1;
}

static int set_word(const char *command, const struct option *o,
	const char *value)
{
	struct text t;

	for (int i = 0; o->words[i]; i++) {
		if (!strcmp(o->words[i], value)) {
			*(int *)o->to = i;
			return 0;
		}
	}
	text_init(&t);
	for (int i = 0; o->words[i]; i++)
		text_add(&t, "%s%s", i ? " | " : "", o->words[i]);
	(void)msg_bad("%s: %s: '%s' is none of %s", command, o->name, value, t.s);
	text_fini(&t);
	return -1;
}

static int set(const char *command, const struct option *o, const char *value)
{
	int64_t whole;
	double real;

	switch (o->kind) {
	case OPTION_FLAG:
		*(int *)o->to = 1;
		return 0;
	case OPTION_TEXT:
	case OPTION_INPUT:
	case OPTION_OUTPUT:
		*(const char **)o->to = value;
		return 0;
	case OPTION_LIST:
		list_add(o->to, value);
		return 0;
	case OPTION_INTEGER:
		if (num_integer(value, &whole) || whole < o->min || whole > o->max)
			break;
		*(int64_t *)o->to = whole;
		return 0;
	case OPTION_REAL:
		if (num_real(value, &real) || real < (double)o->min
		    || real > (double)o->max)
			break;
		*(double *)o->to = real;
		return 0;
	case OPTION_WORD:
		return set_word(command, o, value);
	}
	return msg_bad("%s: %s: '%s' is no %s from %lld to %lld", command, o->name,
		value, o->kind == OPTION_REAL ? "number" : "whole number",
		(long long)o->min, (long long)o->max);
}

/* argv[*at] is an option; *at moves to the last argument it takes. */
static int read_one(int argc, char **argv, int *at, const struct option *table,
	unsigned char *given)
{
	const char *command = argv[0], *name = argv[*at];
	const char *equals = name[1] == '-' ? strchr(name, '=') : NULL;
	size_t length = equals ? (size_t)(equals - name) : strlen(name);
	const struct option *o = table;
	const char *value = NULL;

	while (o->name && (strlen(o->name) != length
	    || strncmp(o->name, name, length)))
		o++;
	if (!o->name)
		return unknown(command, name, length, table);
	if (given[o - table]++ && o->kind != OPTION_LIST)
		return msg_bad("%s: %s is given twice", command, o->name);
	if (o->kind == OPTION_FLAG) {
		if (equals)
			return msg_bad("%s: %s takes no value", command, o->name);
	} else if (equals) {
		value = equals + 1;
	} else {
		if (*at + 1 == argc)
			return msg_bad("%s: %s: a value is missing", command,
				o->name);
		value = argv[++*at];
	}
	return set(command, o, value);
}

/* One file under one name or two; a device may be written twice. */
static int is_same(const char *a, const char *b)
{
	struct stat x, y;
	int there = !stat(a, &x) && !stat(b, &y);

	return there ? S_ISREG(x.st_mode) && x.st_dev == y.st_dev
		&& x.st_ino == y.st_ino : *a && !strcmp(a, b);
}

static const char *file_of(const struct option *o)
{
	return o->kind == OPTION_INPUT || o->kind == OPTION_OUTPUT
		? *(const char **)o->to : NULL;
}

static int check_outputs(const char *command, const struct option *table,
	const struct option_list *rest)
{
	for (const struct option *o = table; o->name; o++) {
		const char *out = o->kind == OPTION_OUTPUT ? file_of(o) : NULL;
		if (!out)
			continue;
		for (const struct option *p = table; p->name; p++)
			if (p != o && file_of(p) && is_same(out, file_of(p)))
				return msg_bad("%s: %s and %s are the same file, "
					"%s", command, p < o ? p->name : o->name,
					p < o ? o->name : p->name, out);
		for (int i = 0; rest && i < rest->n; i++)
			if (is_same(out, rest->item[i]))
				return msg_bad("%s: %s would replace %s, which is "
					"read", command, o->name, rest->item[i]);
	}
	return 0;
}

int options_read(int argc, char **argv, const struct option *table,
	struct option_list *rest)
{
	unsigned char given[MOST] = { 0 };
	int options = 1;

	for (int i = 1; i < argc; i++) {
		if (options && !strcmp(argv[i], "--")) {
			options = 0;
		} else if (options && argv[i][0] == '-' && argv[i][1]) {
			if (read_one(argc, argv, &i, table, given))
				return -1;
		} else if (rest) {
			list_add(rest, argv[i]);
		} else {
			return msg_bad("%s: '%s' is not an option", argv[0],
				argv[i]);
		}
	}
	return check_outputs(argv[0], table, rest);
}
