/* Reading ONNX, stages, fusing, placing; the oracle against an interpreter
 * that knows nothing of fusing, and against values from PyTorch. */
#include "support_onnx.h"

#include "../support_program.h"

#include "../../sim/file.h"
#include "../../sim/mem.h"
#include "../../sim/msg.h"
#include "../../traces/harness/net.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct net *make_net(const char *dir, const char *text,
	const char *kind, int classes, int channels, char **path)
{
	char *ini = make_ini(kind, classes, channels);
	struct net *n;

	*path = make_onnx(dir, "a", text, ini);
	n = net_read(*path);
	free(ini);
	return n;
}

/* Largest difference of a probability over four images and all exits. */
static double compare(const struct net *n, const char *path)
{
	struct onnx *o = onnx_read(path);
	struct oracle *oracle = oracle_new(n, 2);
	size_t pixels = (size_t)(n->channels * n->height * n->width);
	unsigned char *image = mem_new(pixels, 1);
	float *x = mem_new(pixels, sizeof *x), p[64];
	double worst = 0, q[64];

	for (uint32_t k = 0; k < 4; k++) {
		fill_image(image, pixels, k);
		net_normalise(n, image, x);
		for (int d = 1; d <= n->depths; d++) {
			oracle_stage(oracle, (int)k % 2, d, image, p);
			interpret(o, x, d - 1, q);
			for (int i = 0; i < n->classes; i++)
				worst = fmax(worst, fabs((double)p[i] - q[i]));
		}
	}
	free(image);
	free(x);
	oracle_free(oracle);
	onnx_free(o);
	return worst;
}

static int count_kind(const struct net *n, enum op_kind kind)
{
	int k = 0;
	for (int i = 0; i < n->ops; i++)
		k += n->op[i].kind == kind;
	return k;
}

/* As written for the first version; never edited (tests/compat/README.md). */
START_TEST(a_network_of_format_1_is_read)
{
	struct net *n = net_read("tests/compat/network-1.onnx");

	ck_assert_ptr_nonnull(n);
	ck_assert_int_eq(n->depths, 1);
	ck_assert_int_eq(n->classes, 2);
	ck_assert_int_eq(n->channels, 1);
	ck_assert_str_eq(n->sha256, "5915f3d042c27931fe686687f6594b40"
		"0ea707cb468742c53cf30d491025b5a0");
	net_free(n);
}
END_TEST

START_TEST(every_operator_means_what_onnx_says)
{
	char *dir = test_directory(), *path;
	struct net *n = make_net(dir, good[_i].text, "single",
		good[_i].classes, good[_i].channels,
		&path);

	ck_assert_msg(n, "%s", good[_i].what);
	ck_assert_msg(compare(n, path) < 2e-6, "%s: %g", good[_i].what,
		compare(n, path));
	ck_assert_msg(n->ops == good[_i].ops, "%s: %d operators",
		good[_i].what, n->ops);
	net_free(n);
	free(path);
	test_directory_free(dir);
}
END_TEST

/* Two levels nested by width: level 2 reads the image and level 1's maps. */
static const char nested[] =
	"input x 1,3,6,6\nconst w1 2,3,3,3\nconst w2 3,3,3,3\nconst v1 2,2,1,1\n"
	"const v2 2,5,1,1\nconst f1 4,2\nconst f2 4,4\nconst b 4\n"
	"node Conv a1 x,w1 a1 pads=1,1,1,1\nnode Conv a2 x,w2 a2 pads=1,1,1,1\n"
	"node Relu r1 a1 r1\nnode Relu r2 a2 r2\nnode Concat k1 r1 k1 axis=1\n"
	"node Concat k2 r1,r2 k2 axis=1\nnode Conv c1 k1,v1 c1\n"
	"node Conv c2 k2,v2 c2\n"
	"node ReduceMean m1 c1 m1 axes=2,3 keepdims=0\n"
	"node Gemm g1 m1,f1,b g1 transB=1\nnode Softmax s1 g1 p1\n"
	"node Concat k3 c1,c2 k3 axis=1\n"
	"node ReduceMean m2 k3 m2 axes=2,3 keepdims=0\n"
	"node Gemm g2 m2,f2,b g2 transB=1\nnode Softmax s2 g2 p2\n"
	"node Relu lost a2 lost\noutput p1\noutput p2\n";

