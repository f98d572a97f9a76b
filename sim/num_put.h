/* Numbers into a buffer, without a NUL behind them: for outputs of millions of
 * rows, some nanoseconds each. All return the end of what counts; up to 32
 * characters may be written whatever the number, so they must have room. */
#ifndef LAXITY_NUM_PUT_H
#define LAXITY_NUM_PUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

char *num_put_integer(char *to, int64_t x);

/* As num_print. */
char *num_put_real(char *to, double x);

/* ---- Digits ---------------------------------------------------------------- */

/* "000 001 002 ... 999 ": digits come three at a time, and with few branches,
 * since how many of them a number has is what a processor guesses wrong. */
extern const char num_triples[];

/* Three digits of x < 1000. A copy of four characters is one instruction. */
static inline char *num_put_three(char *to, uint32_t x)
{
	memcpy(to, num_triples + 4 * x, 4);
	return to + 3;
}

/* The same without leading zeros. */
static inline char *num_put_few(char *to, uint32_t x)
{
	size_t zeros = (size_t)(x < 100) + (x < 10);

	memcpy(to, num_triples + 4 * x + zeros, 4);
	return to + 3 - zeros;
}

#define NUM_NINE_DIGITS 1000000000

/* x < 10^9 with leading zeros. */
static inline char *num_put_nine(char *to, uint32_t x)
{
	uint32_t thousands = x / 1000, millions = thousands / 1000;

	to = num_put_three(to, millions);
	to = num_put_three(to, thousands - 1000 * millions);
	return num_put_three(to, x - 1000 * thousands);
}

/* ---- Columns ----------------------------------------------------------------- */

/* x >= 0 that is mostly small. */
static inline char *num_put_small(char *to, int64_t x)
{
	uint32_t few = (uint32_t)x;

	if (x >= 1000000)
		return num_put_integer(to, x);
	if (few < 1000)
		return num_put_few(to, few);
	to = num_put_few(to, few / 1000);
	return num_put_three(to, few % 1000);
}

/* x >= 0 of columns whose values lie near each other, such as the times of a
 * run: all but the last nine digits are copied while they are those of the value
 * before. Begin with zeros. */
struct num_near {
	int64_t from;               /* the value less its last nine digits */
	uint64_t width;             /* of the range from there in which the
	                             * others stay; 0: the value has no others */
	size_t length;              /* of the others */
	char text[16];
};
/* Of any value, which the next ones may then be near. */
char *num_put_far(struct num_near *n, char *to, int64_t x);

static inline char *num_put_near(struct num_near *n, char *to, int64_t x)
{
	if ((uint64_t)(x - n->from) >= n->width)
		return num_put_far(n, to, x);
	memcpy(to, n->text, sizeof n->text);
	return num_put_nine(to + n->length, (uint32_t)(x - n->from));
}

#endif
