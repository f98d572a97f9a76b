/* laxity export: a database as CSV. */
#include "command.h"
#include "file.h"
#include "msg.h"
#include "num.h"
#include "options.h"
#include "out.h"
#include "store_private.h"
#include "stored.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Columns every export begins with ---------------------------------------------- */

static void add_axis_names(struct text *t, const struct stored *d)
{
	for (int a = 0; a < d->axes; a++) {
		out_csv_field(t, d->axis[a]);
		text_add(t, ",");
	}
}

static void add_axis_values(struct text *t, const struct stored *d, int point)
{
	for (int a = 0; a < d->axes; a++) {
		out_csv_field(t, d->point[point].value[a]);
		text_add(t, ",");
	}
}

/* ---- Runs, summaries ------------------------------------------------------------------ */

static int put_runs(struct store *s, const struct stored *d, FILE *f)
{
	struct text t;
	char value[32];

	(void)s;
	text_init(&t);
	add_axis_names(&t, d);
	text_add(&t, "policy,clairvoyant,modelled,seed,replication,ended");
	for (const struct column *c = outcome_columns; c->name; c++)
		text_add(&t, ",%s", c->name);
	text_add(&t, "\n");
	for (int64_t i = 0; i < d->runs; i++) {
		const struct stored_run *r = &d->run[i];
		add_axis_values(&t, d, r->point);
		out_csv_field(&t, d->policy[r->policy].text);
		text_add(&t, ",%d,%d,%u,%d,", d->policy[r->policy].clairvoyant,
			d->trace[d->point[r->point].trace].modelled, r->seed,
			r->replication);
		out_csv_field(&t, r->ended);
		for (const struct column *c = outcome_columns; c->name; c++)
			text_add(&t, ",%s", outcome_print(value, &r->outcome, c));
		text_add(&t, "\n");
		if (t.length > 65536) {
			(void)fwrite(t.s, 1, t.length, f);
			t.length = 0;
		}
	}
	(void)fwrite(t.s, 1, t.length, f);
	text_fini(&t);
	return 0;
}

static void add_estimates(struct text *t, const struct results *s, int policy)
{
	char value[32];

	for (const struct column *c = outcome_columns; c->name; c++) {
		struct estimate e = results_estimate(s, policy, c);
		text_add(t, ",%s", num_print(value, e.mean));
		text_add(t, ",%s", num_print(value, e.half));
	}
}

static int put_summary(struct store *s, const struct stored *d, FILE *f)
{
	struct text t;

	(void)s;
	text_init(&t);
	add_axis_names(&t, d);
	text_add(&t, "policy,clairvoyant,modelled,n");
	for (const struct column *c = outcome_columns; c->name; c++)
		text_add(&t, ",%s,%s_half", c->name, c->name);
	text_add(&t, "\n");
	for (int i = 0; i < d->points; i++) {
		struct results results;
		uint32_t *seeds;
		stored_results(d, i, &results, &seeds);
		for (int p = 0; p < d->policies; p++) {
			if (!results_count(&results, p))
				continue;
			add_axis_values(&t, d, i);
			out_csv_field(&t, d->policy[p].text);
			text_add(&t, ",%d,%d,%d", d->policy[p].clairvoyant,
				d->trace[d->point[i].trace].modelled,
				results_count(&results, p));
			add_estimates(&t, &results, p);
			text_add(&t, "\n");
		}
		results_fini(&results);
		free(seeds);
	}
	(void)fwrite(t.s, 1, t.length, f);
	text_fini(&t);
	return 0;
}

/* ---- Requests, stages ------------------------------------------------------------------- */

static void add_value(struct text *t, sqlite3_stmt *st, int i)
{
	char value[32];

	text_add(t, ",");
	switch (sqlite3_column_type(st, i)) {
	case SQLITE_NULL:
		return;
	case SQLITE_FLOAT:
		text_add(t, "%s", num_print(value, sqlite3_column_double(st, i)));
		return;
	default:
		out_csv_field(t, (const char *)sqlite3_column_text(st, i));
	}
}

