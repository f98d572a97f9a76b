#include "../sim/msg.h"
#include "../traces/scale.h"
#include "support_bundle.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The same two limits in both formats; the rows of the second give the ratios
 * of the first. */
static const char own[] = "# measured by hand\n# twice\n"
	"power_cap_w,relative_time,relative_power\n100,1.5,0.5\n200,1,1\n";
static const char zeus[] = "dataset,network,batch_size,optimizer,power_limit,"
	"time_per_epoch,average_power\n"
	"imagenet,resnet50,8,sgd,200,3000,180.5\n"
	"imagenet,resnet50,16,sgd,200,2000,180\n"
	"imagenet,resnet50,16,sgd,100,3000,90\n";

static char *dir;

static void enter(void)
{
	dir = tiny_dir_new();
	msg_capture(1);
}

static void leave(void)
{
	msg_capture(0);
	tiny_dir_remove(dir);
}

/* Read a table from text; the result of power_limits_read. */
static int read_limits(struct power_limits *p, const char *text,
	int64_t batch_size)
{
	char *path = mem_printf("%s/limits.csv", dir);
	int status;

	tiny_put(dir, "limits.csv", text, strlen(text));
	status = power_limits_read(p, path, batch_size);
	free(path);
	return status;
}

START_TEST(both_tables_give_ratios_to_the_highest_cap)
{
	struct power_limits a, b;

	ck_assert_int_eq(read_limits(&a, own, 0), 0);
	ck_assert_int_eq(read_limits(&b, zeus, 16), 0);
	ck_assert(a.limits == 2 && b.limits == 2);
	for (int i = 0; i < 2; i++) {
		ck_assert(a.limit[i].cap_w == b.limit[i].cap_w);
		ck_assert(a.limit[i].time == b.limit[i].time);
		ck_assert(a.limit[i].power == b.limit[i].power);
	}
	ck_assert(a.limit[0].cap_w == 200 && a.limit[0].time == 1
		&& a.limit[0].power == 1);
	ck_assert(a.limit[1].cap_w == 100 && a.limit[1].time == 1.5
		&& a.limit[1].power == 0.5);
	ck_assert(a.remarks == 2 && b.remarks == 0);
	ck_assert_str_eq(a.remark[1], "twice");
	power_limits_fini(&a);
	power_limits_fini(&b);
}
END_TEST

#define OWN "power_cap_w,relative_time,relative_power\n"
#define ZEUS "dataset,network,batch_size,optimizer,power_limit," \
	"time_per_epoch,average_power\n"
static const struct { const char *text, *reason; int64_t batch_size; } bad[] = {
	{ "cap,time,power\n", ":1: the header must be '"
		"power_cap_w,relative_time,relative_power' or 'dataset,network,"
		"batch_size,optimizer,power_limit,time_per_epoch,average_power'",
		0 },
	{ OWN, ":1: the file ends with 0 limits, at least 2 expected", 0 },
	{ OWN "1,1,1\n", ":2: the file ends with 1 limit, at least 2 expected",
		0 },
	{ ZEUS "a,b,8,c,1,1,1\n", ":2: the file ends with 0 limits of this batch "
		"size, at least 2 expected", 9 },
	{ OWN "1,1,1\n2,1,1\n1,2,2\n", ":4: the limit 1 W is given twice (first on "
		"line 2)", 0 },
	{ OWN "1,0,1\n2,1,1\n", ":2: cap, time and power must be positive", 0 },
	{ OWN "1,-1,1\n2,1,1\n", ":2: relative_time '-1': a number of at least 0 "
		"expected", 0 },
	{ OWN "1,1\n", ":2: 2 fields, 3 expected ("
		"power_cap_w,relative_time,relative_power)", 0 },
	{ OWN "1,1,1\n2,1,1\n", ": --batch-size: this table has no batch sizes",
		8 },
	{ ZEUS "a,b,8,c,1,1,1\na,b,16,c,2,1,1\n", ":3: batch sizes 8 and 16: "
		"choose one with --batch-size", 0 },
	{ ZEUS "a,b,8,c,1,1,1\na,x,8,c,2,1,1\n", ":3: another run than on line 2: a "
		"table of one data set, network and optimizer expected", 0 },
	{ ZEUS "a,b,8,c,1,1,1\na,b,8,d,2,1,1\n", ":3: another run than on line 2: a "
		"table of one data set, network and optimizer expected", 0 },
	{ ZEUS "a,b,0,c,1,1,1\n", ":2: batch_size '0': an integer of at least 1 "
		"expected", 0 },
	{ ZEUS "a,b c,8,c,1,1,1\n", ":2: a blank: fields have none", 0 },
};

