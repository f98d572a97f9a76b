/* `laxity profile` from outside: on real images with oneDNN, on a replayed
 * bundle, within a budget, and with what it must refuse. */
#include "support_measure.h"

#include "../../sim/mem.h"
#include "../../traces/bundle.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FASHION "/usr/share/datasets/fashion-mnist"

static const struct { float confidence; int prediction; } torch[300][3] = {
#include "fashion_values.h"
};

/* Accuracy and probabilities against PyTorch on 300 real images, and the
 * bundle through the simulator's own reader. */
START_TEST(onednn_profiles_two_networks_on_real_images)
{
	char *dir = test_directory(), *out = test_path(dir, "bundle");
	char *work, *text;
	struct program p = { 0 };
	struct bundle *b;
	int net;

	if (access(FASHION, F_OK) || access("/usr/include/dnnl.h", F_OK)) {
		test_directory_free(dir);
		free(out);
		return;
	}
	program_line(&p, "profile --backend onednn --networks fashion3,fashion1 "
		"--data " FASHION " --inputs 300 --settings 1 --quick --warm-up "
		"1 --out %s",
		out);
	measured_well(&p);
	measured_check(&p, "oracle", "good");
	measured_check(&p, "rows", "good");
	measured_check(&p, "bundle", "good");
	measured_check(&p, "repeat outcomes", "good");
	measured_check(&p, "sum of stages", "good");
	b = bundle_read(out);
	ck_assert_ptr_nonnull(b);
	ck_assert_int_eq(b->inputs, 300);
	ck_assert_int_eq(b->nets, 2);
	ck_assert_str_eq(b->task, "fashion-mnist");
	net = bundle_find_net(b, "fashion3");
	for (int d = 0; d < 3; d++) {
		double mine = b->net[net].accuracy[d];
		double most = 0;
		/* The images are those of torch, so each confidence can be
		 * compared; a class only through what is right. */
		for (int i = 0; i < 300; i++)
			most = fmax(most, fabs(b->net[net].confidence[i * 3 + d]
				- (double)torch[i][d].confidence));
		ck_assert_msg(most < 1e-4, "exit %d: %g", d + 1, most);
		/* 0.8067, 0.89, 0.93: PyTorch, the same 300 images. */
		ck_assert(fabs(mine - (d == 0 ? 242.0 / 300 : d == 1 ? 0.89
			: 0.93)) < 1e-9);
	}
	ck_assert_int_eq(bundle_cell(b, net, 0, 0)->samples, 300);
	ck_assert(!test_exists(dir, "bundle.partial"));
	ck_assert(test_exists(out, "raw/SHA256SUMS"));
	bundle_free(b);
	program_line(&p, "trace check %s", out);
	ck_assert_int_eq(p.status, 0);
	/* And it runs: every request answered or missed, deadlines of 2 to 22
	 * times the measured T. */
	work = test_path(dir, "work.ini");
	text = mem_printf("[workload]\ntrace = %s\nnetworks = fashion3\n"
		"settings = core1\nrequests = 2000\n[arrivals]\nprocess = closed\n"
		"clients = 8\nreissue = deadline\n[deadline]\ndistribution = "
		"uniform\nmin = 2T\nmax = 22T\n", out);
	test_write(work, text);
	program_line(&p, "run -w %s -p edf -p imprecise --format csv", work);
	ck_assert_msg(p.status == 0, "%s", p.err);
	ck_assert_ptr_nonnull(strstr(p.out, "\nimprecise,1,2000,"));
	free(work);
	free(text);
	program_fini(&p);
	free(out);
	test_directory_free(dir);
}
END_TEST

