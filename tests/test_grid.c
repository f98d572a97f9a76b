/* Constraint grids: settings, what is counted and averaged, the command. */
#include "support_program.h"

#include "../sim/grid.h"
#include "../sim/mem.h"
#include "../sim/msg.h"

#include <check.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEAR(x, y) ck_assert_double_eq_tol((x), (y), 1e-9)

/* One staged network of 3 x 2000 ns, twice that in `slow`; 100 W, idle 50 W;
 * accuracies .5 .75 1. */
#define HEAD "[workload]\ntrace = tests/schedules/trace\nnetworks = n3\n" \
	"requests = 40\n[grid]\n"
static const char text[] = HEAD
	"policies = app-only alert alert-oracle oracle-static\n"
	"environments = default, default+slow\ndeadlines = 0.5, 1, 2\n"
	"levels = 2\nbursts = 3, 5\nreplications = 2\n";

static char *dir, *file;

static void enter(void)
{
	dir = test_directory();
	file = test_path(dir, "g.ini");
	test_write(file, text);
}

static void leave(void)
{
	free(file);
	test_directory_free(dir);
}

static struct grid *read_it(void)
{
	struct grid *g = grid_read(file, 0, NULL);

	ck_assert_ptr_nonnull(g);
	return g;
}

START_TEST(settings_span_the_grid)
{
	struct grid *g = read_it();
	struct workload *w;

	ck_assert_int_eq(grid_settings(g), 2 * 2 * 3 * 2);
	ck_assert_str_eq(g->slowest, "n3");
	NEAR(g->slowest_ns, 6000);
	ck_assert_int_eq(g->deadline_ns[0], 3000);
	NEAR(g->accuracy[0], 0.5);
	NEAR(g->accuracy[1], 1);
	NEAR(g->power_w[0], 75);
	NEAR(g->power_w[1], 100);
	ck_assert_int_eq(g->reference, 3);
	/* Environment 1, accuracy, deadline 2 T, level 0. */
	w = grid_workload(g, 12 + 6 + 2 * 2 + 0, 0);
	ck_assert_int_eq(w->goal.objective, OBJECTIVE_ACCURACY);
	NEAR(w->goal.energy_j, 75 * 12e-6);
	ck_assert_int_eq(w->deadline_min_ns, 12000);
	ck_assert_int_eq(w->deadline_max_ns, 12000);
	NEAR(w->rate_hz, 1e9 / 12000);
	workload_free(w);
	/* Environment 0, energy, deadline T / 2, level 1. */
	w = grid_workload(g, 1, 1);
	ck_assert_int_eq(w->goal.objective, OBJECTIVE_ENERGY);
	NEAR(w->goal.accuracy, 1);
	ck_assert_int_eq(w->deadline_min_ns, 3000);
	ck_assert_int_eq(w->changes, 1);
	workload_free(w);
	grid_free(g);
}
END_TEST

/* Bursts of 3 to 5 inputs, at the releases of whole requests. */
START_TEST(a_changing_environment_comes_in_bursts)
{
	struct grid *g = read_it();
	struct workload *w = grid_workload(g, 12, 0);

	ck_assert_int_eq(w->timeline_by_request, 1);
	ck_assert_int_ge(w->changes, 40 / 5);
	for (int i = 0; i < w->changes; i++) {
		ck_assert_int_eq(w->change[i].environment, i % 2);
		if (i) {
			int64_t length = w->change[i].at - w->change[i - 1].at;
			ck_assert_int_ge(length, 3);
			ck_assert_int_le(length, 5);
		}
	}
	ck_assert_int_gt(w->change[w->changes - 1].at, 40 - 6);
	workload_free(w);
	/* Others in the next replication. */
	ck_assert(g->environment[1].changes && !g->environment[0].changes);
	ck_assert_str_ne(g->environment[1].timeline[0],
		g->environment[1].timeline[1]);
	grid_free(g);
}
END_TEST

/* Three settings of one cell by hand. Of `a`: the first is fine, the second
 * violated, in the third the reference is. */
