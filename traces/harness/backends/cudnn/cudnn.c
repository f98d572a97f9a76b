/* GPU backend: float16, channels last, batch 1; one CUDA graph per network,
 * setting, stage and slot.
 *
 * Convolutions run by whichever of cuDNN's calls and our own kernels is the
 * fastest in the place where they will run (conv.c); everything else is ours
 * (kernels.cu). An image comes from pinned memory, the answer goes to pinned
 * memory, and the host sees a stage's end by its count there, without a call
 * into the driver. */
#include "parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- The plan ------------------------------------------------------------------------------ */

static void cudnn_plan_free(struct plan *p)
{
	if (!p)
		return;
	(void)device_enter(p->dev, p->place);
	(void)cudaStreamSynchronize(p->place->stream);
	for (int i = 0; i < p->slots * p->net->depths; i++)
		if (p->stage[i])
			(void)cudaGraphExecDestroy(p->stage[i]);
	for (int i = 0; i < p->slots; i++)
		if (p->whole[i])
			(void)cudaGraphExecDestroy(p->whole[i]);
	for (int d = 0; d <= p->net->depths; d++)
		if (p->mark[d])
			(void)cudaEventDestroy(p->mark[d]);
	if (p->from)
		(void)cudaEventDestroy(p->from);
	if (p->to)
		(void)cudaEventDestroy(p->to);
	for (int i = 0; i < p->net->ops; i++)
		graph_plan_free(p->op[i].conv.graph);
	for (int i = 0; i < p->memories; i++)
		(void)cudaFree(p->memory[i]);
	(void)cudaFreeHost((void *)(uintptr_t)p->answer);
	(void)cudaFreeHost(p->image);
	free(p->memory);
	free(p->buffer);
	free(p->wide);
	free(p->op);
	free(p->stage);
	free(p->whole);
	text_fini(&p->kernels);
	free(p);
}

static struct plan *plan_new(struct dev *d, const struct net *n,
	struct place *place, int slots)
{
	struct plan *p = mem_new(1, sizeof *p);

	*p = (struct plan){ .dev = d, .net = n, .place = place, .slots = slots,
		.events_on = 1, .pixels = (size_t)(n->channels * n->height
			* n->width) };
	p->buffer = mem_new((size_t)slots * (size_t)n->buffers, sizeof(void *));
	p->wide = mem_new((size_t)n->buffers, sizeof *p->wide);
	p->op = mem_new((size_t)n->ops, sizeof *p->op);
	p->stage = mem_new((size_t)(slots * n->depths), sizeof *p->stage);
	p->whole = mem_new((size_t)slots, sizeof *p->whole);
	for (int i = 0; i < n->buffers; i++)
		p->wide[i] = buffer_wide(&n->buffer[i]);
	text_init(&p->kernels);
	return p;
}

static int build(struct plan *p)
{
	const struct net *n = p->net;
	void *answer = NULL, *image = NULL;

	if (CUDA(cudaHostAlloc(&answer, sizeof *p->answer,
		cudaHostAllocMapped | cudaHostAllocPortable)))
		return -1;
	memset(answer, 0, sizeof *p->answer);
	p->answer = answer;
	if (CUDA(cudaHostGetDevicePointer(&answer, answer, 0)))
		return -1;
	p->mapped = answer;
	if (CUDA(cudaHostAlloc(&image, p->pixels * (size_t)p->slots,
		cudaHostAllocMapped | cudaHostAllocPortable)))
		return -1;
	p->image = image;
	if (!(p->probabilities = plan_upload(p, NULL, (size_t)p->slots
		* (size_t)n->classes * sizeof(float)))
	    || !(p->counter = plan_upload(p, NULL, sizeof *p->counter))
	    || plan_buffers(p) || plan_ops(p)
	    || CUDA(cudaEventCreate(&p->from)) || CUDA(cudaEventCreate(&p->to)))
		return -1;
	for (int d = 0; d <= n->depths; d++)
		if (CUDA(cudaEventCreate(&p->mark[d])))
			return -1;
	if (plan_choose(p) || plan_run_once(p))
		return -1;
	for (int s = 0; s < p->slots; s++)
		for (int d = 1; d <= n->depths; d++)
			if (plan_capture(p, s, d, d, 0, &p->stage[s * n->depths + d
				- 1]))
				return -1;
	return 0;
}

static int cudnn_plan(struct dev *d, const struct net *n,
	const struct setting *s, int slots, struct plan **out)
{
	struct place *place = device_place(d, s->units);
	struct plan *p;

	if (!place)
		return -1;
	p = plan_new(d, n, place, slots);
	if (device_enter(d, place) || build(p)) {
		cudnn_plan_free(p);
		return -1;
	}
	*out = p;
	return 0;
}

static void cudnn_plan_info(struct plan *p, struct plan_info *out)
{
	*out = (struct plan_info){ .units = p->place->units,
		.kernels_text = p->kernels.s };
	net_launches(p->net, out->kernels);
}

/* ---- Running ------------------------------------------------------------------------------- */

