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

/* Where the stages of a setting run: a stream on all SMs, or in a green
 * context with some of them. Plans are built and captured inside it, since
 * one chosen with all SMs can fail in another. */
struct place {
	int units;              /* granted */
	cudaStream_t stream;
	void *green, *context;  /* NULL: all SMs */
	cudnnHandle_t cudnn;
	void *workspace;
};
enum { WORKSPACE = 32 << 20 };

/* Least and step of what green contexts can have; -1 without a message if the
 * driver has none. */
int green_range(int device, int *least, int *step);
int place_open(struct place *p, int device, int units, int all);
void place_close(struct place *p);
/* Make the place's context current; leave makes the device's own current. */
int place_enter(const struct place *p);
void place_leave(const struct place *p, int device);

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

/* Launch it on the place's stream. 0 or a status that is not 0; no message. */
int conv_run(const struct place *p, const struct conv *c, int chain);

/* Try every way that takes this convolution: correct against the naive kernel,
 * then the fastest, timed in a chain of its own. `cache` remembers choices of
 * equal shapes (and of earlier runs, from a file). -1 after a message. */
struct cache;
struct cache *cache_open(const char *key);
void cache_close(struct cache *c);
int conv_choose(const struct place *p, struct conv *c, int chain,
	struct cache *cache, const char *name);
void way_print(struct way w, char *out, size_t room);

/* ---- graph.c: cuDNN's graph interface ------------------------------------------ */

/* Convolution, bias, residual, ReLU as one operation graph. NULL if this
 * configuration is not to be had. */
struct graph_plan *graph_plan_new(const struct place *p, const struct conv *c,
	int heuristic, int configuration);
void graph_plan_free(struct graph_plan *g);
int graph_plan_run(const struct place *p, const struct graph_plan *g,
	const struct conv *c);

/* ---- load.c: co-running work ----------------------------------------------------- */

struct gpu_load;
struct gpu_load *gpu_load_start(int device, const struct load *l);
void gpu_load_rate(struct gpu_load *g, struct load_rate *out);
void gpu_load_stop(struct gpu_load *g);

#endif
