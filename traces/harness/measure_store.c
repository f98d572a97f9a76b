/* What is on disk while measuring: OUT.partial/plan.txt, which says what is
 * being measured, and raw/pass.csv and raw/block.csv, which grow by whole
 * blocks. No trace.ini is among them, so nothing takes it for a bundle.
 *
 * A line of block.csv is written after its rows are in pass.csv, and says how
 * long that file is then: what lies behind was written by a block that did
 * not end, and --resume cuts it off. So it does with raw/device.csv, which is
 * there if device times are measured apart; its rows say of which block. */
#include "measure.h"

#include "../../sim/csv.h"
#include "../../sim/file.h"
#include "../../sim/msg.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const pass_columns[] = { "network", "setting",
	"environment", "sample", "depth", "duration_ns", "device_ns", "input",
	"prediction", "confidence", "send_ns", "block", NULL };
static const char *const block_columns[] = { "block", "network", "setting",
	"environment", "passes", "attempt", "kept", "sm_mhz", "memory_mhz",
	"temperature_c", "power_w", "events", "others", "bytes", NULL };

static const char *const device_columns[] = { "network", "setting", "sample",
	"depth", "device_ns", "block", NULL };

static char *inside(const struct measure *m, const char *name)
{
	return mem_printf("%s/%s", m->partial, name);
}

static void put_columns(struct text *t, const char *const *column)
{
	for (; *column; column++)
		text_add(t, "%s%c", *column, column[1] ? ',' : '\n');
}

/* ---- What is being measured ------------------------------------------------------ */

static void describe(const struct measure *m, struct text *t)
{
	text_add(t, "backend %s\ndevice %s\nversions %s\nseed %u\nquick %d\n"
		"passes %d\ndata %s %d\n", m->backend->name, m->info.name,
		m->info.versions, m->o.seed, m->o.quick, m->o.passes,
		m->images.sha256, m->images.count);
	for (int i = 0; i < m->nets; i++)
		text_add(t, "network %s %s\n", m->net[i]->name,
			m->net[i]->sha256);
	for (int s = 0; s < m->settings; s++)
		text_add(t, "setting %s\n", m->setting[s].name);
	for (int e = 0; e < m->environments; e++)
		text_add(t, "environment %s\n", m->environment[e].name);
}

static int make_dir(const char *path)
{
	return mkdir(path, 0777) && errno != EEXIST
		? msg_bad("%s: cannot make the folder: %s", path,
			strerror(errno)) : 0;
}

static int start_files(struct measure *m, const struct text *what)
{
	char *device = inside(m, "raw/device.csv");
	char *raw = inside(m, "raw"), *plan = inside(m, "plan.txt");
	char *block = inside(m, "raw/block.csv");
	struct text head;
	int bad;

	text_init(&head);
	put_columns(&head, block_columns);
	bad = make_dir(m->partial) || make_dir(raw)
		|| file_write(block, head.s, head.length);
	text_fini(&head);
	text_init(&head);
	put_columns(&head, pass_columns);
	free(block);
	block = inside(m, "raw/pass.csv");
	bad = bad || file_write(block, head.s, head.length)
		|| file_write(plan, what->s, what->length);
	(void)unlink(device);
	text_fini(&head);
	free(device);
	free(block);
	free(plan);
	free(raw);
	return bad ? -1 : 0;
}

/* ---- Resuming ------------------------------------------------------------------------ */

/* Cut a file back to its last whole line. */
static int cut_line(const char *path)
{
	char *text;
	size_t length, whole;
	int bad = file_read(path, (size_t)1 << 34, &text, &length);

	if (bad)
		return -1;
	whole = length;
	while (whole && text[whole - 1] != '\n')
		whole--;
	free(text);
	if (whole < length && truncate(path, (off_t)whole))
		return msg_fail("%s: cannot cut: %s", path, strerror(errno));
	return 0;
}

/* The names that rows may have; numbers are those of struct measure. */
struct known { struct names net, setting, environment; };

static void known_init(struct known *k, const struct measure *m)
{
	*k = (struct known){ 0 };
	for (int i = 0; i < m->nets; i++)
		(void)names_add(&k->net, m->net[i]->name);
	for (int i = 0; i < m->settings; i++)
		(void)names_add(&k->setting, m->setting[i].name);
	for (int i = 0; i < m->environments; i++)
		(void)names_add(&k->environment, m->environment[i].name);
}

static void known_fini(struct known *k)
{
	names_fini(&k->net);
	names_fini(&k->setting);
	names_fini(&k->environment);
}

