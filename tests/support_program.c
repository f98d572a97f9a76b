/* nftw is part of the X/Open System Interfaces. */
#define _XOPEN_SOURCE 700

#include "support_program.h"

#include "../sim/mem.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *program(void)
{
	const char *s = getenv("LAXITY_PROGRAM");
	return s ? s : "build/laxity";
}

static void become(const char *const *arguments)
{
	const char *argv[128] = { "laxity" };
	int n = 1;

	for (; arguments[n - 1] && n < 127; n++)
		argv[n] = arguments[n - 1];
	/* execv takes char *const [] for historical reasons and changes
	 * nothing. */
	union { const char *const *in; char *const *out; } u = { argv };
	(void)execv(program(), u.out);
	_exit(127);
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
	struct text t[2];
	int out[2], err[2], status;
	pid_t child;

	program_fini(p);
	ck_assert(pipe(out) == 0 && pipe(err) == 0);
	(void)fflush(NULL);
	child = fork();
	ck_assert(child >= 0);
	if (child == 0) {
		int null = open("/dev/null", O_RDONLY);
		(void)dup2(null, 0);
		(void)dup2(out[1], 1);
		(void)dup2(err[1], 2);
		(void)close(out[0]);
		(void)close(out[1]);
		(void)close(err[0]);
		(void)close(err[1]);
		become(arguments);
	}
	(void)close(out[1]);
	(void)close(err[1]);
	text_init(&t[0]);
	text_init(&t[1]);
	drain(out[0], err[0], t);
	ck_assert(waitpid(child, &status, 0) == child);
	p->status = WIFEXITED(status) ? WEXITSTATUS(status)
		: 128 + WTERMSIG(status);
	p->out = t[0].s;
	p->out_length = t[0].length;
	p->err = t[1].s;
	p->err_length = t[1].length;
	ck_assert_msg(p->status != 127, "cannot start %s", program());
}

void program_fini(struct program *p)
{
	free(p->out);
	free(p->err);
	*p = (struct program){ 0 };
}

static void run_words(struct program *p, char *line)
{
	const char *words[128];
	char *save = NULL;
	int n = 0;

	for (char *w = strtok_r(line, " ", &save); w && n < 127;
	     w = strtok_r(NULL, " ", &save))
		words[n++] = w;
	words[n] = NULL;
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

int program_start(const char *const *arguments)
{
	char nothing;
	int started[2];
	pid_t child;

	ck_assert(pipe(started) == 0);
	(void)fcntl(started[1], F_SETFD, FD_CLOEXEC);
	(void)fflush(NULL);
	child = fork();
	ck_assert(child >= 0);
	if (child == 0) {
		int null = open("/dev/null", O_RDWR);
		(void)dup2(null, 0);
		(void)dup2(null, 1);
		(void)dup2(null, 2);
		become(arguments);
	}
	/* Until it has become the program it is a test, whose handler of
	 * signals ends all its relatives. */
	(void)close(started[1]);
	(void)!read(started[0], &nothing, 1);
	(void)close(started[0]);
	return (int)child;
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
