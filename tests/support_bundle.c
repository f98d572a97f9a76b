#include "support_bundle.h"
#include "support_program.h"

#include "../sim/file.h"
#include "../sim/mem.h"
#include "../sim/msg.h"
#include "../sim/sha256.h"
#include "../traces/bundle_write.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Lists ------------------------------------------------------------------------ */

/* The numbers of a list, at least one; `absent` stands for a NULL list. */
static double *numbers(struct arena *a, const char *list, double absent,
	int *count)
{
	double *x = arena_new(a, strlen(list ? list : "") / 2 + 1, sizeof *x);
	char *end;

	*count = 0;
	for (const char *s = list; s && *s; s = end) {
		x[*count] = strtod(s, &end);
		ck_assert_ptr_ne(end, s);
		end += strspn(end, " ");
		++*count;
	}
	if (*count == 0)
		x[(*count)++] = absent;
	return x;
}

static const char **words(struct arena *a, const char *list, int *count)
{
	const char **word = arena_new(a, strlen(list) / 2 + 1, sizeof *word);

	*count = 0;
	while (*(list += strspn(list, " "))) {
		size_t n = strcspn(list, " ");
		word[(*count)++] = memcpy(arena_new(a, n + 1, 1), list, n);
		list += n;
	}
	return word;
}

/* ---- The bundle in memory --------------------------------------------------------- */

static void fill_net(const struct tiny_net *t, struct bundle *b,
	struct bundle_net *net, struct arena *a)
{
	size_t n = (size_t)b->inputs * (size_t)t->depths;
	double *confidence = arena_new(a, n, sizeof *confidence);
	unsigned char *correct = arena_new(a, n, 1);
	int confidences, corrects;
	const double *c = numbers(a, t->confidences, 0.5, &confidences);
	const double *r = numbers(a, t->correct, 1, &corrects);

	for (size_t i = 0; i < n; i++) {
		confidence[i] = c[i % (size_t)confidences];
		correct[i] = (unsigned char)r[i % (size_t)corrects];
	}
	*net = (struct bundle_net){ .name = t->name, .kind = t->kind,
		.depths = t->depths, .confidence = confidence,
		.correct = correct };
}

static const char *cell_list(const struct tiny *t, const struct bundle *b,
	int net, int setting, int environment)
{
	for (int i = 0; i < t->cells; i++)
		if (!strcmp(t->cell[i].net, b->net[net].name)
		    && !strcmp(t->cell[i].setting, b->setting[setting].name)
		    && !strcmp(t->cell[i].environment,
			b->environment[environment]))
			return t->cell[i].durations;
	return NULL;
}

static void fill_cell(const struct tiny *t, const struct bundle *b, int net,
	int setting, int environment, struct cell *cell, struct arena *a)
{
	const char *own = cell_list(t, b, net, setting, environment);
	int depths = b->net[net].depths, count;
	const double *x = numbers(a, own ? own : t->net[net].durations, 100,
		&count);
	double times = own ? 1 : (setting + 1) * (environment + 1);
	int64_t *duration;
	int rows;

	if (own && !*own)
		return;
	cell->samples = (count + depths - 1) / depths;
	rows = cell->samples * depths;
	cell->duration_ns = duration = arena_new(a, (size_t)rows,
		sizeof *duration);
	for (int i = 0; i < rows; i++)
		duration[i] = (int64_t)(x[i % count] * times);
}

static void fill_cells(const struct tiny *t, struct bundle *b, struct arena *a)
{
	struct cell *cell = arena_new(a, (size_t)(b->nets * b->settings
		* b->environments), sizeof *cell);

	b->cell = cell;
	for (int n = 0; n < b->nets; n++)
		for (int s = 0; s < b->settings; s++)
			for (int e = 0; e < b->environments; e++)
				fill_cell(t, b, n, s, e, cell++, a);
}

static void fill_power(const struct tiny *t, struct bundle *b, struct arena *a)
{
	double *power = arena_new(a, (size_t)(b->nets * b->settings)
		* BUNDLE_MAX_DEPTH, sizeof *power);
	int count;

	b->power_w = power;
	for (int n = 0; n < b->nets; n++) {
		const double *x = numbers(a, t->net[n].power, NAN, &count);
		for (int s = 0; s < b->settings; s++)
			for (int d = 0; d < b->net[n].depths; d++)
				power[(n * b->settings + s) * BUNDLE_MAX_DEPTH
					+ d] = x[(s * b->net[n].depths + d)
						% count];
	}
}

static void fill_overhead(const struct tiny *t, struct bundle *b,
	struct arena *a)
{
	struct bundle_overhead *o = arena_new(a, (size_t)b->settings, sizeof *o);
	int64_t *decision, *launch;
	const double *x;
	int count;

	b->overhead = o;
	if (!t->overhead)
		return;
	x = numbers(a, t->overhead, 0, &count);
	decision = arena_new(a, (size_t)count, sizeof *decision);
	launch = arena_new(a, (size_t)count, sizeof *launch);
	for (int i = 0; i < count / 2; i++) {
		decision[i] = (int64_t)x[2 * i];
		launch[i] = (int64_t)x[2 * i + 1];
	}
	for (int s = 0; s < b->settings; s++)
		o[s] = (struct bundle_overhead){ .decisions = count / 2,
			.launches = count / 2, .decision_ns = decision,
			.launch_ns = launch };
}

