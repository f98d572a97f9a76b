/* One ONNX node -> one operator, with its attributes and shapes checked. */
#include "net_build.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static int window_attrs(struct build *b, const struct onnx_node *n,
	struct net_op *o)
{
	const struct onnx_attr *a = onnx_attr(n, "auto_pad");
	int pads[4] = { 0, 0, 0, 0 };

	if (a && (a->kind != ONNX_STRING || strcmp(a->s, "NOTSET")))
		return onnx_bad(b->onnx, n, "auto_pad other than NOTSET not "
			"supported");
	if (onnx_ints(b->onnx, n, "kernel_shape", 2, o->kernel)
	    || onnx_ints(b->onnx, n, "strides", 2, o->stride)
	    || onnx_ints(b->onnx, n, "dilations", 2, o->dilation)
	    || onnx_ints(b->onnx, n, "pads", 4, pads))
		return -1;
	if (pads[0] != pads[2] || pads[1] != pads[3])
		return onnx_bad(b->onnx, n, "pads that differ between the "
			"sides not supported");
	for (int k = 0; k < 2; k++) {
		o->pad[k] = pads[k];
		if (o->kernel[k] < 1 || o->stride[k] < 1 || o->dilation[k] < 1)
			return onnx_bad(b->onnx, n, "kernel_shape, strides and "
				"dilations must be positive");
	}
	return 0;
}

static int window_out(struct build *b, const struct onnx_node *n,
	const struct net_op *o, const struct net_tensor *in, int out[2])
{
	const int size[2] = { in->height, in->width };

	for (int k = 0; k < 2; k++) {
		int64_t span = (int64_t)o->dilation[k] * (o->kernel[k] - 1) + 1;
		int64_t room = size[k] + 2 * (int64_t)o->pad[k] - span;
		if (room < 0 || room / o->stride[k] + 1 > 1 << 16)
			return onnx_bad(b->onnx, n, "window does not fit the "
				"%d x %d plane", in->height, in->width);
		out[k] = (int)(room / o->stride[k]) + 1;
	}
	return 0;
}

static int lower_conv(struct build *b, const struct onnx_node *n, int stage)
{
	const struct onnx_const *w, *bias = NULL;
	struct build_op *o;
	struct net_tensor in;
	int64_t groups;
	int t, out[2];

	if (node_attrs(b, n, ATTRS("auto_pad", "kernel_shape", "strides",
		"dilations", "pads", "group")) || node_args(b, n, 2, 3)
	    || (t = node_tensor(b, n, 0, PLANE)) < 0
	    || !(w = node_const(b, n, 1, -1))
	    || onnx_int(b->onnx, n, "group", 1, &groups))
		return -1;
	in = b->tensor[t];
	if (w->dims != 4 || groups < 1 || groups > in.channels
	    || w->dim[1] * groups != in.channels || w->dim[0] % groups)
		return onnx_bad(b->onnx, n, "weights do not fit %d channels "
			"in %lld groups", in.channels, (long long)groups);
	if (n->inputs > 2 && *n->input[2]
	    && !(bias = node_const(b, n, 2, w->dim[0])))
		return -1;
	o = node_add(b, n, OP_CONV, stage);
	o->op.kernel[0] = (int)w->dim[2];
	o->op.kernel[1] = (int)w->dim[3];
	o->op.groups = (int)groups;
	if (window_attrs(b, n, &o->op))
		return -1;
	if (o->op.kernel[0] != w->dim[2] || o->op.kernel[1] != w->dim[3])
		return onnx_bad(b->onnx, n, "kernel_shape differs from the "
			"weights");
	if (window_out(b, n, &o->op, &in, out))
		return -1;
	o->op.in = t;
	o->op.weight = w->f;
	o->op.bias = bias ? bias->f : NULL;
	node_make(b, n, o, (int)w->dim[0], out[0], out[1], 1);
	return 0;
}

static int lower_pool(struct build *b, const struct onnx_node *n, int stage,
	enum op_kind kind)
{
	struct build_op *o;
	struct net_tensor in;
	int64_t ceil_mode, order, include;
	int t, out[2];

