/* The live log as a file: facts, the workload, then what happened in order. */
#include "live_log.h"

#include "../../sim/csv.h"
#include "../../sim/msg.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_FILE ((size_t)16 << 30)

static const char *const columns[] = { "event", "at_ns", "due_ns", "request",
	"network", "setting", "depth", "sent_ns", "finished_ns", "confidence",
	"class", "correct", "as_trace", NULL };

static const char head[] = "# laxity live log, format ";

/* ---- Writing -------------------------------------------------------------------- */

static void put_head(FILE *f, const struct live_log *log, const struct workload *w)
{
	const char *line = w->resolved;

	fprintf(f, "%s%d\n", head, LIVE_LOG_FORMAT);
	for (int i = 0; i < log->facts; i++)
		fprintf(f, "# %s = %s\n", log->fact[i].name, log->fact[i].value);
	while (*line) {
		size_t n = strcspn(line, "\n");
		fprintf(f, "#| %.*s\n", (int)n, line);
		line += n + (line[n] == '\n');
	}
	for (int i = 0; columns[i]; i++)
		fprintf(f, "%s%s", i ? "," : "", columns[i]);
	fputc('\n', f);
}

static void put_run(FILE *f, const struct live_decision *d,
	const struct live_stage *g, const struct workload *w)
{
	fprintf(f, "run,%" PRId64 ",,%" PRId64 ",%s,%s,%d,", d->at_ns, d->number,
		w->bundle->net[w->net[d->net]].name,
		w->bundle->setting[w->setting[d->setting]].name, d->depth);
	if (!g)
		fputs(",,,,,\n", f);
	else if (g->finished_ns < 0)
		fprintf(f, "%" PRId64 ",,,,,\n", g->sent_ns);
	else
		fprintf(f, "%" PRId64 ",%" PRId64 ",%.9g,%d,%d,%d\n",
			g->sent_ns, g->finished_ns, (double)g->confidence,
			g->answer, g->correct, !g->strange);
}

static void put_decision(FILE *f, const struct live_log *log, int64_t i,
	int64_t *stage, const struct workload *w)
{
	const struct live_decision *d = &log->decision[i];

	switch ((enum decision_kind)d->kind) {
	case DECIDE_RUN:
		put_run(f, d, *stage < log->stages ? &log->stage[*stage] : NULL,
			w);
		++*stage;
		break;
	case DECIDE_FINISH:
	case DECIDE_DROP:
		fprintf(f, "%s,%" PRId64 ",,%" PRId64 ",,,,,,,,,\n",
			d->kind == DECIDE_FINISH ? "finish" : "drop", d->at_ns,
			d->number);
		break;
	case DECIDE_WAIT:
		fprintf(f, "wait,%" PRId64 ",", d->at_ns);
		if (d->until_ns)
			fprintf(f, "%" PRId64, d->until_ns);
		fputs(",,,,,,,,,,\n", f);
	}
}

static void put_request(FILE *f, const struct live_request *r, int64_t number)
{
	fprintf(f, "request,%" PRId64 ",%" PRId64 ",%" PRId64 ",,,", r->noticed_ns,
		r->release_ns, number);
	fprintf(f, "%d,,%" PRId64 ",,,%d,\n", r->depth, r->leave_ns, r->correct);
}

/* Three lists, each in order of time, become one. */
static void put_rows(FILE *f, const struct live_log *log, const struct workload *w)
{
	int64_t wake = 0, request = 0, decision = 0, stage = 0;

	for (;;) {
		while (request < log->requests
		    && log->request[request].release_ns < 0)
			request++;
		int64_t a = wake < log->wakes ? log->wake[wake].at_ns : TIME_NEVER;
		int64_t b = request < log->requests
			? log->request[request].noticed_ns : TIME_NEVER;
		int64_t c = decision < log->decisions
			? log->decision[decision].at_ns : TIME_NEVER;

		if (a == TIME_NEVER && b == TIME_NEVER && c == TIME_NEVER)
			return;
		if (a <= b && a <= c) {
			fprintf(f, "wake,%" PRId64 ",%" PRId64 ",,,,,,,,,,\n", a,
				log->wake[wake].due_ns);
			wake++;
		} else if (b <= c) {
			put_request(f, &log->request[request], request);
			request++;
		} else {
			put_decision(f, log, decision++, &stage, w);
		}
	}
}

