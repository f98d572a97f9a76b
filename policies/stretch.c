#include "stretch.h"

#include <math.h>

/* How far the line may drift per stage without a change of the world, and what
 * is not known of it at first or after one; variances, in squared units. */
#define DRIFT 1e-5
#define DOUBT 1e-3
#define EXPLAINED 9.0      /* squared deviations */
#define MEMORY 0.9         /* of the noise around the line, per stage */
#define ROUGH 0.01         /* relative variance around the line after a change */
#define SURELY 1.5         /* times too long or too short: a change */
#define PERHAPS (7.0 / 6)  /* a change if twice running */
/* Stages that a mean and the spread remember; those that its first value is
 * worth. */
enum { LONGEST_MEAN = 50, LONGEST_SPREAD = 30, PRIOR_SPREAD = 3 };

static void start(struct stretch *s)
{
	s->factor = 1;
	s->added = 0;
	s->paa = s->pbb = DOUBT;
	s->pab = 0;
	s->noise = s->calm;
}

static struct stretch_seen *seen_at(const struct stretch *s, int net, int setting,
	int depth)
{
	return &s->seen[(net * s->profile->settings + setting) * s->stride
		+ depth - 1];
}

double stretch_ns(const struct stretch *s, int net, int setting, int depth)
{
	const struct stretch_seen *seen = seen_at(s, net, setting, depth);
	double profiled, line;

	if (seen->epoch == s->epoch)
		return seen->mean_ns;
	profiled = profile_cell(s->profile, net, setting)->mean_ns[depth - 1];
	line = s->factor * profiled + s->added * s->unit_ns;
	return line > profiled / 8 ? line : profiled / 8;
}

static void new_version(struct stretch *s)
{
	const struct profile *p = s->profile;

	s->version++;
	for (int i = 0; i < p->nets; i++)
		for (int j = 0; j < p->settings; j++)
			for (int d = 1; d <= p->net[i].depths; d++)
				seen_at(s, i, j, d)->reported_ns
					= stretch_ns(s, i, j, d);
}

void stretch_init(struct stretch *s, struct arena *a, const struct profile *p)
{
	int depths = 0, cells = p->nets * p->settings;

	for (int i = 0; i < p->nets; i++)
		if (p->net[i].depths > depths)
			depths = p->net[i].depths;
	*s = (struct stretch){ .profile = p, .epoch = 1,
		.unit_ns = p->cell[0].pass_mean_ns / p->net[0].depths,
		.calm = fmax(1e-4, p->pass_variance), .stride = depths,
		.seen = arena_new(a, (size_t)(cells * depths), sizeof *s->seen) };
	s->spread = s->calm;
	s->spread_count = PRIOR_SPREAD;
	start(s);
	new_version(s);
}

double stretch_deviation_ns(const struct stretch *s, int net, int setting,
	int depth)
{
	const struct stretch_seen *seen = seen_at(s, net, setting, depth);
	double mean = stretch_ns(s, net, setting, depth), x, doubt;

	if (seen->epoch == s->epoch)
		return mean * sqrt(s->spread * (1 + 1.0 / seen->count));
	x = profile_cell(s->profile, net, setting)->mean_ns[depth - 1]
		/ s->unit_ns;
	doubt = x * x * s->paa + 2 * x * s->pab + s->pbb + s->noise;
	return sqrt(s->unit_ns * s->unit_ns * fmax(0, doubt)
		+ mean * mean * s->spread);
}

