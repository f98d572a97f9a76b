#include "support_bench.h"

#include "../sim/clock.h"
#include "../sim/mem.h"
#include "../sim/msg.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double bench_seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bench_median(double *x, int n)
{
	qsort(x, (size_t)n, sizeof *x, by_value);
	return x[n / 2];
}

static int by_integer(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int64_t bench_percentile(int64_t *x, int n, int percent)
{
	qsort(x, (size_t)n, sizeof *x, by_integer);
	return x[(int64_t)n * percent / 100];
}

int64_t bench_clock_cost(void)
{
	enum { LOOKS = 2000 };
	int64_t spent[LOOKS];

	for (int i = 0; i < LOOKS; i++) {
		int64_t begun = clock_ns();
		spent[i] = clock_ns() - begun;
	}
	return bench_percentile(spent, LOOKS, 50);
}

char *bench_directory(void)
{
	const char *under = getenv("TMPDIR");
	char *dir = mem_printf("%s/laxity-bench-XXXXXX", under ? under : "/tmp");

	if (mkdtemp(dir))
		return dir;
	(void)msg_fail("%s: cannot be made", dir);
	free(dir);
	return NULL;
}

void bench_directory_free(char *dir)
{
	DIR *all = opendir(dir);
	struct dirent *one;

	while (all && (one = readdir(all))) {
		char *path = mem_printf("%s/%s", dir, one->d_name);
		if (one->d_name[0] != '.')
			(void)remove(path);
		free(path);
	}
	if (all)
		(void)closedir(all);
	(void)remove(dir);
	free(dir);
}
