/* `laxity report`, through the real program. */
#include "../sim/mem.h"
#include "support_program.h"
#include "support_sql.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *dir, *ini, *db, *html;
static struct program p;

static void write_experiment(const char *axes, const char *policies)
{
	char *text = mem_printf("[workload]\ntrace = traces/h100-cifar10\n"
		"networks = staged3\nrequests = 200\nwarmup = 10\n[arrivals]\n"
		"process = closed\nclients = 20\nreissue = deadline\n[deadline]\n"
		"distribution = uniform\nmin = 2T\nmax = 22T\n%s[sweep]\n"
		"policies = %s\nreplications = 5\n", axes, policies);

	test_write(ini, text);
	free(text);
}

static void sweep(const char *options)
{
	program_line(&p, "sweep %s --db %s%s", ini, db, options);
	ck_assert_msg(p.status == 0, "%s", p.err);
}

static char *page(const char *options)
{
	program_line(&p, "report %s --html %s%s", db, html, options);
	ck_assert_msg(p.status == 0, "%s", p.err);
	ck_assert_str_eq(p.out, "");
	ck_assert_str_eq(p.err, "");
	return test_read(html, NULL);
}

static void setup(void)
{
	dir = test_directory();
	ini = test_path(dir, "e.ini");
	db = test_path(dir, "a.db");
	html = test_path(dir, "a.html");
	p = (struct program){ 0 };
	write_experiment("[axis]\narrivals.clients = 4, 32\n"
		"deadline.max = 12T, 22T\n", "edf lcf oracle");
}

static void teardown(void)
{
	program_fini(&p);
	free(ini);
	free(db);
	free(html);
	test_directory_free(dir);
}

/* ---- Text ------------------------------------------------------------------------------ */

START_TEST(the_text_has_a_table_a_metric_and_a_row_a_point)
{
	char *row;

	sweep("");
	program_line(&p, "report %s", db);
	ck_assert_msg(p.status == 0, "%s", p.err);
	ck_assert(strstr(p.out, "runs        60, of 3 policies at 4 points\n")
		== p.out);
	ck_assert(strstr(p.out, "\nseeds       1 to 5: 5 replications\n") != NULL);
	ck_assert(strstr(p.out, "\naxes        arrivals.clients\n"
		"            deadline.max\n") != NULL);
	/* What differs is not said to be common. */
	ck_assert(strstr(p.out, "\narrivals    closed, reissue deadline\n") != NULL);
	ck_assert(strstr(p.out, "\ndeadline ") == NULL);
	ck_assert(strstr(p.out, "\naccuracy (%)\n\n  arrivals.clients    "
		"deadline.max   load  ") != NULL);
	ck_assert(strstr(p.out, "  oracle *\n  ----") != NULL);
	/* Two rows of 32 clients in each table. */
	ck_assert_int_eq(test_count(p.out, "\n  32 "),
		2 * test_count(p.out, "\n  arrivals.clients "));
	row = sql_ask(db, "select printf('%.2f ±', 100 * avg(accuracy)) from runs "
		"r where policy = 'lcf' and clients = 32 and exists (select 1 from "
		"workload_key k where k.workload = r.workload and "
		"name = 'deadline.max' and value like '3597%')", NULL);
	ck_assert_msg(strstr(p.out, row) != NULL, "%s", row);
	ck_assert(strstr(p.out, "(16 comparisons together)") != NULL);
	ck_assert(strstr(p.out, "accuracy against edf (points)") != NULL);
}
END_TEST

START_TEST(numbers_are_sorted_as_numbers)
{
	const char *four, *sixteen, *hundred;

	write_experiment("[axis]\narrivals.clients = 100, 16, 4\n", "edf");
	sweep("");
	program_line(&p, "report %s --metric accuracy", db);
	four = strstr(p.out, "\n  4 ");
	sixteen = strstr(p.out, "\n  16 ");
	hundred = strstr(p.out, "\n  100 ");
	ck_assert(four && sixteen && hundred);
	ck_assert(four < sixteen && sixteen < hundred);
}
END_TEST

