#include "kernels.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <float.h>
#include <math.h>
#include <mma.h>
#include <string.h>

using namespace nvcuda;

/* Everything before it may run while the kernel ahead still does. */
static __device__ void wait_for_the_one_ahead(void)
{
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
	cudaTriggerProgrammaticLaunchCompletion();
	cudaGridDependencySynchronize();
#endif
}

template <typename... Parameters, typename... Arguments>
static int launch(void (*kernel)(Parameters...), dim3 grid, unsigned threads,
	size_t shared, cudaStream_t s, int chain, Arguments... arguments)
{
	cudaLaunchConfig_t config = {};
	cudaLaunchAttribute attribute = {};

	config.gridDim = grid;
	config.blockDim = dim3(threads);
	config.dynamicSmemBytes = shared;
	config.stream = s;
	attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
	attribute.val.programmaticStreamSerializationAllowed = 1;
	config.attrs = &attribute;
	config.numAttrs = chain ? 1 : 0;
	return (int)cudaLaunchKernelEx(&config, kernel, arguments...);
}

static __device__ float limit(struct clamp c, float x)
{
	return c.on ? fminf(fmaxf(x, c.low), c.high) : x;
}

static __device__ half *at(struct view v, int pixel, int channel)
{
	return (half *)v.p + (size_t)pixel * v.wide + channel;
}

/* ---- Image ------------------------------------------------------------------ */

static __global__ void image_kernel(struct image_args a)
{
	int pixels = a.out.height * a.out.width;
	int pixel = blockIdx.x * blockDim.x + threadIdx.x;

	wait_for_the_one_ahead();
	if (pixel >= pixels)
		return;
	for (int c = 0; c < a.padded; c++) {
		float x = 0;
		if (c < a.channels)
			x = ((float)a.bytes[c * pixels + pixel] / 255.0f
				- a.mean[c]) / a.deviation[c];
		*at(a.out, pixel, c) = __float2half_rn(x);
	}
}

int kernel_image(const struct image_args *a, cudaStream_t s, int chain)
{
	int pixels = a->out.height * a->out.width;

	return launch(image_kernel, dim3((unsigned)(pixels + 127) / 128), 128, 0,
		s, chain, *a);
}

/* ---- Convolution ----------------------------------------------------------------- */

static __global__ void conv_naive(struct conv_args a)
{
	int outs = a.out.channels, per = a.in_channels;
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	int pixel = i / outs, o = i % outs;
	int oy = pixel / a.out.width, ox = pixel % a.out.width;
	int first = o / (outs / a.groups) * per;
	float sum;

	wait_for_the_one_ahead();
	if (pixel >= a.out.height * a.out.width)
		return;
	sum = a.bias ? a.bias[o] : 0;
	const half *w = (const half *)a.weight
		+ (size_t)o * a.kernel[0] * a.kernel[1] * per;
	for (int r = 0; r < a.kernel[0]; r++)
	for (int q = 0; q < a.kernel[1]; q++, w += per) {
		int y = oy * a.stride[0] + r * a.dilation[0] - a.pad[0];
		int x = ox * a.stride[1] + q * a.dilation[1] - a.pad[1];
		if (y < 0 || y >= a.in.height || x < 0 || x >= a.in.width)
			continue;
		const half *in = at(a.in, y * a.in.width + x, first);
		for (int c = 0; c < per; c++)
			sum += __half2float(in[c]) * __half2float(w[c]);
	}
	if (a.add.p)
		sum += __half2float(*at(a.add, pixel, o));
	*at(a.out, pixel, o) = __float2half_rn(limit(a.clamp, sum));
}

int kernel_conv_naive(const struct conv_args *a, cudaStream_t s, int chain)
{
	unsigned n = (unsigned)(a->out.channels * a->out.height * a->out.width);

	return launch(conv_naive, dim3((n + 127) / 128), 128, 0, s, chain, *a);
}

/* The sum runs over groups of 8 input channels of one tap, two groups to a
 * step of 16. Packed weights: [step][tile of 16 outputs][16 of the sum][16
 * outputs], zero beyond the end of either. */
