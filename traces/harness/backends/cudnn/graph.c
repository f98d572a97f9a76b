/* cuDNN's graph interface, in C: y = relu(conv(x, w) + z + bias), where z and
 * relu may be missing. The residual comes before the bias: in that order the
 * library has ready kernels, in the other it must compile one for each shape,
 * or has none. Descriptors live only while plans are made. */
#include "parts.h"

#include <stdbool.h>
#include <stdlib.h>

enum { X = 1, W, B, Z, Y, CONVOLVED, ADDED, BIASED }; /* unique ids */

struct graph_plan {
	cudnnBackendDescriptor_t plan;
};

/* Descriptors of one attempt, destroyed together. */
struct parts {
	cudnnBackendDescriptor_t made[64];
	int n, bad;
};

static cudnnBackendDescriptor_t make(struct parts *p,
	cudnnBackendDescriptorType_t type)
{
	cudnnBackendDescriptor_t d = NULL;

	if (p->bad || p->n == 64 || cudnnBackendCreateDescriptor(type, &d)
	    != CUDNN_STATUS_SUCCESS)
		p->bad = 1;
	else
		p->made[p->n++] = d;
	return d;
}

static void set(struct parts *p, cudnnBackendDescriptor_t d,
	cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
	int64_t count, const void *values)
{
	if (!p->bad && cudnnBackendSetAttribute(d, name, type, count, values)
	    != CUDNN_STATUS_SUCCESS)
		p->bad = 1;
}

static void finish(struct parts *p, cudnnBackendDescriptor_t d)
{
	if (!p->bad && cudnnBackendFinalize(d) != CUDNN_STATUS_SUCCESS)
		p->bad = 1;
}

static void clear(struct parts *p, cudnnBackendDescriptor_t keep)
{
	for (int i = p->n - 1; i >= 0; i--)
		if (p->made[i] != keep)
			(void)cudnnBackendDestroyDescriptor(p->made[i]);
}

