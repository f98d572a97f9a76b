/* Faults on order, for tests/test_faults.c: a library that is preloaded into
 * the program under test and makes one call fail.
 *
 * Allocations are interposed. System calls are caught by a seccomp filter that
 * turns them into SIGSYS, so that also those which the C library makes inside
 * fwrite or fflush are found; the handler counts the call, lets it fail, or
 * makes it from an address that the filter lets through. What is to happen, and
 * what has, stands in a file that both processes map. Writes to descriptor 2 are
 * left alone, since what the program says on it is what the test reads, and so
 * are those to pipes between processes. Clocks are interposed as well: from some
 * reading on they are wrong by so much. */
#ifndef LAXITY_TESTS_INJECT_H
#define LAXITY_TESTS_INJECT_H

#include <stdint.h>

/* The environment variable with the path of the file. */
#define INJECT_VARIABLE "LAXITY_FAULT_FILE"

enum inject_kind {
	INJECT_ALLOCATION,          /* malloc, calloc, realloc: no memory */
	INJECT_WRITE,               /* write, pwrite, writev */
	INJECT_SYNC,                /* fsync, fdatasync */
	INJECT_RENAME,
	INJECT_OPEN_READ, INJECT_OPEN_WRITE,
	INJECT_READ,                /* read, pread */
	INJECT_SIZE,                /* ftruncate, fallocate */
	INJECT_UNLINK, INJECT_MKDIR, INJECT_PIPE,
	INJECT_CLOCK,               /* clock_gettime, time: wrong by jump_s */
	INJECT_KINDS,
	INJECT_CALL = INJECT_KINDS  /* any of the system calls: for signals */
};

struct inject {
	int32_t kind;
	int32_t sticky;             /* 1: all later ones fail as well */
	int64_t at;                 /* which call, from 1; 0: none */
	int32_t error;              /* errno, or one of the names below */
	int32_t signal;             /* INJECT_CALL: raised before the call */
	int64_t jump_s;             /* INJECT_CLOCK */
	int32_t wall_only;          /* the monotonic clock stays right */
	char under[128];            /* files to change begin so; others stay */
	int64_t count[INJECT_KINDS + 1]; /* calls so far, all processes */
	int64_t fired;              /* faults so far */
};

#define INJECT_SHORT (-1)
/* For INJECT_READ: the file changes before the call, as if another program had
 * written to it: half is cut off, all is, it grows, it is overwritten. */
#define INJECT_CUT (-2)
#define INJECT_EMPTY (-3)
#define INJECT_GROW (-4)
#define INJECT_OVERWRITE (-5)

#endif
