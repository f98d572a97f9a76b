/* Every call that can fail is made to fail, one at a time: allocations, reads,
 * writes, flushes, renames, opens, ... Whatever happens, the program must end by
 * itself with one clear line, and leave on the disk what was there before, or
 * all of what it was asked for; never half, and nothing temporary. Then it is
 * killed at every such call.
 *
 * `make check` takes a sample of the calls; LAXITY_FAULTS=full takes them all,
 * which takes a quarter of an hour. */
#include "faults/inject.h"
#include "support_program.h"

#include "../sim/mem.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A sanitizer has its own allocator, which does not fail. */
#if defined __SANITIZE_ADDRESS__
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* ---- Commands -------------------------------------------------------------------- */

enum { MOST_ARGUMENTS = 24, MOST_FILES = 4 };

/* A command as it is tried. "@" in an argument stands for the directory. */
struct command_case {
	const char *name;
	const char *arguments[MOST_ARGUMENTS];
	/* Files that it writes, in the directory; each holds something before
	 * unless it begins with "+". */
	const char *files[MOST_FILES];
	const char *database;       /* made by `before`; NULL: none */
	const char *before[MOST_ARGUMENTS]; /* run once, without faults */
	int kept_runs;              /* more runs a success stores */
};

#define TINY "tests/traces/tiny"
#define WORKLOAD "tests/faults/workload.ini"

static const struct command_case cases[] = {
	{ .name = "trace check", .arguments = { "trace", "check", TINY } },
	{ .name = "trace import", .arguments = { "trace", "import",
		"azure-llm-2023", "tests/fuzz/corpus/llm-2023/rows", "--out",
		"@/arrivals.csv" }, .files = { "arrivals.csv" } },
	{ .name = "trace scale", .arguments = { "trace", "scale", TINY, "@/capped",
		"--power-limit", "tests/fuzz/corpus/limits/plain" },
	  .files = { "+capped" } },
	{ .name = "workload", .arguments = { "workload", WORKLOAD, "--arrivals",
		"@/arrivals.csv" }, .files = { "arrivals.csv" } },
	{ .name = "run, files", .arguments = { "run", "-w", WORKLOAD, "-p",
		"imprecise", "--requests-out", "@/requests.csv", "--timeline",
		"@/timeline.json", "--estimates", "@/estimates.csv" },
	  .files = { "requests.csv", "timeline.json", "estimates.csv" } },
	{ .name = "run, database", .arguments = { "run", "-w", WORKLOAD, "-p",
		"edf", "--seed", "2", "--format", "csv", "--db", "@/results.db",
		"--keep", "requests", "--keep", "stages", "--jobs", "1" },
	  .before = { "run", "-w", WORKLOAD, "-p", "edf", "--db", "@/results.db",
		"--jobs", "1", "--keep", "requests" },
	  .database = "results.db", .kept_runs = 1 },
	{ .name = "run, two jobs", .arguments = { "run", "-w", WORKLOAD, "-p",
		"edf", "-p", "fifo", "--seed", "2", "--format", "csv", "--db",
		"@/results.db", "--jobs", "2" },
	  .before = { "run", "-w", WORKLOAD, "-p", "edf", "--db", "@/results.db",
		"--jobs", "1" },
	  .database = "results.db", .kept_runs = 2 },
	{ .name = "sweep", .arguments = { "sweep", "tests/faults/experiment.ini",
		"--db", "@/results.db", "--jobs", "2" },
	  .before = { "run", "-w", WORKLOAD, "-p", "edf", "--db", "@/results.db",
		"--jobs", "1" },
	  .database = "results.db", .kept_runs = 8 },
	{ .name = "merge", .arguments = { "merge", "@/results.db",
		"tests/compat/database-2.db" },
	  .before = { "run", "-w", WORKLOAD, "-p", "edf", "--db", "@/results.db",
		"--jobs", "1" },
	  .database = "results.db", .kept_runs = 17 },
	{ .name = "report", .arguments = { "report",
		"tests/compat/database-2.db", "--html", "@/report.html" },
	  .files = { "report.html" } },
	{ .name = "export", .arguments = { "export", "csv",
		"tests/compat/database-2.db", "--out", "@/export.csv" },
	  .files = { "export.csv" } },
};
enum { CASES = sizeof cases / sizeof *cases };

/* ---- The place ------------------------------------------------------------------- */

static const char earlier[] = "what was here before\n";

struct place {
	const struct command_case *command;
	char *dir;
	const char *arguments[MOST_ARGUMENTS + 1];
	char *owned[MOST_ARGUMENTS];
	int owned_count;
	struct inject *order;       /* shared with the program */
	char *order_path;
	/* After a run without faults: stdout, and the files. */
	char *out, *whole[MOST_FILES];
	char *database; size_t database_length; /* before, as bytes */
	int runs;                   /* in it */
	int64_t counts[INJECT_KINDS + 1];
	/* Sums over everything tried. */
	int injections, refused, survived;
};

