/* Section [arrivals] of a workload file (paper/spec/workloads.md 3). */
#include "mem.h"
#include "num.h"
#include "replay.h"
#include "workload_build.h"
#include "workload_units.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CLIENTS = 1000000, MOST_STATES = 64 };

static const char *const processes[] = { "closed", "periodic", "poisson",
	"gamma", "mmpp", "replay", NULL };

#define OF(process) (1u << PROCESS_##process)
#define OF_OPEN (OF(PERIODIC) | OF(POISSON) | OF(GAMMA) | OF(MMPP))

static const struct { const char *key; unsigned processes; } arrival_keys[] = {
	{ "clients", OF(CLOSED) }, { "reissue", OF(CLOSED) },
	{ "load", OF_OPEN | OF(REPLAY) }, { "rate_hz", OF_OPEN | OF(REPLAY) },
	{ "period", OF_OPEN }, { "time_scale", OF(REPLAY) },
	{ "offset", OF(PERIODIC) }, { "jitter", OF(PERIODIC) },
	{ "cv", OF(GAMMA) }, { "rates", OF(MMPP) }, { "stay", OF(MMPP) },
	{ "file", OF(REPLAY) }, { "window", OF(REPLAY) }, { "keep", OF(REPLAY) },
};
enum { ARRIVAL_KEYS = sizeof arrival_keys / sizeof *arrival_keys };

int reader_process(struct reader *r)
{
	const struct ini_entry *e = reader_need(r, "arrivals", "process");
	int process;

	if (!e || ini_word(r->d, e, processes, &process))
		return -1;
	r->w->process = (enum process)process;
	for (int i = 0; i < ARRIVAL_KEYS; i++) {
		e = reader_find(r, "arrivals", arrival_keys[i].key);
		if (e && !(arrival_keys[i].processes & 1u << process))
			return ini_bad(r->d, e, "%s is not a key of process = %s",
				e->key, processes[process]);
	}
	return 0;
}

/* Exactly one of load, rate_hz, period; for a replay at most one of load,
 * rate_hz, time_scale. */
static int read_rate(struct reader *r)
{
	static const struct {
		const char *key; double min, max;
	} by[] = {
		[BY_LOAD] = { "load", 1e-6, 1e6 },
		[BY_RATE] = { "rate_hz", 1e-6, 1e12 },
		[BY_PERIOD] = { "period", 0, 0 },
		[BY_SCALE] = { "time_scale", 1e-9, 1e9 },
	};
	struct workload *w = r->w;
	struct given *g = &r->given;
	const struct ini_entry *chosen = NULL;

	for (int i = BY_LOAD; i <= BY_SCALE; i++) {
		const struct ini_entry *e = reader_find(r, "arrivals", by[i].key);
		if (!e)
			continue;
		if (chosen)
			return ini_bad(r->d, e, "%s and %s both set the rate: "
				"give one", chosen->key, e->key);
		chosen = e;
		g->rate_by = (enum rate_by)i;
		if (i == BY_PERIOD ? reader_time(r, e, 1, &g->period_ns)
		    : ini_real(r->d, e, by[i].min, by[i].max, &g->rate))
			return -1;
	}
	if (!chosen && w->process != PROCESS_REPLAY) {
		const struct ini_entry *e = reader_find(r, "arrivals", "process");
		return ini_bad(r->d, e, "process = %s needs load, rate_hz or "
			"period", e->value);
	}
	switch (g->rate_by) {
	case BY_LOAD:
		w->gap_ns = (double)w->full_ns / (g->rate * w->devices);
		break;
	case BY_RATE:
		w->gap_ns = 1e9 / g->rate;
		break;
	case BY_PERIOD:
		w->gap_ns = (double)g->period_ns;
		break;
	case BY_SCALE:
	case BY_NOTHING:
		w->rate_hz = NAN;
		return 0;
	}
	w->rate_hz = g->rate_by == BY_RATE ? g->rate : 1e9 / w->gap_ns;
	return 0;
}

