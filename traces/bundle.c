/* Reading a bundle: trace.ini, then the tables it vouches for. A table's rows
 * are checked before its checksum, since "line 17: depth 0" helps more than
 * "the file has changed". */
#include "bundle_parts.h"

#include "../sim/file.h"
#include "../sim/ini.h"
#include "../sim/msg.h"
#include "../sim/num.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LARGEST_INI ((size_t)1 << 20)

static const char *const settings_columns[] = { "setting", "sm_count",
	"power_cap_w", "clock_mhz", "idle_power_w", NULL };
static const char *const outcomes_columns[] = { "network", "input", "depth",
	"confidence", "correct", NULL };
static const char *const timing_columns[] = { "network", "setting",
	"environment", "sample", "depth", "duration_ns", "device_ns", NULL };
static const char *const power_columns[] = { "network", "setting", "depth",
	"power_w", "stderr_w", NULL };
static const char *const overhead_columns[] = { "setting", "kind", "sample",
	"duration_ns", NULL };

const struct bundle_table bundle_table[TABLES] = {
	[TABLE_SETTINGS] = { "settings.csv", settings_columns, 0 },
	[TABLE_OUTCOMES] = { "outcomes.csv", outcomes_columns, 0 },
	[TABLE_TIMING] = { "timing.csv", timing_columns, 0 },
	[TABLE_POWER] = { "power.csv", power_columns, 0 },
	[TABLE_OVERHEAD] = { "overhead.csv", overhead_columns, 1 },
};

const char *const bundle_net_kinds[] = { "staged", "nested", "single", NULL };

static int (*const take[TABLES])(struct bundle *, struct csv *) = {
	[TABLE_SETTINGS] = bundle_take_settings,
	[TABLE_OUTCOMES] = bundle_take_outcomes,
	[TABLE_TIMING] = bundle_take_timing,
	[TABLE_POWER] = bundle_take_power,
	[TABLE_OVERHEAD] = bundle_take_overhead,
};

static const char *keep(struct bundle *b, const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(arena_new(&b->memory->arena, n, 1), s, n);
}

/* ---- trace.ini ------------------------------------------------------------------ */

static int take_string(struct bundle *b, struct ini *d, const char *key,
	const char **out)
{
	const struct ini_entry *e = ini_need(d, "trace", key);

	if (!e)
		return -1;
	if (!*e->value)
		return ini_bad(d, e, "%s is empty", key);
	*out = keep(b, e->value);
	return 0;
}

static int take_count(struct ini *d, const char *section, const char *key,
	int64_t max, int *out)
{
	const struct ini_entry *e = ini_need(d, section, key);
	int64_t x;

	if (!e || ini_integer(d, e, 1, max, &x))
		return -1;
	*out = (int)x;
	return 0;
}

static int take_trace(struct bundle *b, struct ini *d)
{
	const struct ini_entry *e = ini_need(d, "trace", "format");
	int64_t format;

	if (!e)
		return -1;
	if (num_integer(e->value, &format) || format != 1)
		return ini_bad(d, e, "format '%.40s' is not known, this program "
			"reads format 1", e->value);
	b->mandatory_depth = 1;
	if (take_string(b, d, "device", &b->device)
	    || take_string(b, d, "task", &b->task)
	    || take_count(d, "trace", "classes", 1000000000, &b->classes)
	    || take_count(d, "trace", "inputs", BUNDLE_MAX_INPUTS, &b->inputs))
		return -1;
	if (ini_find(d, "trace", "mandatory_depth"))
		return take_count(d, "trace", "mandatory_depth",
			BUNDLE_MAX_DEPTH, &b->mandatory_depth);
	return 0;
}

static int take_network(struct bundle *b, struct ini *d,
	const struct ini_section *s, const char *name)
{
	struct bundle_net *net = &b->memory->net[b->nets];
	const struct ini_entry *e = ini_need(d, s->name, "kind");
	int kind;

	if (!e || ini_word(d, e, bundle_net_kinds, &kind))
		return -1;
	net->kind = (enum net_kind)kind;
	if (take_count(d, s->name, "depths", BUNDLE_MAX_DEPTH, &net->depths))
		return -1;
	if (net->kind == NET_SINGLE && net->depths != 1)
		return ini_bad(d, ini_find(d, s->name, "depths"),
			"a single network has 1 depth, not %d", net->depths);
	net->mandatory = b->mandatory_depth < net->depths
		? b->mandatory_depth : net->depths;
	net->name = keep(b, name);
	(void)names_add(&b->memory->nets, net->name);
	b->nets++;
	return 0;
}

