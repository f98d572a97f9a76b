#include "stored.h"

#include "msg.h"
#include "num.h"
#include "out_describe.h"
#include "store_private.h"
#include "workload_units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Reading tables --------------------------------------------------------------- */

static const char *copy(struct arena *a, const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(arena_new(a, n, 1), s, n);
}

/* A damaged file may have nulls where the schema allows none. */
static const char *text_of(sqlite3_stmt *st, int i)
{
	const char *s = (const char *)sqlite3_column_text(st, i);

	return s ? s : "";
}

static const char *column(struct stored *d, sqlite3_stmt *st, int i)
{
	return copy(&d->arena, text_of(st, i));
}

/* Step through a query; finalizes it at the end. 1: a row; 0: no more; -1
 * after one message. */
static int step(struct store *s, sqlite3_stmt *st)
{
	int code = sqlite3_step(st);

	if (code == SQLITE_ROW)
		return 1;
	(void)sqlite3_finalize(st);
	return code == SQLITE_DONE ? 0 : store_fault(s, code);
}

/* Rows of the tables have numbers, small ones if we made the file and any at all
 * if we did not; ours count from 0 in the order wanted. Few, so a list does. */
struct index { int n, room; struct index_entry { int64_t row; int32_t ours; } *of; };

static void index_set(struct index *x, int64_t row, int32_t ours)
{
	MEM_ROOM(x->of, x->n, x->room);
	x->of[x->n++] = (struct index_entry){ row, ours };
}

static int compare_entries(const void *a, const void *b)
{
	const struct index_entry *x = a, *y = b;

	return x->row < y->row ? -1 : x->row > y->row;
}

/* Once, when all are there. */
static void index_sort(struct index *x)
{
	if (x->n)
		qsort(x->of, (size_t)x->n, sizeof *x->of, compare_entries);
}

static int32_t index_get(const struct index *x, int64_t row)
{
	const struct index_entry wanted = { .row = row }, *e = x->n
		? bsearch(&wanted, x->of, (size_t)x->n, sizeof *x->of,
			compare_entries) : NULL;

	return e ? e->ours : -1;
}

struct reading {
	struct store *s;
	struct stored *d;
	struct index trace, policy;
	int trace_room, policy_room, point_room, program_room;
	int64_t run_room;
};

static int read_traces(struct reading *r)
{
	struct stored *d = r->d;
	sqlite3_stmt *st = store_prepare(r->s, "select id, sha256, path, device, "
		"task, modelled from trace order by sha256");
	int more = st ? 1 : -1;

	while (more > 0 && (more = step(r->s, st)) > 0) {
		MEM_ROOM(d->trace, d->traces, r->trace_room);
		index_set(&r->trace, sqlite3_column_int64(st, 0), d->traces);
		d->trace[d->traces++] = (struct stored_trace){
			column(d, st, 1), column(d, st, 2), column(d, st, 3),
			column(d, st, 4), sqlite3_column_int(st, 5) };
	}
	index_sort(&r->trace);
	return more;
}

static int read_policies(struct reading *r)
{
	struct stored *d = r->d;
	sqlite3_stmt *st = store_prepare(r->s, "select id, text, clairvoyant "
		"from policy where id in (select policy from run) "
		"order by position, id");
	int more = st ? 1 : -1;

	while (more > 0 && (more = step(r->s, st)) > 0) {
		MEM_ROOM(d->policy, d->policies, r->policy_room);
		index_set(&r->policy, sqlite3_column_int64(st, 0), d->policies);
		d->policy[d->policies++] = (struct result_policy){
			column(d, st, 1), sqlite3_column_int(st, 2) };
	}
	index_sort(&r->policy);
	return more;
}

static int read_programs(struct reading *r)
{
	struct stored *d = r->d;
	sqlite3_stmt *st = store_prepare(r->s, "select version, revision, code, "
		"count(*) as n from run group by 1, 2, 3 order by n desc, 1, 2, 3");
	int more = st ? 1 : -1;

	while (more > 0 && (more = step(r->s, st)) > 0) {
		MEM_ROOM(d->program, d->programs, r->program_room);
		d->program[d->programs++] = (struct stored_program){
			column(d, st, 0), column(d, st, 1), column(d, st, 2),
			sqlite3_column_int64(st, 3) };
	}
	return more;
}