static int read_closed(struct reader *r)
{
	static const char *const words[] = { "deadline", "response", NULL };
	struct workload *w = r->w;
	const struct ini_entry *clients = reader_need(r, "arrivals", "clients");
	const struct ini_entry *reissue = clients
		? reader_need(r, "arrivals", "reissue") : NULL;
	int64_t n;
	int how;

	if (!reissue || ini_integer(r->d, clients, 1, MOST_CLIENTS, &n)
	    || ini_word(r->d, reissue, words, &how))
		return -1;
	w->clients = (int)n;
	w->reissue = (enum reissue)how;
	w->rate_hz = NAN;
	return 0;
}

static int read_periodic(struct reader *r)
{
	struct workload *w = r->w;
	const struct ini_entry *offset = reader_find(r, "arrivals", "offset");
	const struct ini_entry *jitter = reader_find(r, "arrivals", "jitter");

	if ((offset && reader_time(r, offset, 0, &w->offset_ns))
	    || (jitter && reader_time(r, jitter, 0, &w->jitter_ns)))
		return -1;
	if (jitter && (double)w->jitter_ns > w->gap_ns)
		return ini_bad(r->d, jitter, "jitter = %s is longer than the "
			"period", jitter->value);
	return 0;
}

static int read_mmpp_lists(struct reader *r, const struct ini_entry *rates,
	const struct ini_entry *stay, char **rate_part, int n, char **stay_part,
	int stays)
{
	struct workload *w = r->w;
	double *rate, *relative, *stay_ns, work = 0, time = 0;

	if (n < 2 || n > MOST_STATES)
		return ini_bad(r->d, rates, "rates: 2 to %d states expected",
			MOST_STATES);
	if (n != stays)
		return ini_bad(r->d, stay, "stay: %d times expected, one for "
			"each of rates", n);
	w->states = n;
	w->state_rate_hz = rate = arena_new(r->arena, (size_t)n, sizeof *rate);
	w->stay_ns = stay_ns = arena_new(r->arena, (size_t)n, sizeof *stay_ns);
	r->given.rates = relative = arena_new(r->arena, (size_t)n,
		sizeof *relative);
	for (int i = 0; i < n; i++) {
		int64_t t;
		const char *reason;
		if (num_real(rate_part[i], &relative[i]) || relative[i] < 0
		    || relative[i] > 1e12)
			return ini_bad(r->d, rates, "rates: '%.40s': a number "
				"from 0 to 1e12 expected", rate_part[i]);
		reason = units_time(stay_part[i], w->full_ns, &t);
		if (!reason && t < 1)
			reason = "a time above 0 expected";
		if (reason)
			return reader_bad_time(r, stay, stay_part[i], reason);
		stay_ns[i] = (double)t;
		work += relative[i] * stay_ns[i];
		time += stay_ns[i];
	}
	if (work == 0)
		return ini_bad(r->d, rates, "rates: all are 0");
	for (int i = 0; i < n; i++)
		rate[i] = relative[i] * (w->rate_hz * time / work);
	/* Every change of state is drawn: keep a run's cost in its requests. */
	if (w->gap_ns > 1000 * time / n)
		return ini_bad(r->d, stay, "stay: more than 1000 changes of state "
			"between two requests");
	return 0;
}

static int read_mmpp(struct reader *r)
{
	const struct ini_entry *rates = reader_need(r, "arrivals", "rates");
	const struct ini_entry *stay = rates ? reader_need(r, "arrivals", "stay") : NULL;
	char *copy[2], **part[2];
	int n[2], failed;

	if (!stay)
		return -1;
	/* An empty part is no number and no time, which is said below. */
	(void)reader_split(rates->value, &copy[0], &part[0], &n[0]);
	(void)reader_split(stay->value, &copy[1], &part[1], &n[1]);
	failed = read_mmpp_lists(r, rates, stay, part[0], n[0], part[1], n[1]);
	for (int i = 0; i < 2; i++) {
		free(part[i]);
		free(copy[i]);
	}
	return failed;
}

