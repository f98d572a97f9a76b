/* What libFuzzer calls. */
#include "fuzz.h"

#include <gsl/gsl_errno.h>
#include <sqlite3.h>
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
		(void)fprintf(stderr, "FUZZ_TARGET is one of these; longest "
			"input in bytes\n");
		for (const struct fuzz_target *t = fuzz_targets; t->name; t++)
			printf("%s %zu\n", t->name, t->longest);
		exit(2);
	}
	/* Nothing here shares a database between threads. */
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
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
