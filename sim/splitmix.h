/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): random bits for what no result
 * depends on, and for tests. Runs draw from sim/stream.h. */
#ifndef LAXITY_SPLITMIX_H
#define LAXITY_SPLITMIX_H

#include <stdint.h>

/* The next 64 bits; any state will do to begin with. */
static inline uint64_t splitmix(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Uniform on [0, 1). */
static inline double splitmix_unit(uint64_t *state)
{
	return (double)(splitmix(state) >> 11) * 0x1p-53;
}

#endif
