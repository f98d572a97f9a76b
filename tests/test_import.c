/* Published traces in miniature, and the real ones where they are at hand. */
#include "../sim/import.h"
#include "../sim/mem.h"
#include "../sim/msg.h"
#include "support_bundle.h"
#include "support_workload.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "KIND FILE --out OUT ...", words separated by blanks. */
static int import_words(const char *words)
{
	char *copy = mem_string(words), *save = NULL, *argv[20] = { "import" };
	int argc = 1, status;

	for (char *s = strtok_r(copy, " ", &save); s;
	     s = strtok_r(NULL, " ", &save))
		argv[argc++] = s;
	status = trace_import(argc, argv);
	free(copy);
	return status;
}

/* The file without its `#` lines after `source_sha256`, statistics included;
 * they begin with "# source". */
static void expect_rows(const char *name, const char *notes, const char *rows)
{
	char *text = tiny_get(".", name, NULL), *at, *expected;

	ck_assert_ptr_eq(strstr(text, "# source = "), text);
	at = strstr(text, "# source_sha256 = ");
	ck_assert_ptr_nonnull(at);
	at = strchr(at, '\n') + 1;
	ck_assert_msg(!strncmp(at, notes, strlen(notes)), "%s", at);
	ck_assert_ptr_eq(strstr(at, "# count = "), at + strlen(notes));
	at = strstr(at, "\nrelease_ns");
	ck_assert_ptr_nonnull(at);
	expected = mem_printf("\nrelease_ns,relative_deadline_ns,input\n%s", rows);
	ck_assert_str_eq(at, expected);
	free(expected);
	free(text);
}

static void import_good(const char *words)
{
	msg_capture(1);
	ck_assert_msg(!import_words(words), "%s", msg_captured());
	ck_assert_ptr_eq(strstr(msg_captured(), "laxity: note: arrivals: count "),
		msg_captured());
	msg_capture(0);
}

/* What is written is accepted, its statistics checked. */
static struct workload *replay_of(const char *name)
{
	char *rest = mem_printf("[arrivals]\nprocess = replay\nfile = %s\n", name);
	struct workload *w = workload_good("", rest);

	ck_assert_int_eq(w->replay_unchecked, 0);
	free(rest);
	return w;
}

/* ---- Azure LLM 2023 ------------------------------------------------------------------- */

#define LLM "TIMESTAMP,ContextTokens,GeneratedTokens"

START_TEST(llm_timestamps_are_exact_to_100_ns_across_midnight)
{
	/* As published: CRLF, no newline at the end; 2024 is a leap year. */
	place_put("llm.csv", LLM "\r\n"
		"2024-02-28 23:59:59.9999999,374,44\r\n"
		"2024-02-29 00:00:00.0000000,396,109\r\n"
		"2024-02-29 00:00:00.5,1,1\r\n"
		"2024-03-01 00:00:00,879,55\r\n"
		"2024-03-01 00:00:00,91,16");
	import_good("azure-llm-2023 llm.csv --out r.csv");
	expect_rows("r.csv", "", "0,,\n100,,\n500000100,,\n86400000000100,,\n"
		"86400000000100,,\n");
	workload_free(replay_of("r.csv"));
}
END_TEST

START_TEST(llm_rows_out_of_order_are_sorted)
{
	place_put("llm.csv", LLM "\n2023-11-16 18:15:50,1,1\n"
		"2023-11-16 18:15:46,1,1\n");
	import_good("azure-llm-2023 llm.csv --out r.csv");
	expect_rows("r.csv", "", "0,,\n4000000000,,\n");
}
END_TEST

/* ---- Azure Functions 2021 --------------------------------------------------------------- */

#define F21 "app,func,end_timestamp,duration\n"

