/* From ONNX nodes to a net: stages by reachability, then lowering, fusing and
 * placing (net_lower.c, net_fuse.c), then NAME.ini. */
#include "net.h"

#include "net_build.h"

#include "../../sim/ini.h"
#include "../../sim/msg.h"
#include "../../sim/num.h"
#include "../../sim/sha256.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct net_memory {
	struct arena arena;
	struct onnx *onnx;      /* constants are used where they are */
};

/* ---- Stages ---------------------------------------------------------------- */

/* stage[i] of each node. Nodes come in topological order, so one sweep from
 * the end marks all that an output needs. */
static int find_stages(const struct onnx *o, struct arena *a, int *stage,
	int *unreached)
{
	struct name_map number = { 0 };
	char *needed;
	int names = 0, failed = 0;

	for (int i = 0; i < o->nodes; i++)
		for (int k = 0; k < o->node[i].outputs; k++)
			if (*o->node[i].output[k])
				name_map_set(&number, o->node[i].output[k], names++);
	needed = arena_new(a, (size_t)names, 1);
	for (int d = 0; d < o->outputs && !failed; d++) {
		int v = name_map_find(&number, o->output[d].name), added = 0;
		if (v >= 0)
			needed[v] = 1;
		for (int i = o->nodes - 1; i >= 0; i--) {
			const struct onnx_node *n = &o->node[i];
			int wanted = 0;
			if (stage[i])
				continue;
			for (int k = 0; k < n->outputs; k++)
				wanted |= *n->output[k] && needed[
					name_map_find(&number, n->output[k])];
			if (!wanted)
				continue;
			stage[i] = d + 1;
			added++;
			for (int k = 0; k < n->inputs; k++)
				if ((v = name_map_find(&number, n->input[k])) >= 0)
					needed[v] = 1;
		}
		if (!added)
			failed = msg_bad("%s: exit '%s' adds no node to those "
				"before it", o->file, o->output[d].name);
	}
	*unreached = 0;
	for (int i = 0; i < o->nodes; i++)
		*unreached += !stage[i];
	name_map_fini(&number);
	return failed;
}

/* ---- The image and the constants ------------------------------------------ */

static int find_image(struct build *b)
{
	const struct onnx *o = b->onnx;
	const struct onnx_value *v;

	if (o->inputs != 1)
		return msg_bad("%s: %d inputs, not one image", o->file,
			o->inputs);
	v = &o->input[0];
	if (v->dims != 4 || (v->dim[0] != 1 && v->dim[0] != -1))
		return msg_bad("%s: input '%s' is not one image "
			"(1 x channels x height x width)", o->file, v->name);
	for (int i = 1; i < 4; i++)
		if (v->dim[i] < 1 || v->dim[i] > (i == 1 ? NET_MAX_CHANNELS
		    : 4096))
			return msg_bad("%s: input '%s': dimension %d must be "
				"fixed, 1 to %d", o->file, v->name, i + 1,
				i == 1 ? NET_MAX_CHANNELS : 4096);
	b->net->channels = (int)v->dim[1];
	b->net->height = (int)v->dim[2];
	b->net->width = (int)v->dim[3];
	b->value[b->values] = (struct build_value){ .keeps = 1,
		.tensor = build_tensor(b, v->name, b->net->channels,
			b->net->height, b->net->width, 0) };
	name_map_set(&b->names, v->name, b->values++);
	return 0;
}

static int find_constants(struct build *b)
{
	const struct onnx *o = b->onnx;

	b->value_room = o->constants + o->nodes + 2;
	b->value = mem_new((size_t)b->value_room, sizeof *b->value);
	for (int i = 0; i < o->constants; i++) {
		b->value[b->values] = (struct build_value){
			.kind = VALUE_CONST, .constant = &o->constant[i] };
		name_map_set(&b->names, o->constant[i].name, b->values++);
	}
	return find_image(b);
}

