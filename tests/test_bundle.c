#include "../traces/bundle.h"
#include "../traces/bundle_write.h"
#include "../sim/mem.h"
#include "../sim/msg.h"
#include "../sim/csv.h"
#include "support_bundle.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct tiny_net nets[] = {
	{ "a", NET_STAGED, 2, "0.5 0.9 0.25 0.125 1 0", "0 1 1 0 1 1",
		"100 200 110 190", "10 20 5.5 7.25" },
	{ "b", NET_SINGLE, 1, "0.75", "1", "300", "30" },
};
static const struct tiny tiny = { .nets = 2, .net = nets, .inputs = 3,
	.mandatory = 2, .settings = "full half", .idle = "1.5 1",
	.environments = "busy", .overhead = "1 2 3 4" };

START_TEST(a_bundle_reads_as_it_was_described)
{
	struct bundle *b = tiny_read(&tiny);
	const struct cell *cell;

	ck_assert_str_eq(b->device, "tiny");
	ck_assert_str_eq(b->task, "test");
	ck_assert(b->classes == 10 && b->inputs == 3 && b->mandatory_depth == 2);
	ck_assert(!b->modelled);
	ck_assert(b->nets == 2 && b->settings == 2 && b->environments == 2);
	ck_assert_str_eq(b->net[0].name, "a");
	ck_assert(b->net[0].kind == NET_STAGED && b->net[1].kind == NET_SINGLE);
	ck_assert(b->net[0].mandatory == 2 && b->net[1].mandatory == 1);
	ck_assert(b->net[0].confidence[1 * 2 + 0] == 0.25);
	ck_assert(b->net[0].correct[1 * 2 + 1] == 0);
	ck_assert(b->net[0].mean_confidence[0] == 1.75 / 3);
	ck_assert(b->net[0].accuracy[1] == 2.0 / 3);
	ck_assert_str_eq(b->setting[1].name, "half");
	ck_assert(b->setting[1].idle_power_w == 1);
	ck_assert(isnan(b->setting[0].sm_count));
	ck_assert_str_eq(b->environment[0], "default");
	ck_assert_str_eq(b->environment[1], "busy");
	cell = bundle_cell(b, 0, 1, 1);
	ck_assert_int_eq(cell->samples, 2);
	ck_assert_int_eq(cell->duration_ns[1 * 2 + 0], 440);
	ck_assert_ptr_null(cell->device_ns);
	ck_assert(bundle_power(b, 0, 1, 2) == 7.25);
	ck_assert(bundle_power(b, 1, 0, 1) == 30);
	ck_assert(isnan(b->stderr_w[0]));
	ck_assert_int_eq(b->overhead[1].launches, 2);
	ck_assert_int_eq(b->overhead[1].launch_ns[1], 4);
	ck_assert_int_eq(b->overhead[0].boundaries, 0);
	ck_assert_str_eq(b->provenance_value[0], "made up for a test");
	ck_assert_int_eq(bundle_find_net(b, "b"), 1);
	ck_assert_int_eq(bundle_find_setting(b, "x"), -1);
	ck_assert_int_eq(bundle_find_environment(b, "busy"), 1);
	bundle_free(b);
}
END_TEST

/* ---- Freedoms --------------------------------------------------------------------- */

static void reverse_rows(const char *dir, const char *file)
{
	size_t n;
	char *text = tiny_get(dir, file, &n);
	char *rows = strchr(text, '\n') + 1;
	struct text t;

	text_init(&t);
	text_add_n(&t, text, (size_t)(rows - text));
	for (char *end = text + n - 1, *s; end >= rows; end = s - 1) {
		*end = 0;
		for (s = end; s > rows && s[-1] != '\n' && s[-1]; s--)
			;
		text_add(&t, "%s\n", s);
	}
	tiny_put(dir, file, t.s, t.length);
	text_fini(&t);
	free(text);
}

