/* `laxity profile` from outside: on real images with oneDNN, on a replayed
 * bundle, interrupted and resumed, with a stub for the board's energy counter
 * and setters, and with what it must refuse. */
#include "../support_program.h"

#include "../../sim/mem.h"
#include "../../traces/bundle.h"

#include <check.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FASHION "/usr/share/datasets/fashion-mnist"
#define H100 "traces/h100-cifar10"
#define REPLAY "profile --warm-up 0 --backend replay --device " H100 " --data " H100

/* A measurement on a busy machine may fail checks of steadiness; the bundle
 * is then written and marked. */
static void ends_well(const struct program *p)
{
	ck_assert_msg(p->status == 0 || p->status == 3, "status %d: %s",
		p->status, p->err);
}

static void has_check(const struct program *p, const char *name,
	const char *verdict)
{
	char *line = mem_printf("%-18s %-9s", name, verdict);

	ck_assert_msg(strstr(p->out, line), "no line '%s' in:\n%s", line,
		p->out);
	free(line);
}

static int exists(const char *dir, const char *name)
{
	char *path = test_path(dir, name);
	int there = !access(path, F_OK);

	free(path);
	return there;
}

static void pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
	(void)nanosleep(&t, NULL);
}

static const struct { float confidence; int prediction; } torch[300][3] = {
#include "fashion_values.h"
};

/* Accuracy and probabilities against PyTorch on 300 real images, and the
 * bundle through the simulator's own reader. */
START_TEST(onednn_profiles_two_networks_on_real_images)
{
	char *dir = test_directory(), *out = test_path(dir, "bundle");
	char *work, *text;
	struct program p = { 0 };
	struct bundle *b;
	int net;

	if (access(FASHION, F_OK) || access("/usr/include/dnnl.h", F_OK)) {
		test_directory_free(dir);
		free(out);
		return;
	}
	program_line(&p, "profile --backend onednn --networks fashion3,fashion1 "
		"--data " FASHION " --inputs 300 --settings 1 --quick --warm-up "
		"1 --out %s",
		out);
	ends_well(&p);
	has_check(&p, "oracle", "good");
	has_check(&p, "rows", "good");
	has_check(&p, "bundle", "good");
	has_check(&p, "repeat outcomes", "good");
	has_check(&p, "sum of stages", "good");
	b = bundle_read(out);
	ck_assert_ptr_nonnull(b);
	ck_assert_int_eq(b->inputs, 300);
	ck_assert_int_eq(b->nets, 2);
	ck_assert_str_eq(b->task, "fashion-mnist");
	net = bundle_find_net(b, "fashion3");
	for (int d = 0; d < 3; d++) {
		double mine = b->net[net].accuracy[d];
		double most = 0;
		/* The images are those of torch, so each confidence can be
		 * compared; a class only through what is right. */
		for (int i = 0; i < 300; i++)
			most = fmax(most, fabs(b->net[net].confidence[i * 3 + d]
				- (double)torch[i][d].confidence));
		ck_assert_msg(most < 1e-4, "exit %d: %g", d + 1, most);
		/* 0.8067, 0.89, 0.93: PyTorch, the same 300 images. */
		ck_assert(fabs(mine - (d == 0 ? 242.0 / 300 : d == 1 ? 0.89
			: 0.93)) < 1e-9);
	}
	ck_assert_int_eq(bundle_cell(b, net, 0, 0)->samples, 300);
	ck_assert(!exists(dir, "bundle.partial"));
	ck_assert(exists(out, "raw/SHA256SUMS"));
	bundle_free(b);
	program_line(&p, "trace check %s", out);
	ck_assert_int_eq(p.status, 0);
	/* And it runs: every request answered or missed, deadlines of 2 to 22
	 * times the measured T. */
	work = test_path(dir, "work.ini");
	text = mem_printf("[workload]\ntrace = %s\nnetworks = fashion3\n"
		"settings = core1\nrequests = 2000\n[arrivals]\nprocess = closed\n"
		"clients = 8\nreissue = deadline\n[deadline]\ndistribution = "
		"uniform\nmin = 2T\nmax = 22T\n", out);
	test_write(work, text);
	program_line(&p, "run -w %s -p edf -p imprecise --format csv", work);
	ck_assert_msg(p.status == 0, "%s", p.err);
	ck_assert_ptr_nonnull(strstr(p.out, "\nimprecise,1,2000,"));
	free(work);
	free(text);
	program_fini(&p);
	free(out);
	test_directory_free(dir);
}
END_TEST

