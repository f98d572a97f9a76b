/* The GPU itself: its contexts, what it says of itself, null cases, loads. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>

enum { FLUSH = 128 << 20 };     /* more than any L2 */

int cuda_check(int x, const char *what)
{
	if (x == (int)cudaSuccess)
		return 0;
	return msg_fail("CUDA: %.60s: %s", what,
		cudaGetErrorString((cudaError_t)x));
}

/* ---- The device --------------------------------------------------------------- */

int cudnn_open(struct dev **out, const char *which)
{
	struct dev *d;
	int count = 0, number = 0;
	cudaError_t e = cudaGetDeviceCount(&count);

	if (e != cudaSuccess || !count)
		return msg_fail("backend cudnn: no GPU: %s", e == cudaSuccess
			? "none is visible" : e == cudaErrorInsufficientDriver
			? "no NVIDIA driver here, or one older than this CUDA"
			: cudaGetErrorString(e));
	if (which && *which && (sscanf(which, "%d", &number) != 1 || number < 0
	    || number >= count))
		return msg_bad("backend cudnn: --device '%s': 0 to %d", which,
			count - 1);
	d = mem_new(1, sizeof *d);
	d->number = number;
	/* Spinning, not sleeping, wherever the runtime waits. */
	if (CUDA(cudaInitDevice(number, cudaDeviceScheduleSpin
		| cudaDeviceMapHost, cudaInitDeviceFlagsAreValid))
	    || CUDA(cudaSetDevice(number)) || contexts_open(&d->contexts)
	    || CUDA(cudaGetDeviceProperties(&d->prop, number))
	    || CUDA(cudaDeviceGetPCIBusId(d->id, sizeof d->id, number))
	    || (d->prop.major < 8 && msg_bad("backend cudnn: compute capability "
		"%d.%d; built for 8.0 and later", d->prop.major, d->prop.minor))
	    || CUDA(cudaEventCreate(&d->from)) || CUDA(cudaEventCreate(&d->to))) {
		free(d);
		return -1;
	}
	d->chain = d->prop.major >= 9;
	*out = d;
	return 0;
}

int device_enter(struct dev *d, const struct place *p)
{
	void *context = p ? p->context : d->contexts.primary;

	if (d->now == context)
		return 0;
	d->now = NULL;
	if (d->contexts.use(context))
		return msg_fail("a context cannot be made current: device lost?");
	d->now = context;
	return 0;
}

void cudnn_close(struct dev *d)
{
	if (!d)
		return;
	(void)device_enter(d, NULL);
	gpu_load_stop(d->load);
	for (int i = 0; i < 2; i++)
		if (d->empty[i])
			(void)cudaGraphExecDestroy(d->empty[i]);
	for (int i = 0; i < d->places; i++)
		place_close(&d->place[i]);
	(void)cudaFree(d->flushed);
	(void)cudaEventDestroy(d->from);
	(void)cudaEventDestroy(d->to);
	free(d);
}

int cudnn_info(struct dev *d, struct dev_info *out)
{
	int driver = 0, runtime = 0, step = 8, least = 8;
	int sms = d->prop.multiProcessorCount;

	(void)cudaDriverGetVersion(&driver);
	(void)cudaRuntimeGetVersion(&runtime);
	if (green_range(d->number, &least, &step))
		least = sms;
	*out = (struct dev_info){ .unit = "sm", .units = sms,
		.units_min = least, .units_step = step, .device_time = 1,
		.element_bytes = 2,
		.tolerance = 2e-2,
		.precision = "float16, sums and Softmax in float32",
		.layout = "channels last",
		.completion = "a count in pinned memory, polled" };
	(void)snprintf(out->name, sizeof out->name, "%.80s (%d SMs)",
		d->prop.name, sms);
	(void)snprintf(out->id, sizeof out->id, "%s", d->id);
	(void)snprintf(out->versions, sizeof out->versions,
		"cuda_driver=%d.%d;cuda=%d.%d;cudnn=%zu;compute_capability="
		"%d.%d;l2_bytes=%d", driver / 1000, driver % 100 / 10,
		runtime / 1000, runtime % 100 / 10, cudnnGetVersion(),
		d->prop.major, d->prop.minor, d->prop.l2CacheSize);
	return 0;
}