static struct combo *take_combo(struct measure *m, struct known *k,
	struct csv *c)
{
	int net, setting, environment;

	if (csv_known(c, &k->net, &net) || csv_known(c, &k->setting, &setting)
	    || csv_known(c, &k->environment, &environment))
		return NULL;
	return &m->combo[(net * m->settings + setting) * m->environments
		+ environment];
}

static int read_pass(struct measure *m, struct known *k, struct csv *c,
	const char *kept, int blocks)
{
	int64_t sample, depth, duration, device, input, prediction, send, block;
	struct combo *o = take_combo(m, k, c);
	struct sample *s;
	double confidence;

	if (!o || csv_integer(c, 0, INT32_MAX, &sample)
	    || csv_integer(c, 1, o->depths, &depth)
	    || csv_integer(c, 1, INT64_MAX, &duration)
	    || csv_optional_integer(c, 0, INT64_MAX, -1, &device)
	    || csv_integer(c, 0, m->images.count - 1, &input)
	    || csv_integer(c, 0, m->net[o->net]->classes - 1, &prediction)
	    || csv_real(c, 0, 1, &confidence)
	    || csv_integer(c, 0, INT64_MAX, &send)
	    || csv_integer(c, 0, blocks - 1, &block))
		return -1;
	if (!kept[block])
		return 0;
	if (sample != o->passes - (depth > 1))
		return csv_bad(c, "sample out of order");
	if (depth == 1) {
		if (o->passes == o->room) {
			o->room = o->room ? 2 * o->room : 256;
			o->input = mem_resize(o->input, (size_t)o->room,
				sizeof *o->input);
			o->sample = mem_resize(o->sample,
				(size_t)(o->room * o->depths),
				sizeof *o->sample);
		}
		o->passes++;
	}
	o->input[sample] = (int)input;
	s = &o->sample[sample * o->depths + depth - 1];
	*s = (struct sample){ .send_ns = send, .duration_ns = duration,
		.device_ns = device, .prediction = (int)prediction,
		.confidence = (float)confidence };
	return 0;
}

static void add_device(struct combo *o, int64_t ns)
{
	if (o->devices_stored == o->device_room * o->depths) {
		o->device_room += 2 * BLOCK_PASSES;
		o->device = mem_resize(o->device, (size_t)(o->device_room
			* o->depths), sizeof *o->device);
	}
	o->device[o->devices_stored++] = ns;
}

/* Device times of the blocks that ended. What lies behind is cut off. */
static int read_devices(struct measure *m, struct known *k)
{
	char *path = inside(m, "raw/device.csv");
	int64_t sample, depth, ns, block;
	struct stat st;
	struct csv c;
	size_t whole;
	int bad, net, setting;

	/* A backend without events wrote no such file. */
	m->apart = m->backend->events && !stat(path, &st);
	bad = m->apart && (cut_line(path) || csv_open(&c, path, (size_t)1 << 34,
		device_columns));
	if (bad || !m->apart) {
		free(path);
		return bad ? -1 : 0;
	}
	whole = c.length;
	while (csv_next(&c)) {
		struct combo *o;
		bad = csv_known(&c, &k->net, &net)
		    || csv_known(&c, &k->setting, &setting);
		if (bad)
			break;
		o = &m->combo[(net * m->settings + setting) * m->environments];
		bad = csv_integer(&c, 0, INT32_MAX, &sample)
		    || csv_integer(&c, 1, o->depths, &depth)
		    || csv_optional_integer(&c, 0, INT64_MAX, -1, &ns)
		    || csv_integer(&c, 0, INT32_MAX, &block);
		if (bad)
			break;
		if (block >= m->block) {
			whole = (size_t)(c.row - c.text);
			break;
		}
		bad = sample * o->depths + depth - 1 != o->devices_stored
			? csv_bad(&c, "sample out of order") : 0;
		if (bad)
			break;
		add_device(o, ns);
	}
	csv_close(&c);
	if (!bad && truncate(path, (off_t)whole))
		bad = msg_fail("%s: cannot cut: %s", path, strerror(errno));
	for (int i = 0; i < m->combos; i++) {
		struct combo *o = &m->combo[i];
		o->devices_stored /= o->depths;
		o->devices = o->devices_stored;
	}
	free(path);
	return bad ? -1 : 0;
}

static void note_block(struct measure *m, struct combo *o, int passes, int64_t kept,
	const struct meter_state *state)
{
	measure_note_state(m, o, state);
	if (!kept || measure_is_clean(m, o, state))
		return;
	o->unclean += passes;
	m->unclean_blocks++;
}

