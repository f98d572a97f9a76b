/* `laxity profile` with a stub for the board: its energy counter, its throttling,
 * its setters, which are put back. */
#include "support_measure.h"

#include "../../sim/mem.h"
#include "../../traces/bundle.h"

#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the stub is told and keeps is in the directory; so are the program's own
 * temporary files, the watcher's among them. */
static char *dir, *out, *stub;
static struct program p;

static void setup(void)
{
	dir = test_directory();
	out = test_path(dir, "bundle");
	stub = test_built("tests/plugins/nvml_stub.so");
	p = (struct program){ 0 };
	(void)setenv("LAXITY_STUB", dir, 1);
	(void)setenv("TMPDIR", dir, 1);
}

static void teardown(void)
{
	(void)unsetenv("LAXITY_STUB");
	(void)unsetenv("LAXITY_STUB_MODE");
	(void)unsetenv("TMPDIR");
	program_fini(&p);
	free(stub);
	free(out);
	test_directory_free(dir);
}

/* The stub's board uses 100 W and 100 W more while the process computes, so
 * a stage, during which the replay backend spins, is at 200 W. A busy machine
 * takes the core away now and then, never gives more. */
START_TEST(energy_of_the_stub_board_is_found)
{
	struct bundle *b;

	program_line(&p, REPLAY " --networks resnet8 --inputs 200 --quick "
		"--window 1 --nvml %s --out %s", stub, out);
	measured_well(&p);
	b = bundle_read(out);
	ck_assert_ptr_nonnull(b);
	if (!isnan(bundle_power(b, 0, 0, 1)))
		ck_assert_msg(bundle_power(b, 0, 0, 1) > 100
			&& bundle_power(b, 0, 0, 1) < 215, "%g W",
			bundle_power(b, 0, 0, 1));
	/* Over a second: a tick that is seen late makes it longer. */
	ck_assert_msg(b->setting[0].idle_power_w > 80
		&& b->setting[0].idle_power_w < 160, "%g W idle; %s",
		b->setting[0].idle_power_w, p.err);
	ck_assert(fabs(b->setting[0].power_cap_w - 700) < 1e-9);
	ck_assert(fabs(b->setting[0].clock_mhz - 1980) < 1e-9);
	ck_assert(test_exists(out, "raw/windows.csv"));
	/* Not a word to a setter without the flag. */
	ck_assert(!test_exists(dir, "log"));
	bundle_free(b);
}
END_TEST

START_TEST(without_a_counter_energy_is_empty_and_that_is_no_error)
{
	static const struct { const char *mode, *why; } boards[] = {
		{ "nocounter", "the energy counter does not move" },
		{ "still", "the energy counter does not move" },
		{ "mig", "MIG is on, and NVML's counter is the whole board's" },
	};
	char *why = mem_printf("note: no energy: %s; power.csv stays empty\n",
		boards[_i].why);
	struct bundle *b;

	(void)setenv("LAXITY_STUB_MODE", boards[_i].mode, 1);
	program_line(&p, REPLAY " --networks resnet8 --inputs 100 --quick "
		"--nvml %s --out %s", stub, out);
	measured_well(&p);
	ck_assert_msg(strstr(p.err, why) != NULL, "%s", p.err);
	free(why);
	b = bundle_read(out);
	ck_assert_ptr_nonnull(b);
	ck_assert(isnan(bundle_power(b, 0, 0, 1)));
	ck_assert(isnan(b->setting[0].idle_power_w));
	bundle_free(b);
}
END_TEST

START_TEST(throttled_blocks_are_measured_again_and_said)
{
	char *raw = test_path(out, "raw/block.csv"), *text;
	size_t n;

	(void)setenv("LAXITY_STUB_MODE", "throttle", 1);
	program_line(&p, REPLAY " --networks resnet8 --inputs 100 --quick "
		"--no-energy --nvml %s --out %s", stub, out);
	ck_assert_int_eq(p.status, 3);
	measured_check(&p, "throttling", "FAILED");
	text = test_read(raw, &n);
	ck_assert_ptr_nonnull(strstr(text, ",100,1,0,1980,2619,41,"));
	ck_assert_ptr_nonnull(strstr(text, ",100,2,0,1980,2619,41,"));
	ck_assert_ptr_nonnull(strstr(text, ",100,3,1,1980,2619,41,"));
	free(text);
	free(raw);
}
END_TEST

/* Last value set for `what` in the stub's log, -1 if there is none. */
static long last_set(const char *what)
{
	char *path = test_path(dir, "log"), *text, *s;
	long last = -1;
	size_t n;

	if (access(path, F_OK)) {
		free(path);
		return -1;
	}
	text = test_read(path, &n);
	for (s = text; (s = strstr(s, what)); s++)
		last = atol(s + strlen(what));
	free(text);
	free(path);
	return last;
}

