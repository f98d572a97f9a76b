#define _GNU_SOURCE             /* realpath; fallocate */

#include "file.h"

#include "mem.h"
#include "msg.h"
#include "utf8.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Reading --------------------------------------------------------------- */

static int read_all(int fd, const char *path, size_t limit, size_t expected,
	char **text, size_t *length)
{
	/* One byte more than expected, so that the end is seen without
	 * growing; one more for the NUL. */
	size_t capacity = expected + 2, n = 0;
	char *bytes = mem_resize(NULL, capacity, 1);

	for (;;) {
		ssize_t got = read(fd, bytes + n, capacity - 1 - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			(void)msg_bad("%s: cannot read: %s", path,
				strerror(errno));
			free(bytes);
			return -1;
		}
		if (got == 0)
			break;
		n += (size_t)got;
		if (n > limit) {
			(void)msg_bad("%s: larger than the limit of %zu bytes",
				path, limit);
			free(bytes);
			return -1;
		}
		if (n == capacity - 1) {
			capacity *= 2;
			bytes = mem_resize(bytes, capacity, 1);
		}
	}
	bytes[n] = 0;
	*text = bytes;
	*length = n;
	return 0;
}

int file_read(const char *path, size_t limit, char **text, size_t *length)
{
	struct stat st;
	int fd, status = -1;

	if (!*path)
		return msg_bad("an empty file name");
	/* O_NONBLOCK: opening a FIFO without a writer would wait for one. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return msg_bad("%s: cannot open: %s", path, strerror(errno));
	if (fstat(fd, &st))
		(void)msg_bad("%s: cannot read: %s", path, strerror(errno));
	else if (S_ISDIR(st.st_mode))
		(void)msg_bad("%s: a directory, not a file", path);
	else if (!S_ISREG(st.st_mode))
		(void)msg_bad("%s: not a regular file", path);
	else if (st.st_size < 0 || (uintmax_t)st.st_size > limit)
		(void)msg_bad("%s: %jd bytes, the limit is %zu", path,
			(intmax_t)st.st_size, limit);
	else
		status = read_all(fd, path, limit, (size_t)st.st_size,
			text, length);
	(void)close(fd);
	return status;
}

/* ---- Writing one file ------------------------------------------------------ */

/* Files and directories under temporary names. Whoever calls exit halfway (no
 * memory) leaves them to this list; a forked worker's list names its parent's,
 * which are not its business. Nothing here may need memory. */
struct pending {
	struct pending *next;
	pid_t owner;
	DIR *dir;                   /* NULL: a file */
	char path[];
};

static struct pending *all_pending;

/* What an opened directory holds, plain files alone. */
static void empty_dir(DIR *dir)
{
	rewinddir(dir);
	for (struct dirent *e; (e = readdir(dir));)
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			(void)unlinkat(dirfd(dir), e->d_name, 0);
}

static void remove_pending(void)
{
	for (struct pending *p = all_pending; p; p = p->next) {
		if (p->owner != getpid())
			continue;
		if (p->dir)
			empty_dir(p->dir);
		(void)(p->dir ? rmdir(p->path) : unlink(p->path));
	}
}

/* Take room for a name, before anything is made under it. */
static struct pending *pending_new(const char *path)
{
	static bool registered;
	size_t n = strlen(path) + 1;
	struct pending *p = mem_new(1, sizeof *p + n);

	if (!registered && atexit(remove_pending)) {
		free(p);
		return NULL;
	}
	registered = true;
	/* A reader of our standard output that goes away must not take the
	 * file along: writing fails instead, and is said at the end. */
	(void)signal(SIGPIPE, SIG_IGN);
	memcpy(p->path, path, n);
	p->owner = getpid();
	return p;
}

static void pending_add(struct pending *p)
{
	p->next = all_pending;
	all_pending = p;
}

/* It has its final name, or is gone. */
static void pending_done(struct pending *p)
{
	struct pending **at = &all_pending;

	if (!p)
		return;
	while (*at && *at != p)
		at = &(*at)->next;
	if (*at)
		*at = p->next;
	if (p->dir)
		(void)closedir(p->dir);
	free(p);
}

/* A fresh name in the same directory, so that rename stays within it. */
static char *temporary_name(const char *path, int attempt)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	return mem_printf("%.*s.%ld-%d.tmp", (int)n, path, (long)getpid(),
		attempt);
}

