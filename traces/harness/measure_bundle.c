/* From what was measured to a bundle on disk. */
#include "measure.h"

#include "../bundle_write.h"

#include "../../sim/file.h"
#include "../../sim/mem.h"
#include "../../sim/msg.h"
#include "../../sim/sha256.h"
#include "../../sim/utf8.h"
#include "../../sim/version.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* ---- Provenance ---------------------------------------------------------------- */

/* Lines "key = value". A value may hold no line end, and no blank before a
 * semicolon, which would begin a comment. */
static void say(struct text *t, const char *key, const char *value)
{
	char *plain = mem_string_n(value, strnlen(value, 3500));

	for (char *s = plain; *s; s++) {
		if (*s == '\n' || *s == '\t')
			*s = ' ';
		else if (*s == ';' && s[1])
			*s = ',';
	}
	/* What cannot stand in the file must not spoil an hour's work. */
	utf8_make_plain(plain);
	text_add(t, "%s = %s\n", key, plain);
	free(plain);
}

static void say_file(struct text *t, const char *key, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[256];

	if (f && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = 0;
		say(t, key, line);
	}
	if (f)
		(void)fclose(f);
}

static void say_machine(struct text *t)
{
	struct utsname u;
	char line[256], *value;
	FILE *f = fopen("/proc/cpuinfo", "r");

	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, "model name", 10)
		    && (value = strchr(line, ':'))) {
			line[strcspn(line, "\n")] = 0;
			say(t, "cpu", value + 2);
			break;
		}
	if (f)
		(void)fclose(f);
	if (!uname(&u)) {
		(void)snprintf(line, sizeof line, "%.60s %.60s", u.sysname,
			u.release);
		say(t, "kernel", line);
	}
	say_file(t, "governor",
		"/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
	say(t, "compiler",
#ifdef __clang__
		"clang " __clang_version__
#else
		"gcc " __VERSION__
#endif
		);
}

/* "key=value;key=value" of the backend. */
static void say_versions(struct text *t, const char *pairs)
{
	while (*pairs) {
		size_t n = strcspn(pairs, ";"), k = strcspn(pairs, "=");
		if (k < n)
			text_add(t, "%.*s = %.*s\n", (int)k, pairs,
				(int)(n - k - 1), pairs + k + 1);
		pairs += n + (pairs[n] == ';');
	}
}

static void say_method(struct measure *m, struct text *t)
{
	struct text line;

	text_init(&line);
	text_add(&line, "duration_ns: host clock before sending a stage until "
		"confidence and class are there, device idle before, images on "
		"the host; completion: %s; device_ns: %s", m->info.completion,
		!m->info.device_time ? "not to be had"
		: m->apart ? "left empty, measured in passes in between "
			"(raw/device.csv)"
		: "events in the timed passes");
	say(t, "method", line.s);
	line.length = 0;
	text_add(&line, "fixed permutation by seed %u; blocks of %d passes in "
		"random order over networks, settings, environments, the first "
		"%d of each not counted; at least %d passes, then until 95 %% "
		"intervals are within 0.5 %% (p50) and 3 %% (p99) or 60 s",
		m->o.seed, BLOCK_PASSES, BLOCK_DROPPED, m->o.passes);
	say(t, "order", line.s);
	line.length = 0;
	text_add(&line, "%.1f s, until three blocks agree to 1 %%%s", m->warm_s,
		m->warm_flagged ? "; flagged: they did not" : "");
	say(t, "warm_up", line.s);
	text_fini(&line);
}

static void say_loads(const struct measure *m, struct text *t)
{
	for (int e = 1; e < m->environments; e++) {
		const struct load_rate *a = &m->lone_rate[e], *c = &m->co_rate[e];
		text_add(t, "load_%s = intensity %d %%, alone %.4g and beside "
			"stages %.4g operations/s of %.4g %s\n",
			m->environment[e].name, m->environment[e].load.intensity,
			a->seconds > 0 ? a->operations / a->seconds : 0,
			c->seconds > 0 ? c->operations / c->seconds : 0, a->unit,
			m->environment[e].load.memory ? "bytes"
				: "multiply-adds");
	}
}

