#include "recorded.h"

#include <math.h>
#include <stdlib.h>

struct again {
	const struct live_log *log;
	const struct run *run;
	unsigned given;
	struct recorded_check *check;
	int64_t wakes, starts, decisions; /* so far */
	int64_t picked_ns;          /* the stage in flight */
	bool in_flight;
	int64_t end_ns;             /* of the stage before; -1: none, or open */
	int64_t at[2];              /* dispatch times used: of stages started
	                             * right after another, and others */
	int stop;
};

static void end_here(struct again *a)
{
	a->stop = 1;
}

static const struct live_stage *stage(const struct again *a)
{
	return &a->log->stage[a->starts - 1];
}

/* A stage that starts as the one before ends finds everything warm. */
static bool follows(const struct live_log *log, int64_t i)
{
	return i && log->stage[i].picked_ns == log->stage[i - 1].finished_ns;
}

/* Pick to send, of the next stage in the log that was started like this one. */
static int64_t dispatch(struct again *a, int64_t decided_ns)
{
	const struct live_log *log = a->log;
	bool like = decided_ns == a->end_ns;
	int64_t *at = &a->at[like];

	for (int64_t tried = 0; tried < log->stages; tried++) {
		const struct live_stage *g = &log->stage[*at % log->stages];
		if (follows(log, (*at)++ % log->stages) == like)
			return g->sent_ns - g->picked_ns;
	}
	return log->stage[0].sent_ns - log->stage[0].picked_ns;
}

static int start(void *context, const struct launch *l, int64_t *start_ns,
	int64_t *duration_ns)
{
	struct again *a = context;

	a->starts++;
	if (!(a->given & RECORDED_STAGES)) {
		if (a->given & RECORDED_DISPATCH && a->log->stages)
			*start_ns = l->decided_ns + dispatch(a, l->decided_ns);
		a->end_ns = *start_ns + *duration_ns;
		return 0;
	}
	*duration_ns = -1;
	/* The live run was told to stop before it sent this one. */
	if (a->starts > a->log->stages) {
		end_here(a);
		return 0;
	}
	a->in_flight = true;
	a->picked_ns = l->decided_ns;
	*start_ns = l->decided_ns + stage(a)->sent_ns - stage(a)->picked_ns;
	return 0;
}

/* The device is at work on a stage of the log. */
static void finish(struct again *a, struct engine *e, int64_t *now_ns)
{
	const struct live_stage *g = stage(a);
	bool measured = g->strange && a->given & RECORDED_OUTCOMES;

	if (g->finished_ns < 0) {
		end_here(a);
		return;
	}
	a->in_flight = false;
	*now_ns = a->picked_ns + g->finished_ns - g->picked_ns;
	engine_complete(e, 0, *now_ns, g->finished_ns - g->sent_ns,
		measured ? (double)g->confidence : NAN, g->correct);
}

static int await(void *context, struct engine *e, int64_t next_ns, int64_t *now_ns)
{
	struct again *a = context;
	const struct live_log *log = a->log;

	if (a->run->stop && *a->run->stop)
		a->stop = 1;
	if (a->in_flight) {
		*now_ns = next_ns - 1;
		finish(a, e, now_ns);
		return 0;
	}
	*now_ns = next_ns;
	if (!(a->given & RECORDED_WAKES) || !engine_is_idle(e))
		return 0;
	if (a->given & RECORDED_STAGES && a->wakes == log->wakes) {
		*now_ns = next_ns - 1;
		end_here(a);
	} else if (log->wakes) {
		const struct live_wake *w = &log->wake[a->wakes++ % log->wakes];
		*now_ns = next_ns + w->at_ns - w->due_ns;
	}
	return 0;
}

static void compare(struct again *a, const struct live_decision *repeated)
{
	static const struct live_decision none = { .kind = -1 };
	struct recorded_check *c = a->check;
	const struct live_decision *live = a->decisions < a->log->decisions
		? &a->log->decision[a->decisions] : &none;

	if (c->differs)
		return;
	if (!repeated && live == &none)
		return;
	if (!repeated || live == &none || !live_decision_equal(live, repeated)) {
		c->differs = true;
		c->live = *live;
		c->repeated = repeated ? *repeated : none;
	} else {
		c->compared++;
	}
	a->decisions++;
}

