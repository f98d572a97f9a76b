#include "grid.h"

#include "file.h"
#include "msg.h"
#include "num.h"
#include "stream.h"
#include "workload_build.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_FILE ((size_t)4 << 20)
enum { MOST = 1000, DEFAULT_LEVELS = 5, DEFAULT_REPLICATIONS = 5 };

struct grid_memory {
	struct arena arena;
	char *text;
	size_t length;
	int sets;
	const char **set;
	struct trace_cache *cache;
};

static const char *keep(struct grid *g, const char *s)
{
	size_t n = strlen(s) + 1;
	return memcpy(arena_new(&g->memory->arena, n, 1), s, n);
}

/* ---- [grid] ----------------------------------------------------------------- */

static int read_reals(struct grid *g, const struct ini *d,
	const struct ini_entry *e, double min, double max, const double **out,
	int *n)
{
	char *copy, **part;
	double *x;
	int failed = reader_split(e->value, &copy, &part, n);

	if (failed)
		(void)ini_bad(d, e, "%s: an empty value", e->key);
	x = arena_new(&g->memory->arena, failed ? 0 : (size_t)*n, sizeof *x);
	for (int i = 0; i < *n && !failed; i++)
		if (num_real(part[i], &x[i]) || !(x[i] >= min && x[i] <= max))
			failed = ini_bad(d, e, "%s: '%.40s' is no number from "
				"%.9g to %.9g", e->key, part[i], min, max);
	*out = x;
	free(copy);
	free(part);
	return failed ? -1 : 0;
}

static int read_policies(struct grid *g, const struct ini *d,
	const struct ini_entry *e)
{
	char *copy = mem_string(e->value), *save = NULL;
	int failed = 0;

	g->choice = arena_new(&g->memory->arena, strlen(copy) / 2 + 1,
		sizeof *g->choice);
	g->reference = -1;
	for (char *s = strtok_r(copy, " \t", &save); s && !failed;
	     s = strtok_r(NULL, " \t", &save)) {
		for (int i = 0; i < g->policies && !failed; i++)
			if (!strcmp(g->choice[i].text, s))
				failed = ini_bad(d, e, "policies: '%.80s' is "
					"listed twice", s);
		if (failed || choice_parse(&g->choice[g->policies], s)) {
			failed = -1;
			break;
		}
		if (!strcmp(g->choice[g->policies].policy->name, "oracle-static"))
			g->reference = g->policies;
		g->policies++;
	}
	free(copy);
	if (!failed && g->reference < 0)
		failed = ini_bad(d, e, "policies: oracle-static, which all are "
			"compared with, is missing");
	return failed;
}

/* ---- Environments that change ------------------------------------------------ */

/* "0 A, p% B, ...": percentages name the release of a request exactly when they
 * fall between two of them. */
static char *bursts_timeline(uint32_t seed, const char *const *name, int n,
	int64_t requests, const double *length, uint64_t index)
{
	struct stream s;
	struct text t;
	int64_t at = 0;

	text_init(&t);
	stream_open(&s, seed, PURPOSE_RESAMPLING, index);
	for (int i = 0; at < requests; i++) {
		if (at)
			text_add(&t, ", %.9g%% %s", 100 * ((double)at + 0.5)
				/ (double)requests, name[i % n]);
		else
			text_add(&t, "0 %s", name[0]);
		at += (int64_t)length[0] + stream_below(&s,
			(int64_t)length[1] - (int64_t)length[0] + 1);
	}
	return t.s;
}

static int read_environment(struct grid *g, const struct ini *d,
	const struct ini_entry *e, char *text, int64_t requests,
	const double *length, struct grid_environment *out)
{
	const char *name[16], *first = keep(g, text), **timeline;
	char *save = NULL;
	int n = 0;

	for (char *s = strtok_r(text, "+", &save); s && n < 16;
	     s = strtok_r(NULL, "+", &save))
		name[n++] = s;
	if (!n || n == 16)
		return ini_bad(d, e, "environments: '%.40s'", first);
	timeline = arena_new(&g->memory->arena, (size_t)g->replications,
		sizeof *timeline);
	for (int r = 0; r < g->replications; r++) {
		char *t = n > 1 ? bursts_timeline(g->seed + (uint32_t)r, name, n,
			requests, length, (uint64_t)(out - g->environment))
			: mem_printf("0 %s", name[0]);
		size_t size = strlen(t);

		timeline[r] = keep(g, t);
		free(t);
		if (size > INI_LONGEST_LINE - 100)
			return ini_bad(d, e, "environments: '%.40s': too many "
				"bursts for one line; fewer requests or longer "
				"bursts", first);
	}
	*out = (struct grid_environment){ first, n > 1, timeline };
	return 0;
}

