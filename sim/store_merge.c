/* Joining stores. Rows are copied with names (hashes, subjects) in place of
 * row numbers, which mean nothing outside their file. */
#include "store_private.h"

#include "mem.h"
#include "msg.h"
#include "store_schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct { const char *select, *insert; } before_runs[] = {
	{ "select sha256, path, device, task, modelled from trace order by id",
	  "insert into trace (sha256, path, device, task, modelled) "
	  "values (?1, ?2, ?3, ?4, ?5) on conflict do nothing" },
	{ "select canonical, text, clairvoyant from policy order by position, id",
	  "insert into policy (canonical, text, clairvoyant, position) "
	  "select ?1, ?2, ?3, coalesce(max(position), 0) + 1 from policy "
	  "where true on conflict do nothing" },
	{ "select w.sha256, t.sha256, w.text from workload w "
	  "join trace t on t.id = w.trace order by w.id",
	  "insert into workload (sha256, trace, text) values (?1, "
	  "(select id from trace where sha256 = ?2), ?3) on conflict do nothing" },
	{ "select w.sha256, k.place, k.name, k.value from workload_key k "
	  "join workload w on w.id = k.workload order by k.workload, k.place",
	  "insert into workload_key values ("
	  "(select id from workload where sha256 = ?1), ?2, ?3, ?4) "
	  "on conflict do nothing" },
	{ "select w.sha256, c.kind, c.number, c.name from candidate c "
	  "join workload w on w.id = c.workload order by c.workload, kind, number",
	  "insert into candidate values ("
	  "(select id from workload where sha256 = ?1), ?2, ?3, ?4) "
	  "on conflict do nothing" },
};

static int copy_rows(struct store *s, struct store *from, const char *select,
	const char *insert)
{
	sqlite3_stmt *in = store_prepare(from, select);
	sqlite3_stmt *out = in ? store_prepare(s, insert) : NULL;
	int code, failed = out ? 0 : -1;

	while (!failed && (code = sqlite3_step(in)) != SQLITE_DONE) {
		if (code != SQLITE_ROW) {
			failed = store_fault(from, code);
			break;
		}
		for (int i = 0; i < sqlite3_column_count(in); i++)
			(void)sqlite3_bind_value(out, i + 1,
				sqlite3_column_value(in, i));
		code = sqlite3_step(out);
		/* A value that no column of ours takes came from there. */
		if (code != SQLITE_DONE)
			failed = (code & 0xff) == SQLITE_CONSTRAINT
				? msg_bad("%s: is damaged (%s)", from->path,
					sqlite3_errmsg(s->db))
				: store_fault(s, code);
		(void)sqlite3_reset(out);
	}
	(void)sqlite3_finalize(in);
	(void)sqlite3_finalize(out);
	return failed;
}

/* ---- Runs ---------------------------------------------------------------------- */

/* Where results begin among the columns that are compared: what comes before
 * is printed, if they differ. */
enum { SHOWN_POLICY, SHOWN_SEED, SHOWN_WORKLOAD, SHOWN_REVISION, SHOWN_MADE_AT,
	SHOWN };

static char *shown_sql(void)
{
	struct text t;

	text_init(&t);
	text_add(&t, "select p.text, r.seed, w.sha256, r.revision, r.made_at");
	for (const struct column *c = outcome_columns; c->name; c++)
		if (!c->of_bounds)
			text_add(&t, ", r.%s", c->name);
	text_add(&t, " from run r join policy p on p.id = r.policy "
		"join workload w on w.id = r.workload where r.subject = ?1");
	return t.s;
}

static const char bound_shown_sql[] =
	"select 'bounds', b.seed, w.sha256, b.revision, b.made_at, "
	"b.accuracy, b.confidence, b.missed from bound b "
	"join workload w on w.id = b.workload where b.subject = ?1";

static int equal_values(sqlite3_stmt *a, sqlite3_stmt *b, int i)
{
	if (sqlite3_column_type(a, i) != sqlite3_column_type(b, i))
		return 0;
	switch (sqlite3_column_type(a, i)) {
	case SQLITE_NULL:
		return 1;
	case SQLITE_INTEGER:
		return sqlite3_column_int64(a, i) == sqlite3_column_int64(b, i);
	default:
		return sqlite3_column_double(a, i) == sqlite3_column_double(b, i);
	}
}

static const char *column_text(sqlite3_stmt *st, int i)
{
	const char *s = (const char *)sqlite3_column_text(st, i);

	return s ? s : "nothing";
}

/* Both are at a row of the same subject. */
static int check_equal(struct store *s, struct store *from, sqlite3_stmt *mine,
	sqlite3_stmt *theirs)
{
	for (int i = SHOWN; i < sqlite3_column_count(mine); i++) {
		if (equal_values(mine, theirs, i))
			continue;
		return msg_bad("merge: %s, seed %lld, workload %.12s: %s is %s in "
			"%s (commit %s, %s) but %s in %s (commit %s, %s)",
			column_text(mine, SHOWN_POLICY),
			(long long)sqlite3_column_int64(mine, SHOWN_SEED),
			column_text(mine, SHOWN_WORKLOAD),
			sqlite3_column_name(mine, i), column_text(mine, i), s->path,
			column_text(mine, SHOWN_REVISION),
			column_text(mine, SHOWN_MADE_AT), column_text(theirs, i),
			from->path, column_text(theirs, SHOWN_REVISION),
			column_text(theirs, SHOWN_MADE_AT));
	}
	return 0;
}