START_TEST(stages_are_what_reaches_an_exit_and_no_earlier_one)
{
	char *dir = test_directory(), *path;
	struct net *n;
	struct net_boundary at;

	msg_capture(1);
	n = make_net(dir, nested, "nested", 4, 3, &path);
	ck_assert_ptr_nonnull(n);
	ck_assert_ptr_nonnull(strstr(msg_captured(), "1 nodes reach no exit"));
	msg_capture(0);
	/* Stage 1: a1, c1, exit. Stage 2: a2, c2, exit; all Concats are free. */
	ck_assert_int_eq(n->ops, 6);
	ck_assert_int_eq(n->stage_first[2], 3);
	ck_assert_int_eq(n->op[2].kind, OP_EXIT);
	/* Kept after depth 1: r1 and c1, 2 x 36 each, and the image. */
	at = net_boundary_at(n, 1);
	ck_assert_int_eq(at.tensors, 2);
	ck_assert_int_eq(at.elements, 144);
	ck_assert_int_eq(at.image, 1);
	ck_assert_int_eq(net_boundary_at(n, 2).tensors, 0);
	ck_assert(compare(n, path) < 2e-6);
	net_free(n);
	free(path);
	test_directory_free(dir);
}
END_TEST

/* Of ([a b c], [a b], [b c]) all are ranges of one buffer; [c a] is not. */
START_TEST(concat_is_a_view_where_ranges_are_side_by_side)
{
	char *dir = test_directory(), *path;
	struct net *n = make_net(dir,
		"input x 1,1,4,4\nconst w 2,1,1,1\nconst v4 2,4,1,1\n"
		"const v6 2,6,1,1\nconst fw 2,2\nconst fb 2\n"
		"node Conv a x,w a\nnode Conv b x,w b\nnode Conv c x,w c\n"
		"node Concat ab a,b ab axis=1\nnode Concat bc b,c bc axis=-3\n"
		"node Concat abc ab,c abc axis=1\nnode Concat ca c,a ca axis=1\n"
		"node Conv d ab,v4 d\nnode Conv e bc,v4 e\nnode Conv f abc,v6 f\n"
		"node Conv h ca,v4 h\nnode Add s1 d,e s1\nnode Add s2 f,h s2\n"
		"node Add s3 s1,s2 s3\nnode ReduceMean m s3 m axes=2,3 keepdims=0\n"
		"node Gemm g m,fw,fb g\nnode Softmax p g p\noutput p\n",
		"single", 2, 1, &path);

	ck_assert_ptr_nonnull(n);
	ck_assert_int_eq(count_kind(n, OP_COPY), 2);
	ck_assert(compare(n, path) < 2e-6);
	net_free(n);
	free(path);
	test_directory_free(dir);
}
END_TEST

#define TAIL "const fw 2,2\nconst fb 2\n" \
	"node ReduceMean m y m axes=2,3 keepdims=0\n" \
	"node Gemm g m,fw,fb g\nnode Softmax s g p\noutput p\n"
#define TOP "input x 1,1,8,8\nconst w 2,1,3,3\n"

