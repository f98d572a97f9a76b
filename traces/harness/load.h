/* Environments: what else runs on the device while stages are measured.
 *
 * A name is `default` or WORK-PLACE[-INTENSITY]. Work: `compute` (2048^3
 * bfloat16 matrix products; on a CPU multiply-adds) or `memory` (256 MiB
 * copies). Place: `stream` (this process, by the backend), `timeslice` or
 * `mps` (another process, without or with MPS in force), `thread` (this
 * process, another core). Intensity: percent of time with work queued, 1 to
 * 100, default 100. */
#ifndef LAXITY_LOAD_H
#define LAXITY_LOAD_H

#include "backend.h"

enum place { PLACE_NONE, PLACE_STREAM, PLACE_OTHER, PLACE_THREAD };

struct environment {
	char name[64];
	enum place place;
	struct load load;
};

/* -1 after a message. */
int environment_parse(const char *name, struct environment *out);

/* The load of one environment. It is made at its first start and then only
 * started and stopped, so that no context is created between two blocks. */
struct corunner;
struct corunner *corunner_new(const struct backend *b, struct dev *d,
	const char *backend_name, const char *which,
	const struct environment *e);
/* Returns once the load runs, or has stopped. -1 after a message. Stopping
 * adds to *rate what was done meanwhile. */
int corunner_start(struct corunner *c);
int corunner_stop(struct corunner *c, struct load_rate *rate);
void corunner_free(struct corunner *c);

/* A load on a core of the CPU, in a thread of its own; `other`: on the last
 * core that this process may use, else on the first, where stages run. */
struct cpu_load;
struct cpu_load *cpu_load_start(const struct load *l, int other);
void cpu_load_stop(struct cpu_load *c, struct load_rate *rate);

/* The other process: runs the load as told on standard input ('1' on, '0'
 * off, end of file: the parent is gone) and answers on standard output. An
 * exit status. */
int load_serve(const char *backend_name, const char *which,
	const struct load *l);

#endif
