/* A policy built for an interface to come. */
#include "../../sim/policy.h"

static struct decision pick(void *state, const struct view *v)
{
	(void)state;
	(void)v;
	return decide_wait(TIME_NEVER);
}

extern const struct policy laxity_policy;
extern const unsigned laxity_policy_abi;
const struct policy laxity_policy = { .name = "old", .pick = pick };
const unsigned laxity_policy_abi = POLICY_ABI + 1;