static cudnnBackendDescriptor_t tensor(struct parts *p, int64_t id,
	const int64_t dim[4], const int64_t stride[4], int between)
{
	cudnnBackendDescriptor_t d = make(p, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
	cudnnDataType_t type = between ? CUDNN_DATA_FLOAT : CUDNN_DATA_HALF;
	int64_t align = 16;
	bool is_virtual = between;

	set(p, d, CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &type);
	set(p, d, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 4, dim);
	set(p, d, CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, 4, stride);
	set(p, d, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, &id);
	set(p, d, CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, 1, &align);
	if (between)
		set(p, d, CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, 1,
			&is_virtual);
	finish(p, d);
	return d;
}

static cudnnBackendDescriptor_t view_tensor(struct parts *p, int64_t id,
	struct view v, int channels, int between)
{
	int64_t dim[] = { 1, channels, v.height, v.width };
	int64_t stride[] = { (int64_t)v.height * v.width * v.wide, 1,
		(int64_t)v.width * v.wide, v.wide };

	return tensor(p, id, dim, stride, between);
}

static cudnnBackendDescriptor_t convolution(struct parts *p,
	const struct conv_args *a, cudnnBackendDescriptor_t x,
	cudnnBackendDescriptor_t w, cudnnBackendDescriptor_t y)
{
	cudnnBackendDescriptor_t c = make(p,
		CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR), o;
	cudnnDataType_t type = CUDNN_DATA_FLOAT;
	cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
	int64_t dims = 2, dilation[] = { a->dilation[0], a->dilation[1] };
	int64_t stride[] = { a->stride[0], a->stride[1] };
	int64_t pad[] = { a->pad[0], a->pad[1] };
	float one = 1, zero = 0;

	set(p, c, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1,
		&type);
	set(p, c, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE,
		1, &mode);
	set(p, c, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, 1,
		&dims);
	set(p, c, CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 2,
		dilation);
	set(p, c, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 2,
		stride);
	set(p, c, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 2, pad);
	set(p, c, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, 2,
		pad);
	finish(p, c);
	o = make(p, CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
	set(p, o, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
		CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &c);
	set(p, o, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
		CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &x);
	set(p, o, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
		CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &w);
	set(p, o, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
		CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &y);
	set(p, o, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
		CUDNN_TYPE_FLOAT, 1, &one);
	set(p, o, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA,
		CUDNN_TYPE_FLOAT, 1, &zero);
	finish(p, o);
	return o;
}

static cudnnBackendDescriptor_t pointwise(struct parts *p,
	cudnnPointwiseMode_t mode, cudnnBackendDescriptor_t x,
	cudnnBackendDescriptor_t b, cudnnBackendDescriptor_t y)
{
	cudnnBackendDescriptor_t m = make(p, CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
	cudnnBackendDescriptor_t o;
	cudnnDataType_t type = CUDNN_DATA_FLOAT;

	set(p, m, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1,
		&mode);
	set(p, m, CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, 1,
		&type);
	finish(p, m);
	o = make(p, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
	set(p, o, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR,
		CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &m);
	set(p, o, CUDNN_ATTR_OPERATION_POINTWISE_XDESC,
		CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &x);
	if (b)
		set(p, o, CUDNN_ATTR_OPERATION_POINTWISE_BDESC,
			CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &b);
	set(p, o, CUDNN_ATTR_OPERATION_POINTWISE_YDESC,
		CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &y);
	finish(p, o);
	return o;
}

/* The operations in order; each but the last writes a virtual tensor. */
static cudnnBackendDescriptor_t describe(struct parts *p,
	const struct place *place, const struct conv_args *a)
{
	int outs = a->out.channels, relu = a->clamp.on, k = 0;
	int64_t bias_dim[] = { 1, outs, 1, 1 };
	int64_t bias_stride[] = { outs, 1, outs, outs };
	int64_t w_dim[] = { outs, a->in_channels, a->kernel[0], a->kernel[1] };
	int64_t w_stride[] = { (int64_t)a->in_channels * a->kernel[0]
		* a->kernel[1], 1, (int64_t)a->in_channels * a->kernel[1],
		a->in_channels };
	cudnnBackendDescriptor_t x = view_tensor(p, X, a->in, a->in_channels, 0);
	cudnnBackendDescriptor_t w = tensor(p, W, w_dim, w_stride, 0);
	cudnnBackendDescriptor_t b = tensor(p, B, bias_dim, bias_stride, 0);
	cudnnBackendDescriptor_t y = view_tensor(p, Y, a->out, outs, 0);
	cudnnBackendDescriptor_t now = view_tensor(p, CONVOLVED, a->out, outs, 1);
	cudnnBackendDescriptor_t next, ops[4], graph;

	ops[k++] = convolution(p, a, x, w, now);
	if (a->add.p) {
		cudnnBackendDescriptor_t z = view_tensor(p, Z, a->add, outs, 0);
		next = view_tensor(p, ADDED, a->out, outs, 1);
		ops[k++] = pointwise(p, CUDNN_POINTWISE_ADD, now, z, next);
		now = next;
	}
	next = relu ? view_tensor(p, BIASED, a->out, outs, 1) : y;
	ops[k++] = pointwise(p, CUDNN_POINTWISE_ADD, now, b, next);
	now = next;
	if (relu)
		ops[k++] = pointwise(p, CUDNN_POINTWISE_RELU_FWD, now, NULL, y);
	graph = make(p, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
	set(p, graph, CUDNN_ATTR_OPERATIONGRAPH_OPS,
		CUDNN_TYPE_BACKEND_DESCRIPTOR, k, ops);
	set(p, graph, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, 1,
		&place->cudnn);
	finish(p, graph);
	return graph;
}

/* The configurations a heuristic proposes, best first: how many. */
static int propose(struct parts *p, cudnnBackendDescriptor_t graph,
	int heuristic, int most, cudnnBackendDescriptor_t *found)
{
	static const cudnnBackendHeurMode_t modes[] = { CUDNN_HEUR_MODE_A,
		CUDNN_HEUR_MODE_B, CUDNN_HEUR_MODE_FALLBACK };
	cudnnBackendDescriptor_t h = make(p, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
	cudnnBackendHeurMode_t mode = modes[heuristic];
	int64_t n = 0;

	set(p, h, CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH,
		CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &graph);
	set(p, h, CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode);
	finish(p, h);
	for (int i = 0; i < most; i++)
		found[i] = make(p, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
	if (p->bad || cudnnBackendGetAttribute(h, CUDNN_ATTR_ENGINEHEUR_RESULTS,
		CUDNN_TYPE_BACKEND_DESCRIPTOR, most, &n, found)
	    != CUDNN_STATUS_SUCCESS)
		return 0;
	return n < most ? (int)n : most;
}

static struct graph_plan *plan_of(const struct place *place,
	cudnnBackendDescriptor_t config)
{
	struct parts p = { .n = 0 };
	struct graph_plan *g = NULL;
	int64_t workspace = 0, n;
	cudnnBackendDescriptor_t plan = make(&p,
		CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);

	set(&p, plan, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG,
		CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &config);
	set(&p, plan, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1,
		&place->cudnn);
	finish(&p, plan);
	if (!p.bad && cudnnBackendGetAttribute(plan,
		CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1,
		&n, &workspace) == CUDNN_STATUS_SUCCESS
	    && workspace <= WORKSPACE) {
		g = mem_new(1, sizeof *g);
		g->plan = plan;
	}
	clear(&p, g ? plan : NULL);
	return g;
}

int graph_plans(const struct place *place, const struct conv *c, int heuristic,
	int most, struct graph_plan **out)
{
	struct parts p = { .n = 0 };
	cudnnBackendDescriptor_t found[GRAPH_MOST], graph;
	int n;

	graph = describe(&p, place, &c->args);
	n = p.bad ? 0 : propose(&p, graph, heuristic, most < GRAPH_MOST ? most
		: GRAPH_MOST, found);
	for (int i = 0; i < n; i++)
		out[i] = plan_of(place, found[i]);
	clear(&p, NULL);
	return n;
}

void graph_plan_free(struct graph_plan *g)
{
	if (!g)
		return;
	(void)cudnnBackendDestroyDescriptor(g->plan);
	free(g);
}

int graph_plan_run(const struct place *place, const struct graph_plan *g,
	const struct conv *c)
{
	int64_t id[] = { X, W, B, Y, Z };
	const void *pointer[] = { c->args.in.p, c->krsc, c->half_bias,
		c->args.out.p, c->args.add.p };
	int64_t n = c->args.add.p ? 5 : 4;
	cudnnBackendDescriptor_t pack;
	struct parts p = { .n = 0 };
	const void *workspace = place->workspace;
	int bad;

	pack = make(&p, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
	set(&p, pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, n,
		id);
	set(&p, pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS,
		CUDNN_TYPE_VOID_PTR, n, pointer);
	set(&p, pack, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1,
		&workspace);
	finish(&p, pack);
	bad = p.bad || cudnnBackendExecute(place->cudnn, g->plan, pack)
		!= CUDNN_STATUS_SUCCESS;
	clear(&p, NULL);
	return bad;
}
