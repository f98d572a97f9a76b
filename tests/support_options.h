/* Options made by hand or at random, for tests of what is expected of them and of
 * which one is taken. One world at a time. */
#ifndef LAXITY_SUPPORT_OPTIONS_H
#define LAXITY_SUPPORT_OPTIONS_H

#include "../policies/estimate.h"

#include <gsl/gsl_rng.h>

#define MS 1e6

enum { NETS = 8, SETTINGS = 8 };
struct options_world {
	struct profile profile;
	struct profile_net net[NETS];
	struct profile_cell cell[NETS * SETTINGS];
	double idle[SETTINGS];
	struct arena arena;
	struct option_table table;
};
extern struct options_world world;

/* A profile without networks; set those, their cells, then make the table. */
void world_begin(int nets, int settings, int classes);
void world_end(void);
void set_net(int i, enum net_kind kind, int depths, int mandatory,
	const double *accuracy);
/* Cumulative times in ms, one power for all stages. */
void set_cell(int i, int j, double power_w, const double *ms);

/* The selection example of paper/spec/alert.md 12: two traditional networks, and
 * with `anytime` a third of three stops. With its table. */
void selection_world(bool anytime);
extern const struct belief selection_belief;

/* Random networks of every kind, with their table; accuracies rise with depth. */
void random_world(gsl_rng *r, int nets, int settings);
struct belief random_belief(gsl_rng *r);
double between(gsl_rng *r, double a, double b);

/* Everything about every option, as production code avoids it. */
struct estimate { double in_time, accuracy, energy_j; };
void estimate_all(const struct belief *b, struct estimate *out);

#endif
