/* laxity: find the command and run it. */
#include "command.h"
#include "msg.h"
#include "version.h"

#include <errno.h>
#include <fcntl.h>
#include <gsl/gsl_errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMMAND(name) extern const struct command command_##name;
#include "commands.h"
#undef COMMAND

static const struct command *commands[] = {
#define COMMAND(name) &command_##name,
#include "commands.h"
#undef COMMAND
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static int by_order(const void *a, const void *b)
{
	const struct command *x = *(const struct command *const *)a;
	const struct command *y = *(const struct command *const *)b;
	return x->order != y->order ? (x->order > y->order ? 1 : -1)
		: strcmp(x->name, y->name);
}

static void print_help(FILE *to)
{
	fprintf(to, "laxity %s: a testbed for deadline scheduling of staged DNN inference\n\n"
		"usage: laxity COMMAND [OPTION ...]; laxity COMMAND --help is its manual\n\n",
		LAXITY_VERSION);
	for (int i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-9s %s\n", commands[i]->name,
			commands[i]->summary);
	fprintf(to, "\nExit status: 0 done, 1 failure, 2 usage or bad input, "
		"3 a claim or validation did not hold.\n");
}

static bool finished;

/* Code that was loaded may end the process behind our back, with any status;
 * whoever else ends it has said why. */
static void before_exit(void)
{
	if (finished || msg_status())
		return;
	(void)msg_fail("ended by a policy or a backend, with nothing finished");
	_exit(STATUS_FAILED);
}

static int finish(int status)
{
	finished = true;
	if (status < 0)
		status = msg_status() ? (int)msg_status() : STATUS_FAILED;
	/* A full disk or a closed pipe shows itself only now. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		if (status == STATUS_OK) {
			(void)msg_fail("standard output: cannot write");
			status = STATUS_FAILED;
		}
	}
	return status;
}

static const struct command *find(const char *name)
{
	for (int i = 0; i < COMMANDS; i++)
		if (!strcmp(name, commands[i]->name))
			return commands[i];
	(void)msg_bad("unknown command '%s'; laxity --help lists them", name);
	return NULL;
}

static int wants_help(int argc, char **argv)
{
	for (int k = 1; k < argc && strcmp(argv[k], "--"); k++)
		if (!strcmp(argv[k], "--help"))
			return 1;
	return 0;
}

static int run(int argc, char **argv)
{
	const struct command *c = find(argv[0]);

	if (!c)
		return -1;
	if (!c->manual || !wants_help(argc, argv))
		return c->main(argc, argv);
	fputs(c->manual, stdout);
	return STATUS_OK;
}

/* `laxity help`, `laxity help COMMAND`, `laxity --version`. */
static int answer(int argc, char **argv)
{
	char help[] = "--help", *command[] = { argv[1], help, NULL };
	int version = !strcmp(argv[0], "--version");

	if (argc > (version ? 1 : 2))
		return msg_bad("%s: '%s' is one too many", argv[0],
			argv[argc - 1]);
	if (argc > 1)
		return run(2, command);
	if (version)
		printf("laxity %s (%s)\n", LAXITY_VERSION, laxity_commit);
	else
		print_help(stdout);
	return STATUS_OK;
}

/* A standard stream that is closed is opened the wrong way round, so that its
 * use fails and no file of ours gets its number and what is meant for it. */
static int keep_streams(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF
		    && open("/dev/null", fd ? O_RDONLY : O_WRONLY) != fd)
			return -1;
	return 0;
}

int main(int argc, char **argv)
{
	if (keep_streams())
		return STATUS_FAILED;
	/* `ulimit -f`: an error of the call that writes, like a full disk. */
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)gsl_set_error_handler_off();
	(void)atexit(before_exit);
	qsort(commands, COMMANDS, sizeof *commands, by_order);
	if (argc < 2) {
		print_help(stderr);
		return finish(STATUS_BAD);
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")
	    || !strcmp(argv[1], "help") || !strcmp(argv[1], "--version"))
		return finish(answer(argc - 1, argv + 1));
	return finish(run(argc - 1, argv + 1));
}
