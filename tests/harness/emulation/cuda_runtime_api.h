/* Enough of CUDA to run traces/harness/backends/cudnn/kernels.cu on the CPU,
 * one block at a time, a thread of the machine for each of the block's: slow,
 * but every index, every barrier and every sum is the kernel's own, so its
 * results can be checked where there is no GPU. Not emulated: timing, and
 * anything that depends on how warps are scheduled. */
#ifndef EMULATED_CUDA_RUNTIME_API_H
#define EMULATED_CUDA_RUNTIME_API_H

typedef struct CUstream_st *cudaStream_t;
typedef int cudaError_t;
enum { cudaSuccess = 0, cudaErrorInvalidValue = 1 };

#ifdef __cplusplus
#include <cmath>
#include <cstdint>
#include <cstring>
#include <pthread.h>
#include <thread>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __shared__
#define __align__(n) __attribute__((aligned(n)))
#define __launch_bounds__(n)

struct dim3 {
	unsigned x, y, z;
	dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : x(a), y(b), z(c) {}
};
struct uint4 { unsigned x, y, z, w; };
static inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w)
{
	return { x, y, z, w };
}

static thread_local dim3 threadIdx, blockIdx, blockDim;

/* Dynamic shared memory under the name that the kernels give it. */
alignas(64) unsigned char shared[1 << 16];

struct emulated_warp { pthread_barrier_t barrier; float exchange[32]; };
static emulated_warp *warps_of_block;
static pthread_barrier_t block_barrier;

static inline void __syncthreads(void)
{
	pthread_barrier_wait(&block_barrier);
}

static inline void __syncwarp(void)
{
	pthread_barrier_wait(&warps_of_block[threadIdx.x / 32].barrier);
}

static inline float __shfl_xor_sync(unsigned, float x, int mask)
{
	emulated_warp *w = &warps_of_block[threadIdx.x / 32];
	unsigned lane = threadIdx.x % 32;

	w->exchange[lane] = x;
	__syncwarp();
	x = w->exchange[lane ^ (unsigned)mask];
	__syncwarp();
	return x;
}

static inline void __threadfence_system(void) {}

enum { cudaLaunchAttributeProgrammaticStreamSerialization = 6 };
struct cudaLaunchAttribute {
	int id;
	struct { int programmaticStreamSerializationAllowed; } val;
};
struct cudaLaunchConfig_t {
	dim3 gridDim, blockDim;
	size_t dynamicSmemBytes;
	cudaStream_t stream;
	cudaLaunchAttribute *attrs;
	unsigned numAttrs;
};

template <typename Kernel, typename... Arguments>
static int cudaLaunchKernelEx(const cudaLaunchConfig_t *c, Kernel kernel,
	Arguments... arguments)
{
	unsigned threads = c->blockDim.x, warps = (threads + 31) / 32;

	if (c->dynamicSmemBytes > 48 * 1024 || threads > 1024 || threads % 32)
		return cudaErrorInvalidValue;
	for (unsigned y = 0; y < c->gridDim.y; y++)
	for (unsigned x = 0; x < c->gridDim.x; x++) {
		std::vector<emulated_warp> warp(warps);
		std::vector<std::thread> running;
		warps_of_block = warp.data();
		pthread_barrier_init(&block_barrier, nullptr, threads);
		for (auto &w : warp)
			pthread_barrier_init(&w.barrier, nullptr, 32);
		/* What the last block left must not help this one. */
		memset(shared, 0x7f, sizeof shared);
		for (unsigned t = 0; t < threads; t++)
			running.emplace_back([=] {
				threadIdx = dim3(t);
				blockIdx = dim3(x, y);
				blockDim = dim3(threads);
				kernel(arguments...);
			});
		for (auto &r : running)
			r.join();
		pthread_barrier_destroy(&block_barrier);
		for (auto &w : warp)
			pthread_barrier_destroy(&w.barrier);
	}
	return cudaSuccess;
}
#endif

#endif
