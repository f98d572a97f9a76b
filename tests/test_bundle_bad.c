/* Bundles that must be refused: exit status 2 and one line that names file,
 * line and reason. */
#include "../sim/mem.h"
#include "../sim/msg.h"
#include "../traces/bundle.h"
#include "support_bundle.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct tiny_net nets[] = {
	{ "a", NET_STAGED, 2, "0.5 0.9 0.25 0.125 1 0", "0 1 1 0 1 1",
		"100 200 110 190", "10 20 5.5 7.25" },
	{ "b", NET_SINGLE, 1, "0.75", "1", "300", "30" },
};
static const struct tiny tiny = { .nets = 2, .net = nets, .inputs = 3,
	.mandatory = 2, .settings = "full half", .idle = "1.5 1",
	.environments = "busy", .overhead = "1 2 3 4" };

/* In `file` of that bundle the first `old` becomes `new` (tiny_edit). */
struct fault { const char *file, *old, *new, *message; };

static const struct fault fresh[] = {
	/* trace.ini */
	{ "trace.ini", "format = 1", "format = 2",
		"trace.ini:2: format '2' is not known, this program reads format 1" },
	{ "trace.ini", "format = 1\n", "",
		"trace.ini:1: [trace] has no key 'format'" },
	{ "trace.ini", "[trace]", "[tarce]", "trace.ini: no section [trace]" },
	{ "trace.ini", "device = tiny", "device =", "trace.ini:3: device is empty" },
	{ "trace.ini", "classes = 10", "classes = 0",
		"trace.ini:5: classes = '0': an integer from 1 to 1000000000 expected" },
	{ "trace.ini", "inputs = 3", "inputs = 3.0",
		"trace.ini:6: inputs = '3.0': an integer from 1 to 100000000 expected" },
	{ "trace.ini", "inputs = 3", "inputs = 4",
		"outcomes.csv:10: the file ends without a row for network a, input 3, depth 1" },
	{ "trace.ini", "inputs = 3", "inputs = 100000000",
		"outcomes.csv:1: too short for 300000000 rows (each input and depth of 2 networks)" },
	{ "trace.ini", "inputs = 3", "inputs = 2",
		"outcomes.csv:6: input '2': an integer from 0 to 1 expected" },
	{ "trace.ini", "mandatory_depth = 2", "mandatory_depth = 65",
		"trace.ini:7: mandatory_depth = '65': an integer from 1 to 64 expected" },
	{ "trace.ini", "mandatory_depth = 2", "mandatory = 2",
		"trace.ini:7: unknown key 'mandatory' in [trace]" },
	{ "trace.ini", "kind = staged", "kind = stage",
		"trace.ini:10: kind = 'stage': one of staged, nested, single expected" },
	{ "trace.ini", "depths = 2", "depths = 65",
		"trace.ini:11: depths = '65': an integer from 1 to 64 expected" },
	{ "trace.ini", "depths = 1", "depths = 2",
		"trace.ini:14: a single network has 1 depth, not 2" },
	{ "trace.ini", "depths = 2\n", "",
		"trace.ini:9: [network a] has no key 'depths'" },
	{ "trace.ini", "[network b]", "[network b c]",
		"trace.ini:12: [network b c]: one name expected" },
	{ "trace.ini", "[network b]", "[network a]",
		"trace.ini:12: section [network a] is given twice (first on line 9)" },
	{ "trace.ini", "[network b]", "[net b]",
		"trace.ini:12: unknown section [net b]" },
	{ "trace.ini", "device = tiny", "device tiny",
		"trace.ini:3: neither a [section] nor key = value: 'device tiny'" },
	{ "trace.ini", "[trace]\n", "\xef\xbb\xbf[trace]\n",
		"trace.ini:1: a byte-order mark in column 1" },
	{ "trace.ini", "tiny\n", "tiny\r\n",
		"trace.ini:3: a carriage return (lines end with LF alone) in column 14" },
	/* Files */
	{ "more.csv", NULL, "x\n", "more.csv: not a file of the format" },
	/* The form of a table */
	{ "outcomes.csv", "network,input", "input,network",
		"outcomes.csv:1: the header must be 'network,input,depth,confidence,correct'" },
	{ "outcomes.csv", "correct\n", "correct,extra\n",
		"outcomes.csv:1: the header must be 'network,input,depth,confidence,correct'" },
	{ "outcomes.csv", "correct\n", "correct\r\n",
		"outcomes.csv:1: a carriage return (lines end with LF alone) at byte 39 of the line" },
	{ "outcomes.csv", "network", "\xef\xbb\xbfnetwork",
		"outcomes.csv:1: a byte-order mark at byte 1 of the line" },
	{ "outcomes.csv", "network", "# caf\xe9\nnetwork",
		"outcomes.csv:1: a byte that is not UTF-8 at byte 6 of the line" },
	{ "outcomes.csv", "a,0,1,0.5,0\n", "# late\na,0,1,0.5,0\n",
		"outcomes.csv:2: a '#' line behind the header" },
	{ "outcomes.csv", "a,0,1,0.5,0\n", "\na,0,1,0.5,0\n",
		"outcomes.csv:2: an empty line" },
	{ "outcomes.csv", "a,0,1,0.5,0\n", "a,0,1,0.5,0\r\n",
		"outcomes.csv:2: a carriage return (lines end with LF alone) at byte 12 of the line" },
	{ "outcomes.csv", "a,0,1,0.5,0", "\"a\",0,1,0.5,0",
		"outcomes.csv:2: a quote: fields have none" },
	{ "outcomes.csv", "a,0,1,0.5,0", "a, 0,1,0.5,0",
		"outcomes.csv:2: a blank: fields have none" },
	{ "outcomes.csv", "a,0,1,0.5,0", "a,0,1,0.5",
		"outcomes.csv:2: 4 fields, 5 expected (network,input,depth,confidence,correct)" },
	{ "outcomes.csv", "a,0,1,0.5,0", "a,0,1,0.5,0,",
		"outcomes.csv:2: 6 fields, 5 expected (network,input,depth,confidence,correct)" },
	{ "outcomes.csv", NULL, "a,0,1,0.5",
		"outcomes.csv:11: the last line has no line end: cut short?" },
	/* outcomes.csv */
	{ "outcomes.csv", "a,0,1,0.5,0", "c,0,1,0.5,0", "outcomes.csv:2: unknown network 'c'" },
	{ "outcomes.csv", "a,0,1,0.5,0", "a/b,0,1,0.5,0",
		"outcomes.csv:2: network 'a/b': a name (letters, digits and . _ -) expected" },
	{ "outcomes.csv", "a,0,1,0.5,0", ",0,1,0.5,0",
		"outcomes.csv:2: network is empty: a name (letters, digits and . _ -) expected" },
	{ "outcomes.csv", "a,0,1,0.5,0", "a,-1,1,0.5,0",
		"outcomes.csv:2: input '-1': an integer from 0 to 2 expected" },
	{ "outcomes.csv", "a,0,1,0.5,0", "a,99999999999999999999,1,0.5,0",
		"outcomes.csv:2: input '99999999999999999999': an integer from 0 to 2 expected" },
	{ "outcomes.csv", "a,0,1,0.5,0", "a,0,3,0.5,0",
		"outcomes.csv:2: depth '3': an integer from 1 to 2 expected" },
	{ "outcomes.csv", "a,0,1,0.5,0", "a,0,0,0.5,0",
		"outcomes.csv:2: depth '0': an integer from 1 to 2 expected" },
	{ "outcomes.csv", "a,0,1,0.5,0", "a,0,1,1.0000001,0",
		"outcomes.csv:2: confidence '1.0000001': a number from 0 to 1 expected" },
	{ "outcomes.csv", "a,0,1,0.5,0", "a,0,1,-0.5,0",
		"outcomes.csv:2: confidence '-0.5': a number from 0 to 1 expected" },
	{ "outcomes.csv", "a,0,1,0.5,0", "a,0,1,nan,0",
		"outcomes.csv:2: confidence 'nan': a number from 0 to 1 expected" },
	{ "outcomes.csv", "a,0,1,0.5,0", "a,0,1,0x1p-1,0",
		"outcomes.csv:2: confidence '0x1p-1': a number from 0 to 1 expected" },
	{ "outcomes.csv", "a,0,1,0.5,0", "a,0,1,.5,0",
		"outcomes.csv:2: confidence '.5': a number from 0 to 1 expected" },
	{ "outcomes.csv", "a,0,1,0.5,0", "a,0,1,,0",
		"outcomes.csv:2: confidence is empty: a number from 0 to 1 expected" },
	{ "outcomes.csv", "a,0,1,0.5,0", "a,0,1,0.5,2",
		"outcomes.csv:2: correct '2': an integer from 0 to 1 expected" },
	{ "outcomes.csv", "a,0,1,0.5,0", "a,0,1,0.5,",
		"outcomes.csv:2: correct is empty: an integer from 0 to 1 expected" },
	{ "outcomes.csv", "a,0,2,", "a,0,1,",
		"outcomes.csv:3: a second row for network a, input 0, depth 1" },
	{ "outcomes.csv", "a,1,2,0.125,0\n", "",
		"outcomes.csv:9: the file ends without a row for network a, input 1, depth 2" },
	/* settings.csv */
	{ "settings.csv", "half", "full", "settings.csv:3: setting 'full' is given twice" },
	{ "settings.csv", "full,,,,1.5\nhalf,,,,1\n", "", "settings.csv:1: no setting" },
	{ "settings.csv", "full,,,,1.5", "full,0,,,1.5",
		"settings.csv:2: sm_count '0': an integer from 1 to 2147483647 expected" },
	{ "settings.csv", "full,,,,1.5", "full,,inf,,1.5",
		"settings.csv:2: power_cap_w 'inf': a number of at least 0 expected" },
	{ "settings.csv", "full,,,,1.5", "full,,,,1e999",
		"settings.csv:2: idle_power_w '1e999': a number of at least 0 expected" },
	/* timing.csv */
	{ "timing.csv", "a,full,default,0,1,100,", "a,none,default,0,1,100,",
		"timing.csv:2: unknown setting 'none'" },
	{ "timing.csv", "a,full,default,0,1,100,", "a,full,,0,1,100,",
		"timing.csv:2: environment is empty: a name (letters, digits and . _ -) expected" },
	{ "timing.csv", "a,full,default,0,1,100,", "a,full,default,0,1,0,",
		"timing.csv:2: duration_ns '0': an integer of at least 1 expected" },
	{ "timing.csv", "a,full,default,0,1,100,", "a,full,default,0,1,-100,",
		"timing.csv:2: duration_ns '-100': an integer of at least 1 expected" },
	{ "timing.csv", "a,full,default,0,1,100,", "a,full,default,0,1,9223372036854775808,",
		"timing.csv:2: duration_ns '9223372036854775808': an integer of at least 1 expected" },
	{ "timing.csv", "a,full,default,0,1,100,", "a,full,default,0,1,9223372036854775807,",
		"timing.csv:3: network a, setting full, environment default, sample 0: the pass's sum overflows at depth 2" },
	{ "timing.csv", "a,full,default,0,1,100,", "a,full,default,0,1,1e2,",
		"timing.csv:2: duration_ns '1e2': an integer of at least 1 expected" },
	{ "timing.csv", "a,full,default,0,1,100,", "a,full,default,0,1,100,x",
		"timing.csv:2: device_ns 'x': an integer of at least 0 expected" },
	{ "timing.csv", "a,full,default,0,1,100,\n", "",
		"timing.csv:2: network a, setting full, environment default, sample 0: no row for depth 1" },
	{ "timing.csv", "a,full,default,0,2,200,\n", "",
		"timing.csv:2: network a, setting full, environment default, sample 0: no row for depth 2" },
	{ "timing.csv", "a,full,default,1,2,190,\n", "",
		"timing.csv:4: network a, setting full, environment default, sample 1: no row for depth 2" },
	{ "timing.csv", NULL, "a,full,busy,1,2,5,\n",
		"timing.csv:22: network a, setting full, environment busy, sample 1: a second row for depth 2" },
	/* power.csv */
	{ "power.csv", "a,full,1,10,", "a,full,1,-10,",
		"power.csv:2: power_w '-10': a number of at least 0 expected" },
	{ "power.csv", "a,full,1,10,", "a,full,3,10,",
		"power.csv:2: depth '3': an integer from 1 to 2 expected" },
	{ "power.csv", "a,full,2,", "a,full,1,",
		"power.csv:3: a second row for network a, setting full, depth 1" },
	/* overhead.csv */
	{ "overhead.csv", "decision", "decide", "overhead.csv:2: unknown kind 'decide'" },
	{ "overhead.csv", "full,decision,1", "full,decision,0",
		"overhead.csv:3: a second row for this setting, kind and sample (first on line 2)" },
	{ "overhead.csv", "full,decision,0,1", "full,decision,0,",
		"overhead.csv:2: duration_ns is empty: an integer of at least 0 expected" },
};