static int read_environments(struct grid *g, struct ini *d, int64_t requests)
{
	const struct ini_entry *e = ini_need(d, "grid", "environments");
	const struct ini_entry *b = ini_find(d, "grid", "bursts");
	struct grid_environment *environment;
	const double *length = (const double[]){ 30, 80 };
	char *copy, **part;
	int failed, two = 2;

	if (!e || (b && read_reals(g, d, b, 1, 1e6, &length, &two)))
		return -1;
	if (two != 2 || length[0] > length[1])
		return ini_bad(d, b, "bursts: least, greatest number of inputs");
	failed = reader_split(e->value, &copy, &part, &g->environments);
	if (failed)
		(void)ini_bad(d, e, "environments: an empty value");
	environment = arena_new(&g->memory->arena, failed ? 0
		: (size_t)g->environments, sizeof *environment);
	g->environment = environment;
	for (int i = 0; i < g->environments && !failed; i++)
		failed = read_environment(g, d, e, part[i], requests, length,
			&environment[i]);
	free(copy);
	free(part);
	return failed ? -1 : 0;
}

static int read_grid(struct grid *g, struct ini *d)
{
	const struct ini_entry *policies = ini_need(d, "grid", "policies");
	const struct ini_entry *deadlines = ini_find(d, "grid", "deadlines");
	const struct ini_entry *levels = ini_find(d, "grid", "levels");
	const struct ini_entry *n = ini_find(d, "grid", "replications");
	const struct ini_entry *seed = ini_find(d, "grid", "seed");
	const struct ini_entry *requests = policies
		? ini_need(d, "workload", "requests") : NULL;
	int64_t x = 1, count;
	static const double usual[] = { 0.4, 0.6, 0.8, 1, 1.25, 1.6, 2 };

	g->deadlines = sizeof usual / sizeof *usual;
	g->deadline = usual;
	g->levels = DEFAULT_LEVELS;
	g->replications = DEFAULT_REPLICATIONS;
	if (!policies || !requests || ini_integer(d, requests, 1,
	    INT64_C(1000000000), &count))
		return -1;
	if (seed && ini_integer(d, seed, 1, UINT32_MAX, &x))
		return -1;
	g->seed = (uint32_t)x;
	if (read_policies(g, d, policies))
		return -1;
	if (deadlines && read_reals(g, d, deadlines, 1e-3, 1e3, &g->deadline,
	    &g->deadlines))
		return -1;
	if (levels && ini_integer(d, levels, 2, MOST, &x))
		return -1;
	g->levels = levels ? (int)x : g->levels;
	if (n && ini_integer(d, n, 1, MOST, &x))
		return -1;
	g->replications = n ? (int)x : g->replications;
	if (g->seed + (uint64_t)g->replications - 1 > UINT32_MAX)
		return ini_bad(d, seed, "seed: the last replication's would be "
			"past 2^32-1");
	if (read_environments(g, d, count))
		return -1;
	for (int i = 0; i < d->entries; i++)
		if (!strcmp(d->entry[i].section, "grid") && !d->entry[i].used)
			return ini_bad(d, &d->entry[i], "unknown key '%s' in "
				"[grid]", d->entry[i].key);
	return 0;
}

/* ---- Levels ------------------------------------------------------------------- */

/* Sections that the grid itself fills in. */
static const char *const own[] = { "arrivals", "deadline", "environment",
	"goal", NULL };

struct key { const char *section, *key, *value; };

static struct workload *build(const struct grid *g, const struct key *put, int n)
{
	struct grid_memory *m = g->memory;
	struct ini *d = ini_read_text(g->file, m->text, m->length);
	struct workload *w = NULL;
	int failed = !d;

	for (int i = 0; i < m->sets && !failed; i++)
		failed = ini_set(d, m->set[i]);
	for (int i = 0; own[i] && !failed; i++)
		if (ini_find_section(d, own[i]))
			failed = msg_bad("%s: [%s] is for the grid to fill in",
				g->file, own[i]);
	if (!failed) {
		ini_drop(d, "grid");
		for (int i = 0; i < n; i++)
			ini_put(d, put[i].section, put[i].key, put[i].value, 0);
		w = workload_build(d, g->seed, m->cache);
	}
	ini_free(d);
	return w;
}

/* Deadlines and levels follow from the profile of the candidates. */
static int find_levels(struct grid *g, const struct workload *w)
{
	const struct profile *p = w->profile;
	double low = 1, high = 0, idle = INFINITY, most = 0, *q, *power;
	int64_t *deadline;

	if (!p->has_energy)
		return msg_bad("%s: the trace has no powers for all networks and "
			"settings", g->file);
	g->slowest_ns = 0;
	for (int i = 0; i < p->nets; i++) {
		double time = profile_cell(p, i, 0)->pass_mean_ns;

		if (p->net[i].kind != NET_SINGLE && time > g->slowest_ns) {
			g->slowest_ns = time;
			g->slowest = p->net[i].name;
		}
		for (int d = p->net[i].mandatory; d <= p->net[i].depths; d++) {
			low = fmin(low, p->net[i].accuracy[d - 1]);
			high = fmax(high, p->net[i].accuracy[d - 1]);
		}
		for (int j = 0; j < p->settings; j++)
			for (int d = 0; d < p->net[i].depths; d++)
				most = fmax(most, profile_cell(p, i, j)->power_w[d]);
	}
	for (int j = 0; j < p->settings; j++)
		idle = fmin(idle, p->idle_power_w[j]);
	if (g->slowest_ns <= 0)
		return msg_bad("%s: no staged or nested network among the "
			"candidates", g->file);
	deadline = arena_new(&g->memory->arena, (size_t)g->deadlines,
		sizeof *deadline);
	q = arena_new(&g->memory->arena, (size_t)g->levels, sizeof *q);
	power = arena_new(&g->memory->arena, (size_t)g->levels, sizeof *power);
	for (int i = 0; i < g->deadlines; i++)
		deadline[i] = llround(g->deadline[i] * g->slowest_ns);
	for (int i = 0; i < g->levels; i++) {
		q[i] = low + (high - low) * i / (g->levels - 1);
		power[i] = idle + (most - idle) * (i + 1) / g->levels;
	}
	g->deadline_ns = deadline;
	g->accuracy = q;
	g->power_w = power;
	return 0;
}

