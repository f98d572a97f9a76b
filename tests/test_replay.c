/* Replay files that are refused, each with one exact line, and what they may
 * state about themselves. */
#include "../sim/mem.h"
#include "../sim/msg.h"
#include "support_workload.h"

#include <stdlib.h>
#include <string.h>

#define D "[deadline]\ndistribution = constant\nvalue = 2T\n"
#define HEAD "release_ns,relative_deadline_ns,input\n"
#define GROUPS "release_ns,relative_deadline_ns,input,group\n"

static const struct { const char *text, *deadline, *message; } bad_replay[] = {
	{ "", D,
		"r.csv:1: an empty file" },
	{ "release_ns,input\n0,0\n", D,
		"r.csv:1: the header must be "
		"'release_ns,relative_deadline_ns,input' or "
		"'release_ns,relative_deadline_ns,input,group'" },
	{ "0,9,0\n", D,
		"r.csv:1: the header must be "
		"'release_ns,relative_deadline_ns,input' or "
		"'release_ns,relative_deadline_ns,input,group'" },
	{ "release_ns,relative_deadline_ns,input,client\n0,9,0,0\n", D,
		"r.csv:1: the header must be "
		"'release_ns,relative_deadline_ns,input' or "
		"'release_ns,relative_deadline_ns,input,group'" },
	{ HEAD, D,
		"r.csv: 0 rows, the workload needs at least 1" },
	{ HEAD "0,9,0", D,
		"r.csv:2: the last line has no line end: cut short?" },
	{ HEAD "0,9,0\r\n", D,
		"r.csv:2: a carriage return (lines end with LF alone) at "
		"byte 6 of the line" },
	{ "\xef\xbb\xbf" HEAD "0,9,0\n", D,
		"r.csv:1: a byte-order mark at byte 1 of the line" },
	{ HEAD "0,9\n", D,
		"r.csv:2: 2 fields, 3 expected "
		"(release_ns,relative_deadline_ns,input)" },
	{ HEAD "0,9,0,1\n", D,
		"r.csv:2: 4 fields, 3 expected "
		"(release_ns,relative_deadline_ns,input)" },
	{ GROUPS "0,9,0\n", D,
		"r.csv:2: 3 fields, 4 expected "
		"(release_ns,relative_deadline_ns,input,group)" },
	{ HEAD "0,9,0\n\n", D,
		"r.csv:3: an empty line" },
	{ HEAD "0,9,0\n# late\n", D,
		"r.csv:3: a '#' line behind the header" },
	{ HEAD "-1,9,0\n", D,
		"r.csv:2: release_ns '-1': an integer from 0 to "
		"1152921504606846976 expected" },
	{ HEAD "1.5,9,0\n", D,
		"r.csv:2: release_ns '1.5': an integer from 0 to "
		"1152921504606846976 expected" },
	{ HEAD ",9,0\n", D,
		"r.csv:2: release_ns is empty: an integer from 0 to "
		"1152921504606846976 expected" },
	{ HEAD " 1,9,0\n", D,
		"r.csv:2: a blank: fields have none" },
	{ HEAD "1152921504606846977,9,0\n", D,
		"r.csv:2: release_ns '1152921504606846977': an integer "
		"from 0 to 1152921504606846976 expected" },
	{ HEAD "99999999999999999999,9,0\n", D,
		"r.csv:2: release_ns '99999999999999999999': an integer "
		"from 0 to 1152921504606846976 expected" },
	{ HEAD "5,9,0\n4,9,0\n", D,
		"r.csv:3: release_ns 4 comes before that of the row above "
		"(5)" },
	{ HEAD "0,0,0\n", D,
		"r.csv:2: relative_deadline_ns '0': an integer from 1 to "
		"1152921504606846976 expected" },
	{ HEAD "0,-9,0\n", D,
		"r.csv:2: relative_deadline_ns '-9': an integer from 1 to "
		"1152921504606846976 expected" },
	{ HEAD "0,9us,0\n", D,
		"r.csv:2: relative_deadline_ns '9us': an integer from 1 to "
		"1152921504606846976 expected" },
	{ HEAD "0,9,20\n", D,
		"r.csv:2: input '20': an integer from 0 to 19 expected" },
	{ HEAD "0,9,-1\n", D,
		"r.csv:2: input '-1': an integer from 0 to 19 expected" },
	{ HEAD "0,9,x\n", D,
		"r.csv:2: input 'x': an integer from 0 to 19 expected" },
	{ HEAD "0,9,0\n1,,0\n", "",
		"r.csv:3: no relative deadline, and the workload has no "
		"[deadline] to draw it from" },
	{ GROUPS "0,9,0,a b\n", D,
		"r.csv:2: a blank: fields have none" },
	{ GROUPS "0,9,0,\"a\"\n", D,
		"r.csv:2: a quote: fields have none" },
	{ GROUPS "0,9,0,a\n3,9,0,\n9,9,0,a\n", D,
		"r.csv:4: group 'a': released at or after the deadline of "
		"its first row (line 2)" },
	{ GROUPS "0,,0,a\n7999,9,0,a\n8000,9,0,a\n", D,
		"r.csv:4: group 'a': released at or after the deadline of "
		"its first row (line 2)" },
	{ GROUPS "0,,0,a\n1,9,0,a\n", "",
		"r.csv:2: no relative deadline, and the workload has no "
		"[deadline] to draw it from" },
	{ "# count = 3\n" HEAD "0,9,0\n1,9,0\n", D,
		"r.csv:1: count: 3 expected, the rows give 2" },
	{ "# x\n#count=2\n# span_ns = 2\n" HEAD "0,9,0\n1,9,0\n", D,
		"r.csv:3: span_ns: 2 expected, the rows give 1" },
	{ "# count = two\n" HEAD "0,9,0\n1,9,0\n", D,
		"r.csv:1: count = 'two': an integer expected" },
	{ "# rate_hz = 100010100\n" HEAD "0,9,0\n10,9,0\n", D,
		"r.csv:1: rate_hz: 100010100 expected, the rows give "
		"100000000" },
	{ "# cv = 0\n" HEAD "0,9,0\n10,9,0\n", D,
		"r.csv:1: cv: 0 expected, but the rows give none" },
	{ "# cv = 0.47150\n" HEAD "0,9,0\n10,9,0\n30,9,0\n", D,
		"r.csv:1: cv: 0.4715 expected, the rows give 0.471404521" },
	{ "# lag1 = -0.5001\n" HEAD "0,9,0\n10,9,0\n30,9,0\n", D,
		"r.csv:1: lag1: -0.5001 expected, the rows give -0.5" },
	{ "# idc100 = 0\n" HEAD "0,9,0\n10,9,0\n", D,
		"r.csv:1: idc100: 0 expected, but the rows give none" },
	{ "# deadline_mean_ns = 8\n" HEAD "0,9,0\n10,9,0\n", D,
		"r.csv:1: deadline_mean_ns: 8 expected, the rows give 9" },
	{ "# deadline_min_ns = 9\n" HEAD "0,9,0\n10,,0\n", D,
		"r.csv:1: deadline_min_ns: 9 expected, but the rows give "
		"none" },
	{ "# deadline_max_ns = 9\n" HEAD "0,9,0\n10,11,0\n", D,
		"r.csv:1: deadline_max_ns: 9 expected, the rows give 11" },
};

