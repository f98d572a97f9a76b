/* Reading ONNX: the wire format is protobuf's, unpacked by code that protoc-c
 * makes from the package's own onnx.proto. What is kept is copied into one
 * arena in our own terms, so nothing else sees the generated names. */
#define ONNX_DEFINES
#include "onnx.h"

#include "name_map.h"

#include "../../sim/file.h"
#include "../../sim/mem.h"
#include "../../sim/msg.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onnx.pb-c.h"

/* A file is at most this; ours are below 50 MB. */
#define MAX_BYTES ((size_t)1 << 30)
/* Depth of nested messages that a plain graph needs is below 8. protobuf-c
 * recurses without a limit of its own. */
#define MAX_NESTING 16

struct onnx_memory { struct arena arena; };

static char *keep_string(struct arena *a, const char *s)
{
	size_t n = s ? strlen(s) : 0;
	char *copy = arena_new(a, n + 1, 1);

	if (n)
		memcpy(copy, s, n);
	return copy;
}

/* ---- The wire, before it is unpacked ------------------------------------ */

static int read_varint(const uint8_t **p, const uint8_t *end, uint64_t *out)
{
	uint64_t x = 0;

	for (unsigned shift = 0; shift < 70; shift += 7) {
		if (*p == end)
			return -1;
		uint8_t byte = *(*p)++;
		if (shift < 64)
			x |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*out = x;
			return 0;
		}
	}
	return -1;
}

/* Walk the fields as the descriptor names them; -1 where a field ends past
 * its message or messages nest too deep. */
static int check_wire(const ProtobufCMessageDescriptor *d, const uint8_t *p,
	const uint8_t *end, int depth)
{
	uint64_t key, length;

	if (depth > MAX_NESTING)
		return -1;
	while (p < end) {
		if (read_varint(&p, end, &key) || !(key >> 3))
			return -1;
		switch (key & 7) {
		case 0:
			if (read_varint(&p, end, &length))
				return -1;
			continue;
		case 1:
			length = 8;
			break;
		case 5:
			length = 4;
			break;
		case 2:
			if (read_varint(&p, end, &length))
				return -1;
			break;
		default:
			return -1;
		}
		if (length > (uint64_t)(end - p))
			return -1;
		if ((key & 7) == 2 && key >> 3 <= UINT32_MAX) {
			const ProtobufCFieldDescriptor *f =
				protobuf_c_message_descriptor_get_field(d,
					(unsigned)(key >> 3));
			if (f && f->type == PROTOBUF_C_TYPE_MESSAGE
			    && check_wire(f->descriptor, p, p + length,
				    depth + 1))
				return -1;
		}
		p += length;
	}
	return 0;
}

/* ---- Constants ----------------------------------------------------------- */

/* Its bits in the places of a float's are that number times 2^-112, subnormal ones
 * too: exact. There are millions of them in a network. */
static float half_to_float(uint16_t h)
{
	uint32_t bits = (uint32_t)(h & 0x7fff) << 13;
	float x;

	if ((h & 0x7c00) == 0x7c00)
		bits |= 0x7f800000;     /* no number */
	memcpy(&x, &bits, sizeof x);
	x *= 0x1p112f;
	return h >> 15 ? -x : x;
}

static int check_dims(const char *file, const char *name, size_t dims,
	const int64_t *dim, size_t *count)
{
	*count = 1;
	if (dims > ONNX_MAX_DIMS)
		return msg_bad("%s: '%s': %zu dimensions", file, name, dims);
	for (size_t i = 0; i < dims; i++) {
		if (dim[i] < 1 || dim[i] > 1 << 28
		    || *count > ((size_t)1 << 30) / (size_t)dim[i])
			return msg_bad("%s: '%s': dimension %lld not supported",
				file, name, (long long)dim[i]);
		*count *= (size_t)dim[i];
	}
	return 0;
}

