#ifndef EMULATED_CUDA_FP16_H
#define EMULATED_CUDA_FP16_H

#include "cuda_runtime_api.h"

struct half { uint16_t bits; };

static inline float __half2float(half h)
{
	int exponent = h.bits >> 10 & 31, mantissa = h.bits & 1023;
	float x = exponent == 31 ? (mantissa ? NAN : INFINITY)
		: exponent ? ldexpf((float)(1024 + mantissa), exponent - 25)
		: ldexpf((float)mantissa, -24);

	return h.bits >> 15 ? -x : x;
}

/* Nearest, ties to even, by the machine's own rounding. */
static inline half __float2half_rn(float x)
{
	uint16_t sign = std::signbit(x) ? 0x8000 : 0;
	float a = fabsf(x);
	int exponent;

	if (!(a < 65520))
		return { (uint16_t)(sign | (std::isnan(x) ? 0x7e00 : 0x7c00)) };
	if (a < ldexpf(1, -14))
		return { (uint16_t)(sign | (uint16_t)nearbyintf(ldexpf(a, 24))) };
	(void)frexpf(a, &exponent);
	uint16_t m = (uint16_t)nearbyintf(ldexpf(a, 11 - exponent));
	return { (uint16_t)(sign | (((exponent + 13) << 10) + m)) };
}

#endif
