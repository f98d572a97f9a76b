#include "replay.h"

#include "csv.h"
#include "msg.h"
#include "num.h"
#include "sha256.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST_FILE ((size_t)8 << 30)
#define MOST_ROWS ((int64_t)INT32_MAX)
#define SHARED (-1)             /* rel_deadline_ns: the group's first row's */

/* A row as read; its line is first_line + number. */
struct raw {
	int64_t number;             /* data row of the file, from 0 */
	struct replay_row row;
	const char *group;          /* not closed; NULL: none */
	size_t group_length;
};

struct reading {
	const char *path;
	const struct replay_wish *wish;
	struct csv csv;
	int64_t first_line;         /* of data row 0 */
	struct raw *raw;
	int64_t rows, room;
};

static const struct { const char *name; size_t at; bool integer; } stats[] = {
#define STAT(name, integer) { #name, offsetof(struct arrival_stats, name), integer }
	STAT(count, true), STAT(span_ns, true), STAT(rate_hz, false),
	STAT(cv, false), STAT(lag1, false), STAT(idc100, false),
	STAT(peak100, false), STAT(deadline_mean_ns, false),
	STAT(deadline_min_ns, true), STAT(deadline_max_ns, true),
#undef STAT
};
enum { STATS = sizeof stats / sizeof *stats };

static int64_t integer_stat(const struct arrival_stats *s, int i)
{
	int64_t x;
	memcpy(&x, (const char *)s + stats[i].at, sizeof x);
	return x;
}

static double real_stat(const struct arrival_stats *s, int i)
{
	double x;
	memcpy(&x, (const char *)s + stats[i].at, sizeof x);
	return x;
}

/* Whether the rows had what the statistic is about. */
static bool is_defined(const struct arrival_stats *s, int i)
{
	if (!stats[i].integer)
		return !isnan(real_stat(s, i));
	return strncmp(stats[i].name, "deadline", 8)
		|| !isnan(s->deadline_mean_ns);
}

/* ---- Rows ------------------------------------------------------------------------ */

static int take_row(struct reading *r)
{
	struct raw *x = &r->raw[r->rows];
	int64_t last = r->rows ? x[-1].row.release_ns : 0, input;

	*x = (struct raw){ .number = r->rows, .row.group = -1 };
	if (csv_integer(&r->csv, 0, TIME_MAX_NS, &x->row.release_ns)
	    || csv_optional_integer(&r->csv, 1, TIME_MAX_NS, 0,
		&x->row.rel_deadline_ns)
	    || csv_optional_integer(&r->csv, 0, r->wish->inputs - 1, -1, &input)
	    || (r->csv.columns == 4
		&& csv_optional_name(&r->csv, &x->group, &x->group_length)))
		return -1;
	x->row.input = (int32_t)input;
	if (x->row.release_ns < last)
		return csv_bad(&r->csv, "release_ns %" PRId64 " comes before "
			"that of the row above (%" PRId64 ")",
			x->row.release_ns, last);
	if (!x->group_length)
		x->group = NULL;
	r->rows++;
	return 0;
}

static int read_rows(struct reading *r)
{
	r->first_line = r->csv.line + 1;
	while (csv_next(&r->csv)) {
		if (r->rows == MOST_ROWS)
			return csv_bad(&r->csv, "more than %" PRId64 " rows",
				MOST_ROWS);
		MEM_ROOM(r->raw, r->rows, r->room);
		if (take_row(r))
			return -1;
	}
	return 0;
}

/* ---- Statistics ----------------------------------------------------------------- */

static void compute_stats(const struct reading *r, struct arrival_stats *out)
{
	int64_t *release_ns = mem_new((size_t)r->rows, sizeof *release_ns);
	int64_t least = 0, most = 0, known = 0;
	double sum = 0;

	for (int64_t i = 0; i < r->rows; i++) {
		int64_t d = r->raw[i].row.rel_deadline_ns;
		release_ns[i] = r->raw[i].row.release_ns;
		known += d > 0;
		sum += (double)d;
		least = i && least < d ? least : d;
		most = most > d ? most : d;
	}
	arrival_stats(release_ns, r->rows, out);
	if (known == r->rows && known) {
		out->deadline_mean_ns = sum / (double)known;
		out->deadline_min_ns = least;
		out->deadline_max_ns = most;
	}
	free(release_ns);
}

