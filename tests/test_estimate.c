#include "../policies/estimate.h"

#include <check.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEAR(x, y) ck_assert_double_eq_tol((x), (y), 1e-9)
#define MS 1e6

/* ---- A profile by hand --------------------------------------------------- */

enum { NETS = 8, SETTINGS = 8 };
static struct {
	struct profile profile;
	struct profile_net net[NETS];
	struct profile_cell cell[NETS * SETTINGS];
	double idle[SETTINGS];
	struct arena arena;
	struct option_table table;
} w;

static void world_begin(int nets, int settings, int classes)
{
	memset(&w, 0, sizeof w);
	w.profile = (struct profile){ .nets = nets, .settings = settings,
		.classes = classes, .net = w.net, .cell = w.cell,
		.idle_power_w = w.idle, .has_energy = 1 };
}

static void world_end(void)
{
	arena_fini(&w.arena);
}

static void set_net(int i, enum net_kind kind, int depths, int mandatory,
	const double *accuracy)
{
	w.net[i] = (struct profile_net){ .name = "net", .kind = kind,
		.depths = depths, .mandatory = mandatory };
	memcpy(w.net[i].accuracy, accuracy, (size_t)depths * sizeof *accuracy);
}

/* Cumulative times in ms, one power for all stages. */
static void set_cell(int i, int j, double power_w, const double *ms)
{
	struct profile_cell *c = &w.cell[i * w.profile.settings + j];

	for (int d = 0; d < w.net[i].depths; d++) {
		c->mean_ns[d] = (ms[d] - (d ? ms[d - 1] : 0)) * MS;
		c->power_w[d] = power_w;
	}
}

/* Everything about every option, as production code avoids it. */
static struct estimate { double in_time, accuracy, energy_j; }
	estimates[4096];

static void estimate_all(const struct belief *b, struct estimate *out)
{
	for (int k = 0; k < w.table.n; k++)
		out[k] = (struct estimate){
			option_in_time(&w.table, b, k),
			option_accuracy(&w.table, b, k),
			option_energy(&w.table.option[k], b, b->mean),
		};
}

/* ---- Vectors of paper/spec/alert.md 12 ----------------------------------- */

START_TEST(accuracy_of_a_traditional_network)
{
	struct belief b = { .mean = 1.2, .deviation = 0.15, .goal_ns = 100 * MS };

	world_begin(1, 1, 200);
	set_net(0, NET_SINGLE, 1, 1, (double[]){ 0.93 });
	set_cell(0, 0, 40, (double[]){ 80 });
	options_init(&w.table, &w.arena, &w.profile, OPTIONS_ALL);
	ck_assert_int_eq(w.table.n, 1);
	estimate_all(&b, estimates);
	NEAR(estimates[0].in_time, 0.630558659818);
	NEAR(estimates[0].accuracy, 0.588266760332);
	b.deviation = 0; /* ALERT* */
	estimate_all(&b, estimates);
	NEAR(estimates[0].accuracy, 0.93);
	world_end();
}
END_TEST

START_TEST(energy_runs_then_idles_to_the_deadline)
{
	struct belief b = { .mean = 1.2, .goal_ns = 100 * MS, .idle = 0.25,
		.idle_is_ratio = true };
	struct option o = { .power_w = 40, .time_ns = 80 * MS };

	NEAR(option_energy(&o, &b, b.mean), 3.88);
	NEAR(option_energy(&o, &b, 1.392232735), 4.455144752);
	o.power_w = 20;
	o.time_ns = 60 * MS;
	NEAR(option_energy(&o, &b, b.mean), 1.58);
	b.idle_is_ratio = false;
	b.idle = 10;
	NEAR(option_energy(&o, &b, b.mean), 1.72);
	b.idle = 0.25;
	b.idle_is_ratio = true;
	o.power_w = 40;
	o.time_ns = 95 * MS;
	NEAR(option_energy(&o, &b, b.mean), 4.56);
	o.anytime = true;
	NEAR(option_energy(&o, &b, b.mean), 4.00);
}
END_TEST

