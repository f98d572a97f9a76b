/* A command of the program: sim/cmd_NAME.c (or traces/harness/cmd_NAME.c)
 * defines `const struct command command_NAME`; the build lists them. */
#ifndef LAXITY_COMMAND_H
#define LAXITY_COMMAND_H

struct command {
	const char *name, *summary; /* one line for `laxity --help` */
	const char *manual;         /* what `laxity NAME --help` prints; ends
	                             * with the units used. NULL: main
	                             * answers --help itself */
	int order;                  /* place in the list of commands */
	/* argv[0] is the command's name. Returns the exit status; -1 stands
	 * for that of the first message. */
	int (*main)(int argc, char **argv);
};
#endif