static int read_points(struct reading *r)
{
	struct stored *d = r->d;
	sqlite3_stmt *st = store_prepare(r->s, "select distinct w.id, w.sha256, "
		"w.text, w.trace, r.kind from run r join workload w "
		"on w.id = r.workload order by w.sha256, r.kind");
	int more = st ? 1 : -1;

	while (more > 0 && (more = step(r->s, st)) > 0) {
		struct stored_point *p;
		MEM_ROOM(d->point, d->points, r->point_room);
		p = &d->point[d->points++];
		*p = (struct stored_point){ .workload = sqlite3_column_int64(st, 0),
			.sha256 = column(d, st, 1), .resolved = column(d, st, 2),
			.kind = column(d, st, 4),
			.trace = index_get(&r->trace, sqlite3_column_int64(st, 3)) };
		if (p->trace < 0) {
			(void)sqlite3_finalize(st);
			return msg_bad("%s: is damaged (a workload without trace)",
				r->s->path);
		}
	}
	return more;
}

/* ---- Axes ------------------------------------------------------------------------- */

struct axis { const char *name; const char **value; /* [points] */ };

struct axes { int n, room; struct axis *axis; };

static const char **find_axis(struct reading *r, struct axes *x, const char *name)
{
	for (int i = 0; i < x->n; i++)
		if (!strcmp(x->axis[i].name, name))
			return x->axis[i].value;
	MEM_ROOM(x->axis, x->n, x->room);
	x->axis[x->n].name = copy(&r->d->arena, name);
	x->axis[x->n].value = mem_new((size_t)r->d->points, sizeof(const char *));
	for (int i = 0; i < r->d->points; i++)
		x->axis[x->n].value[i] = "";
	return x->axis[x->n++].value;
}

static int read_keys_of(struct reading *r, struct axes *x, sqlite3_stmt *st,
	int point)
{
	struct stored *d = r->d;
	int code;

	(void)sqlite3_reset(st);
	(void)sqlite3_bind_int64(st, 1, d->point[point].workload);
	while ((code = sqlite3_step(st)) == SQLITE_ROW)
		find_axis(r, x, column(d, st, 0))[point] = column(d, st, 1);
	return code == SQLITE_DONE ? 0 : store_fault(r->s, code);
}

/* Every key of every point; keys in the order of the first text. */
static int read_keys(struct reading *r, struct axes *x)
{
	struct stored *d = r->d;
	sqlite3_stmt *st = store_prepare(r->s, "select name, value "
		"from workload_key where workload = ?1 order by place");
	int failed = st ? 0 : -1;

	for (int i = 0; !failed && i < d->points; i++) {
		failed = read_keys_of(r, x, st, i);
		find_axis(r, x, "trace sha256")[i] = d->trace[d->point[i].trace].sha256;
		find_axis(r, x, "kind")[i] = d->point[i].kind;
	}
	(void)sqlite3_finalize(st);
	return failed;
}

static int differs(const struct stored *d, const struct axis *a)
{
	for (int i = 1; i < d->points; i++)
		if (strcmp(a->value[0], a->value[i]))
			return 1;
	return 0;
}

/* Keep those that differ. */
static void choose_axes(struct stored *d, const struct axes *x)
{
	const char **names = arena_new(&d->arena, (size_t)x->n + 1, sizeof *names);
	int n = 0;

	for (int i = 0; i < x->n; i++)
		if (differs(d, &x->axis[i]))
			names[n++] = x->axis[i].name;
	d->axis = names;
	d->axes = n;
	for (int p = 0; p < d->points; p++) {
		const char **value = arena_new(&d->arena, (size_t)n + 1,
			sizeof *value);
		int k = 0;
		for (int i = 0; i < x->n; i++)
			if (differs(d, &x->axis[i]))
				value[k++] = x->axis[i].value[p];
		d->point[p].value = value;
	}
}

static int read_axes(struct reading *r)
{
	struct axes x = { 0 };
	int failed = read_keys(r, &x);

	if (!failed)
		choose_axes(r->d, &x);
	for (int i = 0; i < x.n; i++)
		free(x.axis[i].value);
	free(x.axis);
	return failed;
}

/* ---- Order ------------------------------------------------------------------------ */

double stored_number(const struct stored *d, int point, int axis)
{
	const char *s = d->point[point].value[axis];
	int64_t ns;
	double x;

	if (!num_real(s, &x))
		return x;
	if (!units_time(s, description_full_ns(d->point[point].resolved), &ns))
		return (double)ns;
	return NAN;
}

