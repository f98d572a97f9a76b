/* A policy whose process ends suddenly at its first decision, as if the kernel
 * had killed it for memory. */
#include "../../sim/policy.h"

#include <signal.h>

static struct decision pick(void *state, const struct view *v)
{
	(void)state;
	(void)v;
	(void)raise(SIGKILL);
	return decide_wait(TIME_NEVER);
}

extern const struct policy laxity_policy;
extern const unsigned laxity_policy_abi;
const struct policy laxity_policy = { .name = "killed", .pick = pick };
const unsigned laxity_policy_abi = POLICY_ABI;
