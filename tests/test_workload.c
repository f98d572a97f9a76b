/* What a workload file may say, what it becomes, and what is refused. */
#include "../sim/mem.h"
#include "../sim/msg.h"
#include "../sim/num.h"
#include "../sim/workload_units.h"
#include "support_workload.h"

#include <glob.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- Units ------------------------------------------------------------------------ */

START_TEST(times_are_rounded_once_half_away_from_zero)
{
	static const struct { const char *text; int64_t ns; } good[] = {
		{ "0", 0 }, { "0.0", 0 }, { "0s", 0 }, { "0T", 0 }, { "7ns", 7 },
		{ "1.5ns", 2 }, { "2.5ns", 3 }, { "0.4ns", 0 }, { "1us", 1000 },
		{ "1.0005us", 1001 }, { "2.5ms", 2500000 }, { "3s", 3000000000 },
		{ "1e-3s", 1000000 }, { "1E3us", 1000000 }, { "1T", 4001 },
		{ "1.5T", 6002 }, { "0.5T", 2001 }, { "22T", 88022 },
		{ "1152921504s", 1152921504000000000 },
		{ "1152921504606846976ns", TIME_MAX_NS },
		{ "1152921504606846975ns", TIME_MAX_NS - 1 },
	};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		int64_t ns = -1;
		ck_assert_msg(!units_time(good[i].text, 4001, &ns), "%s",
			good[i].text);
		ck_assert_msg(ns == good[i].ns, "%s: %lld", good[i].text,
			(long long)ns);
	}
}
END_TEST

START_TEST(times_without_a_number_or_unit_are_refused)
{
	static const struct { const char *text, *reason; } bad[] = {
		{ "", "not a time" }, { "T", "not a time" },
		{ "x1s", "not a time" }, { "1,5s", "not a time" },
		{ "0x1s", "not a time" }, { ".5s", "not a time" },
		{ "1 s", "unknown unit: ns, us, ms, s or T expected" },
		{ "5.s", "unknown unit: ns, us, ms, s or T expected" },
		{ "1m", "unknown unit: ns, us, ms, s or T expected" },
		{ "1S", "unknown unit: ns, us, ms, s or T expected" },
		{ "1t", "unknown unit: ns, us, ms, s or T expected" },
		{ "inf s", "not a time" },
		{ "1", "a unit is missing: ns, us, ms, s or T" },
		{ "1e3", "a unit is missing: ns, us, ms, s or T" },
		{ "-1s", "a time is not negative" },
		{ "1152921505s", "longer than 2^60 ns" },
		{ "1e300s", "longer than 2^60 ns" },
		{ "1e99999s", "not a time" },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int64_t ns = 7;
		const char *reason = units_time(bad[i].text, 4001, &ns);
		ck_assert_msg(reason, "%s", bad[i].text);
		ck_assert_str_eq(reason, bad[i].reason);
		ck_assert_int_eq(ns, 7);
	}
}
END_TEST

START_TEST(printed_times_percentages_and_reals_read_back)
{
	char b[32];
	struct stream s;

	stream_open(&s, 1, PURPOSE_POLICY, 0);
	for (int i = 0; i < 20000; i++) {
		int64_t x = (int64_t)(((uint64_t)stream_word(&s) << 32
			| stream_word(&s)) >> (4 + stream_word(&s) % 60));
		double r = ldexp(stream_unit(&s), (int)(stream_word(&s) % 90) - 45);
		int64_t p = stream_below(&s, 100 * UNITS_PERCENT), y;
		double q;
		ck_assert(!units_time(units_print_time(b, x), 3, &y));
		ck_assert_int_eq(x, y);
		ck_assert(!units_percent(units_print_percent(b, p), &y));
		ck_assert_int_eq(p, y);
		ck_assert(!num_real(units_print_real(b, r), &q) && q == r);
	}
	ck_assert_str_eq(units_print_time(b, 1500), "1500ns");
	ck_assert_str_eq(units_print_time(b, 2000000), "2ms");
	ck_assert_str_eq(units_print_time(b, 0), "0");
	ck_assert_str_eq(units_print_percent(b, 0), "0%");
	ck_assert_str_eq(units_print_percent(b, 33500000000), "33.5%");
	ck_assert_str_eq(units_print_real(b, 0.1), "0.1");
	ck_assert_str_eq(units_print_real(b, 1.2), "1.2");
}
END_TEST

