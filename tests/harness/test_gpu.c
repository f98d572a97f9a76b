/* The GPU backend's own C code, on an emulation of the CUDA runtime and of its
 * kernels (emulation/): plans, graphs, green contexts, loads, and devices that
 * fail. cuDNN does not start there, so every convolution is by our kernels. */
#include "support_backend.h"

#include "../support_program.h"

#include "../../sim/mem.h"
#include "../../sim/msg.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A cache of its own, and the naive kernel besides those asked for. */
static char *begin(const char *ways)
{
	char *dir = test_directory();

	(void)setenv("XDG_CACHE_HOME", dir, 1);
	(void)setenv("LAXITY_WAYS", ways, 1);
	return dir;
}

static void end(char *dir)
{
	(void)unsetenv("XDG_CACHE_HOME");
	(void)unsetenv("LAXITY_WAYS");
	(void)unsetenv("EMULATED_FAULT");
	test_directory_free(dir);
}

static struct dev *open_device(const struct backend *b)
{
	struct dev *d;

	msg_capture(1); /* the remark that cuDNN does not start */
	ck_assert_int_eq(b->open(&d, NULL), 0);
	return d;
}

static void close_device(const struct backend *b, struct dev *d)
{
	b->close(d);
	msg_capture(0);
}

START_TEST(it_agrees_with_the_oracle_on_every_operator)
{
	const struct backend *b = have_backend("emulated");
	const int quick = getenv("LAXITY_QUICK") != NULL;
	char *dir = begin(quick || _i % 4 ? "n" : "nt");
	struct net *n = make_net(dir, &good[_i]);

	if (b) {
		struct dev *d = open_device(b);
		/* All SMs, a green context, and all again. */
		for (int k = quick; k < 3 - quick; k++) {
			double off = compare_backend(b, d, n, k % 2 ? 8 : 16, 1,
				2);
			ck_assert_msg(off < 2e-2, "%s: %g", good[_i].what, off);
		}
		close_device(b, d);
	}
	net_free(n);
	end(dir);
}
END_TEST

/* The first setting need not be the one with all SMs; loads, flushes and null
 * cases come between stages of either. */
START_TEST(places_loads_and_null_cases_do_not_disturb_each_other)
{
	const struct backend *b = have_backend("emulated");
	char *dir = begin("n");
	struct net *n = make_net(dir, &good[0]);
	const struct load load = { .memory = _i, .intensity = 50, .seed = 1 };
	struct setting few = { .units = 8 }, all = { .units = 16 };
	struct plan *p, *q;
	struct load_rate rate;
	struct outcome o;
	struct dev *d;
	unsigned char image[4096];
	float before[64], after[64];
	double us[64];
	int64_t host, ns[BUNDLE_MAX_DEPTH + 1];

	if (!b) {
		net_free(n);
		end(dir);
		return;
	}
	fill_image(image, sizeof image, 5);
	d = open_device(b);
	ck_assert_int_eq(b->plan(d, n, &few, 1, &p), 0);
	ck_assert_int_eq(b->corun(d, &load), 0);
	ck_assert_int_eq(b->plan(d, n, &all, 1, &q), 0);
	(void)run_stage(b, p, 1, 0, image);
	ck_assert_int_eq(b->probabilities(p, 0, before), 0);
	for (int i = 0; i < 3; i++) {
		struct plan *r = i % 2 ? p : q;
		b->events(r, i == 1);
		o = run_stage(b, r, 1, 0, image);
		ck_assert((o.device_ns >= 0) == (i == 1));
		ck_assert_int_eq(b->empty(d, i, &host, &ns[0]), 0);
		ck_assert_int_ge(host, ns[0]);
		ck_assert_int_eq(b->flush(d), 0);
		ck_assert_int_eq(b->whole(r, 0, image, &o, ns), 0);
		ck_assert_int_eq(ns[0], o.device_ns);
		ck_assert_int_ge(ns[0], ns[1]);
	}
	ck_assert_int_eq(b->corun_rate(d, &rate), 0);
	ck_assert(rate.alive && rate.operations >= 1);
	ck_assert_int_eq(b->corun(d, NULL), 0);
	/* Times of operators leave the counts right. */
	ck_assert_int_eq(b->times(p, us), 0);
	for (int i = 0; i <= n->ops; i++)
		ck_assert(us[i] > 0);
	(void)run_stage(b, p, 1, 0, image);
	ck_assert_int_eq(b->probabilities(p, 0, after), 0);
	for (int c = 0; c < n->classes; c++)
		ck_assert(before[c] == after[c]);
	b->plan_free(p);
	b->plan_free(q);
	close_device(b, d);
	net_free(n);
	end(dir);
}
END_TEST