/* The bytes of raw_data are little-endian by the standard. */
static const float *floats_of(struct arena *a, const Onnx__TensorProto *t,
	size_t count)
{
	const int half = t->data_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16;
	const size_t size = half ? 2 : 4;
	float *out;

	if (t->has_raw_data && t->raw_data.len != count * size)
		return NULL;
	if (!t->has_raw_data
	    && (half ? t->n_int32_data : t->n_float_data) != count)
		return NULL;
	out = arena_new(a, count, sizeof *out);
	for (size_t i = 0; i < count; i++) {
		if (!t->has_raw_data) {
			out[i] = half ? half_to_float(
				(uint16_t)t->int32_data[i]) : t->float_data[i];
			continue;
		}
		const uint8_t *b = t->raw_data.data + i * size;
		uint32_t bits = b[0] | (uint32_t)b[1] << 8;
		if (half) {
			out[i] = half_to_float((uint16_t)bits);
		} else {
			bits |= (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
			memcpy(&out[i], &bits, sizeof bits);
		}
	}
	for (size_t i = 0; i < count; i++)
		if (!isfinite(out[i]))
			return NULL;
	return out;
}

static const int64_t *integers_of(struct arena *a, const Onnx__TensorProto *t,
	size_t count)
{
	int64_t *out;

	if (t->has_raw_data ? t->raw_data.len != count * 8
	    : t->n_int64_data != count)
		return NULL;
	out = arena_new(a, count, sizeof *out);
	for (size_t i = 0; i < count; i++) {
		if (!t->has_raw_data) {
			out[i] = t->int64_data[i];
			continue;
		}
		uint64_t x = 0;
		for (int k = 7; k >= 0; k--)
			x = x << 8 | t->raw_data.data[i * 8 + (size_t)k];
		out[i] = (int64_t)x;
	}
	return out;
}

static int read_const(const char *file, struct arena *a,
	const Onnx__TensorProto *t, struct onnx_const *c)
{
	const char *name = t->name ? t->name : "";

	if (check_dims(file, name, t->n_dims, t->dims, &c->count))
		return -1;
	c->name = keep_string(a, name);
	c->dims = (int)t->n_dims;
	if (t->n_dims)
		memcpy(c->dim, t->dims, t->n_dims * sizeof *t->dims);
	if (t->n_external_data || (t->has_data_location && t->data_location
	    == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL))
		return msg_bad("%s: '%s': weights outside the file", file, name);
	switch (t->data_type) {
	case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
	case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16:
		c->f = floats_of(a, t, c->count);
		break;
	case ONNX__TENSOR_PROTO__DATA_TYPE__INT64:
		c->i = integers_of(a, t, c->count);
		break;
	default:
		return msg_bad("%s: '%s': data type %d not supported "
			"(float32, float16; int64 for a shape)", file, name,
			t->data_type);
	}
	if (!c->f && !c->i)
		return msg_bad("%s: '%s': values do not fill the shape or are "
			"not finite", file, name);
	return 0;
}

/* ---- Nodes ---------------------------------------------------------------- */

static int read_attr(const struct onnx *o, struct arena *a,
	const struct onnx_node *n, const Onnx__AttributeProto *p,
	struct onnx_attr *out)
{
	out->name = keep_string(a, p->name);
	switch (p->has_type ? p->type : 0) {
	case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT:
		out->kind = ONNX_INT;
		out->i = p->i;
		return 0;
	case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT:
		out->kind = ONNX_FLOAT;
		out->f = p->f;
		return 0;
	case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING:
		out->kind = ONNX_STRING;
		char *s = arena_new(a, p->s.len + 1, 1);
		if (p->s.len)
			memcpy(s, p->s.data, p->s.len);
		out->s = s;
		return 0;
	case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS:
	case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS:
		out->kind = p->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS
			? ONNX_INTS : ONNX_FLOATS;
		size_t count = out->kind == ONNX_INTS ? p->n_ints : p->n_floats;
		if (count > 65536)
			break;
		out->n = (int)count;
		int64_t *ints = arena_new(a, count, sizeof *ints);
		float *floats = arena_new(a, count, sizeof *floats);
		for (size_t i = 0; i < count; i++)
			if (out->kind == ONNX_INTS)
				ints[i] = p->ints[i];
			else
				floats[i] = p->floats[i];
		out->ints = ints;
		out->floats = floats;
		return 0;
	case ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR:
		if (!p->t)
			break;
		out->kind = ONNX_TENSOR;
		struct onnx_const *c = arena_new(a, 1, sizeof *c);
		out->t = c;
		return read_const(o->file, a, p->t, c);
	default:
		break;
	}
	return onnx_bad(o, n, "attribute '%s' of a kind not supported",
		out->name);
}

static const char *const *keep_strings(struct arena *a, size_t n, char **s)
{
	const char **copy = arena_new(a, n, sizeof *copy);

	for (size_t i = 0; i < n; i++)
		copy[i] = keep_string(a, s[i]);
	return copy;
}

static int read_node(struct onnx *o, struct arena *a,
	const Onnx__NodeProto *p, struct onnx_node *n, struct name_map *made)
{
	n->op = keep_string(a, p->op_type);
	n->inputs = (int)p->n_input;
	n->outputs = (int)p->n_output;
	n->input = keep_strings(a, p->n_input, p->input);
	n->output = keep_strings(a, p->n_output, p->output);
	n->name = p->name && *p->name ? keep_string(a, p->name)
		: n->outputs ? n->output[0] : "";
	if (p->domain && *p->domain && strcmp(p->domain, "ai.onnx"))
		return onnx_bad(o, n, "domain '%s' not supported", p->domain);
	struct onnx_attr *attr = arena_new(a, p->n_attribute, sizeof *attr);
	n->attr = attr;
	for (size_t i = 0; i < p->n_attribute; i++, n->attrs++)
		if (read_attr(o, a, n, p->attribute[i], &attr[i]))
			return -1;
	for (int i = 0; i < n->inputs; i++)
		if (*n->input[i] && name_map_find(made, n->input[i]) < 0)
			return onnx_bad(o, n, "reads '%s', which nothing "
				"before it makes", n->input[i]);
	for (int i = 0; i < n->outputs; i++) {
		if (!*n->output[i])
			continue;
		if (name_map_find(made, n->output[i]) >= 0)
			return onnx_bad(o, n, "makes '%s', which is made "
				"already", n->output[i]);
		name_map_set(made, n->output[i], 0);
	}
	return 0;
}

/* ---- The graph ------------------------------------------------------------ */

static int read_value(const char *file, struct arena *a,
	const Onnx__ValueInfoProto *p, struct onnx_value *v)
{
	const Onnx__TypeProto__Tensor *t = NULL;

	v->name = keep_string(a, p->name);
	v->dims = -1;
	if (!*v->name)
		return msg_bad("%s: an input or output without a name", file);
	/* One of several kinds: the others are at the same address. */
	if (p->type && p->type->value_case
	    == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
		t = p->type->tensor_type;
	else if (p->type && p->type->value_case
	    != ONNX__TYPE_PROTO__VALUE__NOT_SET)
		return msg_bad("%s: '%s': is not a tensor", file, v->name);
	if (t && t->has_elem_type
	    && t->elem_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT
	    && t->elem_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16)
		return msg_bad("%s: '%s': element type %d not supported "
			"(float32, float16)", file, v->name, t->elem_type);
	if (!t || !t->shape)
		return 0;
	if (t->shape->n_dim > ONNX_MAX_DIMS)
		return msg_bad("%s: '%s': %zu dimensions", file, v->name,
			t->shape->n_dim);
	v->dims = (int)t->shape->n_dim;
	for (int i = 0; i < v->dims; i++)
		v->dim[i] = t->shape->dim[i]->value_case
			== ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE
			? t->shape->dim[i]->dim_value : -1;
	return 0;
}

static int read_graph(struct onnx *o, const Onnx__ModelProto *m,
	struct arena *a, struct name_map *made)
{
	const Onnx__GraphProto *g = m->graph;
	struct onnx_const *constant;
	struct onnx_value *input, *output;
	struct onnx_node *node;

	if (g->n_sparse_initializer)
		return msg_bad("%s: sparse weights not supported", o->file);
	if (g->n_node > 1 << 20 || g->n_initializer > 1 << 20
	    || g->n_input > 1 << 20 || g->n_output > 1 << 10)
		return msg_bad("%s: too large a graph", o->file);
	o->constant = constant = arena_new(a, g->n_initializer, sizeof *constant);
	for (size_t i = 0; i < g->n_initializer; i++, o->constants++) {
		if (read_const(o->file, a, g->initializer[i], &constant[i]))
			return -1;
		if (name_map_find(made, constant[i].name) >= 0)
			return msg_bad("%s: two constants '%s'", o->file,
				constant[i].name);
		name_map_set(made, constant[i].name, 0);
	}
	o->input = input = arena_new(a, g->n_input, sizeof *input);
	for (size_t i = 0; i < g->n_input; i++) {
		/* Old files list initialisers among the inputs. */
		if (g->input[i]->name
		    && name_map_find(made, g->input[i]->name) >= 0)
			continue;
		if (read_value(o->file, a, g->input[i], &input[o->inputs]))
			return -1;
		name_map_set(made, input[o->inputs++].name, 0);
	}
	o->node = node = arena_new(a, g->n_node, sizeof *node);
	for (size_t i = 0; i < g->n_node; i++, o->nodes++)
		if (read_node(o, a, g->node[i], &node[i], made))
			return -1;
	o->output = output = arena_new(a, g->n_output, sizeof *output);
	for (size_t i = 0; i < g->n_output; i++, o->outputs++) {
		if (read_value(o->file, a, g->output[i], &output[i]))
			return -1;
		if (name_map_find(made, output[i].name) < 0)
			return msg_bad("%s: output '%s': nothing makes it",
				o->file, output[i].name);
		for (size_t k = 0; k < i; k++)
			if (!strcmp(output[k].name, output[i].name))
				return msg_bad("%s: two outputs '%s'", o->file,
					output[i].name);
	}
	return 0;
}

static int read_model(struct onnx *o, const Onnx__ModelProto *m,
	struct arena *a)
{
	struct name_map made = { 0 };
	int failed;

	for (size_t i = 0; i < m->n_opset_import; i++) {
		const Onnx__OperatorSetIdProto *s = m->opset_import[i];
		if (s->domain && *s->domain && strcmp(s->domain, "ai.onnx"))
			continue; /* it matters only if a node uses it */
		if (s->version < 13 || s->version > 17)
			return msg_bad("%s: opset %lld not supported (13 to 17)",
				o->file, (long long)s->version);
		o->opset = (int)s->version;
	}
	if (!o->opset)
		return msg_bad("%s: no opset of the default domain", o->file);
	failed = read_graph(o, m, a, &made);
	name_map_fini(&made);
	return failed;
}

struct onnx *onnx_read(const char *path)
{
	struct onnx_memory *memory;
	struct onnx *o;
	Onnx__ModelProto *m = NULL;
	const uint8_t *bytes;
	size_t length;
	char *text;
	int failed;

	if (file_read(path, MAX_BYTES, &text, &length))
		return NULL;
	bytes = (const uint8_t *)text;
	if (!check_wire(&onnx__model_proto__descriptor, bytes, bytes + length,
		0))
		m = onnx__model_proto__unpack(NULL, length, bytes);
	free(text);
	if (!m || !m->graph) {
		(void)msg_bad("%s: not an ONNX file, or not all of it", path);
		if (m)
			onnx__model_proto__free_unpacked(m, NULL);
		return NULL;
	}
	memory = mem_new(1, sizeof *memory);
	o = arena_new(&memory->arena, 1, sizeof *o);
	o->memory = memory;
	o->file = keep_string(&memory->arena, path);
	failed = read_model(o, m, &memory->arena);
	onnx__model_proto__free_unpacked(m, NULL);
	if (failed) {
		onnx_free(o);
		return NULL;
	}
	return o;
}

void onnx_free(struct onnx *o)
{
	struct onnx_memory *memory;

	if (!o)
		return;
	memory = o->memory;
	arena_fini(&memory->arena);
	free(memory);
}

/* ---- Attributes ----------------------------------------------------------- */

int onnx_bad(const struct onnx *o, const struct onnx_node *n,
	const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	return msg_bad("%s: node '%s' (%s): %s", o->file, n->name, n->op, text);
}

const struct onnx_attr *onnx_attr(const struct onnx_node *n, const char *name)
{
	for (int i = 0; i < n->attrs; i++)
		if (!strcmp(n->attr[i].name, name))
			return &n->attr[i];
	return NULL;
}

int onnx_int(const struct onnx *o, const struct onnx_node *n, const char *name,
	int64_t missing, int64_t *out)
{
	const struct onnx_attr *a = onnx_attr(n, name);

	if (a && a->kind != ONNX_INT)
		return onnx_bad(o, n, "attribute '%s' is no integer", name);
	*out = a ? a->i : missing;
	return 0;
}

int onnx_float(const struct onnx *o, const struct onnx_node *n,
	const char *name, float missing, float *out)
{
	const struct onnx_attr *a = onnx_attr(n, name);

	if (a && (a->kind != ONNX_FLOAT || !isfinite(a->f)))
		return onnx_bad(o, n, "attribute '%s' is no number", name);
	*out = a ? a->f : missing;
	return 0;
}

int onnx_ints(const struct onnx *o, const struct onnx_node *n,
	const char *name, int count, int *out)
{
	const struct onnx_attr *a = onnx_attr(n, name);

	if (!a)
		return 0;
	if (a->kind != ONNX_INTS || a->n != count)
		return onnx_bad(o, n, "attribute '%s': %d integers expected",
			name, count);
	for (int i = 0; i < count; i++) {
		if (a->ints[i] < 0 || a->ints[i] > 1 << 20)
			return onnx_bad(o, n, "attribute '%s': %lld not "
				"supported", name, (long long)a->ints[i]);
		out[i] = (int)a->ints[i];
	}
	return 0;
}
