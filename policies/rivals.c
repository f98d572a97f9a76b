#include "rivals.h"

#include "../sim/msg.h"

#include <math.h>

static int first_of(const struct profile *p, enum net_kind kind)
{
	for (int i = 0; i < p->nets; i++)
		if (p->net[i].kind == kind)
			return i;
	return -1;
}

int rivals_anytime_net(const struct profile *p, const char *policy)
{
	int net = first_of(p, NET_NESTED);

	if (net < 0)
		net = first_of(p, NET_STAGED);
	return net >= 0 ? net : msg_bad("policy '%s': the workload lists no "
		"nested or staged network", policy);
}

int rivals_single_net(const struct profile *p, const char *policy)
{
	int best = -1;

	for (int i = 0; i < p->nets; i++)
		if (p->net[i].kind == NET_SINGLE && (best < 0
		    || course_time_ns(p, i, 0, p->net[i].depths)
		     < course_time_ns(p, best, 0, p->net[best].depths)))
			best = i;
	return best >= 0 ? best : msg_bad("policy '%s': the workload lists no "
		"network of kind single", policy);
}

void manager_init(struct manager *m, struct arena *a, const struct view *v,
	int net)
{
	const struct profile *p = v->profile;
	struct slowdown_constants c = slowdown_preset(SLOWDOWN_PAPER, 0);
	double *time = arena_new(a, (size_t)p->settings, sizeof *time);
	double *power = arena_new(a, (size_t)p->settings, sizeof *power);

	for (int j = 0; j < p->settings; j++) {
		time[j] = course_time_ns(p, net, j, p->net[net].depths);
		power[j] = course_power_w(p, net, j, p->net[net].depths);
	}
	*m = (struct manager){ .net = net, .time_ns = time, .power_w = power };
	slowdown_init(&m->slowdown, &c);
	level_init(&m->idle, &level_paper, p->idle_power_w[0]);
}

static double energy_j(const struct manager *m, int setting, double goal_ns)
{
	double run = m->slowdown.mean * m->time_ns[setting];

	return 1e-9 * (m->power_w[setting] * run
		+ m->idle.value * fmax(0, goal_ns - run));
}

int manager_setting(const struct manager *m, const struct view *v, int slot)
{
	double goal = fmax(course_goal_ns(v, slot), 0);
	bool energy_is_least = v->goal->objective == OBJECTIVE_ENERGY;
	int fastest = 0, best = -1;

	for (int j = 0; j < v->profile->settings; j++) {
		double cost, least;

		if (m->time_ns[j] < m->time_ns[fastest])
			fastest = j;
		if (energy_is_least
		    ? m->slowdown.mean * m->time_ns[j] > goal
		    : energy_j(m, j, goal) > v->goal->energy_j * (1 + 1e-9))
			continue;
		cost = energy_is_least ? energy_j(m, j, goal) : m->time_ns[j];
		least = best < 0 ? INFINITY : energy_is_least
			? energy_j(m, best, goal) : m->time_ns[best];
		if (cost < least)
			best = j;
	}
	return best < 0 ? fastest : best;
}

static void observe(struct manager *m, const struct view *v, int slot)
{
	const struct course *c = view_memory(v, slot);

	slowdown_update(&m->slowdown, (double)c->busy_ns / m->time_ns[c->setting]);
	level_update(&m->idle, v->profile->idle_power_w[c->setting]);
}

void manager_stage_done(void *state, const struct view *v, int slot,
	int64_t duration_ns)
{
	if (course_stage_done(v, slot, duration_ns))
		observe(state, v, slot);
}

void manager_left(void *state, const struct view *v, int slot)
{
	if (course_left(v, slot))
		observe(state, v, slot);
}

void manager_estimate(const void *state, double *mean, double *variance)
{
	const struct manager *m = state;

	*mean = m->slowdown.mean;
	*variance = m->slowdown.variance;
}