static int steps_of(int taps, int in_channels)
{
	return (taps * in_channels + 15) / 16;
}

size_t conv_packed(int out_channels, int taps, int in_channels)
{
	return (size_t)steps_of(taps, in_channels)
		* (size_t)((out_channels + 15) / 16) * 256;
}

void conv_pack(const unsigned short *krsc, int out_channels, int taps,
	int in_channels, unsigned short *out)
{
	int tiles = (out_channels + 15) / 16, depth = taps * in_channels;

	memset(out, 0, conv_packed(out_channels, taps, in_channels)
		* sizeof *out);
	for (int o = 0; o < out_channels; o++)
		for (int k = 0; k < depth; k++)
			out[((size_t)(k / 16 * tiles + o / 16) * 16
				+ (size_t)(k % 16)) * 16 + (size_t)(o % 16)]
				= krsc[(size_t)o * (size_t)depth + (size_t)k];
}

/* Loads that are under way at once, so that their latencies overlap. */
enum { AHEAD = 4 };

template <int TILES>
static __global__ void __launch_bounds__(512) conv_tile(struct conv_args a)
{
	extern __shared__ __align__(16) unsigned char shared[];
	const int warps = blockDim.x / 32, warp = threadIdx.x / 32;
	const int lane = threadIdx.x % 32, row = lane / 2, side = lane % 2;
	const int taps = a.kernel[0] * a.kernel[1], groups = a.in_channels / 8;
	const int steps = (taps * groups + 1) / 2;
	const int pixels = a.out.height * a.out.width;
	const int pixel = blockIdx.x * 16 + row;
	const int all_tiles = (a.out.channels + 15) / 16;
	const int tile0 = blockIdx.y * TILES;
	const int y0 = pixel / a.out.width * a.stride[0] - a.pad[0];
	const int x0 = pixel % a.out.width * a.stride[1] - a.pad[1];
	half *mine = (half *)shared + (size_t)warp * AHEAD * 256;
	wmma::fragment<wmma::accumulator, 16, 16, 16, float> sum[TILES];
	wmma::fragment<wmma::matrix_a, 16, 16, 16, half, wmma::row_major> fa;
	wmma::fragment<wmma::matrix_b, 16, 16, 16, half, wmma::row_major> fb;

	for (int t = 0; t < TILES; t++)
		wmma::fill_fragment(sum[t], 0.0f);
	wait_for_the_one_ahead();
	for (int first = warp; first < steps; first += warps * AHEAD) {
		uint4 part[AHEAD];
#pragma unroll
		for (int u = 0; u < AHEAD; u++) {
			int step = first + u * warps;
			int group = step * 2 + side;
			int tap = group / groups, c = group % groups * 8;
			int y = y0 + tap / a.kernel[1] * a.dilation[0];
			int x = x0 + tap % a.kernel[1] * a.dilation[1];
			part[u] = make_uint4(0, 0, 0, 0);
			if (step < steps && pixel < pixels && tap < taps
			    && y >= 0 && y < a.in.height && x >= 0
			    && x < a.in.width)
				part[u] = *(const uint4 *)at(a.in,
					y * a.in.width + x, c);
		}
		/* The last round's fragments have been read by now. */
		__syncwarp();
#pragma unroll
		for (int u = 0; u < AHEAD; u++)
			*(uint4 *)(mine + u * 256 + row * 16 + side * 8) = part[u];
		__syncwarp();
#pragma unroll
		for (int u = 0; u < AHEAD; u++) {
			int step = first + u * warps;
			if (step >= steps)
				break;
			wmma::load_matrix_sync(fa, mine + u * 256, 16);
			for (int t = 0; t < TILES && tile0 + t < all_tiles; t++) {
				wmma::load_matrix_sync(fb, (const half *)a.weight
					+ ((size_t)step * all_tiles + tile0 + t)
					* 256, 16);
				wmma::mma_sync(sum[t], fa, fb, sum[t]);
			}
		}
	}
	/* The tiles' memory is reused for the warps' sums. */
	__syncthreads();
	float *sums = (float *)shared;
	for (int t = 0; t < TILES; t++)
		wmma::store_matrix_sync(sums + (warp * TILES + t) * 256, sum[t],
			16, wmma::mem_row_major);
	__syncthreads();
	for (int i = threadIdx.x; i < TILES * 256; i += blockDim.x) {
		int r = i / (TILES * 16), column = i % (TILES * 16);
		int p = blockIdx.x * 16 + r, o = tile0 * 16 + column;
		float x = 0;
		if (p >= pixels || o >= a.out.channels)
			continue;
		for (int w = 0; w < warps; w++)
			x += sums[(w * TILES + column / 16) * 256 + r * 16
				+ column % 16];
		x += a.bias ? a.bias[o] : 0;
		x += a.add.p ? __half2float(*at(a.add, p, o)) : 0;
		*at(a.out, p, o) = __float2half_rn(limit(a.clamp, x));
	}
}

