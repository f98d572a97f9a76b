/* Answers known from queueing theory (paper/spec/workloads.md 9): mean
 * response times of single-stage queues under fifo, by 10 replications of
 * 200000 requests with fixed seeds. The 99.9 % interval must contain the
 * answer and be narrow. A failure here is to be explained, not cured by
 * another seed. */
#include "support_queue.h"

#include "../sim/stats.h"

#include <check.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

enum { SAMPLES = 4096, REPLICATIONS = 10 };
static const double service_ns = 1e6;
static const double loads[] = { 0.5, 0.8, 0.9 };

static int quick(void) { return getenv("LAXITY_QUICK") != NULL; }

/* Quantiles of the service law at (i + 1/2) / 4096. */
static void exponential(int64_t *t)
{
	for (int i = 0; i < SAMPLES; i++)
		t[i] = llround(-service_ns * log1p(-(i + 0.5) / SAMPLES));
}

/* Two exponentials, balanced means, squared coefficient of variation 4. */
static double mixed_tail(double x, double p, double a, double b)
{
	return p * exp(-x / a) + (1 - p) * exp(-x / b);
}

static void hyperexponential(int64_t *t)
{
	double p = 0.5 * (1 + sqrt(3.0 / 5)); /* (c^2 - 1) / (c^2 + 1) */
	double a = service_ns / (2 * p), b = service_ns / (2 * (1 - p));

	for (int i = 0; i < SAMPLES; i++) {
		double low = 0, high = 100 * b, want = 1 - (i + 0.5) / SAMPLES;
		for (int k = 0; k < 100; k++) {
			double mid = (low + high) / 2;
			if (mixed_tail(mid, p, a, b) > want)
				low = mid;
			else
				high = mid;
		}
		t[i] = llround(low);
	}
}

static void moments(const int64_t *t, int n, double *mean, double *c2)
{
	double sum = 0, squares = 0;

	for (int i = 0; i < n; i++) {
		sum += (double)t[i];
		squares += (double)t[i] * (double)t[i];
	}
	*mean = sum / n;
	*c2 = squares / n / (*mean * *mean) - 1;
}

static const struct policy *builtin(const char *name)
{
	for (const struct policy *const *p = policy_table; *p; p++)
		if (!strcmp((*p)->name, name))
			return *p;
	ck_abort_msg("no policy %s", name);
	return NULL;
}

/* Mean response, in ns, over the whole run (its start is empty: the warm-up
 * requests are in it only through metrics that leave them out). */
static double mean_response(struct queue *q, const struct choice *c,
	uint32_t seed, struct metrics *m)
{
	struct run r = { .workload = &q->w, .choice = c, .seed = seed };

	ck_assert_int_eq(engine_run(&r, m), 0);
	return m->response_mean_ns;
}

struct answer { double mean, half; };

static struct answer measure(struct queue *q, const char *policy, int p99)
{
	struct choice c = { .text = (char *)policy, .policy = builtin(policy) };
	double x[REPLICATIONS], sum = 0, squares = 0;
	int n = quick() ? 3 : REPLICATIONS;
	struct answer a;
	struct metrics m;

	for (int i = 0; c.policy->params && c.policy->params[i].name; i++)
		c.args[i] = c.policy->params[i].def;
	for (int i = 0; i < n; i++) {
		x[i] = mean_response(q, &c, (uint32_t)(1 + i), &m);
		if (p99)
			x[i] = (double)m.response_p99_ns;
		sum += x[i];
	}
	a.mean = sum / n;
	for (int i = 0; i < n; i++)
		squares += (x[i] - a.mean) * (x[i] - a.mean);
	a.half = gsl_cdf_tdist_Pinv(0.9995, n - 1)
		* sqrt(squares / (n - 1) / n);
	return a;
}

static void prepare(struct queue *q, enum process process, double rho, int devices)
{
	q->w.process = process;
	q->w.devices = devices;
	q->w.requests = quick() ? 20000 : 200000;
	q->w.warmup = quick() ? 2000 : 20000;
	q->w.deadline_min_ns = q->w.deadline_max_ns = (int64_t)1 << 50;
	q->w.mean_deadline_ns = (double)q->w.deadline_min_ns;
	q->w.rate_hz = rho * devices * 1e9
		/ q->w.profile->cell[0].mean_ns[0];
	q->w.gap_ns = 1e9 / q->w.rate_hz;
}

static void expect(const char *what, double rho, struct answer a, double answer,
	double width)
{
	ck_assert_msg(fabs(a.mean - answer) <= a.half,
		"%s at %g: %.6g +- %.3g, theory %.6g", what, rho, a.mean,
		a.half, answer);
	if (!quick())
		ck_assert_msg(a.half < width * answer,
			"%s at %g: +- %.3g is too wide", what, rho, a.half);
}