	if (node_attrs(b, n, ATTRS("auto_pad", "kernel_shape", "strides",
		"pads", "ceil_mode", "dilations", "storage_order",
		"count_include_pad")) || node_args(b, n, 1, 1)
	    || (t = node_tensor(b, n, 0, PLANE)) < 0
	    || onnx_int(b->onnx, n, "ceil_mode", 0, &ceil_mode)
	    || onnx_int(b->onnx, n, "storage_order", 0, &order)
	    || onnx_int(b->onnx, n, "count_include_pad", 0, &include))
		return -1;
	if (ceil_mode || order)
		return onnx_bad(b->onnx, n, "%s other than 0 not supported",
			ceil_mode ? "ceil_mode" : "storage_order");
	if (!onnx_attr(n, "kernel_shape"))
		return onnx_bad(b->onnx, n, "no kernel_shape");
	in = b->tensor[t];
	o = node_add(b, n, (int)kind, stage);
	o->op.pad_counts = include != 0;
	o->op.in = t;
	if (window_attrs(b, n, &o->op) || window_out(b, n, &o->op, &in, out))
		return -1;
	if (o->op.dilation[0] != 1 || o->op.dilation[1] != 1)
		return onnx_bad(b->onnx, n, "dilations not supported");
	/* A window wholly in the padding would have nothing to take. */
	if (2 * o->op.pad[0] > o->op.kernel[0]
	    || 2 * o->op.pad[1] > o->op.kernel[1])
		return onnx_bad(b->onnx, n, "pads over half the kernel not "
			"supported");
	node_make(b, n, o, in.channels, out[0], out[1], 1);
	return 0;
}

static int lower_clamp(struct build *b, const struct onnx_node *n, int stage)
{
	float bound[2] = { 0, INFINITY };
	const struct build_value *v;
	struct build_op *o;
	struct net_tensor in;
	int t, flat, keeps, clip = !strcmp(n->op, "Clip");

	if (node_attrs(b, n, NO_ATTRS) || node_args(b, n, 1, clip ? 3 : 1)
	    || (t = node_tensor(b, n, 0, ANY)) < 0)
		return -1;
	if (clip)
		bound[0] = -INFINITY;
	for (int i = 1; i < n->inputs; i++) {
		const struct onnx_const *c;
		if (!*n->input[i])
			continue;
		if (!(c = node_const(b, n, i, 1)))
			return -1;
		bound[i - 1] = c->f[0];
	}
	if (bound[0] > bound[1])
		return onnx_bad(b->onnx, n, "bounds in the wrong order");
	v = node_value(b, n, 0);
	flat = v->flat;
	keeps = v->keeps;
	in = b->tensor[t];
	o = node_add(b, n, OP_CLAMP, stage);
	o->op.in = t;
	o->op.clamp = 1;
	o->op.low = bound[0];
	o->op.high = bound[1];
	node_make(b, n, o, in.channels, in.height, in.width, keeps);
	b->value[b->values - 1].flat = flat;
	return 0;
}

/* An Add of two tensors, or of a constant per channel, which can only be a
 * bias of the Conv, MatMul or Gemm before it. */
static int lower_add(struct build *b, const struct onnx_node *n, int stage)
{
	const struct build_value *v[2];
	struct build_op *o;
	struct net_tensor x, y;

	if (node_attrs(b, n, NO_ATTRS) || node_args(b, n, 2, 2))
		return -1;
	for (int i = 0; i < 2; i++)
		v[i] = node_value(b, n, i);
	if (v[0] && v[1] && v[0]->kind == VALUE_CONST)
		v[0] = v[1], v[1] = node_value(b, n, 0);
	if (v[0] && v[1] && v[0]->kind == VALUE_TENSOR
	    && v[1]->kind == VALUE_CONST && v[1]->constant->f) {
		const struct onnx_const *c = v[1]->constant;
		struct build_value keep = *v[0];
		double *scale, *shift;
		x = b->tensor[keep.tensor];
		/* Channels are the last dimension of a vector, but the third
		 * from the end of a plane. */
		int at = keep.keeps ? c->dims - 3 : c->dims - 1;
		if (keep.flat || c->count != (size_t)x.channels
		    || (x.channels > 1 && (at < 0
			|| c->dim[at] != x.channels)))
			return onnx_bad(b->onnx, n, "a constant must have one "
				"number per channel");
		scale = arena_new(b->arena, (size_t)x.channels, sizeof *scale);
		shift = arena_new(b->arena, (size_t)x.channels, sizeof *shift);
		for (int k = 0; k < x.channels; k++) {
			scale[k] = 1;
			shift[k] = (double)c->f[k];
		}
		o = node_add(b, n, BUILD_NORM, stage);
		o->op.in = keep.tensor;
		o->scale = scale;
		o->shift = shift;
		node_make(b, n, o, x.channels, x.height, x.width, keep.keeps);
		return 0;
	}
	for (int i = 0; i < 2; i++)
		if (node_tensor(b, n, i, NOT_FLAT) < 0)
			return -1;
	assert(v[0] && v[1]);
	x = b->tensor[v[0]->tensor];
	y = b->tensor[v[1]->tensor];
	if (x.channels != y.channels || x.height != y.height
	    || x.width != y.width || v[0]->keeps != v[1]->keeps)
		return onnx_bad(b->onnx, n, "shapes %dx%dx%d and %dx%dx%d "
			"differ", x.channels, x.height, x.width, y.channels,
			y.height, y.width);
	int keeps = v[0]->keeps;
	int in = v[0]->tensor, add = v[1]->tensor;
	o = node_add(b, n, OP_ADD, stage);
	o->op.in = in;
	o->op.add = add;
	node_make(b, n, o, x.channels, x.height, x.width, keeps);
	return 0;
}

