/* From fused operators to oneDNN's primitives, with their memory. */
#define _GNU_SOURCE             /* CPU affinity, in the header */
#include "parts.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Memory ---------------------------------------------------------------------- */

/* A tensor as a strided view of its channels-last buffer; packed: as a copy
 * of its own. */
static int describe(const struct net *n, int tensor, int packed,
	dnnl_memory_desc_t *md)
{
	const struct net_tensor *t = &n->tensor[tensor];
	dnnl_dim_t wide = packed ? t->channels : n->buffer[t->buffer].channels;
	dnnl_dims_t dims = { 1, t->channels, t->height, t->width };
	dnnl_dims_t strides = { t->height * t->width * wide, 1,
		t->width * wide, wide };

	return onednn_failed(dnnl_memory_desc_init_by_strides(md, 4, dims, dnnl_f32,
		strides), "tensor", t->name);
}

float *onednn_data(const struct plan *p, int slot, int tensor)
{
	const struct net_tensor *t = &p->net->tensor[tensor];

	return p->buffer[slot * p->net->buffers + t->buffer] + t->offset;
}

int onednn_make_memory(struct plan *p)
{
	const struct net *n = p->net;

	for (int s = 0; s < p->slots; s++)
		for (int i = 0; i < n->buffers; i++) {
			const struct net_buffer *b = &n->buffer[i];
			size_t size = (size_t)b->channels * (size_t)b->height
				* (size_t)b->width * sizeof(float);
			/* Whole cache lines, for the vector loads. */
			size = (size + 127) / 64 * 64;
			p->buffer[s * n->buffers + i] = s && !b->slot
				? p->buffer[i] : aligned_alloc(64, size);
			if (!p->buffer[s * n->buffers + i])
				return msg_fail("out of memory");
			if (!s || b->slot)
				memset(p->buffer[s * n->buffers + i], 0, size);
		}
	for (int s = 0; s < p->slots; s++)
		for (int t = 0; t < n->tensors; t++) {
			dnnl_memory_desc_t md;
			if (n->tensor[t].buffer < 0)
				continue;
			if (describe(n, t, 0, &md) || onednn_failed(dnnl_memory_create(
				&p->memory[s * n->tensors + t], &md,
				p->dev->engine, onednn_data(p, s, t)), "memory",
				n->tensor[t].name))
				return -1;
		}
	return 0;
}

/* Copy constants into memory of the layout that the primitive wants. */
static int make_weights(struct plan *p, const struct step *s,
	const_dnnl_primitive_desc_t pd, int index, dnnl_query_t what,
	int dims, const dnnl_dims_t dim, dnnl_format_tag_t tag,
	const float *values, dnnl_memory_t *out)
{
	const dnnl_memory_desc_t *want = dnnl_primitive_desc_query_md(pd, what,
		index);
	dnnl_memory_desc_t given;
	dnnl_memory_t from = NULL;
	dnnl_primitive_desc_t rd = NULL;
	dnnl_primitive_t reorder = NULL;
	int bad;

	bad = onednn_failed(dnnl_memory_desc_init_by_tag(&given, dims, dim, dnnl_f32,
		tag), "weights", s->op->name)
	    || onednn_failed(dnnl_memory_create(&from, &given, p->dev->engine,
		DNNL_MEMORY_NONE), "weights", s->op->name)
	    /* The library only reads them. */
	    || onednn_failed(dnnl_memory_set_data_handle(from, (void *)(uintptr_t)
		values), "weights", s->op->name)
	    || onednn_failed(dnnl_memory_create(out, want, p->dev->engine,
		DNNL_MEMORY_ALLOCATE), "weights", s->op->name)
	    || onednn_failed(dnnl_reorder_primitive_desc_create(&rd, &given,
		p->dev->engine, want, p->dev->engine, NULL), "reorder",
		s->op->name)
	    || onednn_failed(dnnl_primitive_create(&reorder, rd), "reorder",
		s->op->name);
	if (!bad) {
		dnnl_exec_arg_t arg[] = { { DNNL_ARG_FROM, from },
			{ DNNL_ARG_TO, *out } };
		bad = onednn_failed(dnnl_primitive_execute(reorder, p->dev->stream, 2,
			arg), "reorder", s->op->name)
		    || onednn_failed(dnnl_stream_wait(p->dev->stream), "reorder",
			s->op->name);
	}
	if (reorder)
		(void)dnnl_primitive_destroy(reorder);
	if (rd)
		(void)dnnl_primitive_desc_destroy(rd);
	if (from)
		(void)dnnl_memory_destroy(from);
	return bad ? -1 : 0;
}

