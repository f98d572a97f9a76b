/* Small bundles for tests, from a few lines:
 *
 *     static const struct tiny_net nets[] = {
 *             { "a", NET_STAGED, 2, "0.5 0.9  0.8 0.7", "0 1  1 1",
 *               "100 200  110 190" },
 *     };
 *     struct tiny t = { .nets = 1, .net = nets };
 *     tiny_write(&t, dir);
 *
 * Lists are numbers separated by blanks; a shorter list is repeated from its
 * beginning, so "100" means 100 everywhere. */
#ifndef LAXITY_TESTS_SUPPORT_BUNDLE_H
#define LAXITY_TESTS_SUPPORT_BUNDLE_H

#include "../traces/bundle.h"

struct tiny_net {
	const char *name;
	enum net_kind kind;
	int depths;
	const char *confidences;    /* by input, then depth; NULL: 0.5 */
	const char *correct;        /* by input, then depth; NULL: 1 */
	/* ns by sample, then depth, in `default` at the first setting; as many
	 * samples as the list has passes, at least 1. NULL: 100. The k-th
	 * setting (from 0) takes (k + 1) times as long, the e-th environment
	 * (e + 1) times as long, unless tiny_cell says otherwise. */
	const char *durations;
	const char *power;          /* W by setting, then depth; NULL: none */
};

/* Durations of one (network, setting, environment), instead of the above;
 * an empty list: not measured. */
struct tiny_cell { const char *net, *setting, *environment, *durations; };

struct tiny {
	int nets;
	const struct tiny_net *net;
	int inputs;                 /* 0: 2 */
	int classes;                /* 0: 10 */
	int mandatory;              /* 0: 1 */
	const char *settings;       /* names; NULL: "s" */
	const char *idle;           /* W by setting; NULL: none */
	const char *environments;   /* besides `default`; NULL: none */
	int cells;
	const struct tiny_cell *cell;
	const char *overhead;       /* ns: decision launch decision launch ...
	                             * for every setting; NULL: none */
	int modelled;
};

/* Write it as the new directory `dir`; ends the test if that fails. */
void tiny_write(const struct tiny *t, const char *dir);

/* Write it to a temporary place and read it: the caller frees it. */
struct bundle *tiny_read(const struct tiny *t);

/* test_directory and test_directory_free of support_program.h. */
char *tiny_dir_new(void);
void tiny_dir_remove(char *dir);

/* Recompute [files] in dir/trace.ini after its tables have been changed. */
void tiny_rehash(const char *dir);

/* A file's bytes with a NUL behind them, freed by free; or write them. */
char *tiny_get(const char *dir, const char *name, size_t *length);
void tiny_put(const char *dir, const char *name, const char *bytes,
	size_t length);

/* The first `old` in a file becomes `new`; old NULL: append (to a new file, if
 * there is none); new NULL: remove the file. */
void tiny_edit(const char *dir, const char *file, const char *old,
	const char *new);

#endif