/* Compare what a `#` line states with what the rows give. */
static int check_claim(const struct reading *r, int64_t line, int stat,
	const char *text, const struct arrival_stats *s)
{
	const char *name = stats[stat].name;
	const bool integer = stats[stat].integer;
	int64_t n;
	double x, y;

	if (integer ? num_integer(text, &n) : num_real(text, &x))
		return msg_bad("%s:%" PRId64 ": %s = '%.40s': %s expected",
			r->path, line, name, text,
			integer ? "an integer" : "a number");
	if (!is_defined(s, stat))
		return msg_bad("%s:%" PRId64 ": %s: %s expected, but the rows "
			"give none", r->path, line, name, text);
	if (integer) {
		if (n == integer_stat(s, stat))
			return 0;
		return msg_bad("%s:%" PRId64 ": %s: %" PRId64 " expected, the "
			"rows give %" PRId64, r->path, line, name, n,
			integer_stat(s, stat));
	}
	y = real_stat(s, stat);
	if (fabs(x - y) <= fmax(1e-4 * fabs(y), 1e-6))
		return 0;
	return msg_bad("%s:%" PRId64 ": %s: %.9g expected, the rows give %.9g",
		r->path, line, name, x, y);
}

/* The statistic that a `#` line states, or -1: "# key = value". */
static int claimed_stat(char *s, const char **value)
{
	char *equals = strchr(s, '='), *end = equals;

	if (!equals)
		return -1;
	s += 1 + strspn(s + 1, " ");
	while (end > s && end[-1] == ' ')
		end--;
	*value = equals + 1 + strspn(equals + 1, " ");
	for (int i = 0; i < STATS; i++)
		if (strlen(stats[i].name) == (size_t)(end - s)
		    && !strncmp(s, stats[i].name, (size_t)(end - s)))
			return i;
	return -1;
}

static int check_claims(const struct reading *r, bool *unchecked)
{
	const char *s = r->csv.text, *value;
	struct arrival_stats computed;
	int failed = 0;

	*unchecked = true;
	for (int64_t line = 1; line <= r->csv.comments && !failed; line++) {
		size_t n = strcspn(s, "\n");
		char *copy = mem_string_n(s, n);
		int stat = claimed_stat(copy, &value);
		if (stat >= 0) {
			if (*unchecked)
				compute_stats(r, &computed);
			*unchecked = false;
			failed = check_claim(r, line, stat, value, &computed);
		}
		free(copy);
		s += n + 1;
	}
	return failed;
}

void replay_add_stats(struct text *t, const struct arrival_stats *s)
{
	for (int i = 0; i < STATS; i++) {
		if (!is_defined(s, i))
			continue;
		if (stats[i].integer)
			text_add(t, "# %s = %" PRId64 "\n", stats[i].name,
				integer_stat(s, i));
		else
			text_add(t, "# %s = %.9g\n", stats[i].name,
				real_stat(s, i));
	}
}

const char *replay_header(bool groups)
{
	return groups ? "release_ns,relative_deadline_ns,input,group"
		: "release_ns,relative_deadline_ns,input";
}

/* ---- Choosing and scaling ---------------------------------------------------------- */

/* Window and thinning; what remains moves to the front. */
static void choose(struct reading *r)
{
	const struct replay_wish *w = r->wish;
	int64_t kept = 0;

	for (int64_t i = 0; i < r->rows; i++) {
		struct raw x = r->raw[i];
		if (x.row.release_ns < w->from_ns || x.row.release_ns >= w->to_ns)
			continue;
		x.row.release_ns -= w->from_ns;
		if (w->keep < 1) {
			struct stream s;
			stream_open(&s, w->seed, PURPOSE_THINNING,
				(uint64_t)x.number);
			if (!(stream_unit(&s) < w->keep))
				continue;
		}
		r->raw[kept++] = x;
	}
	r->rows = kept;
}

static int cut(struct reading *r)
{
	const struct replay_wish *w = r->wish;
	int64_t need = w->warmup + (w->requests < 0 ? 1 : w->requests);

	if (r->rows < need)
		return msg_bad("%s: %" PRId64 " rows%s, the workload needs %s%"
			PRId64, r->path, r->rows,
			w->keep < 1 || w->from_ns || w->to_ns != TIME_NEVER
				? " kept" : "",
			w->requests < 0 ? "at least " : "", need);
	if (w->requests >= 0)
		r->rows = need;
	return 0;
}

static int scale(struct reading *r)
{
	const struct replay_wish *w = r->wish;
	double factor = w->scale;

	if (!isnan(w->rate_hz)) {
		int64_t span = r->raw[r->rows - 1].row.release_ns
			- r->raw[0].row.release_ns;
		if (!span)
			return msg_bad("%s: its rows have no rate that load or "
				"rate_hz could change", r->path);
		factor = (double)(r->rows - 1) / ((double)span * 1e-9)
			/ w->rate_hz;
	}
	if (factor == 1)
		return 0;
	for (int64_t i = 0; i < r->rows; i++) {
		double t = (double)r->raw[i].row.release_ns * factor;
		if (t > (double)TIME_MAX_NS)
			return msg_bad("%s:%" PRId64 ": scaled, its release is "
				"later than 2^60 ns", r->path,
				r->first_line + r->raw[i].number);
		r->raw[i].row.release_ns = llround(t);
	}
	return 0;
}

