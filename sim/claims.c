#include "claims.h"

#include "ini.h"
#include "msg.h"
#include "num.h"
#include "utf8.h"

#include <float.h>
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A query over a store takes well under a second; this is some minutes. */
#define MOST_STEPS 2000         /* of a million instructions of SQLite's */
#define LONGEST_VALUE 10000000  /* bytes of a value or row */

static const char *const sources[] = { "ours", "published", "recalled", NULL };
static const char *const comparisons[] = { "at least", "at most", "about", NULL };
static const char *const verdicts[] = { "holds", "does not hold",
	"cannot be tested here" };

const char *claim_source_name(enum claim_source s)
{
	return sources[s];
}

const char *claim_verdict_name(enum claim_verdict v)
{
	return verdicts[v];
}

void claim_expected(const struct claim *claim, struct text *t)
{
	char value[32];

	text_add(t, "%s %s", comparisons[claim->is], num_print(value, claim->value));
	if (claim->tolerance > 0)
		text_add(t, " (tolerance %s)", num_print(value, claim->tolerance));
}

/* ---- Reading ------------------------------------------------------------------ */

static int read_source(struct ini *d, const char *section, struct claim *c)
{
	struct ini_entry *e = ini_need(d, section, "source");

	if (!e)
		return -1;
	c->who = "";
	if (!strcmp(e->value, "ours")) {
		c->source = CLAIM_OURS;
		return 0;
	}
	for (int s = CLAIM_PUBLISHED; sources[s]; s++) {
		size_t n = strlen(sources[s]);
		if (!strncmp(e->value, sources[s], n) && e->value[n] == ':') {
			c->source = (enum claim_source)s;
			c->who = e->value + n + 1 + strspn(e->value + n + 1, " ");
			if (*c->who)
				return 0;
		}
	}
	return ini_bad(d, e, "source is 'ours', 'published: WHO' or 'recalled: WHO'");
}

static int read_question(struct ini *d, const char *section, struct claim *c)
{
	struct ini_entry *database, *query, *is, *value, *tolerance;
	int word = 0;

	if (!(database = ini_need(d, section, "database"))
		|| !(query = ini_need(d, section, "query"))
		|| !(is = ini_need(d, section, "is"))
		|| ini_word(d, is, comparisons, &word)
		|| !(value = ini_need(d, section, "value"))
		|| ini_real(d, value, -DBL_MAX, DBL_MAX, &c->value))
		return -1;
	tolerance = ini_find(d, section, "tolerance");
	if (tolerance && ini_real(d, tolerance, 0, DBL_MAX, &c->tolerance))
		return -1;
	c->is = (enum claim_is)word;
	c->database = database->value;
	c->query = query->value;
	c->query_line = query->line;
	return 0;
}

static int read_claim(struct ini *d, const struct ini_section *section,
	struct claim *c)
{
	struct ini_entry *sentence = ini_need(d, section->name, "sentence");
	struct ini_entry *untested = ini_find(d, section->name, "untested");

	*c = (struct claim){ .name = section->name + strlen("claim ") };
	if (!sentence || read_source(d, section->name, c))
		return -1;
	c->sentence = sentence->value;
	if (untested) {
		c->untested = untested->value;
		return 0;
	}
	return read_question(d, section->name, c);
}

int claims_read(struct claims *c, const char *path)
{
	struct ini *d = ini_read(path);
	int failed = 0;

	if (!d)
		return -1;
	*c = (struct claims){ .ini = d };
	c->claim = mem_new((size_t)d->sections, sizeof *c->claim);
	for (int i = 0; i < d->sections && !failed; i++)
		if (!strncmp(d->section[i].name, "claim ", strlen("claim ")))
			failed = read_claim(d, &d->section[i], &c->claim[c->n++]);
	if (!failed)
		failed = ini_unused(d);
	if (!failed && !c->n)
		failed = ini_bad(d, NULL, "there is no [claim NAME]");
	if (failed)
		claims_fini(c);
	return failed ? -1 : 0;
}

void claims_fini(struct claims *c)
{
	free(c->claim);
	ini_free(c->ini);
	*c = (struct claims){ 0 };
}

/* ---- Asking -------------------------------------------------------------------- */

/* Reading rows and calling functions: no other file, no setting, no write. */
static int allow(void *unused, int action, const char *a, const char *b,
	const char *c, const char *e)
{
	(void)unused, (void)a, (void)b, (void)c, (void)e;
	return action == SQLITE_SELECT || action == SQLITE_READ
		|| action == SQLITE_FUNCTION || action == SQLITE_RECURSIVE
		? SQLITE_OK : SQLITE_DENY;
}

