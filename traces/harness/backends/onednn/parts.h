/* Inside the oneDNN backend. */
#ifndef LAXITY_ONEDNN_PARTS_H
#define LAXITY_ONEDNN_PARTS_H

#include "../../backend.h"

#include "../../../../sim/mem.h"
#include "../../../../sim/msg.h"

#include <dnnl.h>
#include <sched.h>      /* cpu_set_t: wants _GNU_SOURCE */

struct dev {
	dnnl_engine_t engine;
	dnnl_stream_t stream;
	cpu_set_t before;       /* the thread's mask when we came */
	int cpu[CPU_SETSIZE], cpus;
	int threads;            /* set now */
	char model[64];
};

/* One primitive with its arguments, which differ between slots only in the
 * memory they name. */
struct step {
	const struct net_op *op;
	dnnl_primitive_t primitive; /* NULL: done by hand, see run_exit */
	dnnl_memory_t weight, bias;
	int args;
	dnnl_exec_arg_t *arg;   /* [slot * args] */
	/* The library's fast kernels want tensors of their own: where a range
	 * of a wider buffer would fall to its reference kernel, operands are
	 * copied (in, add, out); NULL otherwise. */
	dnnl_memory_t packed[3];
	float *copy[3];
	float *exit_weight;     /* EXIT: [class][row][column][channel] */
};

struct plan {
	struct dev *dev;
	const struct net *net;
	int slots, threads;
	float **buffer;         /* [slot * buffers + i] */
	dnnl_memory_t *memory;  /* [slot * tensors + i], NULL if unused */
	struct step *step;      /* [ops] */
	float *pixels, *sums;   /* the normalised image; a mean */
	float *probabilities;   /* [slot][class] */
	int stage, slot;
	const unsigned char *image;
	struct text kernels;
};

/* -1 after one message unless s is success. */
int onednn_failed(dnnl_status_t s, const char *what, const char *name);

/* steps.c. -1 after a message. */
int onednn_make_memory(struct plan *p);
int onednn_make_step(struct plan *p, struct step *s, const struct net_op *o);
/* Where a tensor of a slot lies. */
float *onednn_data(const struct plan *p, int slot, int tensor);

#endif
