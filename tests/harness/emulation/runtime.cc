/* Enough of the CUDA runtime to run the whole GPU backend on the CPU: contexts,
 * streams, capture, graphs, events, pinned memory, green contexts. Work is done
 * when it is queued. Strict where a device would fail in a way that is hard to
 * read: an object used from another context than its own, a call that a capture
 * does not allow, a dependent launch behind something that is no kernel, memory
 * that is not there. cuDNN does not start here.
 *
 * EMULATED_FAULT, "CALL N ERROR": the N-th call of that name from the start
 * fails so, and if the error is one that stays (700 and up), all after it.
 * EMULATED_SLOW_EVENTS: recording one outside a graph takes a millisecond. */
#include "../../../traces/harness/backends/cudnn/kernels.h"

#include <cuda.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <time.h>
#include <unistd.h>
#include <vector>

extern "C" {
int emulated_image(const image_args *, cudaStream_t, int);
int emulated_conv_naive(const conv_args *, cudaStream_t, int);
int emulated_conv_tile(const conv_args *, int, int, cudaStream_t, int);
int emulated_point(view, view, view, clamp, cudaStream_t, int);
int emulated_pool(view, view, const int *, const int *, const int *, int, int,
	cudaStream_t, int);
int emulated_mean(view, view, cudaStream_t, int);
int emulated_dense(view, view, const void *, const float *, clamp, cudaStream_t,
	int);
int emulated_exit(const exit_args *, cudaStream_t, int);
}

struct CUctx_st { int sms; };
struct CUgreenCtx_st { CUctx_st context; };
struct CUdevResourceDesc_st { CUdevResource resource; };
struct CUgraph_st { std::vector<std::function<void()>> node; };
struct CUgraphExec_st { CUgraph_st graph; CUctx_st *context; };
struct CUstream_st {
	CUctx_st *context;
	CUgraph_st *captured;   /* while it is */
	bool broken, kernel_last;
};
struct CUevent_st { CUctx_st *context; double ms; bool timed; };

enum { SMS = 16, LEAST = 8 };
static CUctx_st primary = { SMS };
static thread_local CUctx_st *current;
static thread_local CUstream_st *capturing;
static thread_local cudaError_t last;
static std::atomic<int> lasting;  /* an error that ended the context */
static std::mutex lock;
static std::map<const char *, size_t> memory;
static std::map<std::string, int> calls;

static double now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static cudaError_t fail(cudaError_t e)
{
	if (e != cudaSuccess)
		last = e;
	if (e >= cudaErrorIllegalAddress)
		lasting = e;
	return e;
}

/* What every call begins with. */
static cudaError_t enter(const char *name)
{
	const char *fault = getenv("EMULATED_FAULT");
	char which[64];
	int at, error, n;

	if (lasting)
		return fail((cudaError_t)lasting.load());
	{
		std::lock_guard<std::mutex> l(lock);
		n = ++calls[name];
	}
	if (fault && sscanf(fault, "%63s %d %d", which, &at, &error) == 3
	    && !strcmp(which, name) && at == n)
		return fail((cudaError_t)error);
	return cudaSuccess;
}
#define ENTER() do { \
	cudaError_t e_ = enter(__func__); \
	if (e_ != cudaSuccess) \
		return e_; \
} while (0)

/* Calls that would wait or allocate: not while this thread captures. */
#define ENTER_FREE() do { \
	ENTER(); \
	if (capturing) { \
		capturing->broken = true; \
		return fail(cudaErrorStreamCaptureUnsupported); \
	} \
} while (0)

/* Every byte of [p, p + size) within one allocation, or not ours to know. */
static bool is_there(const void *p, size_t size)
{
	std::lock_guard<std::mutex> l(lock);
	auto at = memory.upper_bound((const char *)p);

	if (at == memory.begin())
		return false;
	--at;
	return (const char *)p + size <= at->first + at->second;
}

static bool is_there(const view &v)
{
	return is_there(v.p, ((size_t)(v.height * v.width - 1) * (size_t)v.wide
		+ (size_t)v.channels) * 2);
}

/* ---- Device, contexts ------------------------------------------------------- */

