/* Live logs: what is in them repeats the run, as a file too; what was changed
 * is found out. */
#include "support_live.h"

#include "../support_program.h"

#include "../../sim/mem.h"
#include "../../sim/msg.h"
#include "../../traces/harness/recorded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct live_log *some_log(struct workload **w, struct choice *c)
{
	struct live_options o = live_place_options("replay", "t", "t");
	struct live_log *log;
	enum live_end end;
	struct metrics m;
	struct live *l;

	*w = live_workload("a\nsettings = s1, s2", 60, POISSON FAR);
	l = live_open(*w, &o);
	ck_assert_ptr_nonnull(l);
	ck_assert_int_eq(choice_parse(c, "imprecise"), 0);
	ck_assert_int_eq(live_run(l, *w, c, 7, NULL, &m, &log, &end), 0);
	live_close(l);
	return log;
}

START_TEST(a_log_that_was_tampered_with_is_found_out)
{
	struct recorded_check check;
	struct live_stage *g;
	struct workload *w;
	struct choice c;
	struct live_log *log = some_log(&w, &c);
	struct run run = { .workload = w, .choice = &c, .seed = 7 };
	struct metrics m;
	char *text;

	g = &log->stage[log->stages / 2];
	g->finished_ns += 1;
	ck_assert_int_eq(recorded_run(&run, log, RECORDED_ALL, &m, &check), 0);
	ck_assert(check.differs);
	ck_assert_int_gt(check.compared, 0);
	ck_assert_int_lt(check.compared, log->decisions);
	/* The first decision after that stage is a nanosecond late. */
	ck_assert_int_eq(check.repeated.at_ns, check.live.at_ns + 1);
	text = recorded_difference(&check, w);
	ck_assert_ptr_nonnull(strstr(text, "(+1 ns)"));
	free(text);
	g->finished_ns -= 1;
	log->decision[3].number++;
	ck_assert_int_eq(recorded_run(&run, log, RECORDED_ALL, &m, &check), 0);
	ck_assert(check.differs);
	ck_assert_int_eq(check.compared, 3);
	log->decision[3].number--;
	log->decisions--;
	ck_assert_int_eq(recorded_run(&run, log, RECORDED_ALL, &m, &check), 0);
	ck_assert(check.differs);
	ck_assert_int_eq(check.compared, log->decisions);
	ck_assert_int_eq(check.live.kind, -1);
	log->decisions++;
	ck_assert_int_eq(recorded_run(&run, log, RECORDED_ALL, &m, &check), 0);
	ck_assert(!check.differs);
	live_log_free(log);
	choice_fini(&c);
	workload_free(w);
}
END_TEST