START_TEST(release_is_end_minus_duration_exactly)
{
	/* 5160.142570018768 - 0.134 = 5160.008570018768 s. A double of this
	 * size is 9e-13 s wide, so its 12 decimals fit just so; the last row's
	 * 17 do not. */
	place_put("f.csv", F21
		"a1,f1,5160.142570018768,0.134\n"
		"a1,f2,5160.0085700187675,0\n"
		"a2,f1,5160.5,1e-01\n"
		"a2,f1,0.5,0.6\n"
		"a2,f1,1209599.00000000049999999,0.5\n"
		/* Found by changed corpora: the sum of decimals overflowed. */
		"a2,f1,0.5e-9223372036854775807,0.0e9223372036854775807\n");
	import_good("azure-functions-2021 f.csv --out r.csv");
	expect_rows("r.csv", "# dropped = 1 begun before the trace\n"
		"# functions = 3 of 3\n",
		"0,,\n5160008570019,,\n5160008570019,,\n5160400000000,,\n"
		"1209598500000000,,\n");
}
END_TEST

START_TEST(functions_are_chosen_by_name_or_by_use_and_day)
{
	place_put("f.csv", F21
		"a1,f1,10,1\na1,f1,20,1\na1,f2,86401,1\na2,f1,86402,1\n"
		"a2,f1,86400.5,1\na2,f1,86500,1\na2,f3,86400.75,0.75\n"
		"a2,f3,172800,0\n");
	/* f1 of both apps. */
	import_good("azure-functions-2021 f.csv --functions f1 --out r.csv");
	expect_rows("r.csv", "# functions = 2 of 4: a1/f1 a2/f1\n",
		"9000000000,,\n19000000000,,\n86399500000000,,\n"
		"86401000000000,,\n86499000000000,,\n");
	import_good("azure-functions-2021 f.csv --functions a1/f1,f3 --out r.csv");
	expect_rows("r.csv", "# functions = 2 of 4: a1/f1 a2/f3\n",
		"9000000000,,\n19000000000,,\n86400000000000,,\n"
		"172800000000000,,\n");
	/* Day 2 is [86400, 172800): of a2/f1 two, the others one. */
	import_good("azure-functions-2021 f.csv --day 2 --busiest 2 --out r.csv");
	expect_rows("r.csv", "# functions = 2 of 4, the busiest: a1/f2 a2/f1\n"
		"# day = 2\n", "0,,\n1000000000,,\n99000000000,,\n");
}
END_TEST

/* ---- Azure Functions 2019 --------------------------------------------------------------- */

/* Rows with a few non-zero counts, "minute:count ..." each. */
static void put_2019(const char *name, int n, const char *const *id,
	const char *const *counts)
{
	struct text t;

	text_init(&t);
	text_add(&t, "HashOwner,HashApp,HashFunction,Trigger");
	for (int i = 1; i <= 1440; i++)
		text_add(&t, ",%d", i);
	for (int k = 0; k < n; k++) {
		int count[1441] = { 0 }, minute, c, used;
		for (const char *s = counts[k]; sscanf(s, " %d:%d%n", &minute, &c,
		     &used) == 2; s += used)
			count[minute] = c;
		text_add(&t, "\n%s,http", id[k]);
		for (int i = 1; i <= 1440; i++)
			text_add(&t, ",%d", count[i]);
	}
	text_add(&t, "\n");
	place_put(name, t.s);
	text_fini(&t);
}

START_TEST(counts_are_placed_evenly_on_request)
{
	static const char *const id[] = { "o,a,f", "o,a,g" };
	static const char *const counts[] = { "1:2 1440:3", "2:1" };

	put_2019("invocations_per_function_md.anon.d03.csv", 2, id, counts);
	import_good("azure-functions-2019 . --day 3 --placement even --out r.csv");
	expect_rows("r.csv", "# functions = 2 of 2\n# day = 3\n"
		"# placement = even within the minute\n",
		"15000000000,,\n45000000000,,\n90000000000,,\n"
		"86350000000000,,\n86370000000000,,\n86390000000000,,\n");
	import_good("azure-functions-2019 invocations_per_function_md.anon.d03."
		"csv --placement even --functions o/a/g --out r.csv");
	expect_rows("r.csv", "# functions = 1 of 2: o/a/g\n"
		"# placement = even within the minute\n", "90000000000,,\n");
}
END_TEST

