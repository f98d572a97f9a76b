/* laxity live: one workload under one policy on a device. */
#include "live.h"
#include "live_words.h"
#include "recorded.h"

#include "../../sim/command.h"
#include "../../sim/msg.h"
#include "../../sim/options.h"
#include "../../sim/out.h"
#include "../../sim/out_requests.h"
#include "../../sim/pool.h"
#include "../../sim/store.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum format { FORMAT_TABLE, FORMAT_CSV, FORMAT_JSON };
static const char *const formats[] = { "table", "csv", "json", NULL };

struct options {
	struct live_options live;
	const char *workload, *policy, *requests_out, *timeline, *db, *log;
	struct option_list sets, keep;
	int64_t seed;
	int format, keep_requests, keep_stages;
};

struct command_live {
	struct options o;
	struct choice choice;
	struct workload *workload;
	char hash[SHA256_HEX];
	struct live *live;
	struct live_log *log;
	struct outcome outcome;
	enum live_end end;
	struct recorded_check check;
	/* Outputs, and how far they are. */
	struct store *store;
	int64_t id;
	struct out_requests requests;
	struct out_timeline timeline;
	struct file_out log_file;
	struct reorder order;
	int failed;
	int lost;                   /* the executor is */
};

/* ---- Options -------------------------------------------------------------------- */

static int read_keep(struct options *o)
{
	for (int i = 0; i < o->keep.n; i++) {
		if (!strcmp(o->keep.item[i], "requests"))
			o->keep_requests = 1;
		else if (!strcmp(o->keep.item[i], "stages"))
			o->keep_stages = 1;
		else
			return msg_bad("live: --keep: '%s' is none of requests | "
				"stages", o->keep.item[i]);
	}
	if (o->keep.n && !o->db)
		return msg_bad("live: --keep: keep where? --db FILE is missing");
	return 0;
}

static int read_options(struct options *o, int argc, char **argv)
{
	int64_t core = -1, slots = 0, timeout = 10;
	const struct option table[] = {
		{ "-w", OPTION_INPUT, &o->workload, 0, 0, NULL },
		{ "-p", OPTION_TEXT, &o->policy, 0, 0, NULL },
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
		{ "--format", OPTION_WORD, &o->format, 0, 0, formats },
		{ "--requests-out", OPTION_OUTPUT, &o->requests_out, 0, 0, NULL },
		{ "--timeline", OPTION_OUTPUT, &o->timeline, 0, 0, NULL },
		{ "--db", OPTION_OUTPUT, &o->db, 0, 0, NULL },
		{ "--keep", OPTION_LIST, &o->keep, 0, 0, NULL },
		{ "--log", OPTION_OUTPUT, &o->log, 0, 0, NULL },
		{ 0 }
	};

	if (options_read(argc, argv, table, NULL) || read_keep(o))
		return -1;
	o->live.core = (int)core;
	o->live.slots = (int)slots;
	o->live.timeout_ns = timeout * 1000000000;
	if (!o->workload)
		return msg_bad("live: which workload? -w FILE is missing");
	if (!o->policy)
		return msg_bad("live: which policy? -p NAME is missing; laxity "
			"policies lists them");
	if (!o->live.backend)
		return msg_bad("live: on what? --backend NAME is missing (cudnn, "
			"onednn, plain, replay)");
	return 0;
}

/* ---- Outputs -------------------------------------------------------------------- */

static void emit_request(void *context, const struct request_record *r)
{
	struct command_live *c = context;

	if (c->o.requests_out)
		out_requests_add(&c->requests, r);
	if (c->o.keep_requests && !c->failed)
		c->failed = store_put_request(c->store, c->id, r);
}

static void on_request(void *context, const struct request_record *r)
{
	struct command_live *c = context;

	reorder_add(&c->order, r);
	if (c->o.timeline)
		out_timeline_request(&c->timeline, r);
}

