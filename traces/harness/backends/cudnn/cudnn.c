/* GPU backend: float16, channels last, batch 1; one CUDA graph per network,
 * setting, stage and slot.
 *
 * Convolutions run by whichever of cuDNN's calls and our own kernels is the
 * fastest in the place where they will run (conv.c); everything else is ours
 * (kernels.cu). An image comes from pinned memory, the answer goes to pinned
 * memory, and the host sees a stage's end by its count there, without a call
 * into the driver. */
#include "parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cuda_check(int x, const char *what)
{
	if (x == (int)cudaSuccess)
		return 0;
	return msg_fail("CUDA: %.60s: %s", what,
		cudaGetErrorString((cudaError_t)x));
}

enum { MOST_PLACES = 16, FLUSH = 128 << 20 };

struct dev {
	int number;
	struct contexts contexts;
	struct cudaDeviceProp prop;
	char id[32];
	int chain;              /* dependent launches: from sm_90 on */
	struct place place[MOST_PLACES];
	int asked[MOST_PLACES], places;
	void *now;              /* context current to this thread; NULL: not
	                         * known */
	struct gpu_load *load;
	void *flushed;
	cudaEvent_t from, to;
	cudaGraphExec_t empty[2]; /* one kernel, and as many as asked last */
	int empties[2];
};

/* An operator on the device; its views are made per slot. */
struct device_op {
	const struct net_op *op;
	struct conv conv;       /* CONV */
	void *weight;           /* DENSE: float16; EXIT: float32 */
	float *bias;
};

struct plan {
	struct dev *dev;
	const struct net *net;
	struct place *place;
	int slots, events_on;
	void **buffer;          /* [slot * buffers + i] */
	int *wide;              /* [buffers] channels, padded */
	struct device_op *op;   /* [ops] */
	void **memory;          /* all else on the device, to be freed */
	int memories, memory_room;
	cudaGraphExec_t *stage; /* [slot * depths + stage - 1] */
	cudaGraphExec_t *whole; /* [slot], made when first asked for */
	cudaEvent_t mark[BUNDLE_MAX_DEPTH + 1]; /* of the whole */
	cudaEvent_t from, to;
	float *probabilities;   /* device, [slot][class] */
	unsigned *counter;
	volatile struct answer *answer; /* pinned */
	struct answer *mapped;  /* the same, as the device knows it */
	unsigned char *image;   /* pinned, [slot] */
	size_t pixels;
	unsigned sent;          /* the count that the running stage will give */
	int running, slot;
	unsigned polls;
	struct text kernels;
};

/* ---- The device --------------------------------------------------------------- */

static int cudnn_open(struct dev **out, const char *which)
{
	struct dev *d;
	int count = 0, number = 0;
	cudaError_t e = cudaGetDeviceCount(&count);

	if (e != cudaSuccess || !count)
		return msg_fail("backend cudnn: no GPU: %s", e == cudaSuccess
			? "none is visible" : cudaGetErrorString(e));
	if (which && *which && (sscanf(which, "%d", &number) != 1 || number < 0
	    || number >= count))
		return msg_bad("backend cudnn: --device '%s': 0 to %d", which,
			count - 1);
	d = mem_new(1, sizeof *d);
	d->number = number;
	/* Spinning, not sleeping, wherever the runtime waits. */
	if (CUDA(cudaInitDevice(number, cudaDeviceScheduleSpin
		| cudaDeviceMapHost, cudaInitDeviceFlagsAreValid))
	    || CUDA(cudaSetDevice(number)) || contexts_open(&d->contexts)
	    || CUDA(cudaGetDeviceProperties(&d->prop, number))
	    || CUDA(cudaDeviceGetPCIBusId(d->id, sizeof d->id, number))
	    || (d->prop.major < 8 && msg_bad("backend cudnn: compute capability "
		"%d.%d; built for 8.0 and later", d->prop.major, d->prop.minor))
	    || CUDA(cudaEventCreate(&d->from)) || CUDA(cudaEventCreate(&d->to))) {
		free(d);
		return -1;
	}
	d->chain = d->prop.major >= 9;
	*out = d;
	return 0;
}

/* Make a place's context current, or the device's own: NULL. A place's
 * streams, graphs, events and cuDNN handle are used only from there. */
static int enter(struct dev *d, const struct place *p)
{
	void *context = p ? p->context : d->contexts.primary;

	if (d->now == context)
		return 0;
	d->now = NULL;
	if (d->contexts.use(context))
		return msg_fail("a context cannot be made current: device lost?");
	d->now = context;
	return 0;
}