static int take_networks(struct bundle *b, struct ini *d)
{
	static const char prefix[] = "network ";
	const size_t n = sizeof prefix - 1;

	b->memory->net = arena_new(&b->memory->arena, (size_t)d->sections,
		sizeof *b->memory->net);
	b->net = b->memory->net;
	for (int i = 0; i < d->sections; i++) {
		const struct ini_section *s = &d->section[i];
		if (strncmp(s->name, prefix, n))
			continue;
		if (!num_is_name(s->name + n))
			return ini_bad_line(d, s->line, "[%s]: one name "
				"expected", s->name);
		if (b->nets == BUNDLE_MAX_NAMES)
			return ini_bad_line(d, s->line, "more than %d networks",
				BUNDLE_MAX_NAMES);
		if (take_network(b, d, s, s->name + n))
			return -1;
	}
	if (b->nets == 0)
		return ini_bad_line(d, 0, "no section [network NAME]");
	return 0;
}

static void take_provenance(struct bundle *b, struct ini *d)
{
	struct arena *a = &b->memory->arena;
	const char **key = arena_new(a, (size_t)d->entries, sizeof *key);
	const char **value = arena_new(a, (size_t)d->entries, sizeof *value);

	(void)ini_find_section(d, "provenance");
	for (int i = 0; i < d->entries; i++) {
		struct ini_entry *e = &d->entry[i];
		if (strcmp(e->section, "provenance"))
			continue;
		e->used = true;
		key[b->provenances] = keep(b, e->key);
		value[b->provenances++] = keep(b, e->value);
		b->modelled |= !strcmp(e->key, "modelled");
	}
	b->provenance_key = key;
	b->provenance_value = value;
}

/* [files] names the tables that are there, and nothing else. */
static int check_files(struct bundle *b, struct ini *d,
	const struct ini_entry *listed[TABLES])
{
	for (int t = 0; t < TABLES; t++) {
		const struct bundle_table *table = &bundle_table[t];
		char *path;
		int absent;

		listed[t] = table->optional
			? ini_find(d, "files", table->file)
			: ini_need(d, "files", table->file);
		if (!listed[t] && !table->optional)
			return -1;
		if (listed[t] && !sha256_is_hex(listed[t]->value))
			return ini_bad(d, listed[t], "%s: a SHA-256 of 64 "
				"hexadecimal digits in lower case expected",
				table->file);
		path = mem_printf("%s/%s", b->dir, table->file);
		absent = access(path, F_OK);
		free(path);
		if (listed[t] && absent)
			return ini_bad(d, listed[t], "%s is listed, but not "
				"there", table->file);
		if (!listed[t] && !absent)
			return ini_bad_line(d, ini_find_section(d, "files")->line,
				"%s is there, but not listed", table->file);
	}
	return 0;
}

static int ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

/* A CSV of another name would be read by nobody, and vouched for by nobody. */
static int check_strays(const struct bundle *b)
{
	DIR *dir = opendir(b->dir);
	char *stray = NULL;
	int status = 0;

	if (!dir)
		return msg_bad("%s: cannot open: %s", b->dir, strerror(errno));
	for (struct dirent *e; (e = readdir(dir));) {
		int known = !ends_with(e->d_name, ".csv");
		for (int t = 0; t < TABLES; t++)
			known |= !strcmp(e->d_name, bundle_table[t].file);
		/* The first by name, whatever order the directory has. */
		if (known || (stray && strcmp(stray, e->d_name) < 0))
			continue;
		free(stray);
		stray = mem_string(e->d_name);
	}
	(void)closedir(dir);
	if (stray)
		status = msg_bad("%s/%s: not a file of the format", b->dir,
			stray);
	free(stray);
	return status;
}

static struct ini *read_ini(struct bundle *b, char hash[SHA256_HEX])
{
	char *path = mem_printf("%s/trace.ini", b->dir), *text;
	struct ini *d = NULL;
	size_t length;
	int line = 1;

