/* Everything that can be wrong is found here, before anything is measured. */
#include "measure.h"

#include "../../sim/msg.h"
#include "../../sim/num.h"
#include "../../sim/stream.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The next of a list's words, freed by free; NULL at its end. */
static char *next_word(const char **list)
{
	size_t n = strcspn(*list, ",");
	char *word = mem_string_n(*list, n);

	*list += n + ((*list)[n] == ',');
	return word;
}

static int count_words(const char *list)
{
	int n = 1;

	for (; *list; list++)
		n += *list == ',';
	return n;
}

/* A path, or the name of a network that comes with laxity. */
static struct net *read_net(const char *word)
{
	char *path = strchr(word, '/') || strstr(word, ".onnx")
		? mem_string(word)
		: mem_printf("workloads/networks/%s.onnx", word);
	struct net *n = net_read(path);

	free(path);
	return n;
}

static int open_nets(struct measure *m)
{
	const char *list = m->o.networks;

	m->net = mem_new((size_t)count_words(list), sizeof(struct net *));
	for (int left = count_words(list); left > 0; left--) {
		char *word = next_word(&list);
		struct net *n = read_net(word);
		free(word);
		if (!n)
			return -1;
		m->net[m->nets++] = n;
		for (int i = 0; i < m->nets - 1; i++)
			if (!strcmp(m->net[i]->name, n->name))
				return msg_bad("--networks: '%s' twice", n->name);
		if (n->classes != m->net[0]->classes)
			return msg_bad("--networks: '%s' has %d classes, '%s' %d",
				n->name, n->classes, m->net[0]->name,
				m->net[0]->classes);
	}
	return 0;
}

static int open_images(struct measure *m)
{
	const struct net *n = m->net[0];

	if (images_read(&m->images, m->o.data, m->o.inputs, n->channels,
		n->height, n->width))
		return -1;
	if (m->o.inputs > m->images.count)
		return msg_bad("%s: %d images, --inputs says %d",
			m->images.file, m->images.count, m->o.inputs);
	for (int i = 0; i < m->nets; i++)
		if (images_check(&m->images, m->net[i]))
			return -1;
	return 0;
}

/* UNITS[@CAPW][@CLOCKMHz] */
static int parse_setting(struct measure *m, char *word, struct setting *s)
{
	char *part = strchr(word, '@'), *next;
	const char *given = m->o.settings;
	struct text name;
	int64_t n;

	if (part)
		*part++ = 0;
	if (num_integer(word, &n) || n < 1 || n > m->info.units)
		return msg_bad("--settings %s: 1 to %d %ss", given,
			m->info.units, m->info.unit);
	*s = (struct setting){ .units = (int)n };
	for (; part; part = next) {
		size_t length = strcspn(part, "@");
		int watts = length > 1 && part[length - 1] == 'W';
		int clock = length > 3 && !strncmp(part + length - 3, "MHz", 3);
		next = part[length] ? part + length + 1 : NULL;
		part[length - (clock ? 3 : watts ? 1 : 0)] = 0;
		if (!(watts || clock) || num_integer(part, &n) || n < 1
		    || n > 100000)
			return msg_bad("--settings %s: UNITS[@CAPW][@CLOCKMHz]",
				given);
		*(clock ? &s->clock_mhz : &s->power_cap_w) = (int)n;
	}
	if ((s->clock_mhz || s->power_cap_w) && !m->o.change_settings)
		return msg_bad("--settings %s: power caps and clocks need "
			"--change-device-settings", given);
	setting_name(s, &m->info);
	text_init(&name);
	text_add(&name, "%s", s->name);
	if (s->power_cap_w)
		text_add(&name, "-%dw", s->power_cap_w);
	if (s->clock_mhz)
		text_add(&name, "-%dmhz", s->clock_mhz);
	(void)snprintf(s->name, sizeof s->name, "%s", name.s);
	text_fini(&name);
	return 0;
}

static int open_settings(struct measure *m)
{
	const char *list = m->o.settings;
	int words = list ? count_words(list) : 1;

	m->setting = mem_new((size_t)words, sizeof *m->setting);
	m->units = mem_new((size_t)words, sizeof *m->units);
	m->idle_w = mem_new((size_t)words, sizeof *m->idle_w);
	m->clock_mhz = mem_new((size_t)words, sizeof *m->clock_mhz);
	if (!list) {
		m->setting[0].units = m->info.units;
		setting_name(&m->setting[0], &m->info);
		m->settings = 1;
	}
	for (; list && m->settings < words; m->settings++) {
		char *word = next_word(&list);
		int bad = parse_setting(m, word, &m->setting[m->settings]);
		free(word);
		if (bad)
			return -1;
		for (int i = 0; i < m->settings; i++)
			if (!strcmp(m->setting[i].name,
				m->setting[m->settings].name))
				return msg_bad("--settings: '%s' twice",
					m->setting[i].name);
		if (m->o.quick && m->settings == 0) {
			m->settings = 1; /* the default only */
			break;
		}
	}
	for (int s = 0; s < m->settings; s++)
		m->idle_w[s] = NAN;
	return 0;
}

