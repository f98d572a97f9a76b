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
	int is_sequence = words > 2 && !strcmp(word[2], "sequence");
	int n = words > 2 && !is_sequence ? split(word[2], ',', dims, 8) : 0;

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
	if (!is_sequence) {
		put_int(&tensor, 1, 1);
		put_text(&tensor, 2, &shape);
	} else {
		text_fini(&shape);
	}
	put_text(&type, is_sequence ? 4 : 1, &tensor);
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

/* Each line a network; the interpreter says what it should give. */
const struct good good[] = {
	{ "conv, bias, relu", "input x 1,3,8,8\nconst w 4,3,3,3\nconst b 4\n"
	  "const fw 3,4\nconst fb 3\nnode Conv c x,w,b c pads=1,1,1,1\n"
	  "node Relu r c r\n"
	  "node ReduceMean m r m axes=-1,2 keepdims=0\n"
	  "node Gemm g m,fw,fb g transB=1\nnode Softmax s g p\noutput p 1,3\n",
	  2, 3, 3 },
	{ "strides, dilations, groups, no bias; pools; clip",
	  "opset 13\ninput x 0,3,12,11\nconst w 6,3,3,2\nhalf v 6,2,3,3\n"
	  "const lo 1 = -0.25\nconst hi 1 = 0.5\nconst fw 6,4\nconst fb 4\n"
	  "node Conv c x,w c strides=2,1 pads=1,1,1,1 dilations=1,2\n"
	  "node Clip k c,lo,hi k\nnode Conv d k,v d group=3 pads=1,1,1,1\n"
	  "node MaxPool mp d e kernel_shape=3,2 strides=2,2 pads=1,1,1,1\n"
	  "node AveragePool ap e f kernel_shape=2,2 pads=1,0,1,0\n"
	  "node AveragePool aq f h kernel_shape=2,2 pads=1,0,1,0 count_include_pad=1\n"
	  "node Clip k2 h,-,hi j\n"
	  "node GlobalAveragePool gp j gp\nnode Flatten fl gp fl\n"
	  "node MatMul mm fl,fw mm\nnode Add ad mm,fb ad\nnode Softmax s ad p\n"
	  "output p\n", 7, 3, 4 },
	{ "residual: the later of two convs takes the add",
	  "input x 1,1,6,6\nconst w 2,1,3,3\nconst v 2,1,1,1\nconst b 2\n"
	  "const fw 2,2\nconst fb 2\nnode Conv c2 x,w,b c2 pads=1,1,1,1\n"
	  "node Conv sc x,v,b sc\nnode Add a c2,sc a\nnode Relu r a r\n"
	  "node ReduceMean m r m axes=2,3 keepdims=0\n"
	  "node Gemm g m,fw,fb g transB=1 alpha=0.5 beta=2.0\n"
	  "node Softmax s g p axis=-1\noutput p\n", 3, 1, 2 },
	{ "an add of a clamped conv and of itself is not fused",
	  "input x 1,1,5,5\nconst w 2,1,3,3\nconst v 2,2,1,1\nconst fw 2,2\n"
	  "const fb 2\nnode Conv c x,w c\nnode Relu r c r\n"
	  "node Add a r,r a\nnode Conv d a,v d\nnode Relu r2 d r2\n"
	  "node Add e r2,a e\nnode Relu r3 e r3\n"
	  "node ReduceMean m r3 m axes=2,3 keepdims=0\n"
	  "node Gemm g m,fw,fb g transB=1\nnode Softmax s g p\noutput p\n",
	  5, 1, 2 },
	{ "batch norm folded, once into a conv without bias",
	  "input x 1,1,6,6\nconst w 3,1,3,3\nconst v 2,3,1,1\nconst b 2\n"
	  "const sc 3\nconst sh 3\nconst mu 3\nconst var 3 = 0.5,1.5,2\n"
	  "const sc2 2\nconst sh2 2\nconst mu2 2\nconst var2 2 = 0.7,0.2\n"
	  "const fw 2,2\nconst fb 2\nnode Conv c x,w c\n"
	  "node BatchNormalization n c,sc,sh,mu,var n epsilon=1e-5 momentum=0.9\n"
	  "node Relu r n r\nnode Conv d r,v,b d\n"
	  "node BatchNormalization n2 d,sc2,sh2,mu2,var2 n2\n"
	  "node ReduceMean m n2 m axes=2,3 keepdims=0\n"
	  "node Gemm g m,fw,fb g transB=1\nnode Softmax s g p\noutput p\n",
	  3, 1, 2 },
	{ "a plane flattened into a hidden layer",
	  "input x 1,3,4,4\nconst w 2,3,3,3\nconst h 5,8\nconst hb 5\n"
	  "int shape 2 = 1,-1\nconst fw 5,3\nconst fb 3\nnode Conv c x,w c\n"
	  "node Reshape rs c,shape rs\nnode Gemm h rs,h,hb hid transB=1\n"
	  "node Relu r hid r\nnode Gemm g r,fw,fb g\nnode Softmax s g p\n"
	  "output p\n", 3, 3, 3 },
	{ "concat: of the image, twice the same, of a vector: copies",
	  "input x 1,1,4,4\nconst w 2,1,1,1\nconst v 3,5,1,1\nconst fw 6,2\n"
	  "const fb 2\nnode Conv c x,w c\nnode Concat k x,c,c k axis=1\n"
	  "node Conv d k,v d\nnode GlobalAveragePool m d m\n"
	  "node Flatten f m f\nnode Concat kk f,f kk axis=1\n"
	  "node Gemm g kk,fw,fb g\nnode Softmax s g p\noutput p\n", 9, 1, 2 },
	{ "identity, constant, a probability straight from the mean",
	  "input x 1,1,4,4\nconst w 3,1,1,1\nnode Identity i x i\n"
	  "node Conv c i,w c\nnode GlobalAveragePool m c m\n"
	  "node Flatten f m f\nnode Softmax s f p\noutput p\n", 2, 1, 3 },
	{ "an add of a constant per channel is a bias",
	  "input x 1,1,4,4\nconst w 3,1,1,1\nconst k 1,3,1,1\nnode Conv c x,w c\n"
	  "node Add a k,c a\nnode Relu r a r\nnode GlobalAveragePool m r m\n"
	  "node Flatten f m f\nnode Softmax s f p\noutput p\n", 2, 1, 3 },
};
const int good_count = sizeof good / sizeof *good;

/* The same bytes everywhere: a full-period generator's high bits. */
void fill_image(unsigned char *image, size_t n, uint32_t seed)
{
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525u + 1013904223u;
		image[i] = (unsigned char)(seed >> 24);
	}
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
