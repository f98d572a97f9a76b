/* The event loop, and the decisions checked. One event at a time, the least
 * by (instant, kind, number); when none is left at or before the instant, the
 * idle devices ask. */
#include "books.h"

#include "msg.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

/* In the order in which they are handled at one instant. */
enum kind { COMPLETION, DEADLINE, RELEASE, ENVIRONMENT, TIMER, START, NOTHING };

/* ---- Slots ---------------------------------------------------------------- */

static void sync_view(struct engine *e)
{
	struct view *v = &e->view;

	v->req = e->req;
	v->seen = e->seen;
	v->memory = e->memory;
	v->live = e->live;
}

static void grow_slots(struct engine *e)
{
	int32_t had = e->slots, n = had ? had * 2 : 32;
	size_t stride = (size_t)e->view.depth_stride;
	size_t size = e->view.memory_size;

	e->req = mem_resize(e->req, (size_t)n, sizeof *e->req);
	e->booked = mem_resize(e->booked, (size_t)n, sizeof *e->booked);
	if (e->w->overhead == OVERHEAD_TRACE)
		e->dispatch = mem_resize(e->dispatch, (size_t)n,
			sizeof *e->dispatch);
	e->seen = mem_resize(e->seen, (size_t)n * stride, sizeof *e->seen);
	e->memory = mem_resize(e->memory, (size_t)n, size ? size : 1);
	e->unused = mem_resize(e->unused, (size_t)n, sizeof *e->unused);
	/* Low slots are used first, so that few clients stay in few lines. */
	for (int32_t s = n - 1; s >= had; s--) {
		e->req[s] = (struct request){ .number = -1, .gone = true };
		e->unused[e->unuseds++] = s;
	}
	e->slots = n;
	sync_view(e);
}

static void live_add(struct engine *e, int32_t slot)
{
	struct view *v = &e->view;

	if ((size_t)v->lives == e->live_capacity) {
		e->live_capacity = e->live_capacity ? e->live_capacity * 2 : 64;
		e->live = mem_resize(e->live, e->live_capacity, sizeof *e->live);
		v->live = e->live;
	}
	e->live[v->lives++] = slot;
	agenda_insert(&e->deadlines, e->req[slot].deadline_ns,
		e->req[slot].number, slot);
	v->edf = agenda_head(&e->deadlines);
}

static void live_remove(struct engine *e, int32_t slot)
{
	struct view *v = &e->view;
	int64_t number = e->req[slot].number;
	int32_t low = 0, high = v->lives;

	while (high - low > AGENDA_SCAN) {
		int32_t mid = low + (high - low) / 2;
		if (e->req[e->live[mid]].number < number)
			low = mid + 1;
		else
			high = mid;
	}
	while (e->live[low] != slot)
		low++;
	memmove(e->live + low, e->live + low + 1,
		(size_t)(v->lives - low - 1) * sizeof *e->live);
	v->lives--;
	agenda_remove(&e->deadlines, e->req[slot].deadline_ns, number);
	v->edf = agenda_head(&e->deadlines);
}

/* ---- What the policy itself takes ------------------------------------------ */

static int64_t wall_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* A policy may plan when it is told something or when it is asked: a server
 * pays for both before the next stage starts, so where its time is measured
 * both count. */
static inline int64_t policy_begins(const struct engine *e)
{
	return e->timed ? wall_ns() : 0;
}

static inline void policy_ends(struct engine *e, int64_t begun)
{
	if (e->timed) {
		int64_t spent = wall_ns() - begun;
		e->books.decision_draws_ns += spent;
		e->spent_ns += spent;
	}
}

/* ---- A request's life ------------------------------------------------------ */

static void count_present(struct engine *e, int64_t t)
{
	struct books *b = &e->books;

	b->present_integral_ns += (wide)e->view.lives
		* (t - b->present_since_ns);
	b->present_since_ns = t;
}

