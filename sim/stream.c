#include "stream.h"

#include <Random123/philox.h>
#include <string.h>

void stream_philox(const uint32_t counter[4], const uint32_t key[2],
	uint32_t out[4])
{
	philox4x32_ctr_t c = { { counter[0], counter[1], counter[2], counter[3] } };
	philox4x32_key_t k = { { key[0], key[1] } };

	c = philox4x32_R(10, c, k);
	memcpy(out, c.v, sizeof c.v);
}

void stream_refill(struct stream *s)
{
	philox4x32_ctr_t c = { { s->block++, (uint32_t)s->index,
		(uint32_t)(s->index >> 32), 0 } };
	philox4x32_key_t k = { { s->seed, s->purpose } };

	c = philox4x32_R(10, c, k);
	memcpy(s->words, c.v, sizeof c.v);
	s->used = 0;
}

/* Lane by lane in plain arrays: the compiler sees that lanes are independent.
 * Constants and rounds as in Salmon et al., SC 2011; a test compares it with
 * the package's single blocks. */
void stream_row_fill(struct stream_row *row, uint64_t first)
{
	enum { N = STREAM_AHEAD, ROUNDS = 10 };
	uint32_t a[N], b[N], c[N], d[N];
	uint32_t k0 = row->seed, k1 = row->purpose;

	for (int i = 0; i < N; i++) {
		uint64_t index = first + (uint64_t)i;
		a[i] = d[i] = 0;
		b[i] = (uint32_t)index;
		c[i] = (uint32_t)(index >> 32);
	}
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < N; i++) {
			uint64_t p = (uint64_t)a[i] * PHILOX_M4x32_0;
			uint64_t q = (uint64_t)c[i] * PHILOX_M4x32_1;
			a[i] = (uint32_t)(q >> 32) ^ b[i] ^ k0;
			b[i] = (uint32_t)q;
			c[i] = (uint32_t)(p >> 32) ^ d[i] ^ k1;
			d[i] = (uint32_t)p;
		}
		k0 += PHILOX_W32_0;
		k1 += PHILOX_W32_1;
	}
	memcpy(row->word[0], a, sizeof a);
	memcpy(row->word[1], b, sizeof b);
	memcpy(row->word[2], c, sizeof c);
	memcpy(row->word[3], d, sizeof d);
	row->first = first;
}

void stream_row_init(struct stream_row *row, uint32_t seed, enum purpose p)
{
	row->seed = seed;
	row->purpose = (uint32_t)p;
	stream_row_fill(row, 0);
}

/* `at` is NULL for the generator's own stream rather than its address, so
 * that gsl_rng_memcpy and gsl_rng_clone give an independent copy. */
struct state {
	struct stream own, *at;
};

static struct stream *stream_of(void *v)
{
	struct state *state = v;
	return state->at ? state->at : &state->own;
}

static void set(void *v, unsigned long seed)
{
	struct state *state = v;
	state->at = NULL;
	stream_open(&state->own, seed ? (uint32_t)seed : 1, PURPOSE_ARRIVALS, 0);
}

static unsigned long get(void *v)
{
	return stream_word(stream_of(v));
}

static double get_double(void *v)
{
	return stream_unit(stream_of(v));
}

static const gsl_rng_type philox_type = {
	"philox4x32", UINT32_MAX, 0, sizeof(struct state), set, get, get_double,
};
const gsl_rng_type *const stream_gsl_type = &philox_type;

void stream_gsl(gsl_rng *r, struct stream *s)
{
	struct state *state = gsl_rng_state(r);
	state->at = s;
}
