/* laxity trace info: a bundle in figures. */
#include "../traces/bundle.h"
#include "mem.h"
#include "msg.h"
#include "num.h"
#include "trace.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bins of the expected calibration error, of equal width on [0, 1]. */
#define BINS 15

const char trace_info_manual[] =
	"usage: laxity trace info DIR [--format table|csv]\n\n"
	"What a bundle holds. A line for each network, setting, environment and\n"
	"depth that was measured:\n\n"
	"  accuracy    share of the inputs that the exit gets right\n"
	"  confidence  mean of what it says of itself, over all inputs\n"
	"  ece         expected calibration error: 15 bins of equal width by\n"
	"              confidence; the mean over inputs of |right - confidence| of\n"
	"              their bin's averages\n"
	"  samples     passes timed\n"
	"  p50, p99    duration of the stage that leads to the depth, nearest rank\n"
	"  watts       mean board power while it runs, measured in `default` only\n"
	"  joules      watts x mean duration in this environment\n\n"
	"Outcomes do not depend on setting and environment, and are repeated. A\n"
	"missing value is empty. The table has durations in microseconds, energy in\n"
	"millijoules; csv has nanoseconds, watts and joules. A modelled bundle is\n"
	"marked in both.\n";

/* ---- Figures ---------------------------------------------------------------- */

struct line {
	const struct bundle_net *net;
	int setting, environment, depth, samples;
	double accuracy, confidence, ece, mean_ns, power_w, energy_j;
	int64_t p50_ns, p99_ns;
};

