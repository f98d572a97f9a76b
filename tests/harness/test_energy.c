/* The fit of energies, RAPL's counters, and NVML by a stub. */
#include "../support_program.h"

#include "../../sim/mem.h"
#include "../../sim/msg.h"
#include "../../traces/harness/energy.h"
#include "../../traces/harness/measure.h"
#include "../../traces/harness/meter_parts.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Three stages of 10, 20 and 40 us and 2, 3 and 5 mJ over 120 W. */
static void fill(struct window *w, int i, int closure)
{
	static const double e[] = { 0, 0.002, 0.003, 0.005 };
	static const double t[] = { 0, 10e-6, 20e-6, 40e-6 };

	*w = (struct window){ .closure = closure, .sigma_j = 0.1 };
	w->seconds = 5 + 0.1 * (i % 4);
	w->joules = 120 * w->seconds;
	for (int k = 1; k <= 3; k++) {
		w->runs[k] = 1000 * (4 - k) + 700 * (i * k % 5);
		w->busy_s[k] = (double)w->runs[k] * t[k];
		w->joules += (double)w->runs[k] * e[k];
	}
}

START_TEST(exact_windows_give_back_their_energies)
{
	struct window w[10];
	struct energy_fit f;
	const char *why;

	for (int i = 0; i < 10; i++)
		fill(&w[i], i, i > 7);
	ck_assert_int_eq(energy_fit(w, 10, 3, &f, &why), 0);
	ck_assert_int_eq(f.windows, 8);
	ck_assert(fabs(f.p0_w - 120) < 1e-6);
	ck_assert(fabs(f.e_j[1] - 0.002) < 1e-9);
	ck_assert(fabs(f.e_j[2] - 0.003) < 1e-9);
	ck_assert(fabs(f.e_j[3] - 0.005) < 1e-9);
	ck_assert(fabs(f.t_s[2] - 20e-6) < 1e-12);
	/* 120 W + 2 mJ in 10 us. */
	ck_assert(fabs(f.power_w[1] - 320) < 1e-4);
	ck_assert(fabs(f.power_w[3] - 245) < 1e-4);
	ck_assert(f.closure < 1e-9);
	ck_assert(f.condition > 1 && f.condition < 100);
	ck_assert(f.lack_of_fit < 1e-9);
}
END_TEST

/* One column, by hand: E = P0 T + n e with T = 1, n = 0, 0, 1, 1 and E = 10,
 * 12, 21, 23: P0 = 11, e = 11; residuals 1, chi2 = 4 / sigma^2 = 4. The
 * covariance is the inverse of (4 2; 2 2): (0.5 -0.5; -0.5 1), and twice that
 * for chi2 / 2 degrees of freedom. */
START_TEST(the_errors_of_a_fit_are_as_worked_by_hand)
{
	static const double joules[] = { 10, 12, 21, 23 };
	struct window w[4];
	struct energy_fit f;
	const char *why;

	for (int i = 0; i < 4; i++) {
		w[i] = (struct window){ .seconds = 1, .joules = joules[i],
			.sigma_j = 1 };
		w[i].runs[1] = i / 2;
		w[i].busy_s[1] = 0.5 * (i / 2);
	}
	ck_assert_int_eq(energy_fit(w, 4, 1, &f, &why), 0);
	ck_assert(fabs(f.p0_w - 11) < 1e-9);
	ck_assert(fabs(f.e_j[1] - 11) < 1e-9);
	ck_assert(fabs(f.lack_of_fit - 2) < 1e-9);
	ck_assert(fabs(f.p0_stderr_w - 1) < 1e-9);
	ck_assert(fabs(f.e_stderr_j[1] - sqrt(2)) < 1e-9);
	/* power = P0 + 2 e: variance 2 (0.5 + 4 - 2). */
	ck_assert(fabs(f.power_w[1] - 33) < 1e-9);
	ck_assert(fabs(f.stderr_w[1] - sqrt(5)) < 1e-9);
	ck_assert(isnan(f.closure));
}
END_TEST

START_TEST(a_fit_that_cannot_be_is_refused_with_its_reason)
{
	struct window w[10];
	struct energy_fit f;
	const char *why;

	for (int i = 0; i < 10; i++)
		fill(&w[i], i, 0);
	ck_assert_int_eq(energy_fit(w, 7, 3, &f, &why), -1);
	ck_assert_str_eq(why, "too few windows");
	for (int i = 0; i < 10; i++)
		w[i].runs[3] = 2 * w[i].runs[2];
	ck_assert_int_eq(energy_fit(w, 10, 3, &f, &why), -1);
	ck_assert_str_eq(why, "the windows do not tell the stages apart");
	for (int i = 0; i < 10; i++) {
		fill(&w[i], i, 0);
		w[i].joules -= 0.004 * (double)w[i].runs[1];
	}
	ck_assert_int_eq(energy_fit(w, 10, 3, &f, &why), -1);
	ck_assert_str_eq(why, "a stage would give energy back");
	for (int i = 0; i < 10; i++)
		w[i].runs[2] = 0;
	ck_assert_int_eq(energy_fit(w, 10, 3, &f, &why), -1);
	ck_assert_str_eq(why, "a stage never ran in the windows");
}
END_TEST

