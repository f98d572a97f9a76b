/* A policy without a pick. */
#include "../../sim/policy.h"

extern const struct policy laxity_policy;
extern const unsigned laxity_policy_abi;
const struct policy laxity_policy = { .name = "none" };
const unsigned laxity_policy_abi = POLICY_ABI;