START_TEST(tables_that_are_no_curve_are_refused)
{
	struct power_limits p;
	char *want = mem_printf("laxity: %s/limits.csv%s\n", dir,
		bad[_i].reason);

	ck_assert_int_eq(read_limits(&p, bad[_i].text, bad[_i].batch_size), -1);
	ck_assert_str_eq(msg_captured(), want);
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	power_limits_fini(&p);
	free(want);
}
END_TEST

/* Idle 40 W; watts 100 and 60 by depth. At the lower cap 1.5 times as long and
 * half the watts: 50, and 30 raised to 40. */
static const struct tiny_net nets[] = {
	{ "a", NET_STAGED, 2, NULL, NULL, "101 200 103 210", "100 60" } };
static const struct tiny tiny = { .nets = 1, .net = nets, .settings = "s other",
	.idle = "40", .environments = "busy", .overhead = "3 4" };

static struct bundle *scaled(const struct tiny *t, const struct scaling *s,
	int *raised)
{
	char *out = mem_printf("%s/out", dir);
	struct power_limits p;
	struct bundle *in = tiny_read(t), *b;

	ck_assert_int_eq(read_limits(&p, own, 0), 0);
	ck_assert_int_eq(bundle_scale(out, in, &p, s, raised), 0);
	b = bundle_read(out);
	ck_assert_ptr_nonnull(b);
	power_limits_fini(&p);
	bundle_free(in);
	free(out);
	return b;
}

START_TEST(stages_take_longer_and_draw_less_under_a_cap)
{
	const struct scaling s = { NAN, NAN, "command" };
	int raised;
	struct bundle *b = scaled(&tiny, &s, &raised);
	const struct cell *c;

	ck_assert(b->settings == 2 && b->environments == 2 && b->modelled);
	ck_assert_str_eq(b->setting[0].name, "cap200");
	ck_assert_str_eq(b->setting[1].name, "cap100");
	ck_assert(b->setting[0].power_cap_w == 200
		&& b->setting[1].power_cap_w == 100);
	ck_assert(b->setting[0].idle_power_w == 40
		&& b->setting[1].idle_power_w == 40);
	/* As measured at the highest cap. */
	c = bundle_cell(b, 0, 0, 0);
	ck_assert(c->samples == 2 && c->duration_ns[0] == 101
		&& c->duration_ns[1] == 200 && c->duration_ns[3] == 210);
	/* 151.5 and 154.5 round away from zero. */
	c = bundle_cell(b, 0, 1, 0);
	ck_assert(c->duration_ns[0] == 152 && c->duration_ns[1] == 300
		&& c->duration_ns[2] == 155 && c->duration_ns[3] == 315);
	/* `busy` is twice `default` in the base. */
	ck_assert_int_eq(bundle_cell(b, 0, 1, 1)->duration_ns[0], 303);
	ck_assert(bundle_power(b, 0, 0, 1) == 100
		&& bundle_power(b, 0, 0, 2) == 60);
	ck_assert(bundle_power(b, 0, 1, 1) == 50
		&& bundle_power(b, 0, 1, 2) == 40);
	ck_assert_int_eq(raised, 1);
	ck_assert_int_eq(b->overhead[1].decision_ns[0], 3);
	ck_assert_str_eq(b->device, "tiny, power caps modelled");
	bundle_free(b);
}
END_TEST

START_TEST(watts_of_a_loaded_device_stay_below_the_cap)
{
	/* Caps 300 and 150; 350 W and 175 W would exceed them. */
	const struct scaling s = { 300, 350, "command" };
	int raised;
	struct bundle *b = scaled(&tiny, &s, &raised);

	ck_assert_str_eq(b->setting[1].name, "cap150");
	for (int d = 1; d <= 2; d++)
		ck_assert(bundle_power(b, 0, 0, d) == 300
			&& bundle_power(b, 0, 1, d) == 150);
	ck_assert_int_eq(raised, 0);
	bundle_free(b);
}
END_TEST

START_TEST(idle_power_does_not_exceed_a_cap_and_missing_watts_stay_missing)
{
	static const struct tiny_net quiet[] = {
		{ "a", NET_SINGLE, 1, NULL, NULL, NULL, NULL } };
	const struct tiny t = { .nets = 1, .net = quiet, .idle = "120" };
	const struct scaling s = { NAN, NAN, "command" };
	int raised;
	struct bundle *b = scaled(&t, &s, &raised);

	ck_assert(b->setting[0].idle_power_w == 120
		&& b->setting[1].idle_power_w == 100);
	ck_assert(isnan(bundle_power(b, 0, 0, 1)));
	ck_assert_int_eq(raised, 0);
	bundle_free(b);
}
END_TEST

static const char *provenance(const struct bundle *b, const char *key)
{
	for (int i = 0; i < b->provenances; i++)
		if (!strcmp(b->provenance_key[i], key))
			return b->provenance_value[i];
	return NULL;
}

