/* CPU backend on oneDNN 2.x: float32, channels last, one list of primitives
 * per stage, run in the caller's thread and the pool of libgomp behind it.
 *
 * Channels last for every tensor, rather than what the library would choose:
 * a range of channels of a wider buffer is then a plain strided tensor, and
 * at batch 1 it measured faster than the blocked layout
 * (paper/spec/components.md). Where the library has only its reference kernel
 * for such a range, the operator works on copies. Weights are in the library's choice. The
 * residual is a binary post-operation, not a sum, since sum overwrites a
 * tensor that an exit may still read. Convolutions are `direct`: Winograd
 * rounds differently. */
#define _GNU_SOURCE             /* CPU affinity */
#include "../backend.h"

#include "../../../sim/mem.h"
#include "../../../sim/msg.h"

#include <dnnl.h>
#include <float.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libgomp, which oneDNN runs on in Debian. GOMP_parallel is what gcc makes of
 * `#pragma omp parallel`; called by hand it serves clang as well. */
void omp_set_num_threads(int n);
int omp_get_thread_num(void);
int omp_pause_resource_all(int kind);
enum { PAUSE_HARD = 2 };
void GOMP_parallel(void (*f)(void *), void *data, unsigned threads,
	unsigned flags);

struct dev {
	dnnl_engine_t engine;
	dnnl_stream_t stream;
	cpu_set_t before;       /* the thread's mask when we came */
	int cpu[CPU_SETSIZE], cpus;
	int threads;            /* set now */
	char model[64];
};

/* One primitive with its arguments, which differ between slots only in the
 * memory they name. */
struct step {
	const struct net_op *op;
	dnnl_primitive_t primitive; /* NULL: done by hand, see run_exit */
	dnnl_memory_t weight, bias;
	int args;
	dnnl_exec_arg_t *arg;   /* [slot * args] */
	/* The library's fast kernels want tensors of their own: where a range
	 * of a wider buffer would fall to its reference kernel, operands are
	 * copied (in, add, out); NULL otherwise. */
	dnnl_memory_t packed[3];
	float *copy[3];
	float *exit_weight;     /* EXIT: [class][row][column][channel] */
};

struct plan {
	struct dev *dev;
	const struct net *net;
	int slots, threads;
	float **buffer;         /* [slot * buffers + i] */
	dnnl_memory_t *memory;  /* [slot * tensors + i], NULL if unused */
	struct step *step;      /* [ops] */
	float *pixels, *sums;   /* the normalised image; a mean */
	float *probabilities;   /* [slot][class] */
	int stage, slot;
	const unsigned char *image;
	struct text kernels;
};

static int failed(dnnl_status_t s, const char *what, const char *name)
{
	return s == dnnl_success ? 0 : msg_fail("oneDNN: %s%s%s: status %d "
		"(%s)", name, *name ? ": " : "", what, (int)s,
		s == dnnl_unimplemented ? "not implemented"
		: s == dnnl_out_of_memory ? "out of memory" : "refused");
}

/* ---- The device --------------------------------------------------------------- */

static void pin_self(void *data)
{
	struct dev *d = data;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)d->cpu[omp_get_thread_num() % d->cpus], &one);
	/* Not being allowed to costs steadiness, nothing else. */
	(void)sched_setaffinity(0, sizeof one, &one);
}

static void use_threads(struct dev *d, int threads)
{
	if (d->threads == threads)
		return;
	d->threads = threads;
	omp_set_num_threads(threads);
	GOMP_parallel(pin_self, d, (unsigned)threads, 0);
}

static void read_model(char *out, size_t room)
{
	char line[256];
	FILE *f = fopen("/proc/cpuinfo", "r");

	(void)snprintf(out, room, "CPU");
	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, "model name", 10) && strchr(line, ':')) {
			line[strcspn(line, "\n")] = 0;
			(void)snprintf(out, room, "%s", strchr(line, ':') + 2);
			break;
		}
	if (f)
		(void)fclose(f);
}

