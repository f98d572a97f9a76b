/* Backends against the oracle, slots, the replay backend, loading; and the
 * readers of image files. */
#include "support_backend.h"
#include "support_onnx.h"

#include "../support_program.h"

#include "../../sim/file.h"
#include "../../sim/mem.h"
#include "../../sim/msg.h"
#include "../../traces/harness/backend.h"
#include "../../traces/harness/images.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define FASHION "/usr/share/datasets/fashion-mnist"

START_TEST(onednn_agrees_with_the_oracle_on_every_operator)
{
	const struct backend *b = have_backend("onednn");
	char *dir = test_directory();
	struct dev *d;
	struct net *n;

	if (b) {
		ck_assert_int_eq(b->open(&d, NULL), 0);
		n = make_net(dir, &good[_i]);
		ck_assert_msg(compare_backend(b, d, n, 1, 4, 2) < 1e-5, "%s", good[_i].what);
		net_free(n);
		b->close(d);
	}
	test_directory_free(dir);
}
END_TEST

START_TEST(onednn_agrees_with_the_oracle_on_shipped_networks)
{
	static const struct { const char *name; int images; } given[] = {
		{ "resnet8", 2 }, { "nested4", 1 }, { "staged3", 1 } };
	const struct backend *b = have_backend("onednn");
	struct dev_info info;
	struct dev *d;

	if (!b)
		return;
	ck_assert_int_eq(b->open(&d, NULL), 0);
	ck_assert_int_eq(b->info(d, &info), 0);
	for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
		char *path = mem_printf("workloads/networks/%s.onnx",
			given[i].name);
		struct net *n;
		if (getenv("LAXITY_QUICK") && i > 0) {
			free(path);
			break;
		}
		n = net_read(path);
		ck_assert_ptr_nonnull(n);
		for (int units = 1; units <= info.units && units <= 2
		    && (units == 1 || i == 0); units++) {
			double worst = compare_backend(b, d, n, units, given[i].images,
				i ? 1 : 2);
			ck_assert_msg(worst < 1e-4, "%s, %d cores: %g",
				given[i].name, units, worst);
		}
		net_free(n);
		free(path);
	}
	b->close(d);
}
END_TEST

START_TEST(onednn_refuses_more_cores_than_there_are)
{
	const struct backend *b = have_backend("onednn");
	char *dir = test_directory();
	struct net *n = make_net(dir, &good[0]);
	struct setting s = { .units = 100000 };
	struct plan *p;
	struct dev *d;

	if (b) {
		ck_assert_int_eq(b->open(&d, NULL), 0);
		msg_capture(1);
		ck_assert_int_eq(b->plan(d, n, &s, 1, &p), -1);
		ck_assert_ptr_nonnull(strstr(msg_captured(),
			"100000 cores asked for, this process may use "));
		b->close(d);
		ck_assert_int_eq(b->open(&d, "gpu7"), -1);
		msg_capture(0);
	}
	net_free(n);
	test_directory_free(dir);
}
END_TEST

START_TEST(the_plain_backend_is_the_oracle)
{
	const struct backend *b = have_backend("plain");
	struct net *n = net_read("workloads/networks/resnet8.onnx");
	struct dev *d;

	ck_assert_ptr_nonnull(b);
	ck_assert_int_eq(b->open(&d, ""), 0);
	ck_assert(compare_backend(b, d, n, 0, 1, 2) == 0);
	b->close(d);
	net_free(n);
}
END_TEST

START_TEST(replay_takes_the_bundle_s_times_and_gives_its_outcomes)
{
	const struct backend *b = have_backend("replay");
	struct net *n = net_read("workloads/networks/staged6.onnx");
	struct bundle *bundle = bundle_read("traces/h100-cifar10");
	struct setting s = { .name = "sm32", .units = 32 };
	const struct cell *c;
	struct images im;
	struct dev *d;
	struct plan *p;
	int net;

	ck_assert_ptr_nonnull(b);
	ck_assert_ptr_nonnull(n);
	ck_assert_ptr_nonnull(bundle);
	net = bundle_find_net(bundle, "staged6");
	c = bundle_cell(bundle, net, bundle_find_setting(bundle, "sm32"), 0);
	ck_assert_int_eq(images_read(&im, "traces/h100-cifar10", 300, 3, 32, 32),
		0);
	ck_assert_int_eq(im.count, 300);
	ck_assert_int_eq(images_check(&im, n), 0);
	ck_assert_int_eq(b->open(&d, "traces/h100-cifar10"), 0);
	ck_assert_int_eq(b->plan(d, n, &s, 3, &p), 0);
	for (int i = 0; i < 300; i += 37)
		for (int stage = 1; stage <= 6; stage++) {
			int64_t begun = backend_clock();
			struct outcome out = run_stage(b, p, stage, i % 3,
				images_at(&im, i));
			int64_t spent = backend_clock() - begun;
			int at = i * 6 + stage - 1;
			ck_assert_int_eq(out.prediction == im.label[i],
				bundle->net[net].correct[at]);
			ck_assert(fabs((double)out.confidence
				- bundle->net[net].confidence[at]) < 1e-6);
			ck_assert_int_ge(spent, c->duration_ns[i / 37 * 6
				+ stage - 1]);
			ck_assert_int_eq(out.device_ns, c->device_ns[i / 37 * 6
				+ stage - 1]);
		}
	b->plan_free(p);
	b->close(d);
	images_fini(&im);
	bundle_free(bundle);
	net_free(n);
}
END_TEST