void live_log_write(const struct live_log *log, FILE *f,
	const struct workload *w)
{
	put_head(f, log, w);
	put_rows(f, log, w);
}

/* ---- Reading -------------------------------------------------------------------- */

static int check_format(const struct csv *c, const char *path)
{
	size_t n = sizeof head - 1;
	long format = 0;

	if (c->comments && !strncmp(c->text, head, n))
		format = strtol(c->text + n, NULL, 10);
	if (format < 1)
		return msg_bad("%s: does not begin with '%s': not a live log",
			path, head);
	if (format > LIVE_LOG_FORMAT)
		return msg_bad("%s: was made by a newer laxity (format %ld; this "
			"one knows %d)", path, format, LIVE_LOG_FORMAT);
	return 0;
}

/* "# name = value" and "#| line" of the head. */
static void take_head(struct live_log *log, const char *text, int64_t comments,
	struct text *workload)
{
	for (int64_t i = 0; i < comments; i++) {
		size_t n = strcspn(text, "\n");
		char *line = mem_string_n(text, n), *equals = strstr(line, " = ");

		if (!strncmp(line, "#| ", 3)) {
			text_add(workload, "%s\n", line + 3);
		} else if (!strncmp(line, "# ", 2) && equals) {
			*equals = 0;
			live_log_fact(log, line + 2, "%s", equals + 3);
		}
		free(line);
		text += n + (text[n] == '\n');
	}
}

/* Like csv_known for a name that may only be one of a workload's. */
static int take_candidate(struct csv *c, const struct workload *w, int setting,
	uint8_t *out)
{
	int count = setting ? w->settings : w->nets;
	const char *s;
	size_t n;

	if (csv_name(c, &s, &n))
		return -1;
	for (int i = 0; i < count; i++) {
		const char *name = setting
			? w->bundle->setting[w->setting[i]].name
			: w->bundle->net[w->net[i]].name;
		if (strlen(name) == n && !memcmp(name, s, n)) {
			*out = (uint8_t)i;
			return 0;
		}
	}
	return csv_bad(c, "%s '%.*s' is no candidate of the workload",
		setting ? "setting" : "network", (int)n, s);
}

static int skip(struct csv *c, int fields)
{
	const char *s;
	size_t n;

	while (fields-- > 0) {
		if (csv_optional_name(c, &s, &n))
			return -1;
		if (n)
			return csv_bad(c, "'%.*s' in a field that should be empty",
				(int)n, s);
	}
	return 0;
}

static int take_run(struct csv *c, struct live_log *log, const struct workload *w,
	int64_t at)
{
	struct live_decision *d = live_log_decision(log);
	struct live_stage g = { .picked_ns = at };
	int64_t depth, answer, correct, as_trace;
	double confidence;

	*d = (struct live_decision){ .at_ns = at, .kind = DECIDE_RUN };
	if (skip(c, 1) || csv_integer(c, 0, w->warmup + w->requests - 1, &g.number)
	    || take_candidate(c, w, 0, &g.net) || take_candidate(c, w, 1, &g.setting)
	    || csv_integer(c, 1, w->bundle->net[w->net[g.net]].depths, &depth)
	    || csv_optional_integer(c, at, TIME_MAX_NS, -1, &g.sent_ns)
	    || csv_optional_integer(c, at, TIME_MAX_NS, -1, &g.finished_ns)
	    || csv_optional_real(c, 0, 1, &confidence)
	    || csv_optional_integer(c, 0, INT16_MAX, 0, &answer)
	    || csv_optional_integer(c, 0, 1, 0, &correct)
	    || csv_optional_integer(c, 0, 1, 1, &as_trace))
		return -1;
	if (g.finished_ns >= 0 && (g.finished_ns < g.sent_ns || g.sent_ns < 0
	    || isnan(confidence)))
		return csv_bad(c, "a stage that ended has sent_ns, finished_ns not "
			"before it, and a confidence");
	g.depth = d->depth = (uint8_t)depth;
	g.confidence = (float)confidence;
	g.answer = (int16_t)answer;
	g.correct = (uint8_t)correct;
	g.strange = !as_trace;
	d->net = g.net;
	d->setting = g.setting;
	d->number = g.number;
	if (g.sent_ns >= 0)
		*live_log_stage(log) = g;
	return 0;
}