/* These concern the checksums themselves, so they are left as they were. */
static const struct fault stale[] = {
	{ "trace.ini", "", NULL, "trace.ini: cannot open: No such file or directory" },
	{ "trace.ini", "[files]", "[filed]", "trace.ini: no section [files]" },
	{ "trace.ini", "power.csv = ", "power.csv = x",
		"trace.ini:23: power.csv: a SHA-256 of 64 hexadecimal digits in lower case expected" },
	{ "trace.ini", "overhead.csv", "more.csv",
		"trace.ini:19: overhead.csv is there, but not listed" },
	{ "trace.ini", NULL, "more.csv = 00\n",
		"trace.ini:25: unknown key 'more.csv' in [files]" },
	{ "trace.ini", NULL, "x = 1",
		"trace.ini:25: the last line has no line end: cut short?" },
	{ "timing.csv", "", NULL, "trace.ini:22: timing.csv is listed, but not there" },
	{ "overhead.csv", "", NULL, "trace.ini:24: overhead.csv is listed, but not there" },
	{ "power.csv", "20", "21", "trace.ini:23: power.csv has changed: its SHA-256 is "
		"d88739bf4a0b551fef3a4b035651e0859f64ced63dcef2ec18e510d2527efa0b" },
};

static void check_fault(const struct fault *f, int rehash)
{
	char *dir = tiny_dir_new();
	char want[512];

	tiny_write(&tiny, dir);
	tiny_edit(dir, f->file, f->old, f->new);
	if (rehash)
		tiny_rehash(dir);
	msg_capture(1);
	ck_assert_ptr_null(bundle_read(dir));
	(void)snprintf(want, sizeof want, "laxity: %s/%s\n", dir, f->message);
	ck_assert_str_eq(msg_captured(), want);
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	msg_capture(0);
	tiny_dir_remove(dir);
}

