/* Exact nearest-rank quantiles of a long run of times, in bounded memory.
 *
 * The caller knows the largest value that can come (the response of a request
 * is at most its relative deadline). Values, of 8 bytes, are kept as they come
 * until they would take more room than one counter of 4 bytes for each possible
 * value; then they are counted. So the memory for n values up to max is
 * min(8 n, 4 (max + 1)) bytes, twice or three times that for a moment while it
 * grows, and it stops growing: a relative deadline of 5 ms costs 20 MB however
 * many requests are released. One of a second would cost 4 GB, reached after
 * half of 10^9 requests. (More than 2^32 of one value double it.) */
#ifndef LAXITY_QUANTILE_H
#define LAXITY_QUANTILE_H

#include "hot.h"

#include <stdint.h>

#define QUANTILE_PENDING 32

struct quantile {
	int64_t n, room, max;       /* values added; that fit `value`, 0 once
	                             * counted; largest */
	int64_t *value;             /* in no order; NULL once counted */
	uint32_t *count;            /* [max + 2], the last one of no value; or
	                             * NULL */
	uint32_t *wrapped;          /* [max + 2]: how often a counter came back
	                             * to 0; NULL: none has */
	/* How many of the first `sorted` values lie in each of equal parts of
	 * 0 ... max; made by the first query among many values. */
	int64_t *part, sorted;
	int64_t pending[QUANTILE_PENDING]; /* not counted yet; max + 1: none */
};

/* For values 0 ... max, where 0 <= max < 2^60. quantile_free(NULL) does
 * nothing. */
struct quantile *quantile_new(int64_t max);
void quantile_free(struct quantile *q);

/* Take and touch room for n values now, or counters if they are to be counted,
 * so that no adding has to wait for it. Before the first is added. */
void quantile_reserve(struct quantile *q, int64_t n);

/* About n values are to come: take room so that they need not be moved, but of
 * the system only as they come. Before the first is added. */
void quantile_expect(struct quantile *q, int64_t n);

void quantile_add_beyond(struct quantile *q, int64_t value); /* as below */

/* Add one value, 0 <= value <= max; a few nanoseconds. */
INLINE void quantile_add(struct quantile *q, int64_t value)
{
	if (q->n < q->room)
		q->value[q->n++] = value;
	else
		quantile_add_beyond(q, value);
}

/* The value of rank ceil(percent n / 100) in rising order, ranks from 1;
 * 1 <= percent <= 100. -1 if there is none. Values may be added afterwards.
 * The first query costs a few operations a value, or for each value that can
 * come; further ones one. */
int64_t quantile_rank(struct quantile *q, int percent);

#endif