START_TEST(the_provenance_says_what_was_done_to_what)
{
	const struct scaling s = { NAN, NAN, "laxity trace scale ; x" };
	struct bundle *in = tiny_read(&tiny);
	int raised;
	struct bundle *b = scaled(&tiny, &s, &raised);

	ck_assert_ptr_nonnull(provenance(b, "modelled"));
	/* A comment in trace.ini would begin there. */
	ck_assert_str_eq(provenance(b, "command"), "laxity trace scale , x");
	ck_assert_ptr_nonnull(strstr(provenance(b, "base"), in->sha256));
	ck_assert_str_eq(provenance(b, "base.method"), "made up for a test");
	ck_assert_str_eq(provenance(b, "limits.1"), "measured by hand");
	ck_assert_str_eq(provenance(b, "cap100"),
		"100 W in the table, relative time 1.5, relative power 0.5");
	bundle_free(in);
	bundle_free(b);
}
END_TEST

START_TEST(the_same_command_makes_the_same_bytes)
{
	static const char *const files[] = { "trace.ini", "settings.csv",
		"outcomes.csv", "timing.csv", "power.csv", "overhead.csv" };
	const struct scaling s = { 700, NAN, "command" };
	char *one = mem_printf("%s/one", dir), *two = mem_printf("%s/two", dir);
	struct bundle *in = tiny_read(&tiny);
	struct power_limits p;
	int raised;

	ck_assert_int_eq(read_limits(&p, own, 0), 0);
	ck_assert_int_eq(bundle_scale(one, in, &p, &s, &raised), 0);
	ck_assert_int_eq(bundle_scale(two, in, &p, &s, &raised), 0);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		size_t n, m;
		char *a = tiny_get(one, files[i], &n);
		char *b = tiny_get(two, files[i], &m);
		ck_assert(n == m && !memcmp(a, b, n));
		free(a);
		free(b);
	}
	ck_assert_int_eq(bundle_scale(one, in, &p, &s, &raised), -1);
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	power_limits_fini(&p);
	bundle_free(in);
	free(one);
	free(two);
}
END_TEST

START_TEST(durations_that_would_overflow_are_refused)
{
	static const struct tiny_net slow[] = { { "a", NET_SINGLE, 1, NULL, NULL,
		"1152921504606846976", NULL } };
	const struct tiny t = { .nets = 1, .net = slow };
	const struct scaling s = { NAN, NAN, "command" };
	char *out = mem_printf("%s/out", dir);
	struct bundle *in = tiny_read(&t);
	struct power_limits p;
	char *want = mem_printf("laxity: %s/timing.csv: network a, environment "
		"default: times 1.5 the durations are too large\n", in->dir);
	int raised;

	ck_assert_int_eq(read_limits(&p, own, 0), 0);
	ck_assert_int_eq(bundle_scale(out, in, &p, &s, &raised), -1);
	ck_assert_str_eq(msg_captured(), want);
	ck_assert_int_ne(access(out, F_OK), 0);
	power_limits_fini(&p);
	bundle_free(in);
	free(out);
	free(want);
}
END_TEST

/* The committed facts: slower and less power with every lower limit. */
START_TEST(the_published_limits_are_a_curve)
{
	static const char path[] = "traces/power-limit/v100-resnet50.csv";
	struct power_limits p;

	if (access(path, F_OK))
		return; /* not run from the repository's root */
	ck_assert_int_eq(power_limits_read(&p, path, 0), 0);
	ck_assert_int_eq(p.limits, 7);
	ck_assert(p.limit[6].cap_w == 100 && p.limit[6].time == 1.893779);
	for (int i = 1; i < p.limits; i++)
		ck_assert(p.limit[i].time > p.limit[i - 1].time
			&& p.limit[i].power < p.limit[i - 1].power);
	power_limits_fini(&p);
}
END_TEST

Suite *test_scale(void);
Suite *test_scale(void)
{
	Suite *s = suite_create("scale");
	TCase *t = tcase_create("scale");

	tcase_add_checked_fixture(t, enter, leave);
	tcase_add_test(t, both_tables_give_ratios_to_the_highest_cap);
	tcase_add_loop_test(t, tables_that_are_no_curve_are_refused, 0,
		sizeof bad / sizeof *bad);
	tcase_add_test(t, stages_take_longer_and_draw_less_under_a_cap);
	tcase_add_test(t, watts_of_a_loaded_device_stay_below_the_cap);
	tcase_add_test(t,
		idle_power_does_not_exceed_a_cap_and_missing_watts_stay_missing);
	tcase_add_test(t, the_provenance_says_what_was_done_to_what);
	tcase_add_test(t, the_same_command_makes_the_same_bytes);
	tcase_add_test(t, durations_that_would_overflow_are_refused);
	tcase_add_test(t, the_published_limits_are_a_curve);
	suite_add_tcase(s, t);
	return s;
}
