/* Which way a convolution runs: every way is checked against the naive kernel
 * on the device and timed in a chain, inside the place where it will run. */
#include "parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- Ways ---------------------------------------------------------------------- */

void way_print(struct way w, char *out, size_t room)
{
	static const char *const heuristics[] = { "a", "b", "fallback" };

	switch (w.kind) {
	case 't':
		(void)snprintf(out, room, "tile-%d-%d", w.a, w.b);
		break;
	case 'l':
		(void)snprintf(out, room, "cudnn-fused-%d", w.a);
		break;
	case 'g':
		(void)snprintf(out, room, "cudnn-graph-%s-%d", heuristics[w.b],
			w.a);
		break;
	default:
		(void)snprintf(out, room, "naive");
	}
}

static int is_aligned(struct view v)
{
	return !((size_t)v.p % 16) && v.wide % 8 == 0;
}

/* cuDNN's fused call: Convolution, bias, residual and ReLU in one kernel. */
static int run_fused(const struct place *p, const struct conv *c, int algorithm)
{
	const struct conv_args *a = &c->args;
	const struct view *z = a->add.p ? &a->add : &a->out;
	const float one = 1, residual = a->add.p ? 1 : 0;
	cudnnTensorDescriptor_t x = NULL, y = NULL, add = NULL, bias = NULL;
	cudnnFilterDescriptor_t w = NULL;
	cudnnConvolutionDescriptor_t conv = NULL;
	cudnnActivationDescriptor_t act = NULL;
	size_t size = 0;
	int bad = 1;

#define OK(call) ((call) == CUDNN_STATUS_SUCCESS)
#define VIEW(d, v, n) OK(cudnnSetTensor4dDescriptorEx(d, CUDNN_DATA_HALF, 1, n, \
	(v).height, (v).width, (v).height * (v).width * (v).wide, 1, \
	(v).width * (v).wide, (v).wide))
	if (OK(cudnnCreateTensorDescriptor(&x))
	    && OK(cudnnCreateTensorDescriptor(&y))
	    && OK(cudnnCreateTensorDescriptor(&add))
	    && OK(cudnnCreateTensorDescriptor(&bias))
	    && OK(cudnnCreateFilterDescriptor(&w))
	    && OK(cudnnCreateConvolutionDescriptor(&conv))
	    && OK(cudnnCreateActivationDescriptor(&act))
	    && VIEW(x, a->in, a->in_channels * a->groups)
	    && VIEW(y, a->out, a->out.channels)
	    && VIEW(add, *z, a->out.channels)
	    && OK(cudnnSetTensor4dDescriptor(bias, CUDNN_TENSOR_NHWC,
		CUDNN_DATA_HALF, 1, a->out.channels, 1, 1))
	    && OK(cudnnSetFilter4dDescriptor(w, CUDNN_DATA_HALF,
		CUDNN_TENSOR_NHWC, a->out.channels, a->in_channels,
		a->kernel[0], a->kernel[1]))
	    && OK(cudnnSetConvolution2dDescriptor(conv, a->pad[0], a->pad[1],
		a->stride[0], a->stride[1], a->dilation[0], a->dilation[1],
		CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT))
	    && OK(cudnnSetConvolutionGroupCount(conv, a->groups))
	    && OK(cudnnSetConvolutionMathType(conv, CUDNN_TENSOR_OP_MATH))
	    && OK(cudnnSetActivationDescriptor(act, a->clamp.on
		? CUDNN_ACTIVATION_RELU : CUDNN_ACTIVATION_IDENTITY,
		CUDNN_NOT_PROPAGATE_NAN, 0))
	    && OK(cudnnGetConvolutionForwardWorkspaceSize(p->cudnn, x, w, conv,
		y, (cudnnConvolutionFwdAlgo_t)algorithm, &size))
	    && size <= WORKSPACE)
		bad = !OK(cudnnConvolutionBiasActivationForward(p->cudnn, &one,
			x, a->in.p, w, c->krsc, conv,
			(cudnnConvolutionFwdAlgo_t)algorithm, p->workspace,
			WORKSPACE, &residual, add, z->p, bias, c->half_bias,
			act, y, a->out.p));
