#include "out_requests.h"

#include "mem.h"
#include "num.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Order ---------------------------------------------------------------------- */

void reorder_init(struct reorder *o, int64_t first, void *context,
	void (*emit)(void *context, const struct request_record *r))
{
	*o = (struct reorder){ .next = first, .capacity = 64,
		.context = context, .emit = emit };
	o->slot = mem_new((size_t)o->capacity, sizeof *o->slot);
	for (int64_t i = 0; i < o->capacity; i++)
		o->slot[i].number = -1;
}

static void reorder_grow(struct reorder *o, int64_t number)
{
	struct request_record *old = o->slot;
	int64_t before = o->capacity;

	while (number - o->next >= o->capacity)
		o->capacity *= 2;
	o->slot = mem_new((size_t)o->capacity, sizeof *o->slot);
	for (int64_t i = 0; i < o->capacity; i++)
		o->slot[i].number = -1;
	for (int64_t i = 0; i < before; i++)
		if (old[i].number >= 0)
			o->slot[old[i].number % o->capacity] = old[i];
	free(old);
}

void reorder_add(struct reorder *o, const struct request_record *r)
{
	struct request_record *slot;

	if (r->number < o->next)
		return;
	if (r->number - o->next >= o->capacity)
		reorder_grow(o, r->number);
	o->slot[r->number % o->capacity] = *r;
	while ((slot = &o->slot[o->next % o->capacity])->number == o->next) {
		o->emit(o->context, slot);
		slot->number = -1;
		o->next++;
	}
}

void reorder_fini(struct reorder *o)
{
	free(o->slot);
	*o = (struct reorder){ 0 };
}

/* ---- CSV -------------------------------------------------------------------------- */

#define BUFFER 65536
#define NUMBERS 400             /* at most, in a row, with commas */

/* Room for the longest names of the candidates. */
static size_t longest_names(const struct workload *w)
{
	size_t net = 0, setting = 0, n;

	for (int i = 0; i < w->nets; i++)
		if ((n = strlen(w->bundle->net[w->net[i]].name)) > net)
			net = n;
	for (int i = 0; i < w->settings; i++)
		if ((n = strlen(w->bundle->setting[w->setting[i]].name)) > setting)
			setting = n;
	return net + setting;
}

int out_requests_begin(struct out_requests *o, const char *path,
	const struct workload *w)
{
	*o = (struct out_requests){ .workload = w };
	if (file_out_open(&o->file, path))
		return -1;
	o->buffer = mem_new(BUFFER + NUMBERS + longest_names(w), 1);
	(void)fputs("request,client,input,network,setting,release_ns,deadline_ns,"
		"start_ns,leave_ns,depth,confidence,correct,missed,energy_j\n",
		o->file.stream);
	return 0;
}

static void flush(struct out_requests *o)
{
	/* A failure is found at the end, by commit. */
	(void)fwrite(o->buffer, 1, o->length, o->file.stream);
	o->length = 0;
}

static char *put_field(char *to, int64_t x)
{
	*to++ = ',';
	return num_put_integer(to, x);
}

/* -1 stands for a field that is empty. */
static char *put_optional(char *to, int64_t x)
{
	*to++ = ',';
	return x < 0 ? to : num_put_integer(to, x);
}

static char *put_name(char *to, const char *name)
{
	size_t n = strlen(name);

	*to++ = ',';
	memcpy(to, name, n);
	return to + n;
}

static char *put_real(char *to, double x)
{
	*to++ = ',';
	return num_put_real(to, x);
}

void out_requests_add(struct out_requests *o, const struct request_record *r)
{
	const struct workload *w = o->workload;
	const struct bundle *b = w->bundle;
	char *to = o->buffer + o->length;

	to = num_put_integer(to, r->number);
	to = put_optional(to, r->client);
	to = put_field(to, r->input);
	to = put_name(to, r->net < 0 ? "" : b->net[w->net[r->net]].name);
	to = put_name(to, r->setting < 0 ? ""
		: b->setting[w->setting[r->setting]].name);
	to = put_field(to, r->release_ns);
	to = put_field(to, r->deadline_ns);
	to = put_optional(to, r->start_ns);
	to = put_field(to, r->leave_ns);
	to = put_field(to, r->depth);
	to = put_real(to, r->confidence);
	to = put_field(to, r->correct);
	to = put_field(to, r->missed);
	to = put_real(to, r->energy_j);
	*to++ = '\n';
	o->length = (size_t)(to - o->buffer);
	if (o->length > BUFFER)
		flush(o);
}

int out_requests_end(struct out_requests *o, int keep)
{
	if (keep)
		flush(o);
	free(o->buffer);
	o->buffer = NULL;
	if (keep)
		return file_out_commit(&o->file);
	file_out_abandon(&o->file);
	return 0;
}
