#include "import.h"

#include "file.h"
#include "msg.h"
#include "num.h"
#include "options.h"
#include "replay.h"
#include "sha256.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_FILE ((size_t)8 << 30)
/* As many as a file of that size could have lines. */
#define MOST_RELEASES ((int64_t)100 * 1000 * 1000)

const char trace_import_manual[] =
	"usage: laxity trace import KIND FILE --out REPLAY.csv [OPTION ...]\n"
	"\n"
	"Writes a replay file (release_ns,relative_deadline_ns,input) with deadlines\n"
	"and inputs left to be drawn, its source and its statistics in # lines, for\n"
	"`process = replay` of a workload. KIND:\n"
	"\n"
	"  azure-llm-2023        TIMESTAMP,ContextTokens,GeneratedTokens; releases\n"
	"                        count from the first one; tokens are dropped\n"
	"  azure-functions-2021  app,func,end_timestamp,duration; release = end -\n"
	"                        duration; those begun before the trace are dropped\n"
	"  azure-functions-2019  HashOwner,HashApp,HashFunction,Trigger,1,...,1440:\n"
	"                        counts per minute of a day; with --day, FILE is the\n"
	"                        folder of the fourteen files\n"
	"\n"
	"Options for the functions:\n"
	"  --functions A,B,...   only these: FUNC, APP/FUNC or OWNER/APP/FUNC\n"
	"  --busiest N           only the N with most invocations (of the day)\n"
	"  --day D               only day D, 1 to 14; releases count from its start\n"
	"  --placement uniform   2019: each count is spread over its minute by\n"
	"                        independent uniform draws (default)\n"
	"  --placement even      2019: ... in equal steps\n"
	"  --seed N              of the draws, default 1\n"
	"\n"
	"Releases are in nanoseconds; statistics go to stderr as well.\n";

/* ---- Reading lines ----------------------------------------------------------- */