static const struct { const char *text, *message; } bad[] = {
	{ TOP "node Gelu head.act x y\n" TAIL,
	  "a.onnx: node 'head.act' (Gelu): operator not supported\n" },
	{ TOP "node Dropout d x y\n" TAIL,
	  "a.onnx: node 'd' (Dropout): operator not supported\n" },
	{ TOP "node Cast - x y\n" TAIL,
	  "a.onnx: node 'y' (Cast): operator not supported\n" },
	{ TOP "node Conv c x,w y auto_pad='SAME_UPPER'\n" TAIL,
	  "node 'c' (Conv): auto_pad other than NOTSET not supported\n" },
	{ TOP "node Conv c x,w y pads=1,1,0,0\n" TAIL,
	  "node 'c' (Conv): pads that differ between the sides not supported\n" },
	{ TOP "node Conv c x,w y pads=-1,0,-1,0\n" TAIL,
	  "node 'c' (Conv): attribute 'pads': -1 not supported\n" },
	{ TOP "node Conv c x,w y group=2\n" TAIL,
	  "node 'c' (Conv): weights do not fit 1 channels in 2 groups\n" },
	{ TOP "node Conv c x,w y wide=1\n" TAIL,
	  "node 'c' (Conv): attribute 'wide' not supported\n" },
	{ TOP "node Conv c x,w y kernel_shape=2,2\n" TAIL,
	  "node 'c' (Conv): kernel_shape differs from the weights\n" },
	{ TOP "node Conv c x,w y dilations=4,4\n" TAIL,
	  "node 'c' (Conv): window does not fit the 8 x 8 plane\n" },
	{ TOP "node Conv c x,x y\n" TAIL,
	  "node 'c' (Conv): input 2 must be constant numbers\n" },
	{ TOP "node Conv c x,w y domain=com.other\n" TAIL,
	  "node 'c' (Conv): domain 'com.other' not supported\n" },
	{ TOP "node Conv c z,w y\n" TAIL,
	  "node 'c' (Conv): reads 'z', which nothing before it makes\n" },
	{ TOP "node Conv c x,w y\nnode Conv d x,w y\n" TAIL,
	  "node 'd' (Conv): makes 'y', which is made already\n" },
	{ TOP "node MaxPool c x y kernel_shape=2,2 ceil_mode=1\n" TAIL,
	  "node 'c' (MaxPool): ceil_mode other than 0 not supported\n" },
	{ TOP "const sc 2\nconst v 2 = 1,1\nnode Conv c x,w c\nnode Relu r c r\n"
	  "node BatchNormalization n r,sc,sc,sc,v y\n" TAIL,
	  "node 'n' (BatchNormalization): can be folded only into a Conv or "
	  "Gemm before it that nothing else reads\n" },
	{ TOP "node Conv c x,w c\nconst sc 2\nconst v 2 = -1,1\n"
	  "node BatchNormalization n c,sc,sc,sc,v y\n" TAIL,
	  "node 'n' (BatchNormalization): variance of channel 0 is not "
	  "positive\n" },
	{ TOP "node Conv c x,w y\nnode ReduceMean q y q axes=1\noutput q\n" TAIL,
	  "node 'q' (ReduceMean): axes other than 2 and 3 not supported\n" },
	{ TOP "node Conv c x,w y\noutput y\n" TAIL,
	  "a.onnx: exit 'y' is not a vector of class probabilities "
	  "(a Softmax)\n" },
	{ TOP "node Conv c x,w y\n" TAIL "node Identity i p q\noutput q\n",
	  "a.onnx: exit 'q' adds nothing to exit 'p'\n" },
	{ TOP "node Conv c x,w y\n" TAIL "node Identity i p q\noutput q sequence\n",
	  "a.onnx: 'q': is not a tensor\n" },
	{ TOP "node Conv c x,w y\n" TAIL "output nowhere\n",
	  "a.onnx: output 'nowhere': nothing makes it\n" },
	{ TOP "node Conv c x,w y\n" TAIL "output p\n",
	  "a.onnx: two outputs 'p'\n" },
	{ TOP "node Conv c x,w y\nnode Softmax q y q\noutput q\n" TAIL,
	  "node 'q' (Softmax): input is no vector\n" },
	{ "opset 12\n" TOP "node Conv c x,w y\n" TAIL,
	  "a.onnx: opset 12 not supported (13 to 17)\n" },
	{ "opset 18\n" TOP "node Conv c x,w y\n" TAIL,
	  "a.onnx: opset 18 not supported (13 to 17)\n" },
	{ "input x 1,1,0,8\nconst w 2,1,3,3\nnode Conv c x,w y\n" TAIL,
	  "a.onnx: input 'x': dimension 3 must be fixed, 1 to 4096\n" },
	{ "input x 2,1,8,8\nconst w 2,1,3,3\nnode Conv c x,w y\n" TAIL,
	  "a.onnx: input 'x' is not one image (1 x channels x height x width)\n" },
	{ "input x 1,1,8,8\ninput z 1,1,8,8\nconst w 2,1,3,3\n"
	  "node Conv c x,w y\n" TAIL, "a.onnx: 2 inputs, not one image\n" },
	{ TOP "const k 2,1,3,3 = nan\nnode Conv c x,k y\n" TAIL,
	  "a.onnx: 'k': values do not fill the shape or are not finite\n" },
	{ TOP "node Conv c x,w y\nint q 1 = 4\nnode Reshape rs y,q z\n"
	  "node Softmax t z t\noutput t\n",
	  "node 'rs' (Reshape): a shape other than 1 x 72 not supported\n" },
};

