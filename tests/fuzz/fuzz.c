#include "fuzz.h"

#include "../../sim/file.h"
#include "../../sim/mem.h"
#include "../../sim/msg.h"

#include "../../traces/bundle.h"
#include "targets.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Files in memory ----------------------------------------------------------- */

enum { MOST_FILES = 64 };

/* State of the harness, not of the program under test. */
static struct { char *path, *bytes; size_t n; int fd; } files[MOST_FILES];
static int file_count;

enum { MOST_BUNDLES = 8 };
static struct bundle *bundles[MOST_BUNDLES];
static int bundle_count;

static int file_number(const char *path)
{
	for (int i = 0; i < file_count; i++)
		if (!strcmp(files[i].path, path))
			return i;
	return -1;
}

static int file_put(const char *path, const void *bytes, size_t n)
{
	int i = file_number(path);

	if (i < 0) {
		FUZZ_HOLDS(file_count < MOST_FILES);
		i = file_count++;
		files[i].path = mem_string(path);
		files[i].fd = -1;
	}
	free(files[i].bytes);
	files[i].bytes = mem_new(n + 1, 1);
	if (n)
		memcpy(files[i].bytes, bytes, n);
	files[i].n = n;
	return i;
}

void fuzz_file(const char *path, const void *bytes, size_t n)
{
	(void)file_put(path, bytes, n);
}

/* The linker sends every call of file_read here (--wrap=file_read). Committed
 * files are read once; anything else that a mutated path may name is not
 * there. */
int __real_file_read(const char *path, size_t limit, char **text, size_t *length);

int __wrap_file_read(const char *path, size_t limit, char **text, size_t *length)
{
	static const char ours[] = "tests/", *const parent = "..";
	int i = file_number(path);

	if (i < 0 && !strncmp(path, ours, sizeof ours - 1)
	    && !strstr(path, parent) && !access(path, R_OK)
	    && file_count < MOST_FILES - 8) {
		char *bytes;
		size_t n;
		if (__real_file_read(path, limit, &bytes, &n))
			return -1;
		i = file_put(path, bytes, n);
		free(bytes);
	}
	if (i < 0)
		return msg_bad("%s: cannot open: not in the fuzzer's world", path);
	if (files[i].n > limit)
		return msg_bad("%s: %zu bytes, the limit is %zu", path,
			files[i].n, limit);
	*text = mem_resize(NULL, files[i].n + 1, 1);
	memcpy(*text, files[i].bytes, files[i].n + 1);
	*length = files[i].n;
	return 0;
}

const char *fuzz_real_file(const char *suffix, const void *bytes, size_t n)
{
	char path[128];
	int i, fd;

	(void)snprintf(path, sizeof path, "/dev/shm/laxity-fuzz-%ld%s",
		(long)getpid(), suffix);
	i = file_put(path, bytes, n);
	fd = files[i].fd;
	/* It stays open: opening and making it costs more than most runs. */
	if (fd < 0)
		fd = files[i].fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC,
			0600);
	FUZZ_HOLDS(fd >= 0);
	FUZZ_HOLDS(!ftruncate(fd, 0));
	FUZZ_HOLDS(pwrite(fd, files[i].bytes, n, 0) == (ssize_t)n);
	return files[i].path;
}

void fuzz_end(void)
{
	for (int i = 0; i < file_count; i++) {
		if (files[i].fd >= 0) {
			(void)close(files[i].fd);
			(void)unlink(files[i].path);
		}
		free(files[i].path);
		free(files[i].bytes);
	}
	memset(files, 0, sizeof files);
	file_count = 0;
	for (int i = 0; i < bundle_count; i++)
		__real_bundle_free(bundles[i]);
	bundle_count = 0;
}

/* ---- Bundles read once ------------------------------------------------------------ */

/* A target that does not change a bundle's files need not read them again each
 * time: that took most of its time. */
struct bundle *__wrap_bundle_read(const char *dir);
void __wrap_bundle_free(struct bundle *b);

struct bundle *__wrap_bundle_read(const char *dir)
{
	struct bundle *b;

	for (int i = 0; i < bundle_count; i++)
		if (!strcmp(bundles[i]->dir, dir))
			return bundles[i];
	b = __real_bundle_read(dir);
	if (b && bundle_count < MOST_BUNDLES)
		bundles[bundle_count++] = b;
	return b;
}

void __wrap_bundle_free(struct bundle *b)
{
	for (int i = 0; i < bundle_count; i++)
		if (bundles[i] == b)
			return;
	__real_bundle_free(b);
}

/* A policy by path is code: nothing for a fuzzer. */
void *__real_dlopen(const char *path, int flags);
void *__wrap_dlopen(const char *path, int flags);

void *__wrap_dlopen(const char *path, int flags)
{
	(void)path;
	return __real_dlopen("not in the fuzzer's world/", flags);
}

/* ---- One run --------------------------------------------------------------------- */

void fuzz_broken(const char *file, int line, const char *what)
{
	(void)fprintf(stderr, "%s:%d: does not hold: %s\nsaid: %s\n", file, line,
		what, msg_captured());
	if (fuzz_leave_input)
		fuzz_leave_input();
	abort();
}

const struct fuzz_target *fuzz_find(const char *name)
{
	for (const struct fuzz_target *t = fuzz_targets; t->name; t++)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}

/* Lines of faults among what was said; every line is one of ours. */
static int fault_lines(const char *said)
{
	static const char fault[] = "laxity: ", remark[] = "laxity: note: ";
	int n = 0;

	for (const char *end; *said; said = end + 1) {
		end = strchr(said, '\n');
		FUZZ_HOLDS(end != NULL);
		FUZZ_HOLDS(!strncmp(said, fault, sizeof fault - 1));
		n += strncmp(said, remark, sizeof remark - 1) != 0;
	}
	return n;
}

void fuzz_one(const struct fuzz_target *t, const uint8_t *bytes, size_t n)
{
	int refused;

	msg_capture(1);
	refused = t->run(bytes, n);
	FUZZ_HOLDS(refused == 0 || refused == -1);
	FUZZ_HOLDS(msg_status() == (refused ? STATUS_BAD : STATUS_OK));
	FUZZ_HOLDS(fault_lines(msg_captured()) == -refused);
	msg_capture(0);
}
