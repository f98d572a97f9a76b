/* The command `laxity trace`, from outside. */
#include "support_bundle.h"
#include "support_program.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct program p;

static void enter(void)
{
	p = (struct program){ 0 };
}

static void leave(void)
{
	program_fini(&p);
}

START_TEST(good_bundles_are_a_line_on_stdout)
{
	program_line(&p, "trace check tests/traces/tiny tests/traces/tiny/");
	ck_assert_int_eq(p.status, 0);
	ck_assert_str_eq(p.err, "");
	ck_assert_str_eq(p.out,
		"tests/traces/tiny: ok: 3 networks, 2 settings, 2 environments; "
		"24 outcomes, 46 stage times, 12 of 12 powers; "
		"a8a62f0ecc39b22325d6a74dcdda526e92484bb65b6dfc9b98e877d1a6e38df8\n"
		"tests/traces/tiny: ok: 3 networks, 2 settings, 2 environments; "
		"24 outcomes, 46 stage times, 12 of 12 powers; "
		"a8a62f0ecc39b22325d6a74dcdda526e92484bb65b6dfc9b98e877d1a6e38df8\n");
}
END_TEST

START_TEST(a_bad_bundle_does_not_hide_the_next)
{
	program_line(&p, "trace check sim tests/traces/tiny");
	ck_assert_int_eq(p.status, 2);
	ck_assert_str_eq(p.err, "laxity: sim/trace.ini: cannot open: No such "
		"file or directory\n");
	ck_assert_ptr_nonnull(strstr(p.out, "tests/traces/tiny: ok: "));
}
END_TEST

static void golden(const char *file)
{
	char *want = test_read(file, NULL);

	ck_assert_int_eq(p.status, 0);
	ck_assert_str_eq(p.err, "");
	ck_assert_str_eq(p.out, want);
	free(want);
}

START_TEST(info_is_as_it_was)
{
	program_line(&p, "trace info tests/traces/tiny");
	golden("tests/traces/tiny-info.txt");
	program_line(&p, "trace info tests/traces/tiny --format csv");
	golden("tests/traces/tiny-info.csv");
}
END_TEST

START_TEST(a_modelled_bundle_is_marked_everywhere)
{
	char *dir = tiny_dir_new();

	program_line(&p, "trace scale tests/traces/tiny %s/out --power-limit "
		"traces/power-limit/v100-resnet50.csv", dir);
	ck_assert_int_eq(p.status, 0);
	ck_assert_str_eq(p.err, "");
	program_line(&p, "trace check %s/out", dir);
	ck_assert_ptr_nonnull(strstr(p.out, "; modelled; "));
	program_line(&p, "trace info %s/out", dir);
	ck_assert_ptr_nonnull(strstr(p.out, "\nMODELLED: power caps"));
	ck_assert_ptr_nonnull(strstr(p.out, "\nsetting cap300 (default), "));
	program_line(&p, "trace info %s/out --format csv", dir);
	ck_assert_ptr_eq(strstr(p.out, "# modelled: power caps"), p.out);
	tiny_dir_remove(dir);
}
END_TEST

/* Its bytes must not depend on compiler, machine or time: results are stored
 * with its checksum. */
START_TEST(the_power_cap_bundle_is_as_it_was)
{
	char *dir = tiny_dir_new(), *ini;

	program_line(&p, "trace scale traces/h100-cifar10 %s/out --power-limit "
		"traces/power-limit/v100-resnet50.csv --full-power 623", dir);
	ck_assert_int_eq(p.status, 0);
	ck_assert_str_eq(p.err, "");
	ini = tiny_get(dir, "out/trace.ini", NULL);
	ck_assert_ptr_nonnull(strstr(ini, "timing.csv = "
		"12d6211d53a3e144e5b027603a808a7de446d4d24f9edbcae2f6fd3d66430c42\n"));
	ck_assert_ptr_nonnull(strstr(ini, "power.csv = "
		"20943f44cee7806bb855fabcadb140e44045e0c6567a7c1cea650f39413fc36a\n"));
	free(ini);
	tiny_dir_remove(dir);
}
END_TEST

