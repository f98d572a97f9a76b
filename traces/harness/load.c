#define _GNU_SOURCE             /* CPU affinity */
#include "load.h"

#include "self.h"

#include "../../sim/mem.h"
#include "../../sim/msg.h"
#include "../../sim/num.h"
#include "../../sim/stream.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- Names ------------------------------------------------------------------- */

int environment_parse(const char *name, struct environment *out)
{
	static const struct { const char *word; enum place place; } places[] = {
		{ "stream", PLACE_STREAM }, { "timeslice", PLACE_OTHER },
		{ "mps", PLACE_OTHER }, { "thread", PLACE_THREAD } };
	struct environment e = { .load = { .intensity = 100, .seed = 1 } };
	char copy[64], *place, *percent;
	int64_t n = 100;

	if (strlen(name) >= sizeof e.name || !num_is_name(name))
		goto bad;
	(void)strcpy(e.name, name);
	if (!strcmp(name, "default")) {
		*out = e;
		return 0;
	}
	(void)strcpy(copy, name);
	if (!(place = strchr(copy, '-')))
		goto bad;
	*place++ = 0;
	if ((percent = strchr(place, '-')))
		*percent++ = 0;
	e.load.memory = !strcmp(copy, "memory");
	if (!e.load.memory && strcmp(copy, "compute"))
		goto bad;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (!strcmp(place, places[i].word))
			e.place = places[i].place;
	if (e.place == PLACE_NONE || (percent && (num_integer(percent, &n)
	    || n < 1 || n > 100)))
		goto bad;
	e.load.intensity = (int)n;
	*out = e;
	return 0;
bad:
	return msg_bad("environment '%s': `default` or "
		"compute|memory-stream|timeslice|mps|thread[-PERCENT]", name);
}

/* ---- A load on a core -------------------------------------------------------------- */

enum { COPY_BYTES = 256 << 20, PIECE = 1 << 20, LANES = 64, ROUNDS = 4096 };

struct cpu_load {
	struct load load;
	pthread_t thread;
	int other;
	atomic_int stop;
	atomic_llong pieces;
	int64_t begun_ns;
};

static void pin(int last)
{
	cpu_set_t all, one;
	int cpu = -1;

	/* The thread that started us may be pinned itself: ask for every
	 * core, and see which the system allows. */
	CPU_ZERO(&all);
	for (long i = 0; i < sysconf(_SC_NPROCESSORS_CONF); i++)
		CPU_SET((size_t)i, &all);
	if (sched_setaffinity(0, sizeof all, &all)
	    || sched_getaffinity(0, sizeof all, &all))
		return;
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET((size_t)i, &all) && (last || cpu < 0))
			cpu = i;
	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	(void)sched_setaffinity(0, sizeof one, &one);
}

static void rest(double ns)
{
	struct timespec t = { (time_t)(ns / 1e9), (long)fmod(ns, 1e9) };
	(void)nanosleep(&t, NULL);
}

static void *run_load(void *data)
{
	struct cpu_load *c = data;
	struct stream random;
	unsigned char *from = NULL, *to = NULL;
	volatile float sink = 0;
	float x[LANES];
	size_t at = 0;

	pin(c->other);
	stream_open(&random, c->load.seed, PURPOSE_ORDER, 1);
	if (c->load.memory) {
		from = malloc(COPY_BYTES);
		to = malloc(COPY_BYTES);
		if (from)
			memset(from, 1, COPY_BYTES);
	}
	for (int i = 0; i < LANES; i++)
		x[i] = (float)i;
	while (!c->stop) {
		/* Exponential phases; the off phase in proportion. */
		double on = -5e6 * log(1 - stream_unit(&random));
		double off = -5e6 * (100 - c->load.intensity)
			/ c->load.intensity * log(1 - stream_unit(&random));
		int64_t end = backend_clock() + (int64_t)on;
		do {
			if (from && to) {
				memcpy(to + at, from + at, PIECE);
				at = (at + PIECE) % COPY_BYTES;
			} else {
				for (int k = 0; k < ROUNDS; k++)
					for (int i = 0; i < LANES; i++)
						x[i] = x[i] * 0.999f + 0.5f;
				sink = x[0];
			}
			c->pieces++;
		} while (!c->stop && backend_clock() < end);
		if (c->load.intensity < 100 && !c->stop)
			rest(off);
	}
	(void)sink;
	free(from);
	free(to);
	return NULL;
}

struct cpu_load *cpu_load_start(const struct load *l, int other)
{
	struct cpu_load *c = mem_new(1, sizeof *c);

	c->load = *l;
	c->other = other;
	c->begun_ns = backend_clock();
	if (pthread_create(&c->thread, NULL, run_load, c)) {
		(void)msg_fail("cannot start a thread for the load");
		free(c);
		return NULL;
	}
	while (!c->pieces)
		rest(1e5);
	return c;
}

void cpu_load_stop(struct cpu_load *c, struct load_rate *rate)
{
	int memory = c->load.memory;

	c->stop = 1;
	(void)pthread_join(c->thread, NULL);
	rate->seconds += (double)(backend_clock() - c->begun_ns) * 1e-9;
	rate->operations += (double)c->pieces;
	rate->unit = memory ? PIECE : (double)LANES * ROUNDS;
	rate->alive = 1;
	free(c);
}