static void fill(struct place *p, const char *const *from, const char **to)
{
	int n = 0;

	for (; from[n]; n++) {
		const char *at = strchr(from[n], '@');
		to[n] = from[n];
		if (at) {
			ck_assert_int_lt(p->owned_count, MOST_ARGUMENTS);
			to[n] = p->owned[p->owned_count++] = mem_printf("%.*s%s%s",
				(int)(at - from[n]), from[n], p->dir, at + 1);
		}
	}
	to[n] = NULL;
}

/* -1: it is no database of ours any more. */
static int count_runs(const char *path)
{
	sqlite3 *db;
	sqlite3_stmt *st = NULL;
	int n = -1;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK
	    && sqlite3_prepare_v2(db, "pragma integrity_check", -1, &st, NULL)
		== SQLITE_OK && sqlite3_step(st) == SQLITE_ROW
	    && !strcmp((const char *)sqlite3_column_text(st, 0), "ok")
	    && sqlite3_finalize(st) == SQLITE_OK
	    && sqlite3_prepare_v2(db, "select count(*) from run", -1, &st, NULL)
		== SQLITE_OK && sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int(st, 0);
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(db);
	return n;
}

static const char *file_name(const char *file)
{
	return file + (*file == '+');
}

/* Everything as it was before the command. */
static void restore(const struct place *p)
{
	const struct command_case *c = p->command;
	DIR *dir = opendir(p->dir);

	ck_assert_ptr_nonnull(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		char *path = test_path(p->dir, e->d_name);
		if (e->d_name[0] != '.' && unlink(path) && errno == EISDIR)
			test_directory_free(mem_string(path));
		free(path);
	}
	(void)closedir(dir);
	for (int i = 0; i < MOST_FILES && c->files[i]; i++) {
		char *path = test_path(p->dir, file_name(c->files[i]));
		if (*c->files[i] != '+')
			test_write(path, earlier);
		free(path);
	}
	if (c->database && p->database) {
		char *path = test_path(p->dir, c->database);
		FILE *f = fopen(path, "wb");
		ck_assert_ptr_nonnull(f);
		ck_assert_uint_eq(fwrite(p->database, 1, p->database_length, f),
			p->database_length);
		ck_assert_int_eq(fclose(f), 0);
		free(path);
	}
}

/* The bytes of a file; of a directory the names and bytes of its files, in
 * order of name; NULL: not there. */
static char *contents(const char *dir, const char *name)
{
	char *path = test_path(dir, name), *all = NULL;
	struct dirent **list;
	struct stat st;
	struct text t;
	int n;

	if (stat(path, &st)) {
		free(path);
		return NULL;
	}
	if (!S_ISDIR(st.st_mode)) {
		all = test_read(path, NULL);
		free(path);
		return all;
	}
	text_init(&t);
	n = scandir(path, &list, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		if (list[i]->d_name[0] != '.') {
			char *one = contents(path, list[i]->d_name);
			text_add(&t, "%s\n%s", list[i]->d_name, one);
			free(one);
		}
		free(list[i]);
	}
	free(list);
	free(path);
	return t.s;
}

static void place_run(struct place *p, struct program *program,
	const char *const *arguments)
{
	const char *build = getenv("LAXITY_BUILD");
	char *library = mem_printf("%s/tests/faults/inject.so",
		build ? build : "build");

	memset(p->order->count, 0, sizeof p->order->count);
	p->order->fired = 0;
	ck_assert_int_eq(setenv("LD_PRELOAD", library, 1), 0);
	ck_assert_int_eq(setenv(INJECT_VARIABLE, p->order_path, 1), 0);
	program_run(program, arguments);
	(void)unsetenv("LD_PRELOAD");
	(void)unsetenv(INJECT_VARIABLE);
	free(library);
}

