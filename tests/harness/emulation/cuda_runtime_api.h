/* Enough of CUDA to run traces/harness/backends/cudnn/kernels.cu on the CPU,
 * one block at a time, its threads taking turns from barrier to barrier: slow,
 * but every index, every barrier and every sum is the kernel's own, so its
 * results can be checked where there is no GPU. A barrier that not all reach
 * ends the program. Not emulated: timing, and anything that depends on how
 * warps are scheduled. */
#ifndef EMULATED_CUDA_RUNTIME_API_H
#define EMULATED_CUDA_RUNTIME_API_H

typedef struct CUstream_st *cudaStream_t;
typedef int cudaError_t;
enum { cudaSuccess = 0, cudaErrorInvalidValue = 1 };

#ifdef __cplusplus
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <setjmp.h>
#include <ucontext.h>
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

static dim3 threadIdx, blockIdx, blockDim;

/* Dynamic shared memory under the name that the kernels give it. */
alignas(64) unsigned char shared[1 << 16];

/* A thread of the block: a coroutine, which serves one thread after another
 * until one of them has to wait. */
struct emulated_thread {
	ucontext_t context;
	jmp_buf at;
	bool begun;
	std::unique_ptr<char[]> stack;
	unsigned number;
	bool busy;
};
struct emulated_barrier {
	unsigned members, arrived, round;
};
static struct emulated_block {
	ucontext_t scheduler;
	jmp_buf at;
	std::vector<std::unique_ptr<emulated_thread>> thread;
	emulated_thread *now;
	void (*run)(void *);
	void *what;
	emulated_barrier all;
	std::vector<emulated_barrier> warp;
	std::vector<std::vector<float>> exchange;
	unsigned moves;         /* since the last round of turns began */
} emulated;

/* From the thread that runs to the scheduler. Jumps are ten times as fast as
 * swapcontext, which asks the system for the signal mask, but the sanitizer
 * takes them for ends of functions. */
static void emulated_pause(emulated_thread *self)
{
#ifdef __SANITIZE_ADDRESS__
	(void)swapcontext(&self->context, &emulated.scheduler);
#else
	if (!_setjmp(self->at))
		_longjmp(emulated.at, 1);
#endif
}

static void emulated_serve(void)
{
	for (;;) {
		emulated.run(emulated.what);
		emulated.now->busy = false;
		emulated_pause(emulated.now);
	}
}

static void emulated_resume(emulated_thread *t)
{
	emulated.now = t;
	threadIdx = dim3(t->number);
#ifndef __SANITIZE_ADDRESS__
	if (_setjmp(emulated.at))
		return;
	if (t->begun)
		_longjmp(t->at, 1);
	t->begun = true;
#endif
	(void)swapcontext(&emulated.scheduler, &t->context);
}

static inline void emulated_wait(emulated_barrier *b)
{
	unsigned round = b->round;
	emulated_thread *self = emulated.now;

	emulated.moves++;
	if (++b->arrived == b->members) {
		b->arrived = 0;
		b->round++;
		return;
	}
	while (b->round == round)
		emulated_pause(self);
	emulated.moves++;
}

static inline void __syncthreads(void)
{
	emulated_wait(&emulated.all);
}

static inline void __syncwarp(void)
{
	emulated_wait(&emulated.warp[threadIdx.x / 32]);
}

/* One block of so many threads. */
static inline void emulated_run(unsigned threads, void (*run)(void *), void *what)
{
	enum { STACK = 128 << 10 };
	std::vector<emulated_thread *> waiting, still;
	size_t idle = 0;

	emulated.run = run;
	emulated.what = what;
	emulated.all = { threads, 0, 0 };
	emulated.warp.assign(threads / 32, { 32, 0, 0 });
	emulated.exchange.assign(threads / 32, std::vector<float>(32));
	for (unsigned t = 0; t < threads; t++) {
		while (idle < emulated.thread.size()
		       && emulated.thread[idle]->busy)
			idle++;
		if (idle == emulated.thread.size()) {
			auto n = std::make_unique<emulated_thread>();
			n->stack.reset(new char[STACK]);
			(void)getcontext(&n->context);
			n->context.uc_stack.ss_sp = n->stack.get();
			n->context.uc_stack.ss_size = STACK;
			makecontext(&n->context, emulated_serve, 0);
			emulated.thread.push_back(std::move(n));
		}
		emulated_thread *n = emulated.thread[idle].get();
		n->number = t;
		n->busy = true;
		emulated_resume(n);
		if (n->busy)
			waiting.push_back(n);
	}
	while (!waiting.empty()) {
		emulated.moves = 0;
		still.clear();
		for (auto t : waiting) {
			emulated_resume(t);
			if (t->busy)
				still.push_back(t);
			else
				emulated.moves++;
		}
		waiting = still;
		if (!waiting.empty() && !emulated.moves) {
			fprintf(stderr, "emulation: not all threads reach a "
				"barrier\n");
			abort();
		}
	}
}

static inline float __shfl_xor_sync(unsigned, float x, int mask)
{
	std::vector<float> &exchange = emulated.exchange[threadIdx.x / 32];
	unsigned lane = threadIdx.x % 32;

	exchange[lane] = x;
	__syncwarp();
	x = exchange[lane ^ (unsigned)mask];
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
	unsigned threads = c->blockDim.x;
	auto call = [=] { kernel(arguments...); };
	auto run = [](void *what) { (*(decltype(call) *)what)(); };

	if (c->dynamicSmemBytes > 48 * 1024 || threads > 1024 || threads % 32)
		return cudaErrorInvalidValue;
	blockDim = dim3(threads);
	for (unsigned y = 0; y < c->gridDim.y; y++)
	for (unsigned x = 0; x < c->gridDim.x; x++) {
		blockIdx = dim3(x, y);
		/* What the last block left must not help this one. */
		memset(shared, 0x7f, c->dynamicSmemBytes);
		emulated_run(threads, run, &call);
	}
	return cudaSuccess;
}
#endif

#endif