static void on_stage(void *context, const struct stage_record *g)
{
	struct command_live *c = context;

	if (c->o.timeline)
		out_timeline_stage(&c->timeline, g);
	if (c->o.keep_stages && !c->failed)
		c->failed = store_put_stage(c->store, c->id, g);
}

/* What the run itself had no time to write comes from its repetition. */
static int repeat(struct command_live *c)
{
	const struct sink sink = { .context = c, .request = on_request,
		.stage = on_stage };
	struct run run = { .workload = c->workload, .choice = &c->choice,
		.seed = (uint32_t)c->o.seed, .sink = &sink };
	struct metrics again;
	int status;

	reorder_init(&c->order, c->workload->warmup, c, emit_request);
	status = recorded_repeat(&run, c->log, &again, &c->check);
	reorder_fini(&c->order);
	if (c->lost)
		c->outcome.metrics = again;
	outcome_set_load(&c->outcome, c->workload);
	outcome_set_bounds(&c->outcome, NULL);
	return status || c->failed ? -1 : 0;
}

static int put_facts(struct command_live *c)
{
	for (int i = 0; i < c->log->facts; i++)
		if (store_put_fact(c->store, c->id, c->log->fact[i].name,
			c->log->fact[i].value))
			return -1;
	return 0;
}

/* Repeat, and store the run if there is a database: in one transaction. */
static int keep(struct command_live *c)
{
	const struct store_run run = { .workload = c->workload,
		.workload_hash = c->hash, .choice = &c->choice,
		.seed = (uint32_t)c->o.seed, .kind = "live",
		.live_at = live_log_get(c->log, "began"),
		.ended = live_ends[c->end], .took_s = NAN };
	int status;

	if (c->store && (store_begin(c->store)
	    || store_put_start(c->store, &run, &c->id)))
		return -1;
	status = repeat(c);
	if (!status)
		live_words_facts(c->log, c->workload, &c->outcome.metrics,
			&c->check);
	if (!c->store)
		return status;
	if (!status && (put_facts(c) || store_put_outcome(c->store, c->id,
	    run.ended, run.took_s, &c->outcome) || store_commit(c->store)))
		status = -1;
	if (status)
		store_rollback(c->store);
	return status;
}

/* Nothing is made for a command that is refused, and what cannot be written
 * is known before the run. */
static int open_outputs(struct command_live *c)
{
	const struct options *o = &c->o;

	if (o->db && !(c->store = store_open(o->db, STORE_WRITE)))
		return -1;
	if (o->requests_out && out_requests_begin(&c->requests, o->requests_out,
	    c->workload))
		return -1;
	if (o->timeline && out_timeline_begin(&c->timeline, o->timeline,
	    c->workload))
		return -1;
	return o->log ? file_out_open(&c->log_file, o->log) : 0;
}

static int close_outputs(struct command_live *c, int keep_them)
{
	int status = 0;

	if (c->requests.buffer && out_requests_end(&c->requests, keep_them))
		status = -1;
	if (c->timeline.workload && out_timeline_end(&c->timeline, keep_them))
		status = -1;
	if (c->log_file.stream && keep_them) {
		live_log_write(c->log, c->log_file.stream, c->workload);
		if (file_out_commit(&c->log_file))
			status = -1;
	} else if (c->log_file.stream) {
		file_out_abandon(&c->log_file);
	}
	store_close(c->store);
	return status;
}

static void print_lines(const char *s)
{
	while (*s) {
		size_t n = strcspn(s, "\n");
		msg_remark("%.*s", (int)n, s);
		s += n + (s[n] == '\n');
	}
}