static void zone(const char *dir, const char *entry, const char *name,
	const char *energy, const char *range)
{
	char *folder = mem_printf("%s/%s", dir, entry);
	const char *const files[][2] = { { "name", name },
		{ "energy_uj", energy }, { "max_energy_range_uj", range } };

	(void)mkdir(folder, 0777);
	for (int i = 0; i < 3; i++) {
		char *path = mem_printf("%s/%s", folder, files[i][0]);
		test_write(path, files[i][1]);
		free(path);
	}
	free(folder);
}

START_TEST(rapl_sums_packages_without_children_and_unwraps)
{
	char *dir = test_directory();
	const char *why;
	double joules, dram;
	struct meter *m;

	ck_assert_ptr_null(meter_open_rapl(dir, &why));
	ck_assert_str_eq(why, "no RAPL counters on this machine");
	zone(dir, "intel-rapl:0", "package-0\n", "5000000\n", "9000000\n");
	zone(dir, "intel-rapl:0:0", "core\n", "77\n", "9000000\n");
	zone(dir, "intel-rapl:0:1", "dram\n", "100\n", "9000000\n");
	zone(dir, "intel-rapl:1", "package-1\n", "1000000\n", "9000000\n");
	zone(dir, "intel-rapl-mmio:0", "package-0\n", "3\n", "9000000\n");
	m = meter_open_rapl(dir, &why);
	ck_assert_ptr_nonnull(m);
	ck_assert_int_eq(meter_energy(m, &joules, &dram), 0);
	ck_assert(joules == 0 && dram == 0);
	zone(dir, "intel-rapl:0", "package-0\n", "8000000\n", "9000000\n");
	zone(dir, "intel-rapl:1", "package-1\n", "1500000\n", "9000000\n");
	zone(dir, "intel-rapl:0:1", "dram\n", "250100\n", "9000000\n");
	ck_assert_int_eq(meter_energy(m, &joules, &dram), 0);
	ck_assert(fabs(joules - 3.5) < 1e-9);
	ck_assert(fabs(dram - 0.25) < 1e-9);
	/* Wrapped: 9 - 8 + 2 further joules. */
	zone(dir, "intel-rapl:0", "package-0\n", "2000000\n", "9000000\n");
	ck_assert_int_eq(meter_energy(m, &joules, &dram), 0);
	ck_assert(fabs(joules - 6.5) < 1e-9);
	zone(dir, "intel-rapl:1", "package-1\n", "rubbish\n", "9000000\n");
	ck_assert_int_eq(meter_energy(m, &joules, &dram), -1);
	meter_close(m);
	ck_assert_ptr_null(meter_open_rapl(dir, &why));
	ck_assert_str_eq(why,
		"RAPL counters may not be read (often for root only)");
	test_directory_free(dir);
}
END_TEST

START_TEST(nvml_is_read_through_a_library_found_at_run_time)
{
	char *stub = test_built("tests/plugins/nvml_stub.so");
	char *dir = test_directory();
	struct meter_state s;
	double joules, later, extra;
	const char *why;
	struct text facts;
	struct meter *m;
	int now, low, high;

	(void)setenv("LAXITY_STUB", dir, 1);
	ck_assert_ptr_null(meter_open_nvml("/nonesuch.so", "", &why));
	ck_assert_str_eq(why, "no NVML here");
	m = meter_open_nvml(stub, "0000:01:00.0", &why);
	ck_assert_ptr_nonnull(m);
	meter_read_state(m, &s);
	ck_assert_int_eq(s.sm_mhz, 1980);
	ck_assert_int_eq(s.memory_mhz, 2619);
	ck_assert_int_eq(s.temperature_c, 41);
	ck_assert_int_eq(s.events, 1);
	ck_assert_int_eq(s.others, -1); /* the stub cannot tell */
	ck_assert(fabs(s.power_w - 150) < 1e-9);
	ck_assert_int_eq(meter_energy(m, &joules, &extra), 0);
	do
		ck_assert_int_eq(meter_energy(m, &later, &extra), 0);
	while (later == joules);
	ck_assert(later - joules >= 0.9 && later - joules < 50);
	ck_assert_int_eq(meter_get_limit(m, &now, &low, &high), 0);
	ck_assert_int_eq(now, 700);
	ck_assert_int_eq(low, 200);
	text_init(&facts);
	meter_facts(m, &facts);
	ck_assert_ptr_nonnull(strstr(facts.s, "driver = 580.stub\n"));
	text_fini(&facts);
	meter_close(m);
	(void)unsetenv("LAXITY_STUB");
	test_directory_free(dir);
	free(stub);
}
END_TEST

