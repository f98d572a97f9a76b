#include "num.h"
#include "num_put.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t num_scale_ns(int64_t ns, double factor)
{
	double x = (double)ns * factor;

	return x <= (double)TIME_MAX_NS ? llround(x) : TIME_NEVER;
}

int num_integer(const char *s, int64_t *out)
{
	const char *d = s + (*s == '-');
	uint64_t limit = *s == '-' ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
	uint64_t x = 0;

	if (!*d)
		return -1;
	for (; *d; d++) {
		uint64_t digit = (uint64_t)(unsigned char)*d - '0';
		if (*d < '0' || *d > '9' || x > (limit - digit) / 10)
			return -1;
		x = x * 10 + digit;
	}
	*out = *s == '-' ? (int64_t)(0 - x) : (int64_t)x;
	return 0;
}

/* The shape is checked by hand, so that strtod, which the program runs in
 * the C locale, only ever sees a plain decimal number. */
int num_real(const char *s, double *out)
{
	const char *p = s + (*s == '-');
	char *end;
	double x;

	if (*p < '0' || *p > '9')
		return -1;
	while (*p >= '0' && *p <= '9')
		p++;
	if (*p == '.') {
		p++;
		if (*p < '0' || *p > '9')
			return -1;
		while (*p >= '0' && *p <= '9')
			p++;
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '-' || *p == '+';
		if (*p < '0' || *p > '9')
			return -1;
		while (*p >= '0' && *p <= '9')
			p++;
	}
	if (*p)
		return -1;
	x = strtod(s, &end);
	if (*end || !isfinite(x))
		return -1;
	*out = x;
	return 0;
}

int num_is_name(const char *s)
{
	if (!*s)
		return 0;
	for (; *s; s++)
		if (!((*s >= 'A' && *s <= 'Z') || (*s >= 'a' && *s <= 'z')
		    || (*s >= '0' && *s <= '9') || strchr("._-", *s)))
			return 0;
	return 1;
}

/* ---- Printing ------------------------------------------------------------------ */

#define ONES(tens) tens "0 " tens "1 " tens "2 " tens "3 " tens "4 " \
	tens "5 " tens "6 " tens "7 " tens "8 " tens "9 "
#define TENS(hundreds) ONES(hundreds "0") ONES(hundreds "1") \
	ONES(hundreds "2") ONES(hundreds "3") ONES(hundreds "4") \
	ONES(hundreds "5") ONES(hundreds "6") ONES(hundreds "7") \
	ONES(hundreds "8") ONES(hundreds "9")
const char num_triples[] = TENS("0") TENS("1") TENS("2") TENS("3") TENS("4")
	TENS("5") TENS("6") TENS("7") TENS("8") TENS("9");

char *num_put_integer(char *to, int64_t x)
{
	uint64_t rest = x < 0 ? 0 - (uint64_t)x : (uint64_t)x;

	if (x < 0)
		*to++ = '-';
	if (rest < 1000)
		return num_put_few(to, (uint32_t)rest);
	if (rest >= NUM_NINE_DIGITS) {
		to = num_put_integer(to, (int64_t)(rest / NUM_NINE_DIGITS));
		return num_put_nine(to, (uint32_t)(rest % NUM_NINE_DIGITS));
	}
	to = num_put_integer(to, (int64_t)(rest / 1000));
	return num_put_three(to, (uint32_t)(rest % 1000));
}

char *num_put_far(struct num_near *n, char *to, int64_t x)
{
	int64_t high = x / NUM_NINE_DIGITS;

	n->from = high * NUM_NINE_DIGITS;
	n->width = high ? NUM_NINE_DIGITS : 0;
	n->length = (size_t)(num_put_integer(n->text, high) - n->text);
	return num_put_integer(to, x);
}

static inline int trim_zeros(const char *digits, int n)
{
	while (digits[n - 1] == '0')
		n--;
	return n;
}

/* k / 10^4, 0 < k <= 10^4. */
static inline char *put_decimals(char *to, uint32_t k)
{
	if (k == 10000) {
		*to = '1';
		return to + 1;
	}
	memcpy(to, "0.", 2);
	(void)num_put_three(to + 2, k / 10);
	to[5] = (char)('0' + k % 10);
	return to + trim_zeros(to, 6);
}

/* Nine significant digits, 10^8 <= digits < 10^9, of a number that begins in
 * the place of 10^exponent, -4 <= exponent <= 8; as %.9g, trailing zeros are
 * left out. */
static inline char *put_digits(char *to, uint32_t digits, int exponent)
{
	int n;

	if (exponent < 0) {
		memcpy(to, "0.000", 5);
		to += 1 - exponent;
	}
	(void)num_put_nine(to, digits);
	n = trim_zeros(to, 9);
	if (exponent < 0)
		return to + n;
	if (n <= exponent + 1)
		return to + exponent + 1;
	memmove(to + exponent + 2, to + exponent + 1, 8);
	to[exponent + 1] = '.';
	return to + n + 1;
}

/* Whatever it is. */
static char *put_unusual(char *to, double x)
{
	if (isnan(x))
		return to;
	if (x == 0) { /* minus zero too */
		*to = '0';
		return to + 1;
	}
	return to + snprintf(to, 32, "%.9g", x);
}

char *num_put_real(char *to, double x)
{
	static const double scale[] = { 1e12, 1e11, 1e10, 1e9, 1e8, 1e7, 1e6, 1e5,
		1e4, 1e3, 1e2, 1e1, 1 };
	int place;
	double scaled, fraction;
	uint32_t digits;

	if (!(x >= 1e-4 && x < 1e9))
		return put_unusual(to, x);
	if (x <= 1) {
		/* Most confidences are written with four decimals, and what
		 * rounding does to the product is far from the ninth digit. */
		scaled = x * 1e4;
		digits = (uint32_t)(scaled + 0.5);
		if (fabs(scaled - digits) < 1e-11)
			return put_decimals(to, digits);
	}
	place = (x >= 1e-3) + (x >= 1e-2) + (x >= 1e-1) + (x >= 1);
	if (x >= 10)
		place += 1 + (x >= 1e2) + (x >= 1e3) + (x >= 1e4) + (x >= 1e5)
			+ (x >= 1e6) + (x >= 1e7) + (x >= 1e8);
	/* The powers used are exact, so the product is off by half a unit of
	 * its last place at most, 6e-8. That decides the ninth digit unless
	 * the fraction is so close to one half. */
	scaled = x * scale[place];
	digits = (uint32_t)scaled;
	fraction = scaled - digits;
	if (fabs(fraction - 0.5) < 1e-6)
		return put_unusual(to, x);
	digits += fraction > 0.5;
	if (digits == 1000000000) {
		digits = 100000000;
		if (++place == 13)
			return put_unusual(to, x);
	}
	return put_digits(to, digits, place - 4);
}

char *num_print(char *buffer, double x)
{
	*num_put_real(buffer, x) = 0;
	return buffer;
}
