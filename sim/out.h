/* Results for people (table), for programs (CSV, JSON). All append to a text. */
#ifndef LAXITY_OUT_H
#define LAXITY_OUT_H

#include "mem.h"
#include "out_describe.h"
#include "results.h"

#include <stdint.h>

/* The workload in words, then a line a policy; with enough replications
 * intervals, and what may be said of each policy against the first. */
void out_table(struct text *t, const struct results *s,
	const struct description *d);

/* Only the parts of it that a report repeats for each point: the line a policy,
 * and the comparisons, each wording being one of m. */
void out_table_policies(struct text *t, const struct results *s, int indent);
void out_table_comparisons(struct text *t, const struct results *s, int64_t m,
	int indent);
/* What the marks mean that out_table_policies has set. */
void out_table_notes(struct text *t, const struct results *s);

/* "87.32 ± 0.11", without an interval "87.32"; "0.00 (≤ 0.0015)" where no case
 * was seen; "" if missing. In the column's unit. The caller frees it. */
char *out_estimate(const struct estimate *e, const struct column *c);

/* How many comparisons one set of policies makes. */
int64_t out_comparisons(const struct results *s);

/* The columns of `laxity run --format csv`, a line a policy and replication. */
void out_csv(struct text *t, const struct results *s);
/* A field, as out_utf8, in double quotes if it holds a comma, a quote or a line
 * end. */
void out_csv_field(struct text *t, const char *s);

/* One object: program, trace, workload, and for each policy its replications
 * with every column, the estimates and the comparisons with the first. Missing
 * values are null. */
void out_json(struct text *t, const struct results *s, const struct workload *w);
/* A string in double quotes, as out_utf8. */
void out_json_string(struct text *t, const char *s);

/* s, with U+FFFD for bytes that are not UTF-8 and for control characters but
 * newline and tab. */
void out_utf8(struct text *t, const char *s);

#endif