	if (file_read(path, LARGEST_INI, &text, &length)) {
		free(path);
		return NULL;
	}
	if (length && text[length - 1] == '\n') {
		d = ini_read_text(path, text, length);
		sha256_hex(text, length, hash);
	} else {
		for (size_t i = 0; i < length; i++)
			line += text[i] == '\n';
		(void)msg_bad("%s:%d: %s", path, line, length
			? "the last line has no line end: cut short?"
			: "an empty file");
	}
	free(text);
	free(path);
	return d;
}

/* ---- All of it -------------------------------------------------------------------- */

static int read_table(struct bundle *b, struct ini *d, int t,
	const struct ini_entry *listed, char hash[SHA256_HEX])
{
	const struct bundle_table *table = &bundle_table[t];
	char *path = mem_printf("%s/%s", b->dir, table->file);
	struct csv c;
	int status = csv_open(&c, path, BUNDLE_MAX_BYTES, table->columns);

	if (status)
		goto out;
	status = take[t](b, &c);
	if (!status) {
		sha256_hex(c.text, c.length, hash);
		if (strcmp(hash, listed->value))
			status = ini_bad(d, listed, "%s has changed: its "
				"SHA-256 is %s", table->file, hash);
	}
	csv_close(&c);
out:
	free(path);
	return status;
}

void bundle_hash(char out[SHA256_HEX], const char ini[SHA256_HEX],
	char table[TABLES][SHA256_HEX])
{
	struct text t;

	text_init(&t);
	text_add(&t, "%s  trace.ini\n", ini);
	for (int i = 0; i < TABLES; i++)
		if (*table[i])
			text_add(&t, "%s  %s\n", table[i], bundle_table[i].file);
	sha256_hex(t.s, t.length, out);
	text_fini(&t);
}

static int read_bundle(struct bundle *b)
{
	const struct ini_entry *listed[TABLES];
	char ini_hash[SHA256_HEX], hash[TABLES][SHA256_HEX] = { "" };
	struct ini *d;
	int status;

	if (check_strays(b))
		return -1;
	d = read_ini(b, ini_hash);
	if (!d)
		return -1;
	status = take_trace(b, d) || take_networks(b, d) ? -1 : 0;
	if (!status) {
		take_provenance(b, d);
		status = check_files(b, d, listed);
	}
	if (!status)
		status = ini_unused(d);
	for (int t = 0; t < TABLES && !status; t++)
		if (listed[t])
			status = read_table(b, d, t, listed[t], hash[t]);
	if (!status && !b->overhead)
		b->overhead = arena_new(&b->memory->arena, (size_t)b->settings,
			sizeof *b->overhead);
	if (!status)
		bundle_hash(b->sha256, ini_hash, hash);
	ini_free(d);
	return status;
}

struct bundle *bundle_read(const char *dir)
{
	struct bundle *b = mem_new(1, sizeof *b);
	size_t n = strlen(dir);
	char *path;

	while (n > 1 && dir[n - 1] == '/')
		n--;
	path = mem_string_n(dir, n);
	b->memory = mem_new(1, sizeof *b->memory);
	b->dir = keep(b, path);
	free(path);
	if (read_bundle(b)) {
		bundle_free(b);
		return NULL;
	}
	return b;
}

void bundle_free(struct bundle *b)
{
	if (!b)
		return;
	names_fini(&b->memory->nets);
	names_fini(&b->memory->settings);
	names_fini(&b->memory->environments);
	arena_fini(&b->memory->arena);
	free(b->memory);
	free(b);
}

int bundle_find_net(const struct bundle *b, const char *name)
{
	for (int i = 0; i < b->nets; i++)
		if (!strcmp(b->net[i].name, name))
			return i;
	return -1;
}

int bundle_find_setting(const struct bundle *b, const char *name)
{
	for (int i = 0; i < b->settings; i++)
		if (!strcmp(b->setting[i].name, name))
			return i;
	return -1;
}

int bundle_find_environment(const struct bundle *b, const char *name)
{
	for (int i = 0; i < b->environments; i++)
		if (!strcmp(b->environment[i], name))
			return i;
	return -1;
}
