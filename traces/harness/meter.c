#include "meter_parts.h"

#include "../../sim/msg.h"

const char *meter_name(const struct meter *m)
{
	return m->name;
}

void meter_close(struct meter *m)
{
	if (m)
		m->close(m);
}

int meter_energy(struct meter *m, double *joules, double *extra)
{
	return m->energy(m, joules, extra);
}

void meter_read_state(struct meter *m, struct meter_state *out)
{
	*out = (struct meter_state){ .sm_mhz = -1, .memory_mhz = -1,
		.temperature_c = -1, .events = -1, .others = -1, .power_w = -1 };
	if (m && m->state)
		m->state(m, out);
}

void meter_facts(struct meter *m, struct text *out)
{
	if (m && m->facts)
		m->facts(m, out);
}

int meter_can_set(const struct meter *m)
{
	return m && m->set_limit ? 0 : -1;
}

int meter_get_limit(struct meter *m, int *now_w, int *min_w, int *max_w)
{
	return m->get_limit(m, now_w, min_w, max_w);
}

int meter_set_limit(struct meter *m, int watts)
{
	return m->set_limit(m, watts);
}

int meter_max_clock(struct meter *m, int *mhz)
{
	return m->max_clock(m, mhz);
}

int meter_set_clock(struct meter *m, int mhz)
{
	return m->set_clock(m, mhz);
}
