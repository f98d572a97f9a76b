/* Inside the cuDNN backend. */
#ifndef LAXITY_CUDNN_PARTS_H
#define LAXITY_CUDNN_PARTS_H

#include "kernels.h"

#include "../../backend.h"

#include "../../../../sim/mem.h"
#include "../../../../sim/msg.h"

#include <cuda_runtime_api.h>
#include <cudnn.h>

/* -1 after one message unless x is success. */
int cuda_check(int x, const char *what);
#define CUDA(x) cuda_check((int)(x), #x)

/* ---- green.c: a part of the SMs -------------------------------------------- */

/* The driver's calls that the runtime has none for, by address, so that
 * nothing links with libcuda, which a machine without a GPU lacks. */
struct contexts {
	void *primary;          /* the device's own context */
	int (*use)(void *context); /* make one current to this thread */
};
/* With the device's own context current. -1 after a message. */
int contexts_open(struct contexts *c);

/* Where the stages of a setting run: a stream on all SMs, or in a green
 * context with some of them. Plans are built and captured inside it, since
 * one chosen with all SMs can fail in another. */
struct place {
	int units;              /* granted */
	cudaStream_t stream;
	void *green, *context;  /* green NULL: all SMs, in the device's own */
	cudnnHandle_t cudnn;    /* NULL: only our own kernels */
	void *workspace;
};
enum { WORKSPACE = 32 << 20 };

/* Least and step of what green contexts can have; -1 without a message if the
 * driver has none. */
int green_range(int device, int *least, int *step);
/* Wants the device's own context current, and leaves it so. */
int place_open(struct place *p, const struct contexts *c, int device, int units,
	int all);
void place_close(struct place *p);

/* ---- conv.c: how a convolution runs ------------------------------------------ */

/* One way. kind: 'n' naive, 't' tile (a warps, b tiles), 'l' cuDNN's fused
 * call with algorithm a, 'g' its graph interface: configuration a of
 * heuristic b. */
struct way { char kind; int a, b; };

/* A convolution on the device. Both layouts of the weights stay: which one is
 * read depends on the way. */
struct conv {
	struct conv_args args;  /* views of the slot being captured */
	const void *krsc, *packed;
	const void *half_bias;
	struct way way;
	struct graph_plan *graph; /* 'g' */
};

/* Microseconds of one of CHAIN_LENGTH equal launches behind each other, the
 * best of some runs of them as one graph; INFINITY if that cannot be captured
 * or fails. */
enum { CHAIN_LENGTH = 16, CHAIN_RUNS = 7 };
double chain_us(const struct place *p, int (*launch)(void *data, int chain),
	void *data, int chain);

/* Launch it on the place's stream. 0 or a status that is not 0; no message. */
int conv_run(const struct place *p, const struct conv *c, int chain);

/* Try every way that takes this convolution: correct against the naive kernel,
 * then the fastest, timed in a chain of its own; after until_ns on the host's
 * clock no more of cuDNN's graph interface, whose plans take longest to make.
 * `cache` remembers choices of equal shapes (and of earlier runs, from a
 * file), and ways that left the device unusable, which are never tried again.
 * -1 after a message. */
struct cache;
struct cache *cache_open(const char *key);
void cache_close(struct cache *c);
int conv_choose(const struct place *p, struct conv *c, int chain,
	struct cache *cache, int64_t until_ns, const char *name);
void way_print(struct way w, char *out, size_t room);

/* ---- graph.c: cuDNN's graph interface ------------------------------------------ */

enum { GRAPH_MOST = 8 };

/* Convolution, residual, bias, ReLU as one operation graph: the first plans
 * of a heuristic (0 to 2), at most GRAPH_MOST; NULL where one cannot be had.
 * How many were filled in. */
int graph_plans(const struct place *p, const struct conv *c, int heuristic,
	int most, struct graph_plan **out);
void graph_plan_free(struct graph_plan *g);
int graph_plan_run(const struct place *p, const struct graph_plan *g,
	const struct conv *c);

