/* What goes in and out around a run: reading the H100 bundle, a row a request
 * as CSV, and as SQLite. CSV on stdout: what, median, unit.
 *
 *     bench_io [REPEATS]
 *
 * The records are those of one run of the default scenario, kept in memory in
 * order of number, so that the engine's own time is not among them. Files go to a fresh directory
 * under TMPDIR. */
#include "../../sim/engine.h"
#include "../../sim/msg.h"
#include "../../sim/out_requests.h"
#include "../../sim/store.h"
#include "../support_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct records {
	struct request_record *at;
	size_t n, capacity;
};

static void report(const char *what, double *x, int n, double scale,
	const char *unit)
{
	printf("%s,%.4g,%s\n", what, bench_median(x, n) * scale, unit);
}

static void keep(void *context, const struct request_record *r)
{
	struct records *all = context;

	MEM_ROOM(all->at, all->n, all->capacity);
	all->at[all->n++] = *r;
}

static void put_in_order(void *context, const struct request_record *r)
{
	reorder_add(context, r);
}

static int time_loading(const char *dir, double *took)
{
	double begun = bench_seconds();
	struct bundle *b = bundle_read(dir);

	*took = bench_seconds() - begun;
	if (!b)
		return -1;
	bundle_free(b);
	return 0;
}

static int time_csv(const struct workload *w, const struct records *all,
	const char *path, double *took)
{
	double begun = bench_seconds();
	struct out_requests out;

	if (out_requests_begin(&out, path, w))
		return -1;
	for (size_t i = 0; i < all->n; i++)
		out_requests_add(&out, &all->at[i]);
	if (out_requests_end(&out, 1))
		return -1;
	*took = (bench_seconds() - begun) / (double)all->n;
	return 0;
}

static int put_all(struct store *s, const struct store_run *run,
	const struct records *all)
{
	int64_t id;

	if (store_begin(s) || store_put_start(s, run, &id))
		return -1;
	for (size_t i = 0; i < all->n; i++)
		if (store_put_request(s, id, &all->at[i]))
			return -1;
	return store_commit(s);
}

static int time_store(const struct store_run *run, const struct records *all,
	const char *path, double *took)
{
	struct store *s = store_open(path, STORE_WRITE);
	double begun = bench_seconds();

	if (!s)
		return -1;
	if (put_all(s, run, all))
		return -1;
	store_close(s);
	*took = (bench_seconds() - begun) / (double)all->n;
	return unlink(path);
}

int main(int argc, char **argv)
{
	static const char *const sets[] = { "workload.requests=100000" };
	int repeats = argc > 1 ? atoi(argv[1]) : 7;
	struct workload *w = workload_read("workloads/default.ini", 1, sets, 1);
	struct records all = { 0 };
	struct reorder order;
	struct sink sink = { .context = &order, .request = put_in_order };
	struct choice edf;
	struct run run = { .workload = w, .choice = &edf, .seed = 1,
		.sink = &sink };
	struct metrics m;
	char hash[SHA256_HEX], *dir, *csv, *db;
	double *load, *row, *insert;

	if (!w || repeats < 1 || choice_parse(&edf, "edf"))
		return (int)msg_status();
	reorder_init(&order, w->warmup, &all, keep);
	if (engine_run(&run, &m))
		return (int)msg_status();
	reorder_fini(&order);
	load = mem_new((size_t)repeats, sizeof *load);
	row = mem_new((size_t)repeats, sizeof *row);
	insert = mem_new((size_t)repeats, sizeof *insert);
	dir = bench_directory();
	if (!dir)
		return (int)msg_status();
	csv = mem_printf("%s/requests.csv", dir);
	db = mem_printf("%s/runs.db", dir);
	store_hash_workload(w, hash);
	struct store_run stored = { .workload = w, .workload_hash = hash,
		.choice = &edf, .seed = 1, .kind = "simulated", .live_at = "",
		.ended = "done" };
	for (int i = 0; i < repeats; i++)
		if (time_loading(w->bundle->dir, &load[i])
		    || time_csv(w, &all, csv, &row[i])
		    || time_store(&stored, &all, db, &insert[i]))
			return (int)msg_status();
	report("bundle loading", load, repeats, 1e3, "ms");
	report("request as CSV", row, repeats, 1e9, "ns a row");
	report("request in SQLite", insert, repeats, 1e6, "us a row");
	bench_directory_free(dir);
	return STATUS_OK;
}
