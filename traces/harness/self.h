/* This program once more, as another process. */
#ifndef LAXITY_SELF_H
#define LAXITY_SELF_H

#include <sys/types.h>

/* Run `laxity ARGUMENTS` (ending with NULL) with pipes to its standard input
 * and from its standard output, free to use every core. A NULL pipe: shared
 * with us (from) or nothing (to). -1 after a message. The caller closes the
 * pipes and waits. */
pid_t self_start(const char *const *arguments, int *to, int *from);

/* Its exit status, or 128 + the signal that ended it. */
int self_wait(pid_t pid);

#endif