static int open_environments(struct measure *m)
{
	const char *list = m->o.environments ? m->o.environments : "default";
	int words = count_words(list);
	size_t n = (size_t)words + 1;

	m->environment = mem_new(n, sizeof *m->environment);
	m->corunner = mem_new(n, sizeof(struct corunner *));
	m->co_rate = mem_new(n, sizeof *m->co_rate);
	m->lone_rate = mem_new(n, sizeof *m->lone_rate);
	m->co_alive = mem_new(n, sizeof *m->co_alive);
	(void)environment_parse("default", &m->environment[0]);
	m->environments = 1;
	for (; words > 0; words--) {
		char *word = next_word(&list);
		struct environment e;
		int bad = environment_parse(word, &e);
		free(word);
		if (bad)
			return -1;
		if (e.place == PLACE_NONE)
			continue;
		if (e.place == PLACE_STREAM && !m->backend->corun)
			return msg_bad("environment '%s': backend '%s' has no "
				"streams (thread, timeslice)", e.name,
				m->backend->name);
		for (int i = 0; i < m->environments; i++)
			if (!strcmp(m->environment[i].name, e.name))
				return msg_bad("--environments: '%s' twice",
					e.name);
		e.load.seed = m->o.seed + (uint32_t)m->environments;
		m->environment[m->environments++] = e;
	}
	for (int i = 1; i < m->environments; i++)
		m->corunner[i] = corunner_new(m->backend, m->dev, m->o.backend,
			m->o.device, &m->environment[i]);
	return 0;
}

/* Which counter belongs to the device: NVML knows GPUs, RAPL the CPU. */
static void open_meter(struct measure *m)
{
	m->no_meter = "switched off (--no-energy)";
	if (m->o.nvml || *m->info.id)
		m->meter = meter_open_nvml(m->o.nvml, m->info.id, &m->no_meter);
	else if (!strcmp(m->info.unit, "core") || m->o.powercap)
		m->meter = meter_open_rapl(m->o.powercap, &m->no_meter);
	else
		m->no_meter = "the device has no counter";
	if (!m->o.energy)
		m->no_meter = "switched off (--no-energy)";
	if ((!m->meter || !m->o.energy) && !m->o.again)
		msg_remark("no energy: %s; power.csv stays empty", m->no_meter);
}

static int open_guard(struct measure *m)
{
	if (!m->o.change_settings)
		return 0;
	if (!m->meter)
		return msg_bad("--change-device-settings: %s", m->no_meter);
	m->guard = guard_begin(m->meter, m->o.nvml, m->info.id, m->partial);
	if (!m->guard)
		return -1;
	for (int s = 0; s < m->settings; s++)
		if (guard_check(m->guard, m->setting[s].power_cap_w,
			m->setting[s].clock_mhz))
			return -1;
	return 0;
}

/* Largest difference of a probability to the oracle's over two images and
 * all exits. */
static int agree(struct measure *m, int net, int setting, const float *oracle)
{
	const struct net *n = m->net[net];
	struct plan *p = measure_plan(m, net, setting);
	float *got = mem_new((size_t)n->classes, sizeof *got);
	double worst = 0;
	struct outcome out;
	int bad = 0;

	for (int i = 0; i < 2 && i < m->images.count && !bad; i++)
		for (int d = 1; d <= n->depths && !bad; d++) {
			bad = m->backend->send(p, d, 0, images_at(&m->images,
				m->order[i]));
			for (int done = 0; !bad && !done;) {
				done = m->backend->poll(p, &out);
				bad = done < 0;
			}
			bad = bad || m->backend->probabilities(p, 0, got);
			for (int c = 0; c < n->classes && !bad; c++) {
				double off = fabs((double)got[c]
					- (double)oracle[(i * n->depths + d - 1)
						* n->classes + c]);
				/* NaN is as far off as can be. */
				worst = fmax(worst, isnan(off)
					? (double)INFINITY : off);
			}
		}
	free(got);
	m->agreement[net * m->settings + setting] = worst;
	if (!bad && !(worst <= m->info.tolerance))
		bad = msg_fail("%s at %s: probabilities differ by %g from the "
			"oracle's, more than %g: not used", n->name,
			m->setting[setting].name, worst, m->info.tolerance);
	return bad ? -1 : 0;
}

static int check_net(struct measure *m, int net)
{
	const struct net *n = m->net[net];
	struct oracle *o = oracle_new(n, 1);
	float *p = mem_new((size_t)(2 * n->depths * n->classes), sizeof *p);
	int bad = 0;

	for (int i = 0; i < 2 && i < m->images.count; i++)
		for (int d = 1; d <= n->depths; d++)
			oracle_stage(o, 0, d, images_at(&m->images, m->order[i]),
				p + (i * n->depths + d - 1) * n->classes);
	for (int s = 0; s < m->settings && !bad; s++)
		bad = agree(m, net, s, p);
	oracle_free(o);
	free(p);
	return bad;
}