/* Every outcome of the replayed bundle must come out again, with its times. */
START_TEST(a_replayed_bundle_comes_out_as_it_went_in)
{
	char *dir = test_directory(), *out = test_path(dir, "bundle");
	struct bundle *a = bundle_read(H100), *b;
	struct program p = { 0 };
	int x, y;

	program_line(&p, REPLAY " --networks staged3 --inputs 250 --settings "
		"132,32 --environments default,compute-stream,memory-thread-50 "
		"--passes 100 --quick --out %s", out);
	ends_well(&p);
	has_check(&p, "loads alive", "good");
	b = bundle_read(out);
	ck_assert_ptr_nonnull(b);
	x = bundle_find_net(a, "staged3");
	y = bundle_find_net(b, "staged3");
	for (int i = 0; i < 250 * 3; i++) {
		ck_assert(fabs(a->net[x].confidence[i] - b->net[y].confidence[i])
			< 1e-6);
		ck_assert_int_eq(a->net[x].correct[i], b->net[y].correct[i]);
	}
	/* --quick keeps the default setting only, and every environment. */
	ck_assert_int_eq(b->settings, 1);
	ck_assert_int_eq(b->environments, 3);
	ck_assert_int_eq(bundle_cell(b, y, 0, bundle_find_environment(b,
		"memory-thread-50"))->samples, 100);
	for (int i = 0; i < 250 * 3; i++)
		ck_assert_int_ge(bundle_cell(b, y, 0, 0)->duration_ns[i],
			bundle_cell(b, y, 0, 0)->device_ns[i]);
	ck_assert_int_gt(b->overhead[0].decisions, 100);
	bundle_free(a);
	bundle_free(b);
	program_fini(&p);
	free(out);
	test_directory_free(dir);
}
END_TEST

static int start(const char *line)
{
	char *copy = mem_string(line), *word[64];
	const char *arguments[65];
	int n = 0, pid;

	for (char *s = strtok(copy, " "); s; s = strtok(NULL, " "))
		word[n++] = s;
	for (int i = 0; i < n; i++)
		arguments[i] = word[i];
	arguments[n] = NULL;
	pid = program_start(arguments);
	free(copy);
	return pid;
}

static int wait_status(int pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status)
		: 128 + WTERMSIG(status);
}

/* Until the partial bundle has a few blocks. */
static void wait_for_blocks(const char *dir)
{
	char *path = test_path(dir, "bundle.partial/raw/block.csv");
	struct stat st;

	for (int i = 0; i < 3000 && (stat(path, &st) || st.st_size < 250); i++)
		pause_ms(10);
	free(path);
}

START_TEST(interrupted_or_killed_it_leaves_no_bundle_and_resumes)
{
	char *dir = test_directory(), *out = test_path(dir, "bundle");
	char *line = mem_printf(REPLAY " --networks staged3,staged6 --inputs "
		"1500 --quick --no-energy --out %s", out);
	char *again = mem_printf("%s --resume", line);
	char *other = mem_printf("%s --resume --seed 2", line);
	struct bundle *a, *b;
	struct program p = { 0 };
	int pid = start(line), x, y;

	wait_for_blocks(dir);
	(void)kill(pid, _i ? SIGKILL : SIGINT);
	ck_assert_int_eq(wait_status(pid), _i ? 128 + SIGKILL : 1);
	ck_assert(!exists(dir, "bundle"));
	ck_assert(exists(dir, "bundle.partial/raw/pass.csv"));
	ck_assert(!exists(dir, "bundle.partial/trace.ini"));
	/* Neither begun anew over it nor gone on with something else. */
	program_line(&p, "%s", line);
	ck_assert_int_eq(p.status, 2);
	ck_assert_ptr_nonnull(strstr(p.err, "did not end; --resume goes on"));
	program_line(&p, "%s", other);
	ck_assert_int_eq(p.status, 2);
	ck_assert_ptr_nonnull(strstr(p.err, "begun for other networks"));
	if (_i) { /* a torn line, as after a power cut */
		char *path = test_path(dir, "bundle.partial/raw/block.csv");
		FILE *f = fopen(path, "a");
		(void)fputs("17,staged3,sm1", f);
		(void)fclose(f);
		free(path);
	}
	program_line(&p, "%s", again);
	ends_well(&p);
	has_check(&p, "rows", "good");
	a = bundle_read(H100);
	b = bundle_read(out);
	ck_assert_ptr_nonnull(b);
	x = bundle_find_net(a, "staged6");
	y = bundle_find_net(b, "staged6");
	for (int i = 0; i < 1500 * 6; i++)
		ck_assert_int_eq(a->net[x].correct[i], b->net[y].correct[i]);
	ck_assert(!exists(dir, "bundle.partial"));
	bundle_free(a);
	bundle_free(b);
	program_fini(&p);
	free(line);
	free(again);
	free(other);
	free(out);
	test_directory_free(dir);
}
END_TEST