START_TEST(counts_are_placed_uniformly_and_alike_whoever_else_is_chosen)
{
	static const char *const id[] = { "o,a,f", "o,b,g" };
	static const char *const counts[] = { "7:5000 9:10", "3:20" };
	struct workload *w;
	int64_t first[5010];
	double sum = 0;

	put_2019("f.csv", 2, id, counts);
	import_good("azure-functions-2019 f.csv --out all.csv");
	import_good("azure-functions-2019 f.csv --busiest 1 --out one.csv");
	w = replay_of("all.csv");
	ck_assert_int_eq(w->rows, 5030);
	for (int i = 0; i < 5010; i++)
		first[i] = w->row[20 + i].release_ns;
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(w->row[i].release_ns / 60000000000, 2);
	workload_free(w);
	w = replay_of("one.csv");
	ck_assert_int_eq(w->rows, 5010);
	for (int i = 0; i < 5010; i++) {
		ck_assert_int_eq(w->row[i].release_ns, first[i]);
		ck_assert_int_eq(first[i] / 60000000000, i < 5000 ? 6 : 8);
		if (i < 5000)
			sum += (double)(first[i] % 60000000000) * 1e-9 / 5000;
	}
	ck_assert_double_eq_tol(sum, 30, 1);
	workload_free(w);
	import_good("azure-functions-2019 f.csv --busiest 1 --seed 2 --out two.csv");
	w = replay_of("two.csv");
	ck_assert(w->row[0].release_ns != first[0]);
	workload_free(w);
}
END_TEST

/* ---- What is refused ---------------------------------------------------------------------- */

