/* Round robin, one stage per turn. */
#include "plan.h"

static const char manual[] =
"Idea: every request gets one stage in turn, so that depth is shared evenly\n"
"without looking at deadlines or confidences.\n"
"Source: textbook; as we recall a baseline of Yao et al., RTCSA 2020.\n"
"Order: a queue. A new request joins its tail. The one that ran rejoins when\n"
"its stage ends: behind those released while it ran, before those released at\n"
"that instant.\n"
"Rules of ours: a request whose next stage may not start (skip=on) keeps its\n"
"place until its deadline and the next in order runs; none is finished or\n"
"dropped early.\n"
"Cost of a pick: O(live requests that may not start), usually one look.\n";

/* The queue is a ring through the requests' own bytes; a request whose stage
 * is in flight stays where it was until the stage's end moves it. */
struct queue { struct plan plan; int32_t head, tail; };
struct link { int32_t previous, next; };

static struct link *link_of(const struct view *v, int slot)
{
	return view_memory(v, slot);
}

static void join(struct queue *q, const struct view *v, int slot)
{
	*link_of(v, slot) = (struct link){ q->tail, -1 };
	if (q->tail < 0)
		q->head = slot;
	else
		link_of(v, q->tail)->next = slot;
	q->tail = slot;
}

static void quit(struct queue *q, const struct view *v, int slot)
{
	struct link l = *link_of(v, slot);

	if (l.previous < 0)
		q->head = l.next;
	else
		link_of(v, l.previous)->next = l.next;
	if (l.next < 0)
		q->tail = l.previous;
	else
		link_of(v, l.next)->previous = l.previous;
}

static void on_release(void *state, const struct view *v, int slot)
{
	join(state, v, slot);
}

static void on_stage_done(void *state, const struct view *v, int slot,
	int64_t duration_ns)
{
	(void)duration_ns;
	if (v->req[slot].gone)
		return;
	quit(state, v, slot);
	join(state, v, slot);
}

static void on_leave(void *state, const struct view *v, int slot)
{
	quit(state, v, slot);
}

static struct decision pick(void *state, const struct view *v)
{
	const struct queue *q = state;

	for (int s = q->head; s >= 0; s = link_of(v, s)->next)
		if (plan_may_start(&q->plan, v, s))
			return plan_run(s);
	return decide_wait(TIME_NEVER);
}

static int init(void *state, struct arena *a, const struct view *v,
	const double *args)
{
	struct queue *q = state;

	(void)a;
	plan_init(&q->plan, v, args);
	q->head = q->tail = -1;
	return 0;
}

static const struct param params[] = { PLAN_PARAMS, PLAN_PARAMS_END };

const struct policy policy_rr = {
	.name = "rr",
	.summary = "round robin, one stage per turn",
	.manual = manual,
	.params = params,
	.state_size = sizeof(struct queue),
	.request_size = sizeof(struct link),
	.work_conserving = true,
	.init = init,
	.pick = pick,
	.on_release = on_release,
	.on_stage_done = on_stage_done,
	.on_leave = on_leave,
};
