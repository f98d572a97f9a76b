#include "support_onnx.h"

#include "../support_program.h"

#include "../../sim/file.h"
#include "../../sim/mem.h"

#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Writing protobuf ------------------------------------------------------ */

static void put_varint(struct text *t, uint64_t x)
{
	for (;; x >>= 7) {
		char byte = (char)(x > 127 ? (x & 127) | 128 : x);
		text_add_n(t, &byte, 1);
		if (x <= 127)
			return;
	}
}

static void put_int(struct text *t, unsigned field, int64_t x)
{
	put_varint(t, field << 3);
	put_varint(t, (uint64_t)x);
}

static void put_bytes(struct text *t, unsigned field, const char *s, size_t n)
{
	put_varint(t, field << 3 | 2);
	put_varint(t, n);
	text_add_n(t, s, n);
}

static void put_text(struct text *t, unsigned field, struct text *inner)
{
	put_bytes(t, field, inner->s, inner->length);
	text_fini(inner);
}

static void put_string(struct text *t, unsigned field, const char *s)
{
	put_bytes(t, field, s, strlen(s));
}

static void put_float(struct text *t, unsigned field, float x)
{
	put_varint(t, field << 3 | 5);
	text_add_n(t, (const char *)&x, 4);
}

/* ---- The lines --------------------------------------------------------------- */

static int split(char *s, char by, char **word, int most)
{
	int n = 0;

	while (s && *s && n < most) {
		char *end = strchr(s, by);
		if (end)
			*end = 0;
		word[n++] = s;
		s = end ? end + 1 : NULL;
	}
	return n;
}

static uint16_t to_half(float x)
{
	int exponent;
	double m = frexp(fabs((double)x), &exponent);
	int bits = (int)lrint(m * 2048);

	if (x == 0 || exponent < -13)
		return 0;
	if (bits == 2048) {
		bits = 1024;
		exponent++;
	}
	return (uint16_t)((x < 0) << 15 | (exponent + 14) << 10 | (bits & 1023));
}

static void add_tensor(struct text *graph, char **word, int words)
{
	struct text t;
	char *dims[8], *values[256];
	int n, given = 0;
	size_t count = 1;

	text_init(&t);
	n = split(word[2], ',', dims, 8);
	for (int i = 0; i < n; i++) {
		put_int(&t, 1, atoi(dims[i]));
		count *= (size_t)atoi(dims[i]);
	}
	if (words > 4)
		given = split(word[4], ',', values, 256);
	put_int(&t, 2, *word[0] == 'i' ? 7 : *word[0] == 'h' ? 10 : 1);
	put_string(&t, 8, word[1]);
	if (*word[0] == 'i') {
		for (int i = 0; i < given; i++)
			put_int(&t, 7, atoi(values[i]));
	} else {
		struct text raw;
		text_init(&raw);
		for (size_t i = 0; i < count; i++) {
			float x = given ? (float)atof(values[(int)i % given])
				: (float)((int)((i * 7 + i / 5 + strlen(word[1]))
					% 11) - 5) / 16;
			uint16_t h = to_half(x);
			if (*word[0] == 'h')
				text_add_n(&raw, (const char *)&h, 2);
			else
				text_add_n(&raw, (const char *)&x, 4);
		}
		put_text(&t, 9, &raw);
	}
	put_text(graph, 5, &t);
}

static void add_attr(struct text *node, char *word)
{
	struct text t;
	char *value = strchr(word, '='), *numbers[16];

	ck_assert_ptr_nonnull(value);
	*value++ = 0;
	text_init(&t);
	put_string(&t, 1, word);
	if (*value == '\'') {
		put_bytes(&t, 4, value + 1, strlen(value) - 2);
		put_int(&t, 20, 3);
	} else if (strpbrk(value, ".e")) {
		put_float(&t, 2, (float)atof(value));
		put_int(&t, 20, 1);
	} else if (!strcmp(word, "group") || !strcmp(word, "axis")
	    || strstr(word, "keepdims") || strstr(word, "trans")
	    || strstr(word, "mode") || strstr(word, "order")
	    || strstr(word, "include") || strstr(word, "zero")) {
		put_int(&t, 3, atoi(value));
		put_int(&t, 20, 2);
	} else {
		int n = split(value, ',', numbers, 16);
		for (int i = 0; i < n; i++)
			put_int(&t, 8, atoi(numbers[i]));
		put_int(&t, 20, 7);
	}
	put_text(node, 5, &t);
}