struct sortable { const struct stored *d; struct stored_point point; double *number; };

static int compare_points(const void *a, const void *b)
{
	const struct sortable *x = a, *y = b;
	int c;

	for (int i = 0; i < x->d->axes; i++) {
		double m = x->number[i], n = y->number[i];
		if (!isnan(m) && !isnan(n) && m != n)
			return m < n ? -1 : 1;
		/* Numbers before words. */
		if (isnan(m) != isnan(n))
			return isnan(m) ? 1 : -1;
		c = strcmp(x->point.value[i], y->point.value[i]);
		if (c)
			return c;
	}
	c = strcmp(x->point.sha256, y->point.sha256);
	return c ? c : strcmp(x->point.kind, y->point.kind);
}

static void sort_points(struct stored *d)
{
	size_t n = (size_t)d->points, axes = (size_t)d->axes;
	struct sortable *s = mem_new(n, sizeof *s);
	double *numbers = mem_new(n * axes, sizeof *numbers);

	for (int i = 0; i < d->points; i++) {
		s[i] = (struct sortable){ d, d->point[i],
			numbers + (size_t)i * axes };
		for (int k = 0; k < d->axes; k++)
			s[i].number[k] = stored_number(d, i, k);
	}
	if (n)
		qsort(s, n, sizeof *s, compare_points);
	for (int i = 0; i < d->points; i++)
		d->point[i] = s[i].point;
	free(numbers);
	free(s);
}

/* ---- Runs ------------------------------------------------------------------------- */

static void read_outcome(struct reading *r, sqlite3_stmt *st, int at,
	struct outcome *o)
{
	struct outcome_bounds bounds;

	for (const struct column *c = outcome_columns; c->name; c++) {
		if (c->of_bounds)
			continue;
		if (!c->is_double)
			outcome_set_whole(o, c, sqlite3_column_int64(st, at));
		else
			outcome_set(o, c, sqlite3_column_type(st, at) == SQLITE_NULL
				? NAN : sqlite3_column_double(st, at));
		at++;
	}
	if (sqlite3_column_type(st, at) == SQLITE_NULL) {
		outcome_set_bounds(o, NULL);
		return;
	}
	(void)snprintf(bounds.name, sizeof bounds.name, "%s", text_of(st, at));
	bounds.accuracy = sqlite3_column_double(st, at + 1);
	bounds.confidence = sqlite3_column_double(st, at + 2);
	bounds.missed = sqlite3_column_double(st, at + 3);
	outcome_set_bounds(o, &bounds);
	memcpy(r->d->bound_name, bounds.name, sizeof bounds.name);
}

static char *runs_sql(void)
{
	struct text t;

	text_init(&t);
	text_add(&t, "select r.id, r.policy, r.seed, r.replication, r.ended");
	for (const struct column *c = outcome_columns; c->name; c++)
		if (!c->of_bounds)
			text_add(&t, ", r.%s", c->name);
	text_add(&t, ", b.name, b.accuracy, b.confidence, b.missed from run r "
		"join policy p on p.id = r.policy "
		"left join bound b on b.workload = r.workload and b.seed = r.seed "
		"where r.workload = ?1 and r.kind = ?2 "
		"order by p.position, p.id, r.seed, r.subject");
	return t.s;
}

static int read_runs_of(struct reading *r, sqlite3_stmt *st, int point)
{
	struct stored *d = r->d;
	struct stored_point *p = &d->point[point];
	int code;

	(void)sqlite3_reset(st);
	(void)sqlite3_bind_int64(st, 1, p->workload);
	(void)sqlite3_bind_text(st, 2, p->kind, -1, SQLITE_STATIC);
	p->first = d->runs;
	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		struct stored_run *run;
		MEM_ROOM(d->run, d->runs, r->run_room);
		run = &d->run[d->runs++];
		*run = (struct stored_run){ .id = sqlite3_column_int64(st, 0),
			.point = point, .policy = index_get(&r->policy,
				sqlite3_column_int64(st, 1)),
			.seed = (uint32_t)sqlite3_column_int64(st, 2),
			.replication = sqlite3_column_int(st, 3),
			.ended = strcmp(text_of(st, 4), "done")
				? column(d, st, 4) : "done" };
		if (run->policy < 0)
			return msg_bad("%s: is damaged (a run without policy)",
				r->s->path);
		read_outcome(r, st, 5, &run->outcome);
	}
	p->runs = d->runs - p->first;
	return code == SQLITE_DONE ? 0 : store_fault(r->s, code);
}

