/* The targets that need only the simulator, and the table of all. */
#include "fuzz.h"

#include "../../sim/choice.h"
#include "../../sim/claims.h"
#include "../../sim/experiment.h"
#include "../../sim/grid.h"
#include "../../sim/import.h"
#include "../../sim/ini.h"
#include "../../sim/mem.h"
#include "../../sim/msg.h"
#include "../../sim/num.h"
#include "../../sim/num_put.h"
#include "../../sim/replay.h"
#include "../../sim/sha256.h"
#include "../../traces/bundle_parts.h"
#include "../../traces/scale.h"
#include "targets.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A string of its own, so that a read beyond the NUL is seen; NULL if the bytes
 * hold one. */
static char *string_of(const uint8_t *bytes, size_t n)
{
	return memchr(bytes, 0, n) ? NULL : mem_string_n((const char *)bytes, n);
}

/* ---- Bundles --------------------------------------------------------------------- */

#define TINY "tests/traces/tiny"

static int read_bundle(void)
{
	struct bundle *b = __real_bundle_read(TINY);
	int zero[] = { 0 };
	struct profile *p;

	if (!b)
		return -1;
	/* Candidates without samples are the one thing refused from here. */
	p = profile_new(b, 1, zero, 1, zero);
	profile_free(p);
	__real_bundle_free(b);
	return p ? 0 : -1;
}

static void restore(const char *name, const struct text *t)
{
	fuzz_file(name, t->s, t->length);
}

/* The valid files, and what they hold; kept for all runs. */
static struct base { struct bundle *bundle; struct text ini, table[TABLES]; } *base;

static void end_base(void)
{
	__real_bundle_free(base->bundle);
	text_fini(&base->ini);
	for (int i = 0; i < TABLES; i++)
		text_fini(&base->table[i]);
	free(base);
	base = NULL;
}

static void keep_file(struct text *t, const char *path)
{
	char *bytes;
	size_t n;

	FUZZ_HOLDS(!__wrap_file_read(path, 1 << 20, &bytes, &n));
	text_init(t);
	text_add_n(t, bytes, n);
	free(bytes);
}

static const char *const table_path[TABLES] = { TINY "/settings.csv",
	TINY "/outcomes.csv", TINY "/timing.csv", TINY "/power.csv",
	TINY "/overhead.csv" };

static void need_base(void)
{
	if (base)
		return;
	base = mem_new(1, sizeof *base);
	(void)atexit(end_base);
	keep_file(&base->ini, TINY "/trace.ini");
	for (int i = 0; i < TABLES; i++)
		keep_file(&base->table[i], table_path[i]);
	base->bundle = __real_bundle_read(TINY);
	FUZZ_HOLDS(base->bundle != NULL);
}

/* The whole bundle with one table replaced, and vouched for, so that the
 * reading goes on. */
static int run_in_bundle(int table, const uint8_t *bytes, size_t n)
{
	char hash[SHA256_HEX];
	struct text t;
	int refused;

	text_init(&t);
	text_add_n(&t, base->ini.s, (size_t)(strstr(base->ini.s, "[files]")
		- base->ini.s));
	text_add(&t, "[files]\n");
	fuzz_file(table_path[table], bytes, n);
	for (int i = 0; i < TABLES; i++) {
		FUZZ_HOLDS(!sha256_file(table_path[i], hash));
		text_add(&t, "%s = %s\n", bundle_table[i].file, hash);
	}
	restore(TINY "/trace.ini", &t);
	text_fini(&t);
	refused = read_bundle();
	restore(table_path[table], &base->table[table]);
	restore(TINY "/trace.ini", &base->ini);
	return refused;
}

/* The table alone, in place of the one that the valid bundle has: many times
 * faster. Memory is the caller's, so that the bundle stays as it was. */
static int run_alone(int table, const uint8_t *bytes, size_t n)
{
	static int (*const take[TABLES])(struct bundle *, struct csv *) = {
		[TABLE_SETTINGS] = bundle_take_settings,
		[TABLE_OUTCOMES] = bundle_take_outcomes,
		[TABLE_TIMING] = bundle_take_timing,
		[TABLE_POWER] = bundle_take_power,
		[TABLE_OVERHEAD] = bundle_take_overhead,
	};
	const struct bundle *good = base->bundle;
	struct bundle_memory m = { .nets = good->memory->nets,
		.settings = good->memory->settings,
		.environments = good->memory->environments };
	struct bundle b = *good;
	struct csv c;
	int refused;

	b.memory = &m;
	b.net = m.net = arena_new(&m.arena, (size_t)b.nets, sizeof *m.net);
	memcpy(m.net, good->net, (size_t)b.nets * sizeof *m.net);
	if (table == TABLE_SETTINGS)
		m.settings = (struct names){ 0 };
	if (table == TABLE_TIMING)
		m.environments = (struct names){ 0 };
	fuzz_file("table.csv", bytes, n);
	refused = csv_open(&c, "table.csv", BUNDLE_MAX_BYTES,
		bundle_table[table].columns);
	if (!refused) {
		refused = take[table](&b, &c);
		csv_close(&c);
	}
	if (table == TABLE_SETTINGS)
		names_fini(&m.settings);
	if (table == TABLE_TIMING)
		names_fini(&m.environments);
	arena_fini(&m.arena);
	return refused;
}

