/* Copies of the engine's loop for plain runs, each with a policy compiled in,
 * whose pick is then no call and reads what the loop has just computed. For
 * policies that decide in so few instructions that this matters; see struct copy
 * in sim/engine_state.h for what else they promise. */
#include "../sim/engine_loop.h"
#include "../sim/engine_plain.h"

#include "edf.h"

extern const struct policy policy_edf;

static inline struct decision edf_pick(void *state, const struct view *v)
{
	return edf_decide(state, v, true);
}

static const struct copy edf = { .plain = true, .pick = edf_pick };
static const struct copy edf_closed = { .plain = true, .closed = true,
	.pick = edf_pick };

static HOT int edf_loop(struct engine *e)
{
	return plain_loop(e, &edf);
}

static HOT int edf_closed_loop(struct engine *e)
{
	return plain_loop(e, &edf_closed);
}

const struct compiled engine_compiled[] = {
	{ &policy_edf, edf_loop, edf_closed_loop },
	{ NULL, NULL, NULL }
};