/* Two traditional networks, and with `anytime` a third of three stops. */
static void selection_world(bool anytime)
{
	world_begin(anytime ? 3 : 2, 2, 200);
	set_net(0, NET_SINGLE, 1, 1, (double[]){ 0.85 });
	set_cell(0, 0, 20, (double[]){ 70 });
	set_cell(0, 1, 40, (double[]){ 40 });
	set_net(1, NET_SINGLE, 1, 1, (double[]){ 0.93 });
	set_cell(1, 0, 20, (double[]){ 140 });
	set_cell(1, 1, 40, (double[]){ 80 });
	if (anytime) {
		set_net(2, NET_STAGED, 3, 1, (double[]){ 0.80, 0.86, 0.92 });
		set_cell(2, 0, 20, (double[]){ 55, 90, 150 });
		set_cell(2, 1, 40, (double[]){ 30, 50, 86 });
	}
	options_init(&w.table, &w.arena, &w.profile, OPTIONS_ALL);
}

static const struct belief selection_belief = { .mean = 1.1, .deviation = 0.1,
	.goal_ns = 120 * MS, .idle = 0.25, .idle_is_ratio = true };

START_TEST(estimates_of_the_selection_example)
{
	static const struct { int net, setting, stop; double p, q, e; } want[] = {
		{ 0, 0, 1, 1.000000000, 0.850000000, 1.755 },
		{ 0, 1, 1, 1.000000000, 0.850000000, 2.520 },
		{ 1, 0, 1, 0.007579219, 0.012010778, 3.080 },
		{ 1, 1, 1, 0.999968329, 0.929970704, 3.840 },
		{ 2, 0, 1, 1.000000000, 0.800000000, 1.5075 },
		{ 2, 0, 2, 0.990184671, 0.859411080, 2.085 },
		{ 2, 0, 3, 0.001349898, 0.859492074, 2.400 },
		{ 2, 1, 1, 1.000000000, 0.800000000, 2.190 },
		{ 2, 1, 2, 1.000000000, 0.860000000, 2.850 },
		{ 2, 1, 3, 0.998428978, 0.919905739, 4.038 },
	};

	selection_world(true);
	ck_assert_int_eq(w.table.n, 10);
	estimate_all(&selection_belief, estimates);
	for (int k = 0; k < 10; k++) {
		const struct option *o = &w.table.option[k];

		ck_assert_int_eq(o->net, want[k].net);
		ck_assert_int_eq(o->setting, want[k].setting);
		ck_assert_int_eq(o->stop, want[k].stop);
		NEAR(estimates[k].in_time, want[k].p);
		NEAR(estimates[k].accuracy, want[k].q);
		NEAR(estimates[k].energy_j, want[k].e);
	}
	/* The first is 0.85 - 1e-10, not 0.85. */
	ck_assert_double_lt(estimates[0].accuracy, 0.85);
	world_end();
}
END_TEST

static const char *chosen(const struct aim *aim)
{
	static char name[16];
	const struct option *o;
	bool met;

	estimate_all(&selection_belief, estimates);
	o = &w.table.option[options_select(&w.table, &selection_belief, aim,
		-1, &met)];
	(void)snprintf(name, sizeof name, o->net == 2 ? "%c%d %d" : "%c%.0d %d",
		"SLA"[o->net], o->net == 2 ? o->stop : 0, o->setting ? 40 : 20);
	return name;
}

