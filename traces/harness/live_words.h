/* What a live run has to say of itself beyond its results: for people, and as
 * facts for the log and the store. */
#ifndef LAXITY_LIVE_WORDS_H
#define LAXITY_LIVE_WORDS_H

#include "recorded.h"

/* Add facts on lateness, dispatch, the repetition and the outcomes. */
void live_words_facts(struct live_log *log, const struct workload *w,
	const struct metrics *m, const struct recorded_check *check);

/* The lines that follow the results, "NAME   words". */
void live_words_add(struct text *t, const struct live_log *log);

#endif