static int open_plans(struct measure *m)
{
	struct plan_info info;

	for (int i = 0; i < m->nets; i++) {
		for (int s = 0; s < m->settings; s++) {
			if (measure_use(m, s) || m->backend->plan(m->dev,
				m->net[i], &m->setting[s], 1,
				&m->plan[i * m->settings + s]))
				return -1;
			m->backend->plan_info(measure_plan(m, i, s), &info);
			m->units[s] = info.units;
			if (m->o.no_events && m->backend->events)
				m->backend->events(measure_plan(m, i, s), 0);
		}
		if (m->info.tolerance > 0 && check_net(m, i))
			return -1;
	}
	return 0;
}

/* A fixed seeded permutation: the data may be sorted by class. */
static void shuffle_inputs(struct measure *m)
{
	struct stream r;

	m->order = mem_new((size_t)m->images.count, sizeof *m->order);
	stream_open(&r, m->o.seed, PURPOSE_ORDER, 0);
	for (int i = 0; i < m->images.count; i++) {
		int k = (int)stream_below(&r, i + 1);
		m->order[i] = m->order[k];
		m->order[k] = i;
	}
}

static void make_combos(struct measure *m)
{
	m->combo = mem_new((size_t)(m->nets * m->settings * m->environments),
		sizeof *m->combo);
	for (int i = 0; i < m->nets; i++)
	for (int s = 0; s < m->settings; s++)
	for (int e = 0; e < m->environments; e++) {
		struct combo *c = &m->combo[m->combos++];
		*c = (struct combo){ .net = i, .setting = s, .environment = e,
			.depths = m->net[i]->depths,
			.due = s || e ? m->o.passes : m->images.count };
	}
}

int measure_open(struct measure *m)
{
	size_t plans;

	m->begun_ns = backend_clock();
	m->until_ns = m->o.budget_s ? m->begun_ns + m->o.budget_s
		* INT64_C(1000000000) : INT64_MAX;
	m->aliasing = m->counter_ratio = NAN;
	m->setting_now = -1;
	m->partial = mem_printf("%s.partial", m->o.out ? m->o.out : "");
	if (open_nets(m) || open_images(m)
	    || !(m->backend = backend_load(m->o.backend))
	    || m->backend->open(&m->dev, m->o.device)
	    || m->backend->info(m->dev, &m->info)
	    || open_settings(m) || open_environments(m))
		return -1;
	plans = (size_t)(m->nets * m->settings);
	m->plan = mem_new(plans, sizeof(struct plan *));
	m->agreement = mem_new(plans, sizeof *m->agreement);
	m->fit = mem_new(plans, sizeof *m->fit);
	m->span_gap = mem_new(plans, sizeof *m->span_gap);
	m->whole_gap = mem_new(plans, sizeof *m->whole_gap);
	m->op_us = mem_new(plans, sizeof(double *));
	m->remark = mem_new(1, sizeof *m->remark);
	text_init(m->remark);
	shuffle_inputs(m);
	make_combos(m);
	open_meter(m);
	if (measure_speed_open(m))
		return -1;
	if (!m->o.again && measure_store_open(m))
		return -1;
	return open_guard(m) || open_plans(m) ? -1 : 0;
}

void measure_close(struct measure *m)
{
	for (int i = 0; i < m->environments; i++)
		corunner_free(m->corunner[i]);
	for (int i = 0; m->plan && i < m->nets * m->settings; i++)
		m->backend->plan_free(m->plan[i]);
	/* Even if it cannot be put back by us: the watcher tries too. */
	(void)guard_end(m->guard);
	if (m->dev)
		m->backend->close(m->dev);
	meter_close(m->meter);
	for (int i = 0; i < m->combos; i++) {
		free(m->combo[i].input);
		free(m->combo[i].sample);
		free(m->combo[i].device);
	}
	for (int i = 0; m->op_us && i < m->nets * m->settings; i++)
		free(m->op_us[i]);
	free(m->op_us);
	free(m->other_us);
	for (int i = 0; i < m->nets; i++)
		net_free(m->net[i]);
	if (m->raw_pass)
		(void)fclose(m->raw_pass);
	images_fini(&m->images);
	free(m->net);
	free(m->setting);
	free(m->units);
	free(m->idle_w);
	free(m->clock_mhz);
	free(m->environment);
	free(m->corunner);
	free(m->co_rate);
	free(m->lone_rate);
	free(m->co_alive);
	free(m->plan);
	free(m->agreement);
	free(m->fit);
	free(m->span_gap);
	free(m->whole_gap);
	if (m->remark)
		text_fini(m->remark);
	free(m->remark);
	free(m->order);
	free(m->combo);
	free(m->decision_ns);
	free(m->launch_ns);
	free(m->partial);
}
