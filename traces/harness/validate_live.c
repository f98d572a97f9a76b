/* The live runs of a validation, each compared with its simulation at once. */
#include "live_words.h"
#include "validate_command.h"
#include "validate_stages.h"

#include "../../sim/file.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Facts of a live log that is no run to compare. */
#define PURPOSE "purpose"
#define REHEARSAL "decision cost"

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
	return validate_store(c, r, log, v);
}

/* From a log that was made before. 1: it is incomplete, and left out. */
int validate_take_log(struct command_validate *c, const char *path)
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
	} else if (!strcmp(live_log_get(log, PURPOSE), REHEARSAL)) {
		status = 0;
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

/* DIR/POLICY-LOAD-NAME.csv; the caller frees it. NULL: no logs are kept. */
static char *log_path(const struct command_validate *c, const struct run *r,
	const char *name)
{
	char *policy, *path;
	double load, mandatory;

	if (!c->o.logs)
		return NULL;
	policy = mem_string(r->choice->text);
	for (char *p = policy; *p; p++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		    "0123456789.-", *p))
			*p = '_';
	workload_load(r->workload, &load, &mandatory);
	path = mem_printf("%s/%s-%.4g-%s.csv", c->o.logs, policy, load, name);
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

/* Whatever way the run has ended. */
static int keep_log(struct command_validate *c, struct live_log *log,
	struct metrics *m)
{
	struct recorded_check check;
	struct metrics again;

	if (recorded_repeat(c->run, log, &again, &check))
		return -1;
	live_words_facts(log, c->run->workload, m ? m : &again, &check);
	return c->path ? write_log(log, c->path, c->run->workload) : 0;
}

/* *log NULL: the run was stopped (1) or there is a message (-1). What it
 * measured is in its log, if logs are kept. */
static int run_live(struct command_validate *c, const struct run *r,
	const char *path, const char *purpose, struct live_log **log)
{
	enum live_end end;
	struct metrics m;
	int status;

	c->run = r;
	c->path = path;
	live_count_energy(c->live, !purpose);
	status = live_run(c->live, r->workload, r->choice, r->seed, c->stop, &m,
		log, &end);
	if (status)
		return -1;
	if (purpose)
		live_log_fact(*log, PURPOSE, "%s", purpose);
	status = keep_log(c, *log, &m);
	if (!status && end != LIVE_DONE)
		status = 1;
	if (status) {
		live_log_free(*log);
		*log = NULL;
	}
	return status;
}

static int compare_live(struct command_validate *c, const struct run *r,
	const char *path)
{
	struct live_log *log;
	int status = run_live(c, r, path, NULL, &log);

	if (status)
		return status;
	if (r->choice == &validate_random)
		(void)validate_stages(log, r->workload, &c->stages);
	else
		status = analyse(c, r, log);
	live_log_free(log);
	return status;
}

static int one_run(struct command_validate *c, const struct run *r)
{
	char name[16], *path;
	int status = 1;

	(void)snprintf(name, sizeof name, "%u", r->seed);
	path = log_path(c, r, name);
	if (path && !access(path, F_OK))
		status = validate_take_log(c, path);
	if (status == 1)
		status = compare_live(c, r, path);
	free(path);
	if (!status)
		progress_step(&c->progress, ++c->done);
	return status;
}

/* ---- What decisions cost -------------------------------------------------------------- */

/* A rehearsal's log, from before or now. 1: stopped. -1 after one message. */
static int rehearse(struct command_validate *c, const struct run *r,
	struct live_log **log)
{
	char *path = log_path(c, r, "overhead");
	struct workload *w;
	int status = 1;

	*log = NULL;
	if (path && !access(path, F_OK)) {
		*log = live_log_read(path, &w);
		status = *log ? 0 : -1;
		if (*log)
			workload_free(w);
	}
	if (*log && strcmp(live_log_get(*log, "ended"), live_ends[LIVE_DONE])) {
		live_log_free(*log);
		status = 1;
	}
	if (status == 1)
		status = run_live(c, r, path, REHEARSAL, log);
	free(path);
	if (!status)
		progress_step(&c->progress, ++c->done);
	return status;
}

/* The workload of choice p at load k, which a rehearsal with other requests
 * than those compared may have to precede. 1: stopped. -1 after one message. */
static int workload_of(struct command_validate *c, int k, int p,
	struct workload **out)
{
	const struct validate_source *s = &c->o.source;
	struct workload **w = &c->costed[k * c->choices + p];
	struct live_log *log;
	struct run run = { .choice = &c->choice[p],
		.seed = (uint32_t)(s->seed + c->o.replications) };
	int status = 0;

	*out = c->loads.workload[k];
	if (!validate_cost_is_open(s, &c->loads, k))
		return 0;
	if (!*w) {
		struct workload *rehearsal = validate_rehearsal(s, &c->loads, k);
		run.workload = rehearsal;
		status = rehearsal ? rehearse(c, &run, &log) : -1;
		workload_free(rehearsal);
		if (status)
			return status;
		*w = validate_with_cost(s, &c->loads, k,
			live_log_decision_cost(log));
		live_log_free(log);
	}
	*out = *w;
	return *w ? 0 : -1;
}

/* ---- All runs ------------------------------------------------------------------------ */

static int most_slots(const struct command_validate *c)
{
	int most = 0;

	for (int k = 0; k < c->loads.n; k++)
		for (int64_t r = 0; r <= c->o.replications; r++) {
			int n = live_slots(c->loads.workload[k],
				(uint32_t)(c->o.source.seed + r));
			most = n > most ? n : most;
		}
	return most;
}

/* The executor hangs in the backend: what it has is saved, the rest is for
 * another time. */
static void on_lost(void *context, struct live_log *log)
{
	struct command_validate *c = context;

	(void)keep_log(c, log, NULL);
	if (c->validation.groups || *c->stages.s)
		(void)validate_report(c);
	store_close(c->store);
}

int validate_open_device(struct command_validate *c)
{
	struct validate_options *o = &c->o;

	workload_remark(c->loads.workload[0]);
	if (!o->live.slots)
		o->live.slots = most_slots(c);
	live_options_complete(&o->live, c->loads.workload[0]);
	o->live.lost = on_lost;
	o->live.lost_context = c;
	if (o->logs && mkdir(o->logs, 0777) && errno != EEXIST)
		return msg_bad("%s: %s", o->logs, strerror(errno));
	c->live = live_open(c->loads.workload[0], &o->live);
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
	const struct run run = { .choice = &validate_random,
		.workload = c->loads.workload[(c->loads.n - 1) / 2],
		.seed = (uint32_t)c->o.source.seed };
	int status;

	if (!c->o.policy_check)
		return 0;
	status = *c->stop ? 1 : one_run(c, &run);
	return status > 0 ? stopped(c, total) : status;
}

/* Replication r of choice p at load k. */
static int compare(struct command_validate *c, int k, int64_t r, int p)
{
	struct run run = { .choice = &c->choice[p],
		.seed = (uint32_t)(c->o.source.seed + r) };
	struct workload *w;
	int status = *c->stop ? 1 : workload_of(c, k, p, &w);

	if (status)
		return status;
	run.workload = w;
	return *c->stop ? 1 : one_run(c, &run);
}

/* Policies take turns, so that a slow drift of the device meets all alike. */
int validate_run_all(struct command_validate *c)
{
	int64_t total = c->o.policy_check;

	for (int k = 0; k < c->loads.n; k++)
		total += c->choices * (c->o.replications
			+ validate_cost_is_open(&c->o.source, &c->loads, k));
	progress_begin(&c->progress, "live runs", total);
	for (int k = 0; k < c->loads.n; k++)
		for (int64_t r = 0; r < c->o.replications; r++)
			for (int p = 0; p < c->choices; p++) {
				int status = compare(c, k, r, p);
				if (status < 0)
					return -1;
				if (status > 0)
					return stopped(c, total);
			}
	return check_policy(c, total);
}
