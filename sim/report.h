/* What a store says, for people: as text, or as one page of HTML with figures.
 *
 * Every byte depends only on what is stored. Names in a store may come from a
 * stranger: text is made printable, HTML is escaped. */
#ifndef LAXITY_REPORT_H
#define LAXITY_REPORT_H

#include "out_describe.h"
#include "stored.h"

#define REPORT_METRICS 24

struct report {
	const struct stored *stored;
	int metrics;
	const struct column *metric[REPORT_METRICS];
	/* By point. */
	struct results *results;
	uint32_t **seeds;
	double *load, *mandatory_load;
	/* What is the same at every point, in words. */
	struct description common;
	/* Comparisons with the first policy, in accuracy and miss ratio: all
	 * that are printed, so all that the words must hold for. */
	int64_t comparisons;
};

/* metrics NULL-terminated names, or NULL: those worth showing. -1 after one
 * message if there is no such column. */
int report_init(struct report *r, const struct stored *d,
	const char *const *metrics);
void report_fini(struct report *r);

void report_text(const struct report *r, struct text *out);
void report_html(const struct report *r, struct text *out);

/* The comparison of a policy with the first at a point. */
struct comparison report_compare(const struct report *r, int point, int policy,
	const struct column *c);

/* What policies are compared in; ends with NULL. */
extern const char *const report_compared[];

/* "better 11.11 ± 0.09", "worse ...", "none 0.02 ± 0.11", "" if nothing can be
 * said. The caller frees it. */
char *report_verdict(const struct comparison *d, const struct column *c);

/* The command that runs a point again from the first point's workload text,
 * saved as workload.ini, quoted for a shell. The caller frees it. */
char *report_command(const struct report *r, int point);

/* "1 to 10", or the numbers of seeds that differ between points. */
char *report_seeds(const struct report *r);

/* ---- report_svg.c ------------------------------------------------------------ */

/* The axis along which figures are drawn: the one with the most different
 * numbers; -1 if there is none with two. */
int report_x_axis(const struct report *r);

/* A figure of one metric for points[0 ... n-1] (in order of x): a line a policy
 * with its intervals; with axis < 0 a mark a policy and point. */
void report_svg(const struct report *r, struct text *out, const struct column *c,
	int axis, const int *points, int n, const char *title);

/* The mark and line of a policy, for a key beside figures. */
void report_svg_key(const struct report *r, struct text *out, int policy);

/* CSS for the figures: colours of the policies in light and dark. */
void report_svg_style(const struct report *r, struct text *out);

/* s with & < > " ' escaped, unprintable bytes as U+FFFD. */
void report_escape(struct text *out, const char *s);

#endif