START_TEST(selections_of_the_example)
{
	static const struct { double q, eps; const char *without, *with; } energy[] = {
		{ 0.84, 1e-4, "S 20", "S 20" },
		{ 0.85, 1e-4, "S 20", "S 20" },
		{ 0.85, 0,    "S 40", "A2 20" },
		{ 0.94, 1e-4, "L 40", "L 40" },
	};
	static const struct { double e, eps; bool least;
		const char *without, *with; } accuracy[] = {
		{ 1.8, 1e-4, false, "S 20", "S 20" },
		{ 3.0, 1e-4, false, "S 20", "A2 40" },
		{ 3.0, 0,    false, "S 40", "A2 40" },
		{ 1.5, 1e-4, false, "L 40", "L 40" },
		{ 1.5, 1e-4, true,  "S 20", "A1 20" },
	};

	for (int with = 0; with < 2; with++) {
		selection_world(with);
		for (size_t i = 0; i < sizeof energy / sizeof *energy; i++) {
			struct aim aim = { .objective = OBJECTIVE_ENERGY,
				.accuracy = energy[i].q, .eps = energy[i].eps };

			ck_assert_str_eq(chosen(&aim), with ? energy[i].with
				: energy[i].without);
		}
		for (size_t i = 0; i < sizeof accuracy / sizeof *accuracy; i++) {
			struct aim aim = { .objective = OBJECTIVE_ACCURACY,
				.energy_j = accuracy[i].e, .eps = accuracy[i].eps,
				.least_energy = accuracy[i].least };

			ck_assert_str_eq(chosen(&aim), with ? accuracy[i].with
				: accuracy[i].without);
		}
		world_end();
	}
}
END_TEST

/* Worked from the table above. Needed accuracy 0.86 with probability 0.99:
 * A2 20 W has it in time with 0.990, so it is the cheapest; at 0.995 that
 * fails, and so does the accuracy of S; A2 40 W (2.85 J) is next. Energy: with
 * z = 2, the slowdown is 1.3: S 20 W takes 91 ms, 1.965 J. */
START_TEST(goals_may_be_asked_with_a_probability)
{
	struct aim aim = { .objective = OBJECTIVE_ENERGY, .accuracy = 0.86,
		.eps = 1e-4, .probability = 0.99 };

	selection_world(true);
	ck_assert_str_eq(chosen(&aim), "A2 20");
	aim.probability = 0.995;
	ck_assert_str_eq(chosen(&aim), "A2 40");
	aim.accuracy = 0.95; /* no output is as good: the most accurate */
	ck_assert_str_eq(chosen(&aim), "L 40");
	aim = (struct aim){ .objective = OBJECTIVE_ACCURACY, .eps = 1e-4,
		.energy_j = 1.9651, .probability = 0.977, .probability_z = 2 };
	ck_assert_str_eq(chosen(&aim), "S 20");
	aim.energy_j = 1.9649; /* A1 20 W: 71.5 ms, then idle: 1.6725 J */
	ck_assert_str_eq(chosen(&aim), "A1 20");
	world_end();
}
END_TEST

START_TEST(power_limit_forbids_options_but_not_passing_through_them)
{
	struct aim aim = { .objective = OBJECTIVE_ACCURACY, .energy_j = 100,
		.eps = 1e-4 };

	selection_world(true);
	ck_assert_int_eq(options_limit_power(&w.table, 30), 0);
	ck_assert_str_eq(chosen(&aim), "A2 20");
	ck_assert_int_eq(options_limit_power(&w.table, 10), -1);
	ck_assert_str_eq(chosen(&aim), "A2 20"); /* the least is 20 W */
	/* The first output draws more than the mean of both. */
	w.cell[2 * 2 + 0].power_w[0] = 35;
	options_init(&w.table, &w.arena, &w.profile, OPTIONS_ANYTIME);
	ck_assert_int_eq(options_limit_power(&w.table, 30), 0);
	ck_assert(!w.table.option[0].allowed);
	ck_assert(w.table.option[1].allowed);
	estimate_all(&selection_belief, estimates);
	NEAR(estimates[1].accuracy, 0.859411080);
	world_end();
}
END_TEST

/* ---- The table against the direct formula --------------------------------- */

static double direct_cdf(double z)
{
	return 0.5 * erfc(-z / sqrt(2));
}

START_TEST(normal_table_is_exact_to_3e_13)
{
	static struct normal n;
	double worst = 0;

	normal_init(&n);
	for (int i = -1000000; i <= 1000000; i++) {
		double z = i * 9.1234567e-6;

		worst = fmax(worst, fabs(normal_cdf(&n, z) - direct_cdf(z)));
	}
	ck_assert_double_lt(worst, 3e-13);
	ck_assert(normal_cdf(&n, 9) == 1 && normal_cdf(&n, -9) == 0);
	ck_assert(normal_cdf(&n, 1e300) == 1 && normal_cdf(&n, -1e300) == 0);
	ck_assert(normal_cdf(&n, 0) == 0.5);
}
END_TEST