static int lower_concat(struct build *b, const struct onnx_node *n, int stage)
{
	struct build_op *o;
	struct net_tensor first = { 0 };
	int64_t axis;
	int *input, channels = 0, keeps = 0;

	if (node_attrs(b, n, ATTRS("axis"))
	    || node_args(b, n, 1, 1 << 16)
	    || onnx_int(b->onnx, n, "axis", 0, &axis))
		return -1;
	input = arena_new(b->arena, (size_t)n->inputs, sizeof *input);
	for (int i = 0; i < n->inputs; i++) {
		struct net_tensor t;
		if ((input[i] = node_tensor(b, n, i, NOT_FLAT)) < 0)
			return -1;
		t = b->tensor[input[i]];
		if (!i) {
			first = t;
			keeps = node_value(b, n, 0)->keeps;
		}
		if (t.height != first.height || t.width != first.width
		    || node_value(b, n, i)->keeps != keeps)
			return onnx_bad(b->onnx, n, "planes differ");
		if (channels > (1 << 24) - t.channels)
			return onnx_bad(b->onnx, n, "too many channels");
		channels += t.channels;
	}
	if (axis != 1 && axis != (keeps ? -3 : -1))
		return onnx_bad(b->onnx, n, "axis %lld not supported",
			(long long)axis);
	if (n->inputs == 1) { /* an identity; nested4 has one */
		node_define(b, n->output[0], *node_value(b, n, 0));
		return 0;
	}
	o = node_add(b, n, BUILD_CONCAT, stage);
	o->inputs = n->inputs;
	o->input = input;
	node_make(b, n, o, channels, first.height, first.width, keeps);
	return 0;
}

static int lower_mean(struct build *b, const struct onnx_node *n, int stage)
{
	const int global = !strcmp(n->op, "GlobalAveragePool");
	const struct onnx_attr *a;
	struct build_op *o;
	struct net_tensor in;
	int64_t keepdims = 1;
	int t, seen = 0;

	if (node_attrs(b, n, global ? NO_ATTRS : ATTRS("axes", "keepdims"))
	    || node_args(b, n, 1, 1) || (t = node_tensor(b, n, 0, PLANE)) < 0)
		return -1;
	in = b->tensor[t];
	if (!global) {
		if (onnx_int(b->onnx, n, "keepdims", 1, &keepdims))
			return -1;
		a = onnx_attr(n, "axes");
		for (int i = 0; a && a->kind == ONNX_INTS && i < a->n; i++) {
			int64_t axis = a->ints[i] < 0 ? a->ints[i] + 4
				: a->ints[i];
			seen |= axis == 2 ? 1 : axis == 3 ? 2 : 4;
		}
		if (seen != 3 || a->n != 2)
			return onnx_bad(b->onnx, n, "axes other than 2 and 3 "
				"not supported");
	}
	o = node_add(b, n, OP_MEAN, stage);
	o->op.in = t;
	node_make(b, n, o, in.channels, 1, 1, keepdims != 0);
	return 0;
}

