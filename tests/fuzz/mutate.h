/* Inputs near those kept: the same ones for the same seed, under any compiler,
 * for `make check`, which has no time for libFuzzer's search. */
#ifndef LAXITY_FUZZ_MUTATE_H
#define LAXITY_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

struct bytes { uint8_t *at; size_t n; };

/* Some changes to `from`: bits, bytes, numbers, pieces left out, repeated or
 * taken from `other`, at most `longest` bytes long. The caller frees `at`, which
 * has exactly `n` bytes (one, if n is 0). *state is the generator's. */
struct bytes mutate(struct bytes from, struct bytes other, size_t longest,
	uint64_t *state);

/* The state to begin with for a target. */
uint64_t mutate_seed(const char *target, uint64_t seed);

#endif