/* Section 4's sum as it stands there. */
static double direct_accuracy(const struct option *chain, int s,
	const struct belief *b, double fail)
{
	double f[64], e;

	for (int k = 0; k < s; k++)
		f[k] = direct_cdf((b->goal_ns / chain[k].time_ns - b->mean)
			/ b->deviation);
	f[s] = 0;
	e = fail * (1 - f[0]);
	for (int k = 0; k < s; k++)
		e += chain[k].accuracy * (f[k] - f[k + 1]);
	return e;
}

static double between(gsl_rng *r, double a, double b)
{
	return a + (b - a) * gsl_rng_uniform(r);
}

/* Random nets of every kind; accuracies rise with depth. */
static void random_world(gsl_rng *r, int nets, int settings)
{
	world_begin(nets, settings, 10);
	for (int j = 0; j < settings; j++)
		w.idle[j] = between(r, 10, 50);
	for (int i = 0; i < nets; i++) {
		int depths = 1 + (int)gsl_rng_uniform_int(r, 6);
		double q[8], q0 = between(r, 0.3, 0.8);

		for (int d = 0; d < depths; d++)
			q[d] = q0 += (0.99 - q0) * between(r, 0, 0.6);
		set_net(i, (enum net_kind)gsl_rng_uniform_int(r, 3), depths,
			1 + (int)gsl_rng_uniform_int(r, (unsigned)depths), q);
		for (int j = 0; j < settings; j++) {
			double ms[8], t = 0;

			for (int d = 0; d < depths; d++)
				ms[d] = t += between(r, 5, 40);
			set_cell(i, j, between(r, 60, 300), ms);
		}
	}
	options_init(&w.table, &w.arena, &w.profile, OPTIONS_ALL);
}

/* Some worse than a random guess, deeper ones worse than shallower ones. */
static void scramble_accuracies(gsl_rng *r)
{
	w.profile.classes = 2;
	for (int i = 0; i < w.profile.nets; i++)
		for (int d = 0; d < w.net[i].depths; d++)
			w.net[i].accuracy[d] = between(r, 0, 1);
	options_init(&w.table, &w.arena, &w.profile, OPTIONS_ALL);
}

static struct belief random_belief(gsl_rng *r)
{
	return (struct belief){ .mean = between(r, 0.8, 2),
		.deviation = between(r, 0.01, 0.5),
		.goal_ns = between(r, 10, 200) * MS,
		.idle = between(r, 10, 60) };
}

START_TEST(estimates_equal_the_direct_sums_and_keep_their_bounds)
{
	gsl_rng *r = gsl_rng_alloc(gsl_rng_mt19937);

	for (int run = 0; run < 300; run++) {
		struct belief b, later;
		static struct estimate more[4096];

		random_world(r, 4, 3);
		b = later = random_belief(r);
		later.goal_ns += between(r, 0, 50) * MS;
		estimate_all(&b, estimates);
		estimate_all(&later, more);
		for (int k = 0; k < w.table.n; k++) {
			const struct option *o = &w.table.option[k];
			double q = estimates[k].accuracy;
			double direct = direct_accuracy(
				&w.table.option[o->first], k - o->first + 1,
				&b, w.table.fail);

			ck_assert_double_eq_tol(q, direct, 1e-11);
			if (!o->anytime)
				ck_assert_double_eq_tol(q,
					estimates[k].in_time * o->accuracy
					+ (1 - estimates[k].in_time)
					* w.table.fail, 1e-12);
			ck_assert_double_ge(q, w.table.fail - 1e-12);
			ck_assert_double_le(q, o->accuracy + 1e-12);
			ck_assert_double_ge(more[k].accuracy, q - 1e-12);
		}
		world_end();
	}
	gsl_rng_free(r);
}
END_TEST

