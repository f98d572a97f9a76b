/* `laxity claims`, through the real program: verdicts worked by hand on a small
 * database, and files and queries that must be refused. */
#include "../sim/mem.h"
#include "support_program.h"

#include <check.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char *dir, *db, *ini;
static struct program p;

/* x = 10, 12, 14: mean 12. */
static void setup(void)
{
	sqlite3 *d;

	dir = test_directory();
	db = test_path(dir, "a.db");
	ini = test_path(dir, "claims.ini");
	ck_assert_int_eq(sqlite3_open(db, &d), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(d, "create table t (x real);"
		"insert into t values (10), (12), (14)", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_close(d), SQLITE_OK);
}

static void teardown(void)
{
	program_fini(&p);
	p = (struct program){ 0 };
	test_directory_free(dir);
	free(db);
	free(ini);
}

/* One claim on `query`; rest: is, value, tolerance. */
static void write_claim(const char *source, const char *query, const char *rest)
{
	char *text = mem_printf("[claim one]\nsentence = the mean is right\n"
		"source = %s\ndatabase = %s\nquery = %s\n%s", source, db, query, rest);

	test_write(ini, text);
	free(text);
}

static void expect(const char *source, const char *query, const char *rest,
	const char *verdict, const char *numbers, int status)
{
	write_claim(source, query, rest);
	program_line(&p, "claims %s", ini);
	ck_assert_msg(p.status == status, "status %d: %s%s", p.status, p.out, p.err);
	ck_assert_msg(!strncmp(p.out, verdict, strlen(verdict))
		&& p.out[strlen(verdict)] == ':', "%s", p.out);
	ck_assert_msg(strstr(p.out, numbers) != NULL, "%s", p.out);
	ck_assert_str_eq(p.err, "");
}

static void refuse(const char *query, const char *reason)
{
	char *command = mem_printf("claims %s", ini);
	char *line = mem_printf("laxity: %s:5: one: query: %s", ini, reason);

	write_claim("ours", query, "is = at least\nvalue = 1\n");
	program_refuses(command, 2, line);
	free(command);
	free(line);
}

#define MEAN "select avg(x) as mean, count(*) as runs from t"

START_TEST(comparisons_hold_up_to_their_tolerance_and_no_further)
{
	expect("ours", MEAN, "is = at least\nvalue = 12\n", "holds",
		"at least 12: mean 12, runs 3\n", 0);
	expect("ours", MEAN, "is = at least\nvalue = 12.5\ntolerance = 0.5\n", "holds",
		"at least 12.5 (tolerance 0.5): mean 12", 0);
	expect("ours", MEAN, "is = at least\nvalue = 12.5\ntolerance = 0.4\n",
		"does not hold", "mean 12", 3);
	expect("ours", MEAN, "is = at most\nvalue = 12\n", "holds", "at most 12", 0);
	expect("ours", MEAN, "is = at most\nvalue = 11.5\ntolerance = 0.4\n",
		"does not hold", "mean 12", 3);
	expect("ours", MEAN, "is = about\nvalue = 11.5\ntolerance = 0.5\n", "holds",
		"about 11.5", 0);
	expect("ours", MEAN, "is = about\nvalue = 12.6\ntolerance = 0.5\n",
		"does not hold", "about 12.6", 3);
	expect("ours", MEAN, "is = about\nvalue = 11.4\ntolerance = 0.5\n",
		"does not hold", "about 11.4", 3);
}
END_TEST

START_TEST(only_a_claim_of_ours_that_fails_is_status_3)
{
	const char *rest = "is = at most\nvalue = 1\n";

	expect("published: A et al. 2020", MEAN, rest, "does not hold",
		"published: A et al. 2020 [one]", 0);
	expect("recalled: A et al. 2020", MEAN, rest, "does not hold",
		"of ours 0 do not hold", 0);
	expect("ours", MEAN, rest, "does not hold", "of ours 1 do not hold", 3);
}
END_TEST

START_TEST(what_has_no_number_here_cannot_be_tested)
{
	const char *rest = "is = at least\nvalue = 1\n";
	const char *v = "cannot be tested here";

	expect("ours", "select x from t where x > 99", rest, v, "no row", 0);
	expect("ours", "select avg(x) as mean from t where x > 99", rest, v,
		"mean missing", 0);
	expect("ours", "select 'many' as n", rest, v, "n many", 0);
	expect("ours", "select 1e999 as n", rest, v, "", 0);
	test_write(ini, "[claim gpu]\nsentence = live is close\nsource = ours\n"
		"untested = waiting for a GPU\n[claim none]\nsentence = s\n"
		"source = ours\ndatabase = no/such.db\nquery = select 1\nis = about\n"
		"value = 1\n");
	program_line(&p, "claims %s", ini);
	ck_assert_int_eq(p.status, 0);
	ck_assert_ptr_nonnull(strstr(p.out, "waiting for a GPU"));
	ck_assert_ptr_nonnull(strstr(p.out, "no/such.db is not there"));
	ck_assert_ptr_nonnull(strstr(p.out, "0 hold, 0 do not, 2 cannot"));
}
END_TEST

START_TEST(queries_that_write_or_look_elsewhere_are_refused)
{
	size_t before, after;
	char *a = test_read(db, &before), *b;

	refuse("delete from t", "not authorized");
	refuse("insert into t values (1) returning x", "not authorized");
	refuse("attach 'other.db' as o", "not authorized");
	refuse("pragma user_version = 3", "not authorized");
	refuse("select 1; select 2", "it must be one statement");
	refuse("select x from t", "it gives more than one row");
	refuse("select y from t", "no such column: y");
	refuse("selct 1", "near \"selct\": syntax error");
	b = test_read(db, &after);
	ck_assert_uint_eq(before, after);
	ck_assert_mem_eq(a, b, before);
	free(a);
	free(b);
}
END_TEST

/* Of a database from a stranger, which need not be one. */
START_TEST(a_database_is_a_file_and_its_texts_stay_texts)
{
	char *fifo = test_path(dir, "fifo"), *good = db, *huge;
	const char *rest = "is = at least\nvalue = 1\n";

	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	db = fifo;              /* opening one would wait for a writer */
	write_claim("ours", MEAN, rest);
	huge = mem_printf("laxity: %s: is not a regular file\n", fifo);
	program_line(&p, "claims %s", ini);
	ck_assert_int_eq(p.status, 2);
	ck_assert_str_eq(p.err, huge);
	free(huge);
	db = good;
	refuse("select length(randomblob(900000000))",
		"string or blob too big");
	write_claim("ours", "select 12 as x, char(27) || '[2J' || char(10) || "
		"char(155) || '<b>|' as y", rest);
	program_line(&p, "claims %s", ini);
	ck_assert_ptr_nonnull(strstr(p.out, "x 12, y ?[2J??" "?<b>|\n"));
	program_line(&p, "claims %s --format markdown", ini);
	ck_assert_ptr_nonnull(strstr(p.out, "| x 12, y ?[2J??" "?&lt;b>\\| |\n"));
	free(fifo);
}
END_TEST

START_TEST(bad_files_are_refused_with_the_line)
{
	static const struct { const char *text, *message; } bad[] = {
		{ "", "there is no [claim NAME]" },
		{ "[claim a]\nsource = ours\nuntested = x\n", "" },
		{ "[claim a]\nsentence = s\nsource = theirs\nuntested = x\n",
			"3: [claim a] source is 'ours'" },
		{ "[claim a]\nsentence = s\nsource = published:\nuntested = x\n",
			"3: [claim a] source is 'ours'" },
		{ "[claim a]\nsentence = s\nsource = ours\nuntested = x\nvalue = 1\n",
			"5: " },
		{ "[claim a]\nsentence = s\nsource = ours\ndatabase = d\n"
			"query = select 1\nis = over\nvalue = 1\n", "6: " },
		{ "[claim a]\nsentence = s\nsource = ours\ndatabase = d\n"
			"query = select 1\nis = about\nvalue = nan\n", "7: " },
		{ "[claim a]\nsentence = s\nsource = ours\ndatabase = d\n"
			"query = select 1\nis = about\nvalue = 1\ntolerance = -1\n",
			"8: " },
		{ "[claim a]\nsentence = s\nsource = ours\nuntested = x\n[other]\n",
			"5: " },
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char *start = mem_printf("laxity: %s:", ini);
		test_write(ini, bad[i].text);
		program_line(&p, "claims %s", ini);
		ck_assert_msg(p.status == 2 && !*p.out, "%zu: %d", i, p.status);
		ck_assert_msg(!strncmp(p.err, start, strlen(start)), "%s", p.err);
		ck_assert_msg(strchr(p.err, '\n') == p.err + p.err_length - 1, "%s",
			p.err);
		if (*bad[i].message >= '0' && *bad[i].message <= '9')
			ck_assert_msg(!strncmp(p.err + strlen(start), bad[i].message, 2),
				"%zu: %s", i, p.err);
		free(start);
	}
	/* A file that is no database. */
	write_claim("ours", "select 1 from t", "is = about\nvalue = 1\n");
	test_write(db, "this is not a database, and longer than a header of one "
		"is, so that it can be told from an empty or a truncated file\n");
	program_line(&p, "claims %s", ini);
	ck_assert_int_eq(p.status, 2);
	ck_assert_ptr_nonnull(strstr(p.err, "not a database"));
}
END_TEST

START_TEST(formats_carry_the_same_verdicts)
{
	write_claim("published: B, 2020", MEAN, "is = at least\nvalue = 12\n");
	program_line(&p, "claims %s --format csv", ini);
	ck_assert_str_eq(p.out, "claim,source,who,verdict,expected,number,numbers,"
		"sentence\none,published,\"B, 2020\",holds,at least 12,12,"
		"\"mean 12, runs 3\",the mean is right\n");
	program_line(&p, "claims %s --format markdown", ini);
	ck_assert_ptr_nonnull(strstr(p.out, "\n| holds | the mean is right | "
		"published: B, 2020 | at least 12 | mean 12, runs 3 |\n"));
}
END_TEST

/* README.md and results/reference/claims.md are made in one go. */
START_TEST(the_readme_has_the_verdicts_that_are_kept)
{
	char *readme = test_read("README.md", NULL);
	char *all = test_read("results/reference/claims.md", NULL);
	char *line = strstr(readme, "<!-- claims: "), *end;
	int rows = 0;

	ck_assert_ptr_nonnull(line);
	end = strstr(line, "<!-- end of claims -->");
	ck_assert_ptr_nonnull(end);
	*end = '\0';
	for (line = strtok(line, "\n"); line; line = strtok(NULL, "\n")) {
		char *by, *row;
		if (strncmp(line, "| ", 2) || !strncmp(line, "| verdict |", 11))
			continue;
		/* Verdict and sentence; the source follows. */
		by = strstr(strstr(line + 2, " | ") + 3, " | ");
		ck_assert_ptr_nonnull(by);
		by[3] = '\0';
		row = mem_printf("\n%spublished: ", line);
		ck_assert_msg(strstr(all, row) != NULL, "%s", row);
		free(row);
		rows++;
	}
	ck_assert_int_gt(rows, 10);
	free(all);
	free(readme);
}
END_TEST

Suite *test_claims(void);
Suite *test_claims(void)
{
	Suite *s = suite_create("claims");
	TCase *c = tcase_create("claims");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, comparisons_hold_up_to_their_tolerance_and_no_further);
	tcase_add_test(c, only_a_claim_of_ours_that_fails_is_status_3);
	tcase_add_test(c, what_has_no_number_here_cannot_be_tested);
	tcase_add_test(c, queries_that_write_or_look_elsewhere_are_refused);
	tcase_add_test(c, a_database_is_a_file_and_its_texts_stay_texts);
	tcase_add_test(c, bad_files_are_refused_with_the_line);
	tcase_add_test(c, formats_carry_the_same_verdicts);
	tcase_add_test(c, the_readme_has_the_verdicts_that_are_kept);
	suite_add_tcase(s, c);
	return s;
}
