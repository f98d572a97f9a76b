/* laxity run: one workload, some policies, some replications. */
#include "clock.h"
#include "command.h"
#include "msg.h"
#include "options.h"
#include "out.h"
#include "out_estimates.h"
#include "out_requests.h"
#include "pool.h"
#include "store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum format { FORMAT_TABLE, FORMAT_CSV, FORMAT_JSON };
static const char *const formats[] = { "table", "csv", "json", NULL };

struct options {
	const char *workload, *requests_out, *estimates, *timeline, *db;
	struct option_list policies, sets, keep;
	int64_t seed, replications, jobs;
	int format, bounds, keep_requests, keep_stages;
};

/* What a run writes while it goes on: one run in this process at a time. */
struct details {
	struct out_requests requests;
	struct out_estimates estimates;
	struct out_timeline timeline;
	struct reorder order;
	int64_t id, gone;           /* in the store; requests so far */
	int failed;
	struct progress progress;
};

struct command_run {
	struct options o;
	struct choice *choice;      /* [o.policies.n], those read so far */
	int choices;
	/* For a thinned replay each seed has its own rows: the workload of
	 * `replication` then, else the one for all. */
	struct workload *workload;
	int64_t replication;
	char hash[SHA256_HEX];
	struct result_policy *policy;
	uint32_t *seed;
	struct results results;
	struct outcome_bounds *bounds; /* [replications], with --bounds */
	struct store *store;
	struct details details;
	int64_t next, tasks, done;
	struct progress progress;
	const volatile int *stop;
};

/* A task is a replication of one policy, or its bounds, which come first as
 * they take longest. */
struct task_result {
	struct outcome outcome;
	struct outcome_bounds bounds;
	double took_s;
};

/* ---- Options ------------------------------------------------------------------- */

static int read_keep(struct options *o)
{
	for (int i = 0; i < o->keep.n; i++) {
		if (!strcmp(o->keep.item[i], "requests"))
			o->keep_requests = 1;
		else if (!strcmp(o->keep.item[i], "stages"))
			o->keep_stages = 1;
		else
			return msg_bad("run: --keep: '%s' is none of requests | "
				"stages", o->keep.item[i]);
	}
	if (o->keep.n && !o->db)
		return msg_bad("run: --keep: keep where? --db FILE is missing");
	return 0;
}

static int read_options(struct options *o, int argc, char **argv)
{
	const struct option table[] = {
		{ "-w", OPTION_INPUT, &o->workload, 0, 0, NULL },
		{ "-p", OPTION_LIST, &o->policies, 0, 0, NULL },
		{ "--seed", OPTION_INTEGER, &o->seed, 1, UINT32_MAX, NULL },
		{ "--replications", OPTION_INTEGER, &o->replications, 1, 1000000,
			NULL },
		{ "--set", OPTION_LIST, &o->sets, 0, 0, NULL },
		{ "--format", OPTION_WORD, &o->format, 0, 0, formats },
		{ "--bounds", OPTION_FLAG, &o->bounds, 0, 0, NULL },
		{ "--requests-out", OPTION_OUTPUT, &o->requests_out, 0, 0, NULL },
		{ "--estimates", OPTION_OUTPUT, &o->estimates, 0, 0, NULL },
		{ "--timeline", OPTION_OUTPUT, &o->timeline, 0, 0, NULL },
		{ "--db", OPTION_OUTPUT, &o->db, 0, 0, NULL },
		{ "--keep", OPTION_LIST, &o->keep, 0, 0, NULL },
		{ "--jobs", OPTION_INTEGER, &o->jobs, 1, 1024, NULL },
		{ 0 }
	};

	if (options_read(argc, argv, table, NULL) || read_keep(o))
		return -1;
	if (!o->workload)
		return msg_bad("run: which workload? -w FILE is missing");
	if (!o->policies.n)
		return msg_bad("run: which policy? -p NAME is missing; laxity "
			"policies lists them");
	if (o->seed + o->replications - 1 > UINT32_MAX)
		return msg_bad("run: --seed %lld with %lld replications goes past "
			"2^32-1", (long long)o->seed, (long long)o->replications);
	if ((o->requests_out || o->estimates || o->timeline)
	    && (o->policies.n > 1 || o->replications > 1))
		return msg_bad("run: %s is for one policy and one replication",
			o->requests_out ? "--requests-out" : o->estimates
			? "--estimates" : "--timeline");
	return 0;
}

/* ---- One task ------------------------------------------------------------------- */

static uint32_t seed_of(const struct command_run *c, int64_t replication)
{
	return (uint32_t)(c->o.seed + replication);
}

static int is_thinned(const struct workload *w)
{
	return w->process == PROCESS_REPLAY && w->replay_keep < 1;
}

