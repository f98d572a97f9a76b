#include "workload_units.h"

#include "num.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct { const char *name; int64_t ns; } units[] = {
	{ "s", 1000000000 }, { "ms", 1000000 }, { "us", 1000 }, { "ns", 1 },
};
enum { UNITS = sizeof units / sizeof *units };

const char *units_time(const char *s, int64_t full_ns, int64_t *out)
{
	size_t n = strlen(s), digits;
	char number[64];
	const char *unit;
	int64_t whole;
	double x, ns = 0;

	/* The unit is what follows the last digit. */
	for (digits = n; digits && (s[digits - 1] < '0' || s[digits - 1] > '9'); )
		digits--;
	if (!digits || digits >= sizeof number)
		return "not a time";
	memcpy(number, s, digits);
	number[digits] = 0;
	unit = s + digits;
	if (num_real(number, &x))
		return "not a time";
	if (!*unit && x != 0)
		return "a unit is missing: ns, us, ms, s or T";
	if (!strcmp(unit, "T"))
		ns = (double)full_ns;
	for (int i = 0; i < UNITS; i++) {
		if (strcmp(unit, units[i].name))
			continue;
		ns = (double)units[i].ns;
		/* Exactly, also beyond the 2^53 ns of a double. */
		if (!num_integer(number, &whole) && whole >= 0
		    && whole <= TIME_MAX_NS / units[i].ns) {
			*out = whole * units[i].ns;
			return NULL;
		}
	}
	if (*unit && ns == 0)
		return "unknown unit: ns, us, ms, s or T expected";
	if (x < 0)
		return "a time is not negative";
	if (x * ns > (double)TIME_MAX_NS)
		return "longer than 2^60 ns";
	*out = llround(x * ns);
	return NULL;
}

/* Not by way of a double: 0.57 x 100 in doubles is below 57, and the floor
 * taken of it later would be 56. */
const char *units_percent(const char *s, int64_t *out)
{
	int64_t value = 0, unit = UNITS_PERCENT;
	const char *p = s;

	if (*p < '0' || *p > '9')
		return "not a percentage";
	for (; *p >= '0' && *p <= '9'; p++) {
		value = value * 10 + (*p - '0');
		if (value >= 100)
			return "a percentage is below 100";
	}
	value *= UNITS_PERCENT;
	if (*p == '.') {
		if (p[1] < '0' || p[1] > '9')
			return "not a percentage";
		for (p++; *p >= '0' && *p <= '9'; p++) {
			unit /= 10;
			if (!unit && *p != '0')
				return "a percentage has at most 9 decimals";
			value += unit * (*p - '0');
		}
	}
	if (strcmp(p, "%"))
		return "not a percentage";
	*out = value;
	return NULL;
}

char *units_print_time(char *buffer, int64_t ns)
{
	int i = 0;

	if (!ns)
		return strcpy(buffer, "0");
	while (ns % units[i].ns)
		i++;
	(void)snprintf(buffer, 32, "%" PRId64 "%s", ns / units[i].ns,
		units[i].name);
	return buffer;
}

char *units_print_percent(char *buffer, int64_t percent)
{
	int n = snprintf(buffer, 32, "%" PRId64 ".%09" PRId64,
		percent / UNITS_PERCENT, percent % UNITS_PERCENT);

	while (buffer[n - 1] == '0')
		n--;
	if (buffer[n - 1] == '.')
		n--;
	return strcpy(buffer + n, "%") - n;
}

char *units_print_real(char *buffer, double x)
{
	for (int digits = 9; digits <= 17; digits++) {
		(void)snprintf(buffer, 32, "%.*g", digits, x);
		if (strtod(buffer, NULL) == x)
			break;
	}
	return buffer;
}