START_TEST(another_policy_may_be_compared_with)
{
	sweep("");
	program_line(&p, "report %s --against lcf --metric miss_ratio", db);
	ck_assert_int_eq(p.status, 0);
	ck_assert(strstr(p.out, "miss ratio against lcf (points)") != NULL);
	ck_assert(strstr(p.out, "\naccuracy (%)\n") == NULL);
	program_refuses("report none.db", 2, "laxity: none.db: No such file or "
		"directory\n");
	program_line(&p, "report %s --against fifo", db);
	ck_assert_int_eq(p.status, 2);
	ck_assert_str_eq(p.err, "laxity: there is no run of policy 'fifo'\n");
	program_line(&p, "report %s --metric speed", db);
	ck_assert_int_eq(p.status, 2);
	ck_assert_str_eq(p.err, "laxity: report: --metric: 'speed' is no column of "
		"runs\n");
	program_refuses("report", 2, "laxity: report: one database\n");
	program_refuses("report a.db b.db", 2, "laxity: report: one database\n");
	program_line(&p, "report %s --html none/a.html", db);
	ck_assert_int_eq(p.status, 2);
}
END_TEST

START_TEST(one_point_and_no_runs_are_reported_too)
{
	char *text;

	write_experiment("", "edf lcf");
	sweep(" --shard 7/9");
	program_line(&p, "report %s", db);
	ck_assert_int_eq(p.status, 0);
	ck_assert(strstr(p.out, "runs        0, of 0 policies at 0 points\n") != NULL);
	text = page("");
	ck_assert(strstr(text, "</html>") != NULL);
	free(text);
	sweep("");
	program_line(&p, "report %s", db);
	ck_assert_int_eq(p.status, 0);
	ck_assert(strstr(p.out, "\npolicy ") != NULL);
	text = page("");
	ck_assert(strstr(text, "<td>all</td>") != NULL);
	free(text);
}
END_TEST

START_TEST(reports_depend_only_on_what_is_stored)
{
	char *text, *again, *plain, *part[3];

	sweep(" --jobs 2");
	text = page("");
	program_line(&p, "report %s", db);
	plain = mem_string(p.out);
	for (int i = 0; i < 3; i++) {
		char *name = mem_printf("%d.db", i);
		part[i] = test_path(dir, name);
		free(name);
		program_line(&p, "sweep %s --db %s --shard %d/3", ini, part[i],
			i + 1);
		ck_assert_int_eq(p.status, 0);
	}
	ck_assert_int_eq(unlink(db), 0);
	program_line(&p, "merge %s %s %s %s", db, part[2], part[0], part[1]);
	ck_assert_int_eq(p.status, 0);
	again = page("");
	ck_assert_str_eq(text, again);
	program_line(&p, "report %s", db);
	ck_assert_str_eq(plain, p.out);
	free(again);
	free(text);
	free(plain);
	for (int i = 0; i < 3; i++)
		free(part[i]);
}
END_TEST

/* Every element that is opened is closed, in order. */
static void check_nesting(const char *text)
{
	const char *open[64];
	int depth = 0;

	for (const char *s = text; (s = strchr(s, '<')); s++) {
		const char *end = strchr(s, '>');
		size_t n = strcspn(s + 1, " >/\n");
		ck_assert(end != NULL);
		if (s[1] == '!' || !strncmp(s, "<meta", 5) || end[-1] == '/')
			continue;
		if (s[1] != '/') {
			ck_assert(depth < 64);
			open[depth++] = s + 1;
			continue;
		}
		n = strcspn(s + 2, ">");
		ck_assert_msg(depth > 0 && !strncmp(open[depth - 1], s + 2, n),
			"%.60s closes %.30s", s, depth ? open[depth - 1] : "");
		depth--;
	}
	ck_assert_int_eq(depth, 0);
}

/* Found by tests/fuzz: points none of whose runs can be read. */
START_TEST(a_store_without_its_policies_has_points_and_no_runs)
{
	char *text;

	sweep("");
	sql_change(db, "delete from policy");
	program_line(&p, "report %s", db);
	ck_assert_int_eq(p.status, 0);
	ck_assert(strstr(p.out, "runs        0, of 0 policies at 4 points\n")
		== p.out);
	text = page("");
	check_nesting(text);
	free(text);
}
END_TEST

/* ---- The page ----------------------------------------------------------------------------- */

START_TEST(the_page_is_whole_and_needs_nothing_else)
{
	static const char *const foreign[] = { "<script", "http:", "https:", "src=",
		"url(", "@import", "<link", "<img", "javascript" };
	char *text;

	sweep(" --bounds");
	text = page("");
	check_nesting(text);
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
		ck_assert_msg(!strstr(text, foreign[i]), "%s", foreign[i]);
	ck_assert(strstr(text, "prefers-color-scheme:dark") != NULL);
	ck_assert(strstr(text, "width=device-width") != NULL);
	/* For each of the metrics a figure for both values of the other axis. */
	ck_assert_int_eq(test_count(text, "<figure>"), 2 * (test_count(text, "<h3>") - 2));
	ck_assert_int_eq(test_count(text, "nan"), 0);
	ck_assert_int_eq(test_count(text, "inf"), test_count(text, "info"));
	free(text);
}
END_TEST

