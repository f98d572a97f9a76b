/* Fusing operators and placing tensors in buffers. */
#include "net_build.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void each_input(struct build *b, const struct build_op *o,
	void (*f)(struct build *, int tensor, int stage))
{
	if (o->op.in >= 0)
		f(b, o->op.in, o->op.stage);
	if (o->op.add >= 0)
		f(b, o->op.add, o->op.stage);
	for (int i = 0; i < o->inputs; i++)
		f(b, o->input[i], o->op.stage);
}

static void count_reader(struct build *b, int tensor, int stage)
{
	(void)stage;
	b->readers[tensor]++;
}

/* Readers and maker of each tensor, as the operators are now. */
void build_count(struct build *b)
{
	b->readers = arena_new(b->arena, (size_t)b->tensors, sizeof *b->readers);
	b->maker = arena_new(b->arena, (size_t)b->tensors, sizeof *b->maker);
	for (int t = 0; t < b->tensors; t++)
		b->maker[t] = -1;
	for (int i = 0; i < b->ops; i++) {
		if ((int)b->op[i].op.kind == BUILD_NONE)
			continue;
		each_input(b, &b->op[i], count_reader);
		if (b->op[i].op.out >= 0)
			b->maker[b->op[i].op.out] = i;
	}
}

/* The operator that makes t, if reader is the only one to read t and runs in
 * the same stage: then the two can be one kernel. */
static struct build_op *only_for(struct build *b, int t,
	const struct build_op *reader)
{
	struct build_op *o;

	if (t < 0 || b->readers[t] != 1 || b->maker[t] < 0)
		return NULL;
	o = &b->op[b->maker[t]];
	return o->op.stage == reader->op.stage ? o : NULL;
}

/* first takes over what last does, at last's place in the order: by then all
 * that either reads has been made. */
static void merge(struct build *b, struct build_op *first,
	struct build_op *last)
{
	int out = last->op.out;

	first->op.nodes += last->op.nodes;
	first->op.out = out;
	*last = *first;
	first->op.kind = (enum op_kind)BUILD_NONE;
	if (out >= 0)
		b->maker[out] = (int)(last - b->op);
}

/* out = scale (W in + bias) + shift = (scale W) in + (scale bias + shift),
 * each product in double, rounded once. */
static int fold_norm(struct build *b, struct build_op *norm)
{
	struct build_op *conv = only_for(b, norm->op.in, norm);
	const struct net_tensor *t = &b->tensor[norm->op.in];
	float *weight, *bias;
	size_t each;

	if (!conv || conv->op.clamp || conv->op.add >= 0
	    || (conv->op.kind != OP_CONV && conv->op.kind != OP_DENSE))
		return onnx_bad(b->onnx, norm->node, "can be folded only into a "
			"Conv or Gemm before it that nothing else reads");
	const struct net_tensor *in = &b->tensor[conv->op.in];
	each = conv->op.kind == OP_CONV
		? (size_t)(in->channels / conv->op.groups)
			* (size_t)conv->op.kernel[0] * (size_t)conv->op.kernel[1]
		: (size_t)in->channels * (size_t)in->height * (size_t)in->width;
	weight = arena_new(b->arena, (size_t)t->channels * each, sizeof *weight);
	bias = arena_new(b->arena, (size_t)t->channels, sizeof *bias);
	for (int k = 0; k < t->channels; k++) {
		for (size_t i = 0; i < each; i++)
			weight[(size_t)k * each + i] = (float)(norm->scale[k]
				* (double)conv->op.weight[(size_t)k * each + i]);
		bias[k] = (float)(norm->shift[k] + (conv->op.bias
			? norm->scale[k] * (double)conv->op.bias[k] : 0));
	}
	conv->op.weight = weight;
	conv->op.bias = bias;
	merge(b, conv, norm);
	return 0;
}

static void fuse_add(struct build *b, struct build_op *add)
{
	struct build_op *best = NULL;
	int other = -1;

	for (int i = 0; i < 2; i++) {
		struct build_op *c = only_for(b, i ? add->op.add : add->op.in,
			add);
		/* Of two Convs (down-sampling blocks) the later one takes
		 * the Add, as the other's result is there by then. */
		if (c && c->op.kind == OP_CONV && !c->op.clamp
		    && c->op.add < 0 && (!best || c > best)) {
			best = c;
			other = i ? add->op.in : add->op.add;
		}
	}
	if (!best)
		return;
	best->op.add = other;
	merge(b, best, add);
}

static void fuse_clamp(struct build *b, struct build_op *clamp)
{
	struct build_op *o = only_for(b, clamp->op.in, clamp);

	if (!o || o->op.clamp || (o->op.kind != OP_CONV
	    && o->op.kind != OP_DENSE && o->op.kind != OP_ADD))
		return;
	o->op.clamp = 1;
	o->op.low = clamp->op.low;
	o->op.high = clamp->op.high;
	merge(b, o, clamp);
}

static void fuse_exit(struct build *b, struct build_op *e)
{
	struct build_op *o = only_for(b, e->op.in, e);

	if (o && o->op.kind == OP_DENSE && !o->op.clamp) {
		merge(b, o, e);
		o = only_for(b, e->op.in, e);
	}
	e->op.kind = OP_EXIT;
	if (o && o->op.kind == OP_MEAN) {
		e->op.mean = 1;
		e->op.in = o->op.in;
		e->op.nodes += o->op.nodes;
		o->op.kind = (enum op_kind)BUILD_NONE;
	}
}

/* In this order, so that an Add finds its Conv without a clamp and a clamp
 * finds Conv and Add already one. */