START_TEST(what_is_not_supported_is_refused_in_one_line)
{
	char *dir = test_directory(), *path;
	struct net *n;
	const char *said;

	msg_capture(1);
	n = make_net(dir, bad[_i].text, "single", 2, 1, &path);
	said = msg_captured();
	ck_assert_ptr_null(n);
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	ck_assert_msg(strlen(said) > strlen(bad[_i].message)
		&& !strcmp(said + strlen(said) - strlen(bad[_i].message),
			bad[_i].message), "%d: %s", _i, said);
	ck_assert_ptr_eq(strchr(said, '\n'), said + strlen(said) - 1);
	msg_capture(0);
	free(path);
	test_directory_free(dir);
}
END_TEST

static const struct { const char *ini, *message; } bad_ini[] = {
	{ NULL, "a.ini: " },
	{ "[network]\nkind = single\nclasses = 3\nmean = 0\ndeviation = 1\n",
	  "a.ini:3: classes = 3, but the exits have 2" },
	{ "[network]\nkind = staged\nclasses = 2\nmean = 0\ndeviation = 1\n",
	  "a.ini:2: kind staged, but the network has 1 exit" },
	{ "[network]\nkind = single\nclasses = 2\nmean = 0,0\ndeviation = 1\n",
	  "a.ini:4: mean: 1 numbers" },
	{ "[network]\nkind = single\nclasses = 2\nmean = 0\ndeviation = 0\n",
	  "a.ini:5: deviation: 1 numbers" },
	{ "[network]\nkind = single\nclasses = 2\nmean = 0\n",
	  "a.ini:1: [network] has no key 'deviation'" },
	{ "[network]\nkind = single\nclasses = 2\nmean = 0\ndeviation = 1\n"
	  "colour = red\n", "a.ini:6: " },
};

START_TEST(an_ini_that_does_not_fit_the_network_is_refused)
{
	char *dir = test_directory();
	char *path = make_onnx(dir, "a", TOP "node Conv c x,w y\n" TAIL,
		bad_ini[_i].ini);

	msg_capture(1);
	ck_assert_ptr_null(net_read(path));
	ck_assert_int_eq(msg_status(), STATUS_BAD);
	ck_assert_msg(strstr(msg_captured(), bad_ini[_i].message), "%s",
		msg_captured());
	msg_capture(0);
	free(path);
	test_directory_free(dir);
}
END_TEST

START_TEST(no_truncation_and_no_flipped_byte_crashes)
{
	char *dir = test_directory(), *path, *bytes, *ini;
	size_t length;
	int whole = 0;

	ini = make_ini("nested", 4, 3);
	path = make_onnx(dir, "a", nested, ini);
	bytes = test_read(path, &length);
	msg_capture(1);
	for (size_t k = 0; k < length; k += 1 + length / 700) {
		struct net *n;
		char keep = bytes[k];
		ck_assert_int_eq(file_write(path, bytes, k), 0);
		whole += (n = net_read(path)) != NULL;
		net_free(n);
		bytes[k] = (char)(keep ^ 1 << k % 8);
		ck_assert_int_eq(file_write(path, bytes, length), 0);
		net_free(net_read(path));
		bytes[k] = keep;
		msg_capture(1);
	}
	msg_capture(0);
	/* Cut within the last field, the opset, nothing is whole. */
	ck_assert_int_eq(whole, 0);
	free(bytes);
	free(path);
	free(ini);
	test_directory_free(dir);
}
END_TEST

