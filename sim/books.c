/* The engine's accounts. Times are added as integers per (network, setting,
 * depth) and become joules once, at the end. */
#include "books.h"

#include "goal.h"

#include <math.h>
#include <stdlib.h>

/* No request lives longer than the longest relative deadline. */
static int64_t longest_response(const struct workload *w)
{
	int64_t longest = w->deadline_max_ns;

	for (int64_t i = 0; i < w->rows; i++)
		if (w->row[i].rel_deadline_ns > longest)
			longest = w->row[i].rel_deadline_ns;
	return longest;
}

static size_t places(const struct engine *e)
{
	return (size_t)e->w->nets * (size_t)e->w->settings * BUNDLE_MAX_DEPTH;
}

static double power(const struct engine *e, int net, int setting, int depth)
{
	return e->w->profile->has_energy
		? profile_cell(e->w->profile, net, setting)->power_w[depth - 1]
		: NAN;
}

void books_init(struct engine *e)
{
	struct books *b = &e->books;

	b->response = quantile_new(longest_response(e->w));
	if (e->clock && e->clock->real)
		quantile_reserve(b->response, e->w->requests);
	else
		quantile_expect(b->response, e->w->requests);
	b->busy_ns = mem_new(places(e), sizeof *b->busy_ns);
	b->power_w = mem_new(places(e), sizeof *b->power_w);
	for (int i = 0; i < e->w->nets; i++)
		for (int j = 0; j < e->w->settings; j++)
			for (int d = 1; d <= engine_net(e, i)->depths; d++)
				b->power_w[engine_place(e, i, j, d)]
					= power(e, i, j, d);
	b->idle_ns = mem_new((size_t)e->w->settings, sizeof *b->idle_ns);
}

/* What the device does since before the measured interval, times `sign`. */
static void credit(struct engine *e, int d, int sign)
{
	const struct station *st = &e->station[d];
	bool busy = e->device[d].slot >= 0 && st->start_ns == TIME_NEVER;
	int64_t since = busy ? st->begun_ns : st->idle_since_ns;
	int64_t *account = busy ? &e->books.busy_ns[st->place]
		: &e->books.idle_ns[st->idle_setting];

	if (since < e->books.measured_from_ns)
		*account += sign * (e->books.measured_from_ns - since);
}

void books_measure(struct engine *e, int64_t now_ns)
{
	struct books *b = &e->books;

	b->measuring = true;
	b->measured_from_ns = now_ns;
	memset(b->busy_ns, 0, places(e) * sizeof *b->busy_ns);
	memset(b->idle_ns, 0, (size_t)e->w->settings * sizeof *b->idle_ns);
	for (int d = 0; d < e->w->devices; d++)
		credit(e, d, -1);
}

void books_fini(struct engine *e)
{
	free(e->books.busy_ns);
	free(e->books.power_w);
	free(e->books.idle_ns);
	quantile_free(e->books.response);
}

void books_emit_record(struct engine *e, int32_t slot, bool judged)
{
	const struct request *r = &e->req[slot];
	const struct booked *b = &e->booked[slot];
	const struct sink *sink = e->run->sink;
	struct request_record q;
	bool missed, wanted = sink && sink->request;

	missed = r->net < 0 || r->depth < engine_net(e, r->net)->mandatory;
	q = (struct request_record){ .number = r->number,
		.release_ns = r->release_ns, .deadline_ns = r->deadline_ns,
		.start_ns = b->first_start_ns, .leave_ns = b->leave_ns,
		.client = r->client, .input = b->input, .net = r->net,
		.setting = r->setting, .depth = r->depth,
		.correct = !missed && b->correct, .missed = missed,
		.confidence = b->confidence,
		.energy_j = e->w->profile->has_energy ? b->energy_j : NAN,
		.busy_ns = b->busy_ns, .stages = b->stages,
		.slowdown_mean = b->slowdown_mean,
		.slowdown_variance = b->slowdown_variance,
		.environment = b->start_environment };
	if (judged) {
		struct goal_outcome o;
		goal_judge(e->w, &q, &o);
		e->books.violations += o.violated;
		books_add(&e->books.goal_energy, o.energy_j);
		books_add(&e->books.goal_error, 1 - o.accuracy);
	}
	if (wanted)
		sink->request(sink->context, &q);
}