int build_fuse(struct build *b)
{
	build_count(b);
	for (int i = 0; i < b->ops; i++)
		if ((int)b->op[i].op.kind == BUILD_NORM
		    && fold_norm(b, &b->op[i]))
			return -1;
	for (int i = 0; i < b->ops; i++)
		if (b->op[i].op.kind == OP_ADD)
			fuse_add(b, &b->op[i]);
		else if (b->op[i].op.kind == OP_CLAMP)
			fuse_clamp(b, &b->op[i]);
	for (int i = 0; i < b->ops; i++)
		if ((int)b->op[i].op.kind == BUILD_SOFTMAX)
			fuse_exit(b, &b->op[i]);
	return 0;
}

/* ---- Places --------------------------------------------------------------- */

static int add_buffer(struct build *b, const struct net_tensor *t)
{
	MEM_ROOM(b->buffer, b->buffers, b->buffer_room);
	b->buffer[b->buffers] = (struct net_buffer){ .channels = t->channels,
		.height = t->height, .width = t->width };
	return b->buffers++;
}

/* Can all inputs be put next to each other, from the place of the output?
 * Only if each is computed (the image has its own buffer) and has no place
 * yet, and none occurs twice. */
static int all_free(const struct build *b, const struct build_op *c)
{
	for (int i = 0; i < c->inputs; i++) {
		if (!c->input[i] || b->tensor[c->input[i]].buffer >= 0)
			return 0;
		for (int k = 0; k < i; k++)
			if (c->input[k] == c->input[i])
				return 0;
	}
	return 1;
}

static int all_adjacent(const struct build *b, const struct build_op *c)
{
	const struct net_tensor *t = &b->tensor[c->input[0]];
	int at = t->offset;

	for (int i = 0; i < c->inputs; i++) {
		const struct net_tensor *u = &b->tensor[c->input[i]];
		if (!c->input[i] || u->buffer < 0 || u->buffer != t->buffer
		    || u->offset != at)
			return 0;
		at += u->channels;
	}
	return 1;
}

static void place_concat(struct build *b, struct build_op *c)
{
	struct net_tensor *out = &b->tensor[c->op.out];
	int at;

	if (out->buffer < 0 && all_adjacent(b, c)) {
		out->buffer = b->tensor[c->input[0]].buffer;
		out->offset = b->tensor[c->input[0]].offset;
		return;
	}
	if (!all_free(b, c))
		return; /* copied, see split_concat */
	if (out->buffer < 0)
		out->buffer = add_buffer(b, out);
	at = out->offset;
	for (int i = 0; i < c->inputs; i++) {
		b->tensor[c->input[i]].buffer = out->buffer;
		b->tensor[c->input[i]].offset = at;
		at += b->tensor[c->input[i]].channels;
	}
}

/* A copy per input into its range of the output. Those of the inputs that
 * happen to lie there already need none. */
static void split_concat(struct build *b, const struct build_op *c,
	struct build_op *to, int *n)
{
	int at = 0;

	for (int i = 0; i < c->inputs; i++) {
		struct net_tensor in = b->tensor[c->input[i]];
		struct net_tensor out = b->tensor[c->op.out];
		if (in.buffer != out.buffer || in.offset != out.offset + at) {
			int t = build_tensor(b, out.name, in.channels, in.height,
				in.width, c->op.stage);
			b->tensor[t].buffer = out.buffer;
			b->tensor[t].offset = out.offset + at;
			b->tensor[t].last = out.last;
			to[*n] = *c;
			to[*n].inputs = 0;
			to[*n].op.kind = OP_COPY;
			to[*n].op.in = c->input[i];
			to[*n].op.out = t;
			to[*n].op.nodes = i == 0;
			++*n;
		}
		at += in.channels;
	}
}

static void note_reader(struct build *b, int tensor, int stage)
{
	if (b->tensor[tensor].last < stage)
		b->tensor[tensor].last = stage;
}

static int wider_first(const void *a, const void *b)
{
	const int *x = a, *y = b;
	return x[0] != y[0] ? (x[0] < y[0] ? 1 : -1)
		: (x[1] > y[1]) - (x[1] < y[1]);
}

/* Widest Concat first, so that the buffer of [a b c d] is there when [a b]
 * asks and finds its inputs side by side. */
void build_place(struct build *b)
{
	int (*concat)[2] = arena_new(b->arena, (size_t)b->ops, sizeof *concat);
	struct build_op *op;
	size_t room = 0;
	int concats = 0, n = 0;

	build_count(b);
	for (int i = 0; i < b->ops; i++) {
		const struct build_op *o = &b->op[i];
		room += 1 + (size_t)o->inputs;
		if ((int)o->op.kind == BUILD_NONE)
			continue;
		each_input(b, o, note_reader);
		if ((int)o->op.kind == BUILD_CONCAT) {
			concat[concats][0] = b->tensor[o->op.out].channels;
			concat[concats++][1] = i;
		}
	}
	qsort(concat, (size_t)concats, sizeof *concat, wider_first);
	for (int i = 0; i < concats; i++)
		place_concat(b, &b->op[concat[i][1]]);
	for (int t = 0; t < b->tensors; t++)
		if (b->tensor[t].buffer < 0 && (!t || b->maker[t] >= 0))
			b->tensor[t].buffer = add_buffer(b, &b->tensor[t]);
	op = arena_new(b->arena, room, sizeof *op);
	for (int i = 0; i < b->ops; i++) {
		if ((int)b->op[i].op.kind == BUILD_CONCAT)
			split_concat(b, &b->op[i], op, &n);
		else if ((int)b->op[i].op.kind != BUILD_NONE)
			op[n++] = b->op[i];
	}
	free(b->op);
	b->op = mem_new((size_t)n, sizeof *b->op);
	memcpy(b->op, op, (size_t)n * sizeof *op);
	b->ops = b->op_room = n;
}
