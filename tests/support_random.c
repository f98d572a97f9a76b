#include "support_random.h"

#include <math.h>

static int64_t from_to(struct stream *r, int64_t low, int64_t high)
{
	return low + stream_below(r, high - low + 1);
}

static void make_net(struct scenario *s, struct stream *r, struct bundle_net *n,
	int i)
{
	static const enum net_kind kinds[] = { NET_STAGED, NET_NESTED, NET_SINGLE };
	static const char *const names[] = { "first", "second", "third" };
	int inputs = s->b.inputs;
	size_t cells;
	double *confidence, *outcome;
	unsigned char *correct;

	/* One of each kind, so that every policy finds what it needs. */
	n->name = names[i];
	n->kind = kinds[i];
	n->depths = n->kind == NET_SINGLE ? 1 : (int)from_to(r, 1, 4);
	n->mandatory = s->b.mandatory_depth < n->depths
		? s->b.mandatory_depth : n->depths;
	cells = (size_t)inputs * (size_t)n->depths;
	confidence = arena_new(&s->arena, cells, sizeof *confidence);
	outcome = arena_new(&s->arena, cells, sizeof *outcome);
	correct = arena_new(&s->arena, cells, 1);
	for (size_t k = 0; k < cells; k++) {
		confidence[k] = (double)from_to(r, 0, 20) / 20;
		correct[k] = stream_unit(r) < confidence[k];
		outcome[k] = bundle_outcome(confidence[k], correct[k]);
	}
	n->confidence = confidence;
	n->correct = correct;
	n->outcome = outcome;
	for (int d = 0; d < n->depths; d++) {
		for (int k = 0; k < inputs; k++) {
			size_t at = (size_t)(k * n->depths + d);
			n->accuracy[d] += (double)correct[at];
			n->mean_confidence[d] += confidence[at];
		}
		n->accuracy[d] /= inputs;
		n->mean_confidence[d] /= inputs;
	}
}

static void make_times(struct scenario *s, struct stream *r)
{
	struct bundle *b = &s->b;
	size_t cells = (size_t)(b->nets * b->settings * b->environments);
	struct cell *cell = arena_new(&s->arena, cells, sizeof *cell);
	double *power = arena_new(&s->arena, (size_t)(b->nets * b->settings)
		* BUNDLE_MAX_DEPTH, sizeof *power);
	int64_t unit = from_to(r, 1, 50);

	for (size_t c = 0; c < cells; c++) {
		const struct bundle_net *n = &b->net[c / (size_t)(b->settings
			* b->environments)];
		int samples = (int)from_to(r, 1, 6);
		size_t times = (size_t)(samples * n->depths);
		int64_t *t = arena_new(&s->arena, times, sizeof *t);
		for (size_t k = 0; k < times; k++)
			t[k] = unit * from_to(r, 1, 9);
		cell[c] = (struct cell){ samples, t, NULL };
	}
	for (size_t k = 0; k < (size_t)(b->nets * b->settings)
	     * BUNDLE_MAX_DEPTH; k++)
		power[k] = (double)from_to(r, 50, 300);
	b->cell = cell;
	b->power_w = b->stderr_w = power;
}

static void make_arrivals(struct scenario *s, struct stream *r)
{
	struct workload *w = &s->w;
	double full = (double)w->full_ns;

	w->deadline_min_ns = llround(full * (double)from_to(r, 1, 6) / 2);
	w->deadline_max_ns = w->deadline_min_ns
		+ (stream_unit(r) < 0.3 ? 0 : llround(full * 5 * stream_unit(r)));
	w->mean_deadline_ns = ((double)w->deadline_min_ns
		+ (double)w->deadline_max_ns) / 2;
	w->rate_hz = (0.3 + 2 * stream_unit(r)) * w->devices * 1e9 / full;
	w->gap_ns = 1e9 / w->rate_hz;
	switch (from_to(r, 0, 4)) {
	case 0:
		w->process = PROCESS_PERIODIC;
		w->jitter_ns = stream_unit(r) < 0.5 ? 0 : 3;
		break;
	case 1:
		w->process = PROCESS_POISSON;
		break;
	case 2:
		w->process = PROCESS_CLOSED;
		w->reissue = REISSUE_RESPONSE;
		break;
	default:
		w->process = PROCESS_CLOSED;
		w->reissue = REISSUE_DEADLINE;
	}
	w->clients = (int)from_to(r, 1, 12);
}

static void make_timeline(struct scenario *s, struct stream *r)
{
	struct workload *w = &s->w;
	struct change *c = arena_new(&s->arena, 4, sizeof *c);

	w->change = c;
	w->changes = (int)from_to(r, 1, 4);
	w->timeline_by_request = stream_unit(r) < 0.5;
	for (int i = 1; i < w->changes; i++) {
		c[i].at = w->timeline_by_request
			? w->warmup + w->requests * i / 5
			: c[i - 1].at + from_to(r, 1, 20 * w->full_ns);
		c[i].environment = i % s->b.environments;
	}
}

void scenario_init(struct scenario *s, uint32_t seed)
{
	static const char *const environments[] = { "default", "slow" };
	struct bundle_net *net;
	struct bundle_setting *setting;
	struct stream stream, *r = &stream;
	int *order;

	*s = (struct scenario){ 0 };
	stream_open(r, seed, PURPOSE_RESAMPLING, 99);
	s->b = (struct bundle){ .dir = "memory", .device = "none",
		.task = "random", .classes = 10,
		.inputs = (int)from_to(r, 1, 30),
		.mandatory_depth = stream_unit(r) < 0.7 ? 1 : 2, .nets = 3,
		.settings = (int)from_to(r, 1, 2),
		.environments = (int)from_to(r, 1, 2),
		.environment = environments };
	net = arena_new(&s->arena, 3, sizeof *net);
	for (int i = 0; i < 3; i++)
		make_net(s, r, &net[i], i);
	s->b.net = net;
	setting = arena_new(&s->arena, 2, sizeof *setting);
	setting[0] = (struct bundle_setting){ "full", 1, NAN, NAN, 40 };
	setting[1] = (struct bundle_setting){ "half", 1, NAN, NAN, 30 };
	s->b.setting = setting;
	s->b.overhead = arena_new(&s->arena, 2, sizeof *s->b.overhead);
	make_times(s, r);
	order = arena_new(&s->arena, 3, sizeof *order);
	order[1] = 1;
	order[2] = 2;
	s->w = (struct workload){ .file = "memory", .bundle = &s->b,
		.nets = 3, .settings = s->b.settings, .net = order,
		.setting = order, .requests = from_to(r, 1, 300),
		.warmup = stream_unit(r) < 0.5 ? 0 : from_to(r, 1, 20),
		.devices = stream_unit(r) < 0.6 ? 1 : (int)from_to(r, 2, 3),
		.rate_hz = NAN, .cv = 1,
		.decision_ns = stream_unit(r) < 0.7 ? 0 : from_to(r, 1, 20),
		.goal = { stream_unit(r) < 0.5 ? OBJECTIVE_ACCURACY
			: OBJECTIVE_ENERGY, stream_unit(r), 1e-4 * stream_unit(r) } };
	s->w.profile = profile_new(&s->b, 3, order, s->b.settings, order);
	s->w.full_ns = llround(profile_cell(s->w.profile, 0, 0)->pass_mean_ns);
	make_arrivals(s, r);
	make_timeline(s, r);
}

void scenario_fini(struct scenario *s)
{
	profile_free(s->w.profile);
	arena_fini(&s->arena);
}
