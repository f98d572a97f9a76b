/* laxity validate: simulation against the device, live or from live logs. */
#include "live.h"
#include "live_words.h"
#include "validate.h"
#include "validate_stages.h"

#include "../../sim/command.h"
#include "../../sim/file.h"
#include "../../sim/msg.h"
#include "../../sim/options.h"
#include "../../sim/pool.h"
#include "../../sim/store.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum format { FORMAT_TABLE, FORMAT_CSV };
static const char *const formats[] = { "table", "csv", NULL };
enum overhead { OVERHEAD_OF_TRACE, OVERHEAD_OF_WORKLOAD };
static const char *const overheads[] = { "trace", "workload", NULL };

struct options {
	struct live_options live;
	const char *workload, *loads, *logs, *out, *db;
	struct option_list policies, sets, limits, files;
	int64_t seed, replications, seconds;
	int format, overhead, policy_check;
};

struct command_validate {
	struct options o;
	struct validation validation;
	struct choice *choice;
	int choices;
	struct live *live;
	struct workload **workload; /* by load */
	int workloads;
	struct store *store;
	struct progress progress;
	int64_t done;
	const volatile int *stop;
	struct text stages;         /* of the policy check; "" without */
};

/* ---- Options -------------------------------------------------------------------- */

static int read_options(struct command_validate *c, int argc, char **argv)
{
	struct options *o = &c->o;
	int64_t core = -1, slots = 0, timeout = 10;
	const struct option table[] = {
		{ "-w", OPTION_TEXT, &o->workload, 0, 0, NULL },
		{ "-p", OPTION_LIST, &o->policies, 0, 0, NULL },
		{ "--backend", OPTION_TEXT, &o->live.backend, 0, 0, NULL },
		{ "--device", OPTION_TEXT, &o->live.device, 0, 0, NULL },
		{ "--networks", OPTION_TEXT, &o->live.networks, 0, 0, NULL },
		{ "--data", OPTION_TEXT, &o->live.data, 0, 0, NULL },
		{ "--wait", OPTION_WORD, &o->live.wait, 0, 0, live_waits },
		{ "--core", OPTION_INTEGER, &core, 0, 1023, NULL },
		{ "--slots", OPTION_INTEGER, &slots, 1, 100000, NULL },
		{ "--timeout", OPTION_INTEGER, &timeout, 1, 3600, NULL },
		{ "--nvml", OPTION_TEXT, &o->live.nvml, 0, 0, NULL },
		{ "--powercap", OPTION_TEXT, &o->live.powercap, 0, 0, NULL },
		{ "--no-energy", OPTION_FLAG, &o->live.no_energy, 0, 0, NULL },
		{ "--set", OPTION_LIST, &o->sets, 0, 0, NULL },
		{ "--seed", OPTION_INTEGER, &o->seed, 1, UINT32_MAX, NULL },
		{ "--replications", OPTION_INTEGER, &o->replications, 1, 1000,
			NULL },
		{ "--loads", OPTION_TEXT, &o->loads, 0, 0, NULL },
		{ "--seconds", OPTION_INTEGER, &o->seconds, 0, 86400, NULL },
		{ "--overhead", OPTION_WORD, &o->overhead, 0, 0, overheads },
		{ "--limit", OPTION_LIST, &o->limits, 0, 0, NULL },
		{ "--policy-check", OPTION_FLAG, &o->policy_check, 0, 0, NULL },
		{ "--format", OPTION_WORD, &o->format, 0, 0, formats },
		{ "--out", OPTION_TEXT, &o->out, 0, 0, NULL },
		{ "--logs", OPTION_TEXT, &o->logs, 0, 0, NULL },
		{ "--db", OPTION_TEXT, &o->db, 0, 0, NULL },
		{ 0 }
	};

	if (options_read(argc, argv, table, &o->files))
		return -1;
	o->live.core = (int)core;
	o->live.slots = (int)slots;
	o->live.timeout_ns = timeout * 1000000000;
	for (int i = 0; i < o->limits.n; i++)
		if (validation_set_limit(&c->validation, o->limits.item[i]))
			return -1;
	if (o->files.n) {
		if (o->workload || o->policies.n || o->live.backend || o->logs)
			return msg_bad("validate: either live logs, or -w, -p and "
				"--backend to make them");
		return 0;
	}
	if (!o->workload)
		return msg_bad("validate: which workload? -w FILE is missing; or "
			"name live logs");
	if (!o->policies.n)
		return msg_bad("validate: which policies? -p NAME is missing");
	if (!o->live.backend)
		return msg_bad("validate: on what? --backend NAME is missing "
			"(cudnn, onednn, plain, replay)");
	if (o->seed + o->replications - 1 > UINT32_MAX)
		return msg_bad("validate: --seed %lld with %lld replications goes "
			"past 2^32-1", (long long)o->seed,
			(long long)o->replications);
	return 0;
}