static int read_window(struct reader *r, const struct ini_entry *e)
{
	char *copy = mem_string(e->value), *dots = strstr(copy, "..");
	const char *reason = "from..to expected";
	int failed;

	if (dots) {
		*dots = 0;
		reason = units_time(copy, r->w->full_ns, &r->given.from_ns);
		if (!reason)
			reason = units_time(dots + 2, r->w->full_ns,
				&r->given.to_ns);
		if (!reason && r->given.from_ns >= r->given.to_ns)
			reason = "it ends before it begins";
	}
	failed = reason ? reader_bad_time(r, e, e->value, reason) : 0;
	r->given.window = true;
	free(copy);
	return failed;
}

static int read_replay(struct reader *r)
{
	struct workload *w = r->w;
	struct given *g = &r->given;
	const struct ini_entry *file = reader_need(r, "arrivals", "file");
	const struct ini_entry *window = reader_find(r, "arrivals", "window");
	const struct ini_entry *keep = reader_find(r, "arrivals", "keep");
	struct replay_wish wish = { .seed = r->seed, .warmup = w->warmup,
		.requests = w->requests, .inputs = w->bundle->inputs,
		.drawn_min_ns = w->deadline_min_ns };
	struct replay replay;

	w->replay_keep = 1;
	g->to_ns = TIME_NEVER;
	if (!file || reader_path(r, file, &w->replay_file)
	    || (window && read_window(r, window))
	    || (keep && ini_real(r->d, keep, 1e-9, 1, &w->replay_keep)))
		return -1;
	wish.from_ns = g->from_ns;
	wish.to_ns = g->to_ns;
	wish.keep = w->replay_keep;
	wish.scale = g->rate_by == BY_SCALE ? g->rate : 1;
	wish.rate_hz = w->rate_hz;
	if (replay_read(w->replay_file, &wish, r->arena, &replay))
		return -1;
	w->rows = replay.rows;
	w->row = replay.row;
	w->groups = replay.groups;
	w->group_size = replay.group_size;
	w->group_name = replay.group_name;
	w->requests = w->rows - w->warmup;
	w->replay_unchecked = replay.unchecked;
	memcpy(w->replay_sha256, replay.sha256, sizeof w->replay_sha256);
	w->rate_hz = w->rows > 1 && w->row[w->rows - 1].release_ns
		> w->row[0].release_ns ? (double)(w->rows - 1) * 1e9
		/ (double)(w->row[w->rows - 1].release_ns
			- w->row[0].release_ns) : NAN;
	return 0;
}

/* Instants stay below TIME_MAX_NS, random ones with a wide margin. */
static int check_length(struct reader *r)
{
	const struct workload *w = r->w;
	double n = (double)(w->warmup + w->requests);
	double room = (double)TIME_MAX_NS, length;

	if (w->process == PROCESS_CLOSED) {
		/* Each client releases at least every longest deadline. */
		length = (n / w->clients + 2) * (double)w->deadline_max_ns;
	} else {
		length = n * w->gap_ns
			+ (double)w->offset_ns + (double)w->jitter_ns;
		if (w->process != PROCESS_PERIODIC)
			room /= 16;
	}
	if (length > room)
		return ini_bad(r->d, reader_find(r, "workload", "requests"), "requests: "
			"releases would go on for %.3g s; at most %.3g s",
			length * 1e-9, room * 1e-9);
	return 0;
}

int reader_arrivals(struct reader *r)
{
	struct workload *w = r->w;
	const struct ini_entry *cv;

	if (w->process == PROCESS_CLOSED ? read_closed(r) : read_rate(r))
		return -1;
	switch (w->process) {
	case PROCESS_REPLAY:
		return read_replay(r);
	case PROCESS_PERIODIC:
		if (read_periodic(r))
			return -1;
		break;
	case PROCESS_MMPP:
		if (read_mmpp(r))
			return -1;
		break;
	case PROCESS_GAMMA:
		cv = reader_need(r, "arrivals", "cv");
		if (!cv || ini_real(r->d, cv, 1e-3, 1e3, &w->cv))
			return -1;
		break;
	case PROCESS_CLOSED:
	case PROCESS_POISSON:
		break;
	}
	return check_length(r);
}
