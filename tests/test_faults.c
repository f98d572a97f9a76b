/* Every call that can fail is made to fail, one at a time: allocations, reads,
 * writes, flushes, renames, opens, ... Whatever happens, the program must end by
 * itself with one clear line, and leave on the disk what was there before, or
 * all of what it was asked for; never half, and nothing temporary. Then it is
 * killed at every such call, and at any moment, and clocks jump under it.
 *
 * `make check` takes a sample of the calls; LAXITY_FAULTS=N takes one N times as
 * large, =full takes them all, some hundred thousand (`make faults`, a quarter of
 * an hour of one processor). CK_RUN_CASE=COMMAND takes one command alone. */
/* MAP_ANONYMOUS is not POSIX. */
#define _DEFAULT_SOURCE

#include "support_faults.h"

#include "../sim/mem.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

/* Sums over all tests; these are processes of their own, so it is shared. */
static struct totals {
	int failures, refused, kills, stops, moments, jumps;
} *totals;

/* How many times the usual sample. */
static int64_t factor(void)
{
	const char *s = getenv("LAXITY_FAULTS");
	int64_t n = s ? atoll(s) : 1;

	return s && !strcmp(s, "full") ? 1000000 : n < 1 ? 1 : n;
}

/* How many of n to try. */
static int64_t sample_of(int64_t n, int64_t few)
{
	few *= factor();
	return n < few ? n : few;
}

/* The i-th of `sample` calls among n, spread evenly, the first and the last
 * among them. */
static int64_t sampled(int64_t n, int64_t sample, int64_t i)
{
	return sample < 2 ? 1 : 1 + i * (n - 1) / (sample - 1);
}

static void report(const struct place *p, const char *text)
{
	printf("faults: %-14s %s\n", p->command->name, text);
	(void)fflush(stdout);
}

/* ---- Calls that fail ------------------------------------------------------------- */

static const struct fault {
	enum inject_kind kind;
	int error, sticky;
	const char *name;
	int few;                    /* calls tried, unless all are */
} faults[] = {
	{ INJECT_ALLOCATION, ENOMEM, 0, "allocation", 60 },
	{ INJECT_ALLOCATION, ENOMEM, 1, "allocations from", 16 },
	{ INJECT_WRITE, ENOSPC, 1, "writes: no space from", 12 },
	{ INJECT_WRITE, EIO, 0, "write: EIO", 12 },
	{ INJECT_WRITE, INJECT_SHORT, 0, "write: half", 6 },
	{ INJECT_SYNC, EIO, 0, "sync: EIO", 6 },
	{ INJECT_RENAME, EACCES, 0, "rename: EACCES", 4 },
	{ INJECT_OPEN_READ, EMFILE, 0, "open: EMFILE", 10 },
	{ INJECT_OPEN_WRITE, ENOSPC, 0, "open to write: ENOSPC", 6 },
	{ INJECT_READ, EIO, 0, "read: EIO", 12 },
	{ INJECT_SIZE, EIO, 0, "ftruncate: EIO", 4 },
	{ INJECT_UNLINK, EIO, 0, "unlink: EIO", 4 },
	{ INJECT_MKDIR, EDQUOT, 0, "mkdir: EDQUOT", 4 },
	{ INJECT_PIPE, EMFILE, 0, "pipe: EMFILE", 4 },
};
enum { FAULTS = sizeof faults / sizeof *faults };

static int try_fault(struct place *p, const struct fault *f, int64_t at)
{
	struct program program = { 0 };
	char *what = mem_printf("laxity %s: %s %lld of %lld", p->command->name,
		f->name, (long long)at, (long long)p->counts[f->kind]);
	int refused;

	place_restore(p);
	p->order->kind = (int32_t)f->kind;
	p->order->error = f->error;
	p->order->sticky = f->sticky;
	p->order->at = at;
	place_run(p, &program);
	refused = place_check_end(p, &program, f->sticky, what);
	program_fini(&program);
	free(what);
	return refused;
}

