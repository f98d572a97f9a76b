/* 16 x 16 x 16 tiles; every lane holds and computes the whole tile. */
#ifndef EMULATED_MMA_H
#define EMULATED_MMA_H

#include "cuda_bf16.h"
#include "cuda_fp16.h"

namespace nvcuda { namespace wmma {

struct matrix_a {};
struct matrix_b {};
struct accumulator {};
struct row_major {};
enum layout_t { mem_row_major };

template <typename Use, int, int, int, typename T, typename Layout = void>
struct fragment { float x[256]; };

static inline float value(half h) { return __half2float(h); }
static inline float value(__nv_bfloat16 b) { return __bfloat162float(b); }

template <typename F> static void fill_fragment(F &f, float x)
{
	for (int i = 0; i < 256; i++)
		f.x[i] = x;
}

template <typename F, typename T>
static void load_matrix_sync(F &f, const T *p, unsigned stride)
{
	for (unsigned r = 0; r < 16; r++)
		for (unsigned c = 0; c < 16; c++)
			f.x[r * 16 + c] = value(p[r * stride + c]);
}

template <typename D, typename A, typename B>
static void mma_sync(D &d, const A &a, const B &b, const D &c)
{
	D sum = c;

	for (int i = 0; i < 16; i++)
		for (int k = 0; k < 16; k++)
			for (int j = 0; j < 16; j++)
				sum.x[i * 16 + j] += a.x[i * 16 + k]
					* b.x[k * 16 + j];
	d = sum;
}

template <typename F>
static void store_matrix_sync(float *p, const F &f, unsigned stride, layout_t)
{
	if (threadIdx.x % 32)
		return;
	for (unsigned r = 0; r < 16; r++)
		for (unsigned c = 0; c < 16; c++)
			p[r * stride + c] = f.x[r * 16 + c];
}

} }

#endif