/* Member by member, for the compiler clears the whole before an initialiser,
 * which is what a release would cost most. `timing` is opened by the caller. */
static inline void open_books(struct booked *b, int32_t input)
{
	b->input = input;
	b->sample = b->sample_setting = b->sample_environment = -1;
	b->depth_in_time = 0;
	b->correct = false;
	b->confidence = NAN;
	b->first_start_ns = -1;
	b->leave_ns = b->busy_ns = 0;
	b->energy_j = 0;
	b->slowdown_mean = b->slowdown_variance = NAN;
	b->start_environment = -1;
	b->stages = 0;
}

static void release(struct engine *e, const struct arrival *a)
{
	const struct policy *p = e->policy;
	struct view *v = &e->view;
	int32_t slot;

	if (!e->unuseds)
		grow_slots(e);
	slot = e->unused[--e->unuseds];
	e->req[slot] = (struct request){ .number = a->number,
		.release_ns = a->release_ns, .deadline_ns = a->deadline_ns,
		.net = -1, .setting = -1, .device = -1, .group = a->group,
		.client = a->client, .start_ns = -1 };
	open_books(&e->booked[slot], a->input);
	stream_row_open(&e->timing, &e->booked[slot].timing, (uint64_t)a->number);
	if (e->dispatch)
		stream_row_open(&e->overhead, &e->dispatch[slot],
			(uint64_t)a->number);
	if (v->memory_size)
		memset(view_memory(v, slot), 0, v->memory_size);
	count_present(e, v->now_ns);
	e->books.released++;
	live_add(e, slot);
	if (a->number == e->w->warmup) {
		e->books.measuring = true;
		e->books.measured_from_ns = v->now_ns;
	}
	if (e->w->timeline_by_request && e->next_change < e->w->changes
	    && e->w->change[e->next_change].at == a->number)
		e->change_ns = v->now_ns;
	if (p->on_release) {
		int64_t begun = policy_begins(e);
		p->on_release(e->state, v, slot);
		policy_ends(e, begun);
	}
}

static void free_slot(struct engine *e, int32_t slot)
{
	books_emit(e, slot);
	e->unused[e->unuseds++] = slot;
}

static void leave(struct engine *e, int32_t slot)
{
	struct request *r = &e->req[slot];
	struct view *v = &e->view;

	count_present(e, v->now_ns);
	live_remove(e, slot);
	r->gone = true;
	e->booked[slot].leave_ns = v->now_ns;
	e->booked[slot].depth_in_time = r->depth;
	books_left(e, slot);
	if (e->group_left && r->group >= 0)
		e->group_left[r->group]--;
	if (r->client >= 0 && e->w->reissue == REISSUE_RESPONSE) {
		agenda_insert(&e->releases, v->now_ns, r->client, r->client);
		if (e->next_number < e->total)
			e->release_ns = agenda_next(&e->releases);
	}
	if (e->policy->on_leave) {
		int64_t begun = policy_begins(e);
		e->policy->on_leave(e->state, v, slot);
		policy_ends(e, begun);
	}
	if (r->device < 0)
		free_slot(e, slot);
}

/* ---- What is due next ------------------------------------------------------- */

/* At one instant the lower request number completes first. */
static void find_completion_among(struct engine *e)
{
	int64_t number = INT64_MAX;

	e->completion_ns = TIME_NEVER;
	for (int d = 0; d < e->view.devices; d++) {
		int64_t t = e->station[d].end_ns;
		if (t > e->completion_ns || t == TIME_NEVER)
			continue;
		if (t < e->completion_ns
		    || e->req[e->device[d].slot].number < number) {
			e->completion_ns = t;
			e->completing = d;
			number = e->req[e->device[d].slot].number;
		}
	}
}

static inline void find_completion(struct engine *e)
{
	if (e->view.devices == 1)
		e->completion_ns = e->station[0].end_ns;
	else
		find_completion_among(e);
}