/* ---- What it becomes ------------------------------------------------------------------ */

#define W "[workload]\ntrace = t\nnetworks = a\nrequests = 10\n"
#define A "[arrivals]\nprocess = poisson\nload = 1\n"
#define D "[deadline]\ndistribution = constant\nvalue = 2T\n"

static struct workload *parse(const char *text, int n, const char *const *sets)
{
	return workload_parse("w.ini", text, strlen(text), n, sets, 1);
}

START_TEST(what_is_left_out_has_its_default)
{
	struct workload *w = parse(W A D, 0, NULL);

	ck_assert_ptr_nonnull(w);
	ck_assert_int_eq(w->nets, 1);
	ck_assert_int_eq(w->settings, 1);
	ck_assert_str_eq(w->bundle->setting[w->setting[0]].name, "s1");
	ck_assert_int_eq(w->warmup, 0);
	ck_assert_int_eq(w->devices, 1);
	ck_assert_int_eq(w->full_ns, 4000);
	ck_assert_int_eq(w->order, ORDER_UNIFORM);
	ck_assert_int_eq(w->changes, 1);
	ck_assert(w->change[0].at == 0 && w->change[0].environment == 0);
	ck_assert_int_eq(w->timeline_by_request, 0);
	ck_assert_int_eq(w->goal.objective, OBJECTIVE_NONE);
	ck_assert_int_eq(w->overhead, OVERHEAD_FIXED);
	ck_assert_int_eq(w->decision_ns, 0);
	ck_assert(w->deadline_min_ns == 8000 && w->deadline_max_ns == 8000);
	ck_assert_str_eq(strchr(w->resolved, ';') + 2 + 7 + 64 + 1,
		"networks = a\n"
		"settings = s1\n"
		"requests = 10\n"
		"warmup = 0\n"
		"devices = 1\n"
		"; T is 4000ns\n"
		"\n[arrivals]\nprocess = poisson\nload = 1\n"
		"\n[deadline]\ndistribution = constant\nvalue = 8us\n"
		"\n[inputs]\norder = uniform\n"
		"\n[environment]\ntimeline = 0 default\n"
		"\n[overhead]\ndecision = 0\n");
	workload_free(w);
}
END_TEST

START_TEST(the_reference_is_the_first_of_the_lists)
{
	struct workload *w = parse("[workload]\ntrace = t\nnetworks = b , a\n"
		"settings = s2,s1\nrequests = 1\n" A D, 0, NULL);

	ck_assert_ptr_nonnull(w);
	/* 1200 and 1202 ns at s2; T is their mean. */
	ck_assert_int_eq(w->full_ns, 1201);
	ck_assert_str_eq(w->profile->net[0].name, "b");
	ck_assert_int_eq(w->deadline_min_ns, 2402);
	workload_free(w);
}
END_TEST

START_TEST(a_mean_of_half_a_nanosecond_is_rounded_up)
{
	struct workload *w = parse("[workload]\ntrace = t\nnetworks = b\n"
		"requests = 1\n" A D, 0, NULL);

	ck_assert_ptr_nonnull(w);
	ck_assert_int_eq(w->full_ns, 601); /* 600.5 */
	workload_free(w);
}
END_TEST

