/* Exact nearest-rank quantiles of a long run of times, in bounded memory.
 *
 * The caller knows the largest value that can come (the response of a request
 * is at most its relative deadline). Values are kept as they come until
 * they would take more room than one counter for each possible value; then
 * they are counted. So the memory for n values up to max is 8 min(n, max + 1)
 * bytes, twice or three times that for a moment while it grows, and it stops
 * growing: a relative deadline of 5 ms costs 40 MB however many requests are
 * released. One of a second would cost 8 GB, reached after 10^9 requests. */
#ifndef LAXITY_QUANTILE_H
#define LAXITY_QUANTILE_H

#include <stdint.h>

#define QUANTILE_PENDING 32

struct quantile {
	int64_t n, room, max;       /* values added; that fit `value`, 0 once
	                             * counted; largest */
	int64_t *value;             /* in no order; NULL once counted */
	uint64_t *count;            /* [max + 2], the last one of no value; or
	                             * NULL */
	/* How many of the first `sorted` values lie in each of equal parts of
	 * 0 ... max; made by the first query among many values. */
	int64_t *part, sorted;
	int64_t pending[QUANTILE_PENDING]; /* not counted yet; max + 1: none */
};

/* For values 0 ... max, where 0 <= max < 2^60. quantile_free(NULL) does
 * nothing. */
struct quantile *quantile_new(int64_t max);
void quantile_free(struct quantile *q);

/* Take and touch room for n values now, so that no adding has to wait for it;
 * nothing if they are to be counted. Before the first is added. */
void quantile_reserve(struct quantile *q, int64_t n);

void quantile_add_beyond(struct quantile *q, int64_t value); /* as below */

/* Add one value, 0 <= value <= max; a few nanoseconds. */
static inline void quantile_add(struct quantile *q, int64_t value)
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