static void fill(const struct tiny *t, struct bundle *b, struct arena *a)
{
	static const char *const key[] = { "method", "modelled" };
	static const char *const value[] = { "made up for a test", "yes" };
	struct bundle_net *net = arena_new(a, (size_t)t->nets, sizeof *net);
	struct bundle_setting *setting;
	const char **name, **environment;
	const double *idle;
	int count;

	*b = (struct bundle){ .device = "tiny", .task = "test",
		.classes = t->classes ? t->classes : 10,
		.inputs = t->inputs ? t->inputs : 2,
		.mandatory_depth = t->mandatory ? t->mandatory : 1,
		.provenances = t->modelled ? 2 : 1,
		.provenance_key = key, .provenance_value = value,
		.nets = t->nets, .net = net };
	for (int n = 0; n < t->nets; n++)
		fill_net(&t->net[n], b, &net[n], a);
	name = words(a, t->settings ? t->settings : "s", &b->settings);
	b->setting = setting = arena_new(a, (size_t)b->settings,
		sizeof *setting);
	idle = numbers(a, t->idle, NAN, &count);
	for (int s = 0; s < b->settings; s++)
		setting[s] = (struct bundle_setting){ .name = name[s],
			.sm_count = NAN, .power_cap_w = NAN, .clock_mhz = NAN,
			.idle_power_w = idle[s % count] };
	environment = words(a, t->environments ? t->environments : "",
		&b->environments);
	name = arena_new(a, (size_t)++b->environments, sizeof *name);
	name[0] = "default";
	memcpy(name + 1, environment, (size_t)(b->environments - 1)
		* sizeof *name);
	b->environment = name;
	fill_cells(t, b, a);
	fill_power(t, b, a);
	fill_overhead(t, b, a);
}

void tiny_write(const struct tiny *t, const char *dir)
{
	struct arena a = { 0 };
	struct bundle b;

	fill(t, &b, &a);
	ck_assert_int_eq(bundle_write(dir, &b, NULL), 0);
	arena_fini(&a);
}

struct bundle *tiny_read(const struct tiny *t)
{
	char *dir = tiny_dir_new();
	struct bundle *b;

	tiny_write(t, dir);
	b = bundle_read(dir);
	ck_assert_ptr_nonnull(b);
	tiny_dir_remove(dir);
	return b;
}

/* ---- Directories and files -------------------------------------------------------- */

char *tiny_dir_new(void)
{
	return test_directory();
}

void tiny_dir_remove(char *dir)
{
	test_directory_free(dir);
}

char *tiny_get(const char *dir, const char *name, size_t *length)
{
	char *path = mem_printf("%s/%s", dir, name), *text;
	size_t n;

	ck_assert_int_eq(file_read(path, (size_t)1 << 30, &text,
		length ? length : &n), 0);
	free(path);
	return text;
}

void tiny_put(const char *dir, const char *name, const char *bytes,
	size_t length)
{
	char *path = mem_printf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	/* Not by file_write, which waits for the disk. */
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(bytes, 1, length, f), length);
	ck_assert_int_eq(fclose(f), 0);
	free(path);
}

void tiny_rehash(const char *dir)
{
	static const char *const tables[] = { "settings.csv", "outcomes.csv",
		"timing.csv", "power.csv", "overhead.csv" };
	char *ini = tiny_get(dir, "trace.ini", NULL), hash[SHA256_HEX];
	struct text t;

	text_init(&t);
	*strstr(ini, "[files]") = 0;
	text_add(&t, "%s[files]\n", ini);
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		char *path = mem_printf("%s/%s", dir, tables[i]), *bytes;
		FILE *f = fopen(path, "r");
		size_t n;
		if (f) {
			ck_assert_int_eq(fclose(f), 0);
			bytes = tiny_get(dir, tables[i], &n);
			sha256_hex(bytes, n, hash);
			text_add(&t, "%s = %s\n", tables[i], hash);
			free(bytes);
		}
		free(path);
	}
	tiny_put(dir, "trace.ini", t.s, t.length);
	text_fini(&t);
	free(ini);
}

void tiny_edit(const char *dir, const char *file, const char *old,
	const char *new)
{
	char *path = mem_printf("%s/%s", dir, file), *text, *at;
	struct text t;

	if (!new) {
		ck_assert_int_eq(unlink(path), 0);
		free(path);
		return;
	}
	text = access(path, F_OK) ? mem_string("") : tiny_get(dir, file, NULL);
	at = old ? strstr(text, old) : text + strlen(text);
	ck_assert_ptr_nonnull(at);
	text_init(&t);
	text_add_n(&t, text, (size_t)(at - text));
	text_add(&t, "%s%s", new, at + (old ? strlen(old) : 0));
	tiny_put(dir, file, t.s, t.length);
	text_fini(&t);
	free(text);
	free(path);
}