static void cudnn_close(struct dev *d)
{
	if (!d)
		return;
	(void)enter(d, NULL);
	gpu_load_stop(d->load);
	for (int i = 0; i < 2; i++)
		if (d->empty[i])
			(void)cudaGraphExecDestroy(d->empty[i]);
	for (int i = 0; i < d->places; i++)
		place_close(&d->place[i]);
	(void)cudaFree(d->flushed);
	(void)cudaEventDestroy(d->from);
	(void)cudaEventDestroy(d->to);
	free(d);
}

static int cudnn_info(struct dev *d, struct dev_info *out)
{
	int driver = 0, runtime = 0, step = 8, least = 8;
	int sms = d->prop.multiProcessorCount;

	(void)cudaDriverGetVersion(&driver);
	(void)cudaRuntimeGetVersion(&runtime);
	if (green_range(d->number, &least, &step))
		least = sms;
	*out = (struct dev_info){ .unit = "sm", .units = sms,
		.units_min = least, .units_step = step, .device_time = 1,
		.element_bytes = 2,
		.tolerance = 2e-2,
		.precision = "float16, sums and Softmax in float32",
		.layout = "channels last",
		.completion = "a count in pinned memory, polled" };
	(void)snprintf(out->name, sizeof out->name, "%.80s (%d SMs)",
		d->prop.name, sms);
	(void)snprintf(out->id, sizeof out->id, "%s", d->id);
	(void)snprintf(out->versions, sizeof out->versions,
		"cuda_driver=%d.%d;cuda=%d.%d;cudnn=%zu;compute_capability="
		"%d.%d;l2_bytes=%d", driver / 1000, driver % 100 / 10,
		runtime / 1000, runtime % 100 / 10, cudnnGetVersion(),
		d->prop.major, d->prop.minor, d->prop.l2CacheSize);
	return 0;
}

/* The place for so many units, made when first asked for. */
static struct place *find_place(struct dev *d, int units)
{
	int all = d->prop.multiProcessorCount;

	if (!units || units > all)
		units = all;
	for (int i = 0; i < d->places; i++)
		if (d->asked[i] == units)
			return &d->place[i];
	if (d->places == MOST_PLACES) {
		(void)msg_bad("backend cudnn: more than %d settings",
			MOST_PLACES);
		return NULL;
	}
	if (enter(d, NULL) || place_open(&d->place[d->places], &d->contexts,
		d->number, units, all))
		return NULL;
	d->asked[d->places] = units;
	return &d->place[d->places++];
}

/* ---- Memory ---------------------------------------------------------------------- */

static unsigned short to_half(float x)
{
	uint32_t bits, sign, rest;
	int exponent;

	memcpy(&bits, &x, sizeof bits);
	sign = bits >> 16 & 0x8000;
	exponent = (int)(bits >> 23 & 255) - 112;
	rest = bits & 0x7fffff;
	if (exponent >= 31) /* too large: the largest, not infinity */
		return (unsigned short)(sign | 0x7bff);
	if (exponent <= 0) {
		if (exponent < -10)
			return (unsigned short)sign;
		rest |= 0x800000;
		/* Round to nearest, ties to even, in 14 - exponent bits. */
		int shift = 14 - exponent;
		uint32_t half = rest >> shift, low = rest & ((1u << shift) - 1);
		half += low > 1u << (shift - 1)
			|| (low == 1u << (shift - 1) && half & 1);
		return (unsigned short)(sign | half);
	}
	uint32_t half = (uint32_t)exponent << 10 | rest >> 13;
	half += (rest & 0x1fff) > 0x1000 || ((rest & 0x1fff) == 0x1000
		&& half & 1);
	return (unsigned short)(sign | (half > 0x7bff ? 0x7bff : half));
}

/* Device memory of the plan's own with these bytes, or zeros. */
static void *upload(struct plan *p, const void *bytes, size_t size)
{
	void *memory = NULL;

	if (CUDA(cudaMalloc(&memory, size ? size : 16)))
		return NULL;
	MEM_ROOM(p->memory, p->memories, p->memory_room);
	p->memory[p->memories++] = memory;
	if (CUDA(bytes ? cudaMemcpy(memory, bytes, size, cudaMemcpyHostToDevice)
		: cudaMemset(memory, 0, size ? size : 16)))
		return NULL;
	return memory;
}