START_TEST(a_bad_replay_file_gets_one_line)
{
	char *text = mem_printf("[workload]\ntrace = t\nnetworks = a\n"
		"[arrivals]\nprocess = replay\nfile = r.csv\n%s",
		bad_replay[_i].deadline);

	place_put("r.csv", bad_replay[_i].text);
	msg_capture(1);
	ck_assert_ptr_null(workload_parse("w.ini", text, strlen(text), 0, NULL,
		1));
	expect_refusal(bad_replay[_i].message);
	free(text);
}
END_TEST

START_TEST(statistics_in_a_replay_file_may_be_rounded)
{
	struct workload *w;

	/* Gaps 10 and 20: cv = sqrt(50) / 15, lag1 = -1/2. */
	place_put("r.csv", "# source = by hand\n# count = 3\n#span_ns=30\n"
		"# rate_hz = 66666666\n# cv = 0.47141\n# lag1 = -0.50004\n"
		"# deadline_mean_ns = 9.3334\n" HEAD
		"0,9,0\n10,9,0\n30,10,0\n");
	w = workload_good("", "[arrivals]\nprocess = replay\nfile = r.csv\n");
	ck_assert_int_eq(w->replay_unchecked, 0);
	workload_free(w);
	place_put("r.csv", "# source = by hand\n" HEAD "0,9,0\n");
	w = workload_good("", "[arrivals]\nprocess = replay\nfile = r.csv\n");
	ck_assert_int_eq(w->replay_unchecked, 1);
	workload_free(w);
}
END_TEST

Suite *test_replay(void);
Suite *test_replay(void)
{
	Suite *s = suite_create("replay");
	TCase *t = tcase_create("replay");

	tcase_add_checked_fixture(t, place_enter, place_leave);
	tcase_add_loop_test(t, a_bad_replay_file_gets_one_line, 0,
		sizeof bad_replay / sizeof *bad_replay);
	tcase_add_test(t, statistics_in_a_replay_file_may_be_rounded);
	suite_add_tcase(s, t);
	return s;
}