/* Root of x = f(x) on (0, 1) by iteration from 0. */
static double fixed_point(double rho, double cv2)
{
	double x = 0;

	for (int i = 0; i < 10000; i++)
		x = cv2 == 0 ? exp(-(1 - x) / rho)
			: pow(1 + cv2 * (1 - x) / rho, -1 / cv2);
	return x;
}

START_TEST(mm1_mean_and_p99)
{
	int64_t t[SAMPLES];
	struct queue q;
	double rho = loads[_i], s, c2;

	exponential(t);
	moments(t, SAMPLES, &s, &c2);
	queue_init(&q, t, SAMPLES);
	prepare(&q, PROCESS_POISSON, rho, 1);
	expect("M/M/1", rho, measure(&q, "fifo", 0),
		s * (1 + rho * (1 + c2) / (2 * (1 - rho))), rho > 0.85 ? 0.15 : 0.05);
	expect("M/M/1 p99", rho, measure(&q, "fifo", 1),
		4.60517 * s / (1 - rho), rho > 0.75 ? 0.25 : 0.06);
	queue_fini(&q);
}
END_TEST

START_TEST(md1_mean)
{
	int64_t t = 1000000;
	struct queue q;
	double rho = loads[_i];

	queue_init(&q, &t, 1);
	prepare(&q, PROCESS_POISSON, rho, 1);
	expect("M/D/1", rho, measure(&q, "fifo", 0),
		1e6 * (1 + rho / (2 * (1 - rho))), rho > 0.85 ? 0.15 : 0.05);
	queue_fini(&q);
}
END_TEST

START_TEST(mg1_mean)
{
	int64_t t[SAMPLES];
	struct queue q;
	double rho = loads[_i], s, c2;

	hyperexponential(t);
	moments(t, SAMPLES, &s, &c2);
	ck_assert(c2 > 3.6 && c2 < 4.1);
	queue_init(&q, t, SAMPLES);
	prepare(&q, PROCESS_POISSON, rho, 1);
	expect("M/G/1", rho, measure(&q, "fifo", 0),
		s * (1 + rho * (1 + c2) / (2 * (1 - rho))), 0.15);
	queue_fini(&q);
}
END_TEST

START_TEST(mm2_mean)
{
	int64_t t[SAMPLES];
	struct queue q;
	double rho = loads[_i];

	exponential(t);
	queue_init(&q, t, SAMPLES);
	prepare(&q, PROCESS_POISSON, rho, 2);
	expect("M/M/2", rho, measure(&q, "fifo", 0),
		service_ns / (1 - rho * rho), rho > 0.85 ? 0.15 : 0.05);
	queue_fini(&q);
}
END_TEST

START_TEST(dm1_mean)
{
	int64_t t[SAMPLES];
	struct queue q;
	double rho = loads[_i];

	exponential(t);
	queue_init(&q, t, SAMPLES);
	prepare(&q, PROCESS_PERIODIC, rho, 1);
	expect("D/M/1", rho, measure(&q, "fifo", 0),
		service_ns / (1 - fixed_point(rho, 0)), rho > 0.85 ? 0.15 : 0.05);
	queue_fini(&q);
}
END_TEST

START_TEST(gm1_mean)
{
	int64_t t[SAMPLES];
	struct queue q;
	double rho = loads[_i];

	exponential(t);
	queue_init(&q, t, SAMPLES);
	prepare(&q, PROCESS_GAMMA, rho, 1);
	q.w.cv = 2;
	expect("gamma/M/1", rho, measure(&q, "fifo", 0),
		service_ns / (1 - fixed_point(rho, 4)), 0.15);
	queue_fini(&q);
}
END_TEST

/* ---- M/M/1/5: a policy that turns away who finds five in the system --------- */

struct finite { int32_t refuse[64]; int refusals; };

static void finite_release(void *state, const struct view *v, int slot)
{
	struct finite *f = state;
	int present = v->lives - 1 - f->refusals;

	if (present >= 5 && f->refusals < 64)
		f->refuse[f->refusals++] = slot;
}

static struct decision finite_pick(void *state, const struct view *v)
{
	struct finite *f = state;

	if (f->refusals)
		return decide_drop(f->refuse[--f->refusals]);
	for (int i = 0; i < v->lives; i++)
		if (view_waiting(v, v->live[i]))
			return decide_run(v->live[i], 0, 0);
	return decide_wait(TIME_NEVER);
}

static const struct policy finite_policy = {
	.name = "finite", .state_size = sizeof(struct finite),
	.on_release = finite_release, .pick = finite_pick,
};

/* Whoever is refused while the server is busy stays until the next pick, and
 * must not count as present: finite_release leaves them out. */