static void add_node(struct text *graph, char **word, int words)
{
	struct text t;
	char *names[64];
	int n;

	text_init(&t);
	n = split(word[3], ',', names, 64);
	for (int i = 0; i < n; i++)
		put_string(&t, 1, strcmp(names[i], "-") ? names[i] : "");
	n = split(word[4], ',', names, 64);
	for (int i = 0; i < n; i++)
		put_string(&t, 2, names[i]);
	put_string(&t, 3, strcmp(word[2], "-") ? word[2] : "");
	put_string(&t, 4, word[1]);
	for (int i = 5; i < words; i++) {
		if (!strncmp(word[i], "domain=", 7))
			put_string(&t, 7, word[i] + 7);
		else
			add_attr(&t, word[i]);
	}
	put_text(graph, 1, &t);
}

static void add_value(struct text *graph, char **word, int words)
{
	struct text value, type, tensor, shape;
	char *dims[8];
	int n = words > 2 ? split(word[2], ',', dims, 8) : 0;

	text_init(&value);
	text_init(&type);
	text_init(&tensor);
	text_init(&shape);
	for (int i = 0; i < n; i++) {
		struct text dim;
		text_init(&dim);
		if (atoi(dims[i]))
			put_int(&dim, 1, atoi(dims[i]));
		else
			put_string(&dim, 2, "n");
		put_text(&shape, 1, &dim);
	}
	put_string(&value, 1, word[1]);
	put_int(&tensor, 1, 1);
	put_text(&tensor, 2, &shape);
	put_text(&type, 1, &tensor);
	put_text(&value, 2, &type);
	put_text(graph, *word[0] == 'i' ? 11 : 12, &value);
}

char *make_onnx(const char *dir, const char *name, const char *text,
	const char *ini)
{
	struct text graph, model, opset;
	char *copy = mem_string(text), *line[512], *word[32];
	char *path = mem_printf("%s/%s.onnx", dir, name);
	int lines = split(copy, '\n', line, 512), version = 17;

	text_init(&graph);
	for (int i = 0; i < lines; i++) {
		int n = split(line[i], ' ', word, 32);
		if (!n)
			continue;
		if (!strcmp(word[0], "opset"))
			version = atoi(word[1]);
		else if (!strcmp(word[0], "node"))
			add_node(&graph, word, n);
		else if (!strcmp(word[0], "input") || !strcmp(word[0], "output"))
			add_value(&graph, word, n);
		else
			add_tensor(&graph, word, n);
	}
	text_init(&model);
	text_init(&opset);
	put_int(&model, 1, 8);
	put_text(&model, 7, &graph);
	put_string(&opset, 1, "");
	put_int(&opset, 2, version);
	put_text(&model, 8, &opset);
	ck_assert_int_eq(file_write(path, model.s, model.length), 0);
	text_fini(&model);
	free(copy);
	if (ini) {
		char *ini_path = mem_printf("%s/%s.ini", dir, name);
		test_write(ini_path, ini);
		free(ini_path);
	}
	return path;
}

char *make_ini(const char *kind, int classes, int channels)
{
	return mem_printf("[network]\nkind = %s\nclasses = %d\nmean = %s\n"
		"deviation = %s\n", kind, classes,
		channels == 1 ? "0.25" : "0.4,0.5,0.6",
		channels == 1 ? "0.5" : "0.25,0.3,0.2");
}

/* ---- The interpreter ----------------------------------------------------------- */

struct array { const char *name; int dims; int dim[4]; double *x; };

static size_t size_of(const struct array *a)
{
	size_t n = 1;
	for (int i = 0; i < a->dims; i++)
		n *= (size_t)a->dim[i];
	return n;
}

static struct array fresh(const char *name, int dims, int d0, int d1, int d2,
	int d3)
{
	struct array a = { name, dims, { d0, d1, d2, d3 }, NULL };
	a.x = mem_new(size_of(&a), sizeof *a.x);
	return a;
}

static int attr(const struct onnx_node *n, const char *name, int at, int missing)
{
	const struct onnx_attr *a = onnx_attr(n, name);
	return !a ? missing : a->kind == ONNX_INT ? (int)a->i
		: (int)a->ints[at];
}