static int run_table(int table, const uint8_t *bytes, size_t n)
{
	need_base();
	return n % 16 ? run_alone(table, bytes, n)
		: run_in_bundle(table, bytes, n);
}

static int run_settings(const uint8_t *bytes, size_t n)
{
	return run_table(TABLE_SETTINGS, bytes, n);
}

static int run_outcomes(const uint8_t *bytes, size_t n)
{
	return run_table(TABLE_OUTCOMES, bytes, n);
}

static int run_timing(const uint8_t *bytes, size_t n)
{
	return run_table(TABLE_TIMING, bytes, n);
}

static int run_power(const uint8_t *bytes, size_t n)
{
	return run_table(TABLE_POWER, bytes, n);
}

static int run_overhead(const uint8_t *bytes, size_t n)
{
	return run_table(TABLE_OVERHEAD, bytes, n);
}

static int run_trace_ini(const uint8_t *bytes, size_t n)
{
	fuzz_file(TINY "/trace.ini", bytes, n);
	return read_bundle();
}

static int run_limits(const uint8_t *bytes, size_t n)
{
	struct power_limits p;

	fuzz_file("limits.csv", bytes, n);
	if (power_limits_read(&p, "limits.csv", n % 2 ? 0 : 256))
		return -1;
	FUZZ_HOLDS(p.limits >= 2 && p.limit[0].time == 1);
	power_limits_fini(&p);
	return 0;
}

/* ---- INI files -------------------------------------------------------------------- */

static int run_ini(const uint8_t *bytes, size_t n)
{
	struct ini *d = ini_read_text("f.ini", (const char *)bytes, n);

	if (!d)
		return -1;
	for (int i = 0; i < d->entries; i++) {
		struct ini_entry *e = &d->entry[i];
		FUZZ_HOLDS(ini_find(d, e->section, e->key) == e);
		FUZZ_HOLDS(strlen(e->value) <= INI_LONGEST_LINE);
	}
	ini_free(d);
	return 0;
}

/* An override, and the file that results. */
static int run_set(const uint8_t *bytes, size_t n)
{
	static const char start[] = "[workload]\ntrace = " TINY "\n"
		"networks = triple\nrequests = 20\n[arrivals]\nprocess = poisson\n"
		"load = 0.9\n[deadline]\ndistribution = uniform\nmin = 1T\n"
		"max = 3T\n";
	char *set = string_of(bytes, n);
	const char *sets[1] = { set };
	struct workload *w;

	if (!set)
		return 0;
	w = workload_parse("start.ini", start, sizeof start - 1, 1, sets, 1);
	workload_free(w);
	free(set);
	return w ? 0 : -1;
}

/* What a workload promises once it is accepted. */
static void use_workload(struct workload *w)
{
	struct arrival_stats theory;
	struct arrival a;
	struct source *s;
	double load, mandatory;
	struct workload *again;
	const struct draws *ahead;
	int64_t last = -1;

	workload_load(w, &load, &mandatory);
	FUZZ_HOLDS(isnan(load) || (load >= 0 && load >= mandatory));
	/* The theory's sums grow with what is asked for; a workload of a size
	 * to be simulated at least does not end it. */
	if (w->process != PROCESS_MMPP || w->states <= 8)
		arrival_theory(w, &theory);
	s = source_new(w, 1);
	ahead = source_draws(s, 0);
	for (int64_t i = 0; i < 30 && i < w->warmup + w->requests; i++) {
		if (w->process == PROCESS_CLOSED) {
			int64_t k = source_drawn(s, &ahead, i);
			a.release_ns = source_first(s, (int)(i % w->clients));
			a.deadline_ns = a.release_ns
				+ ahead->rel_deadline_ns[k];
			a.input = ahead->input[k];
		} else if (!source_next(s, &a)) {
			break;
		} else {
			FUZZ_HOLDS(a.release_ns >= last);
			last = a.release_ns;
		}
		FUZZ_HOLDS(a.deadline_ns > a.release_ns);
		FUZZ_HOLDS(a.input >= 0 && a.input < w->bundle->inputs);
	}
	source_free(s);
	/* The resolved text means the same workload. */
	again = workload_parse("resolved", w->resolved, strlen(w->resolved), 0,
		NULL, 1);
	FUZZ_HOLDS(again != NULL);
	FUZZ_HOLDS(!strcmp(again->resolved, w->resolved));
	workload_free(again);
}

