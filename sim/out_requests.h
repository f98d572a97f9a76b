/* What happened to each request, as CSV, and as a timeline for Perfetto. Both
 * are fed by the engine's sink while it runs and need no memory that grows with
 * the run. */
#ifndef LAXITY_OUT_REQUESTS_H
#define LAXITY_OUT_REQUESTS_H

#include "engine.h"
#include "file.h"
#include "num_put.h"

/* Requests leave in another order than they were released in. This puts them
 * back: `emit` is called with the measured ones in order of number. Holds as
 * many as are released between the oldest still there and the newest gone. */
struct reorder {
	int64_t next;               /* number to be emitted */
	int64_t capacity;           /* a power of 2 */
	struct request_record *slot; /* [number % capacity]; number -1: empty */
	void *context;
	void (*emit)(void *context, const struct request_record *r);
};

/* first: number of the first measured request; earlier ones are left out. */
void reorder_init(struct reorder *o, int64_t first, void *context,
	void (*emit)(void *context, const struct request_record *r));
void reorder_add(struct reorder *o, const struct request_record *r);
void reorder_fini(struct reorder *o);

/* request,client,input,network,setting,release_ns,... as in DESIGN.md,
 * "Commands"; about 100 ns a row. */
struct out_name { char *text; size_t length; };

struct out_requests {
	struct file_out file;
	const struct workload *workload;
	struct out_name *name;      /* by network and setting */
	size_t name_room;
	struct num_near time;
	char *buffer;
	size_t length;
};

/* -1 after one message (exit 2) if the path cannot be written. Rows are
 * out_requests_add's, in order of number; `end` gives the file its name, or
 * takes it away again if keep is 0. */
int out_requests_begin(struct out_requests *o, const char *path,
	const struct workload *w);
void out_requests_add(struct out_requests *o, const struct request_record *r);
int out_requests_end(struct out_requests *o, int keep);

/* Chrome trace events: process 1 has a track per device with its stages,
 * process 2 a track per client with its requests (open workloads: nested
 * spans). Times in microseconds with three decimals, so exact. */
struct out_timeline {
	struct file_out file;
	const struct workload *workload;
	int events;
};

int out_timeline_begin(struct out_timeline *o, const char *path,
	const struct workload *w);
void out_timeline_request(struct out_timeline *o, const struct request_record *r);
void out_timeline_stage(struct out_timeline *o, const struct stage_record *r);
int out_timeline_end(struct out_timeline *o, int keep);

#endif
