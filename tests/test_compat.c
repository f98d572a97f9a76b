/* Files written for every format there has been are still read, and mean what
 * they meant; files of formats to come are refused with a word. tests/compat
 * holds them. */
#include "../sim/claims.h"
#include "../sim/experiment.h"
#include "../sim/grid.h"
#include "../sim/mem.h"
#include "../sim/store.h"
#include "../traces/scale.h"
#include "support_bundle.h"
#include "support_program.h"
#include "support_sql.h"

#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OLD "tests/compat/"

/* The first schema that was published. */
enum { FIRST_SCHEMA = 2 };

START_TEST(bundles_of_format_1_are_read)
{
	struct bundle *b = bundle_read(OLD "bundle-1");

	ck_assert_ptr_nonnull(b);
	ck_assert_int_eq(b->nets, 3);
	ck_assert_int_eq(b->settings, 2);
	ck_assert_int_eq(b->inputs, 4);
	ck_assert_int_eq(b->mandatory_depth, 2);
	/* The name under which results of it are stored. */
	ck_assert_str_eq(b->sha256, "a8a62f0ecc39b22325d6a74dcdda526e"
		"92484bb65b6dfc9b98e877d1a6e38df8");
	bundle_free(b);
}
END_TEST

START_TEST(workloads_and_arrivals_of_format_1_are_read)
{
	struct workload *w = workload_read(OLD "workload-1.ini", 0, NULL, 1);

	ck_assert_ptr_nonnull(w);
	ck_assert_int_eq(w->requests, 20);
	ck_assert_int_eq(w->rows, 23);
	ck_assert_int_eq(w->devices, 2);
	ck_assert_int_eq(w->full_ns, 6067);
	ck_assert_int_eq(w->deadline_max_ns, 36402);
	ck_assert_int_eq(w->overhead, OVERHEAD_TRACE);
	workload_free(w);
}
END_TEST

START_TEST(experiments_of_format_1_are_read)
{
	struct experiment *e = experiment_read(OLD "experiment-1.ini", 0, NULL);
	struct workload *w;

	ck_assert_ptr_nonnull(e);
	ck_assert_int_eq(e->points, 4);
	ck_assert_int_eq(e->policies, 2);
	ck_assert_int_eq(e->replications, 2);
	ck_assert_str_eq(experiment_value(e, 3, 1), "0 default, 50% default");
	w = experiment_workload(e, 3, e->seed);
	ck_assert_ptr_nonnull(w);
	ck_assert_int_eq(w->changes, 2);
	workload_free(w);
	experiment_free(e);
}
END_TEST

START_TEST(grids_claims_and_power_limits_of_format_1_are_read)
{
	struct grid *g = grid_read(OLD "grid-1.ini", 0, NULL);
	struct power_limits limits;
	struct claims claims;
	struct text expected;

	ck_assert_ptr_nonnull(g);
	ck_assert_int_eq(grid_settings(g), 3 * 2 * 3 * 2);
	ck_assert_int_eq(g->policies, 2);
	ck_assert_int_eq(g->replications, 2);
	ck_assert_uint_eq(g->seed, 7);
	ck_assert_str_eq(g->environment[1].name, "busy");
	ck_assert(g->environment[2].changes);
	ck_assert_int_eq(g->deadline_ns[1], 6067);
	grid_free(g);

	ck_assert_int_eq(claims_read(&claims, OLD "claims-1.ini"), 0);
	ck_assert_int_eq(claims.n, 3);
	ck_assert_str_eq(claims.claim[0].who, "Yao et al. (abstract)");
	text_init(&expected);
	claim_expected(&claims.claim[1], &expected);
	ck_assert_str_eq(expected.s, "about -1500 (tolerance 0.1)");
	text_fini(&expected);
	ck_assert_str_eq(claims.claim[2].untested, "waiting for a GPU");
	claims_fini(&claims);

	ck_assert_int_eq(power_limits_read(&limits, OLD "power-limits-1.csv", 0), 0);
	ck_assert_int_eq(limits.limits, 3);
	ck_assert(limits.limit[2].time == 2.5);
	power_limits_fini(&limits);
}
END_TEST

/* One file for each schema this program knows: whoever raises the number adds
 * the next one. */
START_TEST(databases_of_every_schema_are_exported_as_they_were)
{
	char *dir = test_directory(), *db = test_path(dir, "old.db");
	char *old = mem_printf(OLD "database-%d", _i);
	struct program p = { 0 };

	for (int i = 0; i < 2; i++) {
		char *from = mem_printf("%s.db", old);
		char *as = mem_printf("%s%s.csv", old, i ? "-requests" : "");
		char *expected = test_read(as, NULL);
		test_copy(from, db);
		program_line(&p, "export %s %s", i ? "requests" : "csv", db);
		ck_assert_msg(p.status == 0, "%s", p.err);
		ck_assert_str_eq(p.out, expected);
		free(expected);
		free(as);
		free(from);
	}
	program_line(&p, "merge %s/new.db %s", dir, db);
	ck_assert_msg(p.status == 0, "%s", p.err);
	program_fini(&p);
	free(old);
	free(db);
	test_directory_free(dir);
}
END_TEST