static int use_workload(struct command_run *c, int64_t replication)
{
	if (c->workload && (c->replication == replication
	    || !is_thinned(c->workload)))
		return 0;
	workload_free(c->workload);
	c->workload = workload_read(c->o.workload, c->o.sets.n, c->o.sets.item,
		seed_of(c, replication));
	c->replication = replication;
	return c->workload ? 0 : -1;
}

static int tasks_each(const struct command_run *c)
{
	return c->o.policies.n + c->o.bounds;
}

static struct store_run describe_run(const struct command_run *c, int policy,
	int64_t replication, double took_s)
{
	return (struct store_run){ .workload = c->workload,
		.workload_hash = c->hash, .choice = &c->choice[policy],
		.seed = seed_of(c, replication),
		.replication = (int32_t)replication, .kind = "simulated",
		.live_at = "", .ended = "done", .took_s = took_s };
}

/* Called with the measured requests in order. */
static void emit_request(void *context, const struct request_record *r)
{
	struct command_run *c = context;
	struct details *d = &c->details;

	if (c->o.requests_out)
		out_requests_add(&d->requests, r);
	if (c->o.estimates)
		out_estimates_add(&d->estimates, r);
	if (c->o.keep_requests && !d->failed)
		d->failed = store_put_request(c->store, d->id, r);
}

static void on_request(void *context, const struct request_record *r)
{
	struct command_run *c = context;
	struct details *d = &c->details;

	if (c->o.requests_out || c->o.estimates || c->o.keep_requests)
		reorder_add(&d->order, r);
	if (c->o.timeline)
		out_timeline_request(&d->timeline, r);
	if (c->tasks == 1 && (++d->gone & 1023) == 0)
		progress_step(&d->progress, d->gone);
}

static void on_stage(void *context, const struct stage_record *r)
{
	struct command_run *c = context;
	struct details *d = &c->details;

	if (c->o.timeline)
		out_timeline_stage(&d->timeline, r);
	if (c->o.keep_stages && !d->failed)
		d->failed = store_put_stage(c->store, d->id, r);
}

static int work_bounds(struct command_run *c, int64_t replication,
	struct task_result *result)
{
	return outcome_bounds_of_run(c->workload, seed_of(c, replication),
		&result->bounds);
}

/* With --keep the run goes into the store as it happens. */
static int begin_details(struct command_run *c, int policy, int64_t replication)
{
	struct store_run run = describe_run(c, policy, replication, NAN);
	struct details *d = &c->details;

	reorder_init(&d->order, c->workload->warmup, c, emit_request);
	if (c->o.keep.n && (store_begin(c->store)
	    || store_put_start(c->store, &run, &d->id)))
		return -1;
	return 0;
}

static int end_details(struct command_run *c, int status,
	const struct task_result *result)
{
	struct details *d = &c->details;

	reorder_fini(&d->order);
	if (!status && d->failed)
		status = -1;
	if (!c->o.keep.n)
		return status;
	if (!status && (store_put_outcome(c->store, d->id, "done", result->took_s,
	    &result->outcome) || store_commit(c->store)))
		status = -1;
	if (status)
		store_rollback(c->store);
	return status;
}

static int work(void *context, int64_t task, void *to)
{
	struct command_run *c = context;
	struct task_result *result = to;
	int64_t replication = task / tasks_each(c);
	int policy = (int)(task % tasks_each(c)) - c->o.bounds, status;
	int detailed = c->o.requests_out || c->o.estimates || c->o.timeline
		|| c->o.keep.n;
	const struct sink sink = { .context = c, .request = on_request,
		.stage = c->o.timeline || c->o.keep_stages ? on_stage : NULL };
	struct run run = { .stop = c->stop, .seed = seed_of(c, replication) };
	double begun = clock_seconds();

	if (use_workload(c, replication))
		return -1;
	if (policy < 0)
		return work_bounds(c, replication, result);
	run.workload = c->workload;
	run.choice = &c->choice[policy];
	/* Progress within the run, if there is just one and somebody looks. */
	run.sink = detailed || (c->tasks == 1 && isatty(2)) ? &sink : NULL;
	if (detailed && begin_details(c, policy, replication))
		return -1;
	progress_begin(&c->details.progress, "run", c->workload->warmup
		+ c->workload->requests);
	status = outcome_of_run(&run, &result->outcome);
	progress_step(&c->details.progress, c->details.progress.total);
	result->took_s = clock_since(begun);
	return detailed ? end_details(c, status, result) : status;
}

/* ---- All tasks -------------------------------------------------------------------- */

static int next(void *context, int64_t *task)
{
	struct command_run *c = context;

	*task = c->next;
	return c->next < c->tasks ? (c->next++, 1) : 0;
}

