/* Preloaded (LD_PRELOAD): a disk on which no file can grow beyond $DISK_BYTES.
 * SQLite writes with pwrite. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

ssize_t pwrite(int fd, const void *from, size_t n, off_t at);
ssize_t pwrite64(int fd, const void *from, size_t n, off64_t at);

static ssize_t limited(int fd, const void *from, size_t n, off64_t at)
{
	const char *s = getenv("DISK_BYTES");
	long long limit = s ? atoll(s) : 0;

	if (s && at + (off64_t)n > limit) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_pwrite64, fd, from, n, at);
}

ssize_t pwrite(int fd, const void *from, size_t n, off_t at)
{
	return limited(fd, from, n, at);
}

ssize_t pwrite64(int fd, const void *from, size_t n, off64_t at)
{
	return limited(fd, from, n, at);
}
