/* What libFuzzer calls. */
#include "fuzz.h"

#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const struct fuzz_target *target;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("FUZZ_TARGET");

	(void)argc;
	(void)argv;
	target = fuzz_find(name ? name : "");
	if (!target) {
		(void)fprintf(stderr, "FUZZ_TARGET is one of:");
		for (const struct fuzz_target *t = fuzz_targets; t->name; t++)
			(void)fprintf(stderr, " %s", t->name);
		(void)fprintf(stderr, "\n");
		exit(2);
	}
	(void)gsl_set_error_handler_off();
	(void)atexit(fuzz_end);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	if (n <= target->longest)
		fuzz_one(target, bytes, n);
	return 0;
}
