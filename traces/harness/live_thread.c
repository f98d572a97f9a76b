#define _GNU_SOURCE             /* CPU affinity */
#include "live_thread.h"

#include "backend.h"

#include "../../sim/msg.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_NS = 250000000 };

int live_thread_start(pthread_t *t, void *(*run)(void *), void *context)
{
	sigset_t all, before;
	int failed;

	/* Signals are for the executor. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(t, NULL, run, context);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return failed ? -1 : 0;
}

void live_thread_leave_core(int core)
{
	const struct sched_param none = { 0 };
	cpu_set_t all;

	(void)sched_setscheduler(0, SCHED_OTHER, &none);
	CPU_ZERO(&all);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (i != core)
			CPU_SET((size_t)i, &all);
	/* If there is no other, the thread stays where it is. */
	(void)sched_setaffinity(0, sizeof all, &all);
}

/* ---- The watch ------------------------------------------------------------------ */

/* What counts is how long this thread has seen the call last: a machine that was
 * suspended is none that hangs. */
static void look(struct live_watch *w)
{
	long long since = atomic_load(&w->since_ns);
	int64_t now = backend_clock(), more = now - w->looked_ns;

	w->looked_ns = now;
	if (since != w->call_ns) {
		w->call_ns = since;
		w->lasted_ns = 0;
		more = now - since;
	}
	w->lasted_ns += more < 2 * LOOK_NS ? more : 2 * LOOK_NS;
	if (since <= 0 || w->lasted_ns < w->limit_ns
	    || !atomic_compare_exchange_strong(&w->since_ns, &since, -1))
		return;
	w->lost(w->context);
	(void)fflush(NULL);
	_exit(STATUS_FAILED);
}

static void *watch(void *context)
{
	struct live_watch *w = context;

	live_thread_leave_core(w->avoid_core);
	(void)pthread_mutex_lock(&w->mutex);
	while (!w->ending) {
		struct timespec until;
		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += LOOK_NS;
		if (until.tv_nsec >= 1000000000) {
			until.tv_sec++;
			until.tv_nsec -= 1000000000;
		}
		(void)pthread_cond_timedwait(&w->wake, &w->mutex, &until);
		look(w);
	}
	(void)pthread_mutex_unlock(&w->mutex);
	return NULL;
}

void live_watch_start(struct live_watch *w, int64_t limit_ns, int avoid_core,
	void (*lost)(void *context), void *context)
{
	pthread_condattr_t attributes;

	w->avoid_core = avoid_core;
	w->limit_ns = limit_ns;
	w->lost = lost;
	w->context = context;
	w->ending = 0;
	w->call_ns = w->lasted_ns = w->looked_ns = 0;
	atomic_init(&w->since_ns, 0);
	(void)pthread_mutex_init(&w->mutex, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&w->wake, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	w->running = !live_thread_start(&w->thread, watch, w);
}

void live_watch_stop(struct live_watch *w)
{
	if (w->running) {
		(void)pthread_mutex_lock(&w->mutex);
		w->ending = 1;
		(void)pthread_cond_signal(&w->wake);
		(void)pthread_mutex_unlock(&w->mutex);
		(void)pthread_join(w->thread, NULL);
		w->running = 0;
	}
	(void)pthread_cond_destroy(&w->wake);
	(void)pthread_mutex_destroy(&w->mutex);
}

void live_watch_park(void)
{
	for (;;)
		(void)pause();
}
