#include "table.h"

#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void table_init(struct table *t, int columns)
{
	*t = (struct table){ .columns = columns };
}

void table_fini(struct table *t)
{
	for (int i = 0; i < t->cells; i++)
		free(t->cell[i]);
	free(t->cell);
	*t = (struct table){ 0 };
}

void table_add(struct table *t, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	utf8_make_plain(text);
	MEM_ROOM(t->cell, t->cells, t->capacity);
	t->cell[t->cells++] = mem_string(text);
}

static int width_of(const char *s)
{
	int n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static int column_width(const struct table *t, int column)
{
	int widest = 0;

	for (int i = column; i < t->cells; i += t->columns)
		if (width_of(t->cell[i]) > widest)
			widest = width_of(t->cell[i]);
	return widest;
}

static void pad(struct text *out, int n)
{
	while (n-- > 0)
		text_add_n(out, " ", 1);
}

void table_print(const struct table *t, int heads, int indent, struct text *out)
{
	int *width = mem_new((size_t)t->columns, sizeof *width);
	int total = 2 * (t->columns - 1);

	for (int k = 0; k < t->columns; k++)
		total += width[k] = column_width(t, k);
	for (int i = 0; i < t->cells; i++) {
		int k = i % t->columns, blank = width[k] - width_of(t->cell[i]);
		if (k == 0) {
			pad(out, indent);
			text_add(out, "%s", t->cell[i]);
			/* No blanks at the end of a line. */
			if (t->columns > 1)
				pad(out, blank);
		} else {
			pad(out, blank + 2);
			text_add(out, "%s", t->cell[i]);
		}
		if (k + 1 < t->columns)
			continue;
		while (out->length && out->s[out->length - 1] == ' ')
			out->s[--out->length] = 0;
		text_add_n(out, "\n", 1);
		if ((i + 1) / t->columns == heads) {
			pad(out, indent);
			for (int n = 0; n < total; n++)
				text_add_n(out, "-", 1);
			text_add_n(out, "\n", 1);
		}
	}
	free(width);
}