static void find_start(struct engine *e)
{
	e->start_ns = TIME_NEVER;
	for (int d = 0; d < e->view.devices; d++) {
		if (e->station[d].start_ns < e->start_ns) {
			e->start_ns = e->station[d].start_ns;
			e->starting = d;
		}
	}
}

static void find_cells(struct engine *e)
{
	for (int i = 0; i < e->w->nets; i++)
		for (int j = 0; j < e->w->settings; j++)
			e->cell[i * e->w->settings + j] = engine_cell(e, i, j,
				e->environment);
}

/* ---- Events ----------------------------------------------------------------- */

static void complete(struct engine *e, int d)
{
	struct device *dev = &e->device[d];
	struct station *st = &e->station[d];
	int32_t slot = dev->slot;
	struct request *r = &e->req[slot];
	struct booked *b = &e->booked[slot];
	const struct hot_net *net = engine_net(e, dev->net);
	struct view *v = &e->view;

	books_stage(e, d, st->end_ns);
	dev->slot = -1;
	r->device = -1;
	st->end_ns = TIME_NEVER;
	find_completion(e);
	st->idle_since_ns = v->now_ns;
	st->idle_setting = dev->setting;
	e->busy_devices--;
	if (!r->gone) {
		size_t at = (size_t)b->input * (size_t)net->depths
			+ (size_t)r->depth;
		bool measured = !isnan(st->confidence);

		b->confidence = measured ? st->confidence
			: net->confidence[at];
		b->correct = measured ? st->correct : net->correct[at] != 0;
		e->seen[(size_t)slot * (size_t)v->depth_stride
			+ (size_t)r->depth] = b->confidence;
		r->depth++;
	}
	if (e->policy->on_stage_done) {
		int64_t begun = policy_begins(e);
		e->policy->on_stage_done(e->state, v, slot, st->duration_ns);
		policy_ends(e, begun);
	}
	r = &e->req[slot];
	if (r->gone)
		free_slot(e, slot);
	else if (r->depth == net->depths)
		leave(e, slot);
}

/* The stage a device was given begins: its sample is drawn in the environment
 * now in force, whether or not its request is still there. */
static int begin_stage(struct engine *e, int d)
{
	struct device *dev = &e->device[d];
	struct station *st = &e->station[d];
	struct request *r = &e->req[dev->slot];
	struct booked *b = &e->booked[dev->slot];
	const struct cell *c = e->cell[dev->net * e->w->settings
		+ dev->setting];
	int64_t begun = e->view.now_ns, duration;
	const struct hot_net *net;
	size_t at;

	if (b->sample < 0 || b->sample_setting != dev->setting
	    || b->sample_environment != e->environment) {
		b->sample = engine_draw(c, &b->timing);
		b->sample_setting = dev->setting;
		b->sample_environment = e->environment;
	}
	net = engine_net(e, dev->net);
	duration = c->duration_ns[(size_t)b->sample * (size_t)net->depths
		+ (size_t)dev->depth - 1];
	/* The answer is read when the stage ends. */
	at = (size_t)b->input * (size_t)net->depths + (size_t)dev->depth - 1;
	__builtin_prefetch(&net->confidence[at]);
	__builtin_prefetch(&net->correct[at]);
	if (e->clock && e->clock->start) {
		struct launch l = { d, dev->slot, dev->net, dev->setting,
			dev->depth, b->input, r->number, dev->decided_ns, begun,
			duration };
		if (e->clock->start(e->clock->context, &l, &begun, &duration)) {
			e->failed = true;
			return -1;
		}
	}
	books_idle_end(e, d, begun);
	if (st->start_ns != TIME_NEVER) {
		st->start_ns = TIME_NEVER;
		find_start(e);
	}
	st->begun_ns = begun;
	st->place = engine_place(e, dev->net, dev->setting, dev->depth);
	st->sample = b->sample;
	st->environment = e->environment;
	st->confidence = NAN;
	if (b->first_start_ns < 0)
		b->first_start_ns = r->start_ns = begun;
	st->duration_ns = duration;
	st->end_ns = duration < 0 ? TIME_NEVER : begun + duration;
	find_completion(e);
	return 0;
}

