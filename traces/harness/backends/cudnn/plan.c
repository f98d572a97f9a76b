/* What a plan holds on the device: buffers, weights, a way for every
 * convolution; and the launches of its operators, as graphs. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void *plan_upload(struct plan *p, const void *bytes, size_t size)
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

int buffer_wide(const struct net_buffer *b)
{
	return b->image ? (b->channels + 7) / 8 * 8 : b->channels;
}

int plan_buffers(struct plan *p)
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
			else if (!(*to = plan_upload(p, NULL, size)))
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
	/* Copies from memory that is not pinned may still be under way when the
	 * call returns, and our stream does not wait for the default one. */
	return CUDA(cudaDeviceSynchronize());
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
	bad = !(c->krsc = plan_upload(p, h, count * 2));
	if (!bad && o->groups == 1) {
		conv_pack(h, outs, taps, padded, q);
		bad = !(c->packed = plan_upload(p, q, packed * 2));
	}
	for (int k = 0; k < outs; k++) {
		bias[k] = o->bias ? o->bias[k] : 0;
		h[k] = to_half(bias[k]);
	}
	bad = bad || !(c->args.bias = plan_upload(p, bias, (size_t)outs
		* sizeof *bias)) || !(c->half_bias = plan_upload(p, h,
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
		? plan_upload(p, w, (size_t)outs * each * sizeof *w)
		: plan_upload(p, h, (size_t)outs * each * sizeof *h);
	bad = !d->weight || (o->bias && !(d->bias = plan_upload(p, o->bias,
		(size_t)outs * sizeof *o->bias)));
	free(w);
	free(h);
	return bad ? -1 : 0;
}

int plan_ops(struct plan *p)
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

int plan_choose(struct plan *p)
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

int plan_run_image(struct plan *p, int slot, int chain)
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

int plan_run_op(struct plan *p, struct device_op *d, int slot, int chain)
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

int op_is_own(const struct device_op *d)
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

int plan_run_once(struct plan *p)
{
	if (CUDA(plan_run_image(p, 0, 0)))
		return -1;
	for (int i = 0; i < p->net->ops; i++) {
		if (plan_run_op(p, &p->op[i], 0, 0)
		    || cudaStreamSynchronize(p->place->stream) != cudaSuccess)
			return op_fails(p, &p->op[i], "run");
		p->sent += p->op[i].op->kind == OP_EXIT;
	}
	return CUDA(cudaStreamSynchronize(p->place->stream));
}

int plan_capture(struct plan *p, int slot, int first, int last, int marks,
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
			bad = CUDA(plan_run_image(p, slot, 0));
			own = 1;
		}
		for (int i = n->stage_first[d]; i < n->stage_first[d + 1]
		     && !bad; i++) {
			bad = plan_run_op(p, &p->op[i], slot, p->dev->chain && own);
			if (bad)
				(void)op_fails(p, &p->op[i], "be captured");
			own = op_is_own(&p->op[i]);
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