static int run_workload(const uint8_t *bytes, size_t n)
{
	struct workload *w = workload_parse("w.ini", (const char *)bytes, n, 0,
		NULL, 1);

	if (!w)
		return -1;
	use_workload(w);
	workload_remark(w);
	workload_free(w);
	return 0;
}

static int run_experiment(const uint8_t *bytes, size_t n)
{
	struct experiment *e;
	int refused = 0;

	fuzz_file("e.ini", bytes, n);
	e = experiment_read("e.ini", 0, NULL);
	if (!e)
		return -1;
	for (int64_t p = 0; p < e->points && p < 3 && !refused; p++) {
		/* The last point as well, without going through them all. */
		int64_t point = p == 2 ? e->points - 1 : p;
		struct workload *w = experiment_workload(e, point, e->seed);
		for (int i = 0; i < e->axes; i++)
			FUZZ_HOLDS(experiment_value(e, point, i) != NULL);
		refused = w ? 0 : -1;
		workload_free(w);
	}
	experiment_free(e);
	return refused;
}

static int run_grid(const uint8_t *bytes, size_t n)
{
	struct grid *g;
	struct workload *w;

	fuzz_file("g.ini", bytes, n);
	g = grid_read("g.ini", 0, NULL);
	if (!g)
		return -1;
	/* All that reading did not build: the last setting and replication. */
	w = grid_workload(g, grid_settings(g) - 1, g->replications - 1);
	workload_free(w);
	grid_free(g);
	return w ? 0 : -1;
}

static int run_claims(const uint8_t *bytes, size_t n)
{
	struct claims c;

	fuzz_file("claims.ini", bytes, n);
	if (claims_read(&c, "claims.ini"))
		return -1;
	for (int i = 0; i < c.n; i++) {
		struct text t;
		text_init(&t);
		claim_expected(&c.claim[i], &t);
		text_fini(&t);
		FUZZ_HOLDS(c.claim[i].sentence && (c.claim[i].untested
			|| (c.claim[i].database && c.claim[i].query)));
	}
	claims_fini(&c);
	return 0;
}

/* ---- Arrivals ---------------------------------------------------------------------- */

static int run_replay(const uint8_t *bytes, size_t n)
{
	/* The workload's side of it, by the length of the file, so that a
	 * corpus is made of plain files. */
	static const struct replay_wish wishes[] = {
		{ .to_ns = TIME_NEVER, .keep = 1, .seed = 1, .requests = -1,
		  .scale = 1, .rate_hz = NAN, .inputs = 100, .drawn_min_ns = 10 },
		{ .to_ns = TIME_NEVER, .keep = 1, .seed = 1, .requests = -1,
		  .scale = 1, .rate_hz = NAN, .inputs = 100 },
		{ .to_ns = TIME_NEVER, .keep = 0.5, .seed = 7, .requests = -1,
		  .scale = 3.7, .rate_hz = NAN, .inputs = 100, .drawn_min_ns = 1 },
		{ .from_ns = 2, .to_ns = 1000, .keep = 1, .seed = 1, .warmup = 1,
		  .requests = 2, .scale = 1, .rate_hz = 1e6, .inputs = 100,
		  .drawn_min_ns = 1000 },
	};
	const struct replay_wish *wish = &wishes[n % 4];
	struct arena arena = { 0 };
	struct replay r;
	int refused;

	fuzz_file("r.csv", bytes, n);
	refused = replay_read("r.csv", wish, &arena, &r);
	if (!refused) {
		FUZZ_HOLDS(r.rows >= wish->warmup + 1);
		for (int64_t i = 0; i < r.rows; i++) {
			FUZZ_HOLDS(!i || r.row[i].release_ns
				>= r.row[i - 1].release_ns);
			FUZZ_HOLDS(r.row[i].group < r.groups);
			FUZZ_HOLDS(r.row[i].input < wish->inputs);
		}
	}
	arena_fini(&arena);
	return refused;
}

static int run_import(int (*read)(struct import *), struct import *m,
	const uint8_t *bytes, size_t n)
{
	int refused;

	m->path = "i.csv";
	m->most = 2000;         /* or a count of a few bytes costs seconds */
	m->seed = 1;
	m->text = m->at = mem_string_n((const char *)bytes, n);
	m->length = n;
	text_init(&m->notes);
	refused = read(m);
	for (int64_t i = 0; !refused && i < m->releases; i++)
		FUZZ_HOLDS(m->release_ns[i] >= 0);
	text_fini(&m->notes);
	free(m->release_ns);
	free(m->text);
	return refused;
}