START_TEST(overrides_replace_add_and_take_away)
{
	static const char *const sets[] = { "arrivals.load=", "arrivals.rate_hz=5",
		"workload.warmup=3", "deadline.value=1.5T", "inputs.order=shuffled",
		"goal.objective=energy", "goal.accuracy=0.5" };
	struct workload *w = parse(W A D, 7, sets);

	ck_assert_ptr_nonnull(w);
	ck_assert(w->rate_hz == 5);
	ck_assert_int_eq(w->warmup, 3);
	ck_assert_int_eq(w->deadline_min_ns, 6000);
	ck_assert_int_eq(w->order, ORDER_SHUFFLED);
	ck_assert_int_eq(w->goal.objective, OBJECTIVE_ENERGY);
	ck_assert(w->goal.accuracy == 0.5 && isnan(w->goal.energy_j));
	workload_free(w);
}
END_TEST

START_TEST(percentages_name_requests_exactly)
{
	/* In doubles 0.57 / 100 x 10000 is below 57. */
	struct workload *w = parse("[workload]\ntrace = t\nnetworks = a\n"
		"requests = 10000\nwarmup = 100\n" A D "[environment]\n"
		"timeline = 0 default, 0.57% slow,0.575% default,"
		"99.999999999% slow\n", 0, NULL);
	static const int64_t at[] = { 0, 157, 157, 10099 };

	ck_assert_ptr_nonnull(w);
	ck_assert_int_eq(w->timeline_by_request, 1);
	ck_assert_int_eq(w->changes, 4);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(w->change[i].at, at[i]);
		ck_assert_int_eq(w->change[i].environment, i % 2);
	}
	workload_free(w);
}
END_TEST

START_TEST(a_timeline_of_times_counts_from_the_start)
{
	struct workload *w = parse(W A D "[environment]\n"
		"timeline = 0s default, 1.5T slow, 1ms part\n", 0, NULL);

	ck_assert_ptr_nonnull(w);
	ck_assert_int_eq(w->timeline_by_request, 0);
	ck_assert_int_eq(w->change[1].at, 6000);
	ck_assert_int_eq(w->change[2].at, 1000000);
	ck_assert_str_eq(w->bundle->environment[w->change[2].environment],
		"part");
	workload_free(w);
}
END_TEST

START_TEST(overheads_are_fixed_of_the_trace_or_measured)
{
	static const struct { const char *set; enum overhead_kind kind; int64_t ns; }
	x[] = {
		{ "overhead.decision=0", OVERHEAD_FIXED, 0 },
		{ "overhead.decision=5us", OVERHEAD_FIXED, 5000 },
		{ "overhead.decision=trace", OVERHEAD_TRACE, 0 },
		{ "overhead.decision=measured", OVERHEAD_MEASURED, 0 },
	};

	for (int i = 0; i < 4; i++) {
		const char *sets[] = { "workload.trace=o", x[i].set };
		struct workload *w = parse(W A D, 2, sets);
		ck_assert_ptr_nonnull(w);
		ck_assert_int_eq(w->overhead, x[i].kind);
		ck_assert_int_eq(w->decision_ns, x[i].ns);
		workload_free(w);
	}
}
END_TEST

/* ---- The resolved file ------------------------------------------------------------------ */

static const char *one_of(struct stream *s, int n, const char *const *list)
{
	return list[stream_below(s, n)];
}

#define ONE_OF(s, ...) one_of(s, (int)(sizeof((const char *[]){ __VA_ARGS__ }) \
	/ sizeof(char *)), (const char *[]){ __VA_ARGS__ })