/* ---- Primitives ------------------------------------------------------------------- */

static int make_attr(const struct net *n, const struct net_op *o, int packed,
	dnnl_primitive_attr_t *out)
{
	dnnl_post_ops_t post;
	dnnl_memory_desc_t add;
	int bad;

	if (onednn_failed(dnnl_primitive_attr_create(out), "attributes", o->name))
		return -1;
	bad = onednn_failed(dnnl_post_ops_create(&post), "attributes", o->name);
	if (bad)
		return -1;
	if (o->add >= 0 && o->kind != OP_ADD)
		bad = describe(n, o->add, packed, &add) || onednn_failed(
			dnnl_post_ops_append_binary(post, dnnl_binary_add,
			&add), "residual", o->name);
	if (!bad && o->clamp) {
		/* Relu by its own name: the library has fewer kernels that
		 * take a clip. */
		int relu = o->low == 0 && isinf(o->high);
		bad = onednn_failed(dnnl_post_ops_append_eltwise(post, 1,
			relu ? dnnl_eltwise_relu : dnnl_eltwise_clip,
			relu ? 0 : isinf(o->low) ? -FLT_MAX : o->low,
			relu ? 0 : isinf(o->high) ? FLT_MAX : o->high),
			"clamp", o->name);
	}
	if (!bad)
		bad = onednn_failed(dnnl_primitive_attr_set_post_ops(*out, post),
			"attributes", o->name);
	(void)dnnl_post_ops_destroy(post);
	return bad ? -1 : 0;
}

static int weight_dims(const struct net *n, const struct net_op *o,
	dnnl_dims_t dim, dnnl_format_tag_t *tag)
{
	const struct net_tensor *in = &n->tensor[o->in], *out =
		&n->tensor[o->out];

	if (o->kind == OP_DENSE) {
		dim[0] = out->channels;
		dim[1] = in->channels;
		dim[2] = in->height;
		dim[3] = in->width;
		*tag = dnnl_abcd;
		return 4;
	}
	int at = 0;
	if (o->groups > 1)
		dim[at++] = o->groups;
	dim[at++] = out->channels / o->groups;
	dim[at++] = in->channels / o->groups;
	dim[at++] = o->kernel[0];
	dim[at++] = o->kernel[1];
	*tag = o->groups > 1 ? dnnl_abcde : dnnl_abcd;
	return at;
}