static void same_bundle(const struct bundle *a, const struct bundle *b)
{
	ck_assert_str_eq(a->device, b->device);
	ck_assert_str_eq(a->task, b->task);
	ck_assert(a->classes == b->classes && a->inputs == b->inputs
		&& a->mandatory_depth == b->mandatory_depth
		&& a->modelled == b->modelled && a->nets == b->nets
		&& a->settings == b->settings
		&& a->environments == b->environments
		&& a->provenances == b->provenances);
	for (int i = 0; i < a->provenances; i++) {
		ck_assert_str_eq(a->provenance_key[i], b->provenance_key[i]);
		ck_assert_str_eq(a->provenance_value[i], b->provenance_value[i]);
	}
	for (int i = 0; i < a->environments; i++)
		ck_assert_str_eq(a->environment[i], b->environment[i]);
	for (int s = 0; s < a->settings; s++) {
		const struct bundle_setting *x = &a->setting[s], *y = &b->setting[s];
		ck_assert_str_eq(x->name, y->name);
		ck_assert(!memcmp(&x->sm_count, &y->sm_count, sizeof(double)));
		ck_assert(!memcmp(&x->power_cap_w, &y->power_cap_w, sizeof(double)));
		ck_assert(!memcmp(&x->clock_mhz, &y->clock_mhz, sizeof(double)));
		ck_assert(!memcmp(&x->idle_power_w, &y->idle_power_w, sizeof(double)));
		ck_assert(a->overhead[s].decisions == b->overhead[s].decisions
			&& a->overhead[s].launches == b->overhead[s].launches
			&& a->overhead[s].boundaries == b->overhead[s].boundaries);
		for (int i = 0; i < a->overhead[s].decisions; i++)
			ck_assert(a->overhead[s].decision_ns[i]
				== b->overhead[s].decision_ns[i]);
		for (int i = 0; i < a->overhead[s].launches; i++)
			ck_assert(a->overhead[s].launch_ns[i]
				== b->overhead[s].launch_ns[i]);
	}
	for (int n = 0; n < a->nets; n++) {
		const struct bundle_net *x = &a->net[n], *y = &b->net[n];
		size_t k = (size_t)a->inputs * (size_t)x->depths;
		ck_assert_str_eq(x->name, y->name);
		ck_assert(x->kind == y->kind && x->depths == y->depths
			&& x->mandatory == y->mandatory);
		ck_assert(!memcmp(x->confidence, y->confidence, k * sizeof(double)));
		ck_assert(!memcmp(x->correct, y->correct, k));
		ck_assert(!memcmp(x->accuracy, y->accuracy, sizeof x->accuracy));
		ck_assert(!memcmp(x->mean_confidence, y->mean_confidence,
			sizeof x->mean_confidence));
	}
	for (int n = 0; n < a->nets; n++)
		for (int s = 0; s < a->settings; s++)
			for (int e = 0; e < a->environments; e++) {
				const struct cell *x = bundle_cell(a, n, s, e);
				const struct cell *y = bundle_cell(b, n, s, e);
				size_t k = (size_t)x->samples
					* (size_t)a->net[n].depths;
				ck_assert_int_eq(x->samples, y->samples);
				if (!k)
					continue;
				ck_assert(!memcmp(x->duration_ns, y->duration_ns,
					k * sizeof(int64_t)));
				ck_assert(!x->device_ns == !y->device_ns);
				if (x->device_ns)
					ck_assert(!memcmp(x->device_ns,
						y->device_ns,
						k * sizeof(int64_t)));
			}
	for (int i = 0; i < a->nets * a->settings * BUNDLE_MAX_DEPTH; i++)
		ck_assert(!memcmp(&a->power_w[i], &b->power_w[i], sizeof(double))
			&& !memcmp(&a->stderr_w[i], &b->stderr_w[i],
				sizeof(double)));
}

START_TEST(rows_may_come_in_any_order)
{
	char *dir = tiny_dir_new();
	struct bundle *a, *b;

	tiny_write(&tiny, dir);
	a = bundle_read(dir);
	/* Not settings.csv: its order numbers the settings. */
	reverse_rows(dir, "outcomes.csv");
	reverse_rows(dir, "timing.csv");
	reverse_rows(dir, "power.csv");
	reverse_rows(dir, "overhead.csv");
	tiny_rehash(dir);
	b = bundle_read(dir);
	ck_assert_ptr_nonnull(a);
	ck_assert_ptr_nonnull(b);
	same_bundle(a, b);
	ck_assert_str_ne(a->sha256, b->sha256);
	bundle_free(a);
	bundle_free(b);
	tiny_dir_remove(dir);
}
END_TEST