START_TEST(a_call_that_fails_ends_in_one_line_and_whole_data)
{
	int tried = 0, refused = 0;
	struct place p;
	char *text;

	place_init(&p, &fault_commands[_i]);
	for (int k = 0; k < FAULTS; k++) {
		int64_t n = p.counts[faults[k].kind];
		int64_t sample = sample_of(n, faults[k].few);
		for (int64_t i = 0; i < sample; i++)
			refused += try_fault(&p, &faults[k],
				sampled(n, sample, i));
		tried += (int)sample;
	}
	text = mem_printf("%5d injected, %d refused with one line, %d harmless",
		tried, refused, tried - refused);
	report(&p, text);
	totals->failures += tried;
	totals->refused += refused;
	free(text);
	place_fini(&p);
}
END_TEST

/* ---- Signals ---------------------------------------------------------------------- */

/* Send it before a call; returns the status. */
static int strike(struct place *p, int signal, int64_t at)
{
	struct program program = { 0 };
	char *what = mem_printf("laxity %s: signal %d at call %lld",
		p->command->name, signal, (long long)at);
	int status;

	place_restore(p);
	p->order->kind = INJECT_CALL;
	p->order->signal = signal;
	p->order->at = at;
	place_run(p, &program);
	place_check_data(p, 0, what);
	status = program.status;
	/* Asked to stop, it ends by itself, by the signal, or had finished. */
	ck_assert_msg(signal == SIGKILL || status <= 2 || status == 128 + signal,
		"%s: status %d\n%s", what, status, program.err);
	/* A new database may have been left empty. */
	if (signal == SIGKILL && p->command->database && !p->database) {
		place_run(p, &program);
		ck_assert_msg(!place_check_end(p, &program, 0, what),
			"%s, and again: %s", what, program.err);
	}
	program_fini(&program);
	free(what);
	return status;
}

/* Killed before a call: what was written is there, or was never begun. */
START_TEST(a_kill_at_any_call_leaves_whole_data)
{
	struct place p;
	int64_t n, sample;
	int killed = 0;
	char *text;

	place_init(&p, &fault_commands[_i]);
	n = p.counts[INJECT_CALL];
	sample = sample_of(n, 12);
	for (int64_t i = 0; i < sample; i++)
		killed += strike(&p, SIGKILL, sampled(n, sample, i))
			== 128 + SIGKILL;
	/* With two jobs the counts vary, and the killed one may be a worker. */
	ck_assert_int_gt(killed, 0);
	text = mem_printf("%5d kills, data whole after each", (int)sample);
	report(&p, text);
	totals->kills += (int)sample;
	free(text);
	place_fini(&p);
}
END_TEST

START_TEST(a_signal_to_stop_leaves_whole_data)
{
	static const int signals[] = { SIGTERM, SIGINT };
	struct place p;
	int64_t n, sample;
	char *text;

	place_init(&p, &fault_commands[_i]);
	n = p.counts[INJECT_CALL];
	sample = sample_of(n, 8);
	for (int64_t i = 0; i < sample; i++)
		(void)strike(&p, signals[i % 2], sampled(n, sample, i));
	text = mem_printf("%5d signals to stop, data whole after each",
		(int)sample);
	report(&p, text);
	totals->stops += (int)sample;
	free(text);
	place_fini(&p);
}
END_TEST

/* Sleep, then send; the moment is anywhere in the time that the command takes,
 * also between calls, where the counted signals above never strike. */
static int strike_after(struct place *p, int signal, double after_s)
{
	struct timespec nap = { .tv_nsec = (long)(after_s * 1e9) };
	char *what = mem_printf("laxity %s: signal %d after %.0f us",
		p->command->name, signal, 1e6 * after_s);
	int status;
	pid_t child;

	place_restore(p);
	child = program_start(p->arguments);
	(void)nanosleep(&nap, NULL);
	(void)kill(child, signal);
	ck_assert(waitpid(child, &status, 0) == child);
	place_check_data(p, 0, what);
	ck_assert_msg(WIFSIGNALED(status) ? WTERMSIG(status) == signal
		: WEXITSTATUS(status) <= 1, "%s: status %x", what,
		(unsigned)status);
	free(what);
	return WIFSIGNALED(status) || WEXITSTATUS(status) == 1;
}

