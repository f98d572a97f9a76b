/* laxity trace: traces looked at and made from other things. A part is a line
 * in the table below. */
#include "../traces/bundle.h"
#include "command.h"
#include "import.h"
#include "msg.h"
#include "trace.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- check ------------------------------------------------------------------ */

static void print_ok(const struct bundle *b)
{
	int64_t outcomes = 0, times = 0, watts = 0, pairs = 0;

	for (int n = 0; n < b->nets; n++) {
		outcomes += (int64_t)b->inputs * b->net[n].depths;
		for (int s = 0; s < b->settings; s++) {
			for (int e = 0; e < b->environments; e++)
				times += (int64_t)bundle_cell(b, n, s,
					e)->samples * b->net[n].depths;
			for (int d = 1; d <= b->net[n].depths; d++) {
				pairs++;
				watts += !isnan(bundle_power(b, n, s, d));
			}
		}
	}
	printf("%s: ok: %d networks, %d settings, %d environments; %lld "
		"outcomes, %lld stage times, %lld of %lld powers%s; %s\n",
		b->dir, b->nets, b->settings, b->environments,
		(long long)outcomes, (long long)times, (long long)watts,
		(long long)pairs, b->modelled ? "; modelled" : "", b->sha256);
}

static int trace_check(int argc, char **argv)
{
	int status = STATUS_OK;

	if (argc < 2)
		return msg_bad("trace check: which directory?");
	for (int i = 1; i < argc; i++) {
		struct bundle *b = bundle_read(argv[i]);
		if (b)
			print_ok(b);
		else
			status = -1;
		bundle_free(b);
	}
	return status;
}

static const char check_manual[] =
	"usage: laxity trace check DIR...\n\n"
	"Reads each bundle and checks all of it: form, ranges, completeness,\n"
	"checksums (traces/FORMAT.md has the rules). A good one is a line on\n"
	"standard output, with what it holds and the SHA-256 that names it; a bad\n"
	"one is a line on standard error, with file, line and reason, and the exit\n"
	"status is 2.\n";

/* ---- The parts -------------------------------------------------------------- */

static const struct part {
	const char *name, *summary, *manual;
	int (*main)(int argc, char **argv);
} parts[] = {
	{ "check", "check bundles, all of them", check_manual, trace_check },
	{ "info", "what a bundle holds, per depth", trace_info_manual,
		trace_info },
	{ "import", "published arrival traces as replay files",
		trace_import_manual, trace_import },
	{ "scale", "model a power-cap axis on a bundle", trace_scale_manual,
		trace_scale },
};
enum { PARTS = sizeof parts / sizeof *parts };

static const struct part *find_part(const char *name)
{
	for (int i = 0; i < PARTS; i++)
		if (!strcmp(parts[i].name, name))
			return &parts[i];
	return NULL;
}

/* `laxity trace --help` is the list, `laxity trace PART --help` a manual. */
static int print_help(const struct part *p)
{
	if (p) {
		fputs(p->manual, stdout);
		return STATUS_OK;
	}
	printf("usage: laxity trace PART ...; laxity trace PART --help is its "
		"manual\n\n");
	for (int i = 0; i < PARTS; i++)
		printf("  %-8s %s\n", parts[i].name, parts[i].summary);
	printf("\nTrace bundles are described in traces/FORMAT.md. Durations are "
		"in nanoseconds,\npowers in watts, energies in joules.\n");
	return STATUS_OK;
}

static int trace_main(int argc, char **argv)
{
	const struct part *p = argc > 1 ? find_part(argv[1]) : NULL;

	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--help"))
			return print_help(p);
	if (argc < 2)
		return msg_bad("trace: which of its parts? laxity trace --help "
			"lists them");
	if (!p)
		return msg_bad("trace: unknown part '%s'; laxity trace --help "
			"lists them", argv[1]);
	return p->main(argc - 1, argv + 1);
}

const struct command command_trace = {
	.name = "trace", .order = 50,
	.summary = "check, show and make trace bundles and arrival traces",
	.main = trace_main,
};