cudaError_t cudaGetDeviceCount(int *n)
{
	*n = 1;
	return cudaSuccess;
}

cudaError_t cudaInitDevice(int device, unsigned, unsigned)
{
	ENTER();
	return fail(device ? cudaErrorInvalidDevice : cudaSuccess);
}

cudaError_t cudaSetDevice(int device)
{
	ENTER();
	current = &primary;
	return fail(device ? cudaErrorInvalidDevice : cudaSuccess);
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *p, int)
{
	ENTER();
	memset(p, 0, sizeof *p);
	(void)strcpy(p->name, "Emulated GPU");
	p->multiProcessorCount = SMS;
	p->major = 9;
	p->l2CacheSize = 1 << 20;
	return cudaSuccess;
}

cudaError_t cudaDeviceGetPCIBusId(char *id, int room, int)
{
	(void)snprintf(id, (size_t)room, "0000:00:00.0");
	return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int *v) { *v = 13000; return cudaSuccess; }
cudaError_t cudaRuntimeGetVersion(int *v) { *v = CUDART_VERSION; return cudaSuccess; }

cudaError_t cudaGetLastError(void)
{
	cudaError_t e = lasting ? (cudaError_t)lasting.load() : last;

	last = cudaSuccess;
	return e;
}

const char *cudaGetErrorString(cudaError_t e)
{
	static thread_local char text[48];

	(void)snprintf(text, sizeof text, "emulated error %d", (int)e);
	return text;
}

cudaError_t cudaDeviceSynchronize(void)
{
	ENTER_FREE();
	return cudaSuccess;
}

static CUresult get_device(CUdevice *d, int) { *d = 0; return CUDA_SUCCESS; }
static CUresult get_current(CUcontext *c) { *c = current; return CUDA_SUCCESS; }
static CUresult set_current(CUcontext c) { current = c; return CUDA_SUCCESS; }

static CUresult get_resource(CUdevice, CUdevResource *r, CUdevResourceType type)
{
	r->type = type;
	r->sm.smCount = SMS;
	r->sm.minSmPartitionSize = LEAST;
	r->sm.smCoscheduledAlignment = LEAST;
	return type == CU_DEV_RESOURCE_TYPE_SM ? CUDA_SUCCESS
		: CUDA_ERROR_INVALID_RESOURCE_TYPE;
}

static CUresult split(CUdevResource *part, unsigned *groups,
	const CUdevResource *all, CUdevResource *rest, unsigned, unsigned least)
{
	unsigned n = (least + LEAST - 1) / LEAST * LEAST;

	if (*groups != 1 || n > all->sm.smCount)
		return CUDA_ERROR_INVALID_RESOURCE_CONFIGURATION;
	*part = *rest = *all;
	part->sm.smCount = n;
	rest->sm.smCount -= n;
	return CUDA_SUCCESS;
}

static CUresult describe(CUdevResourceDesc *d, CUdevResource *r, unsigned n)
{
	if (n != 1)
		return CUDA_ERROR_INVALID_VALUE;
	*d = new CUdevResourceDesc_st{ *r };
	return CUDA_SUCCESS;
}

static CUresult green_create(CUgreenCtx *g, CUdevResourceDesc d, CUdevice,
	unsigned flags)
{
	if (flags != CU_GREEN_CTX_DEFAULT_STREAM)
		return CUDA_ERROR_INVALID_VALUE;
	*g = new CUgreenCtx_st{ { (int)d->resource.sm.smCount } };
	delete d;
	return CUDA_SUCCESS;
}

static CUresult green_destroy(CUgreenCtx g)
{
	delete g;
	return CUDA_SUCCESS;
}

static CUresult green_stream(CUstream *s, CUgreenCtx g, unsigned flags, int)
{
	if (flags != CU_STREAM_NON_BLOCKING)
		return CUDA_ERROR_INVALID_VALUE;
	*s = new CUstream_st{ &g->context, nullptr, false, false };
	return CUDA_SUCCESS;
}

static CUresult green_context(CUcontext *c, CUgreenCtx g)
{
	*c = &g->context;
	return CUDA_SUCCESS;
}

