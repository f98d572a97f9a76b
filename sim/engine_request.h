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
/* Request `notable` is released. */
void engine_notable_release(struct engine *e) COLD;

/* ---- What the policy itself takes ----------------------------------------- */

int64_t engine_wall_ns(void) COLD;

/* A policy may plan when it is told something or when it is asked: a server
 * pays for both before the next stage starts, so where its time is measured
 * both count. */
INLINE int64_t policy_begins(const struct engine *e,
	const struct copy *k)
{
	return !k->plain && e->timed ? engine_wall_ns() : 0;
}

INLINE void policy_ends(struct engine *e, int64_t begun,
	const struct copy *k)
{
	if (!k->plain && e->timed) {
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

INLINE void live_add(struct engine *e, int32_t slot)
{
	int32_t n = e->view.lives;

	if (n == e->live_room)
		engine_grow_live(e);
	e->live[n] = slot;
	if (e->slots <= FEW_SLOTS)
		e->place[slot] = (uint8_t)(n + 1);
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
	int32_t *at = e->live + live_place(e, slot);
	int32_t *end = e->live + e->view.lives - 1;

	do {
		int32_t *stop = at + LIVE_BLOCK;
		for (; at < stop; at += 4) {
			int32_t four[4];
			memcpy(four, at + 1, sizeof four);
			memcpy(at, four, sizeof four);
		}
	} while (at < end);
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
INLINE void open_booked(struct booked *b, const struct arrival *a,
	const struct copy *k)
{
	b->input = a->input;
	b->uniform = a->timing;
	b->draws = 0;
	b->first_start_ns = -1;
	if (k->plain)
		return;
	b->confidence = NAN;
	b->correct = false;
	b->leave_ns = b->busy_ns = 0;
	b->energy_j = 0;
	b->slowdown_mean = b->slowdown_variance = NAN;
	b->start_environment = -1;
	b->stages = 0;
}

INLINE void engine_release(struct engine *e, const struct arrival *a,
	const struct copy *k)
{
	const struct policy *p = e->policy;
	struct view *v = &e->view;
	struct booked *b;
	int32_t slot;

	if (SELDOM(e->unused_end == e->unused))
		engine_grow_slots(e);
	slot = *--e->unused_end;
	open_request(&e->req[slot], a);
	b = &e->booked[slot];
	open_booked(b, a, k);
	engine_hold(b, a->timing, e->cell[0], &e->net[0]);
	/* Its most likely row of times and outcomes, perhaps from beyond the
	 * first cache, while it waits. */
	__builtin_prefetch(b->duration_ns);
	__builtin_prefetch(b->outcomes);
	if (!k->plain && e->dispatch)
		stream_open(&e->dispatch[slot], e->run->seed, PURPOSE_OVERHEAD,
			(uint64_t)a->number);
	if (!k->pick && v->memory_size)
		memset(view_memory(v, slot), 0, v->memory_size);
	total_add(&e->books.released_ns, v->now_ns);
	e->books.released++;
	if (!k->pick) {
		live_add(e, slot);
		v->lives++;
	}
	agenda_insert(&e->deadlines, a->deadline_ns, slot);
	v->edf = e->deadlines.head;
	if (SELDOM(a->number == e->notable))
		engine_notable_release(e);
	if (!k->pick && p->on_release) {
		int64_t begun = policy_begins(e, k);
		p->on_release(e->state, v, slot);
		policy_ends(e, begun, k);
	}
}

/* ---- Leaving ------------------------------------------------------------------- */

INLINE void engine_free_slot(struct engine *e, int32_t slot,
	const struct copy *k)
{
	if (!k->plain)
		books_emit(e, slot);
	*e->unused_end++ = slot;
}

/* Is a stage of it? In a copy that does not say so for each request, what the
 * only device runs. */
INLINE bool in_flight(const struct engine *e, int32_t slot,
	const struct copy *k)
{
	return k->pick ? e->device->slot == slot : e->req[slot].device >= 0;
}

/* Because it has finished, was dropped, or its deadline is here. */
INLINE void engine_leave(struct engine *e, int32_t slot,
	const struct copy *k)
{
	struct request *r = &e->req[slot];
	struct view *v = &e->view;

	total_add(&e->books.left_ns, v->now_ns);
	if (!k->pick) {
		live_remove(e, slot);
		v->lives--;
	}
	agenda_remove(&e->deadlines, r->deadline_ns, slot);
	v->edf = e->deadlines.head;
	r->gone = true;
	books_left(e, slot, v->now_ns, k);
	if (!k->closed && e->group_left && r->group >= 0)
		e->group_left[r->group]--;
	if (k->closed || r->client >= 0) {
		turns_add(&e->turns, r->client,
			k->closed || e->w->reissue == REISSUE_DEADLINE
				? r->deadline_ns : v->now_ns);
		if (e->books.released < e->total)
			e->release_ns = turns_next_ns(&e->turns);
	}
	if (!k->pick && e->policy->on_leave) {
		int64_t begun = policy_begins(e, k);
		e->policy->on_leave(e->state, v, slot);
		policy_ends(e, begun, k);
	}
	if (!k->plain)
		e->booked[slot].leave_ns = v->now_ns;
	if (!in_flight(e, slot, k))
		engine_free_slot(e, slot, k);
}

#endif
