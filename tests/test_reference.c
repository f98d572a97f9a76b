/* laxity against the reference simulator of tests/reference, which was written
 * from the documents alone, and the metamorphic tests. They are programs in
 * Python; here they run on a few hundred cases, from the command line on as
 * many as one likes. */
#include "support_program.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* Nothing of this can be tested without Python, which scripts/install-deps
 * installs; a developer without it is told, not stopped. */
static int no_python(void)
{
	if (system("python3 -c 'import sys; sys.exit(sys.version_info < "
	           "(3, 9))' 2>/dev/null") == 0)
		return 0;
	fprintf(stderr, "test_reference: skipped: no python3 of 3.9 or "
	        "later\n");
	return 1;
}

static const char *or_default(const char *name, const char *value)
{
	const char *found = getenv(name);
	return found && *found ? found : value;
}

/* The script's own report stays in DIR/reference-*.log and is shown when it
 * fails. */
static void script(const char *name, const char *arguments)
{
	const char *build = or_default("LAXITY_BUILD", "build");
	char line[2000];
	int length, status;

	if (no_python())
		return;
	length = snprintf(line, sizeof line,
		"PYTHONDONTWRITEBYTECODE=1 python3 tests/reference/%s.py %s "
		">'%s/reference-%s.log' 2>&1 || { cat '%s/reference-%s.log' "
		">&2; exit 1; }", name, arguments, build, name, build, name);
	ck_assert(length > 0 && (size_t)length < sizeof line);
	status = system(line);
	ck_assert_msg(status == 0, "tests/reference/%s.py fails", name);
}

static void script_on_program(const char *name, int count)
{
	const char *build = or_default("LAXITY_BUILD", "build");
	char arguments[1000];
	int length = snprintf(arguments, sizeof arguments, "--count %d "
		"--laxity '%s' --keep '%s/reference-%s'", count,
		or_default("LAXITY_PROGRAM", "build/laxity"), build, name);

	ck_assert(length > 0 && (size_t)length < sizeof arguments);
	script(name, arguments);
}

START_TEST(the_reference_keeps_what_is_worked_by_hand)
{
	script("by_hand", "");
}
END_TEST

START_TEST(the_program_agrees_with_the_reference)
{
	script_on_program("compare", test_cases(180, 9));
}
END_TEST

START_TEST(bounds_are_exact_and_nothing_beats_them)
{
	script_on_program("bounds", test_cases(45, 9));
}
END_TEST

START_TEST(the_program_answers_changed_questions_as_it_must)
{
	script_on_program("metamorphic", test_cases(15, 5));
}
END_TEST

Suite *test_reference(void);
Suite *test_reference(void)
{
	Suite *s = suite_create("reference");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 120);
	tcase_add_test(t, the_reference_keeps_what_is_worked_by_hand);
	tcase_add_test(t, the_program_agrees_with_the_reference);
	tcase_add_test(t, bounds_are_exact_and_nothing_beats_them);
	tcase_add_test(t, the_program_answers_changed_questions_as_it_must);
	suite_add_tcase(s, t);
	return s;
}