START_TEST(bad_bundles_are_refused_with_file_line_and_reason)
{
	check_fault(&fresh[_i], 1);
}
END_TEST

START_TEST(files_that_are_not_vouched_for_are_refused)
{
	check_fault(&stale[_i], 0);
}
END_TEST

static void refuse(const char *dir, const char *reason)
{
	char *want = mem_printf("laxity: %s%s\n", dir, reason);

	msg_capture(1);
	ck_assert_ptr_null(bundle_read(dir));
	ck_assert_str_eq(msg_captured(), want);
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	msg_capture(0);
	free(want);
}

START_TEST(what_is_not_a_readable_file_is_refused)
{
	char *dir = tiny_dir_new(), *path = mem_printf("%s/timing.csv", dir);
	char *ini = mem_printf("%s/trace.ini", dir);
	FILE *f;

	tiny_write(&tiny, dir);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	refuse(dir, "/timing.csv: not a regular file");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	refuse(dir, "/timing.csv: a directory, not a file");
	ck_assert_int_eq(rmdir(path), 0);
	/* 2 GiB of holes: refused by size, not read. */
	f = fopen(path, "w");
	ck_assert_int_eq(fseek(f, (long)1 << 31, SEEK_SET), 0);
	ck_assert_int_eq(fputc('\n', f), '\n');
	ck_assert_int_eq(fclose(f), 0);
	refuse(dir, "/timing.csv: 2147483649 bytes, the limit is 1073741824");
	ck_assert_int_eq(truncate(path, 0), 0);
	refuse(dir, "/timing.csv:1: an empty file");
	ck_assert_int_eq(truncate(ini, 0), 0);
	refuse(dir, "/trace.ini:1: an empty file");
	refuse(ini, ": cannot open: Not a directory");
	refuse("/tmp/laxity-is-not-here", ": cannot open: No such file or "
		"directory");
	free(path);
	free(ini);
	tiny_dir_remove(dir);
}
END_TEST