static double calibration_error(const struct bundle *b,
	const struct bundle_net *net, int depth)
{
	double right[BINS] = { 0 }, confidence[BINS] = { 0 }, sum = 0;

	for (int i = 0; i < b->inputs; i++) {
		size_t k = (size_t)i * (size_t)net->depths + (size_t)depth - 1;
		int bin = (int)(net->confidence[k] * BINS);
		bin = bin < BINS ? bin : BINS - 1;
		right[bin] += net->correct[k];
		confidence[bin] += net->confidence[k];
	}
	for (int k = 0; k < BINS; k++)
		sum += fabs(right[k] - confidence[k]);
	return sum / b->inputs;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void time_line(struct line *l, const struct cell *cell)
{
	size_t n = (size_t)cell->samples;
	int64_t *sorted = mem_new(n, sizeof *sorted);
	double sum = 0;

	for (size_t s = 0; s < n; s++) {
		sorted[s] = cell->duration_ns[s * (size_t)l->net->depths
			+ (size_t)l->depth - 1];
		sum += (double)sorted[s];
	}
	qsort(sorted, n, sizeof *sorted, by_value);
	l->samples = cell->samples;
	l->mean_ns = sum / (double)n;
	l->p50_ns = sorted[(n * 50 + 99) / 100 - 1];
	l->p99_ns = sorted[(n * 99 + 99) / 100 - 1];
	free(sorted);
}

/* Every line that has samples; the caller frees it. */
static struct line *make_lines(const struct bundle *b, int *count)
{
	struct line *line = NULL;
	size_t room = 0;
	double ece[BUNDLE_MAX_DEPTH];

	*count = 0;
	for (int n = 0; n < b->nets; n++) {
		const struct bundle_net *net = &b->net[n];
		assert(net->depths >= 1);
		for (int d = 1; d <= net->depths; d++)
			ece[d - 1] = calibration_error(b, net, d);
		for (int k = 0; k < b->settings * b->environments * net->depths;
		     k++) {
			struct line l = { .net = net,
				.depth = k % net->depths + 1,
				.environment = k / net->depths % b->environments,
				.setting = k / net->depths / b->environments };
			const struct cell *cell = bundle_cell(b, n, l.setting,
				l.environment);
			if (!cell->samples)
				continue;
			time_line(&l, cell);
			l.accuracy = net->accuracy[l.depth - 1];
			l.confidence = net->mean_confidence[l.depth - 1];
			l.ece = ece[l.depth - 1];
			l.power_w = bundle_power(b, n, l.setting, l.depth);
			l.energy_j = l.power_w * l.mean_ns * 1e-9;
			MEM_ROOM(line, *count, room);
			line[(*count)++] = l;
		}
	}
	return line;
}

/* ---- Print ------------------------------------------------------------------ */

static const char *modelled_text(const struct bundle *b)
{
	for (int i = 0; i < b->provenances; i++)
		if (!strcmp(b->provenance_key[i], "modelled"))
			return b->provenance_value[i];
	return "";
}

static void print_csv(const struct bundle *b, const struct line *line, int n)
{
	char a[6][32];

	if (b->modelled)
		printf("# modelled: %s\n", modelled_text(b));
	printf("network,setting,environment,depth,accuracy,mean_confidence,ece,"
		"samples,p50_ns,p99_ns,mean_ns,power_w,energy_j\n");
	for (int i = 0; i < n; i++) {
		const struct line *l = &line[i];
		printf("%s,%s,%s,%d,%s,%s,%s,%d,%lld,%lld,%s,%s,%s\n",
			l->net->name, b->setting[l->setting].name,
			b->environment[l->environment], l->depth,
			num_print(a[0], l->accuracy),
			num_print(a[1], l->confidence), num_print(a[2], l->ece),
			l->samples, (long long)l->p50_ns, (long long)l->p99_ns,
			num_print(a[3], l->mean_ns), num_print(a[4], l->power_w),
			num_print(a[5], l->energy_j));
	}
}

static int widest(const char *title, const char *s, int width)
{
	int n = (int)strlen(s), m = (int)strlen(title);

	n = n > m ? n : m;
	return n > width ? n : width;
}

/* A number in a column of this width and so many places; blank for NAN. */
static void print_number(int width, int places, double x)
{
	if (isnan(x))
		printf("  %*s", width, "");
	else
		printf("  %*.*f", width, places, x);
}

static void print_head(const struct bundle *b)
{
	printf("%s: %s, %s, %d classes, %d inputs, mandatory depth %d\n", b->dir,
		b->device, b->task, b->classes, b->inputs, b->mandatory_depth);
	printf("SHA-256 %s\n", b->sha256);
	if (b->modelled)
		printf("MODELLED: %s\n", modelled_text(b));
	printf("\n");
	for (int i = 0; i < b->settings; i++) {
		const struct bundle_setting *s = &b->setting[i];
		const struct { const char *what; double x; } v[] = {
			/* `laxity profile` names them by what it counts. */
			{ strncmp(s->name, "core", 4) ? "SMs" : "cores",
				s->sm_count }, { "W cap", s->power_cap_w },
			{ "MHz", s->clock_mhz }, { "W idle", s->idle_power_w } };
		printf("setting %s%s", s->name, i ? "" : " (default)");
		for (size_t k = 0; k < sizeof v / sizeof *v; k++)
			if (!isnan(v[k].x))
				printf(", %.9g %s", v[k].x, v[k].what);
		if (b->overhead[i].decisions || b->overhead[i].launches)
			printf(", %d decision and %d launch costs",
				b->overhead[i].decisions, b->overhead[i].launches);
		printf("\n");
	}
	printf("\n");
}

static void print_table(const struct bundle *b, const struct line *line, int n)
{
	int net = 0, setting = 0, environment = 0;

	print_head(b);
	for (int i = 0; i < n; i++) {
		net = widest("network", line[i].net->name, net);
		setting = widest("setting", b->setting[line[i].setting].name,
			setting);
		environment = widest("environment",
			b->environment[line[i].environment], environment);
	}
	printf("%-*s  %-*s  %-*s  depth  accuracy  confidence     ece  samples"
		"    p50 us    p99 us   watts   mJoule\n", net, "network",
		setting, "setting", environment, "environment");
	for (int i = 0; i < n; i++) {
		const struct line *l = &line[i];
		if (i && l->net != line[i - 1].net)
			printf("\n");
		printf("%-*s  %-*s  %-*s  %5d", net, l->net->name, setting,
			b->setting[l->setting].name, environment,
			b->environment[l->environment], l->depth);
		print_number(8, 4, l->accuracy);
		print_number(10, 4, l->confidence);
		print_number(6, 4, l->ece);
		printf("  %7d", l->samples);
		print_number(8, 2, (double)l->p50_ns / 1e3);
		print_number(8, 2, (double)l->p99_ns / 1e3);
		print_number(6, 2, l->power_w);
		print_number(7, 3, l->energy_j * 1e3);
		printf("\n");
	}
	if (b->provenances)
		printf("\n");
	for (int i = 0; i < b->provenances; i++)
		printf("%s: %s\n", b->provenance_key[i], b->provenance_value[i]);
}

int trace_info(int argc, char **argv)
{
	const char *dir = NULL, *format = NULL;
	struct bundle *b;
	struct line *line;
	int n;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--format")) {
			if (format)
				return msg_bad("trace info: --format is given "
					"twice");
			if (++i == argc)
				return msg_bad("trace info: --format: table or "
					"csv expected");
			format = argv[i];
			if (strcmp(format, "table") && strcmp(format, "csv"))
				return msg_bad("trace info: --format %s: table "
					"or csv expected", format);
		} else if (argv[i][0] == '-' && argv[i][1]) {
			return msg_bad("trace info: unknown option %s", argv[i]);
		} else if (dir) {
			return msg_bad("trace info: one DIR");
		} else {
			dir = argv[i];
		}
	}
	if (!dir)
		return msg_bad("trace info: which DIR?");
	b = bundle_read(dir);
	if (!b)
		return -1;
	line = make_lines(b, &n);
	if (format && !strcmp(format, "csv"))
		print_csv(b, line, n);
	else
		print_table(b, line, n);
	free(line);
	bundle_free(b);
	return STATUS_OK;
}
