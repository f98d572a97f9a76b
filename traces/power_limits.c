/* Reading tables of time and power under power limits. */
#include "scale.h"

#include "../sim/csv.h"
#include "../sim/msg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_FILE ((size_t)1 << 24)
#define MOST_LIMITS 1000

static const char *const own_columns[] = { "power_cap_w", "relative_time",
	"relative_power", NULL };
static const char *const zeus_columns[] = { "dataset", "network", "batch_size",
	"optimizer", "power_limit", "time_per_epoch", "average_power", NULL };
static const char *const *const kinds[] = { own_columns, zeus_columns, NULL };

/* A row of either table; the run is what must be the same in all rows. */
struct row {
	double cap_w, time, power;
	const char *run;            /* "dataset,network,", not closed by NUL */
	size_t run_length;
	int64_t batch_size;
	const char *optimizer;
	size_t optimizer_length;
	int64_t line;
};

static int take_own(struct csv *c, struct row *r)
{
	return csv_real(c, 0, INFINITY, &r->cap_w)
		|| csv_real(c, 0, INFINITY, &r->time)
		|| csv_real(c, 0, INFINITY, &r->power) ? -1 : 0;
}

static int take_zeus(struct csv *c, struct row *r)
{
	const char *network;
	size_t n;

	if (csv_name(c, &r->run, &n) || csv_name(c, &network, &n))
		return -1;
	r->run_length = (size_t)(network + n - r->run);
	return csv_integer(c, 1, INT64_MAX, &r->batch_size)
		|| csv_name(c, &r->optimizer, &r->optimizer_length)
		|| take_own(c, r) ? -1 : 0;
}

static int same(const char *a, size_t n, const char *b, size_t m)
{
	return n == m && !memcmp(a, b, n);
}

/* Rows of different runs do not make one curve. */
static int check_run(struct csv *c, const struct row *first,
	const struct row *r)
{
	if (r->batch_size != first->batch_size)
		return csv_bad(c, "batch sizes %lld and %lld: choose one with "
			"--batch-size", (long long)first->batch_size,
			(long long)r->batch_size);
	if (!same(first->run, first->run_length, r->run, r->run_length)
	    || !same(first->optimizer, first->optimizer_length, r->optimizer,
		r->optimizer_length))
		return csv_bad(c, "another run than on line %lld: a table of "
			"one data set, network and optimizer expected",
			(long long)first->line);
	return 0;
}

static int by_falling_cap(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->cap_w != y->cap_w)
		return x->cap_w > y->cap_w ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

static int read_rows(struct csv *c, int zeus, int64_t batch_size,
	struct row *row, int *count)
{
	int n = 0;

	while (csv_next(c)) {
		struct row r = { 0 };
		if (zeus ? take_zeus(c, &r) : take_own(c, &r))
			return -1;
		r.line = c->line;
		if (zeus && batch_size && r.batch_size != batch_size)
			continue;
		if (zeus && n && check_run(c, &row[0], &r))
			return -1;
		if (!(r.cap_w > 0 && r.time > 0 && r.power > 0))
			return csv_bad(c, "cap, time and power must be positive");
		if (n == MOST_LIMITS)
			return csv_bad(c, "more than %d limits", MOST_LIMITS);
		row[n++] = r;
	}
	if (n < 2)
		return csv_bad(c, "the file ends with %d limit%s%s, at least 2 "
			"expected", n, n == 1 ? "" : "s", zeus && batch_size
			? " of this batch size" : "");
	qsort(row, (size_t)n, sizeof *row, by_falling_cap);
	for (int i = 1; i < n; i++) {
		if (row[i].cap_w != row[i - 1].cap_w)
			continue;
		c->line = row[i].line;
		return csv_bad(c, "the limit %.9g W is given twice (first on "
			"line %lld)", row[i].cap_w,
			(long long)row[i - 1].line);
	}
	*count = n;
	return 0;
}

/* The `#` lines, and with them what the table is. */
static void take_remarks(struct power_limits *p, const struct csv *c)
{
	const char *s = c->text;

	p->remark = arena_new(&p->arena, (size_t)c->comments, sizeof *p->remark);
	for (; p->remarks < c->comments; s = strchr(s, '\n') + 1) {
		const char *begin = s + 1;
		size_t n;
		begin += strspn(begin, " \t");
		n = strcspn(begin, "\n");
		p->remark[p->remarks++] = memcpy(arena_new(&p->arena, n + 1, 1),
			begin, n);
	}
}

int power_limits_read(struct power_limits *p, const char *path,
	int64_t batch_size)
{
	struct row *row = mem_new(MOST_LIMITS, sizeof *row);
	int zeus, status = -1;
	struct csv c;

	*p = (struct power_limits){ 0 };
	if (csv_open_any(&c, path, LARGEST_FILE, kinds))
		goto out;
	zeus = c.column == zeus_columns;
	if (batch_size && !zeus)
		(void)msg_bad("%s: --batch-size: this table has no batch sizes",
			path);
	else
		status = read_rows(&c, zeus, batch_size, row, &p->limits);
	if (!status) {
		take_remarks(p, &c);
		sha256_hex(c.text, c.length, p->sha256);
		p->limit = arena_new(&p->arena, (size_t)p->limits,
			sizeof *p->limit);
		for (int i = 0; i < p->limits; i++)
			p->limit[i] = (struct power_limit){ row[i].cap_w,
				row[i].time / row[0].time,
				row[i].power / row[0].power };
	}
	csv_close(&c);
out:
	free(row);
	return status;
}

void power_limits_fini(struct power_limits *p)
{
	arena_fini(&p->arena);
	*p = (struct power_limits){ 0 };
}
