/* Runs made by hand, to be stored. */
#ifndef LAXITY_SUPPORT_STORE_H
#define LAXITY_SUPPORT_STORE_H

#include "../sim/store.h"

/* Two that are no oracles, the second with delta = 0.01 as its only parameter, and
 * one that is. */
extern const struct policy stored_edf, stored_imprecise, stored_oracle;

/* A run of 100 requests, 10 of which missed, and all that it points to. */
struct stored_sample {
	struct bundle bundle;
	struct workload workload;
	struct choice choice;
	struct store_run run;
	struct outcome outcome;
	char hash[SHA256_HEX];
	int candidate;
	char resolved[256], text[64];
};

/* `text` names the policy with its parameters; the workload has so many clients.
 * The seed changes the accuracy, 0.5 + 0.001 * seed. */
void stored_sample(struct stored_sample *s, const struct policy *p,
	const char *text, int clients, uint32_t seed);

/* Store it in a transaction of its own; in this file; the EDF run of 20 clients
 * and seed 1 in this file. The test fails if that does. */
void stored_put(struct store *s, const struct stored_sample *a);
void stored_put_into(const char *file, const struct stored_sample *a);
void stored_one(const char *path);

#endif
