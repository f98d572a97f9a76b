#include "report.h"

#include "msg.h"
#include "out.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const report_compared[] = { "accuracy", "miss_ratio", NULL };

static const char *const usual[] = { "accuracy", "miss_ratio", "mean_depth",
	"response_p50_ns", "response_p99_ns", "utilisation",
	"energy_per_request_j", "decision_mean_ns", "violated_ratio", "regret",
	NULL };

/* Is there a value other than 0 somewhere? */
static int is_worth(const struct report *r, const struct column *c)
{
	for (int64_t i = 0; i < r->stored->runs; i++) {
		double x = outcome_get(&r->stored->run[i].outcome, c);
		if (!isnan(x) && x != 0)
			return 1;
	}
	return 0;
}

static int choose_metrics(struct report *r, const char *const *names)
{
	for (int i = 0; names && names[i]; i++) {
		const struct column *c = outcome_column(names[i]);
		if (!c)
			return msg_bad("report: --metric: '%s' is no column of runs",
				names[i]);
		if (r->metrics == REPORT_METRICS)
			return msg_bad("report: at most %d times --metric",
				REPORT_METRICS);
		r->metric[r->metrics++] = c;
	}
	for (int i = 0; !names && usual[i]; i++) {
		const struct column *c = outcome_column(usual[i]);
		if (i < 2 || is_worth(r, c))
			r->metric[r->metrics++] = c;
	}
	return 0;
}

static double mean_load(const struct results *s, const char *name)
{
	const struct column *c = outcome_column(name);
	double sum = 0;
	int n = 0;

	for (int p = 0; p < s->policies; p++) {
		for (int k = 0; k < s->replications; k++) {
			if (!results_done(s, p, k))
				continue;
			sum += outcome_get(results_at(s, p, k), c);
			n++;
		}
	}
	return n ? sum / n : NAN;
}

/* 1 if "section.line" begins with an axis and " = ". */
static int is_axis_line(const struct stored *d, const char *section, size_t n,
	const char *line)
{
	for (int a = 0; a < d->axes; a++) {
		const char *axis = d->axis[a];
		size_t key = strlen(axis) - n - 1;
		if (!strncmp(axis, section, n) && axis[n] == '.'
		    && !strncmp(line, axis + n + 1, key)
		    && !strncmp(line + key, " = ", 3))
			return 1;
	}
	return 0;
}

/* The text without the axes among its arrivals, which are described in one
 * line: the rest of that is then the same for all. */
static char *without_axes(const struct stored *d, const char *resolved)
{
	static const char section[] = "arrivals";
	struct text t;
	int inside = 0;

	text_init(&t);
	for (const char *line = resolved, *end; *line; line = end) {
		end = line + strcspn(line, "\n");
		end += *end == '\n';
		if (*line == '[')
			inside = !strncmp(line + 1, section, sizeof section - 1);
		if (!inside || !is_axis_line(d, section, sizeof section - 1, line))
			text_add_n(&t, line, (size_t)(end - line));
	}
	return t.s;
}

static void describe(const struct report *r, int point, struct description *d)
{
	const struct stored_point *p = &r->stored->point[point];
	const struct stored_trace *t = &r->stored->trace[p->trace];
	char *text = without_axes(r->stored, p->resolved);

	description_init(d, text, t->device, t->task, t->modelled,
		r->load[point], r->mandatory_load[point]);
	free(text);
}

/* Of two descriptions keep the lines that are equal. */
static void keep_common(struct description *a, const struct description *b)
{
	int n = 0;

	for (int i = 0; i < a->n; i++) {
		int same = 0;
		for (int k = 0; k < b->n; k++)
			same |= !strcmp(a->line[i].name, b->line[k].name)
				&& !strcmp(a->line[i].text, b->line[k].text);
		if (same)
			a->line[n++] = a->line[i];
		else
			free(a->line[i].text);
	}
	a->n = n;
}

static void set_common(struct report *r)
{
	struct description d;

	if (!r->stored->points)
		return;
	describe(r, 0, &r->common);
	for (int i = 1; i < r->stored->points; i++) {
		describe(r, i, &d);
		keep_common(&r->common, &d);
		description_fini(&d);
	}
}