static int lines_of(const char *dir, const char *name)
{
	char *path = test_path(dir, name), *text = test_read(path, NULL);
	int n = 0;

	for (const char *s = text; *s; s++)
		n += *s == '\n';
	free(text);
	free(path);
	return n;
}

/* Device times from passes in between are kept with the blocks they were taken
 * in: an interrupted measurement ends with as many as one that was not, its
 * first ones among them. */
START_TEST(device_times_measured_apart_outlive_an_interruption)
{
	char *dir = test_directory(), *out = test_path(dir, "bundle");
	char *whole = test_path(dir, "whole");
	char *device = test_path(dir, "bundle.partial/raw/device.csv");
	const char *build = getenv("LAXITY_BUILD");
	char *line = mem_printf("profile --warm-up 0 --backend %s%s/tests/plugins/"
		"slower_backend.so --device " H100 " --data " H100 " --networks "
		"staged3 --inputs 1200 --quick --no-energy --no-repeat --out",
		build && *build == '/' ? "" : "./", build ? build : "build");
	static const char *const files[] = { "raw/device.csv", "raw/pass.csv",
		"timing.csv", "outcomes.csv", "settings.csv", "overhead.csv" };
	char *first, *last, *name, *command;
	struct program p = { 0 };
	FILE *f;
	int pid;

	program_line(&p, "%s %s", line, whole);
	ends_well(&p);
	command = mem_printf("%s %s", line, out);
	pid = start(command);
	wait_for_blocks(dir);
	(void)kill(pid, SIGINT);
	ck_assert_int_eq(wait_status(pid), 1);
	first = test_read(device, NULL);
	ck_assert_int_gt(lines_of(dir, "bundle.partial/raw/device.csv"), 300);
	/* Of a block that did not end. */
	f = fopen(device, "a");
	(void)fputs("staged3,sm132,7,1,12345,99\nstaged3,sm1", f);
	(void)fclose(f);
	program_line(&p, "%s --resume", command);
	ends_well(&p);
	name = test_path(out, "raw/device.csv");
	last = test_read(name, NULL);
	ck_assert_int_eq(strncmp(first, last, strlen(first)), 0);
	ck_assert_ptr_null(strstr(last, ",12345,"));
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		ck_assert_msg(lines_of(out, files[i]) == lines_of(whole, files[i]),
			"%s: %d and %d lines", files[i], lines_of(out, files[i]),
			lines_of(whole, files[i]));
	ck_assert_int_eq(lines_of(out, "raw/device.csv"), 1 + 1000 * 3);
	free(name);
	name = test_path(out, "timing.csv");
	free(last);
	last = test_read(name, NULL);
	/* Those that count are without. */
	ck_assert_ptr_nonnull(strstr(last, ",\n"));
	program_fini(&p);
	free(first);
	free(last);
	free(name);
	free(command);
	free(line);
	free(device);
	free(whole);
	free(out);
	test_directory_free(dir);
}
END_TEST

