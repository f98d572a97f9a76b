/* `laxity trace import`: published arrival traces as replay files (replay.h). */
#ifndef LAXITY_IMPORT_H
#define LAXITY_IMPORT_H

#include "mem.h"

#include <stdbool.h>
#include <stdint.h>

/* argv[0] is "import". The exit status, or -1 after a message. */
int trace_import(int argc, char **argv);

/* What its --help prints. */
extern const char trace_import_manual[];

/* ---- For the readers of the formats ------------------------------------- */

struct import {
	const char *path;           /* of the file read */
	const char *functions;      /* names separated by commas; NULL: no list */
	int64_t busiest;            /* so many functions; 0: not asked for */
	int64_t day;                /* 1 to 14; 0: all that the file has */
	int even;                   /* placement of the counts of a minute; -1:
	                             * not asked for, as 0 */
	int64_t seed;               /* of the draws; 0: not asked for, as 1 */
	int64_t most;               /* releases that counts may ask for */

	char *text, *at;            /* the file, and its next line */
	size_t length;
	int64_t line;               /* number of the line last taken, from 1 */

	int64_t *release_ns;        /* what was read, in any order */
	int64_t releases;
	size_t room;
	struct text notes;          /* `#` lines for the file written */
};

/* The next line, without LF or CRLF, cut at its commas; foreign files need
 * not end with a newline. The number of fields (those beyond `most` are left
 * in the last one), or 0 at the end. */
int import_line(struct import *m, char **field, int most);

void import_add(struct import *m, int64_t release_ns);

/* "laxity: PATH:LINE: ...". Always -1. */
int import_bad(const struct import *m, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The formats: 0, or -1 after one message. */
int import_llm_2023(struct import *m);
int import_functions_2021(struct import *m);
int import_functions_2019(struct import *m);

#endif
