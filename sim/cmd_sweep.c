/* laxity sweep: all runs of an experiment file. */
#include "command.h"
#include "msg.h"
#include "num.h"
#include "options.h"
#include "sweep.h"

#include <stdlib.h>
#include <string.h>

#define MOST_REPLICATIONS 1000  /* with --precision */

struct options {
	const char *db, *shard, *precision;
	struct option_list sets, files;
	int64_t jobs, most;
	int dry_run, bounds;
};

static int read_options(struct options *o, int argc, char **argv)
{
	const struct option table[] = {
		{ "--db", OPTION_OUTPUT, &o->db, 0, 0, NULL },
		{ "--jobs", OPTION_INTEGER, &o->jobs, 1, 1024, NULL },
		{ "--shard", OPTION_TEXT, &o->shard, 0, 0, NULL },
		{ "--set", OPTION_LIST, &o->sets, 0, 0, NULL },
		{ "--bounds", OPTION_FLAG, &o->bounds, 0, 0, NULL },
		{ "--precision", OPTION_TEXT, &o->precision, 0, 0, NULL },
		{ "--most", OPTION_INTEGER, &o->most, 5, 1000000, NULL },
		{ "--dry-run", OPTION_FLAG, &o->dry_run, 0, 0, NULL },
		{ 0 }
	};

	if (options_read(argc, argv, table, &o->files))
		return -1;
	if (o->files.n != 1)
		return msg_bad("sweep: one EXPERIMENT.ini");
	if (!o->db && !o->dry_run)
		return msg_bad("sweep: where to? --db FILE is missing");
	if (o->most && !o->precision)
		return msg_bad("sweep: --most is for --precision");
	return 0;
}

/* "2/5" */
static int set_shard(struct sweep *s, const char *text)
{
	const char *slash = strchr(text, '/');
	char *first = mem_string_n(text, slash ? (size_t)(slash - text) : 0);
	int64_t i, n;
	int bad = !slash || num_integer(first, &i) || num_integer(slash + 1, &n)
		|| n < 1 || n > 1000000 || i < 1 || i > n;

	free(first);
	if (bad)
		return msg_bad("sweep: --shard: '%s' is not i/n with 1 <= i <= n",
			text);
	s->shard = (int)i;
	s->shards = (int)n;
	return 0;
}

/* "accuracy=0.001", or the number alone for accuracy. */
static int set_precision(struct sweep *s, const char *text, int64_t most)
{
	const char *equals = strchr(text, '=');
	char *name = equals ? mem_string_n(text, (size_t)(equals - text))
		: mem_string("accuracy");

	s->metric = outcome_column(name);
	if (!s->metric || s->metric->of_bounds) {
		(void)msg_bad("sweep: --precision: '%s' is no column of runs", name);
		free(name);
		return -1;
	}
	free(name);
	if (num_real(equals ? equals + 1 : text, &s->precision)
	    || s->precision <= 0)
		return msg_bad("sweep: --precision: '%s' is not METRIC=NUMBER with a "
			"number above 0", text);
	s->most = (int)(most ? most : MOST_REPLICATIONS);
	if (s->most < s->experiment->replications)
		s->most = s->experiment->replications;
	if (s->experiment->seed + (uint64_t)s->most - 1 > UINT32_MAX)
		return msg_bad("sweep: seed %u with %d replications goes past "
			"2^32-1", s->experiment->seed, s->most);
	return 0;
}

static int sweep_main(int argc, char **argv)
{
	struct options o = { 0 };
	struct experiment *e = NULL;
	struct sweep s = { 0 };
	int status;

	status = read_options(&o, argc, argv);
	if (!status) {
		e = experiment_read(o.files.item[0], o.sets.n, o.sets.item);
		status = e ? sweep_init(&s, e) : -1;
	}
	if (!status && o.shard)
		status = set_shard(&s, o.shard);
	if (!status && o.precision)
		status = set_precision(&s, o.precision, o.most);
	if (!status) {
		s.db = o.db;
		s.jobs = (int)o.jobs;
		s.bounds = o.bounds;
		status = o.dry_run ? sweep_list(&s) : sweep_run(&s);
	}
	sweep_fini(&s);
	experiment_free(e);
	options_list_fini(&o.sets);
	options_list_fini(&o.files);
	return status;
}

const struct command command_sweep = {
	.name = "sweep", .order = 20,
	.summary = "run every point of an experiment into a database",
	.manual =
	"usage: laxity sweep EXPERIMENT.ini --db FILE [OPTION ...]\n"
	"\n"
	"An experiment is a workload file with two more sections:\n"
	"\n"
	"  [axis]                   any keys of the workload; every combination of\n"
	"  arrivals.clients = 4, 8  their values is a point\n"
	"  [sweep]\n"
	"  policies = edf imprecise:predictor=max\n"
	"  replications = 10        default 10: seeds `seed`, `seed` + 1, ...\n"
	"  seed = 1                 default 1\n"
	"\n"
	"Runs that the database has are skipped: a sweep that was interrupted, in\n"
	"whatever way, goes on with the same command. A run counts as the same if the\n"
	"trace's files, the resolved workload, the policy with its parameters, the seed\n"
	"and the program's code are; a run by other code is replaced. Several sweeps may\n"
	"write to one database.\n"
	"\n"
	"  --db FILE          the SQLite database; made if missing\n"
	"  --jobs N           worker processes; default one a processor. Results do not\n"
	"                     depend on it\n"
	"  --shard i/n        only this part of the runs, 1/n ... n/n; `laxity merge`\n"
	"                     joins them\n"
	"  --set SECTION.KEY=VALUE  override a key, of axes and sweep too\n"
	"                     (axis.arrivals.clients=4,8)\n"
	"  --bounds           also what no policy can beat, for each replication\n"
	"  --precision METRIC=X  go on replicating, half as many more each time, until\n"
	"                     the 95 % interval of this column is at most +- X for every\n"
	"                     policy of the point; X alone: of accuracy. As the data\n"
	"                     decide when to stop, intervals are a little too narrow\n"
	"  --most N           at most N replications then; default 1000\n"
	"  --dry-run          list the runs as CSV, and whether the database has them\n"
	"\n"
	"`laxity report FILE` shows what came out.\n"
	"\n"
	"Units: as in workload files; X in the unit of its column (names that end in _ns\n"
	"are nanoseconds, in _j joules; ratios and accuracy lie in 0...1).\n",
	.main = sweep_main,
};
