#include "support_measure.h"

#include "../../sim/mem.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

void measured_well(const struct program *p)
{
	ck_assert_msg(p->status == 0 || p->status == 3, "status %d: %s",
		p->status, p->err);
}

void measured_check(const struct program *p, const char *name,
	const char *verdict)
{
	char *line = mem_printf("%-18s %-9s", name, verdict);

	ck_assert_msg(strstr(p->out, line), "no line '%s' in:\n%s", line,
		p->out);
	free(line);
}
