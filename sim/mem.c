/* madvise is not POSIX. */
#define _DEFAULT_SOURCE

#include "mem.h"

#include "msg.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct arena_block {
	struct arena_block *next;
	alignas(max_align_t) unsigned char bytes[];
};

static void *checked(void *p)
{
	if (!p) {
		/* One line a run: what failed first has had its own. */
		if (msg_status() == STATUS_OK)
			(void)msg_fail("out of memory");
		exit(STATUS_FAILED);
	}
	return p;
}

void *mem_new(size_t n, size_t size)
{
	return checked(calloc(n ? n : 1, size ? size : 1));
}

void *mem_new_table(size_t n, size_t size)
{
	const size_t page = 2 << 20;
	size_t bytes;
	void *p;

	if (n < page / size || n > SIZE_MAX / 2 / size)
		return mem_new(n, size);
	bytes = (n * size + page - 1) / page * page;
	p = checked(aligned_alloc(page, bytes));
#ifdef MADV_HUGEPAGE
	(void)madvise(p, bytes, MADV_HUGEPAGE);
#endif
	return memset(p, 0, bytes);
}

void *mem_resize(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		return checked(NULL);
	n *= size;
	return checked(realloc(p, n ? n : 1));
}

char *mem_string_n(const char *s, size_t n)
{
	char *copy = mem_new(n + 1, 1);
	memcpy(copy, s, n);
	return copy;
}

char *mem_string(const char *s)
{
	return mem_string_n(s, strlen(s));
}

char *mem_printf(const char *format, ...)
{
	va_list args;
	int n;
	char *s;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	s = mem_new((size_t)n + 1, 1);
	va_start(args, format);
	(void)vsnprintf(s, (size_t)n + 1, format, args);
	va_end(args);
	return s;
}

void *arena_new(struct arena *a, size_t n, size_t size)
{
	struct arena_block *b;

	if (size && n > (SIZE_MAX - sizeof *b) / size)
		return checked(NULL);
	b = mem_new(1, sizeof *b + n * size);
	b->next = a->first;
	a->first = b;
	return b->bytes;
}

void arena_fini(struct arena *a)
{
	for (struct arena_block *b = a->first, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	a->first = NULL;
}

void text_init(struct text *t)
{
	t->capacity = 256;
	t->length = 0;
	t->s = mem_new(t->capacity, 1);
}

void text_fini(struct text *t)
{
	free(t->s);
	*t = (struct text){ 0 };
}

static void text_room(struct text *t, size_t n)
{
	while (t->capacity - t->length <= n)
		t->capacity *= 2;
	t->s = mem_resize(t->s, t->capacity, 1);
}

void text_add_n(struct text *t, const char *s, size_t n)
{
	if (t->capacity - t->length <= n)
		text_room(t, n);
	memcpy(t->s + t->length, s, n);
	t->length += n;
	t->s[t->length] = 0;
}

void text_add(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->s + t->length, t->capacity - t->length, format, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n >= t->capacity - t->length) {
		text_room(t, (size_t)n);
		va_start(args, format);
		(void)vsnprintf(t->s + t->length, t->capacity - t->length,
			format, args);
		va_end(args);
	}
	t->length += (size_t)n;
}