/* No subject of both has different results in them. */
static int check_table(struct store *s, struct store *from, const char *subjects,
	const char *shown)
{
	sqlite3_stmt *list = store_prepare(from, subjects);
	sqlite3_stmt *theirs = list ? store_prepare(from, shown) : NULL;
	sqlite3_stmt *mine = theirs ? store_prepare(s, shown) : NULL;
	int code, failed = mine ? 0 : -1;

	while (!failed && (code = sqlite3_step(list)) != SQLITE_DONE) {
		if (code != SQLITE_ROW) {
			failed = store_fault(from, code);
			break;
		}
		(void)sqlite3_bind_value(mine, 1, sqlite3_column_value(list, 0));
		(void)sqlite3_bind_value(theirs, 1, sqlite3_column_value(list, 0));
		code = sqlite3_step(mine);
		if (code == SQLITE_ROW) {
			code = sqlite3_step(theirs);
			failed = code == SQLITE_ROW
				? check_equal(s, from, mine, theirs)
				: store_fault(from, code);
		} else if (code != SQLITE_DONE) {
			failed = store_fault(s, code);
		}
		(void)sqlite3_reset(mine);
		(void)sqlite3_reset(theirs);
	}
	(void)sqlite3_finalize(list);
	(void)sqlite3_finalize(mine);
	(void)sqlite3_finalize(theirs);
	return failed;
}

static const char run_columns[] = "key, subject, seed, replication, kind, ended, "
	"made_at, took_s, version, revision, code";
enum { RUN_COLUMNS = 11 };

static int copy_runs(struct store *s, struct store *from)
{
	struct text select, insert;
	int n = RUN_COLUMNS + 2, failed;

	text_init(&select);
	text_init(&insert);
	text_add(&select, "select w.sha256, p.canonical, %s", run_columns);
	text_add(&insert, "insert into run (workload, policy, %s", run_columns);
	for (const struct column *c = outcome_columns; c->name; c++) {
		if (c->of_bounds)
			continue;
		text_add(&select, ", %s", c->name);
		text_add(&insert, ", %s", c->name);
		n++;
	}
	/* sha256 and text are also columns of other tables, but not of run. */
	text_add(&select, " from run r join workload w on w.id = r.workload "
		"join policy p on p.id = r.policy order by r.id");
	text_add(&insert, ") values ((select id from workload where sha256 = ?1), "
		"(select id from policy where canonical = ?2)");
	for (int i = 3; i <= n; i++)
		text_add(&insert, ", ?%d", i);
	text_add(&insert, ") on conflict do nothing");
	failed = copy_rows(s, from, select.s, insert.s);
	text_fini(&select);
	text_fini(&insert);
	return failed;
}

/* Requests and stages find their run by its subject. */
static int copy_rows_of_runs(struct store *s, struct store *from,
	const struct store_table *table)
{
	char *select = mem_printf("select r.subject, q.id & ((1 << %d) - 1), q.* "
		"from %s q join run r on r.id = q.id >> %d order by q.id",
		STORE_ROW_BITS, table->name, STORE_ROW_BITS);
	struct text insert;
	int failed;

	text_init(&insert);
	/* ?3 is the row number in the other file. */
	text_add(&insert, "insert into %s values ((select id from run "
		"where subject = ?1) << %d | ?2", table->name, STORE_ROW_BITS);
	for (int i = 4; i <= table->columns + 2; i++)
		text_add(&insert, ", ?%d", i);
	text_add(&insert, ") on conflict do nothing");
	failed = copy_rows(s, from, select, insert.s);
	free(select);
	text_fini(&insert);
	return failed;
}

static const struct { const char *select, *insert; } after_runs[] = {
	{ "select r.subject, f.name, f.value from fact f "
	  "join run r on r.id = f.run order by f.run, f.name",
	  "insert into fact values ((select id from run where subject = ?1), "
	  "?2, ?3) on conflict do nothing" },
	{ "select r.subject, v.metric, v.live, v.simulated, v.workload, "
	  "v.dispatch, v.stage_time, v.other from validation v "
	  "join run r on r.id = v.run order by v.run, v.metric",
	  "insert into validation values ((select id from run "
	  "where subject = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
	  "on conflict do nothing" },
};

int store_merge(struct store *s, struct store *from)
{
	char *shown = shown_sql();
	int failed = 0;

	for (size_t i = 0; i < sizeof before_runs / sizeof *before_runs; i++)
		if (!failed)
			failed = copy_rows(s, from, before_runs[i].select,
				before_runs[i].insert);
	if (!failed)
		failed = check_table(s, from, "select subject from run order by id",
			shown)
		|| check_table(s, from, "select subject from bound order by id",
			bound_shown_sql)
		|| copy_runs(s, from)
		|| copy_rows_of_runs(s, from, &store_request_table)
		|| copy_rows_of_runs(s, from, &store_stage_table)
		|| copy_rows(s, from,
			"select b.key, b.subject, w.sha256, b.seed, b.name, "
			"b.accuracy, b.confidence, b.missed, b.made_at, b.version, "
			"b.revision, b.code from bound b join workload w "
			"on w.id = b.workload order by b.id",
			"insert into bound (key, subject, workload, seed, name, "
			"accuracy, confidence, missed, made_at, version, revision, "
			"code) values (?1, ?2, (select id from workload "
			"where sha256 = ?3), ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) "
			"on conflict do nothing") ? -1 : 0;
	for (size_t i = 0; i < sizeof after_runs / sizeof *after_runs; i++)
		if (!failed)
			failed = copy_rows(s, from, after_runs[i].select,
				after_runs[i].insert);
	free(shown);
	return failed;
}
