#include "support_workload.h"

#include "../sim/mem.h"
#include "../sim/msg.h"
#include "support_bundle.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct { char *dir; int back; } place;

static void write_bundle(const char *dir, const char *overhead)
{
	static const struct tiny_cell missing[] = {
		{ "a", "s2", "part", "" }, { "b", "s1", "part", "" },
		{ "b", "s2", "part", "" },
	};
	struct tiny_net nets[] = {
		{ "a", NET_STAGED, 3, NULL, NULL, "1000 1000 2000", "100 100 100" },
		{ "b", NET_SINGLE, 1, NULL, NULL, "600 601", "100" },
	};
	struct tiny t = { .nets = 2, .net = nets, .inputs = 20,
		.settings = "s1 s2", .environments = "slow part", .cells = 3,
		.cell = missing, .overhead = overhead };
	struct text confidences;

	text_init(&confidences);
	for (int i = 0; i < 20; i++)
		text_add(&confidences, "%.2f 0.9 0.95 ", i == 6 ? 0.05
			: 0.05 * (7 * i % 20));
	nets[0].confidences = confidences.s;
	tiny_write(&t, dir);
	text_fini(&confidences);
}

void place_enter(void)
{
	place.dir = tiny_dir_new();
	place.back = open(".", O_RDONLY);
	ck_assert_int_ge(place.back, 0);
	ck_assert_int_eq(chdir(place.dir), 0);
	write_bundle("t", NULL);
	write_bundle("o", "10 20 11 21");
}

void place_leave(void)
{
	ck_assert_int_eq(fchdir(place.back), 0);
	(void)close(place.back);
	tiny_dir_remove(place.dir);
}

void place_put(const char *name, const char *text)
{
	tiny_put(".", name, text, strlen(text));
}

char *workload_text(const char *counts, const char *rest)
{
	if (!counts)
		counts = "requests = 1000";
	return mem_printf("[workload]\ntrace = t\n%s%s\n%s%s",
		strstr(counts, "networks") ? "" : "networks = a\n", counts,
		strstr(rest, "[deadline]")
			? "" : "[deadline]\ndistribution = uniform\n"
			"min = 1T\nmax = 3T\n", rest);
}

struct workload *workload_good(const char *counts, const char *rest)
{
	char *text = workload_text(counts, rest);
	struct workload *w;

	w = workload_parse("w.ini", text, strlen(text), 0, NULL, 1);
	ck_assert_ptr_nonnull(w);
	free(text);
	return w;
}

double stream_at(uint32_t seed, enum purpose p, uint64_t index, int k)
{
	struct stream s;
	double u = 0;

	stream_open(&s, seed, p, index);
	for (int i = 0; i <= k; i++)
		u = stream_unit(&s);
	return u;
}

void expect_refusal(const char *message)
{
	char *line = mem_printf("laxity: %s\n", message);

	ck_assert_int_eq(msg_status(), STATUS_BAD);
	ck_assert_str_eq(msg_captured(), line);
	msg_capture(0);
	free(line);
}