cudaError_t cudaGetDriverEntryPointByVersion(const char *name, void **f,
	unsigned, unsigned long long, cudaDriverEntryPointQueryResult *found)
{
	static const std::map<std::string, void *> known = {
		{ "cuDeviceGet", (void *)get_device },
		{ "cuCtxGetCurrent", (void *)get_current },
		{ "cuCtxSetCurrent", (void *)set_current },
		{ "cuDeviceGetDevResource", (void *)get_resource },
		{ "cuDevSmResourceSplitByCount", (void *)split },
		{ "cuDevResourceGenerateDesc", (void *)describe },
		{ "cuGreenCtxCreate", (void *)green_create },
		{ "cuGreenCtxDestroy", (void *)green_destroy },
		{ "cuGreenCtxStreamCreate", (void *)green_stream },
		{ "cuCtxFromGreenCtx", (void *)green_context } };
	auto at = known.find(name);

	*f = at == known.end() ? nullptr : at->second;
	*found = *f ? cudaDriverEntryPointSuccess
		: cudaDriverEntryPointSymbolNotFound;
	return cudaSuccess;
}

/* ---- Memory --------------------------------------------------------------------- */

static cudaError_t take(void **p, size_t size)
{
	/* As the device would align it, and full of what is no number. */
	*p = aligned_alloc(256, (size + 255) / 256 * 256);
	memset(*p, 0xff, size);
	std::lock_guard<std::mutex> l(lock);
	memory[(const char *)*p] = size;
	return cudaSuccess;
}

static cudaError_t give(void *p)
{
	std::lock_guard<std::mutex> l(lock);

	if (p && !memory.erase((const char *)p))
		return fail(cudaErrorInvalidValue);
	free(p);
	return cudaSuccess;
}

cudaError_t cudaMalloc(void **p, size_t size)
{
	ENTER_FREE();
	return take(p, size);
}

cudaError_t cudaFree(void *p)
{
	if (capturing)
		return fail(cudaErrorStreamCaptureUnsupported);
	return give(p);
}

cudaError_t cudaHostAlloc(void **p, size_t size, unsigned)
{
	ENTER_FREE();
	return take(p, size);
}

cudaError_t cudaFreeHost(void *p) { return give(p); }

cudaError_t cudaHostGetDevicePointer(void **d, void *h, unsigned)
{
	ENTER();
	*d = h;
	return fail(is_there(h, 1) ? cudaSuccess : cudaErrorInvalidValue);
}

cudaError_t cudaMemcpy(void *to, const void *from, size_t n, cudaMemcpyKind k)
{
	ENTER_FREE();
	if (!is_there(k == cudaMemcpyHostToDevice ? to : from, n))
		return fail(cudaErrorInvalidValue);
	memcpy(to, from, n);
	return cudaSuccess;
}

cudaError_t cudaMemcpy2D(void *to, size_t to_pitch, const void *from,
	size_t from_pitch, size_t width, size_t height, cudaMemcpyKind)
{
	ENTER_FREE();
	if (!is_there(from, (height - 1) * from_pitch + width))
		return fail(cudaErrorInvalidValue);
	for (size_t i = 0; i < height; i++)
		memcpy((char *)to + i * to_pitch, (const char *)from
			+ i * from_pitch, width);
	return cudaSuccess;
}

cudaError_t cudaMemset(void *p, int x, size_t n)
{
	ENTER_FREE();
	if (!is_there(p, n))
		return fail(cudaErrorInvalidValue);
	memset(p, x, n);
	return cudaSuccess;
}

/* ---- Streams, graphs, events ------------------------------------------------------- */

/* Do it now, or when the graph runs. */
static cudaError_t queue(cudaStream_t s, bool kernel, std::function<void()> work)
{
	if (s->context != current)
		return fail(cudaErrorInvalidResourceHandle);
	if (s->captured)
		s->captured->node.push_back(work);
	else
		work();
	s->kernel_last = kernel;
	return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *s, unsigned)
{
	ENTER();
	*s = new CUstream_st{ current, nullptr, false, false };
	return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t s)
{
	delete s;
	return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t s)
{
	ENTER();
	if (s->captured) {
		s->broken = true;
		return fail(cudaErrorStreamCaptureUnsupported);
	}
	return cudaSuccess;
}

