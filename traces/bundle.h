/* A trace bundle in memory: what was measured, nothing derived but means,
 * and outcomes in another form.
 *
 * The format is described in traces/FORMAT.md; bundle_read accepts exactly
 * that and refuses everything else with file, line and reason. Networks,
 * settings and environments are numbered from 0 in the order of trace.ini,
 * settings.csv and first appearance in timing.csv, with environment 0 always
 * `default`. A bundle does not change after bundle_read. */
#ifndef LAXITY_BUNDLE_H
#define LAXITY_BUNDLE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#define BUNDLE_MAX_DEPTH 64

enum net_kind { NET_STAGED, NET_NESTED, NET_SINGLE };

/* Samples of one (network, setting, environment). duration_ns and device_ns
 * are sample-major: [sample * depths + depth - 1]. device_ns is NULL where no
 * row has it; a single missing one is -1. samples = 0: not measured. */
struct cell {
	int samples;
	const int64_t *duration_ns;
	const int64_t *device_ns;
};

struct bundle_net {
	const char *name;
	enum net_kind kind;
	int depths;
	int mandatory;              /* min(mandatory_depth, depths) */
	/* By input and depth: [input * depths + depth - 1]. */
	const double *confidence;   /* 0...1 */
	const unsigned char *correct; /* 0 or 1 */
	/* Both in one number, which costs who reads them at random one line of
	 * the cache rather than two: see bundle_outcome. */
	const double *outcome;
	/* By depth, [depths]: means over all inputs. */
	double accuracy[BUNDLE_MAX_DEPTH];
	double mean_confidence[BUNDLE_MAX_DEPTH];
};

/* Reals that the file leaves empty are NAN. */
struct bundle_setting {
	const char *name;
	double sm_count, power_cap_w, clock_mhz, idle_power_w;
};

/* Dispatch costs of one setting as measured, from overhead.csv; counts 0
 * where the bundle has none. */
struct bundle_overhead {
	int decisions, launches, boundaries;
	const int64_t *decision_ns, *launch_ns, *boundary_ns;
};

struct bundle {
	const char *dir;
	const char *device, *task;
	int classes, inputs, mandatory_depth;
	int modelled;               /* provenance says `modelled`: marked in
	                             * every output that uses the bundle */
	int nets, settings, environments;
	const struct bundle_net *net;
	const struct bundle_setting *setting;
	const char *const *environment;
	const struct cell *cell;    /* use bundle_cell */
	const double *power_w;      /* use bundle_power; NAN where missing */
	const double *stderr_w;
	const struct bundle_overhead *overhead; /* [settings] */
	/* [provenance] as written, and the hash of every file that counts
	 * (trace.ini and each CSV), in hexadecimal. */
	int provenances;
	const char *const *provenance_key, *const *provenance_value;
	char sha256[65];
	struct bundle_memory *memory; /* owned by bundle_free */
};

static inline const struct cell *bundle_cell(const struct bundle *b, int net,
	int setting, int environment)
{
	return &b->cell[(net * b->settings + setting) * b->environments
		+ environment];
}

/* The confidence, with the sign of minus (also before 0) where the answer is
 * wrong. */
static inline double bundle_outcome(double confidence, int correct)
{
	return correct ? confidence : -confidence;
}

static inline double outcome_confidence(double outcome)
{
	return fabs(outcome);
}

static inline int outcome_correct(double outcome)
{
	return !signbit(outcome);
}

/* Mean board power in watts while the stage to this depth (from 1) runs;
 * NAN if the bundle has no row for it. */
static inline double bundle_power(const struct bundle *b, int net,
	int setting, int depth)
{
	return b->power_w[(net * b->settings + setting) * BUNDLE_MAX_DEPTH
		+ depth - 1];
}

/* Read and check a bundle directory. NULL after one message. */
struct bundle *bundle_read(const char *dir);
void bundle_free(struct bundle *b);

/* Numbers of things by name; -1 if the bundle has none such, no message. */
int bundle_find_net(const struct bundle *b, const char *name);
int bundle_find_setting(const struct bundle *b, const char *name);
int bundle_find_environment(const struct bundle *b, const char *name);

#endif
