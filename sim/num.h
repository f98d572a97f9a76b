/* Numbers and names read strictly: the whole text, no blanks, no locale. */
#ifndef LAXITY_NUM_H
#define LAXITY_NUM_H

#include <stdint.h>
#include <stddef.h>

/* Times are at most this (2^60 ns, 36 years), so that sums of a few never
 * overflow. TIME_NEVER is later than every instant. */
#define TIME_MAX_NS ((int64_t)1 << 60)
#define TIME_NEVER INT64_MAX

/* ns x factor (>= 0, finite): the product in double, rounded once, half away
 * from zero. Every scaling of a duration goes through here. A result beyond
 * TIME_MAX_NS becomes TIME_NEVER. */
int64_t num_scale_ns(int64_t ns, double factor);

/* Digits with an optional minus sign. -1 if s is anything else or does not
 * fit; *out is then untouched. No message. */
int num_integer(const char *s, int64_t *out);

/* A decimal real, exponent allowed; no inf, nan, hexadecimal, no bare dot.
 * Rounded correctly, whatever the locale. -1 as above. */
int num_real(const char *s, double *out);

/* 1 if s matches [A-Za-z0-9._-]+ */
int num_is_name(const char *s);

/* Shortest of %.9g, as every output prints reals; "" for NAN (missing).
 * buffer holds 32 characters; returns buffer. */
char *num_print(char *buffer, double x);

#endif
