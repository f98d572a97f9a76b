#include "support_faults.h"

#include "../sim/clock.h"
#include "../sim/mem.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Commands -------------------------------------------------------------------- */

#define TINY "tests/traces/tiny"
#define WORKLOAD "tests/faults/workload.ini"

const struct fault_command fault_commands[] = {
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
	{ .name = "run, new file", .arguments = { "run", "-w", WORKLOAD,
		"-p", "edf", "--db", "@/results.db", "--jobs", "1" },
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
	{ 0 },
};

/* ---- The place ------------------------------------------------------------------- */

static const char earlier[] = "what was here before\n";

static void fill(struct place *p, const char *const *from, const char **to)
{
	int n = 0;

	for (; from[n]; n++) {
		const char *at = strchr(from[n], '@');
		to[n] = from[n];
		if (at) {
			ck_assert_int_lt(p->owned_count, FAULT_ARGUMENTS);
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

void place_restore(const struct place *p)
{
	const struct fault_command *c = p->command;
	DIR *dir = opendir(p->dir);

	ck_assert_ptr_nonnull(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		char *path = test_path(p->dir, e->d_name);
		if (e->d_name[0] != '.' && unlink(path) && errno == EISDIR)
			test_directory_free(mem_string(path));
		free(path);
	}
	(void)closedir(dir);
	for (int i = 0; i < FAULT_FILES && c->files[i]; i++) {
		char *path = test_path(p->dir, file_name(c->files[i]));
		if (*c->files[i] != '+')
			test_write(path, earlier);
		free(path);
	}
	for (int i = 0; i < FAULT_COPIES && c->copies[i].from; i++) {
		char *path = test_path(p->dir, c->copies[i].name);
		test_copy(c->copies[i].from, path);
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

void place_run(struct place *p, struct program *program)
{
	char *library = test_built("tests/faults/inject.so");

	memset(p->order->count, 0, sizeof p->order->count);
	p->order->fired = 0;
	ck_assert_int_eq(setenv("LD_PRELOAD", library, 1), 0);
	ck_assert_int_eq(setenv(INJECT_VARIABLE, p->order_path, 1), 0);
	program_run(program, p->arguments);
	(void)unsetenv("LD_PRELOAD");
	(void)unsetenv(INJECT_VARIABLE);
	p->order->at = 0;
	free(library);
}

void place_init(struct place *p, const struct fault_command *c)
{
	struct program program = { 0 };
	const char *before[FAULT_ARGUMENTS + 1];
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
	if (c->database && c->before[0]) {
		char *path = test_path(p->dir, c->database);
		fill(p, c->before, before);
		program_run(&program, before);
		ck_assert_msg(program.status == 0, "%s", program.err);
		p->database = test_read(path, &p->database_length);
		p->runs = count_runs(path);
		ck_assert_int_ge(p->runs, 1);
		free(path);
	}
	place_restore(p);
	p->took_s = clock_seconds();
	place_run(p, &program);
	p->took_s = clock_since(p->took_s);
	ck_assert_msg(program.status == 0, "laxity %s: %s", c->name, program.err);
	memcpy(p->counts, p->order->count, sizeof p->counts);
	/* The filter is in place: whoever reads files reads. */
	ck_assert_int_gt(p->counts[INJECT_ALLOCATION], 5);
	ck_assert_int_gt(p->counts[INJECT_READ], 0);
	p->out = mem_string(program.out);
	for (int i = 0; i < FAULT_FILES && c->files[i]; i++)
		p->whole[i] = contents(p->dir, file_name(c->files[i]));
	program_fini(&program);
}

void place_fini(struct place *p)
{
	for (int i = 0; i < p->owned_count; i++)
		free(p->owned[i]);
	for (int i = 0; i < FAULT_FILES; i++)
		free(p->whole[i]);
	free(p->out);
	free(p->database);
	(void)munmap(p->order, sizeof *p->order);
	(void)unlink(p->order_path);
	free(p->order_path);
	test_directory_free(p->dir);
}

/* ---- What must hold afterwards ------------------------------------------------------ */

static int is_database_file(const struct fault_command *c, const char *name)
{
	size_t n = c->database ? strlen(c->database) : 0;

	/* Its journal may be left: the next who opens it rolls back. */
	return n && !strncmp(name, c->database, n)
		&& (!name[n] || !strcmp(name + n, "-journal"));
}

static void check_strays(const struct place *p, const char *what)
{
	const struct fault_command *c = p->command;
	DIR *dir = opendir(p->dir);

	ck_assert_ptr_nonnull(dir);
	for (struct dirent *e; (e = readdir(dir));) {
		int known = e->d_name[0] == '.' || is_database_file(c, e->d_name);
		for (int i = 0; i < FAULT_FILES && c->files[i]; i++)
			known |= !strcmp(file_name(c->files[i]), e->d_name);
		for (int i = 0; i < FAULT_COPIES && c->copies[i].from; i++)
			known |= !strcmp(c->copies[i].name, e->d_name);
		ck_assert_msg(known, "%s: left behind: %s", what, e->d_name);
	}
	(void)closedir(dir);
}

/* Not there, or killed before its first commit; the journal that may be beside
 * it is rolled back by whoever looks. */
static int is_nothing(const char *path)
{
	struct stat st;

	(void)count_runs(path);
	return stat(path, &st) != 0 || st.st_size == 0;
}

void place_check_data(const struct place *p, int done, const char *what)
{
	const struct fault_command *c = p->command;

	for (int i = 0; i < FAULT_FILES && c->files[i]; i++) {
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
		int runs = !p->database && is_nothing(path) ? 0
			: count_runs(path);
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

int place_check_end(const struct place *p, const struct program *program,
	int sticky, const char *what)
{
	int lines = fault_lines(program->err), failed = program->status != 0;

	ck_assert_msg(program->status < 128, "%s: signal %d\n%s", what,
		program->status - 128, program->err);
	if (!failed)
		ck_assert_msg(lines == 0 && !strcmp(program->out, p->out),
			"%s: said it went well\n%s%s", what, program->err,
			program->out);
	else
		ck_assert_msg(program->status <= 2 && lines >= 1
			&& lines <= (sticky ? 2 : 1)
			&& strstr(program->err, "laxity: "),
			"%s: status %d\n%s", what, program->status, program->err);
	place_check_data(p, !failed, what);
	check_strays(p, what);
	/* Without memory it may end as if killed. */
	if (p->command->database && p->order->kind != INJECT_ALLOCATION) {
		char *path = test_path(p->dir, p->command->database);
		struct stat st;
		ck_assert_msg(stat(path, &st) != 0 || st.st_size > 0,
			"%s: an empty database left behind", what);
		free(path);
	}
	return failed;
}
