/* Random streams by purpose and index, from one seed (paper/spec/workloads.md 2).
 *
 * Philox4x32-10 with key {seed, purpose} and counter {block, index low, index
 * high, 0}; the words of a block are used in order. Streams are values: a copy
 * goes on from the same place, which is how an oracle looks ahead. */
#ifndef LAXITY_STREAM_H
#define LAXITY_STREAM_H

#include <gsl/gsl_rng.h>
#include <stdint.h>

enum purpose {
	PURPOSE_ARRIVALS = 1, PURPOSE_DEADLINES, PURPOSE_INPUTS, PURPOSE_TIMING,
	PURPOSE_POLICY, PURPOSE_MMPP, PURPOSE_ORDER, PURPOSE_THINNING,
	PURPOSE_RESAMPLING, PURPOSE_OVERHEAD,
};

struct stream {
	uint64_t index;
	uint32_t seed, purpose, block;
	uint32_t used;              /* words of the block in `words` used; 4: none left */
	uint32_t words[4];
};

void stream_open(struct stream *s, uint32_t seed, enum purpose p, uint64_t index);
uint32_t stream_word(struct stream *s);

/* Uniform on [0, 1): ((a >> 5) 2^26 + (b >> 6)) / 2^53 from words a, b. */
double stream_unit(struct stream *s);

/* One of n, floor(u n). */
static inline int64_t stream_below(struct stream *s, int64_t n)
{
	return (int64_t)(stream_unit(s) * (double)n);
}

/* As a GSL generator ("philox4x32"), so that GSL's distributions work on it.
 * gsl_rng_set opens {seed, 1, 0}; stream_gsl points one at a stream: the
 * generator then draws from, and moves, the given stream. */
extern const gsl_rng_type *const stream_gsl_type;
void stream_gsl(gsl_rng *r, struct stream *s);

#endif