static int probe(struct grid *g)
{
	static const struct key any[] = { { "arrivals", "process", "periodic" },
		{ "arrivals", "period", "1T" },
		{ "deadline", "distribution", "constant" },
		{ "deadline", "value", "1T" } };
	struct workload *w = build(g, any, sizeof any / sizeof *any);
	int failed;

	if (!w)
		return -1;
	g->device = keep(g, w->bundle->device);
	g->task = keep(g, w->bundle->task);
	g->modelled = w->bundle->modelled;
	failed = find_levels(g, w);
	workload_free(w);
	/* Each environment once: a name may be wrong. */
	for (int i = 0; i < g->environments && !failed; i++) {
		w = grid_workload(g, i * (grid_settings(g) / g->environments),
			0);
		failed = !w;
		workload_free(w);
	}
	return failed ? -1 : 0;
}

/* ---- Reading and points ---------------------------------------------------------- */

struct grid *grid_read(const char *path, int n, const char *const *sets)
{
	struct grid *g = mem_new(1, sizeof *g);
	struct grid_memory *m = g->memory = mem_new(1, sizeof *g->memory);
	struct ini *d = NULL;
	int failed;

	m->cache = trace_cache_new();
	m->set = arena_new(&m->arena, (size_t)n, sizeof *m->set);
	g->file = keep(g, path);
	failed = file_read(path, LARGEST_FILE, &m->text, &m->length);
	if (!failed) {
		d = ini_read_text(path, m->text, m->length);
		failed = !d;
	}
	for (int i = 0; i < n && !failed; i++) {
		failed = ini_set(d, sets[i]);
		/* Those of [grid] are used here, the others by each point. */
		if (strncmp(sets[i], "grid.", 5))
			m->set[m->sets++] = keep(g, sets[i]);
	}
	failed = failed || read_grid(g, d) || probe(g);
	ini_free(d);
	if (!failed)
		return g;
	grid_free(g);
	return NULL;
}

void grid_free(struct grid *g)
{
	if (!g)
		return;
	for (int i = 0; i < g->policies; i++)
		choice_fini(&g->choice[i]);
	trace_cache_free(g->memory->cache);
	arena_fini(&g->memory->arena);
	free(g->memory->text);
	free(g->memory);
	free(g);
}

int grid_settings(const struct grid *g)
{
	return g->environments * 2 * g->deadlines * g->levels;
}

struct grid_setting grid_setting(const struct grid *g, int number)
{
	struct grid_setting s = { .level = number % g->levels };

	number /= g->levels;
	s.deadline = number % g->deadlines;
	number /= g->deadlines;
	s.objective = number % 2 ? OBJECTIVE_ACCURACY : OBJECTIVE_ENERGY;
	s.environment = number / 2;
	return s;
}

struct workload *grid_workload(const struct grid *g, int number, int replication)
{
	struct grid_setting s = grid_setting(g, number);
	bool energy = s.objective == OBJECTIVE_ENERGY;
	int64_t deadline = g->deadline_ns[s.deadline];
	char time[40], level[40];

	(void)snprintf(time, sizeof time, "%lldns", (long long)deadline);
	(void)snprintf(level, sizeof level, "%.9g", energy ? g->accuracy[s.level]
		: g->power_w[s.level] * 1e-9 * (double)deadline);

	const struct key keys[] = { { "arrivals", "process", "periodic" },
		{ "arrivals", "period", time },
		{ "deadline", "distribution", "constant" },
		{ "deadline", "value", time }, { "environment", "timeline",
			g->environment[s.environment].timeline[replication] },
		{ "goal", "objective", energy ? "energy" : "accuracy" },
		{ "goal", energy ? "accuracy" : "energy_j", level } };

	return build(g, keys, sizeof keys / sizeof *keys);
}

struct grid_result grid_result(const struct outcome *o)
{
	const struct metrics *m = &o->metrics;

	return (struct grid_result){ .violated = m->violated_ratio,
		.missed = m->miss_ratio, .energy_j = m->goal_energy_j,
		.error = m->goal_error, .accuracy = m->accuracy };
}
