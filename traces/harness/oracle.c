/* The oracle: what each operator means, in plain loops over planes of
 * float32. Slow on purpose; every backend is checked against it. */
#include "net.h"

#include "../../sim/mem.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct oracle {
	const struct net *net;
	int slots;
	float **buffer;         /* [slot * buffers + buffer]; scratch buffers
	                         * are the same in all slots */
	float *row;
};

static size_t elements(const struct net_buffer *b)
{
	return (size_t)b->channels * (size_t)b->height * (size_t)b->width;
}

struct oracle *oracle_new(const struct net *n, int slots)
{
	struct oracle *o = mem_new(1, sizeof *o);
	size_t largest = (size_t)n->classes;

	o->net = n;
	o->slots = slots;
	o->buffer = mem_new((size_t)slots * (size_t)n->buffers,
		sizeof *o->buffer);
	for (int s = 0; s < slots; s++)
		for (int i = 0; i < n->buffers; i++)
			o->buffer[s * n->buffers + i] =
				s && !n->buffer[i].slot ? o->buffer[i]
				: mem_new(elements(&n->buffer[i]), sizeof(float));
	for (int i = 0; i < n->buffers; i++)
		if (elements(&n->buffer[i]) > largest)
			largest = elements(&n->buffer[i]);
	o->row = mem_new(largest, sizeof *o->row);
	return o;
}

void oracle_free(struct oracle *o)
{
	if (!o)
		return;
	for (int s = 0; s < o->slots; s++)
		for (int i = 0; i < o->net->buffers; i++)
			if (!s || o->net->buffer[i].slot)
				free(o->buffer[s * o->net->buffers + i]);
	free(o->buffer);
	free(o->row);
	free(o);
}

static float *data(const struct oracle *o, int slot, int tensor)
{
	const struct net_tensor *t = &o->net->tensor[tensor];

	return o->buffer[slot * o->net->buffers + t->buffer]
		+ (size_t)t->offset * (size_t)t->height * (size_t)t->width;
}

static float clamp(const struct net_op *p, float x)
{
	if (!p->clamp)
		return x;
	return x < p->low ? p->low : x > p->high ? p->high : x;
}

/* One weight at a time over a row of pixels: the loops in the order that
 * leaves the compiler something to vectorise, no cleverness beyond that. */
static void conv(const struct net *n, const struct net_op *p, const float *in,
	const float *add, float *out)
{
	const struct net_tensor *x = &n->tensor[p->in], *y = &n->tensor[p->out];
	const int ins = x->channels / p->groups, outs = y->channels / p->groups;
	const float *w = p->weight;

	for (int o = 0; o < y->channels; o++) {
		float *to = out + (size_t)o * (size_t)(y->height * y->width);
		const float *from = in + (size_t)(o / outs * ins)
			* (size_t)(x->height * x->width);
		for (int i = 0; i < y->height * y->width; i++)
			to[i] = p->bias ? p->bias[o] : 0;
		for (int c = 0; c < ins; c++)
		for (int i = 0; i < p->kernel[0]; i++)
		for (int k = 0; k < p->kernel[1]; k++, w++)
		for (int r = 0; r < y->height; r++) {
			int row = r * p->stride[0] + i * p->dilation[0]
				- p->pad[0];
			int shift = k * p->dilation[1] - p->pad[1];
			const float *line = from + (c * x->height + row)
				* x->width;
			float *dest = to + r * y->width;
			int first = 0, last = y->width;
			const float v = *w;
			if (row < 0 || row >= x->height)
				continue;
			while (first < last
			    && first * p->stride[1] + shift < 0)
				first++;
			while (last > first
			    && (last - 1) * p->stride[1] + shift >= x->width)
				last--;
			if (p->stride[1] == 1)
				for (int q = first; q < last; q++)
					dest[q] += v * line[q + shift];
			else
				for (int q = first; q < last; q++)
					dest[q] += v * line[q * p->stride[1]
						+ shift];
		}
		for (int i = 0; i < y->height * y->width; i++)
			to[i] = clamp(p, to[i] + (add ? add[o * y->height
				* y->width + i] : 0));
	}
}

