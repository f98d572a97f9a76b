/* What the program says of itself: its commands, and the policies with their
 * parameters. (What users do wrong is in test_usage.c.) */
#include "support_program.h"

#include "../sim/choice.h"
#include "../sim/mem.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

START_TEST(an_unknown_name_is_refused_with_where_names_are_listed)
{
	program_refuses("fly", 2,
		"laxity: unknown command 'fly'; laxity --help lists them\n");
	program_refuses("policies edf rr", 2, "laxity: policies: one NAME at most\n");
	program_refuses("policies EDF", 2, "laxity: unknown policy 'EDF'");
}
END_TEST

START_TEST(help_lists_the_commands_and_each_has_a_manual)
{
	static const char *const words[] = { "--help", "-h", "help" };
	struct program p = { 0 }, manual = { 0 }, late = { 0 };
	int commands = 0;

	for (int i = 2; i >= 0; i--) {
		program_line(&p, "%s", words[i]);
		ck_assert_int_eq(p.status, 0);
		ck_assert_str_eq(p.err, "");
	}
	for (char *line = p.out; (line = strstr(line, "\n  ")); line++) {
		char *name = mem_printf("%.*s", (int)strcspn(line + 3, " "),
			line + 3);
		char *usage = mem_printf("usage: laxity %s", name);
		program_line(&manual, "%s --help", name);
		ck_assert_int_eq(manual.status, 0);
		ck_assert_msg(!strncmp(manual.out, usage, strlen(usage)),
			"%s --help: %s", name, manual.out);
		/* Also behind other arguments, whatever they are. */
		program_line(&late, "%s --nonsense --help", name);
		ck_assert_str_eq(late.out, manual.out);
		free(usage);
		free(name);
		commands++;
	}
	ck_assert_int_ge(commands, 9);
	program_fini(&late);
	program_fini(&manual);
	program_fini(&p);
}
END_TEST

START_TEST(the_version_is_one_line)
{
	struct program p = { 0 };

	program_line(&p, "--version");
	ck_assert_int_eq(p.status, 0);
	ck_assert(!strncmp(p.out, "laxity ", 7)
		&& strchr(p.out, '\n') == p.out + p.out_length - 1);
	program_fini(&p);
}
END_TEST

START_TEST(every_policy_is_listed_once_in_the_table_s_order)
{
	struct program p = { 0 };
	const char *line;

	program_line(&p, "policies");
	ck_assert_int_eq(p.status, 0);
	line = p.out;
	for (const struct policy *const *q = policy_table; *q; q++) {
		ck_assert_msg(!strncmp(line, (*q)->name, strlen((*q)->name)),
			"%s expected: %s", (*q)->name, line);
		line = strchr(line, '\n') + 1;
		ck_assert((line - p.out > 14 && !strncmp(line - 15,
			" [clairvoyant]\n", 15)) == (*q)->clairvoyant);
	}
	ck_assert_str_eq(line, "");
	program_fini(&p);
}
END_TEST

/* The default of a parameter as it is printed, which must be accepted. */
static char *printed_default(const char *manual, const struct param *q)
{
	char *head = mem_printf("\n  %-16s ", q->name), *value;
	const char *line = strstr(manual, head), *end;

	ck_assert_msg(line && strstr(line, q->help), "%s: %s", q->name, manual);
	line += strlen(head);
	end = strchr(line, '\n');
	line = strstr(line, "; default ");
	ck_assert(line && line < end);
	value = mem_printf("%.*s", (int)(end - line - 10), line + 10);
	free(head);
	return value;
}

START_TEST(the_manual_of_a_policy_names_each_parameter_and_its_default)
{
	struct program p = { 0 };

	for (const struct policy *const *q = policy_table; *q; q++) {
		char *head = mem_printf("%s: %s\n", (*q)->name, (*q)->summary);
		program_line(&p, "policies %s", (*q)->name);
		ck_assert_int_eq(p.status, 0);
		ck_assert(!strncmp(p.out, head, strlen(head)));
		ck_assert((strstr(p.out, "\nClairvoyant:") != NULL)
			== (*q)->clairvoyant);
		ck_assert((strstr(p.out, "\nParameters: none\n") != NULL)
			== !((*q)->params && (*q)->params->name));
		for (const struct param *x = (*q)->params; x && x->name; x++) {
			char *value = printed_default(p.out, x);
			char *text = mem_printf("%s:%s=%s", (*q)->name, x->name,
				value);
			struct choice c;
			ck_assert(isnan(x->def) == !strcmp(value, "none"));
			if (!isnan(x->def)) {
				ck_assert_int_eq(choice_parse(&c, text), 0);
				ck_assert_double_eq_tol(c.args[x - (*q)->params],
					x->def, 1e-8 * fabs(x->def) + 1e-12);
				choice_fini(&c);
			}
			free(text);
			free(value);
		}
		free(head);
	}
	program_fini(&p);
}
END_TEST

Suite *test_main(void);
Suite *test_main(void)
{
	Suite *s = suite_create("main");
	TCase *t = tcase_create("main");

	tcase_set_timeout(t, 30);
	tcase_add_test(t, an_unknown_name_is_refused_with_where_names_are_listed);
	tcase_add_test(t, help_lists_the_commands_and_each_has_a_manual);
	tcase_add_test(t, the_version_is_one_line);
	tcase_add_test(t, every_policy_is_listed_once_in_the_table_s_order);
	tcase_add_test(t,
		the_manual_of_a_policy_names_each_parameter_and_its_default);
	suite_add_tcase(s, t);
	return s;
}
