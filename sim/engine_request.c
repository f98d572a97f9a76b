#include "engine_request.h"

#include "clock.h"

int64_t engine_wall_ns(void)
{
	return clock_ns();
}

static void sync_view(struct engine *e)
{
	struct view *v = &e->view;

	v->req = e->req;
	v->seen = e->seen;
	v->memory = e->memory;
}

void engine_grow_slots(struct engine *e)
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
	e->unused_end = e->unused;  /* none was left */
	/* Low slots are used first, so that few clients stay in few lines. */
	for (int32_t s = n - 1; s >= had; s--) {
		e->req[s] = (struct request){ .number = -1, .gone = true };
		*e->unused_end++ = s;
	}
	e->slots = n;
	sync_view(e);
}

void engine_grow_live(struct engine *e)
{
	e->live_room = e->live_room ? e->live_room * 2 : 64;
	e->live = mem_resize(e->live, (size_t)(e->live_room + LIVE_BLOCK),
		sizeof *e->live);
	e->view.live = e->live;
}

int32_t engine_search_live(const struct engine *e, int64_t number)
{
	int32_t low = 0, high = e->view.lives;

	while (high - low > AGENDA_SCAN) {
		int32_t mid = low + (high - low) / 2;
		if (e->req[e->live[mid]].number < number)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void engine_find_notable(struct engine *e)
{
	const struct workload *w = e->w;

	e->notable = e->books.measuring ? INT64_MAX : e->warmup;
	/* One that is due, but not yet in force, is not to come. */
	if (w->timeline_by_request && e->next_change < w->changes
	    && w->change[e->next_change].at >= e->books.released
	    && w->change[e->next_change].at < e->notable)
		e->notable = w->change[e->next_change].at;
}

/* The measured interval begins, or a change of environment is due, or both. */
void engine_notable_release(struct engine *e)
{
	const struct workload *w = e->w;

	if (e->notable == e->warmup)
		books_measure(e, e->view.now_ns);
	if (w->timeline_by_request && e->next_change < w->changes
	    && w->change[e->next_change].at == e->notable) {
		e->change_ns = e->view.now_ns;
		engine_find_rare(e);
	}
	engine_find_notable(e);
}