START_TEST(a_small_deviation_tends_to_certainty)
{
	gsl_rng *r = gsl_rng_alloc(gsl_rng_mt19937);

	for (int run = 0; run < 200; run++) {
		static struct estimate certain[4096];
		struct belief b;

		random_world(r, 3, 2);
		b = random_belief(r);
		b.deviation = 1e-9;
		estimate_all(&b, estimates);
		b.deviation = 0;
		estimate_all(&b, certain);
		for (int k = 0; k < w.table.n; k++)
			NEAR(estimates[k].accuracy, certain[k].accuracy);
		world_end();
	}
	gsl_rng_free(r);
}
END_TEST

START_TEST(energy_is_continuous_at_the_deadline)
{
	struct belief b = { .mean = 1.3, .goal_ns = 130 * MS, .idle = 20 };
	struct option o = { .power_w = 70, .time_ns = 100 * MS };

	for (int anytime = 0; anytime < 2; anytime++) {
		o.anytime = anytime;
		b.goal_ns = 130 * MS;
		double at = option_energy(&o, &b, b.mean);
		NEAR(at, 9.1);
		b.goal_ns = 130 * MS - 1e-3;
		NEAR(option_energy(&o, &b, b.mean), at);
		b.goal_ns = 130 * MS + 1e-3;
		NEAR(option_energy(&o, &b, b.mean), at);
	}
}
END_TEST

/* The expectation against 200000 draws of the slowdown, each delivering the
 * deepest output in time: within five standard errors. */
START_TEST(anytime_expectation_agrees_with_monte_carlo)
{
	enum { DRAWS = 200000 };
	struct belief b = { .mean = 1.15, .deviation = 0.5, .goal_ns = 60 * MS };
	gsl_rng *r = gsl_rng_alloc(gsl_rng_mt19937);

	world_begin(1, 1, 10);
	set_net(0, NET_NESTED, 4, 1, (double[]){ 0.55, 0.71, 0.86, 0.91 });
	set_cell(0, 0, 100, (double[]){ 40, 70, 95, 140 });
	options_init(&w.table, &w.arena, &w.profile, OPTIONS_ALL);
	estimate_all(&b, estimates);
	for (int s = 0; s < 4; s++) {
		double sum = 0, squares = 0, mean, error;

		for (int i = 0; i < DRAWS; i++) {
			double x = b.mean + gsl_ran_gaussian(r, b.deviation);
			double q = w.table.fail;

			for (int k = 0; k <= s; k++)
				if (x * w.table.option[k].time_ns <= b.goal_ns)
					q = w.table.option[k].accuracy;
			sum += q;
			squares += q * q;
		}
		mean = sum / DRAWS;
		error = sqrt((squares / DRAWS - mean * mean) / DRAWS);
		ck_assert_double_gt(error, 1e-5); /* so that it can fail */
		ck_assert_double_eq_tol(estimates[s].accuracy, mean, 5 * error);
	}
	gsl_rng_free(r);
	world_end();
}
END_TEST

/* ---- Selection against an obvious search ---------------------------------- */

/* Section 6 word by word, each option compared with the best so far. */
static bool cheaper(double a, double b)
{
	return a < b * (1 - 1e-12);
}

static bool obvious_meets(const struct belief *b, const struct aim *aim, int k)
{
	const struct option *o = &w.table.option[k];

	if (aim->objective == OBJECTIVE_ACCURACY)
		return option_energy(o, b, b->mean + aim->probability_z
			* b->deviation) <= aim->energy_j * (1 + 1e-9);
	if (aim->probability <= 0)
		return estimates[k].accuracy >= aim->accuracy - aim->eps;
	for (int s = o->first; s <= k; s++)
		if (w.table.option[s].accuracy >= aim->accuracy)
			return estimates[s].in_time >= aim->probability;
	return false;
}