static void say_energy(const struct measure *m, struct text *t)
{
	double worst = 0;
	int fits = 0;

	for (int i = 0; i < m->nets * m->settings; i++)
		if (m->fit[i].stages) {
			fits++;
			worst = fmax(worst, m->fit[i].closure);
		}
	if (!fits) {
		text_add(t, "energy = none: %s\n", m->no_meter
			? m->no_meter : "nothing could be fitted");
		return;
	}
	text_add(t, "energy = %s counter, step %.4g ms (largest deviation %.3g "
		"ms), poll %.3g us; windows of %.3g s from step to step; %d "
		"fits, largest closure error %.2f %%; a square wave of the "
		"counter's period is mistaken by %.1f %%\n",
		meter_name(m->meter), m->tick_s * 1e3, m->tick_jitter * 1e3,
		m->poll_s * 1e6, m->o.window_s, fits, 100 * worst,
		isnan(m->aliasing) ? 0 : 100 * m->aliasing);
}

static void say_checks(const struct measure *m, struct text *t)
{
	static const char *const words[] = { "failed", "good", "flagged" };

	text_add(t, "checks = ");
	for (int i = 0; i < m->checks; i++)
		text_add(t, "%s%s %s", i ? ", " : "", m->check[i].name,
			m->check[i].verdict < 0 ? "not done"
				: words[m->check[i].verdict]);
	text_add(t, "\n");
}

/* What a budget did not reach. */
static void say_left_out(const struct measure *m, struct text *t)
{
	struct text line;

	text_init(&line);
	for (int i = 0; i < m->combos; i++) {
		const struct combo *c = &m->combo[i];
		if (!c->passes)
			text_add(&line, "%s%s %s %s", line.length ? ", " : "",
				m->net[c->net]->name,
				m->setting[c->setting].name,
				m->environment[c->environment].name);
	}
	if (line.length)
		say(t, "left_out", line.s);
	if (m->o.budget_s)
		text_add(t, "budget_s = %d\n", m->o.budget_s);
	text_fini(&line);
}

static void say_all(struct measure *m, struct text *t, const char *raw)
{
	char date[32];
	time_t now = time(NULL);
	struct tm utc;

	(void)gmtime_r(&now, &utc);
	(void)strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
	say(t, "date", date);
	say(t, "tool", "laxity " LAXITY_VERSION);
	say(t, "commit", laxity_commit);
	say(t, "command", m->o.command_line);
	if (m->o.quick)
		say(t, "quick", "short windows, few passes: for a first look");
	say(t, "backend", m->backend->name);
	say_versions(t, m->info.versions);
	meter_facts(m->meter, t);
	say_machine(t);
	text_add(t, "precision = %s, batch 1\nlayout = %s\n",
		m->info.precision, m->info.layout);
	say_method(m, t);
	text_add(t, "data_sha256 = %s\n", m->images.sha256);
	for (int i = 0; i < m->nets; i++)
		text_add(t, "network_%s_sha256 = %s\n", m->net[i]->name,
			m->net[i]->sha256);
	if (m->temperature_high)
		text_add(t, "temperature_c = %d to %d\n", m->temperature_low,
			m->temperature_high);
	text_add(t, "throttled_blocks = %d\n", m->unclean_blocks);
	text_add(t, "null_ns = clock pair %.0f, empty graph %.0f, each further "
		"kernel %.0f\n", m->clock_pair_ns,
		isnan(m->empty_ns) ? 0 : m->empty_ns,
		isnan(m->chain_ns) ? 0 : m->chain_ns);
	say_loads(m, t);
	say_left_out(m, t);
	say_energy(m, t);
	text_add_n(t, m->remark->s, m->remark->length);
	say_checks(m, t);
	text_add(t, "raw = %s\n", raw);
}

/* ---- Tables ------------------------------------------------------------------------- */

/* A combination outside `default` that has no passes is left out by the
 * writer, since its cell is empty. */
