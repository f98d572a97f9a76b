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
	/* Derived, for speed: 1 / time_ns; what this output adds to the one
	 * before (at the first stop: to a random guess); the most accurate
	 * output on the way, which bounds every expectation, and that before
	 * this one (at the first stop: a random guess). */
	double rate, gain, most, before;
};

/* What a search reads of every option, closely packed. */
struct option_row {
	double most, time_ns, power_w;
	double first_rate;   /* of the first stop of its (net, setting) */
	int32_t index;
	bool anytime, allowed;
};

struct option_table {
	int n;
	struct option *option; /* by network, setting, stop */
	struct option_row *by_most; /* by falling `most` */
	/* The stops of one (network, setting) as a range, ordered likewise by
	 * the most accurate output of them all. */
	int chains;
	struct option_chain { int first, end; double most; } *chain;
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
 * option. ALERT does not: its world scales all of them alike. */
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
 * Exact, yet most options are never weighed: they come by falling `most`, so
 * a search ends where that bound says that no better one can follow, and an
 * expectation is given up as soon as it cannot reach what it has to. `hint`,
 * -1 or the likely answer (that of the decision before), is weighed first: it
 * changes how long the search takes and nothing else. */
int options_select(const struct option_table *t, const struct belief *b,
	const struct aim *aim, int hint, bool *met);

#endif
