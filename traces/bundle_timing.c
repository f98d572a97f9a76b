/* timing.csv: passes through a network, whose rows may come in any order.
 *
 * They are read into one array, brought into groups of one (network, setting,
 * environment) by counting, and sorted within a group only where the file is
 * not in order already, which it nearly always is. */
#include "bundle_parts.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define NO_DEVICE_TIME (-1)

struct row {
	int64_t sample, duration_ns, device_ns;
	int32_t net, setting, environment, depth;
};

/* The rows, in the order of the file. */
struct rows {
	struct row *row;
	size_t count, room;
	int64_t first_line;
};

/* ---- Reading ---------------------------------------------------------------------- */

static int take_environment(struct bundle *b, struct csv *c, int32_t *out)
{
	struct names *t = &b->memory->environments;
	const char *s;
	size_t n;
	int i;

	if (csv_lookup(c, t, &i, &s, &n))
		return -1;
	if (i < 0) {
		if (t->count == BUNDLE_MAX_NAMES || (int64_t)b->nets * b->settings
		    * (t->count + 1) > BUNDLE_MAX_CELLS)
			return csv_bad(c, "more than %d environments, or %d "
				"combinations of network, setting and "
				"environment", BUNDLE_MAX_NAMES,
				BUNDLE_MAX_CELLS);
		i = names_add(t, memcpy(arena_new(&b->memory->arena, n + 1, 1),
			s, n));
	}
	*out = i;
	return 0;
}

static int read_row(struct bundle *b, struct csv *c, struct row *r)
{
	int64_t depth;
	int net, setting;

	if (csv_known(c, &b->memory->nets, &net)
	    || csv_known(c, &b->memory->settings, &setting)
	    || take_environment(b, c, &r->environment)
	    || csv_integer(c, 0, INT64_MAX, &r->sample)
	    || csv_integer(c, 1, b->net[net].depths, &depth)
	    || csv_integer(c, 1, INT64_MAX, &r->duration_ns)
	    || csv_optional_integer(c, 0, INT64_MAX, NO_DEVICE_TIME,
		&r->device_ns))
		return -1;
	r->net = net;
	r->setting = setting;
	r->depth = (int32_t)depth;
	return 0;
}

static int read_rows(struct bundle *b, struct csv *c, struct rows *rows)
{
	(void)names_add(&b->memory->environments, "default");
	rows->first_line = c->line + 1;
	while (csv_next(c)) {
		MEM_ROOM(rows->row, rows->count, rows->room);
		if (read_row(b, c, &rows->row[rows->count]))
			return -1;
		rows->count++;
	}
	return 0;
}

/* ---- Grouping --------------------------------------------------------------------- */

static size_t cell_of(const struct bundle *b, const struct row *r)
{
	return (size_t)((r->net * b->settings + r->setting) * b->environments
		+ r->environment);
}

static int by_sample_and_depth(const void *a, const void *b)
{
	const struct row *x = *(const struct row *const *)a;
	const struct row *y = *(const struct row *const *)b;

	if (x->sample != y->sample)
		return x->sample < y->sample ? -1 : 1;
	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	return x < y ? -1 : x > y; /* the line */
}

static void sort_rows(const struct row **row, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		if (by_sample_and_depth(&row[i - 1], &row[i]) > 0) {
			qsort(row, n, sizeof *row, by_sample_and_depth);
			return;
		}
	}
}

static int bad_row(const struct bundle *b, struct csv *c,
	const struct rows *rows, const struct row *r, int depth,
	const char *what)
{
	c->line = rows->first_line + (r - rows->row);
	return csv_bad(c, "network %s, setting %s, environment %s, sample %lld: "
		"%s depth %d", b->net[r->net].name, b->setting[r->setting].name,
		b->environment[r->environment], (long long)r->sample, what,
		depth);
}

/* The sorted rows of one cell, n > 0: each pass has each depth once. */
static int take_cell(struct bundle *b, struct csv *c, const struct rows *rows,
	const struct row **row, size_t n, struct cell *cell)
{
	int depths = b->net[row[0]->net].depths, has_device = 0;
	int64_t *duration, *device, sum = 0;

	for (size_t i = 0; i < n; i++) {
		const struct row *r = row[i], *before = i ? row[i - 1] : NULL;
		int next = (int)(i % (size_t)depths) + 1;

		if (before && before->sample == r->sample
		    && before->depth == r->depth)
			return bad_row(b, c, rows, r, r->depth, "a second row for");
		/* The pass before, or this one, lacks a depth. */
		if (next > 1 && before && before->sample != r->sample)
			return bad_row(b, c, rows, before, next, "no row for");
		if (r->depth != next)
			return bad_row(b, c, rows, r, next, "no row for");
		sum = next == 1 ? 0 : sum;
		if (r->duration_ns > INT64_MAX - sum)
			return bad_row(b, c, rows, r, r->depth, "the pass's sum "
				"overflows at");
		sum += r->duration_ns;
		has_device |= r->device_ns != NO_DEVICE_TIME;
	}
	if (n % (size_t)depths)
		return bad_row(b, c, rows, row[n - 1], (int)(n % (size_t)depths) + 1,
			"no row for");
	if (n / (size_t)depths > INT_MAX)
		return csv_bad(c, "more than %d samples", INT_MAX);
	duration = arena_new(&b->memory->arena, n, sizeof *duration);
	device = has_device ? arena_new(&b->memory->arena, n, sizeof *device)
		: NULL;
	for (size_t i = 0; i < n; i++) {
		duration[i] = row[i]->duration_ns;
		if (device)
			device[i] = row[i]->device_ns;
	}
	*cell = (struct cell){ .samples = (int)(n / (size_t)depths),
		.duration_ns = duration, .device_ns = device };
	return 0;
}

static int take_cells(struct bundle *b, struct csv *c, const struct rows *rows)
{
	size_t cells = (size_t)b->nets * (size_t)b->settings
		* (size_t)b->environments;
	struct cell *cell = arena_new(&b->memory->arena, cells, sizeof *cell);
	size_t *begin = mem_new(cells + 2, sizeof *begin);
	const struct row **order = mem_new(rows->count, sizeof *order);
	int status = 0;

	/* Counting sort: begin[k + 1] counts up from the start of cell k to
	 * its end, which is the start of cell k + 1. */
	for (size_t i = 0; i < rows->count; i++)
		begin[cell_of(b, &rows->row[i]) + 2]++;
	for (size_t k = 2; k < cells + 2; k++)
		begin[k] += begin[k - 1];
	for (size_t i = 0; i < rows->count; i++)
		order[begin[cell_of(b, &rows->row[i]) + 1]++] = &rows->row[i];
	for (size_t k = 0; k < cells && !status; k++) {
		size_t n = begin[k + 1] - begin[k];
		sort_rows(order + begin[k], n);
		if (n)
			status = take_cell(b, c, rows, order + begin[k], n,
				&cell[k]);
	}
	free(order);
	free(begin);
	b->cell = cell;
	return status;
}

int bundle_take_timing(struct bundle *b, struct csv *c)
{
	struct names *t = &b->memory->environments;
	struct rows rows = { 0 };
	const char **environment;
	int status = read_rows(b, c, &rows);

	if (!status) {
		b->environments = t->count;
		environment = arena_new(&b->memory->arena, (size_t)t->count,
			sizeof *environment);
		memcpy(environment, t->name, (size_t)t->count
			* sizeof *environment);
		b->environment = environment;
		status = take_cells(b, c, &rows);
	}
	free(rows.row);
	return status;
}