/* An image has room for whole vector loads of its pixels. */
static int wide_of(const struct net_buffer *b)
{
	return b->image ? (b->channels + 7) / 8 * 8 : b->channels;
}

static int make_buffers(struct plan *p)
{
	const struct net *n = p->net;

	for (int s = 0; s < p->slots; s++)
		for (int i = 0; i < n->buffers; i++) {
			const struct net_buffer *b = &n->buffer[i];
			size_t size = (size_t)p->wide[i] * (size_t)b->height
				* (size_t)b->width * 2;
			void **to = &p->buffer[s * n->buffers + i];
			if (s && !b->slot)
				*to = p->buffer[i];
			else if (!(*to = upload(p, NULL, size)))
				return -1;
		}
	return 0;
}

/* Noise in every buffer while ways are tried, so that a wrong index shows. */
static int fill_noise(struct plan *p, int on)
{
	const struct net *n = p->net;
	uint32_t r = 1;

	for (int i = 0; i < n->buffers; i++) {
		size_t count = (size_t)p->wide[i] * (size_t)n->buffer[i].height
			* (size_t)n->buffer[i].width;
		unsigned short *h = mem_new(count, sizeof *h);
		int bad;
		for (size_t k = 0; k < count && on; k++) {
			r = r * 1664525u + 1013904223u;
			h[k] = to_half((float)(r >> 16) / 32768.0f - 1);
			/* The padding of the image is always zero. */
			if (n->buffer[i].image && (int)(k % (size_t)p->wide[i])
			    >= n->channels)
				h[k] = 0;
		}
		bad = CUDA(cudaMemcpy(p->buffer[i], h, count * sizeof *h,
			cudaMemcpyHostToDevice));
		free(h);
		if (bad)
			return -1;
	}
	return 0;
}

static struct view view_of(const struct plan *p, int slot, int tensor)
{
	const struct net *n = p->net;
	const struct net_tensor *t = &n->tensor[tensor];
	unsigned short *base = p->buffer[slot * n->buffers + t->buffer];

	return (struct view){ base + t->offset, t->channels, t->height,
		t->width, p->wide[t->buffer] };
}

static struct clamp clamp_of(const struct net_op *o)
{
	return (struct clamp){ o->clamp, o->low, o->high };
}

/* ---- Operators ----------------------------------------------------------------------- */

/* OIHW of float32 to KRSC of float16, the image's channels padded. */
static unsigned short *krsc_of(const struct net_op *o, int outs, int ins,
	int padded)
{
	int taps = o->kernel[0] * o->kernel[1];
	unsigned short *h = mem_new((size_t)outs * (size_t)taps
		* (size_t)padded, sizeof *h);

	for (int k = 0; k < outs; k++)
		for (int c = 0; c < ins; c++)
			for (int i = 0; i < taps; i++)
				h[((size_t)k * (size_t)taps + (size_t)i)
					* (size_t)padded + (size_t)c] = to_half(
					o->weight[((size_t)k * (size_t)ins
					+ (size_t)c) * (size_t)taps + (size_t)i]);
	return h;
}

static void set_views(struct plan *p, struct device_op *d, int slot)
{
	const struct net_op *o = d->op;

	d->conv.args.in = view_of(p, slot, o->in);
	d->conv.args.out = view_of(p, slot, o->out);
	d->conv.args.add = o->add < 0 ? (struct view){ NULL, 0, 0, 0, 0 }
		: view_of(p, slot, o->add);
}

static int make_conv(struct plan *p, struct device_op *d)
{
	const struct net_op *o = d->op;
	const int outs = p->net->tensor[o->out].channels;
	const int ins = p->net->tensor[o->in].channels / o->groups;
	const int padded = o->in == 0 && o->groups == 1 ? p->wide[
		p->net->tensor[0].buffer] : ins;
	const int taps = o->kernel[0] * o->kernel[1];
	size_t count = (size_t)outs * (size_t)taps * (size_t)padded;
	size_t packed = conv_packed(outs, taps, padded);
	unsigned short *h = krsc_of(o, outs, ins, padded);
	unsigned short *q = mem_new(packed, sizeof *q);
	float *bias = mem_new((size_t)outs, sizeof *bias);
	struct conv *c = &d->conv;
	int bad;

	*c = (struct conv){ .args = { .groups = o->groups,
		.in_channels = padded, .clamp = clamp_of(o) } };
	for (int k = 0; k < 2; k++) {
		c->args.kernel[k] = o->kernel[k];
		c->args.stride[k] = o->stride[k];
		c->args.pad[k] = o->pad[k];
		c->args.dilation[k] = o->dilation[k];
	}
	bad = !(c->krsc = upload(p, h, count * 2));
	if (!bad && o->groups == 1) {
		conv_pack(h, outs, taps, padded, q);
		bad = !(c->packed = upload(p, q, packed * 2));
	}
	for (int k = 0; k < outs; k++) {
		bias[k] = o->bias ? o->bias[k] : 0;
		h[k] = to_half(bias[k]);
	}
	bad = bad || !(c->args.bias = upload(p, bias, (size_t)outs
		* sizeof *bias)) || !(c->half_bias = upload(p, h,
		(size_t)outs * 2));
	free(h);
	free(q);
	free(bias);
	return bad ? -1 : 0;
}