/* ---- Groups -------------------------------------------------------------------------- */

static int compare_groups(const struct raw *x, const struct raw *y)
{
	size_t n = x->group_length < y->group_length ? x->group_length
		: y->group_length;
	int order = memcmp(x->group, y->group, n);

	return order ? order : (x->group_length > y->group_length)
		- (x->group_length < y->group_length);
}

static int by_group(const void *a, const void *b)
{
	const struct raw *x = *(struct raw *const *)a, *y = *(struct raw *const *)b;
	int order = compare_groups(x, y);

	return order ? order : (x->number > y->number) - (x->number < y->number);
}

/* The instant before which all of a group must be released. A deadline yet to
 * be drawn counts with the least that it can become, so that a workload suits
 * every seed or none; without any, check_deadlines has the better word. */
static int64_t latest_release(const struct reading *r, const struct raw *first)
{
	int64_t d = first->row.rel_deadline_ns ? first->row.rel_deadline_ns
		: r->wish->drawn_min_ns;
	return d ? first->row.release_ns + d : TIME_NEVER;
}

static int bad_member(const struct reading *r, const struct raw *first,
	const struct raw *x)
{
	return msg_bad("%s:%" PRId64 ": group '%.*s': released at or after the "
		"deadline of its first row (line %" PRId64 ")", r->path,
		r->first_line + x->number, (int)first->group_length,
		first->group, r->first_line + first->number);
}

/* Number the groups by name; check that their rows can share a deadline. */
static int join_groups(struct reading *r, struct arena *a, struct replay *out)
{
	struct raw **member = mem_new((size_t)r->rows, sizeof *member);
	const struct raw *first = NULL;
	int64_t n = 0;
	int failed = 0;

	for (int64_t i = 0; i < r->rows; i++)
		if (r->raw[i].group)
			member[n++] = &r->raw[i];
	qsort(member, (size_t)n, sizeof *member, by_group);
	out->group_size = arena_new(a, (size_t)n, sizeof *out->group_size);
	out->group_name = arena_new(a, (size_t)n, sizeof *out->group_name);
	for (int64_t i = 0; i < n && !failed; i++) {
		struct raw *x = member[i];
		if (!first || compare_groups(first, x)) {
			char *name = arena_new(a, x->group_length + 1, 1);
			memcpy(name, x->group, x->group_length);
			out->group_name[out->groups++] = name;
			first = x;
		} else {
			if (x->row.release_ns >= latest_release(r, first))
				failed = bad_member(r, first, x);
			x->row.rel_deadline_ns = SHARED;
		}
		x->row.group = out->groups - 1;
		out->group_size[x->row.group]++;
	}
	free(member);
	return failed;
}

static int check_deadlines(const struct reading *r)
{
	if (r->wish->drawn_min_ns)
		return 0;
	for (int64_t i = 0; i < r->rows; i++)
		if (!r->raw[i].row.rel_deadline_ns)
			return msg_bad("%s:%" PRId64 ": no relative deadline, and "
				"the workload has no [deadline] to draw it from",
				r->path, r->first_line + r->raw[i].number);
	return 0;
}

int replay_read(const char *path, const struct replay_wish *wish,
	struct arena *a, struct replay *out)
{
	static const char *const grouped[] = { "release_ns",
		"relative_deadline_ns", "input", "group", NULL };
	static const char *const plain[] = { "release_ns",
		"relative_deadline_ns", "input", NULL };
	static const char *const *const kinds[] = { plain, grouped, NULL };
	struct reading r = { .path = path, .wish = wish };
	int failed;

	*out = (struct replay){ 0 };
	if (csv_open_any(&r.csv, path, LARGEST_FILE, kinds))
		return -1;
	sha256_hex(r.csv.text, r.csv.length, out->sha256);
	failed = read_rows(&r) || check_claims(&r, &out->unchecked);
	if (!failed) {
		choose(&r);
		failed = cut(&r) || scale(&r) || join_groups(&r, a, out)
			|| check_deadlines(&r);
	}
	if (!failed) {
		out->rows = r.rows;
		out->row = arena_new(a, (size_t)r.rows, sizeof *out->row);
		for (int64_t i = 0; i < r.rows; i++) {
			out->row[i] = r.raw[i].row;
			if (out->row[i].rel_deadline_ns == SHARED)
				out->row[i].rel_deadline_ns = 0;
		}
	}
	csv_close(&r.csv);
	free(r.raw);
	return failed ? -1 : 0;
}
