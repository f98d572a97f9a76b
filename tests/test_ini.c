#include "../sim/ini.h"
#include "../sim/msg.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct ini *parse(const char *text)
{
	return ini_read_text("f.ini", text, strlen(text));
}

START_TEST(documents_keep_order_lines_and_values)
{
	static const char text[] =
		"; comment\n# another = one\n\n"
		"[workload]\n"
		"trace = traces/h100   ; the measured one\n"
		"\tname=a;b;c \t\n"
		"empty =\n"
		"none = ; nothing\n"
		"sum = a=b [c]\n"
		"[network a.b]   ; a section\n"
		"kind = staged";       /* no final newline */
	static const struct { const char *section, *key, *value; int line; }
	want[] = {
		{ "workload", "trace", "traces/h100", 5 },
		{ "workload", "name", "a;b;c", 6 },
		{ "workload", "empty", "", 7 },
		{ "workload", "none", "", 8 },
		{ "workload", "sum", "a=b [c]", 9 },
		{ "network a.b", "kind", "staged", 11 },
	};
	struct ini *d = parse(text);

	ck_assert_ptr_nonnull(d);
	ck_assert_int_eq(d->entries, sizeof want / sizeof *want);
	for (int i = 0; i < d->entries; i++) {
		ck_assert_str_eq(d->entry[i].section, want[i].section);
		ck_assert_str_eq(d->entry[i].key, want[i].key);
		ck_assert_str_eq(d->entry[i].value, want[i].value);
		ck_assert_int_eq(d->entry[i].line, want[i].line);
	}
	ck_assert_int_eq(d->sections, 2);
	ck_assert_int_eq(d->section[1].line, 10);
	ini_free(d);
}
END_TEST

/* Debian's inih alone would cut all of these. */
START_TEST(lines_of_4096_characters_and_names_of_49_work)
{
	char text[8192], key[50], value[4097];
	struct ini *d;
	int n;

	memset(key, 'k', 49);
	key[49] = 0;
	memset(value, 'v', sizeof value);
	n = 4096 - 49 - 3;
	value[n] = 0;
	(void)snprintf(text, sizeof text, "[%s]\n%s = %s\n", key, key, value);
	d = parse(text);
	ck_assert_ptr_nonnull(d);
	ck_assert_str_eq(d->section[0].name, key);
	ck_assert_str_eq(ini_find(d, key, key)->value, value);
	ini_free(d);

	msg_capture(1);
	value[n] = 'v';
	value[n + 1] = 0;
	(void)snprintf(text, sizeof text, "[a]\n%s = %s\n", key, value);
	ck_assert_ptr_null(parse(text));
	ck_assert_str_eq(msg_captured(),
		"laxity: f.ini:2: a line of more than 4096 characters\n");
	msg_capture(0);
}
END_TEST

