/* The built-in policies. To add one: its declaration, its line. */
#include "../sim/policy.h"

extern const struct policy policy_fifo, policy_rr, policy_edf,
	policy_edf_mandatory_first, policy_llf, policy_lcf, policy_threshold,
	policy_utility_density, policy_imprecise, policy_oracle,
	policy_alert, policy_app_only, policy_sys_only, policy_no_coord,
	policy_alert_oracle, policy_oracle_static, policy_joint;

const struct policy *const policy_table[] = {
	&policy_fifo,
	&policy_rr,
	&policy_edf,
	&policy_edf_mandatory_first,
	&policy_llf,
	&policy_lcf,
	&policy_threshold,
	&policy_utility_density,
	&policy_imprecise,
	&policy_oracle,
	&policy_alert,
	&policy_app_only,
	&policy_sys_only,
	&policy_no_coord,
	&policy_alert_oracle,
	&policy_oracle_static,
	&policy_joint,
	NULL
};
