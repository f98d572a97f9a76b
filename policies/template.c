/* A complete policy to copy: one line on the idea, then the manual that
 * `laxity policies NAME` prints. sim/policy.h says what may be known and done.
 *
 * Built in: name the struct policy_NAME, drop laxity_policy_abi and add the
 * two lines to registry.c. As a shared object, this file as it is:
 *     cc -std=c11 -shared -fPIC -o mine.so template.c
 *     laxity run -w FILE -p ./mine.so:patience=2 */
#include "../sim/policy.h"

static const char manual[] =
"Idea: serve requests in release order, but let go of those whose time left\n"
"is below `patience` times the mean time of their next stage.\n"
"Source: an example.\n"
"Cost of a pick: O(live requests).\n";

/* Parameters: a value per line arrives in init's args, in this order. */
enum { PATIENCE };
static const struct param params[] = {
	{ .name = "patience", .def = 1, .min = 0, .max = 100,
	  .help = "least time left to go on, in mean stage times" },
	{ .name = NULL }
};

/* State of a run: zeroed before init, freed after the run. */
struct template { double patience; };

static int init(void *state, struct arena *a, const struct view *v,
	const double *args)
{
	struct template *t = state;

	(void)a;
	(void)v;
	t->patience = args[PATIENCE];
	return 0;
}

static struct decision pick(void *state, const struct view *v)
{
	const struct template *t = state;
	const double *mean_ns = profile_cell(v->profile, 0, 0)->mean_ns;

	for (int i = 0; i < v->lives; i++) {
		int slot = v->live[i];
		const struct request *q = &v->req[slot];

		if (!view_waiting(v, slot))
			continue;
		if ((double)(q->deadline_ns - v->now_ns)
		    >= t->patience * mean_ns[q->depth])
			return decide_run(slot, 0, 0);
		if (q->depth >= v->profile->net[0].mandatory)
			return decide_finish(slot);
		return decide_drop(slot);
	}
	return decide_wait(TIME_NEVER);
}

extern const struct policy laxity_policy;
extern const unsigned laxity_policy_abi;
const struct policy laxity_policy = {
	.name = "template",
	.summary = "an example to copy",
	.manual = manual,
	.params = params,
	.state_size = sizeof(struct template),
	.init = init,
	.pick = pick,
};
const unsigned laxity_policy_abi = POLICY_ABI;
