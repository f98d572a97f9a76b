#include "store_private.h"

#include "mem.h"
#include "msg.h"
#include "store_schema.h"
#include "version.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- Keys --------------------------------------------------------------------- */

void store_hash_workload(const struct workload *w, char hex[SHA256_HEX])
{
	struct text t;

	text_init(&t);
	text_add(&t, "workload\n%s\n%s\n", w->bundle->sha256, w->replay_sha256);
	text_add_n(&t, w->resolved, strlen(w->resolved));
	sha256_hex(t.s, t.length, hex);
	text_fini(&t);
}

static void hash_line(char hex[SHA256_HEX], char *line)
{
	sha256_hex(line, strlen(line), hex);
	free(line);
}

static void add_program(struct store_key *k, const char *more)
{
	hash_line(k->key, mem_printf("%s\n%s\n%s\n%s\n", k->subject,
		LAXITY_VERSION, laxity_code, more));
}

void store_key(struct store_key *k, const struct store_run *r)
{
	char *canonical = choice_canonical(r->choice);

	hash_line(k->subject, mem_printf("run\n%s\n%s\n%u\n%s\n%s\n",
		r->workload_hash, canonical, r->seed, r->kind, r->live_at));
	add_program(k, r->choice->code);
	free(canonical);
}

void store_key_bounds(struct store_key *k, const char *workload_hash,
	uint32_t seed)
{
	hash_line(k->subject, mem_printf("bounds\n%s\n%u\n", workload_hash, seed));
	add_program(k, "");
}

static int has(struct store *s, enum statement which, const char *sql,
	const char *key)
{
	sqlite3_stmt *st;
	int code;

	if (!s->ready)
		return 0;
	st = store_statement(s, which, sql);
	if (!st)
		return -1;
	(void)sqlite3_bind_text(st, 1, key, -1, SQLITE_STATIC);
	code = sqlite3_step(st);
	(void)sqlite3_reset(st);
	return code == SQLITE_ROW ? 1 : code == SQLITE_DONE ? 0
		: store_fault(s, code);
}

int store_has(struct store *s, const struct store_key *k)
{
	return has(s, STATEMENT_HAS, "select 1 from run where key = ?1", k->key);
}

int store_has_bounds(struct store *s, const struct store_key *k)
{
	return has(s, STATEMENT_HAS_BOUND, "select 1 from bound where key = ?1",
		k->key);
}

