/* INI files, strictly: workloads, experiments, trace.ini, NAME.ini of networks.
 *
 *     ; a comment, as is a line that begins with #
 *     [section]
 *     key = value          ; a comment after a blank
 *
 * Lines may have 4096 characters, sections and keys 49 (inih's limit), the
 * document 4096 keys; more of any is refused, as are a line without "=", a key
 * before the first section, a section or key given twice, an unclosed or empty
 * section name, text after it, a key or section that is not made of names
 * (letters, digits, . _ -), and bytes that are not UTF-8 text. Values run to
 * the end of the line without the blanks around them; quotes mean nothing.
 *
 * What nobody has asked for by the end is unknown: ini_unused says so. */
#ifndef LAXITY_INI_H
#define LAXITY_INI_H

#include "mem.h"

#include <stdbool.h>
#include <stdint.h>

#define INI_LONGEST_LINE 4096
#define INI_LONGEST_NAME 49
#define INI_MOST_ENTRIES 4096

struct ini_section {
	const char *name;           /* words separated by one blank each */
	int line;                   /* 0: made by ini_set */
	bool used;
};

struct ini_entry {
	const char *section, *key, *value;
	int line;                   /* 0: given by ini_set */
	bool used;
};

/* In the order of the file. Strings live until ini_free. */
struct ini {
	const char *file;           /* stands in messages */
	int sections, entries;
	struct ini_section *section;
	struct ini_entry *entry;
	size_t section_room, entry_room;
	struct arena arena;
};

/* NULL after one message "laxity: FILE:LINE: reason". ini_read_text copies
 * what it needs; `file` stands in messages. */
struct ini *ini_read(const char *path);
struct ini *ini_read_text(const char *file, const char *text, size_t length);
void ini_free(struct ini *d);

/* An override, "section.key=value" as given to --set; the section is the text
 * before the first dot. Replaces the key or adds it. The same key twice is an
 * error. */
int ini_set(struct ini *d, const char *assignment);

/* Set a key, or add it, as if `line` of the file said so (0: as ini_set does).
 * The strings are copied; names are as in a file. */
void ini_put(struct ini *d, const char *section, const char *key,
	const char *value, int line);

/* Take a section and its keys away, if there is one. */
void ini_drop(struct ini *d, const char *section);

/* Look up and mark as used; NULL if there is none, no message. A section is
 * used when anything in it has been asked for, found or not. */
struct ini_section *ini_find_section(struct ini *d, const char *section);
struct ini_entry *ini_find(struct ini *d, const char *section, const char *key);

/* As ini_find, with a message if there is none. */
struct ini_entry *ini_need(struct ini *d, const char *section, const char *key);

/* Values, range included in the message. `words` ends with NULL; *out is the
 * word's place. Return 0, or -1 after one message, *out untouched. */
int ini_integer(const struct ini *d, const struct ini_entry *e, int64_t min,
	int64_t max, int64_t *out);
int ini_real(const struct ini *d, const struct ini_entry *e, double min,
	double max, double *out);
int ini_word(const struct ini *d, const struct ini_entry *e,
	const char *const *words, int *out);

/* The first section or key that nobody has used: -1 after a message; else 0. */
int ini_unused(const struct ini *d);

/* "laxity: FILE:LINE: reason", or "laxity: --set SECTION.KEY: reason" for an
 * entry given by ini_set; e == NULL: "laxity: FILE: reason". Always -1. */
int ini_bad(const struct ini *d, const struct ini_entry *e, const char *format,
	...) __attribute__((format(printf, 3, 4)));
int ini_bad_line(const struct ini *d, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
#if defined __clang_analyzer__ && !defined INI_DEFINES /* as in msg.h */
#define ini_bad(...) (ini_bad(__VA_ARGS__), -1)
#define ini_bad_line(...) (ini_bad_line(__VA_ARGS__), -1)
#endif

#endif
