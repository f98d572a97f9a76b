/* The requests of one run of the closed model, drawn beforehand, for model
 * programs in other languages:
 *
 *     bench_requests REQUESTS FILE
 *
 * A line `clients requests warmup depths`, one with the planning times of the
 * stages, one with the first releases of the clients; then a line a request,
 * in order of number: relative deadline and the time each of its stages takes.
 * All in ns; of workloads/default.ini with seed 1. */
#include "../../sim/file.h"
#include "../../sim/mem.h"
#include "../../sim/msg.h"
#include "../../sim/profile.h"
#include "../../sim/workload.h"

#include <stdlib.h>

static void write_requests(FILE *f, const struct workload *w, uint32_t seed)
{
	const struct cell *cell = bundle_cell(w->bundle, w->net[0],
		w->setting[0], 0);
	int depths = w->bundle->net[w->net[0]].depths;
	int64_t n = w->warmup + w->requests;
	struct arrival *all = source_all(w, seed);
	struct source *source = source_new(w, seed);

	(void)fprintf(f, "%d %lld %lld %d\n", w->clients, (long long)n,
		(long long)w->warmup, depths);
	for (int d = 0; d < depths; d++)
		(void)fprintf(f, "%lld ", (long long)profile_cell(w->profile,
			0, 0)->p99_ns[d]);
	(void)fputc('\n', f);
	for (int k = 0; k < w->clients; k++)
		(void)fprintf(f, "%lld ", (long long)source_first(source, k));
	(void)fputc('\n', f);
	for (int64_t i = 0; i < n; i++) {
		struct stream s;
		int64_t sample;

		stream_open(&s, seed, PURPOSE_TIMING, (uint64_t)i);
		sample = cell->samples > 1 ? stream_below(&s, cell->samples) : 0;
		(void)fprintf(f, "%lld", (long long)(all[i].deadline_ns
			- all[i].release_ns));
		for (int d = 0; d < depths; d++)
			(void)fprintf(f, " %lld", (long long)
				cell->duration_ns[sample * depths + d]);
		(void)fputc('\n', f);
	}
	source_free(source);
	free(all);
}

int main(int argc, char **argv)
{
	struct workload *w;
	struct file_out out;
	char *set;
	const char *sets[1];

	if (argc != 3) {
		(void)msg_bad("usage: bench_requests REQUESTS FILE");
		return (int)msg_status();
	}
	sets[0] = set = mem_printf("workload.requests=%s", argv[1]);
	w = workload_read("workloads/default.ini", 1, sets, 1);
	free(set);
	if (!w || file_out_open(&out, argv[2]))
		return (int)msg_status();
	write_requests(out.stream, w, 1);
	workload_free(w);
	if (file_out_commit(&out))
		return (int)msg_status();
	return STATUS_OK;
}