static int onednn_open(struct dev **out, const char *which)
{
	struct dev *d;

	if (which && *which)
		return msg_bad("backend onednn: no device '%s'; it takes the "
			"cores of the machine", which);
	d = mem_new(1, sizeof *d);
	if (sched_getaffinity(0, sizeof d->before, &d->before))
		CPU_SET(0, &d->before);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET((size_t)i, &d->before))
			d->cpu[d->cpus++] = i;
	read_model(d->model, sizeof d->model);
	if (failed(dnnl_engine_create(&d->engine, dnnl_cpu, 0), "engine", "")) {
		free(d);
		return -1;
	}
	if (failed(dnnl_stream_create(&d->stream, d->engine,
		dnnl_stream_default_flags), "stream", "")) {
		(void)dnnl_engine_destroy(d->engine);
		free(d);
		return -1;
	}
	*out = d;
	return 0;
}

static void onednn_close(struct dev *d)
{
	if (!d)
		return;
	(void)dnnl_stream_destroy(d->stream);
	(void)dnnl_engine_destroy(d->engine);
	(void)sched_setaffinity(0, sizeof d->before, &d->before);
	/* The pool's threads end with the device. */
	(void)omp_pause_resource_all(PAUSE_HARD);
	free(d);
}

static int onednn_info(struct dev *d, struct dev_info *out)
{
	const dnnl_version_t *v = dnnl_version();

	*out = (struct dev_info){ .unit = "core", .units = d->cpus,
		.units_min = 1, .units_step = 1, .tolerance = 1e-4,
		.precision = "float32",
		.layout = "channels last, weights as oneDNN chooses",
		.completion = "the call returns" };
	(void)snprintf(out->name, sizeof out->name, "%s (%d cores)", d->model,
		d->cpus);
	(void)snprintf(out->versions, sizeof out->versions,
		"onednn=%d.%d.%d;onednn_isa=%d", v->major, v->minor, v->patch,
		(int)dnnl_get_effective_cpu_isa());
	return 0;
}

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

	return failed(dnnl_memory_desc_init_by_strides(md, 4, dims, dnnl_f32,
		strides), "tensor", t->name);
}

static float *data(const struct plan *p, int slot, int tensor)
{
	const struct net_tensor *t = &p->net->tensor[tensor];

	return p->buffer[slot * p->net->buffers + t->buffer] + t->offset;
}

