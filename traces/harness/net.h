/* A staged network as a list of fused operators, ready for a backend.
 *
 * Exits are the graph outputs in file order. Stage d (from 1) holds the nodes
 * from which output d can be reached, less those of stages 1 to d - 1, in file
 * order; no name or shape is interpreted, so networks cut by depth and
 * networks nested by width need no special case. What a backend sees:
 *
 * - Operators in the order they run, stage by stage, the last of each stage
 *   being its exit. BatchNormalization is folded into the Conv before it (in
 *   double); Conv + bias + residual Add + Relu or Clip is one operator where
 *   each inner tensor has one reader and crosses no stage boundary; so is
 *   mean + Gemm + Softmax at an exit. Shapes and constants are resolved.
 * - Tensors, each a range of channels of a buffer. Concat costs nothing where
 *   its inputs can be successive ranges of one buffer; else it is a COPY per
 *   input.
 * - Buffers. Those that hold a tensor made in one stage and read in a later
 *   one belong to a request's slot; the others are scratch. If a stage after
 *   the first reads the image, the slot holds that too.
 *
 * Batch is always 1. A net does not change after net_read. */
#ifndef LAXITY_NET_H
#define LAXITY_NET_H

#include <stddef.h>
#include <stdint.h>

#include "../bundle.h"

#define NET_MAX_CHANNELS 4      /* of an image */
#define NET_MAX_CLASSES 4096

enum op_kind {
	OP_CONV,        /* out = clamp(conv(in) + bias + add) */
	OP_POOL_MAX, OP_POOL_MEAN,
	OP_ADD,         /* out = clamp(in + add) */
	OP_CLAMP,       /* out = clamp(in): Relu or Clip by itself */
	OP_COPY,        /* out = in */
	OP_MEAN,        /* out[c] = mean of in[c] over height and width */
	OP_DENSE,       /* out = clamp(weight in + bias) */
	OP_EXIT,        /* probabilities = softmax(weight mean(in) + bias) */
};

/* Operands are numbers of tensors; -1: none. */
struct net_op {
	enum op_kind kind;
	const char *name;       /* of the first node in it */
	int stage;              /* from 1 */
	int nodes;              /* ONNX nodes that it stands for */
	int in, add, out;       /* out is -1 for an exit */
	/* CONV and pools; [0] is vertical. Padding is the same on both
	 * sides. */
	int kernel[2], stride[2], pad[2], dilation[2], groups;
	int pad_counts;         /* POOL_MEAN: divide by all of the kernel */
	int mean;               /* EXIT: take the mean over the plane first */
	int clamp;              /* 1: clamp to [low, high] */
	float low, high;        /* high is INFINITY for Relu */
	/* CONV: [out channel][in channel / groups][row][column]. DENSE, EXIT:
	 * [out][channel][row][column] of `in` (one row and column if `mean`);
	 * NULL in an EXIT: no Gemm. bias: [out], or NULL for zeros. */
	const float *weight, *bias;
	int64_t macs;           /* multiply-adds */
	size_t weights;         /* elements of weight and bias */
};

struct net_tensor {
	const char *name;
	int channels, height, width; /* a vector has height = width = 1 */
	int buffer, offset;     /* offset in channels */
	int made, last;         /* stage that makes it (image: 0), stage of
	                         * its last reader */
};

struct net_buffer {
	int channels, height, width;
	int slot;               /* 1: kept between stages of a request */
	int image;              /* 1: the normalised image, tensor 0 */
};

struct net {
	const char *name;       /* file name without .onnx */
	const char *file;
	const char *task;       /* as in the ini; "" if not said */
	char sha256[65];        /* of the ONNX file */
	enum net_kind kind;
	int classes, depths;
	int channels, height, width; /* of an image */
	float mean[NET_MAX_CHANNELS], deviation[NET_MAX_CHANNELS];
	/* Accuracy on the task's test set per depth, 0...1; NAN: not given. */
	double reference[BUNDLE_MAX_DEPTH];
	int ops, tensors, buffers;
	const struct net_op *op;
	const struct net_tensor *tensor; /* tensor 0 is the image */
	const struct net_buffer *buffer;
	int stage_first[BUNDLE_MAX_DEPTH + 2]; /* ops of stage d:
	                         * stage_first[d] up to stage_first[d + 1] */
	int unreached;          /* nodes that reach no exit: a remark */
	struct net_memory *memory;
};

/* Read PATH.onnx and the PATH.ini beside it. NULL after one message. */
struct net *net_read(const char *path);
void net_free(struct net *n);

/* What is kept between depth d and d + 1: tensors made by then and read
 * later, their elements in all, and whether the image is one of them (it is
 * not counted in the other two). */
struct net_boundary { int tensors, image; int64_t elements; };
struct net_boundary net_boundary_at(const struct net *n, int depth);

static inline const struct net_tensor *net_in(const struct net *n,
	const struct net_op *o)
{
	return &n->tensor[o->in];
}

/* Launches of each stage, from 1, where each operator is one, and the
 * normalisation. */
static inline void net_launches(const struct net *n, int *by_stage)
{
	for (int d = 1; d <= n->depths; d++)
		by_stage[d] = n->stage_first[d + 1] - n->stage_first[d]
			+ (d == 1);
}

/* Normalise one image of bytes (planes of rows, red first, as the data
 * readers give it) into floats of the same order:
 * (byte / 255 - mean) / deviation. */
void net_normalise(const struct net *n, const unsigned char *image, float *out);

/* The oracle: naive float32 loops, channels first. It keeps the state of one
 * slot. Each stage in turn, from 1; probabilities has n->classes elements. */
struct oracle;
struct oracle *oracle_new(const struct net *n, int slots);
void oracle_free(struct oracle *o);
void oracle_stage(struct oracle *o, int slot, int stage,
	const unsigned char *image, float *probabilities);
/* A tensor of the last stage run, [channels * height * width] in out. */
void oracle_tensor(const struct oracle *o, int slot, int tensor, float *out);

/* Largest probability and its class, the lower on a tie. */
int net_answer(const float *probabilities, int classes, float *confidence);

#endif
