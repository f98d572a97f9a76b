/* Words to the compiler about how often something runs in the engine's loop. */
#ifndef LAXITY_HOT_H
#define LAXITY_HOT_H

/* Called so seldom that the loop should not make room for it. */
#define COLD __attribute__((cold, noinline))
#define HOT __attribute__((hot, noinline))
/* Called at every event. */
#define INLINE static inline __attribute__((always_inline))
/* Nearly never so: the code for it is moved out of the way. */
#define SELDOM(x) __builtin_expect(!!(x), 0)

#endif
