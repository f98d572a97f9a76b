/* The two Azure Functions traces: which functions, which day, and when each
 * invocation was released. */
#include "import.h"
#include "msg.h"
#include "num.h"
#include "stream.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS INT64_C(1000000000)
#define MINUTE_NS (60 * SECOND_NS)
#define DAY_NS (86400 * SECOND_NS)
enum { MINUTES = 1440 };

struct function {
	const char *name;           /* APP/FUNC or OWNER/APP/FUNC, in the text */
	int64_t count;              /* invocations, of the day if one is given */
	char *counts;               /* 2019: the rest of its row */
	int64_t line;
	bool chosen;
};

struct functions {
	struct function *item;      /* room for half as many as slots */
	int64_t count;
	int64_t *slot;              /* hash table of item numbers + 1 */
	size_t slots;               /* a power of two */
};

/* ---- The set of functions ------------------------------------------------------- */

static size_t hash(const char *s)
{
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
	return (size_t)(h ^ h >> 32);
}

static int64_t *slot_of(const struct functions *f, const char *name)
{
	size_t i = hash(name) & (f->slots - 1);

	while (f->slot[i] && strcmp(f->item[f->slot[i] - 1].name, name))
		i = (i + 1) & (f->slots - 1);
	return &f->slot[i];
}

static void grow(struct functions *f)
{
	free(f->slot);
	f->slots = f->slots ? 2 * f->slots : 1024;
	f->slot = mem_new(f->slots, sizeof *f->slot);
	f->item = mem_resize(f->item, f->slots / 2, sizeof *f->item);
	for (int64_t i = 0; i < f->count; i++)
		*slot_of(f, f->item[i].name) = i + 1;
}

/* The function's number; it is added if it is new. */
static int64_t function_number(struct functions *f, const char *name)
{
	int64_t *slot;

	if ((size_t)f->count * 2 >= f->slots)
		grow(f);
	slot = slot_of(f, name);
	if (!*slot) {
		f->item[f->count] = (struct function){ .name = name };
		*slot = ++f->count;
	}
	return *slot - 1;
}

static void functions_fini(struct functions *f)
{
	free(f->item);
	free(f->slot);
}

/* Join adjacent fields of a cut line to "A/B" or "A/B/C". */
static char *join(struct import *m, char **field, int n)
{
	for (int i = 0; i < n; i++) {
		if (!num_is_name(field[i])) {
			(void)import_bad(m, "'%.80s': a name expected", field[i]);
			return NULL;
		}
	}
	for (int i = 1; i < n; i++)
		field[i][-1] = '/';
	return field[0];
}