START_TEST(what_the_format_leaves_open_is_read)
{
	char *dir = tiny_dir_new();
	struct bundle *b;

	tiny_write(&tiny, dir);
	tiny_edit(dir, "trace.ini", "mandatory_depth = 2\n", "");
	tiny_edit(dir, "trace.ini", "[provenance]\nmethod = made up for a test\n", "");
	tiny_edit(dir, "outcomes.csv", "network", "# caf\xc3\xa9, \"any\" text\nnetwork");
	tiny_edit(dir, "outcomes.csv", "0.25", "2.5e-1");
	tiny_edit(dir, "power.csv", "a,full,1,10,", "a,full,1,10,0.5");
	tiny_edit(dir, "power.csv", "a,full,2,20,\n", "");
	tiny_edit(dir, "power.csv", "a,half,1,5.5,", "a,half,1,,");
	tiny_edit(dir, "timing.csv", "default,0,1,100,", "default,7,1,100,99");
	tiny_edit(dir, "timing.csv", "default,0,2,200,", "default,7,2,200,");
	tiny_edit(dir, "settings.csv", "full,,,,", "full,132,700.5,1980,");
	tiny_edit(dir, "overhead.csv", NULL, NULL);
	tiny_rehash(dir);
	tiny_put(dir, "README.md", "ignored\n", 8);
	b = bundle_read(dir);
	ck_assert_ptr_nonnull(b);
	ck_assert_int_eq(b->mandatory_depth, 1);
	ck_assert_int_eq(b->provenances, 0);
	ck_assert(b->net[0].confidence[2] == 0.25);
	ck_assert(b->stderr_w[0] == 0.5 && b->power_w[0] == 10);
	ck_assert(isnan(bundle_power(b, 0, 0, 2)));
	ck_assert(isnan(bundle_power(b, 0, 1, 1)));
	/* Sample 7 comes after sample 1. */
	ck_assert_int_eq(bundle_cell(b, 0, 0, 0)->samples, 2);
	ck_assert_int_eq(bundle_cell(b, 0, 0, 0)->duration_ns[2], 100);
	ck_assert_int_eq(bundle_cell(b, 0, 0, 0)->device_ns[2], 99);
	ck_assert_int_eq(bundle_cell(b, 0, 0, 0)->device_ns[3], -1);
	ck_assert(b->setting[0].sm_count == 132
		&& b->setting[0].power_cap_w == 700.5
		&& b->setting[0].clock_mhz == 1980);
	ck_assert_int_eq(b->overhead[0].decisions, 0);
	bundle_free(b);
	tiny_dir_remove(dir);
}
END_TEST

/* ---- Writing ---------------------------------------------------------------------- */

START_TEST(a_bundle_read_written_and_read_is_the_same)
{
	static const char *const remarks[] = { "source: a test", NULL };
	char *dir = tiny_dir_new(), *one, *two;
	struct bundle *a, *b, *c;
	struct tiny t = tiny;
	struct tiny_net more[2];

	/* Confidences that need 15, 16 and 17 digits; an environment that
	 * only the second network has. */
	memcpy(more, nets, sizeof more);
	more[0].confidences = "0.1 0.30000000000000004 1e-9 0.3333333333333333 "
		"0.66666666666666663 0.123456789012345";
	t.net = more;
	t.modelled = 1;
	t.cells = 2;
	t.cell = (const struct tiny_cell[]){ { "a", "full", "busy", "" },
		{ "a", "half", "busy", "" } };
	one = mem_printf("%s/one", dir);
	two = mem_printf("%s/two", dir);
	a = tiny_read(&t);
	ck_assert(a->modelled);
	ck_assert_int_eq(bundle_write(one, a, remarks), 0);
	b = bundle_read(one);
	ck_assert_ptr_nonnull(b);
	same_bundle(a, b);
	ck_assert_int_eq(bundle_write(two, b, remarks), 0);
	c = bundle_read(two);
	ck_assert_ptr_nonnull(c);
	ck_assert_str_eq(b->sha256, c->sha256);
	ck_assert_str_ne(a->sha256, b->sha256); /* the remarks */
	bundle_free(a);
	bundle_free(b);
	bundle_free(c);
	free(one);
	free(two);
	tiny_dir_remove(dir);
}
END_TEST

START_TEST(the_writer_refuses_what_would_not_read_back)
{
	static const struct { const char *value, *reason; } v[] = {
		{ "a ; b", "key: ';' after a blank would begin a comment" },
		{ " a", "key: a blank at an end of the value" },
		{ "a\nb", "key: a line end in the value" },
		{ "\xff", "key: a byte that is not UTF-8 in the value" },
	};
	char *dir = tiny_dir_new(), *out = mem_printf("%s/out", dir);
	struct bundle *b = tiny_read(&tiny);
	static const char *const key[] = { "key" };

	b->provenance_key = key;
	for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
		char *want = mem_printf("laxity: %s: %s\n", out, v[i].reason);
		b->provenance_value = &v[i].value;
		msg_capture(1);
		ck_assert_int_eq(bundle_write(out, b, NULL), -1);
		ck_assert_str_eq(msg_captured(), want);
		ck_assert_int_ne(access(out, F_OK), 0);
		free(want);
	}
	b->provenances = 0;
	msg_capture(1);
	ck_assert_int_eq(bundle_write("/proc/no/out", b, NULL), -1);
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	msg_capture(0);
	bundle_free(b);
	free(out);
	tiny_dir_remove(dir);
}
END_TEST