static int count(void *steps)
{
	return ++*(int *)steps > MOST_STEPS;
}

static int is_blank(const char *s)
{
	return s[strspn(s, " \t\n;")] == '\0';
}

static char *print_row(sqlite3_stmt *st)
{
	struct text t;
	char value[32];

	text_init(&t);
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		int type = sqlite3_column_type(st, i);
		const char *s = type == SQLITE_FLOAT
			? num_print(value, sqlite3_column_double(st, i))
			: (const char *)sqlite3_column_text(st, i);
		text_add(&t, "%s%s %s", i ? ", " : "", sqlite3_column_name(st, i),
			type == SQLITE_NULL ? "missing" : s);
	}
	utf8_make_plain(t.s);
	return t.s;
}

static enum claim_verdict judge(const struct claim *c, double x)
{
	int low = x >= c->value - c->tolerance, high = x <= c->value + c->tolerance;
	int holds = c->is == CLAIM_AT_LEAST ? low : c->is == CLAIM_AT_MOST ? high
		: low && high;

	return holds ? CLAIM_HOLDS : CLAIM_FAILS;
}

/* *ended: the row was the only one. */
static int ask(sqlite3_stmt *st, const struct claim *c, struct claim_result *r)
{
	int code = sqlite3_step(st), type;

	if (code != SQLITE_ROW) {
		r->numbers = mem_string("no row");
		return code;
	}
	type = sqlite3_column_type(st, 0);
	r->numbers = print_row(st);
	if (type == SQLITE_INTEGER || type == SQLITE_FLOAT) {
		double x = sqlite3_column_double(st, 0);
		if (isfinite(x)) {
			r->number = x;
			r->verdict = judge(c, x);
		}
	}
	return sqlite3_step(st);
}

static int query(sqlite3 *db, const struct claims *all, const struct claim *c,
	struct claim_result *r)
{
	sqlite3_stmt *st = NULL;
	const char *rest = "", *why = NULL;
	int steps = 0, code;

	(void)sqlite3_set_authorizer(db, allow, NULL);
	sqlite3_progress_handler(db, 1000000, count, &steps);
	code = sqlite3_prepare_v2(db, c->query, -1, &st, &rest);
	if (code)
		why = sqlite3_errmsg(db);
	else if (!st || !is_blank(rest) || !sqlite3_stmt_readonly(st))
		why = "it must be one statement that only reads";
	else if ((code = ask(st, c, r)) == SQLITE_ROW)
		why = "it gives more than one row";
	else if (code != SQLITE_DONE)
		why = code == SQLITE_INTERRUPT ? "it takes too long"
			: sqlite3_errmsg(db);
	if (why)
		(void)ini_bad_line(all->ini, c->query_line, "%s: query: %s", c->name,
			why);
	(void)sqlite3_finalize(st);
	return why ? -1 : 0;
}

/* The file may come from a stranger, and so may its name: a file and nothing
 * else, in which no view calls a function that does more than compute. */
static int open_database(const char *path, sqlite3 **db)
{
	char *name = path[0] == '/' ? mem_string(path) : mem_printf("./%s", path);
	struct stat st;
	int failed = 0;

	if (!stat(name, &st) && !S_ISREG(st.st_mode))
		failed = msg_bad("%s: is not a regular file", path);
	else if (sqlite3_open_v2(name, db, SQLITE_OPEN_READONLY, NULL))
		failed = msg_bad("%s: %s", path, sqlite3_errmsg(*db));
	free(name);
	if (failed)
		return -1;
	(void)sqlite3_db_config(*db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_limit(*db, SQLITE_LIMIT_LENGTH, LONGEST_VALUE);
	return 0;
}

int claim_test(const struct claims *c, const struct claim *claim,
	struct claim_result *r)
{
	sqlite3 *db = NULL;
	int failed = 0;

	*r = (struct claim_result){ .verdict = CLAIM_UNTESTED, .number = NAN };
	if (claim->untested) {
		r->numbers = mem_string(claim->untested);
		return 0;
	}
	if (access(claim->database, F_OK)) {
		r->numbers = mem_printf("%s is not there", claim->database);
		return 0;
	}
	failed = open_database(claim->database, &db)
		|| query(db, c, claim, r) ? -1 : 0;
	if (failed) {
		free(r->numbers);
		r->numbers = NULL;
	}
	(void)sqlite3_close(db);
	return failed;
}