/* What a budget does not reach is left out and said; what must be there is. */
START_TEST(a_budget_takes_what_matters_most_first)
{
	char *dir = test_directory(), *out = test_path(dir, "bundle");
	char *compare = test_path(dir, "other.csv"), *ini, *stages;
	struct program p = { 0 };
	struct bundle *b;
	size_t n;

	test_write(compare, "# of another program\nnetwork,depth,p50_us,p99_us,"
		"device_p50_us,transfers_p50_us\nresnet8,1,400,410,,\n"
		"elsewhere,1,1,1,1,1\n");
	program_line(&p, REPLAY " --networks resnet8 --inputs 500 --settings "
		"132,32 --environments default,compute-stream --passes 100000 "
		"--budget 10 --no-energy --compare %s --peaks 100,2.5 --out %s",
		compare, out);
	ends_well(&p);
	has_check(&p, "rows", "flagged");
	has_check(&p, "budget", "flagged");
	ck_assert_ptr_nonnull(strstr(p.out, "the given 100 Tflop/s and 2.5 TB/s"));
	/* 92 us or so against 400. */
	has_check(&p, "speed", "good");
	b = bundle_read(out);
	ck_assert_ptr_nonnull(b);
	ck_assert_int_eq(bundle_cell(b, 0, 0, 0)->samples, 500);
	ck_assert_int_ge(bundle_cell(b, 0, 1, 0)->samples, 100);
	/* Environments come after settings, which took all the time. */
	ck_assert_int_eq(b->environments, 1);
	ini = test_path(out, "trace.ini");
	stages = test_path(out, "raw/stages.csv");
	free(compare);
	compare = test_read(ini, &n);
	ck_assert_ptr_nonnull(strstr(compare, "\nleft_out = resnet8 sm132 "
		"compute-stream, resnet8 sm32 compute-stream\nbudget_s = 10\n"));
	free(compare);
	compare = test_read(stages, &n);
	ck_assert_ptr_nonnull(strstr(compare, ",400.000,,0."));
	bundle_free(b);
	program_fini(&p);
	free(compare);
	free(ini);
	free(stages);
	free(out);
	test_directory_free(dir);
}
END_TEST

/* ---- The board -------------------------------------------------------------- */

static char *stub_path(void)
{
	return mem_printf("%s/tests/plugins/nvml_stub.so",
		getenv("LAXITY_BUILD") ? getenv("LAXITY_BUILD") : "build");
}

/* The stub's board uses 100 W and 100 W more while the process computes, so
 * a stage, during which the replay backend spins, is at 200 W. A busy machine
 * takes the core away now and then, never gives more. */
START_TEST(energy_of_the_stub_board_is_found)
{
	char *dir = test_directory(), *out = test_path(dir, "bundle");
	char *stub = stub_path();
	struct program p = { 0 };
	struct bundle *b;

	(void)setenv("LAXITY_STUB", dir, 1);
	program_line(&p, REPLAY " --networks resnet8 --inputs 200 --quick "
		"--window 1 --nvml %s --out %s", stub, out);
	ends_well(&p);
	b = bundle_read(out);
	ck_assert_ptr_nonnull(b);
	if (!isnan(bundle_power(b, 0, 0, 1)))
		ck_assert_msg(bundle_power(b, 0, 0, 1) > 100
			&& bundle_power(b, 0, 0, 1) < 215, "%g W",
			bundle_power(b, 0, 0, 1));
	ck_assert(b->setting[0].idle_power_w > 95
		&& b->setting[0].idle_power_w < 160);
	ck_assert(fabs(b->setting[0].power_cap_w - 700) < 1e-9);
	ck_assert(fabs(b->setting[0].clock_mhz - 1980) < 1e-9);
	ck_assert(exists(out, "raw/windows.csv"));
	/* Not a word to a setter without the flag. */
	ck_assert(!exists(dir, "log"));
	bundle_free(b);
	(void)unsetenv("LAXITY_STUB");
	program_fini(&p);
	free(stub);
	free(out);
	test_directory_free(dir);
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
	char *dir = test_directory(), *out = test_path(dir, "bundle");
	char *stub = stub_path();
	struct program p = { 0 };
	struct bundle *b;

	(void)setenv("LAXITY_STUB", dir, 1);
	(void)setenv("LAXITY_STUB_MODE", boards[_i].mode, 1);
	program_line(&p, REPLAY " --networks resnet8 --inputs 100 --quick "
		"--nvml %s --out %s", stub, out);
	ends_well(&p);
	ck_assert_msg(strstr(p.err, why) != NULL, "%s", p.err);
	free(why);
	b = bundle_read(out);
	ck_assert_ptr_nonnull(b);
	ck_assert(isnan(bundle_power(b, 0, 0, 1)));
	ck_assert(isnan(b->setting[0].idle_power_w));
	bundle_free(b);
	(void)unsetenv("LAXITY_STUB");
	(void)unsetenv("LAXITY_STUB_MODE");
	program_fini(&p);
	free(stub);
	free(out);
	test_directory_free(dir);
}
END_TEST

