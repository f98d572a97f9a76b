/* The event loop: from the first event of a prepared engine to the last. */
#ifndef LAXITY_ENGINE_LOOP_H
#define LAXITY_ENGINE_LOOP_H

#include "engine_state.h"

/* -1 after one message: an impossible decision, a clock that failed, requests
 * that nothing will serve any more. */
int engine_loop(struct engine *e);

/* Loops with a policy compiled in, for plain runs of that policy; the last has
 * no policy. In policies/compiled.c, since the core knows no policy by name. */
struct compiled {
	const struct policy *policy;
	/* For any process, and for clients that re-issue at their deadlines. */
	int (*loop)(struct engine *e), (*closed_loop)(struct engine *e);
};
extern const struct compiled engine_compiled[];

#endif
