#define _GNU_SOURCE             /* CPU affinity */
#include "self.h"

#include "../../sim/msg.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_ARGUMENTS = 48 };

static void become(const char *const *arguments)
{
	const char *argv[MOST_ARGUMENTS + 2] = { "laxity" };
	cpu_set_t all;
	int n = 1;

	/* A backend may have pinned us. */
	memset(&all, 255, sizeof all);
	(void)sched_setaffinity(0, sizeof all, &all);
	while (*arguments && n <= MOST_ARGUMENTS)
		argv[n++] = *arguments++;
	argv[n] = NULL;
	/* execv promises not to write to the strings. */
	(void)execv("/proc/self/exe", (char **)(void *)argv);
	_exit(127);
}

pid_t self_start(const char *const *arguments, int *to, int *from)
{
	int down[2] = { -1, -1 }, up[2] = { -1, -1 };
	pid_t pid = -1;

	if ((to && pipe(down)) || (from && pipe(up)))
		return msg_fail("pipe: %s", strerror(errno));
	if (to)
		(void)fcntl(down[1], F_SETFD, FD_CLOEXEC);
	if (from)
		(void)fcntl(up[0], F_SETFD, FD_CLOEXEC);
	pid = fork();
	if (!pid) {
		if (to)
			(void)dup2(down[0], 0);
		if (from)
			(void)dup2(up[1], 1);
		become(arguments);
	}
	if (to)
		(void)close(down[0]);
	if (from)
		(void)close(up[1]);
	if (pid < 0)
		return msg_fail("fork: %s", strerror(errno));
	if (to)
		*to = down[1];
	if (from)
		*from = up[0];
	return pid;
}

int self_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