static int obvious_select(const struct belief *b, const struct aim *aim,
	bool *met)
{
	const struct estimate *e = estimates;
	int n = w.table.n, best = -1;
	double top = -1;
	bool in[4096], accurate = true;

	*met = false;
	for (int k = 0; k < n; k++)
		*met |= in[k] = w.table.option[k].allowed
			&& obvious_meets(b, aim, k);
	for (int k = 0; k < n && !*met; k++)
		in[k] = w.table.option[k].allowed;
	if (aim->objective == OBJECTIVE_ENERGY ? !*met
	    : *met || !aim->least_energy) {
		accurate = false;
		for (int k = 0; k < n; k++)
			if (in[k] && e[k].accuracy > top)
				top = e[k].accuracy;
		for (int k = 0; k < n; k++)
			in[k] &= e[k].accuracy >= top - aim->eps;
	}
	for (int k = 0; k < n; k++)
		if (in[k] && (best < 0
		    || cheaper(e[k].energy_j, e[best].energy_j)
		    || (!cheaper(e[best].energy_j, e[k].energy_j)
		    && accurate && e[k].accuracy > e[best].accuracy)))
			best = k;
	return best;
}

START_TEST(selection_equals_an_obvious_search)
{
	gsl_rng *r = gsl_rng_alloc(gsl_rng_mt19937);
	int met = 0, runs = 4000;

	for (int run = 0; run < runs; run++) {
		bool ok, want;
		struct belief b;
		struct aim aim = { .objective = run % 2 ? OBJECTIVE_ENERGY
			: OBJECTIVE_ACCURACY, .eps = run % 3 ? 1e-4 : 0.05,
			.least_energy = run % 5 == 0 };

		random_world(r, 3, 3);
		if (run % 6 == 0)
			scramble_accuracies(r);
		b = random_belief(r);
		if (run % 7 == 0)
			b.deviation = 0;
		b.idle_is_ratio = run % 11 == 0;
		if (b.idle_is_ratio)
			b.idle /= 100;
		if (run % 4 > 1) {
			aim.probability = between(r, 0.3, 0.99);
			aim.probability_z = gsl_cdf_ugaussian_Pinv(aim.probability);
		}
		if (run % 13 == 0)
			options_limit_power(&w.table, between(r, 30, 200));
		aim.accuracy = run % 9 ? between(r, 0.2, 1) : 0;
		aim.energy_j = between(r, 0.5, 20);
		estimate_all(&b, estimates);
		int got = options_select(&w.table, &b, &aim,
			(int)gsl_rng_uniform_int(r, (unsigned)w.table.n + 1) - 1, &ok);
		ck_assert_int_eq(got, obvious_select(&b, &aim, &want));
		ck_assert_int_eq(ok, want);
		met += ok;
		world_end();
	}
	ck_assert_int_gt(met, runs / 4);
	ck_assert_int_lt(met, runs * 9 / 10);
	gsl_rng_free(r);
}
END_TEST

START_TEST(relaxing_a_goal_never_worsens_the_objective)
{
	gsl_rng *r = gsl_rng_alloc(gsl_rng_mt19937);
	int compared = 0;

	for (int run = 0; run < 1000; run++) {
		struct belief b;
		struct aim aim = { .eps = 1e-4 };
		int hard, soft;
		bool met;

		random_world(r, 3, 2);
		b = random_belief(r);
		estimate_all(&b, estimates);
		aim.objective = OBJECTIVE_ENERGY;
		aim.accuracy = between(r, 0.2, 0.9);
		hard = options_select(&w.table, &b, &aim, -1, &met);
		if (met) {
			aim.accuracy -= between(r, 0, 0.2);
			soft = options_select(&w.table, &b, &aim, -1, &met);
			ck_assert_double_le(estimates[soft].energy_j,
				estimates[hard].energy_j * (1 + 1e-12));
			compared++;
		}
		aim.objective = OBJECTIVE_ACCURACY;
		aim.energy_j = between(r, 1, 20);
		hard = options_select(&w.table, &b, &aim, -1, &met);
		if (met) {
			aim.energy_j *= between(r, 1, 2);
			soft = options_select(&w.table, &b, &aim, -1, &met);
			ck_assert_double_ge(estimates[soft].accuracy,
				estimates[hard].accuracy - aim.eps);
			compared++;
		}
		world_end();
	}
	ck_assert_int_gt(compared, 500);
	gsl_rng_free(r);
}
END_TEST

/* Equal powers make equal energies but for rounding: two stops past the
 * deadline tie, and the more accurate one must win. */
