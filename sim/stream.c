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
