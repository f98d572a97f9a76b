/* Timed passes: null cases, warm-up, and the joint pass in blocks that take
 * turns between networks, settings and environments. */
#include "measure.h"

#include "../../sim/msg.h"
#include "../../sim/stats.h"
#include "../../sim/stream.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STUCK_NS (INT64_C(10) * 1000000000)

volatile sig_atomic_t measure_interrupted;

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

int64_t measure_quantile(int64_t *x, int n, double q)
{
	qsort(x, (size_t)n, sizeof *x, by_value);
	return x[stats_rank(q, n) - 1];
}

static int by_real(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double measure_median(double *x, int n)
{
	qsort(x, (size_t)n, sizeof *x, by_real);
	return n ? x[stats_rank(0.5, n) - 1] : NAN;
}

/* Ranks q n -+ 1.96 sqrt(n q (1 - q)) enclose the quantile in 95 % of cases,
 * whatever the distribution. */
double measure_spread(int64_t *x, int n, double q)
{
	double half = 1.96 * sqrt(n * q * (1 - q));
	int low = (int)floor(n * q - half) - 1, high = (int)ceil(n * q + half) - 1;
	int64_t at = measure_quantile(x, n, q);

	low = low < 0 ? 0 : low;
	high = high >= n ? n - 1 : high;
	return at > 0 ? (double)(x[high] - x[low]) / 2 / (double)at : 0;
}

/* ---- One pass ------------------------------------------------------------------ */

static int wait_for(struct measure *m, struct plan *p, struct outcome *out,
	int64_t since)
{
	for (unsigned i = 1;; i++) {
		int done = m->backend->poll(p, out);
		if (done)
			return done < 0 ? -1 : 0;
		/* Rarely, so as not to slow the polling down. */
		if (i % 65536 == 0 && backend_clock() - since > STUCK_NS)
			return msg_fail("a stage has not ended for 10 s: device "
				"lost or stuck");
	}
}

int measure_pass(struct measure *m, struct plan *p, int depths, int input,
	struct sample *out)
{
	const unsigned char *image = images_at(&m->images, input);

	for (int d = 1; d <= depths; d++) {
		struct outcome o;
		int64_t from = backend_clock(), to;
		if (m->backend->send(p, d, 0, image)
		    || wait_for(m, p, &o, from))
			return -1;
		to = backend_clock();
		out[d - 1] = (struct sample){ .send_ns = from - m->begun_ns,
			.duration_ns = to > from ? to - from : 1,
			.device_ns = o.device_ns, .prediction = o.prediction,
			.confidence = o.confidence };
	}
	return 0;
}

int measure_use(struct measure *m, int setting)
{
	const struct setting *s = &m->setting[setting];

	if (!m->guard || m->setting_now == setting)
		return 0;
	m->setting_now = setting;
	return guard_set(m->guard, s->power_cap_w, s->clock_mhz);
}

/* ---- Null cases ------------------------------------------------------------------ */

static int null_clock(struct measure *m)
{
	int64_t pair[1001];

	for (int i = 0; i <= 1000; i++) {
		int64_t from = backend_clock();
		pair[i] = backend_clock() - from;
	}
	/* Between a decision and the start of duration_ns lies one reading
	 * of the clock; the launch itself is within duration_ns. */
	m->launches = 1000;
	m->launch_ns = mem_new(1000, sizeof *m->launch_ns);
	for (int i = 0; i < 1000; i++)
		m->launch_ns[i] = (int)pair[i];
	m->clock_pair_ns = (double)measure_quantile(pair, 1001, 0.5);
	return 0;
}

/* h, a graph of one empty kernel; g, what each further dependent one adds. */
static int null_kernels(struct measure *m)
{
	int64_t one[51], many[51], host;

	m->empty_ns = m->chain_ns = NAN;
	if (!m->backend->empty)
		return 0;
	for (int i = 0; i < 51; i++)
		if (m->backend->empty(m->dev, 1, &host, &one[i])
		    || m->backend->empty(m->dev, 64, &host, &many[i]))
			return -1;
	m->empty_ns = (double)measure_quantile(one, 51, 0.5);
	m->chain_ns = ((double)measure_quantile(many, 51, 0.5) - m->empty_ns)
		/ 63;
	return 0;
}

/* Median of a pass of the first network under two conditions, in turns:
 * relative change. */
static int compare_passes(struct measure *m, int events, double *out)
{
	struct plan *p = measure_plan(m, 0, 0);
	const int n = m->o.quick ? 100 : 400, depths = m->net[0]->depths;
	int64_t *total = mem_new((size_t)(2 * n), sizeof *total);
	struct sample s[BUNDLE_MAX_DEPTH];
	struct meter_state state;
	int bad = 0;

	for (int i = 0; i < 2 * n && !bad; i++) {
		int changed = i / 10 % 2;
		if (events)
			m->backend->events(p, !changed);
		else if (changed)
			meter_read_state(m->meter, &state);
		bad = measure_pass(m, p, depths, m->order[i % m->images.count],
			s);
		for (int d = 0; d < depths; d++)
			total[changed * n + i / 20 * 10 + i % 10] +=
				s[d].duration_ns;
	}
	if (events)
		m->backend->events(p, 1);
	if (!bad) {
		double plain = (double)measure_quantile(total, n, 0.5);
		double other = (double)measure_quantile(total + n, n, 0.5);
		*out = other / plain - 1;
	}
	free(total);
	return bad;
}

int measure_null(struct measure *m)
{
	m->poll_effect = m->events_effect = NAN;
	if (measure_use(m, 0) || null_clock(m) || null_kernels(m)
	    || (m->meter && compare_passes(m, 0, &m->poll_effect))
	    || (m->backend->events && m->info.device_time
		&& compare_passes(m, 1, &m->events_effect)))
		return -1;
	/* Without events a pass is faster: then they are kept out of it, and
	 * device times come from passes in between. A measurement that goes on
	 * stays with what it began with. */
	if (!m->block)
		m->apart = m->backend->events && fabs(m->events_effect) > 0.01;
	if (m->apart && m->backend->events)
		for (int i = 0; i < m->nets * m->settings; i++)
			m->backend->events(m->plan[i], 0);
	return 0;
}

/* ---- Warm-up ---------------------------------------------------------------------- */

int measure_warm(struct measure *m)
{
	const double held = m->o.quick ? 0.2 : 2;
	struct sample s[BUNDLE_MAX_DEPTH];
	double median[3] = { 0, 0, 0 };
	int64_t begun = backend_clock(), since = begun, block[BLOCK_PASSES];
	struct meter_state state;
	int clock = -1;

	for (int k = 0; k < m->nets * m->settings; k++)
		for (int i = 0; i < 3; i++)
			if (measure_use(m, k % m->settings)
			    || measure_pass(m, m->plan[k],
				m->net[k / m->settings]->depths,
				m->order[i % m->images.count], s))
				return -1;
	if (measure_use(m, 0))
		return -1;
	for (int k = 0;; k++) {
		double low, high;
		for (int i = 0; i < BLOCK_PASSES; i++) {
			if (measure_interrupted || measure_pass(m,
				measure_plan(m, 0, 0), m->net[0]->depths,
				m->order[i % m->images.count], s))
				return -1;
			block[i] = 0;
			for (int d = 0; d < m->net[0]->depths; d++)
				block[i] += s[d].duration_ns;
		}
		median[k % 3] = (double)measure_quantile(block, BLOCK_PASSES,
			0.5);
		meter_read_state(m->meter, &state);
		if (state.sm_mhz != clock)
			since = backend_clock();
		clock = state.sm_mhz;
		low = fmin(fmin(median[0], median[1]), median[2]);
		high = fmax(fmax(median[0], median[1]), median[2]);
		m->warm_s = (double)(backend_clock() - begun) * 1e-9;
		if (k >= 2 && high <= 1.01 * low
		    && (double)(backend_clock() - since) * 1e-9 >= held)
			return 0;
		if (m->warm_s > m->o.warm_s) {
			m->warm_flagged = 1;
			return 0;
		}
	}
}

int measure_has_time(const struct measure *m, double seconds)
{
	return m->until_ns == INT64_MAX || (double)(m->until_ns
		- backend_clock()) * 1e-9 >= seconds;
}

/* ---- Blocks ------------------------------------------------------------------------- */

struct blocks {
	struct block *block;
	int n, room;
	int environment;        /* in force */
	struct sample *sample;  /* of a block */
	int input[BLOCK_PASSES];
	struct progress progress;
	int64_t done;
};

static int enter(struct measure *m, struct blocks *b, int environment)
{
	if (b->environment == environment)
		return 0;
	if (b->environment) {
		struct load_rate *r = &m->co_rate[b->environment];
		if (corunner_stop(m->corunner[b->environment], r))
			return -1;
		m->co_alive[b->environment] = r->alive;
	}
	b->environment = environment;
	return environment ? corunner_start(m->corunner[environment]) : 0;
}

int measure_is_clean(const struct measure *m, const struct combo *c,
	const struct meter_state *state)
{
	int64_t bad = METER_THROTTLE;

	/* A cap that we set is meant to bite. */
	if (m->setting[c->setting].power_cap_w)
		bad &= ~(int64_t)METER_POWER_CAP;
	return state->events < 0 || !(state->events & bad);
}

void measure_note_state(struct measure *m, const struct combo *c,
	const struct meter_state *state)
{
	if (state->sm_mhz > m->clock_mhz[c->setting])
		m->clock_mhz[c->setting] = state->sm_mhz;
	if (state->temperature_c < 0)
		return;
	if (!m->temperature_high || state->temperature_c < m->temperature_low)
		m->temperature_low = state->temperature_c;
	if (state->temperature_c > m->temperature_high)
		m->temperature_high = state->temperature_c;
}

static void keep(struct combo *c, const struct blocks *b, int passes)
{
	while (c->passes + passes > c->room) {
		c->room = c->room ? 2 * c->room : 2 * BLOCK_PASSES;
		c->input = mem_resize(c->input, (size_t)c->room,
			sizeof *c->input);
		c->sample = mem_resize(c->sample, (size_t)(c->room * c->depths),
			sizeof *c->sample);
	}
	memcpy(c->input + c->passes, b->input, (size_t)passes * sizeof(int));
	memcpy(c->sample + c->passes * c->depths, b->sample,
		(size_t)(passes * c->depths) * sizeof *b->sample);
	c->passes += passes;
}

/* What lies between the end of a stage and the next send is the host's own. */
void measure_note_costs(struct measure *m, const struct combo *c, int first,
	int passes)
{
	enum { MOST = 2000 };

	if (c->setting || c->environment || c->depths < 2)
		return;
	if (!m->decision_ns)
		m->decision_ns = mem_new(MOST, sizeof *m->decision_ns);
	for (int i = first; i < first + passes; i++)
		for (int d = 1; d < c->depths && m->decisions < MOST; d++) {
			const struct sample *s = &c->sample[i * c->depths + d];
			int64_t gap = s->send_ns - s[-1].send_ns
				- s[-1].duration_ns;
			m->decision_ns[m->decisions++] = gap < 0 ? 0 : (int)gap;
		}
}

/* A pass with events beside one without. Enough of them where nothing else
 * runs: events do not see time slicing. */
static int pass_apart(struct measure *m, struct combo *c, struct plan *p,
	int input)
{
	enum { MOST = 1000 };
	struct sample s[BUNDLE_MAX_DEPTH];
	int bad;

	if (!m->apart || c->environment || c->devices >= MOST)
		return 0;
	if (c->devices == c->device_room) {
		c->device_room += 2 * BLOCK_PASSES;
		c->device = mem_resize(c->device, (size_t)(c->device_room
			* c->depths), sizeof *c->device);
	}
	m->backend->events(p, 1);
	bad = measure_pass(m, p, c->depths, input, s);
	m->backend->events(p, 0);
	for (int d = 0; d < c->depths && !bad; d++)
		c->device[c->devices * c->depths + d] = s[d].device_ns;
	c->devices += !bad;
	return bad;
}

static int run_block(struct measure *m, struct blocks *b,
	const struct block *what)
{
	struct combo *c = &m->combo[what->combo];
	struct plan *p = measure_plan(m, c->net, c->setting);
	struct meter_state before, after;
	struct sample dropped[BUNDLE_MAX_DEPTH];
	int64_t begun = backend_clock();

	if (enter(m, b, c->environment) || measure_use(m, c->setting))
		return -1;
	for (int attempt = 1; attempt <= BLOCK_TRIES; attempt++) {
		int clean, last = attempt == BLOCK_TRIES;
		meter_read_state(m->meter, &before);
		for (int i = 0; i < BLOCK_DROPPED; i++)
			if (measure_pass(m, p, c->depths, m->order[i
				% m->images.count], dropped))
				return -1;
		for (int i = 0; i < what->passes; i++) {
			b->input[i] = m->order[(c->passes + i)
				% m->images.count];
			if (measure_interrupted || measure_pass(m, p, c->depths,
				b->input[i], b->sample + i * c->depths)
			    || pass_apart(m, c, p, b->input[i]))
				return -1;
		}
		meter_read_state(m->meter, &after);
		clean = measure_is_clean(m, c, &before)
			&& measure_is_clean(m, c, &after);
		measure_note_state(m, c, &after);
		if (measure_store_devices(m, c))
			return -1;
		if (clean || last) {
			int first = c->passes;
			keep(c, b, what->passes);
			c->unclean += clean ? 0 : what->passes;
			m->unclean_blocks += !clean;
			measure_note_costs(m, c, first, what->passes);
			c->seconds += (double)(backend_clock() - begun) * 1e-9;
			return measure_store_block(m, c, first, what->passes,
				&after, attempt, 1);
		}
		/* Kept in raw/, measured again. */
		struct combo tried = *c;
		tried.sample = b->sample;
		tried.input = b->input;
		if (measure_store_block(m, &tried, 0, what->passes, &after,
			attempt, 0))
			return -1;
	}
	return 0;
}

/* Are the 95 % intervals of p50 and p99 of every stage narrow enough? */
static int is_narrow(const struct combo *c)
{
	int64_t *x = mem_new((size_t)c->passes, sizeof *x);
	int narrow = 1;

	for (int d = 0; d < c->depths && narrow; d++) {
		for (int i = 0; i < c->passes; i++)
			x[i] = c->sample[i * c->depths + d].duration_ns;
		narrow = measure_spread(x, c->passes, 0.5) <= 0.005
			&& measure_spread(x, c->passes, 0.99) <= 0.03;
	}
	free(x);
	return narrow;
}

/* What matters most comes first where time is short. */
static int tier_of(const struct combo *c)
{
	return !c->setting && !c->environment ? 0 : !c->environment ? 1
		: !c->setting ? 2 : 3;
}

static int first_tier_due(const struct measure *m)
{
	int first = 4;

	for (int i = 0; i < m->combos; i++)
		if (m->combo[i].passes < m->combo[i].due
		    && tier_of(&m->combo[i]) < first)
			first = tier_of(&m->combo[i]);
	return first;
}

static void plan_blocks(struct measure *m, struct blocks *b, uint64_t round)
{
	const int tier = first_tier_due(m);
	struct stream r;

	b->n = 0;
	for (int i = 0; i < m->combos; i++) {
		struct combo *c = &m->combo[i];
		int left = c->due - c->passes;
		if (m->o.budget_s) {
			if (tier_of(c) != tier)
				continue;
		} else if (left <= 0 && tier_of(c) && !m->o.quick
		    && c->seconds < 60 && !is_narrow(c)) {
			left = BLOCK_PASSES;
		}
		for (; left > 0; left -= BLOCK_PASSES) {
			MEM_ROOM(b->block, b->n, b->room);
			b->block[b->n++] = (struct block){ .combo = i,
				.passes = left < BLOCK_PASSES ? left
					: BLOCK_PASSES };
		}
	}
	stream_open(&r, m->o.seed, PURPOSE_ORDER, 1 + round);
	for (int i = b->n - 1; i > 0; i--) {
		int k = (int)stream_below(&r, i + 1);
		struct block keep_one = b->block[i];
		b->block[i] = b->block[k];
		b->block[k] = keep_one;
	}
}

/* Each load by itself for a moment: its rate alone. */
static int lone_loads(struct measure *m)
{
	struct timespec t = { 0, (m->o.quick ? 1 : 5) * 100000000 };

	for (int e = 1; e < m->environments; e++) {
		if (corunner_start(m->corunner[e]))
			return -1;
		(void)nanosleep(&t, NULL);
		if (corunner_stop(m->corunner[e], &m->lone_rate[e]))
			return -1;
	}
	return 0;
}

/* Of a budget: what comes behind the passes. Energy of the default setting,
 * the repeat, the rest; but two thirds at most. */
static double keep_back(const struct measure *m)
{
	double s = 20;

	if (m->meter && m->o.energy) {
		s += m->o.quick ? 8 : 25;
		for (int i = 0; i < m->nets; i++)
			s += (2 * m->net[i]->depths + 4) * (m->o.window_s + 0.2);
	}
	return fmin(s, m->o.budget_s * 2 / 3.0);
}

static void flag_wide(struct measure *m)
{
	for (int i = 0; i < m->combos && !m->o.quick; i++)
		m->combo[i].flagged = tier_of(&m->combo[i])
			&& m->combo[i].passes && !is_narrow(&m->combo[i]);
}

int measure_passes(struct measure *m)
{
	const double later = keep_back(m);
	struct blocks b = { 0 };
	int64_t due = 0;
	int bad, up = 0;

	for (int i = 0; i < m->combos; i++)
		due += m->combo[i].due > m->combo[i].passes
			? m->combo[i].due - m->combo[i].passes : 0;
	b.sample = mem_new(BLOCK_PASSES * BUNDLE_MAX_DEPTH, sizeof *b.sample);
	progress_begin(&b.progress, "passes", due);
	bad = lone_loads(m);
	for (uint64_t round = 0; !bad && !up; round++) {
		plan_blocks(m, &b, round);
		if (!b.n)
			break;
		for (int i = 0; i < b.n && !bad; i++) {
			/* Every input has its outcome, whatever that takes. */
			up = tier_of(&m->combo[b.block[i].combo])
				&& !measure_has_time(m, later);
			if (up)
				break;
			bad = measure_interrupted
				|| run_block(m, &b, &b.block[i]);
			b.done += b.block[i].passes;
			progress_step(&b.progress, b.done < due ? b.done
				: due - 1);
		}
	}
	progress_step(&b.progress, due);
	if (enter(m, &b, 0))
		bad = -1;
	if (!bad)
		flag_wide(m);
	free(b.block);
	free(b.sample);
	return bad ? -1 : 0;
}