static void write_log(const struct live_log *log, const char *path,
	const struct workload *w)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	live_log_write(log, f, w);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(a_log_reads_back_as_it_was)
{
	struct recorded_check check;
	struct workload *w, *w2;
	struct choice c;
	struct live_log *log = some_log(&w, &c), *back;
	struct run run = { .workload = w, .choice = &c, .seed = 7 };
	struct metrics m;

	ck_assert_int_eq(recorded_repeat(&run, log, &m, &check), 0);
	/* Whatever the run was like, one of each kind of row. */
	log->stage[4].strange = 1;
	log->stage[4].confidence = 0.1f;
	*live_log_decision(log) = (struct live_decision){ .at_ns
		= log->decision[log->decisions - 1].at_ns, .number = 9,
		.kind = DECIDE_DROP };
	write_log(log, "log.csv", w);
	back = live_log_read("log.csv", &w2);
	ck_assert_ptr_nonnull(back);
	ck_assert_str_eq(w->resolved, w2->resolved);
	ck_assert_int_eq(back->facts, log->facts);
	for (int i = 0; i < log->facts; i++)
		ck_assert_str_eq(live_log_get(back, log->fact[i].name),
			log->fact[i].value);
	ck_assert_int_eq(back->wakes, log->wakes);
	ck_assert_int_eq(back->decisions, log->decisions);
	ck_assert_int_eq(back->stages, log->stages);
	ck_assert_int_eq(back->requests, log->requests);
	for (int64_t i = 0; i < log->wakes; i++)
		ck_assert(back->wake[i].at_ns == log->wake[i].at_ns
			&& back->wake[i].due_ns == log->wake[i].due_ns);
	for (int64_t i = 0; i < log->decisions; i++)
		ck_assert(live_decision_equal(&back->decision[i],
			&log->decision[i]));
	for (int64_t i = 0; i < log->stages; i++) {
		const struct live_stage *a = &log->stage[i];
		const struct live_stage *b = &back->stage[i];
		ck_assert(a->number == b->number && a->picked_ns == b->picked_ns
			&& a->sent_ns == b->sent_ns
			&& a->finished_ns == b->finished_ns
			&& a->confidence == b->confidence
			&& a->answer == b->answer && a->net == b->net
			&& a->setting == b->setting && a->depth == b->depth
			&& a->correct == b->correct && a->strange == b->strange);
	}
	for (int64_t i = 0; i < log->requests; i++) {
		ck_assert_int_eq(back->request[i].noticed_ns,
			log->request[i].noticed_ns);
		ck_assert_int_ge(back->request[i].noticed_ns,
			back->request[i].release_ns);
		ck_assert_int_eq(back->request[i].leave_ns,
			log->request[i].leave_ns);
		ck_assert_int_eq(back->request[i].depth, log->request[i].depth);
	}
	live_log_free(back);
	workload_free(w2);
	live_log_free(log);
	choice_fini(&c);
	workload_free(w);
}
END_TEST

/* Replace `old` in log.csv and expect this one line. */
static void refuse_log(const char *good, const char *old, const char *new,
	const char *why)
{
	const char *at = strstr(good, old);
	struct workload *w;
	char *bad;

	ck_assert_msg(at != NULL, "%s", old);
	bad = mem_printf("%.*s%s%s", (int)(at - good), good, new,
		at + strlen(old));
	test_write("bad.csv", bad);
	msg_capture(1);
	ck_assert_msg(!live_log_read("bad.csv", &w), "%s -> %s", old, new);
	ck_assert_msg(strstr(msg_captured(), why) != NULL, "%s", msg_captured());
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	msg_capture(0);
	free(bad);
}

START_TEST(a_bad_log_is_refused_with_its_line)
{
	struct recorded_check check;
	struct workload *w;
	struct choice c;
	struct live_log *log = some_log(&w, &c);
	struct run run = { .workload = w, .choice = &c, .seed = 7 };
	struct metrics m;
	char *good, *promising;
	const char *at;

	ck_assert_int_eq(recorded_repeat(&run, log, &m, &check), 0);
	log->decision[0].number = 0;
	log->stage[0].number = 0;
	write_log(log, "log.csv", w);
	good = test_read("log.csv", NULL);
	refuse_log(good, "format 1\n", "format 2\n", "newer laxity (format 2; "
		"this one knows 1)");
	refuse_log(good, "# laxity live log", "# another log",
		"not a live log");
	refuse_log(good, "# seed = 7", "# seed = x", "no '# seed = '");
	refuse_log(good, "# policy = ", "# police = ", "no '# policy = '");
	refuse_log(good, "# trace_sha256 = ", "# trace_sha256 = 0",
		"another version of t");
	refuse_log(good, "#| networks = a", "#| networks = b",
		"network 'a' is no candidate");
	refuse_log(good, "\nwake,", "\nwoke,", "event 'woke' is none of");
	refuse_log(good, "\nrun,", "\nrun,-", "at_ns '-");
	refuse_log(good, ",as_trace\n", "\n", "the header must be");
	/* Room for all that a workload promises is not given on its word. */
	at = strstr(good, "#| requests = ");
	ck_assert_ptr_nonnull(at);
	promising = mem_printf("%.*s#| requests = 100000000000%s", (int)(at - good),
		good, at + strcspn(at, "\n"));
	refuse_log(promising, ",as_trace\n", ",as_trace\n"
		"request,5,5,9999999999,,,1,,6,,,0,\n",
		"request 9999999999 without those before it");
	free(promising);
	free(good);
	live_log_free(log);
	choice_fini(&c);
	workload_free(w);
}
END_TEST

