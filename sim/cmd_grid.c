/* laxity grid: ALERT's constraint grid, every policy in every setting. */
#include "clock.h"
#include "command.h"
#include "grid.h"
#include "msg.h"
#include "options.h"
#include "pool.h"
#include "store.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum { COMMIT_EVERY = 200 };
static const char *const formats[] = { "table", "csv", NULL };

struct command_grid {
	const char *file, *db;
	struct option_list sets;
	int64_t jobs;
	int format;
	struct grid *grid;
	struct grid_result *results;
	unsigned char *known;       /* [tasks]: the store had it */
	/* The workload of the last task worked on, or stored. */
	struct workload *workload;
	int setting, replication;
	char hash[SHA256_HEX];
	struct store *store;
	int64_t next, tasks, done;
	int open;                   /* results put since the last commit */
	struct progress progress;
	const volatile int *stop;
};

struct task_result { struct outcome outcome; double took_s; };

/* A task is a setting, policy and replication, the last moving fastest. */
static int setting_of(const struct command_grid *c, int64_t task)
{
	return (int)(task / (c->grid->policies * c->grid->replications));
}

static int policy_of(const struct command_grid *c, int64_t task)
{
	return (int)(task / c->grid->replications % c->grid->policies);
}

static int replication_of(const struct command_grid *c, int64_t task)
{
	return (int)(task % c->grid->replications);
}

static int use_workload(struct command_grid *c, int64_t task)
{
	int setting = setting_of(c, task), replication = replication_of(c, task);
	int environment = grid_setting(c->grid, setting).environment;

	if (c->workload && c->setting == setting
	    && (c->replication == replication
	    || !c->grid->environment[environment].changes))
		return 0;
	workload_free(c->workload);
	c->workload = grid_workload(c->grid, setting, replication);
	c->setting = setting;
	c->replication = replication;
	if (!c->workload)
		return -1;
	if (c->store)
		store_hash_workload(c->workload, c->hash);
	return 0;
}

static int work(void *context, int64_t task, void *to)
{
	struct command_grid *c = context;
	struct task_result *r = to;
	struct run run = { .stop = c->stop,
		.choice = &c->grid->choice[policy_of(c, task)],
		.seed = c->grid->seed + (uint32_t)replication_of(c, task) };
	double begun = clock_seconds();
	int status;

	if (use_workload(c, task))
		return -1;
	run.workload = c->workload;
	status = outcome_of_run(&run, &r->outcome);
	r->took_s = clock_since(begun);
	return status;
}

static int next(void *context, int64_t *task)
{
	struct command_grid *c = context;

	while (c->next < c->tasks && c->known[c->next])
		c->next++;
	*task = c->next;
	return c->next < c->tasks ? (c->next++, 1) : 0;
}

/* Of the workload in use. */
static struct store_run describe(const struct command_grid *c, int64_t task,
	double took_s)
{
	int32_t replication = replication_of(c, task);

	return (struct store_run){ .workload = c->workload,
		.workload_hash = c->hash,
		.choice = &c->grid->choice[policy_of(c, task)],
		.seed = c->grid->seed + (uint32_t)replication,
		.replication = replication, .kind = "simulated", .live_at = "",
		.ended = "done", .took_s = took_s };
}

static int find_known(struct command_grid *c, int64_t task)
{
	static const struct { const char *name; size_t offset; } column[] = {
		{ "violated_ratio", offsetof(struct grid_result, violated) },
		{ "miss_ratio", offsetof(struct grid_result, missed) },
		{ "goal_energy_j", offsetof(struct grid_result, energy_j) },
		{ "goal_error", offsetof(struct grid_result, error) },
		{ "accuracy", offsetof(struct grid_result, accuracy) },
	};
	struct store_run run;
	struct store_key key;
	int status;

	if (use_workload(c, task))
		return -1;
	run = describe(c, task, NAN);
	store_key(&key, &run);
	status = store_has(c->store, &key);
	for (size_t k = 0; k < sizeof column / sizeof *column && status > 0; k++)
		if (store_values(c->store, c->hash, run.choice,
		    outcome_column(column[k].name), run.seed, 1,
		    (double *)(void *)((char *)&c->results[task]
		    + column[k].offset)))
			status = -1;
	c->known[task] = status > 0;
	c->done += status > 0;
	return status < 0 ? -1 : 0;
}

/* What the store has, so that it is not run again. */
static int find_all_known(struct command_grid *c)
{
	if (!c->store || !store_exists(c->store))
		return 0;
	for (int64_t t = 0; t < c->tasks; t++)
		if (find_known(c, t))
			return -1;
	return 0;
}

static int put(struct command_grid *c, int64_t task, const struct task_result *r)
{
	const struct grid *g = c->grid;
	struct store_run run;

	if (use_workload(c, task))
		return -1;
	run = describe(c, task, r->took_s);
	if (!c->open && (store_begin(c->store)
	    || store_put_policies(c->store, g->policies, g->choice)))
		return -1;
	if (store_put_run(c->store, &run, &r->outcome))
		return -1;
	c->open++;
	return 0;
}

static int commit(struct command_grid *c)
{
	if (!c->open)
		return 0;
	c->open = 0;
	return store_commit(c->store);
}

