/* The GPU backend's kernels on an emulation of CUDA (emulation/): the same
 * source, run on the CPU, against plain loops in double. */
#include "../../traces/harness/backends/cudnn/kernels.h"

#include "../../sim/mem.h"

#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* ---- Halves -------------------------------------------------------------------- */

static double from_half(uint16_t h)
{
	int exponent = h >> 10 & 31, mantissa = h & 1023;
	double x = exponent ? ldexp(1024 + mantissa, exponent - 25)
		: ldexp(mantissa, -24);

	return h >> 15 ? -x : x;
}

/* Multiples of 1/64 between -1 and 1 are exact. */
static uint16_t noise(uint32_t *r)
{
	int x;

	*r = *r * 1664525u + 1013904223u;
	x = (int)(*r >> 25) - 64;
	if (!x)
		return 0;
	int exponent;
	(void)frexp(abs(x), &exponent);
	return (uint16_t)((x < 0 ? 0x8000 : 0) | (exponent + 8) << 10
		| ((abs(x) << (11 - exponent)) & 1023));
}

/* A tensor of noise within a wider buffer of other noise. */
struct box { struct view v; uint16_t *all; size_t count; };

static struct box make_box(int channels, int height, int width, int offset,
	int wide, uint32_t seed)
{
	struct box b = { .count = (size_t)(height * width * wide) };
	uint32_t r = seed;

	/* As cudaMalloc would align it. */
	b.all = aligned_alloc(256, (b.count * 2 + 255) / 256 * 256);
	for (size_t i = 0; i < b.count; i++)
		b.all[i] = noise(&r);
	b.v = (struct view){ b.all + offset, channels, height, width, wide };
	return b;
}

static double at(const struct view *v, int y, int x, int c)
{
	return from_half(((uint16_t *)v->p)[(y * v->width + x) * v->wide + c]);
}

/* ---- Convolution ------------------------------------------------------------------ */

static const struct shape {
	int ins, height, width, outs, kernel, stride, pad, dilation, groups;
	int wide, offset, add, relu;
} shapes[] = {
	{ 8, 8, 8, 16, 3, 1, 1, 1, 1, 8, 0, 0, 1 },    /* the padded image */
	{ 16, 8, 8, 16, 3, 1, 1, 1, 1, 16, 0, 1, 1 },  /* residual */
	{ 16, 8, 8, 32, 3, 2, 1, 1, 1, 16, 0, 0, 1 },  /* down-sampling */
	{ 16, 8, 8, 32, 1, 2, 0, 1, 1, 16, 0, 0, 0 },  /* shortcut */
	{ 24, 5, 7, 40, 3, 1, 1, 1, 1, 64, 8, 1, 1 },  /* a range, odd plane */
	{ 64, 4, 4, 64, 3, 1, 1, 1, 1, 64, 0, 1, 1 },  /* a long sum */
	{ 16, 9, 9, 10, 3, 1, 2, 2, 1, 16, 0, 0, 0 },  /* dilated, 10 outputs */
	{ 8, 6, 6, 8, 3, 1, 1, 1, 4, 8, 0, 0, 1 },     /* groups */
};

static double conv_at(const struct conv_args *a, const uint16_t *krsc, int o,
	int r, int q)
{
	double sum = (double)a->bias[o];
	int first = o / (a->out.channels / a->groups) * a->in_channels;

	for (int i = 0; i < a->kernel[0]; i++)
	for (int k = 0; k < a->kernel[1]; k++)
	for (int c = 0; c < a->in_channels; c++) {
		int y = r * a->stride[0] + i * a->dilation[0] - a->pad[0];
		int x = q * a->stride[1] + k * a->dilation[1] - a->pad[1];
		if (y >= 0 && x >= 0 && y < a->in.height && x < a->in.width)
			sum += at(&a->in, y, x, first + c) * from_half(krsc[
				((o * a->kernel[0] + i) * a->kernel[1] + k)
				* a->in_channels + c]);
	}
	if (a->add.p)
		sum += at(&a->add, r, q, o);
	return a->clamp.on && sum < 0 ? 0 : sum;
}

