/* A place to read workloads in: a fresh working directory with the bundle "t":
 *
 *     networks     a: staged, 3 stages of 1000, 1000, 2000 ns (T = 4000 ns)
 *                  b: single, 600 and 601 ns (T = 601 ns, 600.5 rounded)
 *     settings     s1, s2 (takes twice as long)
 *     environments default, slow (all candidates), part (only a at s1)
 *     inputs       20; confidence of a at depth 1 is 0.05 x (7 i mod 20),
 *                  but inputs 3 and 6 tie at 0.05
 *
 * and the bundle "o", the same with overhead.csv. Paths in messages are thus
 * short and known. */
#ifndef LAXITY_TESTS_SUPPORT_WORKLOAD_H
#define LAXITY_TESTS_SUPPORT_WORKLOAD_H

#include "../sim/workload.h"

#include <check.h>

/* Checked fixtures: enter the place before each test, leave and remove it. */
void place_enter(void);
void place_leave(void);

/* A complete file around these [arrivals] and further sections: trace t,
 * network a and 1000 requests unless `counts` says otherwise, deadlines uniform
 * from 1T to 3T. Freed by free. */
char *workload_text(const char *counts, const char *rest);

/* Read it; the test fails if it is refused. */
struct workload *workload_good(const char *counts, const char *rest);

/* The k-th uniform draw of {seed, purpose, index}. */
double stream_at(uint32_t seed, enum purpose p, uint64_t index, int k);

/* The messages since msg_capture(1) are this one line of bad input; ends the
 * capture. */
void expect_refusal(const char *message);

/* A file in the place. */
void place_put(const char *name, const char *text);

#endif
