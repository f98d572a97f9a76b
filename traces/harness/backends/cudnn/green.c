/* Green contexts. The driver's functions are asked for at run time, so that
 * nothing links with libcuda, which a machine without a GPU lacks. */
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
	CUresult (*use)(CUcontext);
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
		|| find("cuCtxFromGreenCtx", 12040, &d->context)
		|| find("cuCtxSetCurrent", 12000, &d->use) ? -1 : 0;
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
	unsigned groups = 1;

	if (find_all(&d))
		return msg_bad("this driver has no green contexts (CUDA 12.5): "
			"only the setting with all SMs");
	if (d.device(&number, device)
	    || d.resource(number, &sms, CU_DEV_RESOURCE_TYPE_SM)
	    || d.split(&part, &groups, &sms, &rest, 0, (unsigned)units)
	    || groups < 1 || d.describe(&desc, &part, 1))
		return msg_fail("%d SMs: the driver cannot divide the device so",
			units);
	if (d.create(&green, desc, number, CU_GREEN_CTX_DEFAULT_STREAM))
		return msg_fail("%d SMs: no green context", units);
	if (d.stream(&stream, green, CU_STREAM_NON_BLOCKING, 0)
	    || d.context(&context, green)) {
		(void)d.destroy(green);
		return msg_fail("%d SMs: no stream in the green context", units);
	}
	p->units = (int)part.sm.smCount;
	p->stream = stream;
	p->green = green;
	p->context = context;
	return 0;
}

int place_enter(const struct place *p)
{
	struct driver d;

	if (!p->context)
		return 0;
	if (find_all(&d) || d.use(p->context))
		return msg_fail("the green context cannot be made current");
	return 0;
}

void place_leave(const struct place *p, int device)
{
	if (p->context)
		(void)cudaSetDevice(device);
}

int place_open(struct place *p, int device, int units, int all)
{
	int bad;

	*p = (struct place){ .units = all };
	if (units && units < all) {
		if (make_green(p, device, units))
			return -1;
	} else if (CUDA(cudaStreamCreateWithFlags(&p->stream,
		cudaStreamNonBlocking))) {
		return -1;
	}
	bad = CUDA(cudaMalloc(&p->workspace, WORKSPACE)) || place_enter(p);
	if (!bad && cudnnCreate(&p->cudnn) != CUDNN_STATUS_SUCCESS) {
		/* Our own kernels do without it. */
		msg_remark("cuDNN does not start; only our own kernels are used");
		p->cudnn = NULL;
	} else if (!bad && cudnnSetStream(p->cudnn, p->stream)
	    != CUDNN_STATUS_SUCCESS) {
		bad = msg_fail("cuDNN: cannot use the stream");
	}
	place_leave(p, device);
	if (bad)
		place_close(p);
	return bad ? -1 : 0;
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
