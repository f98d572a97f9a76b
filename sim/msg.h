/* Messages to the user, and the exit status they lead to.
 *
 * Whoever detects a fault says so once, on one line of stderr, and returns -1;
 * callers pass the -1 on without another word. The first fault decides the
 * exit status of the program, so no caller has to guess it. */
#ifndef LAXITY_MSG_H
#define LAXITY_MSG_H

#include <stddef.h>
#include <stdint.h>

enum status {
	STATUS_OK = 0,
	STATUS_FAILED = 1,  /* the machine or a policy failed: disk full, ... */
	STATUS_BAD = 2,     /* usage or bad input */
	STATUS_CLAIM = 3,   /* a claim or a validation did not hold */
};

#define MSG_FORMAT(a, b) __attribute__((format(printf, a, b)))

/* Bad input or usage: "laxity: TEXT\n". Control characters and what is
 * not UTF-8 are printed as \n, \xNN, so it stays one line and tells a terminal
 * nothing. Always returns -1. */
int msg_bad(const char *format, ...) MSG_FORMAT(1, 2);

/* A failure that is not the input's fault. Always returns -1. */
int msg_fail(const char *format, ...) MSG_FORMAT(1, 2);

/* An analyser that reads one file at a time cannot know what they return. */
#if defined __clang_analyzer__ && !defined MSG_DEFINES
#define msg_bad(...) (msg_bad(__VA_ARGS__), -1)
#define msg_fail(...) (msg_fail(__VA_ARGS__), -1)
#endif

/* A remark that changes nothing. */
void msg_remark(const char *format, ...) MSG_FORMAT(1, 2);

/* The status of the first msg_bad or msg_fail, or STATUS_OK. */
enum status msg_status(void);

/* Forget earlier faults and keep quiet (tests, fuzz targets): messages go to
 * a buffer that msg_captured returns; capture(0) ends it. */
void msg_capture(int on);
const char *msg_captured(void);

/* Progress on stderr, when that is a terminal and the work has lasted two
 * seconds: "WHAT 40 % (12 of 30), 8 s left", at most ten times a second.
 * done == total ends the line. */
struct progress {
	const char *what;
	int64_t total;
	double begun_s, shown_s;
	int visible;
};
void progress_begin(struct progress *p, const char *what, int64_t total);
void progress_step(struct progress *p, int64_t done);

#endif