static int by_count(const void *a, const void *b)
{
	const struct function *x = *(struct function *const *)a;
	const struct function *y = *(struct function *const *)b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void choose_busiest(struct functions *f, int64_t n)
{
	struct function **order = mem_new((size_t)f->count, sizeof *order);

	for (int64_t i = 0; i < f->count; i++)
		order[i] = &f->item[i];
	qsort(order, (size_t)f->count, sizeof *order, by_count);
	for (int64_t i = 0; i < n && i < f->count; i++)
		order[i]->chosen = true;
	free(order);
}

/* "FUNC" also finds "APP/FUNC"; an id is unique only within its app. */
static int choose_listed(struct import *m, struct functions *f)
{
	char *copy = mem_string(m->functions), *save = NULL;
	int failed = 0;

	for (char *s = strtok_r(copy, ",", &save); s && !failed;
	     s = strtok_r(NULL, ",", &save)) {
		size_t n = strlen(s);
		bool found = false;
		for (int64_t i = 0; i < f->count; i++) {
			const char *name = f->item[i].name;
			size_t length = strlen(name);
			if (length < n || strcmp(name + length - n, s)
			    || (length > n && name[length - n - 1] != '/'))
				continue;
			f->item[i].chosen = found = true;
		}
		if (!found)
			failed = msg_bad("%s: no function '%.200s'", m->path, s);
	}
	free(copy);
	return failed;
}

static int choose(struct import *m, struct functions *f)
{
	int64_t chosen = 0;

	if (m->functions && choose_listed(m, f))
		return -1;
	if (m->busiest)
		choose_busiest(f, m->busiest);
	for (int64_t i = 0; i < f->count; i++) {
		f->item[i].chosen |= !m->functions && !m->busiest;
		chosen += f->item[i].chosen;
	}
	text_add(&m->notes, "# functions = %" PRId64 " of %" PRId64, chosen,
		f->count);
	if (m->functions || m->busiest) {
		text_add(&m->notes, "%s:", m->busiest ? ", the busiest" : "");
		for (int64_t i = 0; i < f->count; i++)
			if (f->item[i].chosen)
				text_add(&m->notes, " %s", f->item[i].name);
	}
	text_add(&m->notes, "\n");
	if (m->day)
		text_add(&m->notes, "# day = %" PRId64 "\n", m->day);
	return 0;
}

/* ---- 2021: one row an invocation -------------------------------------------------- */

__extension__ typedef __int128 wide;
#define ATTO 18                     /* decimals kept of a number of seconds */
#define ATTO_PER_NS INT64_C(1000000000)

/* Seconds in units of 1e-18 s, exactly; what is smaller is dropped. The file's
 * numbers have 12 decimals and more, which a double of that size has not. */
static int read_seconds(const char *s, wide *out)
{
	wide x = 0;
	int64_t exponent = 0, decimals = 0, digits = 0;
	bool point = false;
	double seconds;

	/* -0 as well: there are only digits from here on. */
	if (num_real(s, &seconds) || signbit(seconds) || seconds > 1e9)
		return -1;
	for (; *s && *s != 'e' && *s != 'E'; s++) {
		if (*s == '.') {
			point = true;
			continue;
		}
		if (++digits > 36) /* 10^37 still fits 127 bits */
			return -1;
		x = x * 10 + (*s - '0');
		decimals += point;
	}
	if (*s && num_integer(s + 1 + (s[1] == '+'), &exponent))
		return -1;
	/* Of 36 digits nothing is left by 1e-54; above 1e45 all were zeros. */
	exponent = exponent < -54 ? -54 : exponent > 54 ? 54 : exponent;
	for (decimals -= exponent; decimals < ATTO && x; decimals++)
		x *= 10;
	for (; decimals > ATTO && x; decimals--)
		x /= 10;
	*out = x;
	return 0;
}

struct invocation { int64_t function, release_ns; };

/* Half away from zero; negative before the trace. */
static int64_t round_to_ns(wide x)
{
	return (int64_t)((x + (x < 0 ? -1 : 1) * (ATTO_PER_NS / 2)) / ATTO_PER_NS);
}

static int read_2021(struct import *m, struct functions *f,
	struct invocation **list, int64_t *n)
{
	int64_t from = m->day ? (m->day - 1) * DAY_NS : 0;
	int64_t to = m->day ? from + DAY_NS : INT64_MAX, dropped = 0;
	size_t room = 0;
	char *field[5], *name;
	int fields = import_line(m, field, 5);

	if (fields != 4 || strcmp(field[0], "app") || strcmp(field[1], "func")
	    || strcmp(field[2], "end_timestamp") || strcmp(field[3], "duration"))
		return import_bad(m, "the header must be "
			"'app,func,end_timestamp,duration'");
	while ((fields = import_line(m, field, 5))) {
		wide end, duration;
		int64_t number, release;
		if (fields != 4)
			return import_bad(m, "4 fields expected");
		for (int i = 2; i < 4; i++)
			if (read_seconds(field[i], i == 2 ? &end : &duration))
				return import_bad(m, "%s '%.40s': seconds from 0 "
					"to 1e9 expected", i == 2
					? "end_timestamp" : "duration", field[i]);
		if (!(name = join(m, field, 2)))
			return -1;
		number = function_number(f, name);
		release = round_to_ns(end - duration);
		dropped += release < 0;
		if (release < from || release >= to)
			continue;
		f->item[number].count++;
		MEM_ROOM(*list, *n, room);
		(*list)[(*n)++] = (struct invocation){ number, release - from };
	}
	if (dropped && !m->day)
		text_add(&m->notes, "# dropped = %" PRId64 " begun before the "
			"trace\n", dropped);
	return 0;
}

int import_functions_2021(struct import *m)
{
	struct functions f = { 0 };
	struct invocation *list = NULL;
	int64_t n = 0;
	int failed = read_2021(m, &f, &list, &n);

	if (!failed)
		failed = choose(m, &f);
	for (int64_t i = 0; i < n && !failed; i++)
		if (f.item[list[i].function].chosen)
			import_add(m, list[i].release_ns);
	free(list);
	functions_fini(&f);
	return failed;
}

/* ---- 2019: counts per minute ------------------------------------------------------ */

/* The next count of a row, which ends with its NUL. */
static int take_count(char **s, int64_t *out)
{
	char *p = *s;
	int64_t x = 0;

	for (; *p >= '0' && *p <= '9' && x < 1000000000; p++)
		x = x * 10 + (*p - '0');
	if (p == *s || (*p && *p != ','))
		return -1;
	*out = x;
	*s = *p ? p + 1 : p;
	return 0;
}

static int read_2019(struct import *m, struct functions *f)
{
	static const char head[] = "HashOwner,HashApp,HashFunction,Trigger,1,2,";
	char *field[5], *name;
	int fields;

	if (m->length < sizeof head - 1 || memcmp(m->text, head, sizeof head - 1))
		return msg_bad("%s:1: the header must be '%s...,%d'", m->path,
			head, MINUTES);
	(void)import_line(m, field, 1);
	while ((fields = import_line(m, field, 5))) {
		char *s;
		struct function *x;
		int64_t number, known = f->count, count;
		if (fields != 5)
			return import_bad(m, "%d fields expected", 4 + MINUTES);
		s = field[4];
		if (!(name = join(m, field, 3)))
			return -1;
		number = function_number(f, name);
		if (number < known)
			return import_bad(m, "function %.200s again (first on "
				"line %" PRId64 ")", name, f->item[number].line);
		x = &f->item[number];
		x->counts = s;
		x->line = m->line;
		for (int i = 0; i < MINUTES; i++) {
			if (take_count(&s, &count))
				return import_bad(m, "minute %d: a count "
					"expected", i + 1);
			x->count += count;
			if (!*s && i < MINUTES - 1)
				return import_bad(m, "%d fields expected",
					4 + MINUTES);
		}
		if (*s)
			return import_bad(m, "%d fields expected", 4 + MINUTES);
	}
	return 0;
}

static uint32_t seed_of(const struct import *m)
{
	return m->seed ? (uint32_t)m->seed : 1;
}

/* The draws belong to (row of the file, minute), whoever else is chosen. */
static void place(struct import *m, const struct function *x)
{
	char *s = x->counts;

	for (int64_t minute = 0; minute < MINUTES; minute++) {
		struct stream r;
		int64_t count = 0;
		(void)take_count(&s, &count);
		stream_open(&r, seed_of(m), PURPOSE_ARRIVALS,
			(uint64_t)(x->line * MINUTES + minute));
		for (int64_t i = 0; i < count; i++)
			import_add(m, minute * MINUTE_NS + (m->even > 0
				? llround(((double)i + 0.5) * (double)MINUTE_NS
					/ (double)count)
				: stream_below(&r, MINUTE_NS)));
	}
}

int import_functions_2019(struct import *m)
{
	struct functions f = { 0 };
	int failed = read_2019(m, &f);

	if (!failed)
		failed = choose(m, &f);
	if (!failed && m->even > 0)
		text_add(&m->notes, "# placement = even within the minute\n");
	else if (!failed)
		text_add(&m->notes, "# placement = uniform within the minute, "
			"seed %" PRIu32 "\n", seed_of(m));
	for (int64_t i = 0; i < f.count && !failed; i++) {
		if (!f.item[i].chosen)
			continue;
		/* A count is a few bytes of file, whatever it asks for. */
		if (f.item[i].count > m->most - m->releases)
			failed = msg_bad("%s:%" PRId64 ": more than %" PRId64
				" invocations: choose fewer functions "
				"(--functions, --busiest)", m->path,
				f.item[i].line, m->most);
		else
			place(m, &f.item[i]);
	}
	functions_fini(&f);
	return failed;
}
