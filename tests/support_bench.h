/* For the benchmarks: a clock, medians, a place for files. */
#ifndef LAXITY_TESTS_SUPPORT_BENCH_H
#define LAXITY_TESTS_SUPPORT_BENCH_H

#include <stdint.h>

/* Processor time of this process, in seconds. */
double bench_seconds(void);

/* Of n > 0 values, which it sorts. */
double bench_median(double *x, int n);
int64_t bench_percentile(int64_t *x, int n, int percent);

/* Ns between two looks at the clock with nothing in between, the median. */
int64_t bench_clock_cost(void);

/* A fresh directory under TMPDIR, or NULL after a message; and its end, with
 * the files in it. */
char *bench_directory(void);
void bench_directory_free(char *dir);

#endif
