/* The fewest misses, from windows (paper/spec/imprecise.md 11).
 *
 * Of the requests inside a window, all taken as released at its beginning, the
 * fewest late ones are those that Moore and Hodgson's rule drops: go by
 * deadline, and when the work so far is late, drop its longest. Windows that
 * share no time share no request, so their counts add up; the best set of them
 * is found from the last start to the first (weighted interval scheduling). */
#include "bounds.h"

#include "mem.h"

#include <stdlib.h>

__extension__ typedef __int128 wide;

struct job { int64_t release_ns, deadline_ns, time_ns; };

static int by_release(const void *a, const void *b)
{
	const struct job *x = a, *y = b;

	return (x->release_ns > y->release_ns) - (x->release_ns < y->release_ns);
}

/* Equal deadlines by release, then time: a total order of what matters. */
static int by_deadline(const void *a, const void *b)
{
	const struct job *x = a, *y = b;

	if (x->deadline_ns != y->deadline_ns)
		return x->deadline_ns < y->deadline_ns ? -1 : 1;
	if (x->release_ns != y->release_ns)
		return x->release_ns < y->release_ns ? -1 : 1;
	return (x->time_ns > y->time_ns) - (x->time_ns < y->time_ns);
}

/* A heap of times, longest first. */
static void heap_push(int64_t *heap, int64_t n, int64_t x)
{
	for (; n > 0 && heap[(n - 1) / 2] < x; n = (n - 1) / 2)
		heap[n] = heap[(n - 1) / 2];
	heap[n] = x;
}

static int64_t heap_pop(int64_t *heap, int64_t n)
{
	int64_t top = heap[0], last = heap[n - 1], k = 0;

	n--;
	for (int64_t child = 1; child < n; child = 2 * k + 1) {
		child += child + 1 < n && heap[child + 1] > heap[child];
		if (heap[child] <= last)
			break;
		heap[k] = heap[child];
		k = child;
	}
	heap[k] = last;
	return top;
}

/* First of n jobs by release that is not released before t. */
static int64_t first_at(const struct job *job, int64_t n, int64_t t)
{
	int64_t low = 0, high = n;

	while (low < high) {
		int64_t middle = low + (high - low) / 2;

		if (job[middle].release_ns < t)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int64_t bounds_misses(const struct bound_instance *in, const double *answered,
	int64_t steps)
{
	size_t most = (size_t)in->requests;
	struct job *start = mem_new(most, sizeof *start);
	struct job *due = mem_new(most, sizeof *due);
	int64_t *best = mem_new(most + 1, sizeof *best);
	int64_t *heap = mem_new(most, sizeof *heap);
	int64_t n = 0, longest = steps / (in->requests + 1) + 1, misses;

	for (int64_t i = 0; i < in->requests; i++) {
		int64_t time = INT64_MAX;

		for (int64_t k = in->first[i]; k < in->first[i + 1]; k++)
			if (answered[k] > 0 && in->time_ns[k] < time)
				time = in->time_ns[k];
		if (time <= in->deadline_ns[i] - in->release_ns[i])
			start[n++] = (struct job){ in->release_ns[i],
				in->deadline_ns[i], time };
	}
	for (int64_t i = 0; i < n; i++)
		due[i] = start[i];
	qsort(start, (size_t)n, sizeof *start, by_release);
	qsort(due, (size_t)n, sizeof *due, by_deadline);

	/* best[k]: most misses in disjoint windows that begin at the release of
	 * job k or later. `from`: the first of `due` after that instant. */
	for (int64_t k = n - 1, from = n; k >= 0; k--) {
		int64_t begin = start[k].release_ns, dropped = 0, kept = 0;
		wide work = 0;

		best[k] = best[k + 1];
		while (from > 0 && due[from - 1].deadline_ns > begin)
			from--;
		if (k > 0 && start[k - 1].release_ns == begin)
			continue;   /* the first of the group speaks for it */
		for (int64_t j = from; j < n && kept + dropped < longest; j++) {
			int64_t total;

			if (due[j].release_ns < begin)
				continue;
			heap_push(heap, kept++, due[j].time_ns);
			work += due[j].time_ns;
			if (work <= (wide)in->devices
			    * (due[j].deadline_ns - begin))
				continue;
			work -= heap_pop(heap, kept--);
			dropped++;
			total = dropped + best[first_at(start, n,
				due[j].deadline_ns)];
			if (total > best[k])
				best[k] = total;
		}
	}
	misses = in->requests - n + best[0];
	free(start);
	free(due);
	free(best);
	free(heap);
	return misses;
}