#undef VIEW
#undef OK
	if (act)
		(void)cudnnDestroyActivationDescriptor(act);
	if (conv)
		(void)cudnnDestroyConvolutionDescriptor(conv);
	if (w)
		(void)cudnnDestroyFilterDescriptor(w);
	if (bias)
		(void)cudnnDestroyTensorDescriptor(bias);
	if (add)
		(void)cudnnDestroyTensorDescriptor(add);
	if (y)
		(void)cudnnDestroyTensorDescriptor(y);
	if (x)
		(void)cudnnDestroyTensorDescriptor(x);
	return bad;
}

/* Can it be this way at all? LAXITY_WAYS, letters of kinds, allows fewer. */
static int takes(const struct place *p, const struct conv *c, struct way w)
{
	const struct conv_args *a = &c->args;
	const char *allowed = getenv("LAXITY_WAYS");
	int relu = !a->clamp.on || (a->clamp.low == 0 && isinf(a->clamp.high));
	int tiles = (a->out.channels + 15) / 16;
	/* A library that is told of an alignment may rely on it, and a load
	 * that is not aligned would end the device's context. */
	int library = p->cudnn && relu && is_aligned(a->in)
		&& is_aligned(a->out) && (!a->add.p || is_aligned(a->add));

	if (allowed && *allowed && w.kind != 'n' && !strchr(allowed, w.kind))
		return 0;
	switch (w.kind) {
	case 't':
		return a->groups == 1 && a->in_channels % 8 == 0
			&& is_aligned(a->in) && w.b < 2 * tiles;
	case 'l':
		/* Without ReLU the library takes one algorithm only. */
		return library && (a->clamp.on || w.a
			== (int)CUDNN_CONVOLUTION_FWD_ALGO_IMPLICIT_PRECOMP_GEMM);
	case 'g':
		return library && a->groups == 1;
	default:
		return 1;
	}
}

int conv_run(const struct place *p, const struct conv *c, int chain)
{
	struct conv_args a = c->args;

	switch (c->way.kind) {
	case 't':
		a.weight = c->packed;
		return kernel_conv_tile(&a, c->way.a, c->way.b, p->stream, chain);
	case 'l':
		return run_fused(p, c, c->way.a);
	case 'g':
		return !c->graph || graph_plan_run(p, c->graph, c);
	default:
		a.weight = c->krsc;
		return kernel_conv_naive(&a, p->stream, chain);
	}
}

/* ---- Trying -------------------------------------------------------------------------- */

static float from_half(unsigned short h)
{
	int exponent = h >> 10 & 31, mantissa = h & 1023;
	double x = exponent == 31 ? (double)INFINITY : exponent
		? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);

	return (float)(h >> 15 ? -x : x);
}

/* Run it on an output that was cleared, lest what an earlier way left pass
 * for this one's work, and read the result. Only our own channels of a wide
 * buffer are touched. */
static int attempt(const struct place *p, const struct conv *c, float *out)
{
	const struct view *v = &c->args.out;
	size_t pixels = (size_t)v->height * (size_t)v->width;
	size_t row = (size_t)v->channels * 2, pitch = (size_t)v->wide * 2;
	unsigned short *h = mem_new(pixels, row);
	int bad = cudaMemset2DAsync(v->p, pitch, 0, row, pixels, p->stream)
		!= cudaSuccess || conv_run(p, c, 0)
	    || cudaStreamSynchronize(p->stream) != cudaSuccess
	    || cudaMemcpy2D(h, row, v->p, pitch, row, pixels,
		cudaMemcpyDeviceToHost) != cudaSuccess;

	for (size_t i = 0; i < pixels * (size_t)v->channels && !bad; i++)
		out[i] = from_half(h[i]);
	free(h);
	return bad;
}

/* Half a percent of the largest: float16 sums in another order differ by
 * less, a wrong index by more. */
static int same(const float *a, const float *b, size_t n)
{
	double worst = 0, largest = 0;

	for (size_t i = 0; i < n; i++) {
		double d = fabs((double)a[i] - (double)b[i]);
		if (!(d < (double)INFINITY)) /* NaN is never the same */
			return 0;
		worst = fmax(worst, d);
		largest = fmax(largest, fabs((double)b[i]));
	}
	return worst <= 0.005 * largest + 1e-4;
}

