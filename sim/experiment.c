#include "experiment.h"

#include "file.h"
#include "msg.h"
#include "num.h"
#include "workload_build.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_FILE ((size_t)4 << 20)
#define MOST_POINTS INT64_C(1000000000)
enum { DEFAULT_REPLICATIONS = 10, MOST_REPLICATIONS = 1000000 };

struct experiment_memory {
	struct arena arena;
	char *text;                 /* the file */
	size_t length;
	int sets;
	const char **set;           /* overrides of the workload's own keys */
	int *axis_line;             /* 0: given by an override */
	struct trace_cache *cache;
};

static const char *keep(struct experiment *e, const char *s)
{
	size_t n = strlen(s) + 1;
	return memcpy(arena_new(&e->memory->arena, n, 1), s, n);
}

static char *trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	for (n = strlen(s); n && (s[n - 1] == ' ' || s[n - 1] == '\t'); n--)
		s[n - 1] = 0;
	return s;
}

/* ---- [axis] ------------------------------------------------------------------------ */

static int read_values(struct experiment *e, const struct ini *d,
	const struct ini_entry *entry, struct experiment_axis *axis)
{
	char *text = arena_new(&e->memory->arena, strlen(entry->value) + 1, 1);
	char separator = strchr(entry->value, '|') ? '|' : ',';
	const char **value;
	int n = 1;

	text = trim(strcpy(text, entry->value));
	if (separator == '|' && *text && text[strlen(text) - 1] == '|')
		text[strlen(text) - 1] = 0;
	for (const char *s = text; (s = strchr(s, separator)); s++)
		n++;
	value = arena_new(&e->memory->arena, (size_t)n, sizeof *value);
	for (int i = 0; i < n; i++) {
		char *next;
		assert(text);       /* n counts the separators */
		next = strchr(text, separator);
		if (next)
			*next++ = 0;
		value[i] = trim(text);
		text = next;
		if (!*value[i])
			return ini_bad(d, entry, "axis %s: an empty value",
				entry->key);
		for (int k = 0; k < i; k++)
			if (!strcmp(value[k], value[i]))
				return ini_bad(d, entry, "axis %s: '%.60s' is "
					"listed twice", entry->key, value[i]);
	}
	axis->key = keep(e, entry->key);
	axis->values = n;
	axis->value = value;
	return 0;
}

static int read_axis(struct experiment *e, struct experiment_axis *axis,
	const struct ini *d, const struct ini_entry *entry)
{
	const char *dot = strchr(entry->key, '.');

	if (!dot || dot == entry->key || !dot[1])
		return ini_bad(d, entry, "axis %s: section.key expected",
			entry->key);
	if (!strncmp(entry->key, "axis.", 5) || !strncmp(entry->key, "sweep.", 6))
		return ini_bad(d, entry, "axis %s: not a key of a workload",
			entry->key);
	if (read_values(e, d, entry, axis))
		return -1;
	if (e->points > MOST_POINTS / axis->values)
		return ini_bad(d, entry, "more than %lld points",
			(long long)MOST_POINTS);
	e->points *= axis->values;
	e->memory->axis_line[e->axes++] = entry->line;
	return 0;
}

static int read_axes(struct experiment *e, const struct ini *d)
{
	struct experiment_axis *axis;
	int n = 0;

	for (int i = 0; i < d->entries; i++)
		n += !strcmp(d->entry[i].section, "axis");
	e->axis = axis = arena_new(&e->memory->arena, (size_t)n, sizeof *axis);
	e->memory->axis_line = arena_new(&e->memory->arena, (size_t)n,
		sizeof *e->memory->axis_line);
	for (int i = 0; i < d->entries; i++)
		if (!strcmp(d->entry[i].section, "axis")
		    && read_axis(e, &axis[e->axes], d, &d->entry[i]))
			return -1;
	return 0;
}

/* ---- [sweep] ------------------------------------------------------------------------ */

static int read_policies(struct experiment *e, const struct ini *d,
	const struct ini_entry *entry)
{
	char *copy = mem_string(entry->value), *save = NULL;
	const char **policy;
	int failed = 0;

	policy = arena_new(&e->memory->arena, strlen(copy) / 2 + 1,
		sizeof *policy);
	e->policy = policy;
	for (char *s = strtok_r(copy, " \t", &save); s && !failed;
	     s = strtok_r(NULL, " \t", &save)) {
		for (int i = 0; i < e->policies && !failed; i++)
			if (!strcmp(policy[i], s))
				failed = ini_bad(d, entry, "policies: '%.80s' is "
					"listed twice", s);
		policy[e->policies++] = keep(e, s);
	}
	free(copy);
	if (!failed && !e->policies)
		failed = ini_bad(d, entry, "policies: at least one expected");
	return failed;
}

