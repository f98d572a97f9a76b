/* A request's life in the engine: its slot, its place among the live ones, its
 * release, and how it leaves. Compiled into the loop; what happens seldom is in
 * engine_request.c. */
#ifndef LAXITY_ENGINE_REQUEST_H
#define LAXITY_ENGINE_REQUEST_H

#include "books.h"

void engine_grow_slots(struct engine *e) COLD;
void engine_grow_live(struct engine *e) COLD;
/* The place in `live` of a request among many, or one shortly before it. */
int32_t engine_search_live(const struct engine *e, int64_t number) COLD;
/* A change of environment is due if it is tied to this release. */
void engine_release_change(struct engine *e, int64_t number) COLD;

/* ---- What the policy itself takes ----------------------------------------- */

int64_t engine_wall_ns(void) COLD;

/* A policy may plan when it is told something or when it is asked: a server
 * pays for both before the next stage starts, so where its time is measured
 * both count. */
INLINE int64_t policy_begins(const struct engine *e, bool plain)
{
	return !plain && e->timed ? engine_wall_ns() : 0;
}

INLINE void policy_ends(struct engine *e, int64_t begun, bool plain)
{
	if (!plain && e->timed) {
		int64_t spent = engine_wall_ns() - begun;
		if (spent < 0)      /* a clock turned back */
			spent = 0;
		e->books.decision_draws_ns += spent;
		e->spent_ns += spent;
	}
}

/* ---- The live ones ------------------------------------------------------- */

/* Those behind an entry of `live` move up in blocks, of which few requests need
 * more than one: how many there are does not matter, so that no branch depends
 * on it. The last block also moves what is behind the end. */
enum { LIVE_BLOCK = 32 };

INLINE void live_add(struct engine *e, int32_t slot, int64_t deadline_ns)
{
	struct view *v = &e->view;

	if (v->lives == e->live_room)
		engine_grow_live(e);
	e->live[v->lives++] = slot;
	if (e->slots <= FEW_SLOTS)
		e->place[slot] = (uint8_t)v->lives;
	agenda_insert(&e->deadlines, deadline_ns, slot);
	v->edf = e->deadlines.head;
}

/* Where the request is in `live`. */
INLINE int32_t live_place(struct engine *e, int32_t slot)
{
	int32_t i;

	if (e->slots <= FEW_SLOTS) {
		/* Those behind it move up; by 32, a vector or two each. */
		uint8_t place = e->place[slot];
		for (int32_t s = 0; s < e->slots; s += 32)
			for (int k = 0; k < 32; k++)
				e->place[s + k] = (uint8_t)(e->place[s + k]
					- (e->place[s + k] > place));
		e->place[slot] = 0;
		return place - 1;
	}
	i = engine_search_live(e, e->req[slot].number);
	while (e->live[i] != slot)
		i++;
	return i;
}

INLINE void live_remove(struct engine *e, int32_t slot)
{
	struct view *v = &e->view;
	int32_t *at = e->live + live_place(e, slot);
	int32_t *end = e->live + --v->lives;

	do {
		int32_t *stop = at + LIVE_BLOCK;
		for (; at < stop; at += 4) {
			int32_t four[4];
			memcpy(four, at + 1, sizeof four);
			memcpy(at, four, sizeof four);
		}
	} while (at < end);
	agenda_remove(&e->deadlines, e->req[slot].deadline_ns, slot);
	v->edf = e->deadlines.head;
}

/* ---- Release ----------------------------------------------------------------- */

/* Both member by member, for the compiler clears the whole before an
 * initialiser, which is what a release would cost most. */
INLINE void open_request(struct request *r, const struct arrival *a)
{
	r->number = a->number;
	r->release_ns = a->release_ns;
	r->deadline_ns = a->deadline_ns;
	r->depth = 0;
	r->net = r->setting = r->device = -1;
	r->group = a->group;
	r->client = a->client;
	r->start_ns = -1;
	r->gone = false;
}

/* Its first sample is drawn by the caller. */
INLINE void open_booked(struct booked *b, int32_t input, bool plain)
{
	b->input = input;
	b->confidence = NAN;
	b->correct = false;
	b->first_start_ns = -1;
	if (plain)
		return;
	b->leave_ns = b->busy_ns = 0;
	b->energy_j = 0;
	b->slowdown_mean = b->slowdown_variance = NAN;
	b->start_environment = -1;
	b->stages = 0;
}

INLINE void engine_release(struct engine *e, const struct arrival *a, bool plain)
{
	const struct policy *p = e->policy;
	const struct hot_net *first = &e->net[0];
	struct view *v = &e->view;
	struct booked *b;
	int32_t slot;

	if (!e->unuseds)
		engine_grow_slots(e);
	slot = e->unused[--e->unuseds];
	open_request(&e->req[slot], a);
	open_booked(&e->booked[slot], a->input, plain);
	b = &e->booked[slot];
	b->uniform = stream_first(&e->timing, (uint64_t)a->number);
	engine_draw(e, b, a->number, e->cell[0], first->depths, true);
	/* The outcomes that the input most likely needs, from beyond the first
	 * cache, while its first stage waits and runs. */
	__builtin_prefetch(&first->confidence[b->outcome]);
	__builtin_prefetch(&first->correct[b->outcome]);
	if (!plain && e->dispatch)
		stream_open(&e->dispatch[slot], e->run->seed, PURPOSE_OVERHEAD,
			(uint64_t)a->number);
	if (v->memory_size)
		memset(view_memory(v, slot), 0, v->memory_size);
	books_present(e, v->now_ns);
	e->books.released++;
	live_add(e, slot, a->deadline_ns);
	if (a->number == e->w->warmup)
		books_measure(e, v->now_ns);
	if (e->w->timeline_by_request)
		engine_release_change(e, a->number);
	if (p->on_release) {
		int64_t begun = policy_begins(e, plain);
		p->on_release(e->state, v, slot);
		policy_ends(e, begun, plain);
	}
}

/* ---- Leaving ------------------------------------------------------------------- */

INLINE void engine_free_slot(struct engine *e, int32_t slot, bool plain)
{
	if (!plain)
		books_emit(e, slot);
	e->unused[e->unuseds++] = slot;
}

/* Because it has finished, was dropped, or its deadline is here. */
INLINE void engine_leave(struct engine *e, int32_t slot, bool plain)
{
	struct request *r = &e->req[slot];
	struct view *v = &e->view;

	books_present(e, v->now_ns);
	live_remove(e, slot);
	r->gone = true;
	books_left(e, slot, v->now_ns);
	if (e->group_left && r->group >= 0)
		e->group_left[r->group]--;
	if (r->client >= 0) {
		turns_add(&e->turns, r->client,
			e->w->reissue == REISSUE_DEADLINE ? r->deadline_ns
				: v->now_ns);
		if (e->next_number < e->total)
			e->release_ns = turns_next_ns(&e->turns);
	}
	if (e->policy->on_leave) {
		int64_t begun = policy_begins(e, plain);
		e->policy->on_leave(e->state, v, slot);
		policy_ends(e, begun, plain);
	}
	if (!plain)
		e->booked[slot].leave_ns = v->now_ns;
	if (r->device < 0)
		engine_free_slot(e, slot, plain);
}

#endif
