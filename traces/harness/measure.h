/* Inside `laxity profile`: what is to be measured, and what has been.
 *
 *   measure_open    networks, data, device, settings, meters, plans
 *   measure_null    what the harness itself costs
 *   measure_passes  the joint pass, in blocks that take turns
 *   measure_energy  windows of mixed work
 *   measure_conditions  stages after rest, after others, cold: for raw/
 *   measure_whole   all stages in one go
 *   measure_times   operators by themselves
 *   measure_again   one network once more in a new process
 *   measure_report  checks, provenance, the bundle
 *
 * All keep their results in struct measure and in the folder OUT.partial,
 * whose raw/pass.csv and raw/device.csv grow by whole blocks; --resume reads
 * them back. */
#ifndef LAXITY_MEASURE_H
#define LAXITY_MEASURE_H

#include "backend.h"
#include "energy.h"
#include "guard.h"
#include "images.h"
#include "load.h"
#include "meter.h"

#include "../../sim/mem.h"

#include <signal.h>
#include <stdio.h>

enum { BLOCK_PASSES = 100, BLOCK_DROPPED = 3, BLOCK_TRIES = 3 };

struct measure_options {
	const char *backend, *device, *networks, *data, *out, *settings,
		*environments, *task, *name, *nvml, *powercap, *command_line,
		*compare;       /* another program's times */
	int inputs, passes, mandatory, budget_s; /* 0: as long as it takes */
	double window_s, warm_s; /* warm-up: at most */
	const char *peaks;
	double peak_flop_s, peak_bytes_s; /* of --peaks; 0: look them up */
	uint32_t seed;
	int quick, resume, energy, change_settings, no_events,
		no_repeat;
	const char *again;      /* network of the repeat, in a new process */
};

/* One stage of one pass. */
struct sample {
	int64_t send_ns;        /* from the start of the measurement */
	int64_t duration_ns, device_ns; /* device_ns -1: not known */
	int prediction;
	float confidence;
};

/* A (network, setting, environment). Samples that count, pass-major. */
struct combo {
	int net, setting, environment;
	int depths, due;        /* passes wanted at least */
	int passes, room;
	int *input;             /* [passes] */
	struct sample *sample;  /* [passes * depths] */
	double seconds;         /* spent on it */
	int unclean;            /* passes of throttled blocks among them */
	int flagged;            /* intervals still wide when time was up */
	/* Device times of passes apart from those that count, which events
	 * would slow down: [devices * depths]. */
	int64_t *device;
	int devices, device_room, devices_stored;
};

struct block {
	int combo, passes;
};

struct check {
	char name[48], value[96], limit[64];
	int verdict;            /* 1 good, 0 failed, -1 not done, 2 flagged */
};

struct measure {
	struct measure_options o;
	const struct backend *backend;
	struct dev *dev;
	struct dev_info info;
	struct images images;
	int nets, settings, environments, combos;
	struct net **net;
	struct setting *setting;
	struct environment *environment;
	struct corunner **corunner;     /* [environments] */
	struct load_rate *co_rate;      /* [environments], while measuring */
	struct load_rate *lone_rate;    /* [environments], by itself */
	int *co_alive;                  /* [environments] at the last stop */
	struct plan **plan;             /* [net * settings + setting] */
	double *agreement;              /* likewise: distance to the oracle */
	double *units;                  /* [settings] as granted */
	struct combo *combo;
	int *order;             /* permutation of the inputs */
	struct meter *meter;    /* NULL: none */
	const char *no_meter;   /* why there is none */
	struct guard *guard;    /* only with --change-device-settings */
	int setting_now;        /* in force by the guard, -1: none */
	int apart;              /* device times are measured apart; of a
	                         * measurement that goes on: as it began */
	double **op_us;         /* [net * settings + setting][ops + 1], by
	                         * themselves; NULL: not known */
	double *other_us;       /* [(net * BUNDLE_MAX_DEPTH + depth - 1) * 2]
	                         * of o.compare: p50, with transfers; NAN */
	int64_t until_ns;       /* of the budget; INT64_MAX: none */
	double *idle_w;         /* [settings], NAN */
	int *clock_mhz;         /* [settings] largest seen behind a block */
	struct energy_fit *fit; /* [net * settings + setting]; stages 0: none */
	char *partial;          /* OUT.partial */
	FILE *raw_pass;
	int block;              /* number of the next one */
	int fresh;              /* OUT.partial was made by this run */
	int64_t begun_ns;
	/* What came out on the way, for the report. */
	double clock_pair_ns, empty_ns, chain_ns, poll_effect, events_effect;
	double warm_s;
	int warm_flagged, unclean_blocks, temperature_low, temperature_high;
	int *decision_ns, decisions, *launch_ns, launches;
	int again_done;
	double again_p50, again_p99;    /* relative */
	int again_changed;      /* outcomes that differ */
	double *span_gap;       /* [net * settings + setting] of the host */
	double *whole_gap;      /* likewise: C against A, NAN */
	double tick_s, poll_s, tick_jitter;
	double aliasing;        /* share of a square wave that the counter
	                         * mistakes; NAN: not measured */
	double counter_ratio;   /* its watts over those that the board reads */
	double pass_j;          /* a full pass of the first network, from its
	                         * closure window; 0: not measured */
	double again_j;         /* relative; NAN: not measured */
	int checks;
	struct check check[64];
	struct text *remark;    /* lines for provenance */
};