/* [out][channel][row][column] to [out][row][column][channel]. */
static int make_dense(struct plan *p, struct device_op *d)
{
	const struct net_op *o = d->op;
	const struct net_tensor *in = net_in(p->net, o);
	const int outs = o->kind == OP_EXIT ? p->net->classes
		: p->net->tensor[o->out].channels;
	const int plane = o->mean ? 1 : in->height * in->width;
	size_t each = (size_t)in->channels * (size_t)plane;
	float *w;
	unsigned short *h;
	int bad;

	if (!o->weight)
		return 0;
	w = mem_new((size_t)outs * each, sizeof *w);
	h = mem_new((size_t)outs * each, sizeof *h);
	for (int k = 0; k < outs; k++)
		for (int c = 0; c < in->channels; c++)
			for (int i = 0; i < plane; i++) {
				size_t to = (size_t)k * each + (size_t)(i
					* in->channels + c);
				w[to] = o->weight[(size_t)k * each
					+ (size_t)(c * plane + i)];
				h[to] = to_half(w[to]);
			}
	d->weight = o->kind == OP_EXIT
		? upload(p, w, (size_t)outs * each * sizeof *w)
		: upload(p, h, (size_t)outs * each * sizeof *h);
	bad = !d->weight || (o->bias && !(d->bias = upload(p, o->bias,
		(size_t)outs * sizeof *o->bias)));
	free(w);
	free(h);
	return bad ? -1 : 0;
}

static int make_ops(struct plan *p)
{
	for (int i = 0; i < p->net->ops; i++) {
		struct device_op *d = &p->op[i];
		d->op = &p->net->op[i];
		if (d->op->kind == OP_CONV ? make_conv(p, d)
		    : make_dense(p, d))
			return -1;
	}
	return 0;
}

/* How long cuDNN's graph interface may be tried for one network and setting,
 * in seconds. */
static int64_t search_ns(void)
{
	const char *s = getenv("LAXITY_SEARCH_S");

	return (s && *s ? atoi(s) : 30) * INT64_C(1000000000);
}

static int choose_ways(struct plan *p)
{
	int64_t until = backend_clock() + search_ns();
	char key[256], way[64];
	struct cache *cache;
	int driver = 0, bad;

	(void)cudaDriverGetVersion(&driver);
	(void)snprintf(key, sizeof key, "%.60s-%d-%zu-%d-sm%d",
		p->dev->prop.name, driver, cudnnGetVersion(), CUDART_VERSION,
		p->place->units);
	for (char *s = key; *s; s++)
		if (*s == ' ' || *s == '/')
			*s = '-';
	cache = cache_open(key);
	bad = fill_noise(p, 1);
	for (int i = 0; i < p->net->ops && !bad; i++) {
		struct device_op *d = &p->op[i];
		(void)snprintf(way, sizeof way, "own");
		if (d->op->kind == OP_CONV) {
			set_views(p, d, 0);
			bad = conv_choose(p->place, &d->conv, p->dev->chain,
				cache, until, d->op->name);
			way_print(d->conv.way, way, sizeof way);
		}
		text_add(&p->kernels, "%d %s %s\n", d->op->stage, d->op->name,
			way);
	}
	cache_close(cache);
	/* Zeros again, for padding that nobody writes. */
	return bad || fill_noise(p, 0) ? -1 : 0;
}

/* ---- Graphs ------------------------------------------------------------------------------ */

static int run_image(struct plan *p, int slot, int chain)
{
	const struct net *n = p->net;
	struct image_args a = { .bytes = p->image + (size_t)slot * p->pixels,
		.channels = n->channels, .out = view_of(p, slot, 0) };

	a.padded = a.out.wide;
	for (int c = 0; c < n->channels; c++) {
		a.mean[c] = n->mean[c];
		a.deviation[c] = n->deviation[c];
	}
	return kernel_image(&a, p->place->stream, chain);
}

