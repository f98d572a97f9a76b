#include "scale.h"

#include "../sim/msg.h"
#include "../sim/num.h"
#include "../sim/version.h"
#include "bundle_write.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct model {
	const struct bundle *in;
	const struct power_limits *limits;
	const struct scaling *scaling;
	double watts_per_watt;      /* of a mapped cap */
	int raised;
	struct arena arena;
	struct bundle out;
	const char **key, **value;  /* of the provenance */
};

/* ---- Settings ----------------------------------------------------------------- */

static void fill_settings(struct model *m)
{
	const struct bundle_setting *base = &m->in->setting[0];
	const struct power_limits *p = m->limits;
	struct bundle_setting *s = arena_new(&m->arena, (size_t)p->limits,
		sizeof *s);
	double highest = m->scaling->max_cap_w;

	if (isnan(highest))
		highest = isnan(base->power_cap_w) ? p->limit[0].cap_w
			: base->power_cap_w;
	m->watts_per_watt = highest / p->limit[0].cap_w;
	for (int i = 0; i < p->limits; i++) {
		char *name = arena_new(&m->arena, 40, 1);
		double cap = p->limit[i].cap_w * m->watts_per_watt;
		(void)snprintf(name, 40, "cap%.9g", cap);
		s[i] = (struct bundle_setting){ .name = name,
			.sm_count = base->sm_count, .power_cap_w = cap,
			/* A cap lowers the clock by an amount not known. */
			.clock_mhz = i ? NAN : base->clock_mhz,
			.idle_power_w = base->idle_power_w > cap ? cap
				: base->idle_power_w };
	}
	m->out.settings = p->limits;
	m->out.setting = s;
}

/* ---- Times -------------------------------------------------------------------- */

static int fill_cell(struct model *m, int net, int setting, int environment,
	struct cell *cell)
{
	const struct cell *base = bundle_cell(m->in, net, 0, environment);
	double factor = m->limits->limit[setting].time;
	int depths = m->in->net[net].depths;
	size_t n = (size_t)base->samples * (size_t)depths;
	int64_t *duration = arena_new(&m->arena, n, sizeof *duration);
	int64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		int64_t ns = num_scale_ns(base->duration_ns[i], factor);
		sum = i % (size_t)depths ? sum : 0;
		if (ns == TIME_NEVER || ns > INT64_MAX - sum)
			return msg_bad("%s/timing.csv: network %s, environment "
				"%s: times %.9g the durations are too large",
				m->in->dir, m->in->net[net].name,
				m->in->environment[environment], factor);
		sum += ns;
		duration[i] = ns < 1 ? 1 : ns;
	}
	*cell = (struct cell){ .samples = base->samples,
		.duration_ns = duration };
	return 0;
}

static int fill_cells(struct model *m)
{
	struct bundle *b = &m->out;
	struct cell *cell = arena_new(&m->arena, (size_t)b->nets
		* (size_t)b->settings * (size_t)b->environments, sizeof *cell);

	b->cell = cell;
	for (int n = 0; n < b->nets; n++)
		for (int s = 0; s < b->settings; s++)
			for (int e = 0; e < b->environments; e++)
				if (fill_cell(m, n, s, e, cell++))
					return -1;
	return 0;
}

/* ---- Power -------------------------------------------------------------------- */

static double capped_power(struct model *m, double base_w, int setting)
{
	const struct bundle_setting *s = &m->out.setting[setting];
	double w = isnan(m->scaling->full_power_w) ? base_w
		: m->scaling->full_power_w;

	w *= m->limits->limit[setting].power;
	if (w < s->idle_power_w) {
		m->raised++;
		w = s->idle_power_w;
	}
	return w > s->power_cap_w ? s->power_cap_w : w;
}

static void fill_power(struct model *m)
{
	struct bundle *b = &m->out;
	size_t n = (size_t)b->nets * (size_t)b->settings * BUNDLE_MAX_DEPTH;
	double *power = arena_new(&m->arena, n, sizeof *power);

	for (size_t i = 0; i < n; i++)
		power[i] = NAN;
	for (int i = 0; i < b->nets; i++)
		for (int s = 0; s < b->settings; s++)
			for (int d = 1; d <= b->net[i].depths; d++)
				power[(i * b->settings + s) * BUNDLE_MAX_DEPTH
					+ d - 1] = capped_power(m,
					bundle_power(m->in, i, 0, d), s);
	b->power_w = power;
}