static void fill_cells(const struct measure *m, struct arena *a,
	struct cell *cell)
{
	for (int k = 0; k < m->combos; k++) {
		const struct combo *c = &m->combo[k];
		size_t n = (size_t)(c->passes * c->depths);
		int64_t *b = arena_new(a, n, sizeof *b);
		int64_t *dev = arena_new(a, n, sizeof *dev);
		int have = 0;
		for (size_t i = 0; i < n; i++) {
			b[i] = c->sample[i].duration_ns;
			dev[i] = c->sample[i].device_ns;
			have |= dev[i] >= 0;
		}
		cell[k] = (struct cell){ .samples = c->passes,
			.duration_ns = b, .device_ns = have ? dev : NULL };
	}
}

static void fill_net(const struct measure *m, struct arena *a, int net,
	struct bundle_net *out)
{
	const struct combo *c = &m->combo[net * m->settings * m->environments];
	size_t n = (size_t)(m->images.count * c->depths);
	double *confidence = arena_new(a, n, sizeof *confidence);
	unsigned char *correct = arena_new(a, n, 1);

	for (int i = 0; i < c->passes; i++)
		for (int d = 0; d < c->depths; d++) {
			const struct sample *s = &c->sample[i * c->depths + d];
			size_t at = (size_t)(c->input[i] * c->depths + d);
			/* Six decimals: less than a float's own error. */
			confidence[at] = rint((double)s->confidence * 1e6) / 1e6;
			correct[at] = s->prediction
				== m->images.label[c->input[i]];
		}
	*out = (struct bundle_net){ .name = m->net[net]->name,
		.kind = m->net[net]->kind, .depths = c->depths,
		.confidence = confidence, .correct = correct };
}

static void fill_power(const struct measure *m, double *power, double *error)
{
	for (int k = 0; k < m->nets * m->settings; k++)
		for (int d = 1; d <= BUNDLE_MAX_DEPTH; d++) {
			const struct energy_fit *f = &m->fit[k];
			int at = k * BUNDLE_MAX_DEPTH + d - 1;
			/* Three decimals are finer than any error. A closure
			 * beyond 5 % leaves the field empty. */
			int good = d <= f->stages && !(f->closure > 0.05);
			power[at] = good ? rint(f->power_w[d] * 1e3) / 1e3 : NAN;
			error[at] = good ? rint(f->stderr_w[d] * 1e3) / 1e3
				: NAN;
		}
}

static void fill_setting(struct measure *m, int s,
	struct bundle_setting *out)
{
	int now, low, high;

	*out = (struct bundle_setting){ .name = m->setting[s].name,
		.sm_count = m->units[s], .power_cap_w = NAN, .clock_mhz = NAN,
		.idle_power_w = isnan(m->idle_w[s]) ? NAN
			: rint(m->idle_w[s] * 1e3) / 1e3 };
	if (m->setting[s].power_cap_w)
		out->power_cap_w = m->setting[s].power_cap_w;
	else if (!meter_can_set(m->meter) && !meter_get_limit(m->meter, &now,
		&low, &high))
		out->power_cap_w = now;
	if (m->setting[s].clock_mhz)
		out->clock_mhz = m->setting[s].clock_mhz;
	else if (m->clock_mhz[s] > 0)
		out->clock_mhz = m->clock_mhz[s];
}

static int64_t *widen(struct arena *a, const int *x, int n)
{
	int64_t *y = arena_new(a, (size_t)n, sizeof *y);

	for (int i = 0; i < n; i++)
		y[i] = x[i];
	return y;
}

static void split_lines(struct arena *a, char *text, struct bundle *b)
{
	const char **key, **value;
	int n = 0;

	for (const char *s = text; *s; s++)
		n += *s == '\n';
	b->provenance_key = key = arena_new(a, (size_t)n, sizeof *key);
	b->provenance_value = value = arena_new(a, (size_t)n, sizeof *value);
	for (char *line = text; *line; b->provenances++) {
		char *end = strchr(line, '\n'), *mid = strstr(line, " = ");
		assert(end && mid); /* our own text, a few lines up */
		*end = *mid = 0;
		key[b->provenances] = line;
		value[b->provenances] = mid + 3;
		line = end + 1;
	}
}

