/* Measurements by `laxity profile`, looked at from outside. */
#ifndef SUPPORT_MEASURE_H
#define SUPPORT_MEASURE_H

#include "../support_program.h"

#define H100 "traces/h100-cifar10"
#define REPLAY "profile --warm-up 0 --backend replay --device " H100 " --data " H100

/* It ended with a bundle. A measurement on a busy machine may fail checks of
 * steadiness; the bundle is then written and marked. */
void measured_well(const struct program *p);

/* Among its checks is this one with this verdict. */
void measured_check(const struct program *p, const char *name,
	const char *verdict);

#endif