static int run_op(struct plan *p, struct device_op *d, int slot, int chain)
{
	const struct net_op *o = d->op;
	const cudaStream_t s = p->place->stream;
	const struct view none = { NULL, 0, 0, 0, 0 };
	const struct view in = view_of(p, slot, o->in);

	switch (o->kind) {
	case OP_CONV:
		set_views(p, d, slot);
		return conv_run(p->place, &d->conv, chain);
	case OP_ADD:
	case OP_CLAMP:
	case OP_COPY:
		return kernel_point(in, o->add < 0 ? none : view_of(p, slot,
			o->add), view_of(p, slot, o->out), clamp_of(o), s, chain);
	case OP_POOL_MAX:
	case OP_POOL_MEAN:
		return kernel_pool(in, view_of(p, slot, o->out), o->kernel,
			o->stride, o->pad, o->kind == OP_POOL_MAX,
			o->pad_counts, s, chain);
	case OP_MEAN:
		return kernel_mean(in, view_of(p, slot, o->out), s, chain);
	case OP_DENSE:
		return kernel_dense(in, view_of(p, slot, o->out), d->weight,
			d->bias, clamp_of(o), s, chain);
	default:
		break;
	}
	struct exit_args e = { .in = in, .mean = o->mean,
		.classes = p->net->classes, .weight = d->weight,
		.bias = d->bias, .counter = p->counter,
		.probabilities = p->probabilities + slot * p->net->classes };
	e.answer = p->mapped;
	return kernel_exit(&e, s, chain);
}

/* Only behind our own kernels may another begin early: what the library
 * launches last need not be a kernel. */
static int is_own(const struct device_op *d)
{
	return d->op->kind != OP_CONV || d->conv.way.kind == 'n'
		|| d->conv.way.kind == 't';
}

static int op_fails(const struct plan *p, const struct device_op *d,
	const char *what)
{
	char way[64] = "own";
	cudaError_t e = cudaGetLastError();

	if (d->op->kind == OP_CONV)
		way_print(d->conv.way, way, sizeof way);
	return msg_fail("%s: stage %d: '%s' (%s) cannot %s: %s", p->net->name,
		d->op->stage, d->op->name, way, what, e == cudaSuccess
			? "refused by cuDNN" : cudaGetErrorString(e));
}

/* Everything once without a graph: code is loaded, which a capture may not
 * do, and what fails has a name. */
static int run_once(struct plan *p)
{
	if (CUDA(run_image(p, 0, 0)))
		return -1;
	for (int i = 0; i < p->net->ops; i++) {
		if (run_op(p, &p->op[i], 0, 0)
		    || cudaStreamSynchronize(p->place->stream) != cudaSuccess)
			return op_fails(p, &p->op[i], "run");
		p->sent += p->op[i].op->kind == OP_EXIT;
	}
	return CUDA(cudaStreamSynchronize(p->place->stream));
}

/* Stages first to last of one slot as a graph; with marks, an event before,
 * between and behind them. */
static int capture(struct plan *p, int slot, int first, int last, int marks,
	cudaGraphExec_t *exec)
{
	const struct net *n = p->net;
	const cudaStream_t s = p->place->stream;
	cudaGraph_t graph = NULL;
	int bad = CUDA(cudaStreamBeginCapture(s,
		cudaStreamCaptureModeThreadLocal));

	for (int d = first; d <= last && !bad; d++) {
		int own = 0; /* is the launch ahead one of our kernels? */
		if (marks)
			bad = CUDA(cudaEventRecordWithFlags(p->mark[d - 1], s,
				cudaEventRecordExternal));
		if (!bad && d == 1) {
			bad = CUDA(run_image(p, slot, 0));
			own = 1;
		}
		for (int i = n->stage_first[d]; i < n->stage_first[d + 1]
		     && !bad; i++) {
			bad = run_op(p, &p->op[i], slot, p->dev->chain && own);
			if (bad)
				(void)op_fails(p, &p->op[i], "be captured");
			own = is_own(&p->op[i]);
		}
	}
	if (marks && !bad)
		bad = CUDA(cudaEventRecordWithFlags(p->mark[last], s,
			cudaEventRecordExternal));
	/* A capture must end even if it failed. */
	if (cudaStreamEndCapture(s, &graph) != cudaSuccess && !bad)
		bad = msg_fail("%s: the capture of a stage failed: %s", n->name,
			cudaGetErrorString(cudaGetLastError()));
	bad = bad || CUDA(cudaGraphInstantiate(exec, graph, 0))
		|| CUDA(cudaGraphUpload(*exec, s))
		|| CUDA(cudaStreamSynchronize(s));
	if (graph)
		(void)cudaGraphDestroy(graph);
	return bad ? -1 : 0;
}