/* Which blocks count, and how long pass.csv was after the last. */
static int read_blocks(struct measure *m, struct known *k, const char *path,
	char **kept, int64_t *bytes)
{
	int64_t number, passes, attempt, is_kept, clock, memory, heat, events;
	int64_t others;
	struct combo *o;
	double watts;
	struct csv c;
	int room = 0, bad = 0;

	assert(m->block == 0);
	*bytes = 0;
	if (csv_open(&c, path, (size_t)1 << 34, block_columns))
		return -1;
	while (!bad && csv_next(&c)) {
		bad = csv_integer(&c, m->block, m->block, &number)
		    || !(o = take_combo(m, k, &c))
		    || csv_integer(&c, 1, BLOCK_PASSES, &passes)
		    || csv_integer(&c, 1, BLOCK_TRIES, &attempt)
		    || csv_integer(&c, 0, 1, &is_kept)
		    || csv_optional_integer(&c, 0, INT32_MAX, -1, &clock)
		    || csv_optional_integer(&c, 0, INT32_MAX, -1, &memory)
		    || csv_optional_integer(&c, 0, INT32_MAX, -1, &heat)
		    || csv_optional_real(&c, 0, INFINITY, &watts)
		    || csv_optional_integer(&c, 0, INT64_MAX, -1, &events)
		    || csv_optional_integer(&c, 0, INT32_MAX, -1, &others)
		    || csv_integer(&c, *bytes + 1, INT64_MAX, bytes);
		if (bad)
			break;
		MEM_ROOM(*kept, m->block, room);
		(*kept)[m->block++] = (char)is_kept;
		note_block(m, o, (int)passes, is_kept, &(struct meter_state){
			.sm_mhz = (int)clock, .temperature_c = (int)heat,
			.events = events });
	}
	csv_close(&c);
	return bad ? -1 : 0;
}

static int resume(struct measure *m, const struct text *what)
{
	char *plan = inside(m, "plan.txt"), *text = NULL, *kept = NULL;
	char *block = inside(m, "raw/block.csv"), *pass = inside(m,
		"raw/pass.csv");
	size_t length;
	int64_t bytes;
	struct known k;
	struct csv c;
	int bad;

	known_init(&k, m);
	bad = file_read(plan, 1 << 20, &text, &length);
	if (!bad && (length != what->length || memcmp(text, what->s, length)))
		bad = msg_bad("%s: begun for other networks, data, settings or "
			"device: cannot go on with it", plan);
	bad = bad || cut_line(block) || read_blocks(m, &k, block, &kept, &bytes);
	if (!bad && m->block && truncate(pass, (off_t)bytes))
		bad = msg_fail("%s: cannot cut: %s", pass, strerror(errno));
	if (!bad && !m->block) {
		bad = start_files(m, what);
	} else if (!bad && !(bad = csv_open(&c, pass, (size_t)1 << 34,
		pass_columns))) {
		while (!bad && csv_next(&c))
			bad = read_pass(m, &k, &c, kept, m->block);
		csv_close(&c);
		bad = bad || read_devices(m, &k);
	}
	for (int i = 0; i < m->combos && !bad; i++)
		if (m->combo[i].environment == 0 && m->combo[i].setting == 0
		    && m->combo[i].passes > m->images.count)
			bad = msg_bad("%s: more passes than inputs", pass);
	for (int i = 0; i < m->combos && !bad; i++)
		measure_note_costs(m, &m->combo[i], 0, m->combo[i].passes);
	known_fini(&k);
	free(text);
	free(kept);
	free(plan);
	free(block);
	free(pass);
	return bad ? -1 : 0;
}

/* Empty or not there at all. */
static int is_free(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int free_dir = 1;

	if (!d)
		return errno == ENOENT;
	while ((e = readdir(d)))
		free_dir &= !strcmp(e->d_name, ".") || !strcmp(e->d_name, "..");
	(void)closedir(d);
	return free_dir;
}

int measure_store_open(struct measure *m)
{
	char *pass = inside(m, "raw/pass.csv");
	struct stat st;
	struct text what;
	int bad = 0, there = !stat(m->partial, &st);

	text_init(&what);
	describe(m, &what);
	if (!is_free(m->o.out))
		bad = msg_bad("%s: is there already", m->o.out);
	else if (there && !m->o.resume)
		bad = msg_bad("%s: a measurement that did not end; --resume "
			"goes on with it, or remove it", m->partial);
	else if (!there && m->o.resume)
		bad = msg_bad("%s: nothing to resume", m->partial);
	else
		bad = there ? resume(m, &what) : start_files(m, &what);
	m->fresh = !there;
	if (!bad && !(m->raw_pass = fopen(pass, "ab")))
		bad = msg_fail("%s: cannot write: %s", pass, strerror(errno));
	text_fini(&what);
	free(pass);
	return bad ? -1 : 0;
}