START_TEST(mm15_loss)
{
	int64_t t[SAMPLES];
	struct queue q;
	struct choice c = { .text = (char *)"finite", .policy = &finite_policy };
	double rho = loads[_i], x[REPLICATIONS], sum = 0, squares = 0, half;
	int n = quick() ? 3 : REPLICATIONS;

	exponential(t);
	queue_init(&q, t, SAMPLES);
	prepare(&q, PROCESS_POISSON, rho, 1);
	for (int i = 0; i < n; i++) {
		struct metrics m;
		(void)mean_response(&q, &c, (uint32_t)(1 + i), &m);
		x[i] = m.miss_ratio;
		sum += x[i];
	}
	for (int i = 0; i < n; i++)
		squares += (x[i] - sum / n) * (x[i] - sum / n);
	half = gsl_cdf_tdist_Pinv(0.9995, n - 1) * sqrt(squares / (n - 1) / n);
	expect("M/M/1/5", rho, (struct answer){ sum / n, half },
		(1 - rho) * pow(rho, 5) / (1 - pow(rho, 6)), 0.1);
	queue_fini(&q);
}
END_TEST

/* ---- Laws that hold exactly ---------------------------------------------------- */

START_TEST(policies_blind_to_service_have_the_same_mean_wait)
{
	static const char *const names[] = { "fifo", "edf", "lcf", "rr" };
	int64_t t[SAMPLES];
	struct queue q;

	exponential(t);
	queue_init(&q, t, SAMPLES);
	prepare(&q, PROCESS_POISSON, 0.8, 1);
	q.w.deadline_min_ns = (int64_t)1 << 40;
	for (int i = 0; i < 4; i++)
		expect(names[i], 0.8, measure(&q, names[i], 0),
			service_ns / (1 - 0.8), 0.05);
	queue_fini(&q);
}
END_TEST

START_TEST(little_and_utilisation_hold_to_the_nanosecond)
{
	static const char *const names[] = { "fifo", "edf", "lcf", "rr", "imprecise" };
	int64_t t[SAMPLES];
	struct queue q;

	exponential(t);
	queue_init(&q, t, SAMPLES);
	for (int i = 0; i < 5; i++) {
		struct choice c = { .text = (char *)names[i],
			.policy = builtin(names[i]) };
		struct metrics m;
		for (int k = 0; c.policy->params[k].name; k++)
			c.args[k] = c.policy->params[k].def;
		prepare(&q, PROCESS_POISSON, 1.3, 1 + i % 2);
		q.w.requests = 20000;
		q.w.warmup = 0;
		q.w.deadline_min_ns = 2000000;
		q.w.deadline_max_ns = 20000000;
		(void)mean_response(&q, &c, 7, &m);
		ck_assert(m.present_integral_ns == m.response_sum_ns);
		ck_assert(m.released == 20000 && m.left == 20000);
		ck_assert(m.requests == m.answered + m.missed);
		ck_assert(m.busy_ns + m.idle_ns == m.measured_ns * q.w.devices);
	}
	queue_fini(&q);
}
END_TEST

START_TEST(closed_clients_with_response_saturate_the_server)
{
	int64_t t[SAMPLES];
	struct queue q;
	double s, c2;
	struct answer a;
	int clients = 5;

	exponential(t);
	moments(t, SAMPLES, &s, &c2);
	queue_init(&q, t, SAMPLES);
	prepare(&q, PROCESS_CLOSED, 1, 1);
	q.w.clients = clients;
	q.w.reissue = REISSUE_RESPONSE;
	q.w.deadline_min_ns = q.w.deadline_max_ns
		= llround(100 * clients * service_ns);
	q.w.mean_deadline_ns = (double)q.w.deadline_min_ns;
	q.w.warmup = 200 * clients;
	a = measure(&q, "fifo", 0);
	expect("closed", 1, a, clients * s, 0.05);
	queue_fini(&q);
}
END_TEST

Suite *test_theory(void);
Suite *test_theory(void)
{
	Suite *s = suite_create("theory");
	TCase *t = tcase_create("theory");

	tcase_set_timeout(t, 300);
	tcase_add_loop_test(t, mm1_mean_and_p99, 0, 3);
	tcase_add_loop_test(t, md1_mean, 0, 3);
	tcase_add_loop_test(t, mg1_mean, 0, 3);
	tcase_add_loop_test(t, mm2_mean, 0, 3);
	tcase_add_loop_test(t, dm1_mean, 0, 3);
	tcase_add_loop_test(t, gm1_mean, 0, 3);
	tcase_add_loop_test(t, mm15_loss, 0, 3);
	tcase_add_test(t, policies_blind_to_service_have_the_same_mean_wait);
	tcase_add_test(t, little_and_utilisation_hold_to_the_nanosecond);
	tcase_add_test(t, closed_clients_with_response_saturate_the_server);
	suite_add_tcase(s, t);
	return s;
}