static void on_decision(void *context, int64_t now, const struct view *v,
	const struct decision *d)
{
	struct again *a = context;
	const struct sink *sink = a->run->sink;
	struct live_decision repeated = live_decision_of(now, v, d);

	if (a->check)
		compare(a, &repeated);
	if (sink && sink->decision)
		sink->decision(sink->context, now, v, d);
}

static void on_request(void *context, const struct request_record *r)
{
	const struct sink *sink = ((struct again *)context)->run->sink;

	sink->request(sink->context, r);
}

static void on_stage(void *context, const struct stage_record *g)
{
	const struct sink *sink = ((struct again *)context)->run->sink;

	sink->stage(sink->context, g);
}

int recorded_run(const struct run *r, const struct live_log *log,
	unsigned given, struct metrics *out, struct recorded_check *check)
{
	struct again a = { .log = log, .run = r, .given = given,
		.check = check, .end_ns = -1 };
	const struct clock clock = { .context = &a, .start = start,
		.wait = await,
		.dispatches = (given & RECORDED_DISPATCH) != 0 };
	const struct sink sink = { .context = &a, .decision = on_decision,
		.request = r->sink && r->sink->request ? on_request : NULL,
		.stage = r->sink && r->sink->stage ? on_stage : NULL };
	struct run again = *r;

	again.clock = &clock;
	again.sink = &sink;
	again.stop = &a.stop;
	if (check)
		*check = (struct recorded_check){ 0 };
	if (engine_run(&again, out))
		return -1;
	if (check)
		compare(&a, NULL);
	return 0;
}

/* ---- The exact repetition ------------------------------------------------------- */

struct requests { struct live_log *log; const struct sink *sink; };

static void keep_request(void *context, const struct request_record *q)
{
	struct requests *r = context;

	r->log->request[q->number] = (struct live_request){
		.release_ns = q->release_ns, .leave_ns = q->leave_ns,
		.depth = q->depth, .correct = q->correct, .missed = q->missed };
	if (r->sink && r->sink->request)
		r->sink->request(r->sink->context, q);
}

static void pass_stage(void *context, const struct stage_record *g)
{
	const struct requests *r = context;

	r->sink->stage(r->sink->context, g);
}

int recorded_repeat(const struct run *r, struct live_log *log,
	struct metrics *out, struct recorded_check *check)
{
	struct requests requests = { log, r->sink };
	const struct sink sink = { .context = &requests, .request = keep_request,
		.stage = r->sink && r->sink->stage ? pass_stage : NULL };
	struct run run = *r;

	log->requests = r->workload->warmup + r->workload->requests;
	log->request = mem_resize(log->request, (size_t)log->requests,
		sizeof *log->request);
	for (int64_t i = 0; i < log->requests; i++)
		log->request[i] = (struct live_request){ .release_ns = -1 };
	run.sink = &sink;
	if (recorded_run(&run, log, RECORDED_ALL, out, check))
		return -1;
	if (!check->differs)
		live_log_notice(log);
	return 0;
}

char *recorded_difference(const struct recorded_check *c, const struct workload *w)
{
	char *live = c->live.kind < 0 ? mem_string("ended")
		: live_decision_text(&c->live, w);
	char *again = c->repeated.kind < 0 ? mem_string("ended")
		: live_decision_text(&c->repeated, w);
	int64_t at = c->live.kind < 0 ? c->repeated.at_ns : c->live.at_ns;
	char *text = mem_printf("decision %lld at %.6f ms: live %s, repeated %s "
		"(%+lld ns)", (long long)c->compared, 1e-6 * (double)at, live,
		again, (long long)(c->repeated.at_ns - c->live.at_ns));

	free(live);
	free(again);
	return text;
}
