/* Databases: files damaged in a few places, and tables that hold what no program
 * of ours would put there. */
#include "fuzz.h"

#include "../../sim/mem.h"
#include "../../sim/msg.h"
#include "../../sim/report.h"
#include "../../sim/store_private.h"
#include "../../sim/store_schema.h"
#include "answers.h"
#include "kept.h"
#include "pages.h"
#include "targets.h"

#include <stdlib.h>
#include <string.h>

/* What takes many times as long as the rest is done for one input in n, drawn by
 * all of its bytes, so that a search cannot make it the usual case. The parts
 * are drawn apart. */
enum part { PART_OPEN, PART_ALL_VIEWS, PART_REPORT, PART_USUAL, PART_HTML };

static int one_in(unsigned n, enum part part, const uint8_t *bytes, size_t size)
{
	uint32_t hash = 2166136261u + (uint32_t)part * 3266489917u;

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return (hash ^ hash >> 16) % n == 0;
}

/* What a run may leave behind: nothing. */
static void check_left(struct store *s)
{
	FUZZ_HOLDS(kept_in_use(s->db) == 0);
	if (!sqlite3_get_autocommit(s->db))
		(void)store_execute(s, "rollback");
	s->in_transaction = 0;
}

static void end_store(struct store *s)
{
	if (s)
		kept_forget(s->db);
	store_close(s);
}

/* ---- Tables in memory ---------------------------------------------------------- */

static struct store *memory_store(void)
{
	struct store *s = mem_new(1, sizeof *s);
	struct schema schema;

	s->path = mem_string("memory.db");
	s->mode = STORE_READ;
	s->ready = 1;
	FUZZ_HOLDS(!sqlite3_open(":memory:", &s->db));
	schema_init(&schema);
	for (int i = 0; i < schema.n; i++)
		FUZZ_HOLDS(!store_execute(s, schema.object[i].sql));
	schema_fini(&schema);
	return s;
}

static const char *const tables[] = { "trace", "workload", "workload_key",
	"policy", "run", "bound", "candidate", "request", "stage", "fact",
	"validation" };
enum { TABLES_OF_STORE = sizeof tables / sizeof *tables };

static void copy_good(struct store *s)
{
	FUZZ_HOLDS(!store_execute(s, "attach '" PAGES_BASE "' as good"));
	for (int i = 0; i < TABLES_OF_STORE; i++) {
		char *sql = mem_printf("insert into main.%s select * from good.%s",
			tables[i], tables[i]);
		FUZZ_HOLDS(!store_execute(s, sql));
		free(sql);
	}
	FUZZ_HOLDS(!store_execute(s, "detach good"));
}

/* A store with nothing in it, and one with runs that differ from the good ones
 * in half of their subjects. */
static struct store *empty, *other;

static void end_memory(void)
{
	end_store(empty);
	end_store(other);
}

static void need_memory(void)
{
	if (empty)
		return;
	empty = memory_store();
	other = memory_store();
	copy_good(other);
	FUZZ_HOLDS(!store_execute(other, "update run set key = key || 'x', "
		"subject = subject || 'x' where id % 2"));
	kept_statements(empty->db);
	kept_statements(other->db);
	(void)atexit(end_memory);
}

/* ---- Files ------------------------------------------------------------------------- */

/* The damaged file opened to be read and to be written. */
static struct { struct pages pages; struct store *in[2]; const char *path; } file;

static struct store *open_file(enum store_mode mode)
{
	struct store *s;

	kept_file(file.pages.bytes, file.pages.n);
	s = store_open(file.path, mode);
	kept_file(NULL, 0);
	return s;
}

static void end_file(void)
{
	for (int i = 0; i < 2; i++)
		end_store(file.in[i]);
	pages_fini(&file.pages);
}

static void need_file(void)
{
	if (file.path)
		return;
	file.path = fuzz_real_file(".db", "", 0);
	pages_init(&file.pages);
	for (int i = 0; i < 2; i++) {
		file.in[i] = open_file(i ? STORE_WRITE : STORE_READ);
		FUZZ_HOLDS(file.in[i] != NULL);
		kept_statements(file.in[i]->db);
	}
	(void)atexit(end_file);
}

static int read_view(struct store *s, const char *sql)
{
	sqlite3_stmt *st = store_prepare(s, sql);
	int code = SQLITE_DONE;

	if (!st)
		return -1;
	for (int row = 0; row < 50; row++) {
		code = sqlite3_step(st);
		if (code != SQLITE_ROW)
			break;
		for (int i = 0; i < sqlite3_column_count(st); i++)
			(void)sqlite3_column_text(st, i);
	}
	(void)sqlite3_finalize(st);
	return code == SQLITE_ROW || code == SQLITE_DONE ? 0
		: store_fault(s, code);
}

static int read_views(struct store *s, int all)
{
	static const char *const queries[] = { "select * from runs",
		"select * from axes", "select * from requests",
		"select * from stages", "select * from paired",
		"select * from metrics" };
	int refused = 0;

	/* The last two are unions over all columns. */
	for (int i = 0; i < (all ? 6 : 4) && !refused; i++)
		refused = read_view(s, queries[i]);
	return refused;
}

static int read_stored(struct store *from)
{
	struct stored *d = stored_read(from);

	stored_free(d);
	return d ? 0 : -1;
}

static int merge(struct store *to, struct store *from)
{
	int refused;

	/* The damage may be found only here. */
	if (store_begin(to))
		return -1;
	refused = store_merge(to, from);
	store_rollback(to);
	return refused;
}