static int make_memory(struct plan *p)
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
			if (describe(n, t, 0, &md) || failed(dnnl_memory_create(
				&p->memory[s * n->tensors + t], &md,
				p->dev->engine, data(p, s, t)), "memory",
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

	bad = failed(dnnl_memory_desc_init_by_tag(&given, dims, dim, dnnl_f32,
		tag), "weights", s->op->name)
	    || failed(dnnl_memory_create(&from, &given, p->dev->engine,
		DNNL_MEMORY_NONE), "weights", s->op->name)
	    /* The library only reads them. */
	    || failed(dnnl_memory_set_data_handle(from, (void *)(uintptr_t)
		values), "weights", s->op->name)
	    || failed(dnnl_memory_create(out, want, p->dev->engine,
		DNNL_MEMORY_ALLOCATE), "weights", s->op->name)
	    || failed(dnnl_reorder_primitive_desc_create(&rd, &given,
		p->dev->engine, want, p->dev->engine, NULL), "reorder",
		s->op->name)
	    || failed(dnnl_primitive_create(&reorder, rd), "reorder",
		s->op->name);
	if (!bad) {
		dnnl_exec_arg_t arg[] = { { DNNL_ARG_FROM, from },
			{ DNNL_ARG_TO, *out } };
		bad = failed(dnnl_primitive_execute(reorder, p->dev->stream, 2,
			arg), "reorder", s->op->name)
		    || failed(dnnl_stream_wait(p->dev->stream), "reorder",
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

	if (failed(dnnl_primitive_attr_create(out), "attributes", o->name))
		return -1;
	bad = failed(dnnl_post_ops_create(&post), "attributes", o->name);
	if (bad)
		return -1;
	if (o->add >= 0 && o->kind != OP_ADD)
		bad = describe(n, o->add, packed, &add) || failed(
			dnnl_post_ops_append_binary(post, dnnl_binary_add,
			&add), "residual", o->name);
	if (!bad && o->clamp) {
		/* Relu by its own name: the library has fewer kernels that
		 * take a clip. */
		int relu = o->low == 0 && isinf(o->high);
		bad = failed(dnnl_post_ops_append_eltwise(post, 1,
			relu ? dnnl_eltwise_relu : dnnl_eltwise_clip,
			relu ? 0 : isinf(o->low) ? -FLT_MAX : o->low,
			relu ? 0 : isinf(o->high) ? FLT_MAX : o->high),
			"clamp", o->name);
	}
	if (!bad)
		bad = failed(dnnl_primitive_attr_set_post_ops(*out, post),
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
		if (failed(dnnl_memory_desc_init_by_tag(&weight, dims, dim,
			dnnl_f32, dnnl_format_tag_any), "weights", o->name)
		    || failed(dnnl_memory_desc_init_by_tag(&bias, 1, bias_dim,
			dnnl_f32, dnnl_a), "bias", o->name)
		    || failed(dnnl_memory_desc_init_by_tag(&out, 2, vector,
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
	if (failed(s, "operator", o->name))
		return -1;
	if (o->kind == OP_COPY || o->kind == OP_CLAMP)
		return failed(dnnl_reorder_primitive_desc_create(pd, &src,
			p->dev->engine, &dst, p->dev->engine, NULL), "copy",
			o->name);
	return failed(dnnl_primitive_desc_create(pd, &d, attr, p->dev->engine,
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
		    || failed(dnnl_memory_create(&s->packed[i], &md,
			p->dev->engine, s->copy[i]), "memory", s->op->name))
			return -1;
	}
	return 0;
}

static int make_step(struct plan *p, struct step *s, const struct net_op *o)
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
	bad = bad || failed(dnnl_primitive_create(&s->primitive, pd),
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

/* ---- The plan ------------------------------------------------------------------------ */

static void onednn_plan_free(struct plan *p)
{
	const struct net *n;

	if (!p)
		return;
	n = p->net;
	for (int i = 0; i < n->ops; i++) {
		struct step *s = &p->step[i];
		if (s->primitive)
			(void)dnnl_primitive_destroy(s->primitive);
		if (s->weight)
			(void)dnnl_memory_destroy(s->weight);
		if (s->bias)
			(void)dnnl_memory_destroy(s->bias);
		for (int k = 0; k < 3; k++) {
			if (s->packed[k])
				(void)dnnl_memory_destroy(s->packed[k]);
			free(s->copy[k]);
		}
		free(s->arg);
		free(s->exit_weight);
	}
	for (int i = 0; i < p->slots * n->tensors; i++)
		if (p->memory[i])
			(void)dnnl_memory_destroy(p->memory[i]);
	for (int s = 0; s < p->slots; s++)
		for (int i = 0; i < n->buffers; i++)
			if (!s || n->buffer[i].slot)
				free(p->buffer[s * n->buffers + i]);
	free(p->buffer);
	free(p->memory);
	free(p->step);
	free(p->pixels);
	free(p->sums);
	free(p->probabilities);
	text_fini(&p->kernels);
	free(p);
}

static int onednn_plan(struct dev *d, const struct net *n,
	const struct setting *s, int slots, struct plan **out)
{
	struct plan *p;
	size_t largest = 1;

	if (s->units > d->cpus)
		return msg_bad("backend onednn: %d cores asked for, this "
			"process may use %d", s->units, d->cpus);
	p = mem_new(1, sizeof *p);
	p->dev = d;
	p->net = n;
	p->slots = slots;
	p->threads = s->units ? s->units : d->cpus;
	p->buffer = mem_new((size_t)slots * (size_t)n->buffers, sizeof(float *));
	p->memory = mem_new((size_t)slots * (size_t)n->tensors,
		sizeof *p->memory);
	p->step = mem_new((size_t)n->ops, sizeof *p->step);
	p->pixels = mem_new((size_t)(n->channels * n->height * n->width),
		sizeof(float));
	for (int i = 0; i < n->tensors; i++)
		if ((size_t)n->tensor[i].channels > largest)
			largest = (size_t)n->tensor[i].channels;
	p->sums = mem_new(largest, sizeof(float));
	p->probabilities = mem_new((size_t)slots * (size_t)n->classes,
		sizeof(float));
	text_init(&p->kernels);
	/* The library divides the work for the threads that it sees now. */
	use_threads(d, p->threads);
	if (make_memory(p))
		goto fail;
	for (int i = 0; i < n->ops; i++)
		if (make_step(p, &p->step[i], &n->op[i]))
			goto fail;
	*out = p;
	return 0;
fail:
	onednn_plan_free(p);
	return -1;
}

static void onednn_plan_info(struct plan *p, struct plan_info *out)
{
	const struct net *n = p->net;

	*out = (struct plan_info){ .units = p->threads,
		.kernels_text = p->kernels.s };
	for (int d = 1; d <= n->depths; d++)
		out->kernels[d] = n->stage_first[d + 1] - n->stage_first[d]
			+ (d == 1);
	for (int i = 0; i < n->buffers; i++)
		if (n->buffer[i].slot)
			out->slot_bytes += sizeof(float)
				* (size_t)n->buffer[i].channels
				* (size_t)n->buffer[i].height
				* (size_t)n->buffer[i].width;
	for (int i = 0; i < n->ops; i++)
		out->weight_bytes += n->op[i].weights * sizeof(float);
}

/* ---- Running ---------------------------------------------------------------------------- */

static void read_image(struct plan *p, int slot, const unsigned char *image)
{
	const struct net *n = p->net;
	int plane = n->height * n->width;
	int wide = n->buffer[n->tensor[0].buffer].channels;
	float *to = data(p, slot, 0);

	net_normalise(n, image, p->pixels);
	for (int c = 0; c < n->channels; c++)
		for (int i = 0; i < plane; i++)
			to[i * wide + c] = p->pixels[c * plane + i];
}

/* Mean, weights, Softmax: a few thousand operations, less than a primitive's
 * own cost. */
static void run_exit(struct plan *p, const struct step *s, int slot)
{
	const struct net_op *o = s->op;
	const struct net_tensor *in = net_in(p->net, o);
	const int plane = in->height * in->width, classes = p->net->classes;
	const int wide = p->net->buffer[in->buffer].channels;
	const float *x = data(p, slot, o->in);
	float *y = p->probabilities + (size_t)slot * (size_t)classes;
	float top = -INFINITY, sum = 0;

	if (o->mean) {
		for (int c = 0; c < in->channels; c++)
			p->sums[c] = 0;
		for (int i = 0; i < plane; i++)
			for (int c = 0; c < in->channels; c++)
				p->sums[c] += x[i * wide + c];
		for (int c = 0; c < in->channels; c++)
			p->sums[c] /= (float)plane;
		x = p->sums;
	}
	for (int k = 0; k < classes; k++) {
		const int rows = o->mean ? 1 : plane;
		if (!o->weight) {
			y[k] = x[k];
		} else {
			const float *w = s->exit_weight + (size_t)k
				* (size_t)(in->channels * rows);
			y[k] = o->bias ? o->bias[k] : 0;
			for (int i = 0; i < rows; i++)
				for (int c = 0; c < in->channels; c++)
					y[k] += *w++ * x[i * wide + c];
		}
		top = y[k] > top ? y[k] : top;
	}
	for (int k = 0; k < classes; k++)
		sum += y[k] = expf(y[k] - top);
	for (int k = 0; k < classes; k++)
		y[k] /= sum;
}

static void run_clamp(struct plan *p, const struct net_op *o, int slot)
{
	const struct net_tensor *in = net_in(p->net, o);
	const struct net_tensor *out = &p->net->tensor[o->out];
	const int from = p->net->buffer[in->buffer].channels;
	const int to = p->net->buffer[out->buffer].channels;
	const float *x = data(p, slot, o->in);
	float *y = data(p, slot, o->out);

	for (int i = 0; i < in->height * in->width; i++)
		for (int c = 0; c < in->channels; c++) {
			float v = x[i * from + c];
			y[i * to + c] = !o->clamp ? v : v < o->low ? o->low
				: v > o->high ? o->high : v;
		}
}

/* Between a tensor and its copy, pixel by pixel. */
static void copy_tensor(struct plan *p, int slot, int tensor, float *copy,
	int back)
{
	const struct net_tensor *t = &p->net->tensor[tensor];
	const size_t wide = (size_t)p->net->buffer[t->buffer].channels;
	const size_t n = (size_t)t->channels;
	float *x = data(p, slot, tensor);

	for (size_t i = 0; i < (size_t)(t->height * t->width); i++)
		memcpy(back ? x + i * wide : copy + i * n,
			back ? copy + i * n : x + i * wide, n * sizeof *x);
}

static int run_primitive(struct plan *p, const struct step *s, int slot)
{
	if (s->packed[0])
		copy_tensor(p, slot, s->op->in, s->copy[0], 0);
	if (s->packed[1])
		copy_tensor(p, slot, s->op->add, s->copy[1], 0);
	if (failed(dnnl_primitive_execute(s->primitive, p->dev->stream, s->args,
		s->arg + slot * 5), "run", s->op->name))
		return -1;
	if (s->packed[2])
		copy_tensor(p, slot, s->op->out, s->copy[2], 1);
	return 0;
}

static int onednn_send(struct plan *p, int stage, int slot,
	const unsigned char *image)
{
	p->stage = stage;
	p->slot = slot;
	p->image = image;
	return 0;
}

static int onednn_poll(struct plan *p, struct outcome *out)
{
	const struct net *n = p->net;
	const int stage = p->stage, slot = p->slot;

	if (!stage)
		return 0;
	p->stage = 0;
	use_threads(p->dev, p->threads);
	if (stage == 1)
		read_image(p, slot, p->image);
	for (int i = n->stage_first[stage]; i < n->stage_first[stage + 1]; i++) {
		const struct step *s = &p->step[i];
		if (s->op->kind == OP_EXIT)
			run_exit(p, s, slot);
		else if (!s->primitive)
			run_clamp(p, s->op, slot);
		else if (run_primitive(p, s, slot))
			return -1;
	}
	if (failed(dnnl_stream_wait(p->dev->stream), "wait", n->name))
		return -1;
	*out = (struct outcome){ .stage = stage, .slot = slot,
		.device_ns = -1 };
	out->prediction = net_answer(p->probabilities + (size_t)slot
		* (size_t)n->classes, n->classes, &out->confidence);
	return 1;
}

static int onednn_probabilities(struct plan *p, int slot, float *out)
{
	memcpy(out, p->probabilities + (size_t)slot * (size_t)p->net->classes,
		(size_t)p->net->classes * sizeof *out);
	return 0;
}

extern const struct backend backend;
const struct backend backend = {
	.abi = BACKEND_ABI, .name = "onednn",
	.summary = "the machine's cores through oneDNN, float32",
	.open = onednn_open, .close = onednn_close, .info = onednn_info,
	.plan = onednn_plan, .plan_free = onednn_plan_free,
	.plan_info = onednn_plan_info, .send = onednn_send,
	.poll = onednn_poll, .probabilities = onednn_probabilities,
};
