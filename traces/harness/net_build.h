/* Inside net: the graph while it is being lowered. Operators are a list that
 * fusing shortens; tensors are never removed, only left unused. */
#ifndef LAXITY_NET_BUILD_H
#define LAXITY_NET_BUILD_H

#include "name_map.h"
#include "net.h"
#include "onnx.h"

#include "../../sim/mem.h"

/* Kinds that exist only before fusing. */
enum { BUILD_NORM = 100, BUILD_CONCAT, BUILD_SOFTMAX, BUILD_NONE };

struct build_op {
	struct net_op op;       /* kind may be one of the above */
	const struct onnx_node *node;
	int inputs;             /* CONCAT */
	int *input;
	const double *scale, *shift; /* NORM: out = scale in + shift */
};

/* What an ONNX name stands for. */
enum value_kind { VALUE_TENSOR, VALUE_CONST, VALUE_EXIT };
struct build_value {
	enum value_kind kind;
	int tensor;
	int flat;               /* a vector made of a plane by Flatten */
	int keeps;              /* rank 4 although 1 x 1: a mean that kept it */
	const struct onnx_const *constant;
};

struct build {
	const struct onnx *onnx;
	struct net *net;
	struct arena *arena;
	struct build_op *op;
	int ops, op_room;
	struct net_tensor *tensor;
	int tensors, tensor_room;
	struct build_value *value;
	int values, value_room;
	struct name_map names;     /* ONNX name -> number of value */
	int *readers;           /* by tensor; made by build_count */
	int *maker;             /* by tensor: op, or -1 */
	struct net_buffer *buffer;
	int buffers, buffer_room;
};

/* net_node.c */
/* What an operand may be: anything, anything but a flattened plane, or only
 * a tensor of rank 4. */
enum shape { ANY, NOT_FLAT, PLANE };
#define ATTRS(...) (const char *const[]){ __VA_ARGS__, NULL }
#define NO_ATTRS (const char *const[]){ NULL }
/* The value under a name. */
void node_define(struct build *b, const char *name, struct build_value v);
/* An operator for a node, with the defaults of its kind. */
struct build_op *node_add(struct build *b, const struct onnx_node *n,
	int kind, int stage);
/* The op's result, a tensor of that shape under the node's output name. */
void node_make(struct build *b, const struct onnx_node *n,
	struct build_op *o, int channels, int height, int width, int keeps);
/* What input i is; NULL if there is none. */
const struct build_value *node_value(struct build *b,
	const struct onnx_node *n, int i);
/* No attributes but these; 0, or -1 after a message, as all below. */
int node_attrs(const struct build *b, const struct onnx_node *n,
	const char *const *names);
/* Between so many inputs, and one output. */
int node_args(const struct build *b, const struct onnx_node *n,
	int least, int most);
/* Number of the tensor that input i is. */
int node_tensor(struct build *b, const struct onnx_node *n, int i,
	enum shape shape);
/* The constant floats of input i with that many elements (any: -1), or NULL
 * after a message. */
const struct onnx_const *node_const(struct build *b,
	const struct onnx_node *n, int i, int64_t count);
int build_tensor(struct build *b, const char *name, int channels, int height,
	int width, int stage);

/* net_lower.c: the nodes of a stage into operators. -1 after a message. */
int build_lower(struct build *b, const struct onnx_node *n, int stage);

/* net_fuse.c */
void build_count(struct build *b);
int build_fuse(struct build *b);
void build_place(struct build *b);

#endif
