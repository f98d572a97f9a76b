/* The event loop; for engine.c. */
#ifndef LAXITY_ENGINE_LOOP_H
#define LAXITY_ENGINE_LOOP_H

#include "engine_state.h"

/* From the first event to the last, or until told to stop; -1 after one
 * message. */
int engine_loop(struct engine *e);

#endif