int kernel_conv_tile(const struct conv_args *a, int warps, int tiles,
	cudaStream_t s, int chain)
{
	unsigned pixels = (unsigned)(a->out.height * a->out.width);
	unsigned all = (unsigned)(a->out.channels + 15) / 16;
	dim3 grid((pixels + 15) / 16, (all + (unsigned)tiles - 1)
		/ (unsigned)tiles);
	size_t loads = (size_t)warps * AHEAD * 256 * sizeof(half);
	size_t sums = (size_t)warps * (size_t)tiles * 256 * sizeof(float);
	size_t shared = loads > sums ? loads : sums;
	unsigned threads = (unsigned)warps * 32;

	if (warps * tiles > 32 || warps > 16)
		return (int)cudaErrorInvalidValue;
	switch (tiles) {
	case 1:
		return launch(conv_tile<1>, grid, threads, shared, s, chain, *a);
	case 2:
		return launch(conv_tile<2>, grid, threads, shared, s, chain, *a);
	case 4:
		return launch(conv_tile<4>, grid, threads, shared, s, chain, *a);
	default:
		return (int)cudaErrorInvalidValue;
	}
}

/* ---- Small operators --------------------------------------------------------------- */

static __global__ void point_kernel(struct view in, struct view add,
	struct view out, struct clamp c)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	int pixel = i / out.channels, channel = i % out.channels;

	wait_for_the_one_ahead();
	if (pixel >= out.height * out.width)
		return;
	float x = __half2float(*at(in, pixel, channel));
	if (add.p)
		x += __half2float(*at(add, pixel, channel));
	*at(out, pixel, channel) = __float2half_rn(limit(c, x));
}

int kernel_point(struct view in, struct view add, struct view out,
	struct clamp c, cudaStream_t s, int chain)
{
	unsigned n = (unsigned)(out.channels * out.height * out.width);

	return launch(point_kernel, dim3((n + 127) / 128), 128, 0, s, chain, in,
		add, out, c);
}

struct pool_args {
	struct view in, out;
	int kernel[2], stride[2], pad[2], max, pad_counts;
};

static __global__ void pool_kernel(struct pool_args a)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	int pixel = i / a.out.channels, channel = i % a.out.channels, seen = 0;
	int oy = pixel / a.out.width, ox = pixel % a.out.width;
	float best = -FLT_MAX, sum = 0;

	wait_for_the_one_ahead();
	if (pixel >= a.out.height * a.out.width)
		return;
	for (int r = 0; r < a.kernel[0]; r++)
	for (int q = 0; q < a.kernel[1]; q++) {
		int y = oy * a.stride[0] + r - a.pad[0];
		int x = ox * a.stride[1] + q - a.pad[1];
		if (y < 0 || y >= a.in.height || x < 0 || x >= a.in.width)
			continue;
		float v = __half2float(*at(a.in, y * a.in.width + x, channel));
		best = fmaxf(best, v);
		sum += v;
		seen++;
	}
	if (a.pad_counts)
		seen = a.kernel[0] * a.kernel[1];
	*at(a.out, pixel, channel) = __float2half_rn(a.max ? best
		: sum / (float)seen);
}