/* ---- A counter that adds up, and one that samples ----------------------------- */

/* The device: a pass takes 1 ms of its time. The board: 100 W, and 100 W more
 * in a pass; its counter steps on a grid of 20 ms, whoever asks. */
enum { STEP_NS = 20000000, PASS_NS = 1000000, LOOK_NS = 2000000 };

static struct world {
	int64_t begun, from[10000], to[10000];
	int n;                  /* passes */
	int sampling;           /* looks at the last 2 ms of each step only */
	int64_t steps;          /* counted so far */
	double joules;
} world;

static int fake_send(struct plan *p, int stage, int slot,
	const unsigned char *image)
{
	(void)p;
	(void)stage;
	(void)slot;
	(void)image;
	ck_assert_int_lt(world.n, 10000);
	world.from[world.n] = backend_clock();
	return 0;
}

static int fake_poll(struct plan *p, struct outcome *out)
{
	int64_t now = backend_clock();

	(void)p;
	*out = (struct outcome){ .device_ns = -1 };
	if (now - world.from[world.n] < PASS_NS)
		return 0;
	world.to[world.n++] = now;
	return 1;
}

static double busy_s(int64_t from, int64_t to)
{
	int64_t sum = 0;

	for (int i = world.n - 1; i >= 0 && world.to[i] > from; i--) {
		int64_t a = world.from[i] > from ? world.from[i] : from;
		int64_t b = world.to[i] < to ? world.to[i] : to;
		sum += b > a ? b - a : 0;
	}
	return (double)sum * 1e-9;
}

static int fake_energy(struct meter *m, double *joules, double *extra)
{
	int64_t now = backend_clock();

	(void)m;
	for (; world.begun + (world.steps + 1) * STEP_NS <= now; world.steps++) {
		int64_t end = world.begun + (world.steps + 1) * STEP_NS;
		int64_t look = world.sampling ? LOOK_NS : STEP_NS;
		double share = busy_s(end - look, end) / ((double)look * 1e-9);
		world.joules += (100 + 100 * share) * STEP_NS * 1e-9;
	}
	*joules = world.joules;
	*extra = 0;
	return 0;
}

/* It measures real time, which a machine that does something else may take from
 * it: that spoils some tries, not fifteen. */
START_TEST(a_counter_that_samples_is_told_from_one_that_adds_up)
{
	const struct backend backend = { .send = fake_send, .poll = fake_poll };
	struct meter meter = { .name = "fake", .energy = fake_energy };
	struct net net = { .depths = 1 };
	struct net *nets[] = { &net };
	struct plan *plans[] = { NULL };
	int order[] = { 0 };
	unsigned char image[1] = { 0 };
	struct measure m = { .backend = &backend, .meter = &meter, .nets = 1,
		.settings = 1, .net = nets, .plan = plans, .order = order,
		.o = { .quick = 1 }, .aliasing = NAN };
	struct text raw;
	int told = 0;

	m.images.count = 1;
	m.images.pixels = image;
	text_init(&raw);
	for (int i = 0; i < 15 && !told; i++) {
		world = (struct world){ .begun = backend_clock(),
			.sampling = _i };
		ck_assert_int_eq(measure_counter_steps(&m, &raw), 0);
		ck_assert_int_eq(measure_counter_waves(&m, &raw), 0);
		/* The share of the load that the worst phase hides from the
		 * best. */
		told = m.tick_s > 0.019 && m.tick_s < 0.021
			&& (_i ? m.aliasing > 0.5 : m.aliasing < 0.2);
	}
	ck_assert_msg(told, "%g s, %g: %s", m.tick_s, m.aliasing, raw.s);
	text_fini(&raw);
}
END_TEST

Suite *test_energy(void);
Suite *test_energy(void)
{
	Suite *s = suite_create("energy");
	TCase *t = tcase_create("energy");

	tcase_add_test(t, exact_windows_give_back_their_energies);
	tcase_add_test(t, the_errors_of_a_fit_are_as_worked_by_hand);
	tcase_add_test(t, a_fit_that_cannot_be_is_refused_with_its_reason);
	tcase_add_test(t, rapl_sums_packages_without_children_and_unwraps);
	tcase_add_test(t, nvml_is_read_through_a_library_found_at_run_time);
	tcase_add_loop_test(t,
		a_counter_that_samples_is_told_from_one_that_adds_up, 0, 2);
	suite_add_tcase(s, t);
	return s;
}