bool engine_is_idle(const struct engine *e)
{
	return e->busy_devices < e->view.devices;
}

void engine_complete(struct engine *e, int device, int64_t end_ns,
	int64_t duration_ns, double confidence, bool correct)
{
	struct station *st = &e->station[device];

	st->end_ns = end_ns;
	find_completion(e);
	st->duration_ns = duration_ns;
	st->confidence = confidence;
	st->correct = correct;
}

static void release_next(struct engine *e)
{
	struct arrival a;

	if (e->w->process == PROCESS_CLOSED) {
		int32_t client = agenda_head(&e->releases)->slot;
		agenda_pop(&e->releases);
		source_draw(e->source, e->next_number++, client,
			e->view.now_ns, &a);
		if (e->w->reissue == REISSUE_DEADLINE)
			agenda_insert(&e->releases, a.deadline_ns, client, client);
		e->release_ns = e->next_number < e->total
			? agenda_next(&e->releases) : TIME_NEVER;
	} else {
		a = e->pending;
		e->release_ns = source_next(e->source, &e->pending) == 1
			? e->pending.release_ns : TIME_NEVER;
	}
	release(e, &a);
}

static int change_environment(struct engine *e)
{
	const struct workload *w = e->w;

	do {
		e->environment = w->change[e->next_change++].environment;
		/* Several may fall on one request when there are few, or on
		 * requests released at one instant. */
	} while (w->timeline_by_request && e->next_change < w->changes
		&& w->change[e->next_change].at < e->books.released);
	find_cells(e);
	e->change_ns = !w->timeline_by_request && e->next_change < w->changes
		? w->change[e->next_change].at : TIME_NEVER;
	return e->clock && e->clock->change
		? e->clock->change(e->clock->context, e->environment) : 0;
}

/* The earliest event, and among those of its instant the first by kind. */
static inline enum kind next_event(const struct engine *e, int64_t *at)
{
	int64_t t = e->completion_ns, x = agenda_next(&e->deadlines);
	enum kind kind = COMPLETION;

	if (x < t)
		t = x, kind = DEADLINE;
	if (e->release_ns < t)
		t = e->release_ns, kind = RELEASE;
	if (e->change_ns < t)
		t = e->change_ns, kind = ENVIRONMENT;
	if (e->timer_ns < t)
		t = e->timer_ns, kind = TIMER;
	if (e->start_ns < t)
		t = e->start_ns, kind = START;
	*at = t;
	return t == TIME_NEVER ? NOTHING : kind;
}

/* Handle every event at or before `until`, the first of which is (kind, at);
 * the number handled, or -1. */
static int handle_events(struct engine *e, enum kind kind, int64_t at,
	int64_t until)
{
	int handled = 0;

	for (; kind != NOTHING && at <= until; kind = next_event(e, &at)) {
		handled = 1;
		e->view.now_ns = at;
		switch (kind) {
		case COMPLETION:
			complete(e, e->completing);
			break;
		case DEADLINE:
			leave(e, agenda_head(&e->deadlines)->slot);
			break;
		case RELEASE:
			release_next(e);
			break;
		case ENVIRONMENT:
			if (change_environment(e))
				return -1;
			break;
		case TIMER:
			e->timer_ns = TIME_NEVER;
			break;
		case START:
			if (begin_stage(e, e->starting))
				return -1;
			break;
		case NOTHING:
			break;
		}
	}
	return handled;
}

/* ---- Decisions ------------------------------------------------------------- */

