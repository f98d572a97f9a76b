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

/* Whole blocks at whole multiples of their size cost the system least. */
#define BLOCK 262144
#define NUMBERS 400             /* at most, in a row, with commas */
#define NAME_STEP 32            /* names are copied in steps of this size */

/* ",NETWORK,SETTING" for every pair of candidates, and for none of them. */
static void make_names(struct out_requests *o, const struct workload *w)
{
	size_t n = (size_t)(w->nets + 1) * (size_t)(w->settings + 1), i = 0;

	o->name = mem_new(n, sizeof *o->name);
	for (int net = -1; net < w->nets; net++) {
		for (int setting = -1; setting < w->settings; setting++, i++) {
			char *text = mem_printf(",%s,%s", net < 0 ? ""
				: w->bundle->net[w->net[net]].name,
				setting < 0 ? ""
				: w->bundle->setting[w->setting[setting]].name);
			size_t length = strlen(text), room = length + NAME_STEP;
			o->name[i].text = mem_new(room, 1);
			memcpy(o->name[i].text, text, length);
			o->name[i].length = length;
			if (room > o->name_room)
				o->name_room = room;
			free(text);
		}
	}
}

static const char header[] = "request,client,input,network,setting,release_ns,"
	"deadline_ns,start_ns,leave_ns,depth,confidence,correct,missed,energy_j\n";

int out_requests_begin(struct out_requests *o, const char *path,
	const struct workload *w)
{
	*o = (struct out_requests){ .workload = w };
	if (file_out_open(&o->file, path))
		return -1;
	make_names(o, w);
	o->buffer = mem_new(BLOCK + NUMBERS + o->name_room, 1);
	o->length = strlen(header);
	memcpy(o->buffer, header, o->length);
	return 0;
}

/* Write so much of the buffer. A failure is found at the end, by commit. */
static void flush(struct out_requests *o, size_t length)
{
	file_out_block(&o->file, o->buffer, length);
	o->length -= length;
	memmove(o->buffer, o->buffer + length, o->length);
}

static char *put_field(char *to, int64_t x)
{
	*to++ = ',';
	return num_put_small(to, x);
}

/* ",CORRECT,MISSED" in one piece. */
static char *put_truths(char *to, bool correct, bool missed)
{
	static const char truths[] = ",0,0,0,1,1,0,1,1";

	memcpy(to, truths + 8 * correct + 4 * missed, 4);
	return to + 4;
}

static char *put_depth(char *to, int32_t depth)
{
	if (depth > 9)
		return put_field(to, depth);
	*to++ = ',';
	*to++ = (char)('0' + depth);
	return to;
}

static char *put_time(struct out_requests *o, char *to, int64_t x)
{
	*to++ = ',';
	return num_put_near(&o->time, to, x);
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

	to = num_put_small(to, r->number);
	if (r->client < 0)
		*to++ = ',';
	else
		to = put_field(to, r->client);
	to = put_field(to, r->input);
	for (size_t i = 0; i < name->length; i += NAME_STEP)
		memcpy(to + i, name->text + i, NAME_STEP);
	to += name->length;
	to = put_time(o, to, r->release_ns);
	to = put_time(o, to, r->deadline_ns);
	if (r->start_ns < 0)
		*to++ = ',';
	else
		to = put_time(o, to, r->start_ns);
	to = put_time(o, to, r->leave_ns);
	to = put_depth(to, r->depth);
	to = put_real(to, r->confidence);
	to = put_truths(to, r->correct, r->missed);
	to = put_real(to, r->energy_j);
	*to++ = '\n';
	o->length = (size_t)(to - o->buffer);
	if (o->length >= BLOCK)
		flush(o, BLOCK);
}

int out_requests_end(struct out_requests *o, int keep)
{
	if (keep)
		flush(o, o->length);
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