static double mean(const struct sum *s, double n)
{
	return n > 0 ? (s->total + s->rest) / n : NAN;
}

/* ---- Metrics ---------------------------------------------------------------- */

static double total_energy(const struct engine *e)
{
	const struct profile *p = e->w->profile;
	const struct books *b = &e->books;
	double sum = 0;

	if (!p->has_energy)
		return NAN;
	for (int i = 0; i < e->w->nets; i++)
		for (int j = 0; j < e->w->settings; j++)
			for (int d = 1; d <= engine_net(e, i)->depths; d++)
				sum += b->power_w[engine_place(e, i, j, d)] * 1e-9
					* (double)b->busy_ns[engine_place(e, i, j, d)];
	for (int j = 0; j < e->w->settings; j++)
		if (b->idle_ns[j])
			sum += p->idle_power_w[j] * 1e-9 * (double)b->idle_ns[j];
	return sum;
}

static double mean_decision(const struct engine *e)
{
	const struct books *b = &e->books;

	if (e->w->overhead == OVERHEAD_FIXED && !(e->clock && e->clock->dispatches))
		return (double)e->w->decision_ns;
	return b->decision_draws ? (double)b->decision_draws_ns
		/ (double)b->decision_draws : NAN;
}

void books_close(struct engine *e, int64_t end_ns, struct metrics *out)
{
	struct books *b = &e->books;
	double n = (double)b->requests;
	struct metrics m = { .requests = b->requests, .missed = b->missed,
		.answered = b->requests - b->missed, .correct = b->correct,
		.decisions = b->decisions, .corrections = b->corrections,
		.stages = b->stages, .released = b->released,
		.left = b->warmed + b->requests,
		.present_integral_ns = total_of(&b->left_ns)
			- total_of(&b->released_ns)
			+ (wide)agenda_count(&e->deadlines) * end_ns,
		.response_sum_ns = total_of(&b->warm_response_ns)
			+ total_of(&b->measured_response_ns),
		.run_end_ns = end_ns,
		.response_p50_ns = quantile_rank(b->response, 50),
		.response_p99_ns = quantile_rank(b->response, 99),
		.response_mean_ns = n > 0 ? (double)total_of(
			&b->measured_response_ns) / n
			: NAN };
	double answered = (double)m.answered;

	if (!b->measuring)
		books_measure(e, end_ns);
	for (int d = 0; d < e->w->devices; d++) {
		if (e->device[d].slot < 0)
			books_idle_end(e, d, end_ns);
		else           /* an interrupted live run */
			credit(e, d, 1);
	}
	m.miss_ratio = n > 0 ? (double)b->missed / n : NAN;
	m.accuracy = n > 0 ? (double)b->correct / n : NAN;
	m.accuracy_answered = answered > 0 ? (double)b->correct / answered : NAN;
	m.mean_depth = n > 0 ? (double)b->depth_sum / n : NAN;
	m.mean_confidence = mean(&b->confidence, answered);
	m.measured_ns = b->measuring ? end_ns - b->measured_from_ns : 0;
	for (size_t i = 0; i < places(e); i++)
		m.busy_ns += b->busy_ns[i];
	for (int j = 0; j < e->w->settings; j++)
		m.idle_ns += b->idle_ns[j];
	m.utilisation = m.measured_ns > 0 ? (double)m.busy_ns
		/ ((double)m.measured_ns * e->w->devices) : NAN;
	m.violated_ratio = m.goal_energy_j = m.goal_error = NAN;
	if (e->w->goal.objective != OBJECTIVE_NONE && n > 0) {
		m.violated_ratio = (double)b->violations / n;
		m.goal_energy_j = mean(&b->goal_energy, n);
		m.goal_error = mean(&b->goal_error, n);
	}
	m.energy_j = total_energy(e);
	m.energy_per_request_j = n > 0 ? m.energy_j / n : NAN;
	m.decision_mean_ns = mean_decision(e);
	*out = m;
}
