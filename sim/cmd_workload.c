/* laxity workload: what a workload file says, and what it releases. */
#include "command.h"
#include "file.h"
#include "mem.h"
#include "msg.h"
#include "options.h"
#include "replay.h"
#include "workload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
	struct option_list file, sets;
	const char *arrivals;
	int64_t seed;
};

static int read_options(struct options *o, int argc, char **argv)
{
	const struct option table[] = {
		{ "--set", OPTION_LIST, &o->sets, 0, 0, NULL },
		{ "--seed", OPTION_INTEGER, &o->seed, 1, UINT32_MAX, NULL },
		{ "--arrivals", OPTION_OUTPUT, &o->arrivals, 0, 0, NULL },
		{ 0 }
	};

	if (options_read(argc, argv, table, &o->file))
		return -1;
	if (o->file.n != 1)
		return msg_bad("workload: one FILE expected");
	return 0;
}

/* All requests as a replay file, nothing left to be drawn. */
static int write_arrivals(const struct options *o, const struct workload *w,
	const struct arrival *all, int64_t n, const struct arrival_stats *stats)
{
	struct file_out f;
	struct text head;

	text_init(&head);
	text_add(&head, "# source = laxity workload, seed %" PRId64 "\n",
		o->seed);
	replay_add_stats(&head, stats);
	if (file_out_open(&f, o->arrivals)) {
		text_fini(&head);
		return -1;
	}
	(void)fprintf(f.stream, "%s%s\n", head.s, replay_header(w->groups > 0));
	text_fini(&head);
	for (int64_t i = 0; i < n; i++) {
		(void)fprintf(f.stream, "%" PRId64 ",%" PRId64 ",%" PRId32,
			all[i].release_ns, all[i].deadline_ns
			- all[i].release_ns, all[i].input);
		if (w->groups)
			(void)fprintf(f.stream, ",%s", all[i].group < 0 ? ""
				: w->group_name[all[i].group]);
		(void)fputc('\n', f.stream);
	}
	return file_out_commit(&f);
}

static int show_arrivals(const struct options *o, const struct workload *w)
{
	int64_t n = w->warmup + w->requests;
	struct arrival *all = source_all(w, (uint32_t)o->seed);
	struct arrival_stats stats, theory;
	int failed = 0;

	arrival_stats_of(w, all, n, &stats);
	arrival_theory(w, &theory);
	if (o->arrivals)
		failed = write_arrivals(o, w, all, n, &stats);
	free(all);
	if (!failed)
		arrival_stats_remark(&stats, &theory);
	return failed;
}

static int show(const struct options *o, const struct workload *w)
{
	if (w->process == PROCESS_CLOSED && w->reissue == REISSUE_RESPONSE) {
		if (o->arrivals)
			return msg_bad("--arrivals: with reissue = response the "
				"releases depend on the policy");
		msg_remark("with reissue = response the releases depend on the "
			"policy");
	} else if (show_arrivals(o, w)) {
		return -1;
	}
	workload_remark(w);
	(void)fputs(w->resolved, stdout);
	return 0;
}

static int workload_main(int argc, char **argv)
{
	struct options o = { .seed = 1 };
	struct workload *w = NULL;
	int status = read_options(&o, argc, argv);

	if (!status) {
		w = workload_read(o.file.item[0], o.sets.n, o.sets.item,
			(uint32_t)o.seed);
		status = w ? show(&o, w) : -1;
	}
	workload_free(w);
	options_list_fini(&o.file);
	options_list_fini(&o.sets);
	return status;
}

const struct command command_workload = {
	.name = "workload", .order = 30,
	.summary = "show a workload: every key resolved, and its arrivals",
	.manual =
	"usage: laxity workload FILE [--set SECTION.KEY=VALUE ...] [--seed N]\n"
	"                       [--arrivals REPLAY.csv]\n"
	"\n"
	"Prints the workload file with every default and override filled in, and on\n"
	"stderr the statistics of the requests that it releases, warm-up included,\n"
	"with theory's value beside them where there is one.\n"
	"\n"
	"  --set SECTION.KEY=VALUE  override a key or add it; without a VALUE the key\n"
	"                           is taken out of the file\n"
	"  --seed N                 of the random streams, 1 to 2^32-1, default 1\n"
	"  --arrivals REPLAY.csv    write the requests as a file for process = replay:\n"
	"                           the same releases, deadlines, inputs and groups\n"
	"\n"
	"Times are in nanoseconds, rates per second; T, in a workload file, is the\n"
	"mean time of the reference network to full depth at the default setting.\n",
	.main = workload_main,
};