static void print(struct command_live *c)
{
	const struct workload *w = c->workload;
	const struct result_policy policy = { c->choice.text, 0 };
	const uint32_t seed = (uint32_t)c->o.seed;
	struct description d;
	struct results results;
	struct text t, more;

	results_init(&results, 1, 1, &policy, &seed);
	*results_at(&results, 0, 0) = c->outcome;
	results.done[0] = 1;
	text_init(&t);
	text_init(&more);
	live_words_add(&more, c->log);
	switch (c->o.format) {
	case FORMAT_TABLE:
		description_init(&d, w->resolved, w->bundle->device,
			w->bundle->task, w->bundle->modelled, c->outcome.load,
			c->outcome.mandatory_load);
		out_table(&t, &results, &d);
		description_fini(&d);
		text_add(&t, "\n%s", more.s);
		break;
	case FORMAT_CSV:
		out_csv(&t, &results);
		print_lines(more.s);
		break;
	default:
		out_json(&t, &results, w);
		print_lines(more.s);
	}
	(void)fwrite(t.s, 1, t.length, stdout);
	text_fini(&t);
	text_fini(&more);
	results_fini(&results);
}

/* ---- The command ---------------------------------------------------------------- */

static void on_lost(void *context, struct live_log *log);

static int prepare(struct command_live *c)
{
	struct options *o = &c->o;

	if (choice_parse(&c->choice, o->policy))
		return -1;
	c->workload = workload_read(o->workload, o->sets.n, o->sets.item,
		(uint32_t)o->seed);
	if (!c->workload)
		return -1;
	workload_remark(c->workload);
	store_hash_workload(c->workload, c->hash);
	if (!o->live.slots)
		o->live.slots = live_slots(c->workload, (uint32_t)o->seed);
	live_options_complete(&o->live, c->workload);
	o->live.lost = on_lost;
	o->live.lost_context = c;
	c->live = live_open(c->workload, &o->live);
	return c->live ? 0 : -1;
}

/* The run has ended in one way or another. */
static int conclude(struct command_live *c)
{
	const struct outcome *o = &c->outcome;

	if (keep(c))
		return -1;
	print(c);
	if (c->end == LIVE_INTERRUPTED)
		(void)msg_fail("interrupted: %lld of %lld requests are measured, "
			"kept and marked as incomplete",
			(long long)o->metrics.requests,
			(long long)c->workload->requests);
	else if (c->end == LIVE_FAILED)
		msg_remark("%lld of %lld requests are measured, kept and marked as "
			"incomplete", (long long)o->metrics.requests,
			(long long)c->workload->requests);
	if (c->check.differs)
		msg_remark("the run could not be repeated from its log: a fault "
			"of laxity, or of a policy that looks at more than its "
			"view");
	return 0;
}

static int measure(struct command_live *c, const volatile int *stop)
{
	if (live_run(c->live, c->workload, &c->choice, (uint32_t)c->o.seed, stop,
	    &c->outcome.metrics, &c->log, &c->end))
		return -1;
	return conclude(c);
}

/* Instead of the rest of live_main, whose thread hangs in the backend. */
static void on_lost(void *context, struct live_log *log)
{
	struct command_live *c = context;

	c->log = log;
	c->end = LIVE_FAILED;
	c->lost = 1;
	(void)close_outputs(c, !conclude(c));
}

static int live_main(int argc, char **argv)
{
	struct command_live c = { .o = { .seed = 1 } };
	int status = read_options(&c.o, argc, argv);

	if (!status)
		status = prepare(&c);
	if (!status)
		status = open_outputs(&c);
	if (!status)
		status = measure(&c, pool_catch_signals());
	if (close_outputs(&c, !status))
		status = -1;
	if (!status)
		status = c.end != LIVE_DONE ? -1 : c.check.differs ? STATUS_CLAIM
			: STATUS_OK;
	live_close(c.live);
	live_log_free(c.log);
	choice_fini(&c.choice);
	workload_free(c.workload);
	options_list_fini(&c.o.sets);
	options_list_fini(&c.o.keep);
	return status;
}

