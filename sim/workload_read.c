/* Reading a workload: its INI, checked against its trace bundle. The keys are
 * those of DESIGN.md, "Workload file", and of workloads.md 3 to 6 (paper/spec). */
#include "file.h"
#include "msg.h"
#include "num.h"
#include "workload_build.h"
#include "workload_units.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DEVICES = 1024 };
#define MOST_REQUESTS INT64_C(1000000000000)
#define LARGEST_FILE ((size_t)4 << 20)

/* ---- Keys --------------------------------------------------------------------- */

struct ini_entry *reader_find(struct reader *r, const char *section,
	const char *key)
{
	struct ini_entry *e = ini_find(r->d, section, key);
	return e && !e->line && !*e->value ? NULL : e;
}

struct ini_entry *reader_need(struct reader *r, const char *section,
	const char *key)
{
	struct ini_entry *e = ini_need(r->d, section, key);

	if (e && !*e->value) {
		(void)ini_bad(r->d, e, "%s: a value expected", key);
		return NULL;
	}
	return e;
}

int reader_bad_time(struct reader *r, const struct ini_entry *e,
	const char *text, const char *reason)
{
	return ini_bad(r->d, e, "%s = '%.80s': %s", e->key, text, reason);
}

int reader_time(struct reader *r, const struct ini_entry *e, int64_t min,
	int64_t *out)
{
	int64_t t;
	const char *reason = units_time(e->value, r->w->full_ns, &t);

	if (!reason && t < min)
		reason = "a time above 0 expected";
	if (reason)
		return reader_bad_time(r, e, e->value, reason);
	*out = t;
	return 0;
}

int reader_path(struct reader *r, const struct ini_entry *e,
	const char **out)
{
	size_t n = strlen(e->value) + 1;

	if (*e->value == ';' || strstr(e->value, " ;")
	    || strstr(e->value, "\t;"))
		return ini_bad(r->d, e, "%s: ';' after a blank begins a comment",
			e->key);
	*out = memcpy(arena_new(r->arena, n, 1), e->value, n);
	return 0;
}

int reader_split(const char *value, char **copy, char ***part, int *n)
{
	size_t room = 0;
	int failed = 0;
	char *s = *copy = mem_string(value);

	*part = NULL;
	*n = 0;
	for (bool more = true; more; ) {
		char *end = s + strcspn(s, ","), *next = end + 1;
		more = *end;
		while (*s == ' ' || *s == '\t')
			s++;
		while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		*end = 0;
		MEM_ROOM(*part, *n, room);
		(*part)[(*n)++] = s;
		failed |= !*s;
		s = next;
	}
	return failed ? -1 : 0;
}

/* ---- [workload] ----------------------------------------------------------------- */

/* A list of names of the bundle, each once, as the bundle's numbers. */
static int read_names(struct reader *r, const struct ini_entry *e,
	int (*number)(const struct bundle *, const char *), const char *what,
	int *count, const int **out)
{
	char *copy, **part;
	int *found, n, failed;

	failed = reader_split(e->value, &copy, &part, &n)
		? ini_bad(r->d, e, "%s: an empty name", e->key) : 0;
	found = arena_new(r->arena, (size_t)n, sizeof *found);
	for (int i = 0; i < n && !failed; i++) {
		found[i] = number(r->w->bundle, part[i]);
		if (found[i] < 0)
			failed = ini_bad(r->d, e, "%s: %s has no %s '%.60s'",
				e->key, r->w->bundle->dir, what, part[i]);
		for (int k = 0; k < i && !failed; k++)
			if (found[k] == found[i])
				failed = ini_bad(r->d, e, "%s: '%.60s' is listed "
					"twice", e->key, part[i]);
	}
	*count = n;
	*out = found;
	free(part);
	free(copy);
	return failed;
}

static int read_candidates(struct reader *r)
{
	struct workload *w = r->w;
	const struct ini_entry *trace = reader_need(r, "workload", "trace");
	const struct ini_entry *networks = trace
		? reader_need(r, "workload", "networks") : NULL;
	const struct ini_entry *settings = reader_find(r, "workload", "settings");
	const char *dir = NULL;

	if (!networks || reader_path(r, trace, &dir))
		return -1;
	w->bundle = r->cache ? trace_cache_bundle(r->cache, dir)
		: bundle_read(dir);
	if (!w->bundle)
		return -1;
	if (read_names(r, networks, bundle_find_net, "network", &w->nets,
	    &w->net))
		return -1;
	if (settings) {
		if (read_names(r, settings, bundle_find_setting, "setting",
		    &w->settings, &w->setting))
			return -1;
	} else {
		w->settings = 1;
		w->setting = arena_new(r->arena, 1, sizeof *w->setting);
	}
	for (int i = 0; i < w->nets; i++)
		for (int k = 0; k < w->settings; k++)
			if (!bundle_cell(w->bundle, w->net[i], w->setting[k],
			    0)->samples)
				return ini_bad(r->d, networks, "networks: %s has "
					"no samples of '%s' at setting '%s' in "
					"the environment 'default'", dir,
					w->bundle->net[w->net[i]].name,
					w->bundle->setting[w->setting[k]].name);
	w->profile = r->cache ? trace_cache_profile(r->cache, w->bundle,
		w->nets, w->net, w->settings, w->setting)
		: profile_new(w->bundle, w->nets, w->net, w->settings,
			w->setting);
	if (!w->profile)
		return -1;
	w->full_ns = llround(profile_cell(w->profile, 0, 0)->pass_mean_ns);
	return 0;
}