/* ---- Another process ---------------------------------------------------------------- */

int load_serve(const char *backend_name, const char *which,
	const struct load *l)
{
	const struct backend *b = backend_load(backend_name);
	struct cpu_load *cpu = NULL;
	struct load_rate rate = { 0 };
	struct dev *d = NULL;
	char command;
	int bad = 0;

	/* The parent decides when it ends, not the terminal. */
	(void)signal(SIGINT, SIG_IGN);
	if (!b || (b->corun && b->open(&d, which)))
		return -1;
	while (!bad && read(0, &command, 1) == 1) {
		if (command == '1') {
			rate = (struct load_rate){ 0 };
			if (b->corun)
				bad = b->corun(d, l);
			else
				bad = !(cpu = cpu_load_start(l, 0));
		} else {
			if (b->corun)
				bad = b->corun_rate(d, &rate)
					|| b->corun(d, NULL);
			else if (cpu)
				cpu_load_stop(cpu, &rate);
			cpu = NULL;
		}
		if (!bad && dprintf(1, "%d %.9g %.9g %.9g\n", rate.alive,
			rate.seconds, rate.operations, rate.unit) < 0)
			break;
	}
	if (cpu)
		cpu_load_stop(cpu, &rate);
	if (d)
		b->close(d);
	return bad ? -1 : 0;
}

struct corunner {
	const struct backend *backend;
	struct dev *dev;
	const char *name, *which;
	struct environment e;
	struct cpu_load *cpu;
	pid_t pid;              /* 0: no process yet */
	int to;
	FILE *from;
};

static int start_process(struct corunner *c)
{
	char intensity[16], seed[16];
	const char *arguments[] = { "profile", "--serve-load",
		c->e.load.memory ? "memory" : "compute", "--intensity",
		intensity, "--seed", seed, "--backend", c->name,
		c->which && *c->which ? "--device" : NULL, c->which, NULL };
	int from;

	(void)snprintf(intensity, sizeof intensity, "%d", c->e.load.intensity);
	(void)snprintf(seed, sizeof seed, "%u", c->e.load.seed);
	if ((c->pid = self_start(arguments, &c->to, &from)) < 0)
		return -1;
	c->from = fdopen(from, "r");
	return c->from ? 0 : msg_fail("fdopen: %s", strerror(errno));
}

static int tell(struct corunner *c, char command, struct load_rate *rate)
{
	struct load_rate r;
	char line[128];

	if (write(c->to, &command, 1) != 1 || !fgets(line, sizeof line, c->from)
	    || sscanf(line, "%d %lf %lf %lf", &r.alive, &r.seconds,
		&r.operations, &r.unit) != 4)
		return msg_fail("environment '%s': the load's process is gone",
			c->e.name);
	if (rate) {
		rate->seconds += r.seconds;
		rate->operations += r.operations;
		rate->unit = r.unit;
		rate->alive = r.alive;
	}
	return 0;
}

struct corunner *corunner_new(const struct backend *b, struct dev *d,
	const char *backend_name, const char *which,
	const struct environment *e)
{
	struct corunner *c = mem_new(1, sizeof *c);

	*c = (struct corunner){ .backend = b, .dev = d, .name = backend_name,
		.which = which, .e = *e, .to = -1 };
	/* A write to a load that died is an answer of its own. */
	(void)signal(SIGPIPE, SIG_IGN);
	return c;
}

int corunner_start(struct corunner *c)
{
	switch (c->e.place) {
	case PLACE_STREAM:
		return !c->backend->corun
			? msg_bad("environment '%s': backend '%s' has no streams",
				c->e.name, c->backend->name)
			: c->backend->corun(c->dev, &c->e.load);
	case PLACE_THREAD:
		c->cpu = cpu_load_start(&c->e.load, 1);
		return c->cpu ? 0 : -1;
	case PLACE_OTHER:
		if (!c->pid && start_process(c))
			return -1;
		return tell(c, '1', NULL);
	default:
		return 0;
	}
}

int corunner_stop(struct corunner *c, struct load_rate *rate)
{
	struct load_rate r = { 0 };

	switch (c->e.place) {
	case PLACE_STREAM:
		if (c->backend->corun_rate(c->dev, &r)
		    || c->backend->corun(c->dev, NULL))
			return -1;
		rate->seconds += r.seconds;
		rate->operations += r.operations;
		rate->unit = r.unit;
		rate->alive = r.alive;
		return 0;
	case PLACE_THREAD:
		if (c->cpu)
			cpu_load_stop(c->cpu, rate);
		c->cpu = NULL;
		return 0;
	case PLACE_OTHER:
		return tell(c, '0', rate);
	default:
		return 0;
	}
}

void corunner_free(struct corunner *c)
{
	struct load_rate rate = { 0 };

	if (!c)
		return;
	if (c->cpu)
		cpu_load_stop(c->cpu, &rate);
	if (c->to >= 0)
		(void)close(c->to);
	if (c->from)
		(void)fclose(c->from);
	if (c->pid > 0)
		(void)self_wait(c->pid);
	free(c);
}
