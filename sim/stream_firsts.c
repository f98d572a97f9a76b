/* Many Philox blocks side by side. Constants and rounds as in Salmon et al., SC
 * 2011; tests compare with the package's single blocks. Of a block only the
 * first two words are wanted, the third and fourth are computed for them. */
#include "stream.h"

#include <Random123/philox.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

/* In arrays, so that the compiler sees that lanes are independent. */
void stream_firsts_plain(struct stream_firsts *f, uint64_t index)
{
	enum { N = STREAM_AHEAD };
	uint32_t a[N], b[N], c[N], d[N];

	for (int i = 0; i < N; i++) {
		uint64_t at = index + (uint64_t)i;
		a[i] = d[i] = 0;
		b[i] = (uint32_t)at;
		c[i] = (uint32_t)(at >> 32);
	}
	for (int round = 0; round < STREAM_ROUNDS; round++) {
		uint32_t k0 = (uint32_t)f->key[0][round][0];
		uint32_t k1 = (uint32_t)f->key[1][round][0];
		for (int i = 0; i < N; i++) {
			uint64_t p = (uint64_t)a[i] * PHILOX_M4x32_0;
			uint64_t q = (uint64_t)c[i] * PHILOX_M4x32_1;
			a[i] = (uint32_t)(q >> 32) ^ b[i] ^ k0;
			b[i] = (uint32_t)q;
			c[i] = (uint32_t)(p >> 32) ^ d[i] ^ k1;
			d[i] = (uint32_t)p;
		}
	}
	/* As stream_unit: the sum is exact. */
	for (int i = 0; i < N; i++)
		f->unit[i] = (int32_t)(a[i] >> 5) * 0x1p-27
			+ (int32_t)(b[i] >> 6) * 0x1p-53;
	f->index = index;
}

#ifdef __x86_64__

/* A key of a round; counted from 1, as in the paper. */
#define KEY(round, which) _mm256_loadu_si256((const __m256i *) \
	(const void *)f->key[which][(round) - 1])

/* One round of four blocks. A word is the low half of a lane; what is in the
 * high half does not matter, for products do not look at it. */
#define ROUND(round, a, b, c, d) do { \
	__m256i p = _mm256_mul_epu32(a, m0), q = _mm256_mul_epu32(c, m1); \
	a = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(q, 32), b), \
		KEY(round, 0)); \
	c = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p, 32), d), \
		KEY(round, 1)); \
	b = q; \
	d = p; \
} while (0)

/* The units of four blocks, from their first two words. */
#define UNIT(to, a, b) do { \
	__m128i high = _mm256_castsi256_si128(_mm256_permutevar8x32_epi32( \
		_mm256_srli_epi32(a, 5), even)); \
	__m128i rest = _mm256_castsi256_si128(_mm256_permutevar8x32_epi32( \
		_mm256_srli_epi32(b, 6), even)); \
	_mm256_storeu_pd(to, _mm256_add_pd( \
		_mm256_mul_pd(_mm256_cvtepi32_pd(high), _mm256_set1_pd(0x1p-27)), \
		_mm256_mul_pd(_mm256_cvtepi32_pd(rest), _mm256_set1_pd(0x1p-53)))); \
} while (0)

/* Eight blocks a turn, as two groups of four, for products take three cycles.
 * The counter's first and last words are 0, and its third is where no index has
 * more than 32 bits; so half of the first three rounds is the same in all
 * blocks, and computed once. Of the last round c and d are not wanted. */