cudaError_t cudaStreamQuery(cudaStream_t) { ENTER(); return cudaSuccess; }

cudaError_t cudaMemset2DAsync(void *p, size_t pitch, int x, size_t width,
	size_t height, cudaStream_t s)
{
	ENTER();
	if (!is_there(p, (height - 1) * pitch + width))
		return fail(cudaErrorInvalidValue);
	return queue(s, false, [=] {
		for (size_t i = 0; i < height; i++)
			memset((char *)p + i * pitch, x, width);
	});
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t n,
	cudaMemcpyKind, cudaStream_t s)
{
	ENTER();
	if (!is_there(to, n) || !is_there(from, n))
		return fail(cudaErrorInvalidValue);
	return queue(s, false, [=] { memcpy(to, from, n); });
}

cudaError_t cudaStreamBeginCapture(cudaStream_t s, cudaStreamCaptureMode)
{
	ENTER();
	if (s->captured || capturing)
		return fail(cudaErrorIllegalState);
	if (s->context != current)
		return fail(cudaErrorInvalidResourceHandle);
	s->captured = new CUgraph_st;
	s->broken = s->kernel_last = false;
	capturing = s;
	return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t s, cudaGraph_t *g)
{
	CUgraph_st *made = s->captured;

	*g = nullptr;
	if (!made)
		return fail(cudaErrorIllegalState);
	s->captured = nullptr;
	capturing = nullptr;
	ENTER();
	if (s->broken) {
		delete made;
		return fail(cudaErrorStreamCaptureInvalidated);
	}
	*g = made;
	return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *e, cudaGraph_t g,
	unsigned long long flags)
{
	ENTER_FREE();
	if (!g || flags)
		return fail(cudaErrorInvalidValue);
	*e = new CUgraphExec_st{ *g, current };
	return cudaSuccess;
}

cudaError_t cudaGraphUpload(cudaGraphExec_t e, cudaStream_t s)
{
	ENTER();
	return fail(e->context == s->context ? cudaSuccess
		: cudaErrorInvalidResourceHandle);
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t e, cudaStream_t s)
{
	ENTER();
	if (e->context != s->context)
		return fail(cudaErrorInvalidResourceHandle);
	return queue(s, false, [=] {
		for (auto &node : e->graph.node)
			node();
	});
}

cudaError_t cudaGraphDestroy(cudaGraph_t g)
{
	delete g;
	return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t e)
{
	delete e;
	return cudaSuccess;
}

cudaError_t cudaEventCreate(cudaEvent_t *e)
{
	ENTER();
	*e = new CUevent_st{ current, -1, true };
	return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *e, unsigned flags)
{
	ENTER();
	*e = new CUevent_st{ current, -1, !(flags & cudaEventDisableTiming) };
	return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t e)
{
	delete e;
	return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t e, cudaStream_t s)
{
	ENTER();
	if (e->context != s->context)
		return fail(cudaErrorInvalidResourceHandle);
	if (getenv("EMULATED_SLOW_EVENTS"))
		(void)usleep(1000);
	/* Recorded in a capture without the flag it cannot be timed. */
	e->timed = e->timed && !s->captured;
	return queue(s, false, [=] { e->ms = now_ms(); });
}

cudaError_t cudaEventRecordWithFlags(cudaEvent_t e, cudaStream_t s,
	unsigned flags)
{
	ENTER();
	if (e->context != s->context)
		return fail(cudaErrorInvalidResourceHandle);
	if ((flags == cudaEventRecordExternal) != (s->captured != nullptr))
		return fail(cudaErrorInvalidValue);
	return queue(s, false, [=] { e->ms = now_ms(); });
}

cudaError_t cudaEventSynchronize(cudaEvent_t) { ENTER_FREE(); return cudaSuccess; }

cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t from, cudaEvent_t to)
{
	ENTER();
	if (!from->timed || !to->timed || from->ms < 0 || to->ms < 0
	    || from->context != to->context)
		return fail(cudaErrorInvalidResourceHandle);
	*ms = (float)(to->ms - from->ms);
	return cudaSuccess;
}

/* ---- Kernels -------------------------------------------------------------------------- */