START_TEST(cells_average_what_neither_violates)
{
	struct grid_setting s;
	double ratio[2];
	struct grid_cell c = { .ratio = ratio };
	struct grid *g = read_it();
	size_t n = (size_t)(grid_settings(g) * g->policies * 2);
	struct grid_result *r = mem_new(n, sizeof *r);

	for (size_t i = 0; i < n; i++)
		r[i] = (struct grid_result){ .energy_j = 1, .error = 0,
			.violated = i / 8 < 3 ? 0 : 1 };
#define AT(setting, policy, k) r[((setting) * g->policies + (policy)) * 2 + (k)]
	AT(0, 1, 0).energy_j = 0.6;
	AT(0, 1, 1).energy_j = 0.8;
	AT(0, 3, 0).energy_j = 0.5;
	AT(1, 1, 0).violated = 0.15; /* 10.1 % over both */
	AT(1, 1, 1).violated = 0.052;
	AT(2, 3, 0).violated = 0.2;
	AT(2, 3, 1).violated = 0.1;
	grid_cell(g, r, 0, OBJECTIVE_ENERGY, 1, &c);
	ck_assert_int_eq(c.settings, 6);
	ck_assert_int_eq(c.dropped, 4);
	ck_assert_int_eq(c.violated, 1);
	ck_assert_int_eq(c.counted, 1);
	NEAR(ratio[0], 1.2);
	NEAR(ratio[1], 0.8);
	/* Exactly a tenth is no violation: both count, (1.2 + 1) / 2. */
	AT(1, 1, 0).violated = 0.1;
	AT(1, 1, 1).violated = 0.1;
	grid_cell(g, r, 0, OBJECTIVE_ENERGY, 1, &c);
	ck_assert_int_eq(c.counted, 2);
	NEAR(ratio[0], 1.1);
	/* The mean accuracy, 1, meets both levels. */
	ck_assert_int_eq(c.off, 0);
	AT(1, 1, 0).error = 0.6; /* .7 on average, 1 wanted */
	grid_cell(g, r, 0, OBJECTIVE_ENERGY, 1, &c);
	ck_assert_int_eq(c.off, 1);
	ck_assert_int_eq(grid_compare(g, r, 0, OBJECTIVE_ENERGY, 1, 0, ratio), 2);
	NEAR(ratio[0], 0.8);
	ck_assert_int_eq(grid_compare(g, r, 1, OBJECTIVE_ACCURACY, 1, 0, ratio), 0);
	ck_assert(isnan(ratio[0]));
	s = grid_setting(g, 1);
	ck_assert_int_eq(s.level, 1);
	free(r);
	grid_free(g);
}
END_TEST

START_TEST(rows_are_joined_by_the_harmonic_mean)
{
	NEAR(grid_harmonic_mean((const double[]){ 0.6, 0.8, 1.2 }, 3), 0.8);
}
END_TEST

static char *ask(const char *db, const char *sql)
{
	sqlite3 *s;
	sqlite3_stmt *q;
	char *out;

	ck_assert_int_eq(sqlite3_open_v2(db, &s, SQLITE_OPEN_READONLY, NULL), 0);
	ck_assert_int_eq(sqlite3_prepare_v2(s, sql, -1, &q, NULL), 0);
	ck_assert_int_eq(sqlite3_step(q), SQLITE_ROW);
	out = mem_string((const char *)sqlite3_column_text(q, 0));
	(void)sqlite3_finalize(q);
	(void)sqlite3_close(s);
	return out;
}

static void change(const char *db, const char *sql)
{
	sqlite3 *s;

	ck_assert_int_eq(sqlite3_open(db, &s), 0);
	ck_assert_int_eq(sqlite3_exec(s, sql, NULL, NULL, NULL), 0);
	(void)sqlite3_close(s);
}