static int take_request(struct csv *c, struct live_log *log,
	const struct workload *w, int64_t at)
{
	struct live_request r = { .noticed_ns = at };
	int64_t number, depth, correct, total = w->warmup + w->requests;

	if (csv_integer(c, 0, at, &r.release_ns)
	    || csv_integer(c, 0, total - 1, &number) || skip(c, 2)
	    || csv_integer(c, 0, BUNDLE_MAX_DEPTH, &depth) || skip(c, 1)
	    || csv_integer(c, r.release_ns, TIME_MAX_NS, &r.leave_ns)
	    || skip(c, 2) || csv_integer(c, 0, 1, &correct) || skip(c, 1))
		return -1;
	/* Requests have a row each, so none has a number larger than the file:
	 * room for `requests` of the workload is not given on its word. */
	if (number >= (int64_t)c->length)
		return csv_bad(c, "request %" PRId64 " without those before it",
			number);
	while (number >= log->requests) {
		MEM_ROOM(log->request, log->requests, log->request_room);
		log->request[log->requests++].release_ns = -1;
	}
	r.depth = (int32_t)depth;
	r.correct = correct;
	log->request[number] = r;
	return 0;
}

static int take_row(struct csv *c, struct live_log *log, const struct workload *w)
{
	int64_t at, due, number;
	const char *s;
	size_t n;

	if (csv_name(c, &s, &n) || csv_integer(c, 0, TIME_MAX_NS, &at))
		return -1;
#define IS(word) (n == sizeof word - 1 && !memcmp(s, word, n))
	if (IS("run"))
		return take_run(c, log, w, at);
	if (IS("request"))
		return take_request(c, log, w, at);
	if (IS("wake")) {
		if (csv_integer(c, 0, at, &due) || skip(c, 10))
			return -1;
		*live_log_wake(log) = (struct live_wake){ due, at };
		return 0;
	}
	if (IS("wait")) {
		if (csv_optional_integer(c, at + 1, INT64_MAX, 0, &due)
		    || skip(c, 10))
			return -1;
		*live_log_decision(log) = (struct live_decision){ .at_ns = at,
			.number = -1, .until_ns = due, .kind = DECIDE_WAIT };
		return 0;
	}
	if (!IS("finish") && !IS("drop"))
		return csv_bad(c, "event '%.*s' is none of wake, request, run, "
			"finish, drop, wait", (int)n, s);
	if (skip(c, 1) || csv_integer(c, 0, w->warmup + w->requests - 1, &number)
	    || skip(c, 9))
		return -1;
	*live_log_decision(log) = (struct live_decision){ .at_ns = at,
		.number = number, .kind = IS("finish") ? DECIDE_FINISH
		: DECIDE_DROP };
	return 0;
#undef IS
}

static int check_facts(const struct live_log *log, const char *path,
	const struct workload *w)
{
	static const char *const needed[] = { "policy", "seed", "trace_sha256",
		"ended", "device", "backend" };

	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
		if (!*live_log_get(log, needed[i]))
			return msg_bad("%s: no '# %s = ' in its head: not a live "
				"log", path, needed[i]);
	if (strcmp(live_log_get(log, "trace_sha256"), w->bundle->sha256))
		return msg_bad("%s: measured with another version of %s (%.12s, "
			"now %.12s)", path, w->bundle->dir,
			live_log_get(log, "trace_sha256"), w->bundle->sha256);
	return 0;
}

struct live_log *live_log_read(const char *path, struct workload **out)
{
	struct live_log *log = mem_new(1, sizeof *log);
	struct workload *w = NULL;
	struct text workload;
	struct csv c;
	int64_t seed;

	if (csv_open(&c, path, LARGEST_FILE, columns)) {
		live_log_free(log);
		return NULL;
	}
	text_init(&workload);
	if (check_format(&c, path))
		goto bad_head;
	take_head(log, c.text, c.comments, &workload);
	if (num_integer(live_log_get(log, "seed"), &seed) || seed < 1
	    || seed > UINT32_MAX)
		(void)msg_bad("%s: no '# seed = ' in its head: not a live log",
			path);
	else
		w = workload_parse(path, workload.s, workload.length, 0, NULL,
			(uint32_t)seed);
bad_head:
	text_fini(&workload);
	if (!w || check_facts(log, path, w))
		goto failed;
	while (csv_next(&c))
		if (take_row(&c, log, w))
			goto failed;
	csv_close(&c);
	*out = w;
	return log;
failed:
	csv_close(&c);
	workload_free(w);
	live_log_free(log);
	return NULL;
}
