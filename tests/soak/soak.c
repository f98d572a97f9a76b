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
 * response (sim/quantile.h): after half as many requests as the longest relative
 * deadline has nanoseconds, 3 million with workloads/default.ini, 12 thousand
 * with tests/soak/workload.ini. From the first tenth of the run that begins after
 * so many it must not grow.
 *
 * The machine's speed wanders, by half where others use it. So PAIRS times in
 * each tenth the run waits while another, of the same workload with another
 * seed, begins: a stretch of the fresh run is timed, then as long a stretch of
 * the long one, each with its data in the caches again. What slows both down is
 * not in their ratio, whose median over a tenth may not fall from the first to
 * the last. */
#include "../../sim/choice.h"
#include "../../sim/engine.h"
#include "../../sim/mem.h"
#include "../support_bench.h"

#include <gsl/gsl_errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { PARTS = 10, PAIRS = 20 };

/* Requests of a run whose speed is looked at, whose stretches are long enough
 * to say much. */
enum { FEWEST_TIMED = 1000000, FEWEST_SAYING = 10000000 };
#define MOST_SLOWER 0.1
#define MOST_SLOWER_SHORT 0.3

/* Confidences as integers of 2^-FRACTION: exact down to 2^(52 - FRACTION), and
 * 2^(127 - FRACTION) of them fit. */
enum { FRACTION = 90 };

struct count {
	int64_t total, longest_ns, requests, missed, correct, depths, stages, busy_ns;
	wide response_ns, confidence;
	double cpu_s[PARTS + 1];    /* without the fresh runs */
	long rss_kb[PARTS + 1];
	int part;
	/* The stretch: after how many requests what is done next. */
	enum { PAIR, WARM, TIMED } next;
	int64_t at, warm, length;
	double begun_s, took_s;
	/* Of the long run. */
	struct run *fresh;          /* NULL: this is one */
	double fresh_s, aside_s;    /* the last one's stretch; all of all */
	int pairs;
	double pace[PARTS * PAIRS]; /* fresh run's time over ours */
};

static void look(struct count *c)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	c->cpu_s[c->part] = bench_seconds() - c->aside_s;
	c->rss_kb[c->part] = u.ru_maxrss;
	if (c->part && c->total >= FEWEST_SAYING)
		(void)fprintf(stderr, "soak: %d %%: %ld kB, %.2f million requests "
			"per second of CPU time\n", 100 * c->part / PARTS,
			u.ru_maxrss, 1e-6 * (double)c->total / PARTS
			/ (c->cpu_s[c->part] - c->cpu_s[c->part - 1]));
}

static void time_fresh(struct count *c);

static void next_step(struct count *c)
{
	switch (c->next) {
	case PAIR:
		time_fresh(c);
		c->next = WARM;
		c->at += c->warm;
		break;
	case WARM:
		c->begun_s = bench_seconds();
		c->next = TIMED;
		c->at += c->length;
		break;
	case TIMED:
		c->took_s = bench_seconds() - c->begun_s;
		c->next = PAIR;
		c->at = -1;
		if (!c->fresh)
			break;
		c->pace[c->pairs++] = c->fresh_s / c->took_s;
		if (c->pairs < PARTS * PAIRS)
			c->at = c->pairs * (c->total / (PARTS * PAIRS)) + 1;
		break;
	}
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
	if (c->requests == c->at)
		next_step(c);
}

static void on_stage(void *context, const struct stage_record *s)
{
	struct count *c = context;

	c->stages++;
	c->busy_ns += s->end_ns - s->start_ns;
}

static void time_fresh(struct count *c)
{
	struct count other = { .total = INT64_MAX / PARTS, .next = WARM,
		.at = c->warm, .warm = c->warm, .length = c->length };
	struct sink sink = { .context = &other, .request = on_request,
		.stage = on_stage };
	double begun_s = bench_seconds();
	struct metrics m;

	c->fresh->seed = (uint32_t)c->pairs + 2;
	c->fresh->sink = &sink;
	if (engine_run(c->fresh, &m) || other.took_s <= 0)
		exit(1);
	c->fresh_s = other.took_s;
	c->aside_s += bench_seconds() - begun_s;
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

	while (part < PARTS && part * (c->total / PARTS) < c->longest_ns / 2 + 1)
		part++;
	return part;
}

static struct workload *read_workload(const char *file, int64_t requests)
{
	char *sets[2] = { mem_printf("workload.requests=%" PRId64, requests),
		mem_string("workload.warmup=0") };
	struct workload *w = workload_read(file, 2, (const char *const *)sets, 1);

	free(sets[0]);
	free(sets[1]);
	if (!w)
		exit(2);
	return w;
}

/* Stretches of half of what there is between two pairs. */
static void plan_pairs(struct count *c)
{
	c->length = c->total / (PARTS * PAIRS) / 2;
	c->length = c->length < 50000 ? c->length : 50000;
	c->warm = c->length / 2;
	c->at = c->total >= FEWEST_TIMED;
}

/* The last tenth's pace against the first's. */
static void check_pace(struct count *c)
{
	double most_slower = c->total < FEWEST_SAYING ? MOST_SLOWER_SHORT
		: MOST_SLOWER;
	double pace[PARTS];

	EQUAL(c->pairs, PARTS * PAIRS);
	printf("soak: pace beside fresh runs, by tenths:");
	for (int i = 0; i < PARTS; i++) {
		pace[i] = bench_median(c->pace + (ptrdiff_t)i * PAIRS, PAIRS);
		printf(" %.3f", pace[i]);
	}
	printf("\n");
	if (pace[PARTS - 1] < (1 - most_slower) * pace[0]) {
		(void)fprintf(stderr, "soak: the last tenth is slower than the "
			"first\n");
		wrong = 1;
	}
}

int main(int argc, char **argv)
{
	const char *file = argc > 3 ? argv[2] : "workloads/default.ini";
	const char *policy = argc > 3 ? argv[3] : "edf";
	struct count c = { .total = argc > 1 ? atoll(argv[1]) : 2000000 };
	const struct sink sink = { .context = &c, .request = on_request,
		.stage = on_stage };
	struct workload *w, *brief;
	struct run run = { .seed = 1, .sink = &sink }, fresh;
	struct choice choice;
	struct metrics m;
	int from;

	(void)gsl_set_error_handler_off();
	if (choice_parse(&choice, policy))
		return 2;
	plan_pairs(&c);
	w = read_workload(file, c.total);
	brief = read_workload(file, c.warm + c.length);
	run.choice = &choice;
	fresh = run;
	run.workload = w;
	fresh.workload = brief;
	c.fresh = &fresh;
	look(&c);
	if (engine_run(&run, &m))
		return 1;
	check(&c, &m, w->devices);
	from = settled(&c);
	/* A megabyte is what the C library may do as it likes. */
	EQUAL(c.rss_kb[PARTS] - c.rss_kb[from] <= 1024, 1);
	if (c.total >= FEWEST_TIMED)
		check_pace(&c);
	printf("soak: %s, %" PRId64 " requests, %" PRId64 " stages: %ld kB at %d %%, "
		"%ld kB at 100 %%; %.2f million requests per second of CPU "
		"time; %s\n", policy, c.total, m.stages, c.rss_kb[from],
		100 * from / PARTS, c.rss_kb[PARTS],
		(double)c.total / (c.cpu_s[PARTS] - c.cpu_s[0]) * 1e-6,
		wrong ? "not as it should be" : "counters exact");
	workload_free(w);
	workload_free(brief);
	choice_fini(&choice);
	return wrong;
}