int kernel_pool(struct view in, struct view out, const int kernel[2],
	const int stride[2], const int pad[2], int max, int pad_counts,
	cudaStream_t s, int chain)
{
	struct pool_args a = { in, out, { kernel[0], kernel[1] },
		{ stride[0], stride[1] }, { pad[0], pad[1] }, max, pad_counts };
	unsigned n = (unsigned)(out.channels * out.height * out.width);

	return launch(pool_kernel, dim3((n + 127) / 128), 128, 0, s, chain, a);
}

/* A warp a channel. */
static __global__ void mean_kernel(struct view in, struct view out)
{
	int channel = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
	int lane = threadIdx.x % 32, pixels = in.height * in.width;
	float sum = 0;

	wait_for_the_one_ahead();
	if (channel >= in.channels)
		return;
	for (int p = lane; p < pixels; p += 32)
		sum += __half2float(*at(in, p, channel));
	for (int k = 16; k; k /= 2)
		sum += __shfl_xor_sync(0xffffffffu, sum, k);
	if (!lane)
		*at(out, 0, channel) = __float2half_rn(sum / (float)pixels);
}

int kernel_mean(struct view in, struct view out, cudaStream_t s, int chain)
{
	return launch(mean_kernel, dim3((unsigned)(in.channels + 3) / 4), 128, 0,
		s, chain, in, out);
}

/* A warp an output. */
static __global__ void dense_kernel(struct view in, struct view out,
	const half *weight, const float *bias, struct clamp c)
{
	int o = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
	int lane = threadIdx.x % 32, pixels = in.height * in.width;
	float sum = 0;

	wait_for_the_one_ahead();
	if (o >= out.channels)
		return;
	for (int i = lane; i < pixels * in.channels; i += 32)
		sum += __half2float(weight[(size_t)o * pixels * in.channels + i])
			* __half2float(*at(in, i / in.channels,
				i % in.channels));
	for (int k = 16; k; k /= 2)
		sum += __shfl_xor_sync(0xffffffffu, sum, k);
	if (!lane)
		*at(out, 0, o) = __float2half_rn(limit(c, sum
			+ (bias ? bias[o] : 0)));
}

int kernel_dense(struct view in, struct view out, const void *weight,
	const float *bias, struct clamp c, cudaStream_t s, int chain)
{
	return launch(dense_kernel, dim3((unsigned)(out.channels + 3) / 4), 128,
		0, s, chain, in, out, (const half *)weight, bias, c);
}

/* ---- Exit --------------------------------------------------------------------------- */

/* One block of 512. Threads take a channel and every k-th pixel, so that
 * neighbours read neighbouring channels, and add up in a fixed order; then a
 * warp a class. */
static __host__ __device__ int exit_parts(int channels, int pixels)
{
	int parts = 512 / channels;

	return parts < 1 ? 1 : parts > pixels ? pixels : parts;
}

