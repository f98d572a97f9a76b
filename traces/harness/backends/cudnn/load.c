/* Co-running work on the GPU: a thread that keeps a stream busy in random
 * phases. */
#include "parts.h"

#include "../../../../sim/stream.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { SIDE = 2048, COPY = 256 << 20, AHEAD = 2 };

struct gpu_load {
	struct load load;
	int device;
	pthread_t thread;
	atomic_int stop, failed;
	atomic_llong done;
	int64_t begun_ns;
	void *a, *b, *c;        /* matrices, or the two ends of a copy */
	cudaStream_t stream;
	cudaEvent_t event[AHEAD];
};

static int queue_one(struct gpu_load *g)
{
	if (g->load.memory)
		return (int)cudaMemcpyAsync(g->b, g->a, COPY,
			cudaMemcpyDeviceToDevice, g->stream);
	return kernel_matmul(g->a, g->b, g->c, SIDE, g->stream);
}

/* Two under way at any time while on, so that the device never waits for us;
 * between phases nothing is queued. */
static void *run(void *data)
{
	struct gpu_load *g = data;
	struct stream random;
	int64_t queued = 0, finished = 0;

	stream_open(&random, g->load.seed, PURPOSE_ORDER, 1);
	if (cudaSetDevice(g->device) != cudaSuccess)
		g->failed = 1;
	while (!g->stop && !g->failed) {
		double on = -5e6 * log(1 - stream_unit(&random));
		double off = -5e6 * (100 - g->load.intensity)
			/ g->load.intensity * log(1 - stream_unit(&random));
		int64_t end = backend_clock() + (int64_t)on;
		struct timespec t = { (time_t)(off / 1e9),
			(long)fmod(off, 1e9) };
		do {
			if (queued - finished == AHEAD) {
				if (cudaEventSynchronize(g->event[finished
					% AHEAD]) != cudaSuccess)
					g->failed = 1;
				finished++;
				g->done++;
			}
			if (queue_one(g) || cudaEventRecord(g->event[queued
				% AHEAD], g->stream) != cudaSuccess)
				g->failed = 1;
			queued++;
		} while (!g->stop && !g->failed && backend_clock() < end);
		if (g->load.intensity < 100 && !g->stop)
			(void)nanosleep(&t, NULL);
	}
	(void)cudaStreamSynchronize(g->stream);
	return NULL;
}

static void discard(struct gpu_load *g)
{
	for (int i = 0; i < AHEAD; i++)
		if (g->event[i])
			(void)cudaEventDestroy(g->event[i]);
	if (g->stream)
		(void)cudaStreamDestroy(g->stream);
	(void)cudaFree(g->a);
	(void)cudaFree(g->b);
	(void)cudaFree(g->c);
	free(g);
}

struct gpu_load *gpu_load_start(int device, const struct load *l)
{
	const size_t matrix = (size_t)SIDE * SIDE * 4;
	struct gpu_load *g = mem_new(1, sizeof *g);
	size_t size = l->memory ? COPY : matrix;
	int bad;

	g->load = *l;
	g->device = device;
	g->begun_ns = backend_clock();
	bad = CUDA(cudaMalloc(&g->a, size)) || CUDA(cudaMalloc(&g->b, size))
	    || CUDA(cudaMalloc(&g->c, matrix))
	    || CUDA(cudaMemset(g->a, 0, size)) || CUDA(cudaMemset(g->b, 0, size))
	    || CUDA(cudaStreamCreateWithFlags(&g->stream,
		cudaStreamNonBlocking));
	for (int i = 0; i < AHEAD && !bad; i++)
		bad = CUDA(cudaEventCreateWithFlags(&g->event[i],
			cudaEventDisableTiming));
	if (!bad && pthread_create(&g->thread, NULL, run, g))
		bad = msg_fail("cannot start a thread for the load");
	if (bad) {
		discard(g);
		return NULL;
	}
	/* It runs once its first piece is done. */
	while (!g->done && !g->failed) {
		struct timespec t = { 0, 100000 };
		(void)nanosleep(&t, NULL);
	}
	if (g->failed) {
		gpu_load_stop(g);
		(void)msg_fail("the %s load does not run on the device",
			l->memory ? "memory" : "compute");
		return NULL;
	}
	return g;
}

void gpu_load_rate(struct gpu_load *g, struct load_rate *out)
{
	*out = (struct load_rate){
		.seconds = (double)(backend_clock() - g->begun_ns) * 1e-9,
		.operations = (double)g->done, .alive = !g->failed,
		.unit = g->load.memory ? COPY : (double)SIDE * SIDE * SIDE };
}

void gpu_load_stop(struct gpu_load *g)
{
	if (!g)
		return;
	g->stop = 1;
	(void)pthread_join(g->thread, NULL);
	discard(g);
}
