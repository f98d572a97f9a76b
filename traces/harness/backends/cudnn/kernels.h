/* Our own kernels: image in, convolution for one image at a time, the small
 * operators, the exit. All take channels-last float16 and run on the given
 * stream; each returns a cudaError_t as int. `chain` marks a launch that may
 * begin before the kernel ahead of it has ended (programmatic dependent
 * launch): every kernel here waits for that end before it touches memory. */
#ifndef LAXITY_KERNELS_H
#define LAXITY_KERNELS_H

#include <cuda_runtime_api.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Channels [0, channels) of every pixel of a buffer that is `wide` channels
 * wide. p is the first channel of the first pixel. */
struct view {
	void *p;
	int channels, height, width, wide;
};

struct clamp { int on; float low, high; };

/* Bytes of planes, as they lie in pinned host memory, normalised into out,
 * whose channels beyond the image's are zeroed (it is wide enough for the
 * vector loads of the convolution). */
struct image_args {
	const unsigned char *bytes;
	int channels, padded;
	float mean[4], deviation[4];
	struct view out;
};
int kernel_image(const struct image_args *a, cudaStream_t s, int chain);

struct conv_args {
	struct view in, add, out;       /* add.p NULL: none */
	const void *weight;             /* packed, or KRSC: see below */
	const float *bias;
	int kernel[2], stride[2], pad[2], dilation[2], groups;
	int in_channels;                /* of the weights, padded */
	struct clamp clamp;
};

/* One thread a result: slow, takes everything; weights [out][row][column][in]
 * of a group. The reference on the device. */
int kernel_conv_naive(const struct conv_args *a, cudaStream_t s, int chain);

/* Tensor cores, for batch 1: a block makes 16 pixels x 16 (tiles) channels,
 * its warps share the sum over taps and input channels and add up at the end,
 * so that small planes with long sums still fill the device. Wants in_channels
 * a multiple of 8, groups 1, views aligned to 16 bytes. Weights packed by
 * conv_pack. warps x tiles <= 32. */
int kernel_conv_tile(const struct conv_args *a, int warps, int tiles,
	cudaStream_t s, int chain);
/* Elements (halves) of the packed weights, and packing on the host from
 * KRSC. */
size_t conv_packed(int out_channels, int taps, int in_channels);
void conv_pack(const unsigned short *krsc, int out_channels, int taps,
	int in_channels, unsigned short *out);

/* out = clamp(in + add); add.p NULL: none. */
int kernel_point(struct view in, struct view add, struct view out,
	struct clamp c, cudaStream_t s, int chain);
int kernel_pool(struct view in, struct view out, const int kernel[2],
	const int stride[2], const int pad[2], int max, int pad_counts,
	cudaStream_t s, int chain);
int kernel_mean(struct view in, struct view out, cudaStream_t s, int chain);
/* weight [out][row][column][channel] float16, bias float or NULL. */
int kernel_dense(struct view in, struct view out, const void *weight,
	const float *bias, struct clamp c, cudaStream_t s, int chain);

/* What the host polls for, in pinned memory: `count` is written last. */
struct answer {
	float confidence;
	int prediction;
	unsigned count, unused;
};

/* Mean (or all of the plane), weights, Softmax, the largest; sums in float32.
 * *counter is raised by one and becomes answer->count. */
struct exit_args {
	struct view in;
	int mean, classes;
	const float *weight, *bias;     /* [class][row][column][channel]; NULL */
	float *probabilities;
	unsigned *counter;
	struct answer *answer;
};
int kernel_exit(const struct exit_args *a, cudaStream_t s, int chain);

int kernel_empty(cudaStream_t s, int chain);

/* c = a b, n x n bfloat16 with float32 sums: a load, nothing else. */
int kernel_matmul(const void *a, const void *b, float *c, int n,
	cudaStream_t s);

#ifdef __cplusplus
}
#endif

#endif
