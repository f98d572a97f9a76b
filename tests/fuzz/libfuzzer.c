/* What libFuzzer calls. */
#include "fuzz.h"

#include <gsl/gsl_errno.h>
#include <malloc.h>
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
	/* Nothing here shares a database between threads, or asks how much
	 * memory they take; what it frees it needs again. */
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	(void)sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 1200, 400);
	(void)mallopt(M_TRIM_THRESHOLD, 1 << 29);
	(void)mallopt(M_TOP_PAD, 1 << 24);
	(void)mallopt(M_MMAP_THRESHOLD, 1 << 26);
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

/* In place of libFuzzer's own, where the linker is told so (`make fuzz-count`):
 * a look at every string compared takes a quarter of the time. */
void __wrap___sanitizer_weak_hook_strcmp(void *pc, const char *a, const char *b,
	int result);
void __wrap___sanitizer_weak_hook_strncmp(void *pc, const char *a, const char *b,
	size_t n, int result);
void __wrap___sanitizer_weak_hook_memcmp(void *pc, const void *a, const void *b,
	size_t n, int result);

void __wrap___sanitizer_weak_hook_strcmp(void *pc, const char *a, const char *b,
	int result)
{
	(void)pc, (void)a, (void)b, (void)result;
}

void __wrap___sanitizer_weak_hook_strncmp(void *pc, const char *a, const char *b,
	size_t n, int result)
{
	(void)pc, (void)a, (void)b, (void)n, (void)result;
}

void __wrap___sanitizer_weak_hook_memcmp(void *pc, const void *a, const void *b,
	size_t n, int result)
{
	(void)pc, (void)a, (void)b, (void)n, (void)result;
}