/* The world has changed: y units measured where the line says other. */
static void change(struct stretch *s, double x, double y)
{
	double surprise = y - x, residual = y - s->factor * x - s->added, excess;

	s->epoch++;
	s->suspect = 0;
	s->spread_count = PRIOR_SPREAD;
	if (surprise * surprise <= EXPLAINED * (DOUBT * (x * x + 1) + s->calm)) {
		start(s);
		s->spread = s->calm;
		return;
	}
	s->noise = fmax(s->calm, ROUGH * y * y);
	s->spread = ROUGH;
	s->paa += DOUBT;
	s->pbb += DOUBT;
	excess = (residual * residual - s->noise)
		/ (x * x * s->paa + 2 * x * s->pab + s->pbb);
	if (excess > 1) {
		s->paa *= excess;
		s->pab *= excess;
		s->pbb *= excess;
	}
}

enum news { NEWS_NONE, NEWS_DOUBTFUL, NEWS_CHANGE };

/* Whether this stage means that the world has changed. That one which has not
 * been seen since the last change is off the line a little means nothing. */
static enum news judge(struct stretch *s, int net, int setting, int depth,
	double measured_ns)
{
	double expected = stretch_ns(s, net, setting, depth);
	double deviation = stretch_deviation_ns(s, net, setting, depth);
	double ratio = measured_ns / expected, off = measured_ns - expected;
	bool known = seen_at(s, net, setting, depth)->epoch == s->epoch;
	int direction = off * off <= EXPLAINED * deviation * deviation ? 0
		: ratio > PERHAPS ? 1 : ratio < 1 / PERHAPS ? -1 : 0;
	int before = s->suspect;

	if (direction && (ratio > SURELY || ratio < 1 / SURELY))
		return NEWS_CHANGE;
	if (!known)
		return NEWS_NONE;
	s->suspect = direction;
	if (!direction)
		return NEWS_NONE;
	return direction == before ? NEWS_CHANGE : NEWS_DOUBTFUL;
}

static void update_line(struct stretch *s, double x, double y)
{
	double residual = y - s->factor * x - s->added;
	double ha = x * s->paa + s->pab; /* covariance times (x, 1) */
	double hb = x * s->pab + s->pbb;
	double doubt = x * ha + hb, total = doubt + s->noise;
	double ka = ha / total, kb = hb / total, limit;

	s->noise = fmax(s->calm, MEMORY * s->noise + (1 - MEMORY)
		* fmax(0, fmin(residual * residual, EXPLAINED * total) - doubt));
	s->factor += ka * residual;
	s->added += kb * residual;
	s->paa += DRIFT - ka * ha;
	s->pab -= ka * hb;
	s->pbb += DRIFT - kb * hb;
	/* Keep the covariance one, against rounding after large changes. */
	s->paa = fmax(s->paa, DRIFT);
	s->pbb = fmax(s->pbb, DRIFT);
	limit = 0.9999 * sqrt(s->paa * s->pbb);
	s->pab = fmax(-limit, fmin(limit, s->pab));
}

void stretch_update(struct stretch *s, int net, int setting, int depth,
	double measured_ns)
{
	struct stretch_seen *seen = seen_at(s, net, setting, depth);
	double x = profile_cell(s->profile, net, setting)->mean_ns[depth - 1]
		/ s->unit_ns, y = measured_ns / s->unit_ns, relative;

	switch (judge(s, net, setting, depth, measured_ns)) {
	case NEWS_DOUBTFUL:
		return;
	case NEWS_CHANGE:
		change(s, x, y);
		break;
	default:
		if (seen->epoch != s->epoch)
			break;
		relative = measured_ns / seen->mean_ns - 1;
		if (s->spread_count < LONGEST_SPREAD)
			s->spread_count++;
		s->spread += (relative * relative - s->spread) / s->spread_count;
	}
	update_line(s, x, y);
	if (seen->epoch != s->epoch) {
		seen->epoch = s->epoch;
		seen->count = 0;
		seen->mean_ns = 0;
	}
	if (seen->count < LONGEST_MEAN)
		seen->count++;
	seen->mean_ns += (measured_ns - seen->mean_ns) / seen->count;
	if (fabs(seen->mean_ns - seen->reported_ns) > 0.04 * seen->reported_ns)
		new_version(s);
}
