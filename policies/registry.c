/* The built-in policies. To add one: its declaration, its line. */
#include "../sim/policy.h"

const struct policy *const policy_table[] = {
	NULL
};
