#include "support_assign.h"

#include "../sim/splitmix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int64_t pick_below(uint64_t *state, int64_t n)
{
	return (int64_t)(pick_unit(state) * (double)n);
}

double pick_unit(uint64_t *state)
{
	return splitmix_unit(state);
}

static int32_t least_depth(const struct assign_task *t)
{
	return t->done >= t->mandatory ? t->done : t->mandatory;
}

static int64_t time_of(const struct assign_task *t, int32_t depth)
{
	int64_t sum = 0;

	for (int k = t->done + 1; k <= depth; k++)
		sum += t->total_ns[k] - t->total_ns[k - 1];
	return sum;
}

static double reward_of(const struct assign_task *t, int32_t depth)
{
	return depth >= t->mandatory ? t->reward[depth - 1] : 0;
}

static int64_t quanta_of(double reward, double delta)
{
	return (int64_t)floor(reward / delta + 1e-9);
}

static bool is_option(const struct assign_task *t, int32_t depth)
{
	int64_t alone = t->alone_ns > 0 ? t->alone_ns : 0;

	return time_of(t, depth) <= alone;
}

/* Where the plan leaves a task: what is done stays done. */
static int32_t present(const struct assign_task *t)
{
	return t->plan > t->done ? t->plan : t->done;
}

bool slow_in_time(const struct assign_task *t, int n)
{
	int64_t sum = 0;

	for (int i = 0; i < n; i++) {
		sum += time_of(&t[i], t[i].plan);
		if (sum > t[i].left_ns)
			return false;
	}
	return true;
}

double slow_reward(const struct assign_task *t, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += reward_of(&t[i], present(&t[i]));
	return sum;
}

/* ---- The table ------------------------------------------------------------- */

void slow_table_init(struct slow_table *s, const struct assign_task *t, int n,
	double delta)
{
	double most = 0;

	for (int i = 0; i < n; i++)
		for (int32_t l = least_depth(&t[i]); l <= t[i].depths; l++)
			if (reward_of(&t[i], l) > most)
				most = reward_of(&t[i], l);
	s->n = n;
	s->top = n * quanta_of(most, delta);
	size_t cells = (size_t)((n + 1) * (s->top + 1));
	s->time = mem_new(cells, sizeof *s->time);
	s->reward = mem_new(cells, sizeof *s->reward);
	s->depth = mem_new(cells, sizeof *s->depth);
	for (size_t c = 0; c < cells; c++)
		s->time[c] = TIME_NEVER;
	s->time[0] = 0;
	for (int i = 1; i <= n; i++) {
		const struct assign_task *x = &t[i - 1];
		for (int64_t r = 0; r <= s->top; r++) {
			int64_t to = slow_cell(s, i, r);
			for (int32_t l = least_depth(x); l <= x->depths; l++) {
				int64_t q = quanta_of(reward_of(x, l), delta);
				if (!is_option(x, l) || q > r)
					continue;
				int64_t from = slow_cell(s, i - 1, r - q);
				if (s->time[from] == TIME_NEVER)
					continue;
				int64_t time = s->time[from] + time_of(x, l);
				double reward = s->reward[from] + reward_of(x, l);
				if (time > x->left_ns)
					continue;
				if (time < s->time[to] || (time == s->time[to]
				    && reward > s->reward[to] + 1e-9)) {
					s->time[to] = time;
					s->reward[to] = reward;
					s->depth[to] = l;
				}
			}
		}
	}
}

void slow_table_fini(struct slow_table *s)
{
	free(s->time);
	free(s->reward);
	free(s->depth);
}

int64_t slow_table_best(const struct slow_table *s)
{
	for (int64_t r = s->top; r >= 0; r--)
		if (s->time[slow_cell(s, s->n, r)] != TIME_NEVER)
			return r;
	return -1;
}

/* Moore-Hodgson as worded in section 3; fills in who is kept. */
static void moore_hodgson(const struct assign_task *t, int n, bool *kept)
{
	for (int i = 0; i < n; i++) {
		kept[i] = is_option(&t[i], least_depth(&t[i]));
		int64_t sum = 0, largest = -1;
		int drop = -1;
		for (int k = 0; k <= i; k++)
			if (kept[k])
				sum += time_of(&t[k], t[k].mandatory);
		if (sum <= t[i].left_ns)
			continue;
		for (int k = 0; k <= i; k++) {
			int64_t time = time_of(&t[k], t[k].mandatory);
			if (!kept[k] || t[k].done >= t[k].mandatory)
				continue;
			if (time > largest || (time == largest
			    && t[k].number > t[drop].number)) {
				largest = time;
				drop = k;
			}
		}
		if (drop >= 0)
			kept[drop] = false;
	}
}

static int64_t walk_back(const struct slow_table *s, struct assign_task *t,
	const int *index, double delta)
{
	int64_t best = slow_table_best(s), r = best;

	for (int i = s->n; i >= 1 && best >= 0; i--) {
		struct assign_task *x = &t[index[i - 1]];
		x->plan = s->depth[slow_cell(s, i, r)];
		r -= quanta_of(reward_of(x, x->plan), delta);
	}
	return best;
}