START_TEST(a_backend_that_is_not_there_or_not_one_is_refused)
{
	char *dir = test_directory(), *path = test_path(dir, "x.so");
	char *build = getenv("LAXITY_BUILD"), here[4096];

	build = build ? mem_string(build) : NULL;
	msg_capture(1);
	ck_assert_ptr_null(backend_load("nonesuch"));
	ck_assert_ptr_nonnull(strstr(msg_captured(), "backend 'nonesuch': "));
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	test_write(path, "no object");
	msg_capture(1);
	ck_assert_ptr_null(backend_load(path));
	ck_assert_ptr_nonnull(strstr(msg_captured(), "x.so: cannot load: "));
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	free(path);
	/* Made for another version of the table of functions. */
	path = mem_printf("./%s/tests/plugins/old_backend.so",
		build ? build : "build");
	msg_capture(1);
	ck_assert_ptr_null(backend_load(path));
	ck_assert_ptr_nonnull(strstr(msg_captured(), "old_backend.so: made for "
		"version "));
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	free(path);
	/* One that lies in the working directory is a stranger's. */
	path = test_path(dir, "backend-nonesuch.so");
	test_write(path, "no object");
	ck_assert_ptr_nonnull(getcwd(here, sizeof here));
	ck_assert_int_eq(chdir(dir), 0);
	msg_capture(1);
	ck_assert_int_eq(unsetenv("LAXITY_BUILD"), 0);
	ck_assert_ptr_null(backend_load("nonesuch"));
	ck_assert_ptr_nonnull(strstr(msg_captured(), "backend 'nonesuch': "));
	msg_capture(0);
	ck_assert_int_eq(chdir(here), 0);
	if (build)
		ck_assert_int_eq(setenv("LAXITY_BUILD", build, 1), 0);
	free(build);
	free(path);
	test_directory_free(dir);
}
END_TEST

/* ---- Images ---------------------------------------------------------------------- */

static void write_bytes(const char *dir, const char *name, const char *bytes,
	size_t length)
{
	char *path = test_path(dir, name);

	ck_assert_int_eq(file_write(path, bytes, length), 0);
	free(path);
}

static void refuse(const char *path, const char *message)
{
	struct images im;

	msg_capture(1);
	ck_assert_int_eq(images_read(&im, path, 0, 3, 32, 32), -1);
	ck_assert_msg(strstr(msg_captured(), message), "%s", msg_captured());
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	msg_capture(0);
}

START_TEST(cifar_files_are_read_and_checked)
{
	char *dir = test_directory(), *path = test_path(dir, "test_batch.bin");
	char *bytes = mem_new(3 * 3073, 1);
	struct images im;

	for (int i = 0; i < 3; i++) {
		bytes[i * 3073] = (char)(3 * i);
		bytes[i * 3073 + 1 + 1024 + 5] = (char)(i + 1); /* green */
	}
	write_bytes(dir, "test_batch.bin", bytes, 3 * 3073);
	ck_assert_int_eq(images_read(&im, dir, 0, 0, 0, 0), 0);
	ck_assert_int_eq(im.count, 3);
	ck_assert_int_eq(im.classes, 7);
	ck_assert_int_eq(im.label[1], 3);
	ck_assert_int_eq(images_at(&im, 2)[1024 + 5], 3);
	images_fini(&im);
	ck_assert_int_eq(images_read(&im, path, 2, 0, 0, 0), 0);
	ck_assert_int_eq(im.count, 2);
	images_fini(&im);
	bytes[3073] = 10;
	write_bytes(dir, "test_batch.bin", bytes, 3 * 3073);
	refuse(dir, "test_batch.bin: record 1: label 10, more than 9");
	write_bytes(dir, "test_batch.bin", bytes, 3 * 3073 - 1);
	refuse(path, "9218 bytes are not whole CIFAR-10 records of 3073");
	write_bytes(dir, "test_batch.bin", bytes, 0);
	refuse(path, "0 bytes are not whole");
	(void)unlink(path);
	refuse(dir, "no test_batch.bin");
	refuse("/dev/null", "not a regular file");
	refuse("/nonesuch", "/nonesuch: cannot open: No such file or directory");
	write_bytes(dir, "test_batch.bin", "\0\0\10\1", 4);
	refuse(path, "test_batch.bin: an IDX file whose name does not say that it "
		"has images");
	free(bytes);
	free(path);
	test_directory_free(dir);
}
END_TEST