/* What the directory itself says survives a crash only after its own fsync.
 * Some file systems cannot do that for directories; they may refuse. */
static void sync_parent(const char *path)
{
	char *copy = mem_string(path), *slash;
	int fd;

	for (size_t n = strlen(copy); n > 1 && copy[n - 1] == '/'; n--)
		copy[n - 1] = 0;
	slash = strrchr(copy, '/');
	if (slash)
		slash[slash == copy] = 0;
	fd = open(slash ? copy : ".", O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	if (fd >= 0) {
		(void)fsync(fd);
		(void)close(fd);
	}
	free(copy);
}

static int open_fresh(struct file_out *o)
{
	int fd = -1;

	for (int attempt = 0; fd < 0 && attempt < 100; attempt++) {
		free(o->temporary);
		o->temporary = temporary_name(o->path, attempt);
		o->pending = pending_new(o->temporary);
		if (!o->pending)
			break;
		fd = open(o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			0666);
		if (fd >= 0) {
			pending_add(o->pending);
			break;
		}
		free(o->pending);
		o->pending = NULL;
		if (errno != EEXIST)
			break;
	}
	return fd;
}

int file_out_open(struct file_out *o, const char *path)
{
	struct stat st;
	int exists = stat(path, &st) == 0, dangling, fd;

	*o = (struct file_out){ 0 };
	if (!*path)
		return msg_bad("an empty file name");
	if (exists && S_ISDIR(st.st_mode))
		return msg_bad("%s: a directory, not a file", path);
	/* A link is followed, lest it be replaced by what it points to. */
	o->path = exists ? realpath(path, NULL) : NULL;
	dangling = !exists && !lstat(path, &st);
	if (!o->path)
		o->path = mem_string(path);
	if (dangling)
		fd = open(path, O_WRONLY | O_CLOEXEC); /* for the reason why not */
	else if (exists && !S_ISREG(st.st_mode))
		fd = open(o->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	else if (exists && access(o->path, W_OK))
		fd = -1; /* write-protected: rename would not care */
	else
		fd = open_fresh(o);
	if (fd >= 0) {
		o->stream = fdopen(fd, "w");
		if (!o->stream)
			(void)close(fd);
	}
	if (!o->stream) {
		(void)msg_bad("%s: cannot write: %s", path, strerror(errno));
		if (fd >= 0 && o->temporary)
			(void)unlink(o->temporary);
		pending_done(o->pending);
		free(o->path);
		free(o->temporary);
		*o = (struct file_out){ 0 };
		return -1;
	}
	return 0;
}

static void out_end(struct file_out *o)
{
	if (o->temporary)
		(void)unlink(o->temporary);
	pending_done(o->pending);
	free(o->path);
	free(o->temporary);
	*o = (struct file_out){ 0 };
}

void file_out_abandon(struct file_out *o)
{
	if (o->stream)
		(void)fclose(o->stream);
	out_end(o);
}

/* Room on the disk that is asked for ahead: the system then need not look for
 * it page by page, which is an eighth of the time that it takes. */
#define AHEAD (4 << 20)

void file_out_block(struct file_out *o, const char *bytes, size_t length)
{
	/* Through the stream's own buffer a block would become two calls, and
	 * the second cost the system more than the copying. */
	if (o->blocks_bytes == 0)
		(void)setvbuf(o->stream, NULL, _IONBF, 0);
	o->blocks_bytes += (int64_t)length;
	if (o->temporary && o->blocks_bytes > (int64_t)length
	    && o->blocks_bytes > o->reserved) {
		/* A wish: whatever fails fails when written. */
		(void)fallocate(fileno(o->stream), FALLOC_FL_KEEP_SIZE,
			o->blocks_bytes, AHEAD);
		o->reserved = o->blocks_bytes + AHEAD;
	}
	(void)fwrite(bytes, 1, length, o->stream);
}

/* What was asked for and not needed goes back. */
static int end_blocks(struct file_out *o)
{
	return o->reserved ? ftruncate(fileno(o->stream), o->blocks_bytes) : 0;
}

int file_out_commit(struct file_out *o)
{
	int bad = ferror(o->stream) || fflush(o->stream) || end_blocks(o)
		|| (o->temporary && fsync(fileno(o->stream)));
	int why = errno;

	if (fclose(o->stream) && !bad) {
		bad = 1;
		why = errno;
	}
	o->stream = NULL;
	if (!bad && o->temporary && rename(o->temporary, o->path)) {
		bad = 1;
		why = errno;
	}
	if (bad) {
		(void)msg_fail("%s: cannot write: %s", o->path, strerror(why));
	} else if (o->temporary) {
		sync_parent(o->path);
		free(o->temporary);
		o->temporary = NULL;
	}
	out_end(o);
	return bad ? -1 : 0;
}

int file_write(const char *path, const char *bytes, size_t length)
{
	struct file_out o;

	if (file_out_open(&o, path))
		return -1;
	(void)fwrite(bytes, 1, length, o.stream);
	return file_out_commit(&o);
}

/* ---- Writing a directory --------------------------------------------------- */

static int is_empty_dir(const char *path)
{
	DIR *d = opendir(path);
	int others = 0;

	if (!d)
		return 0;
	for (struct dirent *e; (e = readdir(d)) && !others;)
		others = strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
	(void)closedir(d);
	return !others;
}

/* Made, and open for its emptying. 0, or -1 and errno. */
static int make_dir(struct file_dir *d)
{
	int why;

	d->pending = pending_new(d->temporary);
	if (d->pending && !mkdir(d->temporary, 0777)) {
		d->pending->dir = opendir(d->temporary);
		if (d->pending->dir) {
			pending_add(d->pending);
			return 0;
		}
		why = errno;
		(void)rmdir(d->temporary);
		errno = why;
	}
	free(d->pending);
	d->pending = NULL;
	return -1;
}

int file_dir_open(struct file_dir *d, const char *path)
{
	struct stat st;
	int made = -1;

	*d = (struct file_dir){ 0 };
	if (!*path)
		return msg_bad("an empty directory name");
	if (lstat(path, &st) == 0 && !(S_ISDIR(st.st_mode) && is_empty_dir(path)))
		return msg_bad("%s: exists already", path);
	d->path = mem_string(path);
	for (int attempt = 0; made && attempt < 100; attempt++) {
		free(d->temporary);
		d->temporary = temporary_name(path, attempt);
		made = make_dir(d);
		if (made && errno != EEXIST)
			break;
	}
	if (made) {
		(void)msg_bad("%s: cannot create: %s", path, strerror(errno));
		free(d->path);
		free(d->temporary);
		*d = (struct file_dir){ 0 };
		return -1;
	}
	return 0;
}

int file_dir_add(struct file_dir *d, const char *name, const char *bytes,
	size_t length)
{
	char *path = mem_printf("%s/%s", d->temporary, name);
	int status = file_write(path, bytes, length);

	free(path);
	return status;
}

void file_dir_abandon(struct file_dir *d)
{
	if (d->temporary) {
		empty_dir(d->pending->dir);
		(void)rmdir(d->temporary);
	}
	pending_done(d->pending);
	free(d->path);
	free(d->temporary);
	*d = (struct file_dir){ 0 };
}

int file_dir_commit(struct file_dir *d)
{
	/* rename replaces an empty directory and refuses any other. */
	if (rename(d->temporary, d->path)) {
		(void)msg_fail("%s: cannot write: %s", d->path,
			strerror(errno));
		file_dir_abandon(d);
		return -1;
	}
	pending_done(d->pending);
	sync_parent(d->path);
	free(d->path);
	free(d->temporary);
	*d = (struct file_dir){ 0 };
	return 0;
}

/* ---- Text ------------------------------------------------------------------ */

size_t file_check_text(const char *text, size_t length, const char **what)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t i = 0, n;

	*what = NULL;
	if (length >= 3 && !memcmp(s, "\xef\xbb\xbf", 3)) {
		*what = "a byte-order mark";
		return 0;
	}
	for (; i < length; i += n) {
		n = 1;
		if (s[i] == 0)
			*what = "a NUL byte";
		else if (s[i] == '\r')
			*what = "a carriage return (lines end with LF alone)";
		else if ((s[i] < ' ' && s[i] != '\n' && s[i] != '\t')
		    || s[i] == 127)
			*what = "a control character";
		else if (!(n = utf8_sequence(s + i, length - i)))
			*what = "a byte that is not UTF-8";
		else if (utf8_is_control(s + i, n) && s[i] >= 0x80)
			*what = "a control character";
		if (*what)
			return i;
	}
	return length;
}
