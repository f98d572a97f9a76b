/* Green contexts. A green context is the device's own with a part of its SMs:
 * memory and code are shared, streams and events are not. */
#include "parts.h"

#include <cuda.h>
#include <string.h>

struct driver {
	CUresult (*device)(CUdevice *, int);
	CUresult (*resource)(CUdevice, CUdevResource *, CUdevResourceType);
	CUresult (*split)(CUdevResource *, unsigned *, const CUdevResource *,
		CUdevResource *, unsigned, unsigned);
	CUresult (*describe)(CUdevResourceDesc *, CUdevResource *, unsigned);
	CUresult (*create)(CUgreenCtx *, CUdevResourceDesc, CUdevice, unsigned);
	CUresult (*destroy)(CUgreenCtx);
	CUresult (*stream)(CUstream *, CUgreenCtx, unsigned, int);
	CUresult (*context)(CUcontext *, CUgreenCtx);
};

static int find(const char *name, unsigned version, void *function)
{
	enum cudaDriverEntryPointQueryResult found;
	void *f = NULL;

	if (cudaGetDriverEntryPointByVersion(name, &f, version,
		cudaEnableDefault, &found) != cudaSuccess
	    || found != cudaDriverEntryPointSuccess || !f) {
		(void)cudaGetLastError();
		return -1;
	}
	memcpy(function, &f, sizeof f);
	return 0;
}

static int find_all(struct driver *d)
{
	return find("cuDeviceGet", 12000, &d->device)
		|| find("cuDeviceGetDevResource", 12040, &d->resource)
		|| find("cuDevSmResourceSplitByCount", 12040, &d->split)
		|| find("cuDevResourceGenerateDesc", 12040, &d->describe)
		|| find("cuGreenCtxCreate", 12040, &d->create)
		|| find("cuGreenCtxDestroy", 12040, &d->destroy)
		|| find("cuGreenCtxStreamCreate", 12050, &d->stream)
		|| find("cuCtxFromGreenCtx", 12040, &d->context) ? -1 : 0;
}

int contexts_open(struct contexts *c)
{
	CUresult (*current)(CUcontext *);
	CUresult (*use)(CUcontext);
	CUcontext primary = NULL;

	if (find("cuCtxGetCurrent", 12000, &current)
	    || find("cuCtxSetCurrent", 12000, &use) || current(&primary)
	    || !primary)
		return msg_fail("the driver does not tell the current context");
	c->primary = primary;
	memcpy(&c->use, &use, sizeof use);
	return 0;
}

int green_range(int device, int *least, int *step)
{
	CUdevResource sms;
	struct driver d;
	CUdevice number;

	if (find_all(&d) || d.device(&number, device)
	    || d.resource(number, &sms, CU_DEV_RESOURCE_TYPE_SM))
		return -1;
	*least = sms.sm.minSmPartitionSize ? (int)sms.sm.minSmPartitionSize : 8;
	*step = sms.sm.smCoscheduledAlignment
		? (int)sms.sm.smCoscheduledAlignment : 8;
	return 0;
}

static int make_green(struct place *p, int device, int units)
{
	CUdevResource sms, part, rest;
	CUdevResourceDesc desc;
	CUgreenCtx green;
	CUcontext context;
	CUstream stream;
	struct driver d;
	CUdevice number;
	CUresult e;
	unsigned groups = 1;

	if (find_all(&d))
		return msg_bad("this driver has no green contexts (CUDA 12.5): "
			"only the setting with all SMs");
	if ((e = d.device(&number, device))
	    || (e = d.resource(number, &sms, CU_DEV_RESOURCE_TYPE_SM))
	    || (e = d.split(&part, &groups, &sms, &rest, 0, (unsigned)units))
	    || (e = d.describe(&desc, &part, 1)) || groups < 1)
		return msg_fail("%d SMs: the driver cannot divide the device so "
			"(CUDA error %d): leave that setting out", units,
			(int)e);
	if ((e = d.create(&green, desc, number, CU_GREEN_CTX_DEFAULT_STREAM)))
		return msg_fail("%d SMs: no green context (CUDA error %d): "
			"leave that setting out", units, (int)e);
	if ((e = d.stream(&stream, green, CU_STREAM_NON_BLOCKING, 0))
	    || (e = d.context(&context, green))) {
		(void)d.destroy(green);
		return msg_fail("%d SMs: no stream in the green context (CUDA "
			"error %d): leave that setting out", units, (int)e);
	}
	p->units = (int)part.sm.smCount;
	p->stream = stream;
	p->green = green;
	p->context = context;
	return 0;
}

/* cuDNN inside the place. Our own kernels do without it. */
static void open_cudnn(struct place *p)
{
	cudnnStatus_t s = cudnnCreate(&p->cudnn);

	if (s == CUDNN_STATUS_SUCCESS)
		s = cudnnSetStream(p->cudnn, p->stream);
	else
		p->cudnn = NULL;
	if (s == CUDNN_STATUS_SUCCESS)
		return;
	msg_remark("cuDNN does not start on %d SMs (%s): only our own kernels "
		"are used there", p->units, cudnnGetErrorString(s));
	if (p->cudnn)
		(void)cudnnDestroy(p->cudnn);
	p->cudnn = NULL;
}

int place_open(struct place *p, const struct contexts *c, int device, int units,
	int all)
{
	*p = (struct place){ .units = all, .context = c->primary };
	if (units && units < all) {
		if (make_green(p, device, units))
			return -1;
	} else if (CUDA(cudaStreamCreateWithFlags(&p->stream,
		cudaStreamNonBlocking))) {
		return -1;
	}
	if (CUDA(cudaMalloc(&p->workspace, WORKSPACE))
	    || (c->use(p->context) && msg_fail("the context of %d SMs cannot "
		"be made current", p->units))) {
		place_close(p);
		return -1;
	}
	open_cudnn(p);
	if (c->use(c->primary)) {
		place_close(p);
		return msg_fail("the device's own context cannot be made "
			"current");
	}
	return 0;
}

void place_close(struct place *p)
{
	struct driver d;

	if (p->cudnn)
		(void)cudnnDestroy(p->cudnn);
	if (p->workspace)
		(void)cudaFree(p->workspace);
	if (p->stream)
		(void)cudaStreamDestroy(p->stream);
	if (p->green && !find_all(&d))
		(void)d.destroy(p->green);
	*p = (struct place){ 0 };
}