__attribute__((target("avx2")))
static void fill_avx2(struct stream_firsts *f, uint64_t index)
{
	const __m256i m0 = _mm256_set1_epi64x(PHILOX_M4x32_0);
	const __m256i m1 = _mm256_set1_epi64x(PHILOX_M4x32_1);
	const __m256i even = _mm256_set_epi32(7, 5, 3, 1, 6, 4, 2, 0);
	/* Round 1 leaves b = d = 0 and c = k1; round 2 makes a and b of that c,
	 * round 3 c and d of that a. */
	const __m256i q2 = _mm256_mul_epu32(KEY(1, 1), m1);
	const __m256i a2 = _mm256_xor_si256(_mm256_srli_epi64(q2, 32), KEY(2, 0));
	const __m256i p3 = _mm256_mul_epu32(a2, m0);
	const __m256i to_a3 = _mm256_xor_si256(q2, KEY(3, 0));
	const __m256i to_c3 = _mm256_xor_si256(_mm256_srli_epi64(p3, 32), KEY(3, 1));

	for (int i = 0; i < STREAM_AHEAD; i += 8) {
		__m256i b = _mm256_add_epi64(_mm256_set_epi64x(3, 2, 1, 0),
			_mm256_set1_epi64x((int64_t)(index + (uint64_t)i)));
		__m256i g = _mm256_add_epi64(b, _mm256_set1_epi64x(4));
		__m256i a, c, d, e, o, h, x, y;

		/* Rounds 1 and 2. */
		x = _mm256_mul_epu32(_mm256_xor_si256(b, KEY(1, 0)), m0);
		y = _mm256_mul_epu32(_mm256_xor_si256(g, KEY(1, 0)), m0);
		c = _mm256_xor_si256(_mm256_srli_epi64(x, 32), KEY(2, 1));
		o = _mm256_xor_si256(_mm256_srli_epi64(y, 32), KEY(2, 1));
		/* Round 3. */
		b = _mm256_mul_epu32(c, m1);
		g = _mm256_mul_epu32(o, m1);
		a = _mm256_xor_si256(_mm256_srli_epi64(b, 32), to_a3);
		e = _mm256_xor_si256(_mm256_srli_epi64(g, 32), to_a3);
		c = _mm256_xor_si256(x, to_c3);
		o = _mm256_xor_si256(y, to_c3);
		d = h = p3;
		/* Unrolled, words change their names rather than their places. */
#pragma GCC unroll 6
		for (int round = 4; round < STREAM_ROUNDS; round++) {
			ROUND(round, a, b, c, d);
			ROUND(round, e, g, o, h);
		}
		x = _mm256_mul_epu32(c, m1);
		y = _mm256_mul_epu32(o, m1);
		a = _mm256_xor_si256(_mm256_xor_si256(
			_mm256_srli_epi64(x, 32), b), KEY(STREAM_ROUNDS, 0));
		e = _mm256_xor_si256(_mm256_xor_si256(
			_mm256_srli_epi64(y, 32), g), KEY(STREAM_ROUNDS, 0));
		UNIT(&f->unit[i], a, x);
		UNIT(&f->unit[i + 4], e, y);
	}
	f->index = index;
}

int stream_firsts_avx2(struct stream_firsts *f, uint64_t index)
{
	if (!__builtin_cpu_supports("avx2"))
		return -1;
	if (index > UINT32_MAX - STREAM_AHEAD)
		stream_firsts_plain(f, index);
	else
		fill_avx2(f, index);
	return 0;
}

#else

int stream_firsts_avx2(struct stream_firsts *f, uint64_t index)
{
	(void)f, (void)index;
	return -1;
}

#endif

void stream_firsts_fill(struct stream_firsts *f, uint64_t index)
{
	if (stream_firsts_avx2(f, index))
		stream_firsts_plain(f, index);
}

/* Of all rounds, in every lane. One half after the other: gcc 12 at -O2 took both
 * for the first where they lay side by side. */
static void spread_keys(uint64_t key[STREAM_ROUNDS][4], uint32_t first,
	uint32_t step)
{
	for (int round = 0; round < STREAM_ROUNDS; round++)
		for (int lane = 0; lane < 4; lane++)
			key[round][lane] = first + (uint32_t)round * step;
}

void stream_firsts_init(struct stream_firsts *f, uint32_t seed, enum purpose p)
{
	spread_keys(f->key[0], seed, PHILOX_W32_0);
	spread_keys(f->key[1], (uint32_t)p, PHILOX_W32_1);
	stream_firsts_fill(f, 0);
}
