/* laxity report: what a database says, for people. */
#include "command.h"
#include "file.h"
#include "msg.h"
#include "options.h"
#include "report.h"

#include <stdio.h>
#include <stdlib.h>

struct options {
	const char *html, *against;
	struct option_list metrics, files;
};

static int read_options(struct options *o, int argc, char **argv)
{
	const struct option table[] = {
		{ "--html", OPTION_OUTPUT, &o->html, 0, 0, NULL },
		{ "--metric", OPTION_LIST, &o->metrics, 0, 0, NULL },
		{ "--against", OPTION_TEXT, &o->against, 0, 0, NULL },
		{ 0 }
	};

	if (options_read(argc, argv, table, &o->files))
		return -1;
	return o->files.n == 1 ? 0 : msg_bad("report: one database");
}

static int print(const struct options *o, struct stored *d)
{
	const char *metrics[REPORT_METRICS + 2] = { NULL };
	struct report r;
	struct text t;
	int status;

	if (o->against && stored_put_first(d, o->against))
		return -1;
	for (int i = 0; i < o->metrics.n && i <= REPORT_METRICS; i++)
		metrics[i] = o->metrics.item[i];
	status = report_init(&r, d, o->metrics.n ? metrics : NULL);
	text_init(&t);
	if (!status && o->html) {
		report_html(&r, &t);
		status = file_write(o->html, t.s, t.length);
	} else if (!status) {
		report_text(&r, &t);
		(void)fwrite(t.s, 1, t.length, stdout);
	}
	text_fini(&t);
	report_fini(&r);
	return status;
}

static int report_main(int argc, char **argv)
{
	struct options o = { 0 };
	struct store *s = NULL;
	struct stored *d = NULL;
	int status = read_options(&o, argc, argv);

	if (!status) {
		s = store_open(o.files.item[0], STORE_READ);
		d = s ? stored_read(s) : NULL;
		status = d ? print(&o, d) : -1;
	}
	stored_free(d);
	store_close(s);
	options_list_fini(&o.metrics);
	options_list_fini(&o.files);
	return status;
}

const struct command command_report = {
	.name = "report", .order = 24,
	.summary = "show what a database says, as text or as a page with figures",
	.manual =
	"usage: laxity report DB [--html FILE] [--metric NAME ...] [--against POLICY]\n"
	"\n"
	"For each metric a table: a row a point (what differs between the workloads), a\n"
	"column a policy, means with 95 % confidence intervals over replications. Then\n"
	"what may be said of each policy against the first.\n"
	"\n"
	"  --html FILE      write one page instead, with figures, tables, where everything\n"
	"                   came from and the commands to run it again. It needs nothing\n"
	"                   else: no scripts, no network\n"
	"  --metric NAME    show this column (see `laxity run --help`), in this order; may\n"
	"                   be repeated. Default: those with something to show\n"
	"  --against POLICY compare with this policy, by its text, instead of the first\n"
	"\n"
	"The output depends only on what is stored, byte for byte.\n"
	"\n"
	"Units: stated with each table; percent, milliseconds, millijoules.\n",
	.main = report_main,
};