/* What the host does costs the same under any cap. */
static void fill_overhead(struct model *m)
{
	struct bundle_overhead *o = arena_new(&m->arena,
		(size_t)m->out.settings, sizeof *o);

	for (int s = 0; s < m->out.settings; s++)
		o[s] = m->in->overhead[0];
	m->out.overhead = o;
}

/* ---- Provenance --------------------------------------------------------------- */

static const char *format_text(struct model *m, const char *format,
	va_list args)
{
	va_list again;
	char *s;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	s = arena_new(&m->arena, (size_t)n + 1, 1);
	(void)vsnprintf(s, (size_t)n + 1, format, args);
	/* A semicolon behind a blank would begin a comment in trace.ini. */
	for (char *p = s; *p; p++)
		if (*p == ';' && (p == s || p[-1] == ' ' || p[-1] == '\t'))
			*p = ',';
	return s;
}

static void say(struct model *m, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void say(struct model *m, const char *key, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	m->key[m->out.provenances] = key;
	m->value[m->out.provenances++] = format_text(m, format, args);
	va_end(args);
}

static const char *name_text(struct model *m, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static const char *name_text(struct model *m, const char *format, ...)
{
	const char *s;
	va_list args;

	va_start(args, format);
	s = format_text(m, format, args);
	va_end(args);
	return s;
}

static void fill_provenance(struct model *m)
{
	const struct power_limits *p = m->limits;
	size_t most = (size_t)(16 + p->limits + p->remarks
		+ m->in->provenances);

	m->key = arena_new(&m->arena, most, sizeof *m->key);
	m->value = arena_new(&m->arena, most, sizeof *m->value);
	say(m, "modelled", "power caps: durations and powers are those of "
		"setting %s of the base%s, times factors that were measured "
		"elsewhere and not on this device", m->in->setting[0].name,
		isnan(m->scaling->full_power_w) ? ""
		: ", or of a device said to be loaded");
	/* Neither commit nor paths nor date: they would change the checksum of
	 * a bundle that is otherwise the same. */
	say(m, "tool", "laxity %s, trace scale", LAXITY_VERSION);
	say(m, "command", "%s", m->scaling->command);
	say(m, "base", "bundle of SHA-256 %s", m->in->sha256);
	say(m, "durations", "base times relative time of the cap, rounded half "
		"away from zero, in every environment alike. device_ns left "
		"empty");
	if (isnan(m->scaling->full_power_w))
		say(m, "power", "base times relative power of the cap, at least "
			"the idle power, at most the cap. Idle power as "
			"measured, at most the cap");
	else
		say(m, "power", "%.9g W for every stage at the highest cap, as "
			"of a loaded device, times relative power of the cap, at "
			"least the idle power, at most the cap. Idle power as "
			"measured, at most the cap", m->scaling->full_power_w);
	say(m, "caps", "watts of the table times %.9g: its highest, %.9g W, is "
		"%.9g W here", m->watts_per_watt, p->limit[0].cap_w,
		m->out.setting[0].power_cap_w);
	say(m, "limits", "table of SHA-256 %s", p->sha256);
	for (int i = 0; i < p->remarks; i++)
		if (*p->remark[i])
			say(m, name_text(m, "limits.%d", i + 1), "%s",
				p->remark[i]);
	for (int i = 0; i < p->limits; i++)
		say(m, m->out.setting[i].name, "%.9g W in the table, relative "
			"time %.9g, relative power %.9g", p->limit[i].cap_w,
			p->limit[i].time, p->limit[i].power);
	for (int i = 0; i < m->in->provenances; i++)
		say(m, name_text(m, "base.%s", m->in->provenance_key[i]), "%s",
			m->in->provenance_value[i]);
	m->out.provenance_key = m->key;
	m->out.provenance_value = m->value;
}

/* ---- All of it ---------------------------------------------------------------- */

int bundle_scale(const char *out, const struct bundle *in,
	const struct power_limits *p, const struct scaling *s, int *raised)
{
	struct model m = { .in = in, .limits = p, .scaling = s };
	int status;

	m.out = (struct bundle){ .task = in->task, .classes = in->classes,
		.inputs = in->inputs, .mandatory_depth = in->mandatory_depth,
		.nets = in->nets, .net = in->net,
		.environments = in->environments,
		.environment = in->environment };
	m.out.device = name_text(&m, "%s, power caps modelled", in->device);
	fill_settings(&m);
	status = fill_cells(&m);
	if (!status) {
		fill_power(&m);
		fill_overhead(&m);
		fill_provenance(&m);
		status = bundle_write(out, &m.out, NULL);
	}
	if (!status)
		*raised = m.raised;
	arena_fini(&m.arena);
	return status;
}
