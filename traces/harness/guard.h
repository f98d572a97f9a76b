/* Power caps and locked clocks, always put back.
 *
 * Nothing here runs without --change-device-settings. guard_begin takes a
 * lock, reads the old values and ranges, saves them to a file and starts a
 * watcher: a process of its own session that holds the other end of a pipe.
 * When the pipe closes for whatever reason (end, error, signal, crash,
 * SIGKILL), the watcher puts the old values back, unless guard_end did so.
 * The last resort is `laxity profile --restore FILE`. */
#ifndef LAXITY_GUARD_H
#define LAXITY_GUARD_H

#include "meter.h"

struct guard;

/* dir: where the file device-settings.saved is kept. NULL after a message. */
struct guard *guard_begin(struct meter *m, const char *library, const char *id,
	const char *dir);

/* Check a wish against the ranges, without setting anything; 0: as it was. */
int guard_check(struct guard *g, int power_cap_w, int clock_mhz);

/* Set, read back, wait until the clock or the limit is in effect. */
int guard_set(struct guard *g, int power_cap_w, int clock_mhz);

/* Put the old values back; also done by guard_end. */
int guard_restore(struct guard *g);
int guard_end(struct guard *g);

/* laxity profile --restore FILE. An exit status. */
int guard_restore_file(const char *path, const char *library);

/* What the watcher runs: reads until the pipe ends, then restores. */
int guard_watch(const char *path, const char *library);

#endif
