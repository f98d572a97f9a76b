/* The engine's two orders, against slow ones: live requests by deadline, clients
 * by next release. */
#include "../sim/agenda.h"
#include "../sim/turns.h"

#include <check.h>
#include <stdlib.h>

/* ---- Deadlines ---------------------------------------------------------------- */

enum { SLOTS = 300 };

/* Which slots are in, since when, and due when. */
struct slow { bool in[SLOTS]; int64_t deadline_ns[SLOTS], number[SLOTS]; };

static bool before(const struct slow *s, int a, int b)
{
	return s->deadline_ns[a] != s->deadline_ns[b]
		? s->deadline_ns[a] < s->deadline_ns[b]
		: s->number[a] < s->number[b];
}

/* One answer for all of it: each ck_assert writes to a file. */
static bool is_right(const struct agenda *a, const struct slow *s)
{
	size_t n = 0;

	for (int i = 0; i < SLOTS; i++)
		n += s->in[i];
	if (agenda_count(a) != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int slot = a->head[i].slot;
		if (!s->in[slot] || a->head[i].deadline_ns != s->deadline_ns[slot]
		    || (i > 0 && !before(s, a->head[i - 1].slot, slot)))
			return false;
	}
	return n > 0 || agenda_next(a) == TIME_NEVER;
}

/* Of few requests and of many, with equal deadlines, taken off the head or
 * from anywhere; the room moves and grows on the way. */
START_TEST(agendas_keep_the_order_of_deadlines_and_numbers)
{
	static const int most[] = { 1, 5, AGENDA_SCAN, AGENDA_SCAN + 1, SLOTS };
	struct stream r;

	stream_open(&r, 1, PURPOSE_POLICY, 0);
	for (size_t k = 0; k < sizeof most / sizeof *most; k++) {
		struct agenda a = { 0 };
		struct slow s = { 0 };

		agenda_init(&a);
		for (int64_t number = 0; number < 3000; number++) {
			int i = (int)stream_below(&r, most[k]);
			if (stream_below(&r, 3) == 0 && agenda_count(&a))
				i = a.head->slot;
			if (s.in[i]) {
				agenda_remove(&a, s.deadline_ns[i], i);
				s.in[i] = false;
			} else {
				s.in[i] = true;
				s.number[i] = number;
				s.deadline_ns[i] = number / 4
					+ stream_below(&r, 50);
				agenda_insert(&a, s.deadline_ns[i], i);
			}
			ck_assert_msg(is_right(&a, &s), "%d slots, step %lld",
				most[k], (long long)number);
		}
		agenda_fini(&a);
	}
}
END_TEST

/* ---- Clients --------------------------------------------------------------------- */

/* Clients rest or not; the next is taken, or one comes to rest at an instant
 * before all, in between, or behind. */
START_TEST(turns_go_to_the_earliest_client_and_then_the_lowest)
{
	static const int clients[] = { 1, 2, 3, 20, 64, 65 };
	struct stream r;

	stream_open(&r, 2, PURPOSE_POLICY, 0);
	for (size_t k = 0; k < sizeof clients / sizeof *clients; k++) {
		int64_t at[65];         /* -1: does not rest */
		struct turns t;

		turns_init(&t, clients[k]);
		for (int i = 0; i < clients[k]; i++)
			at[i] = -1;
		for (int step = 0; step < 3000; step++) {
			int i = (int)stream_below(&r, clients[k]), next = -1;
			bool takes = stream_below(&r, 5) < 2;

			for (int j = 0; j < clients[k]; j++)
				if (at[j] >= 0 && (next < 0 || at[j] < at[next]))
					next = j;
			ck_assert_int_eq(turns_next_ns(&t),
				next < 0 ? TIME_NEVER : at[next]);
			if (takes && next >= 0) {
				ck_assert_int_eq(turns_take(&t), next);
				at[next] = -1;
			} else if (at[i] < 0) {
				at[i] = step / 50 % 2 ? 3000 - step
					: step + stream_below(&r, 40);
				turns_add(&t, i, at[i]);
			}
		}
		turns_fini(&t);
	}
}
END_TEST

Suite *test_agenda(void);
Suite *test_agenda(void)
{
	Suite *s = suite_create("agenda");
	TCase *t = tcase_create("orders");

	tcase_add_test(t, agendas_keep_the_order_of_deadlines_and_numbers);
	tcase_add_test(t, turns_go_to_the_earliest_client_and_then_the_lowest);
	suite_add_tcase(s, t);
	return s;
}