static int impossible(struct engine *e, const struct decision *d, const char *why)
{
	static const char *const verbs[] = { "wait", "run", "finish", "drop" };
	long long number = d->slot >= 0 && d->slot < e->slots
		? (long long)e->req[d->slot].number : -1;

	e->failed = true;
	return msg_fail("policy '%s': impossible decision at %lld ns: %s "
		"request %lld (network %d, setting %d): %s",
		e->run->choice->text, (long long)e->view.now_ns,
		(unsigned)d->kind < 4 ? verbs[d->kind] : "unknown kind,",
		number, d->net, d->setting, why);
}

static bool is_live(const struct engine *e, int32_t slot)
{
	return slot >= 0 && slot < e->slots && !e->req[slot].gone;
}

static int64_t dispatch_delay(struct engine *e, int32_t slot, int32_t setting)
{
	const struct bundle_overhead *o;
	struct stream *s;
	int64_t decision, spent = e->spent_ns;

	e->spent_ns = 0;

	if (e->clock && e->clock->dispatches)
		return 0;
	switch (e->w->overhead) {
	case OVERHEAD_FIXED:
		return e->w->decision_ns;
	case OVERHEAD_MEASURED:
		return spent;
	case OVERHEAD_TRACE:
		break;
	}
	s = &e->dispatch[slot];
	o = &e->w->bundle->overhead[e->w->setting[setting]];
	decision = o->decision_ns[stream_below(s, o->decisions)];
	e->books.decision_draws_ns += decision;
	e->books.decision_draws++;
	return decision + o->launch_ns[stream_below(s, o->launches)];
}

static int run_stage(struct engine *e, const struct decision *d)
{
	struct view *v = &e->view;
	int device = v->asking;
	struct device *dev = &e->device[device];
	struct station *st = &e->station[device];
	struct request *r;
	int64_t delay;

	if (!is_live(e, d->slot))
		return impossible(e, d, "the request is not live");
	r = &e->req[d->slot];
	if (r->device >= 0)
		return impossible(e, d, "it has a stage in flight");
	if (d->net < 0 || d->net >= e->w->nets)
		return impossible(e, d, "no such candidate network");
	if (d->setting < 0 || d->setting >= e->w->settings)
		return impossible(e, d, "no such candidate setting");
	if (r->net >= 0 && r->net != d->net)
		return impossible(e, d, "its network was fixed by its first stage");
	if (r->start_ns < 0) {
		struct booked *b = &e->booked[d->slot];
		b->start_environment = e->environment;
		if (e->policy->estimate)
			e->policy->estimate(e->state, &b->slowdown_mean,
				&b->slowdown_variance);
	}
	delay = dispatch_delay(e, d->slot, d->setting);
	r->net = d->net;
	r->setting = d->setting;
	r->device = device;
	if (r->start_ns < 0)
		r->start_ns = v->now_ns + delay;
	dev->slot = d->slot;
	dev->net = d->net;
	dev->depth = r->depth + 1;
	dev->decided_ns = v->now_ns;
	e->busy_devices++;
	dev->setting = d->setting;
	if (delay == 0)
		return begin_stage(e, device);
	/* Until it starts, the device idles at the setting it used last. */
	st->start_ns = v->now_ns + delay;
	find_start(e);
	return 0;
}

static int act(struct engine *e, const struct decision *d)
{
	struct view *v = &e->view;
	struct request *r;

	switch (d->kind) {
	case DECIDE_RUN:
		return run_stage(e, d);
	case DECIDE_FINISH:
	case DECIDE_DROP:
		if (!is_live(e, d->slot))
			return impossible(e, d, "the request is not live");
		r = &e->req[d->slot];
		if (r->device >= 0)
			return impossible(e, d, "it has a stage in flight");
		if (d->kind == DECIDE_FINISH && (r->net < 0
		    || r->depth < engine_net(e, r->net)->mandatory))
			return impossible(e, d, "it is below its mandatory depth");
		if (d->kind == DECIDE_DROP && r->net >= 0
		    && r->depth >= engine_net(e, r->net)->mandatory)
			return impossible(e, d, "it has reached its mandatory depth");
		leave(e, d->slot);
		return 0;
	case DECIDE_WAIT:
		/* Thought while there was nothing to do delays nothing. */
		e->spent_ns = 0;
		if (d->until_ns > v->now_ns) {
			e->timer_ns = d->until_ns;
		} else {
			e->timer_ns = TIME_NEVER;
			e->books.corrections++;
		}
		return 0;
	}
	return impossible(e, d, "no such kind of decision");
}

