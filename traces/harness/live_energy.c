#include "live_energy.h"

#include "backend.h"
#include "live_thread.h"

#include "../../sim/mem.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

enum { FIRST_STEP_NS = 1000000000, LAST_STEP_NS = 500000000 };

struct step { int64_t at_ns; double joules; };

struct live_energy {
	void *context;
	int (*read)(void *context, double *joules);
	int avoid_core;
	pthread_t thread;
	int running;
	atomic_int ending;
	atomic_llong steps;
	size_t room;
	struct step *step;
	atomic_int failed;
};

/* 1: the counter moved. */
static int look(struct live_energy *e)
{
	int64_t begun = backend_clock(), n = atomic_load(&e->steps);
	double joules;

	if (e->read(e->context, &joules)) {
		atomic_store(&e->failed, 1);
		return 0;
	}
	if (n && joules == e->step[n - 1].joules)
		return 0;
	MEM_ROOM(e->step, n, e->room);
	e->step[n] = (struct step){ begun + (backend_clock() - begun) / 2,
		joules };
	atomic_store(&e->steps, n + 1);
	return 1;
}

static void *watch(void *context)
{
	struct live_energy *e = context;
	const struct timespec nap = { .tv_nsec = LIVE_ENERGY_POLL_NS };
	int64_t end = 0;

	live_thread_leave_core(e->avoid_core);
	for (;;) {
		int moved = look(e);
		if (atomic_load(&e->failed))
			return NULL;
		if (atomic_load(&e->ending)) {
			if (!end)
				end = backend_clock();
			else if (moved || backend_clock() - end > LAST_STEP_NS)
				return NULL;
		}
		(void)nanosleep(&nap, NULL);
	}
}

/* The first reading and a step, so that what follows lies behind one. */
static void await_steps(const struct live_energy *e)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	int64_t begun = backend_clock();

	while (e->running && !atomic_load(&e->failed)
	    && atomic_load(&e->steps) < 2
	    && backend_clock() - begun < FIRST_STEP_NS)
		(void)nanosleep(&nap, NULL);
}

struct live_energy *live_energy_start(void *context,
	int (*read)(void *context, double *joules), int avoid_core)
{
	struct live_energy *e = mem_new(1, sizeof *e);

	e->context = context;
	e->read = read;
	e->avoid_core = avoid_core;
	e->running = !live_thread_start(&e->thread, watch, e);
	await_steps(e);
	return e;
}

void live_energy_stop(struct live_energy *e)
{
	if (!e->running)
		return;
	atomic_store(&e->ending, 1);
	(void)pthread_join(e->thread, NULL);
	e->running = 0;
}

/* Joules at an instant that lies between two steps. The first reading was no
 * step but somewhere between two, so it does not count. */
static double at(const struct live_energy *e, int64_t t)
{
	for (int64_t i = 2; i < atomic_load(&e->steps); i++) {
		const struct step *a = &e->step[i - 1], *b = a + 1;
		if (a->at_ns <= t && t <= b->at_ns)
			return a->joules + (b->joules - a->joules)
				* ((double)(t - a->at_ns)
				/ (double)(b->at_ns - a->at_ns));
	}
	return NAN;
}

double live_energy_between(const struct live_energy *e, int64_t from_ns,
	int64_t to_ns)
{
	if (atomic_load(&e->failed) || to_ns - from_ns < LIVE_ENERGY_LEAST_NS)
		return NAN;
	return at(e, to_ns) - at(e, from_ns);
}

void live_energy_free(struct live_energy *e)
{
	if (!e)
		return;
	live_energy_stop(e);
	free(e->step);
	free(e);
}