static void place_init(struct place *p, const struct command_case *c)
{
	struct program program = { 0 };
	const char *before[MOST_ARGUMENTS + 1];
	int fd;

	*p = (struct place){ .command = c, .dir = test_directory() };
	p->order_path = mem_printf("%s.order", p->dir);
	fd = open(p->order_path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, sizeof *p->order), 0);
	p->order = mmap(NULL, sizeof *p->order, PROT_READ | PROT_WRITE,
		MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(p->order, MAP_FAILED);
	(void)close(fd);
	fill(p, c->arguments, p->arguments);
	if (c->database) {
		char *path = test_path(p->dir, c->database);
		fill(p, c->before, before);
		program_run(&program, before);
		ck_assert_msg(program.status == 0, "%s", program.err);
		p->database = test_read(path, &p->database_length);
		p->runs = count_runs(path);
		ck_assert_int_ge(p->runs, 1);
		free(path);
	}
	restore(p);
	place_run(p, &program, p->arguments);
	ck_assert_msg(program.status == 0, "laxity %s: %s", c->name, program.err);
	memcpy(p->counts, p->order->count, sizeof p->counts);
	/* The filter is in place: whoever reads files reads. */
	ck_assert_int_gt(p->counts[INJECT_ALLOCATION], 5);
	ck_assert_int_gt(p->counts[INJECT_READ], 0);
	p->out = mem_string(program.out);
	for (int i = 0; i < MOST_FILES && c->files[i]; i++)
		p->whole[i] = contents(p->dir, file_name(c->files[i]));
	program_fini(&program);
}

static void place_fini(struct place *p)
{
	for (int i = 0; i < p->owned_count; i++)
		free(p->owned[i]);
	for (int i = 0; i < MOST_FILES; i++)
		free(p->whole[i]);
	free(p->out);
	free(p->database);
	(void)munmap(p->order, sizeof *p->order);
	(void)unlink(p->order_path);
	free(p->order_path);
	test_directory_free(p->dir);
}

/* ---- What must hold afterwards ------------------------------------------------------ */

static int is_database_file(const struct command_case *c, const char *name)
{
	size_t n = c->database ? strlen(c->database) : 0;

	/* Its journal may be left: the next who opens it rolls back. */
	return n && !strncmp(name, c->database, n)
		&& (!name[n] || !strcmp(name + n, "-journal"));
}

static void check_strays(const struct place *p, const char *what)
{
	const struct command_case *c = p->command;
	DIR *dir = opendir(p->dir);

	ck_assert_ptr_nonnull(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		int known = e->d_name[0] == '.' || is_database_file(c, e->d_name);
		for (int i = 0; i < MOST_FILES && c->files[i]; i++)
			known |= !strcmp(file_name(c->files[i]), e->d_name);
		ck_assert_msg(known, "%s: left behind: %s", what, e->d_name);
	}
	(void)closedir(dir);
}

/* Each file is as before, or whole; the database holds what it held, and none
 * or all of a run. */
static void check_data(const struct place *p, int done, const char *what)
{
	const struct command_case *c = p->command;

	for (int i = 0; i < MOST_FILES && c->files[i]; i++) {
		char *now = contents(p->dir, file_name(c->files[i]));
		const char *before = *c->files[i] == '+' ? NULL : earlier;
		int is_whole = now && !strcmp(now, p->whole[i]);
		int is_before = now ? before && !strcmp(now, before) : !before;
		ck_assert_msg(is_whole || (!done && is_before),
			"%s: %s holds: %s", what, c->files[i],
			now ? now : "nothing");
		free(now);
	}
	if (c->database) {
		char *path = test_path(p->dir, c->database);
		int runs = count_runs(path);
		ck_assert_msg(done ? runs == p->runs + c->kept_runs
			: runs >= p->runs && runs <= p->runs + c->kept_runs,
			"%s: %d runs in the database, %d before", what, runs,
			p->runs);
		free(path);
	}
}

/* Lines that are not remarks. */
static int fault_lines(const char *err)
{
	int n = 0;

	for (const char *line = err; *line; line = strchr(line, '\n') + 1) {
		if (!strchr(line, '\n'))
			return -1;
		n += strncmp(line, "laxity: note: ", 14) != 0;
	}
	return n;
}

/* One fault, one line; where all later calls fail as well, a worker and its
 * parent may each have met one. */
static void check_end(struct place *p, const struct program *program,
	const char *what)
{
	int lines = fault_lines(program->err), most = p->order->sticky ? 2 : 1;

	ck_assert_msg(program->status < 128, "%s: signal %d\n%s", what,
		program->status - 128, program->err);
	if (program->status == 0) {
		ck_assert_msg(lines == 0 && !strcmp(program->out, p->out),
			"%s: said it went well\n%s%s", what, program->err,
			program->out);
		p->survived++;
	} else {
		ck_assert_msg(program->status <= 2 && lines >= 1
			&& lines <= most && strstr(program->err, "laxity: "),
			"%s: status %d\n%s", what, program->status, program->err);
		p->refused++;
	}
	check_data(p, program->status == 0, what);
	check_strays(p, what);
}

/* ---- Trying ------------------------------------------------------------------------- */

