/* A place for live runs: a fresh working directory with
 *
 *     net/a.onnx   staged, 3 stages;  net/b.onnx  single
 *     t            a bundle of both: stages of a few microseconds, settings
 *                  s1 and s2 (twice as slow), environments compute-stream and
 *                  slow (two and three times as slow), watts, 20 inputs,
 *                  overhead.csv
 *
 * whose outcomes and times the backend `replay` repeats. */
#ifndef SUPPORT_LIVE_H
#define SUPPORT_LIVE_H

#include "../../traces/harness/live.h"

#include <check.h>

#define POISSON "[arrivals]\nprocess = poisson\nload = 0.4\n"
/* So far away that a request is served even if this machine is busy with
 * something else for a while. */
#define FAR "[deadline]\ndistribution = uniform\nmin = 1s\nmax = 2s\n"

void live_place_enter(void);
void live_place_leave(void);

/* Absolute path of a file of the source tree, which the tests are started in.
 * Freed by free. */
char *live_source_path(const char *name);

/* The same of what was built. */
char *live_build_path(const char *name);

/* CIFAR-10 binary file "cifar.bin" of so many pictures of noise, and the bundle
 * "c" of the network resnet8 with as many inputs. */
void live_place_cifar(int images);

/* A workload file around these [arrivals] and further sections, on network a
 * (or the list that networks gives). Freed by free. */
char *live_text(const char *networks, int requests, const char *rest);

/* Read it; the test fails if it is refused. */
struct workload *live_workload(const char *networks, int requests,
	const char *rest);

/* Live runs on that backend with the networks of the place. */
struct live_options live_place_options(const char *backend, const char *device,
	const char *data);

/* One live run with seed 7. Its repetition must take every decision again and
 * give the same numbers, whatever does not depend on how long a pick took, or
 * on a counter. The caller frees the log. */
struct live_log *live_run_and_repeat(struct live *l, const struct workload *w,
	const char *policy, const volatile int *stop, enum live_end *end,
	struct metrics *m);

#endif