static struct array window(const struct onnx_node *n, const struct array *in)
{
	const struct array *x = in[0].x ? &in[0] : NULL, *w = &in[1], *b = &in[2];
	int conv = !strcmp(n->op, "Conv"), max = !strcmp(n->op, "MaxPool");
	int kh = conv ? w->dim[2] : attr(n, "kernel_shape", 0, 1);
	int kw = conv ? w->dim[3] : attr(n, "kernel_shape", 1, 1);
	int sh = attr(n, "strides", 0, 1), sw = attr(n, "strides", 1, 1);
	int dh = attr(n, "dilations", 0, 1), dw = attr(n, "dilations", 1, 1);
	int ph = attr(n, "pads", 0, 0), pw = attr(n, "pads", 1, 0);
	int groups = attr(n, "group", 0, 1);
	int outs = conv ? w->dim[0] : x->dim[1];
	int oh = (x->dim[2] + 2 * ph - dh * (kh - 1) - 1) / sh + 1;
	int ow = (x->dim[3] + 2 * pw - dw * (kw - 1) - 1) / sw + 1;
	struct array y = fresh(n->output[0], 4, 1, outs, oh, ow);

	for (int o = 0; o < outs; o++)
	for (int r = 0; r < oh; r++)
	for (int q = 0; q < ow; q++) {
		double sum = conv && b->x ? b->x[o] : 0, best = -INFINITY;
		int per = conv ? w->dim[1] : 1, seen = 0;
		int base = conv ? o / (outs / groups) * per : o;
		for (int c = 0; c < per; c++)
		for (int i = 0; i < kh; i++)
		for (int k = 0; k < kw; k++) {
			int row = r * sh + i * dh - ph, col = q * sw + k * dw - pw;
			if (row < 0 || col < 0 || row >= x->dim[2]
			    || col >= x->dim[3])
				continue;
			double v = x->x[((base + c) * x->dim[2] + row)
				* x->dim[3] + col];
			sum += v * (conv ? w->x[((o * per + c) * kh + i) * kw + k]
				: 1);
			best = fmax(best, v);
			seen++;
		}
		if (attr(n, "count_include_pad", 0, 0))
			seen = kh * kw;
		y.x[(o * oh + r) * ow + q] = conv ? sum : max ? best
			: sum / seen;
	}
	return y;
}

static struct array one_node(const struct onnx_node *n, struct array *in)
{
	const struct array *x = &in[0];
	const char *op = n->op, *to = n->output[0];
	int plane = x->dims == 4 ? x->dim[2] * x->dim[3] : 1;
	struct array y;