static int read_counts(struct reader *r)
{
	struct workload *w = r->w;
	const struct ini_entry *requests = reader_find(r, "workload", "requests");
	const struct ini_entry *warmup = reader_find(r, "workload", "warmup");
	const struct ini_entry *devices = reader_find(r, "workload", "devices");
	int64_t n = 1;

	w->requests = -1;           /* of a replay: all rows */
	if (requests && ini_integer(r->d, requests, 1, MOST_REQUESTS,
	    &w->requests))
		return -1;
	if (!requests && w->process != PROCESS_REPLAY
	    && !reader_need(r, "workload", "requests"))
		return -1;
	if (warmup && ini_integer(r->d, warmup, 0, MOST_REQUESTS, &w->warmup))
		return -1;
	if (devices && ini_integer(r->d, devices, 1, MOST_DEVICES, &n))
		return -1;
	w->devices = (int)n;
	return 0;
}

/* ---- [deadline] ------------------------------------------------------------------- */

static int read_deadline(struct reader *r)
{
	static const char *const words[] = { "uniform", "constant", NULL };
	struct workload *w = r->w;
	const struct ini_entry *distribution, *min, *max, *value;
	int constant;

	if (w->process == PROCESS_REPLAY && !ini_find_section(r->d, "deadline"))
		return 0;
	distribution = reader_need(r, "deadline", "distribution");
	if (!distribution || ini_word(r->d, distribution, words, &constant))
		return -1;
	min = reader_find(r, "deadline", "min");
	max = reader_find(r, "deadline", "max");
	value = reader_find(r, "deadline", "value");
	if (constant && (min || max))
		return ini_bad(r->d, min ? min : max, "%s is a key of "
			"distribution = uniform, not of constant",
			min ? "min" : "max");
	if (!constant && value)
		return ini_bad(r->d, value, "value is a key of distribution = "
			"constant, not of uniform");
	if (constant) {
		if (!(value = reader_need(r, "deadline", "value"))
		    || reader_time(r, value, 1, &w->deadline_min_ns))
			return -1;
		w->deadline_max_ns = w->deadline_min_ns;
	} else {
		if (!(min = reader_need(r, "deadline", "min"))
		    || !(max = reader_need(r, "deadline", "max"))
		    || reader_time(r, min, 1, &w->deadline_min_ns)
		    || reader_time(r, max, 1, &w->deadline_max_ns))
			return -1;
		if (w->deadline_min_ns > w->deadline_max_ns)
			return ini_bad(r->d, max, "max = %s is below min",
				max->value);
	}
	w->mean_deadline_ns = ((double)w->deadline_min_ns
		+ (double)w->deadline_max_ns) / 2;
	return 0;
}

/* ---- [goal], [overhead] ---------------------------------------------------------------- */

static int read_goal(struct reader *r)
{
	static const char *const words[] = { "accuracy", "energy", NULL };
	struct goal *g = &r->w->goal;
	const struct ini_entry *objective, *accuracy, *energy;
	int what;

	*g = (struct goal){ OBJECTIVE_NONE, NAN, NAN };
	objective = reader_find(r, "goal", "objective");
	accuracy = reader_find(r, "goal", "accuracy");
	energy = reader_find(r, "goal", "energy_j");
	if (!objective && !accuracy && !energy)
		return 0;
	if (!(objective = reader_need(r, "goal", "objective"))
	    || ini_word(r->d, objective, words, &what))
		return -1;
	if (!what && !energy)
		return ini_bad(r->d, objective, "objective = accuracy needs "
			"energy_j");
	if (what && !accuracy)
		return ini_bad(r->d, objective, "objective = energy needs "
			"accuracy");
	if ((accuracy && ini_real(r->d, accuracy, 0, 1, &g->accuracy))
	    || (energy && ini_real(r->d, energy, 1e-12, 1e12, &g->energy_j)))
		return -1;
	g->objective = what ? OBJECTIVE_ENERGY : OBJECTIVE_ACCURACY;
	return 0;
}