static const struct { const char *text, *message; } bad[] = {
	{ "a = 1\n", "f.ini:1: key 'a' before the first section" },
	{ "[a]\nb\n", "f.ini:2: neither a [section] nor key = value: 'b'" },
	{ "[a]\nb : 1\n", "f.ini:2: neither a [section] nor key = value: 'b : 1'" },
	{ "[a]\nb:c = 1\n", "f.ini:2: key 'b:c': letters, digits and . _ - expected" },
	{ "[a]\n= 1\n", "f.ini:2: an empty key" },
	{ "[]\n", "f.ini:1: an empty section name" },
	{ "[a\n", "f.ini:1: a section without ']'" },
	{ "[a] b\n", "f.ini:1: text after the section's ']'" },
	{ "[a];\n", "f.ini:1: text after the section's ']'" },
	{ "[a  b]\n", "f.ini:1: section 'a  b': letters, digits and . _ - "
		"expected, words separated by one blank" },
	{ "[ a]\n", "f.ini:1: section ' a': letters, digits and . _ - "
		"expected, words separated by one blank" },
	{ "[a/b]\n", "f.ini:1: section 'a/b': letters, digits and . _ - "
		"expected, words separated by one blank" },
	{ "[a]\nx = 1\n[b]\n[a]\ny = 1\n",
		"f.ini:4: section [a] is given twice (first on line 1)" },
	{ "[a]\nx = 1\nx = 1\n",
		"f.ini:3: key 'x' is given twice in [a] (first on line 2)" },
	{ "[a]\r\n", "f.ini:1: a carriage return (lines end with LF alone) in "
		"column 4" },
	{ "\xef\xbb\xbf[a]\n", "f.ini:1: a byte-order mark in column 1" },
	{ "[a]\nx = \xff\n", "f.ini:2: a byte that is not UTF-8 in column 5" },
	{ "[a]\nx = \xed\xa0\x80\n",
		"f.ini:2: a byte that is not UTF-8 in column 5" },
	{ "[a]\nx = \x01\n", "f.ini:2: a control character in column 5" },
	{ "[a]\n  policies = edf\n  lcf rr\n",
		"f.ini:3: neither a [section] nor key = value: 'lcf rr'" },
	{ "[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n",
		"f.ini:1: section name 'aaaaaaaaaaaaaaaaaaaa...': more than 49 "
		"characters" },
	{ "[a]\nkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk = 1\n",
		"f.ini:2: key 'kkkkkkkkkkkkkkkkkkkk...': more than 49 "
		"characters" },
};

START_TEST(what_inih_would_forgive_is_refused)
{
	char want[256];

	msg_capture(1);
	ck_assert_ptr_null(parse(bad[_i].text));
	(void)snprintf(want, sizeof want, "laxity: %s\n", bad[_i].message);
	ck_assert_str_eq(msg_captured(), want);
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	msg_capture(0);
}
END_TEST

START_TEST(a_nul_byte_does_not_end_the_document)
{
	msg_capture(1);
	ck_assert_ptr_null(ini_read_text("f.ini", "[a]\nx = 1\0\ny\n", 13));
	ck_assert_str_eq(msg_captured(),
		"laxity: f.ini:2: a NUL byte in column 6\n");
	msg_capture(0);
}
END_TEST

START_TEST(more_than_4096_keys_are_refused)
{
	struct text t;
	struct ini *d;

	text_init(&t);
	text_add(&t, "[a]\n");
	for (int i = 0; i < INI_MOST_ENTRIES; i++)
		text_add(&t, "k%d=\n", i);
	d = parse(t.s);
	ck_assert_ptr_nonnull(d);
	ini_free(d);
	text_add(&t, "one_more=\n");
	msg_capture(1);
	ck_assert_ptr_null(parse(t.s));
	ck_assert_str_eq(msg_captured(),
		"laxity: f.ini:4098: more than 4096 keys\n");
	msg_capture(0);
	text_fini(&t);
}
END_TEST

START_TEST(values_are_read_whole_and_in_range)
{
	static const char *const words[] = { "closed", "poisson", NULL };
	struct ini *d = parse("[a]\nn = 12\nx = 1.5e2\nw = poisson\nbad = 1x\n");
	const struct ini_entry *wrong;
	int64_t n = 0;
	double x = 0;
	int w = 0;

	ck_assert_int_eq(ini_integer(d, ini_find(d, "a", "n"), 0, 12, &n), 0);
	ck_assert_int_eq(n, 12);
	ck_assert_int_eq(ini_real(d, ini_find(d, "a", "x"), 0, 1e3, &x), 0);
	ck_assert(x == 150);
	ck_assert_int_eq(ini_word(d, ini_find(d, "a", "w"), words, &w), 0);
	ck_assert_int_eq(w, 1);
	wrong = ini_find(d, "a", "bad");
	msg_capture(1);
	ck_assert_int_eq(ini_integer(d, wrong, 0, 9, &n), -1);
	ck_assert_int_eq(ini_integer(d, ini_find(d, "a", "n"), 0, 11, &n), -1);
	ck_assert_int_eq(ini_real(d, wrong, 0, 9, &x), -1);
	ck_assert_int_eq(ini_word(d, wrong, words, &w), -1);
	ck_assert_str_eq(msg_captured(),
		"laxity: f.ini:5: bad = '1x': an integer from 0 to 9 expected\n"
		"laxity: f.ini:2: n = '12': an integer from 0 to 11 expected\n"
		"laxity: f.ini:5: bad = '1x': a number from 0 to 9 expected\n"
		"laxity: f.ini:5: bad = '1x': one of closed, poisson expected\n");
	ck_assert(n == 12 && x == 150 && w == 1);
	msg_capture(0);
	ini_free(d);
}
END_TEST