/* Every outcome of the replayed bundle must come out again, with its times. */
START_TEST(a_replayed_bundle_comes_out_as_it_went_in)
{
	char *dir = test_directory(), *out = test_path(dir, "bundle");
	struct bundle *a = bundle_read(H100), *b;
	struct program p = { 0 };
	int x, y;

	program_line(&p, REPLAY " --networks staged3 --inputs 250 --settings "
		"132,32 --environments default,compute-stream,memory-thread-50 "
		"--passes 100 --quick --out %s", out);
	measured_well(&p);
	measured_check(&p, "loads alive", "good");
	b = bundle_read(out);
	ck_assert_ptr_nonnull(b);
	x = bundle_find_net(a, "staged3");
	y = bundle_find_net(b, "staged3");
	for (int i = 0; i < 250 * 3; i++) {
		ck_assert(fabs(a->net[x].confidence[i] - b->net[y].confidence[i])
			< 1e-6);
		ck_assert_int_eq(a->net[x].correct[i], b->net[y].correct[i]);
	}
	/* --quick keeps the default setting only, and every environment. */
	ck_assert_int_eq(b->settings, 1);
	ck_assert_int_eq(b->environments, 3);
	ck_assert_int_eq(bundle_cell(b, y, 0, bundle_find_environment(b,
		"memory-thread-50"))->samples, 100);
	for (int i = 0; i < 250 * 3; i++)
		ck_assert_int_ge(bundle_cell(b, y, 0, 0)->duration_ns[i],
			bundle_cell(b, y, 0, 0)->device_ns[i]);
	ck_assert_int_gt(b->overhead[0].decisions, 100);
	bundle_free(a);
	bundle_free(b);
	program_fini(&p);
	free(out);
	test_directory_free(dir);
}
END_TEST

/* What a budget does not reach is left out and said; what must be there is. */
START_TEST(a_budget_takes_what_matters_most_first)
{
	char *dir = test_directory(), *out = test_path(dir, "bundle");
	char *compare = test_path(dir, "other.csv"), *ini, *stages;
	struct program p = { 0 };
	struct bundle *b;
	size_t n;

	test_write(compare, "# of another program\nnetwork,depth,p50_us,p99_us,"
		"device_p50_us,transfers_p50_us\nresnet8,1,400,410,,\n"
		"elsewhere,1,1,1,1,1\n");
	program_line(&p, REPLAY " --networks resnet8 --inputs 500 --settings "
		"132,32 --environments default,compute-stream --passes 100000 "
		"--budget 10 --no-energy --compare %s --peaks 100,2.5 --out %s",
		compare, out);
	measured_well(&p);
	measured_check(&p, "rows", "flagged");
	measured_check(&p, "budget", "flagged");
	ck_assert_ptr_nonnull(strstr(p.out, "the given 100 Tflop/s and 2.5 TB/s"));
	/* 92 us or so against 400. */
	measured_check(&p, "speed", "good");
	b = bundle_read(out);
	ck_assert_ptr_nonnull(b);
	ck_assert_int_eq(bundle_cell(b, 0, 0, 0)->samples, 500);
	ck_assert_int_ge(bundle_cell(b, 0, 1, 0)->samples, 100);
	/* Environments come after settings, which took all the time. */
	ck_assert_int_eq(b->environments, 1);
	ini = test_path(out, "trace.ini");
	stages = test_path(out, "raw/stages.csv");
	free(compare);
	compare = test_read(ini, &n);
	ck_assert_ptr_nonnull(strstr(compare, "\nleft_out = resnet8 sm132 "
		"compute-stream, resnet8 sm32 compute-stream\nbudget_s = 10\n"));
	free(compare);
	compare = test_read(stages, &n);
	ck_assert_ptr_nonnull(strstr(compare, ",400.000,,0."));
	bundle_free(b);
	program_fini(&p);
	free(compare);
	free(ini);
	free(stages);
	free(out);
	test_directory_free(dir);
}
END_TEST

/* ---- What it refuses --------------------------------------------------------- */