/* ---- Storing ---------------------------------------------------------------------- */

static int store_parts(struct store *s, int64_t id, const struct validate_run *v)
{
	for (int m = 0; m < VALIDATE_METRICS; m++) {
		const struct column *c = outcome_column(validate_metrics[m].column);
		double x[STEPS];
		for (int k = 0; k < STEPS; k++)
			x[k] = outcome_get(&v->outcome[k], c);
		const struct store_validation row = { c->name, x[STEP_LIVE],
			x[STEP_S0], x[STEP_S1] - x[STEP_S0],
			x[STEP_S2] - x[STEP_S1], x[STEP_S3] - x[STEP_S2],
			x[STEP_LIVE] - x[STEP_S3] };
		if (store_put_validation(s, id, &row))
			return -1;
	}
	return 0;
}

static int store_facts(struct store *s, int64_t id, const struct live_log *log,
	const struct validate_run *v)
{
	char share[32];

	for (int i = 0; i < log->facts; i++)
		if (store_put_fact(s, id, log->fact[i].name, log->fact[i].value))
			return -1;
	(void)num_print(share, v->decisions ? (double)v->same
		/ (double)v->decisions : 1);
	return store_put_fact(s, id, "decisions_as_simulated", share)
		|| (v->differing && store_put_fact(s, id,
			"first_differing_decision", v->differing));
}

/* The live run with its parts, and the plain simulation. */
static int store_both(struct command_validate *c, const struct run *r,
	const struct live_log *log, const struct validate_run *v)
{
	char hash[SHA256_HEX];
	struct store_run run = { .workload = r->workload, .workload_hash = hash,
		.choice = r->choice, .seed = r->seed,
		.replication = (int32_t)(r->seed - (uint32_t)c->o.seed),
		.kind = "simulated", .live_at = "", .ended = "done",
		.took_s = NAN };
	int64_t id;

	if (!c->store)
		return 0;
	store_hash_workload(r->workload, hash);
	if (store_begin(c->store)
	    || store_put_run(c->store, &run, &v->outcome[STEP_S0]))
		goto failed;
	run.kind = "live";
	run.live_at = live_log_get(log, "began");
	run.ended = live_log_get(log, "ended");
	if (store_put_start(c->store, &run, &id)
	    || store_put_outcome(c->store, id, run.ended, run.took_s,
		&v->outcome[STEP_LIVE])
	    || store_facts(c->store, id, log, v) || store_parts(c->store, id, v)
	    || store_commit(c->store))
		goto failed;
	return 0;
failed:
	store_rollback(c->store);
	return -1;
}

/* ---- One run ------------------------------------------------------------------------ */

static double energy_of(const struct live_log *log)
{
	double x;

	return num_real(live_log_get(log, "energy_j"), &x) ? NAN : x;
}

static int analyse(struct command_validate *c, const struct run *r,
	struct live_log *log)
{
	struct validate_run *v = validation_run(&c->validation, r->choice->text,
		r->workload);

	if (validate_run(r, log, energy_of(log), v))
		return -1;
	return store_both(c, r, log, v);
}

/* From a log that was made before. 1: it is incomplete, and left out. */
static int take_log(struct command_validate *c, const char *path)
{
	struct workload *w;
	struct live_log *log = live_log_read(path, &w);
	struct choice choice;
	struct run r = { .workload = w, .choice = &choice };
	int64_t seed = 0;
	int status = -1;

	if (!log)
		return -1;
	if (strcmp(live_log_get(log, "ended"), live_ends[LIVE_DONE])) {
		status = 1;
	} else if (!strcmp(live_log_get(log, "policy"), validate_random.text)) {
		(void)validate_stages(log, w, &c->stages);
		status = 0;
	} else if (!choice_parse(&choice, live_log_get(log, "policy"))) {
		(void)num_integer(live_log_get(log, "seed"), &seed);
		r.seed = (uint32_t)seed;
		status = analyse(c, &r, log);
		choice_fini(&choice);
	}
	live_log_free(log);
	workload_free(w);
	return status;
}

/* DIR/POLICY-LOAD-SEED.csv; the caller frees it. */
static char *log_path(const struct command_validate *c, const struct run *r)
{
	char *policy = mem_string(r->choice->text), *path;
	double load, mandatory;

	for (char *p = policy; *p; p++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		    "0123456789.-", *p))
			*p = '_';
	workload_load(r->workload, &load, &mandatory);
	path = mem_printf("%s/%s-%.4g-%u.csv", c->o.logs, policy, load, r->seed);
	free(policy);
	return path;
}

