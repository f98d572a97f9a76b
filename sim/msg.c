#define MSG_DEFINES
#include "msg.h"

#include "clock.h"
#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum status first_fault;
static int capturing;
static char captured[8192];

/* One line, whatever the names in it hold. */
static void put_line(const char *prefix, const char *format, va_list args)
{
	char raw[4096], line[sizeof raw * 4 + 64];
	size_t n = 0, left;

	(void)vsnprintf(raw, sizeof raw, format, args);
	left = strlen(raw);
	for (const char *s = prefix; *s; s++)
		line[n++] = *s;
	for (const unsigned char *s = (unsigned char *)raw; left;) {
		size_t bytes = utf8_sequence(s, left);
		int bad = bytes == 0 || utf8_is_control(s, bytes);
		if (!bytes)
			bytes = 1;
		left -= bytes;
		for (; bytes; bytes--, s++) {
			if (!bad)
				line[n++] = (char)*s;
			else if (*s == '\n')
				n += (size_t)snprintf(line + n, 8, "\\n");
			else
				n += (size_t)snprintf(line + n, 8, "\\x%02x", *s);
		}
	}
	line[n++] = '\n';
	line[n] = 0;
	if (capturing) {
		size_t have = strlen(captured);
		size_t room = sizeof captured - 1 - have;
		memcpy(captured + have, line, n < room ? n : room);
		captured[have + (n < room ? n : room)] = 0;
	} else {
		/* One call, so that lines of parallel workers do not mix. */
		(void)fflush(stderr);
		(void)fwrite(line, 1, n, stderr);
	}
}

static void set_fault(enum status s)
{
	if (first_fault == STATUS_OK)
		first_fault = s;
}

int msg_bad(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	put_line("laxity: ", format, args);
	va_end(args);
	set_fault(STATUS_BAD);
	return -1;
}

int msg_fail(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	put_line("laxity: ", format, args);
	va_end(args);
	set_fault(STATUS_FAILED);
	return -1;
}

void msg_remark(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	put_line("laxity: note: ", format, args);
	va_end(args);
}

enum status msg_status(void)
{
	return first_fault;
}

void msg_capture(int on)
{
	capturing = on;
	captured[0] = 0;
	first_fault = STATUS_OK;
}

const char *msg_captured(void)
{
	return captured;
}

void progress_begin(struct progress *p, const char *what, int64_t total)
{
	*p = (struct progress){ .what = what, .total = total,
		.begun_s = clock_seconds(), .visible = isatty(2) };
}

void progress_step(struct progress *p, int64_t done)
{
	double now, spent;

	if (!p->visible)
		return;
	now = clock_seconds();
	spent = now > p->begun_s ? now - p->begun_s : 0;
	if (done >= p->total) {
		if (p->shown_s > 0)
			(void)fprintf(stderr, "\r\033[K");
		return;
	}
	if (spent < 2 || now - p->shown_s < 0.1 || done <= 0)
		return;
	p->shown_s = now;
	(void)fprintf(stderr, "\r\033[K%s %.0f %% (%lld of %lld), %.0f s left",
		p->what, 100.0 * (double)done / (double)p->total,
		(long long)done, (long long)p->total,
		spent * (double)(p->total - done) / (double)done);
}