static long limit_now(void)
{
	char *path = test_path(dir, "limit"), *text;
	size_t n;
	long x = -1;

	if (!access(path, F_OK)) {
		text = test_read(path, &n);
		x = atol(text);
		free(text);
	}
	free(path);
	return x;
}

/* However it ends, the last value set is the first one. */
START_TEST(device_settings_are_put_back_however_it_ends)
{
	static const int ends[] = { 0, SIGINT, SIGTERM, SIGHUP, SIGKILL,
		SIGSEGV };
	/* To its end in little time; or long enough to be struck in the second
	 * setting. */
	char *line = mem_printf(REPLAY " --networks resnet8 --no-energy "
		"--change-device-settings %s --nvml %s --out %s", _i
		? "--inputs 4000 --passes 3000 --settings 132,132@300W@1410MHz"
		: "--inputs 100 --quick --settings 132@300W@1410MHz", stub, out);
	int pid, status;

	pid = program_start_line(line);
	if (_i) {
		for (int i = 0; i < 3000 && limit_now() != 300000; i++)
			test_sleep_ms(10);
		(void)kill(pid, ends[_i]);
	}
	status = test_wait(pid);
	ck_assert_msg(_i == 0 ? status == 0 || status == 3 : _i < 4
		? status == 1 : status == 128 + ends[_i] || _i == 5,
		"end %d: status %d", _i, status);
	/* After SIGKILL the watcher needs a moment. */
	for (int i = 0; i < 500 && (limit_now() != 700000
	    || last_set("clock ") > 0); i++)
		test_sleep_ms(10);
	ck_assert_int_eq(last_set("limit "), 700000);
	ck_assert_int_eq(limit_now(), 700000);
	ck_assert_int_le(last_set("clock "), 0);
	free(line);
}
END_TEST

START_TEST(a_board_that_refuses_or_ignores_ends_it_with_status_1)
{
	static const char *const modes[] = { "deny", "ignore" };
	static const char *const said[] = {
		"laxity: NVML: setting the power limit: no permission (setters "
		"need administrator rights)\n",
		"laxity: power limit: 300 W asked for, the board still says "
		"700 W\n" };

	(void)setenv("LAXITY_STUB_MODE", modes[_i], 1);
	program_line(&p, REPLAY " --networks resnet8 --inputs 100 --quick "
		"--no-energy --change-device-settings --settings 132@300W "
		"--nvml %s --out %s", stub, out);
	ck_assert_int_eq(p.status, 1);
	ck_assert_msg(strstr(p.err, said[_i]), "%s", p.err);
	ck_assert_int_eq(limit_now(), -1);
	ck_assert(!test_exists(dir, "bundle"));
}
END_TEST

START_TEST(a_cap_outside_the_range_or_without_the_flag_sets_nothing)
{
	program_line(&p, REPLAY " --networks resnet8 --change-device-settings "
		"--settings 132@100W --nvml %s --out %s", stub, out);
	ck_assert_int_eq(p.status, 2);
	ck_assert_ptr_nonnull(strstr(p.err, "laxity: power cap 100 W is outside "
		"the board's 200 to 700 W\n"));
	ck_assert_int_eq(limit_now(), -1);
	program_line(&p, REPLAY " --networks resnet8 --settings 132@300W "
		"--nvml %s --out %s2", stub, out);
	ck_assert_int_eq(p.status, 2);
	ck_assert_ptr_nonnull(strstr(p.err, "power caps and clocks need "
		"--change-device-settings\n"));
	ck_assert_int_eq(last_set("limit "), -1);
}
END_TEST

Suite *test_measure_board(void);
Suite *test_measure_board(void)
{
	Suite *s = suite_create("measure_board");
	TCase *t = tcase_create("measure_board");

	tcase_set_timeout(t, 180);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, energy_of_the_stub_board_is_found);
	tcase_add_loop_test(t,
		without_a_counter_energy_is_empty_and_that_is_no_error, 0, 3);
	tcase_add_test(t, throttled_blocks_are_measured_again_and_said);
	tcase_add_loop_test(t,
		device_settings_are_put_back_however_it_ends, 0, 6);
	tcase_add_loop_test(t,
		a_board_that_refuses_or_ignores_ends_it_with_status_1, 0, 2);
	tcase_add_test(t,
		a_cap_outside_the_range_or_without_the_flag_sets_nothing);
	suite_add_tcase(s, t);
	return s;
}
