/* What picks cost within runs, as the workload's measured overhead counts them:
 * policies that choose networks and settings, and some for comparison. The
 * clock's own cost, about 30 ns, is included. CSV on stdout: what, mean,
 * unit.
 *
 * A pick that waits is a pick too, so these are means over cheap and dear
 * ones; bench_assign times the dear ones by themselves. */
#include "../../sim/engine.h"
#include "../../sim/msg.h"

#include <stdio.h>

#define ALL_NETS "workload.networks=staged3,staged6,nested4,resnet8,resnet14," \
	"resnet20w2,resnet32w2"
#define ALL_SETTINGS "workload.settings=sm132,sm32,sm8"
#define MEASURED "overhead.decision=measured"
/* The default scenario at the same load with more clients, or fewer: as many live
 * requests, since each client sends its next at the deadline of its last. */
#define JOINT(clients, min, max) { "joint decision; " #clients \
	" clients; 1 x 1", "workloads/default.ini", "joint", { MEASURED, \
	"workload.requests=2000", "arrivals.clients=" #clients, \
	"deadline.min=" min, "deadline.max=" max }, 5 }

static const struct decide_case {
	const char *what, *workload, *policy;
	const char *sets[6];
	int n;
} cases[] = {
	{ "edf decision; 20 clients; 1 x 1", "workloads/default.ini", "edf",
	  { MEASURED, "workload.requests=20000" }, 2 },
	{ "imprecise decision; 20 clients; 1 x 1", "workloads/default.ini",
	  "imprecise", { MEASURED, "workload.requests=20000" }, 2 },
	{ "joint decision; 20 clients; 1 x 1", "workloads/default.ini", "joint",
	  { MEASURED, "workload.requests=5000" }, 2 },
	{ "joint decision; 20 clients; 7 x 3", "workloads/default.ini", "joint",
	  { MEASURED, "workload.requests=5000", ALL_NETS, ALL_SETTINGS }, 4 },
	JOINT(5, "0.5T", "5.5T"), JOINT(50, "5T", "55T"),
	JOINT(100, "10T", "110T"), JOINT(200, "20T", "220T"),
	JOINT(500, "50T", "550T"),
	{ "alert decision; 5 x 1", "workloads/goal-energy.ini", "alert",
	  { MEASURED, "workload.requests=20000" }, 2 },
	{ "alert decision; 7 x 3", "workloads/goal-energy.ini", "alert",
	  { MEASURED, "workload.requests=20000", ALL_NETS, ALL_SETTINGS,
	    "environment.timeline=0 default" }, 5 },
};

static int decide(const struct decide_case *c)
{
	struct workload *w = workload_read(c->workload, c->n, c->sets, 1);
	struct choice choice;
	struct run r = { .workload = w, .choice = &choice, .seed = 1 };
	struct metrics m;
	int failed;

	if (!w || choice_parse(&choice, c->policy))
		return -1;
	failed = engine_run(&r, &m);
	if (!failed)
		printf("%s,%.4g,us\n", c->what, m.decision_mean_ns / 1000);
	choice_fini(&choice);
	workload_free(w);
	return failed;
}

int main(void)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (decide(&cases[i]))
			return (int)msg_status();
	return STATUS_OK;
}
