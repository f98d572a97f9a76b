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

char *num_print(char *buffer, double x)
{
	if (isnan(x))
		buffer[0] = 0;
	else
		(void)snprintf(buffer, 32, "%.9g", x == 0 ? 0.0 : x);
	return buffer;
}
