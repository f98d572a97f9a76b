/* laxity validate: simulation against the device, live or from live logs. */
#include "validate_command.h"

#include "../../sim/command.h"
#include "../../sim/file.h"
#include "../../sim/msg.h"
#include "../../sim/options.h"
#include "../../sim/pool.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum format { FORMAT_TABLE, FORMAT_CSV };
static const char *const formats[] = { "table", "csv", NULL };

/* ---- Options -------------------------------------------------------------------- */

static int read_options(struct command_validate *c, int argc, char **argv)
{
	struct validate_options *o = &c->o;
	int64_t core = -1, slots = 0, timeout = 10;
	const struct option table[] = {
		{ "-w", OPTION_INPUT, &o->source.file, 0, 0, NULL },
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
		{ "--set", OPTION_LIST, &o->source.sets, 0, 0, NULL },
		{ "--seed", OPTION_INTEGER, &o->source.seed, 1, UINT32_MAX, NULL },
		{ "--replications", OPTION_INTEGER, &o->replications, 1, 1000,
			NULL },
		{ "--loads", OPTION_TEXT, &o->source.loads, 0, 0, NULL },
		{ "--seconds", OPTION_INTEGER, &o->source.seconds, 0, 86400,
			NULL },
		{ "--overhead", OPTION_WORD, &o->source.overhead, 0, 0,
			validate_overheads },
		{ "--limit", OPTION_LIST, &o->limits, 0, 0, NULL },
		{ "--policy-check", OPTION_FLAG, &o->policy_check, 0, 0, NULL },
		{ "--format", OPTION_WORD, &o->format, 0, 0, formats },
		{ "--out", OPTION_OUTPUT, &o->out, 0, 0, NULL },
		{ "--logs", OPTION_TEXT, &o->logs, 0, 0, NULL },
		{ "--db", OPTION_OUTPUT, &o->db, 0, 0, NULL },
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
		if (o->source.file || o->policies.n || o->live.backend || o->logs)
			return msg_bad("validate: either live logs, or -w, -p and "
				"--backend to make them");
		return 0;
	}
	if (!o->source.file)
		return msg_bad("validate: which workload? -w FILE is missing; or "
			"name live logs");
	if (!o->policies.n)
		return msg_bad("validate: which policies? -p NAME is missing");
	if (!o->live.backend)
		return msg_bad("validate: on what? --backend NAME is missing "
			"(cudnn, onednn, plain, replay)");
	/* One more, for what decisions cost. */
	if (o->source.seed + o->replications > UINT32_MAX)
		return msg_bad("validate: --seed %lld with %lld replications goes "
			"past 2^32-1", (long long)o->source.seed,
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
int validate_store(struct command_validate *c, const struct run *r,
	const struct live_log *log, const struct validate_run *v)
{
	char hash[SHA256_HEX];
	struct store_run run = { .workload = r->workload, .workload_hash = hash,
		.choice = r->choice, .seed = r->seed,
		.replication = (int32_t)(r->seed - (uint32_t)c->o.source.seed),
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

/* ---- The command ------------------------------------------------------------------- */

static int prepare(struct command_validate *c)
{
	const struct validate_options *o = &c->o;

	if (o->db && !(c->store = store_open(o->db, STORE_WRITE)))
		return -1;
	if (o->files.n)
		return 0;
	c->choice = mem_new((size_t)o->policies.n, sizeof *c->choice);
	for (; c->choices < o->policies.n; c->choices++)
		if (choice_parse(&c->choice[c->choices],
			o->policies.item[c->choices]))
			return -1;
	if (validate_loads_read(&c->loads, &o->source))
		return -1;
	c->costed = mem_new((size_t)(c->loads.n * c->choices), sizeof *c->costed);
	return validate_open_device(c);
}

static int collect(struct command_validate *c)
{
	if (!c->o.files.n)
		return validate_run_all(c);
	progress_begin(&c->progress, "logs", c->o.files.n);
	for (int i = 0; i < c->o.files.n; i++) {
		int status = validate_take_log(c, c->o.files.item[i]);
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
int validate_report(struct command_validate *c)
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
	struct command_validate c = { .o = { .replications = 5,
		.source = { .seed = 1, .seconds = 30 } } };
	int status;

	validation_init(&c.validation);
	text_init(&c.stages);
	status = read_options(&c, argc, argv);
	if (!status)
		status = prepare(&c);
	if (!status) {
		c.stop = pool_catch_signals();
		status = collect(&c);
		if ((c.validation.groups || *c.stages.s) && validate_report(&c))
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
	for (int i = 0; c.costed && i < c.loads.n * c.choices; i++)
		workload_free(c.costed[i]);
	free(c.costed);
	validate_loads_fini(&c.loads);
	free(c.choice);
	options_list_fini(&c.o.policies);
	options_list_fini(&c.o.source.sets);
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
	"  --overhead measured|trace|workload\n"
	"                           [overhead] decision, if the workload has 0: what the\n"
	"                           policy's own decisions cost in a shorter live run at\n"
	"                           that load before, on other requests (default); from\n"
	"                           the bundle's overhead.csv; or 0\n"
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
	"strange outcomes, repeated 0 or 1; decision_ns, what a decision cost in the\n"
	"simulation, empty if that was drawn.\n"
	"\n"
	"Exit status 3: a deviation beyond its limit, a live run that could not be\n"
	"repeated, or hardly any stage to compare. 1: interrupted, or the device failed;\n"
	"what is finished is printed.\n"
	"\n"
	"Units: names that end in _ns are nanoseconds, in _j joules; ratios, accuracy and\n"
	"deviations are fractions. The table prints percent, milliseconds, millijoules.\n",
	.main = validate_main,
};
