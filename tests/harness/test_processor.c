/* From a shipped network to a validation, on this machine's processor: measure
 * it, run every policy live, compare with simulation. Whether the deviations
 * are within their limits depends on what else the machine does, so that they
 * are printed, if LAXITY_TABLE says so, and not judged; that every decision comes
 * out again is. */
#include "support_live.h"

#include "../support_bundle.h"
#include "../support_program.h"

#include "../../sim/mem.h"
#include "../../traces/harness/backend.h"
#include "../../traces/harness/images.h"
#include "../../traces/harness/net.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IMAGES "/usr/share/datasets/fashion-mnist"

enum { INPUTS = 150, REQUESTS = 300 };

static const char *const policies[] = { "edf", "rr", "lcf", "imprecise", "alert",
	"joint" };
enum { POLICIES = sizeof policies / sizeof *policies };

static struct {
	const char *backend;        /* NULL: no images here, nothing to do */
	char *networks;
	struct program p;
} here;

/* ---- A bundle of this processor --------------------------------------------------- */

/* What a network says and takes, as the lists of a tiny_net. */
struct measured { struct text confidences, correct, durations; int depths; };

/* The least of several times: what else the machine does is not the stage's. */
static int64_t time_stage(const struct backend *b, struct plan *p, int stage,
	const unsigned char *image, struct outcome *o)
{
	int64_t least = INT64_MAX;

	for (int i = 0; i < 4; i++) {
		int64_t begun = backend_clock(), took;
		int got;
		ck_assert_int_eq(b->send(p, stage, 0, image), 0);
		while (!(got = b->poll(p, o)))
			;
		took = backend_clock() - begun;
		ck_assert_int_eq(got, 1);
		least = took < least ? took : least;
	}
	return least;
}

static void measure_net(const struct backend *b, struct dev *d, const char *name,
	const struct images *im, struct measured *out)
{
	char *path = mem_printf("%s/%s.onnx", here.networks, name);
	struct net *n = net_read(path);
	struct setting one = { .name = "core1", .units = 1 };
	struct plan *p;

	ck_assert_ptr_nonnull(n);
	ck_assert_int_eq(b->plan(d, n, &one, 1, &p), 0);
	text_init(&out->confidences);
	text_init(&out->correct);
	text_init(&out->durations);
	out->depths = n->depths;
	for (int i = 0; i < im->count; i++)
		for (int k = 1; k <= n->depths; k++) {
			struct outcome o;
			int64_t took = time_stage(b, p, k, images_at(im, i), &o);
			/* As many digits as `laxity profile` writes. */
			text_add(&out->confidences, "%.6f ", (double)o.confidence);
			text_add(&out->correct, "%d ", o.prediction == im->label[i]);
			text_add(&out->durations, "%lld ", (long long)took);
		}
	b->plan_free(p);
	net_free(n);
	free(path);
}

/* The bundle "p" of two networks. Nothing measures watts here, and some
 * policies need them: made up, and never compared. */
static void measure_bundle(void)
{
	const struct backend *b = backend_load(here.backend);
	struct measured m[2];
	struct images im;
	struct dev *d;

	ck_assert_ptr_nonnull(b);
	ck_assert_int_eq(images_read(&im, IMAGES, INPUTS, 1, 28, 28), 0);
	ck_assert_int_eq(b->open(&d, NULL), 0);
	measure_net(b, d, "fashion3", &im, &m[0]);
	measure_net(b, d, "fashion1", &im, &m[1]);
	b->close(d);
	{
		const struct tiny_net nets[] = {
			{ "fashion3", NET_STAGED, m[0].depths, m[0].confidences.s,
				m[0].correct.s, m[0].durations.s, "50" },
			{ "fashion1", NET_SINGLE, m[1].depths, m[1].confidences.s,
				m[1].correct.s, m[1].durations.s, "50" } };
		const struct tiny t = { .nets = 2, .net = nets, .inputs = INPUTS,
			.settings = "core1", .idle = "20" };
		tiny_write(&t, "p");
		tiny_edit("p", "settings.csv", "core1,,", "core1,1,");
		tiny_rehash("p");
	}
	for (int i = 0; i < 2; i++) {
		text_fini(&m[i].confidences);
		text_fini(&m[i].correct);
		text_fini(&m[i].durations);
	}
	images_fini(&im);
}

static void setup(void)
{
	char *text, *file;

	live_place_enter();
	here.networks = live_source_path("workloads/networks");
	file = live_build_path("backend-onednn.so");
	here.backend = access(IMAGES, F_OK) ? NULL : access(file, F_OK) ? "plain"
		: "onednn";
	free(file);
	if (!here.backend) {
		(void)printf("processor: left out: no images at " IMAGES
			" (dataset-fashion-mnist)\n");
		return;
	}
	measure_bundle();
	text = mem_printf("[workload]\ntrace = p\nnetworks = fashion3, fashion1\n"
		"requests = %d\nwarmup = 20\n[arrivals]\nprocess = poisson\n"
		"load = 0.6\n[deadline]\ndistribution = uniform\nmin = 10ms\n"
		"max = 40ms\n[goal]\nobjective = energy\naccuracy = 0.85\n",
		REQUESTS);
	test_write("p.ini", text);
	free(text);
}