static int store_result(struct command_run *c, int policy, int64_t replication,
	const struct task_result *r)
{
	struct store_run run = describe_run(c, policy < 0 ? 0 : policy,
		replication, r->took_s);

	if (!c->store || (policy >= 0 && c->o.keep.n))
		return 0;
	if (store_begin(c->store)
	    || store_put_policies(c->store, c->choices, c->choice)
	    || (policy < 0 ? store_put_bounds(c->store, c->workload, c->hash,
		run.seed, &r->bounds)
		: store_put_run(c->store, &run, &r->outcome))
	    || store_commit(c->store)) {
		store_rollback(c->store);
		return -1;
	}
	return 0;
}

static int done(void *context, int64_t task, const void *from)
{
	struct command_run *c = context;
	const struct task_result *r = from;
	int replication = (int)(task / tasks_each(c));
	int policy = (int)(task % tasks_each(c)) - c->o.bounds;

	if (policy < 0) {
		c->bounds[replication] = r->bounds;
	} else {
		*results_at(&c->results, policy, replication) = r->outcome;
		c->results.done[policy * c->results.replications + replication] = 1;
	}
	if (c->tasks > 1)
		progress_step(&c->progress, ++c->done);
	return store_result(c, policy, replication, r);
}

static int run_tasks(struct command_run *c)
{
	struct pool pool = { .context = c, .next = next, .work = work,
		.done = done, .result_size = sizeof(struct task_result),
		.stop = c->stop };
	int here = c->o.requests_out || c->o.estimates || c->o.timeline
		|| c->o.keep.n
		|| (!c->o.jobs && c->workload->overhead == OVERHEAD_MEASURED);
	int64_t jobs = here ? 1 : c->o.jobs ? c->o.jobs : pool_processors();

	c->tasks = c->o.replications * tasks_each(c);
	pool.jobs = (int)(jobs < c->tasks ? jobs : c->tasks);
	progress_begin(&c->progress, "runs", c->tasks);
	return pool_run(&pool);
}

/* ---- Output ------------------------------------------------------------------------- */

static void set_bounds(struct command_run *c)
{
	struct results *s = &c->results;

	if (!c->o.bounds)
		return;
	(void)snprintf(s->bound_name, sizeof s->bound_name, "%s",
		c->bounds[0].name);
	for (int p = 0; p < s->policies; p++)
		for (int r = 0; r < s->replications; r++)
			if (results_done(s, p, r) && *c->bounds[r].name)
				outcome_set_bounds(results_at(s, p, r),
					&c->bounds[r]);
}

static void print(struct command_run *c)
{
	const struct workload *w = c->workload;
	const struct outcome *first = results_at(&c->results, 0, 0);
	struct description d;
	struct text t;

	set_bounds(c);
	text_init(&t);
	switch (c->o.format) {
	case FORMAT_TABLE:
		description_init(&d, w->resolved, w->bundle->device,
			w->bundle->task, w->bundle->modelled, first->load,
			first->mandatory_load);
		out_table(&t, &c->results, &d);
		description_fini(&d);
		break;
	case FORMAT_CSV:
		out_csv(&t, &c->results);
		break;
	default:
		out_json(&t, &c->results, w);
	}
	(void)fwrite(t.s, 1, t.length, stdout);
	text_fini(&t);
}

static int count_done(const struct results *s)
{
	int n = 0;

	for (int p = 0; p < s->policies; p++)
		n += results_count(s, p);
	return n;
}

/* ---- The command ---------------------------------------------------------------------- */

static int prepare(struct command_run *c)
{
	const struct options *o = &c->o;
	const struct workload *w;

	c->choice = mem_new((size_t)o->policies.n, sizeof *c->choice);
	c->policy = mem_new((size_t)o->policies.n, sizeof *c->policy);
	c->seed = mem_new((size_t)o->replications, sizeof *c->seed);
	c->bounds = mem_new((size_t)o->replications, sizeof *c->bounds);
	for (; c->choices < o->policies.n; c->choices++) {
		struct choice *choice = &c->choice[c->choices];
		if (choice_parse(choice, o->policies.item[c->choices]))
			return -1;
		c->policy[c->choices] = (struct result_policy){ choice->text,
			choice->policy->clairvoyant };
	}
	for (int64_t r = 0; r < o->replications; r++)
		c->seed[r] = seed_of(c, r);
	if (use_workload(c, 0))
		return -1;
	w = c->workload;
	if (o->bounds && w->process == PROCESS_CLOSED
	    && w->reissue == REISSUE_RESPONSE)
		return msg_bad("run: --bounds: with reissue = response the requests "
			"depend on the policy, so nothing bounds them all");
	workload_remark(w);
	store_hash_workload(w, c->hash);
	results_init(&c->results, o->policies.n, (int)o->replications, c->policy,
		c->seed);
	return 0;
}