START_TEST(rounding_of_energies_decides_nothing)
{
	struct belief b = { .mean = 1, .deviation = 0.5, .goal_ns = 29 * MS,
		.idle = 20 };
	struct aim aim = { .objective = OBJECTIVE_ENERGY, .accuracy = 0.1,
		.eps = 1e-4 };
	bool met;

	world_begin(1, 1, 10);
	set_net(0, NET_STAGED, 4, 1, (double[]){ 0.5, 0.6, 0.7, 0.8 });
	set_cell(0, 0, 151.37, (double[]){ 30.1, 47.3, 61.7, 80.9 });
	options_init(&w.table, &w.arena, &w.profile, OPTIONS_ALL);
	ck_assert_int_eq(options_select(&w.table, &b, &aim, -1, &met), 3);
	world_end();
}
END_TEST

START_TEST(other_times_may_be_believed_in)
{
	static const double time[] = { 100 * MS, 40 * MS };

	selection_world(false);
	w.table.n = 2;
	options_set_times(&w.table, time);
	estimate_all(&selection_belief, estimates);
	NEAR(estimates[0].in_time, direct_cdf((1.2 - 1.1) / 0.1));
	NEAR(estimates[0].energy_j, 20 * 0.110 + 0.25 * 20 * 0.010);
	NEAR(estimates[1].energy_j, 2.520);
	world_end();
}
END_TEST

START_TEST(kinds_and_mandatory_depth_limit_the_options)
{
	world_begin(2, 1, 10);
	set_net(0, NET_STAGED, 4, 3, (double[]){ 0.5, 0.6, 0.7, 0.8 });
	set_cell(0, 0, 100, (double[]){ 1, 2, 3, 4 });
	set_net(1, NET_SINGLE, 2, 1, (double[]){ 0.5, 0.9 });
	set_cell(1, 0, 100, (double[]){ 1, 2 });
	options_init(&w.table, &w.arena, &w.profile, OPTIONS_ALL);
	ck_assert_int_eq(w.table.n, 3);
	ck_assert_int_eq(w.table.option[0].stop, 3);
	NEAR(w.table.option[0].gain, 0.7 - 0.1);
	NEAR(w.table.option[1].gain, 0.1);
	ck_assert_int_eq(w.table.option[2].stop, 2);
	NEAR(w.table.option[2].time_ns, 2 * MS);
	options_init(&w.table, &w.arena, &w.profile, OPTIONS_ANYTIME);
	ck_assert_int_eq(w.table.n, 2);
	options_init(&w.table, &w.arena, &w.profile, OPTIONS_TRADITIONAL);
	ck_assert_int_eq(w.table.n, 1);
	world_end();
}
END_TEST

Suite *test_estimate(void);
Suite *test_estimate(void)
{
	Suite *s = suite_create("estimate");
	TCase *t = tcase_create("estimate");

	tcase_add_test(t, accuracy_of_a_traditional_network);
	tcase_add_test(t, energy_runs_then_idles_to_the_deadline);
	tcase_add_test(t, estimates_of_the_selection_example);
	tcase_add_test(t, selections_of_the_example);
	tcase_add_test(t, goals_may_be_asked_with_a_probability);
	tcase_add_test(t, power_limit_forbids_options_but_not_passing_through_them);
	tcase_add_test(t, normal_table_is_exact_to_3e_13);
	tcase_add_test(t, estimates_equal_the_direct_sums_and_keep_their_bounds);
	tcase_add_test(t, a_small_deviation_tends_to_certainty);
	tcase_add_test(t, energy_is_continuous_at_the_deadline);
	tcase_add_test(t, anytime_expectation_agrees_with_monte_carlo);
	tcase_add_test(t, selection_equals_an_obvious_search);
	tcase_add_test(t, relaxing_a_goal_never_worsens_the_objective);
	tcase_add_test(t, rounding_of_energies_decides_nothing);
	tcase_add_test(t, other_times_may_be_believed_in);
	tcase_add_test(t, kinds_and_mandatory_depth_limit_the_options);
	suite_add_tcase(s, t);
	return s;
}