/* As written for format 1: tests/compat/README.md. */
START_TEST(logs_of_format_1_are_read_and_repeated)
{
	struct recorded_check check;
	struct workload *w;
	struct live_log *log = live_log_read("tests/compat/live-log-1.csv", &w);
	struct choice c;
	struct run run = { .choice = &c, .seed = 1 };
	struct metrics m;

	ck_assert_ptr_nonnull(log);
	ck_assert_int_eq(log->stages, 18);
	ck_assert_int_eq(log->decisions, 32);
	ck_assert_str_eq(live_log_get(log, "policy"), "threshold:stop=0.5");
	ck_assert_int_eq(choice_parse(&c, live_log_get(log, "policy")), 0);
	run.workload = w;
	ck_assert_int_eq(recorded_run(&run, log, RECORDED_ALL, &m, &check), 0);
	ck_assert(!check.differs);
	ck_assert_int_eq(m.requests, 6);
	ck_assert_int_eq(m.correct, 3);
	ck_assert_int_eq(m.response_p50_ns, 25771);
	choice_fini(&c);
	live_log_free(log);
	workload_free(w);
}
END_TEST

/* ---- What is given ---------------------------------------------------------------- */

/* Late by 1000 ns at every wake-up, 300 ns from pick to send: a lone request
 * on an idle device then takes so much longer. */
START_TEST(wake_ups_and_dispatch_enter_one_after_the_other)
{
	struct workload *w = live_workload("b", 50, "[arrivals]\n"
		"process = periodic\nperiod = 100us\n[deadline]\n"
		"distribution = constant\nvalue = 20us\n");
	struct live_wake wake = { 5, 1005 };
	struct live_stage stage = { .picked_ns = 10, .sent_ns = 310,
		.finished_ns = 7310 };
	struct live_log log = { .wakes = 1, .wake = &wake, .stages = 1,
		.stage = &stage };
	struct run run = { .workload = w, .seed = 1 };
	static const int64_t more[][2] = { { RECORDED_NOTHING, 0 },
		{ RECORDED_WAKES, 1000 }, { RECORDED_DISPATCH, 300 },
		{ RECORDED_WAKES | RECORDED_DISPATCH, 1300 } };
	struct metrics plain, m;
	struct choice c;

	ck_assert_int_eq(choice_parse(&c, "fifo"), 0);
	run.choice = &c;
	ck_assert_int_eq(engine_run(&run, &plain), 0);
	for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
		ck_assert_int_eq(recorded_run(&run, &log, (unsigned)more[i][0],
			&m, NULL), 0);
		ck_assert_int_eq(m.response_p50_ns, plain.response_p50_ns
			+ more[i][1]);
		ck_assert_int_eq(m.response_p99_ns, plain.response_p99_ns
			+ more[i][1]);
		ck_assert_int_eq(m.missed, 0);
		/* The device is at work as long; it only begins later. */
		ck_assert_int_eq(m.busy_ns, plain.busy_ns);
	}
	choice_fini(&c);
	workload_free(w);
}
END_TEST

Suite *test_live_log(void);
Suite *test_live_log(void)
{
	Suite *s = suite_create("live_log");
	TCase *t = tcase_create("logs");

	tcase_add_checked_fixture(t, live_place_enter, live_place_leave);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, a_log_that_was_tampered_with_is_found_out);
	tcase_add_test(t, a_log_reads_back_as_it_was);
	tcase_add_test(t, a_bad_log_is_refused_with_its_line);
	tcase_add_test(t, wake_ups_and_dispatch_enter_one_after_the_other);
	suite_add_tcase(s, t);
	t = tcase_create("formats");
	tcase_add_test(t, logs_of_format_1_are_read_and_repeated);
	suite_add_tcase(s, t);
	return s;
}