int store_values(struct store *s, const char *workload_hash,
	const struct choice *c, const struct column *column, uint32_t first, int n,
	double *x)
{
	char *canonical = choice_canonical(c);
	char *sql = mem_printf("select seed - ?3, %s from run "
		"where workload = (select id from workload where sha256 = ?1) "
		"and policy = (select id from policy where canonical = ?2) "
		"and seed >= ?3 and seed < ?3 + ?4 and kind = 'simulated'",
		column->name);
	sqlite3_stmt *st = store_prepare(s, sql);
	int code = SQLITE_ERROR, failed = -1;

	for (int i = 0; i < n; i++)
		x[i] = NAN;
	if (!st)
		goto end;
	(void)sqlite3_bind_text(st, 1, workload_hash, -1, SQLITE_STATIC);
	(void)sqlite3_bind_text(st, 2, canonical, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(st, 3, first);
	(void)sqlite3_bind_int64(st, 4, n);
	while ((code = sqlite3_step(st)) == SQLITE_ROW)
		if (sqlite3_column_type(st, 1) != SQLITE_NULL)
			x[sqlite3_column_int64(st, 0)] = sqlite3_column_double(st, 1);
	(void)sqlite3_finalize(st);
	failed = code == SQLITE_DONE ? 0 : store_fault(s, code);
end:
	free(sql);
	free(canonical);
	return failed;
}

/* ---- Binding ------------------------------------------------------------------- */

/* NULL stays NULL. */
static void bind_text(sqlite3_stmt *st, int at, const char *s)
{
	(void)sqlite3_bind_text(st, at, s, -1, SQLITE_STATIC);
}

static void bind_integer(sqlite3_stmt *st, int at, int64_t x)
{
	(void)sqlite3_bind_int64(st, at, x);
}

/* NAN becomes NULL. */
static void bind_real(sqlite3_stmt *st, int at, double x)
{
	(void)sqlite3_bind_double(st, at, x);
}

int store_step(struct store *s, sqlite3_stmt *st)
{
	int code = sqlite3_step(st);

	if (code == SQLITE_DONE) {
		(void)sqlite3_reset(st);
		return 0;
	}
	return store_fault(s, code);
}

static int step_once(struct store *s, sqlite3_stmt *st)
{
	int failed = store_step(s, st);

	(void)sqlite3_finalize(st);
	return failed;
}

/* ---- Workloads, traces, policies -------------------------------------------------- */

static int put_trace(struct store *s, const struct bundle *b, int64_t *id)
{
	sqlite3_stmt *st = store_prepare(s, "insert into trace (sha256, path, "
		"device, task, modelled) values (?1, ?2, ?3, ?4, ?5) "
		"on conflict do nothing");

	if (!st)
		return -1;
	bind_text(st, 1, b->sha256);
	bind_text(st, 2, b->dir);
	bind_text(st, 3, b->device);
	bind_text(st, 4, b->task);
	bind_integer(st, 5, b->modelled);
	if (step_once(s, st))
		return -1;
	return store_integer(s, "select id from trace where sha256 = ?1",
		b->sha256, 0, id);
}

/* One row for each "key = value" of the resolved text. */
static int put_keys(struct store *s, int64_t id, const char *text)
{
	sqlite3_stmt *st = store_prepare(s, "insert into workload_key "
		"values (?1, ?2, ?3, ?4)");
	char *copy = mem_string(text), *save = NULL, *name = NULL;
	const char *section = "";
	int place = 0, failed = st ? 0 : -1;

	for (char *line = strtok_r(copy, "\n", &save); line && !failed;
	     line = strtok_r(NULL, "\n", &save)) {
		char *equals = strstr(line, " = ");
		if (line[0] == '[') {
			section = line + 1;
			line[strcspn(line, "]")] = 0;
		} else if (line[0] != ';' && equals) {
			*equals = 0;
			name = mem_printf("%s.%s", section, line);
			bind_integer(st, 1, id);
			bind_integer(st, 2, place++);
			bind_text(st, 3, name);
			bind_text(st, 4, equals + 3);
			failed = store_step(s, st);
			free(name);
		}
	}
	(void)sqlite3_finalize(st);
	free(copy);
	return failed;
}

static int put_candidates(struct store *s, int64_t id, const struct workload *w)
{
	const struct bundle *b = w->bundle;
	sqlite3_stmt *st = store_prepare(s, "insert into candidate "
		"values (?1, ?2, ?3, ?4)");
	const struct { const char *kind; int n; } kinds[] = {
		{ "network", w->nets }, { "setting", w->settings },
		{ "environment", b->environments } };
	int failed = st ? 0 : -1;

	for (int k = 0; k < 3; k++) {
		for (int i = 0; !failed && i < kinds[k].n; i++) {
			bind_integer(st, 1, id);
			bind_text(st, 2, kinds[k].kind);
			bind_integer(st, 3, i);
			bind_text(st, 4, k == 0 ? b->net[w->net[i]].name
				: k == 1 ? b->setting[w->setting[i]].name
				: b->environment[i]);
			failed = store_step(s, st);
		}
	}
	(void)sqlite3_finalize(st);
	return failed;
}

static int put_workload(struct store *s, const struct workload *w,
	const char *hash, int64_t *id)
{
	const char *find = "select id from workload where sha256 = ?1";
	sqlite3_stmt *st;
	int64_t trace;

	if (!strcmp(s->workload_hash, hash)) {
		*id = s->workload_id;
		return 0;
	}
	if (store_integer(s, find, hash, 0, id))
		return -1;
	if (!*id) {
		if (put_trace(s, w->bundle, &trace))
			return -1;
		st = store_prepare(s, "insert into workload (sha256, trace, text) "
			"values (?1, ?2, ?3)");
		if (!st)
			return -1;
		bind_text(st, 1, hash);
		bind_integer(st, 2, trace);
		bind_text(st, 3, w->resolved);
		if (step_once(s, st))
			return -1;
		*id = sqlite3_last_insert_rowid(s->db);
		if (put_keys(s, *id, w->resolved) || put_candidates(s, *id, w))
			return -1;
	}
	(void)snprintf(s->workload_hash, sizeof s->workload_hash, "%s", hash);
	s->workload_id = *id;
	return 0;
}

static int put_policy(struct store *s, const struct choice *c, int64_t *id)
{
	const char *find = "select id from policy where canonical = ?1";
	char *canonical = choice_canonical(c);
	sqlite3_stmt *st;
	int failed = -1;

	if (store_integer(s, find, canonical, 0, id))
		goto end;
	if (!*id) {
		st = store_prepare(s, "insert into policy (canonical, text, "
			"clairvoyant, position) select ?1, ?2, ?3, "
			"coalesce(max(position), 0) + 1 from policy");
		if (!st)
			goto end;
		bind_text(st, 1, canonical);
		bind_text(st, 2, c->text);
		bind_integer(st, 3, c->policy->clairvoyant);
		if (step_once(s, st))
			goto end;
		*id = sqlite3_last_insert_rowid(s->db);
	}
	failed = 0;
end:
	free(canonical);
	return failed;
}

int store_put_policies(struct store *s, int n, const struct choice *choices)
{
	int64_t id;

	for (int i = 0; i < n; i++)
		if (put_policy(s, &choices[i], &id))
			return -1;
	return 0;
}

/* ---- Rows of a run -------------------------------------------------------------------- */

static union store_value integer(int64_t x)
{
	return (union store_value){ .integer = x };
}

static union store_value real(double x)
{
	return (union store_value){ .real = x };
}

static union store_value integer_or_null(int null, int64_t x)
{
	return integer(null ? STORE_NULL : x);
}

int store_put_request(struct store *s, int64_t id, const struct request_record *r)
{
	union store_value *to = store_rows_add(s, &s->requests,
		id << STORE_ROW_BITS | r->number);

	if (!to)
		return -1;
	to[1] = integer_or_null(r->client < 0, r->client);
	to[2] = integer(r->input);
	to[3] = integer_or_null(r->net < 0, r->net);
	to[4] = integer_or_null(r->setting < 0, r->setting);
	to[5] = integer(r->release_ns);
	to[6] = integer(r->deadline_ns - r->release_ns);
	to[7] = integer_or_null(r->start_ns < 0, r->start_ns - r->release_ns);
	to[8] = integer(r->leave_ns - r->release_ns);
	to[9] = integer(r->depth);
	to[10] = real(r->confidence);
	to[11] = integer(r->correct);
	to[12] = integer(r->missed);
	to[13] = real(r->energy_j);
	to[14] = integer(r->busy_ns);
	to[15] = integer_or_null(r->environment < 0, r->environment);
	to[16] = real(r->slowdown_mean);
	to[17] = real(r->slowdown_variance);
	return 0;
}

int store_put_stage(struct store *s, int64_t id, const struct stage_record *r)
{
	union store_value *to;

	if (s->last_stage_run != id)
		s->stages_stored = 0;
	s->last_stage_run = id;
	to = store_rows_add(s, &s->stages,
		id << STORE_ROW_BITS | s->stages_stored++);
	if (!to)
		return -1;
	to[1] = integer(r->number);
	to[2] = integer(r->device);
	to[3] = integer(r->net);
	to[4] = integer(r->setting);
	to[5] = integer(r->depth);
	to[6] = integer(r->environment);
	to[7] = integer_or_null(r->sample < 0, r->sample);
	to[8] = integer(r->decided_ns);
	to[9] = integer(r->start_ns);
	to[10] = integer(r->end_ns);
	to[11] = integer(r->counted);
	return 0;
}

/* ---- Runs --------------------------------------------------------------------------- */

/* Remove the run of this subject with all its rows, if there is one. */
static int remove_run(struct store *s, const char *subject)
{
	static const char *const sql[] = {
		"delete from request where id >= ?1 << 40 and id < (?1 + 1) << 40",
		"delete from stage where id >= ?1 << 40 and id < (?1 + 1) << 40",
		"delete from fact where run = ?1",
		"delete from validation where run = ?1",
		"delete from run where id = ?1",
	};
	int64_t id;

	if (store_integer(s, "select id from run where subject = ?1", subject,
		0, &id))
		return -1;
	for (size_t i = 0; id && i < sizeof sql / sizeof *sql; i++) {
		sqlite3_stmt *st = store_prepare(s, sql[i]);
		if (!st)
			return -1;
		bind_integer(st, 1, id);
		if (step_once(s, st))
			return -1;
	}
	return 0;
}

static void print_now(char buffer[32])
{
	time_t now = time(NULL);
	struct tm tm;

	(void)gmtime_r(&now, &tm);
	(void)strftime(buffer, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

int store_put_start(struct store *s, const struct store_run *r, int64_t *id)
{
	int64_t workload, policy;
	struct store_key key;
	sqlite3_stmt *st;
	char now[32];
	int failed;

	store_key(&key, r);
	/* Rows that wait are of an earlier run, after which others may come. */
	if (store_rows_flush(s, &s->requests) || store_rows_flush(s, &s->stages))
		return -1;
	store_rows_forget(&s->requests);
	store_rows_forget(&s->stages);
	if (remove_run(s, key.subject)
	    || put_workload(s, r->workload, r->workload_hash, &workload)
	    || put_policy(s, r->choice, &policy))
		return -1;
	st = store_statement(s, STATEMENT_RUN, "insert into run (key, subject, "
		"workload, policy, seed, replication, kind, ended, made_at, "
		"version, revision, code) "
		"values (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'running', ?8, ?9, ?10, ?11)");
	if (!st)
		return -1;
	print_now(now);
	bind_text(st, 1, key.key);
	bind_text(st, 2, key.subject);
	bind_integer(st, 3, workload);
	bind_integer(st, 4, policy);
	bind_integer(st, 5, r->seed);
	bind_integer(st, 6, r->replication);
	bind_text(st, 7, r->kind);
	bind_text(st, 8, *r->live_at ? r->live_at : now);
	bind_text(st, 9, LAXITY_VERSION);
	bind_text(st, 10, laxity_commit);
	bind_text(st, 11, laxity_code);
	failed = store_step(s, st);
	*id = sqlite3_last_insert_rowid(s->db);
	return failed;
}

int store_put_outcome(struct store *s, int64_t id, const char *ended,
	double took_s, const struct outcome *o)
{
	sqlite3_stmt *st = s->statement[STATEMENT_OUTCOME];
	int at = 4;

	if (store_rows_flush(s, &s->requests) || store_rows_flush(s, &s->stages))
		return -1;
	if (!st) {
		struct text t;
		text_init(&t);
		text_add(&t, "update run set ended = ?2, took_s = ?3");
		for (const struct column *c = outcome_columns; c->name; c++)
			if (!c->of_bounds)
				text_add(&t, ", %s = ?%d", c->name, at++);
		text_add(&t, " where id = ?1");
		st = store_statement(s, STATEMENT_OUTCOME, t.s);
		text_fini(&t);
		if (!st)
			return -1;
	}
	(void)sqlite3_reset(st);
	bind_integer(st, 1, id);
	bind_text(st, 2, ended);
	bind_real(st, 3, took_s);
	at = 4;
	for (const struct column *c = outcome_columns; c->name; c++) {
		if (c->of_bounds)
			continue;
		if (c->is_double)
			bind_real(st, at++, outcome_get(o, c));
		else
			bind_integer(st, at++, outcome_get_whole(o, c));
	}
	return store_step(s, st);
}

int store_put_run(struct store *s, const struct store_run *r,
	const struct outcome *o)
{
	int64_t id;

	return store_put_start(s, r, &id)
		|| store_put_outcome(s, id, r->ended, r->took_s, o) ? -1 : 0;
}

int store_put_fact(struct store *s, int64_t id, const char *name,
	const char *value)
{
	sqlite3_stmt *st = store_prepare(s, "insert or replace into fact "
		"values (?1, ?2, ?3)");

	if (!st)
		return -1;
	bind_integer(st, 1, id);
	bind_text(st, 2, name);
	bind_text(st, 3, value);
	return step_once(s, st);
}

int store_put_validation(struct store *s, int64_t id,
	const struct store_validation *v)
{
	sqlite3_stmt *st = store_prepare(s, "insert or replace into validation "
		"values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");

	if (!st)
		return -1;
	bind_integer(st, 1, id);
	bind_text(st, 2, v->metric);
	bind_real(st, 3, v->live);
	bind_real(st, 4, v->simulated);
	bind_real(st, 5, v->workload);
	bind_real(st, 6, v->dispatch);
	bind_real(st, 7, v->stage_time);
	bind_real(st, 8, v->other);
	return step_once(s, st);
}

int store_put_bounds(struct store *s, const struct workload *w,
	const char *workload_hash, uint32_t seed, const struct outcome_bounds *b)
{
	struct store_key key;
	int64_t workload;
	sqlite3_stmt *st;
	char now[32];

	store_key_bounds(&key, workload_hash, seed);
	if (put_workload(s, w, workload_hash, &workload))
		return -1;
	st = store_prepare(s, "insert or replace into bound (key, subject, "
		"workload, seed, name, accuracy, confidence, missed, made_at, "
		"version, revision, code) "
		"values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
	if (!st)
		return -1;
	print_now(now);
	bind_text(st, 1, key.key);
	bind_text(st, 2, key.subject);
	bind_integer(st, 3, workload);
	bind_integer(st, 4, seed);
	bind_text(st, 5, b->name);
	bind_real(st, 6, b->accuracy);
	bind_real(st, 7, b->confidence);
	bind_real(st, 8, b->missed);
	bind_text(st, 9, now);
	bind_text(st, 10, LAXITY_VERSION);
	bind_text(st, 11, laxity_commit);
	bind_text(st, 12, laxity_code);
	return step_once(s, st);
}
