#include "out.h"
#include "out_requests.h"

#include <inttypes.h>
#include <stdlib.h>

enum { DEVICES = 1, CLIENTS = 2 };  /* processes of the trace */

static void separate(struct out_timeline *o)
{
	(void)fputs(o->events++ ? ",\n" : "\n", o->file.stream);
}

/* Give a process or one of its threads its name, and threads their order. */
static void name(struct out_timeline *o, const char *what, int process,
	int thread, const char *text)
{
	struct text quoted;

	text_init(&quoted);
	out_json_string(&quoted, text);
	separate(o);
	(void)fprintf(o->file.stream, "{\"ph\":\"M\",\"name\":\"%s\",\"pid\":%d,"
		"\"tid\":%d,\"args\":{\"name\":%s}}", what, process, thread,
		quoted.s);
	text_fini(&quoted);
}

static void name_threads(struct out_timeline *o, int process, const char *what,
	int n)
{
	for (int i = 0; i < n; i++) {
		char *text = mem_printf("%s %d", what, i);
		name(o, "thread_name", process, i, text);
		free(text);
	}
}

int out_timeline_begin(struct out_timeline *o, const char *path,
	const struct workload *w)
{
	*o = (struct out_timeline){ .workload = w };
	if (file_out_open(&o->file, path))
		return -1;
	(void)fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[", o->file.stream);
	name(o, "process_name", DEVICES, 0, w->bundle->device);
	name_threads(o, DEVICES, "device", w->devices);
	name(o, "process_name", CLIENTS, 0,
		w->process == PROCESS_CLOSED ? "clients" : "requests");
	name_threads(o, CLIENTS, "client", w->clients);
	return 0;
}

/* Microseconds, exactly. */
static void put_time(struct out_timeline *o, const char *key, int64_t ns)
{
	(void)fprintf(o->file.stream, ",\"%s\":%" PRId64 ".%03d", key, ns / 1000,
		(int)(ns % 1000));
}

static void put_request(struct out_timeline *o, const struct request_record *r)
{
	char confidence[32];

	(void)fprintf(o->file.stream, ",\"args\":{\"request\":%" PRId64
		",\"input\":%d,\"depth\":%d,\"correct\":%s,\"missed\":%s,"
		"\"confidence\":%s}", r->number, r->input, r->depth,
		r->correct ? "true" : "false", r->missed ? "true" : "false",
		*num_print(confidence, r->confidence) ? confidence : "null");
	put_time(o, "ts", r->release_ns);
}

void out_timeline_request(struct out_timeline *o, const struct request_record *r)
{
	const char *answer = r->missed ? "missed" : r->correct ? "right" : "wrong";

	separate(o);
	(void)fprintf(o->file.stream, "{\"name\":\"#%" PRId64 " %s\",\"cat\":\"request\""
		",\"pid\":%d", r->number, answer, CLIENTS);
	if (r->client >= 0) {
		(void)fprintf(o->file.stream, ",\"ph\":\"X\",\"tid\":%d", r->client);
		put_request(o, r);
		put_time(o, "dur", r->leave_ns - r->release_ns);
		(void)fputs("}", o->file.stream);
		return;
	}
	/* Spans that overlap need a number each and two events. */
	(void)fprintf(o->file.stream, ",\"ph\":\"b\",\"tid\":0,\"id\":%" PRId64,
		r->number);
	put_request(o, r);
	(void)fprintf(o->file.stream, "},\n{\"name\":\"#%" PRId64 " %s\",\"cat\":"
		"\"request\",\"pid\":%d,\"ph\":\"e\",\"tid\":0,\"id\":%" PRId64,
		r->number, answer, CLIENTS, r->number);
	put_time(o, "ts", r->leave_ns);
	(void)fputs("}", o->file.stream);
}

void out_timeline_stage(struct out_timeline *o, const struct stage_record *r)
{
	const struct workload *w = o->workload;
	const struct bundle *b = w->bundle;

	separate(o);
	(void)fprintf(o->file.stream, "{\"name\":\"#%" PRId64 " depth %d\",\"cat\":"
		"\"stage\",\"ph\":\"X\",\"pid\":%d,\"tid\":%d,\"args\":{\"request\":%"
		PRId64 ",\"client\":%d,\"network\":\"%s\",\"setting\":\"%s\","
		"\"environment\":\"%s\",\"in time\":%s}", r->number, r->depth, DEVICES,
		r->device, r->number, r->client, b->net[w->net[r->net]].name,
		b->setting[w->setting[r->setting]].name,
		b->environment[r->environment], r->counted ? "true" : "false");
	put_time(o, "ts", r->start_ns);
	put_time(o, "dur", r->end_ns - r->start_ns);
	(void)fputs("}", o->file.stream);
}

int out_timeline_end(struct out_timeline *o, int keep)
{
	if (!keep) {
		file_out_abandon(&o->file);
		return 0;
	}
	(void)fputs("\n]}\n", o->file.stream);
	return file_out_commit(&o->file);
}
