/* A device made ready for live runs. Everything that can be wrong with the
 * arguments is found here. */
#define _GNU_SOURCE             /* CPU affinity */
#include "live_parts.h"

#include "../../sim/msg.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

enum { MOST_SLOTS = 1024, WARM_PASSES = 5 };

const char *const live_waits[] = { "both", "spin", "sleep", NULL };

/* ---- How many at once ----------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

int live_slots(const struct workload *w, uint32_t seed)
{
	int64_t n = w->warmup + w->requests, gone = 0, most = 0;
	struct arrival *all;
	int64_t *deadline;

	/* One more: the stage of a request whose deadline has passed. */
	if (w->process == PROCESS_CLOSED)
		return (w->clients < MOST_SLOTS ? w->clients : MOST_SLOTS) + 1;
	all = source_all(w, seed);
	deadline = mem_new((size_t)n, sizeof *deadline);
	for (int64_t i = 0; i < n; i++)
		deadline[i] = all[i].deadline_ns;
	qsort(deadline, (size_t)n, sizeof *deadline, by_size);
	for (int64_t i = 0; i < n; i++) {
		while (deadline[gone] <= all[i].release_ns)
			gone++;
		if (i + 1 - gone > most)
			most = i + 1 - gone;
	}
	free(all);
	free(deadline);
	return (int)(most < MOST_SLOTS ? most : MOST_SLOTS) + 1;
}

/* ---- Networks, images, plans ------------------------------------------------------ */

static int open_nets(struct live *l, const struct workload *w, const char *dir)
{
	l->net = mem_new((size_t)w->nets, sizeof(struct net *));
	for (; l->nets < w->nets; l->nets++) {
		const struct bundle_net *b = &w->bundle->net[w->net[l->nets]];
		char *path = mem_printf("%s/%s.onnx", dir, b->name);
		struct net *n = net_read(path);

		free(path);
		if (!n)
			return -1;
		l->net[l->nets] = n;
		if (n->depths != b->depths || n->classes != w->bundle->classes) {
			l->nets++;
			return msg_bad("%s: %d depths and %d classes, in %s "
				"network '%s' has %d and %d", n->file, n->depths,
				n->classes, w->bundle->dir, b->name, b->depths,
				w->bundle->classes);
		}
	}
	return 0;
}

static int open_images(struct live *l, const struct workload *w, const char *data)
{
	const struct net *n = l->net[0];

	if (images_read(&l->images, data, w->bundle->inputs, n->channels,
		n->height, n->width))
		return -1;
	if (l->images.count < w->bundle->inputs)
		return msg_bad("%s: %d images, %s has outcomes of %d inputs",
			l->images.file, l->images.count, w->bundle->dir,
			w->bundle->inputs);
	for (int i = 0; i < l->nets; i++)
		if (images_check(&l->images, l->net[i]))
			return -1;
	return 0;
}

static int same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* Caps and clocks are left as they are, so candidates may not differ in them. */
static int check_settings(const struct workload *w)
{
	const struct bundle_setting *first = &w->bundle->setting[w->setting[0]];

	for (int i = 1; i < w->settings; i++) {
		const struct bundle_setting *s
			= &w->bundle->setting[w->setting[i]];
		if (!same(s->power_cap_w, first->power_cap_w)
		    || !same(s->clock_mhz, first->clock_mhz))
			return msg_bad("settings '%s' and '%s' differ in power cap "
				"or clock, which a live run does not change",
				first->name, s->name);
	}
	return 0;
}

static int open_plans(struct live *l, const struct workload *w)
{
	l->settings = w->settings;
	l->plan = mem_new((size_t)(l->nets * l->settings), sizeof(struct plan *));
	for (int i = 0; i < l->nets; i++)
		for (int j = 0; j < l->settings; j++) {
			const struct bundle_setting *b
				= &w->bundle->setting[w->setting[j]];
			struct setting s = { .units = isnan(b->sm_count) ? 0
				: (int)b->sm_count };
			(void)snprintf(s.name, sizeof s.name, "%s", b->name);
			if (l->backend->plan(l->dev, l->net[i], &s, l->slots,
				&l->plan[i * l->settings + j]))
				return -1;
		}
	return 0;
}

/* NVML knows GPUs, RAPL the processor. */
static void open_meter(struct live *l)
{
	const struct live_options *o = &l->o;

	if (o->no_energy)
		l->no_meter = "switched off";
	else if (o->nvml || *l->info.id)
		l->meter = meter_open_nvml(o->nvml, l->info.id, &l->no_meter);
	else if (o->powercap || !strcmp(l->info.unit, "core"))
		l->meter = meter_open_rapl(o->powercap, &l->no_meter);
	else
		l->no_meter = "the device has no counter";
}