static const struct fault {
	enum inject_kind kind;
	int error, sticky;
	const char *name;
	int sample;                 /* calls tried, unless all are */
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

static int is_full(void)
{
	const char *s = getenv("LAXITY_FAULTS");

	return s && !strcmp(s, "full");
}

/* The i-th of `sample` calls among n, spread evenly, the first and the last
 * among them. */
static int64_t sampled(int64_t n, int64_t sample, int64_t i)
{
	return sample < 2 ? 1 : 1 + i * (n - 1) / (sample - 1);
}

static void try_fault(struct place *p, const struct fault *f, int64_t at)
{
	struct program program = { 0 };
	char *what = mem_printf("laxity %s: %s %lld of %lld", p->command->name,
		f->name, (long long)at, (long long)p->counts[f->kind]);

	restore(p);
	p->order->kind = (int32_t)f->kind;
	p->order->error = f->error;
	p->order->sticky = f->sticky;
	p->order->at = at;
	place_run(p, &program, p->arguments);
	p->order->at = 0;
	p->injections++;
	check_end(p, &program, what);
	program_fini(&program);
	free(what);
}

START_TEST(a_call_that_fails_ends_in_one_line_and_whole_data)
{
	struct place p;
	const struct command_case *c = &cases[_i];

	place_init(&p, c);
	for (int k = 0; k < FAULTS; k++) {
		int64_t n = p.counts[faults[k].kind];
		int64_t sample = is_full() || n < faults[k].sample ? n
			: faults[k].sample;
		for (int64_t i = 0; i < sample; i++)
			try_fault(&p, &faults[k], sampled(n, sample, i));
	}
	printf("faults: %-14s %5d injected, %d refused with one line, %d "
		"harmless\n", c->name, p.injections, p.refused, p.survived);
	(void)fflush(stdout);
	place_fini(&p);
}
END_TEST

/* Killed before a call: what was written is there, or was never begun. */
START_TEST(a_kill_at_any_call_leaves_whole_data)
{
	const struct command_case *c = &cases[_i];
	struct program program = { 0 };
	struct place p;
	int64_t n, sample;
	int killed = 0;

	place_init(&p, c);
	n = p.counts[INJECT_CALL];
	sample = is_full() || n < 12 ? n : 12;
	for (int64_t i = 0; i < sample; i++) {
		int64_t at = sampled(n, sample, i);
		char *what = mem_printf("laxity %s: killed at call %lld",
			c->name, (long long)at);
		restore(&p);
		p.order->kind = INJECT_CALL;
		p.order->signal = SIGKILL;
		p.order->at = at;
		place_run(&p, &program, p.arguments);
		p.order->at = 0;
		killed += program.status == 128 + SIGKILL;
		check_data(&p, 0, what);
		free(what);
	}
	/* With two jobs the counts vary, and the killed one may be a worker. */
	ck_assert_int_gt(killed, 0);
	printf("faults: %-14s %5d kills, data whole after each\n", c->name,
		(int)sample);
	(void)fflush(stdout);
	program_fini(&program);
	place_fini(&p);
}
END_TEST

/* Asked to stop, it ends by itself, by the signal, or had finished. */
START_TEST(a_signal_to_stop_leaves_whole_data)
{
	static const int signals[] = { SIGTERM, SIGINT };
	const struct command_case *c = &cases[_i];
	struct program program = { 0 };
	struct place p;
	int64_t n, sample;

	place_init(&p, c);
	n = p.counts[INJECT_CALL];
	sample = is_full() || n < 8 ? n : 8;
	for (int64_t i = 0; i < sample; i++) {
		int64_t at = sampled(n, sample, i);
		char *what = mem_printf("laxity %s: signal %d at call %lld",
			c->name, signals[i % 2], (long long)at);
		restore(&p);
		p.order->kind = INJECT_CALL;
		p.order->signal = signals[i % 2];
		p.order->at = at;
		place_run(&p, &program, p.arguments);
		p.order->at = 0;
		ck_assert_msg(program.status <= 2
			|| program.status == 128 + signals[i % 2],
			"%s: status %d\n%s", what, program.status, program.err);
		check_data(&p, 0, what);
		free(what);
	}
	printf("faults: %-14s %5d signals to stop, data whole after each\n",
		c->name, (int)sample);
	(void)fflush(stdout);
	program_fini(&program);
	place_fini(&p);
}
END_TEST

Suite *test_faults(void);
Suite *test_faults(void)
{
	Suite *s = suite_create("faults");
	TCase *t = tcase_create("faults");

	tcase_set_timeout(t, is_full() ? 7200 : 120);
	if (!SANITIZED) {
		tcase_add_loop_test(t,
			a_call_that_fails_ends_in_one_line_and_whole_data,
			0, CASES);
		tcase_add_loop_test(t, a_kill_at_any_call_leaves_whole_data,
			0, CASES);
		tcase_add_loop_test(t, a_signal_to_stop_leaves_whole_data,
			0, CASES);
	}
	suite_add_tcase(s, t);
	return s;
}
