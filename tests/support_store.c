#include "support_store.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const environments[] = { "default", "busy" };
static const struct bundle_net nets[] = { { .name = "staged3" } };
static const struct bundle_setting settings[] = { { .name = "sm132" } };
static const struct param params[] = {
	{ "delta", "", 0.01, 0, 1, NULL, NULL }, { 0 } };
const struct policy stored_edf = { .name = "edf" };
const struct policy stored_imprecise = { .name = "imprecise", .params = params };
const struct policy stored_oracle = { .name = "oracle", .clairvoyant = true };

void stored_sample(struct stored_sample *s, const struct policy *p,
	const char *text, int clients, uint32_t seed)
{
	*s = (struct stored_sample){ 0 };
	s->bundle = (struct bundle){ .dir = "traces/a", .device = "GPU", .task = "t",
		.nets = 1, .net = nets, .settings = 1, .setting = settings,
		.environments = 2, .environment = environments };
	(void)strcpy(s->bundle.sha256, "aaaa");
	(void)snprintf(s->resolved, sizeof s->resolved, "[workload]\n"
		"trace = traces/a\nnetworks = staged3\n[arrivals]\n"
		"process = closed\nclients = %d\n", clients);
	s->workload = (struct workload){ .bundle = &s->bundle,
		.resolved = s->resolved, .net = &s->candidate,
		.setting = &s->candidate, .nets = 1, .settings = 1 };
	(void)snprintf(s->text, sizeof s->text, "%s", text);
	s->choice = (struct choice){ .text = s->text, .policy = p,
		.args = { 0.01 } };
	store_hash_workload(&s->workload, s->hash);
	s->run = (struct store_run){ .workload = &s->workload,
		.workload_hash = s->hash, .choice = &s->choice, .seed = seed,
		.replication = (int32_t)seed - 1, .kind = "simulated",
		.live_at = "", .ended = "done", .took_s = 0.25 };
	for (const struct column *c = outcome_columns; c->name; c++)
		outcome_set(&s->outcome, c, NAN);
	s->outcome.metrics.requests = 100;
	s->outcome.metrics.answered = 90;
	s->outcome.metrics.missed = 10;
	s->outcome.metrics.miss_ratio = 0.1;
	s->outcome.metrics.accuracy = 0.5 + 0.001 * seed;
	s->outcome.metrics.mean_confidence = 0.5;
	s->outcome.metrics.response_p99_ns = ((int64_t)1 << 60) + 1;
	s->outcome.load = 1.5;
}

void stored_put(struct store *s, const struct stored_sample *a)
{
	ck_assert_int_eq(store_begin(s), 0);
	ck_assert_int_eq(store_put_run(s, &a->run, &a->outcome), 0);
	ck_assert_int_eq(store_commit(s), 0);
}

void stored_put_into(const char *file, const struct stored_sample *a)
{
	struct store *s = store_open(file, STORE_WRITE);

	stored_put(s, a);
	store_close(s);
}

void stored_one(const char *path)
{
	struct stored_sample a;

	stored_sample(&a, &stored_edf, "edf", 20, 1);
	stored_put_into(path, &a);
}