struct place *device_place(struct dev *d, int units)
{
	int all = d->prop.multiProcessorCount;

	if (!units || units > all)
		units = all;
	for (int i = 0; i < d->places; i++)
		if (d->asked[i] == units)
			return &d->place[i];
	if (d->places == MOST_PLACES) {
		(void)msg_bad("backend cudnn: more than %d settings",
			MOST_PLACES);
		return NULL;
	}
	if (device_enter(d, NULL) || place_open(&d->place[d->places], &d->contexts,
		d->number, units, all))
		return NULL;
	d->asked[d->places] = units;
	return &d->place[d->places++];
}

/* ---- Null cases, caches, loads --------------------------------------------------------------- */

static int make_empty(struct dev *d, cudaStream_t s, int which, int kernels)
{
	cudaGraph_t graph = NULL;
	int bad;

	if (d->empty[which] && d->empties[which] == kernels)
		return 0;
	if (d->empty[which])
		(void)cudaGraphExecDestroy(d->empty[which]);
	d->empty[which] = NULL;
	/* Once outside, for its code is loaded when it first runs. */
	if (CUDA(kernel_empty(s, 0)) || CUDA(cudaStreamSynchronize(s)))
		return -1;
	bad = CUDA(cudaStreamBeginCapture(s, cudaStreamCaptureModeThreadLocal));
	for (int i = 0; i < kernels && !bad; i++)
		bad = CUDA(kernel_empty(s, d->chain && i));
	if (CUDA(cudaStreamEndCapture(s, &graph)) || bad
	    || CUDA(cudaGraphInstantiate(&d->empty[which], graph, 0)))
		bad = -1;
	if (graph)
		(void)cudaGraphDestroy(graph);
	d->empties[which] = kernels;
	return bad ? -1 : 0;
}

int cudnn_empty(struct dev *d, int kernels, int64_t *host_ns,
	int64_t *device_ns)
{
	const struct place *all = device_place(d, 0);
	int which = kernels != 1;
	int64_t begun;
	cudaStream_t s;
	float ms;

	if (!all || device_enter(d, all))
		return -1;
	s = all->stream;
	if (kernels && make_empty(d, s, which, kernels))
		return -1;
	begun = backend_clock();
	if (CUDA(cudaEventRecord(d->from, s))
	    || (kernels && CUDA(cudaGraphLaunch(d->empty[which], s)))
	    || CUDA(cudaEventRecord(d->to, s))
	    || CUDA(cudaEventSynchronize(d->to)))
		return -1;
	*host_ns = backend_clock() - begun;
	if (CUDA(cudaEventElapsedTime(&ms, d->from, d->to)))
		return -1;
	*device_ns = (int64_t)((double)ms * 1e6);
	return 0;
}

int cudnn_flush(struct dev *d)
{
	if (device_enter(d, NULL) || (!d->flushed && CUDA(cudaMalloc(&d->flushed,
		FLUSH))))
		return -1;
	return CUDA(cudaMemset(d->flushed, 1, FLUSH))
		|| CUDA(cudaDeviceSynchronize()) ? -1 : 0;
}

int cudnn_corun(struct dev *d, const struct load *l)
{
	gpu_load_stop(d->load);
	d->load = NULL;
	/* A load has all SMs, whatever the stages have. */
	if (device_enter(d, NULL))
		return -1;
	if (l && !(d->load = gpu_load_start(d->number, l)))
		return -1;
	return 0;
}

int cudnn_corun_rate(struct dev *d, struct load_rate *out)
{
	*out = (struct load_rate){ 0 };
	if (d->load)
		gpu_load_rate(d->load, out);
	return 0;
}