static void teardown(void)
{
	program_fini(&here.p);
	free(here.networks);
	live_place_leave();
}

/* ---- Live ------------------------------------------------------------------------ */

START_TEST(every_policy_runs_live_and_is_repeated)
{
	if (!here.backend)
		return;
	for (int i = 0; i < POLICIES; i++) {
		program_line(&here.p, "live -w p.ini -p %s --backend %s --data "
			IMAGES " --networks %s --no-energy", policies[i],
			here.backend, here.networks);
		ck_assert_msg(here.p.status == 0, "%s: %d: %s", policies[i],
			here.p.status, here.p.err);
		ck_assert_msg(strstr(here.p.out, "\nrepeated      all ") != NULL,
			"%s: %s", policies[i], here.p.out);
		ck_assert_msg(strstr(here.p.out, "\nstrange       0 of ") != NULL,
			"%s: %s", policies[i], here.p.out);
	}
}
END_TEST

/* ---- Validated ---------------------------------------------------------------------- */

/* Columns of the CSV. */
enum { LOAD, POLICY, METRIC, DEVIATION = 7, LATE = 11, DECISIONS = 15, SAME, STRANGE,
	REPEATED, COLUMNS = 20 };

/* Cut the line into its fields; returns what is behind it. */
static char *cut(char *s, char **field)
{
	int n = 0;

	for (field[n++] = s; *s != '\n'; s++)
		if (*s == ',' && n < COLUMNS) {
			*s = 0;
			field[n++] = s + 1;
		}
	*s = 0;
	ck_assert_int_eq(n, COLUMNS);
	return s + 1;
}

START_TEST(the_validation_is_printed)
{
	static const char *const metrics[] = { "miss_ratio", "accuracy",
		"response_p50_ns", "response_p99_ns" };
	FILE *out = getenv("LAXITY_TABLE") ? stdout : fopen("/dev/null", "w");
	char *csv;
	int lines = 0;

	if (!here.backend)
		return;
	program_line(&here.p, "validate -w p.ini -p edf -p rr -p lcf -p imprecise "
		"-p alert -p joint --backend %s --data " IMAGES " --networks %s "
		"--no-energy --loads 0.3,0.9 --replications 1 --seconds 0 "
		"--out v.csv", here.backend, here.networks);
	ck_assert_msg(here.p.status == 0 || here.p.status == 3, "%d: %s",
		here.p.status, here.p.err);
	ck_assert_msg(!strstr(here.p.out, "not repeated"), "%s", here.p.out);
	ck_assert_ptr_nonnull(out);
	csv = test_read("v.csv", NULL);
	(void)fprintf(out, "processor: live - simulated, %s, %d requests each; what else "
		"this machine does is in it\n%-10s %4s %9s %9s %9s  = %9s %9s %9s  "
		"decisions repeated, as simulated\n%-10s %4s %9s %9s %9s    %9s "
		"%9s %9s\n", here.backend, REQUESTS, "policy", "load", "misses",
		"accuracy", "p50", "woken", "dispatch", "stages", "", "", "points",
		"points", "%", "late, %", "%", "%");
	for (char *s = strchr(csv, '\n') + 1, *f[COLUMNS]; *s; lines++) {
		s = cut(s, f);
		ck_assert_str_eq(f[METRIC], metrics[lines % 4]);
		ck_assert_str_eq(f[POLICY], policies[lines / 4 % POLICIES]);
		ck_assert_str_eq(f[REPEATED], "1");
		ck_assert_str_eq(f[STRANGE], "0");
		if (lines % 4 == 0)
			(void)fprintf(out, "%-10s %4s", f[POLICY], f[LOAD]);
		if (lines % 4 < 3)
			(void)fprintf(out, " %+9.2f", 100 * atof(f[DEVIATION]));
		if (lines % 4 == 2)
			(void)fprintf(out, "    %+9.2f %+9.2f %+9.2f", 100 * atof(f[LATE]),
				100 * atof(f[LATE + 1]), 100 * atof(f[LATE + 2]));
		if (lines % 4 == 3)
			(void)fprintf(out, "  all %s, %.1f %%\n", f[DECISIONS], 100
				* atof(f[SAME]) / atof(f[DECISIONS]));
	}
	ck_assert_int_eq(lines, 2 * POLICIES * 4);
	if (out != stdout)
		(void)fclose(out);
	free(csv);
}
END_TEST

Suite *test_processor(void);
Suite *test_processor(void)
{
	Suite *s = suite_create("processor");
	TCase *t = tcase_create("processor");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 120);
	tcase_add_test(t, every_policy_runs_live_and_is_repeated);
	tcase_add_test(t, the_validation_is_printed);
	suite_add_tcase(s, t);
	return s;
}
