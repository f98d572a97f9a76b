/* Worker processes: tasks out, results back, one caller who keeps them.
 *
 * A worker is forked with everything that is in memory, is given the number of
 * a task and sends back a result of fixed size. Results come in any order; so
 * that the whole does not depend on the number of workers, the caller puts
 * them in theirs.
 *
 * Messages of workers are theirs until they reach the caller's process, which
 * prints them: remarks at once, and of all faults only that of the lowest
 * task. With one job everything happens in the calling process. */
#ifndef LAXITY_POOL_H
#define LAXITY_POOL_H

#include <stddef.h>
#include <stdint.h>

struct pool {
	void *context;
	int jobs;                   /* worker processes, at least 1 */
	size_t result_size;
	/* In the caller's process. next: 1 and the next task in *task; 0: none
	 * now (asked again when a result has come; none and nothing running:
	 * the end); -1 after a message: stop. Tasks are given in rising order
	 * of number, if the lowest fault is to be found. */
	int (*next)(void *context, int64_t *task);
	/* A result has come. -1 after a message: stop. */
	int (*done)(void *context, int64_t task, const void *result);
	/* Time to think of other things: called at least every half second. */
	int (*tick)(void *context); /* may be NULL */
	/* In a worker (or, with one job, in the caller's): -1 after one message:
	 * failed; 1: stopped by a signal, *result does not count. */
	int (*work)(void *context, int64_t task, void *result);
	/* Set by a signal handler: no more tasks are begun. May be NULL. */
	const volatile int *stop;
};

/* Until next has no more, one of the functions fails, or *stop. Results that
 * were under way are still handed to `done`, so what is finished is kept. 0,
 * or -1 after one message. */
int pool_run(const struct pool *p);

/* Processors this process may run on: the default for --jobs. */
int pool_processors(void);

/* Make SIGINT and SIGTERM set the returned flag (once; a second SIGINT ends the
 * program). */
const volatile int *pool_catch_signals(void);

#endif