int64_t slow_depths(struct assign_task *t, int n, double delta)
{
	struct assign_task *some = mem_new((size_t)n, sizeof *some);
	int *index = mem_new((size_t)n, sizeof *index), m = 0;
	bool *kept = mem_new((size_t)n, sizeof *kept);
	struct slow_table s;
	int64_t best = -1;

	for (int i = 0; i < n; i++) {
		index[i] = i;
		t[i].plan = 0;
	}
	slow_table_init(&s, t, n, delta);
	best = walk_back(&s, t, index, delta);
	slow_table_fini(&s);
	if (best < 0) {
		moore_hodgson(t, n, kept);
		for (int i = 0; i < n; i++) {
			if (kept[i]) {
				index[m] = i;
				some[m++] = t[i];
			}
		}
		slow_table_init(&s, some, m, delta);
		best = walk_back(&s, t, index, delta);
		slow_table_fini(&s);
	}
	free(some);
	free(index);
	free(kept);
	return best;
}

/* ---- The greedy update ---------------------------------------------------------- */

struct slow_move {
	double gain;
	int64_t added;
	int64_t y;                  /* number; -1: x alone */
	int own, other;             /* depths */
	int y_index;
};

static bool wins(const struct slow_move *a, const struct slow_move *b)
{
	if (fabs(a->gain - b->gain) > 1e-9)
		return a->gain > b->gain;
	if (a->added != b->added)
		return a->added < b->added;
	if (a->y != b->y)
		return a->y < b->y;
	if (a->own != b->own)
		return a->own < b->own;
	return a->other < b->other;
}

/* Try a whole plan in which x and y (indices, or -1) are moved. */
static void attempt(struct slow_move *best, struct assign_task *t, int n,
	int x, int own, int y, int other)
{
	struct slow_move m = { .y = y < 0 ? -1 : t[y].number, .y_index = y,
		.own = own, .other = other };
	int32_t old_x = x < 0 ? 0 : t[x].plan, old_y = y < 0 ? 0 : t[y].plan;
	bool in_time;

	if (x >= 0) {
		if (own != present(&t[x]) && !is_option(&t[x], own))
			return;
		m.gain += reward_of(&t[x], own) - reward_of(&t[x], present(&t[x]));
		m.added += time_of(&t[x], own) - time_of(&t[x], old_x);
	}
	if (y >= 0) {
		if (!is_option(&t[y], other))
			return;
		m.gain += reward_of(&t[y], other)
			- reward_of(&t[y], present(&t[y]));
		m.added += time_of(&t[y], other) - time_of(&t[y], old_y);
	}
	if (x >= 0)
		t[x].plan = own;
	if (y >= 0)
		t[y].plan = other;
	in_time = slow_in_time(t, n);
	if (y >= 0)
		t[y].plan = old_y;
	if (x >= 0)
		t[x].plan = old_x;
	if (in_time && m.gain > 1e-9 && (best->gain <= 1e-9 || wins(&m, best)))
		*best = m;
}

bool slow_move(struct assign_task *t, int n, int x)
{
	struct slow_move best = { .gain = 0, .y_index = -1 };
	int first = x < 0 ? 0 : least_depth(&t[x]);
	int last = x < 0 ? 0 : t[x].depths;

	for (int own = first; own <= last; own++) {
		if (x >= 0 && own != present(&t[x]))
			attempt(&best, t, n, x, own, -1, 0);
		for (int y = 0; y < n; y++)
			for (int l = least_depth(&t[y]); y != x
			     && l <= t[y].depths; l++)
				if (l != present(&t[y]))
					attempt(&best, t, n, x, own, y, l);
	}
	if (best.gain <= 1e-9)
		return false;
	if (x >= 0)
		t[x].plan = best.own;
	if (best.y_index >= 0)
		t[best.y_index].plan = best.other;
	return true;
}

/* ---- Everything tried ------------------------------------------------------------- */

bool slow_best(const struct assign_task *t, int n, double delta,
	int64_t *quanta, double *reward)
{
	struct assign_task *x = mem_new((size_t)n, sizeof *x);
	bool any = false;
	int i;

	memcpy(x, t, (size_t)n * sizeof *x);
	for (i = 0; i < n; i++)
		x[i].plan = least_depth(&x[i]);
	do {
		int64_t q = 0;
		bool options = true;
		for (i = 0; i < n; i++) {
			q += quanta_of(reward_of(&x[i], x[i].plan), delta);
			options &= is_option(&x[i], x[i].plan);
		}
		if (options && slow_in_time(x, n)) {
			double r = slow_reward(x, n);
			if (!any || q > *quanta)
				*quanta = q;
			if (!any || r > *reward)
				*reward = r;
			any = true;
		}
		for (i = 0; i < n && x[i].plan == x[i].depths; i++)
			x[i].plan = least_depth(&x[i]);
		if (i < n)
			x[i].plan++;
	} while (i < n);
	free(x);
	return any;
}

int slow_most_kept(const struct assign_task *t, int n)
{
	int most = 0;

	for (int set = 0; set < 1 << n; set++) {
		int64_t sum = 0;
		int count = 0;
		bool fits = true;
		for (int i = 0; i < n; i++) {
			if (set >> i & 1) {
				sum += time_of(&t[i], t[i].mandatory);
				fits &= is_option(&t[i], least_depth(&t[i]));
				count++;
			}
			fits &= sum <= t[i].left_ns;
		}
		if (fits && count > most)
			most = count;
	}
	return most;
}