/* First passes are slow: pages, caches, clocks. */
static int warm(struct live *l)
{
	for (int i = 0; i < l->nets * l->settings; i++)
		for (int k = 0; k < WARM_PASSES; k++)
			for (int d = 1; d <= l->net[i / l->settings]->depths; d++) {
				int64_t begun = backend_clock();
				struct outcome out;
				int got = l->backend->send(l->plan[i], d, 0,
					images_at(&l->images, 0));
				while (!got) {
					got = l->backend->poll(l->plan[i], &out);
					if (!got && backend_clock() - begun
					    > l->o.timeout_ns)
						return msg_fail("the device does "
							"not finish a stage of "
							"%s", l->net[i
							/ l->settings]->name);
				}
				if (got < 0)
					return -1;
			}
	return 0;
}

/* ---- The thread ----------------------------------------------------------------- */

/* A mask fits 1024 processors. */
static void use_mask(const cpu_set_t *mask)
{
	(void)sched_setaffinity(0, sizeof *mask, mask);
}

void live_pin(struct live *l)
{
	cpu_set_t one;

	if (l->core < 0)
		return;
	CPU_ZERO(&one);
	CPU_SET((size_t)l->core, &one);
	use_mask(&one);
}

void live_unpin(const struct live *l)
{
	if (l->allowed)
		use_mask(l->allowed);
}

static void pin(struct live *l)
{
	int core = l->o.core;

	l->allowed = mem_new(1, sizeof(cpu_set_t));
	if (sched_getaffinity(0, sizeof(cpu_set_t), l->allowed)) {
		CPU_ZERO((cpu_set_t *)l->allowed);
		return;
	}
	for (int i = 0; core < 0 && i < CPU_SETSIZE; i++)
		if (CPU_ISSET((size_t)i, (cpu_set_t *)l->allowed))
			core = i;
	if (core < 0 || !CPU_ISSET((size_t)core, (cpu_set_t *)l->allowed)) {
		msg_remark("--core %d: not one that this process may use", core);
		return;
	}
	l->core = core;
	live_pin(l);
}

/* The kernel takes 50 ms of every second away from a real-time thread that
 * never sleeps, unless that is switched off: worse than no priority. */
static void raise_priority(struct live *l)
{
	struct sched_param p = { .sched_priority = 1 };
	FILE *f = fopen("/proc/sys/kernel/sched_rt_runtime_us", "r");
	int limit = 0;

	if (f) {
		if (fscanf(f, "%d", &limit) != 1)
			limit = 0;
		(void)fclose(f);
	}
	if (limit >= 0)
		l->priority = "normal (real-time threads are throttled here)";
	else if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &p))
		l->priority = "normal (real-time not granted)";
	else
		l->priority = "real-time";
	/* Wake up when asked, not up to 50 us later. */
	(void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
}

void live_options_complete(struct live_options *o, const struct workload *w)
{
	int replay = !strcmp(o->backend, "replay");

	if (!o->networks)
		o->networks = "workloads/networks";
	if (!o->device && replay)
		o->device = w->bundle->dir;
	if (!o->data && replay)
		o->data = w->bundle->dir;
}

struct live *live_open(const struct workload *w, const struct live_options *o)
{
	struct live *l = mem_new(1, sizeof *l);

	l->o = *o;
	l->slots = o->slots;
	l->counting = 1;
	l->core = -1;
	if (w->devices != 1) {
		(void)msg_bad("%s: devices = %d; live runs have one", w->file,
			w->devices);
		goto failed;
	}
	if (w->nets > UINT8_MAX || w->settings > UINT8_MAX) {
		(void)msg_bad("%s: more than %d candidates", w->file, UINT8_MAX);
		goto failed;
	}
	if (!o->data) {
		(void)msg_bad("which images? --data PATH is missing");
		goto failed;
	}
	if (check_settings(w) || !(l->backend = backend_load(o->backend))
	    || open_nets(l, w, o->networks) || open_images(l, w, o->data))
		goto failed;
	/* What is mapped later, the driver's own memory above all, is not
	 * ours to lock. */
	l->locked = !mlockall(MCL_CURRENT);
	if (l->backend->open(&l->dev, o->device)
	    || l->backend->info(l->dev, &l->info) || open_plans(l, w)
	    || live_loads_open(l, w))
		goto failed;
	open_meter(l);
	pin(l);
	raise_priority(l);
	if (warm(l))
		goto failed;
	if (!strstr(w->bundle->device, l->info.name)
	    && !strstr(l->info.name, w->bundle->device))
		msg_remark("%s was measured on '%s', this device is '%s'",
			w->bundle->dir, w->bundle->device, l->info.name);
	return l;
failed:
	live_close(l);
	return NULL;
}

void live_count_energy(struct live *l, int on)
{
	l->counting = on;
}

void live_close(struct live *l)
{
	if (!l)
		return;
	live_loads_close(l);
	live_unpin(l);
	free(l->allowed);
	for (int i = 0; l->plan && i < l->nets * l->settings; i++)
		if (l->plan[i])
			l->backend->plan_free(l->plan[i]);
	if (l->dev)
		l->backend->close(l->dev);
	meter_close(l->meter);
	for (int i = 0; i < l->nets; i++)
		net_free(l->net[i]);
	images_fini(&l->images);
	free(l->net);
	free(l->plan);
	free(l);
}
