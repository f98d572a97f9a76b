/* A device that fails where --device says: open, info, plan, send:N, poll:N
 * (the N-th stage is not accepted, or fails), stuck:N (it never ends); fail:K,
 * hang:K (the K-th call of all that can fail does so, or does not return), or
 * not at all: good, or count, which prints at the end how many such calls there
 * were. Stages take no time; answers are class 0 with confidence 0.5, so no
 * trace agrees with them. */
#include "../../traces/harness/backend.h"

#include "../../sim/mem.h"
#include "../../sim/msg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct dev { char where[16]; long count, calls; };
struct plan { struct dev *dev; int stage, slot; };

/* At the beginning of every call that can fail. */
static int fails(struct dev *d)
{
	int now = ++d->calls == d->count;

	while (now && !strcmp(d->where, "hang"))
		(void)pause();
	return now && !strcmp(d->where, "fail")
		? msg_fail("call %ld fails", d->calls) : 0;
}

static int bad_open(struct dev **d, const char *which)
{
	int failed;
	const char *colon = which ? strchr(which, ':') : NULL;

	if (!which || !strcmp(which, "open"))
		return msg_fail("no device");
	*d = mem_new(1, sizeof **d);
	(void)snprintf((*d)->where, sizeof (*d)->where, "%.*s", colon
		? (int)(colon - which) : 15, which);
	/* The stages of the warm-up count as well. */
	(*d)->count = colon ? atol(colon + 1) : -1;
	if ((failed = fails(*d))) {
		free(*d);
		*d = NULL;
	}
	return failed;
}

static void bad_close(struct dev *d)
{
	if (!strcmp(d->where, "count"))
		msg_remark("%ld calls", d->calls);
	free(d);
}

static int bad_info(struct dev *d, struct dev_info *out)
{
	if (!strcmp(d->where, "info"))
		return msg_fail("no facts of the device");
	if (fails(d))
		return -1;
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
	if (fails(d))
		return -1;
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

static int by_stage(const struct dev *d)
{
	return !strcmp(d->where, "send") || !strcmp(d->where, "poll")
		|| !strcmp(d->where, "stuck");
}

static int bad_send(struct plan *p, int stage, int slot,
	const unsigned char *image)
{
	(void)image;
	p->dev->count -= by_stage(p->dev);
	if (now(p->dev, "send"))
		return msg_fail("the device is lost");
	if (fails(p->dev))
		return -1;
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
	if (fails(p->dev))
		return -1;
	*out = (struct outcome){ .stage = p->stage, .slot = p->slot,
		.confidence = 0.5f, .device_ns = -1 };
	return 1;
}

static int bad_probabilities(struct plan *p, int slot, float *out)
{
	(void)slot, (void)out;
	return fails(p->dev) ? -1 : msg_fail("no probabilities");
}

static int bad_corun(struct dev *d, const struct load *l)
{
	(void)l;
	return fails(d);
}

static int bad_corun_rate(struct dev *d, struct load_rate *out)
{
	*out = (struct load_rate){ .seconds = 1, .operations = 1, .unit = 1,
		.alive = 1 };
	return fails(d);
}

extern const struct backend backend;
const struct backend backend = {
	.abi = BACKEND_ABI, .name = "failing", .summary = "fails as told",
	.open = bad_open, .close = bad_close, .info = bad_info,
	.plan = bad_plan, .plan_free = bad_plan_free,
	.plan_info = bad_plan_info, .send = bad_send, .poll = bad_poll,
	.probabilities = bad_probabilities,
	.corun = bad_corun, .corun_rate = bad_corun_rate,
};
