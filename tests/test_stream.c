#include "../sim/stream.h"

#include <check.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <string.h>

/* Philox4x32-10 once more, from the paper (Salmon et al., SC 2011, section
 * 3.3), so that the package's header is not its own witness. */
static void philox_by_hand(uint32_t c[4], uint32_t k0, uint32_t k1)
{
	for (int round = 0; round < 10; round++) {
		uint64_t a = (uint64_t)0xD2511F53 * c[0];
		uint64_t b = (uint64_t)0xCD9E8D57 * c[2];
		uint32_t next[4] = { (uint32_t)(b >> 32) ^ c[1] ^ k0, (uint32_t)b,
			(uint32_t)(a >> 32) ^ c[3] ^ k1, (uint32_t)a };
		memcpy(c, next, sizeof next);
		k0 += 0x9E3779B9;
		k1 += 0xBB67AE85;
	}
}

START_TEST(known_answers_of_the_block_function)
{
	static const uint32_t zero[4], ones[4] = { UINT32_MAX, UINT32_MAX,
		UINT32_MAX, UINT32_MAX };
	static const uint32_t from_zero[4] = { 0x6627e8d5, 0xe169c58d,
		0xbc57ac4c, 0x9b00dbd8 };
	static const uint32_t from_ones[4] = { 0x408f276d, 0x41c83b0e,
		0xa20bc7c6, 0x6d5451fd };
	uint32_t out[4];

	stream_philox(zero, zero, out);
	ck_assert_mem_eq(out, from_zero, sizeof out);
	stream_philox(ones, ones, out);
	ck_assert_mem_eq(out, from_ones, sizeof out);
}
END_TEST

START_TEST(words_are_those_of_the_specified_key_and_counter)
{
	struct stream s;

	stream_open(&s, 0xdeadbeef, PURPOSE_MMPP, 0x123456789abcdef0);
	for (uint32_t block = 0; block < 5; block++) {
		uint32_t c[4] = { block, 0x9abcdef0, 0x12345678, 0 };
		philox_by_hand(c, 0xdeadbeef, 6);
		for (int i = 0; i < 4; i++)
			ck_assert_uint_eq(stream_word(&s), c[i]);
	}
}
END_TEST

/* Indices in order, with jumps, back again, and across 32 bits. */
START_TEST(first_uniforms_are_those_of_streams_opened_one_by_one)
{
	static const uint64_t from[] = { 0, 5, 100, 3, 0xfffffff8,
		0x123456789abcdef0, UINT64_MAX - 20 };
	struct stream_firsts f, plain, fast;
	int has_avx2;

	stream_firsts_init(&f, 0xdeadbeef, PURPOSE_INPUTS);
	plain = fast = f;
	for (size_t k = 0; k < sizeof from / sizeof *from; k++) {
		for (uint64_t i = from[k]; i - from[k] < 3 * STREAM_AHEAD; i++) {
			struct stream s;
			stream_open(&s, 0xdeadbeef, PURPOSE_INPUTS, i);
			ck_assert_double_eq(stream_first(&f, i),
				stream_unit(&s));
		}
		stream_firsts_plain(&plain, from[k]);
		has_avx2 = stream_firsts_avx2(&fast, from[k]) == 0;
		for (uint64_t i = 0; i < STREAM_AHEAD; i++) {
			struct stream s;
			stream_open(&s, 0xdeadbeef, PURPOSE_INPUTS, from[k] + i);
			ck_assert_double_eq(plain.unit[i], stream_unit(&s));
			ck_assert(!has_avx2 || fast.unit[i] == plain.unit[i]);
		}
	}
}
END_TEST

START_TEST(first_uniforms_of_seed_1_are_as_specified)
{
	static const double expected[] = { 0.63207563143616396,
		0.82506217502813595, 0.32726696681327405 };
	gsl_rng *r = gsl_rng_alloc(stream_gsl_type);
	struct stream s;

	for (uint64_t i = 0; i < 3; i++) {
		stream_open(&s, 1, PURPOSE_ARRIVALS, i);
		stream_gsl(r, &s);
		ck_assert(gsl_rng_uniform(r) == expected[i]);
		ck_assert_uint_eq(s.used, 2);
		stream_open(&s, 1, PURPOSE_ARRIVALS, i);
		ck_assert(stream_unit(&s) == expected[i]);
	}
	gsl_rng_set(r, 1);
	ck_assert(gsl_rng_uniform(r) == expected[0]);
	ck_assert_str_eq(gsl_rng_name(r), "philox4x32");
	ck_assert_uint_eq(gsl_rng_min(r), 0);
	ck_assert_uint_eq(gsl_rng_max(r), UINT32_MAX);
	gsl_rng_free(r);
}
END_TEST

