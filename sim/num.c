#include "num.h"

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

/* Two digits at a time: half as many divisions. */
static const char pairs[] =
	"00010203040506070809101112131415161718192021222324"
	"25262728293031323334353637383940414243444546474849"
	"50515253545556575859606162636465666768697071727374"
	"75767778798081828384858687888990919293949596979899";

char *num_put_integer(char *to, int64_t x)
{
	uint64_t rest = x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
	/* Twice the room: what is copied always has 20 characters, as a copy
	 * of fixed size is three instructions and one of a few bytes a call. */
	char digits[40];
	size_t at = 20;
	uint32_t few;

	if (x < 0)
		*to++ = '-';
	if (rest < 10) {
		*to = (char)('0' + rest);
		return to + 1;
	}
	for (; rest > UINT32_MAX; rest /= 100)
		memcpy(digits + (at -= 2), pairs + 2 * (rest % 100), 2);
	for (few = (uint32_t)rest; few >= 100; few /= 100)
		memcpy(digits + (at -= 2), pairs + 2 * (few % 100), 2);
	if (few >= 10)
		memcpy(digits + (at -= 2), pairs + 2 * few, 2);
	else
		digits[--at] = (char)('0' + few);
	memcpy(to, digits + at, 20);
	return to + (20 - at);
}

/* Nine significant digits, 10^8 <= digits < 10^9, of a number that begins in
 * the place of 10^exponent, -4 <= exponent <= 8; as %.9g, trailing zeros are
 * left out. */
static char *put_digits(char *to, uint32_t digits, int exponent)
{
	char s[24];
	int n = 9;

	for (int at = 7; at > 0; at -= 2, digits /= 100)
		memcpy(s + at, pairs + 2 * (digits % 100), 2);
	s[0] = (char)('0' + digits);
	while (s[n - 1] == '0')
		n--;
	if (exponent < 0) {
		memcpy(to, "0.000", 5);
		memcpy(to + 1 - exponent, s, 9);
		return to + 1 - exponent + n;
	}
	memcpy(to, s, 9);
	if (n <= exponent + 1)
		return to + exponent + 1;
	to[exponent + 1] = '.';
	memcpy(to + exponent + 2, s + exponent + 1, 8);
	return to + n + 1;
}

char *num_put_real(char *to, double x)
{
	static const double power[] = { 1e-4, 1e-3, 1e-2, 1e-1, 1, 1e1, 1e2, 1e3,
		1e4, 1e5, 1e6, 1e7, 1e8, 1e9 };
	static const double scale[] = { 1e12, 1e11, 1e10, 1e9, 1e8, 1e7, 1e6, 1e5,
		1e4, 1e3, 1e2, 1e1, 1 };
	int place = x < 1 ? 0 : 4;
	double scaled, fraction;
	uint32_t digits;

	if (isnan(x))
		return to;
	if (x == 0) {
		*to++ = '0';
		return to;
	}
	if (!(x >= power[0] && x < power[13]))
		goto slow;
	while (x >= power[place + 1])
		place++;
	/* The powers used are exact, so the product is off by half a unit of
	 * its last place at most, 6e-8. That decides the ninth digit unless
	 * the fraction is so close to one half. */
	scaled = x * scale[place];
	digits = (uint32_t)scaled;
	fraction = scaled - digits;
	if (fabs(fraction - 0.5) < 1e-6)
		goto slow;
	digits += fraction > 0.5;
	if (digits == 1000000000) {
		digits = 100000000;
		if (++place == 13)
			goto slow;
	}
	return put_digits(to, digits, place - 4);
slow:
	return to + snprintf(to, 32, "%.9g", x);
}

char *num_print(char *buffer, double x)
{
	*num_put_real(buffer, x) = 0;
	return buffer;
}
