#include "../sim/quantile.h"

#include "../sim/mem.h"
#include "../sim/stream.h"

#include <check.h>
#include <stdlib.h>

static int rising(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* ceil(q n) with q = percent / 100, found by counting. */
static int64_t by_sorting(const int64_t *sorted, int64_t n, int percent)
{
	int64_t rank = 1;

	while (rank * 100 < percent * n)
		rank++;
	return sorted[rank - 1];
}

START_TEST(quantiles_are_of_nearest_rank)
{
	struct quantile *q = quantile_new(1000);

	ck_assert_int_eq(quantile_rank(q, 50), -1);
	quantile_add(q, 7);
	ck_assert_int_eq(quantile_rank(q, 1), 7);
	ck_assert_int_eq(quantile_rank(q, 100), 7);
	for (int i = 99; i >= 1; i--)
		quantile_add(q, i * 10);
	/* 7, 10, 20 ... 990: 100 values */
	ck_assert_int_eq(quantile_rank(q, 1), 7);
	ck_assert_int_eq(quantile_rank(q, 2), 10);
	ck_assert_int_eq(quantile_rank(q, 50), 490);
	ck_assert_int_eq(quantile_rank(q, 99), 980);
	ck_assert_int_eq(quantile_rank(q, 100), 990);
	quantile_add(q, 1000);      /* 101 values: ceil(99.99) = 100 */
	ck_assert_int_eq(quantile_rank(q, 99), 990);
	quantile_free(q);
	quantile_free(NULL);
}
END_TEST

/* Kept and counted values must agree with sorting, at every step: small maxima
 * pass from one form to the other on the way. */
START_TEST(quantiles_equal_those_of_sorting)
{
	static const int64_t maxima[] = { 0, 1, 2, 63, 1023, 1024, 1500, 5000,
		INT64_C(1) << 40 };
	enum { N = 6000 };
	int64_t *sorted = mem_new(N, sizeof *sorted);
	struct stream s;

	stream_open(&s, 3, PURPOSE_POLICY, 0);
	for (size_t m = 0; m < sizeof maxima / sizeof *maxima; m++) {
		struct quantile *q = quantile_new(maxima[m]);

		for (int64_t n = 0; n < N; ) {
			int64_t x = stream_below(&s, maxima[m] + 1);

			/* Some runs of the largest value too. */
			x = n % 7 == 3 ? maxima[m] : x;
			quantile_add(q, x);
			sorted[n++] = x;
			if (n != 1 && n % 977 != 0 && n != N)
				continue;
			qsort(sorted, (size_t)n, sizeof *sorted, rising);
			for (int p = 1; p <= 100; p++)
				ck_assert_int_eq(quantile_rank(q, p),
					by_sorting(sorted, n, p));
		}
		ck_assert_int_eq(q->n, N);
		ck_assert_msg((q->count != NULL) == (maxima[m] / 2 + 1 < N),
			"max %ld", (long)maxima[m]);
		quantile_free(q);
	}
	free(sorted);
}
END_TEST

/* Room taken beforehand changes nothing but when it is taken. */
START_TEST(reserved_room_is_enough_and_may_be_exceeded)
{
	struct quantile *q = quantile_new(100000), *plain = quantile_new(100000);
	struct quantile *counted = quantile_new(100000);
	struct quantile *expected = quantile_new(100000);

	quantile_expect(expected, 2000);
	ck_assert_int_eq(expected->room, 2000);
	/* More than are kept: counted from the start. */
	quantile_reserve(counted, 50002);
	ck_assert_ptr_nonnull(counted->count);
	ck_assert_int_eq(quantile_rank(counted, 50), -1);
	quantile_reserve(q, 3000);
	ck_assert_int_eq(q->room, 3000);
	for (int i = 0; i < 5000; i++) {
		quantile_add(q, i * 7919 % 100000);
		quantile_add(plain, i * 7919 % 100000);
		quantile_add(counted, i * 7919 % 100000);
		quantile_add(expected, i * 7919 % 100000);
		if (i == 2999)
			ck_assert_int_eq(q->room, 3000);
	}
	for (int percent = 1; percent <= 100; percent++) {
		int64_t right = quantile_rank(plain, percent);
		ck_assert_int_eq(quantile_rank(q, percent), right);
		ck_assert_int_eq(quantile_rank(counted, percent), right);
		ck_assert_int_eq(quantile_rank(expected, percent), right);
	}
	quantile_free(expected);
	quantile_free(q);
	quantile_free(plain);
	quantile_free(counted);
}
END_TEST

START_TEST(memory_stops_growing_at_one_counter_a_value)
{
	struct quantile *q = quantile_new(9999);

	for (int64_t i = 0; i < 5000; i++) {
		quantile_add(q, i);
		ck_assert_int_le(q->room, 5000);
	}
	ck_assert_ptr_nonnull(q->value);
	for (int64_t i = 5000; i < 10000; i++) {
		quantile_add(q, i);
		ck_assert_ptr_null(q->value);
	}
	quantile_add(q, 9999);
	for (int64_t i = 0; i < 5000000; i++)
		quantile_add(q, i * 7919 % 10000);
	/* 501 times 0 ... 9999, and 9999 once more */
	ck_assert_int_eq(q->n, 5010001);
	ck_assert_int_eq(quantile_rank(q, 50), 5000);
	ck_assert_int_eq(quantile_rank(q, 99), 9900);
	quantile_free(q);
}
END_TEST

/* 2^32 values of 3 would take a minute: the counter is set short of that. */
START_TEST(counters_that_come_back_to_zero_are_counted)
{
	struct quantile *q = quantile_new(9);

	for (int i = 0; i < 10; i++)
		quantile_add(q, i);
	ck_assert_int_eq(quantile_rank(q, 50), 4);
	ck_assert_uint_eq(q->count[3], 1);
	q->count[3] = UINT32_MAX;
	q->n += UINT32_MAX - 1;
	quantile_add(q, 3);
	quantile_add(q, 3);
	/* 0 1 2, 2^32 + 1 times 3, 4 ... 9 */
	ck_assert_int_eq(q->n, (INT64_C(1) << 32) + 10);
	ck_assert_int_eq(quantile_rank(q, 1), 3);
	ck_assert_int_eq(quantile_rank(q, 99), 3);
	ck_assert_int_eq(quantile_rank(q, 100), 9);
	ck_assert_uint_eq(q->count[3], 1);
	ck_assert_uint_eq(q->wrapped[3], 1);
	/* As many of 8 again and a few: the middle is among them. */
	q->count[8] = UINT32_MAX - 1;
	q->wrapped[8] = 1;
	q->n += (INT64_C(2) << 32) - 3;
	quantile_add(q, 8);
	ck_assert_int_eq(quantile_rank(q, 33), 3);
	ck_assert_int_eq(quantile_rank(q, 34), 8);
	quantile_free(q);
}
END_TEST

Suite *test_quantile(void);
Suite *test_quantile(void)
{
	Suite *s = suite_create("quantile");
	TCase *t = tcase_create("quantile");

	tcase_add_test(t, quantiles_are_of_nearest_rank);
	tcase_add_test(t, quantiles_equal_those_of_sorting);
	tcase_add_test(t, reserved_room_is_enough_and_may_be_exceeded);
	tcase_add_test(t, memory_stops_growing_at_one_counter_a_value);
	tcase_add_test(t, counters_that_come_back_to_zero_are_counted);
	suite_add_tcase(s, t);
	return s;
}