static const struct { const char *words, *text, *message; } bad[] = {
	{ "", "", "trace import: KIND and FILE expected" },
	{ "azure f.csv --out r.csv", "", "trace import: 'azure': azure-llm-2023, "
		"azure-functions-2021 or azure-functions-2019 expected" },
	{ "azure-llm-2023 --out r.csv", "", "trace import: KIND and FILE "
		"expected" },
	{ "azure-llm-2023 f.csv", "", "trace import: --out REPLAY.csv is missing" },
	{ "azure-llm-2023 f.csv g.csv", "", "trace import: KIND and FILE "
		"expected" },
	{ "azure-llm-2023 f.csv --out", "", "trace import: --out: a value is "
		"missing" },
	{ "azure-llm-2023 f.csv --in r.csv", "", "trace import: unknown option "
		"'--in'; options: --out, --functions, --busiest, --day, "
		"--placement, --seed" },
	{ "azure-llm-2023 f.csv --out r.csv --day 1", "", "trace import: "
		"azure-llm-2023 has no functions and days to choose" },
	{ "azure-functions-2021 f.csv --out r.csv --day 15", "",
		"trace import: --day: '15' is no whole number from 1 to 14" },
	{ "azure-functions-2021 f.csv --out r.csv --busiest 0", "",
		"trace import: --busiest: '0' is no whole number from 1 to "
		"2147483647" },
	{ "azure-functions-2021 f.csv --out r.csv --busiest 1 --functions a", "",
		"trace import: --functions and --busiest both choose: give one" },
	{ "azure-functions-2021 f.csv --out r.csv --placement even", "",
		"trace import: --placement and --seed are for "
		"azure-functions-2019" },
	{ "azure-functions-2021 f.csv --out r.csv --seed 1", "",
		"trace import: --placement and --seed are for "
		"azure-functions-2019" },
	{ "azure-functions-2019 f.csv --out r.csv --placement odd", "",
		"trace import: --placement: 'odd' is none of uniform | even" },
	{ "azure-functions-2019 f.csv --out r.csv --seed 0", "",
		"trace import: --seed: '0' is no whole number from 1 to "
		"4294967295" },
	{ "azure-llm-2023 no.csv --out r.csv", "",
		"no.csv: cannot open: No such file or directory" },
	{ "azure-llm-2023 f.csv --out r.csv", "", "f.csv:1: the header must be '"
		LLM "'" },
	{ "azure-llm-2023 f.csv --out r.csv", LLM ",x\n", "f.csv:1: the header "
		"must be '" LLM "'" },
	{ "azure-llm-2023 f.csv --out r.csv", LLM "\n", "f.csv:1: no rows" },
	{ "azure-llm-2023 f.csv --out r.csv", LLM "\n2023-11-16 18:15:46,1\n",
		"f.csv:2: 3 fields expected" },
	{ "azure-llm-2023 f.csv --out r.csv", LLM "\n2023-11-16 18:15:46,1,1,1\n",
		"f.csv:2: 3 fields expected" },
	{ "azure-llm-2023 f.csv --out r.csv", LLM "\n2023-13-16 18:15:46,1,1\n",
		"f.csv:2: TIMESTAMP '2023-13-16 18:15:46': YYYY-MM-DD "
		"HH:MM:SS.fraction expected" },
	{ "azure-llm-2023 f.csv --out r.csv", LLM "\n2023-11-16T18:15:46,1,1\n",
		"f.csv:2: TIMESTAMP '2023-11-16T18:15:46': YYYY-MM-DD "
		"HH:MM:SS.fraction expected" },
	{ "azure-llm-2023 f.csv --out r.csv",
		LLM "\n2023-11-16 18:15:46.1234567891,1,1\n",
		"f.csv:2: TIMESTAMP '2023-11-16 18:15:46.1234567891': YYYY-MM-DD "
		"HH:MM:SS.fraction expected" },
	{ "azure-llm-2023 f.csv --out r.csv", LLM "\n2023-11-16 18:15:46,x,1\n",
		"f.csv:2: tokens 'x': an integer expected" },
	{ "azure-functions-2021 f.csv --out r.csv", "app,func,end,duration\n",
		"f.csv:1: the header must be 'app,func,end_timestamp,duration'" },
	{ "azure-functions-2021 f.csv --out r.csv", F21 "a,f,1\n",
		"f.csv:2: 4 fields expected" },
	{ "azure-functions-2021 f.csv --out r.csv", F21 "a,f,1,-1\n",
		"f.csv:2: duration '-1': seconds from 0 to 1e9 expected" },
	/* Was read as 30 seconds (found by fuzzing). */
	{ "azure-functions-2021 f.csv --out r.csv", F21 "a,f,1,-0\n",
		"f.csv:2: duration '-0': seconds from 0 to 1e9 expected" },
	{ "azure-functions-2021 f.csv --out r.csv", F21 "a,f,1,-0e8316401\n",
		"f.csv:2: duration '-0e8316401': seconds from 0 to 1e9 expected" },
	{ "azure-functions-2021 f.csv --out r.csv", F21 "a,f,nan,1\n",
		"f.csv:2: end_timestamp 'nan': seconds from 0 to 1e9 expected" },
	{ "azure-functions-2021 f.csv --out r.csv", F21 "a b,f,1,1\n",
		"f.csv:2: 'a b': a name expected" },
	{ "azure-functions-2021 f.csv --out r.csv --functions g", F21 "a,f,1,1\n",
		"f.csv: no function 'g'" },
	{ "azure-functions-2021 f.csv --out r.csv --day 2", F21 "a,f,1,1\n",
		"f.csv: no invocations left" },
	{ "azure-functions-2019 f.csv --out r.csv", F21, "f.csv:1: the header "
		"must be 'HashOwner,HashApp,HashFunction,Trigger,1,2,...,1440'" },
	{ "azure-functions-2019 f.csv --out r.csv",
		"HashOwner,HashApp,HashFunction,Trigger,1,2,3\no,a,f,http,1,1,1\n",
		"f.csv:2: 1444 fields expected" },
	{ "azure-functions-2019 f.csv --out r.csv",
		"HashOwner,HashApp,HashFunction,Trigger,1,2,3\no,a,f,http,1,-1,1\n",
		"f.csv:2: minute 2: a count expected" },
	{ "azure-functions-2019 f.csv --out r.csv --day 2", "",
		"f.csv/invocations_per_function_md.anon.d02.csv: cannot open: Not a "
		"directory" },
};

