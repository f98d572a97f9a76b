/* nftw is part of the X/Open System Interfaces. */
#define _XOPEN_SOURCE 700

#include "support_program.h"

#include "../sim/mem.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *program(void)
{
	const char *s = getenv("LAXITY_PROGRAM");
	return s ? s : "build/laxity";
}

extern char **environ;

/* As posix_spawn does it: a fork would copy what maps the tests' memory, which
 * takes as long as starting the program. It runs when this returns. */
static pid_t start(const char *const *arguments, int in, int out, int err)
{
	const char *argv[128] = { "laxity" };
	/* It takes char *const [] for historical reasons and changes nothing. */
	union { const char *const *in; char *const *out; } u = { argv };
	posix_spawn_file_actions_t actions;
	pid_t child;
	int failed;

	for (int n = 1; arguments[n - 1] && n < 127; n++)
		argv[n] = arguments[n - 1];
	ck_assert_int_eq(posix_spawn_file_actions_init(&actions), 0);
	failed = posix_spawn_file_actions_adddup2(&actions, in, 0)
		|| posix_spawn_file_actions_adddup2(&actions, out, 1)
		|| posix_spawn_file_actions_adddup2(&actions, err, 2)
		|| posix_spawn(&child, program(), &actions, NULL, u.out, environ);
	ck_assert_msg(!failed, "cannot start %s", program());
	ck_assert_int_eq(posix_spawn_file_actions_destroy(&actions), 0);
	return child;
}

/* A pipe whose ends a program gets only by their new numbers. */
static void make_pipe(int ends[2])
{
	ck_assert_int_eq(pipe(ends), 0);
	(void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
}

/* Read both pipes as they fill, or a program that says much would wait. */
static void drain(int out, int err, struct text *t)
{
	struct pollfd fds[2] = { { out, POLLIN, 0 }, { err, POLLIN, 0 } };
	char buffer[65536];
	int open = 2;

	while (open) {
		ck_assert(poll(fds, 2, -1) >= 0 || errno == EINTR);
		for (int i = 0; i < 2; i++) {
			ssize_t n;
			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			n = read(fds[i].fd, buffer, sizeof buffer);
			if (n > 0) {
				text_add_n(&t[i], buffer, (size_t)n);
			} else {
				(void)close(fds[i].fd);
				fds[i].fd = -1;
				open--;
			}
		}
	}
}

void program_run(struct program *p, const char *const *arguments)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int out[2], err[2];
	struct text t[2];
	pid_t child;

	program_fini(p);
	make_pipe(out);
	make_pipe(err);
	child = start(arguments, null, out[1], err[1]);
	(void)close(null);
	(void)close(out[1]);
	(void)close(err[1]);
	text_init(&t[0]);
	text_init(&t[1]);
	drain(out[0], err[0], t);
	p->status = test_wait(child);
	p->out = t[0].s;
	p->out_length = t[0].length;
	p->err = t[1].s;
	p->err_length = t[1].length;
}

void program_fini(struct program *p)
{
	free(p->out);
	free(p->err);
	*p = (struct program){ 0 };
}

enum { WORDS = 128 };

/* Splits the line, which is changed, at blanks; ends with NULL. */
static void split(char *line, const char *words[WORDS])
{
	char *save = NULL;
	int n = 0;

	for (char *w = strtok_r(line, " ", &save); w && n < WORDS - 1;
	     w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	words[n] = NULL;
}

static void run_words(struct program *p, char *line)
{
	const char *words[WORDS];

	split(line, words);
	program_run(p, words);
}

void program_line(struct program *p, const char *format, ...)
{
	char line[4096];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	ck_assert(n >= 0 && n < (int)sizeof line);
	run_words(p, line);
}

void program_refuses(const char *line, int status, const char *err)
{
	struct program p = { 0 };
	char *copy = mem_string(line), *end;
	size_t n = strlen(err);
	int matches;

	run_words(&p, copy);
	free(copy);
	end = strchr(p.err, '\n');
	matches = end && !end[1] && !strncmp(p.err, err, n)
		&& (!p.err[n] || err[n - 1] != '\n');
	ck_assert_msg(p.status == status && matches && !*p.out,
		"laxity %s\nstatus %d, expected %d\nstderr: %sexpected: %s"
		"stdout: %s", line, p.status, status, p.err, err, p.out);
	program_fini(&p);
}

void program_refuses_so(const char *line, const char *message)
{
	size_t n = strlen(message);
	int open = n > 3 && !strcmp(message + n - 3, "...");
	char *expected = mem_printf("laxity: %.*s%s", (int)(open ? n - 3 : n),
		message, open ? "" : "\n");

	program_refuses(line, 2, expected);
	free(expected);
}

int program_start(const char *const *arguments)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t child;

	child = start(arguments, null, null, null);
	(void)close(null);
	return (int)child;
}

int program_start_line(const char *line)
{
	const char *words[WORDS];
	char *copy = mem_string(line);
	int child;

	split(copy, words);
	child = program_start(words);
	free(copy);
	return child;
}

int test_wait(int child)
{
	int status;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status)
		: 128 + WTERMSIG(status);
}

char *test_built(const char *name)
{
	const char *build = getenv("LAXITY_BUILD");

	build = build ? build : "build";
	return mem_printf("%s%s/%s", *build == '/' ? "" : "./", build, name);
}

void test_sleep_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&t, NULL);
}

int test_cases(int all, int part)
{
	return getenv("LAXITY_QUICK") ? all / part : all;
}

int test_count(const char *text, const char *what)
{
	int n = 0;

	for (const char *s = text; (s = strstr(s, what)); s += strlen(what))
		n++;
	return n;
}

char *test_directory(void)
{
	const char *base = getenv("TMPDIR");
	char *dir;

	/* In memory where possible: what the program writes waits for the
	 * disk. */
	if (!base)
		base = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";
	dir = mem_printf("%s/laxity-test-XXXXXX", base);

	ck_assert(mkdtemp(dir) != NULL);
	return dir;
}

static int remove_one(const char *path, const struct stat *st, int type,
	struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

void test_directory_free(char *dir)
{
	(void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(dir);
}

char *test_path(const char *dir, const char *name)
{
	return mem_printf("%s/%s", dir, name);
}

int test_exists(const char *dir, const char *name)
{
	char *path = test_path(dir, name);
	int there = !access(path, F_OK);

	free(path);
	return there;
}

char *test_read(const char *path, size_t *length)
{
	FILE *f = fopen(path, "rb");
	char buffer[65536];
	struct text t;
	size_t n;

	ck_assert_msg(f != NULL, "cannot open %s", path);
	text_init(&t);
	while ((n = fread(buffer, 1, sizeof buffer, f)) > 0)
		text_add_n(&t, buffer, n);
	ck_assert(!ferror(f));
	(void)fclose(f);
	if (length)
		*length = t.length;
	return t.s;
}

void test_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "wb");

	ck_assert_msg(f != NULL, "cannot write %s", path);
	ck_assert(fputs(text, f) >= 0);
	ck_assert(fclose(f) == 0);
}

void test_append(const char *path, const char *text)
{
	FILE *f = fopen(path, "ab");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

void test_copy(const char *from, const char *to)
{
	size_t n;
	char *bytes = test_read(from, &n);
	FILE *f = fopen(to, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
	free(bytes);
}
