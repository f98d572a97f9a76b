/* First come, first served, by a policy that thinks for 200 us when a request
 * is released and again when it is asked. */
#define _POSIX_C_SOURCE 200809L
#include "../../sim/policy.h"

#include <time.h>

enum { THINK_NS = 200000 };

static int64_t now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void think(void)
{
	int64_t begun = now();

	while (now() - begun < THINK_NS)
		;
}

static void on_release(void *state, const struct view *v, int slot)
{
	(void)state, (void)v, (void)slot;
	think();
}

static struct decision pick(void *state, const struct view *v)
{
	(void)state;
	think();
	for (int i = 0; i < v->lives; i++)
		if (view_waiting(v, v->live[i]))
			return decide_run(v->live[i], 0, 0);
	return decide_wait(TIME_NEVER);
}

extern const struct policy laxity_policy;
extern const unsigned laxity_policy_abi;
const unsigned laxity_policy_abi = POLICY_ABI;
const struct policy laxity_policy = { .name = "slow",
	.summary = "thinks for 200 us each time", .pick = pick,
	.on_release = on_release };