START_TEST(the_command_prints_the_same_with_any_number_of_jobs)
{
	struct program one = { 0 }, two = { 0 }, csv = { 0 };
	char *db = test_path(dir, "g.db"), *n;
	int lines = 0;

	program_line(&one, "grid %s --jobs 1", file);
	ck_assert_str_eq(one.err, "");
	ck_assert_int_eq(one.status, 0);
	program_line(&two, "grid %s --jobs 2 --db %s", file, db);
	ck_assert_str_eq(one.out, two.out);
	ck_assert_ptr_nonnull(strstr(one.out, "default+slow"));
	n = ask(db, "select count(*) || ' ' || count(distinct subject) from run");
	ck_assert_str_eq(n, "192 192");
	free(n);
	/* What is there is not run again, and what is missing is. */
	change(db, "delete from run where id % 7 = 0");
	change(db, "update run set made_at = 'before'");
	program_line(&two, "grid %s --jobs 2 --db %s", file, db);
	ck_assert_str_eq(one.out, two.out);
	n = ask(db, "select count(*) || ' ' || sum(made_at = 'before') from run");
	ck_assert_str_eq(n, "192 165");
	free(n);
	program_line(&csv, "grid %s --format csv", file);
	for (const char *s = csv.out; *s; s++)
		lines += *s == '\n';
	ck_assert_int_eq(lines, 1 + 24 * 4);
	/* Worked by hand: alert, deadline 2 T = 12000, accuracy 1: all stages,
	 * 100 W x 6 us + 50 W x 6 us. */
	ck_assert_ptr_nonnull(strstr(csv.out, "default,energy,2,12000,1,alert,"
		"0,0,0,0,0.0009,0,1\n"));
	program_fini(&one);
	program_fini(&two);
	program_fini(&csv);
	free(db);
}
END_TEST

START_TEST(bad_grids_are_refused_in_one_line)
{
	static const struct { const char *text, *says; } bad[] = {
		{ "[workload]\nrequests = 3\n", "[grid]" },
		/* One line, not one for each section (found by fuzzing). */
		{ "[other]\nrequests = 3\n", "no section [grid]" },
		{ "[grid]\npolicies = alert\n", "no section [workload]" },
		{ HEAD "policies = alert\nenvironments = default\n",
			"policies: oracle-static, which all are compared with, "
			"is missing" },
		{ HEAD "policies = oracle-static oracle-static\n"
			"environments = default\n", "listed twice" },
		{ HEAD "policies = oracle-static\nenvironments = none\n", "none" },
		{ HEAD "policies = oracle-static\nenvironments = default,\n",
			"environments: an empty value" },
		{ HEAD "policies = oracle-static\nenvironments = default\n"
			"deadlines = 1, x\n", "deadlines: 'x' is no number" },
		{ HEAD "policies = oracle-static\nenvironments = default\n"
			"levels = 1\n", "levels" },
		{ HEAD "policies = oracle-static\nenvironments = default+slow\n"
			"bursts = 5, 3\n", "bursts: least, greatest" },
		{ HEAD "policies = oracle-static\nenvironments = default\n"
			"colour = red\n", "unknown key 'colour' in [grid]" },
		{ HEAD "policies = oracle-static\nenvironments = default\n"
			"[goal]\naccuracy = 0.5\n", "[goal] is for the grid" },
		{ HEAD "policies = oracle-static sys-only\n"
			"environments = default\n", "network of kind single" },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct program p = { 0 };

		test_write(file, bad[i].text);
		program_line(&p, "grid %s --jobs 1", file);
		ck_assert_msg(p.status == 2 && strstr(p.err, bad[i].says)
			&& strchr(p.err, '\n') == p.err + p.err_length - 1
			&& !p.out_length, "%s: %d %s", bad[i].says, p.status,
			p.err);
		program_fini(&p);
	}
}
END_TEST

Suite *test_grid(void);
Suite *test_grid(void)
{
	Suite *s = suite_create("grid");
	TCase *t = tcase_create("grid");

	tcase_add_checked_fixture(t, enter, leave);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, settings_span_the_grid);
	tcase_add_test(t, a_changing_environment_comes_in_bursts);
	tcase_add_test(t, cells_average_what_neither_violates);
	tcase_add_test(t, rows_are_joined_by_the_harmonic_mean);
	tcase_add_test(t, the_command_prints_the_same_with_any_number_of_jobs);
	tcase_add_test(t, bad_grids_are_refused_in_one_line);
	suite_add_tcase(s, t);
	return s;
}