static int done(void *context, int64_t task, const void *from)
{
	struct command_grid *c = context;
	const struct task_result *r = from;

	c->results[task] = grid_result(&r->outcome);
	progress_step(&c->progress, ++c->done);
	if (!c->store)
		return 0;
	if (put(c, task, r) || (c->open >= COMMIT_EVERY && commit(c))) {
		store_rollback(c->store);
		c->open = 0;
		return -1;
	}
	return 0;
}

static int run_all(struct command_grid *c)
{
	struct pool pool = { .context = c, .next = next, .work = work,
		.done = done, .result_size = sizeof(struct task_result),
		.jobs = c->jobs ? (int)c->jobs : pool_processors() };
	int status;

	c->tasks = (int64_t)grid_settings(c->grid) * c->grid->policies
		* c->grid->replications;
	c->results = mem_new((size_t)c->tasks, sizeof *c->results);
	c->known = mem_new((size_t)c->tasks, 1);
	if (find_all_known(c))
		return -1;
	c->stop = pool.stop = pool_catch_signals();
	progress_begin(&c->progress, "runs", c->tasks);
	status = pool_run(&pool);
	if (c->store && commit(c))
		status = -1;
	if (!status && c->done < c->tasks)
		status = msg_fail("interrupted: %lld of %lld runs are finished",
			(long long)c->done, (long long)c->tasks);
	return status;
}

static void print(const struct command_grid *c)
{
	struct text t;

	text_init(&t);
	if (c->format)
		grid_csv(c->grid, c->results, &t);
	else
		grid_table(c->grid, c->results, &t);
	(void)fwrite(t.s, 1, t.length, stdout);
	text_fini(&t);
}

static int read_options(struct command_grid *c, int argc, char **argv)
{
	struct option_list rest = { 0 };
	const struct option table[] = {
		{ "--set", OPTION_LIST, &c->sets, 0, 0, NULL },
		{ "--db", OPTION_OUTPUT, &c->db, 0, 0, NULL },
		{ "--jobs", OPTION_INTEGER, &c->jobs, 1, 1024, NULL },
		{ "--format", OPTION_WORD, &c->format, 0, 0, formats },
		{ 0 }
	};
	int status = options_read(argc, argv, table, &rest);

	if (!status && rest.n != 1)
		status = msg_bad("grid: one FILE expected");
	if (!status)
		c->file = rest.item[0];
	options_list_fini(&rest);
	return status;
}

static int grid_main(int argc, char **argv)
{
	struct command_grid c = { 0 };
	int status = read_options(&c, argc, argv);

	if (!status && !(c.grid = grid_read(c.file, c.sets.n, c.sets.item)))
		status = -1;
	if (!status && c.db && !(c.store = store_open(c.db, STORE_WRITE)))
		status = -1;
	if (!status)
		status = run_all(&c);
	if (!status)
		print(&c);
	store_close(c.store);
	workload_free(c.workload);
	grid_free(c.grid);
	free(c.results);
	free(c.known);
	options_list_fini(&c.sets);
	return status;
}

const struct command command_grid = {
	.name = "grid", .order = 25,
	.summary = "compare ALERT with its rivals over a grid of constraints",
	.manual =
	"usage: laxity grid FILE [OPTION ...]\n"
	"\n"
	"Runs every policy of FILE in every setting of a grid: environments x\n"
	"objectives x deadlines x levels, as in the evaluation of ALERT. Prints energy\n"
	"and error relative to the best fixed choice in hindsight (oracle-static), how\n"
	"many settings each policy violates, and how the first policy compares with\n"
	"each of the others.\n"
	"\n"
	"FILE is a workload file without [arrivals], [deadline], [environment] and\n"
	"[goal], which the grid fills in, and with a section\n"
	"\n"
	"  [grid]\n"
	"  policies = alert app-only sys-only no-coord alert-oracle oracle-static\n"
	"  environments = default, compute-stream, default+compute-stream\n"
	"  deadlines = 0.4, 0.6, 0.8, 1, 1.25, 1.6, 2   ; default\n"
	"  levels = 5           ; default: accuracies, powers\n"
	"  bursts = 30, 80      ; default: inputs before A+B changes, least and most\n"
	"  replications = 5     ; default; seeds follow `seed`\n"
	"  seed = 1             ; default\n"
	"\n"
	"Deadlines are in units of the mean time of the slowest anytime (staged or\n"
	"nested) network at the first setting. Levels: for the objective energy,\n"
	"accuracies evenly from the least to the greatest nominal one of any depth; for\n"
	"accuracy, budgets of deadline x power, powers evenly above the least idle power\n"
	"up to the greatest of any configuration. A setting is violated if more than\n"
	"10 % of its inputs violate the goal.\n"
	"\n"
	"  --set SECTION.KEY=VALUE  override a key of the file\n"
	"  --db FILE                store the runs in this SQLite database; those that it\n"
	"                           has (same trace, workload, policy, seed, program) are\n"
	"                           not run again\n"
	"  --jobs N                 worker processes; default: one a processor. Results\n"
	"                           do not depend on it\n"
	"  --format table|csv       csv: a line per setting and policy\n"
	"\n"
	"Units: deadlines in multiples, _ns in nanoseconds, energy in joules, power in\n"
	"watts; accuracies and errors lie in 0...1.\n",
	.main = grid_main,
};