START_TEST(a_signal_at_a_random_moment_leaves_whole_data)
{
	static const int signals[] = { SIGKILL, SIGTERM, SIGINT };
	int n = (int)sample_of(200, 9), ended = 0;
	unsigned random = 12345u + (unsigned)_i;
	struct place p;
	char *text;

	place_init(&p, &fault_commands[_i]);
	for (int i = 0; i < n; i++) {
		random = random * 1664525u + 1013904223u;
		ended += strike_after(&p, signals[i % 3],
			p.took_s * (double)(random >> 8) / (double)(1 << 24));
	}
	text = mem_printf("%5d signals at random moments, %d ended it, data "
		"whole after each", n, ended);
	report(&p, text);
	totals->moments += n;
	free(text);
	place_fini(&p);
}
END_TEST

/* ---- Clocks ------------------------------------------------------------------------ */

/* Wrong from any reading on, by an hour or forty years, back or forth: the
 * outcome and the data are the same. */
START_TEST(a_clock_that_jumps_changes_nothing)
{
	static const int64_t jumps_s[] = { -3600, 3600, -1262304000, 1262304000 };
	enum { JUMPS = sizeof jumps_s / sizeof *jumps_s };
	struct program program = { 0 };
	struct place p;
	int64_t n, sample;
	int tried = 0;
	char *text;

	place_init(&p, &fault_commands[_i]);
	n = p.counts[INJECT_CLOCK];
	sample = sample_of(n, 3);
	for (int64_t i = 0; i < sample * JUMPS; i++) {
		int64_t at = sampled(n, sample, i / JUMPS);
		char *what = mem_printf("laxity %s: clock wrong by %lld s from "
			"reading %lld on", p.command->name,
			(long long)jumps_s[i % JUMPS], (long long)at);
		place_restore(&p);
		p.order->kind = INJECT_CLOCK;
		p.order->sticky = 1;
		p.order->jump_s = jumps_s[i % JUMPS];
		p.order->at = at;
		place_run(&p, &program);
		ck_assert_msg(!place_check_end(&p, &program, 0, what),
			"%s: %s", what, program.err);
		tried++;
		free(what);
	}
	text = mem_printf("%5d clock jumps without an effect", tried);
	if (tried)
		report(&p, text);
	totals->jumps += tried;
	free(text);
	program_fini(&program);
	place_fini(&p);
}
END_TEST

/* ---- The suite ---------------------------------------------------------------------- */

START_TEST(sum)
{
	const struct totals *t = totals;

	printf("faults: %d injections: %d failing calls (%d refused with one "
		"line), %d kills, %d stops, %d signals at random moments, %d "
		"clock jumps; none lost data\n", t->failures + t->kills
		+ t->stops + t->moments + t->jumps, t->failures, t->refused,
		t->kills, t->stops, t->moments, t->jumps);
	(void)fflush(stdout);
	/* Commands whose calls are no longer seen would pass in silence. */
	ck_assert_int_gt(t->failures, 500);
	ck_assert_int_gt(t->refused, 300);
	ck_assert_int_gt(t->jumps, 50);
}
END_TEST

Suite *test_faults(void);
Suite *test_faults(void)
{
	Suite *s = suite_create("faults");
	TCase *last = tcase_create("sum");

	totals = mmap(NULL, sizeof *totals, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (totals == MAP_FAILED)
		abort();
	/* A case a command: CK_RUN_CASE="run, files" tries that one alone. */
	for (int i = 0; !SANITIZED && fault_commands[i].name; i++) {
		TCase *t = tcase_create(fault_commands[i].name);
		tcase_set_timeout(t, factor() > 1 ? 7200 : 120);
		tcase_add_loop_test(t,
			a_call_that_fails_ends_in_one_line_and_whole_data,
			i, i + 1);
		tcase_add_loop_test(t, a_kill_at_any_call_leaves_whole_data,
			i, i + 1);
		tcase_add_loop_test(t, a_signal_to_stop_leaves_whole_data,
			i, i + 1);
		tcase_add_loop_test(t,
			a_signal_at_a_random_moment_leaves_whole_data, i, i + 1);
		tcase_add_loop_test(t, a_clock_that_jumps_changes_nothing,
			i, i + 1);
		suite_add_tcase(s, t);
	}
	if (!SANITIZED)
		tcase_add_test(last, sum);
	suite_add_tcase(s, last);
	return s;
}