/* Ask for every idle device until one waits. */
static int picks(struct engine *e, int64_t now)
{
	struct view *v = &e->view;
	const struct sink *sink = e->run->sink;

	e->timer_ns = TIME_NEVER;
	while (e->busy_devices < v->devices) {
		struct decision d;
		int64_t begun;

		v->asking = 0;
		while (e->device[v->asking].slot >= 0)
			v->asking++;
		v->now_ns = now;
		begun = policy_begins(e);
		d = e->policy->pick(e->state, v);
		policy_ends(e, begun);
		e->books.decision_draws += e->timed;
		e->books.decisions++;
		if (sink && sink->decision)
			sink->decision(sink->context, now, v, &d);
		if (act(e, &d))
			return -1;
		if (d.kind == DECIDE_WAIT)
			break;
		if (d.kind != DECIDE_RUN) {
			int64_t at;
			enum kind kind = next_event(e, &at);
			if (handle_events(e, kind, at, now) < 0)
				return -1;
		}
	}
	return 0;
}

/* ---- The run ----------------------------------------------------------------- */

static int loop(struct engine *e)
{
	while (e->view.lives || e->busy_devices || e->books.released < e->total) {
		bool waits = e->clock && e->clock->wait;
		int64_t next, now;
		enum kind kind;
		int handled;

		if (e->run->stop && *e->run->stop)
			break;
		kind = next_event(e, &next);
		if (kind == NOTHING && !waits) {
			(void)msg_fail("no event left with requests unserved");
			return -1;
		}
		now = next;
		/* The measured interval begins with an instant, so the picks of
		 * that instant belong to it, also one that led to the release. */
		if (!e->books.measuring)
			e->books.decisions = 0;
		if (waits) {
			if (e->clock->wait(e->clock->context, e, next, &now))
				return -1;
			kind = next_event(e, &next);
		}
		handled = handle_events(e, kind, next, now);
		if (handled < 0 || (handled && picks(e, now)))
			return -1;
	}
	return 0;
}

static int64_t planned_overhead(const struct workload *w)
{
	const struct bundle_overhead *o;
	double decision = 0, launch = 0;

	if (w->overhead == OVERHEAD_FIXED)
		return w->decision_ns;
	if (w->overhead == OVERHEAD_MEASURED)
		return 0;
	/* As drawn at the default setting, on average. */
	o = &w->bundle->overhead[w->setting[0]];
	for (int i = 0; i < o->decisions; i++)
		decision += (double)o->decision_ns[i];
	for (int i = 0; i < o->launches; i++)
		launch += (double)o->launch_ns[i];
	return llround(decision / o->decisions + launch / o->launches);
}