/* Ten digits of a file asked for 80 gigabytes (found by fuzzing). */
START_TEST(a_count_may_not_ask_for_any_number_of_releases)
{
	struct text t;

	text_init(&t);
	text_add(&t, "HashOwner,HashApp,HashFunction,Trigger,1,2,3\n"
		"o,a,few,http,2");
	for (int i = 1; i < 1440; i++)
		text_add(&t, ",0");
	text_add(&t, "\no,a,many,http");
	for (int i = 0; i < 1440; i++)
		text_add(&t, ",%s", i == 7 ? "9999999999" : "0");
	text_add(&t, "\n");
	place_put("f.csv", t.s);
	text_fini(&t);
	msg_capture(1);
	ck_assert_int_eq(import_words("azure-functions-2019 f.csv --out r.csv"), -1);
	expect_refusal("f.csv:3: more than 100000000 invocations: choose fewer "
		"functions (--functions, --busiest)");
	ck_assert_int_ne(access("r.csv", F_OK), 0);
	msg_capture(1);
	ck_assert_int_eq(import_words("azure-functions-2019 f.csv --out r.csv "
		"--functions o/a/few"), 0);
	msg_capture(0);
}
END_TEST

START_TEST(a_bad_import_gets_one_line_and_writes_nothing)
{
	place_put("f.csv", bad[_i].text);
	msg_capture(1);
	ck_assert_int_eq(import_words(bad[_i].words), -1);
	expect_refusal(bad[_i].message);
	ck_assert_int_ne(access("r.csv", F_OK), 0);
}
END_TEST

/* ---- The real ones -------------------------------------------------------------------------- */

/* The traces are not part of the project: LAXITY_ARRIVALS names a folder that
 * has them, else this is skipped. Numbers of paper/spec/workloads.md 7. */
static const struct {
	const char *file;
	int64_t count, span_ns;
	double rate_hz, cv, lag1, idc100, peak100;
} real[] = {
	{ "azure-llm-conv-2023.csv", 19366, 3501721937000, 5.53014, 1.0942,
		0.0616, 6.081, 1.725 },
	{ "azure-llm-code-2023.csv", 8819, 3435948056000, 2.56640, 13.152,
		-0.00280, 137.7, 4.93 },
};

START_TEST(published_arrivals_have_their_known_statistics)
{
	const char *folder = getenv("LAXITY_ARRIVALS");
	char *words;
	struct workload *w;
	struct arrival_stats s;
	struct arrival *all;

	if (!folder)
		return;
	words = mem_printf("azure-llm-2023 %s/%s --out r.csv", folder,
		real[_i].file);
	import_good(words);
	w = replay_of("r.csv");
	all = source_all(w, 1);
	arrival_stats_of(w, all, w->rows, &s);
	ck_assert_int_eq(s.count, real[_i].count);
	ck_assert_int_eq(s.span_ns, real[_i].span_ns);
	ck_assert_double_eq_tol(s.rate_hz, real[_i].rate_hz, 5e-6);
	ck_assert_double_eq_tol(s.cv, real[_i].cv, _i ? 5e-4 : 5e-5);
	ck_assert_double_eq_tol(s.lag1, real[_i].lag1, _i ? 5e-6 : 5e-5);
	ck_assert_double_eq_tol(s.idc100, real[_i].idc100, _i ? 0.05 : 5e-4);
	ck_assert_double_eq_tol(s.peak100, real[_i].peak100, _i ? 5e-3 : 5e-4);
	free(all);
	workload_free(w);
	free(words);
}
END_TEST

Suite *test_import(void);
Suite *test_import(void)
{
	Suite *s = suite_create("import");
	TCase *t = tcase_create("import");

	tcase_add_checked_fixture(t, place_enter, place_leave);
	tcase_add_test(t, llm_timestamps_are_exact_to_100_ns_across_midnight);
	tcase_add_test(t, llm_rows_out_of_order_are_sorted);
	tcase_add_test(t, release_is_end_minus_duration_exactly);
	tcase_add_test(t, functions_are_chosen_by_name_or_by_use_and_day);
	tcase_add_test(t, counts_are_placed_evenly_on_request);
	tcase_add_test(t, counts_are_placed_uniformly_and_alike_whoever_else_is_chosen);
	tcase_add_test(t, a_count_may_not_ask_for_any_number_of_releases);
	tcase_add_loop_test(t, a_bad_import_gets_one_line_and_writes_nothing, 0,
		sizeof bad / sizeof *bad);
	tcase_add_loop_test(t, published_arrivals_have_their_known_statistics, 0,
		sizeof real / sizeof *real);
	suite_add_tcase(s, t);
	return s;
}