/* A random valid workload. */
static void random_workload(struct stream *s, struct text *t)
{
	const char *process = ONE_OF(s, "closed", "periodic", "poisson", "gamma",
		"mmpp", "replay");
	bool replay = !strcmp(process, "replay");

	text_add(t, "[workload]\ntrace = %s\nnetworks = %s\n%s",
		ONE_OF(s, "t", "o"), ONE_OF(s, "a", "b", "b,a", "a ,b"),
		ONE_OF(s, "", "settings = s2\n", "settings = s1, s2\n"));
	text_add(t, "requests = %d\nwarmup = %d\n%s", 1 + (int)stream_below(s, 40),
		(int)stream_below(s, 9), ONE_OF(s, "", "devices = 3\n"));
	text_add(t, "[arrivals]\nprocess = %s\n", process);
	if (!strcmp(process, "closed"))
		text_add(t, "clients = %d\nreissue = deadline\n",
			1 + (int)stream_below(s, 30));
	else if (replay)
		text_add(t, "file = r.csv\n%s%s%s", ONE_OF(s, "",
			"window = 0..1T\n", "window = 3ns..0.001s\n"),
			ONE_OF(s, "", "keep = 0.97\n"), ONE_OF(s, "",
			"time_scale = 1.7\n", "load = 0.3\n", "rate_hz = 1e5\n"));
	else
		text_add(t, "%s", ONE_OF(s, "load = 0.7\n", "rate_hz = 12345.678\n",
			"period = 3.21us\n", "period = 1.37T\n",
			"load = 0.123456789012345\n"));
	if (!strcmp(process, "periodic"))
		text_add(t, "%s%s", ONE_OF(s, "", "offset = 5T\n"),
			ONE_OF(s, "", "jitter = 9ns\n", "jitter = 0.01T\n"));
	if (!strcmp(process, "gamma"))
		text_add(t, "cv = %s\n", ONE_OF(s, "0.3", "1", "2.25"));
	if (!strcmp(process, "mmpp"))
		text_add(t, "%s", ONE_OF(s, "rates = 1, 5\nstay = 30T, 10T\n",
			"rates = 0, 0.1, 7\nstay = 1ms, 0.3ms, 77.7us\n"));
	text_add(t, "[deadline]\n%s", ONE_OF(s,
		"distribution = constant\nvalue = 2.2T\n",
		"distribution = uniform\nmin = 1.5T\nmax = 6T\n",
		"distribution = uniform\nmin = 100ns\nmax = 0.1s\n"));
	text_add(t, "%s", ONE_OF(s, "", "[inputs]\n", "[inputs]\norder = bursts\n",
		"[inputs]\norder = bursts\nshare = 0.3\nburst = 3.5\n",
		"[inputs]\norder = sequential\n", "[inputs]\norder = shuffled\n"));
	text_add(t, "%s", ONE_OF(s, "", "[environment]\n",
		"[environment]\ntimeline = 0 slow\n",
		"[environment]\ntimeline = 0 default,33.3% slow,66.25% default\n",
		"[environment]\ntimeline = 0 slow, 10T default, 1s slow\n"));
	text_add(t, "%s", ONE_OF(s, "", "[goal]\nobjective = energy\n"
		"accuracy = 0.88\n", "[goal]\nobjective = accuracy\n"
		"energy_j = 0.05\naccuracy = 0.1\n"));
	text_add(t, "%s", ONE_OF(s, "", "[overhead]\ndecision = 0.1T\n",
		"[overhead]\ndecision = measured\n"));
}

static void same_workload(const struct workload *a, const struct workload *b)
{
	struct arrival *x, *y;
	int64_t n = a->warmup + a->requests;

	ck_assert_str_eq(a->resolved, b->resolved);
	ck_assert_int_eq(n, b->warmup + b->requests);
	ck_assert_int_eq(a->warmup, b->warmup);
	ck_assert(a->rate_hz == b->rate_hz || (isnan(a->rate_hz)
		&& isnan(b->rate_hz)));
	ck_assert(a->mean_deadline_ns == b->mean_deadline_ns);
	ck_assert_int_eq(a->decision_ns, b->decision_ns);
	ck_assert_int_eq(a->changes, b->changes);
	for (int i = 0; i < a->changes; i++) {
		ck_assert_int_eq(a->change[i].at, b->change[i].at);
		ck_assert_int_eq(a->change[i].environment,
			b->change[i].environment);
	}
	x = source_all(a, 3);
	y = source_all(b, 3);
	ck_assert_mem_eq(x, y, (size_t)n * sizeof *x);
	free(x);
	free(y);
}