double chain_us(const struct place *p, int (*launch)(void *data, int chain),
	void *data, int chain)
{
	cudaGraph_t graph = NULL;
	cudaGraphExec_t exec = NULL;
	cudaEvent_t from = NULL, to = NULL;
	double best = (double)INFINITY;
	float ms;
	int bad = cudaStreamBeginCapture(p->stream,
		cudaStreamCaptureModeThreadLocal) != cudaSuccess;

	for (int i = 0; i < CHAIN_LENGTH && !bad; i++)
		bad = launch(data, chain && i);
	if (cudaStreamEndCapture(p->stream, &graph) != cudaSuccess || bad
	    || cudaGraphInstantiate(&exec, graph, 0) != cudaSuccess
	    || cudaEventCreate(&from) != cudaSuccess
	    || cudaEventCreate(&to) != cudaSuccess)
		bad = 1;
	for (int i = 0; i < CHAIN_RUNS && !bad; i++) {
		bad = cudaEventRecord(from, p->stream) != cudaSuccess
		    || cudaGraphLaunch(exec, p->stream) != cudaSuccess
		    || cudaEventRecord(to, p->stream) != cudaSuccess
		    || cudaEventSynchronize(to) != cudaSuccess
		    || cudaEventElapsedTime(&ms, from, to) != cudaSuccess;
		/* The first ones load the code. Where that is not all, one
		 * that slow need not be known any better. */
		if (!bad && (i > 1 || (i && ms > 4)))
			best = fmin(best, (double)ms * 1e3 / CHAIN_LENGTH);
		if (!bad && i && ms > 4)
			break;
	}
	if (to)
		(void)cudaEventDestroy(to);
	if (from)
		(void)cudaEventDestroy(from);
	if (exec)
		(void)cudaGraphExecDestroy(exec);
	if (graph)
		(void)cudaGraphDestroy(graph);
	(void)cudaGetLastError();
	return bad ? (double)INFINITY : best;
}

struct launch { const struct place *place; const struct conv *conv; };

static int launch_conv(void *data, int chain)
{
	const struct launch *l = data;

	return conv_run(l->place, l->conv, chain);
}

static double time_way(const struct place *p, const struct conv *c, int chain)
{
	struct launch l = { p, c };

	return chain_us(p, launch_conv, &l, chain);
}

/* Does it run, and give what the naive kernel gave? */
static int works(const struct place *p, const struct conv *c, const float *want,
	float *got, size_t n)
{
	if (!attempt(p, c, got) && same(got, want, n))
		return 1;
	(void)cudaGetLastError();
	return 0;
}

/* ---- Choices that were made before ---------------------------------------------------- */

struct cache {
	char *path;
	/* bad: this way left the device unusable. */
	struct { char *shape; struct way way; int bad; } *entry;
	int n, room, changed;
};

static void remember(struct cache *c, const char *shape, struct way w, int bad)
{
	MEM_ROOM(c->entry, c->n, c->room);
	c->entry[c->n].shape = mem_string(shape);
	c->entry[c->n].bad = bad;
	c->entry[c->n++].way = w;
	c->changed = 1;
}

static int is_bad(const struct cache *c, const char *shape, struct way w)
{
	for (int i = 0; i < c->n; i++)
		if (c->entry[i].bad && !strcmp(c->entry[i].shape, shape)
		    && c->entry[i].way.kind == w.kind
		    && c->entry[i].way.a == w.a && c->entry[i].way.b == w.b)
			return 1;
	return 0;
}

/* A file per device, driver, library and setting, below the user's cache. It
 * makes a second process use the plans of the first. Whatever is wrong with
 * it, choosing anew is the answer. */
struct cache *cache_open(const char *key)
{
	const char *home = getenv("HOME"), *xdg = getenv("XDG_CACHE_HOME");
	struct cache *c = mem_new(1, sizeof *c);
	char *dir = xdg && *xdg ? mem_printf("%s/laxity", xdg)
		: mem_printf("%s/.cache/laxity", home ? home : ".");
	char line[256], shape[160], kind;
	struct way w;
	FILE *f;
	int at;