START_TEST(throttled_blocks_are_measured_again_and_said)
{
	char *dir = test_directory(), *out = test_path(dir, "bundle");
	char *stub = stub_path(), *raw = test_path(dir,
		"bundle/raw/block.csv"), *text;
	struct program p = { 0 };
	size_t n;

	(void)setenv("LAXITY_STUB", dir, 1);
	(void)setenv("LAXITY_STUB_MODE", "throttle", 1);
	program_line(&p, REPLAY " --networks resnet8 --inputs 100 --quick "
		"--no-energy --nvml %s --out %s", stub, out);
	ck_assert_int_eq(p.status, 3);
	has_check(&p, "throttling", "FAILED");
	text = test_read(raw, &n);
	ck_assert_ptr_nonnull(strstr(text, ",100,1,0,1980,2619,41,"));
	ck_assert_ptr_nonnull(strstr(text, ",100,2,0,1980,2619,41,"));
	ck_assert_ptr_nonnull(strstr(text, ",100,3,1,1980,2619,41,"));
	(void)unsetenv("LAXITY_STUB");
	(void)unsetenv("LAXITY_STUB_MODE");
	program_fini(&p);
	free(text);
	free(raw);
	free(stub);
	free(out);
	test_directory_free(dir);
}
END_TEST

/* Last value set for `what` in the stub's log, -1 if there is none. */
static long last_set(const char *dir, const char *what)
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

static long limit_now(const char *dir)
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

#define CAPPED " --networks resnet8 --inputs 4000 --passes 3000 --no-energy " \
	"--change-device-settings --settings 132,132@300W@1410MHz "

/* However it ends, the last value set is the first one. */
START_TEST(device_settings_are_put_back_however_it_ends)
{
	static const int ends[] = { 0, SIGINT, SIGTERM, SIGHUP, SIGKILL,
		SIGSEGV };
	char *dir = test_directory(), *out = test_path(dir, "bundle");
	char *stub = stub_path(), *line = mem_printf(REPLAY CAPPED
		"%s--nvml %s --out %s", _i ? "" : "--quick ", stub, out);
	int pid, status;

	if (!_i) { /* to its end: --quick would drop the second setting */
		free(line);
		line = mem_printf(REPLAY " --networks resnet8 --inputs 100 "
			"--no-energy --quick --change-device-settings "
			"--settings 132@300W@1410MHz --nvml %s --out %s", stub,
			out);
	}
	(void)setenv("LAXITY_STUB", dir, 1);
	(void)setenv("TMPDIR", dir, 1);
	pid = start(line);
	if (_i) {
		for (int i = 0; i < 3000 && limit_now(dir) != 300000; i++)
			pause_ms(10);
		(void)kill(pid, ends[_i]);
	}
	status = wait_status(pid);
	ck_assert_msg(_i == 0 ? status == 0 || status == 3 : _i < 4
		? status == 1 : status == 128 + ends[_i] || _i == 5,
		"end %d: status %d", _i, status);
	/* After SIGKILL the watcher needs a moment. */
	for (int i = 0; i < 500 && (limit_now(dir) != 700000
	    || last_set(dir, "clock ") > 0); i++)
		pause_ms(10);
	ck_assert_int_eq(last_set(dir, "limit "), 700000);
	ck_assert_int_eq(limit_now(dir), 700000);
	ck_assert_int_le(last_set(dir, "clock "), 0);
	(void)unsetenv("LAXITY_STUB");
	(void)unsetenv("TMPDIR");
	free(line);
	free(stub);
	free(out);
	test_directory_free(dir);
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
	char *dir = test_directory(), *out = test_path(dir, "bundle");
	char *stub = stub_path();
	struct program p = { 0 };

	(void)setenv("LAXITY_STUB", dir, 1);
	(void)setenv("TMPDIR", dir, 1);
	(void)setenv("LAXITY_STUB_MODE", modes[_i], 1);
	program_line(&p, REPLAY " --networks resnet8 --inputs 100 --quick "
		"--no-energy --change-device-settings --settings 132@300W "
		"--nvml %s --out %s", stub, out);
	ck_assert_int_eq(p.status, 1);
	ck_assert_msg(strstr(p.err, said[_i]), "%s", p.err);
	ck_assert_int_eq(limit_now(dir), -1);
	ck_assert(!exists(dir, "bundle"));
	(void)unsetenv("LAXITY_STUB");
	(void)unsetenv("LAXITY_STUB_MODE");
	(void)unsetenv("TMPDIR");
	program_fini(&p);
	free(stub);
	free(out);
	test_directory_free(dir);
}
END_TEST