/* ---- Writing -------------------------------------------------------------------------- */

static void put_known(struct text *t, int64_t x)
{
	if (x >= 0)
		text_add(t, "%lld", (long long)x);
	text_add(t, ",");
}

int measure_store_devices(struct measure *m, struct combo *c)
{
	char *path = inside(m, "raw/device.csv");
	FILE *f = m->apart ? fopen(path, "ab") : NULL;
	struct text t;
	int bad = m->apart && !f;

	text_init(&t);
	if (f && (fseek(f, 0, SEEK_END) || !ftell(f)))
		put_columns(&t, device_columns);
	for (int i = c->devices_stored * c->depths; i < c->devices * c->depths; i++) {
		text_add(&t, "%s,%s,%d,%d,", m->net[c->net]->name,
			m->setting[c->setting].name, i / c->depths,
			i % c->depths + 1);
		put_known(&t, c->device[i]);
		text_add(&t, "%d\n", m->block);
	}
	c->devices_stored = c->devices;
	bad = bad || (f && fwrite(t.s, 1, t.length, f) != t.length);
	bad = (f && fclose(f)) || bad;
	text_fini(&t);
	if (bad)
		(void)msg_fail("%s: cannot write: %s", path, strerror(errno));
	free(path);
	return bad ? -1 : 0;
}

static int append_block(struct measure *m, const struct combo *c, int passes,
	const struct meter_state *s, int attempt, int kept, long bytes)
{
	char *path = inside(m, "raw/block.csv");
	FILE *f = fopen(path, "ab");
	struct text t;
	int bad = !f;

	text_init(&t);
	text_add(&t, "%d,%s,%s,%s,%d,%d,%d,", m->block, m->net[c->net]->name,
		m->setting[c->setting].name,
		m->environment[c->environment].name, passes, attempt, kept);
	put_known(&t, s->sm_mhz);
	put_known(&t, s->memory_mhz);
	put_known(&t, s->temperature_c);
	if (s->power_w >= 0)
		text_add(&t, "%.3f", s->power_w);
	text_add(&t, ",");
	put_known(&t, s->events);
	put_known(&t, s->others);
	text_add(&t, "%ld\n", bytes);
	bad = bad || fwrite(t.s, 1, t.length, f) != t.length;
	bad = (f && fclose(f)) || bad;
	text_fini(&t);
	if (bad)
		(void)msg_fail("%s: cannot write: %s", path, strerror(errno));
	free(path);
	m->block++;
	return bad ? -1 : 0;
}

int measure_store_block(struct measure *m, const struct combo *c, int first,
	int passes, const struct meter_state *state, int attempt, int kept)
{
	struct text t;
	long bytes;
	int bad;

	text_init(&t);
	for (int i = first; i < first + passes; i++)
		for (int d = 1; d <= c->depths; d++) {
			const struct sample *s = &c->sample[i * c->depths + d - 1];
			text_add(&t, "%s,%s,%s,%d,%d,%lld,",
				m->net[c->net]->name,
				m->setting[c->setting].name,
				m->environment[c->environment].name, i, d,
				(long long)s->duration_ns);
			put_known(&t, s->device_ns);
			text_add(&t, "%d,%d,%.9g,%lld,%d\n", c->input[i],
				s->prediction, (double)s->confidence,
				(long long)s->send_ns, m->block);
		}
	bad = fwrite(t.s, 1, t.length, m->raw_pass) != t.length
		|| fflush(m->raw_pass);
	bytes = ftell(m->raw_pass);
	text_fini(&t);
	if (bad || bytes < 0)
		return msg_fail("%s/raw/pass.csv: cannot write: %s", m->partial,
			strerror(errno));
	return append_block(m, c, passes, state, attempt, kept, bytes);
}

int measure_store_text(struct measure *m, const char *name,
	const struct text *t)
{
	char *path = mem_printf("%s/raw/%s", m->partial, name);
	int bad = file_write(path, t->s, t->length);

	free(path);
	return bad;
}

void measure_store_undo(struct measure *m)
{
	static const char *const names[] = { "raw/pass.csv", "raw/block.csv",
		"raw/device.csv", "plan.txt", "raw", "" };

	if (!m->fresh || m->block)
		return;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char *path = inside(m, names[i]);
		/* What is not empty stays. */
		(void)(i < 4 ? unlink(path) : rmdir(path));
		free(path);
	}
}
