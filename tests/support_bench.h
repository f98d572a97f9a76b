/* For the benchmarks: a clock, medians, a place for files. */
#ifndef LAXITY_TESTS_SUPPORT_BENCH_H
#define LAXITY_TESTS_SUPPORT_BENCH_H

/* Processor time of this process, in seconds. */
double bench_seconds(void);

/* Of n > 0 values, which it sorts. */
double bench_median(double *x, int n);

/* A fresh directory under TMPDIR, or NULL after a message; and its end, with
 * the files in it. */
char *bench_directory(void);
void bench_directory_free(char *dir);

#endif
