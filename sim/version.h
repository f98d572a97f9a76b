/* Which laxity this is. */
#ifndef LAXITY_VERSION_H
#define LAXITY_VERSION_H
#define LAXITY_VERSION "0.1.0"
extern const char laxity_commit[];   /* "+" at the end: changed since */
/* SHA-256 of the sources that results depend on: equal code, equal results. */
extern const char laxity_code[];
#endif
