#include "quantile.h"

#include "mem.h"
#include "num.h"

#include <assert.h>
#include <gsl/gsl_statistics_long.h>
#include <stdlib.h>
#include <string.h>

static_assert(sizeof(long) == sizeof(int64_t), "GSL selects among long");

struct quantile *quantile_new(int64_t max)
{
	struct quantile *q = mem_new(1, sizeof *q);

	assert(max >= 0 && max < TIME_MAX_NS);
	q->max = max;
	return q;
}

void quantile_free(struct quantile *q)
{
	if (!q)
		return;
	free(q->value);
	free(q->count);
	free(q->wrapped);
	free(q->part);
	free(q);
}

/* Values that are kept at most: as many as take the room of the counters. */
static int64_t most_kept(const struct quantile *q)
{
	return q->max / 2 + 1;
}

static inline void count(struct quantile *q, int64_t value)
{
	if (++q->count[value] == 0) {
		if (!q->wrapped)
			q->wrapped = mem_new_table((size_t)q->max + 2,
				sizeof *q->wrapped);
		q->wrapped[value]++;
	}
}

/* Count what is pending, so that the counters are complete. */
static void settle(struct quantile *q)
{
	for (int i = 0; i < QUANTILE_PENDING; i++) {
		count(q, q->pending[i]);
		q->pending[i] = q->max + 1;
	}
}

/* From now on. */
static void begin_counting(struct quantile *q)
{
	q->count = mem_new_table((size_t)q->max + 2, sizeof *q->count);
	for (int64_t i = 0; i < q->n; i++)
		count(q, q->value[i]);
	free(q->value);
	q->value = NULL;
	q->room = 0;
	for (int i = 0; i < QUANTILE_PENDING; i++)
		q->pending[i] = q->max + 1;
}

static void keep(struct quantile *q, int64_t room)
{
	q->room = room < most_kept(q) ? room : most_kept(q);
	q->value = mem_resize(q->value, (size_t)q->room, sizeof *q->value);
}

void quantile_reserve(struct quantile *q, int64_t n)
{
	if (n > most_kept(q)) {
		begin_counting(q);
	} else if (n > q->room) {
		keep(q, n);
		memset(q->value, 1, (size_t)n * sizeof *q->value);
	}
}

void quantile_expect(struct quantile *q, int64_t n)
{
	enum { MANY = 1 << 20 };    /* a run may be stopped before it */

	if (n > q->room && !q->count)
		keep(q, n < MANY ? n : MANY);
}

/* A counter is asked for 32 values before it is needed: as the array is larger
 * than the caches, counting at once was measured to cost 150 ns amid other work,
 * this 5. Small counters in large pages matter as much: with twice as large ones
 * in small pages the engine lost a quarter of its rate, like this a twentieth. */
void quantile_add_beyond(struct quantile *q, int64_t value)
{
	int64_t *place;

	if (!q->count && q->n < most_kept(q)) {
		keep(q, q->room ? q->room * 2 : 1024);
		q->value[q->n++] = value;
		return;
	}
	if (!q->count)
		begin_counting(q);
	__builtin_prefetch(&q->count[value], 1);
	place = &q->pending[q->n++ % QUANTILE_PENDING];
	count(q, *place);
	*place = value;
}

/* Parts of so many bits that there are at most 1024, and that the counters stay
 * in the first cache beside the values. */
static int part_bits(int64_t max)
{
	int bits = 0;

	while (max >> bits >= 1024)
		bits++;
	return bits;
}

/* The value of a rank among those kept: only the part it lies in is searched. */
static int64_t select_kept(struct quantile *q, int64_t rank)
{
	const int64_t *end = q->value + q->n;
	int bits = part_bits(q->max);
	uint64_t first, width = UINT64_C(1) << bits;
	int64_t below = 0, part = 0, n = 0, found;
	long *inside;

	if (!q->part)
		q->part = mem_new((size_t)(q->max >> bits) + 1, sizeof *q->part);
#pragma GCC unroll 4
	for (const int64_t *v = q->value + q->sorted; v < end; v++)
		q->part[*v >> bits]++;
	q->sorted = q->n;
	while (below + q->part[part] < rank)
		below += q->part[part++];
	inside = mem_new((size_t)q->part[part] + 1, sizeof *inside);
	first = (uint64_t)part << bits;
	/* Few of many, or nearly all. */
#pragma GCC unroll 4
	for (const int64_t *v = q->value; v < end; v++)
		if ((uint64_t)*v - first < width)
			inside[n++] = *v;
	found = gsl_stats_long_select(inside, 1, (size_t)n,
		(size_t)(rank - below - 1));
	free(inside);
	return found;
}

int64_t quantile_rank(struct quantile *q, int percent)
{
	/* In integers: 0.99 n in binary may come out above a whole number. */
	int64_t rank = q->n / 100 * percent
		+ (q->n % 100 * percent + 99) / 100;
	int64_t value = -1;

	assert(percent >= 1 && percent <= 100);
	if (!q->n)
		return -1;
	if (!q->count)
		return select_kept(q, rank);
	settle(q);
	for (int64_t below = 0; below < rank; ) {
		below += q->count[++value];
		if (q->wrapped)
			below += (int64_t)q->wrapped[value] << 32;
	}
	return value;
}
