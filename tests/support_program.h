/* Run the real program from a test and see what it said. */
#ifndef SUPPORT_PROGRAM_H
#define SUPPORT_PROGRAM_H

#include <stddef.h>

/* What a finished program left. Texts end with a NUL; lengths do not count
 * it. */
struct program {
	int status;                 /* exit status, or 128 + the signal */
	char *out, *err;
	size_t out_length, err_length;
};

/* Run $LAXITY_PROGRAM (build/laxity if unset) with these arguments, the last
 * one NULL; argv[0] is not among them. Standard input is empty. The test
 * fails if the program cannot be started. A second use of p frees the first's
 * texts: start from a zeroed struct and end with program_fini. */
void program_run(struct program *p, const char *const *arguments);
void program_fini(struct program *p);

/* The same with the arguments in one line, separated by single blanks; the
 * format's values may not hold blanks. */
void program_line(struct program *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The test fails unless the line ends with this status, exactly this one line on
 * stderr (or, if `err` ends without a newline, one line that begins so), and
 * nothing on stdout. */
void program_refuses(const char *line, int status, const char *err);

/* The same for status 2 and "laxity: MESSAGE"; if the message ends with `...`, the
 * line may go on there. For tables of bad lines. */
void program_refuses_so(const char *line, const char *message);

/* Start it and return its process id once it runs, both outputs discarded: for
 * tests that kill it. The caller waits for it; test_wait returns a status as
 * above. */
int program_start(const char *const *arguments);
int program_start_line(const char *line);
int test_wait(int child);

/* Path of what was built, with a slash in it, since a library's name without one
 * is searched for. $LAXITY_BUILD or build. Freed by the caller. */
char *test_built(const char *name);

void test_sleep_ms(long ms);

/* How many cases to try of so many drawn ones: all, or with LAXITY_QUICK, under
 * sanitizers, one of `part`. */
int test_cases(int all, int part);

/* How often `what` stands in the text. */
int test_count(const char *text, const char *what);

/* A fresh directory for a test's files; test_directory_free removes it with
 * all it holds. test_path returns DIR/name, to be freed. */
char *test_directory(void);
void test_directory_free(char *dir);
char *test_path(const char *dir, const char *name);
int test_exists(const char *dir, const char *name);

/* Whole files; the test fails on errors. The caller frees what is read. */
char *test_read(const char *path, size_t *length);
void test_write(const char *path, const char *text);
void test_append(const char *path, const char *text);
void test_copy(const char *from, const char *to);

#endif
