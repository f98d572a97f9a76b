#include "course.h"

static struct course *course_of(const struct view *v, int slot)
{
	return view_memory(v, slot);
}

int course_slot(const struct view *v)
{
	for (int i = 0; i < v->lives; i++)
		if (view_waiting(v, v->live[i]))
			return v->live[i];
	return -1;
}

double course_goal_ns(const struct view *v, int slot)
{
	const struct request *r = &v->req[slot];
	double left = (double)(r->deadline_ns - v->now_ns);

	if (r->group >= 0)
		left /= v->group_left[r->group];
	return left - (double)v->decision_ns;
}

struct decision course_begin(const struct view *v, int slot, int net,
	int setting, int stop)
{
	struct course *c = course_of(v, slot);
	double goal = course_goal_ns(v, slot) + (double)v->decision_ns;

	*c = (struct course){ .net = net, .setting = setting, .stop = stop,
		.until_ns = v->now_ns + (int64_t)goal };
	return decide_run(slot, net, setting);
}

struct decision course_go_on(const struct view *v, int slot)
{
	const struct course *c = course_of(v, slot);

	if (v->req[slot].depth >= c->stop)
		return decide_finish(slot);
	return decide_run(slot, c->net, c->setting);
}

struct decision course_run_out(const struct view *v, int slot)
{
	const struct course *c = course_of(v, slot);

	if (v->now_ns >= c->until_ns && v->req[slot].depth
	    >= v->profile->net[c->net].mandatory)
		return decide_finish(slot);
	return course_go_on(v, slot);
}

bool course_stage_done(const struct view *v, int slot, int64_t duration_ns)
{
	struct course *c = course_of(v, slot);

	c->stages_j += 1e-9 * (double)duration_ns * profile_cell(v->profile,
		c->net, c->setting)->power_w[c->ran];
	c->ran++;
	c->busy_ns += duration_ns;
	c->measured = c->ran == c->stop || v->req[slot].gone;
	return c->measured;
}

bool course_left(const struct view *v, int slot)
{
	struct course *c = course_of(v, slot);

	/* With a stage in flight its end is still to come. */
	if (!c->ran || c->measured || v->req[slot].device >= 0)
		return false;
	c->measured = true;
	return true;
}

double course_energy_j(const struct view *v, int slot)
{
	const struct course *c = course_of(v, slot);
	const struct request *r = &v->req[slot];
	int64_t idle = r->deadline_ns - r->start_ns - c->busy_ns;

	return c->stages_j + (idle > 0 ? 1e-9 * (double)idle
		* v->profile->idle_power_w[c->setting] : 0);
}

double course_time_ns(const struct profile *p, int net, int setting, int depth)
{
	const struct profile_cell *c = profile_cell(p, net, setting);
	double sum = 0;

	for (int d = 0; d < depth; d++)
		sum += c->mean_ns[d];
	return sum;
}

double course_power_w(const struct profile *p, int net, int setting, int depth)
{
	const struct profile_cell *c = profile_cell(p, net, setting);
	double sum = 0;

	for (int d = 0; d < depth; d++)
		sum += c->mean_ns[d] * c->power_w[d];
	return sum / course_time_ns(p, net, setting, depth);
}
