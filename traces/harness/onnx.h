/* An ONNX file in memory: the part of the standard that staged networks use.
 *
 * Accepted: opset 13 to 17, the default domain, weights inside the file as
 * float32 or float16, int64 constants (for shapes). Everything else, and every
 * file that is not whole, is refused with one line naming file and reason.
 * Nodes stay in file order, which the standard promises to be topological;
 * onnx_read checks it. What operators mean is net.c's business. */
#ifndef LAXITY_ONNX_H
#define LAXITY_ONNX_H

#include <stddef.h>
#include <stdint.h>

#define ONNX_MAX_DIMS 8

/* A graph input or output. A dimension that the file leaves open (a symbol)
 * is -1; dims is -1 where the file gives no shape. */
struct onnx_value {
	const char *name;
	int dims;
	int64_t dim[ONNX_MAX_DIMS];
};

/* A constant: exactly one of f and i is given, with count elements, the
 * product of the dimensions. Float16 is widened, which is exact. */
struct onnx_const {
	const char *name;
	int dims;
	int64_t dim[ONNX_MAX_DIMS];
	size_t count;
	const float *f;
	const int64_t *i;
};

enum onnx_kind { ONNX_INT, ONNX_FLOAT, ONNX_INTS, ONNX_FLOATS, ONNX_STRING,
	ONNX_TENSOR };

struct onnx_attr {
	const char *name;
	enum onnx_kind kind;
	int64_t i;
	float f;
	const char *s;
	int n;                  /* of ints or floats */
	const int64_t *ints;
	const float *floats;
	const struct onnx_const *t;
};

struct onnx_node {
	const char *op;
	const char *name;       /* the node's, else its first output's */
	int inputs, outputs, attrs;
	const char *const *input;  /* "" = an optional input left out */
	const char *const *output;
	const struct onnx_attr *attr;
};

struct onnx {
	const char *file;
	int opset;
	int inputs, outputs, constants, nodes;
	const struct onnx_value *input, *output; /* inputs: no initialisers */
	const struct onnx_const *constant;
	const struct onnx_node *node;
	struct onnx_memory *memory;
};

/* NULL after one message. */
struct onnx *onnx_read(const char *path);
void onnx_free(struct onnx *o);

/* "laxity: FILE: node 'NAME' (OP): ...", exit 2. Returns -1. */
int onnx_bad(const struct onnx *o, const struct onnx_node *n,
	const char *format, ...) __attribute__((format(printf, 3, 4)));
#if defined __clang_analyzer__ && !defined ONNX_DEFINES /* as in msg.h */
#define onnx_bad(...) (onnx_bad(__VA_ARGS__), -1)
#endif

/* The node's attribute of that name, or NULL. */
const struct onnx_attr *onnx_attr(const struct onnx_node *n, const char *name);

/* Attributes with a default. -1 after a message if it is of another kind. */
int onnx_int(const struct onnx *o, const struct onnx_node *n, const char *name,
	int64_t missing, int64_t *out);
int onnx_float(const struct onnx *o, const struct onnx_node *n,
	const char *name, float missing, float *out);
/* Exactly count integers, each between 0 and 2^20, into out, which holds the
 * default before. */
int onnx_ints(const struct onnx *o, const struct onnx_node *n,
	const char *name, int count, int *out);

#endif