START_TEST(names_from_a_stranger_stay_text)
{
	char *text;

	sweep("");
	sql_change(db, "update policy set text = '<script>alert(\"x\")</script>' "
		"where text = 'lcf';"
		"update trace set device = '\"><img src=x onerror=1>' || char(27) "
		"|| '[2J', path = 'a&b';"
		"update workload_key set value = '</td><b>' "
		"where name = 'arrivals.clients' and value = '4';"
		"update workload set text = text || '</pre><script>1</script>'");
	text = page("");
	check_nesting(text);
	ck_assert(strstr(text, "<script") == NULL);
	ck_assert(strstr(text, "<img") == NULL);
	ck_assert(strstr(text, "<b>") == NULL);
	ck_assert(strstr(text, "&lt;script&gt;alert(&quot;x&quot;)") != NULL);
	ck_assert(strchr(text, 27) == NULL);
	free(text);
	program_line(&p, "report %s", db);
	ck_assert_int_eq(p.status, 0);
	ck_assert(strchr(p.out, 27) == NULL);
}
END_TEST

/* Undo report_escape in place. */
static void unescape(char *s)
{
	static const struct { const char *name; char c; } names[] = {
		{ "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' },
		{ "&quot;", '"' }, { "&#39;", '\'' } };
	char *to = s;

	while (*s) {
		size_t k = 0, all = sizeof names / sizeof *names;
		while (k < all && strncmp(s, names[k].name, strlen(names[k].name)))
			k++;
		*to++ = k < all ? names[k].c : *s;
		s += k < all ? strlen(names[k].name) : 1;
	}
	*to = 0;
}

/* What is in the <pre> after this place; the caller frees it. */
static char *preformatted(const char *text, const char *after)
{
	const char *begin = strstr(strstr(text, after), "<pre>") + 5;
	char *s = mem_string_n(begin, (size_t)(strstr(begin, "</pre>") - begin));

	unescape(s);
	return s;
}

/* Numbers of rows were places in an array: a negative one was written before
 * its begin (found by reading, 2026-11). */
START_TEST(rows_may_have_any_number)
{
	char *before;

	sweep("");
	program_line(&p, "export csv %s", db);
	before = mem_string(p.out);
	sql_change(db, "pragma foreign_keys = off;"
		"update trace set id = -100000; update workload set trace = -100000;"
		"update policy set id = -4000000000000 where text = 'edf';"
		"update run set policy = -4000000000000 where policy = 1;"
		"update policy set id = 9223372036854775807 where text = 'lcf';"
		"update run set policy = 9223372036854775807 where policy = 2;"
		"update workload set id = id + (1 << 61);"
		"update run set workload = workload + (1 << 61);"
		"update workload_key set workload = workload + (1 << 61)");
	program_line(&p, "export csv %s", db);
	ck_assert_msg(p.status == 0, "%s", p.err);
	ck_assert_str_eq(p.out, before);
	free(before);
	before = page("");
	ck_assert_ptr_nonnull(strstr(before, "</html>"));
	free(before);
	sql_change(db, "update workload set trace = 5");
	program_line(&p, "report %s", db);
	ck_assert_int_eq(p.status, 2);
	ck_assert_ptr_nonnull(strstr(p.err, "is damaged (a workload without "
		"trace)\n"));
}
END_TEST

/* Orders to a terminal and ends of cells, in every text that is printed. */
START_TEST(texts_from_a_stranger_tell_a_terminal_nothing)
{
	static const char *const lines[] = { "report %s", "export csv %s",
		"export summary %s" };

	sweep("");
	sql_change(db, "update policy set text = 'a' || char(27) || '[2J' || "
		"char(155) || char(7) || ',\"' || char(13) where text = 'edf';"
		"update workload_key set name = 'k' || char(27) || char(10), "
		"value = value || char(27) || char(127) "
		"where name = 'arrivals.clients';"
		"update trace set device = char(27), task = char(8), "
		"path = char(155); update run set revision = char(27), "
		"version = char(7)");
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		char *line = mem_printf(lines[i], db);
		program_line(&p, "%s", line);
		free(line);
		ck_assert_msg(p.status == 0, "%s", p.err);
		for (size_t k = 0; k < p.out_length; k++) {
			const unsigned char *s = (unsigned char *)p.out + k;
			ck_assert_msg((*s >= ' ' && *s != 127) || *s == '\n',
				"%s: %02x", lines[i], *s);
			ck_assert(s[0] != 0xc2 || s[1] >= 0xa0);
		}
	}
}
END_TEST

