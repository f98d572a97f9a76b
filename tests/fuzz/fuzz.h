/* Fuzz targets: every reader of bytes that may come from a stranger.
 *
 * One program holds all of them. Linked with libFuzzer (`make fuzz`) it runs
 * the target named by $FUZZ_TARGET; linked with driver.c (`make fuzz-check`)
 * it replays tests/fuzz/corpus/TARGET/ through every target, under any
 * compiler. Files named in the readers' calls are kept in memory, so that a run
 * costs microseconds; the working directory is the repository's root.
 *
 * What each run is held to, besides what sanitizers see: a refusal leaves
 * status 2 and exactly one line that begins with "laxity: ", acceptance leaves
 * no fault. Anything else aborts. */
#ifndef LAXITY_FUZZ_H
#define LAXITY_FUZZ_H

#include <stddef.h>
#include <stdint.h>

struct fuzz_target {
	const char *name;
	/* Read these bytes as the target's kind of file: 0 if they were
	 * accepted, -1 if they were refused. */
	int (*run)(const uint8_t *bytes, size_t n);
	size_t longest;             /* bytes worth trying */
};

/* Ends with a NULL name. */
extern const struct fuzz_target fuzz_targets[];
const struct fuzz_target *fuzz_find(const char *name);

/* Run once and check what was said. */
void fuzz_one(const struct fuzz_target *t, const uint8_t *bytes, size_t n);

/* From now on file_read finds these bytes, copied, under this name. */
void fuzz_file(const char *path, const void *bytes, size_t n);

/* A real file in memory, for readers that do not use file_read: its path, the
 * same for the same suffix, until fuzz_end. */
const char *fuzz_real_file(const char *suffix, const void *bytes, size_t n);

/* Free everything and remove the real files. */
void fuzz_end(void);

/* End the run loudly unless `holds`. */
#define FUZZ_HOLDS(holds) \
	((holds) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #holds))
_Noreturn void fuzz_broken(const char *file, int line, const char *what);

/* Keeps the input that was being run; libFuzzer has its own way. */
void fuzz_leave_input(void) __attribute__((weak));

#endif
