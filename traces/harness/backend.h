/* What runs the stages: a shared object that exports one table, `backend`.
 *
 * The core includes no CUDA or oneDNN header; a backend may call what the
 * program exports (msg_*, mem_*, net_*, oracle_*). Functions that return int
 * give 0, or -1 after one message. All calls come from one thread, except
 * that a load started by corun runs by itself.
 *
 * Slots: each open request has its own copy of what a network keeps between
 * stages (net.h). At most one stage of a device is in flight: send, then poll
 * until it gives 1, then the next send. A stage may be sent for any slot
 * whose stages before it are done; stage 1 begins a slot anew. */
#ifndef LAXITY_BACKEND_H
#define LAXITY_BACKEND_H

#include "net.h"

#include <stddef.h>
#include <stdint.h>

#define BACKEND_ABI 3

struct dev;
struct plan;

/* Facts of a device, for provenance and for the defaults. Strings live as
 * long as the device; "" if not known. */
struct dev_info {
	char name[128];         /* "NVIDIA H100 80GB HBM3" */
	char id[64];            /* by which the energy meter finds it: a PCI bus
	                         * address; "" for the CPU */
	char unit[16];          /* what a setting counts, "sm" or "core": with
	                         * the number it names the setting, sm132 */
	int units;              /* how many there are; the default setting has
	                         * them all */
	int units_min, units_step; /* what may be asked for */
	int device_time;        /* 1: outcomes carry device_ns */
	int element_bytes;      /* of a weight or an activation */
	double tolerance;       /* a probability's distance from the oracle's
	                         * may be this; 0: answers are made up */
	char precision[64];     /* "float16, sums in float32" */
	char layout[64];
	char completion[64];    /* how the host sees that a stage is done */
	char versions[256];     /* "key=value;key=value", for provenance */
};

/* A configuration of the device. A missing value is 0 (units: all). */
struct setting {
	char name[64];
	int units;
	int power_cap_w, clock_mhz;
};

/* How a finished stage came out. */
struct outcome {
	int stage, slot;
	int prediction;         /* class of the largest probability */
	float confidence;       /* that probability */
	int64_t device_ns;      /* -1: not known */
};

/* Facts of a plan. */
struct plan_info {
	int units;              /* granted, at least what was asked for */
	int kernels[BUNDLE_MAX_DEPTH + 1]; /* by stage: dependent launches */
	/* Lines "stage operator implementation", for raw/. Lives as long as
	 * the plan. */
	const char *kernels_text;
};

/* A co-running load. Random on and off phases, on for intensity percent of
 * the time, 5 ms at a time on average. */
struct load {
	int memory;             /* 0: compute, 1: memory copies */
	int intensity;          /* 1 to 100 */
	uint32_t seed;
};
struct load_rate {
	double seconds;         /* since it was started, or last asked */
	double operations;      /* matrix products, copies, or the CPU's own */
	double unit;            /* multiply-adds, or bytes, of one of these */
	int alive;
};

struct backend {
	unsigned abi;           /* BACKEND_ABI */
	const char *name;       /* "cudnn" */
	const char *summary;

	/* which: what the user gave as --device, NULL or "" for the first. */
	int (*open)(struct dev **d, const char *which);
	void (*close)(struct dev *d);
	int (*info)(struct dev *d, struct dev_info *out);

	/* Prepare a network for a setting (units only: caps and clocks are
	 * the caller's). Everything is allocated, tried and checked against
	 * the oracle here; later calls allocate nothing. */
	int (*plan)(struct dev *d, const struct net *n, const struct setting *s,
		int slots, struct plan **p);
	void (*plan_free)(struct plan *p);
	void (*plan_info)(struct plan *p, struct plan_info *out);

	/* Start a stage, from 1. The image, bytes as net_normalise takes them,
	 * is read by stage 1 only and must stay until that is done. */
	int (*send)(struct plan *p, int stage, int slot,
		const unsigned char *image);
	/* 1: done, *out is set. 0: not yet. -1: failed. A CPU backend runs
	 * the stage in here. */
	int (*poll)(struct plan *p, struct outcome *out);
	/* All probabilities of the exit that was reached last in the slot;
	 * classes floats. Not for timed passes. */
	int (*probabilities)(struct plan *p, int slot, float *out);

	/* Optional (NULL) from here on. */

	/* All stages without the host in between; device_ns[depths + 1] by
	 * stage from 1, [0] the whole; NULL elements -1. */
	int (*whole)(struct plan *p, int slot, const unsigned char *image,
		struct outcome *out, int64_t *device_ns);
	/* Each operator by itself, behind others like it: us[net->ops], then
	 * us[net->ops] for what comes before the first (the image). NAN: not
	 * known. Slots are left as if never begun. */
	int (*times)(struct plan *p, double *us);
	/* Events around every stage (device_ns) or none; on at first. */
	void (*events)(struct plan *p, int on);
	/* Time of a graph of so many dependent empty kernels; 0: events around
	 * nothing. */
	int (*empty)(struct dev *d, int kernels, int64_t *host_ns,
		int64_t *device_ns);
	/* Push everything out of the caches. */
	int (*flush)(struct dev *d);
	/* Start a load on the same device in this process, or stop it (NULL).
	 * Without this the caller runs a CPU load on other cores. */
	int (*corun)(struct dev *d, const struct load *l);
	int (*corun_rate)(struct dev *d, struct load_rate *out);
};

/* Load a backend: a path if it has a '/', else backend-NAME.so beside the
 * program, then in build/ below that, then where $LAXITY_BUILD says. NULL
 * after one message that says what was looked at. Backends stay loaded until
 * the program ends. */
const struct backend *backend_load(const char *name);

/* The name a setting of so many units has: "sm132". */
void setting_name(struct setting *s, const struct dev_info *info);

/* Monotonic clock, ns. */
int64_t backend_clock(void);

#endif
