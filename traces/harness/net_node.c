/* What one ONNX node says: its attributes and operands, checked, and what it
 * makes. */
#include "net_build.h"

#include <string.h>

int build_tensor(struct build *b, const char *name, int channels, int height,
	int width, int stage)
{
	MEM_ROOM(b->tensor, b->tensors, b->tensor_room);
	b->tensor[b->tensors] = (struct net_tensor){ .name = name,
		.channels = channels, .height = height, .width = width,
		.buffer = -1, .made = stage, .last = stage };
	return b->tensors++;
}

void node_define(struct build *b, const char *name, struct build_value v)
{
	MEM_ROOM(b->value, b->values, b->value_room);
	b->value[b->values] = v;
	name_map_set(&b->names, name, b->values++);
}

struct build_op *node_add(struct build *b, const struct onnx_node *n,
	int kind, int stage)
{
	MEM_ROOM(b->op, b->ops, b->op_room);
	b->op[b->ops] = (struct build_op){ .node = n, .op = {
		.kind = (enum op_kind)kind, .name = n->name, .stage = stage,
		.nodes = 1, .in = -1, .add = -1, .out = -1, .groups = 1,
		.kernel = { 1, 1 }, .stride = { 1, 1 }, .dilation = { 1, 1 } } };
	return &b->op[b->ops++];
}

void node_make(struct build *b, const struct onnx_node *n,
	struct build_op *o, int channels, int height, int width, int keeps)
{
	int stage = o->op.stage;
	/* Not through o: it does not move here, but tensors do. */
	int t = build_tensor(b, n->output[0], channels, height, width, stage);

	o->op.out = t;
	node_define(b, n->output[0], (struct build_value){ .tensor = t,
		.keeps = keeps });
}

const struct build_value *node_value(struct build *b,
	const struct onnx_node *n, int i)
{
	int v = i < n->inputs && *n->input[i]
		? name_map_find(&b->names, n->input[i]) : -1;
	return v < 0 ? NULL : &b->value[v];
}

int node_attrs(const struct build *b, const struct onnx_node *n,
	const char *const *names)
{
	for (int i = 0; i < n->attrs; i++) {
		int k = 0;
		while (names[k] && strcmp(names[k], n->attr[i].name))
			k++;
		if (!names[k])
			return onnx_bad(b->onnx, n, "attribute '%s' not "
				"supported", n->attr[i].name);
	}
	return 0;
}

int node_args(const struct build *b, const struct onnx_node *n,
	int least, int most)
{
	if (n->inputs < least || n->inputs > most || n->outputs < 1)
		return onnx_bad(b->onnx, n, "%d inputs and %d outputs",
			n->inputs, n->outputs);
	for (int i = 1; i < n->outputs; i++)
		if (*n->output[i])
			return onnx_bad(b->onnx, n, "output '%s' not supported",
				n->output[i]);
	if (!*n->output[0])
		return onnx_bad(b->onnx, n, "no output");
	return 0;
}

int node_tensor(struct build *b, const struct onnx_node *n, int i,
	enum shape shape)
{
	const struct build_value *v = node_value(b, n, i);

	if (!v || v->kind != VALUE_TENSOR) {
		(void)onnx_bad(b->onnx, n, v && v->kind == VALUE_EXIT
			? "reads the probabilities of an exit: not supported"
			: "input %d must be computed from the image", i + 1);
		return -1;
	}
	if ((shape != ANY && v->flat) || (shape == PLANE && !v->keeps)) {
		(void)onnx_bad(b->onnx, n, "input %d is %s: not supported here",
			i + 1, v->flat ? "flattened" : "a vector");
		return -1;
	}
	return v->tensor;
}

const struct onnx_const *node_const(struct build *b,
	const struct onnx_node *n, int i, int64_t count)
{
	const struct build_value *v = node_value(b, n, i);

	if (!v || v->kind != VALUE_CONST || !v->constant->f) {
		(void)onnx_bad(b->onnx, n, "input %d must be constant numbers",
			i + 1);
		return NULL;
	}
	if (count >= 0 && v->constant->count != (size_t)count) {
		(void)onnx_bad(b->onnx, n, "input %d has %zu elements, not "
			"%lld", i + 1, v->constant->count, (long long)count);
		return NULL;
	}
	return v->constant;
}
