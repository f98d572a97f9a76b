/* A workload in words, for the heads of tables and reports. */
#ifndef LAXITY_OUT_DESCRIBE_H
#define LAXITY_OUT_DESCRIBE_H

#include "mem.h"

#include <stdint.h>

struct description_line { const char *name; char *text; };

struct description {
	int n;
	struct description_line line[16];
};

/* From the resolved text (workload.resolved, or as stored) and what is not in
 * it; loads may be NAN. Values are quoted from the file, so of a stranger's
 * file they hold anything: escape them. */
void description_init(struct description *d, const char *resolved,
	const char *device, const char *task, int modelled, double load,
	double mandatory_load);
void description_fini(struct description *d);

/* A time of a resolved file, "599568ns", as "2T (0.600 ms)"; anything else as
 * it is. full_ns: T, 0 if not known. The caller frees it. */
char *description_time(const char *value, int64_t full_ns);

/* T of a resolved text, 0 if it does not say. */
int64_t description_full_ns(const char *resolved);

#endif
