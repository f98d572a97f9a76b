/* CPU backend on oneDNN 2.x: float32, channels last, one list of primitives
 * per stage, run in the caller's thread and the pool of libgomp behind it.
 *
 * Channels last for every tensor, rather than what the library would choose:
 * a range of channels of a wider buffer is then a plain strided tensor, and
 * at batch 1 it measured faster than the blocked layout
 * (paper/spec/components.md). Where the library has only its reference kernel
 * for such a range, the operator works on copies. Weights are in the library's choice. The
 * residual is a binary post-operation, not a sum, since sum overwrites a
 * tensor that an exit may still read. Convolutions are `direct`: Winograd
 * rounds differently. */
#define _GNU_SOURCE             /* CPU affinity */
#include "parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libgomp, which oneDNN runs on in Debian. GOMP_parallel is what gcc makes of
 * `#pragma omp parallel`; called by hand it serves clang as well. */
void omp_set_num_threads(int n);
int omp_get_thread_num(void);
int omp_pause_resource_all(int kind);
enum { PAUSE_HARD = 2 };
void GOMP_parallel(void (*f)(void *), void *data, unsigned threads,
	unsigned flags);

int onednn_failed(dnnl_status_t s, const char *what, const char *name)
{
	return s == dnnl_success ? 0 : msg_fail("oneDNN: %s%s%s: status %d "
		"(%s)", name, *name ? ": " : "", what, (int)s,
		s == dnnl_unimplemented ? "not implemented"
		: s == dnnl_out_of_memory ? "out of memory" : "refused");
}

/* ---- The device --------------------------------------------------------------- */

static void pin_self(void *data)
{
	struct dev *d = data;
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)d->cpu[omp_get_thread_num() % d->cpus], &one);
	/* Not being allowed to costs steadiness, nothing else. */
	(void)sched_setaffinity(0, sizeof one, &one);
}

static void use_threads(struct dev *d, int threads)
{
	if (d->threads == threads)
		return;
	d->threads = threads;
	omp_set_num_threads(threads);
	GOMP_parallel(pin_self, d, (unsigned)threads, 0);
}

static void read_model(char *out, size_t room)
{
	char line[256];
	FILE *f = fopen("/proc/cpuinfo", "r");

	(void)snprintf(out, room, "CPU");
	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, "model name", 10) && strchr(line, ':')) {
			line[strcspn(line, "\n")] = 0;
			(void)snprintf(out, room, "%s", strchr(line, ':') + 2);
			break;
		}
	if (f)
		(void)fclose(f);
}

static int onednn_open(struct dev **out, const char *which)
{
	struct dev *d;

	if (which && *which)
		return msg_bad("backend onednn: no device '%s'; it takes the "
			"cores of the machine", which);
	d = mem_new(1, sizeof *d);
	if (sched_getaffinity(0, sizeof d->before, &d->before))
		CPU_SET(0, &d->before);
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET((size_t)i, &d->before))
			d->cpu[d->cpus++] = i;
	read_model(d->model, sizeof d->model);
	if (onednn_failed(dnnl_engine_create(&d->engine, dnnl_cpu, 0), "engine", "")) {
		free(d);
		return -1;
	}
	if (onednn_failed(dnnl_stream_create(&d->stream, d->engine,
		dnnl_stream_default_flags), "stream", "")) {
		(void)dnnl_engine_destroy(d->engine);
		free(d);
		return -1;
	}
	*out = d;
	return 0;
}

static void onednn_close(struct dev *d)
{
	if (!d)
		return;
	(void)dnnl_stream_destroy(d->stream);
	(void)dnnl_engine_destroy(d->engine);
	(void)sched_setaffinity(0, sizeof d->before, &d->before);
	/* The pool's threads end with the device. */
	(void)omp_pause_resource_all(PAUSE_HARD);
	free(d);
}

static int onednn_info(struct dev *d, struct dev_info *out)
{
	const dnnl_version_t *v = dnnl_version();

	*out = (struct dev_info){ .unit = "core", .units = d->cpus,
		.units_min = 1, .units_step = 1, .tolerance = 1e-4,
		.element_bytes = sizeof(float),
		.precision = "float32",
		.layout = "channels last, weights as oneDNN chooses",
		.completion = "the call returns" };
	(void)snprintf(out->name, sizeof out->name, "%s (%d cores)", d->model,
		d->cpus);
	(void)snprintf(out->versions, sizeof out->versions,
		"onednn=%d.%d.%d;onednn_isa=%d", v->major, v->minor, v->patch,
		(int)dnnl_get_effective_cpu_isa());
	return 0;
}

/* ---- The plan ------------------------------------------------------------------------ */