static const char *const refused[][2] = {
	{ "profile", "profile: --backend NAME (cudnn, onednn, plain, replay)" },
	{ "profile --backend plain", "profile: --networks FILE.onnx,... (or "
	  "names of those in workloads/networks)" },
	{ "profile --backend plain --networks resnet8",
	  "profile: --data FILE or folder with the images" },
	{ "profile --backend plain --networks resnet8 --data x",
	  "profile: --out DIR for the bundle" },
	{ "profile --fast", "profile: unknown option '--fast'; laxity profile "
	  "--help lists them" },
	{ "profile --inputs 0", "profile: --inputs '0': 1 to 2147483647" },
	{ "profile --inputs", "profile: --inputs: a value is missing" },
	{ "profile --backend plain --networks resnet8 --data x --out y --peaks 989",
	  "profile: --peaks '989': TFLOP/S,TB/S, say 989.4,3.35" },
	{ "profile --backend plain --networks resnet8 --data x --out y --peaks 1,-3",
	  "profile: --peaks '1,-3': TFLOP/S,TB/S, say 989.4,3.35" },
	{ "profile --seed 1 --seed 2", "profile: --seed twice" },
	{ "profile --backend plain --networks nonesuch --data x --out /tmp/x",
	  "workloads/networks/nonesuch.onnx: cannot open: No such file or "
	  "directory" },
	/* Now, not when the bundle is written after an hour. */
	{ "profile --backend plain --networks resnet8 --data x --out /tmp/x "
	  "--name a\033b", "profile: --name: a control character in the value" },
	{ "profile --backend plain --networks resnet8,resnet8 --data x --out "
	  "/tmp/x", "--networks: 'resnet8' twice" },
	{ "profile --backend plain --networks resnet8 --data /nonesuch --out "
	  "/tmp/x", "/nonesuch: cannot open: No such file or directory" },
	{ "profile --backend plain --networks resnet8 --data Makefile --out "
	  "/tmp/x", NULL },
	{ "profile --backend nonesuch --networks resnet8 --data " H100
	  " --out /tmp/x", NULL },
	{ REPLAY " --networks resnet8 --settings 133 --out /tmp/laxity-none",
	  "--settings 133: 1 to 132 sms" },
	{ REPLAY " --networks resnet8 --settings 8@x --out /tmp/laxity-none",
	  "--settings 8@x: UNITS[@CAPW][@CLOCKMHz]" },
	{ REPLAY " --networks resnet8 --settings 8,8 --out /tmp/laxity-none",
	  "--settings: 'sm8' twice" },
	{ REPLAY " --networks resnet8 --environments busy --out /tmp/laxity-none",
	  "environment 'busy': `default` or compute|memory-stream|timeslice|mps|"
	  "thread[-PERCENT]" },
	{ REPLAY " --networks resnet8 --environments compute-stream-0 --out "
	  "/tmp/laxity-none", NULL },
	{ REPLAY " --networks resnet8 --inputs 20000 --out /tmp/laxity-none",
	  H100 "/trace.ini: 10000 images, --inputs says 20000" },
	{ REPLAY " --networks fashion3 --out /tmp/laxity-none",
	  H100 ": no network 'fashion3' in it" },
	{ REPLAY " --networks resnet8 --resume --out /tmp/laxity-none",
	  "/tmp/laxity-none.partial: nothing to resume" },
	{ REPLAY " --networks resnet8 --out tests", "tests: is there already" },
	{ REPLAY " --networks resnet8 --budget 5 --out /tmp/laxity-none",
	  "profile: --budget '5': 10 to 1000000" },
	{ REPLAY " --networks resnet8 --compare /nonesuch --out "
	  "/tmp/laxity-none", "/nonesuch: cannot open: No such file or "
	  "directory" },
	{ REPLAY " --networks resnet8 --compare " H100 "/power.csv --out "
	  "/tmp/laxity-none", NULL },
	{ "profile --restore /nonesuch", NULL },
};

START_TEST(bad_commands_are_refused_in_one_line)
{
	struct program p = { 0 };
	const char *line = refused[_i][0], *message = refused[_i][1];

	program_line(&p, "%s", line);
	ck_assert_msg(p.status == 2, "%s: %d: %s", line, p.status, p.err);
	ck_assert_str_eq(p.out, "");
	if (message) {
		char *want = mem_printf("laxity: %s\n", message);
		ck_assert_msg(strstr(p.err, want), "%s: %s", line, p.err);
		free(want);
	}
	ck_assert_int_ne(access("/tmp/laxity-none", F_OK), 0);
	ck_assert_int_ne(access("/tmp/laxity-none.partial", F_OK), 0);
	/* One line besides remarks. */
	int lines = 0;
	for (char *s = p.err; *s; s = strchr(s, '\n') + 1)
		lines += strncmp(s, "laxity: note: ", 14) != 0;
	ck_assert_int_eq(lines, 1);
	program_fini(&p);
}
END_TEST

Suite *test_measure(void);
Suite *test_measure(void)
{
	Suite *s = suite_create("measure");
	TCase *t = tcase_create("measure");

	tcase_set_timeout(t, 180);
	tcase_add_test(t, onednn_profiles_two_networks_on_real_images);
	tcase_add_test(t, a_replayed_bundle_comes_out_as_it_went_in);
	tcase_add_test(t, a_budget_takes_what_matters_most_first);
	tcase_add_loop_test(t,
		bad_commands_are_refused_in_one_line, 0, sizeof refused / sizeof *refused);
	suite_add_tcase(s, t);
	return s;
}