START_TEST(powers_raised_to_idle_are_remarked)
{
	static const char limits[] = "power_cap_w,relative_time,relative_power\n"
		"300,1,1\n100,2,0.1\n";
	char *dir = tiny_dir_new();

	tiny_put(dir, "limits.csv", limits, sizeof limits - 1);
	program_line(&p, "trace scale tests/traces/tiny %s/out --power-limit "
		"%s/limits.csv", dir, dir);
	ck_assert_int_eq(p.status, 0);
	ck_assert_str_eq(p.err, "laxity: note: 6 of 12 powers would fall below "
		"idle power and are set to it: see --full-power\n");
	tiny_dir_remove(dir);
}
END_TEST

static const struct { const char *line, *err; } bad[] = {
	{ "trace", "trace: which of its parts? laxity trace --help lists them" },
	{ "trace look", "trace: unknown part 'look'; laxity trace --help lists "
		"them" },
	{ "trace check", "trace check: which directory?" },
	{ "trace info", "trace info: which DIR?" },
	{ "trace info a b", "trace info: one DIR" },
	{ "trace info a --format", "trace info: --format: table or csv expected" },
	{ "trace info a --format xml", "trace info: --format xml: table or csv "
		"expected" },
	{ "trace info a --format csv --format csv", "trace info: --format is "
		"given twice" },
	{ "trace info --all a", "trace info: unknown option --all" },
	{ "trace scale a", "trace scale: which IN and OUT?" },
	{ "trace scale a b", "trace scale: which --power-limit FILE?" },
	{ "trace scale a b c", "trace scale: IN and OUT, nothing more: 'c'" },
	{ "trace scale a b --power-limit", "trace scale: --power-limit: a value "
		"is missing" },
	{ "trace scale a b --max-cap 0", "trace scale: --max-cap 0: a positive "
		"number of watts expected" },
	{ "trace scale a b --full-power x", "trace scale: --full-power x: a "
		"positive number of watts expected" },
	{ "trace scale a b --full-power 1 --full-power 1", "trace scale: "
		"--full-power is given twice" },
	{ "trace scale a b --batch-size 0", "trace scale: --batch-size 0: an "
		"integer of at least 1 expected" },
	{ "trace scale a b --caps 3", "trace scale: unknown option --caps" },
	{ "trace scale a b --power-limit no.csv", "no.csv: cannot open: No such "
		"file or directory" },
	{ "trace scale tests/traces/tiny tests --power-limit "
		"traces/power-limit/v100-resnet50.csv", "tests: exists already" },
};

START_TEST(bad_command_lines_are_refused)
{
	program_refuses_so(bad[_i].line, bad[_i].err);
}
END_TEST

START_TEST(every_part_has_a_manual)
{
	static const char *const parts[] = { "check", "info", "import", "scale" };

	program_line(&p, "trace --help");
	ck_assert_int_eq(p.status, 0);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		char usage[64];
		ck_assert_ptr_nonnull(strstr(p.out, parts[i]));
		(void)snprintf(usage, sizeof usage, "usage: laxity trace %s ",
			parts[i]);
		program_line(&p, "trace %s --help", parts[i]);
		ck_assert_int_eq(p.status, 0);
		ck_assert_ptr_eq(strstr(p.out, usage), p.out);
		program_line(&p, "trace --help");
	}
}
END_TEST

Suite *test_trace(void);
Suite *test_trace(void)
{
	Suite *s = suite_create("trace");
	TCase *t = tcase_create("trace");

	tcase_add_checked_fixture(t, enter, leave);
	tcase_add_test(t, good_bundles_are_a_line_on_stdout);
	tcase_add_test(t, a_bad_bundle_does_not_hide_the_next);
	tcase_add_test(t, info_is_as_it_was);
	tcase_add_test(t, a_modelled_bundle_is_marked_everywhere);
	tcase_add_test(t, the_power_cap_bundle_is_as_it_was);
	tcase_add_test(t, powers_raised_to_idle_are_remarked);
	tcase_add_loop_test(t, bad_command_lines_are_refused, 0,
		sizeof bad / sizeof *bad);
	tcase_add_test(t, every_part_has_a_manual);
	suite_add_tcase(s, t);
	return s;
}