static void onednn_plan_free(struct plan *p)
{
	const struct net *n;

	if (!p)
		return;
	n = p->net;
	for (int i = 0; i < n->ops; i++) {
		struct step *s = &p->step[i];
		if (s->primitive)
			(void)dnnl_primitive_destroy(s->primitive);
		if (s->weight)
			(void)dnnl_memory_destroy(s->weight);
		if (s->bias)
			(void)dnnl_memory_destroy(s->bias);
		for (int k = 0; k < 3; k++) {
			if (s->packed[k])
				(void)dnnl_memory_destroy(s->packed[k]);
			free(s->copy[k]);
		}
		free(s->arg);
		free(s->exit_weight);
	}
	for (int i = 0; i < p->slots * n->tensors; i++)
		if (p->memory[i])
			(void)dnnl_memory_destroy(p->memory[i]);
	for (int s = 0; s < p->slots; s++)
		for (int i = 0; i < n->buffers; i++)
			if (!s || n->buffer[i].slot)
				free(p->buffer[s * n->buffers + i]);
	free(p->buffer);
	free(p->memory);
	free(p->step);
	free(p->pixels);
	free(p->sums);
	free(p->probabilities);
	text_fini(&p->kernels);
	free(p);
}

static int onednn_plan(struct dev *d, const struct net *n,
	const struct setting *s, int slots, struct plan **out)
{
	struct plan *p;
	size_t largest = 1;

	if (s->units > d->cpus)
		return msg_bad("backend onednn: %d cores asked for, this "
			"process may use %d", s->units, d->cpus);
	p = mem_new(1, sizeof *p);
	p->dev = d;
	p->net = n;
	p->slots = slots;
	p->threads = s->units ? s->units : d->cpus;
	p->buffer = mem_new((size_t)slots * (size_t)n->buffers, sizeof(float *));
	p->memory = mem_new((size_t)slots * (size_t)n->tensors,
		sizeof *p->memory);
	p->step = mem_new((size_t)n->ops, sizeof *p->step);
	p->pixels = mem_new((size_t)(n->channels * n->height * n->width),
		sizeof(float));
	for (int i = 0; i < n->tensors; i++)
		if ((size_t)n->tensor[i].channels > largest)
			largest = (size_t)n->tensor[i].channels;
	p->sums = mem_new(largest, sizeof(float));
	p->probabilities = mem_new((size_t)slots * (size_t)n->classes,
		sizeof(float));
	text_init(&p->kernels);
	/* The library divides the work for the threads that it sees now. */
	use_threads(d, p->threads);
	if (onednn_make_memory(p))
		goto fail;
	for (int i = 0; i < n->ops; i++)
		if (onednn_make_step(p, &p->step[i], &n->op[i]))
			goto fail;
	*out = p;
	return 0;
fail:
	onednn_plan_free(p);
	return -1;
}

static void onednn_plan_info(struct plan *p, struct plan_info *out)
{
	*out = (struct plan_info){ .units = p->threads,
		.kernels_text = p->kernels.s };
	net_launches(p->net, out->kernels);
}

/* ---- Running ---------------------------------------------------------------------------- */

static void read_image(struct plan *p, int slot, const unsigned char *image)
{
	const struct net *n = p->net;
	int plane = n->height * n->width;
	int wide = n->buffer[n->tensor[0].buffer].channels;
	float *to = onednn_data(p, slot, 0);

	net_normalise(n, image, p->pixels);
	for (int c = 0; c < n->channels; c++)
		for (int i = 0; i < plane; i++)
			to[i * wide + c] = p->pixels[c * plane + i];
}

/* Mean, weights, Softmax: a few thousand operations, less than a primitive's
 * own cost. */
static void run_exit(struct plan *p, const struct step *s, int slot)
{
	const struct net_op *o = s->op;
	const struct net_tensor *in = net_in(p->net, o);
	const int plane = in->height * in->width, classes = p->net->classes;
	const int wide = p->net->buffer[in->buffer].channels;
	const float *x = onednn_data(p, slot, o->in);
	float *y = p->probabilities + (size_t)slot * (size_t)classes;
	float top = -INFINITY, sum = 0;

	if (o->mean) {
		for (int c = 0; c < in->channels; c++)
			p->sums[c] = 0;
		for (int i = 0; i < plane; i++)
			for (int c = 0; c < in->channels; c++)
				p->sums[c] += x[i * wide + c];
		for (int c = 0; c < in->channels; c++)
			p->sums[c] /= (float)plane;
		x = p->sums;
	}
	for (int k = 0; k < classes; k++) {
		const int rows = o->mean ? 1 : plane;
		if (!o->weight) {
			y[k] = x[k];
		} else {
			const float *w = s->exit_weight + (size_t)k
				* (size_t)(in->channels * rows);
			y[k] = o->bias ? o->bias[k] : 0;
			for (int i = 0; i < rows; i++)
				for (int c = 0; c < in->channels; c++)
					y[k] += *w++ * x[i * wide + c];
		}
		top = y[k] > top ? y[k] : top;
	}
	for (int k = 0; k < classes; k++)
		sum += y[k] = expf(y[k] - top);
	for (int k = 0; k < classes; k++)
		y[k] /= sum;
}

