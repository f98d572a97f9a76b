/* A device that repeats a bundle: --device DIR. Stages take the bundle's
 * durations, in the order of its samples, and come out as its outcomes say.
 * For testing the harness and the live executor without a device.
 *
 * Inputs are the numbered images that `--data DIR` gives for a bundle (see
 * images.h): which input an image is stands in its first four bytes, and its
 * label is that number modulo the classes. */
#include "../backend.h"

#include "../images.h"

#include "../../../sim/mem.h"
#include "../../../sim/msg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dev {
	struct bundle *bundle;
	int environment;
};

struct plan {
	struct dev *dev;
	const struct net *net;
	int number, setting;    /* in the bundle */
	int units;
	int stage, slot;
	int64_t due_ns;
	int *input;             /* by slot */
	int *sample;            /* by slot */
	int *depth;             /* reached, by slot */
	int passes;
};

static int replay_open(struct dev **d, const char *which)
{
	struct bundle *b;

	if (!which || !*which)
		return msg_bad("backend replay: --device DIR says which bundle");
	if (!(b = bundle_read(which)))
		return -1;
	*d = mem_new(1, sizeof **d);
	(*d)->bundle = b;
	return 0;
}

static void replay_close(struct dev *d)
{
	if (d)
		bundle_free(d->bundle);
	free(d);
}

static int units_of(const struct bundle *b, int setting)
{
	double n = b->setting[setting].sm_count;

	return n >= 1 && n < 1e6 ? (int)n : 1;
}

static int replay_info(struct dev *d, struct dev_info *out)
{
	const char *name = d->bundle->setting[0].name;
	size_t letters = strspn(name, "abcdefghijklmnopqrstuvwxyz");

	*out = (struct dev_info){ .units = units_of(d->bundle, 0),
		.units_min = 1, .units_step = 1, .device_time = 1,
		.precision = "as in the bundle", .layout = "none",
		.completion = "spinning for the bundle's duration" };
	(void)snprintf(out->name, sizeof out->name, "replay of %s",
		d->bundle->device);
	(void)snprintf(out->unit, sizeof out->unit, "%.*s",
		letters && letters < sizeof out->unit ? (int)letters : 4,
		letters && letters < sizeof out->unit ? name : "unit");
	(void)snprintf(out->versions, sizeof out->versions, "replayed=%s",
		d->bundle->sha256);
	return 0;
}

static int find_setting(const struct bundle *b, const struct setting *s)
{
	int found = bundle_find_setting(b, s->name);

	for (int i = 0; found < 0 && i < b->settings; i++)
		if (units_of(b, i) == s->units)
			found = i;
	return found;
}

static int replay_plan(struct dev *d, const struct net *n,
	const struct setting *s, int slots, struct plan **p)
{
	const struct bundle *b = d->bundle;
	int number = bundle_find_net(b, n->name);
	int setting = find_setting(b, s);

	if (number < 0)
		return msg_bad("%s: no network '%s' in it", b->dir, n->name);
	if (b->net[number].depths != n->depths)
		return msg_bad("%s: network '%s' has %d depths, the file %d",
			b->dir, n->name, b->net[number].depths, n->depths);
	if (setting < 0 || !bundle_cell(b, number, setting, 0)->samples)
		return msg_bad("%s: network '%s' was not measured at setting "
			"'%s'", b->dir, n->name, s->name);
	*p = mem_new(1, sizeof **p);
	**p = (struct plan){ .dev = d, .net = n, .number = number,
		.setting = setting, .units = units_of(b, setting) };
	(*p)->input = mem_new((size_t)slots, sizeof(int));
	(*p)->sample = mem_new((size_t)slots, sizeof(int));
	(*p)->depth = mem_new((size_t)slots, sizeof(int));
	return 0;
}

static void replay_plan_free(struct plan *p)
{
	if (!p)
		return;
	free(p->input);
	free(p->sample);
	free(p->depth);
	free(p);
}

static void replay_plan_info(struct plan *p, struct plan_info *out)
{
	*out = (struct plan_info){ .units = p->units, .kernels_text = "" };
}

/* Outside `default` a combination may not have been measured: then nothing
 * changes. */
static const struct cell *cell_of(const struct plan *p)
{
	const struct bundle *b = p->dev->bundle;
	const struct cell *c = bundle_cell(b, p->number, p->setting,
		p->dev->environment);

	return c->samples ? c : bundle_cell(b, p->number, p->setting, 0);
}

static int replay_send(struct plan *p, int stage, int slot,
	const unsigned char *image)
{
	const struct cell *c = cell_of(p);

	if (stage == 1) {
		p->input[slot] = images_number(image) % p->dev->bundle->inputs;
		p->sample[slot] = p->passes++;
	}
	p->stage = stage;
	p->slot = slot;
	p->due_ns = backend_clock() + c->duration_ns[p->sample[slot]
		% c->samples * p->net->depths + stage - 1];
	return 0;
}

static int answer(const struct plan *p, int slot, int depth, float *confidence)
{
	const struct bundle_net *n = &p->dev->bundle->net[p->number];
	int at = p->input[slot] * n->depths + depth - 1;
	int label = p->input[slot] % p->net->classes;

	*confidence = (float)n->confidence[at];
	return n->correct[at] ? label : (label + 1) % p->net->classes;
}

static int replay_poll(struct plan *p, struct outcome *out)
{
	const struct cell *c = cell_of(p);

	if (!p->stage || backend_clock() < p->due_ns)
		return 0;
	*out = (struct outcome){ .stage = p->stage, .slot = p->slot,
		.device_ns = c->device_ns ? c->device_ns[p->sample[p->slot]
			% c->samples * p->net->depths + p->stage - 1] : -1 };
	out->prediction = answer(p, p->slot, p->stage, &out->confidence);
	p->depth[p->slot] = p->stage;
	p->stage = 0;
	return 1;
}

/* The bundle holds the largest only: the rest is spread evenly. */
static int replay_probabilities(struct plan *p, int slot, float *out)
{
	float confidence;
	int best = answer(p, slot, p->depth[slot] ? p->depth[slot] : 1,
		&confidence);

	for (int i = 0; i < p->net->classes; i++)
		out[i] = i == best ? confidence : (1 - confidence)
			/ (float)(p->net->classes - 1);
	return 0;
}

static int replay_corun(struct dev *d, const struct load *l)
{
	int e = l ? bundle_find_environment(d->bundle, l->memory
		? "memory-stream" : "compute-stream") : 0;

	d->environment = e < 0 ? 0 : e;
	return 0;
}

static int replay_corun_rate(struct dev *d, struct load_rate *out)
{
	(void)d;
	*out = (struct load_rate){ .alive = 1 };
	return 0;
}

extern const struct backend backend;
const struct backend backend = {
	.abi = BACKEND_ABI, .name = "replay",
	.summary = "repeats an existing bundle in real time",
	.open = replay_open, .close = replay_close, .info = replay_info,
	.plan = replay_plan, .plan_free = replay_plan_free,
	.plan_info = replay_plan_info, .send = replay_send,
	.poll = replay_poll, .probabilities = replay_probabilities,
	.corun = replay_corun, .corun_rate = replay_corun_rate,
};