START_TEST(unused_sections_and_keys_are_named)
{
	struct ini *d = parse("[a]\nx = 1\ny = 2\n[b]\n");

	msg_capture(1);
	(void)ini_find(d, "a", "x");
	ck_assert_int_eq(ini_unused(d), -1);
	ck_assert_ptr_null(ini_find(d, "b", "absent"));
	ck_assert_int_eq(ini_unused(d), -1);
	(void)ini_find(d, "a", "y");
	ck_assert_int_eq(ini_unused(d), 0);
	ck_assert_ptr_null(ini_need(d, "a", "z"));
	ck_assert_ptr_null(ini_need(d, "c", "z"));
	ck_assert_str_eq(msg_captured(),
		"laxity: f.ini:4: unknown section [b]\n"
		"laxity: f.ini:3: unknown key 'y' in [a]\n"
		"laxity: f.ini:1: [a] has no key 'z'\n"
		"laxity: f.ini: no section [c]\n");
	msg_capture(0);
	ini_free(d);
}
END_TEST

START_TEST(overrides_replace_add_and_name_themselves)
{
	struct ini *d = parse("[a]\nx = 1\n");
	int64_t n;

	ck_assert_int_eq(ini_set(d, "a.x=2 ; kept"), 0);
	ck_assert_int_eq(ini_set(d, "b.y= 3 "), 0);
	ck_assert_str_eq(ini_find(d, "a", "x")->value, "2 ; kept");
	ck_assert_str_eq(ini_find(d, "b", "y")->value, "3");
	msg_capture(1);
	ck_assert_int_eq(ini_integer(d, ini_find(d, "a", "x"), 0, 9, &n), -1);
	ck_assert_int_eq(ini_set(d, "a.x=4"), -1);
	ck_assert_int_eq(ini_set(d, "x=4"), -1);
	ck_assert_int_eq(ini_set(d, "a.x"), -1);
	ck_assert_int_eq(ini_set(d, "a.=1"), -1);
	ck_assert_int_eq(ini_set(d, "a.z=1\n2"), -1);
	ck_assert_int_eq(ini_set(d, "c.z=1"), 0);
	ck_assert_int_eq(ini_unused(d), -1);
	ck_assert_str_eq(msg_captured(),
		"laxity: --set a.x: x = '2 ; kept': an integer from 0 to 9 "
		"expected\n"
		"laxity: --set a.x: given twice\n"
		"laxity: --set x=4: section.key=value expected\n"
		"laxity: --set a.x: section.key=value expected\n"
		"laxity: --set a.=1: section.key=value expected\n"
		"laxity: --set a.z: a line end in the value\n"
		"laxity: --set c: unknown section\n");
	msg_capture(0);
	ini_free(d);
}
END_TEST

Suite *test_ini(void);
Suite *test_ini(void)
{
	Suite *s = suite_create("ini");
	TCase *t = tcase_create("ini");

	tcase_add_test(t, documents_keep_order_lines_and_values);
	tcase_add_test(t, lines_of_4096_characters_and_names_of_49_work);
	tcase_add_loop_test(t, what_inih_would_forgive_is_refused, 0,
		sizeof bad / sizeof *bad);
	tcase_add_test(t, a_nul_byte_does_not_end_the_document);
	tcase_add_test(t, more_than_4096_keys_are_refused);
	tcase_add_test(t, values_are_read_whole_and_in_range);
	tcase_add_test(t, unused_sections_and_keys_are_named);
	tcase_add_test(t, overrides_replace_add_and_name_themselves);
	suite_add_tcase(s, t);
	return s;
}