START_TEST(a_cap_outside_the_range_or_without_the_flag_sets_nothing)
{
	char *dir = test_directory(), *out = test_path(dir, "bundle");
	char *stub = stub_path();
	struct program p = { 0 };

	(void)setenv("LAXITY_STUB", dir, 1);
	(void)setenv("TMPDIR", dir, 1);
	program_line(&p, REPLAY " --networks resnet8 --change-device-settings "
		"--settings 132@100W --nvml %s --out %s", stub, out);
	ck_assert_int_eq(p.status, 2);
	ck_assert_ptr_nonnull(strstr(p.err, "laxity: power cap 100 W is outside "
		"the board's 200 to 700 W\n"));
	ck_assert_int_eq(limit_now(dir), -1);
	program_line(&p, REPLAY " --networks resnet8 --settings 132@300W "
		"--nvml %s --out %s2", stub, out);
	ck_assert_int_eq(p.status, 2);
	ck_assert_ptr_nonnull(strstr(p.err, "power caps and clocks need "
		"--change-device-settings\n"));
	ck_assert_int_eq(last_set(dir, "limit "), -1);
	(void)unsetenv("LAXITY_STUB");
	(void)unsetenv("TMPDIR");
	program_fini(&p);
	free(stub);
	free(out);
	test_directory_free(dir);
}
END_TEST

/* ---- What it refuses --------------------------------------------------------- */

static const char *const refused[][2] = {
	{ "profile", "profile: --backend NAME (cudnn, onednn, plain, replay)" },
	{ "profile --backend plain", "profile: --networks FILE.onnx,... (or "
	  "names of those in workloads/networks)" },
	{ "profile --backend plain --networks resnet8",
	  "profile: --data FILE or folder with the images" },
	{ "profile --backend plain --networks resnet8 --data x",
	  "profile: --out DIR for the bundle" },
	{ "profile --fast", "profile: unknown option '--fast'; laxity profile "
	  "--help lists them" },
	{ "profile --inputs 0", "profile: --inputs '0': 1 to 2147483647" },
	{ "profile --inputs", "profile: --inputs: a value is missing" },
	{ "profile --backend plain --networks resnet8 --data x --out y --peaks 989",
	  "profile: --peaks '989': TFLOP/S,TB/S, say 989.4,3.35" },
	{ "profile --backend plain --networks resnet8 --data x --out y --peaks 1,-3",
	  "profile: --peaks '1,-3': TFLOP/S,TB/S, say 989.4,3.35" },
	{ "profile --seed 1 --seed 2", "profile: --seed twice" },
	{ "profile --backend plain --networks nonesuch --data x --out /tmp/x",
	  "workloads/networks/nonesuch.onnx: cannot open: No such file or "
	  "directory" },
	/* Now, not when the bundle is written after an hour. */
	{ "profile --backend plain --networks resnet8 --data x --out /tmp/x "
	  "--name a\033b", "profile: --name: a control character in the value" },
	{ "profile --backend plain --networks resnet8,resnet8 --data x --out "
	  "/tmp/x", "--networks: 'resnet8' twice" },
	{ "profile --backend plain --networks resnet8 --data /nonesuch --out "
	  "/tmp/x", "/nonesuch: cannot open: No such file or directory" },
	{ "profile --backend plain --networks resnet8 --data Makefile --out "
	  "/tmp/x", NULL },
	{ "profile --backend nonesuch --networks resnet8 --data " H100
	  " --out /tmp/x", NULL },
	{ REPLAY " --networks resnet8 --settings 133 --out /tmp/laxity-none",
	  "--settings 133: 1 to 132 sms" },
	{ REPLAY " --networks resnet8 --settings 8@x --out /tmp/laxity-none",
	  "--settings 8@x: UNITS[@CAPW][@CLOCKMHz]" },
	{ REPLAY " --networks resnet8 --settings 8,8 --out /tmp/laxity-none",
	  "--settings: 'sm8' twice" },
	{ REPLAY " --networks resnet8 --environments busy --out /tmp/laxity-none",
	  "environment 'busy': `default` or compute|memory-stream|timeslice|mps|"
	  "thread[-PERCENT]" },
	{ REPLAY " --networks resnet8 --environments compute-stream-0 --out "
	  "/tmp/laxity-none", NULL },
	{ REPLAY " --networks resnet8 --inputs 20000 --out /tmp/laxity-none",
	  H100 "/trace.ini: 10000 images, --inputs says 20000" },
	{ REPLAY " --networks fashion3 --out /tmp/laxity-none",
	  H100 ": no network 'fashion3' in it" },
	{ REPLAY " --networks resnet8 --resume --out /tmp/laxity-none",
	  "/tmp/laxity-none.partial: nothing to resume" },
	{ REPLAY " --networks resnet8 --out tests", "tests: is there already" },
	{ REPLAY " --networks resnet8 --budget 5 --out /tmp/laxity-none",
	  "profile: --budget '5': 10 to 1000000" },
	{ REPLAY " --networks resnet8 --compare /nonesuch --out "
	  "/tmp/laxity-none", "/nonesuch: cannot open: No such file or "
	  "directory" },
	{ REPLAY " --networks resnet8 --compare " H100 "/power.csv --out "
	  "/tmp/laxity-none", NULL },
	{ "profile --restore /nonesuch", NULL },
};