START_TEST(idx_files_plain_and_gzip_are_read_and_checked)
{
	static const char images[] = "\0\0\10\3\0\0\0\2\0\0\0\2\0\0\0\3"
		"abcdefghijkl";
	static const char labels[] = "\0\0\10\1\0\0\0\2\1\4";
	char *dir = test_directory();
	char *path = test_path(dir, "t10k-images-idx3-ubyte.gz");
	char *other = test_path(dir, "t10k-labels-idx1-ubyte.gz");
	struct images im;
	gzFile f = gzopen(path, "wb");
	FILE *g;

	ck_assert_int_eq(gzwrite(f, images, 28), 28);
	ck_assert_int_eq(gzclose(f), Z_OK);
	refuse(dir, "t10k-labels-idx1-ubyte.gz: cannot open");
	/* Members follow one another; anything else after them is a fault. */
	f = gzopen(path, "ab");
	ck_assert_int_eq(gzwrite(f, "xyz", 3), 3);
	ck_assert_int_eq(gzclose(f), Z_OK);
	refuse(dir, "31 bytes, but its head promises 28");
	g = fopen(path, "ab");
	ck_assert_ptr_nonnull(g);
	ck_assert_int_ge(fputs("more", g), 0);
	ck_assert_int_eq(fclose(g), 0);
	refuse(dir, "broken gzip file");
	f = gzopen(path, "wb");
	ck_assert_int_eq(gzwrite(f, images, 20), 20);
	ck_assert_int_eq(gzclose(f), Z_OK);
	f = gzopen(path, "ab");
	ck_assert_int_eq(gzwrite(f, images + 20, 8), 8);
	ck_assert_int_eq(gzclose(f), Z_OK);
	/* Plain bytes under a name that ends with gz are taken as they are. */
	write_bytes(dir, "t10k-labels-idx1-ubyte.gz", labels, 10);
	ck_assert_int_eq(images_read(&im, dir, 0, 0, 0, 0), 0);
	ck_assert_int_eq(im.count, 2);
	ck_assert_int_eq(im.channels, 1);
	ck_assert_int_eq(im.height, 2);
	ck_assert_int_eq(im.width, 3);
	ck_assert_int_eq(images_at(&im, 1)[0], 'g');
	ck_assert_int_eq(im.label[1], 4);
	ck_assert_int_eq(im.classes, 5);
	images_fini(&im);
	write_bytes(dir, "t10k-labels-idx1-ubyte.gz",
		"\0\0\10\1\0\0\0\3\1\4\1", 11);
	refuse(dir, "3 labels for 2 images");
	write_bytes(dir, "t10k-labels-idx1-ubyte.gz", labels, 9);
	refuse(dir, "9 bytes, but its head promises 10");
	write_bytes(dir, "t10k-labels-idx1-ubyte.gz", images, 28);
	refuse(dir, "not an IDX file of labels (magic 0x00000801)");
	write_bytes(dir, "t10k-images-idx3-ubyte.gz", "\37\213\10\0\0", 5);
	refuse(path, "broken gzip file");
	write_bytes(dir, "t10k-images-idx3-ubyte.gz",
		"\0\0\10\3\377\377\377\377\377\377\377\377\377\377\377\377", 16);
	refuse(path, "impossible size in its head");
	free(path);
	free(other);
	test_directory_free(dir);
}
END_TEST

START_TEST(fashion_mnist_from_debian_is_read)
{
	struct images im;
	int seen[10] = { 0 };

	if (access(FASHION, F_OK))
		return;
	ck_assert_int_eq(images_read(&im, FASHION, 0, 0, 0, 0), 0);
	ck_assert_int_eq(im.count, 10000);
	for (int i = 0; i < im.count; i++)
		seen[im.label[i]]++;
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(seen[i], 1000);
	images_fini(&im);
}
END_TEST

START_TEST(images_of_another_shape_are_refused_not_resized)
{
	struct net *n = net_read("workloads/networks/resnet8.onnx");
	struct images im = { .channels = 1, .height = 28, .width = 28,
		.classes = 10, .file = "f" };

	msg_capture(1);
	ck_assert_int_eq(images_check(&im, n), -1);
	ck_assert_str_eq(msg_captured(), "laxity: f: images of 1 x 28 x 28, but "
		"network 'resnet8' takes 3 x 32 x 32\n");
	msg_capture(0);
	net_free(n);
}
END_TEST

Suite *test_backend(void);
Suite *test_backend(void)
{
	Suite *s = suite_create("backend");
	TCase *t = tcase_create("backend");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, onednn_agrees_with_the_oracle_on_every_operator,
		0, good_count);
	tcase_add_test(t, onednn_agrees_with_the_oracle_on_shipped_networks);
	tcase_add_test(t, onednn_refuses_more_cores_than_there_are);
	tcase_add_test(t, the_plain_backend_is_the_oracle);
	tcase_add_test(t, replay_takes_the_bundle_s_times_and_gives_its_outcomes);
	tcase_add_test(t, a_backend_that_is_not_there_or_not_one_is_refused);
	tcase_add_test(t, cifar_files_are_read_and_checked);
	tcase_add_test(t, idx_files_plain_and_gzip_are_read_and_checked);
	tcase_add_test(t, fashion_mnist_from_debian_is_read);
	tcase_add_test(t, images_of_another_shape_are_refused_not_resized);
	suite_add_tcase(s, t);
	return s;
}
