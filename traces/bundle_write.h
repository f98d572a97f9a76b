/* Writing a bundle: what bundle_read accepts, deterministic to the byte, and
 * never half of it. */
#ifndef LAXITY_BUNDLE_WRITE_H
#define LAXITY_BUNDLE_WRITE_H

#include "bundle.h"

/* Write b as the directory `dir`, which must not exist or be empty. The tables
 * and trace.ini are filled in under a temporary name, trace.ini with the
 * hashes last, and the directory is renamed once all is on the disk. b->dir,
 * b->sha256, b->memory and the means in b->net are not looked at.
 *
 * `remarks`, NULL or lines ending with NULL, go behind "# " to the head of
 * every table. Samples are numbered from 0. A real is written with the fewest
 * of 15 to 17 digits that read back as the same number.
 *
 * 0, or -1 after one message: a name or provenance value that would not read
 * back as it is, a directory that cannot be made (exit 2), a full disk (1). */
int bundle_write(const char *dir, const struct bundle *b,
	const char *const *remarks);

/* May this be the value of a key of trace.ini? It comes back as it is if it has
 * no blank at its ends, nothing that begins a comment, and fits a line with its
 * key. 0, or -1 after "laxity: WHERE: KEY: reason". */
int bundle_check_value(const char *where, const char *key, const char *value);

#endif