/* What runs in a block must be there now: a graph keeps the addresses. */
static int kernel(const char *name, cudaStream_t s, int chain, bool good,
	std::function<int()> work)
{
	cudaError_t e = enter(name);

	if (e != cudaSuccess)
		return e;
	if (!good)
		return fail(cudaErrorIllegalAddress);
	/* Behind anything but a kernel there is nothing to begin early. */
	if (chain && !s->kernel_last)
		return fail(cudaErrorInvalidValue);
	if (s->captured) {
		/* Refuse now what cannot be launched at all. */
		return queue(s, true, [=] {
			if (work())
				(void)fail(cudaErrorLaunchFailure);
		});
	}
	if (s->context != current)
		return fail(cudaErrorInvalidResourceHandle);
	s->kernel_last = true;
	return fail((cudaError_t)work());
}

int kernel_image(const image_args *a, cudaStream_t s, int chain)
{
	image_args c = *a;

	return kernel(__func__, s, chain, is_there(a->out) && is_there(a->bytes,
		(size_t)(a->channels * a->out.height * a->out.width)),
		[=] { return emulated_image(&c, s, chain); });
}

static bool good_conv(const conv_args *a, size_t weights)
{
	return is_there(a->in) && is_there(a->out) && (!a->add.p
		|| is_there(a->add)) && is_there(a->weight, weights * 2)
		&& is_there(a->bias, (size_t)a->out.channels * 4);
}

int kernel_conv_naive(const conv_args *a, cudaStream_t s, int chain)
{
	conv_args c = *a;

	return kernel(__func__, s, chain, good_conv(a, (size_t)(a->out.channels
		* a->kernel[0] * a->kernel[1] * a->in_channels)),
		[=] { return emulated_conv_naive(&c, s, chain); });
}

int kernel_conv_tile(const conv_args *a, int warps, int tiles, cudaStream_t s,
	int chain)
{
	conv_args c = *a;

	return kernel(__func__, s, chain, good_conv(a, conv_packed(
		a->out.channels, a->kernel[0] * a->kernel[1], a->in_channels)),
		[=] { return emulated_conv_tile(&c, warps, tiles, s, chain); });
}

int kernel_point(view in, view add, view out, clamp c, cudaStream_t s, int chain)
{
	return kernel(__func__, s, chain, is_there(in) && is_there(out)
		&& (!add.p || is_there(add)),
		[=] { return emulated_point(in, add, out, c, s, chain); });
}

int kernel_pool(view in, view out, const int k[2], const int st[2],
	const int p[2], int max, int counts, cudaStream_t s, int chain)
{
	std::vector<int> n = { k[0], k[1], st[0], st[1], p[0], p[1] };

	return kernel(__func__, s, chain, is_there(in) && is_there(out),
		[=] { return emulated_pool(in, out, n.data(), n.data() + 2,
			n.data() + 4, max, counts, s, chain); });
}

int kernel_mean(view in, view out, cudaStream_t s, int chain)
{
	return kernel(__func__, s, chain, is_there(in) && is_there(out),
		[=] { return emulated_mean(in, out, s, chain); });
}

int kernel_dense(view in, view out, const void *w, const float *b, clamp c,
	cudaStream_t s, int chain)
{
	return kernel(__func__, s, chain, is_there(in) && is_there(out)
		&& is_there(w, (size_t)(in.channels * in.height * in.width
			* out.channels) * 2),
		[=] { return emulated_dense(in, out, w, b, c, s, chain); });
}

int kernel_exit(const exit_args *a, cudaStream_t s, int chain)
{
	exit_args c = *a;

	return kernel(__func__, s, chain, is_there(a->in) && is_there(a->answer,
		sizeof(answer)) && is_there(a->counter, 4)
		&& is_there(a->probabilities, (size_t)a->classes * 4),
		[=] { return emulated_exit(&c, s, chain); });
}

int kernel_empty(cudaStream_t s, int chain)
{
	return kernel(__func__, s, chain, true, [] { return 0; });
}

/* A load's product: the time of one, nothing else. */
int kernel_matmul(const void *, const void *, float *, int, cudaStream_t s)
{
	return kernel(__func__, s, 0, true, [] { return usleep(500) * 0; });
}