/* NUL bytes and cuts at every place of every file: one line each, no crash,
 * no bundle. */
START_TEST(a_file_cut_or_zeroed_anywhere_is_refused)
{
	static const char *const files[] = { "trace.ini", "settings.csv",
		"outcomes.csv", "timing.csv", "power.csv", "overhead.csv" };
	char *dir = tiny_dir_new();

	tiny_write(&tiny, dir);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		size_t n;
		char *whole = tiny_get(dir, files[i], &n);
		for (size_t k = 0; k < n; k++) {
			char kept = whole[k];
			msg_capture(1);
			tiny_put(dir, files[i], whole, k);
			ck_assert_ptr_null(bundle_read(dir));
			ck_assert_int_eq(msg_status(), STATUS_BAD);
			ck_assert(!strchr(msg_captured(), '\n')[1]);
			msg_capture(1);
			whole[k] = 0;
			tiny_put(dir, files[i], whole, n);
			whole[k] = kept;
			ck_assert_ptr_null(bundle_read(dir));
			ck_assert_int_eq(msg_status(), STATUS_BAD);
			ck_assert(!strchr(msg_captured(), '\n')[1]);
		}
		tiny_put(dir, files[i], whole, n);
		free(whole);
	}
	msg_capture(0);
	tiny_dir_remove(dir);
}
END_TEST

Suite *test_bundle_bad(void);
Suite *test_bundle_bad(void)
{
	Suite *s = suite_create("bundle_bad");
	TCase *t = tcase_create("bundle_bad");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, bad_bundles_are_refused_with_file_line_and_reason,
		0, sizeof fresh / sizeof *fresh);
	tcase_add_loop_test(t, files_that_are_not_vouched_for_are_refused,
		0, sizeof stale / sizeof *stale);
	tcase_add_test(t, what_is_not_a_readable_file_is_refused);
	tcase_add_test(t, a_file_cut_or_zeroed_anywhere_is_refused);
	suite_add_tcase(s, t);
	return s;
}