int import_bad(const struct import *m, const char *format, ...)
{
	char reason[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(reason, sizeof reason, format, args);
	va_end(args);
	return msg_bad("%s:%" PRId64 ": %s", m->path, m->line ? m->line : 1,
		reason);
}

int import_line(struct import *m, char **field, int most)
{
	char *s = m->at, *end = m->text + m->length, *stop;
	int n = 0;

	if (s == end)
		return 0;
	stop = memchr(s, '\n', (size_t)(end - s));
	m->at = stop ? stop + 1 : end;
	if (!stop)
		stop = end; /* file_read leaves room for a NUL */
	if (stop > s && stop[-1] == '\r')
		stop--;
	*stop = 0;
	m->line++;
	for (field[n++] = s; n < most && (s = strchr(s, ',')); n++) {
		*s++ = 0;
		field[n] = s;
	}
	return n;
}

void import_add(struct import *m, int64_t release_ns)
{
	MEM_ROOM(m->release_ns, m->releases, m->room);
	m->release_ns[m->releases++] = release_ns;
}

/* ---- Azure LLM inference traces 2023 ----------------------------------------- */

/* n digits at *s, then the byte `after` (0: none is looked at). */
static int digits(const char **s, int n, char after, int64_t *out)
{
	int64_t x = 0;

	for (int i = 0; i < n; i++, ++*s) {
		if (**s < '0' || **s > '9')
			return -1;
		x = x * 10 + (**s - '0');
	}
	if (after && *(*s)++ != after)
		return -1;
	*out = x;
	return 0;
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar; months are counted
 * from March, so that the leap day comes last. */
static int64_t day_number(int64_t year, int64_t month, int64_t day)
{
	int64_t m = (month + 9) % 12, y = year - m / 10;

	return 365 * y + y / 4 - y / 100 + y / 400 + (m * 306 + 5) / 10
		+ day - 1 - 719468;
}

/* "2023-11-16 18:15:46.6805900", exactly. */
static int read_timestamp(const char *s, int64_t *out)
{
	int64_t year, month, day, hour, minute, second, ns = 0;

	if (digits(&s, 4, '-', &year) || digits(&s, 2, '-', &month)
	    || digits(&s, 2, ' ', &day) || digits(&s, 2, ':', &hour)
	    || digits(&s, 2, ':', &minute) || digits(&s, 2, 0, &second))
		return -1;
	if (year < 1970 || year > 2200 || month < 1 || month > 12 || day < 1
	    || day > 31 || hour > 23 || minute > 59 || second > 60)
		return -1;
	if (*s == '.') {
		int64_t unit = 100000000;
		for (s++; *s >= '0' && *s <= '9'; s++, unit /= 10) {
			if (!unit)
				return -1;
			ns += unit * (*s - '0');
		}
	}
	if (*s)
		return -1;
	*out = (((day_number(year, month, day) * 24 + hour) * 60 + minute) * 60
		+ second) * 1000000000 + ns;
	return 0;
}

int import_llm_2023(struct import *m)
{
	char *field[4];
	int64_t t, tokens, first;
	int n = import_line(m, field, 4);

	if (n != 3 || strcmp(field[0], "TIMESTAMP")
	    || strcmp(field[1], "ContextTokens")
	    || strcmp(field[2], "GeneratedTokens"))
		return import_bad(m, "the header must be "
			"'TIMESTAMP,ContextTokens,GeneratedTokens'");
	while ((n = import_line(m, field, 4))) {
		if (n != 3)
			return import_bad(m, "3 fields expected");
		if (read_timestamp(field[0], &t))
			return import_bad(m, "TIMESTAMP '%.40s': YYYY-MM-DD "
				"HH:MM:SS.fraction expected", field[0]);
		for (int i = 1; i < 3; i++)
			if (num_integer(field[i], &tokens) || tokens < 0)
				return import_bad(m, "tokens '%.40s': an integer "
					"expected", field[i]);
		import_add(m, t);
	}
	if (!m->releases)
		return import_bad(m, "no rows");
	first = m->release_ns[0];
	for (int64_t i = 1; i < m->releases; i++)
		first = m->release_ns[i] < first ? m->release_ns[i] : first;
	for (int64_t i = 0; i < m->releases; i++)
		m->release_ns[i] -= first;
	return 0;
}

/* ---- Writing -------------------------------------------------------------------- */

static const struct kind {
	const char *name, *source;
	int (*read)(struct import *m);
} kinds[] = {
	{ "azure-llm-2023", "Azure LLM Inference Traces 2023, Microsoft, CC-BY",
		import_llm_2023 },
	{ "azure-functions-2021", "Azure Functions Invocation Trace 2021, "
		"Microsoft, CC-BY", import_functions_2021 },
	{ "azure-functions-2019", "Azure Functions Trace 2019, Microsoft, CC-BY",
		import_functions_2019 },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static int write_replay(struct import *m, const char *out)
{
	struct arrival_stats stats;
	struct file_out o;

	qsort(m->release_ns, (size_t)m->releases, sizeof *m->release_ns, by_time);
	if (m->release_ns[m->releases - 1] > TIME_MAX_NS)
		return msg_bad("%s: longer than 2^60 ns", m->path);
	arrival_stats(m->release_ns, m->releases, &stats);
	replay_add_stats(&m->notes, &stats);
	if (file_out_open(&o, out))
		return -1;
	(void)fprintf(o.stream, "%s%s\n", m->notes.s, replay_header(false));
	for (int64_t i = 0; i < m->releases; i++)
		(void)fprintf(o.stream, "%" PRId64 ",,\n", m->release_ns[i]);
	if (file_out_commit(&o))
		return -1;
	arrival_stats_remark(&stats, NULL);
	return 0;
}

/* The name without its folders; a byte that is not plain becomes '?'. */
static void add_source(struct import *m, const struct kind *k)
{
	const char *slash = strrchr(m->path, '/');
	char hex[SHA256_HEX];

	text_add(&m->notes, "# source = %s, ", k->source);
	for (const char *s = slash ? slash + 1 : m->path; *s; s++)
		text_add(&m->notes, "%c", *s > ' ' && *s < 127 ? *s : '?');
	/* Before the text is cut into fields. */
	sha256_hex(m->text, m->length, hex);
	text_add(&m->notes, "\n# source_sha256 = %s\n", hex);
}

static int read_and_write(struct import *m, const struct kind *k,
	const char *out)
{
	int failed;

	if (file_read(m->path, LARGEST_FILE, &m->text, &m->length))
		return -1;
	m->at = m->text;
	text_init(&m->notes);
	add_source(m, k);
	failed = k->read(m);
	if (!failed && !m->releases)
		failed = msg_bad("%s: no invocations left", m->path);
	if (!failed)
		failed = write_replay(m, out);
	text_fini(&m->notes);
	free(m->release_ns);
	free(m->text);
	return failed;
}

/* ---- The command -------------------------------------------------------------- */

/* Options that mean nothing for this kind are mistakes. */
static int check_options(const struct import *m, const struct kind *k)
{
	if (k->read == import_llm_2023 && (m->functions || m->busiest || m->day))
		return msg_bad("trace import: %s has no functions and days to "
			"choose", k->name);
	if (k->read != import_functions_2019 && (m->even >= 0 || m->seed))
		return msg_bad("trace import: --placement and --seed are for "
			"azure-functions-2019");
	if (m->functions && m->busiest)
		return msg_bad("trace import: --functions and --busiest both "
			"choose: give one");
	return 0;
}

static const struct kind *find_kind(const char *name)
{
	for (int i = 0; i < KINDS; i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	(void)msg_bad("trace import: '%s': azure-llm-2023, azure-functions-2021 "
		"or azure-functions-2019 expected", name);
	return NULL;
}

static int import_file(struct import *m, const char *kind, const char *path,
	const char *out)
{
	const struct kind *k = find_kind(kind);
	char *file = NULL;
	int failed;

	if (!k || check_options(m, k))
		return -1;
	if (!out)
		return msg_bad("trace import: --out REPLAY.csv is missing");
	if (k->read == import_functions_2019 && m->day)
		file = mem_printf("%s/invocations_per_function_md.anon.d%02d.csv",
			path, (int)m->day);
	m->path = file ? file : path;
	failed = read_and_write(m, k, out);
	free(file);
	return failed;
}

int trace_import(int argc, char **argv)
{
	static const char *const placements[] = { "uniform", "even", NULL };
	struct import m = { .even = -1, .most = MOST_RELEASES };
	struct option_list rest = { 0 };
	const char *out = NULL;
	const struct option table[] = {
		{ "--out", OPTION_OUTPUT, &out, 0, 0, NULL },
		{ "--functions", OPTION_TEXT, &m.functions, 0, 0, NULL },
		{ "--busiest", OPTION_INTEGER, &m.busiest, 1, INT32_MAX, NULL },
		{ "--day", OPTION_INTEGER, &m.day, 1, 14, NULL },
		{ "--placement", OPTION_WORD, &m.even, 0, 0, placements },
		{ "--seed", OPTION_INTEGER, &m.seed, 1, UINT32_MAX, NULL },
		{ 0 }
	};
	char name[] = "trace import"; /* begins every message */
	int failed;

	argv[0] = name;
	failed = options_read(argc, argv, table, &rest);
	if (!failed && rest.n != 2)
		failed = msg_bad("trace import: KIND and FILE expected");
	if (!failed)
		failed = import_file(&m, rest.item[0], rest.item[1], out);
	options_list_fini(&rest);
	return failed;
}
