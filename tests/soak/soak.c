/* One long run: memory must not grow, counters must be exact, the end must be
 * as fast as the beginning.
 *
 *     soak REQUESTS [WORKLOAD POLICY]
 *
 * Why nothing drifts. Times, counts and the time a device spends per (network,
 * setting, depth) are integers, 64 or 128 bits wide, so their sums are exact
 * however long the run; joules are made from them once, at the end. The one sum
 * of reals over requests, that of confidences, is compensated (Neumaier: the
 * rounding error of each addition is kept beside the sum), and is checked here
 * against an exact sum in fixed point. Time in the run counts in nanoseconds
 * from its start, never as an increment of a real.
 *
 * Memory is constant once exact quantiles have a counter for each possible
 * response (sim/quantile.h): as many requests as the longest relative deadline
 * has nanoseconds, 6 million with workloads/default.ini, 24 thousand with
 * tests/soak/workload.ini. From the first tenth of the run that begins after so
 * many it must not grow. */
#include "../../sim/choice.h"
#include "../../sim/engine.h"
#include "../../sim/mem.h"

#include <gsl/gsl_errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { PARTS = 10 };

/* Confidences as integers of 2^-FRACTION: exact down to 2^(52 - FRACTION), and
 * 2^(127 - FRACTION) of them fit. */
enum { FRACTION = 90 };

struct count {
	int64_t total, longest_ns, requests, missed, correct, depths, stages, busy_ns;
	wide response_ns, confidence;
	double cpu_s[PARTS + 1];
	long rss_kb[PARTS + 1];
	int part;
};

static double cpu_seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void look(struct count *c)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	c->cpu_s[c->part] = cpu_seconds();
	c->rss_kb[c->part] = u.ru_maxrss;
	if (c->part && c->total >= 10000000)
		(void)fprintf(stderr, "soak: %d %%: %ld kB, %.0f requests per "
			"second of CPU time\n", 100 * c->part / PARTS, u.ru_maxrss,
			(double)c->total / PARTS
			/ (c->cpu_s[c->part] - c->cpu_s[c->part - 1]));
}

static void on_request(void *context, const struct request_record *r)
{
	struct count *c = context;

	c->requests++;
	if (r->deadline_ns - r->release_ns > c->longest_ns)
		c->longest_ns = r->deadline_ns - r->release_ns;
	c->missed += r->missed;
	c->correct += r->correct;
	c->depths += r->depth;
	c->response_ns += r->leave_ns - r->release_ns;
	if (!r->missed)
		c->confidence += (wide)ldexp(r->confidence, FRACTION);
	if (c->requests * PARTS / c->total > c->part) {
		c->part++;
		look(c);
	}
}

static void on_stage(void *context, const struct stage_record *s)
{
	struct count *c = context;

	c->stages++;
	c->busy_ns += s->end_ns - s->start_ns;
}

static int wrong;

#define EQUAL(a, b) do { \
	if ((a) != (b)) { \
		(void)fprintf(stderr, "soak: %s is not %s\n", #a, #b); \
		wrong = 1; \
	} \
} while (0)

static void check(const struct count *c, const struct metrics *m, int devices)
{
	double exact = ldexp((double)c->confidence, -FRACTION)
		/ (double)m->answered;

	EQUAL(m->requests, c->total);
	EQUAL(c->requests, c->total);
	EQUAL(m->released, c->total);
	EQUAL(m->left, c->total);
	EQUAL(m->missed, c->missed);
	EQUAL(m->answered, c->total - c->missed);
	EQUAL(m->correct, c->correct);
	EQUAL(m->stages, c->stages);
	EQUAL(m->mean_depth, (double)c->depths / (double)c->total);
	/* Every device is busy or idle, to the nanosecond; the integral of the
	 * number present is the sum of the times in the system. */
	EQUAL(m->busy_ns, c->busy_ns);
	EQUAL(m->busy_ns + m->idle_ns, m->measured_ns * devices);
	EQUAL(m->response_sum_ns, c->response_ns);
	EQUAL(m->present_integral_ns, c->response_ns);
	/* To the last bit but one: the exact sum is rounded once more. */
	EQUAL(fabs(m->mean_confidence - exact) <= 0x1p-53, 1);
}

/* The tenth from which memory is constant; PARTS: the run was too short. */
static int settled(const struct count *c)
{
	int part = 1;

	while (part < PARTS && part * (c->total / PARTS) < c->longest_ns)
		part++;
	return part;
}

int main(int argc, char **argv)
{
	const char *requests = argc > 1 ? argv[1] : "2000000";
	const char *file = argc > 3 ? argv[2] : "workloads/default.ini";
	const char *policy = argc > 3 ? argv[3] : "edf";
	char *sets[2] = { mem_printf("workload.requests=%s", requests),
		mem_string("workload.warmup=0") };
	struct workload *w;
	struct choice choice;
	struct count c = { 0 };
	const struct sink sink = { .context = &c, .request = on_request,
		.stage = on_stage };
	struct run run = { .choice = &choice, .seed = 1, .sink = &sink };
	struct metrics m;
	double first, last;
	int from;

	(void)gsl_set_error_handler_off();
	if (choice_parse(&choice, policy))
		return 2;
	w = workload_read(file, 2, (const char *const *)sets, 1);
	if (!w)
		return 2;
	run.workload = w;
	c.total = w->requests;
	look(&c);
	if (engine_run(&run, &m))
		return 1;
	check(&c, &m, w->devices);
	from = settled(&c);
	/* A megabyte is what the C library may do as it likes. */
	EQUAL(c.rss_kb[PARTS] - c.rss_kb[from] <= 1024, 1);
	first = (double)c.total / PARTS / (c.cpu_s[1] - c.cpu_s[0]);
	last = (double)c.total / PARTS / (c.cpu_s[PARTS] - c.cpu_s[PARTS - 1]);
	/* Ten times too slow is a defect, a tenth is the machine's mood. */
	if (c.total >= 10000000)
		EQUAL(last > 0.7 * first, 1);
	printf("soak: %s, %" PRId64 " requests, %" PRId64 " stages: %ld kB at %d %%, "
		"%ld kB at 100 %%; first tenth %.2f, last tenth %.2f million "
		"requests per second of CPU time; %s\n", policy, c.total,
		m.stages, c.rss_kb[from], 100 * from / PARTS, c.rss_kb[PARTS],
		first * 1e-6, last * 1e-6,
		wrong ? "not as it should be" : "counters exact");
	workload_free(w);
	choice_fini(&choice);
	free(sets[0]);
	free(sets[1]);
	return wrong;
}
