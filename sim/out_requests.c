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

/* ",NETWORK,SETTING" for every pair of candidates, and for none of them. */
static void make_names(struct out_requests *o, const struct workload *w)
{
	size_t n = (size_t)(w->nets + 1) * (size_t)(w->settings + 1), i = 0;

	o->name = mem_new(n, sizeof *o->name);
	for (int net = -1; net < w->nets; net++) {
		for (int setting = -1; setting < w->settings; setting++, i++) {
			o->name[i].text = mem_printf(",%s,%s", net < 0 ? ""
				: w->bundle->net[w->net[net]].name,
				setting < 0 ? ""
				: w->bundle->setting[w->setting[setting]].name);
			o->name[i].length = strlen(o->name[i].text);
			if (o->name[i].length > o->longest_name)
				o->longest_name = o->name[i].length;
		}
	}
}

int out_requests_begin(struct out_requests *o, const char *path,
	const struct workload *w)
{
	*o = (struct out_requests){ .workload = w };
	if (file_out_open(&o->file, path))
		return -1;
	make_names(o, w);
	o->buffer = mem_new(BUFFER + NUMBERS + o->longest_name, 1);
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

static char *put_real(char *to, double x)
{
	*to++ = ',';
	return num_put_real(to, x);
}

void out_requests_add(struct out_requests *o, const struct request_record *r)
{
	const struct out_name *name = &o->name[(r->net + 1)
		* (o->workload->settings + 1) + r->setting + 1];
	char *to = o->buffer + o->length;

	to = num_put_integer(to, r->number);
	to = put_optional(to, r->client);
	to = put_field(to, r->input);
	memcpy(to, name->text, name->length);
	to += name->length;
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
	for (int i = 0; i < (o->workload->nets + 1)
	     * (o->workload->settings + 1); i++)
		free(o->name[i].text);
	free(o->name);
	free(o->buffer);
	o->buffer = NULL;
	if (keep)
		return file_out_commit(&o->file);
	file_out_abandon(&o->file);
	return 0;
}