/* Whole measurements are for the full suite. */
static int can_profile(void)
{
	return have_backend("emulated") && !getenv("LAXITY_QUICK");
}

/* ---- Devices that fail ------------------------------------------------------------- */

static void profile(struct program *p, const char *dir, const char *more)
{
	char *backend = test_built("backend-emulated.so");

	program_line(p, "profile --backend %s --networks %s/a.onnx --data "
		"%s/images-idx3-ubyte --out %s/bundle --quick --passes 10 "
		"--warm-up 0 %s", backend, dir, dir, dir, more);
	free(backend);
}

/* A network and ten images for it, in DIR. */
static void make_work(const char *dir, const struct good *g)
{
	struct net *n = make_net(dir, g);
	size_t pixels = (size_t)(n->channels * n->height * n->width);
	char *images = test_path(dir, "images-idx3-ubyte");
	char *labels = test_path(dir, "labels-idx1-ubyte");
	unsigned char head[16] = { 0, 0, 8, 3, 0, 0, 0, 10, 0, 0, 0,
		(unsigned char)n->height, 0, 0, 0, (unsigned char)n->width };
	unsigned char *x = mem_new(pixels, 1);
	FILE *f = fopen(images, "wb");

	ck_assert_int_eq(n->channels, 1);
	(void)fwrite(head, 1, 16, f);
	for (uint32_t i = 0; i < 10; i++) {
		fill_image(x, pixels, i);
		(void)fwrite(x, 1, pixels, f);
	}
	(void)fclose(f);
	head[3] = 1;
	f = fopen(labels, "wb");
	(void)fwrite(head, 1, 8, f);
	(void)fwrite("\0\1\0\1\0\1\0\1\0\1", 1, 10, f);
	(void)fclose(f);
	free(x);
	free(images);
	free(labels);
	net_free(n);
}

/* One line on stderr besides remarks, also of a sanitizer. */
static void says(const struct program *p, int status, const char *line)
{
	int lines = 0;

	ck_assert_msg(p->status == status, "%d: %s", p->status, p->err);
	ck_assert_msg(strstr(p->err, line), "%s", p->err);
	/* A sanitizer says things of its own. */
	for (char *s = p->err; *s; s = strchr(s, '\n') + 1)
		lines += !strncmp(s, "laxity: ", 8)
			&& strncmp(s, "laxity: note: ", 14);
	ck_assert_msg(lines == 1, "%s", p->err);
}

static int is_there(const char *dir, const char *name)
{
	char *path = test_path(dir, name);
	int there = !access(path, F_OK);

	free(path);
	return there;
}

START_TEST(a_device_that_fails_ends_it_in_one_line)
{
	static const char *const faults[][2] = {
		{ "cudaInitDevice 1 46", "CUDA: cudaInitDevice(number" },
		{ "cudaMalloc 4 2", "CUDA: cudaMalloc(&memory" },
		{ "kernel_conv_naive 1 98", "the reference kernel fails on this "
			"device: " },
		{ "cudaGraphInstantiate 5 2", "CUDA: cudaGraphInstantiate(" },
		{ "kernel_exit 1 700", "(own) cannot run: " },
		{ "cudaGraphLaunch 250 719", "CUDA: cudaGraphLaunch(exec" },
		{ "cudaEventSynchronize 200 719", "CUDA: cudaEventSynchronize(" },
		{ "kernel_matmul 1 98", "the compute load does not run on the "
			"device" },
	};
	char *dir = begin("n");
	struct program p = { 0 };

	if (can_profile()) {
		make_work(dir, &good[2]);
		(void)setenv("EMULATED_FAULT", faults[_i][0], 1);
		profile(&p, dir, "--environments compute-stream");
		says(&p, 1, faults[_i][1]);
		ck_assert(!is_there(dir, "bundle"));
		ck_assert(!is_there(dir, "bundle.partial/trace.ini"));
	}
	program_fini(&p);
	end(dir);
}
END_TEST

/* A kernel of the library that destroys the context cannot be helped, but the
 * next run knows. */
