#include "live_words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* "p50 1.2 us, p99 80.1 us, largest 1203.0 us, of 812" */
static void put_lateness(struct live_log *log, const char *name,
	const struct live_lateness *l)
{
	if (l->count)
		live_log_fact(log, name, "p50 %.1f us, p99 %.1f us, largest "
			"%.1f us, of %lld", 1e-3 * (double)l->p50,
			1e-3 * (double)l->p99, 1e-3 * (double)l->largest,
			(long long)l->count);
}

void live_words_facts(struct live_log *log, const struct workload *w,
	const struct metrics *m, const struct recorded_check *check)
{
	struct live_lateness l;
	char *difference;

	live_log_wake_lateness(log, &l);
	put_lateness(log, "wake_up_late", &l);
	if (!check->differs) {
		live_log_notice_lateness(log, &l);
		put_lateness(log, "noticed_late", &l);
	}
	live_log_dispatch(log, &l);
	put_lateness(log, "pick_to_send", &l);
	if (log->stages)
		live_log_fact(log, "decision_cost_ns", "%lld",
			(long long)live_log_decision_cost(log));
	if (!isnan(m->decision_mean_ns))
		live_log_fact(log, "decision_mean_ns", "%.0f",
			m->decision_mean_ns);
	live_log_fact(log, "strange_outcomes", "%lld of %lld",
		(long long)live_log_strange(log), (long long)log->stages);
	if (!check->differs) {
		live_log_fact(log, "repetition", "all %lld decisions again",
			(long long)check->compared);
		return;
	}
	difference = recorded_difference(check, w);
	live_log_fact(log, "repetition", "%s", difference);
	free(difference);
}

void live_words_add(struct text *t, const struct live_log *log)
{
	static const struct { const char *head, *fact, *after; } lines[] = {
		{ "measured on", "device", "" },
		{ "backend", "backend", "" },
		{ "began", "began", "" },
		{ "ended", "ended", "" },
		{ "waiting", "wait", "" },
		{ "priority", "priority", "" },
		{ "memory", "memory", "" },
		{ "woken late", "wake_up_late", " times" },
		{ "noticed late", "noticed_late", " releases" },
		{ "longest pause", "longest_pause", " in which the executor did "
			"not look at the clock" },
		{ "pick to send", "pick_to_send", " stages" },
		{ "it costs", "decision_cost_ns", " ns, the slowest hundredth "
			"left out ([overhead] decision)" },
		{ "a decision", "decision_mean_ns", " ns on average of the "
			"policy's own" },
		{ "repeated", "repetition", "" },
		{ "strange", "strange_outcomes",
			" stages came out otherwise than in the trace" },
		{ "energy", "energy", "" },
	};

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		const char *value = live_log_get(log, lines[i].fact);
		if (*value)
			text_add(t, "%-14s%s%s\n", lines[i].head, value,
				lines[i].after);
	}
}
