/* Inside the executor: live_open.c makes it ready, live.c runs it. */
#ifndef LAXITY_LIVE_PARTS_H
#define LAXITY_LIVE_PARTS_H

#include "backend.h"
#include "images.h"
#include "live.h"

struct live {
	struct live_options o;
	const struct backend *backend;
	struct dev *dev;
	struct dev_info info;
	struct images images;
	int nets, settings, slots;
	struct net **net;
	struct plan **plan;         /* [net * settings + setting] */
	int core;                   /* pinned to; -1: not */
	bool locked;
	const char *priority;
};

#endif
