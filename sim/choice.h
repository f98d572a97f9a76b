/* A policy with its parameters, as given to -p. */
#ifndef LAXITY_CHOICE_H
#define LAXITY_CHOICE_H

#include "policy.h"
#include "sha256.h"

struct choice {
	char *text;                 /* as given; labels results */
	const struct policy *policy;
	double args[POLICY_MAX_PARAMS];
	void *object;               /* of dlopen, or NULL */
	char code[SHA256_HEX];      /* SHA-256 of the shared object, or of the
	                             * built-in policy's own file */
};

/* Parse NAME[:k=v,...]; NAME may be a path (with a slash, or ending in .so)
 * of a shared object. -1 after one message that lists what is allowed. */
int choice_parse(struct choice *c, const char *text);
void choice_fini(struct choice *c);

/* Canonical form: name (or path, as given) and every parameter with its value,
 * in the policy's order. Equal policies have equal forms, whatever was left to
 * its default. The caller frees it. */
char *choice_canonical(const struct choice *c);

#endif