static int run_llm_2023(const uint8_t *bytes, size_t n)
{
	struct import m = { 0 };

	return run_import(import_llm_2023, &m, bytes, n);
}

static struct import function_options(size_t n)
{
	static const struct import options[] = {
		{ .day = 0 }, { .busiest = 2 }, { .functions = "f1" },
		{ .day = 1, .even = true }, { .day = 14, .busiest = 1 },
	};

	return options[n % 5];
}

static int run_functions_2021(const uint8_t *bytes, size_t n)
{
	struct import m = function_options(n);

	return run_import(import_functions_2021, &m, bytes, n);
}

static int run_functions_2019(const uint8_t *bytes, size_t n)
{
	struct import m = function_options(n);

	return run_import(import_functions_2019, &m, bytes, n);
}

/* ---- Arguments -------------------------------------------------------------------- */

static int run_policy(const uint8_t *bytes, size_t n)
{
	char *text = string_of(bytes, n), *form, *form2;
	struct choice c, again;
	int refused;

	/* Loading a shared object runs it: nothing for a fuzzer. */
	if (!text || strchr(text, '/') || strstr(text, ".so")) {
		free(text);
		return 0;
	}
	refused = choice_parse(&c, text);
	if (!refused) {
		form = choice_canonical(&c);
		/* A parameter that is empty until given has no text that
		 * gives it. */
		if (!strstr(form, "=,") && form[strlen(form) - 1] != '=') {
			FUZZ_HOLDS(!choice_parse(&again, form));
			form2 = choice_canonical(&again);
			FUZZ_HOLDS(!strcmp(form, form2));
			free(form2);
			choice_fini(&again);
		}
		free(form);
		choice_fini(&c);
	}
	free(text);
	return refused;
}

static void check_print(double x)
{
	char ours[32], theirs[64];

	/* -0 is 0 in print; nothing stands for a missing number. */
	(void)snprintf(theirs, sizeof theirs, "%.9g", x == 0 ? 0 : x);
	FUZZ_HOLDS(!strcmp(num_print(ours, x), isnan(x) ? "" : theirs));
}

/* Numbers against the C library, which reads more than we accept. */
static int run_number(const uint8_t *bytes, size_t n)
{
	char *text = string_of(bytes, n), *end, ours[32], theirs[64];
	double x, y;
	int64_t i;

	if (!text)
		return 0;
	if (!num_real(text, &x)) {
		y = strtod(text, &end);
		FUZZ_HOLDS(end != text && !*end);
		FUZZ_HOLDS(!memcmp(&x, &y, sizeof x));
		check_print(x);
	}
	if (!num_integer(text, &i)) {
		FUZZ_HOLDS(strtoll(text, &end, 10) == i && !*end);
		*num_put_integer(ours, i) = 0;
		(void)snprintf(theirs, sizeof theirs, "%lld", (long long)i);
		FUZZ_HOLDS(!strcmp(ours, theirs));
	}
	if (n == sizeof x) {
		memcpy(&x, bytes, n);
		check_print(x);
	}
	free(text);
	return 0;
}

/* ---- All -------------------------------------------------------------------------- */

const struct fuzz_target fuzz_targets[] = {
	{ "settings", run_settings, 2048 },
	{ "outcomes", run_outcomes, 2048 },
	{ "timing", run_timing, 4096 },
	{ "power", run_power, 2048 },
	{ "overhead", run_overhead, 2048 },
	{ "trace-ini", run_trace_ini, 2048 },
	{ "limits", run_limits, 2048 },
	{ "ini", run_ini, 8192 },
	{ "set", run_set, 512 },
	{ "workload", run_workload, 2048 },
	{ "experiment", run_experiment, 2048 },
	{ "grid", run_grid, 2048 },
	{ "claims", run_claims, 2048 },
	{ "replay", run_replay, 2048 },
	{ "llm-2023", run_llm_2023, 2048 },
	{ "functions-2021", run_functions_2021, 2048 },
	{ "functions-2019", run_functions_2019, 16384 },
	{ "policy", run_policy, 512 },
	{ "number", run_number, 64 },
	{ "store", fuzz_store, 256 },
	{ "report", fuzz_report, 256 },
	{ "rows", fuzz_rows, 256 },
#ifdef FUZZ_HARNESS
	{ "onnx", fuzz_onnx, 8192 },
	{ "network-ini", fuzz_network_ini, 2048 },
	{ "idx", fuzz_idx, 4096 },
	{ "idx-labels", fuzz_idx_labels, 1024 },
	{ "cifar", fuzz_cifar, 8192 },
	{ "live-log", fuzz_live_log, 4096 },
#endif
	{ NULL, NULL, 0 },
};
