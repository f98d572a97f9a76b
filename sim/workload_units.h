/* Times, percentages and reals as workload files write them. */
#ifndef LAXITY_WORKLOAD_UNITS_H
#define LAXITY_WORKLOAD_UNITS_H

#include <stddef.h>
#include <stdint.h>

/* "20us", "1.5T", "0": a decimal number and ns, us, ms, s or T (= full_ns)
 * without a blank between them; only 0 needs no unit. Rounded once, half away
 * from zero; 0 to TIME_MAX_NS. NULL, or what is wrong with s; *out is then
 * untouched. */
const char *units_time(const char *s, int64_t full_ns, int64_t *out);

/* "12.5%", exactly: *out counts 1e-9 of a percent; 0 <= percentage < 100, at
 * most 9 decimals. As above. */
#define UNITS_PERCENT ((int64_t)1000000000)
const char *units_percent(const char *s, int64_t *out);

/* Shortest forms that read back to the same value: a whole number of the
 * largest unit that divides it, and the fewest digits. The buffer holds 32
 * characters; returned. */
char *units_print_time(char *buffer, int64_t ns);
char *units_print_percent(char *buffer, int64_t percent);
char *units_print_real(char *buffer, double x);

#endif