enum { MOST_PLACES = 16 };
struct gpu_load;

struct dev {
	int number;
	struct contexts contexts;
	struct cudaDeviceProp prop;
	char id[32];
	int chain;              /* dependent launches: from sm_90 on */
	struct place place[MOST_PLACES];
	int asked[MOST_PLACES], places;
	void *now;              /* context current to this thread; NULL: not
	                         * known */
	struct gpu_load *load;
	void *flushed;
	cudaEvent_t from, to;
	cudaGraphExec_t empty[2]; /* one kernel, and as many as asked last */
	int empties[2];
};

/* An operator on the device; its views are made per slot. */
struct device_op {
	const struct net_op *op;
	struct conv conv;       /* CONV */
	void *weight;           /* DENSE: float16; EXIT: float32 */
	float *bias;
};

struct plan {
	struct dev *dev;
	const struct net *net;
	struct place *place;
	int slots, events_on;
	void **buffer;          /* [slot * buffers + i] */
	int *wide;              /* [buffers] channels, padded */
	struct device_op *op;   /* [ops] */
	void **memory;          /* all else on the device, to be freed */
	int memories, memory_room;
	cudaGraphExec_t *stage; /* [slot * depths + stage - 1] */
	cudaGraphExec_t *whole; /* [slot], made when first asked for */
	cudaEvent_t mark[BUNDLE_MAX_DEPTH + 1]; /* of the whole */
	cudaEvent_t from, to;
	float *probabilities;   /* device, [slot][class] */
	unsigned *counter;
	volatile struct answer *answer; /* pinned */
	struct answer *mapped;  /* the same, as the device knows it */
	unsigned char *image;   /* pinned, [slot] */
	size_t pixels;
	unsigned sent;          /* the count that the running stage will give */
	int running, slot;
	unsigned polls;
	struct text kernels;
};

/* ---- device.c ------------------------------------------------------------------ */

/* Make a place's context current, or the device's own: NULL. A place's
 * streams, graphs, events and cuDNN handle are used only from there. */
int device_enter(struct dev *d, const struct place *p);
/* The place for so many units, made when first asked for. */
struct place *device_place(struct dev *d, int units);
/* Of the backend's table. */
int cudnn_open(struct dev **out, const char *which);
void cudnn_close(struct dev *d);
int cudnn_info(struct dev *d, struct dev_info *out);
int cudnn_empty(struct dev *d, int kernels, int64_t *host_ns,
	int64_t *device_ns);
int cudnn_flush(struct dev *d);
int cudnn_corun(struct dev *d, const struct load *l);
int cudnn_corun_rate(struct dev *d, struct load_rate *out);

/* ---- plan.c: what a plan holds on the device, and how it runs ------------------- */

/* Channels of a buffer, padded: an image has room for whole vector loads of
 * its pixels. */
int buffer_wide(const struct net_buffer *b);
/* Device memory of the plan's own with these bytes, or zeros. */
void *plan_upload(struct plan *p, const void *bytes, size_t size);
int plan_buffers(struct plan *p);
int plan_ops(struct plan *p);           /* weights */
int plan_choose(struct plan *p);        /* a way for each convolution */
int plan_run_image(struct plan *p, int slot, int chain);
int plan_run_op(struct plan *p, struct device_op *d, int slot, int chain);
/* Only behind our own kernels may another begin early: what the library
 * launches last need not be a kernel. */
int op_is_own(const struct device_op *d);
/* Everything once without a graph: code is loaded, which a capture may not
 * do, and what fails has a name. */
int plan_run_once(struct plan *p);
/* Stages first to last of one slot as a graph; with marks, an event before,
 * between and behind them. */
int plan_capture(struct plan *p, int slot, int first, int last, int marks,
	cudaGraphExec_t *exec);

/* ---- load.c: co-running work ----------------------------------------------------- */

struct gpu_load *gpu_load_start(int device, const struct load *l);
void gpu_load_rate(struct gpu_load *g, struct load_rate *out);
void gpu_load_stop(struct gpu_load *g);

#endif