static void begin(struct engine *e)
{
	const struct workload *w = e->w;
	struct view *v = &e->view;
	size_t devices = (size_t)w->devices;

	e->total = w->warmup + w->requests;
	e->timed = w->overhead == OVERHEAD_MEASURED
		|| (e->clock && e->clock->real);
	e->timer_ns = e->change_ns = e->completion_ns = e->start_ns = TIME_NEVER;
	e->environment = w->change[0].environment;
	e->next_change = 1;
	if (!w->timeline_by_request && w->changes > 1)
		e->change_ns = w->change[1].at;
	e->net = mem_new((size_t)w->nets, sizeof *e->net);
	for (int i = 0; i < w->nets; i++) {
		const struct bundle_net *n = &w->bundle->net[w->net[i]];
		e->net[i] = (struct hot_net){ n->depths, n->mandatory,
			n->confidence, n->correct };
	}
	e->cell = mem_new((size_t)w->nets * (size_t)w->settings,
		sizeof *e->cell);
	find_cells(e);
	e->device = mem_new(devices, sizeof *e->device);
	e->station = mem_new(devices, sizeof *e->station);
	for (int d = 0; d < w->devices; d++) {
		e->device[d] = (struct device){ .slot = -1, .net = -1 };
		e->station[d].start_ns = e->station[d].end_ns = TIME_NEVER;
	}
	if (w->groups) {
		e->group_left = mem_new((size_t)w->groups, sizeof *e->group_left);
		memcpy(e->group_left, w->group_size,
			(size_t)w->groups * sizeof *e->group_left);
	}
	*v = (struct view){ .decision_ns = planned_overhead(w),
		.devices = w->devices, .device = e->device,
		.memory_size = e->policy->request_size, .profile = w->profile,
		.goal = &w->goal, .random = &e->policy_stream,
		.group_left = e->group_left,
		.future = e->policy->clairvoyant ? (struct future *)e : NULL };
	for (int i = 0; i < w->nets; i++)
		if (engine_net(e, i)->depths > v->depth_stride)
			v->depth_stride = engine_net(e, i)->depths;
	stream_row_init(&e->timing, e->run->seed, PURPOSE_TIMING);
	stream_row_init(&e->overhead, e->run->seed, PURPOSE_OVERHEAD);
	stream_open(&e->policy_stream, e->run->seed, PURPOSE_POLICY, 0);
	agenda_make_room(&e->deadlines);
	v->edf = e->deadlines.entry;
	grow_slots(e);
	e->source = source_new(w, e->run->seed);
	if (w->process == PROCESS_CLOSED) {
		for (int k = 0; k < w->clients; k++)
			agenda_insert(&e->releases, source_first(e->source, k),
				k, k);
		e->release_ns = e->total ? agenda_next(&e->releases) : TIME_NEVER;
	} else {
		e->release_ns = source_next(e->source, &e->pending) == 1
			? e->pending.release_ns : TIME_NEVER;
	}
	books_init(e);
}

static void end(struct engine *e)
{
	free(e->state);
	arena_fini(&e->arena);
	source_free(e->source);
	free(e->req);
	free(e->booked);
	free(e->dispatch);
	free(e->seen);
	free(e->memory);
	free(e->unused);
	free(e->live);
	agenda_fini(&e->deadlines);
	agenda_fini(&e->releases);
	free(e->net);
	free(e->cell);
	free(e->device);
	free(e->station);
	free(e->group_left);
	books_fini(e);
}

static int suits(const struct run *r)
{
	const struct policy *p = r->choice->policy;
	const struct workload *w = r->workload;

	if (p->needs_goal && w->goal.objective == OBJECTIVE_NONE)
		return msg_bad("policy '%s' needs [goal] objective in %s",
			r->choice->text, w->file);
	if (p->needs_energy && !w->profile->has_energy)
		return msg_bad("policy '%s' needs power_w and idle_power_w of "
			"all candidates, which %s lacks", r->choice->text,
			w->bundle->dir);
	return 0;
}

int engine_run(const struct run *r, struct metrics *out)
{
	struct engine e = { .run = r, .w = r->workload,
		.policy = r->choice->policy, .clock = r->clock };
	int failed;

	if (suits(r))
		return -1;
	begin(&e);
	e.state = mem_new(1, e.policy->state_size);
	failed = e.policy->init
		&& e.policy->init(e.state, &e.arena, &e.view, r->choice->args);
	if (!failed)
		failed = loop(&e);
	if (!failed)
		books_close(&e, e.view.now_ns, out);
	end(&e);
	return failed ? -1 : 0;
}
