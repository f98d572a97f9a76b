#include "support_options.h"

#include <string.h>

struct options_world world;

void world_begin(int nets, int settings, int classes)
{
	memset(&world, 0, sizeof world);
	world.profile = (struct profile){ .nets = nets, .settings = settings,
		.classes = classes, .net = world.net, .cell = world.cell,
		.idle_power_w = world.idle, .has_energy = 1 };
}

void world_end(void)
{
	arena_fini(&world.arena);
}

void set_net(int i, enum net_kind kind, int depths, int mandatory,
	const double *accuracy)
{
	world.net[i] = (struct profile_net){ .name = "net", .kind = kind,
		.depths = depths, .mandatory = mandatory };
	memcpy(world.net[i].accuracy, accuracy, (size_t)depths * sizeof *accuracy);
}

void set_cell(int i, int j, double power_w, const double *ms)
{
	struct profile_cell *c = &world.cell[i * world.profile.settings + j];

	for (int d = 0; d < world.net[i].depths; d++) {
		c->mean_ns[d] = (ms[d] - (d ? ms[d - 1] : 0)) * MS;
		c->power_w[d] = power_w;
	}
}

void estimate_all(const struct belief *b, struct estimate *out)
{
	for (int k = 0; k < world.table.n; k++)
		out[k] = (struct estimate){
			option_in_time(&world.table, b, k),
			option_accuracy(&world.table, b, k),
			option_energy(&world.table.option[k], b, b->mean),
		};
}

void selection_world(bool anytime)
{
	world_begin(anytime ? 3 : 2, 2, 200);
	set_net(0, NET_SINGLE, 1, 1, (double[]){ 0.85 });
	set_cell(0, 0, 20, (double[]){ 70 });
	set_cell(0, 1, 40, (double[]){ 40 });
	set_net(1, NET_SINGLE, 1, 1, (double[]){ 0.93 });
	set_cell(1, 0, 20, (double[]){ 140 });
	set_cell(1, 1, 40, (double[]){ 80 });
	if (anytime) {
		set_net(2, NET_STAGED, 3, 1, (double[]){ 0.80, 0.86, 0.92 });
		set_cell(2, 0, 20, (double[]){ 55, 90, 150 });
		set_cell(2, 1, 40, (double[]){ 30, 50, 86 });
	}
	options_init(&world.table, &world.arena, &world.profile, OPTIONS_ALL);
}

const struct belief selection_belief = { .mean = 1.1, .deviation = 0.1,
	.goal_ns = 120 * MS, .idle = 0.25, .idle_is_ratio = true };

double between(gsl_rng *r, double a, double b)
{
	return a + (b - a) * gsl_rng_uniform(r);
}

void random_world(gsl_rng *r, int nets, int settings)
{
	world_begin(nets, settings, 10);
	for (int j = 0; j < settings; j++)
		world.idle[j] = between(r, 10, 50);
	for (int i = 0; i < nets; i++) {
		int depths = 1 + (int)gsl_rng_uniform_int(r, 6);
		double q[8], q0 = between(r, 0.3, 0.8);

		for (int d = 0; d < depths; d++)
			q[d] = q0 += (0.99 - q0) * between(r, 0, 0.6);
		set_net(i, (enum net_kind)gsl_rng_uniform_int(r, 3), depths,
			1 + (int)gsl_rng_uniform_int(r, (unsigned)depths), q);
		for (int j = 0; j < settings; j++) {
			double ms[8], t = 0;

			for (int d = 0; d < depths; d++)
				ms[d] = t += between(r, 5, 40);
			set_cell(i, j, between(r, 60, 300), ms);
		}
	}
	options_init(&world.table, &world.arena, &world.profile, OPTIONS_ALL);
}

struct belief random_belief(gsl_rng *r)
{
	return (struct belief){ .mean = between(r, 0.8, 2),
		.deviation = between(r, 0.01, 0.5),
		.goal_ns = between(r, 10, 200) * MS,
		.idle = between(r, 10, 60) };
}