	c->path = mem_printf("%s/%s.plans", dir, key);
	if (!(xdg && *xdg)) {
		char *parent = mem_printf("%s/.cache", home ? home : ".");
		(void)mkdir(parent, 0777);
		free(parent);
	}
	(void)mkdir(dir, 0777);
	free(dir);
	f = fopen(c->path, "r");
	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "%159s %c %d %d%n", shape, &kind, &w.a, &w.b,
			&at) == 4 && w.a >= 0 && w.a < 64 && w.b >= 0
		    && w.b < 64 && (kind != 'g' || w.b < 3)) {
			w.kind = kind;
			remember(c, shape, w, !strcmp(line + at, " bad\n"));
		}
	if (f)
		(void)fclose(f);
	c->changed = 0;
	return c;
}

void cache_close(struct cache *c)
{
	struct text t;

	if (!c)
		return;
	text_init(&t);
	for (int i = 0; i < c->n; i++) {
		text_add(&t, "%s %c %d %d%s\n", c->entry[i].shape,
			c->entry[i].way.kind, c->entry[i].way.a,
			c->entry[i].way.b, c->entry[i].bad ? " bad" : "");
		free(c->entry[i].shape);
	}
	if (c->changed) {
		/* A cache that cannot be written is no fault, so no message. */
		FILE *f = fopen(c->path, "w");
		if (f) {
			(void)!fwrite(t.s, 1, t.length, f);
			(void)fclose(f);
		}
	}
	text_fini(&t);
	free(c->entry);
	free(c->path);
	free(c);
}

static void shape_of(const struct conv *c, int chain, char *out, size_t room)
{
	const struct conv_args *a = &c->args;

	(void)snprintf(out, room, "%dx%dx%d/%d-%dx%d+%d+%d/%d/%d-g%d-%dx%d/%d"
		"-a%d-c%d%d-%d", a->in_channels, a->in.height, a->in.width,
		a->in.wide, a->kernel[0], a->kernel[1], a->stride[0], a->pad[0],
		a->dilation[0], a->stride[1], a->groups, a->out.channels,
		a->out.height, a->out.wide, a->add.p ? a->add.wide : 0,
		a->clamp.on, a->clamp.low == 0, chain);
}

/* ---- Choosing ------------------------------------------------------------------------------ */

/* The best way so far, and what it takes to judge another. */
struct choice {
	const struct place *place;
	struct conv *conv;
	struct cache *cache;
	const char *name, *shape;
	int chain;
	size_t n;
	float *want, *got;
	struct way best;
	struct graph_plan *graph;
	double us;
};

/* c->conv->way, with its plan if it has one. -1 after a message: the device
 * is unusable. Takes the plan. */
static int judge(struct choice *c, struct graph_plan *graph)
{
	const struct way w = c->conv->way;
	double us = (double)INFINITY;
	cudaError_t e;
	char name[64];

	c->conv->graph = graph;
	if (works(c->place, c->conv, c->want, c->got, c->n))
		us = time_way(c->place, c->conv, c->chain);
	c->conv->graph = NULL;
	if (us < c->us) {
		graph_plan_free(c->graph);
		c->graph = graph;
		c->best = w;
		c->us = us;
		return 0;
	}
	graph_plan_free(graph);
	if (!isinf(us))
		return 0;
	/* Most failures are refusals. One that stays has ended the context,
	 * and only a new process can go on. */
	e = cudaStreamSynchronize(c->place->stream);
	if (e == cudaSuccess)
		return 0;
	(void)cudaGetLastError();
	way_print(w, name, sizeof name);
	remember(c->cache, c->shape, w, 1);
	return msg_fail("%s: way '%s' left the device unusable (%s): that is "
		"noted, so the same command will do without it", c->name, name,
		cudaGetErrorString(e));
}

static int judge_simple(struct choice *c)
{
	static const struct way own[] = { { 'n', 0, 0 }, { 't', 4, 1 },
		{ 't', 8, 1 }, { 't', 16, 1 }, { 't', 4, 2 }, { 't', 8, 2 },
		{ 't', 16, 2 }, { 't', 2, 4 }, { 't', 4, 4 }, { 't', 8, 4 } };
	enum { OWN = sizeof own / sizeof *own };

	for (int i = 0; i < OWN + CUDNN_CONVOLUTION_FWD_ALGO_COUNT; i++) {
		struct way w = i < OWN ? own[i] : (struct way){ 'l', i - OWN, 0 };
		c->conv->way = w;
		if (takes(c->place, c->conv, w) && !is_bad(c->cache, c->shape, w)
		    && judge(c, NULL))
			return -1;
	}
	return 0;
}