START_TEST(the_commands_run_the_points_again)
{
	char *text, *workload, *commands, *last, *line, *expected;

	write_experiment("[axis]\narrivals.clients = 4, 32\n"
		"deadline.max = 12T, 22T\n",
		"edf imprecise:predictor=max,delta=0.1");
	sweep("");
	text = page("");
	workload = preformatted(text, "<summary>workload.ini");
	commands = preformatted(text, "<summary>4 commands");
	test_write(ini, workload);
	/* The last point: 32 clients, 22T. */
	commands[strlen(commands) - 1] = 0;
	last = strrchr(commands, '\n') + 1;
	ck_assert_str_eq(last, "laxity run -w workload.ini --set arrivals.clients=32 "
		"--set deadline.max=6595248ns -p edf "
		"-p imprecise:predictor=max,delta=0.1 --seed 1 --replications 5");
	line = mem_printf("run -w %s%s --format csv", ini,
		last + strlen("laxity run -w workload.ini"));
	program_line(&p, "%s", line);
	ck_assert_msg(p.status == 0, "%s", p.err);
	expected = sql_ask(db, "select printf('\nedf,5,200,%d,%.9g,%.9g,', missed, "
		"miss_ratio, accuracy) from runs r where policy = 'edf' and "
		"seed = 5 and clients = 32 and exists (select 1 from workload_key k "
		"where k.workload = r.workload and value = '6595248ns')", NULL);
	ck_assert_msg(strstr(p.out, expected) != NULL, "%s%s", p.out, expected);
	free(line);
	free(commands);
	free(workload);
	free(text);
}
END_TEST

/* Word k of the list that the gnuplot file calls `name`. */
static char *word(const char *gp, const char *name, int k)
{
	char *start = mem_printf("\n%s = \"", name);
	const char *s = strstr(gp, start) + strlen(start);

	free(start);
	while (k--)
		s += strcspn(s, " \"") + 1;
	return mem_string_n(s, strcspn(s, " \""));
}

START_TEST(policies_have_the_colours_of_the_paper)
{
	char *gp = test_read("paper/style.gp", NULL), *text;
	const char *policies[] = { "edf", "lcf", "rr", "imprecise", "oracle", "fifo",
		"edf-mandatory-first", "llf", "threshold", "utility-density" };

	write_experiment("", "edf lcf rr imprecise oracle fifo edf-mandatory-first "
		"llf threshold utility-density");
	sweep("");
	text = page("");
	for (int i = 0; i < 10; i++) {
		char *name = word(gp, "policy_names", i);
		char *colour = word(gp, "policy_colours", i), *rule;
		ck_assert_str_eq(name, policies[i]);
		rule = mem_printf("--p%d:%s;", i, colour);
		ck_assert_msg(strstr(text, rule) != NULL, "%s %s", name, rule);
		free(rule);
		free(colour);
		free(name);
	}
	free(text);
	free(gp);
}
END_TEST

Suite *test_report(void);
Suite *test_report(void)
{
	Suite *s = suite_create("report");
	TCase *t = tcase_create("report");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_text_has_a_table_a_metric_and_a_row_a_point);
	tcase_add_test(t, numbers_are_sorted_as_numbers);
	tcase_add_test(t, another_policy_may_be_compared_with);
	tcase_add_test(t, one_point_and_no_runs_are_reported_too);
	tcase_add_test(t, reports_depend_only_on_what_is_stored);
	tcase_add_test(t, a_store_without_its_policies_has_points_and_no_runs);
	tcase_add_test(t, the_page_is_whole_and_needs_nothing_else);
	tcase_add_test(t, names_from_a_stranger_stay_text);
	tcase_add_test(t, rows_may_have_any_number);
	tcase_add_test(t, texts_from_a_stranger_tell_a_terminal_nothing);
	tcase_add_test(t, the_commands_run_the_points_again);
	tcase_add_test(t, policies_have_the_colours_of_the_paper);
	suite_add_tcase(s, t);
	return s;
}