START_TEST(convolutions_of_every_shape_and_way_are_right)
{
	static const int ways[][2] = { { 0, 0 }, { 1, 1 }, { 4, 1 }, { 16, 1 },
		{ 2, 2 }, { 8, 2 }, { 4, 4 }, { 8, 4 } };
	const struct shape *s = &shapes[_i];
	int size = (s->height + 2 * s->pad - s->dilation * (s->kernel - 1) - 1)
		/ s->stride + 1;
	int width = (s->width + 2 * s->pad - s->dilation * (s->kernel - 1) - 1)
		/ s->stride + 1;
	int per = s->ins / s->groups, taps = s->kernel * s->kernel;
	size_t weights = (size_t)(s->outs * taps * per);
	struct box in = make_box(s->ins, s->height, s->width, s->offset, s->wide,
		1);
	struct box out = make_box(s->outs, size, width, 8, s->outs + 16, 2);
	struct box add = make_box(s->outs, size, width, 0, s->outs, 3);
	uint16_t *krsc = mem_new(weights, 2), *before;
	uint16_t *packed = mem_new(conv_packed(s->outs, taps, per), 2);
	float *bias = mem_new((size_t)s->outs, sizeof *bias);
	struct conv_args a = { .in = in.v, .out = out.v, .bias = bias,
		.kernel = { s->kernel, s->kernel },
		.stride = { s->stride, s->stride }, .pad = { s->pad, s->pad },
		.dilation = { s->dilation, s->dilation }, .groups = s->groups,
		.in_channels = per,
		.clamp = { s->relu, 0, (float)INFINITY } };
	uint32_t r = 4;

	for (size_t i = 0; i < weights; i++)
		krsc[i] = noise(&r);
	for (int i = 0; i < s->outs; i++)
		bias[i] = (float)(i % 7 - 3) / 8;
	if (s->add)
		a.add = add.v;
	conv_pack(krsc, s->outs, taps, per, packed);
	before = mem_new(out.count, 2);
	memcpy(before, out.all, out.count * 2);
	for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
		if (w && s->groups > 1)
			break;
		/* Many warps only where the sum is long: a warp is 32 threads
		 * of the machine here. */
		if (ways[w][0] > 4 && s->ins < 64)
			continue;
		memcpy(out.all, before, out.count * 2);
		a.weight = w ? packed : krsc;
		ck_assert_int_eq(w ? kernel_conv_tile(&a, ways[w][0], ways[w][1],
			NULL, 1) : kernel_conv_naive(&a, NULL, 0), 0);
		for (size_t i = 0; i < out.count; i++) {
			int column = (int)(i % (size_t)out.v.wide) - 8;
			int pixel = (int)(i / (size_t)out.v.wide);
			if (column < 0 || column >= s->outs) {
				/* Its neighbours in the buffer stay. */
				ck_assert_int_eq(out.all[i], before[i]);
				continue;
			}
			double want = conv_at(&a, krsc, column, pixel / width,
				pixel % width);
			ck_assert_msg(fabs(from_half(out.all[i]) - want)
				<= fabs(want) / 1024 + 1e-3,
				"way %zu pixel %d channel %d: %g, not %g", w,
				pixel, column, from_half(out.all[i]), want);
		}
	}
	free(in.all);
	free(out.all);
	free(add.all);
	free(before);
	free(krsc);
	free(packed);
	free(bias);
}
END_TEST

START_TEST(too_many_warps_or_tiles_are_refused)
{
	struct conv_args a = { .out = { .channels = 16, .height = 1,
		.width = 1 } };

	ck_assert_int_ne(kernel_conv_tile(&a, 16, 4, NULL, 0), 0);
	ck_assert_int_ne(kernel_conv_tile(&a, 4, 3, NULL, 0), 0);
}
END_TEST

/* ---- The others --------------------------------------------------------------------- */

START_TEST(the_image_is_normalised_and_its_padding_zeroed)
{
	unsigned char bytes[3 * 30];
	struct box out = make_box(3, 5, 6, 0, 8, 1);
	struct image_args a = { .bytes = bytes, .channels = 3, .padded = 8,
		.mean = { 0.4f, 0.5f, 0.6f }, .deviation = { 0.25f, 0.3f, 0.2f },
		.out = out.v };

	for (int i = 0; i < 90; i++)
		bytes[i] = (unsigned char)(i * 37);
	ck_assert_int_eq(kernel_image(&a, NULL, 0), 0);
	for (int p = 0; p < 30; p++)
		for (int c = 0; c < 8; c++) {
			double want = c > 2 ? 0 : (bytes[c * 30 + p] / 255.0
				- (double)a.mean[c]) / (double)a.deviation[c];
			ck_assert(fabs(from_half(out.all[p * 8 + c]) - want)
				<= fabs(want) / 1024);
		}
	free(out.all);
}
END_TEST

START_TEST(small_operators_are_right)
{
	const int kernel[] = { 3, 2 }, stride[] = { 2, 1 }, pad[] = { 1, 1 };
	struct box in = make_box(12, 6, 5, 8, 24, 1);
	struct box add = make_box(12, 6, 5, 0, 12, 2);
	struct box out = make_box(12, 6, 5, 4, 16, 3);
	struct box pooled = make_box(12, 3, 6, 0, 12, 4);
	struct box vector = make_box(12, 1, 1, 0, 12, 5);
	struct clamp c = { 1, -0.25f, 0.5f };

	ck_assert_int_eq(kernel_point(in.v, add.v, out.v, c, NULL, 0), 0);
	for (int i = 0; i < 30 * 12; i++) {
		double want = at(&in.v, i / 12 / 5, i / 12 % 5, i % 12)
			+ at(&add.v, i / 12 / 5, i / 12 % 5, i % 12);
		want = want < -0.25 ? -0.25 : want > 0.5 ? 0.5 : want;
		ck_assert(fabs(at(&out.v, i / 12 / 5, i / 12 % 5, i % 12) - want)
			< 1e-3);
	}
	for (int kind = 0; kind < 3; kind++) {
		ck_assert_int_eq(kernel_pool(in.v, pooled.v, kernel, stride, pad,
			kind == 0, kind == 1, NULL, 0), 0);
		for (int i = 0; i < 18 * 12; i++) {
			double best = -1e9, sum = 0;
			int seen = 0;
			for (int k = 0; k < 6; k++) {
				int y = i / 12 / 6 * 2 + k / 2 - 1;
				int x = i / 12 % 6 + k % 2 - 1;
				if (y < 0 || x < 0 || y > 5 || x > 4)
					continue;
				best = fmax(best, at(&in.v, y, x, i % 12));
				sum += at(&in.v, y, x, i % 12);
				seen++;
			}
			double want = kind == 0 ? best : sum / (kind == 1 ? 6
				: seen);
			ck_assert(fabs(from_half(pooled.all[i]) - want) < 1e-3);
		}
	}
	ck_assert_int_eq(kernel_mean(in.v, vector.v, NULL, 0), 0);
	for (int k = 0; k < 12; k++) {
		double sum = 0;
		for (int p = 0; p < 30; p++)
			sum += at(&in.v, p / 5, p % 5, k);
		ck_assert(fabs(from_half(vector.all[k]) - sum / 30) < 1e-3);
	}
	free(in.all);
	free(add.all);
	free(out.all);
	free(pooled.all);
	free(vector.all);
}
END_TEST