/* The files last: nothing is made for a command that is refused. */
static int open_outputs(struct command_run *c)
{
	const struct options *o = &c->o;

	if (o->db && !(c->store = store_open(o->db, STORE_WRITE)))
		return -1;
	if (o->requests_out && out_requests_begin(&c->details.requests,
	    o->requests_out, c->workload))
		return -1;
	if (o->estimates && out_estimates_begin(&c->details.estimates,
	    o->estimates, c->workload))
		return -1;
	if (o->timeline && out_timeline_begin(&c->details.timeline, o->timeline,
	    c->workload))
		return -1;
	return 0;
}

static int close_outputs(struct command_run *c, int status)
{
	if (c->details.requests.buffer
	    && out_requests_end(&c->details.requests, !status))
		status = -1;
	if (c->details.estimates.workload
	    && out_estimates_end(&c->details.estimates, !status))
		status = -1;
	if (c->details.timeline.workload
	    && out_timeline_end(&c->details.timeline, !status))
		status = -1;
	store_close(c->store);
	return status;
}

static int run_main(int argc, char **argv)
{
	struct command_run c = { .o = { .seed = 1, .replications = 1 } };
	int status, finished, all;

	status = read_options(&c.o, argc, argv);
	if (!status)
		status = prepare(&c);
	if (!status)
		status = open_outputs(&c);
	if (!status) {
		c.stop = pool_catch_signals();
		status = run_tasks(&c);
		finished = count_done(&c.results);
		all = c.results.policies * c.results.replications;
		if (!status && *c.stop && finished < all)
			status = msg_fail("interrupted: %d of %d runs are finished",
				finished, all);
		/* What is finished is worth its line. */
		if (finished && (!status || *c.stop))
			print(&c);
	}
	status = close_outputs(&c, status);
	for (int i = 0; i < c.choices; i++)
		choice_fini(&c.choice[i]);
	workload_free(c.workload);
	results_fini(&c.results);
	free(c.choice);
	free(c.policy);
	free(c.seed);
	free(c.bounds);
	options_list_fini(&c.o.policies);
	options_list_fini(&c.o.sets);
	options_list_fini(&c.o.keep);
	return status;
}

const struct command command_run = {
	.name = "run", .order = 10,
	.summary = "simulate a workload under one or more policies",
	.manual =
	"usage: laxity run -w FILE -p POLICY[:NAME=VALUE,...] [-p ...] [OPTION ...]\n"
	"\n"
	"Simulates the requests of a workload file under each policy and compares the\n"
	"policies. `laxity policies` lists them, `laxity workload FILE` shows what a\n"
	"workload says.\n"
	"\n"
	"  --set SECTION.KEY=VALUE  override a key of the workload file\n"
	"  --seed N                 of all random draws, 1 to 2^32-1; default 1\n"
	"  --replications N         repeat with seeds N, N+1, ...; default 1. Policies\n"
	"                           see the same requests for the same seed. From 5 on\n"
	"                           with 95 % confidence intervals\n"
	"  --bounds                 what no policy can beat on these requests, and what\n"
	"                           each has left to it (regret)\n"
	"  --format table|csv|json  default table. csv: a line a policy and replication;\n"
	"                           json: all of it, intervals and bounds included\n"
	"  --requests-out FILE      CSV: what happened to each measured request (one\n"
	"                           policy, one replication)\n"
	"  --estimates FILE         CSV: what the policy believed of the slowdown, what it\n"
	"                           chose and what came of it, for each measured request\n"
	"                           (one policy, one replication)\n"
	"  --timeline FILE          Chrome trace JSON with a track per device and per\n"
	"                           client, for ui.perfetto.dev (one policy, one\n"
	"                           replication)\n"
	"  --db FILE                store the runs in this SQLite database, which is made\n"
	"                           if missing; see `laxity report` and `laxity export`.\n"
	"                           A run stored before with this trace, workload, policy\n"
	"                           and seed is replaced\n"
	"  --keep requests|stages   in the database, also every measured request, every\n"
	"                           stage; may be given twice\n"
	"  --jobs N                 worker processes; default: one a processor (one if\n"
	"                           decisions are measured). Results do not depend on it\n"
	"\n"
	"A request's accuracy counts a miss as wrong; a miss is a request that has not\n"
	"reached the mandatory depth at its deadline. Response is from release to\n"
	"leaving, over all requests. Results of clairvoyant policies are marked.\n"
	"\n"
	"Units: names that end in _ns are nanoseconds, in _j joules; ratios, accuracy and\n"
	"utilisation lie in 0...1. The table prints percent, milliseconds, millijoules.\n",
	.main = run_main,
};
