/* Inside the executor: live_open.c makes it ready, live.c runs it. */
#ifndef LAXITY_LIVE_PARTS_H
#define LAXITY_LIVE_PARTS_H

#include "backend.h"
#include "images.h"
#include "live.h"
#include "load.h"
#include "meter.h"

struct live {
	struct live_options o;
	const struct backend *backend;
	struct dev *dev;
	struct dev_info info;
	struct images images;
	int nets, settings, slots;
	struct net **net;
	struct plan **plan;         /* [net * settings + setting] */
	/* [environments] of the bundle: NULL where the workload has no use for
	 * it; which one is on, 0: none. */
	int environments, environment;
	struct corunner **corunner;
	int core;                   /* pinned to; -1: not */
	void *allowed;              /* cpu_set_t before that */
	bool locked;
	const char *priority;
	struct meter *meter;        /* NULL: none, because */
	const char *no_meter;
	int counting;               /* it is used */
};

/* Stay on the core, or be free as at the start, for threads to be made. */
void live_pin(struct live *l);
void live_unpin(const struct live *l);

/* live_load.c: the loads beside the stages. -1 after one message. */
int live_loads_open(struct live *l, const struct workload *w);
int live_load_change(struct live *l, int environment);
void live_loads_close(struct live *l);

#endif
