/* The replay backend as a device on which events cost time, as they do on GPUs:
 * 50 us a stage. So device times are measured apart from the passes that count.
 * Built beside the plug-ins, it finds `replay` two folders above. */
#define _GNU_SOURCE             /* dladdr */
#include "../../traces/harness/backend.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct backend backend;

static const struct backend *replay;
static int on = 1;

static void events(struct plan *p, int wanted)
{
	(void)p;
	on = wanted;
}

static int poll(struct plan *p, struct outcome *out)
{
	int got = replay->poll(p, out);
	int64_t until = backend_clock() + 50000;

	if (got == 1 && on)
		while (backend_clock() < until)
			;
	if (!on)
		out->device_ns = -1;
	return got;
}

__attribute__((constructor)) static void make(void)
{
	char path[4096];
	void *library;
	Dl_info here;

	if (!dladdr(&backend, &here))
		abort();
	(void)snprintf(path, sizeof path, "%s", here.dli_fname);
	for (int up = 0; up < 3; up++)
		*strrchr(path, '/') = '\0';
	(void)strcat(path, "/backend-replay.so");
	library = dlopen(path, RTLD_NOW);
	if (!library || !(replay = dlsym(library, "backend")))
		abort();
	backend = *replay;
	backend.poll = poll;
	backend.events = events;
}
