#include "online.h"

const char *const online_updates[] = { "greedy", "none", "dp", NULL };
const char *const online_answers[] = { "planned", "hold", NULL };
const char *const online_orders[] = { "edf", "mandatory_first", NULL };

static struct online_request *request_of(const struct view *v, int slot)
{
	return view_memory(v, slot);
}

/* Stages over, one in flight included. */
static int32_t done_of(const struct request *q)
{
	return q->depth + (q->device >= 0);
}

/* Planning time of the request's stage to `depth`, not yet started. */
static int64_t stage_ns(const struct online *o, const struct view *v, int slot,
	int depth)
{
	return o->foresee ? o->foresee(v, slot, depth) + v->decision_ns
		: o->plan.stage_ns[depth - 1];
}

void online_init(struct online *o, struct arena *a, const struct view *v)
{
	o->arena = a;
	o->assign = assign_new(a);
	o->flight_ns = arena_new(a, (size_t)v->devices, sizeof *o->flight_ns);
	o->free_ns = arena_new(a, (size_t)v->devices, sizeof *o->free_ns);
	o->nothing_ns = -1;
}

/* ---- From the view to tasks ------------------------------------------------- */

/* When each device is expected to be free; returns the earliest. */
static int64_t find_free(struct online *o, const struct view *v)
{
	int64_t first = INT64_MAX;

	for (int k = 0; k < v->devices; k++) {
		const struct device *d = &v->device[k];
		int64_t end = d->slot < 0 ? 0 : d->decided_ns + o->flight_ns[k];

		o->free_ns[k] = end > v->now_ns ? end : v->now_ns;
		if (o->free_ns[k] < first)
			first = o->free_ns[k];
	}
	return first;
}

/* Device time from the planning instant to a deadline. */
static int64_t time_left(const struct online *o, const struct view *v,
	int64_t deadline_ns)
{
	int64_t left = 0;

	for (int k = 0; k < v->devices; k++)
		if (deadline_ns > o->free_ns[k])
			left += deadline_ns - o->free_ns[k];
	return left;
}

static void room_for_tasks(struct online *o, int n)
{
	if (n <= o->room)
		return;
	o->room = 2 * n;
	o->task = arena_new(o->arena, (size_t)o->room, sizeof *o->task);
	o->slack = arena_new(o->arena, (size_t)o->room, sizeof *o->slack);
	if (o->foresee)
		o->total_ns = arena_new(o->arena, (size_t)o->room,
			(size_t)(o->plan.depths + 1) * sizeof *o->total_ns);
}

/* The planning times of the n-th task's stages after `done`. */
static const int64_t *list_times(struct online *o, const struct view *v,
	int slot, int n, int32_t done)
{
	int64_t *total = o->total_ns + n * (o->plan.depths + 1);

	total[done] = 0;
	for (int l = done + 1; l <= o->plan.depths; l++)
		total[l] = total[l - 1] + stage_ns(o, v, slot, l);
	return total;
}

/* After a change of plan or depth. With foresight this waits for the times, which
 * list_tasks asks for. */
static void settle(const struct online *o, struct assign_task *t)
{
	if (!o->foresee)
		assign_settle(t);
}

/* Requests have moved in memory, and their rewards with them. */
static void follow_memory(struct online *o, const struct view *v)
{
	for (int i = 0; i < v->lives; i++) {
		struct online_request *r = request_of(v, v->live[i]);

		r->task.reward = r->reward;
	}
	o->memory = v->memory;
}

/* Leave the first requests in EDF order, those due by start_ns, with the depth they
 * have. */
static void leave_late(const struct online *o, const struct view *v, int first,
	int64_t start_ns)
{
	for (int i = 0; i < first; i++) {
		struct assign_task *t = &request_of(v, v->edf[i].slot)->task;

		t->left_ns = t->alone_ns = v->edf[i].deadline_ns - start_ns;
		t->plan = t->done < t->mandatory ? 0 : t->done;
		settle(o, t);
	}
}

/* What only some schedulers have: several devices, foresight. The first task is at
 * place `first` of the EDF order. */
static void list_more(struct online *o, const struct view *v, int first)
{
	for (int i = first; i < v->lives; i++) {
		int64_t deadline = v->edf[i].deadline_ns;
		int slot = v->edf[i].slot, device = v->req[slot].device;
		struct assign_task *t = o->task[i - first];

		t->left_ns = time_left(o, v, deadline);
		if (device >= 0)
			t->alone_ns = deadline - o->free_ns[device];
		if (o->foresee) {
			t->total_ns = list_times(o, v, slot, i - first, t->done);
			assign_settle(t);
		}
	}
}

/* Bring the tasks of the live requests due after `start_ns` up to date and list
 * them in EDF order. With `last`, the other requests are left with the depth they
 * have. Returns how many. */
static int list_tasks(struct online *o, const struct view *v, int64_t start_ns,
	bool last)
{
	/* Nothing written here changes the view, which compilers cannot know. */
	unsigned char *const memory = v->memory;
	const size_t size = v->memory_size;
	const struct edf_entry *const edf = v->edf;
	const int lives = v->lives;
	int first = 0;

	room_for_tasks(o, lives);
	if (o->memory != memory)
		follow_memory(o, v);
	while (first < lives && edf[first].deadline_ns <= start_ns)
		first++;
	if (last)
		leave_late(o, v, first, start_ns);
	for (int i = first; i < lives; i++) {
		struct online_request *r = (void *)(memory
			+ (size_t)edf[i].slot * size);

		r->task.left_ns = r->task.alone_ns = edf[i].deadline_ns - start_ns;
		o->task[i - first] = &r->task;
	}
	if (v->devices > 1 || o->foresee)
		list_more(o, v, first);
	return lives - first;
}