/* Every output a Softmax of its own, all of the same length. */
static int check_exits(struct build *b)
{
	const struct onnx *o = b->onnx;

	for (int d = 0; d < o->outputs; d++) {
		int v = name_map_find(&b->names, o->output[d].name), classes;
		const struct build_value *e = v < 0 ? NULL : &b->value[v];
		if (!e || e->kind != VALUE_EXIT)
			return msg_bad("%s: exit '%s' is not a vector of class "
				"probabilities (a Softmax)", o->file,
				o->output[d].name);
		struct build_op *op = &b->op[e->tensor];
		if (op->op.stage != d + 1)
			return msg_bad("%s: exit '%s' adds nothing to exit '%s'",
				o->file, o->output[d].name,
				o->output[op->op.stage - 1].name);
		const struct net_tensor *t = &b->tensor[op->op.in];
		if (t->height != 1 || t->width != 1)
			return msg_bad("%s: exit '%s' is not one vector", o->file,
				o->output[d].name);
		classes = t->channels;
		if (d && classes != b->net->classes)
			return msg_bad("%s: exit '%s' has %d classes, others %d",
				o->file, o->output[d].name, classes,
				b->net->classes);
		if (classes < 2 || classes > NET_MAX_CLASSES)
			return msg_bad("%s: exit '%s' has %d classes", o->file,
				o->output[d].name, classes);
		b->net->classes = classes;
	}
	for (int i = 0; i < b->ops; i++) {
		int s = b->op[i].op.stage;
		if ((int)b->op[i].op.kind == BUILD_SOFTMAX
		    && &b->op[i] != &b->op[b->value[name_map_find(&b->names,
			o->output[s - 1].name)].tensor])
			return onnx_bad(o, b->op[i].node, "only an exit may be "
				"a Softmax");
	}
	return 0;
}

/* ---- Finishing ------------------------------------------------------------- */

static void count_work(const struct net *n, struct net_op *o)
{
	const struct net_tensor *in = &n->tensor[o->in];
	int64_t plane = (int64_t)in->height * in->width, outs, each;

	switch (o->kind) {
	case OP_CONV:
		outs = n->tensor[o->out].channels;
		each = (int64_t)(in->channels / o->groups)
			* o->kernel[0] * o->kernel[1];
		o->macs = outs * each * n->tensor[o->out].height
			* n->tensor[o->out].width;
		break;
	case OP_DENSE:
	case OP_EXIT:
		outs = o->kind == OP_EXIT ? n->classes
			: n->tensor[o->out].channels;
		each = in->channels * (o->mean ? 1 : plane);
		o->macs = o->weight ? outs * each : 0;
		break;
	default:
		return;
	}
	if (o->weight)
		o->weights = (size_t)(outs * each) + (o->bias ? (size_t)outs : 0);
}

/* The exit last in its stage: it would be anyway, but for nodes that the file
 * lists after it, which later stages of a nested network need. */
static int by_stage(const struct build *b, struct net_op *op)
{
	int n = 0;

	for (int d = 1; d <= b->net->depths; d++) {
		int exit_op = -1;
		b->net->stage_first[d] = n;
		for (int i = 0; i < b->ops; i++) {
			if (b->op[i].op.stage != d)
				continue;
			if (b->op[i].op.kind == OP_EXIT)
				exit_op = i;
			else
				op[n++] = b->op[i].op;
		}
		op[n++] = b->op[exit_op].op;
	}
	b->net->stage_first[b->net->depths + 1] = n;
	return n;
}