const struct command command_live = {
	.name = "live", .order = 64,
	.summary = "run a workload on a real device, in real time",
	.manual =
	"usage: laxity live -w FILE -p POLICY --backend NAME [OPTION ...]\n"
	"\n"
	"Releases the requests of a workload file at their instants and runs their\n"
	"stages on a device, under the same policy code as `laxity run`. The workload's\n"
	"trace must be one of this device: policies plan with its profile. Prints the\n"
	"same results, as measured, and how late the executor was.\n"
	"\n"
	"  --backend NAME           cudnn, onednn, plain, replay, or the path of a shared\n"
	"                           object\n"
	"  --device WHICH           which device of the backend; default the first.\n"
	"                           replay: the bundle to repeat, default the workload's\n"
	"  --networks DIR           has NAME.onnx and NAME.ini of each candidate; default\n"
	"                           workloads/networks\n"
	"  --data PATH              the images that the trace's inputs are: a CIFAR-10\n"
	"                           binary file, an IDX file, or their folder. replay: a\n"
	"                           bundle, default the workload's\n"
	"  --set SECTION.KEY=VALUE  override a key of the workload file\n"
	"  --seed N                 of all random draws, 1 to 2^32-1; default 1\n"
	"  --wait both|spin|sleep   for an instant: sleep until 100 us before it and then\n"
	"                           spin (default), spin alone, sleep alone\n"
	"  --core N                 the processor to run on; default the first allowed\n"
	"  --slots N                how many requests can be under way at once; default\n"
	"                           as many as can be present\n"
	"  --timeout SECONDS        a stage that takes longer is stuck; default 10. A call\n"
	"                           of the backend that does not come back gets one more\n"
	"  --nvml FILE, --powercap DIR, --no-energy\n"
	"                           where the energy counter is looked for, as in `laxity\n"
	"                           profile`; or leave it alone\n"
	"  --format table|csv|json  default table; columns as in `laxity run`\n"
	"  --requests-out, --timeline, --db FILE, --keep requests|stages\n"
	"                           as in `laxity run`; runs are stored as live, with\n"
	"                           device and circumstances in the table `fact`\n"
	"  --log FILE               the live log, which `laxity validate` takes\n"
	"\n"
	"What is due while a stage is in flight is handled at its end, with its own time;\n"
	"responses count from the scheduled release. start_ns is when the device was\n"
	"told. A stage's time runs from there until the host saw its result. The\n"
	"workload's [overhead] is what policies plan with; the time that decisions\n"
	"really take is in the results. Energies of single requests are the trace's\n"
	"watts times measured times; energy_j and energy_per_request_j are the device's\n"
	"counter, empty without one.\n"
	"\n"
	"The live log is a CSV with facts and the workload in its head; a line for each\n"
	"event, empty where a column does not apply:\n"
	"  wake     at_ns awake, due_ns when it was due; while the device was idle\n"
	"  request  at_ns noticed, due_ns scheduled release; depth and correct of its\n"
	"           answer, finished_ns left\n"
	"  run      at_ns picked, sent_ns told to the device, finished_ns result seen;\n"
	"           confidence, class, correct; as_trace 1: as in the trace\n"
	"  finish, drop, wait  at_ns decided; due_ns of a wait, empty: the next event\n"
	"Instants count from the start of the run. After each run it is repeated from\n"
	"the log in simulated time; should a decision come out otherwise, the exit\n"
	"status is 3.\n"
	"\n"
	"Interrupted (Ctrl-C, SIGTERM), or if the device fails or is stuck, or the clock\n"
	"goes on by more than 5 s while nothing runs (the machine was suspended or moved,\n"
	"the process stopped): what was measured before is printed and kept, marked as\n"
	"incomplete, and the exit status is 1. Shorter pauses are told (longest pause).\n"
	"Killed, it leaves nothing; `laxity validate --logs` keeps the runs before.\n"
	"\n"
	"Units: names that end in _ns are nanoseconds, in _j joules; ratios, accuracy and\n"
	"utilisation lie in 0...1. The table prints percent, milliseconds, millijoules.\n",
	.main = live_main,
};
