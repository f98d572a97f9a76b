/* The oracle as a backend: slow, exact to float32, needs no device. Every
 * other backend is checked against it. */
#include "../backend.h"

#include "../../../sim/mem.h"
#include "../../../sim/msg.h"

#include <stdlib.h>
#include <string.h>

struct dev { int unused; };

struct plan {
	const struct net *net;
	struct oracle *oracle;
	float *probabilities;   /* [slots][classes] */
	int stage, slot;        /* sent; stage 0: none */
	const unsigned char *image;
};

static int plain_open(struct dev **d, const char *which)
{
	if (which && *which)
		return msg_bad("backend plain: no device '%s'; it has none to "
			"choose from", which);
	*d = mem_new(1, sizeof **d);
	return 0;
}

static void plain_close(struct dev *d)
{
	free(d);
}

static int plain_info(struct dev *d, struct dev_info *out)
{
	(void)d;
	*out = (struct dev_info){ .name = "plain loops on one core",
		.unit = "core", .units = 1, .units_min = 1, .units_step = 1,
		.tolerance = 1e-6, .element_bytes = sizeof(float),
		.precision = "float32", .layout = "channels first",
		.completion = "the call returns" };
	return 0;
}

static int plain_plan(struct dev *d, const struct net *n,
	const struct setting *s, int slots, struct plan **p)
{
	(void)d;
	if (s->units > 1)
		return msg_bad("backend plain: %d cores asked for, it has 1",
			s->units);
	*p = mem_new(1, sizeof **p);
	(*p)->net = n;
	(*p)->oracle = oracle_new(n, slots);
	(*p)->probabilities = mem_new((size_t)slots * (size_t)n->classes,
		sizeof(float));
	return 0;
}

static void plain_plan_free(struct plan *p)
{
	if (!p)
		return;
	oracle_free(p->oracle);
	free(p->probabilities);
	free(p);
}

static void plain_plan_info(struct plan *p, struct plan_info *out)
{
	*out = (struct plan_info){ .units = 1, .kernels_text = "" };
	net_launches(p->net, out->kernels);
}

static int plain_send(struct plan *p, int stage, int slot,
	const unsigned char *image)
{
	p->stage = stage;
	p->slot = slot;
	p->image = image;
	return 0;
}

static int plain_poll(struct plan *p, struct outcome *out)
{
	float *probabilities = p->probabilities
		+ (size_t)p->slot * (size_t)p->net->classes;

	if (!p->stage)
		return 0;
	oracle_stage(p->oracle, p->slot, p->stage, p->image, probabilities);
	*out = (struct outcome){ .stage = p->stage, .slot = p->slot,
		.device_ns = -1 };
	out->prediction = net_answer(probabilities, p->net->classes,
		&out->confidence);
	p->stage = 0;
	return 1;
}

static int plain_probabilities(struct plan *p, int slot, float *out)
{
	memcpy(out, p->probabilities + (size_t)slot * (size_t)p->net->classes,
		(size_t)p->net->classes * sizeof *out);
	return 0;
}

extern const struct backend backend;
const struct backend backend = {
	.abi = BACKEND_ABI, .name = "plain",
	.summary = "naive float32 loops on one core: the reference",
	.open = plain_open, .close = plain_close, .info = plain_info,
	.plan = plain_plan, .plan_free = plain_plan_free,
	.plan_info = plain_plan_info, .send = plain_send, .poll = plain_poll,
	.probabilities = plain_probabilities,
};