int report_init(struct report *r, const struct stored *d,
	const char *const *metrics)
{
	size_t points = (size_t)d->points;

	*r = (struct report){ .stored = d };
	if (choose_metrics(r, metrics))
		return -1;
	r->results = mem_new(points, sizeof *r->results);
	r->seeds = mem_new(points, sizeof *r->seeds);
	r->load = mem_new(points, sizeof *r->load);
	r->mandatory_load = mem_new(points, sizeof *r->mandatory_load);
	for (int i = 0; i < d->points; i++) {
		stored_results(d, i, &r->results[i], &r->seeds[i]);
		r->load[i] = mean_load(&r->results[i], "load");
		r->mandatory_load[i] = mean_load(&r->results[i], "mandatory_load");
		r->comparisons += out_comparisons(&r->results[i]);
	}
	set_common(r);
	return 0;
}

void report_fini(struct report *r)
{
	for (int i = 0; r->results && i < r->stored->points; i++) {
		results_fini(&r->results[i]);
		free(r->seeds[i]);
	}
	free(r->results);
	free(r->seeds);
	free(r->load);
	free(r->mandatory_load);
	description_fini(&r->common);
	*r = (struct report){ 0 };
}

struct comparison report_compare(const struct report *r, int point, int policy,
	const struct column *c)
{
	return results_compare(&r->results[point], policy, 0, c,
		r->comparisons ? r->comparisons : 1);
}

char *report_verdict(const struct comparison *d, const struct column *c)
{
	static const char *const words[] = { "", "none", "better", "worse" };
	char mean[32], half[32];

	if (d->verdict == VERDICT_UNKNOWN)
		return mem_string("");
	(void)outcome_print_scaled(mean, c, d->verdict == VERDICT_NONE ? d->mean
		: fabs(d->mean));
	(void)outcome_print_scaled(half, c, d->half);
	return mem_printf("%s %s ± %s", words[d->verdict], mean, half);
}

/* A word of a shell command. */
static void add_word(struct text *t, const char *s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789_-+=./:,%@";

	if (*s && !s[strspn(s, plain)]) {
		text_add(t, " %s", s);
		return;
	}
	text_add(t, " '");
	for (; *s; s++)
		text_add(t, *s == '\'' ? "'\\''" : "%c", *s);
	text_add(t, "'");
}

static int is_key(const char *axis)
{
	return strcmp(axis, "trace sha256") && strcmp(axis, "kind");
}

char *report_command(const struct report *r, int point)
{
	const struct stored *d = r->stored;
	const struct results *s = &r->results[point];
	int n = s->replications;
	struct text t;

	text_init(&t);
	text_add(&t, "laxity run -w workload.ini");
	for (int a = 0; point > 0 && a < d->axes; a++) {
		const char *value = d->point[point].value[a];
		char *set;
		if (!is_key(d->axis[a]) || !strcmp(value, d->point[0].value[a]))
			continue;
		set = mem_printf("%s=%s", d->axis[a], value);
		text_add(&t, " --set");
		add_word(&t, set);
		free(set);
	}
	for (int p = 0; p < s->policies; p++) {
		if (!results_count(s, p))
			continue;
		text_add(&t, " -p");
		add_word(&t, s->policy[p].text);
	}
	/* Seeds of a set follow each other. */
	if (n)
		text_add(&t, " --seed %u --replications %d", s->seed[0],
			(int)(s->seed[n - 1] - s->seed[0] + 1));
	if (*s->bound_name)
		text_add(&t, " --bounds");
	return t.s;
}

char *report_seeds(const struct report *r)
{
	const struct results *s = r->results;
	int same = 1, least, most;

	if (!r->stored->points)
		return mem_string("none");
	least = most = s[0].replications;
	for (int i = 1; i < r->stored->points; i++) {
		same &= s[i].replications == s[0].replications
			&& !memcmp(s[i].seed, s[0].seed,
				(size_t)s[0].replications * sizeof *s->seed);
		if (s[i].replications < least)
			least = s[i].replications;
		if (s[i].replications > most)
			most = s[i].replications;
	}
	if (!same)
		return mem_printf("%d to %d replications a point", least, most);
	if (most == 0)
		return mem_string("none");
	if (most == 1)
		return mem_printf("%u", s[0].seed[0]);
	return mem_printf("%u to %u: %d replications", s[0].seed[0],
		s[0].seed[most - 1], most);
}