static int cudnn_send(struct plan *p, int stage, int slot,
	const unsigned char *image)
{
	const cudaStream_t s = p->place->stream;
	cudaGraphExec_t exec = p->stage[slot * p->net->depths + stage - 1];

	if (stage == 1)
		memcpy(p->image + (size_t)slot * p->pixels, image, p->pixels);
	if (device_enter(p->dev, p->place))
		return -1;
	p->sent++;
	p->running = stage;
	p->slot = slot;
	p->polls = 0;
	if (!p->events_on)
		return CUDA(cudaGraphLaunch(exec, s));
	return CUDA(cudaEventRecord(p->from, s)) || CUDA(cudaGraphLaunch(exec, s))
		|| CUDA(cudaEventRecord(p->to, s)) ? -1 : 0;
}

static int cudnn_poll(struct plan *p, struct outcome *out)
{
	cudaError_t e;
	float ms;

	if (!p->running)
		return 0;
	if (p->answer->count != p->sent) {
		/* A device that is lost never raises the count. */
		if (++p->polls % 65536)
			return 0;
		e = cudaStreamQuery(p->place->stream);
		return e == cudaSuccess || e == cudaErrorNotReady ? 0
			: CUDA(e);
	}
	*out = (struct outcome){ .stage = p->running, .slot = p->slot,
		.prediction = p->answer->prediction,
		.confidence = p->answer->confidence, .device_ns = -1 };
	p->running = 0;
	if (p->events_on) {
		if (CUDA(cudaEventSynchronize(p->to))
		    || CUDA(cudaEventElapsedTime(&ms, p->from, p->to)))
			return -1;
		out->device_ns = (int64_t)((double)ms * 1e6);
	}
	return 1;
}

static int cudnn_probabilities(struct plan *p, int slot, float *out)
{
	return device_enter(p->dev, p->place)
	    || CUDA(cudaStreamSynchronize(p->place->stream))
	    || CUDA(cudaMemcpy(out, p->probabilities + slot * p->net->classes,
		(size_t)p->net->classes * sizeof *out, cudaMemcpyDeviceToHost))
		? -1 : 0;
}

static int cudnn_whole(struct plan *p, int slot, const unsigned char *image,
	struct outcome *out, int64_t *device_ns)
{
	const int depths = p->net->depths;
	float ms;

	if (device_enter(p->dev, p->place) || (!p->whole[slot] && plan_capture(p, slot, 1,
		depths, 1, &p->whole[slot])))
		return -1;
	memcpy(p->image + (size_t)slot * p->pixels, image, p->pixels);
	p->sent += (unsigned)depths;
	if (CUDA(cudaGraphLaunch(p->whole[slot], p->place->stream))
	    || CUDA(cudaStreamSynchronize(p->place->stream)))
		return -1;
	for (int d = 0; d <= depths; d++) {
		if (CUDA(cudaEventElapsedTime(&ms, p->mark[d ? d - 1 : 0],
			p->mark[d ? d : depths])))
			return -1;
		device_ns[d] = (int64_t)((double)ms * 1e6);
	}
	*out = (struct outcome){ .stage = depths, .slot = slot,
		.prediction = p->answer->prediction,
		.confidence = p->answer->confidence,
		.device_ns = device_ns[0] };
	return 0;
}

/* ---- Operators by themselves ------------------------------------------------------------- */

struct one { struct plan *plan; int op; };

static int launch_one(void *data, int chain)
{
	struct one *o = data;
	struct plan *p = o->plan;

	return o->op < p->net->ops ? plan_run_op(p, &p->op[o->op], 0, chain)
		: plan_run_image(p, 0, chain);
}

static int cudnn_times(struct plan *p, double *us)
{
	int chain = p->dev->chain;

	if (device_enter(p->dev, p->place)
	    || CUDA(cudaStreamSynchronize(p->place->stream)))
		return -1;
	for (int i = 0; i <= p->net->ops; i++) {
		struct one o = { p, i };
		us[i] = chain_us(p->place, launch_one, &o, chain
			&& (i == p->net->ops || op_is_own(&p->op[i])));
		if (isinf(us[i]))
			us[i] = NAN;
	}
	/* The exits have counted on. */
	return CUDA(cudaStreamSynchronize(p->place->stream))
	    || CUDA(cudaMemcpy(&p->sent, p->counter, sizeof p->sent,
		cudaMemcpyDeviceToHost)) ? -1 : 0;
}

static void cudnn_events(struct plan *p, int on)
{
	p->events_on = on;
}

extern const struct backend backend;
const struct backend backend = {
	.abi = BACKEND_ABI, .name = "cudnn",
	.summary = "NVIDIA GPUs: cuDNN and kernels of our own, float16",
	.open = cudnn_open, .close = cudnn_close, .info = cudnn_info,
	.plan = cudnn_plan, .plan_free = cudnn_plan_free,
	.plan_info = cudnn_plan_info, .send = cudnn_send, .poll = cudnn_poll,
	.probabilities = cudnn_probabilities, .whole = cudnn_whole,
	.times = cudnn_times,
	.events = cudnn_events, .empty = cudnn_empty, .flush = cudnn_flush,
	.corun = cudnn_corun, .corun_rate = cudnn_corun_rate,
};