START_TEST(a_way_that_breaks_the_device_is_noted_and_not_tried_again)
{
	char *dir = begin("nt"), *cache, *text;
	struct program p = { 0 };
	size_t n;

	if (can_profile()) {
		make_work(dir, &good[2]);
		(void)setenv("EMULATED_FAULT", "kernel_conv_tile 1 700", 1);
		profile(&p, dir, "");
		says(&p, 1, "way 'tile-4-1' left the device unusable");
		(void)unsetenv("EMULATED_FAULT");
		cache = mem_printf("%s/laxity/Emulated-GPU-13000-%zu-%d-sm16"
			".plans", dir, (size_t)91900, 13000);
		if (!access(cache, F_OK)) { /* these versions of the headers */
			text = test_read(cache, &n);
			ck_assert_ptr_nonnull(strstr(text, " t 4 1 bad\n"));
			free(text);
		}
		profile(&p, dir, "");
		ck_assert_msg(p.status == 0 || p.status == 3, "%s", p.err);
		free(cache);
	}
	program_fini(&p);
	end(dir);
}
END_TEST

static int count_lines(const char *dir, const char *name, const char *with)
{
	char *path = test_path(dir, name), *text, *s;
	size_t n;
	int lines = 0;

	text = test_read(path, &n);
	for (s = text; (s = strstr(s, with)); s++)
		lines++;
	free(text);
	free(path);
	return lines;
}

/* What events cost must not be in the times that count, so device times come
 * from passes in between, and the repeat does without them too. */
START_TEST(slow_events_are_kept_out_of_the_passes_that_count)
{
	char *dir = begin("n");
	struct program p = { 0 };

	if (can_profile()) {
		make_work(dir, &good[2]);
		(void)setenv("EMULATED_SLOW_EVENTS", "1", 1);
		profile(&p, dir, "");
		ck_assert_msg(p.status == 0 || p.status == 3, "%s", p.err);
		ck_assert_ptr_nonnull(strstr(p.out, "events             good"));
		ck_assert_ptr_null(strstr(p.out, "whole network      not done"));
		/* Ten passes of one stage; no device_ns among the times. */
		ck_assert_int_eq(count_lines(dir, "bundle/raw/device.csv",
			"a,sm16,"), 10);
		ck_assert_int_eq(count_lines(dir, "bundle/timing.csv",
			",\n"), 10);
		ck_assert_int_eq(count_lines(dir, "bundle/trace.ini",
			"left empty, measured in passes in between"), 1);
		(void)unsetenv("EMULATED_SLOW_EVENTS");
	}
	program_fini(&p);
	end(dir);
}
END_TEST

/* Where CUDA is, the real backend is built, and loads: nothing is missing in
 * it. Without a GPU it says so. */
START_TEST(the_real_backend_is_built_where_cuda_is_and_wants_a_gpu)
{
	struct program p = { 0 };

	if (!getenv("LAXITY_QUICK") && !access("/usr/local/cuda/bin/nvcc", X_OK)
	    && !access("/usr/local/cuda/include/cudnn.h", F_OK))
		ck_assert_ptr_nonnull(have_backend("cudnn"));
	if (have_backend("cudnn") && access("/dev/nvidiactl", F_OK)) {
		program_line(&p, "devices --backend cudnn");
		says(&p, 1, "backend cudnn: no GPU: ");
	}
	program_fini(&p);
}
END_TEST

START_TEST(without_cuda_the_build_says_what_it_leaves_out)
{
	static char text[1 << 18];
	FILE *f = popen("unset MAKEFLAGS MFLAGS; make -n harness "
		"CUDA=/nonexistent BUILD=build-none HARNESS=1 2>/dev/null", "r");
	size_t n = fread(text, 1, sizeof text - 1, f);

	ck_assert_int_eq(pclose(f), 0);
	text[n] = 0;
	ck_assert_ptr_nonnull(strstr(text, "cudnn: no CUDA at /nonexistent "
		"(make CUDA=FOLDER)"));
	ck_assert_ptr_nonnull(strstr(text, "backend-plain.so"));
	ck_assert_ptr_null(strstr(text, "backend-cudnn.so"));
}
END_TEST

Suite *test_gpu(void);
Suite *test_gpu(void)
{
	Suite *s = suite_create("gpu");
	TCase *t = tcase_create("gpu");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, it_agrees_with_the_oracle_on_every_operator, 0,
		good_count);
	tcase_add_loop_test(t,
		places_loads_and_null_cases_do_not_disturb_each_other, 0, 2);
	tcase_add_loop_test(t, a_device_that_fails_ends_it_in_one_line, 0, 8);
	tcase_add_test(t,
		a_way_that_breaks_the_device_is_noted_and_not_tried_again);
	tcase_add_test(t, slow_events_are_kept_out_of_the_passes_that_count);
	tcase_add_test(t,
		the_real_backend_is_built_where_cuda_is_and_wants_a_gpu);
	tcase_add_test(t, without_cuda_the_build_says_what_it_leaves_out);
	suite_add_tcase(s, t);
	return s;
}