START_TEST(bad_commands_are_refused_in_one_line)
{
	struct program p = { 0 };
	const char *line = refused[_i][0], *message = refused[_i][1];

	program_line(&p, "%s", line);
	ck_assert_msg(p.status == 2, "%s: %d: %s", line, p.status, p.err);
	ck_assert_str_eq(p.out, "");
	if (message) {
		char *want = mem_printf("laxity: %s\n", message);
		ck_assert_msg(strstr(p.err, want), "%s: %s", line, p.err);
		free(want);
	}
	ck_assert_int_ne(access("/tmp/laxity-none", F_OK), 0);
	ck_assert_int_ne(access("/tmp/laxity-none.partial", F_OK), 0);
	/* One line besides remarks. */
	int lines = 0;
	for (char *s = p.err; *s; s = strchr(s, '\n') + 1)
		lines += strncmp(s, "laxity: note: ", 14) != 0;
	ck_assert_int_eq(lines, 1);
	program_fini(&p);
}
END_TEST

Suite *test_measure(void);
Suite *test_measure(void)
{
	Suite *s = suite_create("measure");
	TCase *t = tcase_create("measure");

	tcase_set_timeout(t, 180);
	tcase_add_test(t, onednn_profiles_two_networks_on_real_images);
	tcase_add_test(t, a_replayed_bundle_comes_out_as_it_went_in);
	tcase_add_test(t, a_budget_takes_what_matters_most_first);
	tcase_add_loop_test(t, interrupted_or_killed_it_leaves_no_bundle_and_resumes,
		0, 2);
	tcase_add_test(t, device_times_measured_apart_outlive_an_interruption);
	tcase_add_test(t, energy_of_the_stub_board_is_found);
	tcase_add_loop_test(t,
		without_a_counter_energy_is_empty_and_that_is_no_error, 0, 3);
	tcase_add_test(t, throttled_blocks_are_measured_again_and_said);
	tcase_add_loop_test(t, device_settings_are_put_back_however_it_ends, 0,
		6);
	tcase_add_loop_test(t,
		a_board_that_refuses_or_ignores_ends_it_with_status_1, 0, 2);
	tcase_add_test(t,
		a_cap_outside_the_range_or_without_the_flag_sets_nothing);
	tcase_add_loop_test(t, bad_commands_are_refused_in_one_line, 0,
		sizeof refused / sizeof *refused);
	suite_add_tcase(s, t);
	return s;
}