/* ---- Numbers ---------------------------------------------------------------------- */

/* The fast path against strtod, which glibc rounds correctly. */
START_TEST(decimals_are_read_to_the_last_bit)
{
	static const char *const columns[] = { "x", NULL };
	char *dir = tiny_dir_new(), *path = mem_printf("%s/x.csv", dir);
	uint64_t state = 1;
	struct text t;
	struct csv c;

	text_init(&t);
	text_add(&t, "x\n0\n1\n0.1\n999999999999999\n9007199254740993\n"
		"0.000000000000001\n123456789012345.6\n0.00000000000000012345\n"
		"000000000000000000001.5\n1e22\n1E-5\n");
	for (int i = 0; i < 20000; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		text_add(&t, "%llu.%0*llu\n",
			(unsigned long long)(state >> 40) % (i % 2 ? 10 : 100000),
			1 + i % 17, (unsigned long long)(state % 1000000007));
	}
	tiny_put(dir, "x.csv", t.s, t.length);
	ck_assert_int_eq(csv_open(&c, path, 1 << 20, columns), 0);
	for (const char *s = t.s + 2; csv_next(&c); s = strchr(s, '\n') + 1) {
		double x;
		ck_assert_int_eq(csv_real(&c, 0, INFINITY, &x), 0);
		ck_assert(x == strtod(s, NULL));
	}
	csv_close(&c);
	text_fini(&t);
	free(path);
	tiny_dir_remove(dir);
}
END_TEST

START_TEST(integers_are_read_up_to_the_largest)
{
	static const char *const columns[] = { "x", NULL };
	static const char text[] = "# remark\nx\n0\n9223372036854775807\n"
		"00000000000000000000000000000042\n00000000000000000000\n";
	static const int64_t want[] = { 0, INT64_MAX, 42, 0 };
	char *dir = tiny_dir_new(), *path = mem_printf("%s/x.csv", dir);
	struct csv c;
	int64_t x;
	int n = 0;

	tiny_put(dir, "x.csv", text, sizeof text - 1);
	ck_assert_int_eq(csv_open(&c, path, 1 << 20, columns), 0);
	ck_assert_int_eq(c.comments, 1);
	while (csv_next(&c)) {
		ck_assert_int_eq(csv_integer(&c, 0, INT64_MAX, &x), 0);
		ck_assert_int_eq(x, want[n++]);
	}
	ck_assert_int_eq(n, 4);
	csv_close(&c);
	free(path);
	tiny_dir_remove(dir);
}
END_TEST

/* ---- The delivered bundle --------------------------------------------------------- */

START_TEST(the_h100_bundle_reads)
{
	struct bundle *b;

	if (access("traces/h100-cifar10/trace.ini", F_OK))
		return; /* not run from the repository's root */
	b = bundle_read("traces/h100-cifar10");
	ck_assert_ptr_nonnull(b);
	ck_assert(b->nets == 7 && b->settings == 3 && b->environments == 5
		&& b->inputs == 10000 && !b->modelled);
	ck_assert_str_eq(b->net[0].name, "staged3");
	/* Test accuracy as stated for the networks, per exit. */
	ck_assert(b->net[0].accuracy[0] == 0.7964
		&& b->net[0].accuracy[1] == 0.8703
		&& b->net[0].accuracy[2] == 0.8946);
	ck_assert_int_eq(bundle_cell(b, 0, 0, 0)->samples, 1000);
	ck_assert_int_eq(bundle_cell(b, 0, 0, 0)->duration_ns[0], 80460);
	ck_assert_int_eq(bundle_cell(b, 0, 0, 0)->device_ns[0], 71330);
	ck_assert(bundle_power(b, 0, 0, 1) == 157.16);
	bundle_free(b);
}
END_TEST

Suite *test_bundle(void);
Suite *test_bundle(void)
{
	Suite *s = suite_create("bundle");
	TCase *t = tcase_create("bundle");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, a_bundle_reads_as_it_was_described);
	tcase_add_test(t, rows_may_come_in_any_order);
	tcase_add_test(t, what_the_format_leaves_open_is_read);
	tcase_add_test(t, a_bundle_read_written_and_read_is_the_same);
	tcase_add_test(t, the_writer_refuses_what_would_not_read_back);
	tcase_add_test(t, decimals_are_read_to_the_last_bit);
	tcase_add_test(t, integers_are_read_up_to_the_largest);
	tcase_add_test(t, the_h100_bundle_reads);
	suite_add_tcase(s, t);
	return s;
}
