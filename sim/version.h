/* Which laxity this is. */
#ifndef LAXITY_VERSION_H
#define LAXITY_VERSION_H
#define LAXITY_VERSION "0.1.0"
extern const char laxity_commit[];   /* "+" at the end: changed since */
/* SHA-256 of the sources that all results depend on, and of the one file of
 * each built-in policy (a NULL name ends the list): equal code, equal results.
 * A change to one policy's file makes that policy's runs old, no others. */
extern const char laxity_code[];
struct policy_code { const char *policy, *sha256; };
extern const struct policy_code laxity_policy_code[];
#endif