/* Gemm and MatMul with constant weights: both become weight[out][in]. */
static int lower_dense(struct build *b, const struct onnx_node *n, int stage)
{
	const int gemm = !strcmp(n->op, "Gemm");
	const struct onnx_const *w, *c = NULL;
	const struct build_value *v;
	struct net_tensor in;
	struct build_op *o;
	float alpha = 1, beta = 1, *weight, *bias = NULL;
	int64_t trans_a = 0, trans_b = 0;
	size_t outs, ins;
	int t;

	if (node_attrs(b, n, gemm ? ATTRS("alpha", "beta", "transA",
		"transB") : NO_ATTRS) || node_args(b, n, 2, gemm ? 3 : 2)
	    || (t = node_tensor(b, n, 0, ANY)) < 0 || !(w = node_const(b, n, 1, -1)))
		return -1;
	if (gemm && (onnx_float(b->onnx, n, "alpha", 1, &alpha)
	    || onnx_float(b->onnx, n, "beta", 1, &beta)
	    || onnx_int(b->onnx, n, "transA", 0, &trans_a)
	    || onnx_int(b->onnx, n, "transB", 0, &trans_b)))
		return -1;
	if (trans_a)
		return onnx_bad(b->onnx, n, "transA not supported");
	v = node_value(b, n, 0);
	in = b->tensor[t];
	if (v->keeps && !v->flat)
		return onnx_bad(b->onnx, n, "input is no vector");
	if (w->dims != 2)
		return onnx_bad(b->onnx, n, "weights of %d dimensions", w->dims);
	outs = (size_t)w->dim[trans_b ? 0 : 1];
	ins = (size_t)w->dim[trans_b ? 1 : 0];
	if (ins != (size_t)in.channels * (size_t)in.height * (size_t)in.width)
		return onnx_bad(b->onnx, n, "%zu weights a row for %d inputs",
			ins, in.channels * in.height * in.width);
	if (n->inputs > 2 && *n->input[2]) {
		if (!(c = node_const(b, n, 2, -1)))
			return -1;
		if (c->count != outs && c->count != 1)
			return onnx_bad(b->onnx, n, "bias of %zu elements for "
				"%zu outputs", c->count, outs);
	}
	weight = arena_new(b->arena, outs * ins, sizeof *weight);
	for (size_t i = 0; i < outs; i++)
		for (size_t k = 0; k < ins; k++)
			weight[i * ins + k] = alpha * (trans_b
				? w->f[i * ins + k] : w->f[k * outs + i]);
	if (c) {
		bias = arena_new(b->arena, outs, sizeof *bias);
		for (size_t i = 0; i < outs; i++)
			bias[i] = beta * c->f[c->count == 1 ? 0 : i];
	}
	o = node_add(b, n, OP_DENSE, stage);
	o->op.in = t;
	o->op.weight = weight;
	o->op.bias = bias;
	node_make(b, n, o, (int)outs, 1, 1, 0);
	return 0;
}

static int lower_softmax(struct build *b, const struct onnx_node *n, int stage)
{
	struct build_op *o;
	int64_t axis;
	int t;

	if (node_attrs(b, n, ATTRS("axis")) || node_args(b, n, 1, 1)
	    || (t = node_tensor(b, n, 0, ANY)) < 0
	    || onnx_int(b->onnx, n, "axis", -1, &axis))
		return -1;
	/* Over the last axis of a vector, which is a 1 x classes matrix. */
	if (axis != -1 && axis != 1)
		return onnx_bad(b->onnx, n, "axis %lld not supported (the last)",
			(long long)axis);
	if (node_value(b, n, 0)->keeps && !node_value(b, n, 0)->flat)
		return onnx_bad(b->onnx, n, "input is no vector");
	o = node_add(b, n, BUILD_SOFTMAX, stage);
	o->op.in = t;
	node_define(b, n->output[0], (struct build_value){ .kind = VALUE_EXIT,
		.tensor = b->ops - 1 });
	return 0;
}

static int lower_norm(struct build *b, const struct onnx_node *n, int stage)
{
	const struct onnx_const *p[4];
	struct build_op *o;
	struct net_tensor in;
	double *scale, *shift;
	float epsilon;
	int64_t training;
	int t, keeps;

	if (node_attrs(b, n, ATTRS("epsilon", "momentum", "training_mode"))
	    || onnx_int(b->onnx, n, "training_mode", 0, &training))
		return -1;
	if (training || n->outputs > 1)
		return onnx_bad(b->onnx, n, "training_mode not supported");
	if (node_args(b, n, 5, 5) || (t = node_tensor(b, n, 0, NOT_FLAT)) < 0
	    || onnx_float(b->onnx, n, "epsilon", 1e-5f, &epsilon))
		return -1;
	in = b->tensor[t];
	keeps = node_value(b, n, 0)->keeps;
	for (int i = 0; i < 4; i++)
		if (!(p[i] = node_const(b, n, i + 1, in.channels)))
			return -1;
	scale = arena_new(b->arena, (size_t)in.channels, sizeof *scale);
	shift = arena_new(b->arena, (size_t)in.channels, sizeof *shift);
	for (int k = 0; k < in.channels; k++) {
		double var = (double)p[3]->f[k] + (double)epsilon;
		if (!(var > 0))
			return onnx_bad(b->onnx, n, "variance of channel %d is "
				"not positive", k);
		scale[k] = (double)p[0]->f[k] / sqrt(var);
		shift[k] = (double)p[1]->f[k] - scale[k] * (double)p[2]->f[k];
	}
	o = node_add(b, n, BUILD_NORM, stage);
	o->op.in = t;
	o->scale = scale;
	o->shift = shift;
	node_make(b, n, o, in.channels, in.height, in.width, keeps);
	return 0;
}