/* ---- The plan ------------------------------------------------------------------------------ */

static void cudnn_plan_free(struct plan *p)
{
	if (!p)
		return;
	(void)enter(p->dev, p->place);
	(void)cudaStreamSynchronize(p->place->stream);
	for (int i = 0; i < p->slots * p->net->depths; i++)
		if (p->stage[i])
			(void)cudaGraphExecDestroy(p->stage[i]);
	for (int i = 0; i < p->slots; i++)
		if (p->whole[i])
			(void)cudaGraphExecDestroy(p->whole[i]);
	for (int d = 0; d <= p->net->depths; d++)
		if (p->mark[d])
			(void)cudaEventDestroy(p->mark[d]);
	if (p->from)
		(void)cudaEventDestroy(p->from);
	if (p->to)
		(void)cudaEventDestroy(p->to);
	for (int i = 0; i < p->net->ops; i++)
		graph_plan_free(p->op[i].conv.graph);
	for (int i = 0; i < p->memories; i++)
		(void)cudaFree(p->memory[i]);
	(void)cudaFreeHost((void *)(uintptr_t)p->answer);
	(void)cudaFreeHost(p->image);
	free(p->memory);
	free(p->buffer);
	free(p->wide);
	free(p->op);
	free(p->stage);
	free(p->whole);
	text_fini(&p->kernels);
	free(p);
}

static struct plan *plan_new(struct dev *d, const struct net *n,
	struct place *place, int slots)
{
	struct plan *p = mem_new(1, sizeof *p);

	*p = (struct plan){ .dev = d, .net = n, .place = place, .slots = slots,
		.events_on = 1, .pixels = (size_t)(n->channels * n->height
			* n->width) };
	p->buffer = mem_new((size_t)slots * (size_t)n->buffers, sizeof(void *));
	p->wide = mem_new((size_t)n->buffers, sizeof *p->wide);
	p->op = mem_new((size_t)n->ops, sizeof *p->op);
	p->stage = mem_new((size_t)(slots * n->depths), sizeof *p->stage);
	p->whole = mem_new((size_t)slots, sizeof *p->whole);
	for (int i = 0; i < n->buffers; i++)
		p->wide[i] = wide_of(&n->buffer[i]);
	text_init(&p->kernels);
	return p;
}

static int build(struct plan *p)
{
	const struct net *n = p->net;
	void *answer = NULL, *image = NULL;

	if (CUDA(cudaHostAlloc(&answer, sizeof *p->answer,
		cudaHostAllocMapped | cudaHostAllocPortable)))
		return -1;
	memset(answer, 0, sizeof *p->answer);
	p->answer = answer;
	if (CUDA(cudaHostGetDevicePointer(&answer, answer, 0)))
		return -1;
	p->mapped = answer;
	if (CUDA(cudaHostAlloc(&image, p->pixels * (size_t)p->slots,
		cudaHostAllocMapped | cudaHostAllocPortable)))
		return -1;
	p->image = image;
	if (!(p->probabilities = upload(p, NULL, (size_t)p->slots
		* (size_t)n->classes * sizeof(float)))
	    || !(p->counter = upload(p, NULL, sizeof *p->counter))
	    || make_buffers(p) || make_ops(p)
	    || CUDA(cudaEventCreate(&p->from)) || CUDA(cudaEventCreate(&p->to)))
		return -1;
	for (int d = 0; d <= n->depths; d++)
		if (CUDA(cudaEventCreate(&p->mark[d])))
			return -1;
	if (choose_ways(p) || run_once(p))
		return -1;
	for (int s = 0; s < p->slots; s++)
		for (int d = 1; d <= n->depths; d++)
			if (capture(p, s, d, d, 0, &p->stage[s * n->depths + d
				- 1]))
				return -1;
	return 0;
}

static int cudnn_plan(struct dev *d, const struct net *n,
	const struct setting *s, int slots, struct plan **out)
{
	struct place *place = find_place(d, s->units);
	struct plan *p;

	if (!place)
		return -1;
	p = plan_new(d, n, place, slots);
	if (enter(d, place) || build(p)) {
		cudnn_plan_free(p);
		return -1;
	}
	*out = p;
	return 0;
}