/* ---- cuDNN, which does not start -------------------------------------------------------- */

#define REFUSED { return CUDNN_STATUS_NOT_INITIALIZED; }
size_t cudnnGetVersion(void) { return CUDNN_VERSION; }
const char *cudnnGetErrorString(cudnnStatus_t) { return "emulated"; }
cudnnStatus_t cudnnCreate(cudnnHandle_t *) REFUSED
cudnnStatus_t cudnnDestroy(cudnnHandle_t) REFUSED
cudnnStatus_t cudnnSetStream(cudnnHandle_t, cudaStream_t) REFUSED
cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t *) REFUSED
cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t) REFUSED
cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t,
	cudnnTensorFormat_t, cudnnDataType_t, int, int, int, int) REFUSED
cudnnStatus_t cudnnSetTensor4dDescriptorEx(cudnnTensorDescriptor_t,
	cudnnDataType_t, int, int, int, int, int, int, int, int) REFUSED
cudnnStatus_t cudnnCreateFilterDescriptor(cudnnFilterDescriptor_t *) REFUSED
cudnnStatus_t cudnnDestroyFilterDescriptor(cudnnFilterDescriptor_t) REFUSED
cudnnStatus_t cudnnSetFilter4dDescriptor(cudnnFilterDescriptor_t,
	cudnnDataType_t, cudnnTensorFormat_t, int, int, int, int) REFUSED
cudnnStatus_t cudnnCreateConvolutionDescriptor(cudnnConvolutionDescriptor_t *)
	REFUSED
cudnnStatus_t cudnnDestroyConvolutionDescriptor(cudnnConvolutionDescriptor_t)
	REFUSED
cudnnStatus_t cudnnSetConvolution2dDescriptor(cudnnConvolutionDescriptor_t, int,
	int, int, int, int, int, cudnnConvolutionMode_t, cudnnDataType_t) REFUSED
cudnnStatus_t cudnnSetConvolutionGroupCount(cudnnConvolutionDescriptor_t, int)
	REFUSED
cudnnStatus_t cudnnSetConvolutionMathType(cudnnConvolutionDescriptor_t,
	cudnnMathType_t) REFUSED
cudnnStatus_t cudnnCreateActivationDescriptor(cudnnActivationDescriptor_t *)
	REFUSED
cudnnStatus_t cudnnDestroyActivationDescriptor(cudnnActivationDescriptor_t)
	REFUSED
cudnnStatus_t cudnnSetActivationDescriptor(cudnnActivationDescriptor_t,
	cudnnActivationMode_t, cudnnNanPropagation_t, double) REFUSED
cudnnStatus_t cudnnGetConvolutionForwardWorkspaceSize(cudnnHandle_t,
	const cudnnTensorDescriptor_t, const cudnnFilterDescriptor_t,
	const cudnnConvolutionDescriptor_t, const cudnnTensorDescriptor_t,
	cudnnConvolutionFwdAlgo_t, size_t *) REFUSED
cudnnStatus_t cudnnConvolutionBiasActivationForward(cudnnHandle_t, const void *,
	const cudnnTensorDescriptor_t, const void *,
	const cudnnFilterDescriptor_t, const void *,
	const cudnnConvolutionDescriptor_t, cudnnConvolutionFwdAlgo_t, void *,
	size_t, const void *, const cudnnTensorDescriptor_t, const void *,
	const cudnnTensorDescriptor_t, const void *,
	const cudnnActivationDescriptor_t, const cudnnTensorDescriptor_t, void *)
	REFUSED
cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t,
	cudnnBackendDescriptor_t *) REFUSED
cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t) REFUSED
cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t) REFUSED
cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t,
	cudnnBackendAttributeName_t, cudnnBackendAttributeType_t, int64_t,
	const void *) REFUSED
cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t,
	cudnnBackendAttributeName_t, cudnnBackendAttributeType_t, int64_t,
	int64_t *, void *) REFUSED
cudnnStatus_t cudnnBackendExecute(cudnnHandle_t, cudnnBackendDescriptor_t,
	cudnnBackendDescriptor_t) REFUSED
