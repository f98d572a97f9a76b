/* A device that fails where --device says: open, info, plan, send:N, poll:N
 * (the N-th stage is not accepted, or fails), stuck:N (it never ends), or not
 * at all (good). Stages take no time; answers are class 0 with confidence 0.5,
 * so no trace agrees with them. */
#include "../../traces/harness/backend.h"

#include "../../sim/mem.h"
#include "../../sim/msg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dev { char where[16]; long count; };
struct plan { struct dev *dev; int stage, slot; };

static int bad_open(struct dev **d, const char *which)
{
	const char *colon = which ? strchr(which, ':') : NULL;

	if (!which || !strcmp(which, "open"))
		return msg_fail("no device");
	*d = mem_new(1, sizeof **d);
	(void)snprintf((*d)->where, sizeof (*d)->where, "%.*s", colon
		? (int)(colon - which) : 15, which);
	/* The stages of the warm-up count as well. */
	(*d)->count = colon ? atol(colon + 1) : -1;
	return 0;
}

static void bad_close(struct dev *d)
{
	free(d);
}

static int bad_info(struct dev *d, struct dev_info *out)
{
	if (!strcmp(d->where, "info"))
		return msg_fail("no facts of the device");
	*out = (struct dev_info){ .name = "a device that fails", .unit = "s",
		.units = 1, .units_min = 1, .units_step = 1,
		.versions = "failing=1;other=2" };
	return 0;
}

static int bad_plan(struct dev *d, const struct net *n, const struct setting *s,
	int slots, struct plan **p)
{
	(void)n, (void)s, (void)slots;
	if (!strcmp(d->where, "plan"))
		return msg_fail("the network does not fit");
	*p = mem_new(1, sizeof **p);
	(*p)->dev = d;
	return 0;
}

static void bad_plan_free(struct plan *p)
{
	free(p);
}

static void bad_plan_info(struct plan *p, struct plan_info *out)
{
	(void)p;
	*out = (struct plan_info){ .units = 1, .kernels_text = "" };
}

static int now(const struct dev *d, const char *where)
{
	return d->count <= 0 && !strcmp(d->where, where);
}

static int bad_send(struct plan *p, int stage, int slot,
	const unsigned char *image)
{
	(void)image;
	p->dev->count--;
	if (now(p->dev, "send"))
		return msg_fail("the device is lost");
	p->stage = stage;
	p->slot = slot;
	return 0;
}

static int bad_poll(struct plan *p, struct outcome *out)
{
	if (now(p->dev, "poll"))
		return msg_fail("the device reports an error");
	if (now(p->dev, "stuck"))
		return 0;
	*out = (struct outcome){ .stage = p->stage, .slot = p->slot,
		.confidence = 0.5f, .device_ns = -1 };
	return 1;
}

static int bad_probabilities(struct plan *p, int slot, float *out)
{
	(void)p, (void)slot, (void)out;
	return msg_fail("no probabilities");
}

extern const struct backend backend;
const struct backend backend = {
	.abi = BACKEND_ABI, .name = "failing", .summary = "fails as told",
	.open = bad_open, .close = bad_close, .info = bad_info,
	.plan = bad_plan, .plan_free = bad_plan_free,
	.plan_info = bad_plan_info, .send = bad_send, .poll = bad_poll,
	.probabilities = bad_probabilities,
};
