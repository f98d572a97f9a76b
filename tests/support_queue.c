#include "support_queue.h"

#include <math.h>

void queue_init(struct queue *q, const int64_t *service, int n)
{
	*q = (struct queue){ .confidence = 1, .outcome = 1, .correct = 1,
		.environment = "default" };
	q->power[0] = q->no_stderr[0] = NAN;
	for (int i = 0; i < BUNDLE_MAX_DEPTH; i++)
		q->power[i] = q->no_stderr[i] = NAN;
	q->net = (struct bundle_net){ .name = "server", .kind = NET_SINGLE,
		.depths = 1, .mandatory = 1, .confidence = &q->confidence,
		.correct = &q->correct, .outcome = &q->outcome, .accuracy = { 1 },
		.mean_confidence = { 1 } };
	q->setting = (struct bundle_setting){ "only", NAN, NAN, NAN, NAN };
	q->cell = (struct cell){ .samples = n, .duration_ns = service };
	q->b = (struct bundle){ .dir = "memory", .device = "none",
		.task = "queue", .classes = 2, .inputs = 1,
		.mandatory_depth = 1, .nets = 1, .settings = 1,
		.environments = 1, .net = &q->net, .setting = &q->setting,
		.environment = &q->environment, .cell = &q->cell,
		.power_w = q->power, .stderr_w = q->no_stderr,
		.overhead = &q->overhead };
	q->w = (struct workload){ .file = "memory", .bundle = &q->b,
		.nets = 1, .settings = 1, .net = &q->zero,
		.setting = &q->zero, .devices = 1, .timeline_by_request = 0,
		.changes = 1, .change = &q->change, .rate_hz = NAN, .cv = 1,
		.goal = { OBJECTIVE_NONE, NAN, NAN } };
	q->w.profile = profile_new(&q->b, 1, &q->zero, 1, &q->zero);
	q->w.full_ns = llround(q->w.profile->cell[0].mean_ns[0]);
}

void queue_fini(struct queue *q)
{
	profile_free(q->w.profile);
}