static void pool(const struct net *n, const struct net_op *p, const float *in,
	float *out)
{
	const struct net_tensor *x = &n->tensor[p->in], *y = &n->tensor[p->out];

	for (int c = 0; c < y->channels; c++)
	for (int r = 0; r < y->height; r++)
	for (int q = 0; q < y->width; q++) {
		float best = -INFINITY, sum = 0;
		int seen = 0;
		for (int i = 0; i < p->kernel[0]; i++)
		for (int k = 0; k < p->kernel[1]; k++) {
			int row = r * p->stride[0] + i - p->pad[0];
			int column = q * p->stride[1] + k - p->pad[1];
			if (row < 0 || row >= x->height || column < 0
			    || column >= x->width)
				continue;
			float v = in[(c * x->height + row) * x->width + column];
			best = v > best ? v : best;
			sum += v;
			seen++;
		}
		if (p->pad_counts)
			seen = p->kernel[0] * p->kernel[1];
		*out++ = p->kind == OP_POOL_MAX ? best : sum / (float)seen;
	}
}

static void mean(const struct net_tensor *x, const float *in, float *out)
{
	int plane = x->height * x->width;

	for (int c = 0; c < x->channels; c++) {
		float sum = 0;
		for (int i = 0; i < plane; i++)
			sum += in[c * plane + i];
		out[c] = sum / (float)plane;
	}
}

static void dense(const struct net_op *p, int outs, int ins, const float *in,
	float *out)
{
	for (int o = 0; o < outs; o++) {
		float sum = p->bias ? p->bias[o] : 0;
		for (int i = 0; i < ins; i++)
			sum += p->weight[(size_t)o * (size_t)ins + (size_t)i]
				* in[i];
		out[o] = clamp(p, sum);
	}
}

static void leave(struct oracle *o, const struct net_op *p, const float *in,
	float *probabilities)
{
	const struct net_tensor *x = &o->net->tensor[p->in];
	const int classes = o->net->classes;
	int ins = x->channels * (p->mean ? 1 : x->height * x->width);
	float top = -INFINITY, sum = 0;

	if (p->mean) {
		mean(x, in, o->row);
		in = o->row;
	}
	if (p->weight)
		dense(p, classes, ins, in, probabilities);
	else
		memcpy(probabilities, in, (size_t)classes * sizeof *in);
	for (int i = 0; i < classes; i++)
		top = probabilities[i] > top ? probabilities[i] : top;
	for (int i = 0; i < classes; i++)
		sum += probabilities[i] = expf(probabilities[i] - top);
	for (int i = 0; i < classes; i++)
		probabilities[i] /= sum;
}

void oracle_stage(struct oracle *o, int slot, int stage,
	const unsigned char *image, float *probabilities)
{
	const struct net *n = o->net;

	assert(stage >= 1 && stage <= n->depths && slot < o->slots);
	if (stage == 1)
		net_normalise(n, image, data(o, slot, 0));
	for (int i = n->stage_first[stage]; i < n->stage_first[stage + 1]; i++) {
		const struct net_op *p = &n->op[i];
		const struct net_tensor *x = &n->tensor[p->in];
		const float *in = data(o, slot, p->in);
		const float *add = p->add < 0 ? NULL : data(o, slot, p->add);
		float *out = p->out < 0 ? NULL : data(o, slot, p->out);
		size_t size = (size_t)x->channels
			* (size_t)(x->height * x->width);
		assert(out || p->kind == OP_EXIT);

		switch (p->kind) {
		case OP_CONV:
			conv(n, p, in, add, out);
			break;
		case OP_POOL_MAX:
		case OP_POOL_MEAN:
			pool(n, p, in, out);
			break;
		case OP_ADD:
		case OP_CLAMP:
		case OP_COPY:
			for (size_t k = 0; k < size; k++)
				out[k] = clamp(p, in[k] + (add ? add[k] : 0));
			break;
		case OP_MEAN:
			mean(x, in, out);
			break;
		case OP_DENSE:
			dense(p, n->tensor[p->out].channels, (int)size, in, out);
			break;
		case OP_EXIT:
			leave(o, p, in, probabilities);
			break;
		}
	}
}

void oracle_tensor(const struct oracle *o, int slot, int tensor, float *out)
{
	const struct net_tensor *t = &o->net->tensor[tensor];

	memcpy(out, data(o, slot, tensor), (size_t)t->channels
		* (size_t)(t->height * t->width) * sizeof *out);
}