static int write_bundle(struct measure *m, char *provenance)
{
	struct arena a = { 0 };
	struct bundle b = { .device = m->o.name ? m->o.name : m->info.name,
		.task = m->o.task ? m->o.task : *m->net[0]->task
			? m->net[0]->task : "images",
		.classes = m->net[0]->classes, .inputs = m->images.count,
		.mandatory_depth = m->o.mandatory, .nets = m->nets,
		.settings = m->settings, .environments = m->environments };
	size_t pairs = (size_t)(m->nets * m->settings) * BUNDLE_MAX_DEPTH;
	struct bundle_net *net = arena_new(&a, (size_t)m->nets, sizeof *net);
	struct bundle_setting *setting = arena_new(&a, (size_t)m->settings,
		sizeof *setting);
	struct bundle_overhead *overhead = arena_new(&a, (size_t)m->settings,
		sizeof *overhead);
	struct cell *cell = arena_new(&a, (size_t)m->combos, sizeof *cell);
	const char **environment = arena_new(&a, (size_t)m->environments,
		sizeof *environment);
	double *power = arena_new(&a, pairs, sizeof *power);
	double *error = arena_new(&a, pairs, sizeof *error);
	int bad;

	for (int i = 0; i < m->nets; i++)
		fill_net(m, &a, i, &net[i]);
	for (int s = 0; s < m->settings; s++)
		fill_setting(m, s, &setting[s]);
	for (int e = 0; e < m->environments; e++)
		environment[e] = m->environment[e].name;
	fill_cells(m, &a, cell);
	fill_power(m, power, error);
	overhead[0] = (struct bundle_overhead){ .decisions = m->decisions,
		.decision_ns = widen(&a, m->decision_ns, m->decisions),
		.launches = m->launches,
		.launch_ns = widen(&a, m->launch_ns, m->launches) };
	b.net = net;
	b.setting = setting;
	b.environment = environment;
	b.cell = cell;
	b.power_w = power;
	b.stderr_w = error;
	b.overhead = overhead;
	split_lines(&a, provenance, &b);
	bad = bundle_write(m->o.out, &b, NULL);
	arena_fini(&a);
	return bad;
}

/* ---- raw/ ------------------------------------------------------------------------------ */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* raw/SHA256SUMS, as sha256sum -c reads it; its own hash is the key `raw`. */
static int sum_raw(struct measure *m, char hash[SHA256_HEX])
{
	char *dir = mem_printf("%s/raw", m->partial), **name = NULL;
	DIR *d = opendir(dir);
	struct dirent *e;
	struct text t;
	size_t n = 0, room = 0;
	int bad = !d;

	text_init(&t);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.' && strcmp(e->d_name, "SHA256SUMS")) {
			MEM_ROOM(name, n, room);
			name[n++] = mem_string(e->d_name);
		}
	if (d)
		(void)closedir(d);
	if (n)
		qsort(name, n, sizeof *name, by_name);
	for (size_t i = 0; i < n; i++) {
		char *path = mem_printf("%s/%s", dir, name[i]);
		bad = bad || sha256_file(path, hash);
		text_add(&t, "%s  %s\n", hash, name[i]);
		free(path);
		free(name[i]);
	}
	bad = bad || measure_store_text(m, "SHA256SUMS", &t);
	sha256_hex(t.s, t.length, hash);
	text_fini(&t);
	free(name);
	free(dir);
	return bad ? -1 : 0;
}

int measure_bundle(struct measure *m)
{
	char hash[SHA256_HEX], *from, *to, *plan;
	struct text t;
	int bad;

	if (m->raw_pass)
		(void)fclose(m->raw_pass);
	m->raw_pass = NULL;
	if (measure_speed_store(m) || sum_raw(m, hash))
		return -1;
	text_init(&t);
	say_all(m, &t, hash);
	bad = write_bundle(m, t.s);
	text_fini(&t);
	if (bad)
		return -1;
	/* The bundle is whole; its raw data follow it. */
	from = mem_printf("%s/raw", m->partial);
	to = mem_printf("%s/raw", m->o.out);
	plan = mem_printf("%s/plan.txt", m->partial);
	if (rename(from, to))
		msg_remark("%s: stays there: %s", from, strerror(errno));
	else if (unlink(plan) || (!m->guard && rmdir(m->partial)))
		msg_remark("%s: cannot remove: %s", m->partial,
			strerror(errno));
	free(from);
	free(to);
	free(plan);
	return 0;
}
