/* A small experiment in a directory of its own and the program that sweeps it. */
#ifndef LAXITY_SUPPORT_SWEEP_H
#define LAXITY_SUPPORT_SWEEP_H

#include "support_program.h"

/* Three numbers of clients, two deadlines, three policies, five replications. */
extern const char sweep_experiment[];
enum { SWEEP_RUNS = 3 * 2 * 3 * 5 };

/* A checked fixture. `db` is not there at first; p is what was run last. */
extern struct sweep_place {
	char *dir, *ini, *db;
	struct program p;
} at;
void sweep_setup(void);
void sweep_teardown(void);

/* Into `db`, with these options, each after a blank; must go well. */
void sweep_ok(const char *options);

/* From now on the experiment is of these policies: a sweep that can be told from
 * others by its first policy. */
void sweep_policies(const char *policies);

/* A database's whole content in an order of its own, and that of an uninterrupted
 * sweep of one process. The caller frees them. */
char *sweep_export(const char *file);
char *sweep_reference(void);

#endif
