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

#include "../../sim/workload.h"

#include <check.h>

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

#endif
