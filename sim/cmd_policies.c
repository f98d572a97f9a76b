/* laxity policies: what there is, and each policy's manual. */
#include "choice.h"
#include "command.h"
#include "msg.h"
#include "version.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void print_param(const struct param *q)
{
	char value[32];

	printf("  %-16s ", q->name);
	if (q->words) {
		for (int i = 0; q->words[i]; i++)
			printf("%s%s", i ? " | " : "", q->words[i]);
		printf("; default %s\n", q->words[(int)q->def]);
	} else if (q->numbers) {
		for (int i = 0; !isnan(q->numbers[i]); i++)
			printf("%s%.9g", i ? " | " : "", q->numbers[i]);
		printf("; default %.9g\n", q->def);
	} else {
		printf("%.9g to %.9g; default %s\n", q->min, q->max,
			isnan(q->def) ? "none" : num_print(value, q->def));
	}
	printf("  %-16s   %s\n", "", q->help);
}

static void print_policy(const struct policy *p)
{
	printf("%s: %s\n", p->name, p->summary ? p->summary : "");
	if (p->clairvoyant)
		printf("\nClairvoyant: it sees the future; its results are a "
			"reference and are marked.\n");
	if (p->manual)
		printf("\n%s", p->manual);
	if (p->params && p->params[0].name) {
		printf("\nParameters (-p %s:name=value,...):\n", p->name);
		for (const struct param *q = p->params; q->name; q++)
			print_param(q);
	} else {
		printf("\nParameters: none\n");
	}
}

/* A line a policy: what must be equal for its results to be. */
static void print_code(void)
{
	for (const struct policy_code *p = laxity_policy_code; p->policy; p++)
		printf("%s %s %s\n", p->policy, laxity_code, p->sha256);
}

static int policies_main(int argc, char **argv)
{
	struct choice c;

	if (argc == 2 && !strcmp(argv[1], "--code")) {
		print_code();
		return STATUS_OK;
	}
	if (argc > 2)
		return msg_bad("policies: one NAME at most");
	if (argc == 1) {
		for (const struct policy *const *p = policy_table; *p; p++)
			printf("%-20s %s%s\n", (*p)->name, (*p)->summary,
				(*p)->clairvoyant ? " [clairvoyant]" : "");
		return STATUS_OK;
	}
	if (choice_parse(&c, argv[1]))
		return -1;
	print_policy(c.policy);
	choice_fini(&c);
	return STATUS_OK;
}

const struct command command_policies = {
	.name = "policies", .order = 40,
	.summary = "list the policies, or show one's manual",
	.manual =
	"usage: laxity policies [NAME | --code]\n\n"
	"Without NAME: every built-in policy in a line. With NAME (or the path of\n"
	"a shared object): its idea and source, its parameters with their ranges,\n"
	"defaults and units. Times are in nanoseconds, energies in joules.\n"
	"\n"
	"--code: a line a policy, with SHA-256 hashes of the sources on which results\n"
	"depend: of those that all policies share, and of its own file. Both belong to\n"
	"the key of a stored run; scripts ask which experiments a change concerns.\n",
	.main = policies_main,
};