static void finish(struct build *b)
{
	struct net *n = b->net;
	struct net_op *op = arena_new(b->arena, (size_t)b->ops, sizeof *op);
	struct net_tensor *tensor = arena_new(b->arena, (size_t)b->tensors,
		sizeof *tensor);

	memcpy(tensor, b->tensor, (size_t)b->tensors * sizeof *tensor);
	for (int t = 0; t < b->tensors; t++)
		if (tensor[t].buffer >= 0 && tensor[t].last > tensor[t].made
		    && (t || tensor[t].last > 1))
			b->buffer[tensor[t].buffer].slot = 1;
	b->buffer[tensor[0].buffer].image = 1;
	struct net_buffer *buffer = arena_new(b->arena, (size_t)b->buffers,
		sizeof *buffer);
	memcpy(buffer, b->buffer, (size_t)b->buffers * sizeof *buffer);
	n->tensors = b->tensors;
	n->tensor = tensor;
	n->buffers = b->buffers;
	n->buffer = buffer;
	n->ops = by_stage(b, op);
	for (int i = 0; i < n->ops; i++)
		count_work(n, &op[i]);
	n->op = op;
}

static int build_net(struct build *b)
{
	const struct onnx *o = b->onnx;
	int *stage = arena_new(b->arena, (size_t)o->nodes, sizeof *stage);

	if (!o->outputs || o->outputs > BUNDLE_MAX_DEPTH)
		return msg_bad("%s: %d outputs (1 to %d exits)", o->file,
			o->outputs, BUNDLE_MAX_DEPTH);
	b->net->depths = o->outputs;
	if (find_stages(o, b->arena, stage, &b->net->unreached)
	    || find_constants(b))
		return -1;
	for (int d = 1; d <= o->outputs; d++)
		for (int i = 0; i < o->nodes; i++)
			if (stage[i] == d && build_lower(b, &o->node[i], d))
				return -1;
	if (check_exits(b) || build_fuse(b))
		return -1;
	build_place(b);
	finish(b);
	if (b->net->unreached)
		msg_remark("%s: %d nodes reach no exit", o->file,
			b->net->unreached);
	return 0;
}

/* ---- NAME.ini --------------------------------------------------------------- */

/* Numbers separated by commas; exactly `count` of them. */
static int read_list(const struct ini *d, const struct ini_entry *e, int count,
	double min, double max, double *out)
{
	const char *s = e->value;
	char word[64];
	int n = 0;

	for (;;) {
		size_t length = strcspn(s, ","), from = strspn(s, " \t");
		while (length > from && strchr(" \t", s[length - 1]))
			length--;
		if (from > length || length - from >= sizeof word || n == count)
			break;
		memcpy(word, s + from, length - from);
		word[length - from] = 0;
		if (num_real(word, &out[n]) || out[n] < min || out[n] > max)
			break;
		n++;
		s += strcspn(s, ",");
		if (!*s++)
			return n == count ? 0 : ini_bad(d, e,
				"%s: %d numbers, %d needed", e->key, n, count);
	}
	return ini_bad(d, e, "%s: %d numbers from %g to %g, separated by "
		"commas, needed", e->key, count, min, max);
}

static int read_facts(struct net *n, struct ini *d, struct arena *a)
{
	static const char *const kinds[] = { "staged", "nested", "single", NULL };
	double mean[NET_MAX_CHANNELS], deviation[NET_MAX_CHANNELS];
	struct ini_entry *e;
	int64_t classes;
	int kind;

	if (!(e = ini_need(d, "network", "kind"))
	    || ini_word(d, e, kinds, &kind))
		return -1;
	n->kind = (enum net_kind)kind;
	if ((n->kind == NET_SINGLE) != (n->depths == 1))
		return ini_bad(d, e, "kind %s, but the network has %d exit%s",
			e->value, n->depths, n->depths == 1 ? "" : "s");
	if (!(e = ini_need(d, "network", "classes"))
	    || ini_integer(d, e, 2, NET_MAX_CLASSES, &classes))
		return -1;
	if (classes != n->classes)
		return ini_bad(d, e, "classes = %lld, but the exits have %d",
			(long long)classes, n->classes);
	if (!(e = ini_need(d, "network", "mean"))
	    || read_list(d, e, n->channels, 0, 1, mean)
	    || !(e = ini_need(d, "network", "deviation"))
	    || read_list(d, e, n->channels, 1e-6, 1e6, deviation))
		return -1;
	for (int c = 0; c < n->channels; c++) {
		n->mean[c] = (float)mean[c];
		n->deviation[c] = (float)deviation[c];
	}
	n->task = "";
	if ((e = ini_find(d, "network", "task"))) {
		if (!num_is_name(e->value))
			return ini_bad(d, e, "task: a name needed");
		char *task = arena_new(a, strlen(e->value) + 1, 1);
		n->task = strcpy(task, e->value);
	}
	for (int k = 0; k < n->depths; k++)
		n->reference[k] = NAN;
	if ((e = ini_find(d, "reference", "accuracy"))
	    && read_list(d, e, n->depths, 0, 1, n->reference))
		return -1;
	(void)ini_find(d, "reference", "source");
	(void)ini_find(d, "reference", "note");
	return ini_unused(d);
}