static int write_log(const struct live_log *log, const char *path,
	const struct workload *w)
{
	struct file_out out;

	if (file_out_open(&out, path))
		return -1;
	live_log_write(log, out.stream, w);
	return file_out_commit(&out);
}

/* 1: the run was stopped; what it measured is in its log, if logs are kept. */
static int run_live(struct command_validate *c, const struct run *r,
	const char *path)
{
	struct recorded_check check;
	struct live_log *log;
	enum live_end end;
	struct metrics m, again;
	int status;

	if (live_run(c->live, r->workload, r->choice, r->seed, c->stop, &m, &log,
	    &end))
		return -1;
	status = recorded_repeat(r, log, &again, &check);
	if (!status) {
		live_words_facts(log, r->workload, &m, &check);
		if (path)
			status = write_log(log, path, r->workload);
	}
	if (!status && end != LIVE_DONE)
		status = 1;
	else if (!status && r->choice == &validate_random)
		(void)validate_stages(log, r->workload, &c->stages);
	else if (!status)
		status = analyse(c, r, log);
	live_log_free(log);
	return status;
}

static int one_run(struct command_validate *c, const struct run *r)
{
	char *path = c->o.logs ? log_path(c, r) : NULL;
	int status = 1;

	if (path && !access(path, F_OK))
		status = take_log(c, path);
	if (status == 1)
		status = run_live(c, r, path);
	free(path);
	if (!status)
		progress_step(&c->progress, ++c->done);
	return status;
}

/* ---- All runs ------------------------------------------------------------------------ */

/* Measured dispatch costs enter the plain simulation if the bundle has them
 * and the workload does not say otherwise. */
static int has_overhead(const struct workload *w)
{
	for (int i = 0; i < w->settings; i++) {
		const struct bundle_overhead *o
			= &w->bundle->overhead[w->setting[i]];
		if (!o->decisions || !o->launches)
			return 0;
	}
	return w->overhead == OVERHEAD_FIXED && w->decision_ns == 0;
}

/* "section.key=" of both is the same. */
static int same_key(const char *a, const char *b)
{
	size_t n = strcspn(a, "=") + 1;

	return !strncmp(a, b, n);
}

/* The workload with further settings, which come before the user's. NULL
 * after one message. */
static struct workload *read_with(const struct options *o, char *const *more)
{
	const char **sets = mem_new((size_t)o->sets.n + 4, sizeof *sets);
	struct workload *w;
	int n = 0;

	for (int i = 0; i < o->sets.n; i++) {
		int mine = 0;
		for (char *const *m = more; *m; m++)
			mine |= same_key(*m, o->sets.item[i]);
		if (!mine)
			sets[n++] = o->sets.item[i];
	}
	for (; *more; more++)
		sets[n++] = *more;
	w = workload_read(o->workload, n, sets, (uint32_t)o->seed);
	free(sets);
	return w;
}

/* `load` NAN: as the file says. */
static struct workload *read_load(const struct options *o, double load)
{
	char *more[4] = { NULL };
	struct workload *w;
	int64_t requests;
	int n = 0;

	if (!isnan(load))
		more[n++] = mem_printf("arrivals.load=%.9g", load);
	w = read_with(o, more);
	if (w && o->overhead == OVERHEAD_OF_TRACE && has_overhead(w))
		more[n++] = mem_string("overhead.decision=trace");
	if (w) {
		requests = isnan(w->rate_hz) ? 0
			: (int64_t)ceil(w->rate_hz * (double)o->seconds);
		more[n++] = mem_printf("workload.requests=%lld", (long long)
			(requests > w->requests && w->process != PROCESS_REPLAY
			? requests : w->requests));
		workload_free(w);
		w = read_with(o, more);
	}
	while (n > 0)
		free(more[--n]);
	return w;
}

