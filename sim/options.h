/* Options of a command: a table of what it takes, read in one call.
 *
 * `--name VALUE` and `--name=VALUE` mean the same; `-x VALUE` for the short
 * ones. What begins with a dash is an option, except "-" itself and what
 * follows "--". An option that may be repeated is a list; any other given
 * twice is an error, as are unknown ones and values out of range. */
#ifndef LAXITY_OPTIONS_H
#define LAXITY_OPTIONS_H

#include <stdint.h>

enum option_kind {
	OPTION_FLAG,                /* int: set to 1 */
	OPTION_TEXT,                /* const char *: points into argv */
	OPTION_INPUT,               /* the same: a file that is read */
	OPTION_OUTPUT,              /* the same: a file that is written */
	OPTION_LIST,                /* struct option_list */
	OPTION_INTEGER,             /* int64_t within min...max */
	OPTION_REAL,                /* double within min...max */
	OPTION_WORD,                /* int: place in words */
};

/* Zeroed at first; options_list_fini ends it. */
struct option_list { int n; const char **item; };
void options_list_fini(struct option_list *l);

struct option {
	const char *name;           /* "--seed", or "-p" */
	enum option_kind kind;
	void *to;                   /* keeps its value if not given */
	int64_t min, max;
	const char *const *words;   /* ends with NULL */
};

/* argv[0] is the command's name, which begins every message. The table ends
 * with a NULL name. Other arguments go to *rest (NULL: there may be none). An
 * output that is the same file as an input, another output or one of the rest
 * is refused: it would replace what is read. -1 after one message. */
int options_read(int argc, char **argv, const struct option *table,
	struct option_list *rest);

#endif