START_TEST(a_copy_goes_on_from_the_same_place)
{
	gsl_rng *r = gsl_rng_alloc(stream_gsl_type), *clone;
	struct stream s, copy;

	stream_open(&s, 7, PURPOSE_TIMING, 42);
	for (int i = 0; i < 6; i++)
		(void)stream_word(&s);
	copy = s;
	for (int i = 0; i < 20; i++)
		ck_assert_uint_eq(stream_word(&s), stream_word(&copy));
	gsl_rng_set(r, 9);
	(void)gsl_rng_get(r);
	clone = gsl_rng_clone(r);
	for (int i = 0; i < 20; i++)
		ck_assert_uint_eq(gsl_rng_get(r), gsl_rng_get(clone));
	gsl_rng_free(r);
	gsl_rng_free(clone);
}
END_TEST

START_TEST(a_lent_stream_is_moved_by_the_generator)
{
	gsl_rng *r = gsl_rng_alloc(stream_gsl_type);
	struct stream s, plain;

	stream_open(&s, 3, PURPOSE_DEADLINES, 5);
	plain = s;
	stream_gsl(r, &s);
	for (int i = 0; i < 9; i++)
		ck_assert_uint_eq(gsl_rng_get(r), stream_word(&plain));
	ck_assert_uint_eq(stream_word(&s), stream_word(&plain));
	gsl_rng_free(r);
}
END_TEST

START_TEST(seeds_purposes_and_indices_give_unlike_streams)
{
	uint64_t seen[3 * 3 * 3];
	int n = 0;

	for (uint32_t seed = 1; seed <= 3; seed++) {
		for (unsigned p = PURPOSE_ARRIVALS; p <= PURPOSE_INPUTS; p++) {
			for (uint64_t i = 0; i < 3; i++) {
				struct stream s;
				/* The high word of the index counts as well. */
				stream_open(&s, seed, (enum purpose)p, i << 32);
				seen[n] = (uint64_t)stream_word(&s) << 32;
				seen[n] |= stream_word(&s);
				for (int k = 0; k < n; k++)
					ck_assert(seen[k] != seen[n]);
				n++;
			}
		}
	}
}
END_TEST

START_TEST(uniforms_fill_the_unit_interval_evenly)
{
	enum { N = 200000, BINS = 50 };
	int count[BINS] = { 0 };
	double chi2 = 0, sum = 0;
	struct stream s;

	stream_open(&s, 1, PURPOSE_POLICY, 0);
	for (int i = 0; i < N; i++) {
		double u = stream_unit(&s);
		ck_assert(u >= 0 && u < 1);
		sum += u;
		count[(int)(u * BINS)]++;
	}
	for (int i = 0; i < BINS; i++)
		chi2 += pow(count[i] - (double)N / BINS, 2) / ((double)N / BINS);
	ck_assert_double_eq_tol(sum / N, 0.5, 4 * sqrt(1.0 / 12 / N));
	/* 49 degrees of freedom: 99.9 % lie below 85.4. */
	ck_assert(chi2 < 85.4);
}
END_TEST

START_TEST(below_covers_exactly_its_range)
{
	int seen[7] = { 0 };
	struct stream s;

	for (uint64_t i = 0; i < 500; i++) {
		int64_t k;
		stream_open(&s, 1, PURPOSE_INPUTS, i);
		k = stream_below(&s, 7);
		ck_assert(k >= 0 && k < 7);
		seen[k]++;
	}
	for (int k = 0; k < 7; k++)
		ck_assert(seen[k] > 40);
	stream_open(&s, 1, PURPOSE_INPUTS, 0);
	ck_assert(stream_below(&s, 1) == 0);
}
END_TEST

Suite *test_stream(void);
Suite *test_stream(void)
{
	Suite *s = suite_create("stream");
	TCase *t = tcase_create("stream");

	tcase_add_test(t, known_answers_of_the_block_function);
	tcase_add_test(t, words_are_those_of_the_specified_key_and_counter);
	tcase_add_test(t, first_uniforms_are_those_of_streams_opened_one_by_one);
	tcase_add_test(t, first_uniforms_of_seed_1_are_as_specified);
	tcase_add_test(t, a_copy_goes_on_from_the_same_place);
	tcase_add_test(t, a_lent_stream_is_moved_by_the_generator);
	tcase_add_test(t, seeds_purposes_and_indices_give_unlike_streams);
	tcase_add_test(t, uniforms_fill_the_unit_interval_evenly);
	tcase_add_test(t, below_covers_exactly_its_range);
	suite_add_tcase(s, t);
	return s;
}
