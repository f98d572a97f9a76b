/* What `laxity run` prints, from numbers made by hand: tables, quoted words, the
 * order of requests. */
#include "../sim/mem.h"
#include "../sim/out.h"
#include "../sim/out_requests.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Tables from numbers made by hand -------------------------------------------------- */

static const struct result_policy two[] = { { "first", 0 }, { "second", 1 } };
static const uint32_t seeds[] = { 1, 2, 3, 4, 5 };

static void fill(struct results *s, const double (*accuracy)[5],
	const double (*missed)[5])
{
	results_init(s, 2, 5, two, seeds);
	for (int k = 0; k < 2; k++) {
		for (int r = 0; r < 5; r++) {
			struct outcome *o = results_at(s, k, r);
			for (const struct column *c = outcome_columns; c->name; c++)
				outcome_set(o, c, NAN);
			o->metrics.requests = o->metrics.answered = 1000;
			o->metrics.accuracy = accuracy[k][r];
			o->metrics.miss_ratio = missed[k][r];
			s->done[k * 5 + r] = 1;
		}
	}
}

START_TEST(differences_are_put_into_words)
{
	/* d = .01 .02 .03 .04 .05: 3 +- 1.96 points, at 97.5 % (m = 2)
	 * t(0.9875, 4) = 3.4954 -> 2.47. Misses: d = 0, -.01, 0, .01, 0. */
	static const double accuracy[2][5] = { { .5, .6, .7, .6, .5 },
		{ .51, .62, .73, .64, .55 } };
	static const double missed[2][5] = { { .1, .1, .1, .1, .1 },
		{ .1, .09, .1, .11, .1 } };
	struct description d = { 0 };
	struct results s;
	struct text t;

	fill(&s, accuracy, missed);
	text_init(&t);
	out_table(&t, &s, &d);
	ck_assert_str_eq(t.s,
		"seeds       1 to 5: means of 5 replications; ± is half a 95 % "
		"confidence interval\n"
		"columns     accuracy: right answers in time, of all requests; miss: no "
		"answer by the deadline;\n"
		"            mean depth: stages completed in time; response: from "
		"release to leaving\n\n"
		"policy         accuracy      miss ratio   p50 response   p99 response\n"
		"                      %               %             ms             ms\n"
		"---------------------------------------------------------------------\n"
		"first     58.00 ± 10.39  10.000 ± 0.000  0.000 ± 0.000  0.000 ± 0.000\n"
		"second *  61.00 ± 10.57  10.000 ± 0.878  0.000 ± 0.000  0.000 ± 0.000\n"
		"\n"
		"Differences between runs on the same requests, seed by seed; ± is half "
		"a 95 % confidence interval.\n"
		"The words follow the interval in brackets, which holds for all 2 "
		"comparisons together (97.5 %).\n"
		"\n"
		"against first                               accuracy                  "
		"                                  miss ratio\n"
		"----------------------------------------------------------------------"
		"--------------------------------------------\n"
		"second *       better by 3.00 ± 1.96 points [± 2.47]  no evidence of a "
		"difference (0.000 ± 0.878 points) [± 1.105]\n"
		"\n"
		"* clairvoyant: it sees what no real scheduler can; a reference, not a "
		"competitor\n");
	text_fini(&t);
	results_fini(&s);
}
END_TEST

START_TEST(shares_of_none_and_all_are_printed_with_their_limit)
{
	static const double accuracy[2][5] = { { 1, 1, 1, 1, 1 },
		{ .5, .5, .5, .5, .75 } };
	static const double missed[2][5] = { { 0 }, { 0, 0, 0, 0, .25 } };
	struct results s;
	struct text t;

	fill(&s, accuracy, missed);
	text_init(&t);
	out_table_policies(&t, &s, 0);
	/* 1 - 0.05^(1/5000) = 0.000599; 0.05^(1/5000) = 0.999401. */
	ck_assert_msg(strstr(t.s, "\nfirst     100.00 (≥ 99.94)  0.000 (≤ 0.06)")
		!= NULL, "%s", t.s);
	ck_assert_msg(strstr(t.s, "\nsecond *     55.00 ± 13.88  5.000 ± 13.882")
		!= NULL, "%s", t.s);
	out_table_notes(&t, &s);
	ck_assert(strstr(t.s, "≤ ≥ the same in every replication: a limit with "
		"95 % confidence, if requests were independent\n") != NULL);
	text_fini(&t);
	results_fini(&s);
}
END_TEST

START_TEST(policies_with_commas_or_quotes_are_quoted)
{
	struct text t;

	text_init(&t);
	out_csv_field(&t, "edf");
	text_add(&t, "|");
	out_csv_field(&t, "a:x=1,y=2");
	text_add(&t, "|");
	out_csv_field(&t, "./a\"b.so");
	ck_assert_str_eq(t.s, "edf|\"a:x=1,y=2\"|\"./a\"\"b.so\"");
	text_fini(&t);
	text_init(&t);
	out_json_string(&t, "a\"\\\n\x01\xff\xc3\xa4\xe2\x82");
	ck_assert_str_eq(t.s, "\"a\\\"\\\\\\n\xef\xbf\xbd\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\"");
	text_fini(&t);
}
END_TEST

/* ---- Requests --------------------------------------------------------------- */

static int64_t emitted[1000];
static int emits;

static void keep_number(void *context, const struct request_record *r)
{
	(void)context;
	emitted[emits++] = r->number;
}

START_TEST(requests_come_out_in_order_whatever_the_order_they_leave_in)
{
	struct reorder o;

	/* From 10 on: blocks of 300, each backwards; fewer are left out. */
	emits = 0;
	reorder_init(&o, 10, NULL, keep_number);
	for (int64_t block = 0; block < 900; block += 300)
		for (int64_t i = 299; i >= 0; i--) {
			struct request_record r = { .number = block + i };
			reorder_add(&o, &r);
		}
	ck_assert_int_eq(emits, 890);
	for (int i = 0; i < emits; i++)
		ck_assert_int_eq(emitted[i], i + 10);
	reorder_fini(&o);
}
END_TEST

Suite *test_out(void);
Suite *test_out(void)
{
	Suite *s = suite_create("out");
	TCase *t = tcase_create("out");

	tcase_add_test(t, differences_are_put_into_words);
	tcase_add_test(t, shares_of_none_and_all_are_printed_with_their_limit);
	tcase_add_test(t, policies_with_commas_or_quotes_are_quoted);
	tcase_add_test(t, requests_come_out_in_order_whatever_the_order_they_leave_in);
	suite_add_tcase(s, t);
	return s;
}
