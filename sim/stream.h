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

/* Start a stream: a few stores, the first block is computed with the first
 * word. 2^34 words are there; a stream that is asked for more starts over. */
static inline void stream_open(struct stream *s, uint32_t seed,
	enum purpose p, uint64_t index)
{
	s->index = index;
	s->seed = seed;
	s->purpose = (uint32_t)p;
	s->block = 0;
	s->used = 4;
}

/* Compute the next block of four words: stream_word calls it. */
void stream_refill(struct stream *s);

static inline uint32_t stream_word(struct stream *s)
{
	if (s->used == 4)
		stream_refill(s);
	return s->words[s->used++];
}

/* Uniform on [0, 1): ((a >> 5) 2^26 + (b >> 6)) / 2^53 from words a, b. */
static inline double stream_unit(struct stream *s)
{
	uint64_t a = stream_word(s) >> 5, b = stream_word(s) >> 6;
	return (double)(a << 26 | b) * 0x1p-53;
}

/* One of n, floor(u n). */
static inline int64_t stream_below(struct stream *s, int64_t n)
{
	return (int64_t)(stream_unit(s) * (double)n);
}

/* ---- First uniforms ---------------------------------------------------------- */

/* What stream_unit gives first in each of so many streams with consecutive
 * indices, computed in one pass whose lanes are vector registers: a quarter of
 * the time of as many blocks. For streams opened in rising order of index, one
 * a request say, of which few are asked for more. */
#define STREAM_AHEAD 32
#define STREAM_ROUNDS 10
struct stream_firsts {
	uint64_t index;             /* of unit[0] */
	double unit[STREAM_AHEAD];
	/* The two keys of each round, in every lane of a vector. */
	uint64_t key[2][STREAM_ROUNDS][4];
};

void stream_firsts_init(struct stream_firsts *f, uint32_t seed, enum purpose p);
void stream_firsts_fill(struct stream_firsts *f, uint64_t index);

/* The first uniform of the stream with this index. */
static inline double stream_first(struct stream_firsts *f, uint64_t index)
{
	if (index - f->index >= STREAM_AHEAD)
		stream_firsts_fill(f, index);
	return f->unit[index - f->index];
}

/* The two ways to fill it, which give the same bits: in plain C; and, on
 * processors that have it, with AVX2. -1 if this one has not. */
void stream_firsts_plain(struct stream_firsts *f, uint64_t index);
int stream_firsts_avx2(struct stream_firsts *f, uint64_t index);

/* The block function itself, for whoever wants to check it. */
void stream_philox(const uint32_t counter[4], const uint32_t key[2],
	uint32_t out[4]);

/* As a GSL generator ("philox4x32"), so that GSL's distributions work on it.
 * Its get_double takes two words (53 bits), not GSL's usual 32, which would end
 * the exponential at 22 means. gsl_rng_set opens {seed, 1, 0}, with 1 for the
 * seed 0 as GSL's own generators do; stream_gsl points one at a stream: the
 * generator then draws from, and moves, the given stream, which must outlive
 * that use. */
extern const gsl_rng_type *const stream_gsl_type;
void stream_gsl(gsl_rng *r, struct stream *s);

#endif