static int read_overhead(struct reader *r)
{
	const struct ini_entry *e = reader_find(r, "overhead", "decision");
	struct workload *w = r->w;

	w->overhead = OVERHEAD_FIXED;
	if (!e)
		return 0;
	if (!strcmp(e->value, "measured")) {
		w->overhead = OVERHEAD_MEASURED;
		return 0;
	}
	if (strcmp(e->value, "trace"))
		return reader_time(r, e, 0, &w->decision_ns);
	w->overhead = OVERHEAD_TRACE;
	for (int i = 0; i < w->settings; i++) {
		const struct bundle_overhead *o
			= &w->bundle->overhead[w->setting[i]];
		if (!o->decisions || !o->launches)
			return ini_bad(r->d, e, "decision = trace: %s has no "
				"overhead.csv rows for setting '%s'",
				w->bundle->dir,
				w->bundle->setting[w->setting[i]].name);
	}
	return 0;
}

/* ---- All of it ------------------------------------------------------------------------ */

/* A resolved line that the reader would refuse must not come about. */
static int check_lines(struct reader *r)
{
	for (const char *s = r->w->resolved; *s; ) {
		size_t n = strcspn(s, "\n");
		if (n > INI_LONGEST_LINE)
			return ini_bad(r->d, NULL, "the line '%.20s...' of the "
				"resolved file has more than %d characters", s,
				INI_LONGEST_LINE);
		s += n + 1;
	}
	return 0;
}

static int build(struct reader *r)
{
	for (int i = 0; i < r->d->sections; i++) {
		const struct ini_section *s = &r->d->section[i];
		if (!strcmp(s->name, "axis") || !strcmp(s->name, "sweep"))
			return s->line ? ini_bad_line(r->d, s->line, "[%s] "
				"belongs to an experiment (laxity sweep)", s->name)
				: msg_bad("--set %s: [%s] belongs to an "
				"experiment (laxity sweep)", s->name, s->name);
	}
	if (read_candidates(r) || reader_process(r) || read_counts(r)
	    || read_deadline(r) || reader_arrivals(r) || reader_inputs(r)
	    || reader_environment(r) || read_goal(r) || read_overhead(r)
	    || ini_unused(r->d))
		return -1;
	r->w->resolved = workload_resolve(r->w, &r->given);
	return check_lines(r);
}

struct workload *workload_build(struct ini *d, uint32_t seed,
	struct trace_cache *cache)
{
	struct workload *w = mem_new(1, sizeof *w);
	struct reader r = { .d = d, .w = w, .cache = cache, .seed = seed };

	w->memory = mem_new(1, sizeof *w->memory);
	w->memory->shared = cache;
	r.arena = &w->memory->arena;
	w->file = strcpy(arena_new(r.arena, strlen(d->file) + 1, 1), d->file);
	if (build(&r)) {
		workload_free(w);
		return NULL;
	}
	return w;
}

struct workload *workload_parse(const char *name, const char *text,
	size_t length, int n, const char *const *sets, uint32_t seed)
{
	struct ini *d = ini_read_text(name, text, length);
	struct workload *w = NULL;
	int failed = !d;

	for (int i = 0; i < n && !failed; i++)
		failed = ini_set(d, sets[i]);
	if (!failed)
		w = workload_build(d, seed, NULL);
	ini_free(d);
	return w;
}

struct workload *workload_read(const char *path, int n, const char *const *sets,
	uint32_t seed)
{
	char *text;
	size_t length;
	struct workload *w;

	if (file_read(path, LARGEST_FILE, &text, &length))
		return NULL;
	w = workload_parse(path, text, length, n, sets, seed);
	free(text);
	return w;
}

/* A trace of a busy machine: its slowest hundredth is what policies plan with. */
static void remark_slow(const struct workload *w)
{
	const struct profile_cell *c = profile_cell(w->profile, 0, 0);
	int64_t slow = 0;

	for (int d = 0; d < w->profile->net[0].mandatory; d++)
		slow += c->p99_ns[d];
	if (w->mean_deadline_ns > 0 && (double)slow > w->mean_deadline_ns)
		msg_remark("%s: in the slowest hundredth the mandatory stages of %s "
			"take %.3f ms and more, the mean deadline is %.3f ms: "
			"policies that plan with that start few requests",
			w->bundle->dir, w->profile->net[0].name,
			1e-6 * (double)slow, 1e-6 * w->mean_deadline_ns);
}

void workload_remark(const struct workload *w)
{
	remark_slow(w);
	if (w->bundle->modelled)
		msg_remark("%s is modelled, not measured", w->bundle->dir);
	if (w->replay_unchecked)
		msg_remark("%s states no statistics, so none were checked",
			w->replay_file);
}

void workload_free(struct workload *w)
{
	if (!w)
		return;
	if (!w->memory->shared) {
		bundle_free(w->bundle);
		profile_free(w->profile);
	}
	arena_fini(&w->memory->arena);
	free(w->memory);
	free(w->resolved);
	free(w);
}