extern volatile sig_atomic_t measure_interrupted;

static inline struct plan *measure_plan(const struct measure *m, int net,
	int setting)
{
	return m->plan[net * m->settings + setting];
}

int measure_open(struct measure *m);
void measure_close(struct measure *m);

/* One pass to full depth: depths samples. The image's number is `input`. */
int measure_pass(struct measure *m, struct plan *p, int depths, int input,
	struct sample *out);
int measure_use(struct measure *m, int setting);  /* guard */
/* What a block's end tells of the device, and passes of the host's own time;
 * for measure_passes and for a measurement that goes on. */
void measure_note_state(struct measure *m, const struct combo *c,
	const struct meter_state *state);
void measure_note_costs(struct measure *m, const struct combo *c, int first,
	int passes);
int measure_is_clean(const struct measure *m, const struct combo *c,
	const struct meter_state *state);
int measure_null(struct measure *m);
int measure_warm(struct measure *m);
int measure_passes(struct measure *m);
int measure_energy(struct measure *m);
/* Joules of a full pass of the first network at the default setting, gross,
 * from one window. 1: no counter. */
int measure_pass_energy(struct measure *m, double *joules);
int measure_conditions(struct measure *m);
int measure_whole(struct measure *m);
int measure_times(struct measure *m);
int measure_again(struct measure *m);
int measure_again_child(struct measure *m);

/* Raw files under OUT.partial/raw. */
int measure_store_open(struct measure *m);
/* Device times measured apart since the last block, before that is stored. */
int measure_store_devices(struct measure *m, struct combo *c);
int measure_store_block(struct measure *m, const struct combo *c, int first,
	int passes, const struct meter_state *state, int attempt, int kept);
int measure_store_text(struct measure *m, const char *name,
	const struct text *t);
/* Remove OUT.partial if this run made it and no block is in it yet. */
void measure_store_undo(struct measure *m);

/* measure_report: checks, bundle, report on stdout. An exit status.
 * measure_bundle writes OUT, with raw/ in it, and empties OUT.partial. */
int measure_report(struct measure *m);
int measure_bundle(struct measure *m);

/* Is there time for that many seconds more? */
int measure_has_time(const struct measure *m, double seconds);

/* measure_speed.c. open reads o.compare; store writes raw/stages.csv
 * and kernels.csv. worst: the largest ratio of B to the other program's
 * at the default setting, NAN if there is none. */
int measure_speed_open(struct measure *m);
int measure_speed_store(struct measure *m);
void measure_speed_print(const struct measure *m);
double measure_speed_worst(const struct measure *m, int *net, int *depth);
/* Quantiles of B and A in microseconds; NAN if there are none. */
double measure_stage_us(const struct combo *c, int depth, double q);
double measure_device_us(const struct combo *c, int depth, double q);

/* measure_counter.c. These give 1 if the counter cannot be read or does not
 * move, -1 after a message. */
struct tick { int64_t at_ns; double joules, extra; };
/* The next step of the counter; 1 if none comes within limit_s. */
int measure_tick(struct measure *m, double limit_s, struct tick *out);
void measure_rest(double seconds);
/* Steps and what a poll costs: tick_s, tick_jitter, poll_s. */
int measure_counter_steps(struct measure *m, struct text *raw);
/* A load of the counter's own period: aliasing. */
int measure_counter_waves(struct measure *m, struct text *raw);
/* counter_ratio, under load. */
int measure_counter_readings(struct measure *m);

/* Order statistics of n numbers; x is sorted in place. */
int64_t measure_quantile(int64_t *x, int n, double q);
double measure_median(double *x, int n);
/* Half the distance of the 95 % order-statistic interval, over the value. */
double measure_spread(int64_t *x, int n, double q);

#endif