static int make_desc(const struct plan *p, const struct net_op *o, int packed,
	dnnl_primitive_attr_t attr, dnnl_primitive_desc_t *pd)
{
	const struct net *n = p->net;
	const struct net_tensor *in = &n->tensor[o->in];
	dnnl_memory_desc_t src, dst, add, weight, bias, out;
	dnnl_dims_t dim, stride = { o->stride[0], o->stride[1] };
	dnnl_dims_t kernel = { o->kernel[0], o->kernel[1] };
	dnnl_dims_t pad = { o->pad[0], o->pad[1] };
	dnnl_dims_t dilate = { o->dilation[0] - 1, o->dilation[1] - 1 };
	dnnl_dims_t bias_dim = { n->tensor[o->out].channels };
	dnnl_dims_t vector = { 1, n->tensor[o->out].channels };
	dnnl_format_tag_t tag;
	union {
		dnnl_convolution_desc_t conv;
		dnnl_pooling_desc_t pool;
		dnnl_binary_desc_t binary;
		dnnl_eltwise_desc_t eltwise;
		dnnl_inner_product_desc_t dense;
	} d;
	dnnl_status_t s;
	int dims;

	if (describe(n, o->in, packed, &src) || describe(n, o->out, packed, &dst)
	    || (o->add >= 0 && describe(n, o->add, packed, &add)))
		return -1;
	switch (o->kind) {
	case OP_CONV:
	case OP_DENSE:
		dims = weight_dims(n, o, dim, &tag);
		if (onednn_failed(dnnl_memory_desc_init_by_tag(&weight, dims, dim,
			dnnl_f32, dnnl_format_tag_any), "weights", o->name)
		    || onednn_failed(dnnl_memory_desc_init_by_tag(&bias, 1, bias_dim,
			dnnl_f32, dnnl_a), "bias", o->name)
		    || onednn_failed(dnnl_memory_desc_init_by_tag(&out, 2, vector,
			dnnl_f32, dnnl_ab), "result", o->name))
			return -1;
		s = o->kind == OP_CONV
			? dnnl_dilated_convolution_forward_desc_init(&d.conv,
				dnnl_forward_inference, dnnl_convolution_direct,
				&src, &weight, o->bias ? &bias : NULL, &dst,
				stride, dilate, pad, pad)
			: dnnl_inner_product_forward_desc_init(&d.dense,
				dnnl_forward_inference, &src, &weight,
				o->bias ? &bias : NULL, &out);
		break;
	case OP_POOL_MAX:
	case OP_POOL_MEAN:
	case OP_MEAN:
		if (o->kind == OP_MEAN) {
			kernel[0] = stride[0] = in->height;
			kernel[1] = stride[1] = in->width;
		}
		s = dnnl_pooling_forward_desc_init(&d.pool,
			dnnl_forward_inference, o->kind == OP_POOL_MAX
				? dnnl_pooling_max : o->pad_counts
				? dnnl_pooling_avg_include_padding
				: dnnl_pooling_avg_exclude_padding,
			&src, &dst, stride, kernel, pad, pad);
		break;
	case OP_ADD:
		s = dnnl_binary_desc_init(&d.binary, dnnl_binary_add, &src,
			&add, &dst);
		break;
	default:
		/* A copy is a clamp to everything. */
		s = dnnl_eltwise_forward_desc_init(&d.eltwise,
			dnnl_forward_inference, dnnl_eltwise_clip, &src,
			o->clamp && !isinf(o->low) ? o->low : -FLT_MAX,
			o->clamp && !isinf(o->high) ? o->high : FLT_MAX);
	}
	if (onednn_failed(s, "operator", o->name))
		return -1;
	if (o->kind == OP_COPY || o->kind == OP_CLAMP)
		return onednn_failed(dnnl_reorder_primitive_desc_create(pd, &src,
			p->dev->engine, &dst, p->dev->engine, NULL), "copy",
			o->name);
	return onednn_failed(dnnl_primitive_desc_create(pd, &d, attr, p->dev->engine,
		NULL), "operator", o->name);
}

static int make_args(struct plan *p, struct step *s)
{
	const struct net *n = p->net;
	const struct net_op *o = s->op;
	dnnl_exec_arg_t *a;

	s->arg = mem_new((size_t)p->slots * 5, sizeof *s->arg);
	for (int slot = 0; slot < p->slots; slot++) {
		dnnl_memory_t *m = p->memory + slot * n->tensors;
		int k = 0;
		a = s->arg + slot * 5;
		a[k++] = (dnnl_exec_arg_t){ o->kind == OP_ADD
			? DNNL_ARG_SRC_0 : DNNL_ARG_SRC,
			s->packed[0] ? s->packed[0] : m[o->in] };
		a[k++] = (dnnl_exec_arg_t){ DNNL_ARG_DST,
			s->packed[2] ? s->packed[2] : m[o->out] };
		if (s->weight)
			a[k++] = (dnnl_exec_arg_t){ DNNL_ARG_WEIGHTS, s->weight };
		if (s->bias)
			a[k++] = (dnnl_exec_arg_t){ DNNL_ARG_BIAS, s->bias };
		if (o->add >= 0)
			a[k++] = (dnnl_exec_arg_t){ o->kind == OP_ADD
				? DNNL_ARG_SRC_1
				: DNNL_ARG_ATTR_MULTIPLE_POST_OP(0)
					| DNNL_ARG_SRC_1, s->packed[1]
				? s->packed[1] : m[o->add] };
		s->args = k;
	}
	return 0;
}