	if (!strcmp(op, "Conv") || strstr(op, "xPool") || strstr(op, "ragePool"))
		if (strcmp(op, "GlobalAveragePool"))
			return window(n, in);
	if (!strcmp(op, "Relu") || !strcmp(op, "Clip") || !strcmp(op, "Identity")
	    || !strcmp(op, "BatchNormalization") || !strcmp(op, "Add")) {
		if (!strcmp(op, "Add") && size_of(&in[1]) > size_of(x)) {
			struct array constant = in[0];
			in[0] = in[1];
			in[1] = constant;
			plane = x->dims == 4 ? x->dim[2] * x->dim[3] : 1;
		}
		y = *x;
		y.name = to;
		y.x = mem_new(size_of(&y), sizeof *y.x);
		for (size_t i = 0; i < size_of(&y); i++) {
			double v = x->x[i % size_of(x)];
			int c = (int)i / plane;
			if (!strcmp(op, "Relu"))
				v = v > 0 ? v : 0;
			else if (!strcmp(op, "Clip")) {
				if (in[1].x)
					v = fmax(v, in[1].x[0]);
				if (in[2].x)
					v = fmin(v, in[2].x[0]);
			} else if (*op == 'B')
				v = (v - in[3].x[c]) / sqrt(in[4].x[c] + 1e-5)
					* in[1].x[c] + in[2].x[c];
			else if (*op == 'A')
				v = size_of(&in[1]) == size_of(x)
					? v + in[1].x[i] : v + in[1].x[c];
			y.x[i] = v;
		}
		return y;
	}
	if (!strcmp(op, "Concat")) {
		int channels = 0, at = 0;
		for (int i = 0; i < n->inputs; i++)
			channels += in[i].dim[1];
		y = fresh(to, x->dims, 1, channels, x->dim[2], x->dim[3]);
		for (int i = 0; i < n->inputs; i++)
			for (size_t k = 0; k < size_of(&in[i]); k++)
				y.x[at++] = in[i].x[k];
		return y;
	}
	if (!strcmp(op, "ReduceMean") || !strcmp(op, "GlobalAveragePool")) {
		int keep = *op == 'G' || attr(n, "keepdims", 0, 1);
		y = fresh(to, keep ? 4 : 2, 1, x->dim[1], 1, 1);
		for (int c = 0; c < x->dim[1]; c++) {
			for (int i = 0; i < plane; i++)
				y.x[c] += x->x[c * plane + i];
			y.x[c] /= plane;
		}
		return y;
	}
	if (!strcmp(op, "Flatten") || !strcmp(op, "Reshape")) {
		y = fresh(to, 2, 1, (int)size_of(x), 1, 1);
		memcpy(y.x, x->x, size_of(x) * sizeof *y.x);
		return y;
	}
	if (!strcmp(op, "Gemm") || !strcmp(op, "MatMul")) {
		int t = attr(n, "transB", 0, 0);
		int outs = in[1].dim[t ? 0 : 1], ins = in[1].dim[t ? 1 : 0];
		const struct onnx_attr *alpha = onnx_attr(n, "alpha");
		const struct onnx_attr *beta = onnx_attr(n, "beta");
		y = fresh(to, 2, 1, outs, 1, 1);
		for (int o = 0; o < outs; o++) {
			for (int i = 0; i < ins; i++)
				y.x[o] += x->x[i] * in[1].x[t ? o * ins + i
					: i * outs + o];
			y.x[o] *= alpha ? (double)alpha->f : 1;
			if (n->inputs > 2)
				y.x[o] += in[2].x[o] * (beta ? (double)beta->f : 1);
		}
		return y;
	}
	ck_assert_str_eq(op, "Softmax");
	double sum = 0;
	y = fresh(to, 2, 1, x->dim[1], 1, 1);
	for (int i = 0; i < x->dim[1]; i++)
		sum += y.x[i] = exp(x->x[i]);
	for (int i = 0; i < x->dim[1]; i++)
		y.x[i] /= sum;
	return y;
}

static struct array of_const(const struct onnx_const *c, const char *name)
{
	struct array a = { name, c->dims, { 1, 1, 1, 1 }, NULL };

	for (int i = 0; i < c->dims && i < 4; i++)
		a.dim[i] = (int)c->dim[i];
	a.x = mem_new(c->count, sizeof *a.x);
	for (size_t i = 0; i < c->count; i++)
		a.x[i] = c->f ? (double)c->f[i] : (double)c->i[i];
	return a;
}

void interpret(const struct onnx *o, const float *image, int output,
	double *probabilities)
{
	struct array *known = mem_new((size_t)(o->constants + o->nodes + 1),
		sizeof *known);
	int n = 0;

	for (int i = 0; i < o->constants; i++)
		known[n++] = of_const(&o->constant[i], o->constant[i].name);
	known[n] = fresh(o->input[0].name, 4, 1, (int)o->input[0].dim[1],
		(int)o->input[0].dim[2], (int)o->input[0].dim[3]);
	for (size_t i = 0; i < size_of(&known[n]); i++)
		known[n].x[i] = (double)image[i];
	n++;
	for (int i = 0; i < o->nodes; i++) {
		const struct onnx_node *p = &o->node[i];
		struct array in[16] = { { 0 } };
		for (int k = 0; k < p->inputs; k++)
			for (int j = 0; j < n; j++)
				if (!strcmp(known[j].name, p->input[k]))
					in[k] = known[j];
		known[n++] = strcmp(p->op, "Constant") ? one_node(p, in)
			: of_const(onnx_attr(p, "value")->t, p->output[0]);
	}
	for (int j = 0; j < n; j++) {
		if (!strcmp(known[j].name, o->output[output].name))
			memcpy(probabilities, known[j].x,
				size_of(&known[j]) * sizeof(double));
		free(known[j].x);
	}
	free(known);
}