enum use { USE_VIEWS, USE_STORED, USE_MERGE_FROM, USE_MERGE_INTO, USES };

static int use_file(struct store *s, enum use use, const uint8_t *bytes,
	size_t n)
{
	switch (use) {
	case USE_VIEWS:
		return read_views(s, one_in(64, PART_ALL_VIEWS, bytes, n));
	case USE_STORED:
		return read_stored(s);
	case USE_MERGE_FROM:
		return merge(empty, s);
	default:
		return merge(s, other);
	}
}

/* The first byte says what is done with the file, the others what is damaged.
 * Only in some inputs this may be the tables' definitions, as these are read
 * when a file is opened. */
int fuzz_store(const uint8_t *bytes, size_t n)
{
	enum use use = n ? bytes[0] % USES : 0;
	int opens = one_in(64, PART_OPEN, bytes, n), refused;
	struct store *s;

	need_memory();
	need_file();
	pages_damage(&file.pages, opens, bytes + (n > 0), n - (n > 0));
	s = opens ? open_file(use == USE_MERGE_INTO ? STORE_WRITE : STORE_READ)
		: file.in[use == USE_MERGE_INTO];
	refused = s ? use_file(s, use, bytes, n) : -1;
	/* Of some damage SQLite says that it has no memory, which need not be the
	 * file's fault: another status, but said. */
	if (refused && strstr(msg_captured(), "out of memory, or damaged\n")) {
		msg_capture(1);
		refused = 0;
	}
	if (opens) {
		store_close(s);
	} else {
		FUZZ_HOLDS(s != NULL);
		check_left(s);
		FUZZ_HOLDS(!sqlite3_file_control(s->db, "main",
			SQLITE_FCNTL_RESET_CACHE, NULL));
	}
	check_left(empty);
	check_left(other);
	pages_restore(&file.pages);
	return refused;
}

/* ---- Answers ----------------------------------------------------------------------- */

/* SQLite itself looks at most of a file's bytes, so few damaged files get as far
 * as our code. Here what it answers is changed instead: what a damaged or
 * made-up file may make it say, and more. */
static struct store *answers, *good;

static void end_answers(void)
{
	answers_end();
	store_close(answers);
	store_close(good);
}

/* The good one is recorded; the other connection then answers in its place. */
static void need_answers(void)
{
	if (answers)
		return;
	need_memory();
	answers = memory_store();
	good = memory_store();
	copy_good(good);
	answers_record(good->db);
	FUZZ_HOLDS(!read_stored(good));
	FUZZ_HOLDS(!merge(other, good));
	answers_give(answers->db);
	(void)atexit(end_answers);
}

/* There is nothing that could begin, end or fail. */
int __wrap_store_execute(struct store *s, const char *sql);
int __real_store_execute(struct store *s, const char *sql);

int __wrap_store_execute(struct store *s, const char *sql)
{
	sqlite3_stmt *st;
	int code;

	if (s == answers)
		return 0;
	if (!kept_is(s->db))
		return __real_store_execute(s, sql);
	st = store_prepare(s, sql);
	if (!st)
		return -1;
	(void)sqlite3_step(st);
	code = sqlite3_finalize(st);
	return code == SQLITE_OK ? 0 : store_fault(s, code);
}

static void end_changes(void)
{
	FUZZ_HOLDS(answers_open() == 0);
	answers_restore();
	check_left(other);
}

/* What was changed is read or merged. */
int fuzz_rows(const uint8_t *bytes, size_t n)
{
	int refused;

	need_answers();
	answers_change(bytes, n);
	refused = n % 4 ? read_stored(answers) : merge(other, answers);
	end_changes();
	return refused;
}

/* ---- Reports ----------------------------------------------------------------------- */

/* A terminal must not be told what to do, nor a browser. */
static void check_text(const struct text *t, char also)
{
	for (size_t i = 0; i < t->length; i++)
		FUZZ_HOLDS((unsigned char)t->s[i] >= ' ' || t->s[i] == '\n'
			|| t->s[i] == also);
}

static int draw(const struct stored *d, const uint8_t *bytes, size_t n)
{
	const char *metrics[] = { NULL, NULL, NULL };
	struct report r;
	struct text t;
	int columns = 0;

	while (outcome_columns[columns].name)
		columns++;
	for (size_t i = 0; i < 2 && i < n; i++)
		metrics[i] = outcome_columns[bytes[i] % columns].name;
	/* The usual ones are ten: most time would go by in pictures. */
	if (report_init(&r, d, one_in(64, PART_USUAL, bytes, n) ? NULL
			: metrics))
		return -1;
	text_init(&t);
	report_text(&r, &t);
	check_text(&t, '\n');
	if (one_in(16, PART_HTML, bytes, n)) {
		t.length = 0;
		report_html(&r, &t);
		check_text(&t, '\t');
	}
	text_fini(&t);
	report_fini(&r);
	return 0;
}

/* What was changed is drawn. The first two bytes choose what is drawn of it. */
int fuzz_report(const uint8_t *bytes, size_t n)
{
	size_t choice = n < 2 ? n : 2;
	struct stored *d;
	int refused;

	need_answers();
	answers_change(bytes + choice, n - choice);
	d = stored_read(answers);
	refused = d ? draw(d, bytes, n) : -1;
	stored_free(d);
	end_changes();
	return refused;
}