/* All rows of a view, run after run in the order of the runs. */
static int put_rows(struct store *s, const struct stored *d, FILE *f,
	const char *view)
{
	char *sql = mem_printf("select * from %s where run = ?1", view);
	sqlite3_stmt *st = store_prepare(s, sql);
	int code, failed = st ? 0 : -1;
	struct text t;

	free(sql);
	text_init(&t);
	add_axis_names(&t, d);
	text_add(&t, "policy,seed");
	for (int k = 1; !failed && k < sqlite3_column_count(st); k++)
		text_add(&t, ",%s", sqlite3_column_name(st, k));
	text_add(&t, "\n");
	for (int64_t i = 0; !failed && i < d->runs; i++) {
		const struct stored_run *r = &d->run[i];
		(void)sqlite3_reset(st);
		(void)sqlite3_bind_int64(st, 1, r->id);
		while ((code = sqlite3_step(st)) == SQLITE_ROW) {
			add_axis_values(&t, d, r->point);
			out_csv_field(&t, d->policy[r->policy].text);
			text_add(&t, ",%u", r->seed);
			for (int k = 1; k < sqlite3_column_count(st); k++)
				add_value(&t, st, k);
			text_add(&t, "\n");
			if (t.length > 65536) {
				(void)fwrite(t.s, 1, t.length, f);
				t.length = 0;
			}
		}
		if (code != SQLITE_DONE)
			failed = store_fault(s, code);
	}
	(void)fwrite(t.s, 1, t.length, f);
	text_fini(&t);
	(void)sqlite3_finalize(st);
	return failed;
}

static int put_requests(struct store *s, const struct stored *d, FILE *f)
{
	return put_rows(s, d, f, "requests");
}

static int put_stages(struct store *s, const struct stored *d, FILE *f)
{
	return put_rows(s, d, f, "stages");
}

/* ---- The command --------------------------------------------------------------------------- */

static const struct {
	const char *name;
	int (*put)(struct store *s, const struct stored *d, FILE *f);
} kinds[] = { { "csv", put_runs }, { "summary", put_summary },
	{ "requests", put_requests }, { "stages", put_stages } };
enum { KINDS = sizeof kinds / sizeof *kinds };

static int export(const char *path, int kind, const char *out)
{
	struct store *s = store_open(path, STORE_READ);
	struct stored *d = s ? stored_read(s) : NULL;
	struct file_out file = { 0 };
	int status = d ? 0 : -1;

	if (!status && out)
		status = file_out_open(&file, out);
	if (!status)
		status = kinds[kind].put(s, d, out ? file.stream : stdout);
	if (file.path) {
		if (status)
			file_out_abandon(&file);
		else
			status = file_out_commit(&file);
	}
	stored_free(d);
	store_close(s);
	return status;
}

static int export_main(int argc, char **argv)
{
	const char *out = NULL;
	const struct option table[] = {
		{ "--out", OPTION_OUTPUT, &out, 0, 0, NULL },
		{ 0 }
	};
	struct option_list words = { 0 };
	int kind = 0, status = options_read(argc, argv, table, &words);

	if (!status && words.n != 2)
		status = msg_bad("export: csv | summary | requests | stages, and one "
			"database");
	while (!status && kind < KINDS && strcmp(words.item[0], kinds[kind].name))
		kind++;
	if (!status && kind == KINDS)
		status = msg_bad("export: '%s' is none of csv | summary | requests | "
			"stages", words.item[0]);
	if (!status)
		status = export(words.item[1], kind, out);
	options_list_fini(&words);
	return status;
}

const struct command command_export = {
	.name = "export", .order = 26,
	.summary = "write a database's runs, summaries or requests as CSV",
	.manual =
	"usage: laxity export csv|summary|requests|stages DB [--out FILE]\n"
	"\n"
	"  csv       a line a run: what differs between the workloads (the axes), policy,\n"
	"            seed, and every column of results\n"
	"  summary   a line a point and policy: the mean over replications of each column,\n"
	"            and NAME_half, half its 95 % confidence interval (empty below 5)\n"
	"  requests  a line a request, where `laxity run --keep requests` kept them\n"
	"  stages    a line a stage, the same\n"
	"\n"
	"The order of lines and every byte depend only on what is stored, not on how it\n"
	"came there. Without --out to standard output.\n"
	"\n"
	"Questions by hand: these views are meant to be asked.\n"
	"\n"
	"  runs      a row a run: policy, clairvoyant, networks, process, clients, trace,\n"
	"            seed, every result, load, bound and regret, time and program\n"
	"  metrics   run, policy, workload, seed, metric, value: a row a number\n"
	"  paired    each number against the first policy's on the same requests:\n"
	"            policy, against, seed, metric, value, against_value, difference\n"
	"  axes      workload, name, value of the keys that differ\n"
	"  requests, stages   as exported\n"
	"\n"
	"  sqlite3 results/run.db 'select clients, policy, avg(accuracy), avg(miss_ratio)\n"
	"    from runs group by 1, 2'\n"
	"  sqlite3 results/run.db \"select policy, avg(difference) from paired\n"
	"    where metric = 'accuracy' group by policy\"\n"
	"  sqlite3 results/run.db 'select text from workload where id = 1' > one.ini\n"
	"\n"
	"Units: names that end in _ns are nanoseconds, in _j joules; ratios, accuracy and\n"
	"utilisation lie in 0...1.\n",
	.main = export_main,
};