static int read_runs(struct reading *r)
{
	char *sql = runs_sql();
	sqlite3_stmt *st = store_prepare(r->s, sql);
	int failed = st ? 0 : -1;

	for (int i = 0; !failed && i < r->d->points; i++)
		failed = read_runs_of(r, st, i);
	(void)sqlite3_finalize(st);
	free(sql);
	return failed;
}

/* ---- The whole -------------------------------------------------------------------- */

struct stored *stored_read(struct store *s)
{
	struct stored *d = mem_new(1, sizeof *d);
	struct reading r = { .s = s, .d = d };
	int failed;

	/* One transaction, so that all tables are of the same instant. */
	failed = store_execute(s, "begin") || read_traces(&r)
		|| read_policies(&r) || read_programs(&r) || read_points(&r)
		|| read_axes(&r);
	if (!failed) {
		sort_points(d);
		failed = read_runs(&r);
	}
	if (!failed)
		failed = store_execute(s, "commit");
	free(r.trace.of);
	free(r.policy.of);
	if (failed) {
		stored_free(d);
		return NULL;
	}
	return d;
}

void stored_free(struct stored *d)
{
	if (!d)
		return;
	free(d->point);
	free(d->trace);
	free(d->policy);
	free(d->program);
	free(d->run);
	arena_fini(&d->arena);
	free(d);
}

int stored_put_first(struct stored *d, const char *policy)
{
	struct result_policy first;
	int k = 0;

	while (k < d->policies && strcmp(d->policy[k].text, policy))
		k++;
	if (k == d->policies)
		return msg_bad("there is no run of policy '%s'", policy);
	first = d->policy[k];
	memmove(d->policy + 1, d->policy, (size_t)k * sizeof *d->policy);
	d->policy[0] = first;
	for (int64_t i = 0; i < d->runs; i++) {
		struct stored_run *r = &d->run[i];
		r->policy = r->policy == k ? 0 : r->policy + (r->policy < k);
	}
	return 0;
}

/* Runs of one point are sorted by policy and seed: the same seed again is
 * another live run of the same policy, and gets a column of its own. */
static int occurrence(const struct stored_run *first, const struct stored_run *r)
{
	int n = 0;

	while (r > first && r[-1].policy == r->policy && r[-1].seed == r->seed) {
		r--;
		n++;
	}
	return n;
}

static int compare_columns(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

void stored_results(const struct stored *d, int point, struct results *out,
	uint32_t **seeds)
{
	const struct stored_point *p = &d->point[point];
	/* A damaged file may have points without runs. */
	const struct stored_run *first = p->runs ? d->run + p->first : NULL;
	uint64_t *key = mem_new((size_t)p->runs, sizeof *key), *all;
	int n = 0;

	/* Columns: each (seed, occurrence) once, in order. */
	all = mem_new((size_t)p->runs, sizeof *all);
	for (int64_t i = 0; i < p->runs; i++)
		all[i] = key[i] = (uint64_t)first[i].seed << 32
			| (uint32_t)occurrence(first, first + i);
	if (p->runs)
		qsort(all, (size_t)p->runs, sizeof *all, compare_columns);
	for (int64_t i = 0; i < p->runs; i++)
		if (n == 0 || all[i] != all[n - 1])
			all[n++] = all[i];
	*seeds = mem_new((size_t)n, sizeof **seeds);
	for (int i = 0; i < n; i++)
		(*seeds)[i] = (uint32_t)(all[i] >> 32);
	results_init(out, d->policies, n, d->policy, *seeds);
	memcpy(out->bound_name, d->bound_name, sizeof out->bound_name);
	for (int64_t i = 0; i < p->runs; i++) {
		uint64_t *at = bsearch(&key[i], all, (size_t)n, sizeof *all,
			compare_columns);
		int r = (int)(at - all);
		if (strcmp(first[i].ended, "done"))
			continue;
		*results_at(out, first[i].policy, r) = first[i].outcome;
		out->done[(int64_t)first[i].policy * n + r] = 1;
	}
	free(all);
	free(key);
}

char *stored_show_value(const struct stored *d, int point, int axis)
{
	const char *value = d->point[point].value[axis];

	if (!strcmp(d->axis[axis], "trace sha256"))
		return mem_printf("%.12s", value);
	return description_time(value,
		description_full_ns(d->point[point].resolved));
}