START_TEST(formats_to_come_are_refused_with_a_word)
{
	char *dir = test_directory(), *db = test_path(dir, "new.db");
	char *line = mem_printf("export csv %s", db);
	char *said = mem_printf("laxity: %s: was made by a newer laxity (schema "
		"%d; this one knows %d)\n", db, STORE_SCHEMA + 1, STORE_SCHEMA);
	char *sql = mem_printf("pragma user_version = %d", STORE_SCHEMA + 1);
	sqlite3 *handle;

	test_copy(OLD "database-2.db", db);
	ck_assert_int_eq(sqlite3_open(db, &handle), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(handle), SQLITE_OK);
	program_refuses(line, 2, said);
	free(line);
	free(said);
	free(sql);

	said = mem_printf("%s/b", dir);
	line = mem_printf("cp -r " OLD "bundle-1 %s", said);
	ck_assert_int_eq(system(line), 0); /* names without blanks */
	tiny_edit(said, "trace.ini", "format = 1", "format = 2");
	free(line);
	line = mem_printf("trace check %s", said);
	free(said);
	said = mem_printf("laxity: %s/b/trace.ini:3: format '2' is not known, this "
		"program reads format 1\n", dir);
	program_refuses(line, 2, said);
	free(said);
	free(line);
	free(db);
	test_directory_free(dir);
}
END_TEST

/* Formats without a number in the file: what they will have beyond today's keys
 * and columns is refused by its name, never skipped. */
START_TEST(what_is_new_in_a_format_is_refused_by_name)
{
	static const struct { const char *file, *old, *new, *line, *says; } v[] = {
		{ "workload-1.ini", "[workload]", "[workload]\nmodel = new",
		  "workload %s", "unknown key 'model' in [workload]" },
		{ "workload-1.ini", "[workload]", "[later]\nx = 1\n[workload]",
		  "workload %s", "unknown section [later]" },
		{ "experiment-1.ini", "[sweep]", "[sweep]\nhow = new",
		  "sweep %s --dry-run --db x", "unknown key 'how' in [sweep]" },
		{ "grid-1.ini", "[grid]", "[grid]\nshape = new", "grid %s",
		  "unknown key 'shape' in [grid]" },
		{ "claims-1.ini", "is = at least", "is = at least\nper = run",
		  "claims %s", "unknown key 'per' in [claim one]" },
		{ "arrivals-1.csv", "group\n", "group,priority\n",
		  "workload " OLD "workload-1.ini --set arrivals.file=%s",
		  "the header must be" },
		{ "power-limits-1.csv", "relative_power\n",
		  "relative_power,clock_mhz\n",
		  "trace scale " OLD "bundle-1 x --power-limit %s",
		  "the header must be" },
	};
	char *dir = test_directory(), *path = test_path(dir, "new");

	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		char *from = mem_printf(OLD "%s", v[i].file);
		char *text = test_read(from, NULL), *at = strstr(text, v[i].old);
		char *changed, *line = mem_printf(v[i].line, path);
		struct program p = { 0 };
		ck_assert_msg(at != NULL, "%s: %s", v[i].file, v[i].old);
		changed = mem_printf("%.*s%s%s", (int)(at - text), text, v[i].new,
			at + strlen(v[i].old));
		test_write(path, changed);
		program_line(&p, "%s", line);
		ck_assert_msg(p.status == 2 && strstr(p.err, v[i].says)
			&& strchr(p.err, '\n') == p.err + p.err_length - 1,
			"%s: status %d\n%s", line, p.status, p.err);
		program_fini(&p);
		free(changed);
		free(line);
		free(text);
		free(from);
	}
	free(path);
	test_directory_free(dir);
}
END_TEST

/* No schema before 2 was published: there is nothing to read it with. */
START_TEST(older_databases_are_refused_with_a_word)
{
	char *dir = test_directory(), *db = test_path(dir, "old.db");
	char *line = mem_printf("report %s", db);
	char *said = mem_printf("laxity: %s: schema 1 is older than any this laxity "
		"reads (%d)\n", db, FIRST_SCHEMA);

	test_copy(OLD "database-2.db", db);
	sql_change(db, "pragma user_version = 1");
	program_refuses(line, 2, said);
	free(said);
	free(line);
	free(db);
	test_directory_free(dir);
}
END_TEST

Suite *test_compat(void);
Suite *test_compat(void)
{
	Suite *s = suite_create("compat");
	TCase *t = tcase_create("compat");

	tcase_add_test(t, bundles_of_format_1_are_read);
	tcase_add_test(t, workloads_and_arrivals_of_format_1_are_read);
	tcase_add_test(t, experiments_of_format_1_are_read);
	tcase_add_loop_test(t, databases_of_every_schema_are_exported_as_they_were,
		FIRST_SCHEMA, STORE_SCHEMA + 1);
	tcase_add_test(t, formats_to_come_are_refused_with_a_word);
	tcase_add_test(t, grids_claims_and_power_limits_of_format_1_are_read);
	tcase_add_test(t, what_is_new_in_a_format_is_refused_by_name);
	tcase_add_test(t, older_databases_are_refused_with_a_word);
	suite_add_tcase(s, t);
	return s;
}
