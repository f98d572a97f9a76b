/* What ALERT expects of each configuration, and which one it takes
 * (paper/spec/alert.md 4 to 6). Pure functions over a table of options.
 *
 * An option is a network at a setting up to a planned depth, the stop. A
 * staged or nested network is *anytime*: at the deadline its deepest finished
 * output counts, and each depth from the mandatory one is a stop. A `single`
 * network is *traditional*: all or nothing. */
#ifndef LAXITY_ESTIMATE_H
#define LAXITY_ESTIMATE_H

#include "../sim/policy.h"
#include "normal.h"

struct option {
	int32_t net, setting, stop;
	int32_t first;       /* index of the first stop of its (net, setting) */
	bool anytime;
	bool allowed;        /* by the power limit; else it is never taken,
	                      * though a deeper stop still passes through it */
	double time_ns;      /* profiled mean, stages 1 to stop */
	double power_w;      /* mean over that time */
	double accuracy;     /* nominal, of depth stop */
	double rate, gain;   /* 1 / time_ns; what this output adds to the one
	                      * before it, or to a random guess */
};

enum { OPTION_FLOORS = 64 };

/* One network of the table, in the form a search reads. Option (setting, stop)
 * is number first + setting * stops + stop of the table, stops from 0. */
struct option_net {
	int32_t first, stops;
	bool anytime;
	double most;         /* the most accurate output */
	struct option_stop {
		double gain, accuracy;
		double before;   /* the most accurate output before this one,
		                  * or a random guess: bounds what is expected
		                  * without this one */
		double per_gain; /* 1 / (net.most - before) */
	} *stop;
	double *upto;        /* [stop]: the most accurate output up to this */
	uint8_t start[OPTION_FLOORS + 1]; /* [i]: the first stop with an output
	                      * of i / OPTION_FLOORS, or past the end */
	struct option_row *row; /* [stop * (settings + 1) + i]: of a stop,
	                         * fastest setting first, then a sentinel */
};

/* What a search reads of an option that it only passes by. */
struct option_row {
	double rate, time_ns;
	double least_w;      /* power of this stop or any deeper one */
	int32_t setting;
};

/* A setting of a network that a search is to look at, from a stop on. */
struct option_listed {
	double least;        /* a bound of its energy */
	const struct option_net *net;
	const struct option_row *row;
	int32_t stop;
};

/* An option about as accurate as any, and what is expected of it. */
struct option_noted { int32_t index; double expected; };

struct option_table {
	int n;
	struct option *option; /* by network, setting, stop */
	int nets, settings;
	struct option_net *net; /* by falling `most` */
	int32_t *place;        /* [network of the profile]: in net */
	double least_w;        /* power of any option */
	/* Scratch of a search. */
	struct option_listed *listed; /* room for every setting of every network */
	const struct option_row **row; /* for every setting, and one */
	struct option_noted *noted; /* for every option, and one */
	double fail;           /* accuracy of no answer in time: 1 / classes */
	struct normal normal;
};

enum option_kinds { OPTIONS_ALL, OPTIONS_ANYTIME, OPTIONS_TRADITIONAL };

/* Every option of the profile of these kinds; n may come out 0. Lives in the
 * arena. */
void options_init(struct option_table *t, struct arena *a,
	const struct profile *p, enum option_kinds kinds);

/* Allow only options that draw at most so many watts; if all draw more, those
 * that draw least, and return -1. */
int options_limit_power(struct option_table *t, double limit_w);

/* Believe in other mean times than the profile's; time_ns[] has one per
 * option, rising from stop to stop. ALERT does not: its world scales all of
 * them alike. */
void options_set_times(struct option_table *t, const double *time_ns);

/* What is believed of the world at a decision. */
struct belief {
	double mean, deviation; /* slowdown; deviation 0: certainty */
	double goal_ns;         /* time left; below 0 counts as 0 */
	double idle;            /* watts, or with idle_is_ratio a share of the
	                         * power of the option */
	bool idle_is_ratio;
};

/* Probability that the stop ends in time. */
double option_in_time(const struct option_table *t, const struct belief *b,
	int index);

/* Expected accuracy, no answer in time being a random guess. */
double option_accuracy(const struct option_table *t, const struct belief *b,
	int index);

/* Joules of running it, if the slowdown is exactly this, and of idling until
 * the deadline. */
double option_energy(const struct option *o, const struct belief *b,
	double slowdown);

struct aim {
	enum objective objective;
	double accuracy;     /* OBJECTIVE_ENERGY: least accuracy asked */
	double energy_j;     /* OBJECTIVE_ACCURACY: most energy allowed */
	double eps;          /* accuracies closer than this are equal */
	bool least_energy;   /* OBJECTIVE_ACCURACY, nothing feasible: take
	                      * the least energy instead of the best accuracy */
	double probability;  /* 0: goals hold for expectations; else with at
	                      * least this probability */
	double probability_z;/* its normal quantile */
};

/* Index of the option to take: the best one that meets the aim; if none does,
 * the most accurate one (latency before accuracy before energy). *met says
 * which. Energies that differ by less than 1e-12 of their size are equal, so
 * that a rounding error never decides; last ties go to the lower network,
 * setting, stop.
 *
 * Exact, yet most options are never weighed: of each network a search looks at
 * the least stop that could do, and there one comparison tells of most settings
 * that they are too slow or too dear, deeper stops included. It begins with what
 * was taken last when about as much time was left, which `hints` remembers
 * (zeros at first, or NULL); they change how long it takes and nothing else. */
struct option_hints { int32_t last[64]; };
int options_select(const struct option_table *t, const struct belief *b,
	const struct aim *aim, struct option_hints *hints, bool *met);

#endif