/* Flatten and Reshape to 1 x everything: the same tensor, seen flat. */
static int lower_flat(struct build *b, const struct onnx_node *n)
{
	const int reshape = !strcmp(n->op, "Reshape");
	struct build_value v;
	struct net_tensor t;
	int64_t axis, allow, all;
	int number;

	if (node_attrs(b, n, reshape ? ATTRS("allowzero") : ATTRS("axis"))
	    || node_args(b, n, reshape ? 2 : 1, reshape ? 2 : 1)
	    || (number = node_tensor(b, n, 0, ANY)) < 0
	    || onnx_int(b->onnx, n, "axis", 1, &axis)
	    || onnx_int(b->onnx, n, "allowzero", 0, &allow))
		return -1;
	v = *node_value(b, n, 0);
	t = b->tensor[number];
	all = (int64_t)t.channels * t.height * t.width;
	if (reshape) {
		const struct build_value *s = node_value(b, n, 1);
		if (!s || s->kind != VALUE_CONST || !s->constant->i)
			return onnx_bad(b->onnx, n, "the shape must be constant "
				"integers");
		const int64_t *d = s->constant->i;
		/* 1 (or, as 0 or -1, the batch) x all of it. */
		if (s->constant->count != 2 || !(d[1] == all || (d[1] == -1
		    && d[0] != -1)) || !(d[0] == 1 || (d[0] == 0 && !allow)
		    || d[0] == -1))
			return onnx_bad(b->onnx, n, "a shape other than 1 x %lld "
				"not supported", (long long)all);
	} else if (axis != 1 && !(v.keeps ? axis == -3 : axis == -1)) {
		return onnx_bad(b->onnx, n, "axis %lld not supported",
			(long long)axis);
	}
	v.flat = v.keeps && t.height * t.width > 1;
	v.keeps = v.flat;
	node_define(b, n->output[0], v);
	return 0;
}

static int lower_identity(struct build *b, const struct onnx_node *n)
{
	const struct build_value *v;

	if (node_attrs(b, n, NO_ATTRS) || node_args(b, n, 1, 1))
		return -1;
	v = node_value(b, n, 0);
	if (!v)
		return onnx_bad(b->onnx, n, "no input");
	node_define(b, n->output[0], *v);
	return 0;
}

static int lower_constant(struct build *b, const struct onnx_node *n)
{
	const struct onnx_attr *a = onnx_attr(n, "value");

	if (node_attrs(b, n, ATTRS("value")) || node_args(b, n, 0, 0))
		return -1;
	if (!a || a->kind != ONNX_TENSOR)
		return onnx_bad(b->onnx, n, "no tensor value");
	node_define(b, n->output[0], (struct build_value){ .kind = VALUE_CONST,
		.constant = a->t });
	return 0;
}

int build_lower(struct build *b, const struct onnx_node *n, int stage)
{
	const char *op = n->op;

	if (!strcmp(op, "Conv"))
		return lower_conv(b, n, stage);
	if (!strcmp(op, "Relu") || !strcmp(op, "Clip"))
		return lower_clamp(b, n, stage);
	if (!strcmp(op, "Add"))
		return lower_add(b, n, stage);
	if (!strcmp(op, "Concat"))
		return lower_concat(b, n, stage);
	if (!strcmp(op, "ReduceMean") || !strcmp(op, "GlobalAveragePool"))
		return lower_mean(b, n, stage);
	if (!strcmp(op, "Gemm") || !strcmp(op, "MatMul"))
		return lower_dense(b, n, stage);
	if (!strcmp(op, "Softmax"))
		return lower_softmax(b, n, stage);
	if (!strcmp(op, "MaxPool"))
		return lower_pool(b, n, stage, OP_POOL_MAX);
	if (!strcmp(op, "AveragePool"))
		return lower_pool(b, n, stage, OP_POOL_MEAN);
	if (!strcmp(op, "BatchNormalization"))
		return lower_norm(b, n, stage);
	if (!strcmp(op, "Flatten") || !strcmp(op, "Reshape"))
		return lower_flat(b, n);
	if (!strcmp(op, "Identity"))
		return lower_identity(b, n);
	if (!strcmp(op, "Constant"))
		return lower_constant(b, n);
	return onnx_bad(b->onnx, n, "operator not supported");
}