static void make_exit(struct plan *p, struct step *s)
{
	const struct net_op *o = s->op;
	const struct net_tensor *in = net_in(p->net, o);
	int plane = o->mean ? 1 : in->height * in->width;
	size_t each = (size_t)in->channels * (size_t)plane;

	if (!o->weight)
		return;
	s->exit_weight = mem_new((size_t)p->net->classes * each, sizeof(float));
	for (int k = 0; k < p->net->classes; k++)
		for (int c = 0; c < in->channels; c++)
			for (int i = 0; i < plane; i++)
				s->exit_weight[(size_t)k * each + (size_t)(i
					* in->channels + c)] = o->weight[
					(size_t)k * each + (size_t)(c * plane + i)];
}

static int is_range(const struct net *n, int tensor)
{
	return tensor >= 0 && n->buffer[n->tensor[tensor].buffer].channels
		!= n->tensor[tensor].channels;
}

static int make_primitive(struct plan *p, const struct net_op *o, int packed,
	dnnl_primitive_desc_t *pd, const char **implementation)
{
	dnnl_primitive_attr_t attr = NULL;
	int bad = make_attr(p->net, o, packed, &attr)
		|| make_desc(p, o, packed, attr, pd);

	if (attr)
		(void)dnnl_primitive_attr_destroy(attr);
	if (!bad)
		(void)dnnl_primitive_desc_query(*pd, dnnl_query_impl_info_str,
			0, implementation);
	return bad;
}

/* Room for the copies of one operator's operands. */
static int make_packed(struct plan *p, struct step *s)
{
	const int operand[] = { s->op->in, s->op->add, s->op->out };

	for (int i = 0; i < 3; i++) {
		const struct net_tensor *t;
		dnnl_memory_desc_t md;
		if (operand[i] < 0)
			continue;
		t = &p->net->tensor[operand[i]];
		s->copy[i] = mem_new((size_t)t->channels
			* (size_t)(t->height * t->width), sizeof(float));
		if (describe(p->net, operand[i], 1, &md)
		    || onednn_failed(dnnl_memory_create(&s->packed[i], &md,
			p->dev->engine, s->copy[i]), "memory", s->op->name))
			return -1;
	}
	return 0;
}

int onednn_make_step(struct plan *p, struct step *s, const struct net_op *o)
{
	dnnl_primitive_desc_t pd = NULL, packed = NULL;
	const char *implementation = "by hand", *other;
	dnnl_dims_t dim, bias_dim;
	dnnl_format_tag_t tag;
	int bad, dims;

	s->op = o;
	if (o->kind == OP_EXIT || o->kind == OP_CLAMP || o->kind == OP_COPY) {
		if (o->kind == OP_EXIT)
			make_exit(p, s);
		text_add(&p->kernels, "%d %s %s\n", o->stage, o->name,
			implementation);
		return 0;
	}
	bad = make_primitive(p, o, 0, &pd, &implementation);
	if (!bad && !strncmp(implementation, "ref", 3)
	    && (is_range(p->net, o->in) || is_range(p->net, o->add)
		|| is_range(p->net, o->out))) {
		bad = make_primitive(p, o, 1, &packed, &other);
		if (!bad && strncmp(other, "ref", 3)) {
			(void)dnnl_primitive_desc_destroy(pd);
			pd = packed;
			packed = NULL;
			implementation = other;
			bad = make_packed(p, s);
		}
	}
	bad = bad || onednn_failed(dnnl_primitive_create(&s->primitive, pd),
		"primitive", o->name);
	if (!bad && o->weight) {
		dims = weight_dims(p->net, o, dim, &tag);
		bias_dim[0] = p->net->tensor[o->out].channels;
		bad = make_weights(p, s, pd, 0, dnnl_query_weights_md, dims, dim,
			tag, o->weight, &s->weight)
		    || (o->bias && make_weights(p, s, pd, 1,
			dnnl_query_weights_md, 1, bias_dim, dnnl_a, o->bias,
			&s->bias));
	}
	bad = bad || make_args(p, s);
	if (!bad)
		text_add(&p->kernels, "%d %s %s%s\n", o->stage, o->name,
			implementation, s->packed[0] ? " on copies" : "");
	if (packed)
		(void)dnnl_primitive_desc_destroy(packed);
	if (pd)
		(void)dnnl_primitive_desc_destroy(pd);
	return bad ? -1 : 0;
}