START_TEST(the_resolved_file_reads_back_to_the_same_workload)
{
	struct stream s;
	struct text rows;
	int read = 0;

	text_init(&rows);
	text_add(&rows, "release_ns,relative_deadline_ns,input,group\n");
	for (int i = 0; i < 200; i++)
		text_add(&rows, "%d,%s,%d,%dg\n", 7 * i, i % 3 ? "90000" : "",
			i % 20, i / 9);
	place_put("r.csv", rows.s);
	text_fini(&rows);
	stream_open(&s, 1, PURPOSE_POLICY, 0);
	for (int i = 0; i < 2000; i++) {
		struct workload *a, *b;
		struct text t;
		text_init(&t);
		random_workload(&s, &t);
		/* Some ask for more rows than the file has left, or end a
		 * group too late: skipped. */
		msg_capture(1);
		a = parse(t.s, 0, NULL);
		if (!a)
			ck_assert_msg(strstr(t.s, "replay"), "%s%s", t.s,
				msg_captured());
		msg_capture(0);
		if (a) {
			read++;
			b = parse(a->resolved, 0, NULL);
			ck_assert_msg(b, "%s", a->resolved);
			same_workload(a, b);
			workload_free(b);
		}
		workload_free(a);
		text_fini(&t);
	}
	ck_assert_int_gt(read, 1700);
}
END_TEST

/* ---- What is committed ------------------------------------------------------------------ */

START_TEST(committed_workloads_are_read)
{
	glob_t files;

	ck_assert_int_eq(glob("workloads/*.ini", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct workload *w = workload_read(files.gl_pathv[i], 0, NULL, 1);
		ck_assert_msg(w, "%s", files.gl_pathv[i]);
		workload_free(w);
	}
	ck_assert_uint_ge(files.gl_pathc, 7);
	globfree(&files);
}
END_TEST

START_TEST(the_default_scenario_has_the_stated_loads)
{
	struct workload *w = workload_read("workloads/default.ini", 0, NULL, 1);
	double full, mandatory;

	ck_assert_ptr_nonnull(w);
	ck_assert(w->requests == 20000 && w->warmup == 500 && w->clients == 20);
	ck_assert_int_eq(w->deadline_min_ns, 2 * w->full_ns);
	ck_assert_int_eq(w->deadline_max_ns, 22 * w->full_ns);
	workload_load(w, &full, &mandatory);
	ck_assert_double_eq_tol(full, 20.0 / 12, 1e-12);
	ck_assert(mandatory > 0.3 && mandatory < 0.6);
	workload_free(w);
}
END_TEST

Suite *test_workload(void);
Suite *test_workload(void)
{
	Suite *s = suite_create("workload");
	TCase *t = tcase_create("workload");

	tcase_add_checked_fixture(t, place_enter, place_leave);
	tcase_add_test(t, times_are_rounded_once_half_away_from_zero);
	tcase_add_test(t, times_without_a_number_or_unit_are_refused);
	tcase_add_test(t, printed_times_percentages_and_reals_read_back);
	tcase_add_test(t, what_is_left_out_has_its_default);
	tcase_add_test(t, the_reference_is_the_first_of_the_lists);
	tcase_add_test(t, a_mean_of_half_a_nanosecond_is_rounded_up);
	tcase_add_test(t, overrides_replace_add_and_take_away);
	tcase_add_test(t, percentages_name_requests_exactly);
	tcase_add_test(t, a_timeline_of_times_counts_from_the_start);
	tcase_add_test(t, overheads_are_fixed_of_the_trace_or_measured);
	tcase_add_test(t, the_resolved_file_reads_back_to_the_same_workload);
	suite_add_tcase(s, t);
	t = tcase_create("committed");
	tcase_add_test(t, committed_workloads_are_read);
	tcase_add_test(t, the_default_scenario_has_the_stated_loads);
	suite_add_tcase(s, t);
	return s;
}
