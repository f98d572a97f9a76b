/* Whole files: read into memory with care, written so that nobody ever sees
 * half of one. */
#ifndef LAXITY_FILE_H
#define LAXITY_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Read a regular file of at most `limit` bytes. *text gets its bytes and a
 * NUL behind them (freed by free), *length their number. A directory, a FIFO,
 * a device, an unreadable or too large file is refused with one message
 * "PATH: reason" (exit 2); reading never blocks on a FIFO. */
int file_read(const char *path, size_t limit, char **text, size_t *length);

/* A file being written under a temporary name beside its final one, which
 * file_out_commit gives it after flushing to the disk. Until then an earlier
 * file of that name stays as it was. A path that names a device or a FIFO is
 * written directly; a symbolic link is followed. A path that cannot be
 * written at all is the user's fault (exit 2), a full disk is not (exit 1). */
struct file_out {
	FILE *stream;
	char *path, *temporary;     /* temporary NULL: written directly */
	struct pending *pending;    /* removes it if the program exits before */
	int64_t blocks_bytes, reserved; /* by file_out_block */
};
int file_out_open(struct file_out *o, const char *path);
/* For outputs of many megabytes, all of which go this way: the block goes to the
 * system in one piece. A failure is found by commit. */
void file_out_block(struct file_out *o, const char *bytes, size_t length);
/* Either of these ends the writing; a failed commit leaves nothing behind. */
int file_out_commit(struct file_out *o);
void file_out_abandon(struct file_out *o);

/* The same for bytes in memory. */
int file_write(const char *path, const char *bytes, size_t length);

/* A directory being filled under a temporary name beside its final one. The
 * final name must be free, or an empty directory. */
struct file_dir { char *path, *temporary; struct pending *pending; };
int file_dir_open(struct file_dir *d, const char *path);
int file_dir_add(struct file_dir *d, const char *name, const char *bytes,
	size_t length);
int file_dir_commit(struct file_dir *d);
void file_dir_abandon(struct file_dir *d);

/* Offset of the first byte that is not UTF-8 text on lines: of a malformed
 * sequence, a NUL or another control character except newline and tab.
 * `length` if there is none. *what names the fault. */
size_t file_check_text(const char *text, size_t length, const char **what);

#endif
