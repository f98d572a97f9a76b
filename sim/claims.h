/* Statements about results, each with the question that tests it.
 *
 *     [claim NAME]
 *     sentence = imprecise beats EDF by 10 points at 32 clients
 *     source = published: Yao et al., RTCSA 2020    ; or recalled: WHO, or ours
 *     database = results/figures/clients.db
 *     query = select 100 * avg(accuracy) as points, count(*) as runs from runs
 *     is = at least                                 ; at least | at most | about
 *     value = 10
 *     tolerance = 0.5                               ; default 0
 *
 * `at least` holds from value - tolerance on, `at most` up to value + tolerance,
 * `about` between them. The query is one statement that only reads, on one
 * line; the first column of its only row is the number, the others are printed
 * beside it under their names. A claim that has no data here says why instead:
 * `untested = it needs a GPU` in place of database to tolerance. */
#ifndef LAXITY_CLAIMS_H
#define LAXITY_CLAIMS_H

#include "mem.h"

#include <stdint.h>

enum claim_source { CLAIM_OURS, CLAIM_PUBLISHED, CLAIM_RECALLED };
enum claim_is { CLAIM_AT_LEAST, CLAIM_AT_MOST, CLAIM_ABOUT };
enum claim_verdict { CLAIM_HOLDS, CLAIM_FAILS, CLAIM_UNTESTED };

/* Strings live as long as the file. */
struct claim {
	const char *name, *sentence;
	enum claim_source source;
	const char *who;            /* "" for ours */
	const char *untested;       /* NULL: the rest is there */
	const char *database, *query;
	int query_line;
	enum claim_is is;
	double value, tolerance;    /* >= 0; in the query's unit */
};

struct claims { int n; struct claim *claim; struct ini *ini; };

/* -1 after one message "laxity: FILE:LINE: reason" (exit 2). */
int claims_read(struct claims *c, const char *path);
void claims_fini(struct claims *c);

struct claim_result {
	enum claim_verdict verdict;
	double number;              /* NAN: untested */
	char *numbers;              /* the row: "points 12.5, runs 10", or why there
	                             * is none; freed by free */
};

/* Ask. Untested: no database, no row, or no number in it. A query that fails,
 * writes, or holds more than one statement is -1 after one message (exit 2),
 * as is one that does not end. */
int claim_test(const struct claims *c, const struct claim *claim,
	struct claim_result *r);

/* "at least 10 (tolerance 0.5)" */
void claim_expected(const struct claim *claim, struct text *t);
const char *claim_source_name(enum claim_source s);
const char *claim_verdict_name(enum claim_verdict v);

#endif
