#include "../sim/num.h"
#include "../sim/num_put.h"
#include "../sim/splitmix.h"
#include "support_program.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

START_TEST(integers_are_whole_and_in_range)
{
	static const char *const bad[] = { "", "-", "+1", " 1", "1 ", "1.0",
		"9223372036854775808", "-9223372036854775809", "0x1", "1e3" };
	int64_t x = 7;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_int_eq(num_integer(bad[i], &x), -1);
	ck_assert_int_eq(x, 7);
	ck_assert_int_eq(num_integer("9223372036854775807", &x), 0);
	ck_assert(x == INT64_MAX);
	ck_assert_int_eq(num_integer("-9223372036854775808", &x), 0);
	ck_assert(x == INT64_MIN);
}
END_TEST

START_TEST(reals_are_plain_decimals)
{
	static const char *const bad[] = { "", ".", ".5", "5.", "inf", "nan",
		"0x1p3", "1e", "1e+", "1,5", "1e999", "--1", " 1" };
	double x = 7;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_int_eq(num_real(bad[i], &x), -1);
	ck_assert(x == 7);
	ck_assert_int_eq(num_real("-1.25e-2", &x), 0);
	ck_assert(x == -0.0125);
}
END_TEST

START_TEST(names_have_no_blanks_or_quotes)
{
	ck_assert(num_is_name("a-B_9.x"));
	ck_assert(!num_is_name(""));
	ck_assert(!num_is_name("a b"));
	ck_assert(!num_is_name("a\"b"));
	ck_assert(!num_is_name("\xc3\xa9"));
}
END_TEST

START_TEST(durations_round_half_away_from_zero)
{
	ck_assert(num_scale_ns(3, 0.5) == 2);
	ck_assert(num_scale_ns(-3, 0.5) == -2);
	ck_assert(num_scale_ns(5, 0.5) == 3);
	ck_assert(num_scale_ns(7, 1.0) == 7);
	ck_assert(num_scale_ns(0, 9e99) == 0);
	ck_assert(num_scale_ns(TIME_MAX_NS, 1.0) == TIME_MAX_NS);
	ck_assert(num_scale_ns(TIME_MAX_NS, 1.1) == TIME_NEVER);
}
END_TEST

static void check_print(double x)
{
	char mine[32], theirs[64];

	(void)snprintf(theirs, sizeof theirs, "%.9g", x == 0 ? 0.0 : x);
	ck_assert_str_eq(num_print(mine, x), theirs);
}

START_TEST(reals_are_printed_as_printf_does)
{
	static const double edges[] = { 0, 0.1, 1, 9.99999999949, 9.9999999995,
		9.99999999951, 999999999, 999999999.4, 999999999.6, 1e9, 1e-4,
		9.9999999999e-5, 0.00012345678949999, 123456789.5, 0.5, 1e22,
		0.3, 5e-324, 1.7e308, 0.9902, 0.99021, 0.99989999999,
		0.999899999999999, 0.00019999999999, 0.0002 };
	uint64_t state = 1;

	for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
		check_print(edges[i]);
		check_print(-edges[i]);
	}
	for (int i = 0; i < test_cases(50000, 10); i++) {
		uint64_t r = splitmix(&state);
		/* Over all magnitudes, and with few digits: ties are there. */
		check_print((double)(r % 10001) / 10000);
		check_print(exp((double)(r >> 11) * 0x1p-53 * 50 - 20));
		check_print((double)(r % 2000000000) / pow(10, (double)(r >> 60)));
		check_print(((double)(r % 2000000000) + 0.5) / pow(2, (double)(r >> 60)));
	}
}
END_TEST

START_TEST(integers_are_printed_as_printf_does)
{
	uint64_t state = 2;
	char mine[32], theirs[32];

	for (int i = 0; i < test_cases(100000, 10); i++) {
		int64_t x = (int64_t)(splitmix(&state) >> i % 64);
		if (i < 3)
			x = i == 0 ? 0 : i == 1 ? INT64_MIN : INT64_MAX;
		*num_put_integer(mine, x) = 0;
		(void)snprintf(theirs, sizeof theirs, "%lld", (long long)x);
		ck_assert_str_eq(mine, theirs);
	}
}
END_TEST

START_TEST(columns_are_printed_as_integers_are)
{
	struct num_near near = { 0 };
	int64_t x = 0;
	uint64_t state = 3;
	char mine[64], theirs[32];

	for (int i = 0; i < test_cases(100000, 10); i++) {
		/* Near each other, at times not, and back. */
		x = i % 100 ? x + (int64_t)(splitmix(&state) >> 40)
			: (int64_t)(splitmix(&state) >> (1 + i / 100 % 60));
		if (x < 0)
			x = 0;
		(void)snprintf(theirs, sizeof theirs, "%lld", (long long)x);
		*num_put_near(&near, mine, x) = 0;
		ck_assert_str_eq(mine, theirs);
		*num_put_small(mine, x) = 0;
		ck_assert_str_eq(mine, theirs);
	}
}
END_TEST

Suite *test_num(void);
Suite *test_num(void)
{
	Suite *s = suite_create("num");
	TCase *t = tcase_create("num");

	tcase_add_test(t, integers_are_whole_and_in_range);
	tcase_add_test(t, reals_are_plain_decimals);
	tcase_add_test(t, names_have_no_blanks_or_quotes);
	tcase_add_test(t, durations_round_half_away_from_zero);
	tcase_add_test(t, reals_are_printed_as_printf_does);
	tcase_add_test(t, integers_are_printed_as_printf_does);
	tcase_add_test(t, columns_are_printed_as_integers_are);
	suite_add_tcase(s, t);
	return s;
}
