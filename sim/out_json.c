#include "out.h"

#include "utf8.h"
#include "version.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void out_utf8(struct text *t, const char *string)
{
	const unsigned char *s = (const unsigned char *)string;
	size_t left = strlen(string);

	while (left) {
		size_t n = utf8_sequence(s, left), step = n ? n : 1;
		if (n == 0 || (utf8_is_control(s, n) && *s != '\n' && *s != '\t'))
			text_add(t, "\xef\xbf\xbd");
		else
			text_add_n(t, (const char *)s, n);
		s += step;
		left -= step;
	}
}

void out_json_string(struct text *t, const char *string)
{
	struct text clean;

	text_init(&clean);
	out_utf8(&clean, string);
	text_add(t, "\"");
	for (const char *s = clean.s; *s; s++) {
		if (*s == '"' || *s == '\\')
			text_add(t, "\\%c", *s);
		else if (*s == '\n' || *s == '\t')
			text_add(t, "\\%c", *s == '\n' ? 'n' : 't');
		else
			text_add_n(t, s, 1);
	}
	text_add(t, "\"");
	text_fini(&clean);
}

/* A number or null; JSON knows no infinities, and there are none. */
static void add_real(struct text *t, const char *name, double x)
{
	char value[32];

	text_add(t, "\"%s\": %s", name, isfinite(x) ? num_print(value, x) : "null");
}

static void add_replication(struct text *t, const struct results *s, int p, int r)
{
	char value[32];

	text_add(t, "{\"seed\": %u", s->seed[r]);
	for (const struct column *c = outcome_columns; c->name; c++) {
		(void)outcome_print(value, results_at(s, p, r), c);
		text_add(t, ", \"%s\": %s", c->name, *value ? value : "null");
	}
	text_add(t, "}");
}

static void add_estimates(struct text *t, const struct results *s, int p)
{
	const char *comma = "";

	for (const struct column *c = outcome_columns; c->name; c++) {
		struct estimate e = results_estimate(s, p, c);
		text_add(t, "%s\n      \"%s\": {\"n\": %lld, ", comma, c->name,
			(long long)e.n);
		add_real(t, "mean", e.mean);
		text_add(t, ", ");
		add_real(t, "half_width_95", e.half);
		text_add(t, ", ");
		add_real(t, "limit_95", e.limit);
		text_add(t, "}");
		comma = ",";
	}
}

static void add_comparisons(struct text *t, const struct results *s, int p,
	int64_t m)
{
	static const char *const verdicts[] = { "unknown", "no evidence",
		"better", "worse" };
	const char *comma = "";

	for (const struct column *c = outcome_columns; c->name; c++) {
		struct comparison d;
		if (c->better == BETTER_NEITHER)
			continue;
		d = results_compare(s, p, 0, c, m);
		text_add(t, "%s\n      \"%s\": {\"n\": %lld, ", comma, c->name,
			(long long)d.n);
		add_real(t, "difference", d.mean);
		text_add(t, ", ");
		add_real(t, "half_width_95", d.half);
		text_add(t, ", ");
		add_real(t, "half_width_joint", d.half_joint);
		text_add(t, ", \"verdict\": \"%s\"}", verdicts[d.verdict]);
		comma = ",";
	}
}

static void add_policy(struct text *t, const struct results *s, int p, int64_t m)
{
	const char *comma = "";

	text_add(t, "    {\"policy\": ");
	out_json_string(t, s->policy[p].text);
	text_add(t, ", \"clairvoyant\": %s,\n     \"replications\": [",
		s->policy[p].clairvoyant ? "true" : "false");
	for (int r = 0; r < s->replications; r++) {
		if (!results_done(s, p, r))
			continue;
		text_add(t, "%s\n      ", comma);
		add_replication(t, s, p, r);
		comma = ",";
	}
	text_add(t, "],\n     \"estimates\": {");
	add_estimates(t, s, p);
	text_add(t, "},\n     \"against_first\": ");
	if (p == 0) {
		text_add(t, "null}");
		return;
	}
	text_add(t, "{");
	add_comparisons(t, s, p, m);
	text_add(t, "}}");
}

void out_json(struct text *t, const struct results *s, const struct workload *w)
{
	/* As many as the table prints, so that both use the same words. */
	int64_t m = out_comparisons(s);
	double load, mandatory;

	workload_load(w, &load, &mandatory);
	text_add(t, "{\n  \"program\": {\"name\": \"laxity\", \"version\": \"%s\", "
		"\"commit\": \"%s\", \"code_sha256\": \"%s\"},\n", LAXITY_VERSION,
		laxity_commit, laxity_code);
	text_add(t, "  \"trace\": {\"path\": ");
	out_json_string(t, w->bundle->dir);
	text_add(t, ", \"sha256\": \"%s\", \"device\": ", w->bundle->sha256);
	out_json_string(t, w->bundle->device);
	text_add(t, ", \"task\": ");
	out_json_string(t, w->bundle->task);
	text_add(t, ", \"modelled\": %s},\n  \"workload\": {\"file\": ",
		w->bundle->modelled ? "true" : "false");
	out_json_string(t, w->file);
	text_add(t, ", ");
	add_real(t, "load", load);
	text_add(t, ", ");
	add_real(t, "mandatory_load", mandatory);
	text_add(t, ", \"resolved\": ");
	out_json_string(t, w->resolved);
	text_add(t, "},\n  \"bound_name\": ");
	if (*s->bound_name)
		out_json_string(t, s->bound_name);
	else
		text_add(t, "null");
	text_add(t, ",\n  \"comparisons\": %lld,\n  \"policies\": [", (long long)m);
	for (int p = 0; p < s->policies; p++) {
		text_add(t, p ? ",\n" : "\n");
		add_policy(t, s, p, m);
	}
	text_add(t, "\n  ]\n}\n");
}
