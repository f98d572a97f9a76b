#include "../sim/num.h"

#include <check.h>
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

Suite *test_num(void);
Suite *test_num(void)
{
	Suite *s = suite_create("num");
	TCase *t = tcase_create("num");

	tcase_add_test(t, integers_are_whole_and_in_range);
	tcase_add_test(t, reals_are_plain_decimals);
	tcase_add_test(t, names_have_no_blanks_or_quotes);
	tcase_add_test(t, durations_round_half_away_from_zero);
	suite_add_tcase(s, t);
	return s;
}