static __global__ void __launch_bounds__(512) exit_kernel(struct exit_args a)
{
	extern __shared__ __align__(16) unsigned char shared[];
	float *memory = (float *)shared;
	const int pixels = a.in.height * a.in.width, channels = a.in.channels;
	const int n = a.mean ? channels : pixels * channels;
	const int parts = exit_parts(channels, pixels);
	float *x = memory, *y = memory + n, *part = y + a.classes;
	const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;

	wait_for_the_one_ahead();
	if (a.mean) {
		for (int i = threadIdx.x; i < parts * channels;
		     i += blockDim.x) {
			float sum = 0;
			/* Many loads under way: there is one block only. */
#pragma unroll 8
			for (int p = i / channels; p < pixels; p += parts)
				sum += __half2float(*at(a.in, p, i % channels));
			part[i] = sum;
		}
		__syncthreads();
		for (int i = threadIdx.x; i < n; i += blockDim.x) {
			float sum = 0;
			for (int p = 0; p < parts; p++)
				sum += part[p * channels + i];
			x[i] = sum / (float)pixels;
		}
	} else {
		for (int i = threadIdx.x; i < n; i += blockDim.x)
			x[i] = __half2float(*at(a.in, i / channels,
				i % channels));
	}
	__syncthreads();
	for (int k = warp; k < a.classes; k += blockDim.x / 32) {
		float sum = 0;
		if (a.weight)
			for (int i = lane; i < n; i += 32)
				sum += a.weight[(size_t)k * n + i] * x[i];
		for (int j = 16; j; j /= 2)
			sum += __shfl_xor_sync(0xffffffffu, sum, j);
		if (!lane)
			y[k] = a.weight ? sum + (a.bias ? a.bias[k] : 0) : x[k];
	}
	__syncthreads();
	if (threadIdx.x)
		return;
	float top = y[0], sum = 0;
	int best = 0;
	for (int k = 1; k < a.classes; k++)
		if (y[k] > top) { /* the lower class on a tie */
			top = y[k];
			best = k;
		}
	for (int k = 0; k < a.classes; k++)
		sum += expf(y[k] - top);
	for (int k = 0; k < a.classes; k++)
		a.probabilities[k] = expf(y[k] - top) / sum;
	unsigned count = *a.counter + 1;
	*a.counter = count;
	volatile struct answer *out = a.answer;
	out->confidence = 1 / sum;
	out->prediction = best;
	/* The host must not see the count before the rest. */
	__threadfence_system();
	out->count = count;
}

int kernel_exit(const struct exit_args *a, cudaStream_t s, int chain)
{
	int n = a->in.channels * (a->mean ? 1 : a->in.height * a->in.width);
	int parts = a->mean ? exit_parts(a->in.channels, a->in.height
		* a->in.width) * a->in.channels : 0;
	size_t shared = (size_t)(n + a->classes + parts) * sizeof(float);

	if (shared > 48 * 1024)
		return (int)cudaErrorInvalidValue;
	return launch(exit_kernel, dim3(1), 512, shared, s, chain, *a);
}

/* ---- Nothing, and a load -------------------------------------------------------------- */

static __global__ void empty_kernel(int unused)
{
	(void)unused;
	wait_for_the_one_ahead();
}

int kernel_empty(cudaStream_t s, int chain)
{
	return launch(empty_kernel, dim3(1), 32, 0, s, chain, 0);
}

/* A warp a tile of 16 x 64. */
static __global__ void matmul_kernel(const __nv_bfloat16 *a,
	const __nv_bfloat16 *b, float *c, int n)
{
	int warp = (blockIdx.x * blockDim.x + threadIdx.x) / 32;
	int row = warp / (n / 64) * 16, column = warp % (n / 64) * 64;
	wmma::fragment<wmma::accumulator, 16, 16, 16, float> sum[4];
	wmma::fragment<wmma::matrix_a, 16, 16, 16, __nv_bfloat16,
		wmma::row_major> fa;
	wmma::fragment<wmma::matrix_b, 16, 16, 16, __nv_bfloat16,
		wmma::row_major> fb;

	if (row >= n)
		return;
	for (int t = 0; t < 4; t++)
		wmma::fill_fragment(sum[t], 0.0f);
	for (int k = 0; k < n; k += 16) {
		wmma::load_matrix_sync(fa, a + (size_t)row * n + k,
			(unsigned)n);
		for (int t = 0; t < 4; t++) {
			wmma::load_matrix_sync(fb, b + (size_t)k * n + column
				+ 16 * t, (unsigned)n);
			wmma::mma_sync(sum[t], fa, fb, sum[t]);
		}
	}
	for (int t = 0; t < 4; t++)
		wmma::store_matrix_sync(c + (size_t)row * n + column + 16 * t,
			sum[t], (unsigned)n, wmma::mem_row_major);
}

int kernel_matmul(const void *a, const void *b, float *c, int n, cudaStream_t s)
{
	unsigned warps = (unsigned)(n / 16 * (n / 64));

	return launch(matmul_kernel, dim3((warps + 7) / 8), 256, 0, s, 0,
		(const __nv_bfloat16 *)a, (const __nv_bfloat16 *)b, c, n);
}