/* A message nested in itself more deeply than any graph needs. */
START_TEST(deep_nesting_is_refused_before_it_is_unpacked)
{
	char *dir = test_directory(), *path = test_path(dir, "a.onnx");
	size_t n = 0, size = 3 << 20;
	unsigned char *bytes = mem_new(size, 1);

	/* Read from the outside: graph 7, node 1, attribute 5, graph 6,
	 * node 1, ...; written from the inside. */
	static const unsigned char field[] = { 1, 6, 5 };
	for (int k = 0; k < 200000; k++) {
		unsigned char head[6];
		size_t h = 0, x = n;
		head[h++] = (unsigned char)((k == 199999 ? 7 : field[k % 3])
			<< 3 | 2);
		for (;; x >>= 7) {
			head[h++] = (unsigned char)(x > 127 ? x % 128 + 128 : x);
			if (x <= 127)
				break;
		}
		memcpy(bytes + size - n - h, head, h);
		n += h;
	}
	ck_assert_int_eq(file_write(path, (char *)bytes + size - n, n), 0);
	msg_capture(1);
	ck_assert_ptr_null(onnx_read(path));
	ck_assert_ptr_nonnull(strstr(msg_captured(), "not an ONNX file"));
	msg_capture(0);
	free(bytes);
	free(path);
	test_directory_free(dir);
}
END_TEST

/* Probabilities of the shipped networks from PyTorch 1.13 on the image
 * fill_image(seed 7): tests/harness/reference.py prints them. */
static const struct { const char *name; int depths; float p[6][10]; } torch[] = {
#include "torch_values.h"
};

START_TEST(shipped_networks_agree_with_pytorch)
{
	unsigned char image[3072];
	char *path = mem_printf("workloads/networks/%s.onnx", torch[_i].name);
	struct net *n = net_read(path);
	struct oracle *o;
	float p[10];

	ck_assert_ptr_nonnull(n);
	ck_assert_int_eq(n->depths, torch[_i].depths);
	o = oracle_new(n, 1);
	fill_image(image, sizeof image, 7);
	for (int d = 1; d <= n->depths; d++) {
		oracle_stage(o, 0, d, image, p);
		for (int c = 0; c < 10; c++)
			ck_assert_msg(fabsf(p[c] - torch[_i].p[d - 1][c]) < 2e-5f,
				"%s exit %d class %d: %g", n->name, d, c,
				(double)(p[c] - torch[_i].p[d - 1][c]));
	}
	oracle_free(o);
	net_free(n);
	free(path);
}
END_TEST

/* What section 2 of measurement.md says of the two kinds of nesting. */
START_TEST(boundaries_of_the_given_networks_are_as_documented)
{
	static const int tensors[] = { 19, 38, 57, 0 };
	struct net *n = net_read("workloads/networks/nested4.onnx");

	ck_assert_ptr_nonnull(n);
	for (int d = 1; d <= 4; d++) {
		struct net_boundary at = net_boundary_at(n, d);
		ck_assert_int_eq(at.tensors, tensors[d - 1]);
		ck_assert_int_eq(at.image, d < 4);
		ck_assert_int_eq(at.elements * 2, d < 4 ? d * 368 * 1024 : 0);
	}
	ck_assert_int_eq(count_kind(n, OP_COPY), 0);
	net_free(n);
	n = net_read("workloads/networks/staged6.onnx");
	ck_assert_ptr_nonnull(n);
	for (int d = 1; d < 6; d++)
		ck_assert_int_eq(net_boundary_at(n, d).tensors, 1);
	/* 112 nodes, an operator for each Conv and each exit. */
	ck_assert_int_eq(n->ops, 39 + 6);
	net_free(n);
}
END_TEST

Suite *test_net(void);
Suite *test_net(void)
{
	Suite *s = suite_create("net");
	TCase *t = tcase_create("net");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, every_operator_means_what_onnx_says, 0,
		good_count);
	tcase_add_test(t, a_network_of_format_1_is_read);
	tcase_add_test(t, stages_are_what_reaches_an_exit_and_no_earlier_one);
	tcase_add_test(t, concat_is_a_view_where_ranges_are_side_by_side);
	tcase_add_loop_test(t, what_is_not_supported_is_refused_in_one_line, 0,
		sizeof bad / sizeof *bad);
	tcase_add_loop_test(t, an_ini_that_does_not_fit_the_network_is_refused,
		0, sizeof bad_ini / sizeof *bad_ini);
	tcase_add_test(t, no_truncation_and_no_flipped_byte_crashes);
	tcase_add_test(t, deep_nesting_is_refused_before_it_is_unpacked);
	tcase_add_loop_test(t, shipped_networks_agree_with_pytorch, 0,
		sizeof torch / sizeof *torch);
	tcase_add_test(t, boundaries_of_the_given_networks_are_as_documented);
	suite_add_tcase(s, t);
	return s;
}
