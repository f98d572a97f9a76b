/* laxity claims: which statements hold on the results that are here. */
#include "claims.h"
#include "command.h"
#include "msg.h"
#include "num.h"
#include "options.h"
#include "out.h"

#include <stdio.h>
#include <stdlib.h>

enum format { TABLE, CSV, MARKDOWN };

static void add_who(struct text *t, const struct claim *c)
{
	text_add(t, "%s%s%s", claim_source_name(c->source), *c->who ? ": " : "", c->who);
}

static void add_table(struct text *t, const struct claim *c,
	const struct claim_result *r)
{
	text_add(t, "%s: %s\n    ", claim_verdict_name(r->verdict), c->sentence);
	add_who(t, c);
	text_add(t, " [%s]\n    ", c->name);
	if (!c->untested) {
		claim_expected(c, t);
		text_add(t, ": ");
	}
	text_add(t, "%s\n", r->numbers);
}

static void add_csv(struct text *t, const struct claim *c,
	const struct claim_result *r)
{
	struct text expected;
	char value[32];

	text_init(&expected);
	if (!c->untested)
		claim_expected(c, &expected);
	out_csv_field(t, c->name);
	text_add(t, ",%s,", claim_source_name(c->source));
	out_csv_field(t, c->who);
	text_add(t, ",%s,%s,%s,", claim_verdict_name(r->verdict), expected.s,
		num_print(value, r->number));
	out_csv_field(t, r->numbers);
	text_add(t, ",");
	out_csv_field(t, c->sentence);
	text_add(t, "\n");
	text_fini(&expected);
}

/* Neither ends its cell nor becomes HTML. */
static void add_cell(struct text *t, const char *s)
{
	for (; *s; s++)
		text_add(t, *s == '|' ? "\\|" : *s == '<' ? "&lt;" : "%c", *s);
}

static void add_markdown(struct text *t, const struct claim *c,
	const struct claim_result *r)
{
	text_add(t, "| %s | ", claim_verdict_name(r->verdict));
	add_cell(t, c->sentence);
	text_add(t, " | %s%s", claim_source_name(c->source), *c->who ? ": " : "");
	add_cell(t, c->who);
	text_add(t, " | ");
	if (!c->untested)
		claim_expected(c, t);
	text_add(t, " | ");
	add_cell(t, r->numbers);
	text_add(t, " |\n");
}

static int test_all(const struct claims *c, enum format format, struct text *t,
	int *broken)
{
	void (*const add[])(struct text *, const struct claim *,
		const struct claim_result *) = { add_table, add_csv, add_markdown };
	int n[3] = { 0 };

	if (format == CSV)
		text_add(t, "claim,source,who,verdict,expected,number,numbers,sentence\n");
	if (format == MARKDOWN)
		text_add(t, "| verdict | claim | source | expected | found |\n"
			"|---|---|---|---|---|\n");
	for (int i = 0; i < c->n; i++) {
		struct claim_result r;
		if (claim_test(c, &c->claim[i], &r))
			return -1;
		add[format](t, &c->claim[i], &r);
		n[r.verdict]++;
		*broken += c->claim[i].source == CLAIM_OURS
			&& r.verdict == CLAIM_FAILS;
		free(r.numbers);
	}
	if (format == TABLE)
		text_add(t, "\n%d hold, %d do not, %d cannot be tested here; of ours %d "
			"do not hold\n", n[CLAIM_HOLDS], n[CLAIM_FAILS],
			n[CLAIM_UNTESTED], *broken);
	return 0;
}

static int claims_main(int argc, char **argv)
{
	static const char *const formats[] = { "table", "csv", "markdown", NULL };
	int format = TABLE, broken = 0, status;
	const struct option table[] = {
		{ "--format", OPTION_WORD, &format, 0, 0, formats },
		{ 0 }
	};
	struct option_list files = { 0 };
	struct claims c = { 0 };
	struct text t;

	text_init(&t);
	status = options_read(argc, argv, table, &files);
	if (!status && files.n != 1)
		status = msg_bad("claims: one file of claims");
	if (!status)
		status = claims_read(&c, files.item[0]);
	if (!status) {
		status = test_all(&c, (enum format)format, &t, &broken);
		claims_fini(&c);
	}
	if (!status) {
		(void)fwrite(t.s, 1, t.length, stdout);
		status = broken ? STATUS_CLAIM : STATUS_OK;
	}
	text_fini(&t);
	options_list_fini(&files);
	return status;
}

const struct command command_claims = {
	.name = "claims", .order = 28,
	.summary = "test published and own claims against stored results",
	.manual =
	"usage: laxity claims FILE [--format table|csv|markdown]\n"
	"\n"
	"Tests each claim of FILE against the database it names, which is only read:\n"
	"holds, does not hold, or cannot be tested here, with the numbers.\n"
	"\n"
	"  [claim NAME]\n"
	"  sentence = what is claimed\n"
	"  source = ours               or published: WHO, or recalled: WHO\n"
	"  database = results/figures/clients.db\n"
	"  query = select ...          one statement, one row; its first column is the\n"
	"                              number, the others are printed beside it\n"
	"  is = at least               or at most, about\n"
	"  value = 10\n"
	"  tolerance = 0.5             how far beyond `value` still holds; default 0\n"
	"\n"
	"`untested = why` in place of database to tolerance. Exit status 3 if a claim of\n"
	"ours does not hold; what others have claimed may fail on these traces.\n"
	"\n"
	"Units: those of the query, as the sentence says.\n",
	.main = claims_main,
};
