/* A command with all that it reads and writes, in a directory of its own, to be
 * run again and again with faults on order (tests/faults/inject.h) and looked at
 * afterwards. */
#ifndef LAXITY_TESTS_SUPPORT_FAULTS_H
#define LAXITY_TESTS_SUPPORT_FAULTS_H

#include "faults/inject.h"
#include "support_program.h"

#include <stddef.h>
#include <stdint.h>

/* A sanitizer has its own allocator, which does not fail. */
#if defined __SANITIZE_ADDRESS__
#define SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { FAULT_ARGUMENTS = 24, FAULT_FILES = 4, FAULT_COPIES = 8 };

/* A command as it is tried. "@" in an argument stands for the directory. */
struct fault_command {
	const char *name;
	const char *arguments[FAULT_ARGUMENTS];
	/* Files that it writes, in the directory; each holds something before
	 * unless it begins with "+". */
	const char *files[FAULT_FILES];
	const char *database;       /* NULL: none */
	/* Run once, without faults; it makes the database. Empty: it is not
	 * there before. */
	const char *before[FAULT_ARGUMENTS];
	int kept_runs;              /* more runs a success stores */
	/* Files that it reads, copied into the directory before each run: from
	 * where, then its name there. */
	struct { const char *from, *name; } copies[FAULT_COPIES];
};

/* Every command that writes, ended by one without a name. */
extern const struct fault_command fault_commands[];

struct place {
	const struct fault_command *command;
	char *dir;
	const char *arguments[FAULT_ARGUMENTS + 1];
	char *owned[FAULT_ARGUMENTS];
	int owned_count;
	struct inject *order;       /* shared with the program */
	char *order_path;
	/* After a run without faults: stdout, and the files. */
	char *out, *whole[FAULT_FILES];
	double took_s;
	char *database; size_t database_length; /* before, as bytes; or NULL */
	int runs;                   /* in it */
	int64_t counts[INJECT_KINDS + 1]; /* calls of that run */
};

/* Make the place and run the command once without faults, which must go well. */
void place_init(struct place *p, const struct fault_command *c);
void place_fini(struct place *p);

/* Everything as it was before the command. */
void place_restore(const struct place *p);

/* Run the command with what is on order; then nothing is. */
void place_run(struct place *p, struct program *program);

/* Each file is as before, or whole; the database is one, and holds what it held
 * and none, some or all of the new runs. If `done`: whole, and all of them. The
 * test ends if not; `what` says what was tried. */
void place_check_data(const struct place *p, int done, const char *what);

/* The same of a command that was not killed; also: it ended by itself, with
 * one line if it failed, or two where `sticky` faults may have met a worker and
 * its parent, with the usual output if not, and nothing temporary or empty is
 * left. Returns whether it failed. */
int place_check_end(const struct place *p, const struct program *program,
	int sticky, const char *what);

#endif