static void run_clamp(struct plan *p, const struct net_op *o, int slot)
{
	const struct net_tensor *in = net_in(p->net, o);
	const struct net_tensor *out = &p->net->tensor[o->out];
	const int from = p->net->buffer[in->buffer].channels;
	const int to = p->net->buffer[out->buffer].channels;
	const float *x = onednn_data(p, slot, o->in);
	float *y = onednn_data(p, slot, o->out);

	for (int i = 0; i < in->height * in->width; i++)
		for (int c = 0; c < in->channels; c++) {
			float v = x[i * from + c];
			y[i * to + c] = !o->clamp ? v : v < o->low ? o->low
				: v > o->high ? o->high : v;
		}
}

/* Between a tensor and its copy, pixel by pixel. */
static void copy_tensor(struct plan *p, int slot, int tensor, float *copy,
	int back)
{
	const struct net_tensor *t = &p->net->tensor[tensor];
	const size_t wide = (size_t)p->net->buffer[t->buffer].channels;
	const size_t n = (size_t)t->channels;
	float *x = onednn_data(p, slot, tensor);

	for (size_t i = 0; i < (size_t)(t->height * t->width); i++)
		memcpy(back ? x + i * wide : copy + i * n,
			back ? copy + i * n : x + i * wide, n * sizeof *x);
}

static int run_primitive(struct plan *p, const struct step *s, int slot)
{
	if (s->packed[0])
		copy_tensor(p, slot, s->op->in, s->copy[0], 0);
	if (s->packed[1])
		copy_tensor(p, slot, s->op->add, s->copy[1], 0);
	if (onednn_failed(dnnl_primitive_execute(s->primitive, p->dev->stream, s->args,
		s->arg + slot * 5), "run", s->op->name))
		return -1;
	if (s->packed[2])
		copy_tensor(p, slot, s->op->out, s->copy[2], 1);
	return 0;
}

static int run_step(struct plan *p, const struct step *s, int slot)
{
	if (s->op->kind == OP_EXIT)
		run_exit(p, s, slot);
	else if (!s->primitive)
		run_clamp(p, s->op, slot);
	else
		return run_primitive(p, s, slot);
	return 0;
}

static int onednn_send(struct plan *p, int stage, int slot,
	const unsigned char *image)
{
	p->stage = stage;
	p->slot = slot;
	p->image = image;
	return 0;
}

static int onednn_poll(struct plan *p, struct outcome *out)
{
	const struct net *n = p->net;
	const int stage = p->stage, slot = p->slot;

	if (!stage)
		return 0;
	p->stage = 0;
	use_threads(p->dev, p->threads);
	if (stage == 1)
		read_image(p, slot, p->image);
	for (int i = n->stage_first[stage]; i < n->stage_first[stage + 1]; i++)
		if (run_step(p, &p->step[i], slot))
			return -1;
	if (onednn_failed(dnnl_stream_wait(p->dev->stream), "wait", n->name))
		return -1;
	*out = (struct outcome){ .stage = stage, .slot = slot,
		.device_ns = -1 };
	out->prediction = net_answer(p->probabilities + (size_t)slot
		* (size_t)n->classes, n->classes, &out->confidence);
	return 1;
}

static int onednn_probabilities(struct plan *p, int slot, float *out)
{
	memcpy(out, p->probabilities + (size_t)slot * (size_t)p->net->classes,
		(size_t)p->net->classes * sizeof *out);
	return 0;
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The median of some runs, each to its end. */
static int onednn_times(struct plan *p, double *us)
{
	enum { RUNS = 15 };
	int64_t ns[RUNS];

	use_threads(p->dev, p->threads);
	for (int i = 0; i < p->net->ops; i++) {
		for (int k = 0; k < RUNS; k++) {
			int64_t from = backend_clock();
			if (run_step(p, &p->step[i], 0) || onednn_failed(
				dnnl_stream_wait(p->dev->stream), "wait",
				p->net->name))
				return -1;
			ns[k] = backend_clock() - from;
		}
		qsort(ns, RUNS, sizeof *ns, by_time);
		us[i] = (double)ns[RUNS / 2] * 1e-3;
	}
	us[p->net->ops] = NAN; /* the image, by hand: next to nothing */
	return 0;
}

extern const struct backend backend;
const struct backend backend = {
	.abi = BACKEND_ABI, .name = "onednn",
	.summary = "the machine's cores through oneDNN, float32",
	.open = onednn_open, .close = onednn_close, .info = onednn_info,
	.plan = onednn_plan, .plan_free = onednn_plan_free,
	.plan_info = onednn_plan_info, .send = onednn_send,
	.poll = onednn_poll, .probabilities = onednn_probabilities,
	.times = onednn_times,
};
