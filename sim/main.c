/* laxity: find the command and run it. */
#include "command.h"
#include "msg.h"
#include "version.h"

#include <gsl/gsl_errno.h>
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

static void print_help(void)
{
	printf("laxity %s: a testbed for deadline scheduling of staged DNN inference\n\n"
		"usage: laxity COMMAND [OPTION ...]; laxity COMMAND --help is its manual\n\n",
		LAXITY_VERSION);
	for (int i = 0; i < COMMANDS; i++)
		printf("  %-9s %s\n", commands[i]->name, commands[i]->summary);
	printf("\nExit status: 0 done, 1 failure, 2 usage or bad input, "
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

int main(int argc, char **argv)
{
	(void)gsl_set_error_handler_off();
	(void)atexit(before_exit);
	qsort(commands, COMMANDS, sizeof *commands, by_order);
	if (argc < 2) {
		(void)msg_bad("which command? laxity --help lists them");
		return STATUS_BAD;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")
	    || !strcmp(argv[1], "help")) {
		print_help();
		return finish(STATUS_OK);
	}
	if (!strcmp(argv[1], "--version")) {
		printf("laxity %s (%s)\n", LAXITY_VERSION, laxity_commit);
		return finish(STATUS_OK);
	}
	for (int i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[1], commands[i]->name))
			continue;
		for (int k = 2; k < argc; k++) {
			if (commands[i]->manual && !strcmp(argv[k], "--help")) {
				fputs(commands[i]->manual, stdout);
				return finish(STATUS_OK);
			}
		}
		return finish(commands[i]->main(argc - 1, argv + 1));
	}
	(void)msg_bad("unknown command '%s'; laxity --help lists them", argv[1]);
	return STATUS_BAD;
}
