#ifndef EMULATED_CUDA_BF16_H
#define EMULATED_CUDA_BF16_H

#include "cuda_runtime_api.h"

struct __nv_bfloat16 { uint16_t bits; };

static inline float __bfloat162float(__nv_bfloat16 b)
{
	uint32_t bits = (uint32_t)b.bits << 16;
	float x;

	memcpy(&x, &bits, sizeof x);
	return x;
}

#endif
