#include "live_log.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- In memory ------------------------------------------------------------------ */

static void *room(int64_t n, size_t size)
{
	void *p = mem_resize(NULL, (size_t)n, size);

	memset(p, 1, (size_t)n * size);
	return p;
}

struct live_log *live_log_new(const struct workload *w)
{
	struct live_log *log = mem_new(1, sizeof *log);
	int64_t requests = w->warmup + w->requests, depths = 1;

	for (int i = 0; i < w->nets; i++)
		if (w->bundle->net[w->net[i]].depths > depths)
			depths = w->bundle->net[w->net[i]].depths;
	log->stage_room = requests * depths + 16;
	log->decision_room = requests * (depths + 1) + 16;
	log->wake_room = 2 * requests + 16;
	log->wake = room(log->wake_room, sizeof *log->wake);
	log->decision = room(log->decision_room, sizeof *log->decision);
	log->stage = room(log->stage_room, sizeof *log->stage);
	return log;
}

void live_log_free(struct live_log *log)
{
	if (!log)
		return;
	for (int i = 0; i < log->facts; i++) {
		free(log->fact[i].name);
		free(log->fact[i].value);
	}
	free(log->fact);
	free(log->wake);
	free(log->decision);
	free(log->stage);
	free(log->request);
	free(log);
}

struct live_decision live_decision_of(int64_t now, const struct view *v,
	const struct decision *d)
{
	struct live_decision out = { .at_ns = now, .number = -1,
		.kind = (int8_t)d->kind };

	if (d->kind == DECIDE_WAIT) {
		if (d->until_ns > now && d->until_ns < TIME_NEVER)
			out.until_ns = d->until_ns;
		return out;
	}
	/* Impossible ones end the run at once: their slot may be anything. */
	for (int i = 0; i < v->lives; i++)
		if (v->live[i] == d->slot)
			out.number = v->req[d->slot].number;
	if (d->kind == DECIDE_RUN && out.number >= 0) {
		out.net = (uint8_t)d->net;
		out.setting = (uint8_t)d->setting;
		out.depth = (uint8_t)(v->req[d->slot].depth + 1);
	}
	return out;
}

bool live_decision_equal(const struct live_decision *a,
	const struct live_decision *b)
{
	return a->at_ns == b->at_ns && a->number == b->number
		&& a->until_ns == b->until_ns && a->kind == b->kind
		&& a->depth == b->depth && a->net == b->net
		&& a->setting == b->setting;
}

char *live_decision_text(const struct live_decision *d, const struct workload *w)
{
	switch ((enum decision_kind)d->kind) {
	case DECIDE_RUN:
		return mem_printf("run request %lld to depth %d on %s at %s",
			(long long)d->number, d->depth,
			w->bundle->net[w->net[d->net]].name,
			w->bundle->setting[w->setting[d->setting]].name);
	case DECIDE_FINISH:
		return mem_printf("finish request %lld", (long long)d->number);
	case DECIDE_DROP:
		return mem_printf("drop request %lld", (long long)d->number);
	case DECIDE_WAIT:
		break;
	}
	return d->until_ns ? mem_printf("wait until %.6f ms",
		1e-6 * (double)d->until_ns) : mem_string("wait");
}

/* ---- Facts ---------------------------------------------------------------------- */

void live_log_fact(struct live_log *log, const char *name, const char *format, ...)
{
	struct live_fact *f = NULL;
	char value[1024];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(value, sizeof value, format, arguments);
	va_end(arguments);
	for (char *p = value; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	for (int i = 0; i < log->facts && !f; i++)
		if (!strcmp(log->fact[i].name, name))
			f = &log->fact[i];
	if (!f) {
		MEM_ROOM(log->fact, log->facts, log->fact_room);
		f = &log->fact[log->facts++];
		f->name = mem_string(name);
	} else {
		free(f->value);
	}
	f->value = mem_string(value);
}

const char *live_log_get(const struct live_log *log, const char *name)
{
	for (int i = 0; i < log->facts; i++)
		if (!strcmp(log->fact[i].name, name))
			return log->fact[i].value;
	return "";
}

/* ---- How late ------------------------------------------------------------------- */

/* The rounds of the executor are its wake-ups and the ends of its stages. */
void live_log_notice(struct live_log *log)
{
	int64_t wake = 0, stage = 0, round = -1;

	for (int64_t i = 0; i < log->requests; i++) {
		struct live_request *r = &log->request[i];
		if (r->release_ns < 0)
			continue;
		while (round < r->release_ns) {
			int64_t a = wake < log->wakes ? log->wake[wake].at_ns
				: TIME_NEVER;
			int64_t b = stage < log->stages
				&& log->stage[stage].finished_ns >= 0
				? log->stage[stage].finished_ns : TIME_NEVER;
			assert(a < TIME_NEVER || b < TIME_NEVER);
			round = a < b ? a : b;
			wake += a < b;
			stage += !(a < b);
		}
		r->noticed_ns = round;
	}
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void order(int64_t *x, int64_t n, struct live_lateness *out)
{
	*out = (struct live_lateness){ n, -1, -1, -1 };
	if (n) {
		qsort(x, (size_t)n, sizeof *x, by_size);
		out->p50 = x[(n * 50 + 99) / 100 - 1];
		out->p99 = x[(n * 99 + 99) / 100 - 1];
		out->largest = x[n - 1];
	}
	free(x);
}

void live_log_wake_lateness(const struct live_log *log, struct live_lateness *out)
{
	int64_t *x = mem_new((size_t)log->wakes, sizeof *x);

	for (int64_t i = 0; i < log->wakes; i++)
		x[i] = log->wake[i].at_ns - log->wake[i].due_ns;
	order(x, log->wakes, out);
}

void live_log_notice_lateness(const struct live_log *log, struct live_lateness *out)
{
	int64_t *x = mem_new((size_t)log->requests, sizeof *x), n = 0;

	for (int64_t i = 0; i < log->requests; i++)
		if (log->request[i].release_ns >= 0)
			x[n++] = log->request[i].noticed_ns
				- log->request[i].release_ns;
	order(x, n, out);
}

static int64_t *dispatch_times(const struct live_log *log)
{
	int64_t *x = mem_new((size_t)log->stages, sizeof *x);

	for (int64_t i = 0; i < log->stages; i++)
		x[i] = log->stage[i].sent_ns - log->stage[i].picked_ns;
	return x;
}

void live_log_dispatch(const struct live_log *log, struct live_lateness *out)
{
	order(dispatch_times(log), log->stages, out);
}

int64_t live_log_decision_cost(const struct live_log *log)
{
	int64_t *x = dispatch_times(log), n = log->stages - log->stages / 100;
	int64_t sum = 0;

	qsort(x, (size_t)log->stages, sizeof *x, by_size);
	for (int64_t i = 0; i < n; i++)
		sum += x[i];
	free(x);
	return n ? (sum + n / 2) / n : 0;
}

int64_t live_log_strange(const struct live_log *log)
{
	int64_t n = 0;

	for (int64_t i = 0; i < log->stages; i++)
		n += log->stage[i].strange;
	return n;
}
