/* Threads beside the executor: they take no signals, have no priority and keep
 * off its core if there is another. */
#ifndef LAXITY_LIVE_THREAD_H
#define LAXITY_LIVE_THREAD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

/* -1, without a message: no thread. */
int live_thread_start(pthread_t *t, void *(*run)(void *), void *context);
/* For `run` itself to call first. */
void live_thread_leave_core(int core);

/* A watch over the executor. A backend that never finishes a stage is the
 * executor's to notice; but a call that does not come back leaves it unable
 * to. Then, in the watch's thread, `lost` saves what there is, and the program
 * ends with status 1. */
struct live_watch {
	pthread_t thread;
	int running, avoid_core;
	atomic_llong since_ns;      /* in a call since; 0: not, -1: given up */
	int64_t limit_ns;
	/* Of the watch's thread: its last look, the call that was under way,
	 * how long that has been so. */
	int64_t looked_ns, call_ns, lasted_ns;
	void (*lost)(void *context);
	void *context;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	int ending;
};

/* Without a thread there is no watch, and nothing else changes. */
void live_watch_start(struct live_watch *w, int64_t limit_ns, int avoid_core,
	void (*lost)(void *context), void *context);
void live_watch_stop(struct live_watch *w);

/* What was written before is seen by `lost`. */
static inline void live_watch_enter(struct live_watch *w, int64_t now_ns)
{
	atomic_store_explicit(&w->since_ns, now_ns, memory_order_release);
}

/* Does not return if the program is being ended. */
void live_watch_park(void);
static inline void live_watch_leave(struct live_watch *w)
{
	if (atomic_exchange(&w->since_ns, 0) < 0)
		live_watch_park();
}

#endif
