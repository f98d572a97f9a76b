#include "out.h"

#include <string.h>

void out_csv_field(struct text *t, const char *string)
{
	struct text clean;
	size_t n = 0;

	while (string[n] >= ' ' && string[n] < 127 && string[n] != ','
	    && string[n] != '"')
		n++;
	if (!string[n]) {
		text_add_n(t, string, n);
		return;
	}
	/* A table may be shown on a terminal. */
	text_init(&clean);
	out_utf8(&clean, string);
	if (!clean.s[strcspn(clean.s, ",\"\n")]) {
		text_add_n(t, clean.s, clean.length);
	} else {
		text_add(t, "\"");
		for (const char *s = clean.s; *s; s++)
			text_add(t, *s == '"' ? "\"\"" : "%c", *s);
		text_add(t, "\"");
	}
	text_fini(&clean);
}

void out_csv(struct text *t, const struct results *s)
{
	char value[32];

	text_add(t, "policy,seed");
	for (const struct column *c = outcome_columns; c->name; c++)
		if (c->in_csv)
			text_add(t, ",%s", c->name);
	text_add(t, "\n");
	for (int p = 0; p < s->policies; p++) {
		for (int r = 0; r < s->replications; r++) {
			if (!results_done(s, p, r))
				continue;
			out_csv_field(t, s->policy[p].text);
			text_add(t, ",%u", s->seed[r]);
			for (const struct column *c = outcome_columns; c->name; c++)
				if (c->in_csv)
					text_add(t, ",%s", outcome_print(value,
						results_at(s, p, r), c));
			text_add(t, "\n");
		}
	}
}