static int read_sweep(struct experiment *e, struct ini *d)
{
	const struct ini_entry *policies = ini_need(d, "sweep", "policies");
	const struct ini_entry *replications = ini_find(d, "sweep",
		"replications");
	const struct ini_entry *seed = ini_find(d, "sweep", "seed");
	int64_t n = DEFAULT_REPLICATIONS, first = 1;

	if (!policies || read_policies(e, d, policies))
		return -1;
	if (replications && ini_integer(d, replications, 1, MOST_REPLICATIONS,
	    &n))
		return -1;
	if (seed && ini_integer(d, seed, 1, UINT32_MAX, &first))
		return -1;
	if (first + n - 1 > UINT32_MAX)
		return ini_bad(d, seed, "seed: the last replication's would be "
			"past 2^32-1");
	for (int i = 0; i < d->entries; i++)
		if (!strcmp(d->entry[i].section, "sweep") && !d->entry[i].used)
			return ini_bad(d, &d->entry[i], "unknown key '%s' in "
				"[sweep]", d->entry[i].key);
	e->replications = (int)n;
	e->seed = (uint32_t)first;
	return 0;
}

/* ---- Reading --------------------------------------------------------------------------- */

/* An override concerns an axis, the sweep, or the workload of every point. */
static int take_set(struct experiment *e, struct ini *d, const char *set)
{
	if (ini_set(d, set))
		return -1;
	if (strncmp(set, "axis.", 5) && strncmp(set, "sweep.", 6))
		e->memory->set[e->memory->sets++] = keep(e, set);
	return 0;
}

static int check_sets(const struct experiment *e)
{
	for (int i = 0; i < e->memory->sets; i++) {
		const char *set = e->memory->set[i];
		size_t n = strcspn(set, "=");
		for (int k = 0; k < e->axes; k++)
			if (strlen(e->axis[k].key) == n
			    && !strncmp(e->axis[k].key, set, n))
				return msg_bad("--set %.*s: an axis of this "
					"experiment; set axis.%.*s", (int)n, set,
					(int)n, set);
	}
	return 0;
}

static int read_all(struct experiment *e, struct ini *d, int n,
	const char *const *sets)
{
	e->memory->set = arena_new(&e->memory->arena, (size_t)n,
		sizeof *e->memory->set);
	for (int i = 0; i < n; i++)
		if (take_set(e, d, sets[i]))
			return -1;
	return read_axes(e, d) || check_sets(e) || read_sweep(e, d) ? -1 : 0;
}

struct experiment *experiment_read(const char *path, int n,
	const char *const *sets)
{
	struct experiment *e = mem_new(1, sizeof *e);
	struct ini *d = NULL;
	int failed;

	e->memory = mem_new(1, sizeof *e->memory);
	e->memory->cache = trace_cache_new();
	e->file = keep(e, path);
	e->points = 1;
	failed = file_read(path, LARGEST_FILE, &e->memory->text,
		&e->memory->length);
	if (!failed) {
		d = ini_read_text(path, e->memory->text, e->memory->length);
		failed = !d || read_all(e, d, n, sets);
	}
	ini_free(d);
	if (failed) {
		experiment_free(e);
		return NULL;
	}
	return e;
}

void experiment_free(struct experiment *e)
{
	if (!e)
		return;
	trace_cache_free(e->memory->cache);
	arena_fini(&e->memory->arena);
	free(e->memory->text);
	free(e->memory);
	free(e);
}

/* ---- Points ------------------------------------------------------------------------------ */

const char *experiment_value(const struct experiment *e, int64_t point, int axis)
{
	for (int i = e->axes - 1; i > axis; i--)
		point /= e->axis[i].values;
	return e->axis[axis].value[point % e->axis[axis].values];
}

struct workload *experiment_workload(struct experiment *e, int64_t point,
	uint32_t seed)
{
	struct experiment_memory *m = e->memory;
	struct ini *d = ini_read_text(e->file, m->text, m->length);
	struct workload *w = NULL;
	int failed = !d;

	for (int i = 0; i < m->sets && !failed; i++)
		failed = ini_set(d, m->set[i]);
	if (!failed) {
		ini_drop(d, "axis");
		ini_drop(d, "sweep");
		for (int i = 0; i < e->axes; i++) {
			const char *key = strchr(e->axis[i].key, '.') + 1;
			char *section = mem_string_n(e->axis[i].key,
				(size_t)(key - 1 - e->axis[i].key));
			ini_put(d, section, key, experiment_value(e, point, i),
				m->axis_line[i]);
			free(section);
		}
		w = workload_build(d, seed, m->cache);
	}
	ini_free(d);
	return w;
}