static void cudnn_plan_info(struct plan *p, struct plan_info *out)
{
	const struct net *n = p->net;

	*out = (struct plan_info){ .units = p->place->units,
		.kernels_text = p->kernels.s };
	for (int d = 1; d <= n->depths; d++)
		out->kernels[d] = n->stage_first[d + 1] - n->stage_first[d]
			+ (d == 1);
	for (int i = 0; i < n->buffers; i++)
		if (n->buffer[i].slot)
			out->slot_bytes += (size_t)p->wide[i] * 2
				* (size_t)n->buffer[i].height
				* (size_t)n->buffer[i].width;
	for (int i = 0; i < n->ops; i++)
		out->weight_bytes += n->op[i].weights * 2;
}

/* ---- Running ------------------------------------------------------------------------------- */

static int cudnn_send(struct plan *p, int stage, int slot,
	const unsigned char *image)
{
	const cudaStream_t s = p->place->stream;
	cudaGraphExec_t exec = p->stage[slot * p->net->depths + stage - 1];

	if (stage == 1)
		memcpy(p->image + (size_t)slot * p->pixels, image, p->pixels);
	if (enter(p->dev, p->place))
		return -1;
	p->sent++;
	p->running = stage;
	p->slot = slot;
	p->polls = 0;
	if (!p->events_on)
		return CUDA(cudaGraphLaunch(exec, s));
	return CUDA(cudaEventRecord(p->from, s)) || CUDA(cudaGraphLaunch(exec, s))
		|| CUDA(cudaEventRecord(p->to, s)) ? -1 : 0;
}

static int cudnn_poll(struct plan *p, struct outcome *out)
{
	cudaError_t e;
	float ms;

	if (!p->running)
		return 0;
	if (p->answer->count != p->sent) {
		/* A device that is lost never raises the count. */
		if (++p->polls % 65536)
			return 0;
		e = cudaStreamQuery(p->place->stream);
		return e == cudaSuccess || e == cudaErrorNotReady ? 0
			: CUDA(e);
	}
	*out = (struct outcome){ .stage = p->running, .slot = p->slot,
		.prediction = p->answer->prediction,
		.confidence = p->answer->confidence, .device_ns = -1 };
	p->running = 0;
	if (p->events_on) {
		if (CUDA(cudaEventSynchronize(p->to))
		    || CUDA(cudaEventElapsedTime(&ms, p->from, p->to)))
			return -1;
		out->device_ns = (int64_t)((double)ms * 1e6);
	}
	return 1;
}

static int cudnn_probabilities(struct plan *p, int slot, float *out)
{
	return enter(p->dev, p->place)
	    || CUDA(cudaStreamSynchronize(p->place->stream))
	    || CUDA(cudaMemcpy(out, p->probabilities + slot * p->net->classes,
		(size_t)p->net->classes * sizeof *out, cudaMemcpyDeviceToHost))
		? -1 : 0;
}

static int cudnn_whole(struct plan *p, int slot, const unsigned char *image,
	struct outcome *out, int64_t *device_ns)
{
	const int depths = p->net->depths;
	float ms;

	if (enter(p->dev, p->place) || (!p->whole[slot] && capture(p, slot, 1,
		depths, 1, &p->whole[slot])))
		return -1;
	memcpy(p->image + (size_t)slot * p->pixels, image, p->pixels);
	p->sent += (unsigned)depths;
	if (CUDA(cudaGraphLaunch(p->whole[slot], p->place->stream))
	    || CUDA(cudaStreamSynchronize(p->place->stream)))
		return -1;
	for (int d = 0; d <= depths; d++) {
		if (CUDA(cudaEventElapsedTime(&ms, p->mark[d ? d - 1 : 0],
			p->mark[d ? d : depths])))
			return -1;
		device_ns[d] = (int64_t)((double)ms * 1e6);
	}
	*out = (struct outcome){ .stage = depths, .slot = slot,
		.prediction = p->answer->prediction,
		.confidence = p->answer->confidence,
		.device_ns = device_ns[0] };
	return 0;
}

/* ---- Operators by themselves ------------------------------------------------------------- */

struct one { struct plan *plan; int op; };

static int launch_one(void *data, int chain)
{
	struct one *o = data;
	struct plan *p = o->plan;

	return o->op < p->net->ops ? run_op(p, &p->op[o->op], 0, chain)
		: run_image(p, 0, chain);
}