static int read_workloads(struct command_validate *c)
{
	const struct options *o = &c->o;
	struct workload *plain = read_load(o, NAN);
	const char *list = o->loads;

	if (!plain)
		return -1;
	if (plain->process == PROCESS_CLOSED || plain->process == PROCESS_REPLAY) {
		if (list) {
			workload_free(plain);
			return msg_bad("validate: --loads: %s has %s arrivals, "
				"whose load is not set", o->workload,
				plain->process == PROCESS_CLOSED ? "closed"
				: "replayed");
		}
		c->workload = mem_new(1, sizeof *c->workload);
		c->workload[c->workloads++] = plain;
		return 0;
	}
	workload_free(plain);
	if (!list)
		list = "0.3,0.6,0.9,1.2";
	c->workload = mem_new(strlen(list), sizeof *c->workload);
	while (*list) {
		size_t n = strcspn(list, ",");
		char *word = mem_string_n(list, n);
		double load;
		int bad = num_real(word, &load) || !(load > 0);
		if (bad)
			(void)msg_bad("validate: --loads: '%s' is no positive "
				"number", word);
		free(word);
		if (bad || !(c->workload[c->workloads] = read_load(o, load)))
			return -1;
		c->workloads++;
		list += n + (list[n] == ',');
	}
	return c->workloads ? 0 : msg_bad("validate: --loads: none given");
}

static int most_slots(const struct command_validate *c)
{
	int most = 0;

	for (int64_t k = 0; k < c->workloads; k++)
		for (int64_t r = 0; r < c->o.replications; r++) {
			int n = live_slots(c->workload[k],
				(uint32_t)(c->o.seed + r));
			most = n > most ? n : most;
		}
	return most;
}

static int open_device(struct command_validate *c)
{
	struct options *o = &c->o;

	workload_remark(c->workload[0]);
	if (!o->live.slots)
		o->live.slots = most_slots(c);
	live_options_complete(&o->live, c->workload[0]);
	if (o->logs && mkdir(o->logs, 0777) && errno != EEXIST)
		return msg_bad("%s: %s", o->logs, strerror(errno));
	c->live = live_open(c->workload[0], &o->live);
	return c->live ? 0 : -1;
}

static int stopped(const struct command_validate *c, int64_t total)
{
	return *c->stop ? msg_fail("interrupted: %lld of %lld live runs are "
		"finished", (long long)c->done, (long long)total) : -1;
}

/* At the load in the middle, so that there is idle time as well as work. */
static int check_policy(struct command_validate *c, int64_t total)
{
	const struct run run = { .workload = c->workload[(c->workloads - 1) / 2],
		.choice = &validate_random, .seed = (uint32_t)c->o.seed };
	int status;

	if (!c->o.policy_check)
		return 0;
	status = *c->stop ? 1 : one_run(c, &run);
	return status > 0 ? stopped(c, total) : status;
}

/* Policies take turns, so that a slow drift of the device meets all alike. */
static int run_all(struct command_validate *c)
{
	int64_t total = c->workloads * c->o.replications * c->choices
		+ c->o.policy_check;

	progress_begin(&c->progress, "live runs", total);
	for (int k = 0; k < c->workloads; k++)
		for (int64_t r = 0; r < c->o.replications; r++)
			for (int p = 0; p < c->choices; p++) {
				const struct run run = {
					.workload = c->workload[k],
					.choice = &c->choice[p],
					.seed = (uint32_t)(c->o.seed + r) };
				int status = *c->stop ? 1 : one_run(c, &run);
				if (status < 0)
					return -1;
				if (status > 0)
					return stopped(c, total);
			}
	return check_policy(c, total);
}

static int prepare(struct command_validate *c)
{
	const struct options *o = &c->o;

	if (o->db && !(c->store = store_open(o->db, STORE_WRITE)))
		return -1;
	if (o->files.n)
		return 0;
	c->choice = mem_new((size_t)o->policies.n, sizeof *c->choice);
	for (; c->choices < o->policies.n; c->choices++)
		if (choice_parse(&c->choice[c->choices],
			o->policies.item[c->choices]))
			return -1;
	return read_workloads(c) || open_device(c) ? -1 : 0;
}

static int collect(struct command_validate *c)
{
	if (!c->o.files.n)
		return run_all(c);
	progress_begin(&c->progress, "logs", c->o.files.n);
	for (int i = 0; i < c->o.files.n; i++) {
		int status = take_log(c, c->o.files.item[i]);
		if (status < 0)
			return -1;
		if (status > 0)
			msg_remark("%s: left out: the run is incomplete",
				c->o.files.item[i]);
		progress_step(&c->progress, i + 1);
	}
	return 0;
}

/* What is finished is worth its lines, even if not all is. */
static int report(struct command_validate *c)
{
	struct text table, csv;
	int failed = 0;

	validation_sort(&c->validation);
	text_init(&table);
	text_init(&csv);
	validation_table(&c->validation, &table);
	validation_csv(&c->validation, &csv);
	if (c->o.format == FORMAT_CSV)
		(void)fputs(csv.s, stdout);
	else
		(void)printf("%s%s", c->stages.s, table.s);
	if (c->o.out)
		failed = file_write(c->o.out, csv.s, csv.length);
	text_fini(&table);
	text_fini(&csv);
	return failed;
}