static int judge_graphs(struct choice *c, int64_t until_ns)
{
	/* Heuristic b mostly repeats a; the fallback is for what a lacks. */
	static const int heuristics[] = { 0, 2 };
	struct graph_plan *plan[GRAPH_MOST];
	int bad = 0, found = 0;

	for (int k = 0; k < 2 && !bad && !found; k++) {
		const int h = heuristics[k];
		int n = 0;
		if (takes(c->place, c->conv, (struct way){ 'g', 0, h })
		    && backend_clock() < until_ns)
			n = graph_plans(c->place, c->conv, h, GRAPH_MOST, plan);
		found = n;
		for (int i = 0; i < n; i++) {
			c->conv->way = (struct way){ 'g', i, h };
			if (bad || !plan[i] || backend_clock() >= until_ns
			    || is_bad(c->cache, c->shape, c->conv->way))
				graph_plan_free(plan[i]);
			else
				bad = judge(c, plan[i]);
		}
	}
	return bad;
}

/* As an earlier run chose; 0 if that does not work here. */
static int use_known(struct choice *c, struct way w)
{
	struct graph_plan *plan[GRAPH_MOST] = { NULL };
	int n = 0, good;

	if (!takes(c->place, c->conv, w) || is_bad(c->cache, c->shape, w))
		return 0;
	c->conv->way = w;
	if (w.kind == 'g')
		n = graph_plans(c->place, c->conv, w.b, GRAPH_MOST, plan);
	c->conv->graph = w.kind == 'g' && w.a < n ? plan[w.a] : NULL;
	good = works(c->place, c->conv, c->want, c->got, c->n);
	for (int i = 0; i < n; i++)
		if (!good || plan[i] != c->conv->graph)
			graph_plan_free(plan[i]);
	if (!good)
		c->conv->graph = NULL;
	return good;
}

static int choose(struct choice *c, int64_t until_ns)
{
	int known = -1, hurried;

	c->conv->way = (struct way){ 'n', 0, 0 };
	if (attempt(c->place, c->conv, c->want))
		return msg_fail("%s: the reference kernel fails on this device: "
			"%s", c->name, cudaGetErrorString(cudaGetLastError()));
	for (int i = 0; i < c->cache->n && known < 0; i++)
		if (!c->cache->entry[i].bad
		    && !strcmp(c->cache->entry[i].shape, c->shape))
			known = i;
	if (known >= 0 && use_known(c, c->cache->entry[known].way))
		return 0;
	if (judge_simple(c) || judge_graphs(c, until_ns))
		return -1;
	/* With more time there may be a better one. */
	hurried = backend_clock() >= until_ns;
	if (isinf(c->us))
		return msg_fail("%s: no way to run this convolution on the "
			"device", c->name);
	c->conv->way = c->best;
	c->conv->graph = c->graph;
	c->graph = NULL;
	if (hurried)
		return 0;
	if (known < 0)
		remember(c->cache, c->shape, c->best, 0);
	else
		c->cache->entry[known].way = c->best;
	c->cache->changed = 1;
	return 0;
}

int conv_choose(const struct place *p, struct conv *c, int chain,
	struct cache *cache, int64_t until_ns, const char *name)
{
	const struct view *v = &c->args.out;
	char shape[160];
	struct choice choice = { .place = p, .conv = c, .cache = cache,
		.name = name, .shape = shape, .chain = chain,
		.n = (size_t)v->height * (size_t)v->width * (size_t)v->channels,
		.us = (double)INFINITY };
	int bad;

	shape_of(c, chain, shape, sizeof shape);
	choice.want = mem_new(choice.n, sizeof *choice.want);
	choice.got = mem_new(choice.n, sizeof *choice.got);
	bad = choose(&choice, until_ns);
	graph_plan_free(choice.graph);
	free(choice.want);
	free(choice.got);
	return bad;
}