static int cudnn_times(struct plan *p, double *us)
{
	int chain = p->dev->chain;

	if (enter(p->dev, p->place)
	    || CUDA(cudaStreamSynchronize(p->place->stream)))
		return -1;
	for (int i = 0; i <= p->net->ops; i++) {
		struct one o = { p, i };
		us[i] = chain_us(p->place, launch_one, &o, chain
			&& (i == p->net->ops || is_own(&p->op[i])));
		if (isinf(us[i]))
			us[i] = NAN;
	}
	/* The exits have counted on. */
	return CUDA(cudaStreamSynchronize(p->place->stream))
	    || CUDA(cudaMemcpy(&p->sent, p->counter, sizeof p->sent,
		cudaMemcpyDeviceToHost)) ? -1 : 0;
}

static void cudnn_events(struct plan *p, int on)
{
	p->events_on = on;
}

/* ---- Null cases, caches, loads --------------------------------------------------------------- */

static int make_empty(struct dev *d, cudaStream_t s, int which, int kernels)
{
	cudaGraph_t graph = NULL;
	int bad;

	if (d->empty[which] && d->empties[which] == kernels)
		return 0;
	if (d->empty[which])
		(void)cudaGraphExecDestroy(d->empty[which]);
	d->empty[which] = NULL;
	bad = CUDA(cudaStreamBeginCapture(s, cudaStreamCaptureModeThreadLocal));
	for (int i = 0; i < kernels && !bad; i++)
		bad = CUDA(kernel_empty(s, d->chain && i));
	if (CUDA(cudaStreamEndCapture(s, &graph)) || bad
	    || CUDA(cudaGraphInstantiate(&d->empty[which], graph, 0)))
		bad = -1;
	if (graph)
		(void)cudaGraphDestroy(graph);
	d->empties[which] = kernels;
	return bad ? -1 : 0;
}

static int cudnn_empty(struct dev *d, int kernels, int64_t *host_ns,
	int64_t *device_ns)
{
	const struct place *all = find_place(d, 0);
	int which = kernels != 1;
	int64_t begun;
	cudaStream_t s;
	float ms;

	if (!all || enter(d, all))
		return -1;
	s = all->stream;
	if (kernels && make_empty(d, s, which, kernels))
		return -1;
	begun = backend_clock();
	if (CUDA(cudaEventRecord(d->from, s))
	    || (kernels && CUDA(cudaGraphLaunch(d->empty[which], s)))
	    || CUDA(cudaEventRecord(d->to, s))
	    || CUDA(cudaEventSynchronize(d->to)))
		return -1;
	*host_ns = backend_clock() - begun;
	if (CUDA(cudaEventElapsedTime(&ms, d->from, d->to)))
		return -1;
	*device_ns = (int64_t)((double)ms * 1e6);
	return 0;
}

static int cudnn_flush(struct dev *d)
{
	if (enter(d, NULL) || (!d->flushed && CUDA(cudaMalloc(&d->flushed,
		FLUSH))))
		return -1;
	return CUDA(cudaMemset(d->flushed, 1, FLUSH))
		|| CUDA(cudaDeviceSynchronize()) ? -1 : 0;
}

static int cudnn_corun(struct dev *d, const struct load *l)
{
	gpu_load_stop(d->load);
	d->load = NULL;
	/* A load has all SMs, whatever the stages have. */
	if (enter(d, NULL))
		return -1;
	if (l && !(d->load = gpu_load_start(d->number, l)))
		return -1;
	return 0;
}

static int cudnn_corun_rate(struct dev *d, struct load_rate *out)
{
	*out = (struct load_rate){ 0 };
	if (d->load)
		gpu_load_rate(d->load, out);
	return 0;
}

extern const struct backend backend;
const struct backend backend = {
	.abi = BACKEND_ABI, .name = "cudnn",
	.summary = "NVIDIA GPUs: cuDNN and kernels of our own, float16",
	.open = cudnn_open, .close = cudnn_close, .info = cudnn_info,
	.plan = cudnn_plan, .plan_free = cudnn_plan_free,
	.plan_info = cudnn_plan_info, .send = cudnn_send, .poll = cudnn_poll,
	.probabilities = cudnn_probabilities, .whole = cudnn_whole,
	.times = cudnn_times,
	.events = cudnn_events, .empty = cudnn_empty, .flush = cudnn_flush,
	.corun = cudnn_corun, .corun_rate = cudnn_corun_rate,
};