START_TEST(dense_layers_read_planes_channel_by_channel)
{
	struct box in = make_box(6, 2, 3, 0, 8, 1);
	struct box out = make_box(5, 1, 1, 0, 8, 2);
	uint16_t w[5 * 36];
	float bias[5] = { 0.5f, -0.5f, 0, 1, 2 };
	struct clamp c = { 0, 0, 0 };
	uint32_t r = 9;

	for (int i = 0; i < 5 * 36; i++)
		w[i] = noise(&r);
	ck_assert_int_eq(kernel_dense(in.v, out.v, w, bias, c, NULL, 0), 0);
	for (int o = 0; o < 5; o++) {
		double sum = (double)bias[o];
		for (int i = 0; i < 36; i++)
			sum += from_half(w[o * 36 + i]) * at(&in.v, i / 6 / 3,
				i / 6 % 3, i % 6);
		ck_assert(fabs(from_half(out.all[o]) - sum) < 4e-3);
	}
	free(in.all);
	free(out.all);
}
END_TEST

START_TEST(the_exit_gives_probabilities_class_and_count)
{
	static const int channels[] = { 16, 64, 600 };
	for (int k = 0; k < 3; k++)
	for (int mean = 0; mean < 2; mean++) {
		int n = channels[k] * (mean ? 1 : 12);
		struct box in = make_box(channels[k], 3, 4, 8, channels[k] + 8,
			7);
		float *w = mem_new((size_t)(10 * n), sizeof *w), bias[10];
		float p[10];
		double logit[10], sum = 0;
		struct answer answer = { 0 };
		unsigned counter = 41;
		int best = 0;
		struct exit_args a = { .in = in.v, .mean = mean, .classes = 10,
			.weight = w, .bias = bias, .probabilities = p,
			.counter = &counter, .answer = &answer };
		uint32_t r = 5;
		for (int i = 0; i < 10 * n; i++)
			w[i] = (float)from_half(noise(&r)) / 4;
		for (int c = 0; c < 10; c++) {
			bias[c] = (float)c / 16;
			logit[c] = (double)bias[c];
			for (int i = 0; i < n; i++) {
				double x = 0;
				if (mean)
					for (int q = 0; q < 12; q++)
						x += at(&in.v, q / 4, q % 4, i)
							/ 12;
				else
					x = at(&in.v, i / channels[k] / 4,
						i / channels[k] % 4,
						i % channels[k]);
				logit[c] += (double)w[c * n + i] * x;
			}
			best = logit[c] > logit[best] ? c : best;
		}
		for (int c = 0; c < 10; c++)
			sum += exp(logit[c] - logit[best]);
		ck_assert_int_eq(kernel_exit(&a, NULL, 0), 0);
		ck_assert_int_eq(answer.count, 42);
		ck_assert_int_eq(counter, 42);
		ck_assert_int_eq(answer.prediction, best);
		ck_assert(fabs((double)answer.confidence - 1 / sum) < 1e-4);
		for (int c = 0; c < 10; c++)
			ck_assert(fabs((double)p[c] - exp(logit[c] - logit[best])
				/ sum) < 1e-4);
		free(in.all);
		free(w);
	}
}
END_TEST

Suite *test_kernels(void);
Suite *test_kernels(void)
{
	Suite *s = suite_create("kernels");
	TCase *t = tcase_create("kernels");

	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, convolutions_of_every_shape_and_way_are_right, 0,
		sizeof shapes / sizeof *shapes);
	tcase_add_test(t, too_many_warps_or_tiles_are_refused);
	tcase_add_test(t, the_image_is_normalised_and_its_padding_zeroed);
	tcase_add_test(t, small_operators_are_right);
	tcase_add_test(t, dense_layers_read_planes_channel_by_channel);
	tcase_add_test(t, the_exit_gives_probabilities_class_and_count);
	suite_add_tcase(s, t);
	return s;
}