static int validate_main(int argc, char **argv)
{
	struct command_validate c = { .o = { .seed = 1, .replications = 5,
		.seconds = 30 } };
	int status;

	validation_init(&c.validation);
	text_init(&c.stages);
	status = read_options(&c, argc, argv);
	if (!status)
		status = prepare(&c);
	if (!status) {
		c.stop = pool_catch_signals();
		status = collect(&c);
		if ((c.validation.groups || *c.stages.s) && report(&c))
			status = -1;
	}
	if (!status && !c.validation.groups && !*c.stages.s)
		status = msg_bad("validate: no complete live run to compare");
	else if (!status && !validation_holds(&c.validation))
		status = STATUS_CLAIM;
	live_close(c.live);
	store_close(c.store);
	validation_fini(&c.validation);
	text_fini(&c.stages);
	for (int i = 0; i < c.choices; i++)
		choice_fini(&c.choice[i]);
	for (int i = 0; i < c.workloads; i++)
		workload_free(c.workload[i]);
	free(c.choice);
	free(c.workload);
	options_list_fini(&c.o.policies);
	options_list_fini(&c.o.sets);
	options_list_fini(&c.o.limits);
	options_list_fini(&c.o.files);
	return status;
}

const struct command command_validate = {
	.name = "validate", .order = 66,
	.summary = "how far simulation is from the device, and why",
	.manual =
	"usage: laxity validate -w FILE -p POLICY [-p ...] --backend NAME [OPTION ...]\n"
	"       laxity validate LOG ... [OPTION ...]\n"
	"\n"
	"Runs each policy at each load live and in simulation, on the same requests, and\n"
	"compares. Or does so with live logs made before, on a machine without the\n"
	"device. Incomplete logs are left out.\n"
	"\n"
	"  --loads LIST             default 0.3,0.6,0.9,1.2; closed and replayed workloads\n"
	"                           as they are\n"
	"  --replications N         with seeds N, N+1, ...; default 5, which give intervals\n"
	"  --seed N                 of the first, 1 to 2^32-1; default 1\n"
	"  --seconds N              requests are added until a run lasts so long; default\n"
	"                           30, 0: as many as the workload says\n"
	"  --overhead trace|workload  trace (default): if the bundle has overhead.csv and\n"
	"                           the workload has decision = 0, simulate with\n"
	"                           [overhead] decision = trace\n"
	"  --limit NAME=VALUE       miss_ratio=0.01, accuracy=0.005 (of live - simulated),\n"
	"                           response_p50_ns=0.02, response_p99_ns=0.05,\n"
	"                           energy_per_request_j=0.05 (of that over simulated)\n"
	"  --policy-check           one more live run, under random decisions: do a stage's\n"
	"                           times depend on what ran before it? Medians more than\n"
	"                           2 % from the trace's are flagged\n"
	"  --logs DIR               keep the live logs there; runs whose log is there are\n"
	"                           not made again, so an interrupted validation goes on\n"
	"  --out FILE               write a CSV for figures\n"
	"  --format table|csv       on standard output; default table\n"
	"  --db FILE                store live and simulated runs, and the parts of their\n"
	"                           differences in the table `validation`\n"
	"  --device, --networks, --data, --wait, --core, --slots, --timeout, --set,\n"
	"  --nvml, --powercap, --no-energy\n"
	"                           as in `laxity live`\n"
	"\n"
	"The difference is taken apart by giving the simulation more and more of the live\n"
	"log: how late the executor woke up (workload), the times from pick to send\n"
	"(dispatch), the stages' times (stage time). With all three it must repeat every\n"
	"decision of the live run. What is left (other) are outcomes that the trace does\n"
	"not have, and for energy the trace's watts against the device's counter.\n"
	"\n"
	"CSV columns: load, policy, metric, replications, requests, simulated and live\n"
	"mean, deviation (live - simulated; of response and energy over simulated), half\n"
	"its 95 % interval, limit, within it 0 or 1, its parts workload, dispatch,\n"
	"stage_time, other; then of all replications decisions, same (as simulated),\n"
	"strange outcomes, repeated 0 or 1.\n"
	"\n"
	"Exit status 3: a deviation beyond its limit, or a live run that could not be\n"
	"repeated. 1: interrupted, or the device failed; what is finished is printed.\n"
	"\n"
	"Units: names that end in _ns are nanoseconds, in _j joules; ratios, accuracy and\n"
	"deviations are fractions. The table prints percent, milliseconds, millijoules.\n",
	.main = validate_main,
};