static int read_ini(struct net *n, struct arena *a)
{
	char *path = mem_printf("%.*s.ini", (int)(strlen(n->file) - 5), n->file);
	struct ini *d = ini_read(path);
	int failed = !d || read_facts(n, d, a);

	if (d)
		ini_free(d);
	free(path);
	return failed ? -1 : 0;
}

/* ---- Whole ------------------------------------------------------------------ */

static const char *base_name(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t length = strlen(base);
	char *name;

	if (length < 6 || strcmp(base + length - 5, ".onnx")) {
		(void)msg_bad("%s: a network's file is called NAME.onnx", path);
		return NULL;
	}
	name = arena_new(a, length - 4, 1);
	memcpy(name, base, length - 5);
	if (num_is_name(name))
		return name;
	(void)msg_bad("%s: names of networks are made of letters, digits, "
		"'.', '_' and '-'", path);
	return NULL;
}

struct net *net_read(const char *path)
{
	struct net_memory *memory = mem_new(1, sizeof *memory);
	struct arena *a = &memory->arena;
	struct net *n = arena_new(a, 1, sizeof *n);
	struct build b = { .net = n, .arena = a };
	int failed;

	n->memory = memory;
	if (!(n->name = base_name(a, path))
	    || !(memory->onnx = onnx_read(path))) {
		net_free(n);
		return NULL;
	}
	n->file = memory->onnx->file;
	b.onnx = memory->onnx;
	failed = build_net(&b) || read_ini(n, a)
		|| sha256_file(path, n->sha256);
	free(b.op);
	free(b.tensor);
	free(b.value);
	free(b.buffer);
	name_map_fini(&b.names);
	if (failed) {
		net_free(n);
		return NULL;
	}
	return n;
}

void net_free(struct net *n)
{
	struct net_memory *memory;

	if (!n)
		return;
	memory = n->memory;
	onnx_free(memory->onnx);
	arena_fini(&memory->arena);
	free(memory);
}

struct net_boundary net_boundary_at(const struct net *n, int depth)
{
	struct net_boundary at = { .image = n->tensor[0].last > depth };

	for (int t = 1; t < n->tensors; t++) {
		const struct net_tensor *x = &n->tensor[t];
		if (x->buffer < 0 || x->made > depth || x->last <= depth)
			continue;
		at.tensors++;
		at.elements += (int64_t)x->channels * x->height * x->width;
	}
	return at;
}

void net_normalise(const struct net *n, const unsigned char *image, float *out)
{
	size_t plane = (size_t)n->height * (size_t)n->width;

	for (int c = 0; c < n->channels; c++)
		for (size_t i = 0; i < plane; i++)
			out[(size_t)c * plane + i] = ((float)image[(size_t)c
				* plane + i] / 255.0f - n->mean[c])
				/ n->deviation[c];
}

int net_answer(const float *probabilities, int classes, float *confidence)
{
	int best = 0;

	for (int i = 1; i < classes; i++)
		if (probabilities[i] > probabilities[best])
			best = i;
	*confidence = probabilities[best];
	return best;
}