/* ---- Planning -------------------------------------------------------------- */

static void plan_all(struct online *o, const struct view *v)
{
	int n = list_tasks(o, v, find_free(o, v), true);

	(void)assign_depths(o->assign, o->task, n, o->delta);
}

void online_release(struct online *o, const struct view *v, int slot)
{
	struct online_request *r = request_of(v, slot);
	struct assign_task *t = &r->task;

	t->number = v->req[slot].number;
	t->total_ns = o->plan.total_ns;
	t->reward = r->reward;
	t->mandatory = o->plan.mandatory;
	t->depths = o->plan.depths;
	o->nothing_ns = -1;
	plan_all(o, v);
}

static void move_one(struct online *o, const struct view *v, int slot)
{
	struct assign_task *mine = &request_of(v, slot)->task;
	int n = list_tasks(o, v, find_free(o, v), false), x = 0;

	while (x < n && o->task[x] != mine)
		x++;
	if (x == n)
		settle(o, mine);    /* due: it takes no part */
	(void)assign_move(o->task, n, x < n ? x : -1, o->slack);
}

void online_stage_done(struct online *o, const struct view *v, int slot)
{
	struct assign_task *t = &request_of(v, slot)->task;

	/* Counted as done when it began. */
	if (t->done != v->req[slot].depth || o->update != UPDATE_GREEDY) {
		t->done = v->req[slot].depth;
		settle(o, t);
	}
	o->nothing_ns = -1;
	if (o->update == UPDATE_GREEDY)
		move_one(o, v, slot);
	else if (o->update == UPDATE_DP)
		plan_all(o, v);
}

/* ---- Dispatching ----------------------------------------------------------- */

/* The test of rule 1: a waiting request whose next stage is planned but would
 * end late is left with the depth it has. Is a stage planned still? */
static bool still_planned(const struct online *o, const struct view *v, int slot)
{
	const struct request *q = &v->req[slot];
	struct assign_task *t = &request_of(v, slot)->task;

	if (q->depth >= t->plan)
		return false;
	if (!o->plan.skip || v->now_ns + stage_ns(o, v, slot, q->depth + 1)
	    <= q->deadline_ns)
		return true;
	t->plan = q->depth < t->mandatory ? 0 : q->depth;
	settle(o, t);
	return false;
}

/* Rule 1 for all. Is any stage planned, those in flight not counted? */
static bool any_planned(const struct online *o, const struct view *v)
{
	bool any = false;

	for (int i = 0; i < v->lives; i++) {
		int slot = v->live[i];

		if (view_waiting(v, slot))
			any |= still_planned(o, v, slot);
		else
			any |= done_of(&v->req[slot]) < request_of(v, slot)->task.plan;
	}
	return any;
}

/* Rule 2, the idle refill: plan again; if that gives no stage to anyone,
 * extend the one waiting request that gains most. */
static void refill(struct online *o, const struct view *v)
{
	int waiting = 0;

	plan_all(o, v);
	if (any_planned(o, v))
		return;
	/* All are up to date, since the idle device is free now. */
	for (int i = 0; i < v->lives; i++)
		if (view_waiting(v, v->live[i]))
			o->task[waiting++] = &request_of(v, v->live[i])->task;
	if (!assign_extend(o->task, waiting))
		o->nothing_ns = v->now_ns;
}

/* Rule 3: the lowest-numbered waiting request that has what was planned. */
static int find_answer(const struct online *o, const struct view *v)
{
	for (int i = 0; i < v->lives; i++) {
		int slot = v->live[i];
		int32_t depth = v->req[slot].depth;

		if (view_waiting(v, slot) && depth >= o->plan.mandatory
		    && depth >= request_of(v, slot)->task.plan)
			return slot;
	}
	return -1;
}

/* Rule 4: whose planned stage runs next. */
static int find_stage(const struct online *o, const struct view *v)
{
	int optional = -1;

	for (int i = 0; i < v->lives; i++) {
		int slot = v->edf[i].slot;

		if (!view_waiting(v, slot) || !still_planned(o, v, slot))
			continue;
		if (o->order == ORDER_EDF
		    || v->req[slot].depth < o->plan.mandatory)
			return slot;
		if (optional < 0)
			optional = slot;
	}
	return optional;
}

struct decision online_pick(struct online *o, const struct view *v)
{
	struct assign_task *t;
	int slot;

	if (!any_planned(o, v) && o->refill && o->nothing_ns != v->now_ns)
		refill(o, v);
	if (!o->hold && (slot = find_answer(o, v)) >= 0)
		return decide_finish(slot);
	if ((slot = find_stage(o, v)) < 0)
		return decide_wait(TIME_NEVER);
	o->flight_ns[v->asking] = stage_ns(o, v, slot, v->req[slot].depth + 1);
	t = &request_of(v, slot)->task;
	t->done = v->req[slot].depth + 1;
	settle(o, t);
	o->nothing_ns = -1;
	return plan_run(slot);
}
